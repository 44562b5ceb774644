//! The only table from errors to HTTP status and code, and problems as RFC 9457 has them.
//!
//! Errors bring their own stable code ([`DepositRequestError::code`] and its like); [`CODES`] gives each its status and
//! its title in both languages. Nothing else knows status codes of failures. What is the node's own fault is logged here,
//! once; the answer to it says no more than whom to turn to.

use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::filing::filing_error::FilingError;
use crate::http::codes::{COURT_CODES, Row};
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

/// Codes of the ledger; those of the filing flow are [`COURT_CODES`].
pub const CODES: &[Row] = &[
    // The request.
    ("bad_path", 400, "the path does not name such a thing", "路径无效"),
    ("bad_query", 400, "a query parameter is missing, unknown or wrong", "查询参数缺失、未知或有误"),
    ("bad_cursor", 400, "the cursor is not one of this list", "分页游标无效"),
    ("unrecognised_query", 400, "neither a number, a hash nor a height", "无法识别：不是存证编号、哈希值或区块高度"),
    ("mistyped_number", 400, "the deposit number is mistyped", "存证编号有误，请核对后重新输入"),
    ("bad_host", 400, "the request does not name exactly one valid host", "请求的 Host 字段缺失、重复或无效"),
    ("misdirected", 421, "the request is for another scheme than this listener serves", "请求的协议与本监听端口不符"),
    ("deposit_by_token_only", 403, "deposits are accepted by token only", "本节点仅接受账号凭令牌提交的存证"),
    ("key_not_enrolled", 403, "no key of the statement is enrolled", "存证声明所用公钥未登记"),
    (
        "rate_limited",
        429,
        "too many requests in a short time; send the same again later",
        "请求过于频繁，请稍后重新提交",
    ),
    ("not_found", 404, "there is no such record", "查无此记录"),
    ("no_such_route", 404, "there is nothing at this path", "无此路径"),
    ("method_not_allowed", 405, "this path does not take this method", "该路径不支持此方法"),
    ("not_acceptable", 406, "this is not available in that form", "不提供所要求的格式"),
    ("body_timeout", 408, "the body came too slowly", "请求内容传输过慢"),
    ("body_broken", 400, "the body broke off", "请求内容中断"),
    ("body_too_large", 413, "the body is too large", "请求内容过大"),
    ("batch_too_long", 413, "the batch has too many lines", "批量请求行数过多"),
    ("partial_body", 400, "a part of a body is not taken", "不支持分段提交请求内容"),
    (
        "batch_stalled",
        408,
        "the batch brought no deposits while others waited",
        "批量请求长时间未提交有效存证，已让位于其他请求",
    ),
    (
        "unsupported_content_encoding",
        415,
        "an encoded body is not taken: send it as it is",
        "不支持对请求内容进行压缩或编码，请原样提交",
    ),
    (
        "unsupported_transfer_encoding",
        501,
        "this transfer coding is not supported: send the body as it is",
        "不支持此传输编码，请原样提交请求内容",
    ),
    ("unsupported_media_type", 415, "this path takes another content type", "不支持的内容类型"),
    ("malformed_json", 400, "this is no JSON", "JSON 格式错误"),
    ("unexpected_json", 400, "this is not the JSON that is expected here", "JSON 内容不符合要求"),
    (
        "integer_too_large",
        400,
        "an integer is beyond 2^53 - 1, the largest that every reader of JSON holds exactly",
        "整数超过 2^53 - 1，无法在 JSON 中精确表示",
    ),
    ("unknown_algorithm", 400, "this hash algorithm is not known", "未知的哈希算法"),
    ("bad_salt", 400, "the salt is not 64 lower-case hex digits", "盐值应为 64 位小写十六进制"),
    // The statement: its text.
    ("invalid_utf8", 400, "the text is not UTF-8", "文本不是 UTF-8 编码"),
    ("control_character", 400, "the text holds a control character", "文本含控制字符"),
    ("missing_final_newline", 400, "the last line does not end", "末行缺少换行符"),
    ("unknown_version", 400, "another kind or version of record", "未知的记录类型或版本"),
    ("unknown_line", 400, "a line that is not known here", "含未知的行"),
    ("repeated_line", 400, "a line stands twice", "有重复的行"),
    ("misordered_line", 400, "a line is out of order", "行的次序有误"),
    ("missing_line", 400, "a line is missing", "缺少必要的行"),
    ("wrong_length", 400, "a value has the wrong length", "值的长度有误"),
    ("upper_case_hex", 400, "hex is written in lower case", "十六进制须小写"),
    ("bad_value", 400, "a value is not as it must be", "值不符合要求"),
    ("weak_digest", 400, "a digest that proves nothing", "摘要无证明作用"),
    ("weak_key", 400, "a weak or malformed key", "密钥过弱或格式错误"),
    ("not_sorted", 400, "values are not sorted or repeat", "值未排序或重复"),
    ("too_many_lines", 400, "a line stands too many times", "同名的行过多"),
    ("statement_too_long", 413, "the statement is too long", "存证声明过长"),
    // The statement: its signatures.
    ("missing_signature", 400, "a signature is missing", "缺少签名"),
    ("unexpected_signature", 400, "a signature that no key line announces", "签名与密钥行不对应"),
    ("too_many_signatures", 400, "too many signatures", "签名过多"),
    ("malformed_signature", 400, "a malformed signature line", "签名行格式错误"),
    ("bad_signature", 400, "a signature does not verify", "签名验证不通过"),
    // Private metadata.
    ("metadata_not_canonical", 400, "the metadata has no canonical form", "元数据无法规范化"),
    ("metadata_without_name", 400, "the metadata has no name", "元数据缺少证据名称"),
    ("metadata_too_long", 413, "the metadata is too long", "元数据过长"),
    ("private_missing_meta", 400, "private metadata needs a meta line in the statement", "声明中缺少 meta 行"),
    ("private_mismatch", 400, "the meta line commits to something else", "元数据与声明中的承诺不符"),
    // The chain's rules.
    ("wrong_ledger", 422, "the statement is for another ledger", "声明指向另一账本"),
    ("subject_sequence", 409, "the subject's next sequence is another", "序号不连续"),
    ("subject_not_yours", 403, "the subject belongs to others", "该序列属于他人"),
    ("link_unknown", 422, "a linked deposit does not exist", "关联的存证不存在"),
    ("link_not_yours", 403, "a linked deposit belongs to others", "关联的存证属于他人"),
    // The node.
    ("busy", 503, "too many deposits are waiting; send the same one again", "存证请求过多，请稍后重新提交同一声明"),
    (
        "too_many_connections",
        503,
        "this address has too many connections",
        "来自该地址的连接过多，请关闭部分连接或稍后重试",
    ),
    (
        "disk_full",
        503,
        "no space is left on the node's disk; send the same again later",
        "节点磁盘空间不足，请稍后重新提交",
    ),
    (
        "too_many_open_files",
        503,
        "the node has no file descriptors left; send the same again later",
        "节点文件描述符不足，请稍后重新提交",
    ),
    ("out_of_memory", 503, "the node has no memory left; send the same again later", "节点内存不足，请稍后重新提交"),
    (
        "too_many_threads",
        503,
        "the node can start no more threads; send the same again later",
        "节点线程数已达上限，请稍后重新提交",
    ),
    (
        "clock_regressed",
        503,
        "the node's clock is behind the last block; send the same again later",
        "节点时钟早于最后区块，暂停存证，请稍后重新提交",
    ),
    (
        "clock_jumped",
        503,
        "the node's clock ran ahead; send the same again later",
        "节点时钟跳变，暂停存证，请稍后重新提交",
    ),
    ("clock_not_paused", 409, "deposits are not paused for the clock", "存证未因时钟而暂停，无须确认"),
    ("write_stalled", 503, "a deposit has waited too long to be written", "存证写入停滞"),
    ("writing_stopped", 503, "deposits are stopped until an operator acts", "存证写入已停止，待运营人员处理"),
    ("shutting_down", 503, "the node is shutting down; send the same again", "节点正在关闭，请稍后重新提交"),
    ("unavailable", 503, "the ledger cannot be read now", "账本暂时无法读取"),
    ("damaged", 500, "stored data is damaged and was not served", "存储数据损坏，未予提供"),
    INTERNAL,
];

