//! `POST /v1/deposits`: deposits a statement and returns its receipt.

use std::cell::RefCell;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use crate::http::app_state::AppState;
use crate::http::client_address::ClientAddress;
use crate::http::problem::ApiError;
use crate::http::request::require_content_type;
use crate::http::submission;
use crate::http::{body, request_metrics};
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::keys::KeyCache;
use crate::ledger::statement::signed::StatementNote;
use crate::sequencer::handle::DepositReply;
use crate::wire::deposit::{DepositRequest, REQUEST_MAX};
use crate::wire::fast_json;
use crate::wire::receipt::ReceiptJson;

/// Deposit / 存证
///
/// Puts a signed statement on the chain and answers its receipt once the block is durable and its checkpoint signed.
/// Sending the same statement again is always safe: it answers 200 with the same number, entry and block.
/// Who may deposit is the node's policy (`deposits` in `GET /v1/ledger`): `open` accepts any signed statement, `enrolled`
/// those signed by a key that an account has enrolled, `accounts` none. Keep the original unchanged: only it can be
/// verified later. `tiezheng statement evidence.pdf --request > deposit.json` makes a request.
///
/// 提交已签名的存证声明; 区块落盘并签署检查点后返回存证回执。重复提交同一声明返回同一回执。可存证主体由节点的存证策略确定（见
/// `GET /v1/ledger` 的 `deposits`）。请妥善保管原文。请求可由 `tiezheng statement evidence.pdf --request > deposit.json` 生成。
#[utoipa::path(
    post,
    path = "/v1/deposits",
    tag = "deposits",
    request_body = DepositRequest,
    responses(
        (status = 201, description = "On the chain / 已上链", body = ReceiptJson, headers(("Location" = String, description = "The deposit"))),
        (status = 200, description = "This statement was there already / 该声明此前已存证", body = ReceiptJson),
    ),
)]
pub(in crate::http) async fn deposit(
    State(state): State<Arc<AppState>>,
    client: ClientAddress,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    // A mirror says so, whatever its policy.
    state.sequencer()?;
    state.admission().check_policy()?;
    state.admission().count_request(client)?;
    require_content_type(&headers, "application/json")?;
    let bytes = body::read(&state, client.group(), &headers, body, REQUEST_MAX).await?;
    let deposited = one(&state, &bytes).await?;
    let text = fast_json::receipt(&deposited.receipt);
    let mut response = (status(&deposited), text).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(location) = location(&deposited.receipt) {
        headers.insert(LOCATION, location);
    }
    Ok(response)
}

/// Processes one deposit request, and records its metrics.
///
/// # Errors
///
/// [`ApiError`].
pub async fn one(state: &AppState, bytes: &[u8]) -> Result<DepositReply, ApiError> {
    let since = Instant::now();
    let deposited = attempt(state, bytes).await;
    request_metrics::deposit(outcome(&deposited), since);
    deposited
}

/// The outcome label of the metrics.
#[must_use]
pub const fn outcome(deposited: &Result<DepositReply, ApiError>) -> &'static str {
    match deposited {
        Ok(DepositReply { fresh: true, .. }) => "fresh",
        Ok(DepositReply { fresh: false, .. }) => "existing",
        Err(failure) => failure.code().as_str(),
    }
}

thread_local! {
    /// Cache of parsed keys per thread: few keys sign most deposits.
    static KEYS: RefCell<KeyCache> = RefCell::new(KeyCache::new());
}

/// Parses a deposit request, without checking its signatures.
///
/// # Errors
///
/// [`ApiError`]: the request is invalid.
pub fn read(bytes: &[u8]) -> Result<(StatementNote, Option<PrivateMetadata>), ApiError> {
    let request = DepositRequest::parse(bytes)?;
    Ok(KEYS.with_borrow_mut(|keys| request.read_with(keys))?)
}

async fn attempt(state: &AppState, bytes: &[u8]) -> Result<DepositReply, ApiError> {
    let (statement, private) = read(bytes)?;
    submission::deposit(state, statement, private, submission::QueueWait::None).await
}

/// 201 for a new deposit, 200 for an existing one.
#[must_use]
pub const fn status(deposited: &DepositReply) -> StatusCode {
    if deposited.fresh { StatusCode::CREATED } else { StatusCode::OK }
}

/// The `Location` of a deposit. Its number is the entry's second line; parsing the whole entry would check every key again.
fn location(receipt: &Receipt) -> Option<HeaderValue> {
    let number = receipt.entry.lines().nth(1)?.strip_prefix("number ")?;
    HeaderValue::try_from(format!("/v1/deposits/{number}")).ok()
}
