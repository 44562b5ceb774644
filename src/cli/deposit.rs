//! `deposit`: deposits the digests of files, and stores a receipt for each.
//!
//! The command never sends the file itself. It stores and fsyncs the statement before it sends it, and a repeated command sends
//! the same statement. So the user can repeat an interrupted command, and each file is deposited once. The command reports a
//! deposit as made only after it has verified the receipt with the pinned key.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use futures_util::stream::StreamExt as _;
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::case_key;
use crate::cli::compose::{Details, StatementArgs};
use crate::cli::config::Config;
use crate::cli::connect::{ServerArgs, identify_and_pin};
use crate::cli::deposit_groups::{self, Skipped};
use crate::cli::deposit_run::{DepositOutcome, DepositRun};
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::facts_table;
use crate::cli::gather::{FoundFile, Skip, exclusion_word, gather};
use crate::cli::manifest::deposit;
use crate::cli::manifest::source::Source;
use crate::cli::progress::Progress;
use crate::cli::renamed;
use crate::cli::screen::{BAD, FAINT, GOOD, Screen, WARNING};
use crate::cli::storage_errors::RECEIPT_NOT_WRITTEN;
use crate::cli::terminal::escaped_name;
use crate::files::placing::make_folders;
use crate::wire::facts::ChainFactsJson;

const EXAMPLES: &str = "\
Examples:
  tiezheng deposit contract.pdf
  tiezheng deposit --recursive evidence/ --case \"(2026) 0192-1\"
  tiezheng deposit note.txt --salt               short text: nobody can guess it from its digest
  tiezheng deposit new.pdf --link corrects=20261122-0K7M-X9QT-3D5W-C3
  tiezheng deposit --manifest recordings/        one statement for all files of a folder
  tiezheng deposit --manifest digests.txt        or for all lines of a list of known digests

The file never leaves this machine: only its digests do. Keep the file unchanged, and with
it the two files written beside it. Repeating the command is safe: nothing is deposited
twice.

--again makes another deposit of the same file. The statement and the receipt of the earlier
one are renamed, a mark before their ending (….tiezheng-receipt-0123456789abcdef.json).

A list has one line an item, paths in ascending bytewise order:
  sha-256 <64 hex> sm3 <64 hex> size <bytes> path <path>
|
示例：
  tiezheng deposit 合同.pdf
  tiezheng deposit --recursive 证据/ --case \"(2026) 0192-1\"
  tiezheng deposit 便条.txt --salt               内容简短：他人无法由摘要猜出
  tiezheng deposit 新合同.pdf --link corrects=20261122-0K7M-X9QT-3D5W-C3
  tiezheng deposit --manifest 录音/              一份声明涵盖文件夹中的全部文件
  tiezheng deposit --manifest digests.txt        或涵盖摘要清单的全部行

文件本身不会上传，只上传摘要。请原样保存文件及其旁边生成的两个文件。重复执行是安全的，不会重复存证。

--again 对同一文件再次存证。上次存证的声明与回执将改名，在后缀前加标记
（….tiezheng-receipt-0123456789abcdef.json）。

清单每行一项，路径按字节升序：
  sha-256 <64 位十六进制> sm3 <64 位十六进制> size <字节数> path <路径>";

/// Deposit files: their digests go on the chain, the files stay here | 存证：摘要上链，文件不上传
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct DepositArgs {
    /// The files, or folders with --recursive | 文件，或配合 --recursive 的文件夹
    #[arg(required_unless_present = "manifest", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Put every file of a folder, or every line of a list of digests, under one statement | 清单存证：文件夹或摘要清单
    #[arg(long, value_name = "DIR|LIST", conflicts_with_all = ["files", "recursive"])]
    manifest: Option<PathBuf>,
    /// Deposit every file in the named folders | 递归处理文件夹
    #[arg(long, short)]
    recursive: bool,
    /// Deposit also what file managers and office programs leave in a folder, such as `.DS_Store` | 不略过系统自动生成的文件
    #[arg(long)]
    all: bool,
    /// Write statements and receipts into this folder instead of beside the files | 声明与回执写入此文件夹
    #[arg(long, value_name = "DIR")]
    receipts: Option<PathBuf>,
    /// Deposit once more, under a new number; the earlier statement and receipt are renamed | 再次存证，取得新编号（上次的声明与回执将改名）
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    statement: StatementArgs,
    #[command(flatten)]
    server: ServerArgs,
}

