//! All routes of a witness, and the middleware that every request passes.
//!
//! | route | |
//! |---|---|
//! | `POST /add-checkpoint` | submits a checkpoint (c2sp.org/tlog-witness) |
//! | `GET /<SHA-256 of the origin>/checkpoint` | the latest checkpoint that the witness cosigned |
//! | `GET /v1/witness` | key, organisation, ledgers |
//! | `/<SHA-256 of the origin>/…` of a mirror | the read routes of the ledger's node, and `tile/…` |
//! | `/…` of a mirror of one ledger | the same |
//! | `GET /health/live`, `/health/ready`, `/metrics` | operation |

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::Uri;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tower::Service as _;
use tower_http::catch_panic::CatchPanicLayer;

use crate::http::api::court::shutdown::ShutdownSignal;
use crate::http::app_state::AppState;
use crate::http::caching::ConditionalRequest;
use crate::http::request_log::RequestRecord;
use crate::http::router::{method_not_allowed, no_such_route, panicked, router as node_router};
use crate::http::witness::handlers;
use crate::http::witness::state::WitnessState;

/// The read side of a mirror: the id of its ledger, and the node's state without a sequencer.
pub type Mirror = (String, Arc<AppState>);

/// All routes over `state`. `shutdown` ends requests that wait for events.
pub fn router(state: &Arc<WitnessState>, mirrors: Vec<Mirror>, shutdown: &ShutdownSignal) -> Router {
    let is_only = mirrors.len() == 1;
    let mut routes = own_routes(Arc::clone(state));
    for (id, node) in mirrors {
        let copy = mirror_routes(state, &id, &node, shutdown);
        if is_only {
            // What is no route of the witness is one of its only ledger.
            routes = routes.fallback_service(copy.clone());
        }
        routes = routes.nest_service(&format!("/{id}"), copy);
    }
    routes
}

/// The routes of the copy of one ledger.
fn mirror_routes(state: &Arc<WitnessState>, id: &str, node: &Arc<AppState>, shutdown: &ShutdownSignal) -> Router {
    let api = node_router(Arc::clone(node), shutdown.clone());
    let (tiles, of_log, of_ledger) = (api.clone(), Arc::clone(state), Arc::clone(state));
    let (id_of_log, id_of_ledger, held) = (id.to_owned(), id.to_owned(), Arc::clone(node));
    Router::new()
        // Never larger than the copy.
        .route("/log/checkpoint", get(async move || handlers::held(&of_log, &id_of_log, &held)))
        .route("/checkpoint", get(async move || handlers::latest(&of_ledger, &id_of_ledger)))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(common_middleware))
        // The path of c2sp.org/tlog-mirror for a tile.
        .route("/tile/{*path}", get(move |request: Request| under_log(tiles, request)))
        .fallback_service(api)
}

/// Answers the request as `/log` and its path.
async fn under_log(mut api: Router, mut request: Request) -> Response {
    let Ok(uri) = format!("/log{}", request.uri().path()).parse::<Uri>() else {
        return no_such_route(request).await.into_response();
    };
    *request.uri_mut() = uri;
    let Ok(answered) = api.call(request).await;
    answered
}

/// The routes of the witness itself.
fn own_routes(state: Arc<WitnessState>) -> Router {
    let mut routes = Router::new();
    // A mirror has this route beside those of its copy. No pattern: it would match `/log/checkpoint`.
    for ledger in state.witness().ledgers().iter().filter(|ledger| ledger.copy().is_none()) {
        let (of_ledger, id) = (Arc::clone(&state), ledger.id().to_owned());
        let path = format!("/{id}/checkpoint");
        routes = routes.route(&path, get(async move || handlers::latest(&of_ledger, &id)));
    }
    routes
        .route("/add-checkpoint", post(handlers::add_checkpoint))
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
