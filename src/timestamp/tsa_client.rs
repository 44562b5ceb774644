//! An HTTP client of one timestamp authority (RFC 3161 section 3.4). It asks once: retries are up to the caller's [`schedule`](super::schedule).
//!
//! # Invariants
//!
//! A token is returned only after everything about it was verified, and its time agrees with the clock of the caller within
//! [`CLOCK_TOLERANCE`]. Answers are limited in size and time, redirects are not followed, and the type of an answer must be
//! `application/timestamp-reply`. No request fails without saying why.

use std::io;
use std::net::IpAddr;
use std::sync::Once;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Response, Url};

use super::schedule::later;
use crate::files::reason;
use crate::ledger::time::Timestamp;
use crate::ledger::time_token::algorithm::ImprintAlgorithm;
use crate::ledger::time_token::request::TimeStampRequest;
use crate::ledger::time_token::response::{RESPONSE_MAX, ResponseError, media_type};
use crate::ledger::time_token::trust::TsaTrust;
use crate::ledger::time_token::verification::{
    AnswerError, StampedToken, TimeTokenError, VerifiedToken, verify_answer,
};
use crate::wire::bilingual::Bilingual;

/// How far the time in a new token may differ from the caller's clock, beyond the accuracy that the authority states.
pub const CLOCK_TOLERANCE: Duration = Duration::from_mins(1);
/// Longest time of a whole exchange.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why there is no token.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampError {
    /// Not the address of an authority.
    #[error("`{address}` is no address of a timestamp authority: {}", .reason.en)]
    BadAddress {
        /// As given.
        address: String,
        /// What is wrong with it.
        reason: Bilingual,
    },
    /// The system gives no random numbers, so there is no nonce.
    #[error("no random number for the request: {0}")]
    NoRandomness(String),
    /// The authority cannot be reached, or the connection was lost.
    #[error("cannot reach the timestamp authority {url}: {}", .reason.en)]
    Unreachable {
        /// Its address.
        url: String,
        /// Why.
        reason: Bilingual,
    },
    /// The authority did not answer in time.
    #[error("the timestamp authority {url} did not answer in time")]
    TimedOut {
        /// Its address.
        url: String,
    },
    /// The authority answered with another status than 200.
    #[error("the timestamp authority {url} answered HTTP {status}")]
    Status {
        /// Its address.
        url: String,
        /// The status.
        status: u16,
        /// When it wants to be asked again, if it says so in seconds.
        retry_after: Option<Duration>,
    },
    /// The answer has another type: something else is at this address.
    #[error("the timestamp authority {url} answered with the type `{found}`, not {}", media_type::REPLY)]
    OtherType {
        /// Its address.
        url: String,
        /// The type, shortened.
        found: String,
    },
    /// The answer contains no token.
    #[error("{url}: {error}")]
    Response {
        /// The authority's address.
        url: String,
        /// Why.
        error: ResponseError,
    },
    /// The token is not accepted.
    #[error("{url}: {error}")]
    Token {
        /// The authority's address.
        url: String,
        /// Why.
        error: TimeTokenError,
    },
    /// The token holds, and its time is wrong, or this machine's clock is.
    #[error("{url}: the timestamp token says {token}, and this machine's clock {clock}: one of them is wrong")]
    OtherTime {
        /// The authority's address.
        url: String,
        /// The time in the token.
        token: Timestamp,
        /// The time of the clock.
        clock: Timestamp,
    },
}

impl TimestampError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadAddress { .. } => "timestamp_address_malformed",
            Self::NoRandomness(_) => "timestamp_without_nonce",
            Self::Unreachable { .. } => "timestamp_unreachable",
            Self::TimedOut { .. } => "timestamp_timeout",
            Self::Status { .. } => "timestamp_http_status",
            Self::OtherType { .. } => "timestamp_content_type",
            Self::Response { error, .. } => error.code(),
            Self::Token { error, .. } => error.code(),
            Self::OtherTime { .. } => "timestamp_time_implausible",
        }
    }

    /// How long to wait at least, if the authority says so.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// In Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::BadAddress { address, reason } => format!("“{address}”不是时间戳机构的地址：{}", reason.zh),
            Self::NoRandomness(_) => "系统未能提供随机数，无法生成时间戳请求".into(),
            Self::Unreachable { url, reason } => format!("未能连接时间戳机构 {url}：{}", reason.zh),
            Self::TimedOut { url } => format!("时间戳机构 {url} 未在限定时间内应答"),
            Self::Status { url, status, .. } => format!("时间戳机构 {url} 应答 HTTP {status}"),
            Self::OtherType { url, found } => format!("时间戳机构 {url} 的应答类型为“{found}”，不是时间戳应答"),
            Self::Response { url, error } => format!("{url}：{}", error.chinese()),
            Self::Token { url, error } => format!("{url}：{}", error.chinese()),
            Self::OtherTime { url, token, clock } => format!(
                "{url}：时间戳令牌所载时间为 {}，本机时钟为 {}（均为北京时间），二者必有一误",
                token.beijing(),
                clock.beijing()
            ),
        }
    }
}

/// A client of one authority.
#[derive(Debug, Clone)]
pub struct TsaClient {
    http: reqwest::Client,
    url: Url,
}

