//! `GET /v1/deposits/{number}` and its receipt. A look-up does not verify an original.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::VARY;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use crate::http::acknowledgement::proof_view;
use crate::http::app_state::AppState;
use crate::http::caching::{self, Caching};
use crate::http::problem::ApiError;
use crate::http::request::{PathParameter, accepted};
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::{Facts, Receipt};
use crate::query::proofs;
use crate::query::records;
use crate::store::traits::LedgerReader;
use crate::wire::facts::{DepositJson, DepositView};
use crate::wire::fast_json;
use crate::wire::receipt::ReceiptJson;

const JSON: &str = "application/json";
const PLAIN: &str = "text/plain";

fn unknown(number: DepositNumber) -> ApiError {
    let failure =
        ApiError::not_found(format!("{number} has not been deposited on this platform / 该编号尚未在本平台存证"));
    failure.in_chinese(format!("存证编号 {number} 尚未在本平台存证"))
}

/// Look up a deposit / 查询存证
///
/// The seven facts in the words and the order of the court's manual. A look-up shows what the chain says; only a
/// comparison with the original verifies. The number may be in lower case or full-width and contain spaces; a
/// mistyped number is reported before anything is looked up.
///
/// 按存证编号查询区块链存证信息: 交易id、区块哈希、区块高度、前一区块哈希、数据的哈希值、交易提交时间、区块生成时间。仅查询，未核验原文。
#[utoipa::path(
    get,
    path = "/v1/deposits/{number}",
    tag = "deposits",
    params(("number" = String, Path, description = "存证编号", example = "20261122-0K7M-X9QT-3D5W-C3")),
    responses(
        (status = 200, description = "On the chain / 已上链", body = DepositJson),
    ),
)]
pub(in crate::http) async fn look_up(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
) -> Result<Response, ApiError> {
    deposit_response(&state, parameter.number()?).await
}

/// The answer to a look-up.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn deposit_response(
    state: &Arc<AppState>,
    number: DepositNumber,
) -> Result<Response, ApiError> {
    let answer =
        |view: &DepositView<'_>| caching::answer(fast_json::deposit(view).into_bytes(), JSON, Caching::Revalidate);
    with_view(state, number, answer).await
}

/// What a look-up answers, for a page.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn deposit_json(
    state: &Arc<AppState>,
    number: DepositNumber,
) -> Result<DepositJson, ApiError> {
    with_view(state, number, |view| DepositJson::from(view)).await
}

/// Reads a deposit, and makes the answer of it.
async fn with_view<T: Send + 'static>(
    state: &Arc<AppState>,
    number: DepositNumber,
    make: impl Fn(&DepositView<'_>) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let same = Arc::clone(state);
    state
        .read_cached_first(move |reader| {
            let found = same.queries().deposits().find(reader, number)?.ok_or_else(|| unknown(number))?;
            let entry = records::entry_of(found.place.index, &found.bytes)?;
            let block = same.queries().blocks().sealing(reader, found.place)?;
            let history = same.queries().deposits().history(reader, &found, &entry)?;
            let facts = Facts::with_hashes(&entry, found.hash, &block.header, block.hash);
            let by_platform = same.filing().is_ok_and(|filing| filing.account_of_deposit(&entry).is_some());
            let checkpoint = same.queries().checkpoint(reader, found.place.header.size_after())?;
            let policy = same.cosigning().map(|cosigning| cosigning.state.policy());
            Ok(make(&DepositView {
                index: found.place.index,
                entry: &entry,
                facts: &facts,
                history: &history,
                by_platform,
                proof: Some(proof_view(&checkpoint, policy)),
            }))
        })
        .await
}

/// The receipt of a deposit, for a page.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn receipt_of(state: &Arc<AppState>, number: DepositNumber) -> Result<Receipt, ApiError> {
    let same = Arc::clone(state);
    let read = move |reader: &dyn LedgerReader| {
        let found = same.queries().deposits().find(reader, number)?.ok_or_else(|| unknown(number))?;
        Ok(same.queries().receipt(reader, found)?)
    };
    state.read_cached_first(read).await
}

/// Fetch a receipt / 下载存证回执
///
/// The receipt proves itself offline with the ledger's pinned key. `Accept: text/plain` answers the C2SP tlog-proof file
/// instead, for other log software.
///
/// 回执可离线独立核验; 请求 `text/plain` 时返回 tlog-proof 文件。
#[utoipa::path(
    get,
    path = "/v1/deposits/{number}/receipt",
    tag = "deposits",
    params(("number" = String, Path, description = "存证编号", example = "20261122-0K7M-X9QT-3D5W-C3")),
    responses(
        (status = 200, description = "The receipt / 存证回执", content(
            (ReceiptJson = "application/json"),
            (String = "text/plain"),
        )),
    ),
)]
pub(in crate::http) async fn fetch_receipt(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    receipt_response(&state, parameter.number()?, &headers).await
}

/// The answer to a request for a receipt.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn receipt_response(
    state: &Arc<AppState>,
    number: DepositNumber,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let form = accepted(headers, &[JSON, PLAIN])?;
    let same = Arc::clone(state);
    let mut response = state
        .read_cached_first(move |reader| {
            let found = same.queries().deposits().find(reader, number)?.ok_or_else(|| unknown(number))?;
            if form == PLAIN {
                let checkpoint = same.queries().checkpoint(reader, found.place.header.size_after())?;
                let proof = proofs::tlog_proof(reader, found.place.index, &checkpoint)?.to_string();
                return Ok(caching::answer(proof.into_bytes(), "text/plain; charset=utf-8", Caching::Revalidate));
            }
            let text = fast_json::receipt(&same.queries().receipt(reader, found)?);
            Ok(caching::answer(text.into_bytes(), JSON, Caching::Revalidate))
        })
        .await?;
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    Ok(response)
}
