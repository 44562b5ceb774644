//! The event feed of a court, by long polling.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts as _, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;

use crate::court::case_number::CourtCode;
use crate::filing::feed::WAIT_MAX;
use crate::filing::filing_error::FilingError;
use crate::http::api::court::json_request::{answer, value};
use crate::http::api::court::shutdown::ShutdownSignal;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::Failure;
use crate::http::request::Parameters;
use crate::wire::court::feed::FeedJson;
use crate::wire::problem::Problem;

/// What is asked of the feed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FeedQuery {
    /// 法院代字, percent-encoded UTF-8.
    #[param(example = "粤0192")]
    court: String,
    /// The cursor of the last event seen; from the beginning where it is not said.
    #[param(example = 0)]
    after: Option<u64>,
    /// Seconds to wait for an event, 0 to 60; 0 where it is not said.
    #[param(example = 0)]
    wait: Option<u64>,
}

/// Follow a court's events / 订阅法院事件
///
/// For accounts with a role at that court, with a token for `feed`. In the order of the chain, each event once: continue
/// with `next` as `after`. With `wait` the answer is sent at the next event, or empty after that time. Ids, numbers and
/// codes only: texts are in the case, where access is recorded.
///
/// 按上链次序返回该院案件的事件，可长轮询；仅含编号，不含文本。
#[utoipa::path(
    get,
    path = "/v1/feed",
    tag = "feed",
    params(FeedQuery),
    responses(
        (status = 200, description = "Events / 事件", body = FeedJson),
        (status = 400, description = "`bad_query`, `bad_value`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`unauthenticated`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope_needed`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: not there, or not yours", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn follow_feed(
    State(state): State<Arc<AppState>>,
    mut parts: Parts,
    shutdown: ShutdownSignal,
) -> Result<Response, Failure> {
    let Bearer(actor) = Bearer::from_request_parts(&mut parts, &state).await?;
    let Parameters(query) = Parameters::<FeedQuery>::from_request_parts(&mut parts, &state).await?;
    let court: CourtCode = value("court", &query.court)?;
    let (after, wait) = (query.after.unwrap_or(0), query.wait.unwrap_or(0));
    if wait > WAIT_MAX.as_secs() {
        let most = WAIT_MAX.as_secs();
        return Err(Failure::new("bad_query", format!("`wait` is at most {most} seconds")).limited(most));
    }
    let filing = state.filing()?;
    let events = tokio::select! {
        // The node shuts down: the client asks again after the restart.
        () = shutdown.wait() => Vec::new(),
        events = filing.feed(&actor, &court, after, Duration::from_secs(wait)) => events?,
    };
    // The wait may have taken a minute: token and role are checked again.
    let Bearer(actor) = Bearer::from_request_parts(&mut parts, &state).await?;
    if !actor.account.courts().contains(&court) {
        return Err(FilingError::NotFound.into());
    }
    let next = events.last().map_or(after, |event| event.cursor);
    Ok(answer(StatusCode::OK, &FeedJson { events: events.iter().map(Into::into).collect(), next }))
}
