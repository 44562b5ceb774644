//! Reads of the whole appended chain, including an unpublished block, for the checks before an append.
//!
//! Not here: reads that are bounded by the published size (`reader`).

use crate::ledger::chain::Tip;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{ErasedPiece, Piece};
use crate::ledger::number::DepositNumber;
use crate::store::admission::{AppendedState, ChainState};
use crate::store::append_checks::{PieceState, PieceStates};
use crate::store::rocks::engine::Engine;
use crate::store::rocks::format::{AnnexKey, PrivateRow, SubjectKey};
use crate::store::rocks::index_buffer::IndexLookup;
use crate::store::rocks::schema::{ANNEXES, PRIVATE, SUBJECTS};
use crate::store::rocks::tree::Tree;
use crate::store::traits::ReadError;
use crate::store::traits::damaged;

/// The appended chain up to a tip.
pub struct AppendedChain<'a> {
    /// The database.
    pub engine: &'a Engine,
    /// Look-ups in the index.
    pub index: IndexLookup<'a>,
    /// The end of the chain.
    pub tip: &'a Tip,
}

impl AppendedChain<'_> {
    fn entry(&self, index: LeafIndex) -> Result<Entry, ReadError> {
        let bytes = Tree { engine: self.engine, frontier: &self.tip.frontier }.leaf(index)?;
        Entry::parse(&bytes).map_err(|error| damaged("leaf", index, error.to_string()))
    }
}

impl ChainState for AppendedChain<'_> {
    fn entry_of(&self, number: &DepositNumber) -> Result<Option<Entry>, ReadError> {
        self.index.number(number)?.map(|place| self.entry(place.index)).transpose()
    }

    fn subject(&self, subject: &Digest) -> Result<(u64, Vec<VerifierKey>), ReadError> {
        let last = self.engine.prefixed_from_last(&SUBJECTS, &subject.0, 8)?.next().transpose()?;
        let Some((SubjectKey { sequence: last, .. }, _)) = last else { return Ok((0, Vec::new())) };
        let first = self.engine.get(&SUBJECTS, &SubjectKey { subject: *subject, sequence: 1 })?;
        let first = first.ok_or_else(|| damaged("subject", subject, "it has no beginning"))?;
        Ok((last, self.entry(first)?.statement.statement().keys.clone()))
    }
}

impl AppendedState for AppendedChain<'_> {
    fn known_statements(&self, ids: &[Digest]) -> Result<Vec<bool>, ReadError> {
        Ok(self.index.statements(ids)?.iter().map(Option::is_some).collect())
    }

    fn known_numbers(&self, numbers: &[DepositNumber]) -> Result<Vec<bool>, ReadError> {
        Ok(self.index.numbers(numbers)?.iter().map(Option::is_some).collect())
    }
}

impl PieceStates for AppendedChain<'_> {
    fn state(&self, piece: &ErasedPiece) -> Result<PieceState, ReadError> {
        Ok(match row(self.engine, piece)? {
            Some(PrivateRow::Held(_)) => PieceState::Held,
            Some(PrivateRow::Erased(notice)) => PieceState::Erased(notice),
            Some(PrivateRow::NotSubmitted) | None => PieceState::Never,
        })
    }

    fn has_commitment(&self, index: LeafIndex) -> Result<bool, ReadError> {
        // Every deposit with a `meta` line has a row.
        self.engine.has(&PRIVATE, &index)
    }
}

/// The row of a piece of private content.
///
/// # Errors
///
/// [`ReadError`].
pub fn row(engine: &Engine, piece: &ErasedPiece) -> Result<Option<PrivateRow>, ReadError> {
    match piece.piece {
        Piece::Metadata => engine.get(&PRIVATE, &piece.index),
        Piece::Annex(commitment) => engine.get(&ANNEXES, &AnnexKey { index: piece.index, commitment }),
    }
}
