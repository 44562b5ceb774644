//! What every request passes first, and a fast path for the three hottest routes: deposit, look-up, receipt.
//!
//! Every request has its target and Host field checked, and the client's address noted. Then the fast path bypasses axum's
//! router and its boxed middleware, which cost a tenth of the CPU time of a deposit, and applies the same middleware:
//! metrics, panic handling, response headers. The router has these routes, too: the API's description is generated from
//! it, and it answers unusual spellings of the same requests.

use std::convert::Infallible;
use std::net::IpAddr;
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
use crate::http::client_address::ClientAddress;
use crate::http::node::Node;
use crate::http::observe::Watched;
use crate::http::problem::Failure;
use crate::http::router::panicked;
use crate::http::target;
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

    async fn answer(self, node: Arc<Node>, client: ClientAddress, request: Request) -> Result<Response, Failure> {
        match self {
            Self::Deposit => {
                let (head, body) = request.into_parts();
                deposit(State(node), client, head.headers, body).await
            }
            Self::LookUp(number) => looked_up(&node, number).await,
            Self::Receipt(number) => fetched(&node, number, request.headers()).await,
        }
    }
}

/// The service of one node.
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

    /// The service of one connection, whose other end has this address.
    #[must_use]
    pub fn for_peer(&self, peer: IpAddr) -> Connection {
        Connection { node: Arc::clone(&self.node), router: self.router.clone(), peer }
    }

    /// Answers one request from `peer`.
    pub fn answer(&self, peer: IpAddr, request: Request) -> Answering {
        self.for_peer(peer).answer(request)
    }
}

/// The service of one connection.
#[derive(Debug, Clone)]
pub struct Connection {
    node: Arc<Node>,
    router: Router,
    peer: IpAddr,
}

/// An answer on its way.
pub type Answering = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl Connection {
    fn answer(&mut self, mut request: Request) -> Answering {
        if let Err(failure) = target::check(request.method(), request.uri(), request.version(), request.headers()) {
            return Box::pin(rejected(failure, request).map(Ok));
        }
        let client = ClientAddress::of(self.peer, request.headers(), &self.node.options().trusted_proxies);
        if let Some(to) = Straight::of(request.method(), request.uri().path()) {
            return Box::pin(straight(to, Arc::clone(&self.node), client, request).map(Ok));
        }
        request.extensions_mut().insert(client);
        Box::pin(self.router.call(request))
    }
}

impl Service<Request<Incoming>> for Connection {
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A router is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Answering {
        self.answer(request.map(Body::new))
    }
}

/// A request that no route sees.
async fn rejected(failure: Failure, request: Request) -> Response {
    let (watched, finishing) = (Watched::begin(&request), Finishing::of(&request));
    let mut response = failure.into_response();
    finishing.finish(&mut response);
    watched.answered(&response);
    response
}

async fn straight(to: Straight, node: Arc<Node>, client: ClientAddress, request: Request) -> Response {
    let (method, route) = to.watched();
    let (watched, finishing) = (Watched::named(method, route), Finishing::of(&request));
    // Nothing of a request that panicked is used again.
    let answered = AssertUnwindSafe(to.answer(node, client, request)).catch_unwind().await;
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