/// Number of files by result.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Tally {
    deposited: usize,
    already: usize,
    excluded: usize,
    unconfirmed: usize,
    failed: usize,
}

/// Runs `tiezheng deposit`.
///
/// # Errors
///
/// Errors that concern all files: the ledger, the key, the arguments.
pub async fn run(args: &DepositArgs, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let details = Details::read(&args.statement)?;
    let skip = if args.all { Skip::Nothing } else { Skip::FileManagerFiles };
    if let Some(path) = &args.manifest {
        // Errors in arguments and folder are reported before a node is contacted.
        details.wanted_digests()?;
        let source = Source::open(path, skip)?;
        let progress = Progress::of_bytes(screen, source.total_bytes());
        let run = begin(args, details, progress, config, screen).await?;
        return deposit::run(&run, source, screen).await;
    }
    let found = gather(&args.files, args.recursive, skip);
    if found.is_empty() {
        let en = "there is no file in what was named: nothing to deposit";
        return Err(CliError::unable("nothing_to_deposit", "指定的文件夹中没有文件，无可存证", en).into());
    }
    let files = found.iter().filter(|found| found.size.is_ok()).count();
    if files > 1 && details.are_of_one_file() {
        let en = "--name and --subject are of one file, and several were named";
        return Err(CliError::usage("one_file_only", "--name 与 --subject 只能用于单个文件", en).into());
    }
    let run = if files == 0 {
        None
    } else {
        let total = found.iter().filter_map(|found| found.size.as_ref().ok()).sum();
        Some(begin(args, details, Progress::of_bytes(screen, total), config, screen).await?)
    };
    let mut deposits = pin!(deposit_groups::deposit(run.clone(), found));
    let (mut tally, mut ending) = (Tally::default(), ExitStatus::Good);
    // A failure to print does not stop the deposits; it is reported at the end.
    let (mut printed, mut lost) = (Ok(()), None);
    while let Some((found, outcome)) = deposits.next().await {
        let print = || print_outcome(screen, &found, &outcome, files == 1);
        printed = printed.and(match &run {
            Some(run) => run.progress.aside(print),
            None => print(),
        });
        ending = ending.max(count(&mut tally, &found, &outcome));
        lost = lost.or(outcome.err().and_then(unanswered));
    }
    printed.and_then(|()| summary(screen, tally))?;
    if let Some(error) = lost {
        print_unconfirmed(screen, tally.unconfirmed, (files > 1).then_some(&error))?;
    }
    Ok(ending)
}

/// Whether the node did not answer, so that the deposit may have been made.
fn is_unanswered(error: &CliError) -> bool {
    ["unreachable", "interrupted"].contains(&error.code.as_ref())
}

fn unanswered(missed: Skipped) -> Option<CliError> {
    match missed {
        Skipped::Failed(error) => Some(error).filter(is_unanswered),
        Skipped::Excluded(_) => None,
    }
}

/// Whether the deposit may have been made: the node did not reject it.
fn is_unconfirmed(error: &CliError) -> bool {
    is_unanswered(error) || error.code == "under_way"
}

/// Prints what to do about files for which the node did not answer, and the reason, unless it was printed with each file.
fn print_unconfirmed(screen: &Screen, count: usize, reason: Option<&CliError>) -> anyhow::Result<()> {
    let zh = reason.map_or_else(String::new, |error| format!("。原因：{}", error.zh));
    let en = reason.map_or_else(String::new, |error| format!(" Reason: {}", error.en));
    let zh = format!("节点中断：{count} 个文件未确认（可能已上链），请再次运行同一命令，不会重复存证{zh}");
    let files = if count == 1 { "1 file is" } else { &format!("{count} files are") };
    let en = format!(
        "The node stopped answering: {files} not confirmed, perhaps on the chain. Run the same command again; nothing is \
         deposited twice.{en}"
    );
    Ok(screen.aside(screen.pick(&zh, &en))?)
}

