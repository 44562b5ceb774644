//! The handlers of a witness.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::error_code::ErrorCode;
use crate::http::app_state::AppState;
use crate::http::body;
use crate::http::caching::{self, Caching};
use crate::http::client_address::ClientAddress;
use crate::http::problem::ApiError;
use crate::http::request_metrics::{self, float};
use crate::http::witness::state::WitnessState;
use crate::ledger::add_checkpoint::BODY_MAX;
use crate::ledger::note::NoteSignature;
use crate::query::records;
use crate::wire::health::HealthJson;
use crate::witness::add_checkpoint::{Rejection, Submission};
use crate::witness::key_following::follow_rotation;

const TEXT: &str = "text/plain; charset=utf-8";
/// The media type of the answer that is the size of the latest checkpoint.
const SIZE: &str = "text/x.tlog.size";
/// How long a submission waits for the leaves of a mirror.
const LEAVES_WAIT: Duration = Duration::from_secs(5);
/// When a client should send again what failed for a reason that passes.
const RETRY_S: u64 = 5;

/// `POST /add-checkpoint`.
pub(in crate::http) async fn add_checkpoint(
    State(state): State<Arc<WitnessState>>,
    client: ClientAddress,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let (patience, group) = (state.options().body_timeout, client.group());
    let body = body::read_with(patience, &headers, body, BODY_MAX, |units| state.body_memory(group, units)).await?;
    let _waiting = state.waiting_permit()?;
    let decided = decide(&state, body).await?;
    let outcome = decided.as_ref().map_or_else(|rejection| rejection.code().as_str(), |_| "cosigned");
    metrics::counter!("tiezheng_witness_submissions_total", "outcome" => outcome).increment(1);
    decided.map_or_else(|rejection| Ok(rejected(&rejection)), |line| Ok(text(format!("{line}\n"))))
}

/// Decides about a submission. A mirror first waits until it holds the leaves.
async fn decide(state: &WitnessState, body: Bytes) -> Result<Result<NoteSignature, Rejection>, ApiError> {
    let parsed = body.clone();
    let unknown = state.blocking(move |witness| {
        let submission = Submission::parse(&parsed)?;
        let known = witness.ledger(submission.origin())?.state();
        Ok(submission.names_unknown_key(&known).then(|| known.origin.clone()))
    });
    match unknown.await? {
        Ok(Some(origin)) => follow_rotation(state.witness(), &origin).await,
        Ok(None) => {}
        Err(rejection) => return Ok(Err(rejection)),
    }
    let known = body.clone();
    let size = state.blocking(move |witness| {
        let submission = Submission::parse(&known)?;
        let ledger = witness.ledger(submission.origin())?;
        let remembered = ledger.state();
        submission.verify(&remembered)?;
        submission.extends(&remembered)?;
        let copy = ledger.copy().map(Arc::clone);
        Ok(copy.map(|copy| (copy, submission.checkpoint().size)))
    });
    let awaited = match size.await? {
        Ok(awaited) => awaited,
        Err(rejection) => return Ok(Err(rejection)),
    };
    if let Some((copy, size)) = awaited {
        // Whether it came in time is checked with everything else.
        let _ = tokio::time::timeout(LEAVES_WAIT, copy.wait_for(size)).await;
    }
    state.blocking(move |witness| witness.cosign(&Submission::parse(&body)?)).await
}

fn text(text: String) -> Response {
    caching::answer(text.into_bytes(), TEXT, Caching::Never)
}

fn rejected(rejection: &Rejection) -> Response {
    let code = rejection.code();
    if let Rejection::OtherSize { size } = rejection {
        let mut response = caching::answer(format!("{size}\n").into_bytes(), SIZE, Caching::Never);
        *response.status_mut() = StatusCode::CONFLICT;
        // For the request log.
        response.extensions_mut().insert(code);
        return response;
    }
    if let Rejection::Stopped(_) | Rejection::BlockTime(_) | Rejection::CopyDiffers { .. } = rejection {
        tracing::error!(%code, %rejection, "a checkpoint was not cosigned");
    } else {
        tracing::warn!(%code, %rejection, "a checkpoint was not cosigned");
    }
    let failure = ApiError::new(code, rejection.to_string());
    if code.status() == 503 { failure.retry_after(RETRY_S).into_response() } else { failure.into_response() }
}