/// After so many seconds a client tries again where deposits are paused: a pause often takes longer than a full pool.
const PAUSED_RETRY_S: u64 = 5;

/// The node's own fault.
const INTERNAL: Row = ("internal", 500, "the node failed", "节点内部错误");

/// The row of a code; that of `internal` for a code that has none.
#[must_use]
pub fn row(code: &str) -> &'static Row {
    all().find(|row| row.0 == code).unwrap_or(&INTERNAL)
}

/// All codes that an answer can bear.
pub fn all() -> impl Iterator<Item = &'static Row> {
    CODES.iter().chain(COURT_CODES)
}

/// A request that failed, ready to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    row: &'static Row,
    detail: Box<str>,
    /// The same in Chinese; `None` where the title says it.
    detail_zh: Option<Box<str>>,
    line: Option<usize>,
    limit: Option<u64>,
    expected: Option<String>,
    item: Option<u32>,
    retry_after_s: Option<u64>,
}

impl Failure {
    /// A failure with this code; `detail` says what to do about it.
    #[must_use]
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        Self {
            row: row(code),
            detail: detail.into().into(),
            detail_zh: None,
            line: None,
            limit: None,
            expected: None,
            item: None,
            retry_after_s: None,
        }
    }

    /// With the detail in Chinese.
    #[must_use]
    pub fn in_chinese(self, detail: impl Into<String>) -> Self {
        Self { detail_zh: Some(detail.into().into()), ..self }
    }

    /// With the limit that was passed.
    #[must_use]
    pub fn limited(self, limit: u64) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// With what would have been right.
    #[must_use]
    pub fn expecting(self, expected: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), ..self }
    }

    /// Too many of `what` at the moment.
    #[must_use]
    pub fn busy(what: &str) -> Self {
        Self {
            retry_after_s: Some(1),
            ..Self::new("busy", format!("too many {what} are waiting; send the same again"))
        }
    }

    /// The limit of `whose` is used up for now.
    #[must_use]
    pub fn rate_limited(retry_after: std::time::Duration, whose: &str) -> Self {
        let seconds = retry_after.as_secs().saturating_add(u64::from(retry_after.subsec_nanos() > 0)).max(1);
        Self {
            retry_after_s: Some(seconds),
            ..Self::new("rate_limited", format!("the limit of {whose} is used up; send the same again in {seconds} s"))
                .in_chinese(format!("请求已达限额，请在 {seconds} 秒后重新提交"))
        }
    }

    /// The node's own fault: logged, and told to nobody else.
    #[must_use]
    pub fn internal(reason: &dyn std::fmt::Display) -> Self {
        tracing::error!(%reason, "a request failed inside");
        Self::new("internal", "the node's log says more").in_chinese("详见节点日志")
    }

    /// A record that is not there.
    #[must_use]
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new("not_found", what)
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.row.0
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.row.1
    }

    /// The problem, as answered.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (code, status, title, title_zh) = *self.row;
        Problem {
            kind: format!("/problems/{code}"),
            title: title.into(),
            title_zh: title_zh.into(),
            status,
            code: code.into(),
            detail: self.detail.to_string(),
            detail_zh: self.detail_zh.as_deref().unwrap_or(title_zh).to_owned(),
            line: self.line,
            limit: self.limit,
            expected: self.expected.clone(),
            item: self.item,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = json::pretty(&self.problem()).into_response();
        *response.status_mut() = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        // A failure may be over the next moment.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // RFC 6750 section 3: an answer to a request without a good token names the way to present one, and no more.
        if self.status() == 401 {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // RFC 9110 section 12.5.3: which codings would have been taken.
        if self.code() == "unsupported_content_encoding" {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

fn limit(limit: Option<usize>) -> Option<u64> {
    limit.and_then(|limit| u64::try_from(limit).ok())
}

fn expected(error: &StatementError) -> Option<String> {
    use crate::ledger::note::NoteError;
    match error {
        StatementError::Text(TextError { fault, .. })
        | StatementError::Note(NoteError::Text(TextError { fault, .. })) => match fault {
            Fault::BadValue { expected, .. } | Fault::UnknownVersion { expected } => Some((*expected).to_owned()),
            _ => None,
        },
        _ => None,
    }
}

impl From<JsonError> for Failure {
    fn from(error: JsonError) -> Self {
        DepositRequestError::Json(error).into()
    }
}

impl From<StatementError> for Failure {
    fn from(error: StatementError) -> Self {
        let failure = Self::new(error.code(), error.to_string()).in_chinese(chinese::statement(&error));
        let limit = limit(statement_limit(&error));
        Self { line: statement_line(&error), limit, expected: expected(&error), ..failure }
    }
}

impl From<DepositRequestError> for Failure {
    fn from(error: DepositRequestError) -> Self {
        let failure = Self::new(error.code(), error.to_string()).in_chinese(chinese::request(&error));
        let expected = match &error {
            DepositRequestError::Statement(error) => expected(error),
            _ => None,
        };
        Self { line: error.line(), limit: limit(error.limit()), expected, ..failure }
    }
}

impl From<NumberError> for Failure {
    fn from(error: NumberError) -> Self {
        let failure = Self::new("mistyped_number", error.to_string()).in_chinese(error.chinese());
        failure.expecting("YYYYMMDD-XXXX-XXXX-XXXX-XX")
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let failure = Self::new(refusal.code(), refusal.to_string());
        match refusal {
            // The sequencer answers the first with the receipt and draws again at the second.
            Refusal::StatementExists | Refusal::NumberTaken => Self::internal(&refusal),
            Refusal::WrongLedger { expected, .. } => failure.expecting(expected),
            Refusal::SubjectSequence { expected, .. } => failure.expecting(expected.to_string()),
            _ => failure,
        }
    }
}

impl From<DepositError> for Failure {
    fn from(error: DepositError) -> Self {
        let detail = error.to_string();
        match error {
            DepositError::Statement(error) => error.into(),
            DepositError::Refused(refusal) => refusal.into(),
            DepositError::PrivateMismatch => Self::new("private_mismatch", detail),
            DepositError::Busy { retry_after_ms } => {
                Self { retry_after_s: Some(retry_after_ms.div_ceil(1000).max(1)), ..Self::new("busy", detail) }
            }
            DepositError::Paused(pause) => pause.into(),
            // The reason names the operator's folders: it is for the health page and the log.
            DepositError::Stopped(_) => Self::new(
                "writing_stopped",
                "deposits are stopped until an operator acts; send the same statement later",
            ),
            DepositError::ShuttingDown => Self::new("shutting_down", detail),
            DepositError::Read(error) => error.into(),
        }
    }
}

impl From<Pause> for Failure {
    /// For clients: a clock may be shown to anybody, what the disk answered names the operator's folders.
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

impl From<ConfirmError> for Failure {
    fn from(error: ConfirmError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<BlockingError> for Failure {
    fn from(error: BlockingError) -> Self {
        FilingError::from(error).into()
    }
}

impl From<FilingError> for Failure {
    fn from(error: FilingError) -> Self {
        let detail = error.to_string();
        match error {
            // Not there and not yours: the same words, whatever it is.
            FilingError::NotFound => {
                let failure = Self::new("not_found", "not found, or you have no access to it");
                failure.in_chinese("没有该记录，或您无权查看")
            }
            FilingError::Deposit(error) => error.into(),
            FilingError::Read(error) => error.into(),
            FilingError::NoRandomness(error) => Self::internal(&error),
            FilingError::Thread(error) => Self::internal(&error),
            FilingError::AlreadyImported { item, .. } => {
                Self { item: Some(item.0), ..Self::new("already_imported", detail) }
            }
            FilingError::NoThread => {
                Self { retry_after_s: Some(PAUSED_RETRY_S), ..Self::new("too_many_threads", detail) }
            }
            error => match error.code() {
                Some(code) => Self::new(code, detail),
                None => Self::internal(&detail),
            },
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Beyond { .. } => Self::not_found(error.to_string()),
            ReadError::Damaged { what, .. } => {
                tracing::error!(%error, "damaged data was asked for and not served");
                Self::new("damaged", format!("a stored {what} is damaged and is not served"))
            }
            // Whoever looked in memory looks again.
            ReadError::WouldBlock => Self::new("unavailable", "try again later"),
            ReadError::Unavailable(_) => {
                tracing::error!(%error, "the ledger could not be read");
                Self::new("unavailable", "try again later")
            }
        }
    }
}

#[cfg(test)]
mod tests;
