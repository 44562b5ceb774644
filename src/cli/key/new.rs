//! `key new`: generates a depositor's key for a case, or a ledger key.

use std::io;
use std::path::PathBuf;

use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::case_key::{self, DEFAULT_CASE, random_bytes};
use crate::cli::config::Config;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::output::{self, Replace};
use crate::cli::screen::Screen;
use crate::ledger::key::{Name, Signer, VerifierKey};

const EXAMPLES: &str = "\
Examples:
  tiezheng key new --case \"(2026) 0192-1\"
  tiezheng key new --ledger example.org/ledger --out ledger.key

`deposit` and `serve` make their keys by themselves; this is for making them elsewhere or
beforehand.
|
示例：
  tiezheng key new --case \"(2026) 0192-1\"
  tiezheng key new --ledger example.org/ledger --out ledger.key

deposit 与 serve 会自行生成密钥；本命令用于在别处或事先生成。";

/// Generate a key: a depositor's for a case, or a ledger's | 生成密钥
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct NewArgs {
    /// The case that the key is for | 案件名
    #[arg(long, value_name = "NAME", conflicts_with = "ledger")]
    case: Option<String>,
    /// Generate a ledger key of this origin | 账本标识
    #[arg(long, value_name = "ORIGIN", requires = "out")]
    ledger: Option<String>,
    /// The new file for the ledger key | 账本密钥文件
    #[arg(long, value_name = "FILE", requires = "ledger", conflicts_with = "case")]
    out: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
///
/// [`CliError`]: an invalid name, or a file that exists.
pub fn run(args: &NewArgs, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let (key, path, is_new) = if let (Some(origin), Some(out)) = (&args.ledger, &args.out) {
        let signer = of_ledger(origin)?;
        let text = Zeroizing::new(format!("{}\n", *signer.to_private_text()));
        output::write(out, text.as_bytes(), 0o600, Replace::Never)?;
        (signer.verifier().clone(), out.clone(), true)
    } else {
        let key = case_key::open(config, args.case.as_deref().unwrap_or(DEFAULT_CASE))?;
        (key.signer.verifier().clone(), key.path, key.is_new)
    };
    screen.document(&json!({ "key": key.to_string(), "file": path.to_string_lossy(), "new": is_new }))?;
    show(screen, &key, &path.display().to_string(), is_new)?;
    Ok(ExitStatus::Good)
}

/// A new ledger key.
///
/// # Errors
///
/// [`CliError`]: an invalid origin, or no randomness.
pub fn of_ledger(origin: &str) -> Result<Signer, CliError> {
    let name = Name::parse(origin).ok_or_else(|| {
        let en = format!("`{origin}` is no origin: no spaces, no `+`, at most 255 bytes; as in example.org/ledger");
        CliError::usage("bad_origin", format!("“{origin}”不是账本标识：不含空格与加号，不超过 255 字节"), en)
    })?;
    let seed = Zeroizing::new(random_bytes::<32>()?);
    Signer::new(name, &seed)
        .ok_or_else(|| CliError::unable("weak_key", "生成的密钥过弱，请重试", "the key made is weak; try again"))
}

fn show(screen: &Screen, key: &VerifierKey, path: &str, is_new: bool) -> io::Result<()> {
    let word = if is_new { screen.pick("已生成", "made") } else { screen.pick("此前已有", "there already") };
    screen.table(&[
        vec![screen.pick("私钥文件", "private key").to_owned(), format!("{path} ({word})")],
        vec![screen.pick("公钥", "public key").to_owned(), key.to_string()],
    ])
}
