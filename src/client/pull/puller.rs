//! Pulls whole blocks from the `/log/` of a node or mirror into a local store, and publishes the operator's checkpoint.
//!
//! ```text
//! checkpoint signed by a trusted key ─▶ bundles, fetched ahead ─▶ blocks (ledger::chain::reader)
//!   ─▶ the tree with these blocks is the beginning of the signed tree (consistency proof from tiles)
//!   ─▶ notices, numbers, depositors' signatures (on all cores) ─▶ LogStore::append_copy: numbers, streams, links
//! … until the checkpoint's size ─▶ its key is the one in force ─▶ LogStore::publish
//! ```
//!
//! # Invariants
//!
//! A block is appended only after it was proven to be in the signed tree. So the store, from which nothing can be removed, never
//! receives altered data from a dishonest source. The checks are those of an audit with signatures; index rows are derived by the
//! store. Memory is bounded by some thousand leaves, a block of [`BLOCK_LEAVES_MAX`] at most. An interrupted pull continues where
//! the store ends. Nothing is published but the checkpoint, with the signatures of the ledger's own keys.

use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;

use tokio::runtime::Handle;

use crate::client::http_log::HttpLogReader;
use crate::client::ledger_client::LedgerClient;
use crate::client::log_requests::leaves_of;
use crate::client::pull::bundles::Bundles;
use crate::client::pull::chain_keys::ChainKeys;
use crate::client::pull::pull_error::PullError;
use crate::ledger::chain::reader::{BlockError, BlockReader};
use crate::ledger::chain::{Block, Tip};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::key::VerifierKey;
use crate::ledger::key_history::KeyHistory;
use crate::ledger::merkle::proof::{verify_consistency, verify_inclusion};
use crate::ledger::merkle::prove::{self, BuildError};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::merkle::tile::{HashReader, TILE_WIDTH};
use crate::ledger::note::NoteError;
use crate::ledger::notice::{FIRST_LINE, SignedNotice};
use crate::query::proofs;
use crate::store::traits::{AppendError, LogReader, LogStore, Published, ReadError};

/// Most leaves of a block. The sequencer's blocks have at most 4,096.
pub const BLOCK_LEAVES_MAX: usize = 65_536;
/// Most bytes of a block's leaves.
pub const BLOCK_BYTES_MAX: usize = 256 << 20;
/// Number of leaves after which the blocks read so far are checked and appended; [`PART_BYTES`] likewise.
const PART_LEAVES: u64 = 16 * TILE_WIDTH as u64;
const PART_BYTES: usize = 16 << 20;

/// The node or mirror from which a puller reads.
#[derive(Debug, Clone)]
pub struct LogSource {
    client: LedgerClient,
    runtime: Handle,
}

impl LogSource {
    /// The log at the client's address. Requests are sent on the runtime of this call.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn new(client: LedgerClient) -> Self {
        Self { client, runtime: Handle::current() }
    }
}

/// The result of a pull.
#[derive(Debug, Clone)]
pub struct Pulled {
    /// The published checkpoint of the local copy, which is at least as large as the requested one.
    pub published: Arc<Published>,
    /// Leaves that this pull has appended.
    pub appended: u64,
}

/// Pulls into one store, any number of times.
#[derive(Debug)]
pub struct Puller {
    keys: ChainKeys,
}

impl Puller {
    /// A puller for `store`. Reads all leaves of the store once, for its notices.
    ///
    /// # Errors
    ///
    /// [`PullError::Read`].
    pub fn of(store: &dyn LogStore) -> Result<Self, PullError> {
        Ok(Self { keys: ChainKeys::of(store)? })
    }

    /// The ledger key in force at the end of the store's appended chain; `None` in an empty store.
    #[must_use]
    pub fn key(&self) -> Option<&VerifierKey> {
        self.keys.key()
    }

    /// The key history of the store's appended chain; `None` in an empty store.
    #[must_use]
    pub const fn history(&self) -> Option<&KeyHistory> {
        self.keys.history()
    }

