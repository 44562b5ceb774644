//! The API's own description: OpenAPI 3.1, generated from the handlers, locked by a snapshot test.
//!
//! Handlers describe themselves, their parameters and their success. [`public`] and [`by_token`] add to each operation its
//! security scheme and its errors: those named for it, and those that follow from its parameters, its body and its token.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use utoipa::OpenApi;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::error_code::ErrorCode;
use crate::http::app_state::AppState;
use crate::wire::deposit::BatchVerdict;
use crate::wire::problem::{PROBLEM_JSON, Problem};

/// What the handlers cannot say themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tiezheng 铁证",
        description = "Blockchain evidence notarization: deposit digests, take home a number and a receipt that verifies without the node, look up, verify.\n\n区块链电子存证: 提交摘要，取得存证编号与可独立核验的回执，查询，核验。\n\nErrors are RFC 9457 problems with a stable `code`; see /problems. Lists are paged: `?limit=&cursor=`, answered `{\"items\": […], \"next_cursor\": … | null}`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "deposits", description = "Deposit, look up, verify / 存证、查询、核验"),
        (name = "ledger", description = "Search, blocks, leaves / 搜索、区块、记录"),
        (name = "proofs", description = "Merkle proofs / 默克尔证明"),
        (name = "log", description = "The transparency log (C2SP tlog-tiles) / 透明日志"),
        (name = "accounts", description = "Accounts, roles, tokens, lists / 账号、角色、令牌、名单"),
        (name = "cases", description = "Cases and their evidence / 案件与证据"),
        (name = "service", description = "Service of documents / 电子送达"),
        (name = "feed", description = "Events for court systems / 事件订阅与推送"),
        (name = "originals", description = "Deposits by token, custody, erasure / 代为存证、原文保管、删除"),
        (name = "operation", description = "Health and metrics / 运行状态"),
    ),
    components(schemas(BatchVerdict, Problem)),
)]
struct ApiDoc;

/// Bytes of any kind, as they are.
#[derive(Debug, utoipa::ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct AnyBytes(pub Vec<u8>);

/// A list of error codes.
macro_rules! codes {
    ($($code:ident),* $(,)?) => { &[$($crate::error_code::ErrorCode::$code),*] };
}
pub(in crate::http) use codes;

/// A route with its operations, as `routes!` makes it.
pub type Route = UtoipaMethodRouter<Arc<AppState>>;

/// The name of the security scheme.
const TOKEN: &str = "token";

/// What any request is answered before it reaches a handler, or if the handler fails.
const ANY: &[ErrorCode] = codes![
    BadHost,
    Misdirected,
    TooManyConnections,
    TlsRequired,
    TooManyFields,
    RateLimited,
    PartialBody,
    UnsupportedContentEncoding,
    UnsupportedTransferEncoding,
    Internal,
];
/// What a body is answered that is not accepted.
const BODY: &[ErrorCode] = codes![UnsupportedMediaType, BodyTimeout, BodyBroken, BodyTooLarge, Busy];
/// What JSON is answered that is not accepted.
const JSON: &[ErrorCode] = codes![MalformedJson, UnexpectedJson, IntegerTooLarge];
/// What the headers are answered that name a request by token.
const NAMED: &[ErrorCode] = codes![BadIdempotencyKey, RequestReused, BadValue];

/// Errors of operations that read the ledger.
pub const READS: &[ErrorCode] = codes![Unavailable, Damaged];
/// Errors of operations that write to the ledger. Looking at private content is one: the access is recorded first.
pub const WRITES: &[ErrorCode] = codes![
    Busy,
    DiskFull,
    TooManyOpenFiles,
    OutOfMemory,
    TooManyThreads,
    ClockRegressed,
    ClockJumped,
    WritingStopped,
    ShuttingDown,
    Unavailable,
    Damaged,
];

/// A route without a token, whose operations answer these codes too.
pub fn public(route: Route, codes: &[&[ErrorCode]]) -> Route {
    describe(route, |operation| {
        operation.security.get_or_insert_default();
        add_errors(operation, codes);
    })
}

