//! `POST /v1/deposits/batch`: any number of deposits as lines, answered with one verdict each while the body arrives.
//!
//! ```text
//! body ─▶ lines ─▶ chunks of up to 32 lines, one task each ─▶ verdicts in order ─▶ answer
//! ```
//!
//! # Invariants
//!
//! At most 1,024 lines and some 4 MiB of one batch are in flight: read, without a verdict that the client has read. Backpressure:
//! the server stops reading a batch while its client does not read the verdicts. At most
//! [`Options::batches`](crate::http::options::Options::batches) are read at a time. Every complete line that was read gets a
//! verdict, and lines in flight are completed even if the client disconnects.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, FuturesOrdered, StreamExt as _};
use tokio::time::{Instant, sleep, timeout};

use crate::error_code::ErrorCode;
use crate::http::api::court::shutdown::ShutdownSignal;
use crate::http::api::deposits::{outcome, read, status};
use crate::http::app_state::AppState;
use crate::http::batch_timeout::BatchTimeout;
use crate::http::client_address::ClientAddress;
use crate::http::client_quota::Share;
use crate::http::lines::{Line, Lines};
use crate::http::problem::ApiError;
use crate::http::request::require_content_type;
use crate::http::request_metrics;
use crate::http::submission;
use crate::sequencer::handle::DepositReply;
use crate::wire::deposit::{BatchVerdict, REQUEST_MAX};
use crate::wire::{fast_json, json};

/// Most lines of a batch in flight.
pub const IN_FLIGHT_LINES: usize = 1_024;
/// No more lines are read while those in flight have this many bytes.
const IN_FLIGHT_BYTES: usize = 4 << 20;
/// Most lines of a chunk: some milliseconds of signature checks, and verdicts worth a write.
const CHUNK_LINES: usize = 32;
/// Buffer capacity for a typical verdict.
const VERDICT: usize = 3 * 1024;
/// The media type of both request and answer.
const NDJSON: &str = "application/x-ndjson";

