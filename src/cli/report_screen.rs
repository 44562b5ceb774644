//! Prints a verification report, 核验报告: steps, conclusion, reservations, and the limits of any report.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::screen::{BAD, FAINT, GOOD, HEADING, Screen, WARNING};
use crate::cli::terminal::escaped_name;
use crate::cli::{facts_table, report_contents};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::content::{FileDigests, HashAlgorithm};
use crate::ledger::time::Timestamp;
use crate::ledger::verify::attestation::MemberKind;
use crate::ledger::verify::report::{Conclusion, Obstacle, Outcome, Report, SkipReason, Step, StepResult};
use crate::ledger::verify::{findings, wording};
use crate::wire::report::{ReportContext, ReportJson, ReportNodeJson, VerifierJson};
use crate::wire::report_contents::{InstitutionJson, ReportSubject};

/// A report and the verified object.
#[derive(Debug)]
pub struct ReportView<'a> {
    /// The report.
    pub report: &'a Report,
    /// The file.
    pub file: Option<&'a Path>,
    /// Its digests.
    pub measured: Option<FileDigests>,
    /// Time of the report.
    pub at: Timestamp,
    /// The node that was queried.
    pub node: &'a ReportNodeJson,
    /// Whether it is one item of a manifest: the deposit itself has no digest of it.
    pub is_item: bool,
    /// The signer that the receipt names; not verified.
    pub signed: Option<SignedBy>,
    /// The operator, as the node states it.
    pub institution: InstitutionJson,
    /// Whether the points of the law are printed.
    pub articles: bool,
}

/// The ledger and the key that a receipt names as its signer: nothing of it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBy {
    /// The ledger's origin.
    pub ledger: String,
    /// The key's id, 8 hex digits.
    pub key: String,
}

impl SignedBy {
    /// Read from the receipt's checkpoint; `None` where that is none.
    #[must_use]
    pub fn of(receipt: &Receipt) -> Option<Self> {
        let checkpoint = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).ok()?;
        let origin = &checkpoint.checkpoint().origin;
        let signature = checkpoint.note().signatures().iter().find(|signature| signature.name == *origin)?;
        Some(Self { ledger: origin.to_string(), key: hex::encode(signature.id) })
    }
}

/// Shows it, for people or machines.
///
/// # Errors
///
/// Standard output cannot be written.
pub fn show(screen: &Screen, verified: &ReportView<'_>) -> anyhow::Result<()> {
    let document = document(verified)?;
    screen.document(&document)?;
    let report = verified.report;
    let title = screen.pick("核验报告", "核验报告 Verification report");
    let title = format!("{title}  ·  tiezheng {}", env!("CARGO_PKG_VERSION"));
    screen.line(screen.paint(HEADING, &title))?;
    object(screen, verified)?;
    if let Some(facts) = &report.facts {
        facts_table::show(screen, facts, Some(&report.time))?;
    }
    screen.line("")?;
    let rows: Vec<_> = report.steps.iter().flat_map(|result| step_rows(screen, result)).collect();
    screen.table(&rows)?;
    screen.line("")?;
    let style = match report.conclusion {
        Conclusion::Consistent => GOOD,
        Conclusion::ConsistentWithReservation | Conclusion::RecordOnly | Conclusion::Unable => WARNING,
        _ => BAD,
    };
    let conclusion = wording::conclusion(report, screen.language());
    screen.line(screen.paint(style, &format!("{}{conclusion}", screen.pick("结论：", "Conclusion: "))))?;
    report_contents::show(screen, &document, verified.articles)?;
    if let Some(fault) = report.fault {
        let text = wording::ledger_fault(fault, screen.language());
        screen.line(format!("  {} ({})", screen.paint(BAD, text), fault.code()))?;
    }
    for reservation in &report.reservations {
        let text = wording::reservation(*reservation, screen.language());
        screen.line(format!("  {}{text} ({})", screen.pick("保留：", "reservation: "), reservation.code()))?;
    }
    if report.obstacle == Some(Obstacle::UnknownKey) {
        unknown_key(screen, verified.signed.as_ref())?;
    }
    if report.obstacle == Some(Obstacle::NoSalt) {
        let text = screen.pick(
            "请将存证时生成的声明文件（….tiezheng-statement）放在文件旁，或以 --salt 给出盐值",
            "Put the statement that the deposit wrote (….tiezheng-statement) beside the file, or give the salt with --salt",
        );
        screen.line(format!("  {text}"))?;
    }
    later_history(screen, verified)?;
    Ok(screen.line(screen.paint(FAINT, wording::limits(screen.language())))?)
}

