//! An account store in files, in the ledger's folder beside the database.
//!
//! ```text
//! accounts/                       mode 0700
//! ├── deposit-policy              who may deposit
//! ├── pending-revocations         token revocations that are in effect and not on the chain yet
//! └── keys/<64 hex: account>      the keys that an account has enrolled
//! ```
//!
//! Each file has mode 0600 and ends in a line `sha-256 <64 hex>` over all before it, so a flipped bit or a cut-off file is
//! found when it is read. A file is written under another name, flushed, renamed, and its folder flushed.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::ledger::hash::{Digest, lower_hex, sha256};
use crate::store::contract::accounts::{AccountDocument, AccountStore, AccountStoreError};

/// The folder, in the ledger's.
pub const ACCOUNTS: &str = "accounts";
const KEYS: &str = "keys";
/// How the name of a file goes on that is being written.
const NEW: &str = ".new";

/// Documents in a folder, which is made with the first of them.
#[derive(Debug, Clone)]
pub struct AccountFiles(PathBuf);

impl AccountFiles {
    /// The account store of the ledger in `data`.
    #[must_use]
    pub fn in_ledger(data: &Path) -> Self {
        Self(data.join(ACCOUNTS))
    }

    fn path(&self, document: AccountDocument) -> PathBuf {
        match document {
            AccountDocument::DepositPolicy => self.0.join("deposit-policy"),
            AccountDocument::PendingRevocations => self.0.join("pending-revocations"),
            AccountDocument::EnrolledKeys(account) => self.0.join(KEYS).join(account.to_string()),
        }
    }
}

fn disk(path: &Path, error: &io::Error) -> AccountStoreError {
    AccountStoreError::Disk { document: path.display().to_string(), reason: error.to_string() }
}

/// `None` where the path leads to nothing.
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
        return Err("it does not have the digest that its last line says");
    }
    text.truncate(at);
    Ok(text)
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|path| !path.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for made in missing {
        made.parent().map_or(Ok(()), sync_folder)?;
    }
    Ok(())
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    let mut name = path.as_os_str().to_owned();
    name.push(NEW);
    let draft = PathBuf::from(name);
    // What an interrupted write left behind; its mode may be another.
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
        let path = self.path(document);
        let Some(bytes) = unless_absent(fs::read(&path)).map_err(|error| disk(&path, &error))? else {
            return Ok(None);
        };
        let damaged =
            |reason: &str| AccountStoreError::Damaged { document: path.display().to_string(), reason: reason.into() };
        opened(bytes).map(Some).map_err(damaged)
    }

    fn replace(&self, document: AccountDocument, text: &str) -> Result<(), AccountStoreError> {
        let path = self.path(document);
        replace(&path, &sealed(text)).map_err(|error| disk(&path, &error))
    }

    fn remove(&self, document: AccountDocument) -> Result<(), AccountStoreError> {
        let path = self.path(document);
        let removed = unless_absent(fs::remove_file(&path)).and_then(|removed| match (removed, path.parent()) {
            (Some(()), Some(folder)) => sync_folder(folder),
            _ => Ok(()),
        });
        removed.map_err(|error| disk(&path, &error))
    }

    fn accounts_with_keys(&self) -> Result<Vec<Digest>, AccountStoreError> {
        let folder = self.0.join(KEYS);
        let listed = unless_absent(fs::read_dir(&folder)).and_then(|entries| {
            let mut accounts = Vec::new();
            for entry in entries.into_iter().flatten() {
                // A file of another name is a write that was interrupted.
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
        assert_eq!(store.accounts_with_keys(), Ok(vec![]));
        for text in ["one\n", "two\nlines\n", ""] {
            store.replace(AccountDocument::DepositPolicy, text).unwrap();
            store.replace(KEYS_OF_ONE, text).unwrap();
            let again = AccountFiles::in_ledger(data.path());
            assert_eq!(again.read(AccountDocument::DepositPolicy), Ok(Some(text.into())));
            assert_eq!(again.read(KEYS_OF_ONE), Ok(Some(text.into())));
        }
        // What an interrupted write leaves behind is no document, and the next write takes its place.
        let folder = data.path().join("accounts/keys");
        fs::write(folder.join(format!("{}.new", "07".repeat(32))), "half").unwrap();
        assert_eq!(store.accounts_with_keys(), Ok(vec![Digest([7; 32])]));
        store.replace(KEYS_OF_ONE, "three\n").unwrap();
        for (path, mode) in [("accounts", 0o700), ("accounts/keys", 0o700), ("accounts/deposit-policy", 0o600)] {
            assert_eq!(fs::metadata(data.path().join(path)).unwrap().permissions().mode() & 0o777, mode, "{path}");
        }
        store.remove(KEYS_OF_ONE).unwrap();
        store.remove(KEYS_OF_ONE).unwrap();
        assert_eq!((store.read(KEYS_OF_ONE), store.accounts_with_keys()), (Ok(None), Ok(vec![])));
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
        // A folder in the way of the draft: it can be neither removed nor written.
        fs::create_dir(data.path().join("accounts/deposit-policy.new")).unwrap();
        assert!(store.replace(AccountDocument::DepositPolicy, "policy accounts\n").is_err());
        assert_eq!(store.read(AccountDocument::DepositPolicy), Ok(Some("policy open\n".into())));
    }
}
