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
//! | `tiezheng_connections`, `tiezheng_connections_limit` | | open connections, and most that may be |
//! | `tiezheng_clock_paused` | | 1 while deposits are paused because of the clock |
//!
//! | `tiezheng_witness_*`, `tiezheng_witnessed_size` | `witness` | cosignatures; see docs/operating.md |
//!
//! Sizes on the disk, certificate and version: `node_description`. Each metric has a HELP text.
//!
//! The sequencer records its own (`tiezheng_block_deposits`, …). Routes are patterns, never paths that clients sent: labels are few
//! and contain no data of users.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::Instant;

use crate::cosigning::cosigning_state::{CosigningState, WitnessHealth};
use crate::http::app_state::AppState;
use crate::sequencer::handle::Health;
use crate::sequencer::state::{Halt, Pause};
use crate::stamping::stamping_state::AuthorityReport;

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
        describe();
        describe_attesters();
        handle
    })
}

/// The HELP texts of all metrics.
fn describe() {
    for (name, help) in [
        ("tiezheng_http_requests_total", "Requests answered, by method, route and status."),
        ("tiezheng_deposits_total", "Deposits asked for, by outcome: fresh, existing or an error code."),
        (
            "tiezheng_block_rebuilds_total",
            "Blocks that the store rejected and that were built again without an invalid deposit.",
        ),
        ("tiezheng_recovery_attempts_total", "Attempts to open the database again after a shortage."),
        ("tiezheng_addresses_blocked_total", "Addresses that were disconnected because they ignored their limits."),
        ("tiezheng_connections_refused_total", "Connections that were closed before a request, by error code."),
        ("tiezheng_log_lines_dropped_total", "Lines of the log that could not be written."),
        ("tiezheng_tls_handshakes_failed_total", "TLS handshakes that failed or were not completed in time."),
    ] {
        metrics::describe_counter!(name, help);
    }
    for (name, help) in [
        ("tiezheng_http_request_seconds", "Seconds from the head of a request to the head of its answer."),
        ("tiezheng_deposit_seconds", "Seconds from a deposit request to its receipt."),
        ("tiezheng_block_deposits", "Deposits of a block."),
        ("tiezheng_append_seconds", "Seconds to append a block durably."),
        ("tiezheng_publish_seconds", "Seconds to verify, sign and publish the checkpoint of a block."),
    ] {
        metrics::describe_histogram!(name, help);
    }
    for (name, help) in [
        ("tiezheng_build_info", "1; the label is the version of the program."),
        ("process_start_time_seconds", "Start of the process in seconds since the epoch."),
        ("tiezheng_pool_waiting", "Deposits that wait to be written."),
        ("tiezheng_pool_capacity", "Most deposits that may wait to be written."),
        ("tiezheng_writing", "1 while deposits are written, 0 while they are paused or have stopped."),
        ("tiezheng_clock_paused", "1 while deposits are paused because of the clock."),
        ("tiezheng_oldest_pending_seconds", "Seconds for which the oldest pending deposit has waited to be written."),
        ("tiezheng_ledger_size", "Leaves of the last published checkpoint."),
        ("tiezheng_block_height", "Height of the last published block."),
        ("tiezheng_connections", "Open connections."),
        ("tiezheng_connections_limit", "Most open connections."),
        ("tiezheng_disk_used_bytes", "Bytes of the ledger's folder by part, measured once a minute."),
        ("tiezheng_disk_free_bytes", "Free bytes of the ledger's file system."),
        ("tiezheng_disk_reserved_bytes", "Bytes of the disk that originals in custody leave free."),
        (
            "tiezheng_last_backup_timestamp_seconds",
            "Time of the last backup in seconds since the epoch; 0 if there was none.",
        ),
        (
            "tiezheng_tls_certificate_expiry_timestamp_seconds",
            "End of the certificate's validity in seconds since the epoch.",
        ),
    ] {
        metrics::describe_gauge!(name, help);
    }
}

/// The HELP texts of the metrics of witnesses and timestamp authorities.
fn describe_attesters() {
    for (name, help) in [
        (
            "tiezheng_timestamp_requests_total",
            "Requests to timestamp authorities, by outcome: stamped or an error code.",
        ),
        ("tiezheng_witness_requests_total", "Requests to witnesses, by outcome: cosigned or an error code."),
    ] {
        metrics::describe_counter!(name, help);
    }
    metrics::describe_histogram!(
        "tiezheng_witness_request_seconds",
        "Seconds from a request to a witness to its answer."
    );
    for (name, help) in [
        ("tiezheng_timestamp_failing", "1 if the authority gave no token at the last request."),
        (
            "tiezheng_timestamp_last_token_timestamp_seconds",
            "Time of the authority's last token in seconds since the epoch; 0 if there is none.",
        ),
        ("tiezheng_witnessed_size", "Leaves of the largest checkpoint that has its quorum of witnesses."),
        ("tiezheng_witnesses_required", "The smallest number of cosignatures that is a quorum."),
        ("tiezheng_witness_cosigning", "1 if the witness cosigned at the last request, 0 if not."),
        ("tiezheng_witness_lag_leaves", "Leaves by which the last cosigned checkpoint is behind the published one."),
        (
            "tiezheng_witness_last_cosignature_timestamp_seconds",
            "Time of the last cosignature in seconds since the epoch, by the witness's clock.",
        ),
    ] {
        metrics::describe_gauge!(name, help);
    }
}

