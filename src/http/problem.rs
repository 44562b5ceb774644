//! HTTP error responses as problem details (RFC 9457).
//!
//! Every error has an [`ErrorCode`], which alone determines the status and the titles in both languages. Errors of the node
//! itself are logged here, once; their response contains no details and refers to the node's log.

use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::court::typed;
use crate::error_code::ErrorCode;
use crate::filing::filing_error::FilingError;
use crate::ledger::number::NumberError;
use crate::ledger::statement::signed::StatementError;
use crate::ledger::text::{Fault, TextError};
use crate::query::blocking::BlockingError;
use crate::sequencer::handle::{ConfirmError, DepositError};
use crate::sequencer::state::Pause;
use crate::store::refusal::Refusal;
use crate::store::traits::ReadError;
use crate::wire::chinese;
use crate::wire::deposit::{DepositRequestError, statement_limit, statement_line};
use crate::wire::json::{self, JsonError};
use crate::wire::problem::{PROBLEM_JSON, Problem};

/// `Retry-After` in seconds while deposits are paused. A pause often lasts longer than an overload.
const PAUSED_RETRY_S: u64 = 5;

/// The error of a request, with everything that its response contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    code: ErrorCode,
    /// What failed and what to do, in English.
    detail: Box<str>,
    /// The detail in Chinese; `None` if the title is sufficient.
    detail_zh: Option<Box<str>>,
    line: Option<usize>,
    limit: Option<u64>,
    expected: Option<Box<str>>,
    item: Option<u32>,
    quorum: Option<Box<MissingQuorum>>,
    retry_after_s: Option<u64>,
}

/// A deposit whose checkpoint has too few cosignatures.
#[derive(Debug, Clone, PartialEq, Eq)]
struct MissingQuorum {
    collected: usize,
    required: usize,
    number: String,
}

