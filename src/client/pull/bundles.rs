//! Fetches the entry bundles of a log (C2SP tlog-tiles) in order, several requests at a time.
//!
//! # Invariants
//!
//! At most `IN_FLIGHT` requests run, and at most `AHEAD` fetched bundles wait for the reader. The hashes of the leaves are not
//! compared with anything here.

use futures_util::stream::{self, StreamExt as _};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinHandle;

use crate::client::ledger_client::LedgerClient;
use crate::client::log_requests::{bundle_bytes, bundle_of};
use crate::client::transport::ClientError;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::merkle::tile::{EntryBundle, TILE_WIDTH};

/// Most requests at a time.
const IN_FLIGHT: usize = 6;
/// Most fetched bundles that wait for the reader.
const AHEAD: usize = 4;

/// The bundles of a tree, from one on to the last.
#[derive(Debug)]
pub struct Bundles {
    receiver: Receiver<Result<(EntryBundle, Vec<u8>), ClientError>>,
    task: JoinHandle<()>,
}

impl Bundles {
    /// Begins to fetch the bundles from the one that contains the leaf `first` to the last of a tree of `size` leaves, on
    /// `runtime`.
    #[must_use]
    pub fn fetch(client: &LedgerClient, first: LeafIndex, size: TreeSize, runtime: &Handle) -> Self {
        let (sender, receiver) = channel(AHEAD);
        let width = u64::from(TILE_WIDTH);
        let client = client.clone();
        let task = runtime.spawn(async move {
            let bundles =
                (first.0 / width..size.0.div_ceil(width)).map(|index| bundle_of(LeafIndex(index * width), size));
            let fetched = bundles.map(|bundle| {
                let client = &client;
                async move { bundle_bytes(client, bundle).await.map(|bytes| (bundle, bytes)) }
            });
            let mut fetched = stream::iter(fetched).buffered(IN_FLIGHT);
            while let Some(bundle) = fetched.next().await {
                let is_last = bundle.is_err();
                // The receiver was dropped, or the last item is an error.
                if sender.send(bundle).await.is_err() || is_last {
                    return;
                }
            }
        });
        Self { receiver, task }
    }

    /// The next bundle with its bytes; `None` after the last. Blocks the thread, which must not be an async worker.
    pub fn next_blocking(&mut self) -> Option<Result<(EntryBundle, Vec<u8>), ClientError>> {
        self.receiver.blocking_recv()
    }
}

impl Drop for Bundles {
    fn drop(&mut self) {
        self.task.abort();
    }
}
