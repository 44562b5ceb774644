//! `restore`: restores a ledger from a backup.
//!
//! ```text
//! copy    backup ─▶ .tiezheng-restoring     fsynced, opened read-only and compared with its checkpoint file
//! name    .tiezheng-restoring ─▶ .tiezheng-restored, its parts ─▶ the folder, the checkpoint file last
//! ```
//!
//! # Invariants
//!
//! After a kill at any moment the same command continues: before the first rename it copies again, afterwards it renames the
//! remaining parts. Until it is complete, no other command opens the folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::backups::archive;
use crate::cli::backups::destination::Destination;
use crate::cli::backups::expected::{self, ExpectedCheckpoint};
use crate::cli::backups::folder_target::FolderTarget;
use crate::cli::backups::generations::left_behind;
use crate::cli::backups::list::Backup;
use crate::cli::backups::log_restore::{self, RebuiltLedger};
use crate::cli::backups::walk::Source;
use crate::cli::case_key;
use crate::cli::config::Config;
use crate::cli::copy_report::CopyReport;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::filing_service::ORIGINALS;
use crate::cli::folder_copy::{check, checkpoint_rows, must_be_apart};
use crate::cli::progress::Progress;
use crate::cli::public_key::read_key;
use crate::cli::screen::{BAD, GOOD, Screen, WARNING};
use crate::cli::trust_store::TrustStore;
use crate::client::ledger_client::LedgerClient;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::VerifierKey;
use crate::store::traits::Published;

const EXAMPLES: &str = "\
Examples:
  tiezheng restore /mnt/backup/ledger --data chain-data --expect contract.pdf.tiezheng-receipt.json
  tiezheng restore 2026-11-22.age --identity key.txt --data chain-data
  tiezheng restore --from https://mirror.example.org --key 'VKEY' --data chain-data

Into an empty folder only. A restore that was cut off goes on when the same command is run again.

--expect FILE takes receipts and signed checkpoints that were kept. Each proves how many records
there were: the restore shows that all of them are there, or which are missing. A backup that is
older than the last receipt is a rollback: what was deposited since is lost from this ledger, and
the receipts of it prove that. Restore the newest copy there is, and tell depositors and auditors.

--from rebuilds the public ledger from the log of a node or mirror, and checks every record,
block, notice and signature against the trusted key on the way. A log has no private content, no
accounts, no originals and no private keys: the output names what is missing. --ledger-key FILE
puts the operator's key into the restored folder; without it, no node can write to the ledger.

The key files are compared with the ledger first; originals are compared by presence, name and
size, and not decrypted: `tiezheng audit` does that.
|
示例：
  tiezheng restore /mnt/backup/ledger --data chain-data --expect contract.pdf.tiezheng-receipt.json
  tiezheng restore 2026-11-22.age --identity key.txt --data chain-data
  tiezheng restore --from https://mirror.example.org --key 'VKEY' --data chain-data

只恢复到空文件夹；中断后重新运行同一命令即可继续。

--expect FILE 接受留存的回执或已签名的检查点，各自证明当时的记录数：恢复时会证明这些记录均在，或指出缺少
哪些。若备份早于最后一份回执，即为回退：其后的存证将丢失，且回执可以证明。请恢复最新的备份，并告知存证人
和审计人员。

--from 从节点或镜像公开的账本记录重建账本，并以可信密钥逐一核对全部记录、区块、公告与签名。公开记录不含
非公开内容、账号、托管原文和私钥，输出会列明缺少的内容。--ledger-key FILE 将运营者的密钥放入恢复后的
文件夹；没有它，节点无法写入账本。

恢复前先将各密钥文件与账本核对；托管原文仅核对是否存在、名称与大小，不解密，如需解密核对，请运行
tiezheng audit。";

const LEDGER_KEY: &str = "ledger.key";

/// Restore a lost ledger from a backup, or from a node's or mirror's log | 从备份或公开的账本记录恢复
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct RestoreArgs {
    /// The backup: a folder, or an encrypted archive | 备份文件夹，或加密的归档文件
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    backup: Option<PathBuf>,
    /// Rebuild the public ledger from the log of a node or mirror at this address | 从此网址的节点或镜像公开的账本记录重建
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// The empty folder to restore into | 恢复到此空文件夹
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The key file of `age-keygen` that decrypts the archive | 解密归档的 age 私钥文件
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    identity: Option<PathBuf>,
    /// The ledger key to hold it against; default: the pinned one | 账本公钥
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
    /// The operator's private ledger key, put into the restored folder | 运营者的账本私钥，放入恢复后的文件夹
    #[arg(long, value_name = "FILE", requires = "from")]
    ledger_key: Option<PathBuf>,
    /// A receipt or signed checkpoint whose records must all be there; may be repeated | 留存的回执或已签名的检查点，可重复
    #[arg(long, value_name = "FILE", num_args = 1..)]
    expect: Vec<PathBuf>,
}

