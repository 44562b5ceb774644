//! `receipt`: takes a deposit's receipt home once more, perhaps proven further than the first time.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::compose::read_number;
use crate::cli::config::Config;
use crate::cli::durable;
use crate::cli::ending::{Complaint, Ending};
use crate::cli::pinned::Pinned;
use crate::cli::reach::ServerArgs;
use crate::cli::screen::{HEED, Screen, raw};
use crate::client::transport::ClientError;
use crate::ledger::receipt::TLOG_PROOF_FIRST_LINE;
use crate::ledger::verify::report::{Conclusion, Obstacle};
use crate::ledger::verify::verifier::{Presented, Question, verify};
use crate::ledger::verify::wording::{self, Language};
use crate::wire::receipt::print;

const EXAMPLES: &str = "\
Examples | 示例:
  tiezheng receipt 20261122-0K7M-X9QT-3D5W-C3 -o contract.pdf.tiezheng-receipt.json
  tiezheng receipt 20261122-0K7M-X9QT-3D5W-C3 --tlog-proof -o contract.tlog-proof";

/// Fetch a deposit's receipt | 取回存证回执
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ReceiptArgs {
    /// The deposit number | 存证编号
    number: String,
    /// As a file of c2sp.org/tlog-proof, for other people's tools | 输出 tlog-proof 格式
    #[arg(long)]
    tlog_proof: bool,
    /// Write it here instead of printing it; what is there is replaced | 写入文件
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

/// Runs it.
///
/// # Errors
///
/// A mistyped number, an unreachable node, a receipt that does not hold.
pub async fn run(args: &ReceiptArgs, config: &Config, screen: &Screen) -> anyhow::Result<Ending> {
    let number = read_number(&args.number)?;
    let client = args.server.client()?;
    let trust = Pinned::load(&config.trust_policy())?.trust();
    let receipt = client.receipt(&number).await.map_err(Complaint::from)?;
    let presented = Presented::Nothing;
    let report = verify(&Question {
        number: Some(number),
        receipt: &receipt,
        item: None,
        presented,
        history: None,
        trust: &trust,
    });
    match (report.conclusion, &report.obstacle) {
        (Conclusion::RecordOnly, _) => {}
        (_, Some(Obstacle::UnknownKey)) => {
            let text = screen
                .pick("账本密钥尚未固定，未核对由谁签名", "the ledger's key is not pinned: who signed was not checked");
            screen.aside(screen.paint(HEED, text))?;
        }
        _ => {
            let say = |language| wording::conclusion(&report, language);
            let (zh, en) = (say(Language::Chinese), say(Language::English));
            return Err(Complaint::finding("receipt_does_not_hold", zh, en).into());
        }
    }
    let text = if args.tlog_proof {
        let proof = client.tlog_proof(&number).await.map_err(Complaint::from)?;
        if !proof.starts_with(TLOG_PROOF_FIRST_LINE) {
            let (what, reason) = (client.address().to_owned(), "not a tlog-proof".to_owned());
            return Err(Complaint::from(ClientError::Malformed { what, reason }).into());
        }
        proof
    } else {
        print(&receipt)
    };
    if let Some(path) = &args.output {
        durable::replace(path, text.as_bytes(), 0o644).map_err(|error| Complaint::io(path, &error))?;
        screen.line(format!("{number}  {}", path.display()))?;
        screen.document(&json!({ "deposit_number": number.to_string(), "file": path.to_string_lossy() }))?;
    } else if !screen.is_json() {
        raw(text.as_bytes())?;
    } else if args.tlog_proof {
        screen.document(&json!({ "deposit_number": number.to_string(), "tlog_proof": text }))?;
    } else {
        screen.document(&serde_json::from_str::<Value>(&text)?)?;
    }
    Ok(Ending::Good)
}