/// The label of a deposit that failed or is unconfirmed.
fn failed_word(screen: &Screen, error: &CliError) -> &'static str {
    if error.code == RECEIPT_NOT_WRITTEN {
        screen.pick("回执未存", "receipt not kept")
    } else if is_unconfirmed(error) {
        screen.pick("未确认", "not confirmed")
    } else {
        screen.pick("未存证", "not deposited")
    }
}

/// Connects to the node, opens the case key and creates the receipt folder: everything that all deposits of the command share.
async fn begin(
    args: &DepositArgs,
    details: Details,
    progress: Progress,
    config: &Config,
    screen: &Screen,
) -> anyhow::Result<Arc<DepositRun>> {
    let client = args.server.client()?;
    let (met, trust) = identify_and_pin(&client, config, screen).await?;
    if met.is_test {
        let text = screen
            .pick("这是测试账本，其编号不得作为证据使用。", "This is a test ledger: its numbers are no evidence.");
        screen.aside(screen.paint(WARNING, text))?;
    }
    let key = case_key::open(config, details.case())?;
    if key.is_new {
        let text = screen.pick("已为此案件生成密钥，请妥善保存：", "A key was made for this case; keep it safe: ");
        screen.aside(format!("{text}{}", key.path.display()))?;
    }
    if let Some(folder) = &args.receipts {
        make_folders(folder, 0o777).map_err(|error| CliError::io(folder, &error))?;
    }
    Ok(Arc::new(DepositRun::new(
        client,
        trust,
        met.key.name().clone(),
        key.signer,
        details,
        args.receipts.clone(),
        args.again,
        progress,
    )))
}

/// Adds an outcome to the tally, and returns its exit status.
fn count(tally: &mut Tally, found: &FoundFile, outcome: &Result<DepositOutcome, Skipped>) -> ExitStatus {
    match outcome {
        Ok(done) if done.fresh => tally.deposited += 1,
        Ok(_) => tally.already += 1,
        Err(Skipped::Failed(error)) => {
            let one_more = if is_unanswered(error) { &mut tally.unconfirmed } else { &mut tally.failed };
            *one_more += 1;
            return error.status;
        }
        Err(Skipped::Excluded(passed)) if passed.is_failure(found.named) => {
            tally.failed += 1;
            return ExitStatus::Unable;
        }
        Err(Skipped::Excluded(_)) => tally.excluded += 1,
    }
    ExitStatus::Good
}

/// Prints the outcome of one file, as JSON or as text.
fn print_outcome(
    screen: &Screen,
    found: &FoundFile,
    outcome: &Result<DepositOutcome, Skipped>,
    alone: bool,
) -> anyhow::Result<()> {
    let name = escaped_name(&found.path.to_string_lossy());
    screen.document(&document(&found.path, found.named, outcome))?;
    let colon = screen.pick("：", ": ");
    match outcome {
        Ok(done) => {
            let word = if done.fresh {
                screen.pick("已存证", "deposited")
            } else {
                screen.pick("此前已存证", "already on the chain")
            };
            let number = done.facts.number;
            screen.line(format!("{}  {number}  {name}", screen.paint(GOOD, word)))?;
            renamed::show(screen, &done.renamed)?;
            if alone {
                details(screen, done)?;
            }
        }
        // Many files are summarized at the end.
        Err(Skipped::Failed(error)) if !alone && is_unanswered(error) => {}
        Err(Skipped::Failed(error)) => {
            let why = without_name(screen.pick(&error.zh, &error.en), &found.path);
            screen.aside(format!("{}  {name}{colon}{why}", failed_word(screen, error)))?;
        }
        Err(Skipped::Excluded(passed)) => {
            let (_, zh, en) = passed.words();
            let word = exclusion_word(screen, passed.is_failure(found.named));
            screen.aside(format!("{word}  {name}{colon}{}", screen.pick(&zh, &en)))?;
        }
    }
    Ok(())
}