    /// Pulls all blocks up to the checkpoint `until` into `store`, and publishes it. `until` must be signed by one of `trusted`,
    /// by a key of the store's history, or by a successor to which the notices in the log lead from one of them; it may have any
    /// other signature lines, which are neither verified nor published. If the store has published at least as much, the pull
    /// only compares. `progress` is called with the size of the store's appended chain after each part. If it returns `Break`,
    /// the pull ends with [`PullError::Interrupted`].
    ///
    /// Blocks the thread, which must not be an async worker (`spawn_blocking`, `block_in_place`).
    ///
    /// # Errors
    ///
    /// [`PullError`]. After [`PullError::Append`] the caller must create a new puller once the store has recovered.
    pub fn pull(
        &mut self,
        source: &LogSource,
        store: &dyn LogStore,
        trusted: &[VerifierKey],
        until: &SignedCheckpoint,
        progress: &mut dyn FnMut(TreeSize) -> ControlFlow<()>,
    ) -> Result<Pulled, PullError> {
        let (tip, signed) = (store.tip()?, until.checkpoint());
        if signed.origin != tip.origin {
            return Err(PullError::OtherLedger { found: signed.origin.clone(), expected: tip.origin });
        }
        let mut known = trusted.to_vec();
        known.extend(self.history().iter().flat_map(|history| history.periods()).map(|period| period.key.clone()));
        let untrusted = |error| PullError::Checkpoint { size: signed.size, error };
        match until.verified_by(&known) {
            Ok(_) => {}
            Err(NoteError::UnknownKey) => self.require_successor(source, &tip, &known, until)?,
            Err(error) => return Err(untrusted(error)),
        }
        if let Some(published) = store.published().filter(|published| published.size() >= signed.size) {
            return compare(store, &published, until).map(|()| Pulled { published, appended: 0 });
        }
        if tip.size() < signed.size {
            self.append(source, store, &tip, until, progress)?;
        }
        let history = self.history().ok_or(PullError::NoHeader { size: signed.size })?;
        let signers = history.verify(until).map_err(|_| PullError::KeyNotInForce { size: signed.size })?;
        let keys: Vec<_> = [Some(signers.current), signers.previous].into_iter().flatten().collect();
        let keys: Vec<VerifierKey> = keys.into_iter().map(|period| period.key.clone()).collect();
        let published = publish(store, until, &until.with_signatures_of(&keys).map_err(untrusted)?)?;
        Ok(Pulled { published, appended: store.tip()?.size().0.saturating_sub(tip.size().0) })
    }

    /// Checks that the notices in the tree of `until` lead from a key in `known` to the one that signed it. Reads all leaves after
    /// `tip`, once more than appending them does: nothing may be appended of a tree that no trusted key has signed.
    fn require_successor(
        &self,
        source: &LogSource,
        tip: &Tip,
        known: &[VerifierKey],
        until: &SignedCheckpoint,
    ) -> Result<(), PullError> {
        let size = until.checkpoint().size;
        let unknown = || PullError::Checkpoint { size, error: NoteError::UnknownKey };
        if size <= tip.size() {
            return Err(unknown());
        }
        let log = HttpLogReader::up_to(source.client.clone(), until.clone());
        let signed = SignedTree { log: source.runtime.block_on(log)?, until };
        signed.must_begin_with(tip, tip.size())?;
        let mut keys = self.keys.clone();
        let mut bundles = Bundles::fetch(&source.client, tip.size().next_index(), size, &source.runtime);
        while let Some(bundle) = bundles.next_blocking() {
            let (bundle, bytes) = bundle?;
            let first = bundle.index * u64::from(TILE_WIDTH);
            for (index, leaf) in (first..).map(LeafIndex).zip(leaves_of(&source.client, bundle, &bytes)?) {
                if index < tip.size().next_index() || !leaf.starts_with(FIRST_LINE.as_bytes()) {
                    continue;
                }
                let notice = SignedNotice::parse(leaf).map_err(|_| PullError::Notice { index })?;
                if notice.notice().key().is_some() {
                    signed.must_contain(index, leaf)?;
                    keys.accept(index, &notice)?;
                }
            }
        }
        let trusted = keys.history().and_then(|history| history.extends_pinned(known)).ok_or_else(unknown)?;
        trusted.verify(until).map(|_| ()).map_err(|_| unknown())
    }

