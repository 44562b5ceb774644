//! Permissions to change the registry: examples, and invariants after arbitrary acts.

mod court_administrators;
mod providers;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::court::acts::{
    ActKind, AddHook, CheckIdentity, DistrustLedger, EndGrant, Grant, IssueToken, LoadCalendar, OpenAccount,
    RevokeToken, TrustLedger,
};
use crate::court::case::tests::random::{Dice, START, act, document, position};
use crate::court::registry::tokens::{CHILDREN_MAX, LINEAGE_MAX, ROOTS_MAX, TokenError};
use crate::court::words::{IdentityLevel, IdentityMethod, KeptTokens, Scope};
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer};
use crate::ledger::time::Timestamp;

const OPERATOR: Capacity = Capacity::Holding(Role::Operator);
const CLERK: Capacity = Capacity::Holding(Role::Clerk);

fn account(n: u8) -> AccountId {
    AccountId(Digest([n; 32]))
}

fn court() -> CourtCode {
    CourtCode::parse("粤0192").unwrap()
}

fn open(n: u8) -> Act {
    Act::OpenAccount(OpenAccount { account: account(n), subject: SubjectKind::NaturalPerson, name: None })
}

fn grant(n: u8, role: Role) -> Act {
    let court = role.is_of_a_court().then(court);
    Act::Grant(Grant { account: account(n), role, court })
}

fn end_grant(n: u8, role: Role) -> Act {
    let court = role.is_of_a_court().then(court);
    Act::EndGrant(EndGrant { account: account(n), role, court })
}

fn id(n: u8) -> TokenId {
    TokenId(Digest([n; 32]))
}

fn now(millis: u64) -> Timestamp {
    Timestamp::from_millis(START + millis).unwrap()
}

fn issue(token: u8, of: u8, parent: Option<u8>, scope: &[Scope], millis: u64) -> IssueToken {
    let (token, hash, parent) = (id(token), Digest([1; 32]), parent.map(id));
    IssueToken { token, account: account(of), hash, scope: scope.to_vec(), expires: now(millis), parent }
}

fn token(token: u8, of: u8, scope: &[Scope]) -> Act {
    Act::IssueToken(issue(token, of, None, scope, 86_400_000))
}

fn child(token: u8, of: u8, parent: u8, scope: &[Scope]) -> Act {
    Act::IssueToken(issue(token, of, Some(parent), scope, 86_400_000))
}

fn revoke(token: u8) -> Act {
    Act::RevokeToken(RevokeToken { token: id(token), kept: None })
}

fn checked(n: u8, method: IdentityMethod) -> Act {
    let at = Timestamp::from_millis(START).unwrap();
    let identity = IdentityCheck { method, level: IdentityLevel::High, at };
    Act::CheckIdentity(CheckIdentity {
        account: account(n),
        identity,
        reference: None,
        provider: None,
        verification: None,
    })
}

/// Does it, and holds what is refused to changing nothing.
fn does(registry: &mut Registry, by: u8, capacity: Capacity, act: Act) -> Result<(), RegistryError> {
    let document = document(&mut Dice(1), Stream::Registry, account(by), capacity, act);
    let before = format!("{registry:?}");
    let result = registry.apply(&document, position(registry.length + 1, registry.length));
    if result.is_err() {
        assert_eq!(format!("{registry:?}"), before);
    }
    registry.length += 1;
    result
}

/// Account 1 operates, 2 is a clerk, 3 a judge, 4 to 6 hold nothing.
fn staffed() -> Registry {
    let mut registry = Registry::default();
    for n in 1..=6 {
        does(&mut registry, 0, Capacity::Platform, open(n)).unwrap();
    }
    does(&mut registry, 0, Capacity::Platform, grant(1, Role::Operator)).unwrap();
    does(&mut registry, 1, OPERATOR, grant(2, Role::Clerk)).unwrap();
    does(&mut registry, 1, OPERATOR, grant(3, Role::Judge)).unwrap();
    registry
}

