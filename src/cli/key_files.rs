//! Gives the key files of a ledger's folder their final names after a rotation, and removes a retired key.
//!
//! ```text
//! key rotate    rotation.key = new key ─▶ the notice is appended (the commit point) and its checkpoint published
//! settle        previous.key = old key ─▶ rotation.key becomes ledger.key ─▶ next.key, if it is the new key, is removed
//! ```
//!
//! # Invariants
//!
//! At every step the folder holds the private key that the ledger needs: which file is which key follows from the ledger
//! (`node_keys`), not from its name. So an interruption between two steps loses nothing, and the next start of the node, or the
//! same command, continues. A key that the ledger does not know is never removed or replaced.

use std::fs;
use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::node_keys::{LEDGER_KEY, NEXT_KEY, NodeKeys, OperatorMessage, PREVIOUS_KEY, ROTATION_KEY};
use crate::ledger::key::Signer;
use crate::ledger::key_history::KeyHistory;
use crate::ledger::time::Timestamp;
use crate::sequencer::ledger_keys::BOTH_SIGN_MS;

/// Brings the files in `folder` in line with the ledger, whose complete history is `history`. Returns messages for the operator.
/// `now` is the time of the ledger's last block.
///
/// # Errors
///
/// [`CliError`]: a file cannot be read, written or renamed.
pub fn settle(folder: &Path, history: &KeyHistory, now: Timestamp) -> Result<Vec<OperatorMessage>, CliError> {
    let keys = NodeKeys::read(folder)?;
    let (current, mut messages) = (history.current(), Vec::new());
    let is_current = |key: &Option<Signer>| key.as_ref().is_some_and(|key| *key.verifier() == current.key);
    let path = |name: &str| folder.join(name);
    let mut old = keys.previous.as_ref();
    if is_current(&keys.rotation) {
        let replaced = |key: &&Signer| history.previous().is_some_and(|period| period.key == *key.verifier());
        if let Some(ledger) = keys.ledger.as_ref().filter(replaced) {
            write(&path(PREVIOUS_KEY), ledger)?;
            old = Some(ledger);
        }
        let (from, to) = (path(ROTATION_KEY), path(LEDGER_KEY));
        fs::rename(&from, &to)
            .and_then(|()| durable::sync_folder_of(&to))
            .map_err(|error| CliError::io(&to, &error))?;
    } else if keys.rotation.is_some() {
        let file = path(ROTATION_KEY).display().to_string();
        let en = format!(
            "a rotation of the ledger key was begun and changed nothing yet: run `tiezheng key rotate` again with the node stopped, or \
             remove {file}, which is a copy of the successor's key"
        );
        let zh = format!(
            "账本密钥的更换曾开始而未完成，账本未变：请停止节点后重新运行 tiezheng key rotate，或删除 {file}（后继密钥的副本）"
        );
        messages.push((zh, en));
    }
    if is_current(&keys.next) {
        remove(&path(NEXT_KEY))?;
    }
    let age = now.as_millis().saturating_sub(current.received.as_millis());
    if old.is_some() && age > BOTH_SIGN_MS {
        let file = path(PREVIOUS_KEY).display().to_string();
        let en = format!("{file} no longer signs: remove it with `tiezheng key retire`");
        messages.push((format!("{file} 已不再用于签名：请用 tiezheng key retire 删除"), en));
    }
    Ok(messages)
}

/// Removes the previous key; false if there is none.
///
/// # Errors
///
/// [`CliError`].
pub fn retire(folder: &Path) -> Result<bool, CliError> {
    remove(&folder.join(PREVIOUS_KEY))
}

/// Writes a private key durably, and replaces an existing file.
///
/// # Errors
///
/// [`CliError`].
pub fn write(path: &Path, key: &Signer) -> Result<(), CliError> {
    let text = Zeroizing::new(format!("{}\n", *key.to_private_text()));
    durable::replace(path, text.as_bytes(), 0o600).map_err(|error| CliError::io(path, &error))
}

fn remove(path: &Path) -> Result<bool, CliError> {
    match fs::remove_file(path).and_then(|()| durable::sync_folder_of(path)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(CliError::io(path, &error)),
    }
}
