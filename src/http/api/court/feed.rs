//! The event feed of a court, by long polling.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts as _, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;

use crate::court::case_number::CourtCode;
use crate::error_code::ErrorCode;
use crate::filing::actor::Actor;
use crate::filing::feed::WAIT_MAX;
use crate::filing::filing_error::FilingError;
use crate::http::api::court::json_request::{answer, value};
use crate::http::api::court::shutdown::ShutdownSignal;
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::Parameters;
use crate::wire::court::feed::FeedJson;

/// What is asked of the feed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FeedQuery {
    /// 法院代字, percent-encoded UTF-8.
    #[param(example = "粤0192")]
    court: String,
    /// Most entries of the answer, 1 to 200; 50 by default. 每页条数，1 至 200，默认 50。
    #[param(minimum = 1, maximum = 200, example = 50)]
    limit: Option<u32>,
    /// The `next_cursor` of the previous answer; without one, from the first event. 上次返回的 `next_cursor`。
    #[param(example = "0")]
    cursor: Option<String>,
    /// Seconds to wait for an event, 0 to 60; 0 where it is not said.
    #[param(example = 0)]
    wait: Option<u64>,
}

/// Follow a court's events / 订阅法院事件
///
/// For accounts with a role at that court, with a token for `feed`. In the order of the chain, each event once: continue
/// with `next_cursor`, which is never null. With `wait` the answer is sent at the next event, or empty after that time.
/// Ids, numbers and codes only: texts are in the case, where access is recorded.
///
/// 按上链次序返回该院案件的事件，可长轮询；仅含编号，不含文本。
#[utoipa::path(
    get,
    path = "/v1/feed",
    tag = "feed",
    params(FeedQuery),
    responses(
        (status = 200, description = "Events / 事件", body = FeedJson),
    ),
)]
pub(in crate::http) async fn follow_feed(
    State(state): State<Arc<AppState>>,
    mut parts: Parts,
    shutdown: ShutdownSignal,
) -> Result<Response, ApiError> {
    let Bearer(actor) = Bearer::from_request_parts(&mut parts, &state).await?;
    let Parameters(query) = Parameters::<FeedQuery>::from_request_parts(&mut parts, &state).await?;
    let court: CourtCode = value("court", &query.court)?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (cursor, limit, wait) = (page.number()?.unwrap_or(0), page.limit()?, query.wait.unwrap_or(0));
    if wait > WAIT_MAX.as_secs() {
        let most = WAIT_MAX.as_secs();
        return Err(ApiError::new(ErrorCode::BadQuery, format!("`wait` is at most {most} seconds")).limited(most));
    }
    let filing = state.filing()?;
    let events = tokio::select! {
        // The node shuts down: the client asks again after the restart.
        () = shutdown.wait() => Vec::new(),
        events = filing.feed(&actor, &court, (cursor, limit), Duration::from_secs(wait)) => events?,
    };
    // The wait may have taken a minute: token and role are checked again, not taken from the first check.
    parts.extensions.remove::<Actor>();
    let Bearer(actor) = Bearer::from_request_parts(&mut parts, &state).await?;
    if !actor.account.staffed_courts().contains(&court) {
        return Err(FilingError::NotFound.into());
    }
    let next_cursor = events.last().map_or(cursor, |event| event.cursor).to_string();
    Ok(answer(StatusCode::OK, &FeedJson { items: events.iter().map(Into::into).collect(), next_cursor }))
}