impl ApiError {
    /// An error with this code; `detail` says what failed and what to do.
    #[must_use]
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into().into(),
            detail_zh: None,
            line: None,
            limit: None,
            expected: None,
            item: None,
            quorum: None,
            retry_after_s: None,
        }
    }

    /// Adds the detail in Chinese.
    #[must_use]
    pub fn in_chinese(self, detail: impl Into<String>) -> Self {
        Self { detail_zh: Some(detail.into().into()), ..self }
    }

    /// Adds the limit that the request exceeds.
    #[must_use]
    pub fn limited(self, limit: u64) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// Adds the expected value.
    #[must_use]
    pub fn expecting(self, expected: impl Into<String>) -> Self {
        Self { expected: Some(expected.into().into()), ..self }
    }

    /// Adds the number of a deposit that is on the chain, and the cosignatures that its checkpoint has and needs.
    #[must_use]
    pub fn without_quorum(self, collected: usize, required: usize, number: String) -> Self {
        Self { quorum: Some(Box::new(MissingQuorum { collected, required, number })), ..self }
    }

    /// Adds the time after which the client should send the same request again.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    /// `busy`: too many of `what` are waiting.
    #[must_use]
    pub fn busy(what: &str) -> Self {
        Self {
            retry_after_s: Some(1),
            ..Self::new(ErrorCode::Busy, format!("too many {what} are waiting; send the same again"))
        }
    }

    /// `rate_limited`: the rate limit of `whose` is exhausted for `retry_after`.
    #[must_use]
    pub fn rate_limited(retry_after: std::time::Duration, whose: &str) -> Self {
        let seconds = retry_after.as_secs().saturating_add(u64::from(retry_after.subsec_nanos() > 0)).max(1);
        Self {
            retry_after_s: Some(seconds),
            ..Self::new(
                ErrorCode::RateLimited,
                format!("the limit of {whose} is used up; send the same again in {seconds} s"),
            )
            .in_chinese(format!("请求已达限额，请在 {seconds} 秒后重新提交"))
        }
    }

    /// An internal error of the node. `reason` is logged, and not part of the response.
    #[must_use]
    pub fn internal(reason: &dyn std::fmt::Display) -> Self {
        tracing::error!(%reason, "a request failed inside");
        Self::new(ErrorCode::Internal, "the node's log says more").in_chinese("详见节点日志")
    }

    /// `not_found`: the record does not exist.
    #[must_use]
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, what)
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.code.status()
    }

    /// The problem details of the response.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (code, quorum) = (self.code, self.quorum.as_deref());
        Problem {
            kind: format!("/problems/{code}"),
            title: code.title().into(),
            title_zh: code.title_zh().into(),
            status: code.status(),
            code: code.into(),
            detail: self.detail.to_string(),
            detail_zh: self.detail_zh.as_deref().unwrap_or(code.title_zh()).to_owned(),
            line: self.line,
            limit: self.limit,
            expected: self.expected.as_deref().map(str::to_owned),
            item: self.item,
            collected: quorum.map(|quorum| quorum.collected),
            required: quorum.map(|quorum| quorum.required),
            number: quorum.map(|quorum| quorum.number.clone()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = json::pretty(&self.problem()).into_response();
        *response.status_mut() = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        // The cause may be temporary.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // RFC 6750 section 3: the response to a request without a valid token names the authentication scheme, and nothing
        // else.
        if self.status() == 401 {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // RFC 9110 section 12.5.3: the content codings that the server accepts.
        if self.code == ErrorCode::UnsupportedContentEncoding {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        // For the request log.
        response.extensions_mut().insert(self.code);
        response
    }
}

fn limit(limit: Option<usize>) -> Option<u64> {
    limit.and_then(|limit| u64::try_from(limit).ok())
}

fn expected(error: &StatementError) -> Option<Box<str>> {
    use crate::ledger::note::NoteError;
    match error {
        StatementError::Text(TextError { fault, .. })
        | StatementError::Note(NoteError::Text(TextError { fault, .. })) => match fault {
            Fault::BadValue { expected, .. } | Fault::UnknownVersion { expected } => Some((*expected).into()),
            _ => None,
        },
        _ => None,
    }
}

impl From<JsonError> for ApiError {
    fn from(error: JsonError) -> Self {
        DepositRequestError::Json(error).into()
    }
}

impl From<StatementError> for ApiError {
    fn from(error: StatementError) -> Self {
        let failure = Self::new(error.code(), error.to_string()).in_chinese(chinese::statement(&error));
        let limit = limit(statement_limit(&error));
        Self { line: statement_line(&error), limit, expected: expected(&error), ..failure }
    }
}

impl From<DepositRequestError> for ApiError {
    fn from(error: DepositRequestError) -> Self {
        let failure = Self::new(error.code(), error.to_string()).in_chinese(chinese::request(&error));
        let expected = match &error {
            DepositRequestError::Statement(error) => expected(error),
            _ => None,
        };
        Self { line: error.line(), limit: limit(error.limit()), expected, ..failure }
    }
}

impl From<NumberError> for ApiError {
    fn from(error: NumberError) -> Self {
        let failure = Self::new(ErrorCode::MistypedNumber, error.to_string()).in_chinese(error.chinese());
        failure.expecting("YYYYMMDD-XXXX-XXXX-XXXX-XX")
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let failure = Self::new(refusal.code(), refusal.to_string());
        match refusal {
            // Neither reaches a client: the sequencer answers `StatementExists` with the receipt, and draws another number
            // after `NumberTaken`.
            Refusal::StatementExists | Refusal::NumberTaken => Self::internal(&refusal),
            Refusal::WrongLedger { expected, .. } => failure.expecting(expected),
            Refusal::SubjectSequence { expected, .. } => failure.expecting(expected.to_string()),
            _ => failure,
        }
    }
}

impl From<DepositError> for ApiError {
    fn from(error: DepositError) -> Self {
        let detail = error.to_string();
        match error {
            DepositError::Statement(error) => error.into(),
            DepositError::Refused(refusal) => refusal.into(),
            DepositError::PrivateMismatch => Self::new(ErrorCode::PrivateMismatch, detail),
            DepositError::Busy { retry_after_ms } => {
                Self { retry_after_s: Some(retry_after_ms.div_ceil(1000).max(1)), ..Self::new(ErrorCode::Busy, detail) }
            }
            DepositError::Paused(pause) => pause.into(),
            // The reason contains paths of the operator. Only the health page and the log show it.
            DepositError::Stopped(_) => Self::new(
                ErrorCode::WritingStopped,
                "deposits are stopped until an operator acts; send the same statement later",
            ),
            DepositError::ShuttingDown => Self::new(ErrorCode::ShuttingDown, detail),
            DepositError::Read(error) => error.into(),
        }
    }
}

impl From<Pause> for ApiError {
    /// Clients see the fault of the clock. They do not see storage errors, which contain paths of the operator.
    fn from(pause: Pause) -> Self {
        let detail = match &pause {
            Pause::Clock(fault) => format!("deposits are paused: {fault}"),
            Pause::Short { shortage, .. } => {
                format!("deposits are paused: {shortage}; they resume by themselves, send the same statement again")
            }
            Pause::Unreadable(_) => {
                "deposits are paused; they resume by themselves, send the same statement again".into()
            }
        };
        Self { retry_after_s: Some(PAUSED_RETRY_S), ..Self::new(pause.code(), detail) }
    }
}

impl From<ConfirmError> for ApiError {
    fn from(error: ConfirmError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<BlockingError> for ApiError {
    fn from(error: BlockingError) -> Self {
        FilingError::from(error).into()
    }
}

impl From<FilingError> for ApiError {
    fn from(error: FilingError) -> Self {
        let detail = error.to_string();
        match error {
            // The same response whether the resource does not exist or the account has no access to it.
            FilingError::NotFound => {
                let failure = Self::new(ErrorCode::NotFound, "not found, or you have no access to it");
                failure.in_chinese("没有该记录，或您无权查看")
            }
            FilingError::NoSuchItem(item) => Self::not_found(detail).in_chinese(format!("本案没有证据 {item}")),
            FilingError::BadValue { field, reason_zh: Some(reason), code, .. } => {
                Self::new(code, detail).in_chinese(typed::field_fault(field, &reason))
            }
            FilingError::Refused(refusal) => {
                let failure = Self::new(refusal.code(), detail);
                match refusal.chinese() {
                    Some(text) => failure.in_chinese(text),
                    None => failure,
                }
            }
            FilingError::WeakPassword(fault) => Self::new(ErrorCode::WeakPassword, detail).in_chinese(fault.chinese()),
            FilingError::Deposit(error) => error.into(),
            FilingError::Read(error) => error.into(),
            FilingError::NoRandomness(error) => Self::internal(&error),
            FilingError::Thread(error) => Self::internal(&error),
            FilingError::AlreadyImported { item, .. } => {
                Self { item: Some(item.0), ..Self::new(ErrorCode::AlreadyImported, detail) }
            }
            FilingError::NoThread => {
                Self { retry_after_s: Some(PAUSED_RETRY_S), ..Self::new(ErrorCode::TooManyThreads, detail) }
            }
            error => match error.code() {
                Some(ErrorCode::Internal) | None => Self::internal(&detail),
                Some(code) => Self::new(code, detail),
            },
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Beyond { .. } => Self::not_found(error.to_string()),
            ReadError::Damaged { what, .. } => {
                tracing::error!(%error, "damaged data was asked for and not served");
                Self::new(ErrorCode::Damaged, format!("a stored {what} is damaged and is not served"))
            }
            // Callers of a cache-only read repeat it on the blocking pool, so no client should see this error.
            ReadError::WouldBlock => Self::new(ErrorCode::Unavailable, "try again later"),
            ReadError::NotPublished | ReadError::Unavailable(_) => {
                tracing::error!(%error, "the ledger could not be read");
                Self::new(ErrorCode::Unavailable, "try again later")
            }
        }
    }
}

#[cfg(test)]
mod tests;
