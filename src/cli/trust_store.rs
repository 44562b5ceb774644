//! The ledgers that this user trusts: one policy for each, in the folder `policies`.
//!
//! ```text
//! policies/<first 16 hex digits of SHA-256(origin)>.policy     one ledger (`policy_file`)
//! trust.policy                                                 the one file of earlier versions (`trust_migration`)
//! trust.policy.lock                                            held while one of them is changed
//! ```
//!
//! An unknown ledger is pinned at first contact, as ssh does with a host, and this is reported. From then on a ledger with a
//! pinned origin or address and another key is rejected with an error of its own. An unreadable file, or an invalid line, is an
//! error: a ledger with a changed key would otherwise be taken for an unknown one.
//!
//! These files decide what verifies: they are in the user's own folder and are never taken from a receipt.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use crate::cli::config::{Config, make_private_folder};
use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::key_history_file;
use crate::cli::policy_file::{EXTENSION, PolicyFile, id_of, policy_id, policy_path, read_policy};
use crate::cli::trust_migration;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::key_history::KeyHistory;
use crate::ledger::policy::{Policy, PolicyLog};
use crate::ledger::verify::trust::Trust;

/// The policies of all pinned ledgers.
#[derive(Debug, Clone, Default)]
pub struct TrustStore {
    /// By the names of the files, without extension.
    files: BTreeMap<String, PolicyFile>,
    /// Key histories that were followed from a pinned key.
    histories: Vec<KeyHistory>,
}

/// A key compared with the pinned keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinState {
    /// The key is pinned.
    Pinned,
    /// Neither its origin nor the address is known.
    Unknown,
    /// Its origin or the address is pinned with another key.
    Conflicts(Box<PolicyLog>),
}

impl TrustStore {
    /// Reads the user's policies; nothing is pinned if there is none, or no folder. The file of an earlier version is migrated
    /// first; where that cannot be written, it is read where it is.
    ///
    /// # Errors
    ///
    /// [`CliError`]: a policy is unreadable, empty, or has an invalid line.
    pub fn of(config: &Config) -> Result<Self, CliError> {
        let Ok(policies) = config.policies() else { return Ok(Self::default()) };
        if config.trust_policy().is_ok_and(|old| old.symlink_metadata().is_ok()) {
            // The reason why it cannot be migrated does not matter here: reading below reports what is wrong with the file.
            let _ = lock(config).and_then(|_held| trust_migration::migrate(config));
        }
        // The old file first: once it is gone, all of its ledgers are in the folder.
        let old = trust_migration::read(config)?;
        let mut store = Self { files: read_folder(&policies)?, histories: Vec::new() };
        if let Some(old) = old {
            trust_migration::merge(&mut store.files, &old, config)?;
        }
        let origins: BTreeSet<&str> = store.logs().map(|log| log.key.name().as_str()).collect();
        let mut histories = Vec::new();
        for origin in origins.into_iter().filter_map(Name::parse) {
            let pinned = store.logs().filter(|log| *log.key.name() == origin).map(|log| log.key.clone());
            histories.extend(key_history_file::stored(config, &origin, &pinned.collect::<Vec<_>>())?);
        }
        store.histories = histories;
        Ok(store)
    }

    /// The pinned ledgers, ordered by origin.
    pub fn logs(&self) -> impl Iterator<Item = &PolicyLog> {
        let mut logs: Vec<&PolicyLog> = self.files.values().flat_map(|file| file.policy().logs()).collect();
        logs.sort_by(|one, other| one.key.name().as_str().cmp(other.key.name().as_str()));
        logs.into_iter()
    }

    /// The policy of a pinned ledger.
    #[must_use]
    pub fn policy_of(&self, origin: &Name) -> Option<&Policy> {
        let file = self.files.get(&policy_id(origin))?;
        Some(file.policy()).filter(|policy| !policy.keys_of(origin).is_empty())
    }

