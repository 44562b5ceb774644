//! The headline of an item over all interleavings of verifications.

use super::*;
use crate::court::case::headline::Headline;
use crate::court::values::Code;

/// Who verifies: the two parties and two people of the court.
const WHO: [(u8, Capacity); 4] = [(0, FIRST), (2, SECOND), (9, JUDGE), (8, CLERK)];

/// One verification: by whom, which original, what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct One {
    who: usize,
    presented: Presented,
    original: u8,
    conclusion: &'static str,
}

const fn of(who: usize, original: u8, conclusion: &'static str) -> One {
    One { who, presented: Presented::File, original, conclusion }
}

/// The headline after these verifications: the place of the one that counts, and how.
fn headline(course: &[One], salted: bool) -> (&'static str, Option<usize>) {
    let mut case = TestCase::assigned();
    for one in course {
        let deposit = case.item(1).import.deposit;
        let hashes = if salted { vec![] } else { vec![(HashAlgorithm::Sm3, Digest([one.original; 32]))] };
        let (by, capacity) = WHO[one.who];
        let act = made!(Verify {
            item: ItemNumber(1),
            deposit,
            presented: one.presented,
            size: Some(u64::from(one.original)),
            presented_hash: hashes,
            conclusion: Code(one.conclusion.into()),
        });
        case.does(account(by), capacity, act).unwrap();
    }
    let item = case.item(1);
    let place = |found| item.verifications.iter().position(|one| std::ptr::eq(one, found));
    match item.headline(salted) {
        Headline::NotVerified => ("not_verified", None),
        Headline::Adverse(one) => ("adverse", place(one)),
        Headline::Verified(one) => ("verified", place(one)),
        Headline::Unable(one) => ("unable", place(one)),
    }
}

const GOOD: &str = "consistent_with_reservation";
const BAD: &str = "mismatch";

#[test]
fn a_mismatch_is_shown_until_the_court_or_the_same_verifier_with_the_same_original_verifies() {
    for (course, expected) in [
        (vec![], ("not_verified", None)),
        (vec![of(0, 1, GOOD)], ("verified", Some(0))),
        (vec![of(0, 1, GOOD), of(1, 2, BAD)], ("adverse", Some(1))),
        // Neither the other party, nor the same one with another file.
        (vec![of(1, 2, BAD), of(0, 1, GOOD), of(1, 1, GOOD)], ("adverse", Some(0))),
        (vec![of(1, 2, BAD), of(1, 2, GOOD)], ("verified", Some(1))),
        (vec![of(1, 2, BAD), of(2, 1, GOOD)], ("verified", Some(1))),
        (vec![of(1, 2, BAD), of(2, 1, GOOD), of(1, 2, BAD)], ("adverse", Some(2))),
        // The court's own finding is answered by the court alone, no matter which person acts for it.
        (vec![of(2, 2, BAD), of(0, 1, GOOD), of(0, 2, GOOD)], ("adverse", Some(0))),
        (vec![of(2, 2, BAD), of(3, 1, GOOD)], ("verified", Some(1))),
        (vec![of(2, 2, BAD), of(0, 3, BAD)], ("adverse", Some(0))),
        // The court's verification stands before a party's later one.
        (vec![of(2, 1, GOOD), of(0, 1, GOOD)], ("verified", Some(0))),
        (vec![of(0, 1, "unable")], ("unable", Some(0))),
        (vec![of(0, 1, BAD), of(0, 1, "unable")], ("adverse", Some(0))),
        (vec![of(0, 1, "contradictory"), of(1, 1, GOOD)], ("adverse", Some(0))),
        (vec![of(0, 1, "chain_fault"), of(1, 1, GOOD)], ("adverse", Some(0))),
    ] {
        assert_eq!(headline(&course, false), expected, "{course:?}");
    }
}

#[test]
fn a_digest_or_a_receipt_answers_no_finding_and_a_wrong_digest_is_one() {
    let digest = |who, conclusion| One { presented: Presented::Digest, ..of(who, 1, conclusion) };
    assert_eq!(headline(&[of(0, 1, BAD), digest(2, "record_only"), digest(0, "record_only")], false).0, "adverse");
    assert_eq!(headline(&[of(0, 1, GOOD), digest(1, BAD)], false), ("adverse", Some(1)));
    assert_eq!(headline(&[digest(0, "record_only")], false).0, "not_verified");
}

#[test]
fn a_salted_original_that_was_held_against_its_digest_with_a_wrong_salt_may_be_verified_again() {
    assert_eq!(headline(&[of(0, 1, BAD), of(0, 1, GOOD)], true), ("verified", Some(1)));
    assert_eq!(headline(&[of(0, 1, BAD), of(0, 2, GOOD)], true), ("adverse", Some(0)), "a file of another size");
    assert_eq!(headline(&[of(0, 1, BAD), of(1, 1, GOOD)], true), ("adverse", Some(0)));
}

/// The rule, written out a second time as the law's own words have it.
fn expected(course: &[One]) -> &'static str {
    let mut open: Vec<One> = Vec::new();
    let mut verified = false;
    for one in course {
        let court = one.who >= 2;
        if one.conclusion == BAD {
            open.push(*one);
        } else {
            verified = true;
            open.retain(|adverse| {
                let own = adverse.who == one.who && adverse.who < 2 && adverse.original == one.original;
                !court && !own
            });
        }
    }
    match (open.is_empty(), verified) {
        (false, _) => "adverse",
        (true, true) => "verified",
        (true, false) => "not_verified",
    }
}

#[test]
fn every_interleaving_of_four_verifications_follows_the_rule() {
    let mut alphabet = Vec::new();
    for who in [0, 1, 2] {
        for (original, conclusion) in [(1, GOOD), (1, BAD), (2, GOOD), (2, BAD)] {
            alphabet.push(of(who, original, conclusion));
        }
    }
    let mut courses: Vec<Vec<One>> = vec![vec![]];
    let mut checked = 0;
    for _ in 0..3 {
        courses = courses
            .iter()
            .flat_map(|course| alphabet.iter().map(move |one| [course.as_slice(), &[*one]].concat()))
            .collect();
        for course in &courses {
            assert_eq!(headline(course, false).0, expected(course), "{course:?}");
            checked += 1;
        }
    }
    assert_eq!(checked, 12 + 144 + 1_728);
}
