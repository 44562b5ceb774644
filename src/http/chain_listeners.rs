//! Listeners to the growth of the chain: the shared side of `GET /chain/events`.
//!
//! ```text
//! published checkpoint (in memory) ─▶ one task, once an interval ─▶ one event, whose bytes all share ─▶ listeners
//! ```
//!
//! # Invariants
//!
//! A listener gets at most one event per [`INTERVAL`], however many blocks are sealed meanwhile: an event names the last block and
//! the size, and so stands for all blocks before. With many listeners the interval grows, so that at most `EVENTS_PER_SECOND` are
//! written a second. The task runs only while somebody listens, and never on the write path. Listeners are bounded in total and per
//! client; one that leaves frees its place at once.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::http::client_address::AddressGroup;
use crate::http::client_quota::{Share, Shares};
use crate::query::records;
use crate::query::service::QueryService;
use crate::store::traits::Published;
use crate::wire::facts::beijing_time;
use crate::wire::json;
use crate::wire::ledger::ChainTipJson;

/// The shortest time between two events of a listener.
pub const INTERVAL: Duration = Duration::from_secs(1);
/// After this time without an event, a comment shows that the connection is open.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events written to all listeners in a second. With 1,000 listeners they cost 2.4 % of a processor (PERFORMANCE.md).
const EVENTS_PER_SECOND: u32 = 150;

/// The last block, as an event.
#[derive(Debug, Clone)]
struct ChainEvent {
    height: u64,
    bytes: Bytes,
}

impl ChainEvent {
    fn of(published: &Published) -> Self {
        let tip = ChainTipJson {
            block_height: published.height.0,
            block_hash: published.block_hash.to_string(),
            block_generated_at: beijing_time(published.block_time),
            size: published.size().0,
        };
        let mut text = format!("id: {}\ndata: ", tip.block_height);
        // Writing to a string does not fail.
        let _ = write!(text, "{}\n\n", json::line(&tip).trim_end());
        Self { height: tip.block_height, bytes: text.into() }
    }
}

/// All listeners.
#[derive(Debug, Clone)]
pub struct ChainListeners(Arc<Shared>);

struct Shared {
    queries: Arc<QueryService>,
    events: watch::Sender<Option<ChainEvent>>,
    /// Whether the task runs.
    is_running: Mutex<bool>,
    places: Shares<AddressGroup>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("listeners", &self.events.receiver_count()).finish_non_exhaustive()
    }
}

impl ChainListeners {
    /// At most `total` listeners, `each` per client.
    #[must_use]
    pub fn new(queries: Arc<QueryService>, total: usize, each: usize) -> Self {
        let (events, is_running) = (watch::Sender::new(None), Mutex::new(false));
        Self(Arc::new(Shared { queries, events, is_running, places: Shares::new(total, each) }))
    }

    /// Begins to listen. `after` is the last block that the client knows. `None` if the client or all clients together listen
    /// too often already.
    #[must_use]
    pub fn listen(&self, client: AddressGroup, after: Option<u64>) -> Option<Listener> {
        let place = self.0.places.try_take(client, 1)?;
        let mut is_running = self.0.running();
        let events = self.0.events.subscribe();
        if !*is_running {
            *is_running = true;
            tokio::spawn(Arc::clone(&self.0).run());
        }
        drop(is_running);
        Some(Listener { shared: Arc::clone(&self.0), events, known: after, next: None, _place: place })
    }

    /// How many listen.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.events.receiver_count()
    }
}

impl Shared {
    // Held for single assignments, so a panicked thread leaves a valid value.
    fn running(&self) -> MutexGuard<'_, bool> {
        self.is_running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the last block to all listeners, once an interval, until nobody listens.
    async fn run(self: Arc<Self>) {
        loop {
            let listeners = u32::try_from(self.events.receiver_count()).unwrap_or(u32::MAX);
            sleep(INTERVAL.max(Duration::from_secs(1).saturating_mul(listeners) / EVENTS_PER_SECOND)).await;
            {
                let mut is_running = self.running();
                if self.events.receiver_count() == 0 {
                    *is_running = false;
                    return;
                }
            }
            let Ok(published) = records::published(self.queries.reader()) else { continue };
            self.events.send_if_modified(|last| {
                let is_new = last.as_ref().is_none_or(|last| last.height != published.height.0);
                if is_new {
                    *last = Some(ChainEvent::of(&published));
                }
                is_new
            });
        }
    }
}

/// One listener.
#[derive(Debug)]
pub struct Listener {
    shared: Arc<Shared>,
    events: watch::Receiver<Option<ChainEvent>>,
    /// The last block that the client knows.
    known: Option<u64>,
    /// The earliest time of the next event; `None` before the first.
    next: Option<Instant>,
    _place: Share,
}

impl Listener {
    /// Waits for what is to be sent next: an event, or after [`HEARTBEAT`] a comment. `None` when the node has ended.
    pub async fn next(&mut self) -> Option<Bytes> {
        let Some(next) = self.next else { return Some(self.first()) };
        sleep_until(next).await;
        loop {
            match timeout(HEARTBEAT, self.events.changed()).await {
                Err(_) => return Some(Bytes::from_static(b": open\n\n")),
                Ok(Err(_)) => return None,
                Ok(Ok(())) => {}
            }
            let event = self.events.borrow_and_update().clone();
            if let Some(event) = event.filter(|event| Some(event.height) != self.known) {
                return Some(self.sent(&event));
            }
        }
    }

    /// How soon to connect again, and the last block unless the client knows it.
    fn first(&mut self) -> Bytes {
        self.next = Some(Instant::now());
        let retry = b"retry: 3000\n\n";
        let published = records::published(self.shared.queries.reader()).ok();
        match published.map(|published| ChainEvent::of(&published)).filter(|one| Some(one.height) != self.known) {
            Some(event) => [retry.as_slice(), self.sent(&event).as_ref()].concat().into(),
            None => Bytes::from_static(retry),
        }
    }

    fn sent(&mut self, event: &ChainEvent) -> Bytes {
        self.known = Some(event.height);
        self.next = Some(Instant::now() + INTERVAL);
        event.bytes.clone()
    }
}