#[test]
fn only_operators_grant() {
    let mut registry = staffed();
    let others =
        [(2, CLERK), (3, Capacity::Holding(Role::Judge)), (4, OPERATOR), (2, OPERATOR), (4, Capacity::Oneself)];
    for (by, capacity) in others {
        for act in [grant(4, Role::Clerk), grant(by, Role::Operator), end_grant(1, Role::Operator)] {
            assert_eq!(does(&mut registry, by, capacity, act), Err(RegistryError::NotPermitted), "{by} {capacity:?}");
        }
    }
    does(&mut registry, 1, OPERATOR, grant(4, Role::Operator)).unwrap();
    does(&mut registry, 4, OPERATOR, grant(5, Role::Auditor)).unwrap();
    let no_court = Act::Grant(Grant { account: account(5), role: Role::Judge, court: None });
    assert_eq!(does(&mut registry, 1, OPERATOR, no_court), Err(RegistryError::CourtMismatch));
    let of_a_court = Act::Grant(Grant { account: account(5), role: Role::Auditor, court: Some(court()) });
    assert_eq!(does(&mut registry, 1, OPERATOR, of_a_court), Err(RegistryError::CourtMismatch));
    assert_eq!(does(&mut registry, 1, OPERATOR, grant(9, Role::Judge)), Err(RegistryError::NoSuchAccount));
}

#[test]
fn a_role_of_a_court_is_held_for_that_court_only() {
    let registry = staffed();
    let elsewhere = CourtCode::parse("京0491").unwrap();
    let judge = &registry.accounts[&account(3)];
    assert!(judge.holds(Role::Judge, Some(&court())));
    assert!(!judge.holds(Role::Judge, Some(&elsewhere)) && !judge.holds(Role::Judge, None));
    assert!(!judge.holds(Role::Clerk, Some(&court())));
    assert!(registry.accounts[&account(1)].holds(Role::Operator, Some(&elsewhere)));
}

#[test]
fn a_clerk_opens_accounts_sees_papers_and_hands_out_tokens_to_those_without_roles() {
    let mut registry = staffed();
    let denied = Err(RegistryError::NotPermitted);
    does(&mut registry, 2, CLERK, open(7)).unwrap();
    assert_eq!(does(&mut registry, 2, CLERK, open(7)), Err(RegistryError::AccountExists));
    does(&mut registry, 2, CLERK, checked(7, IdentityMethod::CourtOffline)).unwrap();
    assert_eq!(does(&mut registry, 2, CLERK, checked(7, IdentityMethod::Face)), denied);
    does(&mut registry, 2, CLERK, token(1, 7, &[Scope::Deposit, Scope::Read, Scope::Case])).unwrap();
    for holder in [1, 2, 3] {
        assert_eq!(does(&mut registry, 2, CLERK, token(2, holder, &[Scope::Read])), denied);
    }
    // The account may become a judge's later, and the clerk may have kept the token.
    for scope in [Scope::Court, Scope::Manage, Scope::Feed] {
        assert_eq!(does(&mut registry, 2, CLERK, token(2, 7, &[Scope::Read, scope])), denied);
    }
    // One that is there already, or for an account that somebody else opened, would be a way to act as its holder.
    assert_eq!(does(&mut registry, 2, CLERK, token(3, 7, &[Scope::Read])), denied);
    does(&mut registry, 1, OPERATOR, open(9)).unwrap();
    assert_eq!(does(&mut registry, 2, CLERK, token(3, 9, &[Scope::Read])), denied);
    assert_eq!(does(&mut registry, 2, CLERK, revoke(1)), denied);
    assert_eq!(does(&mut registry, 4, CLERK, open(8)), denied);
}

