//! The statement file and the receipt file of a deposit, kept beside the deposited file.
//!
//! ```text
//! FILE                             never changed, never sent
//! FILE.tiezheng-statement          the signed statement, with the private metadata and salts; mode 0600; written first
//! FILE.tiezheng-receipt.json       the receipt, which proves the deposit offline
//! ```
//!
//! Of a manifest, `FILE.tiezheng-manifest` is the list that the depositor keeps (`ledger::manifest::list`; mode 0600), and
//! statement file and receipt file are those of that list.
//!
//! With `--receipts DIR` they are in `DIR`, named by the file's name and sixteen digits of the hash of its whole path, so
//! that their names are unique and they stay in the folder. Names too long for a file system are shortened likewise.
//!
//! The statement file is JSON, read strictly:
//!
//! ```json
//! { "file": "tiezheng/statement/v1", "statement": "<signed note>",
//!   "private": { "salt": "<64 hex>", "metadata": { "name": "合同" } }, "salt": "<64 hex>" }
//! ```
//!
//! `salt` is prefixed to the original in salted digests: without it the file cannot be verified.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::durable::{OWN_MARK, is_draft};
use crate::cli::exit::CliError;
use crate::cli::input;
use crate::ledger::hash::{lower_hex, sha256};
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::statement::signed::StatementNote;
use crate::wire::deposit::{DepositRequest, PrivateJson, REQUEST_MAX};
use crate::wire::{chinese, json};

/// The version of the statement file.
const VERSION: &str = "tiezheng/statement/v1";
const STATEMENT: &str = "statement";
const RECEIPT: &str = "receipt";
/// Extension of a receipt file, for other programs.
const JSON: &str = ".json";
const MANIFEST: &str = "manifest";
/// Bytes of the statement id in the file names of an earlier deposit, in hex.
const ID_LEN: usize = 8;
/// Longest file name on the file systems in use.
const NAME_MAX: usize = 255;

/// Paths of a deposited file's statement and receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptFiles {
    /// The statement file.
    pub statement: PathBuf,
    /// The receipt file.
    pub receipt: PathBuf,
}

impl ReceiptFiles {
    /// The paths for `file`: beside it, or in `receipts`.
    ///
    /// # Errors
    ///
    /// The file does not exist.
    pub fn of(file: &Path, receipts: Option<&Path>) -> io::Result<Self> {
        let name = file.file_name().unwrap_or(OsStr::new("file"));
        let Some(folder) = receipts else {
            let named = |kind, end| file.with_file_name(companion_name(name, "", kind, end));
            return Ok(Self { statement: named(STATEMENT, ""), receipt: named(RECEIPT, JSON) });
        };
        let mark = format!("-{}", short_hash(fs::canonicalize(file)?.as_os_str()));
        let named = |kind, end| folder.join(companion_name(name, &mark, kind, end));
        Ok(Self { statement: named(STATEMENT, ""), receipt: named(RECEIPT, JSON) })
    }

    /// Paths for an earlier deposit of the same file, by its statement id.
    #[must_use]
    pub fn earlier(&self, note: &StatementNote) -> Self {
        Self { statement: with_id(&self.statement, note), receipt: with_id(&self.receipt, note) }
    }
}

fn with_id(path: &Path, note: &StatementNote) -> PathBuf {
    with_mark(path, &note.id().to_string().chars().take(2 * ID_LEN).collect::<String>())
}

/// The name for an earlier state of the receipt `path`, marked by the hash of `content`.
#[must_use]
pub fn with_mark_of(path: &Path, content: &[u8]) -> PathBuf {
    with_mark(path, &sha256(content).to_string().chars().take(2 * ID_LEN).collect::<String>())
}

/// `path` with a mark before its extension, recognised by [`evidence_name_of`]. [`companion_name`] leaves space for it.
fn with_mark(path: &Path, mark: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let (stem, end) = name.strip_suffix(JSON.as_bytes()).map_or((name, ""), |stem| (stem, JSON));
    path.with_file_name(OsString::from_vec([stem, b"-", mark.as_bytes(), end.as_bytes()].concat()))
}

/// Path of the manifest list of `source`, a folder or a list: beside it, or in `receipts`. Statement and receipt of the
/// deposit are named after the list.
///
/// # Errors
///
/// `source` does not exist.
pub fn manifest_of(source: &Path, receipts: Option<&Path>) -> io::Result<PathBuf> {
    // `.` and `..` have no name of their own.
    let whole = if source.file_name().is_none() { fs::canonicalize(source)? } else { source.to_owned() };
    let name = whole.file_name().unwrap_or(OsStr::new("root"));
    let Some(folder) = receipts else { return Ok(whole.with_file_name(companion_name(name, "", MANIFEST, ""))) };
    let mark = format!("-{}", short_hash(fs::canonicalize(source)?.as_os_str()));
    Ok(folder.join(companion_name(name, &mark, MANIFEST, "")))
}

