//! Reads the log of a node over HTTP (C2SP tlog-tiles). Implements [`LedgerReader`], so an audit works as on a local store.
//!
//! # Invariants
//!
//! The method [`LogReader::leaves`] hashes every leaf and compares it with its tile. The reader verifies nothing else: the audit
//! compares the tiles with the signed root. A failed request, or an answer that is not a file of a log, is no evidence against
//! the ledger. [`HttpLogReader::failure`] keeps the first failure, and a caller must check it before it reports findings.
//!
//! Not here: index rows and private content, which a node does not publish. Those calls return [`ReadError::NotPublished`].

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;

use crate::client::ledger_client::LedgerClient;
use crate::client::log_files::{LogFile, LogFiles};
use crate::client::log_requests::{bundle_bytes, bundle_of, leaves_of};
use crate::client::transport::ClientError;
use crate::ledger::block::Height;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::merkle::tile::{EntryBundle, TILE_WIDTH, Tile, decode_hashes, width_at};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::store::bounds::{items_within, leaf_hashes_to, leaves_within};
use crate::store::traits::{
    AnnotationReader, DepositPlace, Index, LedgerReader, LinkPosition, LogReader, PrivatePiece, PrivateReader,
    Published, ReadError,
};

/// How many bundles beyond the one that is read are fetched ahead.
const READ_AHEAD: u64 = 16;

/// Reads the log of a node, up to the checkpoint that [`Self::connect`] fetched.
#[derive(Debug)]
pub struct HttpLogReader {
    files: LogFiles,
    published: Arc<Published>,
    /// How many bundles are fetched ahead.
    ahead: u64,
    failure: OnceLock<ClientError>,
}

impl HttpLogReader {
    /// Fetches the node's checkpoint and the block header at the end of its tree. The reader sends its requests on the runtime
    /// of this call. Later reads block the calling thread, which must not be an async worker.
    ///
    /// # Errors
    ///
    /// [`ClientError`]; [`ClientError::Malformed`] also for a checkpoint whose tree does not end in a block header.
    pub async fn connect(client: LedgerClient) -> Result<Self, ClientError> {
        let checkpoint = client.checkpoint().await?;
        Self::up_to(client, checkpoint).await
    }

    /// As [`Self::connect`], up to `checkpoint`, which may be older than the node's. The signatures of `checkpoint` are not
    /// verified.
    ///
    /// # Errors
    ///
    /// As [`Self::connect`].
    pub async fn up_to(client: LedgerClient, checkpoint: SignedCheckpoint) -> Result<Self, ClientError> {
        let size = checkpoint.checkpoint().size;
        let malformed = |reason: &str| client.malformed(&client.log_path("checkpoint"), &reason);
        let last = size.last_index().ok_or_else(|| malformed("the tree is empty"))?;
        let bundle = bundle_of(last, size);
        let bytes = bundle_bytes(&client, bundle).await?;
        let leaves = leaves_of(&client, bundle, &bytes)?;
        let header = leaves.last().copied().unwrap_or_default();
        let published = Published::of(checkpoint, header);
        let published = published.ok_or_else(|| malformed("the tree does not end in a block header"))?;
        let files = LogFiles::new(client, Handle::current());
        Ok(Self { files, published: Arc::new(published), ahead: 0, failure: OnceLock::new() })
    }

    /// The same, for a caller that reads all leaves in order: fetches bundles and their tiles ahead, several at a time.
    #[must_use]
    pub fn reading_ahead(self) -> Self {
        Self { ahead: READ_AHEAD, ..self }
    }

    /// The error of the first request that failed, if one did. What the caller has read is then incomplete.
    #[must_use]
    pub fn failure(&self) -> Option<&ClientError> {
        self.failure.get()
    }

    /// A file of the log, from the cache or fetched.
    fn fetch(&self, file: LogFile) -> Result<Arc<Vec<u8>>, ReadError> {
        // After a failure the audit is incomplete in any case, and each further request may take as long to fail.
        if let Some(failure) = self.failure.get() {
            return Err(ReadError::Unavailable(failure.to_string()));
        }
        self.files.get(file).map_err(|error| self.failed(error))
    }

    /// Fetches the bundles after number `index`, and their tiles.
    fn read_ahead(&self, index: u64) {
        let size = self.published.size();
        let last = size.0.div_ceil(u64::from(TILE_WIDTH)).min(index + self.ahead);
        let both = |index: u64| {
            let width = width_at(0, index, size);
            [LogFile::Bundle(EntryBundle { index, width }), LogFile::Tile(Tile { level: 0, index, width })]
        };
        if index < last {
            self.files.fetch_ahead((index..last).flat_map(both));
        }
    }

    /// Keeps `error` as the failure, unless an earlier request failed.
    fn failed(&self, error: ClientError) -> ReadError {
        let text = error.to_string();
        let _ = self.failure.set(error);
        ReadError::Unavailable(text)
    }

    /// The failure of an answer that is no file of a log: a proxy may have sent it, so it is no evidence about a leaf.
    fn malformed(&self, path: &str, reason: &dyn std::fmt::Display) -> ReadError {
        self.failed(self.files.client().malformed(&self.files.client().log_path(path), reason))
    }

