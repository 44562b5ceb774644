//! `receipt`: fetches a deposit's receipt again, with the current proof; or derives the receipt of one item from a stored
//! manifest, offline.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::attesting::ReceiptAttestations;
use crate::cli::compose::read_number;
use crate::cli::config::Config;
use crate::cli::connect::{DEFAULT_SERVER, require_known_ledger};
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::manifest::item_receipt as manifest_item;
use crate::cli::output::{self, Replace};
use crate::cli::refresh;
use crate::cli::screen::{Screen, WARNING, write_text};
use crate::cli::terminal::escaped_name;
use crate::cli::user_trust::{AuthorityArgs, PolicyArgs, UserTrust};
use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::VerifierKey;
use crate::ledger::manifest::claim::{ItemClaim, ItemReceipt};
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::{Receipt, TlogProof};
use crate::ledger::verify::report::{Conclusion, Obstacle, SkipReason};
use crate::ledger::verify::trust::Trust;
use crate::ledger::verify::verifier::{PresentedEvidence, Question, verify};
use crate::ledger::verify::wording::{self, Language};
use crate::wire::item_receipt;
use crate::wire::receipt::{parse, print};

const EXAMPLES: &str = "\
Examples:
  tiezheng receipt 20261122-0K7M-X9QT-3D5W-C3 -o contract.pdf.tiezheng-receipt.json
  tiezheng receipt 20261122-0K7M-X9QT-3D5W-C3 --tlog-proof -o contract.tlog-proof
  tiezheng receipt --manifest recordings.tiezheng-manifest --item 0042.wav -o 0042.json
  tiezheng receipt contract.pdf --refresh             replace its receipt by the current one

--refresh takes a receipt or the evidence file beside it. The file is replaced only by a receipt
that verifies, is of the same record, and proves no less than before.

Printed with --json an item's receipt is laid out anew; only what -o writes, or what is
printed without --json, is its one spelling and verifies.
|
示例：
  tiezheng receipt 20261122-0K7M-X9QT-3D5W-C3 -o 合同.pdf.tiezheng-receipt.json
  tiezheng receipt 20261122-0K7M-X9QT-3D5W-C3 --tlog-proof -o contract.tlog-proof
  tiezheng receipt --manifest 录音.tiezheng-manifest --item 0042.wav -o 0042.json
  tiezheng receipt 合同.pdf --refresh             将其回执更新为当前回执

--refresh 后给出回执，或其旁的证据文件。新回执须核验通过、属于同一记录，且证明程度不低于原回执，才会替换原文件。

单项回执只有一种写法：请用 -o 写入文件，或不加 --json 输出。";

/// Fetch a deposit's receipt | 取回存证回执
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub struct ReceiptArgs {
    /// The deposit number; with --refresh, the receipt or the evidence file beside it | 存证编号；与 --refresh 同用时为回执，或其旁的证据文件
    #[arg(required_unless_present = "manifest")]
    number: Option<OsString>,
    /// Replace a receipt file by the current receipt, which may prove more | 将回执文件更新为当前回执
    #[arg(long, conflicts_with_all = ["manifest", "tlog_proof", "output"])]
    refresh: bool,
    /// Cut the receipt of one item out of this kept manifest, offline | 从所存清单中取出单项回执（离线）
    #[arg(long, value_name = "FILE", requires = "item", conflicts_with_all = ["number", "tlog_proof"])]
    manifest: Option<PathBuf>,
    /// The item's path, as the manifest has it | 清单中的路径
    #[arg(long, value_name = "PATH", requires = "manifest")]
    item: Option<String>,
    /// Omit the item's name | 回执中不写该项名称
    #[arg(long, requires = "manifest")]
    without_name: bool,
    /// As a file of c2sp.org/tlog-proof, for other people's tools | 输出 tlog-proof 格式
    #[arg(long)]
    tlog_proof: bool,
    /// Write it here instead of printing it; only an earlier receipt of the same deposit is replaced | 写入文件
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace an existing file | 覆盖已有文件
    #[arg(long, requires = "output")]
    force: bool,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    authorities: AuthorityArgs,
    /// Address of the node; default: <http://127.0.0.1:7654>, with --refresh the one pinned for the receipt's ledger | 节点地址；默认为本机节点，与 --refresh 同用时为该账本所固定的节点
    #[arg(long, alias = "node", value_name = "URL", env = "TIEZHENG_SERVER")]
    server: Option<String>,
}

impl ReceiptArgs {
    fn write(&self, path: &Path, text: &str, is_same: &dyn Fn(&str) -> bool) -> Result<(), CliError> {
        let replace = if self.force { Replace::Always } else { Replace::If(is_same) };
        output::write(path, text.as_bytes(), 0o644, replace)
    }
}

/// Whether two receipts agree in what never changes. A differing receipt proves that history was rewritten, so it is kept.
fn is_same_deposit(found: &Receipt, new: &Receipt) -> bool {
    (&found.entry, found.index, &found.header, &found.entry_path)
        == (&new.entry, new.index, &new.header, &new.entry_path)
}

