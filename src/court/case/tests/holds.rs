//! Holds in the replay of a case.

use super::*;
use crate::court::case::state::HeldContent;
use crate::ledger::number::DepositNumber;

fn hold(deposit: Option<DepositNumber>, account: Option<AccountId>) -> Act {
    made!(Hold { deposit, account, reason: AnnexId(Digest([251; 32])) })
}

fn release(deposit: Option<DepositNumber>, account: Option<AccountId>) -> Act {
    made!(Release { deposit, account })
}

/// An assigned case whose first item is a deposit of this ledger.
fn course() -> (TestCase, DepositNumber) {
    let mut course = TestCase::assigned();
    let item = course.file.items.get_mut(&ItemNumber(1)).unwrap();
    item.import.receipt = None;
    let deposit = item.import.deposit;
    (course, deposit)
}

#[test]
fn a_hold_is_in_force_until_it_is_released() {
    let (mut course, deposit) = course();
    assert_eq!(course.file.holds.len(), 0, "an import holds nothing");
    course.clerk(hold(Some(deposit), None));
    let held = course.file.holds[&HeldContent::Deposit(deposit)];
    assert_eq!((held.by, held.capacity, held.position), (account(8), CLERK, course.file.last));
    assert_eq!(course.does(account(9), JUDGE, hold(Some(deposit), None)), Err(Refusal::HeldAlready));
    // The end of the proceeding is not the end of the hold.
    course.court(made!(Judge { document: Some(deposit) }));
    course.clerk(Act::Close(Close {}));
    assert_eq!(course.file.holds.len(), 1);
    course.court(release(Some(deposit), None));
    assert_eq!(course.file.holds.len(), 0);
    assert_eq!(course.does(account(9), JUDGE, release(Some(deposit), None)), Err(Refusal::NotHeld));
}

#[test]
fn a_hold_is_about_one_thing_of_the_case_that_is_kept_here() {
    let (mut course, deposit) = course();
    for (deposit, party) in [(None, None), (Some(deposit), Some(PLAINTIFF))] {
        assert_eq!(course.does(account(8), CLERK, hold(deposit, party)), Err(Refusal::HoldNamesNothing));
        assert_eq!(course.does(account(8), CLERK, release(deposit, party)), Err(Refusal::HoldNamesNothing));
    }
    assert_eq!(course.does(account(8), CLERK, hold(None, Some(account(200)))), Err(Refusal::NotInTheCase));
    course.clerk(hold(None, Some(PLAINTIFF)));
    assert_eq!(course.does(account(8), CLERK, release(Some(deposit), None)), Err(Refusal::NotHeld), "another thing");
    course.file.items.get_mut(&ItemNumber(1)).unwrap().import.receipt = Some(Digest([1; 32]));
    let foreign = course.does(account(8), CLERK, hold(Some(deposit), None));
    assert_eq!(foreign, Err(Refusal::OfOtherLedger), "another ledger keeps it");
    let absent =
        course.does(account(8), CLERK, hold((0..).find_map(|n| DepositNumber::draw(false, 20_261_122, n)), None));
    assert_eq!(absent, Err(Refusal::NotInTheCase));
}

#[test]
fn only_court_staff_hold_and_release() {
    let (mut course, deposit) = course();
    let denied = Err(Refusal::Denied(DeniedReason::NotPermitted));
    for (by, capacity) in [(PLAINTIFF, FIRST), (account(2), SECOND)] {
        assert_eq!(course.does(by, capacity, hold(Some(deposit), None)), denied);
    }
    course.clerk(hold(Some(deposit), None));
    for (by, capacity) in [(PLAINTIFF, FIRST), (account(2), SECOND)] {
        assert_eq!(course.does(by, capacity, release(Some(deposit), None)), denied);
    }
    let operator = Capacity::Holding(Role::Operator);
    assert_eq!(course.does(account(5), operator, release(Some(deposit), None)), denied);
}

#[test]
fn the_courts_own_erasure_order_ends_its_hold_and_a_later_hold_stands() {
    let (mut course, deposit) = course();
    course.clerk(hold(Some(deposit), None));
    course.court(made!(OrderErasure { deposit: None, account: None, document: Some(deposit) }));
    assert_eq!(course.file.holds.len(), 1, "an order about the texts of the case is about something else");
    course.court(made!(OrderErasure { deposit: Some(deposit), account: None, document: Some(deposit) }));
    assert_eq!(course.file.holds.len(), 0);
    course.clerk(hold(Some(deposit), None));
    assert_eq!(course.file.holds.len(), 1);
    let ended: Vec<bool> = course.file.orders.iter().map(|order| order.ended_hold).collect();
    assert_eq!(ended, [false, true]);
}
