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

use std::path::Path;

use zeroize::Zeroizing;

use crate::cli::case_key;
use crate::cli::descriptors;
use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::folder_checks;
use crate::cli::keygen::of_ledger;
use crate::cli::node_keys::{LEDGER_KEY, NEXT_KEY, NodeKeys, OperatorMessage, ledger_key_missing};
use crate::cli::open_errors::{cannot_open, unreadable};
use crate::ledger::hash::sha256;
use crate::ledger::key::{Name, Signer, VerifierKey};
use crate::ledger::notice::{Mode, NoticeKind};
use crate::query::records::genesis;
use crate::store::factory::{self, Folder, FolderReader, FolderStore, OpenError};
use crate::store::traits::{LogReader as _, LogStore as _};

/// A ledger's folder, open, and its keys.
pub struct OpenedFolder {
    /// The ledger.
    pub store: FolderStore,
    /// The ledger's key.
    pub signer: Signer,
    /// The public key of its successor.
    pub successor: VerifierKey,
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

/// Opens the ledger in `data`, or creates one there under the name `origin`, a test ledger if `test`.
///
/// # Errors
///
/// [`CliError`]: the files contradict each other, or cannot be read or written.
pub fn open_folder(data: &Path, origin: Option<&str>, test: bool) -> Result<OpenedFolder, CliError> {
    let options = descriptors::database_options();
    let unopened = |error: OpenError| cannot_open(data, &error);
    let folder = Folder::new(data);
    let keys = NodeKeys::read(data)?;
    let mut messages = match factory::open_read_only(data, &options) {
        Ok(reader) => compare(data, &reader, &keys, origin, test)?,
        Err(OpenError::Absent | OpenError::Unfinished) => return create(data, origin, keys),
        Err(error) => return Err(unopened(error)),
    };
    messages.extend(keys.restrict()?);
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
    let NodeKeys { ledger, next, platform, .. } = keys;
    let (signer, successor) = match ledger {
        Some(signer) => {
            // The successor key is needed only when a ledger is created; its file may be stored elsewhere.
            let successor = next.as_ref().unwrap_or(&signer).verifier().clone();
            (signer, successor)
        }
        None if tip.size().is_empty() => write_keys(data, of_ledger(tip.origin.as_str())?)?,
        None => return Err(ledger_key_missing(data)),
    };
    Ok(OpenedFolder { store, signer, successor, platform, messages })
}

/// Compares the files in the folder with the ledger and with the operator's options. Read-only.
fn compare(
    data: &Path,
    reader: &FolderReader,
    keys: &NodeKeys,
    origin: Option<&str>,
    test: bool,
) -> Result<Vec<OperatorMessage>, CliError> {
    keys.check(reader)?;
    let (dir, found) = (data.display(), reader.origin());
    if let Some(wanted) = origin.filter(|wanted| *wanted != found.as_str()) {
        let en = format!("{dir} holds the ledger `{found}`, not `{wanted}`: a ledger's name is for good");
        return Err(CliError::usage("another_ledger", format!("{dir} 中的账本是“{found}”，不是“{wanted}”"), en));
    }
    let notice = reader.published().map(|_| genesis(reader)).transpose().map_err(|error| unreadable(&error))?;
    let is_live = matches!(notice.map(|notice| notice.kind), Some(NoticeKind::Genesis { mode: Mode::Live, .. }));
    if test && is_live {
        let en = format!("{dir} holds a live ledger, and a ledger is live or test for good; --test is for a new one");
        return Err(CliError::usage("live_ledger", format!("{dir} 是正式账本，不能改为测试账本"), en));
    }
    folder_checks::check_originals(data, reader)
}

fn create(data: &Path, origin: Option<&str>, keys: NodeKeys) -> Result<OpenedFolder, CliError> {
    let unopened = |error: OpenError| cannot_open(data, &error);
    let signer = new_key(origin)?;
    let store = factory::create(data, signer.verifier().name(), &descriptors::database_options());
    let store = store.map_err(unopened)?;
    Folder::new(data).restrict().map_err(|error| CliError::io(data, &error))?;
    let origin = store.tip().map_err(|error| unreadable(&error))?.origin;
    let signer = if origin == *signer.verifier().name() { signer } else { of_ledger(origin.as_str())? };
    let (signer, successor) = write_keys(data, signer)?;
    let (ledger, folder) = (signer.verifier().name(), data.display());
    tracing::info!(%ledger, %folder, "a ledger was created, with its key and the key of its successor");
    Ok(OpenedFolder { store, signer, successor, platform: keys.platform, messages: Vec::new() })
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

/// Writes both key files, the ledger's own last: if it exists, both do.
fn write_keys(dir: &Path, signer: Signer) -> Result<(Signer, VerifierKey), CliError> {
    let next = of_ledger(signer.verifier().name().as_str())?;
    let [own_file, next_file] = [LEDGER_KEY, NEXT_KEY].map(|name| dir.join(name));
    for (path, key) in [(&next_file, &next), (&own_file, &signer)] {
        let text = Zeroizing::new(format!("{}\n", *key.to_private_text()));
        durable::replace(path, text.as_bytes(), 0o600).map_err(|error| CliError::io(path, &error))?;
    }
    Ok((signer, next.verifier().clone()))
}