fn object(screen: &Screen, verified: &ReportView<'_>) -> anyhow::Result<()> {
    let verifier = VerifierJson::command_line();
    let verifier = screen.pick(&verifier.zh, &verifier.en).to_owned();
    let at = format!("{} {}", verified.at.beijing(), screen.pick("北京时间", "Beijing time"));
    let node = verified.node.text.pick(screen.language()).to_owned();
    let mut rows = vec![
        vec![screen.pick("核验时间", "verified at").to_owned(), at],
        vec![screen.pick("核验人", "verifier").to_owned(), verifier],
        vec![screen.pick("节点", "node").to_owned(), node],
    ];
    if let Some(file) = verified.file {
        rows.push(vec![
            screen.pick("提交核验的文件", "file presented").to_owned(),
            escaped_name(&file.to_string_lossy()),
        ]);
    }
    if let Some(measured) = verified.measured {
        rows.push(vec![screen.pick("字节数", "bytes").to_owned(), measured.size.to_string()]);
    }
    Ok(screen.table(&rows)?)
}

/// Prints why later history is unknown, and how to query it.
fn later_history(screen: &Screen, verified: &ReportView<'_>) -> anyhow::Result<()> {
    let report = verified.report;
    let later = report.steps.iter().find(|result| result.step == Step::LaterLinks);
    let Some(Outcome::NotPerformed(why @ (SkipReason::Offline | SkipReason::Unreachable | SkipReason::OtherLedger))) =
        later.map(|result| result.outcome)
    else {
        return Ok(());
    };
    let Some(number) = report.number.filter(|_| report.conclusion != Conclusion::Unable) else { return Ok(()) };
    let why = wording::skipped(why, screen.language());
    // A digest of an item is in no deposit of its own.
    let command = if verified.is_item {
        format!("tiezheng lookup {number}")
    } else {
        format!("tiezheng verify {} --number {number}", screen.pick("文件", "FILE"))
    };
    let zh = format!("{why}，存证之后的更正、撤回未予查明；可向账本查询：{command}");
    let en = format!("{why}: later corrections and withdrawals are unknown. To ask the ledger: {command}");
    Ok(screen.line(screen.paint(FAINT, screen.pick(&zh, &en)))?)
}

/// Prints which key signed the receipt, and how to get it.
fn unknown_key(screen: &Screen, signed: Option<&SignedBy>) -> anyhow::Result<()> {
    let (zh, en) = match signed {
        Some(SignedBy { ledger, key }) => (
            format!("此回执由账本 {ledger} 的密钥 {key} 签名。"),
            format!("This receipt is signed by the key {key} of the ledger {ledger}. "),
        ),
        None => (String::new(), String::new()),
    };
    let zh = format!(
        "{zh}请从运营者公告取得该密钥（形如 名称+编号+base64），核对后运行：tiezheng trust add '密钥'，或在本命令加 --key '密钥'"
    );
    let en = format!(
        "{en}Get that key (name+id+base64) from what the operator publishes and compare it; then: tiezheng trust add 'VKEY', or \
         add --key 'VKEY' here"
    );
    Ok(screen.line(format!("  {}", screen.pick(&zh, &en)))?)
}

