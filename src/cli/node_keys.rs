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
//! A missing key is made only where no ledger rests on it yet. A key that does not fit is never used and never replaced.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::cli::case_key;
use crate::cli::ending::Complaint;
use crate::cli::office::PLATFORM_KEY;
use crate::cli::opening::unreadable;
use crate::desk::secret::stream_id;
use crate::ledger::key::Signer;
use crate::ledger::notice::NoticeKind;
use crate::store::contract::{ReadError, ReadLedger};
use crate::store::reading::genesis;
use crate::store::rocks::reader::RocksReader;

/// The ledger's private key.
pub const LEDGER_KEY: &str = "ledger.key";
/// Its successor's, to which the genesis notice commits.
pub const NEXT_KEY: &str = "next.key";

/// A sentence for the operator, Chinese and English.
pub type Remark = (String, String);

/// The private keys in a ledger's folder.
#[derive(Debug)]
pub struct NodeKeys {
    folder: PathBuf,
    /// The ledger's.
    pub ledger: Option<Signer>,
    /// Its successor's.
    pub next: Option<Signer>,
    /// The platform's.
    pub platform: Option<Signer>,
}

impl NodeKeys {
    /// Reads the keys that are in `folder`. Changes nothing.
    ///
    /// # Errors
    ///
    /// [`Complaint`]: a file that cannot be read, or holds no key.
    pub fn read(folder: &Path) -> Result<Self, Complaint> {
        let read = |name| {
            let path = folder.join(name);
            match path.try_exists() {
                Ok(true) => case_key::read_any_mode(&path).map(Some),
                Ok(false) => Ok(None),
                Err(error) => Err(Complaint::io(&path, &error)),
            }
        };
        let (ledger, next, platform) = (read(LEDGER_KEY)?, read(NEXT_KEY)?, read(PLATFORM_KEY)?);
        Ok(Self { folder: folder.to_owned(), ledger, next, platform })
    }

    /// Compares the keys with the ledger that `store` reads.
    ///
    /// # Errors
    ///
    /// [`Complaint`]: a key is missing or is another one.
    pub fn check(&self, store: &RocksReader) -> Result<(), Complaint> {
        let found = store.published().map(|_| genesis(store)).transpose().map_err(|error| unreadable(&error))?;
        if let Some(NoticeKind::Genesis { key, next, .. }) = found.map(|notice| notice.kind) {
            let Some(own) = &self.ledger else {
                return Err(missing(&self.folder.join(LEDGER_KEY), "ledger_key_missing"));
            };
            if *own.verifier() != key {
                let (found, wanted) = (own.verifier().to_string(), key.to_string());
                return Err(another(&self.folder.join(LEDGER_KEY), "other_key", &found, &wanted));
            }
            if let Some(successor) = &self.next
                && successor.verifier().commitment() != next
            {
                let path = self.folder.join(NEXT_KEY);
                let found = successor.verifier().commitment();
                let en = format!(
                    "{}: this is not the successor key that the ledger committed to: SHA-256 {found}, expected {next}. \
                     Put the right file back, or move this one away: the node runs without it",
                    path.display()
                );
                let zh = format!(
                    "{}：不是账本所承诺的后继密钥（SHA-256 为 {found}，应为 {next}）。请放回正确的文件，或将其移走：节点运行无需此文件",
                    path.display()
                );
                return Err(Complaint::unable("next_key_differs", zh, en));
            }
        }
        self.check_platform(store).map_err(|error| error.unwrap_or_else(|error| unreadable(&error)))
    }

    fn check_platform(&self, store: &RocksReader) -> Result<(), Result<Complaint, ReadError>> {
        let path = self.folder.join(PLATFORM_KEY);
        let recorded = store.platform_key().map_err(Err)?;
        match (&self.platform, recorded) {
            (Some(key), Some(recorded)) if key.verifier().to_string() == recorded => Ok(()),
            (Some(key), Some(recorded)) => {
                Err(Ok(another(&path, "platform_key_differs", &key.verifier().to_string(), &recorded)))
            }
            (None, Some(_)) => Err(Ok(missing(&path, "platform_key_missing"))),
            // An earlier program did not record the key: the platform's acts show whether there is one, and whose it is.
            (Some(key), None) => {
                let stream = store
                    .published()
                    .map(|published| stream_id(key, "registry", &published.checkpoint.checkpoint().origin));
                let acts = stream.map(|stream| store.subject_length(&stream)).transpose().map_err(Err)?;
                if acts.unwrap_or(0) > 0 || !store.has_labels().map_err(Err)? {
                    return Ok(());
                }
                let found = key.verifier().to_string();
                Err(Ok(another(&path, "platform_key_differs", &found, "the key that owns the registry")))
            }
            (None, None) if store.has_labels().map_err(Err)? => Err(Ok(missing(&path, "platform_key_missing"))),
            (None, None) => Ok(()),
        }
    }

    /// Lets the owner alone read the key files. What had to be changed, and what the operator should know besides.
    ///
    /// # Errors
    ///
    /// [`Complaint`]: a file can be read by others and belongs to another user.
    pub fn restrict(&self) -> Result<Vec<Remark>, Complaint> {
        let mut remarks = Vec::new();
        let files = [(LEDGER_KEY, &self.ledger), (NEXT_KEY, &self.next), (PLATFORM_KEY, &self.platform)];
        for (name, _) in files.iter().filter(|(_, key)| key.is_some()) {
            let path = self.folder.join(name);
            if restrict(&path).map_err(|error| Complaint::io(&path, &error))? {
                let en = format!("{} could be read by others: its mode is 0600 now", path.display());
                remarks.push((format!("{} 原可被他人读取：权限已改为 0600", path.display()), en));
            }
        }
        if self.ledger.is_some() && self.next.is_none() {
            let en =
                "next.key is not in the folder: keep it elsewhere; without it the ledger's key cannot be succeeded";
            remarks.push(("文件夹中没有 next.key：请另行妥善保管；没有它将无法更换账本密钥".into(), en.into()));
        }
        Ok(remarks)
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

/// A key on which the ledger rests is missing.
#[must_use]
pub fn missing(path: &Path, code: &'static str) -> Complaint {
    let path = path.display();
    let en = format!(
        "{path} is missing, and this ledger rests on it: restore the file from your copy. No other key can take its place; nothing was changed"
    );
    Complaint::unable(
        code,
        format!("缺少 {path}，而本账本依赖此密钥：请从备份恢复该文件。其他密钥不能代替；未作任何更改"),
        en,
    )
}

fn another(path: &Path, code: &'static str, found: &str, wanted: &str) -> Complaint {
    let path = path.display();
    let en = format!(
        "{path} holds another key ({found}) than this ledger's ({wanted}): put the right file back; nothing was changed"
    );
    Complaint::unable(
        code,
        format!("{path} 中的密钥（{found}）不是本账本的密钥（{wanted}）：请放回正确的文件；未作任何更改"),
        en,
    )
}
