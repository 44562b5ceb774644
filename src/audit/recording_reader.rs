//! A reader that records the first failed read, so that the audit does not report a failed read as damage.

use std::sync::{Arc, OnceLock};

use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::store::traits::delegate::{Delegate, DelegatePrivate};
use crate::store::traits::{LedgerReader, LogReader, Published, ReadError};

/// Forwards all reads to another reader, and keeps the first [`ReadError::Unavailable`].
pub(in crate::audit) struct RecordingReader<'a> {
    reader: &'a dyn LedgerReader,
    failure: OnceLock<ReadError>,
}

impl<'a> RecordingReader<'a> {
    pub(in crate::audit) const fn new(reader: &'a dyn LedgerReader) -> Self {
        Self { reader, failure: OnceLock::new() }
    }

    /// The first failure of the disk, the machine or the connection.
    pub(in crate::audit) fn failure(&self) -> Option<&ReadError> {
        self.failure.get()
    }

    fn record<T>(&self, read: Result<T, ReadError>) -> Result<T, ReadError> {
        if let Err(error @ ReadError::Unavailable(_)) = &read {
            // Only the first failure is kept.
            let _ = self.failure.set(error.clone());
        }
        read
    }
}

impl Delegate for RecordingReader<'_> {
    fn delegate<T>(
        &self,
        _method: &'static str,
        read: impl FnOnce(&dyn LedgerReader) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        self.record(read(self.reader))
    }
}

impl DelegatePrivate for RecordingReader<'_> {}

impl LogReader for RecordingReader<'_> {
    fn published(&self) -> Option<Arc<Published>> {
        self.reader.published()
    }

    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        self.record(self.reader.leaves(first, count))
    }

    fn leaf(&self, index: LeafIndex) -> Result<Vec<u8>, ReadError> {
        self.record(self.reader.leaf(index))
    }

    fn scan(&self, first: LeafIndex, count: u64, visit: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        self.record(self.reader.scan(first, count, visit))
    }

    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        self.record(self.reader.tile_hashes(level, first, count))
    }
}

impl LedgerReader for RecordingReader<'_> {}
