//! Admission of a single statement to the next block: look-up of its id, the rules of the ledger, its deposit number.
//!
//! # Invariants
//!
//! Admission rejects every deposit that the append would reject, by the same rules (`store::admission`), so that an
//! invalid deposit affects its own client only. The one exception is `NumberCheck::Skip`: only the append checks that a
//! random number is free, because sixty random bits practically never collide.

use std::collections::HashSet;

use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::number::{DepositNumber, RANDOM_BITS};
use crate::ledger::statement::signed::SignedStatement;
use crate::ledger::time::Timestamp;
use crate::query::records;
use crate::sequencer::request::DepositOutcome;
use crate::sequencer::state::{Halt, StopReason};
use crate::store::admission::{ChainState, Streams};
use crate::store::traits::{LedgerReader, ReadError};

/// Draws after which the source of randomness is considered broken. One draw in five yields excluded check characters,
/// and a number of sixty random bits is practically never taken.
const DRAWS_MAX: usize = 1_000;

/// Implements the queries of the rules on the published chain. Between two commits that is the whole appended chain.
pub(in crate::sequencer) struct PublishedChain<'a, S: ?Sized>(pub(in crate::sequencer) &'a S);

impl<S: LedgerReader + ?Sized> ChainState for PublishedChain<'_, S> {
    fn entry_of(&self, number: &DepositNumber) -> Result<Option<Entry>, ReadError> {
        self.0.index_of_number(number)?.map(|index| records::entry(self.0, index)).transpose()
    }

    fn subject(&self, subject: &Digest) -> Result<(u64, Vec<VerifierKey>), ReadError> {
        let Some(first) = self.0.find_subject(subject, 1)? else { return Ok((0, Vec::new())) };
        let owners = records::entry(self.0, first)?.statement.statement().keys.clone();
        Ok((self.0.subject_length(subject)?, owners))
    }
}

/// Whether admission checks that a drawn number is free.
pub(in crate::sequencer) enum NumberCheck<'a> {
    /// No: the append does. Saves a read per deposit.
    Skip,
    /// Yes, against the chain and the numbers of the same block, which are collected here.
    Check(&'a mut HashSet<DepositNumber>),
}

impl NumberCheck<'_> {
    fn is_free<S: LedgerReader + ?Sized>(&mut self, store: &S, number: DepositNumber) -> Result<bool, ReadError> {
        match self {
            Self::Skip => Ok(true),
            Self::Check(drawn) => Ok(store.find_number(&number)?.is_none() && drawn.insert(number)),
        }
    }
}

