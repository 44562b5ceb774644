//! A cache of the files of a log, with read-ahead.
//!
//! # Invariants
//!
//! A file of a fixed tree size never changes, so a cached file is never fetched again. Threads that need the same file share one
//! request. At most [`IN_FLIGHT`] read-ahead requests run at a time. The cache holds at most [`FILES`] files and, unless a single
//! file is larger, [`BYTES`]. The least recently used files are dropped first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{OnceCell, Semaphore};

use crate::client::ledger_client::LedgerClient;
use crate::client::log_requests::{bundle_bytes, tile_bytes};
use crate::client::transport::ClientError;
use crate::ledger::merkle::tile::{EntryBundle, Tile};

/// Most cached files. An audit reads each bundle once, and tiles of several levels in turn.
const FILES: usize = 96;
/// The number of cached bytes beyond which nothing is fetched ahead, and files are dropped.
const BYTES: usize = 64 << 20;
/// Most concurrent requests for files that are fetched ahead.
const IN_FLIGHT: usize = 8;

/// A file of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::client) enum LogFile {
    Bundle(EntryBundle),
    Tile(Tile),
}

impl LogFile {
    /// Its path below the log.
    pub(in crate::client) fn path(self) -> String {
        match self {
            Self::Bundle(bundle) => bundle.path(),
            Self::Tile(tile) => tile.path(),
        }
    }

    async fn fetch(self, client: &LedgerClient) -> Result<Arc<Vec<u8>>, ClientError> {
        let bytes = match self {
            Self::Bundle(bundle) => bundle_bytes(client, bundle).await,
            Self::Tile(tile) => tile_bytes(client, tile).await,
        };
        bytes.map(Arc::new)
    }
}

type Cell = Arc<OnceCell<Arc<Vec<u8>>>>;

/// A file that is cached or being fetched.
#[derive(Debug)]
struct CachedFile {
    cell: Cell,
    /// The number of its last use, counted over all files.
    used: u64,
}

#[derive(Debug, Default)]
struct State {
    files: HashMap<LogFile, CachedFile>,
    uses: u64,
}

/// The files of one log.
#[derive(Debug)]
pub(in crate::client) struct LogFiles {
    client: LedgerClient,
    runtime: Handle,
    state: Mutex<State>,
    requests: Arc<Semaphore>,
}

impl LogFiles {
    /// The log of `client`. Requests are sent on `runtime`.
    pub(in crate::client) fn new(client: LedgerClient, runtime: Handle) -> Self {
        Self { client, runtime, state: Mutex::default(), requests: Arc::new(Semaphore::new(IN_FLIGHT)) }
    }

    /// The client of the log.
    pub(in crate::client) const fn client(&self) -> &LedgerClient {
        &self.client
    }

    /// A file. Blocks the thread until it is there.
    pub(in crate::client) fn get(&self, file: LogFile) -> Result<Arc<Vec<u8>>, ClientError> {
        let (cell, _) = self.cell(file);
        if let Some(bytes) = cell.get() {
            return Ok(Arc::clone(bytes));
        }
        let bytes = self.runtime.block_on(cell.get_or_try_init(|| file.fetch(&self.client))).cloned();
        self.trim();
        bytes
    }

    /// Begins to fetch files that will be needed soon. A request that fails is repeated by [`Self::get`].
    pub(in crate::client) fn fetch_ahead(&self, files: impl IntoIterator<Item = LogFile>) {
        for file in files {
            if self.bytes() > BYTES {
                return;
            }
            let (cell, is_new) = self.cell(file);
            if !is_new {
                continue;
            }
            let (client, requests) = (self.client.clone(), Arc::clone(&self.requests));
            self.runtime.spawn(async move {
                let fetch = async || {
                    let _permit = requests.acquire().await;
                    file.fetch(&client).await
                };
                // The reader that needs the file gets the error of its own attempt.
                let _ = cell.get_or_try_init(fetch).await;
            });
        }
        self.trim();
    }

    /// The cell of a file, and whether it is new.
    fn cell(&self, file: LogFile) -> (Cell, bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.uses += 1;
        let used = state.uses;
        let mut is_new = false;
        let cached = state.files.entry(file).or_insert_with(|| {
            is_new = true;
            CachedFile { cell: Cell::default(), used }
        });
        cached.used = used;
        (Arc::clone(&cached.cell), is_new)
    }

    fn bytes(&self) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.files.values().filter_map(|cached| cached.cell.get()).map(|bytes| bytes.len()).sum()
    }

    /// Drops the least recently used files until the limits are met. The newest file stays.
    fn trim(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let size = |cached: &CachedFile| cached.cell.get().map_or(0, |bytes| bytes.len());
        let mut bytes: usize = state.files.values().map(size).sum();
        while state.files.len() > FILES || (bytes > BYTES && state.files.len() > 1) {
            let fetched = state.files.iter().filter(|(_, cached)| cached.cell.initialized());
            let Some(oldest) = fetched.min_by_key(|(_, cached)| cached.used).map(|(file, _)| *file) else { return };
            bytes -= state.files.remove(&oldest).as_ref().map_or(0, size);
        }
    }
}
