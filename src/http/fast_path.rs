//! The entry point of all requests, with a fast path for the three hottest routes: deposit, look-up, receipt.
//!
//! The entry point checks target, Host field and content coding of every request, and determines the client's address. The fast
//! path bypasses axum's router and its boxed middleware, which cost 10 % of the CPU time of a deposit, and applies the same
//! middleware: metrics, panic handling, response headers. The router has these routes too: it generates the API description,
//! and answers unusual spellings of the same requests.

use std::convert::Infallible;
use std::future::ready;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Method, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use futures_util::future::Either;
use hyper::body::{Body as _, Incoming};
use tower::Service;

use crate::http::answer_body::AnswerBody;
use crate::http::api::deposits::deposit;
use crate::http::api::lookup::{deposit_response, receipt_response};
use crate::http::app_state::AppState;
use crate::http::caching::ConditionalRequest;
use crate::http::client_address::ClientAddress;
use crate::http::client_body::ClientBody;
use crate::http::connections::{Connections, OpenConnection};
use crate::http::options::Options;
use crate::http::problem::ApiError;
use crate::http::request::require_plain_body;
use crate::http::request_limits::{RequestLimiters, RequestLimits};
use crate::http::request_log::RequestRecord;
use crate::http::router::panicked;
use crate::http::target;
use crate::ledger::number::DepositNumber;

const DEPOSITS: &str = "/v1/deposits";
const DEPOSIT: &str = "/v1/deposits/{number}";
const RECEIPT: &str = "/v1/deposits/{number}/receipt";

/// A route of the fast path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FastRoute {
    Deposit,
    LookUp(DepositNumber),
    Receipt(DepositNumber),
}

impl FastRoute {
    /// The route of a request; `None` if the router answers it.
    fn of(method: &Method, path: &str) -> Option<Self> {
        let rest = path.strip_prefix(DEPOSITS)?;
        if *method == Method::POST {
            return rest.is_empty().then_some(Self::Deposit);
        }
        let rest = rest.strip_prefix('/').filter(|_| *method == Method::GET)?;
        // Percent-encoded paths are for the router to decode.
        let number = |text| DepositNumber::parse_exact(text);
        match rest.strip_suffix("/receipt") {
            Some(text) => number(text).map(Self::Receipt),
            None => number(rest).map(Self::LookUp),
        }
    }

    /// Method and route template, as the metrics label them.
    const fn metric_labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Deposit => ("POST", DEPOSITS),
            Self::LookUp(_) => ("GET", DEPOSIT),
            Self::Receipt(_) => ("GET", RECEIPT),
        }
    }

    /// Calls the handler of the route.
    async fn answer(self, state: Arc<AppState>, client: ClientAddress, request: Request) -> Result<Response, ApiError> {
        match self {
            Self::Deposit => {
                let (head, body) = request.into_parts();
                deposit(State(state), client, head.headers, body).await
            }
            Self::LookUp(number) => deposit_response(&state, number).await,
            Self::Receipt(number) => receipt_response(&state, number, request.headers()).await,
        }
    }
}

/// The limits of requests before a router.
#[derive(Debug)]
pub struct EntryLimits {
    options: Options,
    limiters: RequestLimiters,
    connections: Connections,
}

impl EntryLimits {
    /// These limits, and no connections yet.
    #[must_use]
    pub fn new(options: Options, limits: &RequestLimits) -> Self {
        let connections = Connections::new(options.connections, options.connections_per_client, options.stalled_after);
        Self { options, limiters: RequestLimiters::new(limits), connections }
    }

    /// Timeouts, trusted proxies, the request log.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// The open connections.
    #[must_use]
    pub const fn connections(&self) -> &Connections {
        &self.connections
    }
}

/// What the entry point stands before.
#[derive(Debug, Clone)]
enum Served {
    /// A node, with the routes of the fast path.
    Node(Arc<AppState>),
    /// A router alone.
    Router(Arc<EntryLimits>),
}

impl Served {
    fn options(&self) -> &Options {
        match self {
            Self::Node(state) => state.options(),
            Self::Router(limits) => &limits.options,
        }
    }

    fn limiters(&self) -> &RequestLimiters {
        match self {
            Self::Node(state) => state.request_limiters(),
            Self::Router(limits) => &limits.limiters,
        }
    }

    fn connections(&self) -> &Connections {
        match self {
            Self::Node(state) => state.connections(),
            Self::Router(limits) => limits.connections(),
        }
    }

    /// The node and the fast route of a request; `None` if the router answers it.
    fn fast_route(&self, request: &Request) -> Option<(Arc<AppState>, FastRoute)> {
        let Self::Node(state) = self else { return None };
        Some((Arc::clone(state), FastRoute::of(request.method(), request.uri().path())?))
    }
}

/// Creates the service of each connection.
#[derive(Debug, Clone)]
pub struct FastPath {
    served: Served,
    router: Router,
}

impl FastPath {
    /// The fast path before `router`, which must have the same `state`.
    #[must_use]
    pub const fn new(state: Arc<AppState>, router: Router) -> Self {
        Self { served: Served::Node(state), router }
    }

