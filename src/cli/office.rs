//! The desk of a node: the platform's key, originals in custody, and the operator's first token.
//!
//! The platform's key signs what is done by tokens and owns the streams of all cases: without it no case goes on. It lies
//! beside the ledger's key and wants a copy elsewhere just as much.

use std::path::Path;
use std::sync::Arc;

use crate::cli::case_key;
use crate::cli::durable;
use crate::cli::ending::Complaint;
use crate::custody::keeper::Keeper;
use crate::desk::office::{Desk, Furniture};
use crate::ledger::key::Signer;
use crate::sequencer::clock::SystemClock;
use crate::sequencer::handle::Sequencer;
use crate::store::contract::keeping::KeepPrivate;

/// The platform's private key in the ledger's folder.
pub const PLATFORM_KEY: &str = "platform.key";
/// The folder of originals in custody, beside the database.
pub const ORIGINALS: &str = "originals";
/// Life of an operator's token in days.
const OPERATOR_DAYS: u64 = 366;

fn unable(code: &'static str, error: &dyn std::fmt::Display) -> Complaint {
    let text = error.to_string();
    Complaint::unable(code, text.clone(), text)
}

/// Opens the desk of the ledger in `data`.
///
/// # Errors
///
/// [`Complaint`]: the key, the folder, the registry's acts.
pub fn open(data: &Path, store: Arc<dyn KeepPrivate>, sequencer: Sequencer) -> Result<Desk, Complaint> {
    let platform = platform_key(&data.join(PLATFORM_KEY))?;
    let keeper = Keeper::in_folder(&data.join(ORIGINALS)).map_err(|error| unable("custody_folder", &error))?;
    finish_erasures(&store);
    let clock = Box::new(SystemClock::new());
    Desk::open(Furniture { store, sequencer, platform, keeper, clock }).map_err(|error| unable("unreadable", &error))
}

/// Removes originals that nobody answers for. Before anything is taken in.
pub async fn sweep(desk: &Desk) {
    match desk.sweep_originals().await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "originals that nobody answers for were removed"),
        // They take room and show nothing: no reason not to serve.
        Err(error) => tracing::error!(%error, "originals were not swept"),
    }
}

fn platform_key(path: &Path) -> Result<Signer, Complaint> {
    if path.exists() {
        return case_key::read(path);
    }
    let signer = case_key::generate()?;
    case_key::write(path, &signer).map_err(|error| Complaint::io(path, &error))?;
    Ok(signer)
}

/// What a stop left between an erasure's record and its end.
fn finish_erasures(store: &Arc<dyn KeepPrivate>) {
    match store.unpurged() {
        Ok(pieces) if pieces.is_empty() => {}
        Ok(pieces) => {
            tracing::warn!(pieces = pieces.len(), "finishing erasures that a stop cut off");
            let store = Arc::clone(store);
            // Beside the node's start: it reads the whole folder, and nobody is told that it is done before it is.
            std::thread::spawn(move || match store.purge() {
                Ok(purged) => tracing::info!(pieces = purged.pieces.len(), "erasures finished"),
                Err(error) => tracing::error!(%error, "erasures are not finished"),
            });
        }
        Err(error) => tracing::error!(%error, "cannot tell whether erasures are finished"),
    }
}

/// Makes an operator and writes the token into `path`, unless that file is there.
///
/// # Errors
///
/// [`Complaint`]: the file, or the ledger.
pub async fn operator_token(desk: &Desk, path: &Path) -> Result<(), Complaint> {
    if path.exists() {
        return Ok(());
    }
    // Before anything goes on the chain: a place that cannot be written to.
    durable::probe(path).map_err(|error| Complaint::io(path, &error))?;
    let (_, issued) = desk.make_operator(OPERATOR_DAYS).await.map_err(|error| unable("cannot_start", &error))?;
    let text = zeroize::Zeroizing::new(format!("{}\n", issued.token.text()));
    durable::create(path, text.as_bytes(), 0o600).map_err(|error| Complaint::io(path, &error))
}
