//! `statement`: makes and prints a signed statement without sending it, for users who send it themselves.

use std::path::PathBuf;

use serde_json::json;

use crate::cli::case_key;
use crate::cli::compose::{Details, StatementArgs};
use crate::cli::config::Config;
use crate::cli::connect::{ServerArgs, identify_and_pin};
use crate::cli::digest::content;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::output::{self, Replace, must_be_new};
use crate::cli::progress::Progress;
use crate::cli::screen::{Screen, WARNING, write_text};
use crate::ledger::key::Name;
use crate::wire::json;

const EXAMPLES: &str = "\
Examples:
  tiezheng statement contract.pdf --no-private                      the signed note
  tiezheng statement contract.pdf --request | curl --json @- http://127.0.0.1:7654/v1/deposits

Keep what was printed: the very same statement always gets the same receipt, another one
another number.
|
示例：
  tiezheng statement 合同.pdf --no-private                      已签名的声明
  tiezheng statement 合同.pdf --request | curl --json @- http://127.0.0.1:7654/v1/deposits

请保存输出内容：同一份声明总是得到同一份回执，另一份声明则得到另一编号。";

/// Print a signed statement on a file, for curl | 输出已签名的声明，供自行提交
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct MakeStatementArgs {
    /// The file | 文件
    file: PathBuf,
    /// Print the whole request, ready to be posted, instead of the note alone | 输出完整的请求
    #[arg(long)]
    request: bool,
    /// Write the private metadata and its salt into this new file | 非公开信息写入此文件
    #[arg(long, value_name = "FILE")]
    private_out: Option<PathBuf>,
    /// The ledger it is for; default: the one that --server is | 账本标识
    #[arg(long, value_name = "ORIGIN")]
    ledger: Option<String>,
    #[command(flatten)]
    statement: StatementArgs,
    #[command(flatten)]
    server: ServerArgs,
}

/// Runs it.
///
/// # Errors
///
/// Usage, an unreadable file, an unreachable node.
pub async fn run(args: &MakeStatementArgs, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let kept = args.request || args.private_out.is_some() || screen.is_json() || args.statement.no_private;
    if !kept {
        let en = "the private metadata would be lost: add --request, --private-out FILE, --json or --no-private";
        let zh = "非公开信息将会丢失：请加 --request、--private-out 文件、--json 或 --no-private";
        return Err(CliError::usage("private_lost", zh, en).into());
    }
    let details = Details::read(&args.statement)?;
    // Before the file is hashed.
    args.private_out.as_deref().map_or(Ok(()), must_be_new)?;
    let ledger = match &args.ledger {
        Some(text) => Name::parse(text).ok_or_else(|| {
            CliError::usage("bad_origin", format!("“{text}”不是账本标识"), format!("`{text}` is no origin"))
        })?,
        None => identify_and_pin(&args.server.client()?, config, screen).await?.0.key.name().clone(),
    };
    let key = case_key::open(config, details.case())?;
    if key.is_new {
        let text = screen.pick("已为此案件生成密钥，请妥善保存：", "A key was made for this case; keep it safe: ");
        screen.aside(format!("{text}{}", key.path.display()))?;
    }
    let salt = details.salt()?;
    let size = std::fs::metadata(&args.file).map_err(|error| CliError::io(&args.file, &error))?.len();
    let progress = Progress::of_bytes(screen, size);
    let hashed = content(&args.file, salt.as_ref(), details.digests(), &|bytes| progress.add(bytes));
    let hashed = hashed.map_err(CliError::from)?;
    if hashed.size == 0 {
        let en = format!("{}: an empty file; the digest of nothing proves nothing", args.file.display());
        return Err(CliError::unable("empty_file", format!("{}：空文件", args.file.display()), en).into());
    }
    let statement_file = details.compose(&ledger, &args.file, hashed.content, salt.as_ref(), &key.signer)?;
    let request = statement_file.request();
    if let (Some(path), Some(private)) = (&args.private_out, &request.private) {
        output::write(path, json::pretty(private).as_bytes(), 0o600, Replace::Never)?;
    }
    if let Some(salt) = salt {
        let text = screen.pick("盐值（遗失后无法核验）：", "The salt; without it nobody can verify the file: ");
        screen.aside(screen.paint(WARNING, &format!("{text}{}", hex::encode(salt))))?;
    }
    screen.document(&json!({
        "statement": request.statement,
        "statement_id": statement_file.note().map(|note| note.id().to_string()),
        "private": request.private,
        "salt": salt.map(hex::encode),
    }))?;
    if !screen.is_json() {
        let text = if args.request { json::line(&request) } else { request.statement };
        write_text(&text)?;
    }
    Ok(ExitStatus::Good)
}
