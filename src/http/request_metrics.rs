//! Metrics of requests and of the node, in the Prometheus format.
//!
//! | metric | labels | |
//! |---|---|---|
//! | `tiezheng_http_requests_total` | `method`, `route`, `status` | requests answered |
//! | `tiezheng_http_request_seconds` | `method`, `route` | from head to answer |
//! | `tiezheng_deposits_total` | `outcome`: `fresh`, `existing` or a problem's code | deposits asked for |
//! | `tiezheng_deposit_seconds` | | from request to receipt |
//! | `tiezheng_pool_waiting`, `tiezheng_pool_capacity` | | deposits waiting, and most that may |
//! | `tiezheng_writing` | | 1, or 0 when sealing is paused or has stopped |
//! | `tiezheng_oldest_pending_seconds` | | for how long the oldest deposit has waited to be written |
//! | `tiezheng_ledger_size`, `tiezheng_block_height` | | leaves and height of the last signed checkpoint |
//!
//! The sequencer records its own (`tiezheng_block_deposits`, …). Routes are patterns, never paths that clients sent: labels are few
//! and contain no data of users.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock, PoisonError, RwLock};

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::Instant;

use crate::http::app_state::AppState;

/// The recorder of the `metrics` crate, one per process.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// 100 µs to 30 s.
const SECONDS: [f64; 16] =
    [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];
/// 1 to the capacity of the queue.
const COUNTS: [f64; 13] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0];

/// The recorder, installed at the first call.
pub fn recorder() -> &'static PrometheusHandle {
    RECORDER.get_or_init(|| {
        let builder = PrometheusBuilder::new()
            .set_buckets(&SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_deposits".into()), &COUNTS))
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another recorder of metrics is installed: /metrics stays empty");
        }
        handle
    })
}

/// All metrics as text; gauges are updated first.
#[must_use]
pub fn render(state: &AppState) -> String {
    let health = state.sequencer().health();
    metrics::gauge!("tiezheng_pool_waiting").set(float(health.waiting));
    metrics::gauge!("tiezheng_pool_capacity").set(float(health.capacity));
    metrics::gauge!("tiezheng_writing").set(if health.writing.is_ok() { 1.0 } else { 0.0 });
    metrics::gauge!("tiezheng_oldest_pending_seconds").set(health.oldest.unwrap_or_default().as_secs_f64());
    if let Some(published) = state.reader().published() {
        metrics::gauge!("tiezheng_ledger_size").set(float(published.size().0));
        metrics::gauge!("tiezheng_block_height").set(float(published.height.0));
    }
    recorder().render()
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus knows floats only, exact to 2^53")]
fn float(count: impl TryInto<u64>) -> f64 {
    count.try_into().unwrap_or(u64::MAX) as f64
}

/// Records the outcome of a deposit that was requested at `since`.
pub fn deposit(outcome: &'static str, since: Instant) {
    metrics::counter!("tiezheng_deposits_total", "outcome" => outcome).increment(1);
    metrics::histogram!("tiezheng_deposit_seconds").record(since.elapsed().as_secs_f64());
}

/// A request that is being answered.
#[derive(Debug)]
pub struct RequestMetrics {
    since: Instant,
    method: &'static str,
    route: Route,
}

#[derive(Debug)]
enum Route {
    Matched(MatchedPath),
    PathName(&'static str),
}

impl RequestMetrics {
    /// Begins the measurement of `request`.
    #[must_use]
    pub fn begin(request: &Request) -> Self {
        let method = match request.method().as_str() {
            "GET" => "GET",
            "HEAD" => "HEAD",
            "POST" => "POST",
            "DELETE" => "DELETE",
            _ => "other",
        };
        let route = request.extensions().get::<MatchedPath>().cloned().map_or(Route::PathName("none"), Route::Matched);
        Self { since: Instant::now(), method, route }
    }

    /// Begins the measurement of a request whose route is known.
    #[must_use]
    pub fn named(method: &'static str, route: &'static str) -> Self {
        Self { since: Instant::now(), method, route: Route::PathName(route) }
    }

    /// Records the answer.
    pub fn record(self, response: &Response) {
        let route = match &self.route {
            Route::Matched(path) => path.as_str(),
            Route::PathName(name) => name,
        };
        let (requests, seconds) = handles(self.method, route, response.status().as_u16());
        requests.increment(1);
        seconds.record(self.since.elapsed().as_secs_f64());
    }
}

/// The metrics of one method, route and status.
type MetricHandles = (Counter, Histogram);
/// Those of one method and status.
type StatusMetrics = (&'static str, u16, MetricHandles);

/// Cache of metric handles: the recorder copies and hashes the labels of each look-up, which costs 10 % of a request under load.
/// There are few routes and statuses.
static HANDLES: LazyLock<RwLock<HashMap<String, Vec<StatusMetrics>>>> = LazyLock::new(RwLock::default);

fn handles(method: &'static str, route: &str, status: u16) -> MetricHandles {
    let known = |of: &Vec<StatusMetrics>| {
        of.iter().find(|(m, s, _)| (*m, *s) == (method, status)).map(|(_, _, handles)| handles.clone())
    };
    // Entries are only added, so a panicked thread leaves a valid map.
    if let Some(handles) = HANDLES.read().unwrap_or_else(PoisonError::into_inner).get(route).and_then(known) {
        return handles;
    }
    let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
    let requests = metrics::counter!("tiezheng_http_requests_total", &labels);
    let seconds = metrics::histogram!("tiezheng_http_request_seconds", "method" => method, "route" => route.to_owned());
    let handles = (requests, seconds);
    let mut all = HANDLES.write().unwrap_or_else(PoisonError::into_inner);
    all.entry(route.to_owned()).or_default().push((method, status, handles.clone()));
    handles
}
