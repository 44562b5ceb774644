//! The front of the counter: the few requests that come ten thousand times a second go straight to their handlers, all
//! others to the router.
//!
//! On its way through the router a request passes a dozen boxes, copied and polled one inside the other; for a deposit that
//! is a tenth of all work. What it must pass, it passes here as well: it is watched, a panic becomes an answer, the answer
//! is finished. The router has the routes, too: it is what the API's description is made from, and who asks in an unusual
//! way is answered by it.

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
use crate::http::api::lookup::{fetched, looked_up};
use crate::http::caching::Finishing;
use crate::http::node::Node;
use crate::http::observe::Watched;
use crate::http::problem::Failure;
use crate::http::router::panicked;
use crate::ledger::number::DepositNumber;

const DEPOSITS: &str = "/v1/deposits";
const DEPOSIT: &str = "/v1/deposits/{number}";
const RECEIPT: &str = "/v1/deposits/{number}/receipt";

/// What goes straight to its handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Straight {
    Deposit,
    LookUp(DepositNumber),
    Receipt(DepositNumber),
}

impl Straight {
    /// `None` for all that the router answers.
    fn of(method: &Method, path: &str) -> Option<Self> {
        let rest = path.strip_prefix(DEPOSITS)?;
        if *method == Method::POST {
            return rest.is_empty().then_some(Self::Deposit);
        }
        let rest = rest.strip_prefix('/').filter(|_| *method == Method::GET)?;
        // Whatever else people type is for the router to unfold.
        let number = |text| DepositNumber::parse_exact(text);
        match rest.strip_suffix("/receipt") {
            Some(text) => number(text).map(Self::Receipt),
            None => number(rest).map(Self::LookUp),
        }
    }

    const fn watched(self) -> (&'static str, &'static str) {
        match self {
            Self::Deposit => ("POST", DEPOSITS),
            Self::LookUp(_) => ("GET", DEPOSIT),
            Self::Receipt(_) => ("GET", RECEIPT),
        }
    }

    async fn answer(self, node: Arc<Node>, request: Request) -> Result<Response, Failure> {
        match self {
            Self::Deposit => {
                let (head, body) = request.into_parts();
                deposit(State(node), head.headers, body).await
            }
            Self::LookUp(number) => looked_up(&node, number).await,
            Self::Receipt(number) => fetched(&node, number, request.headers()).await,
        }
    }
}

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
        match Straight::of(request.method(), request.uri().path()) {
            Some(to) => Box::pin(straight(to, Arc::clone(&self.node), request).map(Ok)),
            None => Box::pin(self.router.call(request)),
        }
    }
}

async fn straight(to: Straight, node: Arc<Node>, request: Request) -> Response {
    let (method, route) = to.watched();
    let (watched, finishing) = (Watched::named(method, route), Finishing::of(&request));
    // Nothing of a request that panicked is used again.
    let answered = AssertUnwindSafe(to.answer(node, request)).catch_unwind().await;
    let mut response = answered.map_or_else(panicked, IntoResponse::into_response);
    finishing.finish(&mut response);
    watched.answered(&response);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_usual_goes_straight() {
        let number = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
        let of = |method: Method, path: &str| Straight::of(&method, path);
        assert_eq!(of(Method::POST, "/v1/deposits"), Some(Straight::Deposit));
        assert_eq!(of(Method::GET, &format!("/v1/deposits/{number}")), Some(Straight::LookUp(number)));
        assert_eq!(of(Method::GET, &format!("/v1/deposits/{number}/receipt")), Some(Straight::Receipt(number)));
        for (method, path) in [
            (Method::GET, "/v1/deposits".to_owned()),
            (Method::HEAD, format!("/v1/deposits/{number}")),
            (Method::DELETE, format!("/v1/deposits/{number}")),
            (Method::POST, "/v1/deposits/batch".into()),
            (Method::GET, "/v1/deposits/batch".into()),
            (Method::POST, format!("/v1/deposits/{number}/verify")),
            (Method::GET, format!("/v1/deposits/{number}/")),
            (Method::GET, format!("/v1/deposits/{number}/receipt/")),
            (Method::GET, "/v1/deposits/20261122-0k7m-x9qt-3d5w-c3".into()),
            (Method::GET, "/v1/deposits/20261122-0K7M-X9QT-3D5W-C4".into()),
            (Method::GET, "/v1/depositsx".into()),
        ] {
            assert_eq!(of(method, &path), None, "{path}");
        }
    }
}
