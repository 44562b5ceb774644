//! A node's private keys: read and compared with the ledger before its database is opened for writing.
//!
//! | file | must be |
//! |---|---|
//! | `ledger.key` | the ledger key in force, by the ledger's key history |
//! | `previous.key` | the key before it, while both sign; absent before the first rotation, and once it is retired |
//! | `rotation.key` | the new key, while a rotation is in progress (`key_files`) |
//! | `next.key` | the key to which the last notice commits; kept elsewhere, except for a test ledger |
//! | `platform.key` | the key recorded in the database when it was made |
//!
//! # Invariants
//!
//! A missing key is generated only if no ledger depends on it yet. A key that does not match is never used or replaced.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::cli::case_key;
use crate::cli::exit::CliError;
use crate::cli::filing_service::PLATFORM_KEY;
use crate::cli::open_errors::unreadable;
use crate::filing::secret::stream_id;
use crate::ledger::key::{Signer, VerifierKey};
use crate::ledger::key_history::KeyHistory;
use crate::query::key_history::named_history;
use crate::sequencer::ledger_keys::LedgerKeys;
use crate::store::factory::FolderReader;
use crate::store::traits::{Index as _, LogReader as _, ReadError};

/// The ledger's private key.
pub const LEDGER_KEY: &str = "ledger.key";
/// The private key of the successor, to which the last notice commits.
pub const NEXT_KEY: &str = "next.key";
/// The private key before the last rotation, which also signs until it is retired.
pub const PREVIOUS_KEY: &str = "previous.key";
/// The new private key while a rotation is in progress.
pub const ROTATION_KEY: &str = "rotation.key";

/// One of the key files.
#[derive(Debug, Clone, Copy)]
struct KeyFile {
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    /// Error code if it is missing.
    missing: &'static str,
}

const LEDGER: KeyFile =
    KeyFile { name: LEDGER_KEY, zh: "账本密钥", en: "ledger key", missing: "ledger_key_missing" };
const PREVIOUS: KeyFile =
    KeyFile {
        name: PREVIOUS_KEY, zh: "前一账本密钥", en: "previous ledger key", missing: "previous_key_missing"
    };
const ROTATION: KeyFile =
    KeyFile {
        name: ROTATION_KEY, zh: "更换中的新密钥", en: "new key of a rotation", missing: "rotation_key_missing"
    };
const NEXT: KeyFile = KeyFile { name: NEXT_KEY, zh: "后继密钥", en: "successor key", missing: "next_key_missing" };
const PLATFORM: KeyFile =
    KeyFile { name: PLATFORM_KEY, zh: "平台密钥", en: "platform key", missing: "platform_key_missing" };
const FILES: [KeyFile; 5] = [LEDGER, PREVIOUS, ROTATION, NEXT, PLATFORM];

/// How a key file compares with the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// The ledger's key.
    Matches,
    /// The file does not exist.
    Missing,
    /// It is not there, and not needed: the ledger has none yet, or it is the successor's, which is kept elsewhere.
    NotNeeded,
    /// Another key.
    Differs,
    /// The file cannot be read or contains no key.
    Unreadable,
}

