//! HTTP requests with limits on size and time, and retries.
//!
//! A request is retried only if it is idempotent, and only after 503 or 429 with `Retry-After`, or a refused or lost connection.
//! Waits grow exponentially with jitter, so that clients rejected together do not retry together.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Once};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Method, Response, StatusCode, Url};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::files::reason;
use crate::wire::bilingual::Bilingual;
use crate::wire::problem::{Problem, ProblemCode};

/// Most attempts of a request.
const ATTEMPTS: u32 = 5;
/// The first wait before a retry; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// Longest wait, also if `Retry-After` is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Timeout of a whole exchange: a deposit waits for its block.
const TIMEOUT: Duration = Duration::from_mins(1);
/// Timeout of an exchange whose parts have their own timeouts: a year.
const UNLIMITED: Duration = Duration::from_hours(8_760);
/// Longest problem document in bytes.
pub(in crate::client) const PROBLEM_MAX: usize = 64 * 1024;

/// Why a call failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Not the address of a node.
    #[error("`{address}` is no address of a node: {}", .reason.en)]
    BadAddress {
        /// As given.
        address: String,
        /// What is wrong with it.
        reason: Bilingual,
    },
    /// The node did not answer. Whether it processed the request is not known; idempotent requests may be sent again.
    #[error("cannot reach {url}: {}", .reason.en)]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        reason: Bilingual,
    },
    /// The node rejected the request.
    #[error("{detail} ({code}, HTTP {status})")]
    Problem {
        /// The stable code.
        code: ProblemCode,
        /// The HTTP status.
        status: u16,
        /// The title in Chinese; empty if the node gave none.
        title_zh: String,
        /// The detail in English.
        detail: String,
        /// The detail in Chinese; empty if the node gave none.
        detail_zh: String,
    },
    /// The file for the answer cannot be written.
    #[error("{}: {}", .path.display(), reason::english(.error))]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: Arc<io::Error>,
    },
    /// Not an answer of a node: another program listens at that address, or the answer was damaged.
    #[error("the answer to {what} is malformed: {reason}")]
    Malformed {
        /// The URL.
        what: String,
        /// What is wrong with the answer.
        reason: String,
    },
}

impl From<Problem> for ClientError {
    fn from(Problem { code, status, title_zh, detail, detail_zh, .. }: Problem) -> Self {
        Self::Problem { code, status, title_zh, detail, detail_zh }
    }
}

/// A request.
#[derive(Debug, Clone)]
pub struct ApiRequest<'a> {
    /// Path and query, relative to the node's address.
    pub path: &'a str,
    /// The media type wanted.
    pub accept: &'a str,
    /// A JSON body to post, which must be idempotent; without one the request is a GET.
    pub body: Option<&'a [u8]>,
    /// The idempotency key.
    pub key: Option<&'a str>,
    /// Longest answer in bytes.
    pub limit: usize,
}

/// A successful answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiResponse {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// An HTTP client for one node.
#[derive(Debug, Clone)]
pub struct Transport {
    pub(in crate::client) http: reqwest::Client,
    base: Url,
    token: Option<Zeroizing<String>>,
}

impl Transport {
    /// A client for the node at `address`, an `http` or `https` URL.
    ///
    /// # Errors
    ///
    /// [`ClientError::BadAddress`].
    pub fn new(address: &str) -> Result<Self, ClientError> {
        let bad = |zh: &str, en: &str| ClientError::BadAddress {
            address: address.to_owned(),
            reason: Bilingual::new(zh, en),
        };
        let is_web = |address: &str| ["http://", "https://"].iter().any(|scheme| address.starts_with(scheme));
        let base = Url::parse(address).ok().filter(|base| is_web(base.as_str()));
        let base = base.ok_or_else(|| {
            if is_web(&address.to_ascii_lowercase()) {
                bad("主机名或端口有误", "the host or the port is malformed")
            } else {
                bad("地址须以 http:// 或 https:// 开头", "it must begin with http:// or https://")
            }
        })?;
        if base.query().is_some() || base.fragment().is_some() {
            return Err(bad("地址不得含“?”或“#”", "an address has no query and no fragment"));
        }
        install_tls_provider();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            // Data is sent to the configured node only, so redirects are not followed.
            .redirect(Policy::none())
            .user_agent(concat!("tiezheng/", env!("CARGO_PKG_VERSION")));
        if base.scheme() == "http" {
            // A machine without root certificates can still use its own node.
            builder = builder.tls_certs_only([]);
        }
        if is_loopback(&base) {
            // On one machine, compressing and unpacking an answer takes longer than copying it.
            builder = builder.no_proxy().no_gzip();
        }
        Ok(Self {
            http: builder.build().map_err(|error| {
                let reason = reason_of(&error);
                bad(&reason.zh, &reason.en)
            })?,
            base,
            token: None,
        })
    }

