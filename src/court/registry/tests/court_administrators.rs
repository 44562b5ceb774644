//! What a court administrator may do, and what not.

use super::*;
use crate::court::acts::{EndLoginLink, LinkLogin};
use crate::court::ids::AnnexId;

const ADMINISTRATOR: Capacity = Capacity::Holding(Role::CourtAdministrator);

/// As [`staffed`]; account 6 administers the court, and account 5 is a judge elsewhere.
fn administered() -> Registry {
    let mut registry = staffed();
    does(&mut registry, 1, OPERATOR, grant(6, Role::CourtAdministrator)).unwrap();
    does(&mut registry, 1, OPERATOR, elsewhere(5, Role::Judge)).unwrap();
    registry
}

fn elsewhere(n: u8, role: Role) -> Act {
    let court = CourtCode::parse("京0491").ok();
    Act::Grant(Grant { account: account(n), role, court })
}

#[test]
fn a_court_administrator_grants_and_revokes_the_roles_of_its_court() {
    let mut registry = administered();
    for role in Role::ALL.iter().copied().filter(|role| role.acts_in_cases()) {
        does(&mut registry, 6, ADMINISTRATOR, grant(4, role)).unwrap();
        does(&mut registry, 6, ADMINISTRATOR, end_grant(4, role)).unwrap();
    }
    // Roles outside of courts, another administrator, another court, itself, the administrator's own role.
    let others = Role::ALL.iter().copied().filter(|role| !role.acts_in_cases()).map(|role| grant(4, role));
    let end = end_grant(6, Role::CourtAdministrator);
    let refused = [elsewhere(4, Role::Clerk), grant(6, Role::Judge), end, end_grant(1, Role::Operator)];
    for act in others.chain(refused) {
        assert_eq!(does(&mut registry, 6, ADMINISTRATOR, act.clone()), Err(RegistryError::NotPermitted), "{act:?}");
    }
    // Without the role, or with another one.
    for (by, capacity) in [(4, ADMINISTRATOR), (2, ADMINISTRATOR), (6, CLERK), (6, OPERATOR)] {
        assert_eq!(does(&mut registry, by, capacity, grant(4, Role::Clerk)), Err(RegistryError::NotPermitted), "{by}");
    }
    does(&mut registry, 1, OPERATOR, end_grant(6, Role::CourtAdministrator)).unwrap();
    assert_eq!(does(&mut registry, 6, ADMINISTRATOR, grant(4, Role::Clerk)), Err(RegistryError::NotPermitted));
}

#[test]
fn a_court_administrator_does_the_work_of_the_counter_for_its_own_court() {
    let mut registry = administered();
    let denied = Err(RegistryError::NotPermitted);
    does(&mut registry, 6, ADMINISTRATOR, open(7)).unwrap();
    does(&mut registry, 6, ADMINISTRATOR, token(1, 7, &[Scope::Case])).unwrap();
    for of in [7, 4, 3, 6] {
        does(&mut registry, 6, ADMINISTRATOR, checked(of, IdentityMethod::CourtOffline)).unwrap();
    }
    // A judge elsewhere, the operator; what nobody saw at the counter; a token for staff; what is not its own.
    let annex = AnnexId(Digest([8; 32]));
    let hook = || Act::AddHook(AddHook { hook: id(9), court: court(), url: annex, secret: annex });
    let hold = || Act::CloseAccount(crate::court::acts::CloseAccount { account: account(3) });
    for act in [
        checked(5, IdentityMethod::CourtOffline),
        checked(1, IdentityMethod::CourtOffline),
        checked(4, IdentityMethod::Face),
        token(2, 3, &[Scope::Case]),
        token(3, 7, &[Scope::Court]),
        hook(),
        hold(),
    ] {
        assert_eq!(does(&mut registry, 6, ADMINISTRATOR, act.clone()), denied, "{act:?}");
    }
    let [administrator, judge, elsewhere, nobody] = [6, 3, 5, 4].map(|n| registry.accounts[&account(n)].clone());
    assert!(administrator.courts().is_empty() && administrator.staffed_courts().is_empty());
    assert!(administrator.administers_account(&judge) && administrator.administers_login(&judge));
    assert!(administrator.administers_account(&nobody) && !administrator.administers_login(&nobody));
    assert!(!administrator.administers_account(&elsewhere) && !administrator.administers_login(&elsewhere));
    assert!(!administrator.administers_login(&administrator), "its own login is its own, or the operator's");
    let mut both = judge.clone();
    both.roles.extend(elsewhere.roles);
    assert!(administrator.administers_account(&both) && !administrator.administers_login(&both));
}

#[test]
fn logins_of_the_courts_own_staff_are_linked_and_no_others() {
    let mut registry = administered();
    let annex = AnnexId(Digest([8; 32]));
    let link = |n: u8, court: &CourtCode| {
        Act::LinkLogin(LinkLogin { account: account(n), court: court.clone(), subject: annex })
    };
    let end = |n: u8| Act::EndLoginLink(EndLoginLink { account: account(n), court: court() });
    let elsewhere = CourtCode::parse("京0491").unwrap();
    for n in [2, 3, 6] {
        does(&mut registry, 6, ADMINISTRATOR, link(n, &court())).unwrap();
    }
    for (n, of) in [(1, &court()), (4, &court()), (5, &elsewhere), (3, &elsewhere)] {
        assert_eq!(does(&mut registry, 6, ADMINISTRATOR, link(n, of)), Err(RegistryError::NotPermitted), "{n}");
    }
    assert_eq!(does(&mut registry, 3, Capacity::Oneself, link(3, &court())), Err(RegistryError::NotPermitted));
    assert_eq!(does(&mut registry, 1, OPERATOR, link(4, &court())), Err(RegistryError::NoRoleAtCourt));
    assert_eq!(does(&mut registry, 1, OPERATOR, link(3, &elsewhere)), Err(RegistryError::NoRoleAtCourt));
    // Replaced and ended ones stay private texts of the account, which are erased with it.
    does(&mut registry, 1, OPERATOR, link(3, &court())).unwrap();
    does(&mut registry, 6, ADMINISTRATOR, end(3)).unwrap();
    assert_eq!(does(&mut registry, 6, ADMINISTRATOR, end(3)), Err(RegistryError::NoSuchLoginLink));
    assert_eq!(registry.accounts[&account(3)].texts().count(), 2);
}
