//! A node's private keys: read and compared with the ledger before its database is opened for writing.
//!
//! | file | must be |
//! |---|---|
//! | `ledger.key` | the key in the genesis notice |
//! | `next.key` | the key to which the genesis notice commits; the file may be kept elsewhere |
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
use crate::ledger::key::Signer;
use crate::ledger::notice::NoticeKind;
use crate::store::contract::{ReadError, ReadLedger};
use crate::store::reading::genesis;
use crate::store::rocks::reader::RocksReader;

/// The ledger's private key.
pub const LEDGER_KEY: &str = "ledger.key";
/// The successor's private key, to which the genesis notice commits.
pub const NEXT_KEY: &str = "next.key";

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
const NEXT: KeyFile = KeyFile { name: NEXT_KEY, zh: "后继密钥", en: "successor key", missing: "next_key_missing" };
const PLATFORM: KeyFile =
    KeyFile { name: PLATFORM_KEY, zh: "平台密钥", en: "platform key", missing: "platform_key_missing" };
const FILES: [KeyFile; 3] = [LEDGER, NEXT, PLATFORM];

/// How a key file compares with the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// The ledger's key.
    Matches,
    /// The file does not exist.
    Missing,
    /// The ledger needs no such key yet, and there is none.
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
pub fn report(folder: &Path, store: &RocksReader) -> Result<Vec<KeyReport>, CliError> {
    let mut reports = Vec::new();
    for file in FILES {
        let (state, error) = match read(folder, file) {
            Err(error) => (KeyState::Unreadable, Some(error)),
            Ok(key) => match compare(folder, file, key.as_ref(), store)? {
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

fn read(folder: &Path, file: KeyFile) -> Result<Option<Signer>, CliError> {
    let path = folder.join(file.name);
    match fs::symlink_metadata(&path) {
        Ok(_) => case_key::read_own(&path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CliError::io(&path, &error)),
    }
}

/// Checks a key, or its absence, against the ledger.
fn compare(
    folder: &Path,
    file: KeyFile,
    key: Option<&Signer>,
    store: &RocksReader,
) -> Result<Option<CliError>, CliError> {
    if file.name == PLATFORM.name {
        return compare_platform(folder, key, store).map_err(|error| unreadable(&error));
    }
    let notice = store.published().map(|_| genesis(store)).transpose().map_err(|error| unreadable(&error))?;
    let Some(NoticeKind::Genesis { key: own, next, .. }) = notice.map(|notice| notice.kind) else { return Ok(None) };
    let Some(key) = key else { return Ok(Some(missing(folder, file))) };
    let is_successor = file.name == NEXT.name;
    if is_successor && key.verifier().commitment() != next {
        let (path, found) = (folder.join(NEXT_KEY), key.verifier().commitment());
        let en = format!(
            "{}: this is not the successor key that the ledger committed to: SHA-256 {found}, expected {next}. Put the \
             right file back, or move this one away: the node runs without it",
            path.display()
        );
        let zh = format!(
            "{}：不是账本所承诺的后继密钥（SHA-256 为 {found}，应为 {next}）。请放回正确的文件，或将其移走：节点运行无需此文件",
            path.display()
        );
        return Ok(Some(CliError::unable("next_key_differs", zh, en)));
    }
    if !is_successor && *key.verifier() != own {
        let (found, wanted) = (key.verifier().to_string(), own.to_string());
        return Ok(Some(another(&folder.join(LEDGER_KEY), "other_key", &found, &wanted)));
    }
    Ok(None)
}

fn compare_platform(folder: &Path, key: Option<&Signer>, store: &RocksReader) -> Result<Option<CliError>, ReadError> {
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
        let [ledger, next, platform] = [LEDGER, NEXT, PLATFORM].map(|file| read(folder, file));
        Ok(Self { folder: folder.to_owned(), ledger: ledger?, next: next?, platform: platform? })
    }

    /// Compares the keys with the ledger of `store`. The successor key may be stored elsewhere.
    ///
    /// # Errors
    ///
    /// [`CliError`]: a key is missing or does not match.
    pub fn check(&self, store: &RocksReader) -> Result<(), CliError> {
        for (file, key) in [(LEDGER, &self.ledger), (NEXT, &self.next), (PLATFORM, &self.platform)] {
            let may_be_elsewhere = file.name == NEXT.name && key.is_none();
            if !may_be_elsewhere && let Some(fault) = compare(&self.folder, file, key.as_ref(), store)? {
                return Err(fault);
            }
        }
        Ok(())
    }

    /// Makes the key files readable only by their owner; returns notices about what was changed.
    ///
    /// # Errors
    ///
    /// [`CliError`]: a file can be read by others and belongs to another user.
    pub fn restrict(&self) -> Result<Vec<OperatorMessage>, CliError> {
        let mut messages = Vec::new();
        let files = [(LEDGER_KEY, &self.ledger), (NEXT_KEY, &self.next), (PLATFORM_KEY, &self.platform)];
        for (name, _) in files.iter().filter(|(_, key)| key.is_some()) {
            let path = self.folder.join(name);
            if restrict(&path).map_err(|error| CliError::io(&path, &error))? {
                let en = format!("{} could be read by others: its mode is 0600 now", path.display());
                messages.push((format!("{} 原可被他人读取：权限已改为 0600", path.display()), en));
            }
        }
        if self.ledger.is_some() && self.next.is_none() {
            let CliError { zh, en, .. } = missing(&self.folder, NEXT);
            messages.push((zh, en));
        }
        Ok(messages)
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