impl KeyState {
    /// Name in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Matches => "matches",
            Self::Missing => "missing",
            Self::NotNeeded => "not_needed",
            Self::Differs => "differs",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The state of one key file in a copy of a ledger's folder.
#[derive(Debug)]
pub struct KeyReport {
    /// The file's name.
    pub name: &'static str,
    /// Which key it is.
    pub label: (&'static str, &'static str),
    /// How it compares.
    pub state: KeyState,
    /// The error, if any.
    pub error: Option<CliError>,
}

/// Compares the key files in `folder` with the ledger of `store`. Read-only.
///
/// # Errors
///
/// [`CliError`]: the ledger cannot be read.
pub fn report(folder: &Path, store: &FolderReader) -> Result<Vec<KeyReport>, CliError> {
    let history = history_of(store)?;
    let rotating = read(folder, ROTATION).ok().flatten();
    let mut reports = Vec::new();
    for file in FILES {
        let read = read(folder, file);
        if matches!(read, Ok(None)) && [PREVIOUS_KEY, ROTATION_KEY].contains(&file.name) {
            continue;
        }
        let (state, error) = match read {
            Err(error) => (KeyState::Unreadable, Some(error)),
            Ok(key) => match compare(folder, file, key.as_ref(), (store, history.as_ref(), rotating.as_ref()))? {
                None if key.is_some() => (KeyState::Matches, None),
                None => (KeyState::NotNeeded, None),
                Some(fault) if key.is_some() => (KeyState::Differs, Some(fault)),
                Some(fault) => (KeyState::Missing, Some(fault)),
            },
        };
        reports.push(KeyReport { name: file.name, label: (file.zh, file.en), state, error });
    }
    Ok(reports)
}

/// The key history of the ledger; `None` if nothing is signed yet.
fn history_of(store: &FolderReader) -> Result<Option<KeyHistory>, CliError> {
    store.published().map(|_| named_history(store)).transpose().map_err(|error| unreadable(&error))
}

fn read(folder: &Path, file: KeyFile) -> Result<Option<Signer>, CliError> {
    let path = folder.join(file.name);
    match fs::symlink_metadata(&path) {
        Ok(_) => case_key::read_own(&path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CliError::io(&path, &error)),
    }
}

/// Checks a key, or its absence, against the ledger with this history. `rotating` is the key of an interrupted rotation.
fn compare(
    folder: &Path,
    file: KeyFile,
    key: Option<&Signer>,
    (store, history, rotating): (&FolderReader, Option<&KeyHistory>, Option<&Signer>),
) -> Result<Option<CliError>, CliError> {
    if file.name == PLATFORM.name {
        return compare_platform(folder, key, store).map_err(|error| unreadable(&error));
    }
    let Some(history) = history else { return Ok(None) };
    let current = &history.current().key;
    // The new key is in force, and the files do not have their final names yet.
    let is_unsettled = rotating.is_some_and(|rotating| rotating.verifier() == current);
    let Some(key) = key else {
        let is_needed = file.name == LEDGER_KEY && !is_unsettled;
        return Ok(is_needed.then(|| missing(folder, file)));
    };
    let own = key.verifier();
    let is_older = own != current && history.periods().any(|period| period.key == *own);
    let is_successor = own.commitment() == history.current().next;
    let fits = match file.name {
        LEDGER_KEY => own == current || (is_unsettled && is_older),
        PREVIOUS_KEY => is_older,
        _ => own == current || is_successor,
    };
    let fault = || match file.name {
        LEDGER_KEY => another(&folder.join(LEDGER_KEY), "other_key", &own.to_string(), &current.to_string()),
        PREVIOUS_KEY => not_previous(&folder.join(PREVIOUS_KEY), own, history),
        name => not_the_successor(&folder.join(name), file, own, history),
    };
    Ok((!fits).then(fault))
}

fn not_previous(path: &Path, found: &VerifierKey, history: &KeyHistory) -> CliError {
    let wanted = history.previous().map_or_else(|| "—".to_owned(), |period| period.key.to_string());
    let path = path.display();
    let en = format!(
        "{path} holds {found}, which is not the ledger key before the last rotation ({wanted}): put the right file back, or move \
         this one away: the node runs without it; nothing was changed"
    );
    let zh = format!(
        "{path} 中的密钥（{found}）不是最近一次更换之前的账本密钥（{wanted}）：请放回正确的文件，或将其移走：节点运行无需此文件；\
         未作任何更改"
    );
    CliError::unable("previous_key_differs", zh, en)
}

fn not_the_successor(path: &Path, file: KeyFile, found: &VerifierKey, history: &KeyHistory) -> CliError {
    let (found, next) = (found.commitment(), history.current().next);
    let code = if file.name == NEXT.name { "next_key_differs" } else { "rotation_key_differs" };
    let en = format!(
        "{}: this is not the successor key that the ledger committed to: SHA-256 {found}, expected {next}. Put the \
         right file back, or move this one away: the node runs without it",
        path.display()
    );
    let zh = format!(
        "{}：不是账本所承诺的后继密钥（SHA-256 为 {found}，应为 {next}）。请放回正确的文件，或将其移走：节点运行无需此文件",
        path.display()
    );
    CliError::unable(code, zh, en)
}

fn compare_platform(folder: &Path, key: Option<&Signer>, store: &FolderReader) -> Result<Option<CliError>, ReadError> {
    let differs = |found: &Signer, wanted: &str| {
        another(&folder.join(PLATFORM_KEY), "platform_key_differs", &found.verifier().to_string(), wanted)
    };
    let recorded = store.platform_key()?;
    Ok(match (key, recorded) {
        (Some(key), Some(recorded)) if key.verifier().to_string() == recorded => None,
        (Some(key), Some(recorded)) => Some(differs(key, &recorded)),
        (None, Some(_)) => Some(missing(folder, PLATFORM)),
        // Earlier versions did not record the key: the platform's acts show whether there is one, and which.
        (Some(key), None) => {
            let stream = store
                .published()
                .map(|published| stream_id(key, "registry", &published.checkpoint.checkpoint().origin));
            let acts = stream.map(|stream| store.subject_length(&stream)).transpose()?;
            let fits = acts.unwrap_or(0) > 0 || !store.has_labels()?;
            (!fits).then(|| differs(key, "the key that owns the registry"))
        }
        (None, None) => store.has_labels()?.then(|| missing(folder, PLATFORM)),
    })
}

/// A notice for the operator, in Chinese and English.
pub type OperatorMessage = (String, String);

/// The private keys in a ledger's folder.
#[derive(Debug)]
pub struct NodeKeys {
    folder: PathBuf,
    /// The ledger's key.
    pub ledger: Option<Signer>,
    /// The key before the last rotation.
    pub previous: Option<Signer>,
    /// The new key of a rotation in progress.
    pub rotation: Option<Signer>,
    /// The successor's key.
    pub next: Option<Signer>,
    /// The platform's key.
    pub platform: Option<Signer>,
}

impl NodeKeys {
    /// Reads the key files in `folder`. Read-only.
    ///
    /// # Errors
    ///
    /// [`CliError`]: a file that cannot be read, is a symbolic link, or contains no key.
    pub fn read(folder: &Path) -> Result<Self, CliError> {
        let [ledger, previous, rotation, next, platform] = FILES.map(|file| read(folder, file));
        Ok(Self {
            folder: folder.to_owned(),
            ledger: ledger?,
            previous: previous?,
            rotation: rotation?,
            next: next?,
            platform: platform?,
        })
    }

