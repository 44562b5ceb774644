//! `lookup`: the chain facts of a deposit number, 查询. A look-up does not verify an original, and every answer says so.
//!
//! The facts are derived from the receipt, whose hashes, paths and signatures are checked here; all texts are those of this
//! program. Later links and earlier deposits are checked against their own receipts. Unverified claims of the node are labelled,
//! and a node that contradicts its own receipt is an error.

use serde_json::{Value, json};

use crate::cli::attesting::ReceiptAttestations;
use crate::cli::compose::read_number;
use crate::cli::config::Config;
use crate::cli::connect::{ServerArgs, require_known_ledger, warn_of_other_mode};
use crate::cli::exit::ExitStatus;
use crate::cli::record::{Record, fetch, history};
use crate::cli::screen::{BAD, Screen, WARNING};
use crate::cli::terminal::escaped;
use crate::cli::user_trust::{AuthorityArgs, PolicyArgs, UserTrust};
use crate::cli::{facts_table, history_table};
use crate::ledger::block::BlockHeader;
use crate::ledger::entry::Entry;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Facts;
use crate::ledger::statement::text::LinkKind;
use crate::ledger::verify::attestation::WitnessCheck;
use crate::ledger::verify::findings;
use crate::ledger::verify::history::History;
use crate::ledger::verify::report::{Conclusion, Obstacle, Report, Reservation, Step};
use crate::ledger::verify::verifier::{Question, RecordSource, verify};
use crate::ledger::verify::wording;
use crate::wire::attested::{PolicyOwner, ReportWitnessesJson, TrustedTimeJson};
use crate::wire::bilingual::Bilingual;
use crate::wire::facts::{DepositJson, SignerJson};
use crate::wire::report::steps;

const EXAMPLES: &str = "\
Example:
  tiezheng lookup 20261122-0K7M-X9QT-3D5W-C3

Lower case, spaces, full-width characters are forgiven; a mistyped number is found before
anything is looked up. A look-up compares no file: for that, tiezheng verify FILE --number
NUMBER.
|
示例：
  tiezheng lookup 20261122-0K7M-X9QT-3D5W-C3

小写、空格、全角字符均可识别；编号输错时不作查询。查询不等于核验：核验请用
tiezheng verify 文件 --number 存证编号。";

/// Look a deposit number up: the seven chain facts | 按存证编号查询区块链存证信息（仅查询，未核验原文）
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct LookupArgs {
    /// The deposit number | 存证编号
    number: String,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    authorities: AuthorityArgs,
    #[command(flatten)]
    server: ServerArgs,
}

/// Runs it.
///
/// # Errors
///
/// A mistyped number, an unreachable node.
pub async fn run(args: &LookupArgs, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let number = read_number(&args.number)?;
    let client = args.server.client()?;
    let user = UserTrust::load(&args.policy, config)?.with_authorities(&args.authorities)?;
    let trust = user.trust();
    let record = fetch(&client, &number).await?;
    let Some(record) = record else {
        require_known_ledger(&client, &user, config, screen).await?;
        let ending = not_found(screen, number)?;
        warn_of_other_mode(&client, number, screen).await?;
        return Ok(ending);
    };
    let history = history(&client, &record, &trust).await?;
    let attested = ReceiptAttestations::online(&record.receipt, &user, std::slice::from_ref(&client)).await;
    let question = Question {
        number: Some(number),
        source: RecordSource::Node,
        history: history.as_ref(),
        attestations: attested.attestations(),
        ..Question::about(&record.receipt, &trust)
    };
    let report = verify(&question);
    let key_known = report.obstacle != Some(Obstacle::UnknownKey);
    if !key_known {
        require_known_ledger(&client, &user, config, screen).await?;
    }
    let holds = report.conclusion == Conclusion::RecordOnly || !key_known;
    let proven = holds.then(|| VerifiedDeposit::of(&record, history)).flatten();
    let Some(proven) = proven.filter(|proven| proven.entry.number == number) else {
        return broken(screen, &report);
    };
    let differing = record.reported.as_ref().map(|reported| proven.differing(reported)).unwrap_or_default();
    screen.document(&proven.document(&report, &differing, key_known)?)?;
    proven.show(screen, &report)?;
    if !key_known {
        unknown_key(screen, args)?;
    }
    if differing.is_empty() {
        return Ok(ExitStatus::Good);
    }
    differs(screen, &differing)?;
    Ok(ExitStatus::Finding)
}

