//! [`AccountStore`] in files of the data folder, beside the database.
//!
//! ```text
//! accounts/                       mode 0700
//! ├── deposit-policy              who may deposit
//! ├── pending-revocations         token revocations that are in effect and not on the chain yet
//! ├── keys/<64 hex: account>      the keys that an account has enrolled
//! └── credentials/<64 hex>        login name, password hash and second factor of an account
//! sessions/<64 hex: account>      the sessions of an account, mode 0700; in no backup and in no inventory
//! inventory                       the number of files of each kind, for example "keys 12"
//! ```
//!
//! A node compares the inventory with the files at its start, and so detects that a file or the whole folder was
//! removed ([`AccountFiles::missing`]). A new file is counted after it is written, and a file is removed after it is
//! uncounted. A crash in between leaves a file that is not counted; the next start counts it
//! ([`AccountFiles::list_all`]).
//!
//! Each file has mode 0600 and ends in a line `sha-256 <64 hex>` over all before it, so a read detects a flipped bit or
//! a truncated file. A file is written under a temporary name, fsynced and renamed; then its folder is fsynced.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::files::placing::make_folders;
use crate::files::regular;
use crate::ledger::hash::{Digest, lower_hex, sha256};
use crate::store::traits::accounts::{AccountDocument, AccountStore, AccountStoreError, DocumentKind};

/// Name of the folder of account files, in the data folder.
pub const ACCOUNTS: &str = "accounts";
/// Name of the inventory, in the data folder.
pub const INVENTORY: &str = "inventory";
const DEPOSIT_POLICY: &str = "deposit-policy";
const PENDING_REVOCATIONS: &str = "pending-revocations";
const KEYS: &str = "keys";
const CREDENTIALS: &str = "credentials";
/// Name of the folder of sessions, in the data folder.
pub const SESSIONS: &str = "sessions";
const KINDS: [&str; 4] = [DEPOSIT_POLICY, PENDING_REVOCATIONS, KEYS, CREDENTIALS];
/// Suffix of the temporary name of a file that is being written.
const NEW: &str = ".new";
/// Maximum length of one of these files in bytes.
const MAX: usize = 64 << 20;

/// Account documents in files. The first write creates the folders.
#[derive(Debug, Clone)]
pub struct AccountFiles {
    folder: PathBuf,
    sessions: PathBuf,
    inventory: PathBuf,
    /// Held while the inventory changes.
    listing: Arc<Mutex<()>>,
}

/// A kind of which fewer files exist than the inventory counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingFiles {
    /// The file, or the folder of several, relative to the data folder.
    pub path: String,
    /// Number of files that the inventory counts.
    pub listed: u64,
    /// Number of files that exist.
    pub found: u64,
}

impl fmt::Display for MissingFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} listed, {} found", self.path, self.listed, self.found)
    }
}

impl AccountFiles {
    /// The account store of the ledger in `data`.
    #[must_use]
    pub fn in_ledger(data: &Path) -> Self {
        Self {
            folder: data.join(ACCOUNTS),
            sessions: data.join(SESSIONS),
            inventory: data.join(INVENTORY),
            listing: Arc::default(),
        }
    }

    /// Files that this program wrote and did not remove, and that no longer exist.
    ///
    /// # Errors
    ///
    /// [`AccountStoreError`], also for an inventory that is damaged.
    pub fn missing(&self) -> Result<Vec<MissingFiles>, AccountStoreError> {
        let listed = self.listed()?;
        let mut missing = Vec::new();
        for (kind, listed) in KINDS.into_iter().zip(listed) {
            let found = self.count(kind)?;
            if found < listed {
                missing.push(MissingFiles { path: format!("{ACCOUNTS}/{kind}"), listed, found });
            }
        }
        Ok(missing)
    }

    /// Reads all files, and returns the errors of those that cannot be read.
    #[must_use]
    pub fn unreadable(&self) -> Vec<AccountStoreError> {
        let mut documents = vec![AccountDocument::DepositPolicy, AccountDocument::PendingRevocations];
        let mut unread = Vec::new();
        for kind in [DocumentKind::EnrolledKeys, DocumentKind::Credentials] {
            match self.accounts_with(kind) {
                Ok(accounts) => documents.extend(accounts.into_iter().map(|account| kind.of(account))),
                Err(error) => unread.push(error),
            }
        }
        unread.extend(documents.into_iter().filter_map(|document| self.read(document).err()));
        unread
    }

