//! Follows the ledger key after a rotation: from a pinned key along the notices that a node shows, to the key to pin now.
//!
//! # Invariants
//!
//! Only a history that starts from a pinned key and continues the stored one is followed (`ledger::key_history`). It is stored before
//! the pinned key is replaced. From then on the old key alone is rejected for every tree that contains the notice of its successor,
//! and receipts from before the rotation still verify.

use crate::cli::config::Config;
use crate::cli::exit::CliError;
use crate::cli::key_history_file;
use crate::cli::screen::{Screen, WARNING};
use crate::cli::trust_store::{self, TrustStore};
use crate::client::ledger_client::LedgerClient;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::key_history::follow;
use crate::ledger::verify::trust::Trust;

/// If `key`, the key of the node's ledger, has changed, follows its key history from the pinned key, and pins the new one. Otherwise, and if
/// the history does not lead from a pinned key to it, changes nothing. Returns whether a new key was pinned.
///
/// # Errors
///
/// [`CliError`]: the node cannot be reached, or a file cannot be read or written.
pub async fn follow_rotation(
    client: &LedgerClient,
    config: &Config,
    key: &VerifierKey,
    screen: &Screen,
) -> Result<bool, CliError> {
    let (origin, known) = (key.name(), TrustStore::of(config)?);
    let trust = known.trust();
    let pinned = trust.keys_of(origin);
    if pinned.is_empty() || pinned.contains(key) {
        return Ok(false);
    }
    let Ok(shown) = client.keys().await else { return Ok(false) };
    let Some((history, _)) = shown.proven() else { return Ok(false) };
    let agrees = trust.history_of(origin).is_none_or(|stored| stored.agrees_with(&history));
    if !agrees || follow(&pinned, &history) != Some(key) {
        return Ok(false);
    }
    let path = key_history_file::write(config, origin, &shown)?;
    trust_store::update(config, |pinned| {
        pinned.follow(&history);
        Ok(())
    })?;
    let since = history.current().index;
    let (zh, en) = (
        format!("账本密钥已更换（公告位于记录 {since}），已沿其公告核对并固定新密钥："),
        format!(
            "The ledger key was replaced by the notice at leaf {since}, which the pinned key leads to; now pinned:"
        ),
    );
    let said = screen.aside(screen.paint(WARNING, screen.pick(&zh, &en)));
    said.and_then(|()| screen.aside(format!("  {key}"))).map_err(|error| CliError::io(&path, &error))?;
    Ok(true)
}

/// The node's checkpoint, if a trusted key of `origin` validly signed it, perhaps after a rotation that the node proves.
pub async fn trusted_checkpoint(
    client: &LedgerClient,
    text: &str,
    trust: &Trust,
    origin: &Name,
) -> Option<SignedCheckpoint> {
    let is_of = |checkpoint: &SignedCheckpoint| checkpoint.checkpoint().origin == *origin;
    let checkpoint = SignedCheckpoint::parse(text.as_bytes()).ok().filter(is_of)?;
    if trust.verify(&checkpoint, &[]).is_ok() {
        return Some(checkpoint);
    }
    let (checkpoint, notices) = client.keys().await.ok()?.parts().ok()??;
    (is_of(&checkpoint) && trust.verify(&checkpoint, &notices).is_ok()).then_some(checkpoint)
}