    /// Sends this token with every request.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        Self { token: Some(Zeroizing::new(token.to_owned())), ..self }
    }

    /// A request to the node, with the token if there is one.
    pub(in crate::client) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address()));
        match &self.token {
            Some(token) => request.bearer_auth(token.as_str()),
            None => request,
        }
    }

    /// The node's address without a slash at its end.
    #[must_use]
    pub fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Sends a request and receives the answer.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn send(&self, request: &ApiRequest<'_>) -> Result<ApiResponse, ClientError> {
        let mut attempt = 1;
        loop {
            let retry = match self.exchange(request).await {
                Ok(answer) => return Ok(answer),
                Err(FailedAttempt { error, retry: Retry::No }) => return Err(error),
                Err(FailedAttempt { error, .. }) if attempt == ATTEMPTS => return Err(error),
                Err(FailedAttempt { retry, .. }) => retry,
            };
            wait_before_retry(&retry, attempt).await;
            attempt += 1;
        }
    }

    async fn exchange(&self, api_request: &ApiRequest<'_>) -> Result<ApiResponse, FailedAttempt> {
        let url = format!("{}{}", self.address(), api_request.path);
        let method = if api_request.body.is_some() { Method::POST } else { Method::GET };
        let mut request = self.request(method, api_request.path).header(ACCEPT, api_request.accept);
        if let Some(key) = api_request.key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = api_request.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_vec());
        }
        let response = request.send().await.map_err(|error| unsent(&url, &error))?;
        receive(response, api_request.limit, url).await
    }

    /// Posts `body` once. Returns a successful answer with its body unread. Waits up to `max_wait` for its head.
    ///
    /// # Errors
    ///
    /// [`FailedAttempt`].
    pub(in crate::client) async fn post(
        &self,
        path: &str,
        media_type: &str,
        body: String,
        max_wait: Duration,
    ) -> Result<Response, FailedAttempt> {
        let url = format!("{}{path}", self.address());
        let request = self.request(Method::POST, path).header(ACCEPT, media_type).header(CONTENT_TYPE, media_type);
        // The reader of the answer has a timeout per part, so the whole answer may take any time.
        let sent = timeout(max_wait, request.timeout(UNLIMITED).body(body).send()).await;
        let late = || ClientError::Unreachable { url: url.clone(), reason: no_answer_in_time() };
        let response = sent.map_err(|_| FailedAttempt::permanent(late()))?.map_err(|error| unsent(&url, &error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        match receive(response, PROBLEM_MAX, url).await {
            Err(failed) => Err(failed),
            Ok(answer) => Err(FailedAttempt::permanent(ClientError::Malformed {
                what: self.address().to_owned(),
                reason: format!("HTTP {}", answer.status),
            })),
        }
    }
}

/// The answer, or the problem.
pub(in crate::client) async fn received(
    response: Response,
    limit: usize,
    url: String,
) -> Result<ApiResponse, ClientError> {
    receive(response, limit, url).await.map_err(|failed| failed.error)
}

async fn receive(response: Response, most: usize, url: String) -> Result<ApiResponse, FailedAttempt> {
    let (status, retry_after) = (response.status(), retry_after(&response));
    let limit = if status.is_success() { most } else { PROBLEM_MAX };
    let redirect = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).map(str::to_owned);
    let body = read_body(response, limit, &url).await.map_err(FailedAttempt::permanent)?;
    if status.is_success() {
        return Ok(ApiResponse { status: status.as_u16(), body });
    }
    if status.is_redirection() {
        let reason = format!("it points to {}; give that address", redirect.unwrap_or_default());
        return Err(FailedAttempt::permanent(ClientError::Malformed { what: url, reason }));
    }
    let is_transient_status = matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
    let retry = retry_after.filter(|_| is_transient_status).map_or(Retry::No, Retry::After);
    Err(FailedAttempt { error: problem(status, &body, &url), retry })
}

