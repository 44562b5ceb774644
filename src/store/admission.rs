//! Admission rules for deposits: which statements the chain accepts. Every store enforces the same rules at every append.
//!
//! A deposit is admissible if its statement names this ledger, and its statement id and number are new. Its links must
//! lead to existing deposits that it may link to, and it must continue its subject's stream. The rules read only the
//! appended state and the deposits before it in the same block.
//!
//! The sequencer also prevalidates statements with [`Streams::admit`], before their block is appended.
//!
//! # Results
//!
//! Functions here return nested results: the outer error means that the chain could not be read, the inner one is the
//! [`Refusal`].

use std::collections::{HashMap, HashSet};

use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::ownership::{may_link, shares_a_key};
use crate::ledger::statement::signed::StatementNote;
use crate::ledger::statement::text::Statement;
use crate::store::refusal::Refusal;
use crate::store::traits::ReadError;

/// The part of the chain that the rules for one statement read.
pub trait ChainState {
    /// The entry with this number.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn entry_of(&self, number: &DepositNumber) -> Result<Option<Entry>, ReadError>;

    /// The highest sequence of a subject's stream (0 when the stream is empty), and its owners: the keys of its first
    /// deposit.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn subject(&self, subject: &Digest) -> Result<(u64, Vec<VerifierKey>), ReadError>;
}

/// The part of the appended chain that the rules for a whole block read, in one request for all deposits of the block.
pub trait AppendedState: ChainState {
    /// For each of `ids`, in order: whether the statement is on the chain.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn known_statements(&self, ids: &[Digest]) -> Result<Vec<bool>, ReadError>;

    /// For each of `numbers`, in order: whether a deposit on the chain has it.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn known_numbers(&self, numbers: &[DepositNumber]) -> Result<Vec<bool>, ReadError>;
}

/// The end of a subject's stream: its highest sequence and its owners.
#[derive(Debug, Clone)]
struct Stream {
    last: u64,
    owners: Vec<VerifierKey>,
}

/// The ends of all subject streams that admitted deposits, not yet on the chain, have continued.
#[derive(Debug, Default)]
pub struct Streams(HashMap<Digest, Stream>);

impl Streams {
    /// Prevalidates a statement: checks its ledger, its links and its subject's stream, and records the new end of the
    /// stream. If it rejects the statement, `self` is unchanged. A statement without links and subject costs no read.
    ///
    /// `before` are the streams of the preceding block, if that is not on the chain yet. This function does not check that
    /// the statement is new and its number free. It rejects a link to a number that is not on the chain: the number of a
    /// pending deposit is not known to any client.
    ///
    /// # Errors
    ///
    /// Outer: the chain could not be read. Inner: the statement is rejected.
    pub fn admit(
        &mut self,
        chain: &impl ChainState,
        ledger: &str,
        before: &Self,
        statement: &Statement,
    ) -> Result<Result<(), Refusal>, ReadError> {
        if let Err(refusal) = of_ledger(ledger, statement) {
            return Ok(Err(refusal));
        }
        if let Err(refusal) = links(chain, statement, |_| None)? {
            return Ok(Err(refusal));
        }
        self.continue_stream(chain, before, statement)
    }

    fn continue_stream(
        &mut self,
        chain: &impl ChainState,
        before: &Self,
        statement: &Statement,
    ) -> Result<Result<(), Refusal>, ReadError> {
        let Some(subject) = statement.subject else { return Ok(Ok(())) };
        let Stream { last, owners } = match self.0.get(&subject.id).or_else(|| before.0.get(&subject.id)) {
            Some(known) => known.clone(),
            None => chain.subject(&subject.id).map(|(last, owners)| Stream { last, owners })?,
        };
        // Ownership first: the error must not disclose the stream's length to other depositors.
        if last > 0 && !shares_a_key(&owners, &statement.keys) {
            return Ok(Err(Refusal::SubjectNotYours));
        }
        if subject.sequence != last + 1 {
            return Ok(Err(Refusal::SubjectSequence { expected: last + 1, found: subject.sequence }));
        }
        let owners = if last == 0 { statement.keys.clone() } else { owners };
        self.0.insert(subject.id, Stream { last: subject.sequence, owners });
        Ok(Ok(()))
    }
}

