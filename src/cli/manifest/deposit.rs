//! `deposit --manifest`: deposits many items under one statement with the Merkle root over them, and stores one receipt.
//!
//! ```text
//! no statement: items ─▶ write and fsync the list ─▶ sign ─▶ write and fsync the statement ─┐
//! a statement:  check that list and items are unchanged ───────────────────────────────────┴▶ send ─▶ receipt
//! ```
//!
//! A crash leaves either no statement, and then the list is built again, or a matching list and statement, which the next run
//! sends unchanged.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cli::case_key::random_bytes;
use crate::cli::deposit_run::{DepositOutcome, DepositRun, PRIVATE, PendingDeposit};
use crate::cli::durable;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::facts_table;
use crate::cli::gather::{FoundFile, exclusion_word, is_file_managers};
use crate::cli::manifest::build::{BuildError, make};
use crate::cli::manifest::source::Source;
use crate::cli::manifest::stored_list;
use crate::cli::normalization::is_same_text;
use crate::cli::receipt_files::{ReceiptFiles, StatementFile, earlier_manifest, manifest_of, spare_manifest};
use crate::cli::renamed::{self, FileRename};
use crate::cli::screen::{FAINT, GOOD, Screen};
use crate::cli::storage_errors::{cannot_write, interrupted, statement_differs};
use crate::cli::terminal::escaped_name;
use crate::files::regular;
use crate::ledger::manifest::item::WantedDigests;
use crate::ledger::manifest::list::{KeptLine, KnownLine};
use crate::ledger::statement::text::ManifestRoot;
use crate::wire::facts::ChainFactsJson;

/// A manifest whose list and statement are stored.
#[derive(Debug)]
struct PreparedManifest {
    ready: PendingDeposit,
    list: PathBuf,
    manifest: ManifestRoot,
    excluded: Vec<FoundFile>,
}

/// Deposits the manifest over `source`.
///
/// # Errors
///
/// [`CliError`]. The same command may be repeated after any of them.
pub async fn run(run: &Arc<DepositRun>, source: Source, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let path = source.path().to_owned();
    let preparing = Arc::clone(run);
    let prepared = tokio::task::spawn_blocking(move || prepare(&preparing, source));
    let PreparedManifest { ready, list, manifest, excluded } = prepared.await.map_err(|_| interrupted())??;
    let done = run.send(ready).await?;
    let outcome = Outcome { path: &path, list: &list, manifest, excluded: &excluded, done: &done };
    run.progress.aside(|| print_outcome(screen, &outcome))?;
    let left_out = excluded.iter().any(failed);
    Ok(if left_out { ExitStatus::Unable } else { ExitStatus::Good })
}

fn failed(found: &FoundFile) -> bool {
    found.size.as_ref().err().is_some_and(|passed| passed.is_failure(found.named))
}

fn prepare(run: &DepositRun, mut source: Source) -> Result<PreparedManifest, CliError> {
    let path = source.path().to_owned();
    let _alone = lock_source(&path)?;
    let kept = |receipts| manifest_of(&path, receipts).map_err(|error| CliError::io(&path, &error));
    let files_of = |list: &Path| ReceiptFiles::of(list, None).map_err(|error| CliError::io(list, &error));
    let mut list = kept(run.receipts.as_deref())?;
    let beside = kept(None)?;
    durable::sweep(durable::folder_of(&list));
    let (files, earlier) = run.existing_statement(files_of(&list)?, || files_of(&beside))?;
    if earlier.is_some() && files.statement == files_of(&beside)?.statement {
        // The list is in the folder of its statement.
        list = beside;
    }
    let mut renamed = Vec::new();
    let (statement_file, manifest) = match earlier {
        Some(statement_file) if !run.again => check_unchanged(run, &mut source, &list, &files, statement_file)?,
        earlier => compose(run, &mut source, &list, &files, earlier.as_ref(), &mut renamed)?,
    };
    Ok(PreparedManifest {
        ready: PendingDeposit { files, statement_file, renamed },
        list,
        manifest,
        excluded: source.excluded,
    })
}

/// The lock on a source.
#[derive(Debug)]
struct SourceLock(File);