/// Runs it.
///
/// # Errors
///
/// The folder is not empty, the backup is not a complete ledger, the source does not answer or is not the trusted ledger, or a folder cannot
/// be read or written.
pub async fn run(args: &RestoreArgs, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let expected = expected::read(&args.expect)?;
    let given = args.key.as_deref().map(read_key).transpose()?;
    match (&args.from, &args.backup) {
        (Some(address), _) => restore_log(address, given, &expected, args, config, screen).await,
        (None, Some(backup)) => {
            let trusted = match given {
                Some(key) => vec![key],
                None => TrustStore::of(config)?.logs().map(|log| log.key.clone()).collect(),
            };
            restore_backup(backup, &trusted, &expected, args, screen)
        }
        (None, None) => Err(CliError::usage(
            "no_source",
            "请给出备份，或以 --from 给出网址",
            "name a backup, or an address with --from",
        )
        .into()),
    }
}

fn restore_backup(
    backup: &Path,
    trusted: &[VerifierKey],
    expected: &[ExpectedCheckpoint],
    args: &RestoreArgs,
    screen: &Screen,
) -> anyhow::Result<ExitStatus> {
    let restored = if archive::is_archive(backup) {
        unpack_archive(backup, args, screen)?
    } else {
        copy_folder(backup, args, screen)?
    };
    let (store, published) = check(&args.data)?;
    must_be_the_same(&published, &restored.published, &args.data)?;
    let report = CopyReport::of(&args.data, &store)?;
    let comparisons = expected::compare(expected, &store, trusted)?;
    drop(store);
    let mut document = document(args, &published);
    extend(&mut document, Value::Object(report.fields()));
    extend(
        &mut document,
        json!({ "bytes": restored.bytes, "changed_files": restored.changed, "expected": expected::document(&comparisons) }),
    );
    screen.document(&document)?;
    let word = screen.pick("已恢复，数据库已与检查点核对：", "restored, the database compared with its checkpoint:");
    screen.line(format!("{} {}", screen.paint(GOOD, word), args.data.display()))?;
    screen.table(&checkpoint_rows(&published))?;
    report.show(screen)?;
    for path in restored.changed.iter().flatten() {
        let zh = format!("{path} 与备份清单不符：备份后被更改或损坏。请改用其他备份，或运行 tiezheng audit");
        let en = format!(
            "{path} is not what the backup's list says: it was changed or damaged since. Use another backup, or run `tiezheng audit`"
        );
        screen.line(screen.paint(BAD, screen.pick(&zh, &en)))?;
    }
    expected::show(&comparisons, screen)?;
    if comparisons.is_empty() {
        let text = screen.pick(
            "请与最后一份已发出的回执比较（--expect）：若其记录数更大，则此次恢复是回退，其后的存证已丢失，请告知存证人与审计人员。",
            "Compare it with the last receipt given out (--expect): if that states more records, this is a rollback. What was deposited \
             since is lost from this ledger, and its receipts prove it: tell depositors and auditors.",
        );
        screen.line(screen.paint(WARNING, text))?;
    }
    let is_unchanged = restored.changed.as_ref().is_none_or(Vec::is_empty);
    let changed = if is_unchanged { ExitStatus::Good } else { ExitStatus::Finding };
    Ok(report.exit_status().max(expected::exit_status(&comparisons)).max(changed))
}

/// The result of a restore.
struct RestoreResult {
    published: Published,
    bytes: u64,
    /// Files that differ from the backup's list; `None` if there is no list, or an earlier run has copied them.
    changed: Option<Vec<String>>,
}

