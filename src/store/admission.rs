//! The rules that an append enforces, whoever asks: each written once, for every store.
//!
//! They need only the index rows of what is already appended, and the deposits ahead in the same block.

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

/// What the rules for one statement need to know of the chain.
pub trait ChainState {
    /// The entry of a number.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn entry_of(&self, number: &DepositNumber) -> Result<Option<Entry>, ReadError>;

    /// The last sequence of a subject's stream (0 when there is none) and the keys that began it.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn subject(&self, subject: &Digest) -> Result<(u64, Vec<VerifierKey>), ReadError>;
}

/// What the rules for a whole block need to know of the appended chain, in one request for all of its deposits.
pub trait AppendedState: ChainState {
    /// Which of these statement ids are on the chain, in their order.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn known_statements(&self, ids: &[Digest]) -> Result<Vec<bool>, ReadError>;

    /// Which of these numbers are taken, in their order.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn known_numbers(&self, numbers: &[DepositNumber]) -> Result<Vec<bool>, ReadError>;
}

/// The end of a subject's stream.
#[derive(Debug, Clone)]
struct Stream {
    last: u64,
    owners: Vec<VerifierKey>,
}

/// The streams of deposits that are admitted and not on the chain yet.
#[derive(Debug, Default)]
pub struct Streams(HashMap<Digest, Stream>);

impl Streams {
    /// Admits a statement by all rules that need no more than the statement itself, its links and its stream, or refuses it
    /// and stays as it was. A statement without links and subject costs no read. `before` are the streams of a block that
    /// is not on the chain yet either. Not asked: whether the statement is new, and the number free. A link to a number that
    /// is not on the chain is refused, since nobody can know the number yet.
    ///
    /// # Errors
    ///
    /// The outer: the chain could not be read. The inner: [`Refusal`].
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
        self.lead_on(chain, before, statement)
    }

    fn lead_on(
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
        // Ownership first: a stranger learns nothing of how far the stream has come.
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

/// The deposits admitted so far into one block.
#[derive(Debug, Default)]
pub struct Admitted {
    statements: HashSet<Digest>,
    numbers: HashMap<DepositNumber, StatementNote>,
    streams: Streams,
}

impl Admitted {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Admits the deposits of a block, in their order, or rejects the block for the first that may not enter.
    ///
    /// # Errors
    ///
    /// The outer: the chain could not be read. The inner: the position of the deposit among `deposits`, and why.
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

    /// Admits a statement under `number`, neither of which is on the chain, or rejects it and stays as it was.
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
        if let Err(refusal) = self.streams.lead_on(chain, &Streams::default(), statement)? {
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

/// Whether the deposits that a statement links to exist, among those `ahead` in the same block or on the chain, and are its
/// own where the kind asks for it.
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