    fn files(&self) -> [(KeyFile, Option<&Signer>); 5] {
        let keys = [&self.ledger, &self.previous, &self.rotation, &self.next, &self.platform];
        let mut keys = keys.into_iter();
        FILES.map(|file| (file, keys.next().and_then(Option::as_ref)))
    }

    /// Compares the keys with the ledger of `store`. The successor key may be stored elsewhere.
    ///
    /// # Errors
    ///
    /// [`CliError`]: a key is missing or does not match.
    pub fn check(&self, store: &FolderReader) -> Result<(), CliError> {
        self.check_without(store, &[])
    }

    /// As [`Self::check`], for a rotation: the ledger key may be lost.
    ///
    /// # Errors
    ///
    /// [`CliError`]: a key does not match.
    pub fn check_for_rotation(&self, store: &FolderReader) -> Result<(), CliError> {
        self.check_without(store, &[LEDGER_KEY])
    }

    fn check_without(&self, store: &FolderReader, may_be_missing: &[&str]) -> Result<(), CliError> {
        let history = history_of(store)?;
        for (file, key) in self.files() {
            let may_be_elsewhere = key.is_none() && may_be_missing.contains(&file.name);
            let ledger = (store, history.as_ref(), self.rotation.as_ref());
            if !may_be_elsewhere && let Some(fault) = compare(&self.folder, file, key, ledger)? {
                return Err(fault);
            }
        }
        Ok(())
    }