    /// Appends all blocks between `tip` and the size of `until`.
    fn append(
        &mut self,
        source: &LogSource,
        store: &dyn LogStore,
        tip: &Tip,
        until: &SignedCheckpoint,
        progress: &mut dyn FnMut(TreeSize) -> ControlFlow<()>,
    ) -> Result<(), PullError> {
        let size = until.checkpoint().size;
        let log = HttpLogReader::up_to(source.client.clone(), until.clone());
        let signed = SignedTree { log: source.runtime.block_on(log)?, until };
        signed.must_begin_with(tip, tip.size())?;
        let mut bundles = Bundles::fetch(&source.client, tip.size().next_index(), size, &source.runtime);
        let mut part = Part::new(tip);
        while let Some(bundle) = bundles.next_blocking() {
            let (bundle, bytes) = bundle?;
            let first = bundle.index * u64::from(TILE_WIDTH);
            for (index, leaf) in (first..).map(LeafIndex).zip(leaves_of(&source.client, bundle, &bytes)?) {
                if index >= part.reader.next_index() {
                    part.read(leaf, &signed)?;
                }
            }
            if part.is_due() || part.end() == size {
                self.append_part(store, &mut part, &signed)?;
                if progress(store.tip()?.size()).is_break() {
                    return Err(PullError::Interrupted);
                }
            }
        }
        if store.tip()?.size() == size { Ok(()) } else { Err(PullError::NoHeader { size }) }
    }

    /// Checks the complete blocks of `part` and appends them.
    fn append_part(&mut self, store: &dyn LogStore, part: &mut Part, signed: &SignedTree<'_>) -> Result<(), PullError> {
        let blocks = part.take();
        let Some(last) = blocks.last() else { return Ok(()) };
        signed.must_begin_with(&last.tip, part.appended)?;
        let mut keys = self.keys.clone();
        for (index, leaf) in blocks.iter().flat_map(|block| (block.base.0..).map(LeafIndex).zip(&block.leaves)) {
            match &leaf.entry {
                Some(entry) if entry.number.is_test() != keys.is_test() => {
                    return Err(PullError::Number { index, number: entry.number });
                }
                Some(_) => {}
                None => {
                    let notice = SignedNotice::parse(&leaf.bytes);
                    keys.accept(index, &notice.map_err(|_| PullError::Notice { index })?)?;
                }
            }
        }
        if let Some((index, key)) = forged(&blocks) {
            return Err(PullError::DepositorSignature { index, key });
        }
        store.ready_to_append()?;
        for block in &blocks {
            store.append_copy(block)?;
        }
        part.appended = last.tip.size();
        self.keys = keys;
        Ok(())
    }
}

/// Pulls into `store` once: [`Puller::of`] and [`Puller::pull`].
///
/// # Errors
///
/// [`PullError`].
pub fn pull(
    source: &LogSource,
    store: &dyn LogStore,
    trusted: &[VerifierKey],
    until: &SignedCheckpoint,
    progress: &mut dyn FnMut(TreeSize) -> ControlFlow<()>,
) -> Result<Pulled, PullError> {
    Puller::of(store)?.pull(source, store, trusted, until, progress)
}

/// The tree of the checkpoint, whose hashes come from the source and are trusted only as far as they lead to the signed root.
struct SignedTree<'a> {
    log: HttpLogReader,
    until: &'a SignedCheckpoint,
}

