//! Reads a record from a receipt file or from a node, with the history that the node reports.
//!
//! Nothing is verified here: the verifier checks the receipt, and a later link counts only if its own receipt verifies and
//! contains the link. A client cannot detect links that a node conceals; witnesses can.

use std::path::Path;

use crate::cli::exit::CliError;
use crate::cli::input;
use crate::client::history::{Subject, checked};
use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::ledger::entry::Entry;
use crate::ledger::manifest::claim::{ItemClaim, ItemReceipt};
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;
use crate::ledger::verify::history::History;
use crate::ledger::verify::trust::Trust;
use crate::wire::chinese;
use crate::wire::facts::DepositJson;
use crate::wire::item_receipt::{self, ITEM_RECEIPT_MAX, ItemReceiptError};
use crate::wire::receipt::parse;

/// Prefix of all versions of item receipts.
const ANY_ITEM_VERSION: &str = "tiezheng/item-receipt/";

/// A record and the history that its node reports.
#[derive(Debug, Clone)]
pub struct Record {
    /// The receipt, unverified.
    pub receipt: Receipt,
    /// The manifest item of the receipt, unverified; `None` for a receipt of the whole deposit.
    pub item: Option<ItemClaim>,
    /// The history reported by the node; `None` for a receipt from a file.
    pub reported: Option<DepositJson>,
}

/// Reads a deposit's receipt from a file.
///
/// # Errors
///
/// [`CliError`]: unreadable, or not a receipt.
pub fn read_receipt(path: &Path) -> Result<Receipt, CliError> {
    parse(read(path)?.as_bytes()).map_err(|error| not_a_receipt(path, &chinese::receipt(&error), &error))
}

/// Reads a receipt file: of a deposit, or of an item of a manifest.
///
/// # Errors
///
/// [`CliError`]: unreadable, or not a receipt.
pub fn read_record(path: &Path) -> Result<Record, CliError> {
    let text = read(path)?;
    match item_receipt::parse(text.as_bytes()) {
        Ok(ItemReceipt { receipt, claim }) => Ok(Record { receipt, item: Some(claim), reported: None }),
        Err(ItemReceiptError::UnknownVersion { found }) if !found.starts_with(ANY_ITEM_VERSION) => {
            let receipt =
                parse(text.as_bytes()).map_err(|error| not_a_receipt(path, &chinese::receipt(&error), &error))?;
            Ok(Record { receipt, item: None, reported: None })
        }
        Err(error) => Err(not_a_receipt(path, &chinese::item_receipt(&error), &error)),
    }
}

/// The text of a receipt file with normalized line ends, which editors and mail programs change: an item's receipt has
/// exactly one valid encoding.
fn read(path: &Path) -> Result<String, CliError> {
    // CRLF line ends and UTF-16 need more bytes than the receipt itself.
    let mut text = input::text(path, 3 * ITEM_RECEIPT_MAX)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// The file is not a receipt.
#[must_use]
pub fn not_a_receipt(path: &Path, zh: &str, en: &dyn std::fmt::Display) -> CliError {
    let zh = format!("{} 不是回执，或已损坏：{zh}。请改用完好的回执（tiezheng receipt 可重新取回）", path.display());
    let en = format!(
        "{} is no receipt, or damaged: {en}. Use an intact one (tiezheng receipt fetches it once more)",
        path.display()
    );
    CliError::unable("not_a_receipt", zh, en)
}

/// Asks a node for the record of a number; `None` when it has none.
///
/// # Errors
///
/// [`CliError`].
pub async fn fetch(client: &LedgerClient, number: &DepositNumber) -> Result<Option<Record>, CliError> {
    let reported = match client.facts(number).await {
        Ok(reported) => reported,
        Err(ClientError::Problem { status: 404, .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let receipt = client.receipt(number).await?;
    Ok(Some(Record { receipt, item: None, reported: Some(reported) }))
}

/// Earlier deposits and later links that the node reports, each checked against its receipt; `None` if the record itself
/// cannot be read.
///
/// # Errors
///
/// [`CliError`]: the node's answer is malformed.
pub async fn history(client: &LedgerClient, record: &Record, trust: &Trust) -> Result<Option<History>, CliError> {
    let Some(reported) = &record.reported else { return Ok(None) };
    let Ok(entry) = Entry::parse(record.receipt.entry.as_bytes()) else { return Ok(None) };
    let subject = Subject { index: record.receipt.index, entry: &entry };
    Ok(Some(checked(client, &reported.history, subject, trust).await?))
}
