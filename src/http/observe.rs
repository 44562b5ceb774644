//! What operators see: metrics in Prometheus' form.
//!
//! | metric | labels | |
//! |---|---|---|
//! | `tiezheng_http_requests_total` | `method`, `route`, `status` | requests answered |
//! | `tiezheng_http_request_seconds` | `method`, `route` | from head to answer |
//! | `tiezheng_deposits_total` | `outcome`: `fresh`, `existing` or a problem's code | deposits asked for |
//! | `tiezheng_deposit_seconds` | | from request to receipt |
//! | `tiezheng_pool_waiting`, `tiezheng_pool_capacity` | | deposits waiting, and most that may |
//! | `tiezheng_writing` | | 1, or 0 when sealing has stopped |
//! | `tiezheng_ledger_size`, `tiezheng_block_height` | | leaves and height of the last signed checkpoint |
//!
//! The sequencer records its own (`tiezheng_block_deposits`, …). Routes are patterns, never what a client typed: labels
//! stay few and hold nothing of anybody.

use std::sync::OnceLock;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::Instant;

use crate::http::node::Node;

/// One recorder a process: that is how the `metrics` crate works.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// 100 µs to 30 s.
const SECONDS: [f64; 16] =
    [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];
/// One to a full pool.
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

/// All metrics as text, those of the moment read anew.
#[must_use]
pub fn render(node: &Node) -> String {
    let health = node.sequencer().health();
    metrics::gauge!("tiezheng_pool_waiting").set(float(health.waiting));
    metrics::gauge!("tiezheng_pool_capacity").set(float(health.capacity));
    metrics::gauge!("tiezheng_writing").set(if health.writing.is_ok() { 1.0 } else { 0.0 });
    if let Some(published) = node.reader().published() {
        metrics::gauge!("tiezheng_ledger_size").set(float(published.size().0));
        metrics::gauge!("tiezheng_block_height").set(float(published.height.0));
    }
    recorder().render()
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus knows floats only, exact to 2^53")]
fn float(count: impl TryInto<u64>) -> f64 {
    count.try_into().unwrap_or(u64::MAX) as f64
}

/// A deposit asked for at `since`, and what became of it.
pub fn deposit(outcome: &'static str, since: Instant) {
    metrics::counter!("tiezheng_deposits_total", "outcome" => outcome).increment(1);
    metrics::histogram!("tiezheng_deposit_seconds").record(since.elapsed().as_secs_f64());
}

/// Middleware: counts and times every request.
pub async fn requests(request: Request, next: Next) -> Response {
    let since = Instant::now();
    let method = match request.method().as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        _ => "other",
    };
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "none".into(), |p| p.as_str().to_owned());
    let response = next.run(request).await;
    let status = response.status().as_str().to_owned();
    let labels = [("method", method.to_owned()), ("route", route.clone()), ("status", status)];
    metrics::counter!("tiezheng_http_requests_total", &labels).increment(1);
    metrics::histogram!("tiezheng_http_request_seconds", "method" => method, "route" => route)
        .record(since.elapsed().as_secs_f64());
    response
}