impl TsaClient {
    /// A client of the authority at `address`, an `http` or `https` URL. Tokens are signed, so `http`, which most authorities use, is as good.
    ///
    /// # Errors
    ///
    /// [`TimestampError::BadAddress`].
    pub fn new(address: &str) -> Result<Self, TimestampError> {
        Self::with_timeout(address, DEFAULT_TIMEOUT)
    }

    /// As [`TsaClient::new`], with another limit of the time of an exchange.
    ///
    /// # Errors
    ///
    /// [`TimestampError::BadAddress`].
    pub fn with_timeout(address: &str, timeout: Duration) -> Result<Self, TimestampError> {
        let bad = |zh: &str, en: &str| TimestampError::BadAddress {
            address: address.to_owned(),
            reason: Bilingual::new(zh, en),
        };
        let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| bad("须为 http:// 或 https:// 地址", "it must be an http:// or https:// URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("地址不得含用户名或密码", "it must not contain a user name or a password"));
        }
        install_tls_provider();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout)
            .redirect(Policy::none())
            .user_agent(concat!("tiezheng/", env!("CARGO_PKG_VERSION")));
        if url.scheme() == "http" {
            // A machine without root certificates can still use this authority.
            builder = builder.tls_certs_only([]);
        }
        if is_loopback(&url) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| {
            let reason = reason_of(&error);
            bad(&reason.zh, &reason.en)
        })?;
        Ok(Self { http, url })
    }

    /// The authority's address.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Asks for a token for `imprinted`, verifies it, and compares its time with `clock`, which is read after the answer has arrived.
    ///
    /// # Errors
    ///
    /// [`TimestampError`].
    pub async fn stamp(
        &self,
        imprinted: &[u8],
        algorithm: ImprintAlgorithm,
        trust: &TsaTrust,
        clock: &(dyn Fn() -> Timestamp + Sync),
    ) -> Result<StampedToken, TimestampError> {
        let nonce = getrandom::u64().map_err(|error| TimestampError::NoRandomness(error.to_string()))?;
        let request = TimeStampRequest::new(algorithm, imprinted, nonce);
        let sent = clock();
        let response = self.exchange(&request).await?;
        let stamped = verify_answer(&response, &request, trust).map_err(|error| self.refused(error))?;
        self.check_time(&stamped.verified, sent, clock())?;
        Ok(stamped)
    }

    fn refused(&self, error: AnswerError) -> TimestampError {
        let url = self.url().to_owned();
        match error {
            AnswerError::Response(error) => TimestampError::Response { url, error },
            AnswerError::Token(error) => TimestampError::Token { url, error },
        }
    }

    /// Checks that a token was made between `sent` and `received`, as far as both clocks show.
    fn check_time(&self, token: &VerifiedToken, sent: Timestamp, received: Timestamp) -> Result<(), TimestampError> {
        let accuracy = token.accuracy.map_or(Duration::ZERO, |accuracy| Duration::from_micros(accuracy.micros));
        let tolerance = CLOCK_TOLERANCE.saturating_add(accuracy.min(CLOCK_TOLERANCE));
        let is_early = later(token.time, tolerance) < sent;
        let is_late = token.time > later(received, tolerance);
        if is_early || is_late {
            let clock = if is_early { sent } else { received };
            return Err(TimestampError::OtherTime { url: self.url().to_owned(), token: token.time, clock });
        }
        Ok(())
    }

    /// Sends a request and receives the body of the answer.
    async fn exchange(&self, request: &TimeStampRequest) -> Result<Vec<u8>, TimestampError> {
        let malformed = |error| self.refused(AnswerError::Response(ResponseError::Malformed(error)));
        let request = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, media_type::QUERY)
            .header(ACCEPT, media_type::REPLY)
            .body(request.to_der().map_err(malformed)?);
        let mut response = request.send().await.map_err(|error| self.unreachable(&error))?;
        self.check_head(&response)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > RESPONSE_MAX {
                return Err(self.refused(ResponseError::TooLarge { size: body.len() }.into()));
            }
        }
        Ok(body)
    }

    fn check_head(&self, response: &Response) -> Result<(), TimestampError> {
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let url = || self.url().to_owned();
        let status = response.status().as_u16();
        if status != 200 {
            let retry_after = header(RETRY_AFTER).parse().ok().map(Duration::from_secs);
            return Err(TimestampError::Status { url: url(), status, retry_after });
        }
        let found = header(CONTENT_TYPE);
        let essence = found.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(media_type::REPLY) {
            return Err(TimestampError::OtherType { url: url(), found: found.chars().take(100).collect() });
        }
        Ok(())
    }

    fn unreachable(&self, error: &reqwest::Error) -> TimestampError {
        let url = self.url().to_owned();
        if error.is_timeout() {
            return TimestampError::TimedOut { url };
        }
        TimestampError::Unreachable { url, reason: reason_of(error) }
    }
}

/// The innermost reason: the outer ones repeat the address.
fn reason_of(error: &reqwest::Error) -> Bilingual {
    let (mut en, mut of_system) = (error.to_string(), None);
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        en = inner.to_string();
        of_system = inner.downcast_ref::<io::Error>().filter(|error| error.get_ref().is_none()).or(of_system);
        source = inner.source();
    }
    match of_system {
        Some(error) => Bilingual::new(reason::chinese(error), reason::english(error)),
        None if error.is_connect() => Bilingual::new("未能建立连接，请核对地址", en),
        None => Bilingual::new("连接中断，或应答不是有效的 HTTP", en),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Installs rustls's cryptography provider, once per process. An error means that one is installed already.
fn install_tls_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
