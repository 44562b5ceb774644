//! The whole appended chain on disk, published or not: what the checks before an append ask.
//!
//! Not here: reading for others, which the published size bounds (`reader`).

use crate::ledger::chain::Tip;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{ErasedPiece, Piece};
use crate::ledger::number::DepositNumber;
use crate::store::admission::Appended;
use crate::store::bounds::damaged;
use crate::store::contract::ReadError;
use crate::store::joining::{Pieces, Standing};
use crate::store::rocks::engine::Engine;
use crate::store::rocks::format::{AnnexKey, SubjectKey, VaultRow};
use crate::store::rocks::schema::{ANNEXES, SUBJECTS, VAULT};
use crate::store::rocks::tree::Tree;
use crate::store::rocks::waiting::Index;
use crate::store::rows::Places;

/// The chain up to a tip.
pub struct AppendedChain<'a> {
    /// Where it is kept.
    pub engine: &'a Engine,
    /// By what its leaves are found.
    pub index: Index<'a>,
    /// Where it ends.
    pub tip: &'a Tip,
}

impl AppendedChain<'_> {
    fn entry(&self, index: LeafIndex) -> Result<Entry, ReadError> {
        let bytes = Tree { engine: self.engine, edge: &self.tip.frontier }.leaf(index)?;
        Entry::parse(&bytes).map_err(|error| damaged("leaf", index, error.to_string()))
    }
}

impl Appended for AppendedChain<'_> {
    fn has_statement(&self, id: &Digest) -> Result<bool, ReadError> {
        Ok(self.index.statement(id)?.is_some())
    }

    fn entry_of(&self, number: &DepositNumber) -> Result<Option<Entry>, ReadError> {
        self.index.number(number)?.map(|index| self.entry(index)).transpose()
    }

    fn has_number(&self, number: &DepositNumber) -> Result<bool, ReadError> {
        Ok(self.index.number(number)?.is_some())
    }

    fn subject(&self, subject: &Digest) -> Result<(u64, Vec<VerifierKey>), ReadError> {
        let last = self.engine.prefixed_from_last(&SUBJECTS, &subject.0, 8)?.next().transpose()?;
        let Some((SubjectKey { sequence: last, .. }, _)) = last else { return Ok((0, Vec::new())) };
        let first = self.engine.get(&SUBJECTS, &SubjectKey { subject: *subject, sequence: 1 })?;
        let first = first.ok_or_else(|| damaged("subject", subject, "it has no beginning"))?;
        Ok((last, self.entry(first)?.statement.statement().keys.clone()))
    }
}

impl Places for AppendedChain<'_> {
    fn place_of(&self, number: &DepositNumber) -> Result<Option<LeafIndex>, ReadError> {
        self.index.number(number)
    }

    fn has_record(&self, hash: &Digest) -> Result<bool, ReadError> {
        Ok(self.index.record(hash)?.is_some())
    }
}

impl Pieces for AppendedChain<'_> {
    fn standing(&self, piece: &ErasedPiece) -> Result<Standing, ReadError> {
        Ok(match row(self.engine, piece)? {
            Some(VaultRow::Held(_)) => Standing::Held,
            Some(VaultRow::Erased(notice)) => Standing::Erased(notice),
            Some(VaultRow::NeverBrought) | None => Standing::Never,
        })
    }
}

/// The row of a piece of private content.
///
/// # Errors
///
/// [`ReadError`].
pub fn row(engine: &Engine, piece: &ErasedPiece) -> Result<Option<VaultRow>, ReadError> {
    match piece.piece {
        Piece::Metadata => engine.get(&VAULT, &piece.index),
        Piece::Annex(commitment) => engine.get(&ANNEXES, &AnnexKey { index: piece.index, commitment }),
    }
}
