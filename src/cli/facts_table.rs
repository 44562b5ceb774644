//! Prints 区块链存证信息: the seven facts in the terms and the order of the manual, in Chinese and English.

use crate::cli::screen::{HEADING, Screen};
use crate::cli::terminal::escaped_name;
use crate::ledger::receipt::Facts;
use crate::ledger::verify::attestation::{TimeCheck, TrustedTime};
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
            // A second digest has a row under the first.
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

/// 可信时间: when a trusted authority attests that the deposit existed. It is neither of the two times on the chain.
fn trusted_time(time: &TimeCheck) -> Vec<String> {
    let value = match time {
        TimeCheck::Verified(TrustedTime { not_later_than, tokens, .. }) => {
            let authority = tokens.first().map(|token| escaped_name(&token.authority)).unwrap_or_default();
            format!("不晚于 {} 北京时间（{authority}）", not_later_than.beijing())
        }
        _ => "无 none".to_owned(),
    };
    vec!["可信时间".to_owned(), "trusted time, no later than".to_owned(), value]
}

/// Shows them, and the trusted time if it was verified whether there is one.
///
/// # Errors
///
/// Standard output cannot be written.
pub fn show(screen: &Screen, facts: &Facts, time: Option<&TimeCheck>) -> std::io::Result<()> {
    let mut rows = rows(facts);
    rows.extend(time.map(trusted_time));
    if let Some(number) = rows.first_mut().and_then(|row| row.last_mut()) {
        *number = screen.paint(HEADING, number);
    }
    screen.table(&rows)
}
