//! Opens a node's data folder: keys, name, mode and the files beside the database are checked before anything is opened
//! for writing.
//!
//! ```text
//! names, account files ─▶ keys ─▶ ledger, read-only: keys, name, mode, originals ─▶ modes of files ─▶ ledger, for writing
//! ```
//!
//! # Invariants
//!
//! A rejected folder is unchanged. A missing key is generated only if nothing was signed yet.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::cli::case_key;
use crate::cli::descriptors;
use crate::cli::exit::CliError;
use crate::cli::folder_checks;
use crate::cli::key::new::of_ledger;
use crate::cli::key::successor;
use crate::cli::key_files;
use crate::cli::node_keys::{LEDGER_KEY, NEXT_KEY, NodeKeys, OperatorMessage, ledger_key_missing};
use crate::cli::open_errors::{cannot_open, unreadable};
use crate::ledger::hash::sha256;
use crate::ledger::key::{Name, Signer, VerifierKey};
use crate::ledger::notice::{Mode, NoticeKind};
use crate::query::records::genesis;
use crate::sequencer::ledger_keys::LedgerKeys;
use crate::store::factory::{self, Folder, FolderReader, FolderStore, OpenError};
use crate::store::traits::{LogReader as _, LogStore as _};

/// A ledger's folder, open, and its keys.
pub struct OpenedFolder {
    /// The ledger.
    pub store: FolderStore,
    /// The private ledger keys.
    pub keys: LedgerKeys,
    /// The public key of a new ledger's successor; `None` of a ledger that exists, whose notices name it.
    pub successor: Option<VerifierKey>,
    /// The platform's key, if there is one yet.
    pub platform: Option<Signer>,
    /// Notices for the operator.
    pub messages: Vec<OperatorMessage>,
}

/// Checks the file names in the folder and that the account files exist, before any of them is read. Read-only.
///
/// # Errors
///
/// [`CliError`]: a name is a symbolic link or a special file; account files are missing.
pub fn check_files(data: &Path) -> Result<(), CliError> {
    let wrong = Folder::new(data).wrong_kind().map_err(|error| CliError::io(data, &error))?;
    if let Some((name, found)) = wrong {
        return Err(cannot_open(data, &OpenError::WrongKind { name, found }));
    }
    folder_checks::check_account_files(data)
}

/// The operator's options for a new ledger.
#[derive(Debug, Clone, Copy)]
pub struct NewLedger<'a> {
    /// Its name.
    pub origin: Option<&'a str>,
    /// Whether it is a test ledger.
    pub test: bool,
    /// The new file for the private key of its successor. A live ledger needs one.
    pub next_key_out: Option<&'a Path>,
}

impl NewLedger<'_> {
    /// The file of the successor's key.
    fn successor_file(&self, data: &Path) -> Result<PathBuf, CliError> {
        match (self.next_key_out, self.test) {
            (Some(path), test) => {
                successor::check_place(path, data, !test)?;
                Ok(path.to_owned())
            }
            (None, true) => Ok(data.join(NEXT_KEY)),
            (None, false) => {
                let zh = "新建正式账本须用 --next-key-out 指定后继私钥的文件，且不在账本文件夹内：它用于日后更换账本密钥，不得与账本\
                          密钥同处存放。试用请加 --test";
                let en = "a new live ledger needs --next-key-out FILE, outside of its folder: the private key with which the ledger \
                          key is replaced one day, which must not be stored next to the ledger key. To try things out: --test";
                Err(CliError::usage("next_key_out_required", zh, en))
            }
        }
    }
}

/// Opens the ledger in `data`, or creates `new` there.
///
/// # Errors
///
/// [`CliError`]: the files contradict each other, or cannot be read or written.
pub fn open_folder(data: &Path, new: NewLedger<'_>) -> Result<OpenedFolder, CliError> {
    let options = descriptors::database_options();
    let unopened = |error: OpenError| cannot_open(data, &error);
    let folder = Folder::new(data);
    let keys = NodeKeys::read(data)?;
    let (mut messages, is_live) = match factory::open_read_only(data, &options) {
        Ok(reader) => compare(data, &reader, &keys, new)?,
        Err(OpenError::Absent | OpenError::Unfinished) => return create(data, new, keys),
        Err(error) => return Err(unopened(error)),
    };
    messages.extend(keys.restrict(is_live)?);
    if folder.restrict().map_err(|error| CliError::io(data, &error))? {
        let dir = data.display();
        let en = format!("{dir} could be read by others: its mode is 0700 now");
        messages.push((format!("{dir} 原可被他人读取：权限已改为 0700"), en));
    }
    let store = factory::open(data, &options).map_err(unopened)?;
    for (_, message) in &messages {
        tracing::warn!("{message}");
    }
    folder_checks::list_account_files(data)?;
    let tip = store.tip().map_err(|error| unreadable(&error))?;
    if tip.size().is_empty() {
        return with_new_keys(data, (store, &tip.origin), new, keys, messages);
    }
    let mut keys = keys;
    let platform = keys.platform.take();
    let keys = keys.into_ledger_keys().ok_or_else(|| ledger_key_missing(data))?;
    Ok(OpenedFolder { store, keys, successor: None, platform, messages })
}