    /// Calls `visit` with each of the leaves `first .. first+count`, without hashing them.
    fn visit(&self, first: LeafIndex, count: u64, visit: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        let size = self.published.size();
        leaves_within(first, count, size)?;
        let (mut at, end) = (first.0, first.0 + count);
        while at < end {
            let bundle = bundle_of(LeafIndex(at), size);
            self.read_ahead(bundle.index);
            let bytes = self.fetch(LogFile::Bundle(bundle))?;
            let leaves = leaves_of(self.files.client(), bundle, &bytes).map_err(|error| self.failed(error))?;
            let start = bundle.index * u64::from(TILE_WIDTH);
            let wanted = (start..).zip(leaves).filter(|(index, _)| (at..end).contains(index));
            wanted.for_each(|(_, leaf)| visit(leaf));
            at = (start + u64::from(TILE_WIDTH)).min(end);
        }
        Ok(())
    }
}

impl LogReader for HttpLogReader {
    fn published(&self) -> Option<Arc<Published>> {
        Some(Arc::clone(&self.published))
    }

    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        let mut leaves = Vec::new();
        self.visit(first, count, &mut |leaf| leaves.push(leaf.to_vec()))?;
        let (mut at, mut rest) = (first.0, leaves.as_slice());
        while !rest.is_empty() {
            // One tile of level 0 at a time.
            let in_tile = u64::from(TILE_WIDTH) - at % u64::from(TILE_WIDTH);
            let (chunk, others) = rest.split_at(rest.len().min(usize::try_from(in_tile).unwrap_or(usize::MAX)));
            let hashes = self.tile_hashes(0, at, u16::try_from(chunk.len()).unwrap_or(u16::MAX))?;
            let mut hashes = hashes.iter();
            for (index, leaf) in (at..).zip(chunk) {
                leaf_hashes_to(LeafIndex(index), leaf, hashes.next())?;
            }
            (at, rest) = (at + chunk.len() as u64, others);
        }
        Ok(leaves)
    }

    fn scan(&self, first: LeafIndex, count: u64, visit: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        self.visit(first, count, visit)
    }

    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        let size = self.published.size();
        let (index, offset) = items_within(level, first, count, size)?;
        if count == 0 {
            return Ok(Vec::new());
        }
        let tile = Tile { level, index, width: width_at(level, index, size) };
        let bytes = self.fetch(LogFile::Tile(tile))?;
        let hashes = decode_hashes(&bytes, tile.width);
        let hashes = hashes
            .ok_or_else(|| self.malformed(&LogFile::Tile(tile).path(), &"it is not as long as its width says"))?;
        Ok(hashes.into_iter().skip(offset).take(count.into()).collect())
    }
}

/// The error of every call for data that a node does not publish.
fn not_published<T>() -> Result<T, ReadError> {
    Err(ReadError::NotPublished)
}

impl Index for HttpLogReader {
    fn find_block(&self, _: Height) -> Result<Option<LeafIndex>, ReadError> {
        not_published()
    }

    fn find_number(&self, _: &DepositNumber) -> Result<Option<DepositPlace>, ReadError> {
        not_published()
    }

    fn find_statements(&self, _: &[Digest]) -> Result<Vec<Option<LeafIndex>>, ReadError> {
        not_published()
    }

    fn find_record(&self, _: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        not_published()
    }

    fn find_digest(
        &self,
        _: HashAlgorithm,
        _: &Digest,
        _: Range<LeafIndex>,
        _: usize,
    ) -> Result<Vec<LeafIndex>, ReadError> {
        not_published()
    }

    fn find_subject(&self, _: &Digest, _: u64) -> Result<Option<LeafIndex>, ReadError> {
        not_published()
    }

    fn subject_length(&self, _: &Digest) -> Result<u64, ReadError> {
        not_published()
    }

    fn links_to(&self, _: LeafIndex, _: LinkPosition, _: usize) -> Result<Vec<LinkPosition>, ReadError> {
        not_published()
    }

    fn key_notices(&self) -> Result<Vec<LeafIndex>, ReadError> {
        not_published()
    }

    fn labelled(&self, _: &Digest, _: LeafIndex, _: usize) -> Result<Vec<LeafIndex>, ReadError> {
        not_published()
    }

    fn labelled_before(&self, _: &Digest, _: LeafIndex, _: usize) -> Result<Vec<LeafIndex>, ReadError> {
        not_published()
    }
}

impl PrivateReader for HttpLogReader {
    fn private_of(&self, _: LeafIndex, _: Option<&Digest>) -> Result<PrivatePiece, ReadError> {
        not_published()
    }

    fn annex(&self, _: LeafIndex, _: &Digest) -> Result<PrivatePiece, ReadError> {
        not_published()
    }
}

/// Cosignatures are in the checkpoint notes of receipts; the log has none.
impl AnnotationReader for HttpLogReader {}

impl LedgerReader for HttpLogReader {}
