//! `consistency`: whether a node's ledger now continues the one in an old receipt.
//!
//! The proof is verified here, and both checkpoints must be signed by keys that the user trusts. If the two contradict each
//! other, both are written to a file that proves it (`client::contradiction`).

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::attesting::{ReceiptAttestations, ledger_trust};
use crate::cli::config::Config;
use crate::cli::connect::{DEFAULT_SERVER, identify_ledger};
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::output::{self, Replace};
use crate::cli::record::read_record;
use crate::cli::screen::{BAD, GOOD, Screen};
use crate::cli::user_trust::{PolicyArgs, UserTrust};
use crate::client::comparison::{Comparison, compare};
use crate::client::contradiction::Contradiction;
use crate::client::ledger_client::LedgerClient;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::verify::report::{Conclusion, LedgerFault, Report, SkipReason};
use crate::ledger::verify::trust::LedgerTrust;
use crate::ledger::verify::verifier::{Question, verify};
use crate::ledger::verify::wording::{self, Language};
use crate::wire::bilingual::Bilingual;

const EXAMPLES: &str = "\
Examples:
  tiezheng consistency contract.pdf.tiezheng-receipt.json --server https://ledger.example.org
  tiezheng consistency old.json --out evidence.txt

Exit codes: 0 the node's ledger continues the one in the receipt; 1 it does not, or the node
cannot prove it; 2 not performed.
|
示例：
  tiezheng consistency 合同.pdf.tiezheng-receipt.json --server https://ledger.example.org
  tiezheng consistency 旧回执.json --out 证据.txt

退出码：0 节点现在的账本是回执所载账本的延续；1 不是，或节点不能证明；2 未能执行。";

/// Check whether a node's ledger continues the one in an old receipt | 核对节点现在的账本是否为旧回执所载账本的延续
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ConsistencyArgs {
    /// The old receipt | 旧回执
    #[arg(value_name = "FILE")]
    receipt: PathBuf,
    /// Where two contradicting checkpoints are written; default: a new file in this folder | 矛盾的两个检查点写入此文件；默认为当前文件夹中的新文件
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyArgs,
    /// Address of the node; default: the one pinned for the receipt's ledger, else <http://127.0.0.1:7654> | 节点地址；默认为该账本所固定的节点，否则为本机节点
    #[arg(long, alias = "node", value_name = "URL", env = "TIEZHENG_SERVER")]
    server: Option<String>,
}

/// The result of the comparison.
struct Outcome {
    held: SignedCheckpoint,
    shown: SignedCheckpoint,
    fault: Option<LedgerFault>,
    contradiction: Option<Contradiction>,
}

/// Runs it.
///
/// # Errors
///
/// The receipt does not verify, the node did not answer, or no trusted key signed its checkpoint.
pub async fn run(args: &ConsistencyArgs, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let user = UserTrust::load(&args.policy, config)?;
    let record = read_record(&args.receipt)?;
    let held = SignedCheckpoint::parse(record.receipt.checkpoint.as_bytes());
    let trust = user.trust();
    let attested = ReceiptAttestations::in_receipt(&record.receipt, &user, SkipReason::Offline);
    let (item, attestations) = (record.item.as_ref(), attested.attestations());
    let report = verify(&Question { item, attestations, ..Question::about(&record.receipt, &trust) });
    let (Conclusion::RecordOnly, Ok(held)) = (report.conclusion, held) else {
        return Err(not_verified(&args.receipt, &report).into());
    };
    let origin = held.checkpoint().origin.clone();
    let mut keys =
        ledger_trust(&record.receipt, &user).unwrap_or_else(|_| LedgerTrust::new(user.trust(), origin.clone()));
    let pinned = || user.url_of(origin.as_str());
    let server = args.server.as_deref().or_else(pinned).unwrap_or(DEFAULT_SERVER);
    let client = LedgerClient::new(server).map_err(CliError::from)?;
    let shown = client.checkpoint().await.map_err(CliError::from)?;
    // After a rotation, the node shows how its key follows from a trusted one.
    if keys.verify(&shown).is_err()
        && let Some((history, _)) = client.keys().await.ok().and_then(|shown| shown.proven())
    {
        keys.add_shown(history);
    }
    if keys.verify(&shown).is_err() {
        let identity = identify_ledger(&client).await?;
        user.require_unchanged(&identity.key, client.address(), config)?;
        return Err(of_another_ledger(&client, origin.as_str()).into());
    }
    let outcome = compared(&client, held, shown).await?;
    report_outcome(args, &outcome, &keys, &user, screen)
}

async fn compared(client: &LedgerClient, held: SignedCheckpoint, shown: SignedCheckpoint) -> Result<Outcome, CliError> {
    if shown.checkpoint().size < held.checkpoint().size {
        return Ok(Outcome { held, shown, fault: Some(LedgerFault::RolledBack), contradiction: None });
    }
    let (fault, contradiction) = match compare(client, &held, &shown).await? {
        Comparison::Consistent => (None, None),
        Comparison::Contradiction(found) => (Some(LedgerFault::Forked), Some(*found)),
        Comparison::NotProven => (Some(LedgerFault::NotContinued), None),
    };
    Ok(Outcome { held, shown, fault, contradiction })
}