/// Compares the files in the folder with the ledger and with the operator's options. Read-only.
fn compare(
    data: &Path,
    reader: &FolderReader,
    keys: &NodeKeys,
    new: NewLedger<'_>,
) -> Result<(Vec<OperatorMessage>, bool), CliError> {
    keys.check(reader)?;
    let (dir, found) = (data.display(), reader.origin());
    if let Some(wanted) = new.origin.filter(|wanted| *wanted != found.as_str()) {
        let en = format!("{dir} holds the ledger `{found}`, not `{wanted}`: a ledger's name is for good");
        return Err(CliError::usage("another_ledger", format!("{dir} 中的账本是“{found}”，不是“{wanted}”"), en));
    }
    let notice = reader.published().map(|_| genesis(reader)).transpose().map_err(|error| unreadable(&error))?;
    let is_live = matches!(notice.map(|notice| notice.kind), Some(NoticeKind::Genesis { mode: Mode::Live, .. }));
    if new.test && is_live {
        let en = format!("{dir} holds a live ledger, and a ledger is live or test for good; --test is for a new one");
        return Err(CliError::usage("live_ledger", format!("{dir} 是正式账本，不能改为测试账本"), en));
    }
    Ok((folder_checks::check_originals(data, reader)?, is_live))
}

fn create(data: &Path, new: NewLedger<'_>, mut keys: NodeKeys) -> Result<OpenedFolder, CliError> {
    let unopened = |error: OpenError| cannot_open(data, &error);
    // Checked before the ledger is created, which is permanent.
    new.successor_file(data)?;
    let signer = new_key(new.origin)?;
    let store = factory::create(data, signer.verifier().name(), &descriptors::database_options());
    let store = store.map_err(unopened)?;
    Folder::new(data).restrict().map_err(|error| CliError::io(data, &error))?;
    let origin = store.tip().map_err(|error| unreadable(&error))?.origin;
    keys.ledger = Some(signer).filter(|key| *key.verifier().name() == origin);
    let opened = with_new_keys(data, (store, &origin), new, keys, Vec::new())?;
    let folder = data.display();
    tracing::info!(ledger = %origin, %folder, "a ledger was created, with its key and the key of its successor");
    Ok(opened)
}

/// Writes both key files of a ledger without a record, the ledger's own last: if it exists, both do. Files of an interrupted start
/// are used.
fn with_new_keys(
    data: &Path,
    (store, origin): (FolderStore, &Name),
    new: NewLedger<'_>,
    keys: NodeKeys,
    messages: Vec<OperatorMessage>,
) -> Result<OpenedFolder, CliError> {
    let file = new.successor_file(data)?;
    let next = match successor::read(&file, origin)? {
        Some(next) => next,
        None => successor::create(&file, origin)?,
    };
    let signer = match keys.ledger {
        Some(signer) if *signer.verifier() != *next.verifier() => signer,
        _ => of_ledger(origin.as_str())?,
    };
    key_files::write(&data.join(LEDGER_KEY), &signer)?;
    let successor = Some(next.verifier().clone());
    Ok(OpenedFolder { store, keys: signer.into(), successor, platform: keys.platform, messages })
}

/// A new ledger's key, named by `origin` or else by a random unique name.
fn new_key(origin: Option<&str>) -> Result<Signer, CliError> {
    if let Some(origin) = origin {
        return of_ledger(origin);
    }
    let seed = Zeroizing::new(case_key::random_bytes::<32>()?);
    let signer = Signer::of_depositor(&seed).and_then(|unnamed| {
        let hash: String = sha256(unnamed.verifier().public().as_bytes()).to_string().chars().take(16).collect();
        Signer::new(Name::parse(&format!("tiezheng/{hash}"))?, &seed)
    });
    signer.ok_or_else(|| CliError::unable("weak_key", "生成的密钥过弱", "the key made is weak"))
}
