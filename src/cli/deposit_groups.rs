//! Deposits many files: makes statements on all cores, writes files in groups, sends batches, and returns results in order.
//!
//! ```text
//! files ─▶ hash, sign (all cores) ─▶ store new statements ─▶ send ─▶ verify (all cores) ─▶ store receipts ─▶ results
//!                                    └────────────── a group, up to three at a time ─────────────┘
//! ```
//!
//! While groups are in flight, new statements collect for the next: few files are sent one by one, thousands in hundreds.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::{Semaphore, mpsc};

use crate::cli::deposit_run::{DepositOutcome, DepositRun, PendingDeposit};
use crate::cli::durable::{self, FileToWrite};
use crate::cli::exit::CliError;
use crate::cli::gather::{Exclusion, FoundFile};
use crate::cli::storage_errors::{interrupted, receipt_not_written, statement_not_written};

/// Most files of a group, and most statements that wait for the next group.
const GROUP: usize = 512;
/// Groups in flight: while the receipts of one are stored, the next is sent.
const GROUPS: usize = 3;

/// Why a file was not deposited.
#[derive(Debug)]
pub enum Skipped {
    /// It is excluded.
    Excluded(Exclusion),
    /// The deposit failed.
    Failed(CliError),
}

/// A statement that is ready, and its file if it is new.
type PreparedStatement = (PendingDeposit, Option<FileToWrite>);

/// Deposits files. Returns their results in order. Without a run nothing is deposited, only exclusions are reported.
pub fn deposit(
    run: Option<Arc<DepositRun>>,
    found: Vec<FoundFile>,
) -> impl Stream<Item = (FoundFile, Result<DepositOutcome, Skipped>)> {
    let (sender, receiver) = mpsc::channel(GROUP);
    // A separate task, so that hashing continues while all groups are in flight.
    tokio::spawn(prepare_all(run.clone(), found, sender));
    let groups = stream::unfold(receiver, |mut receiver| async move {
        let mut group = Vec::new();
        let many = receiver.recv_many(&mut group, GROUP).await;
        (many > 0).then_some((group, receiver))
    });
    groups.map(move |group| send_all(run.clone(), group)).buffered(GROUPS).flat_map(stream::iter)
}

async fn prepare_all(
    run: Option<Arc<DepositRun>>,
    found: Vec<FoundFile>,
    sender: mpsc::Sender<(FoundFile, Result<PreparedStatement, Skipped>)>,
) {
    if let Some(run) = &run {
        let receipts = run.receipts.as_deref();
        let of = |found: &FoundFile| receipts.unwrap_or(durable::folder_of(&found.path)).to_owned();
        let folders: BTreeSet<_> = found.iter().filter(|found| found.size.is_ok()).map(of).collect();
        // Drafts of an interrupted run. A failure is ignored.
        let _ = tokio::task::spawn_blocking(move || folders.iter().for_each(|folder| durable::sweep(folder))).await;
    }
    let hashing = Arc::new(Semaphore::new(cores()));
    // More than the number of cores, so that small files do not wait behind a large one.
    let stating = found.into_iter().map(|found| prepare(run.clone(), found, Arc::clone(&hashing)));
    let mut stated = stream::iter(stating).buffered(GROUP);
    while let Some(stated) = stated.next().await {
        if sender.send(stated).await.is_err() {
            // The receiver is gone: the command was interrupted.
            return;
        }
    }
}

async fn prepare(
    run: Option<Arc<DepositRun>>,
    found: FoundFile,
    hashing: Arc<Semaphore>,
) -> (FoundFile, Result<PreparedStatement, Skipped>) {
    let stated = match (&found.size, run) {
        (Ok(_), Some(run)) => {
            let path = found.path.clone();
            let _place = hashing.acquire().await;
            let stating = tokio::task::spawn_blocking(move || run.prepare(&path)).await;
            stating.map_err(|_| interrupted()).flatten().map_err(Skipped::Failed)
        }
        (Ok(_), None) => Err(Skipped::Excluded(Exclusion::Twice)),
        (Err(passed), _) => Err(Skipped::Excluded(passed.clone())),
    };
    (found, stated)
}

/// Sends the statements in groups, and yields all results.
async fn send_all(
    run: Option<Arc<DepositRun>>,
    group: Vec<(FoundFile, Result<PreparedStatement, Skipped>)>,
) -> Vec<(FoundFile, Result<DepositOutcome, Skipped>)> {
    let (found, stated): (Vec<_>, Vec<_>) = group.into_iter().unzip();
    let ready = on_blocking_thread(stated, store_statements).await;
    let done = match run {
        Some(run) => on_blocking_thread(submit_all(run, ready).await, store_receipts).await,
        None => ready.into_iter().map(|ready| ready.and_then(|_| Err(Skipped::Failed(interrupted())))).collect(),
    };
    found.into_iter().zip(done).collect()
}

/// Sends a group, and checks each answer against its statement.
async fn submit_all(
    run: Arc<DepositRun>,
    ready: Vec<Result<PendingDeposit, Skipped>>,
) -> Vec<Result<(DepositOutcome, Option<FileToWrite>), Skipped>> {
    let (ready, places) = split_results(ready);
    let answers = run.submit_all(&ready).await;
    let held = stream::iter(ready.into_iter().zip(answers)).map(|(ready, answered)| {
        let run = Arc::clone(&run);
        tokio::task::spawn_blocking(move || run.check_answer(ready, answered))
    });
    let held = held.buffered(cores()).map(|held| held.map_err(|_| interrupted()).flatten());
    merge_results(places, held.collect().await)
}

fn store_statements(stated: Vec<PreparedStatement>) -> Vec<Result<PendingDeposit, CliError>> {
    store(stated, durable::create_all, |ready, error| statement_not_written(&ready.files.statement, error))
}

fn store_receipts(held: Vec<(DepositOutcome, Option<FileToWrite>)>) -> Vec<Result<DepositOutcome, CliError>> {
    store(held, durable::replace_all, |done, error| receipt_not_written(done.facts.number, &done.files.receipt, error))
}

/// Writes the new files as a group. Returns the results in order.
fn store<T>(
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
    let mut next_result = |is_new: bool| if is_new { written.next().ok_or_else(interrupted) } else { Ok(Ok(())) };
    let became = ones.into_iter().map(|(one, is_new)| match next_result(is_new)? {
        Ok(()) => Ok(one),
        Err(error) => Err(unwritten(&one, &error)),
    });
    became.collect()
}

/// Runs blocking work on the successful elements. Returns all results in order.
async fn on_blocking_thread<T: Send + 'static, U: Send + 'static>(
    all: Vec<Result<T, Skipped>>,
    work: fn(Vec<T>) -> Vec<Result<U, CliError>>,
) -> Vec<Result<U, Skipped>> {
    let (some, places) = split_results(all);
    // After a panic the results are unknown.
    let became = tokio::task::spawn_blocking(move || work(some)).await.unwrap_or_default();
    merge_results(places, became)
}

/// Splits results into the successful values and the positions of the others.
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