/// The failure of a request that got no answer.
fn unsent(url: &str, error: &reqwest::Error) -> FailedAttempt {
    let retry = if is_transient(error) { Retry::Soon } else { Retry::No };
    FailedAttempt { error: ClientError::Unreachable { url: url.to_owned(), reason: reason_of(error) }, retry }
}

/// Waits before attempt number `attempt` + 1.
pub(in crate::client) async fn wait_before_retry(retry: &Retry, attempt: u32) {
    let wait = match retry {
        Retry::After(wait) => *wait,
        Retry::Soon | Retry::No => FIRST_WAIT * 2_u32.pow(attempt.saturating_sub(1).min(8)),
    };
    tokio::time::sleep(jittered(wait.min(LONGEST_WAIT))).await;
}

/// A failed attempt.
pub(in crate::client) struct FailedAttempt {
    pub(in crate::client) error: ClientError,
    pub(in crate::client) retry: Retry,
}

/// Whether and when to retry.
pub(in crate::client) enum Retry {
    No,
    /// After the client's own wait.
    Soon,
    /// After the wait that the node named.
    After(Duration),
}

impl FailedAttempt {
    pub(in crate::client) const fn permanent(error: ClientError) -> Self {
        Self { error, retry: Retry::No }
    }
}

async fn read_body(mut response: Response, limit: usize, url: &str) -> Result<Vec<u8>, ClientError> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limit => {
                let reason = format!("it has more than {limit} bytes");
                return Err(ClientError::Malformed { what: url.to_owned(), reason });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err(ClientError::Unreachable { url: url.to_owned(), reason: reason_of(&error) }),
        }
    }
}

fn problem(status: StatusCode, body: &[u8], url: &str) -> ClientError {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => Problem { status: status.as_u16(), ..problem }.into(),
        Err(_) => ClientError::Malformed { what: url.to_owned(), reason: format!("HTTP {status} without a problem") },
    }
}

/// The `Retry-After` of an answer in seconds, the only form that nodes use.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Adds a jitter of up to half the wait.
fn jittered(wait: Duration) -> Duration {
    let share = f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX);
    wait.mul_f64(1.0 + share / 2.0)
}

/// Whether a retry may help: the connection was refused or lost, as when a node restarts. All requests here are idempotent.
fn is_transient(error: &reqwest::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset};
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let kind = inner.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(BrokenPipe | ConnectionAborted | ConnectionRefused | ConnectionReset)) {
            return true;
        }
        source = inner.source();
    }
    false
}

/// Why there was no answer: the innermost error, since the outer ones only repeat the address.
pub(in crate::client) fn reason_of(error: &reqwest::Error) -> Bilingual {
    if error.is_timeout() {
        return no_answer_in_time();
    }
    let (mut en, mut of_system) = (error.to_string(), None);
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        en = inner.to_string();
        of_system = inner.downcast_ref::<io::Error>().filter(|error| error.get_ref().is_none()).or(of_system);
        source = inner.source();
    }
    match of_system {
        Some(error) => Bilingual::new(reason::chinese(error), reason::english(error)),
        None if en.contains("invalid peer certificate") => Bilingual::new(
            "其 TLS 证书不受信任。自建证书颁发机构的，请将环境变量 SSL_CERT_FILE 设为其根证书文件",
            format!("{en}. For an authority of your own, set SSL_CERT_FILE to the file with its certificate"),
        ),
        None if error.is_connect() => Bilingual::new("未能建立连接，请核对地址", en),
        None => Bilingual::new("连接中断，或应答不是有效的 HTTP", en),
    }
}

pub(in crate::client) fn no_answer_in_time() -> Bilingual {
    Bilingual::new("未在限定时间内应答", "no answer in time")
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Installs rustls's cryptography provider, once per process. An error means that one is installed already.
pub fn install_tls_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

#[cfg(test)]
pub(in crate::client) mod tests;