/// Admits `statement` to a block, whose streams are `streams`, and draws its number. `previous` are the streams of the block
/// before, if that is not in the store yet.
///
/// # Errors
///
/// The outcome of the deposit if it is not admitted. `streams` is unchanged then, unless no number could be drawn.
pub(in crate::sequencer) fn admit<S: LedgerReader + ?Sized>(
    store: &S,
    ledger: &str,
    statement: &SignedStatement,
    (streams, previous): (&mut Streams, &Streams),
    (numbers, check): (&mut NumberSource, NumberCheck<'_>),
    now: Timestamp,
) -> Result<DepositNumber, DepositOutcome> {
    let unreadable = DepositOutcome::Unreadable;
    if let Some(index) = store.find_statement(&statement.id()).map_err(unreadable)? {
        return Err(DepositOutcome::Exists(index));
    }
    let rules = streams.admit(&PublishedChain(store), ledger, previous, statement.note().statement());
    rules.map_err(unreadable)?.map_err(DepositOutcome::Rejected)?;
    numbers.draw(store, check, now)
}

/// Draws deposit numbers at random.
///
/// Random bytes are fetched from the operating system for many numbers at a time, because each system call costs as much as
/// the rest of a draw.
#[derive(Debug)]
pub(in crate::sequencer) struct NumberSource {
    /// Whether the numbers are those of a test ledger.
    test: bool,
    buffer: Vec<u64>,
}

impl NumberSource {
    const FETCHED_AT_ONCE: usize = 32;

    pub(in crate::sequencer) const fn new(test: bool) -> Self {
        Self { test, buffer: Vec::new() }
    }

    fn draw<S: LedgerReader + ?Sized>(
        &mut self,
        store: &S,
        mut check: NumberCheck<'_>,
        now: Timestamp,
    ) -> Result<DepositNumber, DepositOutcome> {
        let stopped = |reason| DepositOutcome::Halted(Halt::Stopped(reason));
        for _ in 0..DRAWS_MAX {
            let random = self.next().map_err(|error| stopped(StopReason::Randomness(error.to_string())))?;
            let number = DepositNumber::draw(self.test, now.beijing_date(), random >> (u64::BITS - RANDOM_BITS));
            // Some numbers have check characters that are excluded.
            let Some(number) = number else { continue };
            if check.is_free(store, number).map_err(DepositOutcome::Unreadable)? {
                return Ok(number);
            }
        }
        Err(stopped(StopReason::NumbersExhausted))
    }

    fn next(&mut self) -> Result<u64, getrandom::Error> {
        if let Some(next) = self.buffer.pop() {
            return Ok(next);
        }
        let mut bytes = [[0; 8]; Self::FETCHED_AT_ONCE];
        getrandom::fill(bytes.as_flattened_mut())?;
        let [next, rest @ ..] = bytes.map(u64::from_ne_bytes);
        self.buffer.extend(rest);
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequencer::testing::{TestLedger, noon, statement, statement_in, subject};

    /// Two random values that yield a number, with that number.
    fn drawable() -> Vec<(u64, DepositNumber)> {
        let number = |bits| DepositNumber::draw(true, noon().beijing_date(), bits);
        (0..).filter_map(|bits| Some((bits << (u64::BITS - RANDOM_BITS), number(bits)?))).take(2).collect()
    }

    /// A source that draws `values` in their order.
    fn source(values: &[u64]) -> NumberSource {
        NumberSource { test: true, buffer: values.iter().rev().copied().collect() }
    }

    #[test]
    fn numbers_bear_the_mode_and_the_date_and_differ() {
        let ledger = TestLedger::new();
        for test in [true, false] {
            let mut numbers = NumberSource::new(test);
            let mut draw = || numbers.draw(&*ledger.store, NumberCheck::Skip, noon()).unwrap();
            let drawn: HashSet<_> = (0..100).map(|_| draw()).collect();
            assert_eq!(drawn.len(), 100);
            assert!(drawn.iter().all(|number| number.is_test() == test && number.to_string().contains("20261122")));
        }
    }

    #[test]
    fn a_number_that_is_taken_is_drawn_again_where_numbers_are_checked() {
        let ledger = TestLedger::new();
        let [(a, first), (b, second)] = drawable()[..] else { panic!("two numbers") };
        let mut drawn = HashSet::new();
        let mut draw = |values: &[u64]| source(values).draw(&*ledger.store, NumberCheck::Check(&mut drawn), noon());
        assert_eq!(draw(&[a]).unwrap(), first);
        assert_eq!(draw(&[a, a, b]).unwrap(), second);
        assert_eq!(source(&[a]).draw(&*ledger.store, NumberCheck::Skip, noon()).unwrap(), first);
    }

    #[test]
    fn a_broken_source_of_randomness_ends_in_an_error() {
        let ledger = TestLedger::new();
        let (a, first) = drawable()[0];
        let mut drawn = HashSet::from([first]);
        let exhausted =
            source(&vec![a; DRAWS_MAX]).draw(&*ledger.store, NumberCheck::Check(&mut drawn), noon()).unwrap_err();
        assert!(matches!(exhausted, DepositOutcome::Halted(halt) if halt.code() == "numbers_exhausted"));
    }

    #[test]
    fn a_statement_that_is_not_admitted_leaves_the_streams_as_they_were() {
        let ledger = TestLedger::new();
        let (mut streams, previous) = (Streams::default(), Streams::default());
        let mut admit = |statement: SignedStatement, ledger_name: &str| {
            let numbers = (&mut NumberSource::new(true), NumberCheck::Skip);
            admit(&*ledger.store, ledger_name, &statement, (&mut streams, &previous), numbers, noon())
        };
        let rejected = |outcome: Result<DepositNumber, DepositOutcome>| match outcome {
            Err(DepositOutcome::Rejected(refusal)) => refusal.code().as_str(),
            other => panic!("{other:?}"),
        };
        let here = "example.org/ledger";
        assert_eq!(rejected(admit(statement_in(1, 1, subject(1)), "elsewhere.example")), "wrong_ledger");
        assert_eq!(rejected(admit(statement_in(2, 1, subject(2)), here)), "subject_sequence");
        admit(statement_in(1, 1, subject(1)), here).unwrap();
        assert_eq!(rejected(admit(statement_in(3, 2, subject(2)), here)), "subject_not_yours");
        admit(statement_in(2, 1, subject(2)), here).unwrap();
        admit(statement(4), here).unwrap();
    }
}