    /// The entry point before `router` alone, without fast routes.
    #[must_use]
    pub const fn before(limits: Arc<EntryLimits>, router: Router) -> Self {
        Self { served: Served::Router(limits), router }
    }

    /// Creates the service of one connection.
    #[must_use]
    pub fn on(&self, connection: Arc<OpenConnection>) -> ConnectionService {
        ConnectionService { served: self.served.clone(), router: self.router.clone(), open: connection }
    }

    /// Answers one request as if `peer` had sent it, without a TCP connection: for requests made inside the process.
    pub fn answer(&self, peer: IpAddr, request: Request) -> ResponseFuture {
        self.on(OpenConnection::detached(peer)).answer(request)
    }
}

/// The service of one connection.
#[derive(Debug, Clone)]
pub struct ConnectionService {
    served: Served,
    router: Router,
    open: Arc<OpenConnection>,
}

/// The future of a response.
pub type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl ConnectionService {
    /// Answers a request: by an error, by the fast path, or by the router.
    fn answer(&mut self, mut request: Request) -> ResponseFuture {
        let (connection, guard) = (Arc::clone(&self.open), self.open.begin_request());
        let version = request.version();
        let checked = target::check(request.method(), request.uri(), version, request.headers(), connection.is_tls());
        let options = self.served.options();
        let client = ClientAddress::of(connection.peer(), request.headers(), &options.trusted_proxies);
        // Dropped with the future if the client is gone before the answer.
        let record = RequestRecord::begin(&request, client, options.request_log);
        let checked = checked.and_then(|()| require_plain_body(request.headers()));
        let checked = match request.uri().path() {
            // A monitor must get its answer during a flood, even from the same address.
            "/health/live" | "/health/ready" => checked,
            _ => checked.and_then(|()| self.served.limiters().count(client)),
        };
        let answering = if let Err(failure) = checked {
            Either::Left(Either::Left(ready(Ok(rejected(failure, &request, record)))))
        } else if let Some((state, route)) = self.served.fast_route(&request) {
            let served = serve_fast(route, state, client, request, record);
            Either::Left(Either::Right(served.map(Ok)))
        } else {
            request.extensions_mut().insert(client);
            request.extensions_mut().insert(record);
            Either::Right(self.router.call(request))
        };
        let connections = (!connection.has_shared_address()).then(|| self.served.connections().clone());
        Box::pin(async move {
            let answered = answering.await;
            if let (Some(connections), Ok(response)) = (connections, &answered)
                && response.status() == StatusCode::TOO_MANY_REQUESTS
            {
                connections.count_rejection(connection.peer());
            }
            let mut answered = answered.map(|response| match response.body().size_hint().exact() {
                Some(_) if version != Version::HTTP_2 => response,
                _ => response.map(|body| Body::new(AnswerBody::new(body, guard))),
            });
            if version == Version::HTTP_2 {
                return answered;
            }
            // The handler left a part of the body unread, so no other request can follow on this connection.
            if connection.is_unread()
                && let Ok(response) = &mut answered
            {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            answered
        })
    }
}

impl Service<Request<Incoming>> for ConnectionService {
    type Response = Response;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A router is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> ResponseFuture {
        let connection = Arc::clone(&self.open);
        self.answer(request.map(|incoming| Body::new(ClientBody::new(incoming, connection))))
    }
}

/// The response to a request that the entry point rejects, with metrics and response headers as from a route.
fn rejected(failure: ApiError, request: &Request, record: RequestRecord) -> Response {
    let conditional = ConditionalRequest::of(request);
    let mut response = failure.into_response();
    conditional.finish(&mut response);
    record.finish("none", response)
}

/// Answers a request of the fast path, with the middleware that the router would apply.
async fn serve_fast(
    route: FastRoute,
    state: Arc<AppState>,
    client: ClientAddress,
    request: Request,
    record: RequestRecord,
) -> Response {
    let (method, path) = route.metric_labels();
    record.set_route(path);
    let conditional = ConditionalRequest::of(&request);
    let mut response = match state.request_limiters().count_route(client, method, path) {
        // Nothing uses the state of a request again after it panicked.
        Ok(()) => {
            let answered = AssertUnwindSafe(route.answer(state, client, request)).catch_unwind().await;
            answered.map_or_else(panicked, IntoResponse::into_response)
        }
        Err(limited) => limited.into_response(),
    };
    conditional.finish(&mut response);
    record.finish(path, response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_usual_goes_straight() {
        let number = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
        let of = |method: Method, path: &str| FastRoute::of(&method, path);
        assert_eq!(of(Method::POST, "/v1/deposits"), Some(FastRoute::Deposit));
        assert_eq!(of(Method::GET, &format!("/v1/deposits/{number}")), Some(FastRoute::LookUp(number)));
        assert_eq!(of(Method::GET, &format!("/v1/deposits/{number}/receipt")), Some(FastRoute::Receipt(number)));
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