/// The step's row, followed by its values that are not part of the outcome.
fn step_rows(screen: &Screen, result: &StepResult) -> Vec<Vec<String>> {
    let StepResult { step, outcome, values, .. } = result;
    let style = match outcome {
        Outcome::Passed => GOOD,
        Outcome::Failed => BAD,
        Outcome::Checked => WARNING,
        Outcome::NotPerformed(_) | Outcome::NotApplicable(_) => FAINT,
    };
    let mut word = screen.paint(style, wording::outcome(*outcome, screen.language()));
    if let Some(detail) = findings::detail(result, screen.language()) {
        // "已查：已被撤回（编号）"; for the other outcomes the reason or the comparison in brackets.
        word = match outcome {
            Outcome::Checked => format!("{word}{}{detail}", screen.pick("：", ": ")),
            _ => format!("{word}{}", screen.pick(&format!("（{detail}）"), &format!(" ({detail})"))),
        };
    }
    let label = wording::step(*step, screen.language()).to_owned();
    let mut rows = vec![vec![format!("{:>2}", step.number()), label, word]];
    let telling = matches!(
        step,
        Step::TxId
            | Step::OriginalDigest
            | Step::Signatures
            | Step::Witnesses
            | Step::TimeToken
            | Step::LaterLinks
            | Step::EarlierDeposits
    );
    if telling || *outcome == Outcome::Failed {
        let value = |(name, value): &(&'static str, String)| {
            let value = value_text(screen, name, value);
            vec![String::new(), String::new(), format!("{}: {value}", value_label(screen, name))]
        };
        rows.extend(values.iter().map(value));
    }
    rows
}

fn value_text(screen: &Screen, name: &str, value: &str) -> String {
    // An untrusted name may be equal to one of these words.
    if name == "item_name" {
        return escaped_name(value);
    }
    match name {
        "witness" => return witness_text(screen, value),
        "time_token" | "not_contained_at" => return token_text(screen, value),
        "not_later_than" => return beijing(screen, value),
        _ => {}
    }
    match (value, value.strip_prefix("size ")) {
        ("equal", _) => screen.pick("相同", "equal").to_owned(),
        ("different", _) => screen.pick("不同", "different").to_owned(),
        ("incomplete", _) => screen.pick("不完整", "incomplete").to_owned(),
        (_, Some(size)) => format!("{} {size}", screen.pick("字节数", "size")),
        _ => value.to_owned(),
    }
}

/// A witness as the report's values contain it: name, time, kind and organisation.
fn witness_text(screen: &Screen, value: &str) -> String {
    let mut parts = value.splitn(4, ' ');
    let (name, time) = (parts.next().unwrap_or_default(), beijing(screen, parts.next().unwrap_or_default()));
    let kind = parts.next().and_then(MemberKind::parse).map(|kind| wording::member_kind(kind, screen.language()));
    if let (Some(kind), Some(organisation)) = (kind, parts.next().map(escaped_name)) {
        let zh = format!("{organisation}（{kind}），{name}，{time}");
        let en = format!("{organisation} ({kind}), {name}, {time}");
        return screen.pick(&zh, &en).to_owned();
    }
    let unnamed = screen.pick("所属机构未指明", "organisation not named");
    format!("{name}{}{time}", screen.pick(&format!("（{unnamed}），"), &format!(" ({unnamed}), ")))
}

/// A timestamp as the report's values contain it: time and authority.
fn token_text(screen: &Screen, value: &str) -> String {
    let (time, authority) = value.split_once(' ').unwrap_or((value, ""));
    let (time, authority) = (beijing(screen, time), escaped_name(authority));
    screen.pick(&format!("{time}，{authority}"), &format!("{time}, {authority}")).to_owned()
}

fn beijing(screen: &Screen, time: &str) -> String {
    let zone = screen.pick("北京时间", "Beijing time");
    Timestamp::parse(time).map_or_else(|| time.to_owned(), |time| format!("{} {zone}", time.beijing()))
}