/// Path for the list of an earlier manifest of the same source, by its statement id.
#[must_use]
pub fn earlier_manifest(kept: &Path, note: &StatementNote) -> PathBuf {
    with_id(kept, note)
}

/// An unused name for a list without a statement, which this program may not have written.
#[must_use]
pub fn spare_manifest(list: &Path, random: [u8; ID_LEN]) -> PathBuf {
    with_mark(list, &hex::encode(random))
}

/// The name of the file to which a statement, receipt or list of this name belongs; empty for a draft; `None` for a name
/// that this program does not use.
#[must_use]
pub fn evidence_name_of(name: &OsStr) -> Option<&OsStr> {
    let (bytes, mark) = (name.as_bytes(), OWN_MARK.as_bytes());
    let at = bytes.windows(mark.len()).rposition(|part| part == mark)?;
    let (file, marked) = bytes.split_at_checked(at)?;
    let suffix = std::str::from_utf8(marked.get(mark.len()..)?).ok()?;
    if is_draft(name) {
        return Some(OsStr::new(""));
    }
    let (stem, kinds) = match suffix.strip_suffix(JSON) {
        Some(stem) => (stem, &[RECEIPT][..]),
        None => (suffix, &[STATEMENT, MANIFEST][..]),
    };
    // Of an earlier deposit, with the statement's id.
    let kind = stem.rsplit_once('-').filter(|(_, id)| lower_hex::<ID_LEN>(id).is_some()).map_or(stem, |(kind, _)| kind);
    (!file.is_empty() && kinds.contains(&kind)).then(|| OsStr::from_bytes(file))
}

/// Whether `name` is one that this program gives.
#[must_use]
pub fn is_own(name: &OsStr) -> bool {
    evidence_name_of(name).is_some()
}

fn companion_name(name: &OsStr, mark: &str, kind: &str, end: &str) -> OsString {
    let tail = format!("{mark}{OWN_MARK}{kind}{end}");
    let bytes = name.as_bytes();
    // Space for the id of an earlier deposit too.
    let limit = NAME_MAX - 40;
    if bytes.len() + tail.len() <= limit {
        return OsString::from_vec([bytes, tail.as_bytes()].concat());
    }
    let tail = format!("-{}{tail}", short_hash(name));
    let cut = String::from_utf8_lossy(bytes.get(..limit - tail.len() - 4).unwrap_or(bytes)).into_owned();
    let cut: String = cut.trim_end_matches('\u{FFFD}').into();
    format!("{cut}{tail}").into()
}

fn short_hash(text: &OsStr) -> String {
    sha256(text.as_bytes()).to_string().chars().take(16).collect()
}

/// The statement's file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementFile {
    file: String,
    statement: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    private: Option<PrivateJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
}

impl StatementFile {
    /// From a request and the salt that is prefixed to the original.
    #[must_use]
    pub fn new(request: &DepositRequest, salt: Option<&[u8; SALT_LEN]>) -> Self {
        let (statement, private) = (request.statement.clone(), request.private.clone());
        Self { file: VERSION.into(), statement, private, salt: salt.map(hex::encode) }
    }

    /// Reads the statement's file; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`CliError`]: unreadable or damaged.
    pub fn load(path: &Path) -> Result<Option<Self>, CliError> {
        let Some(text) = input::text_if_present(path, 2 * REQUEST_MAX)? else { return Ok(None) };
        let damaged = |zh: &str, en: &dyn std::fmt::Display| {
            let zh = format!("{} 不是声明文件，或已损坏：{zh}。请从备份恢复该文件", path.display());
            let en = format!("{} is no statement file, or damaged: {en}. Restore it from a backup", path.display());
            CliError::unable("statement_file_damaged", zh, en)
        };
        if text.is_empty() {
            let zh = format!("{} 是空文件（可能由中断的存证留下），请删除后重试", path.display());
            let en =
                format!("{} is empty, perhaps left by an interrupted run; delete it and try again", path.display());
            return Err(CliError::unable("statement_file_damaged", zh, en));
        }
        let statement_file: Self =
            json::object(text.as_bytes(), 2 * REQUEST_MAX).map_err(|error| damaged(&chinese::json(&error), &error))?;
        if statement_file.file != VERSION {
            let zh = format!("文件版本为“{}”，本程序读取“{VERSION}”", statement_file.file);
            return Err(damaged(&zh, &format!("it is `{}`, this program reads `{VERSION}`", statement_file.file)));
        }
        statement_file.request().read().map_err(|error| damaged(&chinese::request(&error), &error))?;
        if statement_file.salt.is_some() && statement_file.salt().is_none() {
            return Err(damaged("盐值应为 64 位小写十六进制", &"its salt is not 64 lower-case hex digits"));
        }
        Ok(Some(statement_file))
    }

