//! Prints 区块链存证信息: the seven facts in the terms and the order of the manual, in Chinese and English.

use crate::cli::screen::{HEADING, Screen};
use crate::ledger::receipt::Facts;
use crate::wire::facts::ChainFactsJson;

/// The deposit number, the ledger, and the seven facts, one row a value.
#[must_use]
pub fn rows(facts: &Facts) -> Vec<Vec<String>> {
    let row = |zh: &str, en: &str, value: &str| vec![zh.to_owned(), en.to_owned(), value.to_owned()];
    let mut rows = vec![
        row("存证编号", "deposit number", &facts.number.to_string()),
        row("链标识", "ledger", facts.ledger.as_str()),
    ];
    for fact in ChainFactsJson::from(facts).facts {
        let (mut zh, mut en) = (fact.label.zh, fact.label.en);
        let value = match fact.name.as_str() {
            "tx_submitted_at" => format!("{} 北京时间", facts.tx_submitted_at.beijing()),
            "block_generated_at" => format!("{} 北京时间", facts.block_generated_at.beijing()),
            "data_hash" if fact.value.is_empty() => "—".to_owned(),
            "data_hash" => digests(&fact.value, facts.salted),
            _ => fact.value,
        };
        for line in value.lines() {
            // A second digest stands under the first.
            rows.push(vec![std::mem::take(&mut zh), std::mem::take(&mut en), line.to_owned()]);
        }
    }
    rows
}

/// Each digest on its own line; of a manifest the root and the number of items.
fn digests(value: &str, salted: bool) -> String {
    let line = |line: &str| match line.strip_prefix("manifest ").and_then(|manifest| manifest.split_once(' ')) {
        Some((root, count)) => format!("{root} (清单 manifest, {count} 项 items)"),
        None if salted => format!("{line} (加盐 salted)"),
        None => line.to_owned(),
    };
    value.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Shows them.
///
/// # Errors
///
/// Standard output cannot be written.
pub fn show(screen: &Screen, facts: &Facts) -> std::io::Result<()> {
    let mut rows = rows(facts);
    if let Some(number) = rows.first_mut().and_then(|row| row.last_mut()) {
        *number = screen.paint(HEADING, number);
    }
    screen.table(&rows)
}
