//! The front of the counter: the one request that comes ten thousand times a second goes straight to its handler, all
//! others to the router.
//!
//! On its way through the router a request passes a dozen boxes, copied and polled one inside the other; for a deposit that
//! is a tenth of all work. What it must pass, it passes here as well: it is watched, a panic becomes an answer, the answer
//! is finished. The router has the route, too: it is what the API's description is made from.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use tower::Service;

use crate::http::api::deposits::deposit;
use crate::http::caching::Finishing;
use crate::http::node::Node;
use crate::http::observe::Watched;
use crate::http::router::panicked;

const DEPOSITS: &str = "/v1/deposits";

/// The service of one node; clones share it.
#[derive(Debug, Clone)]
pub struct Front {
    node: Arc<Node>,
    router: Router,
}

impl Front {
    /// Before `router`, which serves the same `node`.
    #[must_use]
    pub const fn new(node: Arc<Node>, router: Router) -> Self {
        Self { node, router }
    }
}

/// An answer on its way.
type Answering = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl Service<Request<Incoming>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A router is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Answering {
        let request = request.map(Body::new);
        if *request.method() == Method::POST && request.uri().path() == DEPOSITS {
            Box::pin(straight(Arc::clone(&self.node), request).map(Ok))
        } else {
            Box::pin(self.router.call(request))
        }
    }
}

async fn straight(node: Arc<Node>, request: Request) -> Response {
    let (watched, finishing) = (Watched::post(DEPOSITS), Finishing::of(&request));
    let (head, body) = request.into_parts();
    // Nothing of a request that panicked is used again.
    let answered = AssertUnwindSafe(deposit(State(node), head.headers, body)).catch_unwind().await;
    let mut response = answered.map_or_else(panicked, IntoResponse::into_response);
    finishing.finish(&mut response);
    watched.answered(&response);
    response
}
