//! Makes the receipt of one item from a stored manifest list, offline.

use std::path::Path;

use crate::cli::exit::CliError;
use crate::cli::manifest::stored_list;
use crate::cli::receipt_files::{ReceiptFiles, manifest_of};
use crate::cli::record::read_receipt;
use crate::ledger::entry::Entry;
use crate::ledger::manifest::claim::{ItemClaim, ItemReceipt};

/// The receipt of the item `name` in the manifest list at `list`, which has the deposit's receipt beside it. For a folder, the list beside
/// the folder.
///
/// # Errors
///
/// [`CliError`]: no receipt, the list of another deposit, or no such item.
pub fn make(list: &Path, name: &str, with_name: bool) -> Result<ItemReceipt, CliError> {
    let beside = if list.is_dir() { manifest_of(list, None).ok() } else { None };
    let list = beside.as_deref().unwrap_or(list);
    list.metadata().map_err(|error| CliError::io(list, &error))?;
    let files = ReceiptFiles::of(list, None).map_err(|error| CliError::io(list, &error))?;
    let receipt = read_receipt(&files.receipt)?;
    let entry = Entry::parse(receipt.entry.as_bytes()).ok();
    let stated = entry.and_then(|entry| entry.statement.statement().manifest).ok_or_else(|| {
        let path = files.receipt.display();
        let zh = format!("{path}：该存证不含清单");
        CliError::unable("no_manifest", zh, format!("{path}: the deposit bears no manifest"))
    })?;
    let claim = stored_list::claim(list, &stated, name)?.ok_or_else(|| {
        let (path, name) = (list.display(), name.escape_debug());
        let zh = format!("{path}：清单中没有名为“{name}”的项");
        CliError::unable("no_such_item", zh, format!("{path}: no item is called `{name}`"))
    })?;
    let name = claim.name.filter(|_| with_name);
    Ok(ItemReceipt { receipt, claim: ItemClaim { name, ..claim } })
}