    /// Adds to the inventory the files that it does not count yet: those of an earlier program, or written just before
    /// a crash.
    ///
    /// # Errors
    ///
    /// [`AccountStoreError`].
    pub fn list_all(&self) -> Result<(), AccountStoreError> {
        let _listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = self.listed()?;
        let mut all = listed;
        for (kind, listed) in KINDS.into_iter().zip(&mut all) {
            *listed = self.count(kind)?.max(*listed);
        }
        if all == listed { Ok(()) } else { self.list(all) }
    }

    /// Reads the inventory: the number of files of each kind.
    fn listed(&self) -> Result<[u64; 4], AccountStoreError> {
        let Some(text) = read_file(&self.inventory)? else { return Ok([0; 4]) };
        let mut listed = [0; 4];
        for line in text.lines() {
            let entry = line.split_once(' ').and_then(|(kind, count)| {
                let place = KINDS.iter().position(|known| *known == kind)?;
                Some((place, count.parse().ok()?))
            });
            let (place, count) = entry.ok_or_else(|| damaged(&self.inventory, "it has an unknown line"))?;
            if let Some(listed) = listed.get_mut(place) {
                *listed = count;
            }
        }
        Ok(listed)
    }

    fn list(&self, counts: [u64; 4]) -> Result<(), AccountStoreError> {
        let lines: Vec<String> = KINDS.iter().zip(counts).map(|(kind, count)| format!("{kind} {count}\n")).collect();
        replace(&self.inventory, &sealed(&lines.concat())).map_err(|error| disk(&self.inventory, &error))
    }

    /// Updates the count of a document's kind in the inventory.
    fn relist(&self, document: AccountDocument, change: impl Fn(u64) -> u64) -> Result<(), AccountStoreError> {
        let mut listed = self.listed()?;
        let [policy, revocations, keys, credentials] = &mut listed;
        let count = match document {
            AccountDocument::DepositPolicy => policy,
            AccountDocument::PendingRevocations => revocations,
            AccountDocument::EnrolledKeys(_) => keys,
            AccountDocument::Credentials(_) => credentials,
            // Not counted: if sessions are lost, their users log in again.
            AccountDocument::Sessions(_) => return Ok(()),
        };
        *count = change(*count);
        self.list(listed)
    }

    fn count(&self, kind: &str) -> Result<u64, AccountStoreError> {
        let per_account = [(KEYS, DocumentKind::EnrolledKeys), (CREDENTIALS, DocumentKind::Credentials)];
        if let Some((_, kind)) = per_account.into_iter().find(|(name, _)| *name == kind) {
            return Ok(self.accounts_with(kind)?.len() as u64);
        }
        let path = self.folder.join(kind);
        Ok(u64::from(exists(&path).map_err(|error| disk(&path, &error))?))
    }

    /// The folder of the documents of one kind.
    fn folder_of(&self, kind: DocumentKind) -> PathBuf {
        match kind {
            DocumentKind::EnrolledKeys => self.folder.join(KEYS),
            DocumentKind::Credentials => self.folder.join(CREDENTIALS),
            DocumentKind::Sessions => self.sessions.clone(),
        }
    }

    fn path(&self, document: AccountDocument) -> PathBuf {
        match document {
            AccountDocument::DepositPolicy => self.folder.join(DEPOSIT_POLICY),
            AccountDocument::PendingRevocations => self.folder.join(PENDING_REVOCATIONS),
            AccountDocument::EnrolledKeys(account) => {
                self.folder_of(DocumentKind::EnrolledKeys).join(account.to_string())
            }
            AccountDocument::Credentials(account) => {
                self.folder_of(DocumentKind::Credentials).join(account.to_string())
            }
            AccountDocument::Sessions(account) => self.folder_of(DocumentKind::Sessions).join(account.to_string()),
        }
    }
}

fn read_file(path: &Path) -> Result<Option<String>, AccountStoreError> {
    let read = unless_absent(regular::read_own(path, MAX)).map_err(|error| disk(path, &error))?;
    read.map(|bytes| opened(bytes).map_err(|reason| damaged(path, reason))).transpose()
}

fn damaged(path: &Path, reason: &str) -> AccountStoreError {
    AccountStoreError::Damaged { document: path.display().to_string(), reason: reason.into() }
}

fn exists(path: &Path) -> io::Result<bool> {
    Ok(unless_absent(fs::symlink_metadata(path))?.is_some())
}

fn disk(path: &Path, error: &io::Error) -> AccountStoreError {
    AccountStoreError::Disk { document: path.display().to_string(), reason: error.to_string() }
}

