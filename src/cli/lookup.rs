//! `lookup`: what the chain says of a deposit number, 查询. Looking up is not verifying, and every answer says so.
//!
//! The facts shown are derived from the receipt, whose hashes and paths are recomputed here; what the node itself says of
//! the deposit must agree with them.

use serde_json::{Value, json};

use crate::cli::compose::read_number;
use crate::cli::config::Config;
use crate::cli::ending::{Complaint, Ending};
use crate::cli::facts_table;
use crate::cli::pinned::Pinned;
use crate::cli::reach::{ServerArgs, meet_again};
use crate::cli::record::{fetch, history};
use crate::cli::screen::{BAD, HEED, Screen};
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Facts;
use crate::ledger::verify::report::{Conclusion, Obstacle, Report, Reservation};
use crate::ledger::verify::verifier::{Presented, Question, verify};
use crate::ledger::verify::wording;
use crate::wire::bilingual::Bilingual;
use crate::wire::facts::{ChainFactsJson, DepositJson, LinkJson};
use crate::wire::report::ReportJson;

const EXAMPLES: &str = "\
Example | 示例:
  tiezheng lookup 20261122-0K7M-X9QT-3D5W-C3

Lower case, spaces, full-width characters are forgiven; a mistyped number is found before
anything is looked up. A look-up compares no file: for that, tiezheng verify FILE --number
NUMBER.
查询不等于核验。";

/// Look a deposit number up: the seven chain facts | 按存证编号查询区块链存证信息（仅查询，未核验原文）
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct LookupArgs {
    /// The deposit number | 存证编号
    number: String,
    #[command(flatten)]
    server: ServerArgs,
}

/// Runs it.
///
/// # Errors
///
/// A mistyped number, an unreachable node.
pub async fn run(args: &LookupArgs, config: &Config, screen: &Screen) -> anyhow::Result<Ending> {
    let number = read_number(&args.number)?;
    let client = args.server.client()?;
    let trust = Pinned::load(&config.trust_policy())?.trust();
    let record = fetch(&client, &number).await?;
    let Some((receipt, told)) = record.and_then(|record| Some((record.receipt, record.told?))) else {
        meet_again(&client, config).await?;
        return not_found(screen, number);
    };
    let (history, baseless) = history(&client, &told, &number, &trust).await?;
    let question = Question {
        number: Some(number),
        receipt: &receipt,
        item: None,
        presented: Presented::Nothing,
        history: Some(&history),
        trust: &trust,
    };
    let report = verify(&question);
    let facts = report.facts.as_ref().filter(|facts| facts.number == number);
    let agrees = facts.is_some_and(|facts| ChainFactsJson::from(facts) == told.chain) && baseless == 0;
    let key_known = report.obstacle != Some(Obstacle::UnknownKey);
    if !key_known {
        meet_again(&client, config).await?;
    }
    let holds = report.conclusion == Conclusion::RecordOnly || !key_known;
    screen.document(&document(&told, &report, agrees, key_known)?)?;
    match facts {
        Some(facts) if agrees && holds => {
            show(screen, &told, facts, &report)?;
            if !key_known {
                unknown_key(screen, args)?;
            }
            Ok(Ending::Good)
        }
        _ => {
            let differs = Complaint::finding(
                "facts_differ",
                "节点所述与其回执不符，查询结果不可采信",
                "what the node says differs from its own receipt: do not rely on it",
            );
            let text = match report.conclusion {
                Conclusion::ChainFault => wording::conclusion(&report, screen.language()),
                _ => screen.pick(&differs.zh, &differs.en).to_owned(),
            };
            screen.aside(screen.paint(BAD, &text))?;
            Ok(Ending::Finding)
        }
    }
}

fn not_found(screen: &Screen, number: DepositNumber) -> anyhow::Result<Ending> {
    let report = Report::not_found(Some(number));
    let conclusion = Bilingual::of(|language| wording::conclusion(&report, language));
    screen.document(&json!({ "status": "not_found", "deposit_number": number.to_string(), "notice": conclusion }))?;
    screen.line(format!("{number}  {}", screen.paint(BAD, conclusion.pick(screen.language()))))?;
    Ok(Ending::Finding)
}

fn document(told: &DepositJson, report: &Report, agrees: bool, key_known: bool) -> anyhow::Result<Value> {
    // The node's shape with the facts derived here in their place.
    let mut document = serde_json::to_value(told)?;
    let derived = serde_json::to_value(report.facts.as_ref().map(ChainFactsJson::from))?;
    let checks = json!({
        "agrees_with_receipt": agrees,
        "ledger_key_pinned": key_known,
        "steps": ReportJson::from(report).steps,
    });
    if let Value::Object(fields) = &mut document {
        if let Value::Object(derived) = derived {
            fields.extend(derived);
        }
        fields.insert("checked".into(), checks);
    }
    Ok(document)
}

fn show(screen: &Screen, told: &DepositJson, facts: &Facts, report: &Report) -> anyhow::Result<()> {
    facts_table::show(screen, facts)?;
    let mut rows = Vec::new();
    let mut row = |zh: &str, en: &str, value: String| rows.push(vec![screen.pick(zh, en).to_owned(), value]);
    row("状态", "status", told.status_text.pick(screen.language()).to_owned());
    if let Some(size) = told.size {
        row("字节数", "bytes", size.to_string());
    }
    if let Some(media_type) = &told.media_type {
        row("数据类型（存证人填写）", "type (in the depositor's words)", media_type.clone());
    }
    let linked = |link: &LinkJson| format!("{} {}", link.label.pick(screen.language()), link.deposit_number);
    for link in &told.links {
        row("关联存证", "says of an earlier deposit", linked(link));
    }
    for link in &told.later_links {
        row("在后存证称", "a later deposit says it", linked(link));
    }
    for number in &told.earlier_deposits {
        row("同一摘要的更早存证", "earlier deposit of the same digest", number.clone());
    }
    screen.line("")?;
    screen.table(&rows)?;
    screen.line("")?;
    for reservation in [Reservation::Withdrawn, Reservation::Superseded, Reservation::TestLedger] {
        if report.reservations.contains(&reservation) {
            screen.line(screen.paint(HEED, wording::reservation(reservation, screen.language())))?;
        }
    }
    Ok(screen.line(screen.paint(HEED, told.notice.pick(screen.language())))?)
}

fn unknown_key(screen: &Screen, args: &LookupArgs) -> anyhow::Result<()> {
    let text = screen.pick(
        "账本密钥尚未固定，未核对由谁签名。向运营者核对后可运行：tiezheng trust fetch",
        "The ledger's key is not pinned, so who signed was not checked. After comparing it with what the operator publishes: \
         tiezheng trust fetch",
    );
    Ok(screen.aside(screen.paint(HEED, &format!("{text} {}", args.server.server)))?)
}
