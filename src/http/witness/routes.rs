//! All routes of a witness, and the middleware that every request passes.
//!
//! | route | |
//! |---|---|
//! | `POST /add-checkpoint` | submits a checkpoint (c2sp.org/tlog-witness) |
//! | `GET /<SHA-256 of the origin>/checkpoint` | the latest checkpoint that the witness cosigned |
//! | `GET /v1/witness` | key, organisation, ledgers |
//! | `GET /health/live`, `/health/ready`, `/metrics` | operation |

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::http::caching::ConditionalRequest;
use crate::http::request_log::RequestRecord;
use crate::http::router::{method_not_allowed, no_such_route, panicked};
use crate::http::witness::handlers;
use crate::http::witness::state::WitnessState;

/// All routes over `state`.
pub fn router(state: Arc<WitnessState>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(handlers::add_checkpoint))
        .route("/{ledger}/checkpoint", get(handlers::checkpoint))
        .route("/v1/witness", get(handlers::describe))
        .route("/health/live", get(handlers::live))
        .route("/health/ready", get(handlers::ready))
        .route("/metrics", get(handlers::metrics))
        .fallback(no_such_route)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(common_middleware))
        .with_state(state)
}

/// Counts, logs and completes every answer, also that of a panic.
async fn common_middleware(request: Request, next: Next) -> Response {
    let conditional = ConditionalRequest::of(&request);
    let extensions = request.extensions();
    let record = extensions.get::<RequestRecord>().cloned();
    let route = extensions.get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    if let Some(record) = &record {
        record.set_route(route);
    }
    let mut response = next.run(request).await;
    conditional.finish(&mut response);
    match record {
        Some(record) => record.finish(route, response),
        None => response,
    }
}
