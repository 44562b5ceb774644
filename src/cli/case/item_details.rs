//! Prints the details of an item: list of evidence, receipt, who verified it, pending objections.

use serde_json::Value;

use crate::cli::case::connection::{bilingual, text};
use crate::cli::screen::{BAD, GOOD, Screen, WARNING};
use crate::cli::terminal::escaped_name;

fn field(value: &Value, pointer: &str) -> String {
    text(value, pointer).unwrap_or_default()
}

/// A text on one line that cannot imitate other output.
fn said(item: &Value, name: &str) -> String {
    text(item, name).map(|text| text.lines().map(escaped_name).collect::<Vec<_>>().join(" ⏎ ")).unwrap_or_default()
}

/// How many copies and pages.
fn copies_and_pages(screen: &Screen, value: &Value) -> String {
    let counted = |pointer: &str, zh: &str, en: &str| {
        text(value, pointer).map(|count| screen.pick(&format!("{count} {zh}"), &format!("{count} {en}")).to_owned())
    };
    let counted = [counted("/copies", "份", "copies"), counted("/pages", "页", "pages")];
    counted.into_iter().flatten().collect::<Vec<_>>().join(screen.pick("，", ", "))
}

/// Adds the rows of the list of evidence and of the receipt.
pub fn rows(screen: &Screen, item: &Value, row: &mut impl FnMut(&str, &str, String)) {
    row("来源", "source", said(item, "/source"));
    row("证明对象", "to prove", said(item, "/proves"));
    row("原件或复制件", "original or copy", bilingual(screen, item.get("form")));
    row("份数、页数", "copies, pages", copies_and_pages(screen, item));
    if field(item, "/item_version") != "1" {
        row("版本", "version", field(item, "/item_version"));
    }
    if let Some(identity) = item.get("identity_at_import").filter(|identity| identity.is_object()) {
        let (method, level) = (bilingual(screen, identity.get("method")), bilingual(screen, identity.get("level")));
        row("导入时实名核验", "identity check at import", format!("{method} · {level} · {}", field(identity, "/at")));
    }
    row("存证与立案", "deposit and filing", bilingual(screen, item.get("deposited")));
    if let Some(receipt) = item.get("receipt_given").filter(|receipt| receipt.is_object()) {
        let handler = escaped_name(&bilingual(screen, receipt.pointer("/handler/label")));
        let parts = [
            field(receipt, "/at"),
            format!("{}{handler}", screen.pick("经办人 ", "handled by ")),
            bilingual(screen, receipt.get("form")),
            copies_and_pages(screen, receipt),
        ];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        row("收据", "receipt of the court", parts.join(" · "));
        row("卷宗文件", "file in the dossier", bilingual(screen, item.get("dossier")));
    }
}

/// Prints 法院核验 and 当事人自行核验 apart, whether the item was restated after a reply, and pending objections.
///
/// # Errors
///
/// The screen.
pub fn remarks(screen: &Screen, item: &Value) -> anyhow::Result<()> {
    let restated = bilingual(screen, item.get("restated_after_reply"));
    if !restated.is_empty() {
        screen.line(format!("  {}", screen.paint(WARNING, &restated)))?;
    }
    let checks = [
        ("court_verification", "法院核验", "verified by the court"),
        ("party_verification", "当事人自行核验", "verified by parties themselves"),
    ];
    for (name, zh, en) in checks {
        let Some(check) = item.get(name).filter(|check| check.is_object()) else { continue };
        let style = match field(check, "/result/code").as_str() {
            "agrees" => GOOD,
            "differs" => BAD,
            _ => WARNING,
        };
        let result = screen.paint(style, &bilingual(screen, check.get("result")));
        let who = escaped_name(&bilingual(screen, check.pointer("/verifier/label")));
        let by = if who.is_empty() { String::new() } else { format!("  {who}  {}", field(check, "/at")) };
        screen.line(format!("  {}{}{result}{by}", screen.pick(zh, en), screen.pick("：", ": ")))?;
    }
    for objection in item.get("objections").and_then(Value::as_array).into_iter().flatten() {
        let by = escaped_name(&bilingual(screen, objection.get("by_text")));
        let subject = bilingual(screen, objection.get("subject"));
        let burden = bilingual(screen, objection.get("burden"));
        let zh = format!("  待处理异议：{by}，{subject}；{burden}");
        let en = format!("  pending objection of {by}: {subject}; {burden}");
        screen.line(screen.paint(WARNING, screen.pick(&zh, &en)))?;
    }
    Ok(())
}