    /// The trusted keys for the verifier.
    #[must_use]
    pub fn trust(&self) -> Trust {
        let trust = Trust::new(self.logs().map(|log| log.key.clone()).collect());
        self.histories.iter().cloned().fold(trust, Trust::with_history)
    }

    /// The key histories that were followed from a pinned key.
    #[must_use]
    pub fn histories(&self) -> &[KeyHistory] {
        &self.histories
    }

    /// Replaces the pinned keys of this history by its current key. The history must have been followed from one of them.
    pub fn follow(&mut self, history: &KeyHistory) {
        let current = &history.current().key;
        let is_older = |key: &VerifierKey| key != current && history.periods().any(|period| period.key == *key);
        let Some(file) = self.files.get_mut(&policy_id(history.origin())) else { return };
        let older = file.policy().logs().iter().find(|log| is_older(&log.key)).cloned();
        let Some(older) = older else { return };
        *file = file.without_logs(is_older);
        if !file.policy().logs().iter().any(|log| log.key == *current) {
            file.add(&PolicyLog { key: current.clone(), url: older.url });
        }
    }

    /// Compares `key`, received from `url`, with the pinned keys.
    #[must_use]
    pub fn pin_state(&self, key: &VerifierKey, url: Option<&str>) -> PinState {
        if self.logs().any(|log| log.key == *key) {
            return PinState::Pinned;
        }
        let same_place =
            |log: &&PolicyLog| log.key.name() == key.name() || (url.is_some() && log.url.as_deref() == url);
        self.logs().find(same_place).map_or(PinState::Unknown, |log| PinState::Conflicts(Box::new(log.clone())))
    }

    /// Pins a ledger that is [`PinState::Unknown`].
    pub fn add(&mut self, log: &PolicyLog) {
        // Witnesses of a ledger that was removed and is added again are still those of the user.
        let id = policy_id(log.key.name());
        self.files.entry(id).and_modify(|file| file.add(log)).or_insert_with(|| PolicyFile::of_log(log));
    }

    /// Replaces the policy of a ledger; `file` is of that ledger alone.
    pub fn set(&mut self, origin: &Name, file: PolicyFile) {
        self.files.insert(policy_id(origin), file);
    }

    /// Removes the ledgers whose vkey, origin or address is `text`, and returns their number. Other lines of their policies stay.
    pub fn remove(&mut self, text: &str) -> usize {
        let is_meant = |log: &&PolicyLog| {
            log.key.to_string() == text || log.key.name().as_str() == text || log.url.as_deref() == Some(text)
        };
        let meant: Vec<VerifierKey> = self.logs().filter(is_meant).map(|log| log.key.clone()).collect();
        for file in self.files.values_mut() {
            *file = file.without_logs(|key| meant.contains(key));
        }
        self.files.retain(|_, file| !file.says_nothing());
        meant.len()
    }
}

/// The policies in the folder, by the names of the files.
fn read_folder(policies: &Path) -> Result<BTreeMap<String, PolicyFile>, CliError> {
    let io = |error: io::Error| CliError::io(policies, &error);
    let entries = match fs::read_dir(policies) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(io(error)),
    };
    let mut files = BTreeMap::new();
    for entry in entries {
        let name = entry.map_err(io)?.file_name();
        let Some(id) = id_of(&name) else { continue };
        let path = policies.join(&name);
        let file = read_policy(&path)?;
        if let Some(other) = file.origins().into_iter().find(|origin| policy_id(origin) != id) {
            let expected = policy_path(policies, &other);
            let (path, expected) = (path.display(), expected.display());
            let zh = format!("{path} 载有账本 {other}，其策略文件应为 {expected}。请改名，或改正其中的 log 行");
            let en = format!(
                "{path} names the ledger {other}, whose policy belongs in {expected}. Rename the file, or correct its log line"
            );
            return Err(CliError::unable("bad_policy", zh, en));
        }
        files.insert(id.to_owned(), file);
    }
    Ok(files)
}