#[test]
fn a_clerk_keeps_the_list_of_the_own_court_only() {
    let mut registry = staffed();
    let key = || Signer::new(Name::parse("other.example").unwrap(), &[1; 32]).unwrap().verifier().clone();
    let trust = |court| Act::TrustLedger(TrustLedger { court, key: key() });
    let elsewhere = CourtCode::parse("京0491").unwrap();
    assert_eq!(does(&mut registry, 2, CLERK, trust(elsewhere)), Err(RegistryError::NotPermitted));
    does(&mut registry, 2, CLERK, trust(court())).unwrap();
    does(&mut registry, 2, CLERK, trust(court())).unwrap();
    assert_eq!(registry.trusted[&court()], [key()]);
    let distrust = || Act::DistrustLedger(DistrustLedger { court: court(), key: key() });
    does(&mut registry, 2, CLERK, distrust()).unwrap();
    assert_eq!(does(&mut registry, 2, CLERK, distrust()), Err(RegistryError::NotListed));
}

#[test]
fn everybody_issues_and_revokes_the_own_tokens_and_nobody_elses() {
    let mut registry = staffed();
    does(&mut registry, 1, OPERATOR, token(1, 4, &[Scope::Case])).unwrap();
    does(&mut registry, 4, Capacity::Oneself, child(2, 4, 1, &[Scope::Case])).unwrap();
    // Without the token that issues, no revocation would ever reach what was issued.
    assert_eq!(does(&mut registry, 4, Capacity::Oneself, token(3, 4, &[])), Err(RegistryError::NotPermitted));
    assert_eq!(does(&mut registry, 4, Capacity::Oneself, child(3, 5, 1, &[])), Err(RegistryError::NotPermitted));
    assert_eq!(does(&mut registry, 9, Capacity::Oneself, child(3, 9, 1, &[])), Err(RegistryError::NotPermitted));
    assert_eq!(
        does(&mut registry, 5, Capacity::Oneself, child(3, 5, 1, &[])),
        Err(RegistryError::Token(TokenError::IssuingToken))
    );
    assert_eq!(does(&mut registry, 5, Capacity::Oneself, revoke(1)), Err(RegistryError::NotPermitted));
    assert!(registry.tokens.is_good(id(1), now(86_399_999)) && !registry.tokens.is_good(id(1), now(86_400_000)));
    does(&mut registry, 4, Capacity::Oneself, revoke(1)).unwrap();
    let revoked = registry.tokens.get(id(1)).unwrap().revoked;
    does(&mut registry, 4, Capacity::Oneself, revoke(1)).unwrap();
    assert!(revoked.is_some() && registry.tokens.get(id(1)).unwrap().revoked == revoked);
    assert!(!registry.tokens.is_good(id(1), now(0)));
}

#[test]
fn a_revocation_ends_all_that_was_issued_with_the_token() {
    let mut registry = staffed();
    let scopes = [Scope::Read, Scope::Case];
    does(&mut registry, 1, OPERATOR, token(1, 4, &scopes)).unwrap();
    does(&mut registry, 4, Capacity::Oneself, child(2, 4, 1, &scopes)).unwrap();
    does(&mut registry, 4, Capacity::Oneself, child(3, 4, 2, &[Scope::Read])).unwrap();
    does(&mut registry, 4, Capacity::Oneself, child(4, 4, 1, &scopes)).unwrap();
    does(&mut registry, 4, Capacity::Oneself, revoke(2)).unwrap();
    assert_eq!([1, 2, 3, 4].map(|n| registry.tokens.is_good(id(n), now(0))), [true, false, false, true]);
    // Nor is anything issued with one of them from now on.
    for parent in [2, 3] {
        let next = child(5, 4, parent, &[Scope::Read]);
        assert_eq!(
            does(&mut registry, 4, Capacity::Oneself, next),
            Err(RegistryError::Token(TokenError::IssuingToken))
        );
    }
    let mut all = registry.tokens.descendants(id(1));
    all.sort_unstable();
    assert_eq!(all, [2, 3, 4].map(id));
}