fn copy_folder(backup: &Path, args: &RestoreArgs, screen: &Screen) -> Result<RestoreResult, CliError> {
    // A backup interrupted between two renames has left only the earlier name.
    let found = if backup.symlink_metadata().is_err() { left_behind(backup) } else { None };
    let backup = found.as_deref().unwrap_or(backup);
    if backup.is_file() {
        let path = backup.display();
        let en = format!("{path} is neither a backup's folder nor an encrypted archive");
        return Err(CliError::unable("not_a_backup", format!("{path} 既不是备份文件夹，也不是加密的归档"), en));
    }
    must_be_apart(backup, &args.data)?;
    let originals = backup.join(ORIGINALS);
    let source = Source::whole(backup, &originals);
    let bytes = source.size()?;
    let (store, expected) = check(backup)?;
    // Before anything is written: with a key that is not the ledger's, the node would never start.
    if let Some(wrong) = CopyReport::of(backup, &store)?.wrong_key() {
        return Err(key_in_backup(wrong));
    }
    drop(store);
    let destination = Destination::lock(&args.data)?;
    let mut changed = None;
    if !destination.is_complete()? {
        destination.must_be_empty()?;
        // An incomplete copy of an earlier restore is not a ledger. No other program uses this name.
        destination.remove_draft()?;
        let progress = Progress::of_bytes(screen, bytes);
        let advance = |bytes| progress.add(bytes);
        let mut target = FolderTarget::new(&destination.draft, None, &advance)?;
        source.copy_to(&mut target)?;
        target.sync()?;
        changed = Backup::read(backup)?.map(|list| list.changed(&target.files));
        drop(progress);
        must_be_the_same(&check(&destination.draft)?.1, &expected, &destination.draft)?;
        destination.draft_is_complete()?;
    }
    destination.must_be_of(backup)?;
    destination.put_in_place()?;
    Ok(RestoreResult { published: Published::clone(&expected), bytes, changed })
}

fn unpack_archive(path: &Path, args: &RestoreArgs, screen: &Screen) -> Result<RestoreResult, CliError> {
    let Some(identity) = &args.identity else {
        let path = path.display();
        let en = format!("{path} is encrypted: name the key file of its recipient with --identity");
        return Err(CliError::usage(
            "identity_required",
            format!("{path} 已加密：请以 --identity 给出接收方的私钥文件"),
            en,
        ));
    };
    let identities = archive::read_identities(identity)?;
    let bytes = fs::metadata(path).map_err(|error| CliError::io(path, &error))?.len();
    let destination = Destination::lock(&args.data)?;
    let mut changed = None;
    if destination.is_complete()? {
        // An earlier restore was interrupted, perhaps of another archive.
        let progress = Progress::of_bytes(screen, bytes);
        let list = archive::read_list(path, &identities, &|bytes| progress.add(bytes))?;
        destination.must_be_of_archive(&list, path)?;
    } else {
        destination.must_be_empty()?;
        destination.remove_draft()?;
        let progress = Progress::of_bytes(screen, bytes);
        let list = archive::unpack(path, &identities, &destination.draft, &|bytes| progress.add(bytes))?;
        drop(progress);
        let (store, published) = check(&destination.draft)?;
        if published.checkpoint != list.checkpoint {
            let (path, size) = (path.display(), published.size());
            let en = format!("{path}: its ledger ends at {size} records, and its list says another checkpoint");
            let zh = format!("{path}：其中的账本止于 {size} 条记录，与其清单的检查点不符");
            return Err(CliError::finding("copy_differs", zh, en));
        }
        if let Some(wrong) = CopyReport::of(&destination.draft, &store)?.wrong_key() {
            return Err(key_in_backup(wrong));
        }
        drop(store);
        changed = Some(Vec::new());
        destination.draft_is_complete()?;
    }
    let data = destination.data;
    destination.put_in_place()?;
    let (_, published) = check(data)?;
    Ok(RestoreResult { published: Published::clone(&published), bytes, changed })
}

/// Rebuilds the public ledger from the log at `address`.
async fn restore_log(
    address: &str,
    given: Option<VerifierKey>,
    expected: &[ExpectedCheckpoint],
    args: &RestoreArgs,
    config: &Config,
    screen: &Screen,
) -> anyhow::Result<ExitStatus> {
    let client = LedgerClient::new(address).map_err(CliError::from)?;
    let latest = client.checkpoint().await;
    let latest = latest.map_err(|error| CliError { status: ExitStatus::Unable, ..CliError::from(error) })?;
    let origin = &latest.checkpoint().origin;
    let trusted: Vec<VerifierKey> = match given {
        Some(key) => vec![key],
        None => TrustStore::of(config)?.logs().map(|log| log.key.clone()).filter(|key| key.name() == origin).collect(),
    };
    if trusted.is_empty() {
        let en = format!("no trusted key of the ledger {origin}: name it with --key, as the operator published it");
        let zh = format!("未信任账本 {origin} 的任何密钥：请以 --key 给出运营者公布的公钥");
        return Err(CliError::usage("key_required", zh, en).into());
    }
    let destination = Destination::lock(&args.data)?;
    if !destination.is_complete()? {
        destination.must_be_empty()?;
        let RebuiltLedger { key, .. } =
            log_restore::rebuild(&client, latest.clone(), &trusted, &destination.draft, screen).await?;
        if let Some(file) = &args.ledger_key {
            place_ledger_key(file, &key, &destination.draft)?;
        }
        log_restore::remove_lock(&destination.draft)?;
        destination.draft_is_complete()?;
    }
    destination.put_in_place()?;
    let (store, published) = check(&args.data)?;
    let comparisons = expected::compare(expected, &store, &trusted)?;
    let missing = log_restore::MissingContent::of(&store)?;
    drop(store);
    let is_read_only = !args.data.join(LEDGER_KEY).exists();
    let mut document = document(args, &published);
    extend(
        &mut document,
        json!({
            "from": address,
            "read_only": is_read_only,
            "missing": missing.json(),
            "expected": expected::document(&comparisons),
        }),
    );
    screen.document(&document)?;
    let word = screen.pick(
        "已从公开的账本记录重建，全部记录与签名均已核对：",
        "rebuilt from the public log, every record and signature checked:",
    );
    screen.line(format!("{} {}", screen.paint(GOOD, word), args.data.display()))?;
    screen.table(&checkpoint_rows(&published))?;
    missing.show(screen)?;
    if is_read_only {
        let text = screen.pick(
            "未含账本私钥 ledger.key：可审计、备份与查询，节点无法写入。运营者放入私钥后方可启动节点。",
            "Without ledger.key: it can be audited, backed up and read, and no node can write to it. The operator puts the key there before a node starts.",
        );
        screen.line(screen.paint(WARNING, text))?;
    }
    expected::show(&comparisons, screen)?;
    Ok(expected::exit_status(&comparisons).max(must_reach(&latest, &published, screen)?))
}

