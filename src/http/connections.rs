//! The table of open connections: limits in total and per client, and eviction of stalled connections.
//!
//! # Invariants
//!
//! There are never more connections than [`Connections::new`] allows, so they cannot use up the file descriptors. A connection
//! holds its permit until its socket is closed; one that is evicted leaves its client's count at once. Only connections that wait for their client are evicted, never one whose request is being
//! processed.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

use crate::http::client_address::AddressGroup;
use crate::http::flood_guard::{BLOCKED_FOR, FloodGuard};

/// Interval of evictions while the table is full.
const EVICTION_INTERVAL: Duration = Duration::from_millis(100);
/// Fraction of all connections that one eviction closes at most: one in this many.
const EVICTION_FRACTION: usize = 8;

/// The start of the clock by which activity is measured.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

fn now_ms() -> u64 {
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The state of one connection, shared by its socket, its requests and the accept loop. A connection of HTTP/2 has several
/// requests at a time.
#[derive(Debug)]
pub struct OpenConnection {
    peer: IpAddr,
    group: AddressGroup,
    is_tls: bool,
    /// When bytes were last sent or received.
    active_ms: AtomicU64,
    /// Requests that are being processed.
    requests: AtomicUsize,
    /// Requests so far.
    begun: AtomicUsize,
    /// When the last of them ended.
    answered_ms: AtomicU64,
    /// Requests that wait for their bodies.
    awaited_bodies: AtomicUsize,
    /// Whether it is one of HTTP/2, whose pings are no activity.
    is_http2: AtomicBool,
    /// Its peer is a trusted proxy, or on a Unix socket.
    has_shared_address: AtomicBool,
    /// Answers that wait for the client to take bytes, and since when.
    untaken: Mutex<HashMap<u64, u64>>,
    /// Whether a body was not read to its end, so that no other request can follow on a connection of HTTP/1.1.
    is_unread: AtomicBool,
    /// Whether it is evicted.
    is_evicted: AtomicBool,
    eviction: Notify,
}

impl OpenConnection {
    fn new(peer: IpAddr, is_tls: bool) -> Self {
        Self {
            peer,
            group: AddressGroup::of(peer),
            is_tls,
            active_ms: AtomicU64::new(now_ms()),
            requests: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
            answered_ms: AtomicU64::new(now_ms()),
            awaited_bodies: AtomicUsize::new(0),
            is_http2: AtomicBool::new(false),
            has_shared_address: AtomicBool::new(false),
            untaken: Mutex::default(),
            is_unread: AtomicBool::new(false),
            is_evicted: AtomicBool::new(false),
            eviction: Notify::new(),
        }
    }

    /// A connection from `peer` that is not in a table, for requests made inside the process.
    #[must_use]
    pub fn detached(peer: IpAddr) -> Arc<Self> {
        Arc::new(Self::new(peer, false))
    }

    /// The address of the other end.
    #[must_use]
    pub const fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Whether its bytes are encrypted.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Records that bytes were sent or received.
    pub fn touch(&self) {
        self.active_ms.store(now_ms(), Ordering::Relaxed);
    }

    /// Marks that a request is processed until the returned guard is dropped.
    #[must_use]
    pub fn begin_request(self: &Arc<Self>) -> RequestGuard {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        RequestGuard(Arc::clone(self))
    }

    /// The number of requests so far, if the head of another one of HTTP/1 is awaited: the client sends nothing else.
    #[must_use]
    pub fn awaited_head(&self) -> Option<usize> {
        let waits = self.requests.load(Ordering::Relaxed) == 0 && !self.is_http2.load(Ordering::Relaxed);
        waits.then(|| self.begun.load(Ordering::Relaxed))
    }

    /// Records that one more request waits for its body, or one less.
    pub fn set_awaits_body(&self, awaits: bool) {
        add_or_subtract(&self.awaited_bodies, awaits);
    }

    /// Records that its client shares the address with others, so that the address is never blocked.
    pub fn set_shared_address(&self) {
        self.has_shared_address.store(true, Ordering::Relaxed);
    }

    /// Whether its client shares the address with others.
    #[must_use]
    pub fn has_shared_address(&self) -> bool {
        self.has_shared_address.load(Ordering::Relaxed)
    }

    /// Records that HTTP/2 is spoken on it.
    pub fn set_http2(&self) {
        self.is_http2.store(true, Ordering::Relaxed);
    }

    /// Records that the answer with this number waits for the client from now on, or does so no longer. The number is unique among
    /// the answers of the connection.
    pub fn set_untaken(&self, answer: u64, waits: bool) {
        // One entry changes, so a panicked thread leaves a valid map.
        let mut untaken = self.untaken.lock().unwrap_or_else(PoisonError::into_inner);
        if waits {
            untaken.insert(answer, now_ms());
        } else {
            untaken.remove(&answer);
        }
    }

    /// For how long no request has been processed; zero while one is.
    #[must_use]
    pub fn idle(&self) -> Duration {
        let is_busy = self.requests.load(Ordering::Relaxed) > 0;
        if is_busy { Duration::ZERO } else { since(self.answered_ms.load(Ordering::Relaxed)) }
    }

    /// For how long the client has taken nothing of the answer that waits longest; zero if none waits for it.
    #[must_use]
    pub fn untaken(&self) -> Duration {
        let untaken = self.untaken.lock().unwrap_or_else(PoisonError::into_inner);
        untaken.values().min().map_or(Duration::ZERO, |since_ms| since(*since_ms))
    }

    /// Marks that a body was not read to its end.
    pub fn set_unread(&self) {
        self.is_unread.store(true, Ordering::Relaxed);
    }

    /// Whether a body was not read to its end.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.is_unread.load(Ordering::Relaxed)
    }

    /// Whether it is evicted: closed at once, without discarding what its client still sends.
    #[must_use]
    pub fn is_evicted(&self) -> bool {
        self.is_evicted.load(Ordering::Relaxed)
    }

    /// Waits until the connection is evicted.
    pub async fn evicted(&self) {
        self.eviction.notified().await;
    }

    /// When bytes were last sent or received, if it waits for its client; of HTTP/2, when it last had a request.
    fn stalled_since_ms(&self) -> Option<u64> {
        if self.is_http2.load(Ordering::Relaxed) && self.requests.load(Ordering::Relaxed) == 0 {
            return Some(self.answered_ms.load(Ordering::Relaxed));
        }
        let waits = self.requests.load(Ordering::Relaxed) <= self.awaited_bodies.load(Ordering::Relaxed);
        waits.then(|| self.active_ms.load(Ordering::Relaxed))
    }
}