#[test]
fn a_token_for_oneself_has_no_more_than_the_one_that_issued_it() {
    let mut registry = staffed();
    let exceeds = Err(RegistryError::Token(TokenError::ExceedsIssuing));
    let manage = [Scope::Read, Scope::Manage];
    for (holder, first) in [(4, 1), (1, 2)] {
        does(&mut registry, 0, Capacity::Platform, token(first, holder, &manage)).unwrap();
        let capacity = if holder == 1 { OPERATOR } else { Capacity::Oneself };
        let wider = child(9, holder, first, &[Scope::Read, Scope::Court]);
        assert_eq!(does(&mut registry, holder, capacity, wider), exceeds);
        let longer = Act::IssueToken(issue(9, holder, Some(first), &[Scope::Read], 86_400_001));
        assert_eq!(does(&mut registry, holder, capacity, longer), exceeds);
    }
    // For another account, an operator's token may give more.
    does(&mut registry, 1, OPERATOR, child(9, 3, 2, &[Scope::Court])).unwrap();
    // And it must be the operator's own.
    assert_eq!(
        does(&mut registry, 1, OPERATOR, child(10, 3, 1, &[])),
        Err(RegistryError::Token(TokenError::IssuingToken))
    );
}

#[test]
fn a_revocation_reaches_other_accounts_unless_they_are_kept() {
    for (kept, good) in [(None, false), (Some(KeptTokens::OtherAccounts), true)] {
        let mut registry = staffed();
        does(&mut registry, 0, Capacity::Platform, token(1, 1, &[Scope::Manage])).unwrap();
        does(&mut registry, 1, OPERATOR, child(2, 1, 1, &[Scope::Manage])).unwrap();
        does(&mut registry, 1, OPERATOR, child(3, 4, 2, &[Scope::Read])).unwrap();
        does(&mut registry, 4, Capacity::Oneself, child(4, 4, 3, &[Scope::Read])).unwrap();
        does(&mut registry, 1, OPERATOR, Act::RevokeToken(RevokeToken { token: id(1), kept })).unwrap();
        assert_eq!([1, 2, 3, 4].map(|n| registry.tokens.is_good(id(n), now(0))), [false, false, good, good]);
        // Revoked again without exception, all of them end; and the other way round nothing comes back.
        does(&mut registry, 1, OPERATOR, revoke(1)).unwrap();
        let keeping = Act::RevokeToken(RevokeToken { token: id(1), kept: Some(KeptTokens::OtherAccounts) });
        does(&mut registry, 1, OPERATOR, keeping).unwrap();
        assert!([1, 2, 3, 4].into_iter().all(|n| !registry.tokens.is_good(id(n), now(0))));
    }
}

#[test]
fn a_flood_of_children_takes_nothing_from_their_parents() {
    let mut registry = staffed();
    does(&mut registry, 1, OPERATOR, token(0, 4, &[Scope::Read])).unwrap();
    does(&mut registry, 4, Capacity::Oneself, child(1, 4, 0, &[Scope::Read])).unwrap();
    let mut next = 2;
    let mut flood = |registry: &mut Registry, parent: u8| {
        let mut issued = Vec::new();
        loop {
            match does(registry, 4, Capacity::Oneself, child(next, 4, parent, &[Scope::Read])) {
                Ok(()) => issued.push(next),
                Err(error) => return (issued, error),
            }
            next += 1;
        }
    };
    let (grandchildren, error) = flood(&mut registry, 1);
    assert_eq!((grandchildren.len(), error), (CHILDREN_MAX, RegistryError::Token(TokenError::TooMany)));
    assert_eq!(flood(&mut registry, grandchildren[0]), (vec![], RegistryError::Token(TokenError::TooManyGenerations)));
    // The stolen child used up what is its own. Its parent still issues, as does the operator.
    let (children, _) = flood(&mut registry, 0);
    assert_eq!(children.len(), CHILDREN_MAX - 1);
    does(&mut registry, 1, OPERATOR, token(250, 4, &[Scope::Read])).unwrap();
    assert!(!registry.tokens.may_revoke(id(1), id(0)) && !registry.tokens.may_revoke(id(1), id(children[0])));
    assert!(registry.tokens.may_revoke(id(1), id(grandchildren[3])) && registry.tokens.may_revoke(id(1), id(1)));
    assert!(registry.tokens.may_revoke(id(0), id(grandchildren[3])) && registry.tokens.may_revoke(id(0), id(250)));
    // One revocation frees it all.
    does(&mut registry, 4, Capacity::Oneself, revoke(1)).unwrap();
    assert!(grandchildren.iter().all(|n| !registry.tokens.is_good(id(*n), now(0))));
    assert_eq!(flood(&mut registry, 0).0.len(), 1);
}

