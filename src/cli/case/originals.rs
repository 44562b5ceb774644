//! The commands for deposits by token, originals in custody, and holds.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::case::connection::{CourtConnection, encoded, object, text};
use crate::cli::compose::{own_name, read_number};
use crate::cli::digest::measure;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::input;
use crate::cli::output::must_be_new;
use crate::cli::progress::Progress;
use crate::cli::screen::GOOD;
use crate::files::regular;

/// Deposit a file's digests by token: the platform signs on behalf of the account | 以令牌存证（平台代为签名）
#[derive(Debug, Clone, clap::Args)]
pub struct DepositByTokenArgs {
    /// The file | 文件
    file: PathBuf,
    /// Name of the evidence (证据名称), kept off the chain; default: the file's name | 证据名称（不上链）
    #[arg(long)]
    name: Option<String>,
    /// Kind (证据规定 art. 14): web-publishing, messages, logs, files, other | 证据类型
    #[arg(long, value_name = "WORD")]
    class: Option<String>,
    /// A JSON file with the six headings of 在线诉讼规则 art. 18: source, generation, storage, … | 来源说明的 JSON 文件
    #[arg(long, value_name = "FILE")]
    provenance: Option<PathBuf>,
    /// Give the original into custody too | 同时提交原文保管
    #[arg(long)]
    custody: bool,
}

/// The case and the content whose erasure is suspended.
#[derive(Debug, Clone, clap::Args)]
#[command(group(clap::ArgGroup::new("content").args(["deposit", "account"]).required(true)))]
struct ContentArgs {
    /// The case | 案件
    case: String,
    /// A deposit that is an item of the case | 本案证据的存证编号
    #[arg(long, value_name = "NUMBER")]
    deposit: Option<String>,
    /// An account that takes part in the case | 参与本案的账号
    #[arg(long, value_name = "ID")]
    account: Option<String>,
}

/// Suspend the erasure of private content until the court releases it; for court staff | 暂停删除非公开信息
#[derive(Debug, Clone, clap::Args)]
pub struct HoldArgs {
    #[command(flatten)]
    content: ContentArgs,
    /// Why, kept off the chain; shown to all who see the case | 理由（不上链，案件参与人可见）
    #[arg(long)]
    reason: String,
}

/// End a hold, so that its owner can erase the content again | 解除暂停删除
#[derive(Debug, Clone, clap::Args)]
pub struct ReleaseArgs {
    #[command(flatten)]
    content: ContentArgs,
    /// Why, kept off the chain | 理由（不上链）
    #[arg(long)]
    reason: Option<String>,
}

/// Suspends an erasure.
///
/// # Errors
///
/// [`CliError`]; a mistyped number is found before anything is sent.
pub async fn hold(args: &HoldArgs, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    act_on_content("hold", &args.content, Some(args.reason.as_str()), connection).await
}

/// Ends a hold.
///
/// # Errors
///
/// As [`hold`].
pub async fn release(args: &ReleaseArgs, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    act_on_content("release", &args.content, args.reason.as_deref(), connection).await
}

async fn act_on_content(
    act: &str,
    content: &ContentArgs,
    reason: Option<&str>,
    connection: &CourtConnection<'_>,
) -> anyhow::Result<ExitStatus> {
    let number = content.deposit.as_deref().map(read_number).transpose()?;
    let body = object([
        ("act", Some(json!(act))),
        ("deposit_number", number.map(|number| json!(number.to_string()))),
        ("account", content.account.as_ref().map(|account| json!(account))),
        ("reason", reason.map(|reason| json!(reason))),
    ]);
    connection.act(&format!("/v1/cases/{}/acts", encoded(&content.case)), &body).await?;
    Ok(ExitStatus::Good)
}