fn add_or_subtract(count: &AtomicUsize, add: bool) {
    if add {
        count.fetch_add(1, Ordering::Relaxed);
    } else {
        count.fetch_sub(1, Ordering::Relaxed);
    }
}

fn since(ms: u64) -> Duration {
    Duration::from_millis(now_ms().saturating_sub(ms))
}

/// A request that is being processed: until the head of an answer of known length, or the end of any other.
#[derive(Debug)]
pub struct RequestGuard(Arc<OpenConnection>);

impl RequestGuard {
    /// Its connection.
    #[must_use]
    pub const fn connection(&self) -> &Arc<OpenConnection> {
        &self.0
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
        self.0.answered_ms.store(now_ms(), Ordering::Relaxed);
    }
}

/// The table of connections; clones share it.
#[derive(Debug, Clone)]
pub struct Connections(Arc<Table>);

#[derive(Debug)]
struct Table {
    permits: Arc<Semaphore>,
    per_client: usize,
    stalled_after: Duration,
    floods: FloodGuard,
    state: Mutex<TableState>,
}

#[derive(Debug, Default)]
struct TableState {
    next: u64,
    all: HashMap<u64, Arc<OpenConnection>>,
    count_of: HashMap<AddressGroup, usize>,
}

/// The entry of one connection in the table, removed when this is dropped.
#[derive(Debug)]
pub struct Entry {
    table: Arc<Table>,
    id: u64,
    connection: Arc<OpenConnection>,
}

impl Entry {
    /// The connection.
    #[must_use]
    pub const fn connection(&self) -> &Arc<OpenConnection> {
        &self.connection
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.table.lock().remove(self.id);
    }
}

impl TableState {
    fn remove(&mut self, id: u64) {
        let Some(connection) = self.all.remove(&id) else { return };
        if let Some(count) = self.count_of.get_mut(&connection.group) {
            *count -= 1;
            if *count == 0 {
                self.count_of.remove(&connection.group);
            }
        }
    }

