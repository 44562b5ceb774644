//! Checks before and after a ledger's folder is copied.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::descriptors::database_options;
use crate::cli::exit::CliError;
use crate::cli::open_errors::cannot_open;
use crate::store::factory::{self, FolderReader};
use crate::store::traits::{LogReader as _, Published};

/// Checks that neither folder is inside the other: a copy into its own source would not end, and a copy inside a ledger would keep
/// content that is erased later.
///
/// # Errors
///
/// [`CliError`]: it is, or a folder cannot be read. Nothing was written.
pub fn must_be_apart(source: &Path, target: &Path) -> Result<(), CliError> {
    let (from, to) = (resolved(source)?, resolved(target)?);
    if !from.starts_with(&to) && !to.starts_with(&from) {
        return Ok(());
    }
    let (source, target) = (source.display(), target.display());
    let en =
        format!("{target} and {source} lie inside each other: choose a target outside of the folder that is copied");
    let zh = format!("{target} 与 {source} 互相包含：请选择被复制文件夹之外的位置");
    Err(CliError::unable("destination_inside", zh, en))
}

/// The path without links; its end need not exist.
fn resolved(path: &Path) -> Result<PathBuf, CliError> {
    let whole = std::path::absolute(path).map_err(|error| CliError::io(path, &error))?;
    let existing = whole.ancestors().find(|part| part.exists()).unwrap_or(&whole);
    let rest = whole.strip_prefix(existing).unwrap_or(Path::new(""));
    let existing = fs::canonicalize(existing).map_err(|error| CliError::io(path, &error))?;
    Ok(existing.join(rest))
}

/// Opens a copy read-only, which compares its database with its checkpoint file. Returns the ledger and its last checkpoint.
///
/// # Errors
///
/// [`CliError`]: the copy is not a complete ledger.
pub fn check(copy: &Path) -> Result<(FolderReader, Arc<Published>), CliError> {
    let store = factory::open_read_only(copy, &database_options()).map_err(|error| cannot_open(copy, &error))?;
    let published = store.published().ok_or_else(|| {
        let en = format!("{}: nothing was signed yet", copy.display());
        CliError::unable("nothing_signed", format!("{}：尚无已签名的内容", copy.display()), en)
    })?;
    Ok((store, published))
}

/// The size and the time of a ledger's checkpoint, as rows for people.
#[must_use]
pub fn checkpoint_rows(published: &Published) -> Vec<Vec<String>> {
    let row = |zh: &str, en: &str, value: String| vec![zh.to_owned(), en.to_owned(), value];
    vec![
        row("链标识", "ledger", published.checkpoint.checkpoint().origin.to_string()),
        row("记录数", "records", published.size().to_string()),
        row("区块高度", "block height", published.height.to_string()),
        row("区块生成时间", "block generation time", format!("{} 北京时间", published.block_time.beijing())),
    ]
}