/// The deposits of one block that were admitted so far.
#[derive(Debug, Default)]
pub struct Admitted {
    statements: HashSet<Digest>,
    numbers: HashMap<DepositNumber, StatementNote>,
    streams: Streams,
}

impl Admitted {
    /// The empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Admits the deposits of a block, in their order. Stops at the first inadmissible deposit, for which the block is
    /// rejected.
    ///
    /// # Errors
    ///
    /// Outer: the chain could not be read. Inner: the position of the inadmissible deposit in `deposits`, and the reason.
    pub fn admit_all(
        &mut self,
        chain: &impl AppendedState,
        ledger: &str,
        deposits: &[&Entry],
    ) -> Result<Result<(), (usize, Refusal)>, ReadError> {
        let ids: Vec<Digest> = deposits.iter().map(|entry| entry.statement.id()).collect();
        let numbers: Vec<DepositNumber> = deposits.iter().map(|entry| entry.number).collect();
        let known = chain.known_statements(&ids)?.into_iter().zip(chain.known_numbers(&numbers)?);
        for (position, (entry, (statement_known, number_known))) in deposits.iter().zip(known).enumerate() {
            let refusal = if statement_known {
                Err(Refusal::StatementExists)
            } else if number_known {
                Err(Refusal::NumberTaken)
            } else {
                self.admit(chain, ledger, entry.number, &entry.statement)?
            };
            if let Err(refusal) = refusal {
                return Ok(Err((position, refusal)));
            }
        }
        Ok(Ok(()))
    }

    /// Admits a statement under `number`; neither is on the chain. If it rejects the statement, `self` is unchanged.
    fn admit(
        &mut self,
        chain: &impl ChainState,
        ledger: &str,
        number: DepositNumber,
        note: &StatementNote,
    ) -> Result<Result<(), Refusal>, ReadError> {
        let (id, statement) = (note.id(), note.statement());
        if let Err(refusal) = of_ledger(ledger, statement) {
            return Ok(Err(refusal));
        }
        if self.statements.contains(&id) {
            return Ok(Err(Refusal::StatementExists));
        }
        if self.numbers.contains_key(&number) {
            return Ok(Err(Refusal::NumberTaken));
        }
        if let Err(refusal) = links(chain, statement, |number| self.numbers.get(number).cloned())? {
            return Ok(Err(refusal));
        }
        if let Err(refusal) = self.streams.continue_stream(chain, &Streams::default(), statement)? {
            return Ok(Err(refusal));
        }
        self.statements.insert(id);
        self.numbers.insert(number, note.clone());
        Ok(Ok(()))
    }
}

fn of_ledger(ledger: &str, statement: &Statement) -> Result<(), Refusal> {
    if statement.ledger.as_str() == ledger {
        return Ok(());
    }
    Err(Refusal::WrongLedger { found: statement.ledger.to_string(), expected: ledger.to_owned() })
}

/// Checks the links of a statement: each linked deposit must exist, on the chain or earlier in the same block (`ahead`),
/// and must belong to the same depositor where the kind of link requires it.
fn links(
    chain: &impl ChainState,
    statement: &Statement,
    ahead: impl Fn(&DepositNumber) -> Option<StatementNote>,
) -> Result<Result<(), Refusal>, ReadError> {
    for link in &statement.links {
        let number = link.number;
        let target = match ahead(&number) {
            Some(target) => Some(target),
            None => chain.entry_of(&number)?.map(|entry| entry.statement),
        };
        let Some(target) = target else { return Ok(Err(Refusal::LinkUnknown { number })) };
        if !may_link(link.kind, statement, target.statement()) {
            return Ok(Err(Refusal::LinkNotYours { number }));
        }
    }
    Ok(Ok(()))
}
