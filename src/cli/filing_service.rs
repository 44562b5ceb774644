//! Opens the filing service of a node: the platform's key, originals in custody, and the operator's first token.
//!
//! The platform's key signs the acts of token holders and owns the streams of all cases; without it no case can continue. It is in the
//! ledger's folder, and needs a backup like the ledger's key.

use std::path::Path;
use std::sync::Arc;

use crate::cli::case_key;
use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::input;
use crate::cli::serve_limits::LimitArgs;
use crate::court::words::Role;
use crate::custody::store::EncryptedObjectStore;
use crate::filing::actor::TokenStatus;
use crate::filing::service::{Dependencies, FilingService, FilingStore};
use crate::ledger::key::Signer;
use crate::query::service::QueryService;
use crate::sequencer::clock::SystemClock;
use crate::sequencer::handle::Sequencer;
use crate::store::account_files::AccountFiles;
use crate::store::factory::FolderStore;

/// The platform's private key in the ledger's folder.
pub const PLATFORM_KEY: &str = "platform.key";
/// The folder of originals in custody, in the ledger's folder.
pub const ORIGINALS: &str = "originals";
/// Lifetime of an operator's token in days.
const OPERATOR_DAYS: u64 = 366;

fn unable(code: &'static str, error: &dyn std::fmt::Display) -> CliError {
    let zh = match code {
        "custody_folder" => "托管原文的文件夹无法打开或写入。请检查其权限和磁盘空间",
        "unreadable" => "账本的账号或案件记录无法读取。请运行 tiezheng audit 查明原因",
        _ => "平台密钥或管理员账号未能写入账本。请检查磁盘空间后重新启动",
    };
    CliError::unable(code, zh, error.to_string())
}

/// Opens the filing service of the ledger in `data`.
///
/// # Errors
///
/// [`CliError`]: the key, the folder or the registry's acts cannot be read.
pub fn open(
    data: &Path,
    (queries, store): (Arc<QueryService>, Arc<dyn FilingStore>),
    sequencer: Sequencer,
    platform: Signer,
    limits: &LimitArgs,
) -> Result<FilingService, CliError> {
    let folder = data.join(ORIGINALS);
    let originals = EncryptedObjectStore::in_folder(&folder).map_err(|error| unable("custody_folder", &error))?;
    let originals = originals.within(limits.of_originals(&folder)?);
    let webhook_addresses = limits.webhook_addresses();
    let (accounts, clock) = (Arc::new(AccountFiles::in_ledger(data)), Box::new(SystemClock::new()));
    FilingService::open(Dependencies {
        queries,
        store,
        sequencer,
        platform,
        originals,
        accounts,
        webhook_addresses,
        clock,
    })
    .map_err(|error| unable("unreadable", &error))
}

/// Removes originals without a custody act. To be called before the first upload.
pub async fn sweep(filing: &FilingService) {
    match filing.sweep_originals().await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "originals without a custody act were removed"),
        // They only use space and are not accessible, so the node can serve.
        Err(error) => tracing::error!(%error, "originals were not swept"),
    }
}

/// The platform's key: the one `found`, or a new one, which is recorded in the database. `NodeKeys::check` has checked that no other key is
/// recorded.
///
/// # Errors
///
/// [`CliError`]: the file or the database cannot be written.
pub fn platform_key(data: &Path, found: Option<Signer>, store: &FolderStore) -> Result<Signer, CliError> {
    let signer = if let Some(signer) = found {
        signer
    } else {
        let (path, signer) = (data.join(PLATFORM_KEY), case_key::generate()?);
        case_key::write(&path, &signer).map_err(|error| CliError::io(&path, &error))?;
        signer
    };
    // After the file is written: a crash in between leaves a key that the next start records.
    if store.platform_key().map_err(|error| unable("unreadable", &error))?.is_none() {
        let recorded = store.record_platform_key(&signer.verifier().to_string());
        recorded.map_err(|error| unable("cannot_start", &error))?;
    }
    Ok(signer)
}

/// Prepares the filing service for requests: removes what an interrupted upload left, and creates an operator if a file for its token
/// is named. Returns the message about the token.
///
/// # Errors
///
/// As [`operator_token`].
pub async fn prepare(
    filing: FilingService,
    token: Option<&Path>,
) -> Result<(Arc<FilingService>, Option<(String, String)>), CliError> {
    let filing = Arc::new(filing);
    sweep(&filing).await;
    let message = match token {
        Some(path) => Some(operator_token(&filing, path).await?),
        None => None,
    };
    Ok((filing, message))
}

/// Creates an operator and writes its token to `path`, unless that file has an operator's token of this ledger. Returns a message in
/// Chinese and English.
///
/// # Errors
///
/// [`CliError`]: the file has other content or cannot be read or written; or the errors of the ledger.
pub async fn operator_token(filing: &FilingService, path: &Path) -> Result<(String, String), CliError> {
    if path.symlink_metadata().is_ok() {
        return existing_token(filing, path);
    }
    // Checked before anything is appended to the chain.
    durable::probe(path).map_err(|error| CliError::io(path, &error))?;
    let (_, token) = filing.make_operator(OPERATOR_DAYS).await.map_err(|error| unable("cannot_start", &error))?;
    let text = zeroize::Zeroizing::new(format!("{}\n", token.text()));
    durable::create(path, text.as_bytes(), 0o600).map_err(|error| CliError::io(path, &error))?;
    let file = path.display();
    Ok((format!("平台管理员令牌已写入 {file}"), format!("the operator's token was written into {file}")))
}

/// Checks the existing file at `path`.
fn existing_token(filing: &FilingService, path: &Path) -> Result<(String, String), CliError> {
    let file = path.display();
    let refuse = |zh: &str, en: &str| {
        let zh = format!("{file} 已存在，{zh}。未作任何更改；请另指定一个尚不存在的文件");
        let en = format!("{file} exists and {en}. Nothing was changed: name a file that does not exist yet");
        Err(CliError::usage("not_an_operator_token", zh, en))
    };
    // The file may be evidence of any kind, so an encoding error is not reported as such.
    let text = match input::secret(path) {
        Ok(text) => text,
        Err(error) if error.code == "not_utf8" => return refuse("不是访问令牌", "is not a token"),
        Err(error) => return Err(error),
    };
    match filing.token_status(text.trim(), Role::Operator) {
        TokenStatus::Accepted => Ok((
            format!("{file} 已存有本账本现行有效的平台管理员令牌，未另行生成"),
            format!("{file} holds an operator's token of this ledger that is in force: no other was made"),
        )),
        TokenStatus::Ended => Ok((
            format!("{file} 中的平台管理员令牌已过期或已撤销。如需新令牌，请另指定一个尚不存在的文件"),
            format!(
                "the operator's token in {file} is expired or revoked. For a new one, name a file that does not exist"
            ),
        )),
        TokenStatus::WithoutRole => refuse("其中的令牌不属于平台管理员", "its token is not an operator's"),
        TokenStatus::Unknown => refuse("其内容不是本账本的平台管理员令牌", "is not an operator's token of this ledger"),
    }
}
