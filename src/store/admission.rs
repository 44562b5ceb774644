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
use crate::store::contract::ReadError;
use crate::store::refusal::Refusal;

/// What the rules ask of the appended chain.
pub trait Appended {
    /// Whether a statement id is on the chain.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn has_statement(&self, id: &Digest) -> Result<bool, ReadError>;

    /// The entry of a number.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn entry_of(&self, number: &DepositNumber) -> Result<Option<Entry>, ReadError>;

    /// Whether a number is taken; cheaper than reading its entry.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn has_number(&self, number: &DepositNumber) -> Result<bool, ReadError>;

    /// The last sequence of a subject's stream (0 when there is none) and the keys that began it.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn subject(&self, subject: &Digest) -> Result<(u64, Vec<VerifierKey>), ReadError>;
}

/// The deposits admitted so far into one block.
#[derive(Debug, Default)]
pub struct Admitted {
    statements: HashSet<Digest>,
    numbers: HashMap<DepositNumber, StatementNote>,
    subjects: HashMap<Digest, (u64, Vec<VerifierKey>)>,
}

impl Admitted {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Admits a statement under `number`, or refuses it and stays as it was.
    ///
    /// # Errors
    ///
    /// The outer: the chain could not be read. The inner: [`Refusal`].
    pub fn admit(
        &mut self,
        chain: &impl Appended,
        ledger: &str,
        number: DepositNumber,
        note: &StatementNote,
    ) -> Result<Result<(), Refusal>, ReadError> {
        let (id, statement) = (note.id(), note.statement());
        if statement.ledger.as_str() != ledger {
            let found = statement.ledger.to_string();
            return Ok(Err(Refusal::WrongLedger { found, expected: ledger.to_owned() }));
        }
        if self.statements.contains(&id) || chain.has_statement(&id)? {
            return Ok(Err(Refusal::StatementExists));
        }
        if self.numbers.contains_key(&number) || chain.has_number(&number)? {
            return Ok(Err(Refusal::NumberTaken));
        }
        if let Err(refusal) = self.links(chain, statement)? {
            return Ok(Err(refusal));
        }
        let subject = match self.subject(chain, statement)? {
            Ok(subject) => subject,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.subjects.extend(subject);
        self.statements.insert(id);
        self.numbers.insert(number, note.clone());
        Ok(Ok(()))
    }

    fn links(&self, chain: &impl Appended, statement: &Statement) -> Result<Result<(), Refusal>, ReadError> {
        for link in &statement.links {
            let number = link.number;
            let target = match self.numbers.get(&number) {
                Some(target) => Some(target.clone()),
                None => chain.entry_of(&number)?.map(|entry| entry.statement),
            };
            let Some(target) = target else { return Ok(Err(Refusal::LinkUnknown { number })) };
            if !may_link(link.kind, statement, target.statement()) {
                return Ok(Err(Refusal::LinkNotYours { number }));
            }
        }
        Ok(Ok(()))
    }

    #[expect(clippy::type_complexity, reason = "the row of `subjects`, once")]
    fn subject(
        &self,
        chain: &impl Appended,
        statement: &Statement,
    ) -> Result<Result<Option<(Digest, (u64, Vec<VerifierKey>))>, Refusal>, ReadError> {
        let Some(subject) = statement.subject else { return Ok(Ok(None)) };
        let (last, owners) = match self.subjects.get(&subject.id) {
            Some(known) => known.clone(),
            None => chain.subject(&subject.id)?,
        };
        // Ownership first: a stranger learns nothing of how far the stream has come.
        if last > 0 && !shares_a_key(&owners, &statement.keys) {
            return Ok(Err(Refusal::SubjectNotYours));
        }
        if subject.sequence != last + 1 {
            return Ok(Err(Refusal::SubjectSequence { expected: last + 1, found: subject.sequence }));
        }
        let owners = if last == 0 { statement.keys.clone() } else { owners };
        Ok(Ok(Some((subject.id, (subject.sequence, owners)))))
    }
}
