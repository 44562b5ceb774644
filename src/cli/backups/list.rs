//! The file `backup.json` of a backup: when it was made, of what, and the SHA-256 of every file.
//!
//! ```json
//! { "backup": "tiezheng/backup/v1", "made": "2026-11-30T01:02:03.000Z", "ledger": "example.org/ledger",
//!   "checkpoint": "<signed note>", "files": [ { "path": "db/000012.sst", "size": 4096, "sha256": "<64 hex>" } ] }
//! ```
//!
//! It is written last, so a folder that has one is complete.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::filing_service::PLATFORM_KEY;
use crate::files::regular;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::time::Timestamp;
use crate::store::factory::KEYS;
use crate::store::traits::Published;

/// Name of the list in a backup.
pub const LIST: &str = "backup.json";
const VERSION: &str = "tiezheng/backup/v1";
/// Longest list in bytes: a few million files.
pub const LIST_MAX: usize = 512 << 20;

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedFile {
    /// Its path in the backup.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256 in lower-case hex.
    pub sha256: String,
}

/// The list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupList {
    backup: String,
    made: String,
    ledger: String,
    checkpoint: String,
    files: Vec<ListedFile>,
}

/// The parsed list of a backup.
#[derive(Debug, Clone)]
pub struct Backup {
    /// When it was made.
    pub made: Timestamp,
    /// The last checkpoint in it.
    pub checkpoint: SignedCheckpoint,
    /// Its files by path.
    pub files: BTreeMap<String, ListedFile>,
}

impl BackupList {
    /// The list of a backup of the ledger that ends at `published`.
    #[must_use]
    pub fn new(made: Timestamp, published: &Published, files: Vec<ListedFile>) -> Self {
        Self {
            backup: VERSION.into(),
            made: made.to_string(),
            ledger: published.checkpoint.checkpoint().origin.to_string(),
            checkpoint: published.checkpoint.note().to_string(),
            files,
        }
    }

    /// The JSON text.
    ///
    /// # Errors
    ///
    /// None in practice: all fields are strings and numbers.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CliError> {
        let mut bytes = serde_json::to_vec(self).map_err(|error| {
            CliError::unable(
                "internal",
                format!("清单无法写成 JSON：{error}"),
                format!("the list is not JSON: {error}"),
            )
        })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Writes it into `folder`, durably.
    ///
    /// # Errors
    ///
    /// [`CliError`]: the folder cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), CliError> {
        let path = folder.join(LIST);
        durable::create(&path, &self.to_bytes()?, 0o600).map_err(|error| CliError::io(&path, &error))
    }
}

impl Backup {
    /// Reads the list of the backup in `folder`; `None` if it has none.
    ///
    /// # Errors
    ///
    /// [`CliError`]: it cannot be read, or is damaged.
    pub fn read(folder: &Path) -> Result<Option<Self>, CliError> {
        let path = folder.join(LIST);
        if fs::symlink_metadata(&path).is_err() {
            return Ok(None);
        }
        let bytes = regular::read_own(&path, LIST_MAX).map_err(|error| CliError::io(&path, &error))?;
        Self::parse(&bytes).map(Some).ok_or_else(|| {
            let path = path.display();
            let en = format!("{path}: the list of the backup is damaged: use another backup");
            CliError::unable("backup_list_damaged", format!("{path}：备份清单已损坏，请改用其他备份"), en)
        })
    }

    /// Parses a list; `None` if it is not one of this version.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let list: BackupList = serde_json::from_slice(bytes).ok()?;
        let checkpoint = SignedCheckpoint::parse(list.checkpoint.as_bytes()).ok()?;
        let is_whole = list.backup == VERSION && list.ledger == checkpoint.checkpoint().origin.as_str();
        let count = list.files.len();
        let files: BTreeMap<_, _> = list.files.into_iter().map(|file| (file.path.clone(), file)).collect();
        let made = Timestamp::parse(&list.made)?;
        (is_whole && files.len() == count).then_some(Self { made, checkpoint, files })
    }

    /// The files of `copied` that differ from this list or are missing, by path. Key files are left out: they may be kept elsewhere.
    #[must_use]
    pub fn changed(&self, copied: &[ListedFile]) -> Vec<String> {
        let copied: BTreeMap<&str, &ListedFile> = copied.iter().map(|file| (file.path.as_str(), file)).collect();
        let is_key = |path: &str| KEYS.contains(&path) || path == PLATFORM_KEY;
        let differs = |file: &&ListedFile| copied.get(file.path.as_str()) != Some(file);
        self.files.values().filter(|file| !is_key(&file.path)).filter(differs).map(|file| file.path.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::block::Height;
    use crate::ledger::checkpoint::Checkpoint;
    use crate::ledger::hash::Digest;
    use crate::ledger::key::{Name, Signer};
    use crate::ledger::merkle::shape::TreeSize;

    fn file(path: &str) -> ListedFile {
        ListedFile { path: path.into(), size: 3, sha256: "ab".repeat(32) }
    }

    fn list(files: Vec<ListedFile>) -> BackupList {
        let signer = Signer::new(Name::parse("a/b").unwrap(), &[1; 32]).unwrap();
        let checkpoint = Checkpoint { origin: Name::parse("a/b").unwrap(), size: TreeSize(2), root: Digest::ZERO };
        let (height, block_hash) = (Height(0), Digest::ZERO);
        let checkpoint = checkpoint.sign(&signer).unwrap();
        let published = Published { checkpoint, height, block_hash, block_time: Timestamp::EPOCH };
        BackupList::new(Timestamp::EPOCH, &published, files)
    }

    #[test]
    fn a_list_is_read_back() {
        let list = list(vec![file("db/1"), file("mark")]);
        let bytes = list.to_bytes().unwrap();
        let read = Backup::parse(&bytes).unwrap();
        assert_eq!((read.made, read.files.len()), (Timestamp::EPOCH, 2));
        assert_eq!(read.checkpoint.note().to_string(), list.checkpoint);
        assert!(Backup::parse(&bytes[..bytes.len() / 2]).is_none());
        assert!(
            Backup::parse(&String::from_utf8(bytes).unwrap().replace("backup/v1", "backup/v2").into_bytes()).is_none()
        );
    }

    #[test]
    fn what_differs_is_named_and_keys_are_not() {
        let bytes = list(vec![file("db/1"), file("db/2"), file("mark"), file("ledger.key")]).to_bytes().unwrap();
        let backup = Backup::parse(&bytes).unwrap();
        let other = ListedFile { sha256: "cd".repeat(32), ..file("db/2") };
        assert_eq!(backup.changed(&[file("db/1"), other, file("new")]), ["db/2", "mark"]);
        assert!(backup.changed(&[file("db/1"), file("db/2"), file("mark")]).is_empty());
    }
}
