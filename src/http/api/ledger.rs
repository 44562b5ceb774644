//! `GET /v1/ledger`: the identity of the ledger, and its last checkpoint.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::http::app_state::AppState;
use crate::http::caching::{self, Caching};
use crate::http::problem::ApiError;
use crate::query::records;
use crate::store::traits::ReadError;
use crate::wire::ledger::LedgerJson;

/// Describe the ledger / 账本信息
///
/// Origin, key, who may deposit, the operator, the program's version, and the last signed checkpoint with the block it ends in. Pin the key from a source you trust, not from
/// here.
///
/// 链标识、账本密钥、存证策略、运营者、程序版本、最新检查点与区块。请自可信渠道取得并固定账本密钥。
#[utoipa::path(
    get,
    path = "/v1/ledger",
    tag = "ledger",
    responses(
        (status = 200, description = "The ledger / 账本", body = LedgerJson),
    ),
)]
pub(in crate::http) async fn describe_ledger(State(state): State<Arc<AppState>>) -> Result<Response, ApiError> {
    let deposits = if state.is_mirror() { "none" } else { state.admission().policy().word() };
    let (operator, clock_source) = (state.description().operator.clone(), state.description().clock_source.clone());
    state
        .read(move |reader| {
            let published = records::published(reader)?;
            let genesis = records::genesis(reader)?;
            let height = published.height;
            let missing = || ReadError::Damaged { what: "block", at: height.to_string(), reason: "missing".into() };
            let tip = records::block(reader, height)?.ok_or_else(missing)?;
            let ledger = LedgerJson::of(&genesis, &published.checkpoint, &tip, deposits);
            Ok(caching::json(&LedgerJson { operator, clock_source, ..ledger }, Caching::Revalidate))
        })
        .await
}
