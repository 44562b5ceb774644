//! What a court administrator may do, and what not.

use super::*;
use crate::court::acts::{AcceptRole, EndLoginLink, LinkLogin};
use crate::court::ids::AnnexId;

const ADMINISTRATOR: Capacity = Capacity::Holding(Role::CourtAdministrator);

/// As [`staffed`]; account 6 administers the court, account 5 is a judge elsewhere, and a clerk has checked the identity of account 4.
fn administered() -> Registry {
    let mut registry = staffed();
    does(&mut registry, 2, CLERK, checked(4, IdentityMethod::CourtOffline)).unwrap();
    does(&mut registry, 1, OPERATOR, grant(6, Role::CourtAdministrator)).unwrap();
    does(&mut registry, 1, OPERATOR, elsewhere(5, Role::Judge)).unwrap();
    registry
}

fn accept(n: u8, role: Role) -> Act {
    Act::AcceptRole(AcceptRole { account: account(n), role, court: Some(court()) })
}

fn holds(registry: &Registry, n: u8, role: Role) -> bool {
    registry.accounts[&account(n)].holds(role, Some(&court()))
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
        assert!(!holds(&registry, 4, role), "not before the holder has accepted it");
        does(&mut registry, 4, Capacity::Oneself, accept(4, role)).unwrap();
        assert!(holds(&registry, 4, role));
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
    for of in [7, 4, 3] {
        does(&mut registry, 6, ADMINISTRATOR, checked(of, IdentityMethod::CourtOffline)).unwrap();
    }
    // Checks of a judge of another court, of itself, of the operator, and by another method than at the counter; a token for staff; an
    // endpoint and the closing of an account, which are acts of others.
    let annex = AnnexId(Digest([8; 32]));
    let hook = || Act::AddHook(AddHook { hook: id(9), court: court(), url: annex, secret: annex });
    let hold = || Act::CloseAccount(crate::court::acts::CloseAccount { account: account(3) });
    for act in [
        checked(5, IdentityMethod::CourtOffline),
        checked(6, IdentityMethod::CourtOffline),
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

/// An administrator makes the account of a party one of its court, to reset its password or to link its login to its own subject.
#[test]
fn the_account_of_a_party_does_not_become_one_of_the_court_without_its_holder() {
    let mut registry = administered();
    let (own, denied, none) = (Capacity::Oneself, Err(RegistryError::NotPermitted), Err(RegistryError::NoSuchGrant));
    let link =
        |n: u8| Act::LinkLogin(LinkLogin { account: account(n), court: court(), subject: AnnexId(Digest([8; 32])) });
    does(&mut registry, 6, ADMINISTRATOR, grant(4, Role::Clerk)).unwrap();
    let [administrator, party] = [6, 4].map(|n| registry.accounts[&account(n)].clone());
    assert!(party.roles.is_empty() && !administrator.administers_login(&party));
    assert_eq!(does(&mut registry, 6, ADMINISTRATOR, link(4)), denied);
    assert_eq!(does(&mut registry, 4, own, link(4)), Err(RegistryError::NoRoleAtCourt));
    for (by, capacity) in [(6, ADMINISTRATOR), (6, own), (2, CLERK)] {
        assert_eq!(does(&mut registry, by, capacity, accept(4, Role::Clerk)), denied, "{by}: for somebody else");
    }
    assert_eq!(does(&mut registry, 4, own, accept(4, Role::Judge)), none, "what was not offered");
    // Withdrawn, and offered by somebody who has left.
    does(&mut registry, 6, ADMINISTRATOR, end_grant(4, Role::Clerk)).unwrap();
    assert_eq!(does(&mut registry, 4, own, accept(4, Role::Clerk)), none);
    assert_eq!(does(&mut registry, 6, ADMINISTRATOR, end_grant(4, Role::Clerk)), none);
    does(&mut registry, 6, ADMINISTRATOR, grant(4, Role::Clerk)).unwrap();
    does(&mut registry, 1, OPERATOR, end_grant(6, Role::CourtAdministrator)).unwrap();
    assert_eq!(does(&mut registry, 4, own, accept(4, Role::Clerk)), none);
    does(&mut registry, 1, OPERATOR, grant(6, Role::CourtAdministrator)).unwrap();
    does(&mut registry, 4, own, accept(4, Role::Clerk)).unwrap();
    assert_eq!(does(&mut registry, 4, own, accept(4, Role::Clerk)), none, "once");
    // Who is of the court already gets further roles at once.
    does(&mut registry, 6, ADMINISTRATOR, grant(4, Role::Judge)).unwrap();
    assert!(holds(&registry, 4, Role::Judge));
}

/// An administrator makes an account under another name, keeps its token or password, and makes it a judge.
#[test]
fn an_administrator_makes_no_judge_of_an_account_of_its_own() {
    let mut registry = administered();
    let second = Err(RegistryError::SecondPersonNeeded);
    // Opened by itself, although somebody else has checked an identity.
    does(&mut registry, 6, ADMINISTRATOR, open(7)).unwrap();
    does(&mut registry, 2, CLERK, checked(7, IdentityMethod::CourtOffline)).unwrap();
    assert_eq!(does(&mut registry, 6, ADMINISTRATOR, grant(7, Role::Judge)), second);
    // Registered by anybody, whose identity nobody or only the administrator has checked.
    does(&mut registry, 0, Capacity::Platform, open(8)).unwrap();
    assert_eq!(does(&mut registry, 6, ADMINISTRATOR, grant(8, Role::Judge)), second);
    does(&mut registry, 6, ADMINISTRATOR, checked(8, IdentityMethod::CourtOffline)).unwrap();
    assert_eq!(does(&mut registry, 6, ADMINISTRATOR, grant(8, Role::Judge)), second);
    // Another administrator, and the operator.
    does(&mut registry, 1, OPERATOR, grant(5, Role::CourtAdministrator)).unwrap();
    for n in [7, 8] {
        does(&mut registry, 5, ADMINISTRATOR, grant(n, Role::Judge)).unwrap();
        does(&mut registry, n, Capacity::Oneself, accept(n, Role::Judge)).unwrap();
    }
    does(&mut registry, 0, Capacity::Platform, open(9)).unwrap();
    does(&mut registry, 1, OPERATOR, grant(9, Role::Judge)).unwrap();
    assert!(holds(&registry, 9, Role::Judge));
}

#[test]
fn holders_link_their_own_logins_and_an_administrator_only_ends_links() {
    let mut registry = administered();
    let annex = AnnexId(Digest([8; 32]));
    let link = |n: u8, court: &CourtCode| {
        Act::LinkLogin(LinkLogin { account: account(n), court: court.clone(), subject: annex })
    };
    let end = |n: u8| Act::EndLoginLink(EndLoginLink { account: account(n), court: court() });
    let (elsewhere, own) = (CourtCode::parse("京0491").unwrap(), Capacity::Oneself);
    // Its own account in this capacity, a judge's, those of others.
    for n in 1..=6 {
        assert_eq!(does(&mut registry, 6, ADMINISTRATOR, link(n, &court())), Err(RegistryError::NotPermitted), "{n}");
    }
    assert_eq!(does(&mut registry, 2, own, link(3, &court())), Err(RegistryError::NotPermitted));
    does(&mut registry, 3, own, link(3, &court())).unwrap();
    does(&mut registry, 6, own, link(6, &court())).unwrap();
    assert_eq!(does(&mut registry, 3, own, link(3, &elsewhere)), Err(RegistryError::NoRoleAtCourt));
    assert_eq!(does(&mut registry, 1, OPERATOR, link(4, &court())), Err(RegistryError::NoRoleAtCourt));
    // No link is replaced.
    for (by, capacity) in [(3, own), (1, OPERATOR)] {
        assert_eq!(does(&mut registry, by, capacity, link(3, &court())), Err(RegistryError::LoginLinkExists));
    }
    // Ended ones stay private texts of the account, which are erased with it.
    assert_eq!(does(&mut registry, 5, own, end(3)), Err(RegistryError::NotPermitted));
    does(&mut registry, 6, ADMINISTRATOR, end(3)).unwrap();
    assert_eq!(does(&mut registry, 6, ADMINISTRATOR, end(3)), Err(RegistryError::NoSuchLoginLink));
    does(&mut registry, 1, OPERATOR, link(3, &court())).unwrap();
    does(&mut registry, 3, own, end(3)).unwrap();
    assert_eq!(registry.accounts[&account(3)].texts().count(), 2);
}