    /// The `most` connections that have waited longest for their client, each for at least `stalled_after`.
    fn stalled(&self, of: Option<AddressGroup>, stalled_after: Duration, most: usize) -> Vec<u64> {
        let now = now_ms();
        let ours = self.all.iter().filter(|(_, connection)| of.is_none_or(|group| connection.group == group));
        let since = ours.filter_map(|(id, connection)| Some((connection.stalled_since_ms()?, *id)));
        let mut stalled: Vec<_> =
            since.filter(|(since, _)| Duration::from_millis(now.saturating_sub(*since)) >= stalled_after).collect();
        stalled.sort_unstable();
        stalled.into_iter().take(most).map(|(_, id)| id).collect()
    }

    /// Evicts connections and removes their entries.
    fn evict(&mut self, ids: &[u64]) {
        for id in ids {
            if let Some(connection) = self.all.get(id).cloned() {
                connection.is_evicted.store(true, Ordering::Relaxed);
                connection.eviction.notify_one();
                self.remove(*id);
            }
        }
    }
}

impl Table {
    fn lock(&self) -> std::sync::MutexGuard<'_, TableState> {
        // No change can panic halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    /// A table of at most `most` connections, `per_client` per client. A connection that has waited for its client for `stalled_after` may
    /// be evicted.
    #[must_use]
    pub fn new(most: usize, per_client: usize, stalled_after: Duration) -> Self {
        let permits = Arc::new(Semaphore::new(most.max(1)));
        let (floods, state) = (FloodGuard::default(), Mutex::default());
        Self(Arc::new(Table { permits, per_client: per_client.max(1), stalled_after, floods, state }))
    }

    /// Waits for a permit for the next connection, which is held until its socket is closed. While there is none, stalled
    /// connections are evicted and new ones wait in the kernel's queue.
    pub async fn permit(&self) -> OwnedSemaphorePermit {
        loop {
            let permit = Arc::clone(&self.0.permits).acquire_owned();
            tokio::select! {
                biased;
                // The semaphore is never closed.
                Ok(permit) = permit => return permit,
                () = sleep(EVICTION_INTERVAL) => self.evict_stalled(),
            }
        }
    }

    /// Number of open connections.
    #[must_use]
    pub fn open(&self) -> usize {
        self.0.lock().all.len()
    }

    fn evict_stalled(&self) {
        let mut state = self.0.lock();
        let most = (state.all.len() / EVICTION_FRACTION).max(1);
        let stalled = state.stalled(None, self.0.stalled_after, most);
        if !stalled.is_empty() {
            tracing::info!(
                closed = stalled.len(),
                "all connections are in use: closed those that wait for their clients"
            );
        }
        state.evict(&stalled);
    }

    /// Evicts the connection of `group` that has stalled longest, if there is one, to free its share of another resource.
    pub fn evict_one_of(&self, group: AddressGroup) {
        let mut state = self.0.lock();
        let stalled = state.stalled(Some(group), self.0.stalled_after, 1);
        state.evict(&stalled);
    }

    /// Counts a rejection of a request or connection from `address`, which is not exempt. If the address has used up its
    /// rejections, it is blocked for a time and all its connections are evicted.
    pub fn count_rejection(&self, address: IpAddr) {
        let group = AddressGroup::of(address);
        if !self.0.floods.count(group) {
            return;
        }
        tracing::warn!(client = %address, seconds = BLOCKED_FOR.as_secs(), "a client ignores its limits and is blocked");
        metrics::counter!("tiezheng_addresses_blocked_total").increment(1);
        let mut state = self.0.lock();
        let all = state.all.iter().filter(|(_, connection)| connection.group == group);
        let ids: Vec<u64> = all.map(|(id, _)| *id).collect();
        state.evict(&ids);
    }

    /// Whether connections from `address` are closed without an answer.
    #[must_use]
    pub fn is_blocked(&self, address: IpAddr) -> bool {
        self.0.floods.is_blocked(AddressGroup::of(address))
    }

