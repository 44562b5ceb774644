//! The key of a witness and its folder: the key is generated at the first start and never replaced.
//!
//! # Invariants
//!
//! A key is generated only where no ledger was ever followed. A missing key of a witness that followed one is an error: a new key
//! would be another witness.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::cli::case_key::random_bytes;
use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::input;
use crate::files::placing::make_folders;
use crate::files::regular;
use crate::ledger::cosignature::Cosigner;
use crate::ledger::key::Name;
use crate::wire::chinese;
use crate::witness::state_folder::{StateFolder, StateFolderError};

/// Name of the key file.
pub const WITNESS_KEY: &str = "witness.key";
/// Name of the file that the running process locks.
const LOCK: &str = "lock";
/// The file in which Linux gives the host name.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// A witness's folder, locked, and its key.
pub struct OpenedWitness {
    /// The key.
    pub cosigner: Cosigner,
    /// Whether it was generated now.
    pub is_new: bool,
    /// The states.
    pub folder: StateFolder,
    /// Held while the process runs.
    pub lock: File,
}

/// Opens the folder `data` of a witness, or creates one under `name`; without a name, that of the machine.
///
/// # Errors
///
/// [`CliError`]: another process uses it, its files contradict each other or cannot be read, or it has another name.
pub fn open(data: &Path, name: Option<&Name>) -> Result<OpenedWitness, CliError> {
    make_folders(data, 0o700).map_err(|error| CliError::io(data, &error))?;
    let lock = lock(data)?;
    durable::sweep(data);
    let path = data.join(WITNESS_KEY);
    let Some(cosigner) = read(&path)? else {
        let folder = StateFolder::create(data).map_err(|error| unusable(&error))?;
        if !folder.ledgers().map_err(|error| unusable(&error))?.is_empty() {
            return Err(key_missing(&path));
        }
        let cosigner = generate(name)?;
        let text = Zeroizing::new(format!("{}\n", *cosigner.to_private_text()));
        durable::create(&path, text.as_bytes(), 0o600).map_err(|error| CliError::io(&path, &error))?;
        tracing::info!(key = %cosigner.key(), "the key of this witness was generated");
        return Ok(OpenedWitness { cosigner, is_new: true, folder, lock });
    };
    let found = cosigner.key().name();
    if let Some(wanted) = name.filter(|wanted| *wanted != found) {
        let dir = data.display();
        let en = format!("{dir} holds the witness `{found}`, not `{wanted}`: a witness's name is for good");
        return Err(CliError::usage("another_witness", format!("{dir} 中的见证节点是“{found}”，不是“{wanted}”"), en));
    }
    let folder = StateFolder::open(data).map_err(|error| unusable(&error))?;
    Ok(OpenedWitness { cosigner, is_new: false, folder, lock })
}

fn lock(data: &Path) -> Result<File, CliError> {
    let path = data.join(LOCK);
    let file = regular::open_own_or_create(&path).map_err(|error| CliError::io(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let dir = data.display();
            let en =
                format!("{dir} is in use by another witness process: two of them could cosign different histories");
            let zh = format!("{dir} 正被另一个见证节点进程使用：两个进程可能为不同的历史签名");
            Err(CliError::unable("folder_in_use", zh, en))
        }
        Err(TryLockError::Error(error)) => Err(CliError::io(&path, &error)),
    }
}

fn read(path: &Path) -> Result<Option<Cosigner>, CliError> {
    let bytes = match regular::read_own(path, input::SMALL) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(CliError::io(path, &error)),
    };
    let damaged = |zh: &str, en: &dyn std::fmt::Display| {
        let zh = format!("{} 不是见证节点的密钥文件，或已损坏：{zh}。请从密钥备份放回", path.display());
        let en = format!(
            "{} is no key file of a witness, or damaged: {en}. Put it back from your key backup",
            path.display()
        );
        CliError::unable("key_file_damaged", zh, en)
    };
    let text = input::decode(&bytes).map(Zeroizing::new).map_err(|error| damaged(error.chinese(), &error))?;
    let cosigner = Cosigner::parse(text.trim()).map_err(|error| damaged(chinese::key(error), &error))?;
    let mode = fs::metadata(path).map_err(|error| CliError::io(path, &error))?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(|error| CliError::io(path, &error))?;
        tracing::warn!(path = %path.display(), "the key could be read by others: its mode is 0600 now");
    }
    Ok(Some(cosigner))
}

fn generate(name: Option<&Name>) -> Result<Cosigner, CliError> {
    let name = match name {
        Some(name) => name.clone(),
        None => machine_name().ok_or_else(|| {
            let en =
                "this machine has no name that a key may have; name the witness with --name, as in witness.example.org";
            CliError::usage("name_needed", "本机名称不能用作见证节点名称，请用 --name 指定，如 witness.example.org", en)
        })?,
    };
    let seed = Zeroizing::new(random_bytes::<32>()?);
    Cosigner::new(name, &seed)
        .ok_or_else(|| CliError::unable("weak_key", "生成的密钥过弱，请重试", "the key made is weak; try again"))
}

fn machine_name() -> Option<Name> {
    Name::parse(fs::read_to_string(HOST_NAME).ok()?.trim())
}

fn key_missing(path: &Path) -> CliError {
    let path = path.display();
    let zh = format!("{path}：缺少见证节点密钥：请从密钥备份放回。新密钥即新见证节点，须使用新的空文件夹并另行公布");
    let en = format!(
        "{path}: the key of this witness is missing: put it back from your key backup. A new key is a new witness, which needs an \
         empty folder of its own and has to be announced"
    );
    CliError::unable("witness_key_missing", zh, en)
}

/// The error of a folder that cannot be used.
#[must_use]
pub fn unusable(error: &StateFolderError) -> CliError {
    let en = error.to_string();
    let advice_zh = "见证节点不得在缺少状态时以原密钥继续签名：请按《成员节点指南》“恢复”一节处理";
    let advice = "A witness must not go on under its key without its state: see `Restoring` in docs/member.md";
    match error {
        StateFolderError::Io { path, error } => CliError::io(path, error),
        StateFolderError::Damaged { path, .. } => {
            let zh = format!("{}：文件已损坏。{advice_zh}", path.display());
            CliError::unable("witness_state_damaged", zh, format!("{en}. {advice}"))
        }
        StateFolderError::ListMissing { path } => {
            let zh = format!("{}：缺少账本清单。{advice_zh}", path.display());
            CliError::unable("witness_state_missing", zh, format!("{en}. {advice}"))
        }
        StateFolderError::StateMissing { path, origin } => {
            let zh = format!("{}：缺少账本“{origin}”的状态。{advice_zh}", path.display());
            CliError::unable("witness_state_missing", zh, format!("{en}. {advice}"))
        }
        StateFolderError::OtherKey { origin, known, given } => {
            let zh = format!("账本“{origin}”此前的密钥是 {known}，不是 {given}：请核对来源");
            CliError::usage("other_ledger_key", zh, format!("{en}: check where the key is from"))
        }
    }
}