/// Deposit a batch / 批量存证
///
/// One deposit request per line (NDJSON), any number of lines of at most 64 KiB. The answer has one result per line, in the
/// same order, sent while later lines are still being received. Lines are independent: an invalid line does not affect the
/// others, and a full pool makes the batch wait. Read the answer while you send, as curl does: at most 1,024 lines are read
/// ahead of the results that you have read. If the body is truncated or stalls, all complete lines are answered, and a last
/// result gives the reason. After that, or after a broken connection, send the batch again: deposits that are already on the
/// chain answer 200. `tiezheng statement FILE --request >> deposits.ndjson` makes a line.
///
/// 每行一个存证请求 (NDJSON)，行数不限，每行不超过 64 KiB；按原次序逐行返回结果，各行互不影响，边发送边返回：请在发送的
/// 同时读取应答，未读取的结果积压至 1,024 行时暂停接收。请求中断时，已完整收到的各行照常办理，末行说明原因；可整批重发。
/// 每行可由 `tiezheng statement 文件 --request >> deposits.ndjson` 生成。
#[utoipa::path(
    post,
    path = "/v1/deposits/batch",
    tag = "deposits",
    request_body(content = String, content_type = "application/x-ndjson", description = "One `DepositRequest` a line"),
    responses(
        (status = 200, description = "One `BatchVerdict` a line / 每行一个结果", body = BatchVerdict, content_type = "application/x-ndjson"),
    ),
)]
pub(in crate::http) async fn deposit_batch(
    State(state): State<Arc<AppState>>,
    client: ClientAddress,
    shutdown: ShutdownSignal,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    // A mirror says so, whatever its policy.
    state.sequencer()?;
    state.admission().check_policy()?;
    require_content_type(&headers, NDJSON)?;
    let place = state.batch_permit(client.group()).await?;
    let mut batch = Batch::of(state, client, body, place, shutdown);
    // Before the first line a failure is the whole answer.
    let lines = batch.first_lines().await?;
    batch.take(lines);
    let verdicts = stream::unfold(batch, Batch::step).map(Ok::<_, Infallible>);
    let mut response = Body::from_stream(verdicts).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A batch in progress.
struct Batch {
    state: Arc<AppState>,
    client: ClientAddress,
    lines: Lines,
    /// Whether there may be more lines.
    open: bool,
    /// Why there are none, for the last verdict.
    cut_off: Option<ApiError>,
    under_way: FuturesOrdered<BoxFuture<'static, LineChunk>>,
    /// Lines read.
    count: usize,
    /// Lines in flight, and their bytes.
    lines_in_flight: usize,
    bytes_in_flight: usize,
    /// Released with the batch.
    place: Arc<Share>,
    /// How long the server may still wait for the client.
    timeout: BatchTimeout,
    closing: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// The verdicts of some lines.
struct LineChunk {
    text: String,
    lines: usize,
    /// The verdicts as text.
    bytes: usize,
    /// Whether there is a deposit among them, new or existing.
    has_deposit: bool,
}

impl Batch {
    fn of(state: Arc<AppState>, client: ClientAddress, body: Body, place: Share, shutdown: ShutdownSignal) -> Self {
        Self {
            lines: Lines::of(body, REQUEST_MAX),
            timeout: BatchTimeout::new(state.options()),
            state,
            client,
            open: true,
            cut_off: None,
            under_way: FuturesOrdered::new(),
            count: 0,
            lines_in_flight: 0,
            bytes_in_flight: 0,
            place: Arc::new(place),
            closing: Box::pin(shutdown.wait()),
        }
    }

    /// The first lines of the body.
    async fn first_lines(&mut self) -> Result<Vec<Line>, ApiError> {
        self.timeout.set_waiting(true);
        loop {
            tokio::select! {
                biased;
                () = &mut self.closing => return Err(shutting_down()),
                lines = self.lines.next(CHUNK_LINES) => return lines,
                () = sleep(self.timeout.next_check()) => {
                    if let Some(failure) = self.timeout.end(self.state.are_batches_waiting()) {
                        return Err(failure);
                    }
                }
            }
        }
    }

    /// The next verdicts. Meanwhile lines are read, within the limits.
    async fn step(mut self) -> Option<(Bytes, Self)> {
        loop {
            let free_lines = IN_FLIGHT_LINES.saturating_sub(self.lines_in_flight);
            let reading = self.open && free_lines > 0 && self.bytes_in_flight < IN_FLIGHT_BYTES;
            // With no lines in flight, the server waits for the client only.
            let waits = reading && self.under_way.is_empty();
            self.timeout.set_waiting(waits);
            tokio::select! {
                // Lines first, so that deposits are processed while verdicts are written.
                biased;
                () = &mut self.closing, if self.open => {
                    self.cut_off(shutting_down());
                }
                lines = self.lines.next(free_lines.min(CHUNK_LINES)), if reading => match lines {
                    Ok(lines) => self.take(lines),
                    Err(failure) => self.cut_off(failure),
                },
                Some(piece) = self.under_way.next() => {
                    self.lines_in_flight -= piece.lines;
                    self.bytes_in_flight -= piece.bytes;
                    if piece.has_deposit {
                        self.timeout.renew();
                    }
                    return Some((piece.text.into(), self));
                }
                () = sleep(self.timeout.next_check()), if waits => {
                    if let Some(failure) = self.timeout.end(self.state.are_batches_waiting()) {
                        self.cut_off(failure);
                    }
                }
                else => {
                    let verdict = refused(self.count + 1, &self.cut_off.take()?);
                    return Some((json::line(&verdict).into(), self));
                }
            }
        }
    }

    fn cut_off(&mut self, failure: ApiError) {
        self.open = false;
        self.cut_off = Some(failure);
    }

    /// Starts tasks for some lines; no lines mean the end of the body.
    fn take(&mut self, lines: Vec<Line>) {
        let (first, count) = (self.count + 1, lines.len());
        let bytes = lines.iter().map(Line::bytes_held).sum();
        self.open = count > 0;
        self.count += count;
        self.lines_in_flight += count;
        self.bytes_in_flight += bytes;
        let (state, client, place) = (Arc::clone(&self.state), self.client, Arc::clone(&self.place));
        let task = tokio::spawn(async move {
            let answered = verdicts(&state, client, first, lines).await;
            drop(place);
            answered
        });
        self.under_way.push_back(Box::pin(async move {
            let (text, has_deposit) = task.await.unwrap_or_else(|error| {
                let failure = ApiError::internal(&error);
                ((first..).take(count).map(|line| json::line(&refused(line, &failure))).collect(), false)
            });
            LineChunk { text, lines: count, bytes, has_deposit }
        }));
    }
}

fn shutting_down() -> ApiError {
    ApiError::new(ErrorCode::ShuttingDown, "the node is shutting down: send the rest again later")
}

/// The verdicts of the lines from number `first` on, and whether there is a deposit among them. All lines are processed
/// concurrently.
async fn verdicts(state: &AppState, client: ClientAddress, first: usize, lines: Vec<Line>) -> (String, bool) {
    let mut has_deposit = false;
    let mut text = String::with_capacity(lines.len() * VERDICT);
    let count = lines.len();
    let lines = stream::iter((first..).zip(lines));
    let mut verdicts = lines.map(|(number, line)| verdict(state, client, number, line)).buffered(count.max(1));
    while let Some((number, deposited)) = verdicts.next().await {
        match deposited {
            Ok(deposited) => {
                has_deposit = true;
                fast_json::batch_verdict(&mut text, number, status(&deposited).as_u16(), &deposited.receipt);
            }
            Err(failure) => text.push_str(&json::line(&refused(number, &failure))),
        }
    }
    (text, has_deposit)
}

async fn verdict(
    state: &AppState,
    client: ClientAddress,
    number: usize,
    line: Line,
) -> (usize, Result<DepositReply, ApiError>) {
    let since = Instant::now();
    let deposited = deposit(state, client, line).await;
    request_metrics::deposit(outcome(&deposited), since);
    (number, deposited)
}

fn refused(line: usize, failure: &ApiError) -> BatchVerdict {
    BatchVerdict { line, status: failure.status(), receipt: None, problem: Some(failure.problem()) }
}

async fn deposit(state: &AppState, client: ClientAddress, line: Line) -> Result<DepositReply, ApiError> {
    state.admission().count_request(client)?;
    let (statement, private) = match line {
        Line::Whole(bytes) => read(&bytes)?,
        Line::TooLong => {
            let limit = u64::try_from(REQUEST_MAX).unwrap_or(u64::MAX);
            return Err(
                ApiError::new(ErrorCode::BodyTooLarge, format!("a line has at most {limit} bytes")).limited(limit)
            );
        }
    };
    // Without this permit, batches would fill the queue and single deposits would be rejected.
    let max_wait = state.options().place_timeout;
    let since = Instant::now();
    let _share = timeout(max_wait, state.batch_queue_permit()).await.map_err(|_| ApiError::busy("deposits"))??;
    let max_wait = max_wait.saturating_sub(since.elapsed());
    submission::deposit(state, statement, private, submission::QueueWait::Within(max_wait)).await
}
