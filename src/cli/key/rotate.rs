//! `key rotate`: replaces the ledger key by its successor, on the folder of a stopped node.
//!
//! ```text
//! checks ─▶ --next-key-out written ─▶ rotation.key written ─▶ `key` notice appended ─▶ checkpoint signed by both ─▶ files renamed
//!                                                             the commit point
//! ```
//!
//! The node must be stopped. Private keys then never pass through a socket or another process, no second process changes the folder,
//! and the notice is appended, verified and signed by the functions that recover a ledger at every start. A rotation is rare and
//! planned, and takes a second.
//!
//! # Invariants
//!
//! Before the notice is appended the ledger is unchanged. After each step the same command continues where it was interrupted;
//! after the notice is appended, the next start of the node does so, too.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::case_key;
use crate::cli::control::ControlClient;
use crate::cli::descriptors::database_options;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::key::successor;
use crate::cli::key_files;
use crate::cli::node_folder::check_files;
use crate::cli::node_keys::{NEXT_KEY, NodeKeys, PREVIOUS_KEY, ROTATION_KEY, ledger_key_missing};
use crate::cli::open_errors::{cannot_open, unreadable};
use crate::cli::screen::{GOOD, Screen, WARNING};
use crate::cli::start_errors::cannot_start;
use crate::ledger::key::Signer;
use crate::ledger::key_history::KeyHistory;
use crate::query::key_history::named_history;
use crate::sequencer::clock::SystemClock;
use crate::sequencer::ledger_keys::LedgerKeys;
use crate::sequencer::rotation::{Rotation, RotationError, rotate};
use crate::store::factory;
use crate::store::traits::LogReader as _;

const EXAMPLES: &str = "\
Examples:
  tiezheng key rotate --data /var/lib/tiezheng --next-key /media/a/next.key --next-key-out /media/b/next.key
  tiezheng key rotate --data /var/lib/tiezheng --next-key /media/a/next.key --next-key-out /media/b/next.key --old-key-lost

Stop the node first, and start it again afterwards. The ledger has committed to its next key; --next-key is the file with that
private key, and --next-key-out receives a new one, to which the ledger commits now. Keep it elsewhere than the node.

From the rotation on the new key signs, and the old one as well for at most 30 days (DATA/previous.key), so that everybody can
follow; `tiezheng key retire` ends that earlier, at once if the old key was stolen. Publish the new public key: a verifier
that has only the old one, and has not seen the notice, depends on witnesses. A node with witnesses removes DATA/previous.key itself,
once each of them has cosigned with the new key alone.

If the command is interrupted, run it again.
|
示例：
  tiezheng key rotate --data /var/lib/tiezheng --next-key /media/a/next.key --next-key-out /media/b/next.key
  tiezheng key rotate --data /var/lib/tiezheng --next-key /media/a/next.key --next-key-out /media/b/next.key --old-key-lost

请先停止节点，完成后再启动。账本已事先承诺下一把密钥：--next-key 为该私钥文件；--next-key-out 写入新生成的下一把私钥，
账本随即作出新的承诺。请将其存放于节点以外的地方。

自更换起由新密钥签名；旧密钥（DATA/previous.key）同时签名至多 30 天，以便各方跟进。tiezheng key retire 可提前终止；旧密钥
如已失窃，应立即终止。请公布新公钥：只持有旧公钥而未见公告者，须依赖见证节点。设有见证节点的，待其全部仅凭新密钥
见证签名后，节点自行删除 DATA/previous.key。

命令如被中断，请重新运行。";

/// Replace the ledger key of a stopped node by its successor | 更换账本密钥（节点须已停止）
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct RotateArgs {
    /// The ledger's folder | 账本文件夹
    #[arg(long, value_name = "DIR", default_value = "chain-data")]
    data: PathBuf,
    /// The private key of the successor to which the ledger has committed | 账本所承诺的后继私钥文件
    #[arg(long, value_name = "FILE")]
    next_key: PathBuf,
    /// The new file for the private key of the next successor | 写入下一把后继私钥的新文件
    #[arg(long, value_name = "FILE")]
    next_key_out: PathBuf,
    /// The old ledger key is lost: only the new one signs | 旧账本密钥已丢失，仅由新密钥签名
    #[arg(long)]
    old_key_lost: bool,
    /// The clock is right although the last block is more than a day old | 确认时钟无误
    #[arg(long)]
    confirm_clock_gap: bool,
}

/// The keys and the ledger, as read before anything is written.
struct RotationInput {
    keys: NodeKeys,
    new: Signer,
    /// The key after the new one, if its file exists already.
    next: Option<Signer>,
    /// The published history.
    history: KeyHistory,
}

