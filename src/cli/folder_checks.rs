//! Compares the account files and the originals in a data folder with its inventory and its ledger.
//!
//! The custody acts name the originals, the inventory names the account files. A node does not start without the folder of originals or
//! without an account file: it would create empty ones, and the loss would go unnoticed.

use std::path::Path;

use crate::cli::exit::CliError;
use crate::cli::filing_service::ORIGINALS;
use crate::cli::node_keys::OperatorMessage;
use crate::cli::open_errors::unreadable;
use crate::custody::checking::is_in_place;
use crate::custody::object::ObjectId;
use crate::filing::custody_records::originals_in_custody;
use crate::store::account_files::{AccountFiles, INVENTORY, MissingFiles};
use crate::store::factory::FolderReader;
use crate::store::traits::accounts::AccountStoreError;

/// Maximum number of missing objects in the log.
const LOGGED_MAX: u64 = 20;

/// Compares the account files in the folder `data` with its inventory, read-only.
///
/// # Errors
///
/// [`CliError`]: some are missing or cannot be read.
pub fn check_account_files(data: &Path) -> Result<(), CliError> {
    account_files_missing(data, &missing_account_files(data)?).map_or(Ok(()), Err)
}

/// Compares the originals in the folder `data` with the ledger in `store`, read-only. Returns messages for the operator.
///
/// # Errors
///
/// [`CliError`]: the folder of originals is missing, or something cannot be read.
pub fn check_originals(data: &Path, store: &FolderReader) -> Result<Vec<OperatorMessage>, CliError> {
    let kept = originals_in_custody(store).map_err(|error| unreadable(&error))?;
    let (originals, count) = (data.join(ORIGINALS), kept.len() as u64);
    if count > 0 && !originals.try_exists().map_err(|error| CliError::io(&originals, &error))? {
        let dir = originals.display();
        let zh = format!(
            "缺少原文文件夹 {dir}，而账本记载其中有 {count} 件托管原文：请从备份放回，或检查磁盘是否已挂载。如原文确已无法找回，请新建空文件夹 {dir} 后重新启动"
        );
        let en = format!(
            "the folder of originals {dir} is missing, and the ledger records {count} originals in it: put it back from a \
             backup, or see whether its disk is mounted. If they are lost for good, make an empty folder {dir} and start again"
        );
        return Err(CliError::finding("originals_missing", zh, en));
    }
    let mut faults = 0;
    for record in &kept {
        let object = ObjectId::from_bytes(record.act.object.0);
        if let Err(error) = is_in_place(&originals, &object, record.act.size) {
            faults += 1;
            if faults <= LOGGED_MAX {
                tracing::error!(deposit = %record.act.deposit, %object, %error, "an original in custody is not as recorded");
            }
        }
    }
    if faults == 0 {
        return Ok(Vec::new());
    }
    let zh = format!(
        "托管原文 {count} 件中有 {faults} 件缺失或大小不符（{}）：请从备份放回；用 tiezheng audit 可逐件核对",
        originals.display()
    );
    let en = format!(
        "{faults} of {count} originals in custody are missing or have another size ({}): put them back from a backup; \
         `tiezheng audit` checks each of them",
        originals.display()
    );
    Ok(vec![(zh, en)])
}

/// The account files in the inventory that are missing.
///
/// # Errors
///
/// [`CliError`]: the inventory or the account files cannot be read.
pub fn missing_account_files(data: &Path) -> Result<Vec<MissingFiles>, CliError> {
    AccountFiles::in_ledger(data).missing().map_err(|error| account_files_unreadable(&error))
}

/// Adds existing account files to the inventory.
///
/// # Errors
///
/// [`CliError`].
pub fn list_account_files(data: &Path) -> Result<(), CliError> {
    AccountFiles::in_ledger(data).list_all().map_err(|error| account_files_unreadable(&error))
}

fn account_files_unreadable(error: &AccountStoreError) -> CliError {
    let zh = match error {
        AccountStoreError::Damaged { document, .. } => {
            format!("账号文件 {document} 已损坏：请从备份放回；如无备份，可将其删除后重新启动，其内容即告缺失")
        }
        AccountStoreError::Disk { document, reason } => format!("无法读写账号文件 {document}：{reason}"),
    };
    CliError::unable("account_files_unreadable", zh, error.to_string())
}

/// The error for missing account files; `None` if none is missing.
#[must_use]
pub fn account_files_missing(data: &Path, missing: &[MissingFiles]) -> Option<CliError> {
    if missing.is_empty() {
        return None;
    }
    let dir = data.display();
    let list = |zh: bool| {
        let one = |files: &MissingFiles| {
            let MissingFiles { path, listed, found } = files;
            if zh {
                format!("{path}（登记 {listed} 份，现有 {found} 份）")
            } else {
                format!("{path} ({listed} listed, {found} found)")
            }
        };
        missing.iter().map(one).collect::<Vec<_>>().join(if zh { "、" } else { ", " })
    };
    let zh = format!(
        "{dir}：缺少账号文件：{}。请从备份放回文件夹 accounts；如无备份，请删除 {dir}/{INVENTORY} 后重新启动：各账号须重新登记公钥，存证策略须重新指定",
        list(true)
    );
    let en = format!(
        "{dir}: account files are missing: {}. Put the folder `accounts` back from a backup; if there is none, remove \
         {dir}/{INVENTORY} and start again: accounts must enrol their keys again, and the deposit policy must be set again",
        list(false)
    );
    Some(CliError::finding("account_files_missing", zh, en))
}