/// `None` when the file does not exist.
fn unless_absent<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

fn sealed(text: &str) -> String {
    format!("{text}sha-256 {}\n", sha256(text.as_bytes()))
}

fn opened(bytes: Vec<u8>) -> Result<String, &'static str> {
    let mut text = String::from_utf8(bytes).map_err(|_| "it is not text")?;
    let body = text.strip_suffix('\n').ok_or("its last line does not end")?;
    let at = body.rfind('\n').map_or(0, |at| at + 1);
    let (body, last) = text.split_at_checked(at).ok_or("it has no last line")?;
    if sealed(body).strip_prefix(body) != Some(last) {
        return Err("its digest differs from the one in its last line");
    }
    text.truncate(at);
    Ok(text)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folders(folder, 0o700)?;
    let mut name = path.as_os_str().to_owned();
    name.push(NEW);
    let draft = PathBuf::from(name);
    // An interrupted write may have left the file, with another mode.
    unless_absent(fs::remove_file(&draft))?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written =
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&draft);
    }
    written?;
    sync_folder(folder)
}

impl AccountStore for AccountFiles {
    fn read(&self, document: AccountDocument) -> Result<Option<String>, AccountStoreError> {
        read_file(&self.path(document))
    }

    fn replace(&self, document: AccountDocument, text: &str) -> Result<(), AccountStoreError> {
        let path = self.path(document);
        let failed = |error: io::Error| disk(&path, &error);
        let _listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !exists(&path).map_err(failed)?;
        replace(&path, &sealed(text)).map_err(failed)?;
        if is_new { self.relist(document, |count| count + 1) } else { Ok(()) }
    }

    fn remove(&self, document: AccountDocument) -> Result<(), AccountStoreError> {
        let path = self.path(document);
        let failed = |error: io::Error| disk(&path, &error);
        let _listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        if !exists(&path).map_err(failed)? {
            return Ok(());
        }
        self.relist(document, |count| count.saturating_sub(1))?;
        fs::remove_file(&path).and_then(|()| path.parent().map_or(Ok(()), sync_folder)).map_err(failed)
    }

    fn accounts_with(&self, kind: DocumentKind) -> Result<Vec<Digest>, AccountStoreError> {
        let folder = self.folder_of(kind);
        let listed = unless_absent(fs::read_dir(&folder)).and_then(|entries| {
            let mut accounts = Vec::new();
            for entry in entries.into_iter().flatten() {
                // Any other file name belongs to an interrupted write.
                accounts.extend(entry?.file_name().to_str().and_then(lower_hex).map(Digest));
            }
            Ok(accounts)
        });
        listed.map_err(|error| disk(&folder, &error))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const KEYS_OF_ONE: AccountDocument = AccountDocument::EnrolledKeys(Digest([7; 32]));

    #[test]
    fn what_is_written_is_read_by_the_next_process() {
        let data = tempfile::tempdir().unwrap();
        let store = AccountFiles::in_ledger(data.path());
        assert_eq!(store.read(AccountDocument::DepositPolicy), Ok(None));
        assert_eq!(store.accounts_with(DocumentKind::EnrolledKeys), Ok(vec![]));
        for text in ["one\n", "two\nlines\n", ""] {
            store.replace(AccountDocument::DepositPolicy, text).unwrap();
            store.replace(KEYS_OF_ONE, text).unwrap();
            let again = AccountFiles::in_ledger(data.path());
            assert_eq!(again.read(AccountDocument::DepositPolicy), Ok(Some(text.into())));
            assert_eq!(again.read(KEYS_OF_ONE), Ok(Some(text.into())));
        }
        // The draft of an interrupted write is no document, and the next write replaces it.
        let folder = data.path().join("accounts/keys");
        fs::write(folder.join(format!("{}.new", "07".repeat(32))), "half").unwrap();
        assert_eq!(store.accounts_with(DocumentKind::EnrolledKeys), Ok(vec![Digest([7; 32])]));
        store.replace(KEYS_OF_ONE, "three\n").unwrap();
        for (path, mode) in [("accounts", 0o700), ("accounts/keys", 0o700), ("accounts/deposit-policy", 0o600)] {
            assert_eq!(fs::metadata(data.path().join(path)).unwrap().permissions().mode() & 0o777, mode, "{path}");
        }
        store.remove(KEYS_OF_ONE).unwrap();
        store.remove(KEYS_OF_ONE).unwrap();
        assert_eq!((store.read(KEYS_OF_ONE), store.accounts_with(DocumentKind::EnrolledKeys)), (Ok(None), Ok(vec![])));
    }

    #[test]
    fn a_damaged_document_is_never_read_as_another() {
        let data = tempfile::tempdir().unwrap();
        let store = AccountFiles::in_ledger(data.path());
        store.replace(AccountDocument::DepositPolicy, "policy open\n").unwrap();
        let path = data.path().join("accounts/deposit-policy");
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert!(store.read(AccountDocument::DepositPolicy).is_err(), "byte {at}");
            fs::write(&path, &good[..at]).unwrap();
            assert!(store.read(AccountDocument::DepositPolicy).is_err(), "cut off at {at}");
        }
        fs::write(&path, [&good[..], b"policy accounts\n"].concat()).unwrap();
        assert!(store.read(AccountDocument::DepositPolicy).is_err());
    }