    /// The file's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        json::pretty(self)
    }

    /// The request, the same each time.
    #[must_use]
    pub fn request(&self) -> DepositRequest {
        DepositRequest { statement: self.statement.clone(), private: self.private.clone() }
    }

    /// The signed statement. Never `None` once the file was loaded or created.
    #[must_use]
    pub fn note(&self) -> Option<StatementNote> {
        StatementNote::parse(self.statement.as_bytes()).ok()
    }

    /// The salt that is prefixed to the original.
    #[must_use]
    pub fn salt(&self) -> Option<[u8; SALT_LEN]> {
        self.salt.as_deref().and_then(lower_hex)
    }

    /// The name of the evidence, 证据名称, where the statement commits to one.
    #[must_use]
    pub fn evidence_name(&self) -> Option<&str> {
        self.private.as_ref()?.metadata.get("name")?.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statement_and_receipt_are_beside_the_file() {
        let files = ReceiptFiles::of(Path::new("a/证据.pdf"), None).unwrap();
        assert_eq!(files.statement, Path::new("a/证据.pdf.tiezheng-statement"));
        assert_eq!(files.receipt, Path::new("a/证据.pdf.tiezheng-receipt.json"));
        assert_eq!(ReceiptFiles::of(Path::new("b"), None).unwrap().receipt, Path::new("b.tiezheng-receipt.json"));
        for own in [&files.statement, &files.receipt] {
            assert!(is_own(own.file_name().unwrap()));
        }
        for (name, file) in [
            ("证据.pdf.tiezheng-statement", Some("证据.pdf")),
            ("a.tiezheng-receipt-0123456789abcdef.json", Some("a")),
            ("a.tiezheng-statement-0123456789abcdef", Some("a")),
            ("a.tiezheng-receipt.json-0123456789abcdef", None),
            ("a.tiezheng-statement.json", None),
            ("a.tiezheng-receipt", None),
            ("卷宗.tiezheng-manifest.tiezheng-statement", Some("卷宗.tiezheng-manifest")),
            (".tiezheng-draft-0123456789abcdef", Some("")),
            ("tiezheng-notes.txt", None),
            ("minutes.tiezheng-draft.docx", None),
            ("case.tiezheng-export", None),
            ("a.tiezheng-statement.pdf", None),
            ("a.tiezheng-receipt.json-0123", None),
            (".tiezheng-statement", None),
        ] {
            assert_eq!(evidence_name_of(OsStr::new(name)), file.map(OsStr::new), "{name}");
        }
    }

    #[test]
    fn a_manifest_list_is_beside_its_source_and_has_its_own_statement() {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path().join("卷宗");
        fs::create_dir(&folder).unwrap();
        let kept = manifest_of(&folder, None).unwrap();
        assert_eq!(kept, top.path().join("卷宗.tiezheng-manifest"));
        assert_eq!(manifest_of(&folder.join(""), None).unwrap(), kept);
        let mut above = top.path().canonicalize().unwrap().file_name().unwrap().to_owned();
        above.push(".tiezheng-manifest");
        assert_eq!(manifest_of(&folder.join(".."), None).unwrap().file_name().unwrap(), above);
        // A deposit of the source itself has other files.
        assert_ne!(ReceiptFiles::of(&kept, None).unwrap(), ReceiptFiles::of(&folder, None).unwrap());
        let elsewhere = manifest_of(&folder, Some(top.path())).unwrap();
        assert!(elsewhere.starts_with(top.path()) && elsewhere != kept);
        assert!(is_own(kept.file_name().unwrap()) && is_own(elsewhere.file_name().unwrap()));
    }

    #[test]
    fn names_in_another_folder_are_unique() {
        let top = tempfile::tempdir().unwrap();
        let receipts = top.path().join("receipts");
        let mut seen = std::collections::HashSet::new();
        for folder in ["a", "b"] {
            fs::create_dir(top.path().join(folder)).unwrap();
            let file = top.path().join(folder).join("..x");
            fs::write(&file, b"same").unwrap();
            let files = ReceiptFiles::of(&file, Some(&receipts)).unwrap();
            assert_eq!(files, ReceiptFiles::of(&file, Some(&receipts)).unwrap());
            assert_eq!(files.statement.parent().unwrap(), receipts);
            assert!(seen.insert(files.statement));
        }
    }

    #[test]
    fn names_fit_any_file_system() {
        for name in ["证".repeat(85), "x".repeat(255)] {
            let files = ReceiptFiles::of(Path::new(&name), None).unwrap();
            let other = ReceiptFiles::of(Path::new(&format!("{}y", &name[..name.len() - 3])), None).unwrap();
            assert_ne!(files, other);
            for path in [files.statement, files.receipt] {
                assert!(path.file_name().unwrap().len() <= NAME_MAX - 17);
                assert!(path.to_str().is_some());
            }
        }
    }
}
