//! Many files in one round: their statements are written on all cores, sent in batches, and told in the files' order.
//!
//! While one batch is under way, the statements that get ready make the next: a few files go out one by one, thousands by
//! the hundred.

use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt as _};

use crate::cli::ending::Complaint;
use crate::cli::gather::{Found, Passed};
use crate::cli::round::{Done, Ready, Round, interrupted};

/// Statements that may be ready before they are sent.
const READY: usize = 512;
/// Batches under way at once: the receipts of one are kept while the next is on the chain.
const BATCHES: usize = 3;

/// Why a file was not deposited.
#[derive(Debug)]
pub enum Missed {
    /// It was not even tried.
    Passed(Passed),
    /// It was.
    Failed(Complaint),
}

/// Deposits what was found; what became of each, in their order. Without a round nothing can be deposited.
pub fn deposit(round: Option<Arc<Round>>, found: Vec<Found>) -> impl Stream<Item = (Found, Result<Done, Missed>)> {
    let ready = stream::iter(found).map({
        let round = round.clone();
        move |found| prepared(round.clone(), found)
    });
    let batches = ready.buffered(READY).ready_chunks(READY);
    let told = batches.map(move |batch| sent(round.clone(), batch)).buffered(BATCHES);
    told.flat_map(stream::iter)
}

async fn prepared(round: Option<Arc<Round>>, found: Found) -> (Found, Result<Ready, Missed>) {
    let ready = match (&found.size, round) {
        (Ok(_), Some(round)) => round.prepare(&found.path).await.map_err(Missed::Failed),
        (Ok(_), None) => Err(Missed::Passed(Passed::Twice)),
        (Err(passed), _) => Err(Missed::Passed(passed.clone())),
    };
    (found, ready)
}

/// Sends those that are ready, and puts what became of them where they stood.
async fn sent(
    round: Option<Arc<Round>>,
    batch: Vec<(Found, Result<Ready, Missed>)>,
) -> Vec<(Found, Result<Done, Missed>)> {
    let mut ready = Vec::with_capacity(batch.len());
    let mut told = Vec::with_capacity(batch.len());
    for (found, outcome) in batch {
        told.push((found, outcome.map(|statement| ready.push(statement))));
    }
    let done = match round {
        Some(round) => round.send_all(ready).await,
        None => Vec::new(),
    };
    let mut done = done.into_iter();
    let mut became = |()| done.next().unwrap_or_else(|| Err(interrupted())).map_err(Missed::Failed);
    told.into_iter().map(|(found, outcome)| (found, outcome.and_then(&mut became))).collect()
}