/// All metrics as text; gauges are updated first.
#[must_use]
pub fn render(state: &AppState) -> String {
    if let Ok(sequencer) = state.sequencer() {
        set_sequencer_gauges(&sequencer.health());
    }
    state.description().set_gauges();
    metrics::gauge!("tiezheng_connections").set(float(state.connections().open()));
    metrics::gauge!("tiezheng_connections_limit").set(float(state.options().connections));
    metrics::gauge!("process_start_time_seconds").set(float(state.started().as_millis() / 1_000));
    if let Some(published) = state.queries().reader().published() {
        metrics::gauge!("tiezheng_ledger_size").set(float(published.size().0));
        metrics::gauge!("tiezheng_block_height").set(float(published.height.0));
    }
    if let Some(cosigning) = state.cosigning() {
        set_witness_gauges(
            &cosigning.state,
            state.queries().reader().published().map_or(0, |published| published.size().0),
        );
    }
    for report in state.stamping().iter().flat_map(|stamping| stamping.state().reports()) {
        set_authority_gauges(&report);
    }
    recorder().render()
}

/// The gauges of a timestamp authority.
fn set_authority_gauges(report: &AuthorityReport) {
    let failing = if report.error.is_some() { 1.0 } else { 0.0 };
    metrics::gauge!("tiezheng_timestamp_failing", "authority" => report.url.clone()).set(failing);
    let last = report.last.map_or(0, |(_, time)| time.as_millis() / 1_000);
    metrics::gauge!("tiezheng_timestamp_last_token_timestamp_seconds", "authority" => report.url.clone())
        .set(float(last));
}

/// The gauges of witnesses, of which the last checkpoint has `size` leaves.
fn set_witness_gauges(cosigning: &CosigningState, size: u64) {
    metrics::gauge!("tiezheng_witnessed_size").set(float(cosigning.witnessed().0));
    metrics::gauge!("tiezheng_witnesses_required").set(float(cosigning.policy().required()));
    for report in cosigning.reports() {
        let witness = report.witness.name.clone();
        let is_cosigning = report.health == WitnessHealth::Cosigning;
        metrics::gauge!("tiezheng_witness_cosigning", "witness" => witness.clone()).set(if is_cosigning {
            1.0
        } else {
            0.0
        });
        let Some(last) = report.last else { continue };
        metrics::gauge!("tiezheng_witness_lag_leaves", "witness" => witness.clone())
            .set(float(size.saturating_sub(last.size.0)));
        metrics::gauge!("tiezheng_witness_last_cosignature_timestamp_seconds", "witness" => witness)
            .set(float(last.time.as_millis() / 1_000));
    }
}

fn set_sequencer_gauges(health: &Health) {
    metrics::gauge!("tiezheng_pool_waiting").set(float(health.waiting));
    metrics::gauge!("tiezheng_pool_capacity").set(float(health.capacity));
    metrics::gauge!("tiezheng_writing").set(if health.writing.is_ok() { 1.0 } else { 0.0 });
    let is_clock_paused = matches!(&health.writing, Err(Halt::Paused(Pause::Clock(_))));
    metrics::gauge!("tiezheng_clock_paused").set(if is_clock_paused { 1.0 } else { 0.0 });
    metrics::gauge!("tiezheng_oldest_pending_seconds").set(health.oldest.unwrap_or_default().as_secs_f64());
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus knows floats only, exact to 2^53")]
pub(in crate::http) fn float(count: impl TryInto<u64>) -> f64 {
    count.try_into().unwrap_or(u64::MAX) as f64
}

/// Records the outcome of a deposit that was requested at `since`.
pub fn deposit(outcome: &'static str, since: Instant) {
    metrics::counter!("tiezheng_deposits_total", "outcome" => outcome).increment(1);
    metrics::histogram!("tiezheng_deposit_seconds").record(since.elapsed().as_secs_f64());
}

/// Records an answered request. `route` is a pattern, `elapsed` the time from its head to the head of the answer.
pub fn record(method: &'static str, route: &str, status: u16, elapsed: Duration) {
    let (requests, seconds) = handles(method, route, status);
    requests.increment(1);
    seconds.record(elapsed.as_secs_f64());
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