/// Runs it.
///
/// # Errors
///
/// A key does not fit the ledger, the node is running, or the folder cannot be read or written.
pub fn run(args: &RotateArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let RotationInput { keys, new, next, history } = prepare(args)?;
    let origin = history.origin().clone();
    let is_done = history.current().key == *new.verifier();
    let next = match next {
        Some(next) => next,
        None if is_done => return Err(successor_missing(args, &history).into()),
        None => successor::create(&args.next_key_out, &origin)?,
    };
    let (new_key, commitment) = (new.verifier().clone(), next.verifier().commitment());
    if keys.rotation.is_none() && !is_done {
        key_files::write(&args.data.join(ROTATION_KEY), &new)?;
    }
    let store = factory::open(&args.data, &database_options()).map_err(|error| cannot_open(&args.data, &error))?;
    let old = [keys.ledger, keys.previous].into_iter().flatten().collect();
    let ledger_keys = LedgerKeys::new(new, old);
    let rotation = Rotation { new: &new_key, next: commitment };
    let rotated = rotate(&store, &ledger_keys, &rotation, SystemClock::new(), args.confirm_clock_gap);
    let history = rotated.map_err(|error| not_rotated(args, &error))?;
    let now = store.published().map_or(history.current().received, |published| published.block_time);
    let checkpoint = store.published().map(|published| published.checkpoint.note().to_string());
    store.finish().map_err(|error| CliError::unable("cannot_close", error.to_string(), error.to_string()))?;
    drop(store);
    let messages = key_files::settle(&args.data, &history, now)?;
    show(args, &history, checkpoint.as_deref(), screen)?;
    for (zh, en) in &messages {
        screen.line(screen.paint(WARNING, screen.pick(zh, en)))?;
    }
    Ok(ExitStatus::Good)
}

/// Reads the keys and the ledger, and checks that they fit. Writes nothing.
fn prepare(args: &RotateArgs) -> Result<RotationInput, CliError> {
    let data = &args.data;
    if ControlClient::of(data)?.is_some() {
        let dir = data.display();
        let en =
            format!("a node is running on {dir}: stop it, run this command, and start it again; nothing was changed");
        return Err(CliError::unable(
            "node_running",
            format!("{dir} 上有节点在运行：请先停止节点，再运行本命令；未作任何更改"),
            en,
        ));
    }
    check_files(data)?;
    let keys = NodeKeys::read(data)?;
    let reader = factory::open_read_only(data, &database_options()).map_err(|error| cannot_open(data, &error))?;
    if reader.published().is_none() {
        let dir = data.display();
        let en = format!("{dir}: nothing is signed yet: start the node once, which creates the ledger");
        return Err(CliError::unable(
            "ledger_unfinished",
            format!("{dir}：账本尚未签署：请先启动一次节点，完成创建"),
            en,
        ));
    }
    keys.check_for_rotation(&reader)?;
    let history = named_history(&reader).map_err(|error| unreadable(&error))?;
    let new = case_key::read(&args.next_key)?;
    check_new(&new, &history, args)?;
    check_old(&keys, &new, &history, args)?;
    successor::check_place(&args.next_key_out, data, !history.mode().is_test())?;
    let next = successor::read(&args.next_key_out, history.origin())?;
    if let Some(next) = &next {
        let is_used =
            next.verifier() == new.verifier() || history.periods().any(|period| period.key == *next.verifier());
        let is_done = history.current().key == *new.verifier();
        if is_used || (is_done && next.verifier().commitment() != history.current().next) {
            let file = args.next_key_out.display();
            let en = format!(
                "{file} is there already and is no unused key of this ledger; it was not replaced. Choose another file"
            );
            let zh = format!("{file} 已存在，且不是本账本未用过的密钥，未覆盖。请换一个文件名");
            return Err(CliError::unable("destination_exists", zh, en));
        }
    }
    Ok(RotationInput { keys, new, next, history })
}

/// The new key must be the successor, or be in force already.
fn check_new(new: &Signer, history: &KeyHistory, args: &RotateArgs) -> Result<(), CliError> {
    let (found, expected) = (new.verifier().commitment(), history.current().next);
    if found == expected || *new.verifier() == history.current().key {
        return Ok(());
    }
    let file = args.next_key.display();
    let en = format!(
        "{file} is not the successor key that the ledger committed to: SHA-256 {found}, expected {expected}. Find the right file; \
         nothing was changed"
    );
    let zh = format!(
        "{file} 不是账本所承诺的后继密钥（SHA-256 为 {found}，应为 {expected}）。请找到正确的文件；未作任何更改"
    );
    Err(CliError::unable("next_key_differs", zh, en))
}