fn value_label(screen: &Screen, name: &'static str) -> &'static str {
    match name {
        "recorded" => screen.pick("记载", "recorded"),
        "presented" => screen.pick("提交", "presented"),
        "digest" => screen.pick("摘要", "digest"),
        "key" => screen.pick("密钥", "key"),
        "key_since" => screen.pick("该密钥启用于叶", "key in force from leaf"),
        "key_replaced_at" => screen.pick("该密钥被更换于叶", "key replaced at leaf"),
        "previous_key" => screen.pick("前一密钥亦已签名", "previous key, which signed as well"),
        "retired_key" => screen.pick("仅有已更换的密钥签名", "signed only by a key that had been replaced"),
        "key_fault" => screen.pick("账本密钥的变更记录或签名不成立", "key notices or signature do not hold"),
        "signatures" => screen.pick("账本签名数/要求数", "ledger signatures/required"),
        "witnesses" => screen.pick("见证签名数/见证节点数", "witnesses that signed/all"),
        "required" => screen.pick("要求的见证签名数", "witnesses required"),
        "witness" => screen.pick("见证节点", "witness"),
        "witness_size" => screen.pick("其检查点的记录数", "records of its checkpoint"),
        "forged_cosignature" => screen.pick("签名验证不通过的见证节点", "signature does not verify, in the name of"),
        "time_token" => screen.pick("可信时间戳", "timestamp"),
        "time_token_fault" => screen.pick("时间戳不成立", "the timestamp does not hold"),
        "not_later_than" => screen.pick("可信时间（不晚于）", "trusted time (no later than)"),
        "not_contained_at" => {
            screen.pick("不含本存证的最近检查点的时间戳", "timestamp of the newest checkpoint without the deposit")
        }
        "tx_id" => screen.pick("复算的交易id", "recomputed transaction id"),
        "references" => screen.pick("被提及次数", "times referred to"),
        "references_at_least" => screen.pick("被提及次数（至少）", "times referred to, at least"),
        "earlier" => screen.pick("更早存证次数", "earlier deposits"),
        "earlier_at_least" => screen.pick("更早存证次数（至少）", "earlier deposits, at least"),
        "history" => screen.pick("历史", "history"),
        "unverified_claim" => screen.pick("节点所称（未核对）", "claimed by the node, not checked"),
        "invalid_claim" => screen.pick("节点所称（不成立）", "claimed by the node, invalid"),
        "item" => screen.pick("清单第几项", "item of the manifest"),
        "items" => screen.pick("清单项数", "items of the manifest"),
        "item_name" => screen.pick("清单所载名称", "name in the manifest"),
        "item_fault" => screen.pick("清单项不成立", "the item does not hold"),
        "deposit_number" => screen.pick("存证编号", "deposit number"),
        "corrects" => screen.pick("被更正", "corrected by"),
        "replaces" => screen.pick("被替换", "replaced by"),
        "supplements" => screen.pick("被补充", "supplemented by"),
        "withdraws" => screen.pick("被撤回", "withdrawn by"),
        "withdrawn_link" => screen.pick("已被撤回的在后声明", "later link, withdrawn in turn"),
        "withdrawn_link_by" => screen.pick("由该存证撤回", "withdrawn in turn by"),
        "unchecked_link" => screen.pick("其后是否被撤回未核对", "not checked for a withdrawal in turn"),
        "refers" => screen.pick("被提及", "referred to by"),
        _ => name,
    }
}

fn document(verified: &ReportView<'_>) -> anyhow::Result<Value> {
    let context = ReportContext::new(verified.at, VerifierJson::command_line(), verified.node.clone());
    let subject = ReportSubject { institution: verified.institution.clone(), ..ReportSubject::default() };
    let mut document = serde_json::to_value(ReportJson::about(verified.report, context, subject))?;
    if let Value::Object(fields) = &mut document {
        fields.insert("offline".into(), verified.node.offline.into());
        if let Some(file) = verified.file {
            let digests = verified.measured.map(|measured| {
                HashAlgorithm::ALL.map(|algorithm| {
                    json!({
                        "algorithm": algorithm.name(),
                        "value": measured.digest(algorithm).to_string(),
                    })
                })
            });
            let size = verified.measured.map(|measured| measured.size);
            fields.insert("file".into(), json!({ "name": file.to_string_lossy(), "size": size, "digests": digests }));
        }
    }
    Ok(document)
}