impl Drop for SourceLock {
    /// Unlocks explicitly: a child process that is being started may hold a copy of the descriptor, and with it the lock.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Locks the source. Two concurrent runs would overwrite each other's list, and the items of one could no longer be proven.
fn lock_source(source: &Path) -> Result<Option<SourceLock>, CliError> {
    let file = if source.is_dir() { File::open(source) } else { regular::open(source) };
    let file = file.map_err(|error| CliError::io(source, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(SourceLock(file))),
        Err(TryLockError::WouldBlock) => {
            let zh = format!("{}：另一进程正在对其存证", source.display());
            let en = format!("{}: another run is depositing it", source.display());
            Err(CliError::unable("under_way", zh, en))
        }
        // A file system without locks, such as an optical disc.
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

fn compose(
    run: &DepositRun,
    source: &mut Source,
    list: &Path,
    files: &ReceiptFiles,
    earlier: Option<&StatementFile>,
    renamed: &mut Vec<FileRename>,
) -> Result<(StatementFile, ManifestRoot), CliError> {
    if earlier.is_none() && files.receipt.exists() {
        // A new list would have new salts, and replace the only one that proves the deposit.
        let (receipt, list) = (files.receipt.display(), list.display());
        let zh = format!("{receipt}：回执尚在而其声明已不在；请先将 {list} 与回执一并移至他处保存");
        let en =
            format!("{receipt}: a receipt without its statement; first move {list} and the receipt to a safe place");
        return Err(CliError::unable("statement_missing", zh, en));
    }
    // Checked before hours of hashing.
    durable::probe(list).map_err(|error| cannot_write(list, &error))?;
    let wanted = run.details.wanted_digests()?;
    let path = source.path().to_owned();
    let manifest = durable::replace_with(list, PRIVATE, |file| {
        let manifest = make(source, wanted, file, &|bytes| run.progress.add(bytes))?;
        rename_earlier(list, files, earlier, renamed)?;
        Ok::<_, BuildError>(manifest)
    });
    let manifest = manifest.map_err(|error| match error {
        BuildError::Refused(error) => error,
        BuildError::Unwritten(error) => cannot_write(list, &error),
    })?;
    let statement_file = run.details.compose_manifest(&run.ledger, &path, manifest, &run.signer)?;
    durable::create(&files.statement, statement_file.to_text().as_bytes(), PRIVATE)
        .map_err(|error| cannot_write(&files.statement, &error))?;
    Ok((statement_file, manifest))
}

/// Renames the files of an earlier deposit, the statement last, since nothing replaces its list while the statement has its name. A list
/// without a statement is renamed too: the statement may be elsewhere, and needs the list to prove items.
fn rename_earlier(
    list: &Path,
    files: &ReceiptFiles,
    earlier: Option<&StatementFile>,
    renamed: &mut Vec<FileRename>,
) -> Result<(), CliError> {
    let Some(note) = earlier.and_then(StatementFile::note) else {
        let spare = spare_manifest(list, random_bytes()?);
        renamed.extend(FileRename::rename(list, &spare).map_err(|error| cannot_write(&spare, &error))?);
        return Ok(());
    };
    let kept = earlier_manifest(list, &note);
    let beside = ReceiptFiles::of(&kept, None).map_err(|error| CliError::io(&kept, &error))?;
    let moves = [(&files.receipt, &beside.receipt), (&list.to_owned(), &kept), (&files.statement, &beside.statement)];
    for (from, to) in moves {
        renamed.extend(FileRename::rename(from, to).map_err(|error| cannot_write(to, &error))?);
    }
    Ok(())
}

/// Checks that list and items of the stored statement are unchanged.
fn check_unchanged(
    run: &DepositRun,
    source: &mut Source,
    list: &Path,
    files: &ReceiptFiles,
    statement_file: StatementFile,
) -> Result<(StatementFile, ManifestRoot), CliError> {
    run.require_same_options(files, &statement_file)?;
    let stated = statement_file.note().and_then(|note| note.statement().manifest);
    let manifest = stated.ok_or_else(|| statement_differs(&files.statement, "--manifest"))?;
    let wanted = run.details.wanted_digests()?;
    let mut known = KnownLines { source, wanted, run, block: String::new(), at: 0 };
    stored_list::verify(list, &manifest, |kept| match known.next()? {
        Some(line) => compare(kept, line, wanted, files),
        None => Err(changed_since(files, kept.path)),
    })?;
    match known.next()? {
        Some(line) => Err(changed_since(files, KnownLine::parse(line).map_or(line, |known| known.path))),
        None => Ok((statement_file, manifest)),
    }
}

fn compare(kept: &KeptLine<'_>, line: &str, wanted: WantedDigests, files: &ReceiptFiles) -> Result<(), CliError> {
    let borne = kept.item.digests.content();
    let borne = WantedDigests { sha256: borne.sha256.is_some(), sm3: borne.sm3.is_some() };
    // With --digests only some digests are computed; only these are compared.
    let explicit = !(wanted.sha256 && wanted.sm3);
    if explicit && wanted != borne {
        return Err(statement_differs(&files.statement, "--digests"));
    }
    let known = KnownLine::parse(line).map_err(|_| changed_since(files, kept.path))?;
    let same = known.digests.only(borne) == Ok(kept.item.digests);
    if same && known.path == kept.path {
        Ok(())
    } else if same && is_same_text(known.path, kept.path) {
        let (file, name) = (files.statement.display(), escaped_name(kept.path));
        let zh = format!(
            "“{name}”的内容未变，但文件名的 Unicode 写法（NFC/NFD）与上次声明（{file}）时不同，多因经 macOS 复制。\
             请恢复原文件名，或加 --again 再次存证"
        );
        let en = format!(
            "`{name}` has the same content, but its name is in another Unicode normalization (NFC or NFD) than when the \
             statement was made ({file}), as after copying it with macOS. Restore the names, or add --again to deposit \
             the items once more"
        );
        Err(CliError::unable("renamed_since", zh, en))
    } else {
        Err(changed_since(files, kept.path))
    }
}

fn changed_since(files: &ReceiptFiles, name: &str) -> CliError {
    let is_skipped = Path::new(name).file_name().is_some_and(is_file_managers);
    let (file, name) = (files.statement.display(), escaped_name(name));
    let mut zh =
        format!("清单内容在上次声明（{file}）之后已改变，首处不同：“{name}”。如确需对现在的内容存证，请加 --again");
    let mut en = format!(
        "the items have changed since the statement was made ({file}), first at `{name}`; to deposit what they are now, \
         add --again"
    );
    if is_skipped {
        zh.push_str("。此类文件默认略过；上次存证如曾包含，请加 --all");
        en.push_str(". Such files are passed over by default; if they were part of that deposit, add --all");
    }
    CliError::unable("changed_since", zh, en)
}

/// The lines of a source, one at a time.
struct KnownLines<'a> {
    source: &'a mut Source,
    wanted: WantedDigests,
    run: &'a DepositRun,
    block: String,
    at: usize,
}

impl KnownLines<'_> {
    fn next(&mut self) -> Result<Option<&str>, CliError> {
        if self.at == self.block.len() {
            let Some(block) = self.source.next_block(self.wanted, &|bytes| self.run.progress.add(bytes))? else {
                return Ok(None);
            };
            (self.block, self.at) = (block, 0);
        }
        let rest = self.block.get(self.at..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        self.at += line.len() + 1;
        Ok(Some(line))
    }
}

/// The result for the output.
struct Outcome<'a> {
    path: &'a Path,
    list: &'a Path,
    manifest: ManifestRoot,
    excluded: &'a [FoundFile],
    done: &'a DepositOutcome,
}

fn print_outcome(screen: &Screen, outcome: &Outcome<'_>) -> anyhow::Result<()> {
    let Outcome { path, list, manifest, excluded, done } = outcome;
    screen.document(&document(outcome))?;
    renamed::show(screen, &done.renamed)?;
    for found in *excluded {
        if let Err(passed) = &found.size {
            let ((_, zh, en), name) = (passed.words(), escaped_name(&found.path.to_string_lossy()));
            let word = exclusion_word(screen, failed(found));
            screen.aside(format!("{word}  {name}: {}", screen.pick(&zh, &en)))?;
        }
    }
    let word = if done.fresh {
        screen.pick("已存证", "deposited")
    } else {
        screen.pick("此前已存证", "already on the chain")
    };
    let items = format!("{} {}", manifest.count, screen.pick("项", "items"));
    let name = escaped_name(&path.to_string_lossy());
    screen.line(format!("{}  {}  {items}  {name}", screen.paint(GOOD, word), done.facts.number))?;
    screen.line("")?;
    facts_table::show(screen, &done.facts, None)?;
    screen.line("")?;
    let files = [
        (screen.pick("清单（含名称与盐值，勿外传）", "manifest (names and salts: keep it to yourself)"), *list),
        (
            screen.pick("声明（含非公开信息，勿外传）", "statement (private: keep it to yourself)"),
            &done.files.statement,
        ),
        (screen.pick("回执", "receipt"), &done.files.receipt),
    ];
    let rows: Vec<_> =
        files.iter().map(|(label, path)| vec![(*label).to_owned(), path.display().to_string()]).collect();
    screen.table(&rows)?;
    let text = screen.pick(
        "请保存清单：遗失后无法证明其中任何一项。取单项回执：tiezheng receipt --manifest 清单 --item 名称",
        "Keep the manifest: without it no item can be proven. One item: tiezheng receipt --manifest MANIFEST --item PATH",
    );
    Ok(screen.line(screen.paint(FAINT, text))?)
}

fn document(outcome: &Outcome<'_>) -> Value {
    let Outcome { path, list, manifest, excluded, done } = outcome;
    let passed = |found: &FoundFile| {
        let (code, _, message) = found.size.as_ref().err()?.words();
        Some(json!({ "file": found.path.to_string_lossy(), "code": code, "message": message }))
    };
    json!({
        "source": path.to_string_lossy(),
        "status": if done.fresh { "deposited" } else { "already_deposited" },
        "deposit_number": done.facts.number.to_string(),
        "items": manifest.count,
        "manifest_root": manifest.root.to_string(),
        "deposit": ChainFactsJson::from(&done.facts),
        "renamed": renamed::to_json(&done.renamed),
        "passed_over": excluded.iter().filter_map(passed).collect::<Vec<_>>(),
        "manifest_file": list.to_string_lossy(),
        "statement_file": done.files.statement.to_string_lossy(),
        "receipt_file": done.files.receipt.to_string_lossy(),
    })
}

#[cfg(test)]
mod tests;
