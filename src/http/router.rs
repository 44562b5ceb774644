//! All routes, and the middleware that every request passes.

use std::any::Any;
use std::sync::{Arc, LazyLock};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error_code::ErrorCode;
use crate::http::api::court::shutdown::ShutdownSignal;
use crate::http::api::court::{case_routes, original_routes, registry_routes, service_routes};
use crate::http::api::{
    batch, blocks, deposits, earlier_timestamp, health, history, ledger, log, lookup, operation, proofs, search,
    verification,
};
use crate::http::app_state::AppState;
use crate::http::caching::{self, Caching, ConditionalRequest};
use crate::http::client_address::ClientAddress;
use crate::http::openapi::{self, ApiDocument, READS, WRITES, by_token, codes, public};
use crate::http::pages::middleware::finish;
use crate::http::pages::routes;
use crate::http::pages::visit::Visit;
use crate::http::problem::ApiError;
use crate::http::request::header;
use crate::http::request_limits::is_limited_form;
use crate::http::request_log::RequestRecord;
use crate::http::run_to_completion::run_to_completion;
use crate::http::web::verifier_page;

/// Errors of a signed statement that is read.
const STATEMENT: &[ErrorCode] = codes![
    InvalidUtf8,
    ControlCharacter,
    MissingFinalNewline,
    UnknownVersion,
    UnknownLine,
    RepeatedLine,
    MisorderedLine,
    MissingLine,
    WrongLength,
    UpperCaseHex,
    BadValue,
    WeakDigest,
    WeakKey,
    NotSorted,
    TooManyLines,
    MistypedNumber,
    StatementTooLong,
    MissingSignature,
    UnexpectedSignature,
    TooManySignatures,
    MalformedSignature,
    BadSignature,
    MetadataNotCanonical,
    MetadataWithoutName,
    MetadataTooLong,
    BadSalt,
    PrivateMissingMeta,
    PrivateMismatch,
];
/// Errors of a statement that is not admitted to the chain.
const ADMISSION: &[ErrorCode] = codes![
    QuorumTimeout,
    DepositByTokenOnly,
    KeyNotEnrolled,
    RateLimited,
    WrongLedger,
    SubjectSequence,
    SubjectNotYours,
    LinkUnknown,
    LinkNotYours,
];
/// Errors of a file or digest that is compared.
const COMPARISON: &[ErrorCode] = codes![BadSalt, UnknownAlgorithm, BadValue, WrongLength, UpperCaseHex];

/// Every route that the API's description lists, with the errors that it answers.
fn api() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::with_openapi(openapi::described())
        // Deposit, look up, verify.
        .routes(public(routes!(deposits::deposit), &[STATEMENT, ADMISSION, WRITES]))
        .routes(public(routes!(batch::deposit_batch), &[codes![DepositByTokenOnly, BatchStalled, ShuttingDown]]))
        .routes(public(routes!(lookup::look_up), &[READS, codes![NotFound]]))
        .routes(public(routes!(lookup::fetch_receipt), &[READS, codes![NotFound, NotAcceptable]]))
        .routes(public(routes!(history::list_later_links), &[READS, codes![NotFound]]))
        .routes(public(routes!(history::list_references), &[READS, codes![NotFound]]))
        .routes(public(routes!(history::list_earlier_deposits), &[READS, codes![NotFound]]))
        .routes(public(routes!(earlier_timestamp::read_earlier_timestamp), &[READS, codes![NotFound]]))
        .routes(public(routes!(verification::verify_deposit), &[READS, COMPARISON]))
        // The chain.
        .routes(public(routes!(search::search), &[READS, codes![MistypedNumber, UnrecognisedQuery]]))
        .routes(public(routes!(ledger::describe_ledger), &[READS]))
        .routes(public(routes!(ledger::list_keys), &[READS]))
        .routes(public(routes!(ledger::list_witnesses), &[READS]))
        .routes(public(routes!(ledger::list_timestamp_authorities), &[]))
        .routes(public(routes!(blocks::list_blocks), &[READS]))
        .routes(public(routes!(blocks::read_block), &[READS, codes![NotFound]]))
        .routes(public(routes!(blocks::read_leaf), &[READS, codes![NotFound]]))
        .routes(public(routes!(proofs::prove_inclusion), &[READS, codes![NotFound]]))
        .routes(public(routes!(proofs::prove_consistency), &[READS, codes![NotFound]]))
        // The transparency log.
        .routes(public(routes!(log::checkpoint), &[READS]))
        .routes(public(routes!(log::tile), &[READS, codes![NotFound]]))
        // Operation.
        .routes(public(routes!(health::live), &[]))
        .routes(public(
            routes!(health::ready),
            &[codes![
                WritingStopped,
                WriteStalled,
                DiskFull,
                TooManyOpenFiles,
                OutOfMemory,
                TooManyThreads,
                ClockRegressed,
                ClockJumped,
                Unavailable,
            ]],
        ))
        .routes(public(routes!(health::metrics), &[codes![NotPermitted]]))
        .routes(by_token(routes!(operation::confirm_clock), &[codes![NotPermitted, ClockNotPaused, ClockRegressed]]))
        .merge(service_routes::public_routes())
        .merge(filing())
}

