//! A server of `/log/`, or of a witness's copy of it, whose content a test changes while it runs: any prefix of the path is
//! accepted.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use tiezheng::ledger::hash::{Digest, leaf_hash};
use tiezheng::ledger::merkle::list::root_of;
use tiezheng::ledger::merkle::tile::{EntryBundle, Tile, encode_bundle, encode_hashes};
use tiezheng::store::traits::LogReader as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::support::operator::Operator;

/// The served content.
#[derive(Default)]
struct Content {
    checkpoint: Option<String>,
    leaves: Vec<Vec<u8>>,
    hashes: Vec<Digest>,
    /// Bundles from this leaf on are missing.
    hidden_from: Option<usize>,
    /// Partial tiles and bundles are missing where there are full ones.
    no_partials: bool,
    /// Answers left before the server answers again, each 429.
    busy: usize,
    requests: usize,
}

/// A running server. Dropped, it stops.
pub(crate) struct ServedLog {
    pub(crate) url: String,
    content: Arc<Mutex<Content>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ServedLog {
    /// Serves the log that the operator has published.
    pub(crate) fn of(operator: &Operator) -> Self {
        let content = Arc::new(Mutex::new(Content::default()));
        let (sender, receiver) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = Arc::clone(&content);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                sender.send(format!("http://{}", listener.local_addr().unwrap())).unwrap();
                let router = Router::new().fallback(move |request: Request| {
                    let answer = served.lock().unwrap().answer(request.uri().path());
                    async move { answer }
                });
                let ended = async move {
                    let _ = stopped.await;
                };
                axum::serve(listener, router).with_graceful_shutdown(ended).await.unwrap();
            });
        });
        let log = Self { url: receiver.recv().unwrap(), content, stop: Some(stop), thread: Some(thread) };
        log.show(operator);
        log
    }

    fn content(&self) -> std::sync::MutexGuard<'_, Content> {
        self.content.lock().unwrap()
    }

    /// Serves the current log of the operator.
    pub(crate) fn show(&self, operator: &Operator) {
        let mut content = self.content();
        content.checkpoint = Some(operator.published().unwrap().checkpoint.note().to_string());
        content.hashes = operator.leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        content.leaves.clone_from(&operator.leaves);
    }

    /// Answers this checkpoint; none: 404.
    pub(crate) fn set_checkpoint(&self, note: Option<String>) {
        self.content().checkpoint = note;
    }

    /// The checkpoint that is answered.
    pub(crate) fn checkpoint(&self) -> String {
        self.content().checkpoint.clone().unwrap()
    }

    /// Serves other bytes for a leaf. The tiles stay.
    pub(crate) fn alter(&self, index: usize, bytes: Vec<u8>) {
        self.content().leaves[index] = bytes;
    }

    /// Hides the bundles from this leaf on, or none.
    pub(crate) fn hide_from(&self, index: Option<usize>) {
        self.content().hidden_from = index;
    }

    /// Removes the partial tiles and bundles that have become full.
    pub(crate) fn remove_partials(&self) {
        self.content().no_partials = true;
    }

    /// Answers 429 to so many requests.
    pub(crate) fn be_busy(&self, times: usize) {
        self.content().busy = times;
    }

    /// The number of requests since the last call.
    pub(crate) fn take_requests(&self) -> usize {
        std::mem::take(&mut self.content().requests)
    }
}

impl Content {
    fn answer(&mut self, path: &str) -> Response {
        self.requests += 1;
        if self.busy > 0 {
            self.busy -= 1;
            return Response::builder().status(429).header("retry-after", "0").body(Body::from("{}")).unwrap();
        }
        let (_, file) = path[1..].split_once('/').unwrap();
        let bytes = match file {
            "checkpoint" => self.checkpoint.clone().map(String::into_bytes),
            _ => self.bundle(file).or_else(|| self.tile(file)),
        };
        match bytes {
            Some(bytes) => Response::new(Body::from(bytes)),
            None => Response::builder().status(404).body(Body::from("not found")).unwrap(),
        }
    }

    fn bundle(&self, file: &str) -> Option<Vec<u8>> {
        let bundle = EntryBundle::parse(file).ok()?;
        let first = usize::try_from(bundle.index).unwrap() * 256;
        let hidden = self.hidden_from.is_some_and(|from| first + usize::from(bundle.width) > from);
        let is_full = first + 256 <= self.leaves.len();
        if hidden || (self.no_partials && bundle.width < 256 && is_full) {
            return None;
        }
        let leaves = self.leaves.get(first..first + usize::from(bundle.width))?;
        Some(encode_bundle(leaves.iter().map(Vec::as_slice)).unwrap())
    }

    fn tile(&self, file: &str) -> Option<Vec<u8>> {
        let tile = Tile::parse(file).ok()?;
        let items: Vec<Digest> = self.hashes.chunks_exact(256_usize.pow(tile.level.into())).map(root_of).collect();
        let first = usize::try_from(tile.index).unwrap() * 256;
        if self.no_partials && tile.width < 256 && first + 256 <= items.len() {
            return None;
        }
        Some(encode_hashes(items.get(first..first + usize::from(tile.width))?))
    }
}

impl Drop for ServedLog {
    fn drop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
        let joined = self.thread.take().unwrap().join();
        assert!(joined.is_ok() || std::thread::panicking());
    }
}