/// A token is looked up through all that issued it, so the chain has an end where each is issued for another account too.
#[test]
fn a_chain_of_tokens_across_accounts_has_an_end() {
    let mut registry = staffed();
    does(&mut registry, 1, OPERATOR, grant(4, Role::Operator)).unwrap();
    does(&mut registry, 0, Capacity::Platform, token(1, 1, &[Scope::Manage])).unwrap();
    let mut issued_by = |parent: u8, token: u8| {
        let (by, of) = if parent % 2 == 1 { (1, 4) } else { (4, 1) };
        does(&mut registry, by, OPERATOR, child(token, of, parent, &[Scope::Manage]))
    };
    let last = u8::try_from(LINEAGE_MAX).unwrap();
    for parent in 1..last {
        issued_by(parent, parent + 1).unwrap();
    }
    assert_eq!(issued_by(last, 100), Err(RegistryError::Token(TokenError::TooManyGenerations)));
    issued_by(last - 1, 100).unwrap();
}

#[test]
fn a_former_operator_can_do_nothing() {
    let mut registry = staffed();
    does(&mut registry, 1, OPERATOR, end_grant(1, Role::Operator)).unwrap();
    let hook = || {
        let (hook, annex) = (TokenId(Digest([1; 32])), AnnexId(Digest([2; 32])));
        Act::AddHook(AddHook { hook, court: court(), url: annex, secret: annex })
    };
    let acts = || {
        [open(9), grant(1, Role::Operator), end_grant(2, Role::Clerk), token(1, 4, &[]), hook()]
            .into_iter()
            .chain([checked(4, IdentityMethod::CourtOffline), revoke(1)])
    };
    for act in acts() {
        assert_eq!(does(&mut registry, 1, OPERATOR, act), Err(RegistryError::NotPermitted));
    }
    does(&mut registry, 0, Capacity::Platform, grant(4, Role::Operator)).unwrap();
    does(&mut registry, 4, OPERATOR, hook()).unwrap();
    assert_eq!(does(&mut registry, 4, OPERATOR, hook()), Err(RegistryError::HookExists));
}

/// Acts by chance, folded; each is held to changing nothing where it is refused.
fn folded(seeds: &[u64]) -> (Registry, Vec<(Document, ActPosition)>) {
    let (mut registry, mut acts) = (staffed(), Vec::new());
    registry.length = 0;
    for (seed, sequence) in seeds.iter().zip(1..) {
        let mut dice = Dice(*seed);
        let kind = dice.of(&ActKind::ALL[ActKind::ALL.len() - 13..]);
        let capacity = dice.of(&[Capacity::Platform, OPERATOR, OPERATOR, CLERK, Capacity::Oneself]);
        let (act, by) = (act(&mut dice, kind, None), dice.account());
        let document = document(&mut dice, Stream::Registry, by, capacity, act);
        let before = registry.clone();
        let result = registry.apply(&document, position(sequence, sequence));
        if result.is_err() {
            assert_eq!(format!("{registry:?}"), format!("{before:?}"));
        }
        // Nobody without the role changes who holds which.
        let roles = |registry: &Registry| registry.accounts.values().map(|one| one.roles.clone()).collect::<Vec<_>>();
        let operates = before.accounts.get(&by).is_some_and(|one| one.holds(Role::Operator, None));
        if before.accounts.size() == registry.accounts.size() && roles(&before) != roles(&registry) {
            assert!(capacity == Capacity::Platform || (capacity == OPERATOR && operates));
        }
        assert!(before.accounts.keys().all(|id| registry.accounts.contains_key(id)));
        assert!(before.tokens.iter().all(|(id, token)| registry.tokens.get(id).unwrap().hash == token.hash));
        acts.push((document, position(sequence, sequence)));
    }
    (registry, acts)
}

