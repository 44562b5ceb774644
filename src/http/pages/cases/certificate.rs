//! `/cases/{reference}/service/{service}/certificate`: 电子送达凭证, to be read and printed.
//!
//! # Invariants
//!
//! The page shows the certificate of the API and adds no fact to it. A step that nobody reported is shown as not reported.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::court::ids::ServiceNumber;
use crate::court::line_value::LineValue as _;
use crate::filing::filing_error::FilingError;
use crate::http::api::court::service::certificate_json;
use crate::http::app_state::AppState;
use crate::http::pages::cases::head::CaseHead;
use crate::http::pages::cases::request::CaseRequest;
use crate::http::pages::layout::Layout;
use crate::http::pages::record::{leaf_command, origin};
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::case::CaseFactsJson;
use crate::wire::court::people::TextJson;
use crate::wire::court::service::CertificateJson;
use crate::wire::report::CodedText;

/// Characters of a time of the API that are its day.
const DAY: usize = "2026-11-22".len();

#[derive(Template)]
#[template(path = "case_certificate.html")]
struct CertificatePage {
    p: Layout,
    head: CaseHead,
    title: Bilingual,
    /// Set if the service has this effect no longer.
    outdated: Option<Bilingual>,
    service: Vec<Row>,
    record: Vec<Row>,
    checks: Vec<Check>,
    notice: Bilingual,
    access_sequence: u64,
}

/// A line of the certificate.
struct Row {
    label: Bilingual,
    value: Value,
}

/// What stands in a line.
enum Value {
    /// A text in both languages.
    Text(Bilingual),
    /// A text that is the same in both languages.
    Verbatim(String),
    /// The recipient: role and masked name.
    Recipient(Bilingual, TextJson),
    /// A deposit number.
    Deposit(String),
    /// A hash.
    Hash(String),
    /// Digests, each with its algorithm.
    Digests(Vec<(String, String)>),
    /// A time of the API.
    Time(String),
    /// There is nothing, and what that means.
    None(Bilingual),
}

impl Row {
    fn new(zh: &str, en: &str, value: Value) -> Self {
        Self { label: Bilingual::new(zh, en), value }
    }

    /// The time of a step, or that it is not on record.
    fn step(labels: (&str, &str), at: Option<&String>, missing: (&str, &str)) -> Self {
        let none = || Value::None(Bilingual::new(missing.0, missing.1));
        Self::new(labels.0, labels.1, at.cloned().map_or_else(none, Value::Time))
    }
}

/// A way to check the certificate.
struct Check {
    text: Bilingual,
    href: Option<String>,
    command: Option<String>,
}

/// A certificate of service.
///
/// # Errors
///
/// `not_found`, `service_not_effective`; those of a view.
pub async fn certificate(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let actor = &request.who.actor;
    let file = state.filing()?.case_for(actor, request.case).await?;
    let service = ServiceNumber::parse(request.parameter("service"));
    let service = service.filter(|number| file.service.records.contains_key(number)).ok_or(FilingError::NotFound)?;
    let shown = certificate_json(&state, actor, request.case, service).await?;
    let head = CaseHead::of(&CaseFactsJson::of(&file), &request.name);
    let page = CertificatePage {
        p: visit.layout(
            &format!("{} {}", shown.title.zh, shown.certificate),
            &format!("{} {}", shown.title.en, shown.certificate),
        ),
        outdated: outdated(&shown),
        service: service_rows(&shown, &head),
        record: record_rows(&shown),
        checks: checks(&shown, &origin(&headers)),
        title: shown.title,
        notice: shown.notice,
        access_sequence: shown.access_sequence,
        head,
    };
    visit.page(Audience::Private, &page)
}

fn label(coded: &CodedText) -> Bilingual {
    Bilingual::new(&*coded.zh, &*coded.en)
}

fn outdated(one: &CertificateJson) -> Option<Bilingual> {
    (!one.in_force).then(|| {
        Bilingual::new(
            "此凭证所载送达现已不再生效：异议成立，或者后续报告改变了送达时间。",
            "The service is no longer as this certificate states: an objection was upheld, or a later report changed it.",
        )
    })
}

