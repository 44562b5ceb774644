//! Rebuilds the public ledger from the `/log/` of a node or mirror, for `restore --from`.
//!
//! ```text
//! pull    /log/ ─▶ DATA/.tiezheng-restoring     every block checked and appended; continues after an interruption
//! name    as a restore from a backup does
//! ```

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::descriptors::database_options;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::open_errors::{cannot_open, unreadable};
use crate::cli::progress::Progress;
use crate::cli::screen::{Screen, WARNING};
use crate::client::ledger_client::LedgerClient;
use crate::client::pull::pull_error::PullError;
use crate::client::pull::puller::{LogSource, Puller};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::merkle::shape::TreeSize;
use crate::store::factory::{self, FolderReader, FolderStore, OpenError};
use crate::store::traits::{LogReader as _, Published};

/// The table with a row for each deposit with private content.
const PRIVATE_TABLE: &str = "vault";
/// Most requests for a larger checkpoint, at a node whose ledger grows meanwhile.
const ROUNDS: u32 = 8;

/// The result of a rebuild.
#[derive(Debug)]
pub struct RebuiltLedger {
    /// The last checkpoint.
    pub published: Published,
    /// The ledger key in force.
    pub key: VerifierKey,
    /// Records that this run has fetched.
    pub fetched: u64,
}

/// Pulls the log at `client` into the folder `draft`, until its latest checkpoint. `trusted` are the keys that must have signed it.
///
/// # Errors
///
/// [`CliError`]; pulled blocks stay, and the next call continues.
pub async fn rebuild(
    client: &LedgerClient,
    first: SignedCheckpoint,
    trusted: &[VerifierKey],
    draft: &Path,
    screen: &Screen,
) -> Result<RebuiltLedger, CliError> {
    let store = open(draft, &first.checkpoint().origin)?;
    let before = store.published().map_or(TreeSize::EMPTY, |published| published.size());
    let source = LogSource::new(client.clone());
    let mut puller = Puller::of(&store).map_err(failed)?;
    let (mut until, mut round) = (first, 1);
    let published = loop {
        let total = until.checkpoint().size.0;
        let progress = Progress::of_items(screen, total, screen.pick("条记录", "records"));
        let mut advance = |size: TreeSize| {
            progress.set(size.0, total);
            ControlFlow::Continue(())
        };
        // Reads block this thread on the network, so its other tasks move to another thread.
        let pulled = tokio::task::block_in_place(|| puller.pull(&source, &store, trusted, &until, &mut advance));
        drop(progress);
        let published = pulled.map_err(failed)?.published;
        let latest = client.checkpoint().await.map_err(unanswered)?;
        if latest.checkpoint().size <= published.size() || round == ROUNDS {
            break published;
        }
        (until, round) = (latest, round + 1);
    };
    let key = puller.key().cloned().ok_or_else(|| failed(PullError::NoHeader { size: published.size() }))?;
    store.finish().map_err(|error| failed(error.into()))?;
    drop(store);
    let fetched = published.size().0.saturating_sub(before.0);
    Ok(RebuiltLedger { published: Published::clone(&published), key, fetched })
}

/// A 4xx answer is no finding about the ledger either.
fn unanswered(error: crate::client::transport::ClientError) -> CliError {
    CliError { status: ExitStatus::Unable, ..CliError::from(error) }
}

/// Opens the ledger in `draft`, or creates it.
fn open(draft: &Path, origin: &Name) -> Result<FolderStore, CliError> {
    let opened = match factory::open(draft, &database_options()) {
        Err(OpenError::Absent | OpenError::Unfinished) => factory::create(draft, origin, &database_options()),
        opened => opened,
    };
    opened.map_err(|error| {
        let error = cannot_open(draft, &error);
        let draft = draft.display();
        error.with_line(
            format!("{draft} 是此前中断的恢复；如非从账本记录恢复，请将其删除后重试"),
            format!(
                "{draft} is left of a restore that was cut off: remove it if that was not one from a log, and try again"
            ),
        )
    })
}

/// The content that a rebuilt ledger lacks, since a public log does not have it.
#[derive(Debug)]
pub struct MissingContent {
    /// Deposits whose private content is committed to on the chain.
    private: u64,
    /// Erasures that are recorded on the chain.
    erasures: u64,
}

impl MissingContent {
    /// Counts what the ledger in `store` lacks.
    ///
    /// # Errors
    ///
    /// [`CliError`]: it cannot be read.
    pub fn of(store: &FolderReader) -> Result<Self, CliError> {
        let rows = factory::count_rows(store).map_err(|error| unreadable(&error))?;
        let private = rows.iter().find(|(table, _)| *table == PRIVATE_TABLE).map_or(0, |(_, count)| *count);
        let erasures = store.erasures().map_err(|error| unreadable(&error))?.len() as u64;
        Ok(Self { private, erasures })
    }

    /// The JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "private_content": self.private,
            "erasures_on_record": self.erasures,
            "annexes": true,
            "accounts": true,
            "originals": true,
            "keys": ["ledger.key", "platform.key", "next.key"],
            "cosignatures_and_time_tokens": true,
        })
    }

    /// Prints it.
    ///
    /// # Errors
    ///
    /// The screen.
    pub fn show(&self, screen: &Screen) -> anyhow::Result<()> {
        let Self { private, erasures } = self;
        let lines = [
            (
                format!("{private} 件存证的非公开内容（证据名称等）及附件；链上载明删除 {erasures} 次"),
                format!(
                    "the private content of {private} deposits (names of evidence) and its annexes; {erasures} erasures are on record"
                ),
            ),
            ("案件：其文书属于非公开内容".into(), "cases: the texts of their acts are private content".into()),
            ("账号文件 accounts、inventory".into(), "the account files, accounts and inventory".into()),
            ("托管原文 originals".into(), "the originals in custody".into()),
            (
                "私钥 ledger.key（除非以 --ledger-key 给出）、platform.key、next.key".into(),
                "the private keys ledger.key (unless given with --ledger-key), platform.key and next.key".into(),
            ),
            (
                "原节点收集的见证签名与可信时间戳".into(),
                "the cosignatures and timestamp tokens that the lost node had collected".into(),
            ),
        ];
        screen.line(screen.paint(
            WARNING,
            screen.pick("公开的账本记录不含、因此缺少：", "missing, since a public log does not have it:"),
        ))?;
        for (zh, en) in &lines {
            screen.line(format!("- {}", screen.pick(zh, en)))?;
        }
        Ok(())
    }
}

/// Removes the lock file, which only a process that has the ledger open needs.
///
/// # Errors
///
/// [`CliError`].
pub fn remove_lock(draft: &Path) -> Result<(), CliError> {
    let lock = draft.join("lock");
    match fs::remove_file(&lock) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(CliError::io(&lock, &error)),
        _ => Ok(()),
    }
}

fn failed(error: PullError) -> CliError {
    match error {
        PullError::Source(error) => unanswered(error).with_line(
            "已取得的记录保留；再次运行同一命令即可继续",
            "what was fetched is kept: the same command goes on",
        ),
        error => {
            let status = if error.is_finding() { ExitStatus::Finding } else { ExitStatus::Unable };
            CliError { status, ..CliError::unable(error.code(), error.chinese(), error.to_string()) }
        }
    }
}