/// Whether the restored ledger reaches the checkpoint that the source showed at first. It does not if an earlier, interrupted
/// restore had completed its copy.
fn must_reach(latest: &SignedCheckpoint, published: &Published, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let (latest, size) = (latest.checkpoint().size, published.size());
    if latest <= size {
        return Ok(ExitStatus::Good);
    }
    let count = latest.0 - size.0;
    let zh = format!("来源现有 {latest} 条记录，此前中断的恢复止于 {size} 条：缺少 {count} 条。请恢复到其他文件夹");
    let en = format!(
        "the source has {latest} records, and the restore that was cut off before ended at {size}: {count} are missing. Restore into another folder"
    );
    screen.line(screen.paint(BAD, screen.pick(&zh, &en)))?;
    Ok(ExitStatus::Finding)
}

/// Puts the operator's key into the folder, if it is the key in force.
fn place_ledger_key(file: &Path, key: &VerifierKey, folder: &Path) -> Result<(), CliError> {
    let signer = case_key::read_own(file)?;
    if signer.verifier() != key {
        let (file, found) = (file.display(), signer.verifier());
        let en = format!(
            "{file} holds the key {found}, and the ledger's is {key}: give the right file. The records that were fetched are kept"
        );
        let zh = format!("{file} 中的密钥为 {found}，而账本的密钥为 {key}：请给出正确的文件。已取得的记录保留");
        return Err(CliError::unable("other_key", zh, en));
    }
    let path = folder.join(LEDGER_KEY);
    match case_key::write(&path, &signer) {
        // From an earlier, interrupted run.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        written => written.map_err(|error| CliError::io(&path, &error)),
    }
}

/// The fields of the JSON document of every restore.
fn document(args: &RestoreArgs, published: &Published) -> Value {
    json!({
        "data": args.data.to_string_lossy(),
        "ledger": published.checkpoint.checkpoint().origin.as_str(),
        "size": published.size().0,
        "block_height": published.height.0,
        "checkpoint": published.checkpoint.note().to_string(),
    })
}

fn extend(document: &mut Value, more: Value) {
    if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
        document.extend(more);
    }
}

/// The error of a key in a backup that is not the ledger's.
fn key_in_backup(wrong: &CliError) -> CliError {
    wrong.clone().with_line(
        "未恢复任何内容。也可先将该密钥文件移出备份再恢复，并在启动前将正确的密钥放入恢复后的文件夹",
        "nothing was restored. The key file may also be moved out of the backup: then put the right one into the restored folder before the start",
    )
}

/// Checks that the copy has the backup's checkpoint; it has not if an interrupted restore was of another backup.
fn must_be_the_same(found: &Published, expected: &Published, folder: &Path) -> Result<(), CliError> {
    if found == expected {
        return Ok(());
    }
    let (dir, found, expected) = (folder.display(), found.size(), expected.size());
    let en = format!(
        "{dir} holds another ledger state ({found} records) than this backup ({expected}): an earlier restore was of another backup, or the backup was changed meanwhile. Restore into another folder"
    );
    let zh = format!(
        "{dir} 中的账本（{found} 条记录）与此备份（{expected} 条）不一致：此前中断的恢复来自另一备份，或备份同时被更改。请恢复到其他文件夹"
    );
    Err(CliError::finding("copy_differs", zh, en))
}