/// What was served on whom, when and on which basis.
fn service_rows(one: &CertificateJson, head: &CaseHead) -> Vec<Row> {
    let digest = |line: &String| {
        let (algorithm, value) = line.split_once(' ').unwrap_or(("", line));
        (algorithm.to_owned(), value.to_owned())
    };
    let number = one.number.clone().map_or_else(
        || {
            Value::Text(Bilingual::new(
                format!("尚无案号（案件代号 {}）", head.name),
                format!("no case number yet (reference {})", head.name),
            ))
        },
        Value::Verbatim,
    );
    let mut rows = vec![
        Row::new("送达法院", "Court", Value::Verbatim(one.court.clone())),
        Row::new("案号", "Case number", number),
        Row::new("受送达人", "Recipient", Value::Recipient(label(&one.role), one.recipient.clone())),
        Row::new("送达文书", "Document", Value::Text(label(&one.document_kind))),
        Row::new("文书存证编号", "Deposit number of the document", Value::Deposit(one.document.clone())),
        Row::new("文书的哈希值", "Digests of the document", Value::Digests(one.digests.iter().map(digest).collect())),
        Row::new(
            "送达方式",
            "Mode of service",
            Value::Text(Bilingual::new(
                format!("电子送达（{}）", one.channel.zh),
                format!("electronic service ({})", one.channel.en),
            )),
        ),
    ];
    if let Some(address) = &one.masked_address {
        rows.push(Row::new("送达地址（部分隐去）", "Address, masked", Value::Verbatim(address.clone())));
    }
    rows.extend([
        Row::new("发送时间", "Sent", Value::Time(one.sent_at.clone())),
        Row::step(("到达时间", "Arrived"), one.arrived_at.as_ref(), ("未报告到达", "no arrival was reported")),
        Row::step(("查阅时间", "Read"), one.read_at.as_ref(), ("未报告查阅", "no reading was reported")),
        Row::step(
            ("确认收悉时间", "Receipt confirmed"),
            one.confirmed_at.as_ref(),
            ("制作本凭证时尚未确认", "not confirmed when the certificate was made"),
        ),
        Row::new("送达日期", "Date of service", Value::Verbatim(one.effective_at.chars().take(DAY).collect())),
        Row::new("送达生效时间", "Served at", Value::Time(one.effective_at.clone())),
        Row::new("送达依据", "Basis", Value::Text(label(&one.basis))),
    ]);
    rows
}

/// What the certificate itself is on the chain.
fn record_rows(one: &CertificateJson) -> Vec<Row> {
    let version = one.version;
    vec![
        Row::new("凭证存证编号", "Deposit number of the certificate", Value::Deposit(one.certificate.clone())),
        Row::new("凭证交易id", "Transaction id of the certificate", Value::Hash(one.tx_id.clone())),
        Row::new(
            "凭证版本",
            "Version",
            Value::Text(Bilingual::new(format!("第 {version} 版"), format!("version {version}"))),
        ),
        Row::new("制作时间", "Made at", Value::Time(one.made_at.clone())),
    ]
}

/// How anybody checks the certificate and the document.
fn checks(one: &CertificateJson, origin: &str) -> Vec<Check> {
    let at = |number: &str| format!("{origin}/d/{number}");
    let link =
        |zh: &str, en: &str, href: String| Check { text: Bilingual::new(zh, en), href: Some(href), command: None };
    vec![
        link(
            "在下列页面按凭证存证编号查询，其交易id应与上列交易id相同。",
            "Look up the deposit number of the certificate on this page. Its transaction id must be the one above.",
            at(&one.certificate),
        ),
        Check {
            text: Bilingual::new(
                "复算交易id：下列命令的结果应与上列交易id相同。",
                "Compute the transaction id again: the result of this command must be the one above.",
            ),
            href: None,
            command: Some(leaf_command(origin, one.index)),
        },
        link(
            "核验文书：在下列页面选择收到的文书文件，与其链上存证比对。",
            "Verify the document: choose the file that was received on this page, and compare it with its deposit.",
            at(&one.document),
        ),
        link(
            "下载凭证的存证回执，可在离线核验页面核验，不依赖本平台。",
            "Download the receipt of the certificate. The offline verifier checks it without this platform.",
            format!("{origin}/v1/deposits/{}/receipt", one.certificate),
        ),
    ]
}
