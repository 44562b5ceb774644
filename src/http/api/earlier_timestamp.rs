//! `GET /v1/deposits/{number}/earlier-timestamp`: a time from which on the deposit may have been made.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::http::app_state::AppState;
use crate::http::caching::{self, Caching};
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::query::{attested_checkpoint, records};
use crate::wire::earlier_timestamp::EarlierTimestampJson;

/// Read the newest timestamped checkpoint before a deposit / 存证之前最近的带时间戳检查点
///
/// Its tree does not contain the deposit, and the tree of the deposit's receipt continues it. Together with the timestamps of the
/// receipt it encloses the time of the deposit, as far as the node had every newest checkpoint stamped. 404 if no checkpoint before the
/// deposit was stamped.
///
/// 该检查点不含本存证，且为回执检查点之前段；与回执的时间戳相互印证存证时间的范围。此前无带时间戳的检查点的，应答 404。
#[utoipa::path(
    get,
    path = "/v1/deposits/{number}/earlier-timestamp",
    tag = "deposits",
    params(("number" = String, Path, description = "存证编号", example = "20261122-0K7M-X9QT-3D5W-C3")),
    responses(
        (status = 200, description = "The checkpoint with its timestamps / 检查点及其时间戳", body = EarlierTimestampJson),
    ),
)]
pub(in crate::http) async fn read_earlier_timestamp(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
) -> Result<Response, ApiError> {
    let number = parameter.number()?;
    state
        .read(move |reader| {
            let (place, _) = records::find(reader, number)?.ok_or_else(|| {
                ApiError::not_found(format!(
                    "{number} has not been deposited on this platform / 该编号尚未在本平台存证"
                ))
            })?;
            let stamped = attested_checkpoint::stamped_before(reader, place.index)?.ok_or_else(|| {
                ApiError::not_found("no checkpoint before this deposit was timestamped / 此前无带时间戳的检查点")
            })?;
            let answer = EarlierTimestampJson {
                size: stamped.size().0,
                checkpoint: stamped.note,
                time_tokens: stamped.time_tokens,
            };
            Ok(caching::json(&answer, Caching::Revalidate))
        })
        .await
}
