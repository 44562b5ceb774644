//! The folder in which a witness keeps its states: one file per ledger, and a list of the ledgers.
//!
//! ```text
//! witness.key          the private key, mode 0600; not read here
//! ledgers              the list: every ledger that this witness has ever followed
//! state/<64 hex>       the state of the ledger whose origin has this SHA-256
//! ```
//!
//! # Invariants
//!
//! A state is written under another name, flushed and renamed, and the folder is flushed, before the call returns. A listed ledger
//! has a state: if its file is missing or damaged, the witness does not start, because it could cosign what contradicts its earlier
//! cosignatures. A ledger is listed after its first, empty state was written.
//!
//! Not detected here: a folder that was restored from an older copy as a whole, with list and states (`rollback`,
//! `docs/member.md`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::files::placing::make_folders;
use crate::files::regular;
use crate::ledger::cosignature::CosignerKey;
use crate::ledger::hash::sha256;
use crate::ledger::key::{Name, VerifierKey};
use crate::witness::state::{LedgerState, StateError, checksummed, with_checksum};

/// Name of the list.
pub const LEDGERS: &str = "ledgers";
/// Name of the folder of states.
pub const STATES: &str = "state";
const FIRST_LINE: &str = "tiezheng witness ledgers v1";
/// The suffix of a file that is being written.
const NEW: &str = ".new";
/// Most bytes of a file: a checkpoint with a hundred signatures, and its keys.
const FILE_MAX: usize = 1 << 20;

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateFolderError {
    /// A file operation failed.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// A file is not what was written.
    #[error("{}: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The list is missing, although there are states or a key.
    #[error("{}: the list of ledgers is missing", .path.display())]
    ListMissing {
        /// Its path.
        path: PathBuf,
    },
    /// The state of a listed ledger is missing.
    #[error("{}: the state of the ledger `{origin}` is missing", .path.display())]
    StateMissing {
        /// Its path.
        path: PathBuf,
        /// The ledger.
        origin: Name,
    },
    /// The ledger is followed under another key.
    #[error("the ledger `{origin}` is followed under the key {known}, not {given}")]
    OtherKey {
        /// The ledger.
        origin: Name,
        /// Its latest key in the state.
        known: Box<VerifierKey>,
        /// The key that the operator gives.
        given: Box<VerifierKey>,
    },
}

/// The first 64 characters of a ledger's paths: the SHA-256 of its origin.
#[must_use]
pub fn ledger_id(origin: &Name) -> String {
    sha256(origin.as_str().as_bytes()).to_string()
}

/// A witness's folder, open.
#[derive(Debug, Clone)]
pub struct StateFolder {
    folder: PathBuf,
}

impl StateFolder {
    /// The folder of a new witness, which has no key yet. An empty list that is there already is kept.
    ///
    /// # Errors
    ///
    /// [`StateFolderError`].
    pub fn create(folder: &Path) -> Result<Self, StateFolderError> {
        let made = Self { folder: folder.to_owned() };
        make_folders(&made.states(), 0o700).map_err(|error| io_error(&made.states(), error))?;
        if made.list_or_none()?.is_none() {
            made.write_list(&[])?;
        }
        Ok(made)
    }

    /// The folder of a witness that has a key.
    ///
    /// # Errors
    ///
    /// [`StateFolderError::ListMissing`], and the others.
    pub fn open(folder: &Path) -> Result<Self, StateFolderError> {
        let opened = Self { folder: folder.to_owned() };
        match opened.list_or_none()? {
            Some(_) => Ok(opened),
            None => Err(StateFolderError::ListMissing { path: opened.list_path() }),
        }
    }

    /// The ledgers that this witness has ever followed.
    ///
    /// # Errors
    ///
    /// [`StateFolderError`].
    pub fn ledgers(&self) -> Result<Vec<Name>, StateFolderError> {
        Ok(self.list_or_none()?.unwrap_or_default())
    }

    /// The states of the ledgers with these pinned keys, in their order. A ledger that was never followed gets an empty state.
    ///
    /// # Errors
    ///
    /// [`StateFolderError`]; nothing was changed except for empty states of new ledgers.
    pub fn states_of(&self, pinned: &[VerifierKey], own: &CosignerKey) -> Result<Vec<LedgerState>, StateFolderError> {
        let mut listed = self.ledgers()?;
        // All states are read, also of ledgers that are not followed at present: a damaged one is reported now.
        for origin in &listed {
            self.read(origin, own)?.ok_or_else(|| self.state_missing(origin))?;
        }
        let mut states = Vec::new();
        for key in pinned {
            let state = match self.read(key.name(), own)? {
                Some(state) => state,
                None => LedgerState::new(key.clone()),
            };
            if !state.keys.iter().any(|known| known.key == *key) {
                let (given, origin) = (Box::new(key.clone()), key.name().clone());
                let known = state.keys.last().map_or_else(|| given.clone(), |known| Box::new(known.key.clone()));
                return Err(StateFolderError::OtherKey { origin, known, given });
            }
            states.push(state);
        }
        for state in &states {
            if !listed.contains(&state.origin) {
                self.write(state).map_err(|error| io_error(&self.state_path(&state.origin), error))?;
                listed.push(state.origin.clone());
                self.write_list(&listed)?;
            }
        }
        Ok(states)
    }

