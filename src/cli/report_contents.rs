//! Prints the contents of a verification report beside its steps: number, technical verification, institution, articles.

use serde_json::Value;

use crate::cli::screen::{FAINT, HEADING, Screen};
use crate::cli::terminal::escaped_name;

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(escaped_name)
}

fn bilingual(screen: &Screen, value: Option<&Value>) -> String {
    let text = value.and_then(|value| value.get(screen.pick("zh", "en"))).and_then(Value::as_str);
    escaped_name(text.unwrap_or_default())
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// Prints the contents of a report in JSON form; `articles`: with the points of the law.
///
/// # Errors
///
/// The screen.
pub fn show(screen: &Screen, report: &Value, articles: bool) -> anyhow::Result<()> {
    let Some(contents) = report.get("contents") else { return Ok(()) };
    let missing = || screen.pick("未取得", "not provided").to_owned();
    let recorded = contents.get("recorded").and_then(Value::as_bool) == Some(true);
    let number = text(contents, "/report_number").unwrap_or_default();
    let note =
        if recorded { "" } else { screen.pick("（本次核验未记录于案件）", " (not recorded in a case)") };
    let mut rows = vec![vec![screen.pick("报告编号", "report number").to_owned(), format!("{number}{note}")]];
    if let Some(case) = contents.get("case").filter(|case| case.is_object()) {
        let number = text(case, "/number").or_else(|| text(case, "/reference"));
        let (item, version) = (case.get("item"), case.get("item_version"));
        let shown = |value: Option<&Value>| value.map(ToString::to_string).unwrap_or_default();
        rows.push(vec![screen.pick("案号", "case number").to_owned(), number.unwrap_or_else(missing)]);
        let zh = format!("{}（第 {} 版）", shown(item), shown(version));
        let en = format!("{} (version {})", shown(item), shown(version));
        rows.push(vec![screen.pick("证据序号", "item").to_owned(), screen.pick(&zh, &en).to_owned()]);
    }
    for (pointer, zh, en) in [
        ("/institution/operator", "存证平台运营者", "operator of the platform"),
        ("/institution/nature", "运营者性质", "nature of the operator"),
        ("/institution/record_filing", "区块链信息服务备案号", "record-filing number"),
        ("/institution/clock_source", "时钟校时来源", "source of the clock"),
    ] {
        rows.push(vec![screen.pick(zh, en).to_owned(), text(contents, pointer).unwrap_or_else(missing)]);
    }
    screen.table(&rows)?;
    screen.line(screen.paint(HEADING, &bilingual(screen, contents.get("technical"))))?;
    if !articles {
        return Ok(());
    }
    screen.line(screen.pick("足以推翻的情形及本次所查：", "What would rebut it, and what was found:"))?;
    let rebuttal = list(contents, "rebuttal")
        .map(|one| vec![format!("  {}", bilingual(screen, one.get("what"))), bilingual(screen, one.get("finding"))]);
    screen.table(&rebuttal.collect::<Vec<_>>())?;
    for article in list(contents, "articles") {
        screen.line(screen.paint(HEADING, &bilingual(screen, article.get("title"))))?;
        for point in list(article, "points") {
            let number = text(point, "/number").unwrap_or_default();
            screen.line(format!("  ({number}) {}", bilingual(screen, point.get("question"))))?;
            let finding = bilingual(screen, point.get("finding"));
            let provided = point.get("provided").and_then(Value::as_bool) == Some(true);
            screen.line(format!("      {}", if provided { finding } else { screen.paint(FAINT, &finding) }))?;
        }
    }
    Ok(())
}