    #[test]
    fn a_write_that_fails_leaves_what_was_there() {
        let data = tempfile::tempdir().unwrap();
        let store = AccountFiles::in_ledger(data.path());
        store.replace(AccountDocument::DepositPolicy, "policy open\n").unwrap();
        // A folder with the name of the draft can be neither removed as a file nor written.
        fs::create_dir(data.path().join("accounts/deposit-policy.new")).unwrap();
        assert!(store.replace(AccountDocument::DepositPolicy, "policy accounts\n").is_err());
        assert_eq!(store.read(AccountDocument::DepositPolicy), Ok(Some("policy open\n".into())));
    }

    #[test]
    fn files_that_were_removed_by_others_are_told_and_those_removed_here_are_not() {
        let data = tempfile::tempdir().unwrap();
        let store = AccountFiles::in_ledger(data.path());
        let at = |name: &str| data.path().join(name);
        let missing = || AccountFiles::in_ledger(data.path()).missing().unwrap();
        let told = |path: &str, listed, found| vec![MissingFiles { path: path.into(), listed, found }];
        assert_eq!(missing(), []);
        store.replace(AccountDocument::DepositPolicy, "open\n").unwrap();
        for n in 1..=3 {
            store.replace(AccountDocument::EnrolledKeys(Digest([n; 32])), "one\n").unwrap();
            store.replace(AccountDocument::EnrolledKeys(Digest([n; 32])), "two\n").unwrap();
        }
        store.remove(AccountDocument::EnrolledKeys(Digest([3; 32]))).unwrap();
        assert_eq!(missing(), []);
        fs::rename(at("accounts/keys"), at("keys")).unwrap();
        assert_eq!(missing(), told("accounts/keys", 2, 0));
        // An account that enrols a key meanwhile does not hide the others.
        store.replace(AccountDocument::EnrolledKeys(Digest([4; 32])), "one\n").unwrap();
        store.list_all().unwrap();
        assert_eq!(missing(), told("accounts/keys", 3, 1));
        fs::remove_dir_all(at("accounts/keys")).unwrap();
        fs::rename(at("keys"), at("accounts/keys")).unwrap();
        fs::rename(at("accounts"), at("elsewhere")).unwrap();
        assert_eq!(missing().len(), 2, "{:?}", missing());
        fs::rename(at("elsewhere"), at("accounts")).unwrap();
        assert_eq!(missing(), told("accounts/keys", 3, 2));
        // An operator without a backup removes the inventory: the next start counts the files again.
        fs::remove_file(at("inventory")).unwrap();
        store.list_all().unwrap();
        assert_eq!(missing(), []);
        fs::remove_file(at("accounts/deposit-policy")).unwrap();
        assert_eq!(missing(), told("accounts/deposit-policy", 1, 0));
        for damaged in [&b""[..], b"keys 0\n", b"keys 0\nsha-256 00\n"] {
            fs::write(at("inventory"), damaged).unwrap();
            assert!(matches!(store.missing(), Err(AccountStoreError::Damaged { .. })));
        }
    }

    #[test]
    fn a_link_in_the_place_of_a_document_is_not_followed() {
        let data = tempfile::tempdir().unwrap();
        let store = AccountFiles::in_ledger(data.path());
        store.replace(AccountDocument::DepositPolicy, "open\n").unwrap();
        let (path, outside) = (data.path().join("accounts/deposit-policy"), data.path().join("outside"));
        fs::rename(&path, &outside).unwrap();
        std::os::unix::fs::symlink(&outside, &path).unwrap();
        assert!(matches!(store.read(AccountDocument::DepositPolicy), Err(AccountStoreError::Disk { .. })));
    }
}