proptest! {
    #[test]
    fn any_acts_leave_what_was_opened_and_a_refused_one_leaves_all_as_it_was(seeds in vec(any::<u64>(), 1..60)) {
        let (_, acts) = folded(&seeds);
        let fold = || {
            let mut registry = staffed();
            for (document, position) in &acts {
                registry.replay(document, *position);
            }
            registry
        };
        let (one, other) = (fold(), fold());
        prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
        prop_assert_eq!(one.length, acts.len() as u64);
    }
}

#[test]
fn an_account_has_so_many_good_tokens_and_no_more() {
    let mut registry = staffed();
    for n in 0..ROOTS_MAX {
        does(&mut registry, 1, OPERATOR, token(u8::try_from(n).unwrap(), 4, &[Scope::Read])).unwrap();
    }
    assert_eq!(
        does(&mut registry, 1, OPERATOR, token(200, 4, &[Scope::Read])),
        Err(RegistryError::Token(TokenError::TooMany))
    );
    does(&mut registry, 4, Capacity::Oneself, revoke(0)).unwrap();
    does(&mut registry, 1, OPERATOR, token(200, 4, &[Scope::Read])).unwrap();
}

#[test]
fn a_calendar_loaded_later_changes_nothing_that_stands() {
    let mut registry = staffed();
    let day = crate::court::calendar::Day::parse("2026-12-07").unwrap();
    let load = LoadCalendar { year: 2026, holiday: vec![day], workday: Vec::new() };
    let before = position(registry.length, registry.length).index;
    does(&mut registry, 1, OPERATOR, Act::LoadCalendar(load)).unwrap();
    assert!(!registry.calendar_at(before).is_day_off(day), "a Monday, as was known then");
    assert!(registry.calendar_at(LeafIndex(u64::MAX)).is_day_off(day));
    assert!(registry.calendar.is_day_off(day));
}

#[test]
fn a_closed_account_has_nothing_left_and_gets_nothing_anew() {
    let mut registry = Registry::default();
    let mut sequence = 0;
    let mut put = |by: u8, capacity: Capacity, act: Act| {
        sequence += 1;
        let document = Document { stream: Stream::Registry, by: account(by), capacity, request: None, body: None, act };
        let applied = registry.apply(&document, position(sequence, sequence));
        registry.length = sequence;
        applied.map(|()| registry.clone())
    };
    let close = |n| Act::CloseAccount(crate::court::acts::CloseAccount { account: account(n) });
    for act in [open(1), grant(1, Role::Operator), open(2), grant(2, Role::Clerk), open(3), token(3, 3, &[Scope::Read])]
    {
        put(9, Capacity::Platform, act).unwrap();
    }
    assert_eq!(put(3, Capacity::Oneself, close(2)).unwrap_err(), RegistryError::NotPermitted, "another's");
    assert_eq!(put(2, Capacity::Oneself, close(2)).unwrap_err(), RegistryError::NotPermitted, "with a role");
    assert_eq!(put(2, CLERK, close(3)).unwrap_err(), RegistryError::NotPermitted);
    let after = put(3, Capacity::Oneself, close(3)).unwrap();
    assert!(!after.is_open(account(3)) && after.accounts.contains_key(&account(3)));
    let after = put(1, OPERATOR, close(2)).unwrap();
    assert!(after.accounts.get(&account(2)).is_some_and(|closed| closed.roles.is_empty() && closed.closed.is_some()));
    for act in [close(2), grant(2, Role::Judge), token(4, 2, &[Scope::Read])] {
        assert_eq!(put(1, OPERATOR, act).unwrap_err(), RegistryError::AccountClosed);
    }
    assert_eq!(put(1, OPERATOR, open(2)).unwrap_err(), RegistryError::AccountExists, "an id is used once");
}
