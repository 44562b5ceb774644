//! The key histories that were followed from a pinned key, one file per ledger, in the user's configuration folder.
//!
//! ```text
//! key-history/<first 16 hex digits of SHA-256(origin)>.json      as the node returned it
//! ```

use std::path::PathBuf;

use crate::cli::config::{Config, make_private_folder};
use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::input;
use crate::ledger::hash::sha256;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::key_history::KeyHistory;
use crate::wire::json;
use crate::wire::key_history::KeyHistoryJson;

fn file(config: &Config, origin: &Name) -> Result<PathBuf, CliError> {
    let hash: String = sha256(origin.as_str().as_bytes()).to_string().chars().take(16).collect();
    Ok(config.key_histories()?.join(format!("{hash}.json")))
}

/// The stored key history of `origin`, if it contains one of its `pinned` keys.
///
/// # Errors
///
/// [`CliError`]: the file cannot be read, or is no key history.
pub fn stored(config: &Config, origin: &Name, pinned: &[VerifierKey]) -> Result<Option<KeyHistory>, CliError> {
    let path = file(config, origin)?;
    let Some(text) = input::text_if_present(&path, input::DOCUMENT)? else { return Ok(None) };
    let parsed = serde_json::from_str::<KeyHistoryJson>(&text).ok();
    let history = parsed.and_then(|parsed| {
        KeyHistory::of_notices(parsed.notices.iter().map(|notice| (notice.place(), notice.text.as_str()))).ok()
    });
    let Some(history) = history.filter(|history| history.origin() == origin) else {
        let path = path.display();
        let zh = format!(
            "{path} 不是账本“{origin}”的密钥历史，或已损坏。请从备份恢复；如无备份，可将其删除，再次连接节点时将重新取得"
        );
        let en = format!(
            "{path} is no key history of the ledger `{origin}`, or damaged. Restore it from a backup; without one, remove it: it is \
             taken from a node again at the next contact"
        );
        return Err(CliError::unable("bad_key_history", zh, en));
    };
    // After the pin was removed or replaced by hand, the file says nothing about it.
    Ok(Some(history).filter(|history| history.extends_pinned(pinned).is_some()))
}

/// Stores a history that was verified and followed; returns its file.
///
/// # Errors
///
/// [`CliError`]: the file cannot be written.
pub fn write(config: &Config, origin: &Name, history: &KeyHistoryJson) -> Result<PathBuf, CliError> {
    let path = file(config, origin)?;
    make_private_folder(durable::folder_of(&path)).map_err(|error| CliError::io(&path, &error))?;
    let written = durable::replace(&path, json::pretty(history).as_bytes(), 0o600);
    written.map_err(|error| CliError::io(&path, &error))?;
    Ok(path)
}