/// A route that takes a bearer token, whose operations answer these codes too.
pub fn by_token(route: Route, codes: &[&[ErrorCode]]) -> Route {
    describe(route, |operation| {
        operation.security = Some(vec![SecurityRequirement::new(TOKEN, [""; 0])]);
        add_errors(operation, &[codes, &[codes![Unauthenticated, ScopeNeeded]]].concat());
        if operation.request_body.is_some() {
            let named = [
                ("Idempotency-Key", "1 to 128 visible ASCII characters: the same key and request twice is one act"),
                ("X-Acting-As", "The capacity in which to act, like `party 1`, where the account has several"),
            ];
            let parameters = operation.parameters.get_or_insert_default();
            parameters.extend(named.map(|(name, description)| RefOr::T(text_header(name, description))));
            add_errors(operation, &[NAMED]);
        }
    })
}

fn describe((schemas, mut paths, router): Route, change: impl Fn(&mut Operation)) -> Route {
    for item in paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
        operations.into_iter().flatten().for_each(&change);
    }
    (schemas, paths, router)
}

fn text_header(name: &str, description: &str) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header);
    let parameter = parameter.required(utoipa::openapi::Required::False).description(Some(description));
    parameter.schema(Some(ObjectBuilder::new().schema_type(Type::String))).build()
}

/// Errors that follow from what the operation takes.
fn implied(operation: &Operation) -> Vec<ErrorCode> {
    let mut codes = ANY.to_vec();
    for parameter in operation.parameters.iter().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        match (&parameter.parameter_in, parameter.name.as_str()) {
            (ParameterIn::Path, "number") => codes.extend(codes![BadPath, MistypedNumber]),
            (ParameterIn::Path, _) => codes.push(ErrorCode::BadPath),
            (ParameterIn::Query, "cursor") => codes.extend(codes![BadQuery, BadCursor]),
            (ParameterIn::Query, _) => codes.extend(codes![BadQuery, IntegerTooLarge]),
            _ => {}
        }
    }
    if let Some(RefOr::T(body)) = &operation.request_body {
        codes.extend(BODY);
        if body.content.keys().any(|media_type| media_type.contains("json")) {
            codes.extend(JSON);
        }
    }
    codes
}

/// Documents that an operation answers these codes and the implied ones: one response a status.
fn add_errors(operation: &mut Operation, codes: &[&[ErrorCode]]) {
    let all: BTreeSet<ErrorCode> = codes.iter().copied().flatten().copied().chain(implied(operation)).collect();
    let mut statuses: BTreeMap<String, Vec<ErrorCode>> = BTreeMap::new();
    for code in all {
        statuses.entry(code.status().to_string()).or_default().push(code);
    }
    for (status, codes) in statuses {
        let response = operation.responses.responses.entry(status.clone()).or_insert_with(|| problem(&status).into());
        let RefOr::T(response) = response else { continue };
        for code in codes.iter().map(|code| format!("`{code}`")) {
            if !response.description.contains(&code) {
                let comma = if response.description.is_empty() { "" } else { ", " };
                response.description.extend([comma, &code]);
            }
        }
    }
}

fn problem(status: &str) -> Response {
    let response = ResponseBuilder::new().content(PROBLEM_JSON, Content::new(Some(Ref::from_schema_name("Problem"))));
    match status {
        "429" | "503" => {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer);
            let header = HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds; absent where unknown"));
            response.header("Retry-After", header.build()).build()
        }
        _ => response.build(),
    }
}

/// The document without paths.
#[must_use]
pub fn described() -> Document {
    let mut document = ApiDoc::openapi();
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("tzt_…");
    let scheme =
        scheme.description(Some("A token of an account, with the scopes that it was issued for / 账号的访问令牌"));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(scheme.build()));
    document
}

/// The document, parsed once for the pages that show it.
#[derive(Debug, Clone)]
pub struct ApiDocument(Arc<serde_json::Value>);

impl ApiDocument {
    /// Parses a document that [`published`] has printed.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Arc::new(serde_json::from_str(text).unwrap_or_default()))
    }

    /// The document.
    #[must_use]
    pub fn value(&self) -> &serde_json::Value {
        &self.0
    }
}

/// The document as it is answered: axum's pattern for the rest of a path is none of `OpenAPI`'s.
#[must_use]
pub fn published(mut document: Document) -> String {
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    crate::wire::json::pretty(&document)
}
