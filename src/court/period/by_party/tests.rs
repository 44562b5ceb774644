//! The periods of parties against one period each, and the terms by procedure.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::ledger::merkle::shape::LeafIndex;

fn act(sequence: u64) -> ActPosition {
    ActPosition { index: LeafIndex(sequence), sequence, at: Timestamp::EPOCH }
}

fn terms(basis: Basis, days: u32) -> NoticeTerms {
    NoticeTerms { basis, days }
}

#[test]
fn the_terms_fit_the_procedure() {
    use Procedure::{Ordinary, SecondInstance, SmallClaims, Summary};
    let bounds = |procedure, basis, ground| {
        let fits: Vec<u32> = (0..=400).filter(|days| terms(basis, *days).check(procedure, ground).is_ok()).collect();
        fits.first().map(|first| (*first, fits[fits.len() - 1]))
    };
    assert_eq!(bounds(Ordinary, Basis::Ordinary, None), Some((15, 366)));
    assert_eq!(bounds(Ordinary, Basis::Agreed, None), Some((1, 366)));
    assert_eq!(bounds(Summary, Basis::Summary, None), Some((1, 15)));
    assert_eq!(bounds(Summary, Basis::Agreed, None), Some((1, 15)));
    assert_eq!(bounds(SmallClaims, Basis::Agreed, None), Some((1, 15)));
    assert_eq!(bounds(SecondInstance, Basis::SecondInstance, None), Some((10, 366)));
    for procedure in Procedure::ALL {
        assert_eq!(bounds(*procedure, Basis::Discretion, None), None, "{procedure}");
        assert_eq!(bounds(*procedure, Basis::Discretion, Some(ResetGround::PartyJoined)), None);
        assert_eq!(bounds(*procedure, Basis::Discretion, Some(ResetGround::Remanded)), Some((1, 366)));
        for other in Procedure::ALL.iter().filter(|other| *other != procedure) {
            assert_eq!(bounds(*procedure, Basis::of_procedure(*other), None), None);
        }
        assert_eq!(default_terms(*procedure).check(*procedure, None), Ok(None));
    }
}

/// What happens to the periods of two parties.
#[derive(Debug, Clone, Copy)]
enum Step {
    Serve(u32, u32),
    All(PeriodEvent),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let day = |offset: u32| Day::parse("2026-03-02").unwrap().plus(offset).unwrap();
    let step = (0..6_u32, 1..3_u32, 0..60_u32, 1..30_u32).prop_map(move |(kind, party, offset, days)| match kind {
        0 | 1 => Step::Serve(party, offset),
        2 => Step::All(PeriodEvent::Suspended { on: day(offset) }),
        3 => Step::All(PeriodEvent::Resumed { on: day(offset) }),
        4 => Step::All(PeriodEvent::Extended { days }),
        _ => Step::All(PeriodEvent::ExchangeDay { day: day(offset) }),
    });
    vec(step, 0..12)
}

proptest! {
    /// Once a party is served, its period follows the events as a period of its own would; before that nothing is late.
    #[test]
    fn each_period_is_that_of_its_own_events(steps in steps()) {
        let first = Day::parse("2026-03-02").unwrap();
        let mut periods = PartyPeriods::default();
        let mut served = std::collections::BTreeSet::new();
        for (sequence, step) in (1..).zip(steps) {
            let before = periods.clone();
            let result = match step {
                Step::Serve(party, offset) => {
                    served.insert(party);
                    let on = first.plus(offset).unwrap();
                    periods.serve(PartyNumber(party), on, terms(Basis::Ordinary, 15), act(sequence))
                }
                Step::All(event) => periods.apply_to_all(event, act(sequence)),
            };
            if result.is_err() {
                prop_assert_eq!(&before, &periods);
            }
            for party in [1, 2] {
                let number = PartyNumber(party);
                let deadline = periods.deadline(number, &Calendar::default());
                prop_assert_eq!(!served.contains(&party), deadline == Deadline::NotSet);
                let Some(period) = periods.of(number) else { continue };
                let mut own = EvidencePeriod::default();
                for record in period.history() {
                    prop_assert_eq!(own.apply(&record.event), Ok(()));
                }
                prop_assert_eq!(own.state(&Calendar::default()), deadline);
                let stopped = matches!(deadline, Deadline::Suspended { .. });
                prop_assert!(!stopped || periods.is_suspended());
            }
        }
    }
}
