//! `tiezheng case service` and `certificate`: the service of documents of a case.

use serde_json::Value;

use crate::cli::case::connection::{CourtConnection, bilingual, encoded, text};
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::screen::{FAINT, HEADING, WARNING};
use crate::cli::terminal::escaped_name;

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn field(value: &Value, pointer: &str) -> String {
    text(value, pointer).unwrap_or_default()
}

/// Prints the service records of a case: one line each, then its attempts, then the periods.
///
/// # Errors
///
/// [`CliError`]; the screen.
pub async fn show(case: &str, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let path = format!("/v1/cases/{}/service", encoded(case));
    let answer = connection.client.get(&path).await.map_err(CliError::from)?;
    let screen = connection.screen;
    screen.document(&answer)?;
    for record in list(&answer, "items") {
        let name = escaped_name(&field(record, "/name"));
        let heading = format!("{} {name}  {}", field(record, "/service"), bilingual(screen, record.get("line")));
        screen.line(screen.paint(HEADING, &heading))?;
        let mut rows = vec![vec![screen.pick("  存证编号", "  deposit number").to_owned(), field(record, "/document")]];
        for attempt in list(record, "attempts") {
            let channel = bilingual(screen, attempt.get("channel"));
            let label = format!("  {} {channel}", screen.pick("发送", "attempt"));
            let state = bilingual(screen, attempt.get("state"));
            rows.push(vec![label, format!("{} {state}", field(attempt, "/masked_address"))]);
            for step in list(attempt, "steps") {
                let said = format!("    {}", bilingual(screen, step.get("step")));
                rows.push(vec![said, format!("{} · {}", field(step, "/at"), bilingual(screen, step.get("reporter")))]);
            }
        }
        screen.table(&rows)?;
        for objection in list(record, "objections") {
            let outcome = bilingual(screen, objection.get("outcome"));
            let said = format!(
                "  {} {}  {outcome}",
                screen.pick("异议", "objection"),
                bilingual(screen, objection.get("ground"))
            );
            screen.line(screen.paint(WARNING, &said))?;
        }
    }
    let mut rows = Vec::new();
    for period in list(&answer, "periods") {
        let label = format!("{} {}", screen.pick("当事人", "party"), field(period, "/party"));
        let last = format!("{} 24:00 {}", field(period, "/last_day"), screen.pick("北京时间", "Beijing time"));
        rows.push(vec![label, bilingual(screen, period.get("period")), last, bilingual(screen, period.get("state"))]);
    }
    screen.table(&rows)?;
    Ok(ExitStatus::Good)
}

/// Prints a certificate of service.
///
/// # Errors
///
/// [`CliError`]; the screen.
pub async fn certificate(case: &str, service: u32, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let path = format!("/v1/cases/{}/service/{service}/certificate", encoded(case));
    let answer = connection.client.get(&path).await.map_err(CliError::from)?;
    let screen = connection.screen;
    screen.document(&answer)?;
    screen.line(screen.paint(HEADING, &bilingual(screen, answer.get("title"))))?;
    let mut rows = Vec::new();
    let mut row = |zh: &str, en: &str, value: String| {
        if !value.is_empty() {
            rows.push(vec![screen.pick(zh, en).to_owned(), value]);
        }
    };
    row("凭证存证编号", "deposit number of the certificate", field(&answer, "/certificate"));
    row("凭证交易id", "transaction id of the certificate", field(&answer, "/tx_id"));
    row("案号", "case number", field(&answer, "/number"));
    row("受送达人", "recipient", escaped_name(&field(&answer, "/recipient")));
    row("文书", "document", bilingual(screen, answer.get("document_kind")));
    row("文书存证编号", "deposit number of the document", field(&answer, "/document"));
    for digest in list(&answer, "digests").filter_map(Value::as_str) {
        row("文书摘要", "digest of the document", digest.to_owned());
    }
    row("送达渠道", "channel", bilingual(screen, answer.get("channel")));
    row("送达地址", "address", field(&answer, "/masked_address"));
    row("发送时间", "sent", field(&answer, "/sent_at"));
    row("到达时间", "arrived", field(&answer, "/arrived_at"));
    row("查阅时间", "read", field(&answer, "/read_at"));
    row("确认收悉时间", "receipt confirmed", field(&answer, "/confirmed_at"));
    row("送达生效时间", "served", field(&answer, "/effective_at"));
    row("依据", "basis", bilingual(screen, answer.get("basis")));
    screen.table(&rows)?;
    if answer.get("in_force").and_then(Value::as_bool) == Some(false) {
        let text = screen.pick(
            "此凭证所载送达现已不再生效：异议成立，或者后续报告改变了送达时间",
            "the service is no longer as this certificate states: an objection was upheld, or a later report changed it",
        );
        screen.line(screen.paint(WARNING, text))?;
    }
    screen.line(screen.paint(FAINT, &bilingual(screen, answer.get("notice"))))?;
    Ok(ExitStatus::Good)
}