impl SignedTree<'_> {
    /// Checks that the tree of `tip` is the beginning of this tree. `local` is the size of the appended chain: it distinguishes a
    /// local copy of another history from altered records.
    fn must_begin_with(&self, tip: &Tip, local: TreeSize) -> Result<(), PullError> {
        let (old, size, root) = (tip.size(), self.until.checkpoint().size, self.until.checkpoint().root);
        if old.is_empty() || self.proves(old, &tip.root())? {
            return Ok(());
        }
        if old == local {
            return Err(PullError::Inconsistent { local, size, root });
        }
        Err(PullError::Altered { first: local.next_index(), size })
    }

    /// Checks that `leaf` is the leaf at `index` of this tree.
    fn must_contain(&self, index: LeafIndex, leaf: &[u8]) -> Result<(), PullError> {
        let signed = self.until.checkpoint();
        let proof = self.built(prove::inclusion(self, index, signed.size))?;
        let hash = leaf_hash(leaf);
        let is_in =
            proof.is_some_and(|proof| verify_inclusion(index, signed.size, &hash, &proof, &signed.root).is_ok());
        if is_in { Ok(()) } else { Err(PullError::Altered { first: index, size: signed.size }) }
    }

    fn proves(&self, old: TreeSize, old_root: &Digest) -> Result<bool, PullError> {
        let signed = self.until.checkpoint();
        if old == signed.size {
            return Ok(*old_root == signed.root);
        }
        let proof = self.built(prove::consistency(self, old, signed.size))?;
        Ok(proof.is_some_and(|proof| verify_consistency(old, old_root, signed.size, &signed.root, &proof).is_ok()))
    }

    /// The error of leaf bytes that are not a valid next leaf of `reader`. It is the operator's fault only if all leaves read so
    /// far are in the signed tree.
    fn not_a_block(&self, bytes: &[u8], reader: &BlockReader, appended: TreeSize, error: BlockError) -> PullError {
        let (index, signed) = (reader.next_index(), self.until.checkpoint());
        let (size, root) = reader.tree();
        match if size.is_empty() { Ok(true) } else { self.proves(size, &root) } {
            Ok(true) => {}
            Ok(false) => return PullError::Altered { first: appended.next_index(), size: signed.size },
            Err(error) => return error,
        }
        let proof = match self.built(prove::inclusion(self, index, signed.size)) {
            Ok(proof) => proof,
            Err(error) => return error,
        };
        let is_in = proof
            .is_some_and(|proof| verify_inclusion(index, signed.size, &leaf_hash(bytes), &proof, &signed.root).is_ok());
        if is_in { error.into() } else { PullError::Altered { first: index, size: signed.size } }
    }

    /// The proof; `None` if the hashes do not suffice for one. A request that failed is an error.
    fn built<T>(&self, proof: Result<T, BuildError<ReadError>>) -> Result<Option<T>, PullError> {
        match (proof, self.log.failure()) {
            (Ok(proof), _) => Ok(Some(proof)),
            (Err(_), Some(failure)) => Err(failure.clone().into()),
            (Err(_), None) => Ok(None),
        }
    }
}

impl HashReader for SignedTree<'_> {
    type Error = ReadError;

    fn hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        self.log.tile_hashes(level, first, count)
    }
}

/// The blocks that were read and not appended yet, and the block in progress.
struct Part {
    reader: BlockReader,
    blocks: Vec<Block>,
    /// Size of the appended chain.
    appended: TreeSize,
    /// Bytes of the complete blocks, and of the one in progress.
    bytes: usize,
    unsealed_bytes: usize,
}

impl Part {
    fn new(tip: &Tip) -> Self {
        let appended = tip.size();
        Self { reader: BlockReader::new(tip), blocks: Vec::new(), appended, bytes: 0, unsealed_bytes: 0 }
    }