fn not_found(screen: &Screen, number: DepositNumber) -> anyhow::Result<ExitStatus> {
    let report = Report::not_found(Some(number));
    let conclusion = Bilingual::of(|language| wording::conclusion(&report, language));
    screen.document(&json!({ "status": "not_found", "deposit_number": number.to_string(), "notice": conclusion }))?;
    screen.line(format!("{number}  {}", screen.paint(BAD, conclusion.pick(screen.language()))))?;
    Ok(ExitStatus::Finding)
}

/// Reports an invalid receipt. No part of the answer is shown.
fn broken(screen: &Screen, report: &Report) -> anyhow::Result<ExitStatus> {
    let checks = json!({ "agrees_with_receipt": false, "steps": steps(report) });
    screen.document(&json!({ "status": report.conclusion.code(), "checked": checks }))?;
    let text = match report.conclusion {
        Conclusion::ChainFault => wording::conclusion(report, screen.language()),
        _ => screen
            .pick(
                "节点给出的回执不成立，或不属于所查编号，查询结果不可采信",
                "the node's receipt does not hold, or is of another number: do not rely on this node",
            )
            .to_owned(),
    };
    screen.aside(screen.paint(BAD, &text))?;
    Ok(ExitStatus::Finding)
}

/// Reports that the rest of the answer contradicts the valid receipt.
fn differs(screen: &Screen, fields: &[&str]) -> anyhow::Result<()> {
    let fields = fields.join(", ");
    let zh = format!("节点所述与其回执不符（{fields}），以上仅列出回执所证明的内容；请勿采信该节点");
    let en = format!(
        "what the node says differs from its own receipt ({fields}): shown is what the receipt proves; do not rely on this node"
    );
    Ok(screen.aside(screen.paint(BAD, screen.pick(&zh, &en)))?)
}

/// The facts that the receipt proves, and the checked history. Unverified claims are labelled.
struct VerifiedDeposit {
    entry: Entry,
    header: BlockHeader,
    history: History,
    /// The look-up as this program derives it.
    derived: DepositJson,
    /// The node's claim about the signer, since a receipt does not name the owner of a key.
    claimed_signer: Option<String>,
}

impl VerifiedDeposit {
    /// `None` if the receipt is malformed.
    fn of(record: &Record, history: Option<History>) -> Option<Self> {
        let (receipt, history) = (&record.receipt, history?);
        let entry = Entry::parse(receipt.entry.as_bytes()).ok()?;
        let header = BlockHeader::parse(receipt.header.as_bytes()).ok()?;
        let mut derived = DepositJson::of(receipt.index, &entry, &header, &history);
        let claimed_signer = record.reported.as_ref().map(|reported| reported.signed_by.code.clone());
        if claimed_signer.as_deref() == Some(SignerJson::platform().code.as_str()) {
            derived.signed_by = SignerJson::platform();
        }
        Some(Self { entry, header, history, derived, claimed_signer })
    }