    /// Registers a connection from `address`. If its client is at its limit, the one that has stalled longest is evicted; `None` if
    /// none has stalled.
    #[must_use]
    pub fn register(&self, address: IpAddr, is_tls: bool, is_exempt: bool) -> Option<Entry> {
        let group = AddressGroup::of(address);
        let mut state = self.0.lock();
        if !is_exempt && state.count_of.get(&group).is_some_and(|count| *count >= self.0.per_client) {
            let stalled = state.stalled(Some(group), self.0.stalled_after, 1);
            if stalled.is_empty() {
                return None;
            }
            state.evict(&stalled);
        }
        let id = state.next;
        state.next += 1;
        let connection = Arc::new(OpenConnection::new(address, is_tls));
        state.all.insert(id, Arc::clone(&connection));
        *state.count_of.entry(group).or_default() += 1;
        Some(Entry { table: Arc::clone(&self.0), id, connection })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_client_has_no_more_connections_than_its_part() {
        let connections = Connections::new(10, 2, Duration::from_hours(1));
        let of_a = address("192.0.2.1");
        let held: Vec<_> = (0..2).map(|_| connections.register(of_a, false, false).unwrap()).collect();
        assert!(connections.register(of_a, false, false).is_none());
        assert!(connections.register(of_a, false, true).is_some(), "a trusted proxy is exempt");
        assert!(connections.register(address("192.0.2.2"), false, false).is_some());
        drop(held);
        assert!(connections.register(of_a, false, false).is_some());
        assert!(connections.0.lock().count_of.is_empty(), "nothing is remembered of clients that have gone");
    }

    #[test]
    fn what_has_stalled_longest_makes_room_and_what_is_processed_never_does() {
        let connections = Connections::new(10, 3, Duration::ZERO);
        let of_a = address("192.0.2.1");
        let [first, second, third] = [0, 1, 2].map(|at| {
            let entry = connections.register(of_a, false, false).unwrap();
            entry.connection().active_ms.store(at, Ordering::Relaxed);
            entry
        });
        let busy = first.connection().begin_request();
        let fourth = connections.register(of_a, false, false).unwrap();
        let is_ended = |entry: &Entry| entry.connection().evicted().now_or_never().is_some();
        assert!(!is_ended(&first) && is_ended(&second) && !is_ended(&third) && !is_ended(&fourth));
        // A request that waits for its body waits for its client.
        first.connection().set_awaits_body(true);
        let fifth = connections.register(of_a, false, false).unwrap();
        assert!(is_ended(&first) && !is_ended(&third) && !is_ended(&fifth));
        drop(busy);
        let _all: Vec<_> = [&third, &fourth, &fifth].map(|entry| entry.connection().begin_request()).into();
        assert!(connections.register(of_a, false, false).is_none());
        drop((first, second));
        assert_eq!(connections.0.lock().all.len(), 3, "an entry that was closed is taken out once");
    }

    #[tokio::test(start_paused = true)]
    async fn pings_of_http2_are_no_activity_and_the_answer_that_waits_longest_counts() {
        let connection = OpenConnection::detached(address("192.0.2.1"));
        connection.set_http2();
        let begun = connection.stalled_since_ms();
        tokio::time::advance(Duration::from_secs(5)).await;
        connection.touch();
        assert_eq!(connection.stalled_since_ms(), begun);
        connection.set_untaken(1, true);
        tokio::time::advance(Duration::from_secs(5)).await;
        connection.set_untaken(2, true);
        assert_eq!(connection.untaken(), Duration::from_secs(5));
        connection.set_untaken(1, false);
        assert_eq!(connection.untaken(), Duration::ZERO);
        let request = connection.begin_request();
        assert_ne!(connection.stalled_since_ms(), begun);
        drop(request);
    }

    #[tokio::test]
    async fn with_all_places_taken_stalled_connections_are_closed() {
        let connections = Connections::new(1, 1, Duration::ZERO);
        let permit = connections.permit().await;
        let entry = connections.register(address("192.0.2.1"), false, false).unwrap();
        assert!(connections.permit().now_or_never().is_none());
        let busy = entry.connection().begin_request();
        connections.evict_stalled();
        assert!(entry.connection().evicted().now_or_never().is_none(), "it is being processed");
        drop(busy);
        let next = async { drop(connections.permit().await) };
        let closing = async {
            entry.connection().evicted().await;
            drop(permit);
        };
        tokio::join!(next, closing);
    }
}
