//! Many files in one round: stated on all cores, their papers written together, sent in batches, told in the files' order.
//!
//! ```text
//! files ─▶ hash, sign (all cores) ─▶ keep the new statements ─▶ send ─▶ verify (all cores) ─▶ keep the receipts ─▶ told
//!                                    └──────────────── a group, up to three of them at a time ──────────────┘
//! ```
//!
//! While some groups are under way, the statements that get ready make the next: a few files go out one by one, thousands
//! by the hundred.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::{Semaphore, mpsc};

use crate::cli::deposit_run::{DepositOutcome, DepositRun, PendingDeposit};
use crate::cli::durable::{self, FileToWrite};
use crate::cli::exit::CliError;
use crate::cli::gather::{Exclusion, FoundFile};
use crate::cli::storage_errors::{interrupted, receipt_not_kept, statement_not_kept};

/// Most files of a group, and statements that may wait to be one.
const GROUP: usize = 512;
/// Groups under way at once: while the receipts of one are kept, the next is on the chain.
const GROUPS: usize = 3;

/// Why a file was not deposited.
#[derive(Debug)]
pub enum Skipped {
    /// It was not even tried.
    Excluded(Exclusion),
    /// It was.
    Failed(CliError),
}

/// A statement, and its file if it is new.
type PreparedStatement = (PendingDeposit, Option<FileToWrite>);

/// Deposits what was found; what became of each, in their order. Without a round nothing can be deposited.
pub fn deposit(
    round: Option<Arc<DepositRun>>,
    found: Vec<FoundFile>,
) -> impl Stream<Item = (FoundFile, Result<DepositOutcome, Skipped>)> {
    let (tell, told) = mpsc::channel(GROUP);
    // A task of its own: hashing goes on while all groups are under way.
    tokio::spawn(state_all(round.clone(), found, tell));
    let groups = stream::unfold(told, |mut told| async move {
        let mut group = Vec::new();
        let many = told.recv_many(&mut group, GROUP).await;
        (many > 0).then_some((group, told))
    });
    groups.map(move |group| send_all(round.clone(), group)).buffered(GROUPS).flat_map(stream::iter)
}

async fn state_all(
    round: Option<Arc<DepositRun>>,
    found: Vec<FoundFile>,
    tell: mpsc::Sender<(FoundFile, Result<PreparedStatement, Skipped>)>,
) {
    if let Some(round) = &round {
        let receipts = round.receipts.as_deref();
        let of = |found: &FoundFile| receipts.unwrap_or(durable::folder_of(&found.path)).to_owned();
        let folders: BTreeSet<_> = found.iter().filter(|found| found.size.is_ok()).map(of).collect();
        // Of a run that was interrupted. Should this fail, they lie there until the next.
        let _ = tokio::task::spawn_blocking(move || folders.iter().for_each(|folder| durable::sweep(folder))).await;
    }
    let hashing = Arc::new(Semaphore::new(cores()));
    // More than are hashed: behind a large file the next ones get ready.
    let stating = found.into_iter().map(|found| state(round.clone(), found, Arc::clone(&hashing)));
    let mut stated = stream::iter(stating).buffered(GROUP);
    while let Some(stated) = stated.next().await {
        if tell.send(stated).await.is_err() {
            // Nobody wants to know any more.
            return;
        }
    }
}

async fn state(
    round: Option<Arc<DepositRun>>,
    found: FoundFile,
    hashing: Arc<Semaphore>,
) -> (FoundFile, Result<PreparedStatement, Skipped>) {
    let stated = match (&found.size, round) {
        (Ok(_), Some(round)) => {
            let path = found.path.clone();
            let _place = hashing.acquire().await;
            let stating = tokio::task::spawn_blocking(move || round.state(&path)).await;
            stating.map_err(|_| interrupted()).flatten().map_err(Skipped::Failed)
        }
        (Ok(_), None) => Err(Skipped::Passed(Exclusion::Twice)),
        (Err(passed), _) => Err(Skipped::Passed(passed.clone())),
    };
    (found, stated)
}