/// A reason without the file name at its beginning, since the line begins with it already.
fn without_name<'t>(why: &'t str, path: &Path) -> &'t str {
    let raw = path.display().to_string();
    let rest = why.strip_prefix(&*raw).or_else(|| why.strip_prefix(&*escaped_name(&raw)));
    rest.and_then(|rest| rest.strip_prefix('：').or_else(|| rest.strip_prefix(": "))).unwrap_or(why)
}

/// Prints the facts of a single deposit, and the files to keep.
fn details(screen: &Screen, done: &DepositOutcome) -> anyhow::Result<()> {
    screen.line("")?;
    facts_table::show(screen, &done.facts, None)?;
    screen.line("")?;
    let files = [
        (screen.pick("回执", "receipt"), &done.files.receipt),
        (
            screen.pick("声明（含非公开信息，勿外传）", "statement (with what is private: keep it to yourself)"),
            &done.files.statement,
        ),
    ];
    let rows: Vec<_> =
        files.iter().map(|(label, path)| vec![(*label).to_owned(), path.display().to_string()]).collect();
    screen.table(&rows)?;
    if done.facts.salted {
        let text = screen.pick(
            "摘要已加盐：盐值只在声明文件中，遗失后无法核验。",
            "The digests are salted: without the salt in the statement's file nobody can verify them.",
        );
        screen.line(screen.paint(WARNING, text))?;
    }
    let text = screen.pick(
        "请原样保存文件。核验：tiezheng verify 文件",
        "Keep the file unchanged. To verify it: tiezheng verify FILE",
    );
    Ok(screen.line(screen.paint(FAINT, text))?)
}

/// The outcome of one file as JSON.
fn document(path: &Path, named: bool, outcome: &Result<DepositOutcome, Skipped>) -> Value {
    let file = path.to_string_lossy();
    match outcome {
        Ok(done) => json!({
            "file": file,
            "status": if done.fresh { "deposited" } else { "already_deposited" },
            "deposit_number": done.facts.number.to_string(),
            "deposit": ChainFactsJson::from(&done.facts),
            "statement_file": done.files.statement.to_string_lossy(),
            "receipt_file": done.files.receipt.to_string_lossy(),
            "renamed": renamed::to_json(&done.renamed),
        }),
        Err(Skipped::Failed(error)) => json!({
            "file": file,
            "status": if error.code == RECEIPT_NOT_WRITTEN { RECEIPT_NOT_WRITTEN } else { "failed" },
            "error": { "code": error.code, "message": error.en },
        }),
        Err(Skipped::Excluded(passed)) => {
            let (code, _, message) = passed.words();
            let status = if passed.is_failure(named) { "failed" } else { "passed_over" };
            json!({ "file": file, "status": status, "error": { "code": code, "message": message } })
        }
    }
}

/// Prints the number of files by result, if there is more than one.
fn summary(screen: &Screen, tally: Tally) -> anyhow::Result<()> {
    let Tally { deposited, already, excluded, unconfirmed, failed } = tally;
    if deposited + already + excluded + unconfirmed + failed < 2 {
        return Ok(());
    }
    let (zh, en) = match unconfirmed {
        0 => (String::new(), String::new()),
        some => (format!("，未确认 {some}"), format!(", {some} not confirmed")),
    };
    let zh = format!("存证 {deposited}，此前已存证 {already}，略过 {excluded}{zh}，未成 {failed}");
    let en =
        format!("{deposited} deposited, {already} already on the chain, {excluded} passed over{en}, {failed} failed");
    let style = if failed + unconfirmed == 0 { GOOD } else { BAD };
    screen.line("")?;
    Ok(screen.line(screen.paint(style, screen.pick(&zh, &en)))?)
}
