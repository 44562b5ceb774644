//! Prints the record of a case as a court reads it, and the list of cases.

use serde_json::Value;

use crate::cli::case::connection::{bilingual, text};
use crate::cli::screen::{FAINT, Screen, WARNING};
use crate::cli::terminal::escaped_name;

fn field(value: &Value, pointer: &str) -> String {
    text(value, pointer).unwrap_or_default()
}

fn items(answer: &Value) -> impl Iterator<Item = &Value> {
    answer.get("items").and_then(Value::as_array).into_iter().flatten()
}

/// A time without its zone, which the heading states.
fn beijing(time: &str) -> String {
    time.split_once('+').map_or(time, |(local, _)| local).replace('T', " ").chars().take(19).collect()
}

/// Prints the record: a sentence for each act.
///
/// # Errors
///
/// The screen.
pub fn record(screen: &Screen, answer: &Value) -> anyhow::Result<()> {
    screen.line(screen.paint(FAINT, screen.pick("案件记录（北京时间）", "Record of the case (Beijing time)")))?;
    let mut rows = Vec::new();
    for entry in items(answer) {
        let sentence = escaped_name(&bilingual(screen, entry.get("sentence")));
        rows.push(vec![field(entry, "/sequence"), beijing(&field(entry, "/at")), sentence]);
        let ineffective = bilingual(screen, entry.get("ineffective"));
        if !ineffective.is_empty() {
            let zh = format!("未生效：{ineffective}");
            let en = format!("without effect: {ineffective}");
            rows.push(vec![String::new(), String::new(), screen.paint(WARNING, screen.pick(&zh, &en))]);
        }
    }
    Ok(screen.table(&rows)?)
}

/// Prints a list of cases: reference, number, stage, cause, parties, what is due.
///
/// # Errors
///
/// The screen.
pub fn cases(screen: &Screen, answer: &Value) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for case in items(answer) {
        let name = text(case, "/reference").unwrap_or_else(|| field(case, "/case"));
        let number = text(case, "/number").unwrap_or_else(|| screen.pick("（尚无案号）", "(no number)").to_owned());
        let title = text(case, "/title").map(|title| escaped_name(&title)).unwrap_or_default();
        let parties = case.get("parties").and_then(Value::as_array).into_iter().flatten();
        let parties: Vec<String> = parties.map(|party| escaped_name(&bilingual(screen, Some(party)))).collect();
        rows.push(vec![
            name,
            number,
            field(case, "/court"),
            bilingual(screen, case.get("stage")),
            title,
            parties.join(screen.pick("；", "; ")),
        ]);
        for due in case.get("due").and_then(Value::as_array).into_iter().flatten() {
            let text = bilingual(screen, Some(due));
            rows.push(vec![String::new(), screen.paint(WARNING, &text)]);
        }
    }
    if rows.is_empty() {
        screen.line(screen.pick("没有案件", "no cases"))?;
    }
    Ok(screen.table(&rows)?)
}
