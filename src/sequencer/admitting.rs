//! What a deposit needs to enter: a number of its own, and the rules of admission asked of the published chain.
//!
//! Not here: the rules themselves (`store::admission`).

use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::number::{DepositNumber, RANDOM_BITS};
use crate::ledger::time::Timestamp;
use crate::sequencer::pool::Answer;
use crate::sequencer::state::Halt;
use crate::store::admission::Appended;
use crate::store::contract::{ReadError, ReadLedger};
use crate::store::reading;
use crate::store::refusal::Refusal;

/// Draws before a number is given up on. One in five draws has unreadable check characters; sixty bits a day never run
/// out, so more than a few dozen draws mean a broken source of randomness.
const DRAWS_MAX: usize = 1_000;

/// The published chain, as the rules of admission ask of it. Between blocks it is all that is appended.
pub(in crate::sequencer) struct Chain<'a, S>(pub(in crate::sequencer) &'a S);

impl<S: ReadLedger> Appended for Chain<'_, S> {
    fn has_statement(&self, id: &Digest) -> Result<bool, ReadError> {
        Ok(self.0.find_statement(id)?.is_some())
    }

    fn entry_of(&self, number: &DepositNumber) -> Result<Option<Entry>, ReadError> {
        self.0.find_number(number)?.map(|index| reading::entry(self.0, index)).transpose()
    }

    fn has_number(&self, number: &DepositNumber) -> Result<bool, ReadError> {
        Ok(self.0.find_number(number)?.is_some())
    }

    fn subject(&self, subject: &Digest) -> Result<(u64, Vec<VerifierKey>), ReadError> {
        let Some(first) = self.0.find_subject(subject, 1)? else { return Ok((0, Vec::new())) };
        let owners = reading::entry(self.0, first)?.statement.statement().keys.clone();
        Ok((self.0.subject_length(subject)?, owners))
    }
}

/// Random bits from the system, fetched for many numbers at a time: each call of the kernel costs as much as all else of a
/// draw.
#[derive(Debug, Default)]
pub(in crate::sequencer) struct Randomness {
    fetched: Vec<u64>,
}

impl Randomness {
    const AT_ONCE: usize = 32;

    fn next(&mut self) -> Result<u64, getrandom::Error> {
        if let Some(next) = self.fetched.pop() {
            return Ok(next);
        }
        let mut bytes = [[0; 8]; Self::AT_ONCE];
        getrandom::fill(bytes.as_flattened_mut())?;
        let [next, rest @ ..] = bytes.map(u64::from_ne_bytes);
        self.fetched.extend(rest);
        Ok(next)
    }
}

/// Draws numbers until one is readable and free.
pub(in crate::sequencer) fn draw(
    test: bool,
    now: Timestamp,
    randomness: &mut Randomness,
    mut admit: impl FnMut(DepositNumber) -> Result<Result<(), Refusal>, ReadError>,
) -> Result<DepositNumber, Answer> {
    for _ in 0..DRAWS_MAX {
        let random = match randomness.next() {
            Ok(random) => random >> (u64::BITS - RANDOM_BITS),
            Err(error) => return Err(Answer::Halted(Halt::Stopped(format!("no randomness: {error}")))),
        };
        let Some(number) = DepositNumber::draw(test, now.beijing_date(), random) else { continue };
        match admit(number) {
            Ok(Ok(())) => return Ok(number),
            Ok(Err(Refusal::NumberTaken)) => {}
            Ok(Err(refusal)) => return Err(Answer::Refused(refusal)),
            Err(error) => return Err(Answer::Unreadable(error)),
        }
    }
    let reason = "no free number was drawn: the source of randomness is broken";
    Err(Answer::Halted(Halt::Stopped(reason.into())))
}