/// The latest checkpoint of the ledger with this id.
pub(in crate::http) fn latest(state: &WitnessState, id: &str) -> Result<Response, ApiError> {
    let ledger = state.ledger(id);
    let ledger =
        ledger.ok_or_else(|| ApiError::new(ErrorCode::UnknownLog, "no ledger with this SHA-256 of its origin"))?;
    let latest = ledger.state().latest.clone();
    let latest = latest.ok_or_else(|| ApiError::not_found("this witness has cosigned nothing of this ledger yet"))?;
    Ok(text(latest.signed.note().to_string()))
}

/// The checkpoint of a mirror: the latest that it cosigned, if its copy is that large; otherwise that of the copy.
pub(in crate::http) fn held(state: &WitnessState, id: &str, node: &AppState) -> Result<Response, ApiError> {
    let published = records::published(node.queries().reader())?;
    let latest = state.ledger(id).and_then(|ledger| ledger.state().latest.clone());
    let cosigned = latest.filter(|latest| latest.checkpoint().size <= published.size());
    let note = cosigned.as_ref().map_or_else(|| published.checkpoint.note(), |latest| latest.signed.note());
    Ok(text(note.to_string()))
}

/// `GET /v1/witness`.
pub(in crate::http) async fn describe(State(state): State<Arc<WitnessState>>) -> Response {
    caching::json(&state.to_json(), Caching::Never)
}

/// `GET /health/live`.
pub(in crate::http) async fn live() -> Response {
    caching::json(&HealthJson::live(), Caching::Never)
}

/// `GET /health/ready`: the witness cosigns all its ledgers, as far as it knows.
pub(in crate::http) async fn ready(
    State(state): State<Arc<WitnessState>>,
    client: ClientAddress,
) -> Result<Response, ApiError> {
    let stopped = state.witness().ledgers().iter().find_map(|ledger| ledger.stopped());
    if let Some(reason) = stopped {
        let is_monitoring = client.is_in(&state.options().monitoring);
        let reason = if is_monitoring { reason } else { "the operator of this witness sees the reason" };
        return Err(ApiError::new(ErrorCode::CosigningStopped, reason));
    }
    Ok(caching::json(&HealthJson { status: "ready".into(), ..HealthJson::live() }, Caching::Never))
}

/// `GET /metrics`, for clients in the networks for monitoring.
pub(in crate::http) async fn metrics(
    State(state): State<Arc<WitnessState>>,
    client: ClientAddress,
) -> Result<Response, ApiError> {
    if !client.is_in(&state.options().monitoring) {
        return Err(ApiError::new(ErrorCode::NotPermitted, "the metrics are for clients on this machine"));
    }
    describe_metrics();
    state.node().set_gauges();
    metrics::gauge!("process_start_time_seconds").set(float(state.started().as_millis() / 1_000));
    for ledger in state.witness().ledgers() {
        let known = ledger.state();
        let origin = known.origin.to_string();
        let time = known.latest.as_ref().map_or(0, |latest| latest.time.as_millis() / 1_000);
        metrics::gauge!("tiezheng_witness_size", "ledger" => origin.clone()).set(float(known.size().0));
        metrics::gauge!("tiezheng_witness_cosigned_timestamp_seconds", "ledger" => origin.clone()).set(float(time));
        let stopped = if ledger.stopped().is_some() { 1.0 } else { 0.0 };
        metrics::gauge!("tiezheng_witness_stopped", "ledger" => origin.clone()).set(stopped);
        if let Some(copy) = ledger.copy() {
            let (held, seen) = (copy.held().0, copy.seen().0);
            metrics::gauge!("tiezheng_mirror_size", "ledger" => origin.clone()).set(float(held));
            metrics::gauge!("tiezheng_mirror_lag_leaves", "ledger" => origin).set(float(seen.saturating_sub(held)));
        }
    }
    let mut response = request_metrics::recorder().render().into_response();
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    Ok(response)
}

fn describe_metrics() {
    metrics::describe_counter!(
        "tiezheng_witness_submissions_total",
        "Submitted checkpoints by outcome: cosigned or an error code."
    );
    for (name, help) in [
        ("tiezheng_witness_size", "Leaves of the latest cosigned checkpoint."),
        (
            "tiezheng_witness_cosigned_timestamp_seconds",
            "Time of the latest cosignature in seconds since the epoch; 0 if there is none.",
        ),
        ("tiezheng_witness_stopped", "1 if this witness has stopped cosigning the ledger until its operator acts."),
        ("tiezheng_mirror_size", "Leaves of the verified copy."),
        ("tiezheng_mirror_lag_leaves", "Leaves that the ledger has published and the copy does not hold yet."),
    ] {
        metrics::describe_gauge!(name, help);
    }
}