/// Deposits by token.
///
/// # Errors
///
/// [`CliError`].
pub async fn deposit(args: &DepositByTokenArgs, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    // Checked before the file is hashed, which may take minutes.
    let provenance = args.provenance.as_deref().map(input::json).transpose()?;
    let size = fs::metadata(&args.file).map_err(|error| CliError::io(&args.file, &error))?.len();
    let progress = Progress::of_bytes(connection.screen, size);
    let measured = measure(&args.file, None, &|read| progress.add(read)).map_err(CliError::from)?;
    drop(progress);
    let name = match &args.name {
        Some(name) => name.clone(),
        None => own_name(&args.file).map_err(|error| CliError::io(&args.file, &error))?,
    };
    let body = object([
        ("sha_256", Some(json!(measured.sha256.to_string()))),
        ("sm3", Some(json!(measured.sm3.to_string()))),
        ("size", Some(json!(measured.size))),
        ("name", Some(json!(name))),
        ("evidence_class", args.class.as_ref().map(|class| json!(class))),
        ("provenance", provenance),
    ]);
    let answer = connection.post("/v1/entrusted-deposits", &body).await?;
    let number = text(&answer, "/deposit_number").unwrap_or_default();
    connection.screen.document(&answer)?;
    let screen = connection.screen;
    screen.line(format!("{} {number}", screen.paint(GOOD, screen.pick("存证成功，存证编号", "deposited, number"))))?;
    screen.line(format!(
        "  {}",
        screen
            .pick("平台代为签名；请妥善保管原文", "signed by the platform on your behalf; keep the original unchanged")
    ))?;
    connection.print_warnings(&answer)?;
    if args.custody {
        put(&number, &args.file, None, connection).await?;
    }
    Ok(ExitStatus::Good)
}

/// Gives an original into custody: one's own, or a document of `case`.
///
/// # Errors
///
/// [`CliError`].
pub async fn put(
    number: &str,
    file: &Path,
    case: Option<&str>,
    connection: &CourtConnection<'_>,
) -> anyhow::Result<ExitStatus> {
    let number = read_number(number)?;
    let opened = open_original(file)?;
    let headers = [("idempotency-key", connection.request_key()?)];
    let path = format!("/v1/deposits/{number}/original{}", in_case(case));
    let answer = connection.client.send_file(true, &path, opened, &headers).await.map_err(CliError::from)?;
    connection.print_act(&answer)?;
    Ok(ExitStatus::Good)
}

/// The query that names a case.
fn in_case(case: Option<&str>) -> String {
    case.map(|case| format!("?case={}", encoded(case))).unwrap_or_default()
}

/// Prints the documents of a case that the account may read.
///
/// # Errors
///
/// [`CliError`].
pub async fn documents(case: &str, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let answer = connection.pages(&format!("/v1/cases/{}/documents", encoded(case)), None).await?;
    connection.screen.document(&answer)?;
    crate::cli::case::case_screen::documents(connection.screen, &answer)?;
    Ok(ExitStatus::Good)
}

/// Opens an original for sending. Returns the file and its size.
///
/// # Errors
///
/// [`CliError`]: missing, unreadable, or not a regular file.
pub fn open_original(path: &Path) -> Result<(tokio::fs::File, u64), CliError> {
    let opened = regular::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (size, file) = opened.map_err(|error| CliError::io(path, &error))?;
    Ok((tokio::fs::File::from_std(file), size))
}

/// Fetches an original from custody. The access is recorded first.
///
/// # Errors
///
/// [`CliError`]; the file must not exist yet.
pub async fn get(
    number: &str,
    to: &Path,
    case: Option<&str>,
    connection: &CourtConnection<'_>,
) -> anyhow::Result<ExitStatus> {
    let number = read_number(number)?;
    // Checked before the access is recorded.
    must_be_new(to)?;
    let path = format!("/v1/deposits/{number}/original{}", in_case(case));
    let bytes = connection.client.fetch_file(&path, to).await.map_err(CliError::from)?;
    connection
        .screen
        .document(&json!({ "deposit_number": number.to_string(), "file": to.display().to_string(), "bytes": bytes }))?;
    connection.screen.line(format!(
        "{} {} ({bytes})",
        connection.screen.pick("已取得原文", "fetched"),
        to.display()
    ))?;
    Ok(ExitStatus::Good)
}

/// Prints the access log of a deposit.
///
/// # Errors
///
/// [`CliError`].
pub async fn access_log(number: &str, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let number = encoded(&read_number(number)?.to_string());
    let answer = connection.pages(&format!("/v1/deposits/{number}/access-log"), None).await?;
    connection.screen.document(&answer)?;
    crate::cli::case::case_screen::history(connection.screen, &answer)?;
    Ok(ExitStatus::Good)
}