/// Locks the user's policies until the file is dropped.
fn lock(config: &Config) -> Result<File, CliError> {
    let path = config.trust_policy()?.with_extension("policy.lock");
    make_private_folder(durable::folder_of(&path)).map_err(|error| CliError::io(&path, &error))?;
    // Opened for reading too: opening a pipe only for writing would wait for a reader.
    let lock = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let lock = lock.and_then(|lock| lock.lock().map(|()| lock));
    lock.map_err(|error| CliError::io(&path, &error))
}

/// Changes the policies under a lock, so that no concurrent change is lost. Each changed file is replaced atomically.
///
/// # Errors
///
/// [`CliError`]: an error of `change`, or a file cannot be read or written.
pub fn update<T>(config: &Config, change: impl FnOnce(&mut TrustStore) -> Result<T, CliError>) -> Result<T, CliError> {
    let policies = config.policies()?;
    let _held = lock(config)?;
    trust_migration::migrate(config)?;
    let mut store = TrustStore { files: read_folder(&policies)?, histories: Vec::new() };
    let before = store.files.clone();
    let answer = change(&mut store)?;
    let text = |files: &BTreeMap<String, PolicyFile>, id: &str| files.get(id).map(PolicyFile::to_text);
    let ids: BTreeSet<&String> = before.keys().chain(store.files.keys()).collect();
    for id in ids {
        let path = policies.join(format!("{id}{EXTENSION}"));
        let written = match (text(&before, id), text(&store.files, id)) {
            (old, new) if old == new => Ok(()),
            (_, Some(new)) => {
                make_private_folder(&policies).and_then(|()| durable::replace(&path, new.as_bytes(), 0o600))
            }
            (_, None) => fs::remove_file(&path).and_then(|()| durable::sync_folder_of(&path)),
        };
        written.map_err(|error| CliError::io(&path, &error))?;
    }
    Ok(answer)
}

/// Pins `key`, received from `url`; returns whether it was unknown.
///
/// # Errors
///
/// [`CliError`] if the origin or the address is pinned with another key.
pub fn pin(config: &Config, key: &VerifierKey, url: Option<&str>) -> Result<bool, CliError> {
    update(config, |store| match store.pin_state(key, url) {
        PinState::Pinned => Ok(false),
        PinState::Unknown => {
            store.add(&PolicyLog { key: key.clone(), url: url.map(str::to_owned) });
            Ok(true)
        }
        PinState::Conflicts(log) => Err(key_changed(&log, key, config)),
    })
}

/// The error for a ledger whose origin or address is pinned with another key.
pub(in crate::cli) fn key_changed(pinned: &PolicyLog, received: &VerifierKey, config: &Config) -> CliError {
    let place = |name: &Name| pinned.url.clone().unwrap_or_else(|| name.to_string());
    let file = config.policies().map(|policies| policy_path(&policies, pinned.key.name())).unwrap_or_default();
    let (place, file, known) = (place(pinned.key.name()), file.display(), &pinned.key);
    let (zh, en) = (format!("账本密钥已改变：{place}"), format!("THE KEY OF THE LEDGER HAS CHANGED at {place}."));
    CliError::finding("ledger_key_changed", zh, en)
        .with_line(format!("  已固定：{known}"), format!("  pinned: {known}"))
        .with_line(format!("  现收到：{received}"), format!("  now:    {received}"))
        .with_line(
            format!(
                "可能有人在中间冒充，或者账本已重新建立。没有发送任何内容。请通过其他途径向运营者核对；\
                 确认新密钥无误后才运行：tiezheng trust remove '{known}'（固定的密钥在 {file}）。"
            ),
            format!(
                "Either somebody intercepts the connection, or the ledger was set up again. Nothing was sent. Ask the operator by \
                 another way; only if the new key is right: tiezheng trust remove '{known}' (the pinned key is in {file})."
            ),
        )
}

#[cfg(test)]
mod tests;