/// Rejects a receipt that does not verify; prints what was not checked if the key is not pinned.
fn require_valid(
    receipt: &Receipt,
    item: Option<&ItemClaim>,
    number: Option<DepositNumber>,
    user: &UserTrust,
    screen: &Screen,
) -> anyhow::Result<()> {
    let (trust, attested) = (user.trust(), ReceiptAttestations::in_receipt(receipt, user, SkipReason::Offline));
    let (presented, attestations) = (PresentedEvidence::Nothing, attested.attestations());
    let report = verify(&Question { number, item, presented, attestations, ..Question::about(receipt, &trust) });
    match (report.conclusion, &report.obstacle) {
        (Conclusion::RecordOnly, _) => Ok(()),
        (_, Some(Obstacle::UnknownKey)) => {
            let text = screen
                .pick("账本密钥尚未固定，未核对由谁签名", "the ledger's key is not pinned: who signed was not checked");
            Ok(screen.aside(screen.paint(WARNING, text))?)
        }
        _ => {
            let say = |language| wording::conclusion(&report, language);
            let (zh, en) = (say(Language::Chinese), say(Language::English));
            Err(CliError::finding("receipt_does_not_hold", zh, en).into())
        }
    }
}

/// Derives and writes the receipt of an item.
fn cut_out(args: &ReceiptArgs, receipt: &ItemReceipt, user: &UserTrust, screen: &Screen) -> anyhow::Result<ExitStatus> {
    require_valid(&receipt.receipt, Some(&receipt.claim), None, user, screen)?;
    let text = item_receipt::print(receipt);
    if let Some(path) = &args.output {
        let is_same = |found: &str| {
            item_receipt::parse(found.as_bytes()).is_ok_and(|found| {
                is_same_deposit(&found.receipt, &receipt.receipt)
                    && (found.claim.line == receipt.claim.line && found.claim.index == receipt.claim.index)
            })
        };
        args.write(path, &text, &is_same)?;
        let item = args.item.as_deref().unwrap_or_default();
        screen.line(format!("{}  {}", escaped_name(item), path.display()))?;
        screen.document(&json!({ "item": item, "file": path.to_string_lossy() }))?;
    } else if screen.is_json() {
        screen.document(&serde_json::from_str::<Value>(&text)?)?;
    } else {
        write_text(&text)?;
    }
    Ok(ExitStatus::Good)
}

/// The keys that may have signed a proof of this receipt's entry: the pinned ones, and the one that signed the receipt.
fn keys_of(receipt: &Receipt, trust: &Trust) -> Vec<VerifierKey> {
    let Ok(checkpoint) = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()) else { return Vec::new() };
    let mut keys = trust.keys_of(&checkpoint.checkpoint().origin);
    let signed = trust.verify(&checkpoint, &receipt.key_notices).ok().map(|signature| signature.key);
    let signed = signed.filter(|key| !keys.contains(key));
    keys.extend(signed);
    keys
}

/// Runs it.
///
/// # Errors
///
/// A mistyped number, an unreachable node, a receipt that does not verify.
pub async fn run(args: &ReceiptArgs, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let user = UserTrust::load(&args.policy, config)?.with_authorities(&args.authorities)?;
    let trust = user.trust();
    if let (Some(manifest), Some(item)) = (&args.manifest, &args.item) {
        let receipt = manifest_item::make(manifest, item, !args.without_name)?;
        return cut_out(args, &receipt, &user, screen);
    }
    let given = args.number.as_deref().unwrap_or_default();
    if args.refresh {
        return refresh::run(Path::new(given), args.server.as_deref(), &user, config, screen).await;
    }
    let number = read_number(&given.to_string_lossy())?;
    let client = LedgerClient::new(args.server.as_deref().unwrap_or(DEFAULT_SERVER)).map_err(CliError::from)?;
    let answered = client.receipt(&number).await;
    if matches!(&answered, Err(ClientError::Problem { status: 404, .. })) {
        require_known_ledger(&client, &user, config, screen).await?;
    }
    let receipt = answered.map_err(CliError::from)?;
    require_valid(&receipt, None, Some(number), &user, screen)?;
    let text = if args.tlog_proof {
        let text = client.tlog_proof(&number).await.map_err(CliError::from)?;
        let keys = keys_of(&receipt, &trust);
        if let Err(error) = TlogProof::parse(&text).and_then(|proof| proof.proves(&receipt, &keys)) {
            let (what, reason) = (client.address().to_owned(), error.to_string());
            return Err(CliError::from(ClientError::Malformed { what, reason }).into());
        }
        text
    } else {
        print(&receipt)
    };
    if let Some(path) = &args.output {
        let is_same = |found: &str| {
            if args.tlog_proof {
                // First line, the entry itself, its position: the parts that never change.
                found.lines().take(3).eq(text.lines().take(3))
            } else {
                parse(found.as_bytes()).is_ok_and(|found| is_same_deposit(&found, &receipt))
            }
        };
        args.write(path, &text, &is_same)?;
        screen.line(format!("{number}  {}", path.display()))?;
        screen.document(&json!({ "deposit_number": number.to_string(), "file": path.to_string_lossy() }))?;
    } else if !screen.is_json() {
        write_text(&text)?;
    } else if args.tlog_proof {
        screen.document(&json!({ "deposit_number": number.to_string(), "tlog_proof": text }))?;
    } else {
        screen.document(&serde_json::from_str::<Value>(&text)?)?;
    }
    Ok(ExitStatus::Good)
}