    /// The fields in which the node's answer differs from its receipt. Texts are neither compared nor shown.
    fn differing(&self, reported: &DepositJson) -> Vec<&'static str> {
        let own = &self.derived;
        let links = |json: &DepositJson| -> Vec<_> {
            json.links.iter().map(|link| (link.kind.clone(), link.deposit_number.clone())).collect()
        };
        let fields = [
            ("status", own.status == reported.status),
            ("index", own.index == reported.index),
            ("facts", own.chain == reported.chain),
            ("size", own.size == reported.size),
            ("media_type", own.media_type == reported.media_type),
            ("on_behalf", own.on_behalf == reported.on_behalf),
            ("links", links(own) == links(reported)),
            ("test", own.test == reported.test),
        ];
        fields.into_iter().filter(|(_, agrees)| !agrees).map(|(name, _)| name).collect()
    }

    fn document(&self, report: &Report, differing: &[&str], key_known: bool) -> anyhow::Result<Value> {
        let mut document = serde_json::to_value(&self.derived)?;
        let checks = json!({
            "agrees_with_receipt": differing.is_empty(),
            "differing_fields": differing,
            "ledger_key_pinned": key_known,
            "claimed_by_node": ["signed_by", "earlier_deposits.total", "later_links.total", "references.total"],
            "steps": steps(report),
        });
        if let Value::Object(fields) = &mut document {
            fields.insert("checked".into(), checks);
            fields.insert("trusted_time".into(), serde_json::to_value(TrustedTimeJson::of(&report.time))?);
            fields.insert(
                "witnesses".into(),
                serde_json::to_value(ReportWitnessesJson::of(&report.witnesses, PolicyOwner::Verifier))?,
            );
        }
        Ok(document)
    }

    fn show(&self, screen: &Screen, report: &Report) -> anyhow::Result<()> {
        let own = &self.derived;
        let statement = self.entry.statement.statement();
        let mut rows = Vec::new();
        let mut row = |zh: &str, en: &str, value: String| rows.push(vec![screen.pick(zh, en).to_owned(), value]);
        row("状态", "status", own.status_text.pick(screen.language()).to_owned());
        if let Some(size) = own.size {
            row("字节数", "bytes", size.to_string());
        }
        if let Some(media_type) = &own.media_type {
            row("数据类型（存证人填写）", "type (in the depositor's words)", media_type.clone());
        }
        if statement.on_behalf.is_some() {
            let signed = report.steps.iter().find(|result| result.step == Step::DepositorSignature);
            let finding = signed.and_then(|result| findings::detail(result, screen.language()));
            row("签名", "signature", finding.unwrap_or_default());
        }
        for link in &statement.links {
            row("本存证", "this deposit", wording::own_link(link.kind, &link.number, screen.language()));
        }
        // The signer is a claim of the node. Without an account in the statement it does not matter.
        let usual = |code: &String| statement.on_behalf.is_none() && *code == SignerJson::depositor().code;
        if let Some(signer) = self.claimed_signer.as_ref().filter(|code| !usual(code)) {
            let known = [SignerJson::depositor(), SignerJson::platform()].into_iter().find(|one| one.code == *signer);
            let signer =
                known.map_or_else(|| escaped(signer).into_owned(), |one| one.text.pick(screen.language()).to_owned());
            row("签名人（节点自述，未核验）", "signer (claimed by the node, not verified)", signer);
        }
        rows.extend(history_table::rows(screen, &self.history));
        facts_table::show(screen, &Facts::of(&self.entry, &self.header), Some(&report.time))?;
        show_witnesses(screen, report)?;
        screen.line("")?;
        screen.table(&rows)?;
        screen.line("")?;
        self.print_warnings(screen)
    }

    /// Prints warnings for users who rely on the deposit.
    fn print_warnings(&self, screen: &Screen) -> anyhow::Result<()> {
        let said = |kinds: &[LinkKind]| self.history.owner_said(kinds);
        let reserved = [
            (Reservation::Withdrawn, said(&[LinkKind::Withdraws])),
            (Reservation::Superseded, said(&[LinkKind::Corrects, LinkKind::Replaces])),
            (Reservation::TestLedger, self.entry.number.is_test()),
        ];
        for (reservation, _) in reserved.into_iter().filter(|(_, is)| *is) {
            screen.line(screen.paint(WARNING, wording::reservation(reservation, screen.language())))?;
        }
        if !self.history.owner_links_are_known() {
            let text = screen.pick(
                "存证人其后的更正、撤回、替换、补充未能全部列出并核验，不得据此认为没有其他",
                "what its owner said later could not be listed and verified completely: there may be more than is shown",
            );
            screen.line(screen.paint(WARNING, text))?;
        }
        Ok(screen.line(screen.paint(WARNING, self.derived.notice.pick(screen.language())))?)
    }
}

/// Prints how many of the user's witnesses signed the checkpoint of the receipt.
fn show_witnesses(screen: &Screen, report: &Report) -> anyhow::Result<()> {
    let signatures = report.steps.iter().find(|result| result.step == Step::Signatures);
    match (&report.witnesses, signatures) {
        (WitnessCheck::Counted(quorum), Some(result)) if quorum.witnesses > 0 => {
            let detail = findings::detail(result, screen.language()).unwrap_or_default();
            Ok(screen.table(&[vec!["节点签名".into(), "signatures of nodes".into(), detail]])?)
        }
        _ => Ok(()),
    }
}

fn unknown_key(screen: &Screen, args: &LookupArgs) -> anyhow::Result<()> {
    let text = screen.pick(
        "账本密钥尚未固定，未核对由谁签名。请先从运营者公告取得密钥，核对后再固定：tiezheng trust fetch",
        "The ledger's key is not pinned, so who signed was not checked. After comparing it with what the operator publishes: \
         tiezheng trust fetch",
    );
    Ok(screen.aside(screen.paint(WARNING, &format!("{text} {}", args.server.server)))?)
}