/// Sends those that are stated, and tells what became of all.
async fn send_all(
    round: Option<Arc<DepositRun>>,
    group: Vec<(FoundFile, Result<PreparedStatement, Skipped>)>,
) -> Vec<(FoundFile, Result<DepositOutcome, Skipped>)> {
    let (found, stated): (Vec<_>, Vec<_>) = group.into_iter().unzip();
    let ready = on_blocking_thread(stated, keep_statements).await;
    let done = match round {
        Some(round) => on_blocking_thread(submit_all(round, ready).await, keep_receipts).await,
        None => ready.into_iter().map(|ready| ready.and_then(|_| Err(Skipped::Failed(interrupted())))).collect(),
    };
    found.into_iter().zip(done).collect()
}

/// Asks for all deposits, and holds each answer against its statement.
async fn submit_all(
    round: Arc<DepositRun>,
    ready: Vec<Result<PendingDeposit, Skipped>>,
) -> Vec<Result<(DepositOutcome, Option<FileToWrite>), Skipped>> {
    let (ready, places) = split_results(ready);
    let answers = round.submit_all(&ready).await;
    let held = stream::iter(ready.into_iter().zip(answers)).map(|(ready, answered)| {
        let round = Arc::clone(&round);
        tokio::task::spawn_blocking(move || round.hold(ready, answered))
    });
    let held = held.buffered(cores()).map(|held| held.map_err(|_| interrupted()).flatten());
    merge_results(places, held.collect().await)
}

fn keep_statements(stated: Vec<PreparedStatement>) -> Vec<Result<PendingDeposit, CliError>> {
    keep(stated, durable::create_all, |ready, error| statement_not_kept(&ready.files.statement, error))
}

fn keep_receipts(held: Vec<(DepositOutcome, Option<FileToWrite>)>) -> Vec<Result<DepositOutcome, CliError>> {
    keep(held, durable::replace_all, |done, error| receipt_not_kept(done.facts.number, &done.files.receipt, error))
}

/// Writes those that are new together; what became of each, in their order.
fn keep<T>(
    all: Vec<(T, Option<FileToWrite>)>,
    write: fn(&[FileToWrite]) -> Vec<io::Result<()>>,
    unwritten: impl Fn(&T, &io::Error) -> CliError,
) -> Vec<Result<T, CliError>> {
    let (mut ones, mut files) = (Vec::with_capacity(all.len()), Vec::new());
    for (one, file) in all {
        ones.push((one, file.is_some()));
        files.extend(file);
    }
    let mut written = write(&files).into_iter();
    let mut told = |is_new: bool| if is_new { written.next().ok_or_else(interrupted) } else { Ok(Ok(())) };
    let became = ones.into_iter().map(|(one, is_new)| match told(is_new)? {
        Ok(()) => Ok(one),
        Err(error) => Err(unwritten(&one, &error)),
    });
    became.collect()
}

/// Does something that blocks with all that got so far; what became of each, in their order.
async fn on_blocking_thread<T: Send + 'static, U: Send + 'static>(
    all: Vec<Result<T, Skipped>>,
    work: fn(Vec<T>) -> Vec<Result<U, CliError>>,
) -> Vec<Result<U, Skipped>> {
    let (some, places) = split_results(all);
    // Of a thread that is gone nothing is known.
    let became = tokio::task::spawn_blocking(move || work(some)).await.unwrap_or_default();
    merge_results(places, became)
}

/// Those that got so far, and where they stood.
fn split_results<T>(all: Vec<Result<T, Skipped>>) -> (Vec<T>, Vec<Result<(), Skipped>>) {
    let mut some = Vec::with_capacity(all.len());
    let places = all.into_iter().map(|one| one.map(|one| some.push(one))).collect();
    (some, places)
}

fn merge_results<U>(places: Vec<Result<(), Skipped>>, became: Vec<Result<U, CliError>>) -> Vec<Result<U, Skipped>> {
    let mut became = became.into_iter();
    let mut next = |()| became.next().unwrap_or_else(|| Err(interrupted())).map_err(Skipped::Failed);
    places.into_iter().map(|place| place.and_then(&mut next)).collect()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