    fn read(&mut self, leaf: &[u8], signed: &SignedTree<'_>) -> Result<(), PullError> {
        let index = self.reader.next_index();
        if self.reader.unsealed() >= BLOCK_LEAVES_MAX || self.unsealed_bytes + leaf.len() > BLOCK_BYTES_MAX {
            let first = LeafIndex(index.0.saturating_sub(self.reader.unsealed() as u64));
            return Err(PullError::BlockTooLarge { first, leaves: BLOCK_LEAVES_MAX, bytes: BLOCK_BYTES_MAX });
        }
        self.unsealed_bytes += leaf.len();
        let read = self.reader.read(leaf.to_vec());
        let read = read.map_err(|error| signed.not_a_block(leaf, &self.reader, self.appended, error))?;
        if let Some(block) = read {
            self.bytes += std::mem::take(&mut self.unsealed_bytes);
            self.blocks.push(block);
        }
        Ok(())
    }

    /// The size of the tree with the complete blocks.
    fn end(&self) -> TreeSize {
        self.blocks.last().map_or(self.appended, |block| block.tip.size())
    }

    fn is_due(&self) -> bool {
        self.end().0 - self.appended.0 >= PART_LEAVES || self.bytes >= PART_BYTES
    }

    fn take(&mut self) -> Vec<Block> {
        self.bytes = 0;
        std::mem::take(&mut self.blocks)
    }
}

/// The first deposit with a signature that does not verify, and the key's name. Checks on all cores.
fn forged(blocks: &[Block]) -> Option<(LeafIndex, String)> {
    let leaves = blocks.iter().flat_map(|block| (block.base.0..).map(LeafIndex).zip(&block.leaves));
    let entries: Vec<(LeafIndex, &Entry)> =
        leaves.filter_map(|(index, leaf)| Some((index, leaf.entry.as_ref()?))).collect();
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = entries.len().div_ceil(cores).max(1);
    thread::scope(|scope| {
        let shares: Vec<_> = entries.chunks(share).collect();
        let (mine, others) = shares.split_first()?;
        let mut threads = Vec::new();
        for share in others {
            threads.push((*share, thread::Builder::new().spawn_scoped(scope, || first_forged(share))));
        }
        let mut found = vec![first_forged(mine)];
        for (share, thread) in threads {
            found.push(match thread {
                Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                // No thread could be started.
                Err(_) => first_forged(share),
            });
        }
        found.into_iter().flatten().next()
    })
}

fn first_forged(entries: &[(LeafIndex, &Entry)]) -> Option<(LeafIndex, String)> {
    entries.iter().find_map(|(index, entry)| Some((*index, entry.statement.forged_key()?)))
}

/// Compares the checkpoint `until` with a store that has published at least as much.
fn compare(store: &dyn LogStore, published: &Published, until: &SignedCheckpoint) -> Result<(), PullError> {
    let (signed, local) = (until.checkpoint(), published.size());
    let root = if local == signed.size {
        published.checkpoint.checkpoint().root
    } else if signed.size.is_empty() {
        return Ok(());
    } else {
        proofs::root(store, signed.size)?
    };
    if root == signed.root {
        return Ok(());
    }
    Err(PullError::Inconsistent { local, size: signed.size, root: signed.root })
}

/// Publishes `until` in the form `note`, once the store has all its leaves.
fn publish(
    store: &dyn LogStore,
    until: &SignedCheckpoint,
    note: &SignedCheckpoint,
) -> Result<Arc<Published>, PullError> {
    let signed = until.checkpoint();
    let no_header = || PullError::NoHeader { size: signed.size };
    let last = signed.size.last_index().ok_or_else(no_header)?;
    let header = store.appended_leaves(last, 1)?.pop().ok_or_else(no_header)?;
    let published = Published::of(note.clone(), &header).ok_or_else(no_header)?;
    store.publish(published.clone()).map_err(|error| match error {
        // The store has compared the root with its own.
        AppendError::Read(ReadError::Damaged { what: "checkpoint", .. }) => {
            let local = store.tip().map_or(signed.size, |tip| tip.size());
            PullError::Inconsistent { local, size: signed.size, root: signed.root }
        }
        error => error.into(),
    })?;
    Ok(Arc::new(published))
}