/// The old key must be there, or be declared lost.
fn check_old(keys: &NodeKeys, new: &Signer, history: &KeyHistory, args: &RotateArgs) -> Result<(), CliError> {
    let is_done = history.current().key == *new.verifier();
    match (&keys.ledger, args.old_key_lost) {
        (None, false) if !is_done => {
            let CliError { zh, en, .. } = ledger_key_missing(&args.data);
            let zh = format!("{zh}。如确已丢失，请加 --old-key-lost");
            Err(CliError::unable("ledger_key_missing", zh, format!("{en}. If it is lost for good, add --old-key-lost")))
        }
        (Some(ledger), true) if *ledger.verifier() == history.current().key && !is_done => {
            let dir = args.data.display();
            let en =
                format!("{dir} holds the ledger key: it is not lost. Leave out --old-key-lost; nothing was changed");
            let zh = format!("{dir} 中有账本密钥，并未丢失。请去掉 --old-key-lost；未作任何更改");
            Err(CliError::usage("key_not_lost", zh, en))
        }
        _ => Ok(()),
    }
}

/// The ledger was rotated already, and the file of its successor's key is gone.
fn successor_missing(args: &RotateArgs, history: &KeyHistory) -> CliError {
    let (file, next) = (args.next_key_out.display(), history.current().next);
    let en = format!(
        "the ledger key was rotated to this key already, and committed to a successor (SHA-256 {next}) whose private key is not in \
         {file}: name the file of that rotation. The node can be started"
    );
    let zh = format!(
        "账本密钥此前已更换为此密钥，并承诺了后继密钥（SHA-256 {next}），其私钥不在 {file} 中：请给出当时的文件。节点可以启动"
    );
    CliError::unable("already_rotated", zh, en)
}

fn not_rotated(args: &RotateArgs, error: &RotationError) -> CliError {
    match error {
        RotationError::Start(error) => cannot_start(error),
        RotationError::NotTheSuccessor { .. } => {
            CliError::unable("next_key_differs", error.to_string(), error.to_string())
        }
        RotationError::AlreadyRotated { .. } | RotationError::ReusedKey => {
            let file = args.next_key_out.display();
            CliError::unable("already_rotated", format!("{file}：{error}"), format!("{file}: {error}"))
        }
    }
}

fn show(args: &RotateArgs, history: &KeyHistory, checkpoint: Option<&str>, screen: &Screen) -> anyhow::Result<()> {
    let (current, previous) = (history.current(), history.previous());
    let both = current.signed_by_previous;
    screen.document(&json!({
        "ledger": history.origin().as_str(),
        "key": current.key.to_string(),
        "previous_key": previous.map(|period| period.key.to_string()),
        "signed_by_previous": both,
        "index": current.index.0,
        "next": current.next.to_string(),
        "next_key_file": args.next_key_out.to_string_lossy(),
        "checkpoint": checkpoint,
    }))?;
    let word = screen.pick("账本密钥已更换，公告位于记录", "the ledger key was replaced by the notice at leaf");
    screen.line(format!("{} {}", screen.paint(GOOD, word), current.index))?;
    let row = |zh: &str, en: &str, value: String| vec![screen.pick(zh, en).to_owned(), value];
    screen.table(&[
        row("  新密钥（请公布）", "  its key (publish it)", current.key.to_string()),
        row("  前一密钥", "  the key before", previous.map_or_else(|| "—".into(), |period| period.key.to_string())),
        row("  后继私钥", "  the successor's private key", args.next_key_out.display().to_string()),
    ])?;
    let keep = screen.pick(
        "  请将后继私钥移至他处妥善保管，并启动节点。",
        "  Keep the successor's private key elsewhere, and start the node.",
    );
    screen.line(keep)?;
    if both {
        let file = args.data.join(PREVIOUS_KEY);
        let (zh, en) = (
            format!("  前一密钥（{}）同时签名至多 30 天；提前终止：tiezheng key retire", file.display()),
            format!(
                "  The key before ({}) signs as well for 30 days at most; to end that: tiezheng key retire",
                file.display()
            ),
        );
        screen.line(screen.pick(&zh, &en))?;
    }
    if !is_in(&args.next_key, &args.data) {
        let file = args.next_key.display();
        let (zh, en) = (
            format!("  {file} 现为账本密钥的副本：请作为密钥备份保管，或销毁。"),
            format!("  {file} is a copy of the ledger key now: keep it as its backup, or destroy it."),
        );
        screen.line(screen.paint(WARNING, screen.pick(&zh, &en)))?;
    }
    Ok(())
}

/// Whether it was the file in the ledger's folder, which is removed.
fn is_in(file: &Path, data: &Path) -> bool {
    file.file_name().is_some_and(|name| name == NEXT_KEY) && successor::is_inside(file, data).unwrap_or(false)
}