fn report_outcome(
    args: &ConsistencyArgs,
    outcome: &Outcome,
    keys: &LedgerTrust,
    user: &UserTrust,
    screen: &Screen,
) -> anyhow::Result<ExitStatus> {
    let Outcome { held, shown, fault, contradiction } = outcome;
    let file = contradiction.as_ref().map(|found| write(args.out.as_deref(), found)).transpose()?;
    let fault_text = |fault: LedgerFault| Bilingual::of(|language| wording::ledger_fault(fault, language));
    screen.document(&json!({
        "ledger": held.checkpoint().origin.as_str(),
        "consistent": fault.is_none(),
        "fault": fault.map(|fault| json!({ "code": fault.code(), "text": fault_text(fault) })),
        "receipt": document(held, keys, user),
        "node": document(shown, keys, user),
        "contradiction_file": file.as_ref().map(|file| file.to_string_lossy()),
    }))?;
    let row = |zh: &str, en: &str, signed: &SignedCheckpoint| {
        let checkpoint = signed.checkpoint();
        vec![screen.pick(zh, en).to_owned(), checkpoint.size.to_string(), checkpoint.root.to_string()]
    };
    screen.line(format!("{}  {}", screen.pick("链标识", "ledger"), held.checkpoint().origin))?;
    screen.table(&[
        row("回执的检查点", "checkpoint of the receipt", held),
        row("节点现在的检查点", "checkpoint of the node now", shown),
    ])?;
    let Some(fault) = fault else {
        let text = screen.pick(
            "节点现在的账本是回执所载账本的延续，回执所载部分未被改动。",
            "The node's ledger continues the one in the receipt; the part that the receipt covers has not changed.",
        );
        screen.line(screen.paint(GOOD, text))?;
        return Ok(ExitStatus::Good);
    };
    screen.line(format!("{} ({})", screen.paint(BAD, fault_text(*fault).pick(screen.language())), fault.code()))?;
    match file {
        Some(file) => {
            let zh = format!(
                "两个相互矛盾的检查点已写入 {}，凭账本公钥即可用 tiezheng contradiction 核实。请一并保留旧回执。",
                file.display()
            );
            let en = format!(
                "The two contradicting checkpoints were written to {}: `tiezheng contradiction` verifies them with the ledger's public key. Keep the old \
                 receipt as well.",
                file.display()
            );
            screen.line(screen.pick(&zh, &en))?;
        }
        None => screen.line(screen.pick(
            "请保留旧回执，并请运营者给出两个检查点之间的一致性证明。",
            "Keep the old receipt, and ask the operator for a consistency proof between the two checkpoints.",
        ))?,
    }
    Ok(ExitStatus::Finding)
}

fn document(signed: &SignedCheckpoint, keys: &LedgerTrust, user: &UserTrust) -> Value {
    use crate::ledger::verify::attestation::WitnessCheck;
    let checkpoint = signed.checkpoint();
    let witnesses = match user.witnesses(signed) {
        WitnessCheck::Counted(quorum) => json!({
            "signed": quorum.cosignatures.len(),
            "witnesses": quorum.witnesses,
            "required": quorum.required,
            "quorum_reached": quorum.reached,
        }),
        WitnessCheck::Forged { witness } => json!({ "forged": witness.as_str() }),
        WitnessCheck::NoPolicy => Value::Null,
    };
    json!({
        "size": checkpoint.size.0,
        "root": checkpoint.root.to_string(),
        "key": keys.verify(signed).ok().map(|signature| signature.key.to_string()),
        "witnesses": witnesses,
        "checkpoint": signed.note().to_string(),
    })
}

/// Writes the contradiction; returns the file. An existing file is replaced only by the same content.
fn write(out: Option<&Path>, found: &Contradiction) -> Result<PathBuf, CliError> {
    let path = out.map_or_else(|| found.file_name().into(), Path::to_owned);
    let text = found.to_string();
    output::write(&path, text.as_bytes(), 0o644, Replace::If(&|old| old == text))?;
    Ok(path)
}

/// The old receipt does not verify, so that nothing can be compared with it.
fn not_verified(path: &Path, report: &Report) -> CliError {
    let conclusion = |language| wording::conclusion(report, language);
    let code = report.obstacle.as_ref().map_or("receipt_does_not_hold", |obstacle| obstacle.code());
    let zh = format!("{}：{}", path.display(), conclusion(Language::Chinese));
    let en = format!("{}: {}", path.display(), conclusion(Language::English));
    CliError::unable(code, zh, en)
}

fn of_another_ledger(client: &LedgerClient, origin: &str) -> CliError {
    let address = client.address();
    let zh =
        format!("{address} 的检查点不是账本 {origin} 的，或不是由受信任的密钥签名。请用 --server 指定该账本的节点");
    let en = format!(
        "the checkpoint at {address} is not of the ledger {origin}, or no trusted key signed it. Name a node of that ledger with \
         --server"
    );
    CliError::unable("other_ledger", zh, en)
}