    /// Makes the key files readable only by their owner; returns notices about changed modes, and about the place of the
    /// successor's key, which belongs beside the ledger key of a test ledger only.
    ///
    /// # Errors
    ///
    /// [`CliError`]: a file can be read by others and belongs to another user.
    pub fn restrict(&self, is_live: bool) -> Result<Vec<OperatorMessage>, CliError> {
        let mut messages = Vec::new();
        for (file, _) in self.files().iter().filter(|(_, key)| key.is_some()) {
            let path = self.folder.join(file.name);
            if restrict(&path).map_err(|error| CliError::io(&path, &error))? {
                let en = format!("{} could be read by others: its mode is 0600 now", path.display());
                messages.push((format!("{} 原可被他人读取：权限已改为 0600", path.display()), en));
            }
        }
        match &self.next {
            None if self.ledger.is_some() && !is_live => {
                let CliError { zh, en, .. } = missing(&self.folder, NEXT);
                messages.push((zh, en));
            }
            Some(_) if is_live => {
                let path = self.folder.join(NEXT_KEY);
                let en = format!(
                    "{} holds the key that succeeds the ledger key, next to it: move it to a safe place elsewhere. It is needed only \
                     to replace the ledger key (tiezheng key rotate)",
                    path.display()
                );
                let zh = format!(
                    "{} 是账本密钥的后继密钥，与账本密钥同处存放：请移至他处妥善保管。仅在更换账本密钥时需要（tiezheng key rotate）",
                    path.display()
                );
                messages.push((zh, en));
            }
            None | Some(_) => {}
        }
        Ok(messages)
    }

    /// The private ledger keys that may sign; `None` without the ledger's key.
    #[must_use]
    pub fn into_ledger_keys(self) -> Option<LedgerKeys> {
        let mut keys = [self.ledger, self.rotation, self.previous].into_iter().flatten();
        Some(LedgerKeys::new(keys.next()?, keys.collect()))
    }
}

fn restrict(path: &Path) -> io::Result<bool> {
    let mode = fs::metadata(path)?.permissions().mode();
    if mode.trailing_zeros() >= 6 {
        return Ok(false);
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(true)
}

/// The ledger key is missing.
#[must_use]
pub fn ledger_key_missing(folder: &Path) -> CliError {
    missing(folder, LEDGER)
}

fn missing(folder: &Path, file: KeyFile) -> CliError {
    let KeyFile { name, zh, en, missing } = file;
    let dir = folder.display();
    let mut zh = format!("{dir}：缺少{zh} {name}：请从密钥备份放回，勿新建");
    let mut en =
        format!("{dir}: the {en} {name} is missing: put it back from your key backup; do not create a new one");
    if name == NEXT.name {
        zh.push_str("。如系有意另行保管，则无需放回：节点运行不需要它，但没有它将无法更换账本密钥");
        en.push_str(
            ". If it is kept elsewhere on purpose, leave it there: the node runs without it, but the ledger key cannot be succeeded without it",
        );
    }
    CliError::unable(missing, zh, en)
}

fn another(path: &Path, code: &'static str, found: &str, wanted: &str) -> CliError {
    let path = path.display();
    let en = format!(
        "{path} holds another key ({found}) than this ledger's ({wanted}): put the right file back; nothing was changed"
    );
    CliError::unable(
        code,
        format!("{path} 中的密钥（{found}）不是本账本的密钥（{wanted}）：请放回正确的文件；未作任何更改"),
        en,
    )
}