    /// Replaces the state of a ledger, durably.
    ///
    /// # Errors
    ///
    /// The file or its folder cannot be written. The earlier state is there, or the new one.
    pub fn write(&self, state: &LedgerState) -> io::Result<()> {
        replace(&self.state_path(&state.origin), &state.to_bytes())
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    fn read(&self, origin: &Name, own: &CosignerKey) -> Result<Option<LedgerState>, StateFolderError> {
        let path = self.state_path(origin);
        let Some(bytes) = read_or_none(&path)? else { return Ok(None) };
        let damaged = |error: StateError| StateFolderError::Damaged { path: path.clone(), reason: error.to_string() };
        let state = LedgerState::parse(&bytes, own).map_err(damaged)?;
        if state.origin == *origin {
            Ok(Some(state))
        } else {
            Err(damaged(StateError::Content(format!("it is the state of the ledger `{}`", state.origin))))
        }
    }

    fn list_or_none(&self) -> Result<Option<Vec<Name>>, StateFolderError> {
        let path = self.list_path();
        let Some(bytes) = read_or_none(&path)? else { return Ok(None) };
        let names = with_checksum(&bytes).and_then(|text| {
            let lines = text.strip_prefix(FIRST_LINE)?.strip_prefix('\n')?.lines();
            lines.map(|line| Name::parse(line.strip_prefix("ledger ")?)).collect::<Option<Vec<_>>>()
        });
        let reason = "it is not the list that was written".to_owned();
        names.map(Some).ok_or(StateFolderError::Damaged { path, reason })
    }

    fn write_list(&self, ledgers: &[Name]) -> Result<(), StateFolderError> {
        let lines = ledgers.iter().map(|origin| format!("ledger {origin}\n"));
        let lines: Vec<String> = [format!("{FIRST_LINE}\n")].into_iter().chain(lines).collect();
        let bytes = checksummed(lines.concat());
        replace(&self.list_path(), &bytes).map_err(|error| io_error(&self.list_path(), error))
    }

    fn state_missing(&self, origin: &Name) -> StateFolderError {
        StateFolderError::StateMissing { path: self.state_path(origin), origin: origin.clone() }
    }

    fn states(&self) -> PathBuf {
        self.folder.join(STATES)
    }

    fn state_path(&self, origin: &Name) -> PathBuf {
        self.states().join(ledger_id(origin))
    }

    fn list_path(&self) -> PathBuf {
        self.folder.join(LEDGERS)
    }
}

fn io_error(path: &Path, error: io::Error) -> StateFolderError {
    StateFolderError::Io { path: path.to_owned(), error }
}

fn read_or_none(path: &Path) -> Result<Option<Vec<u8>>, StateFolderError> {
    match regular::read_own(path, FILE_MAX) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(path, error)),
    }
}

/// Replaces a file, durably. One writer at a time.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(NEW);
    let draft = PathBuf::from(draft);
    // A draft that a crash has left was never used.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::cosignature::Cosigner;
    use crate::ledger::key::Signer;

    fn pinned(name: &str, seed: u8) -> VerifierKey {
        Signer::new(Name::parse(name).unwrap(), &[seed; 32]).unwrap().verifier().clone()
    }

    fn own() -> CosignerKey {
        Cosigner::new(Name::parse("w").unwrap(), &[7; 32]).unwrap().key().clone()
    }

    #[test]
    fn a_new_ledger_gets_an_empty_state_which_must_stay() {
        let folder = tempfile::tempdir().unwrap();
        let made = StateFolder::create(folder.path()).unwrap();
        assert_eq!(made.ledgers().unwrap(), []);
        let (a, b) = (pinned("a", 1), pinned("b", 2));
        made.states_of(std::slice::from_ref(&a), &own()).unwrap();
        let opened = StateFolder::open(folder.path()).unwrap();
        assert_eq!(opened.states_of(&[b.clone(), a.clone()], &own()).unwrap().len(), 2);
        assert_eq!(opened.ledgers().unwrap(), [a.name().clone(), b.name().clone()]);
        fs::remove_file(opened.state_path(a.name())).unwrap();
        // The missing state is an error even if only the other ledger is followed now.
        let refused = opened.states_of(std::slice::from_ref(&b), &own()).unwrap_err();
        assert!(matches!(refused, StateFolderError::StateMissing { origin, .. } if origin == *a.name()));
    }

    #[test]
    fn damaged_files_a_missing_list_and_another_key_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(StateFolder::open(folder.path()), Err(StateFolderError::ListMissing { .. })));
        let made = StateFolder::create(folder.path()).unwrap();
        let key = pinned("a", 1);
        made.states_of(std::slice::from_ref(&key), &own()).unwrap();
        let refused = made.states_of(&[pinned("a", 3)], &own()).unwrap_err();
        assert!(matches!(refused, StateFolderError::OtherKey { .. }));
        for path in [made.state_path(key.name()), made.list_path()] {
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
            let refused = made.states_of(std::slice::from_ref(&key), &own()).unwrap_err();
            assert!(matches!(refused, StateFolderError::Damaged { .. }), "{refused}");
            fs::write(&path, bytes).unwrap();
        }
        // The state of another ledger in its place.
        made.states_of(&[pinned("b", 2)], &own()).unwrap();
        fs::copy(made.state_path(&Name::parse("b").unwrap()), made.state_path(key.name())).unwrap();
        assert!(matches!(made.states_of(&[key], &own()), Err(StateFolderError::Damaged { .. })));
    }

    #[test]
    fn a_draft_that_a_crash_left_behind_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let made = StateFolder::create(folder.path()).unwrap();
        let state = LedgerState::new(pinned("a", 1));
        fs::write(made.states().join(format!("{}{NEW}", ledger_id(&state.origin))), "half").unwrap();
        made.write(&state).unwrap();
        assert_eq!(made.read(&state.origin, &own()).unwrap(), Some(state));
    }
}