/// The routes that need a token. A request is completed even if its client disconnects, so that the filing service knows every act
/// that it appended.
fn filing() -> OpenApiRouter<Arc<AppState>> {
    let all = registry_routes::routes().merge(case_routes::routes()).merge(original_routes::routes());
    let all = all.merge(service_routes::routes());
    all.layer(from_fn(run_to_completion))
}

/// The description of the API, as answered under `/openapi.json`.
#[must_use]
pub fn openapi_json() -> String {
    openapi::published(api().into_openapi())
}

/// All routes over `state`. `shutdown` ends requests that wait for events.
pub fn router(state: Arc<AppState>, shutdown: ShutdownSignal) -> Router {
    let (api, document) = api().split_for_parts();
    let document = openapi::published(document);
    let parsed = ApiDocument::of(&document);
    let document = document.into_bytes();
    let described = get(async move || caching::answer(document.clone(), "application/json", Caching::Revalidate));
    api.merge(routes::routes(&state))
        .route("/verifier.html", get(verifier_page::show))
        .route("/openapi.json", described)
        .fallback(no_such_page)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(Extension(shutdown))
        .layer(Extension(parsed))
        .layer(CatchPanicLayer::custom(panicked))
        // The outermost layer: counts and completes every answer, also that of a panic.
        .layer(from_fn_with_state(Arc::clone(&state), common_middleware))
        .with_state(state)
}

/// All middleware in one function, since each layer of axum costs a boxed future.
async fn common_middleware(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let conditional = ConditionalRequest::of(&request);
    let extensions = request.extensions();
    let (record, client) = (extensions.get::<RequestRecord>().cloned(), extensions.get::<ClientAddress>().copied());
    let route = extensions.get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    if let Some(record) = &record {
        record.set_route(route);
    }
    let limited =
        client.map_or(Ok(()), |client| state.request_limiters().count_route(client, request.method().as_str(), route));
    let mut response = match limited {
        Ok(()) => next.run(request).await,
        Err(limited) => for_people(&state, request.uri(), request.headers(), limited.into_response()).await,
    };
    conditional.finish(&mut response);
    match record {
        Some(record) => record.finish(route, response),
        None => response,
    }
}

/// Whether `METHOD /path` is a route of the API, as its description spells it, or a form that has a rate limit.
#[must_use]
pub fn is_route(text: &str) -> bool {
    static ROUTES: LazyLock<Vec<String>> = LazyLock::new(route_names);
    ROUTES.iter().any(|route| route == text) || is_limited_form(text)
}

/// The routes of the API as `METHOD /path`.
fn route_names() -> Vec<String> {
    let document = api().into_openapi();
    let operations = document.paths.paths.iter().flat_map(|(path, item)| {
        let methods = [("GET", &item.get), ("POST", &item.post), ("PUT", &item.put), ("DELETE", &item.delete)];
        let defined = methods.into_iter().filter(|(_, operation)| operation.is_some());
        defined.map(move |(method, _)| format!("{method} {path}"))
    });
    operations.collect()
}

pub(in crate::http) async fn no_such_route(request: Request) -> ApiError {
    let path = request.uri().path();
    let failure = ApiError::new(ErrorCode::NoSuchRoute, format!("{path} is no path here; /docs lists them"));
    failure.in_chinese(format!("没有地址 {path}"))
}

/// As [`no_such_route`]; a browser gets a page.
async fn no_such_page(State(state): State<Arc<AppState>>, request: Request) -> Response {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let answer = no_such_route(request).await.into_response();
    for_people(&state, &uri, &headers, answer).await
}

/// An error as a page, if a browser asks for one outside of the paths of programs.
async fn for_people(state: &AppState, uri: &Uri, headers: &HeaderMap, answer: Response) -> Response {
    let of_program = ["/v1/", "/log/", "/health/"].iter().any(|prefix| uri.path().starts_with(prefix));
    if of_program || !header(headers, &ACCEPT).contains("text/html") {
        return answer;
    }
    finish(&Visit::of(state, uri, headers).await, answer).await
}

pub(in crate::http) async fn method_not_allowed(request: Request) -> ApiError {
    ApiError::new(ErrorCode::MethodNotAllowed, format!("{} {}", request.method(), request.uri().path()))
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub(in crate::http) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    ApiError::internal(&said.unwrap_or("a handler panicked")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_spelled_as_in_the_description() {
        assert!(is_route("POST /v1/deposits") && is_route("GET /v1/deposits/{number}"));
        assert!(!is_route("GET /v1/deposits/{id}") && !is_route("/v1/deposits") && !is_route("PUT /v1/deposits"));
    }
}
