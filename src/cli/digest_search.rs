//! Searches a node for the deposit of a digest, for `verify` without a number and without a receipt.

use crate::cli::exit::CliError;
use crate::cli::record::{Record, fetch};
use crate::cli::screen::{Screen, WARNING};
use crate::cli::terminal::escaped;
use crate::client::ledger_client::LedgerClient;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;

/// The earliest deposit of a digest that the node names. The node may omit deposits; this function checks that
/// the named one has the digest.
///
/// # Errors
///
/// [`CliError`]: the node did not answer, or names a deposit that does not have the digest.
pub async fn by_digest(client: &LedgerClient, digests: &[Digest], screen: &Screen) -> anyhow::Result<Option<Record>> {
    for digest in digests {
        let found = client.search(&digest.to_string()).await.map_err(CliError::from)?;
        let deposits = found.items.iter().filter_map(|hit| hit.deposit_number.as_deref());
        let Some(first) = deposits.clone().next() else { continue };
        let number = DepositNumber::parse_exact(first).filter(|_| found.total >= deposits.count() as u64);
        let number = number.ok_or_else(|| unsound_search(client, first))?;
        if found.total > 1 {
            let (zh_least, en_least) = if found.total_is_exact { ("", "") } else { ("至少 ", "at least ") };
            let total = found.total;
            let zh = format!("节点称同一摘要有 {zh_least}{total} 次存证（节点自述，未核验），以下核验其所称最早的一次");
            let en = format!(
                "the node says that this digest was deposited {en_least}{total} times (claimed, not verified); the earliest it names is verified here"
            );
            screen.aside(screen.pick(&zh, &en))?;
        }
        let Some(record) = fetch(client, &number).await? else { return Err(unsound_search(client, first).into()) };
        let entry = Entry::parse(record.receipt.entry.as_bytes()).ok();
        let content = entry.and_then(|entry| entry.statement.statement().content);
        // Without this check the file could be compared with an unrelated deposit.
        let bears = content.is_some_and(|content| content.digests().any(|(_, recorded)| recorded == *digest));
        return if bears { Ok(Some(record)) } else { Err(unsound_search(client, first).into()) };
    }
    Ok(None)
}

/// The error for a node whose search names a deposit that does not have the digest.
fn unsound_search(client: &LedgerClient, named: &str) -> CliError {
    let (address, named) = (client.address(), escaped(named));
    CliError::unable(
        "unsound_search",
        format!("{address} 按摘要给出的存证“{named}”并不含该摘要，搜索结果不可采信；请按存证编号核验：--number"),
        format!(
            "{address} names the deposit `{named}` for the digest, which it does not bear: do not rely on its search; verify by the deposit number: --number"
        ),
    )
}

/// Prints that a search by digest finds neither salted deposits nor items of manifests.
///
/// # Errors
///
/// None; as all output.
pub fn not_found_by_digest(screen: &Screen) -> anyhow::Result<()> {
    let salted = screen.pick(
        "按摘要查不到加盐的存证（deposit --salt）。该文件若为加盐存证，请给出编号，并将声明文件放在文件旁，或给出盐值：\
         tiezheng verify 文件 --number 存证编号 --salt 盐值",
        "A digest does not find a salted deposit (deposit --salt). If this file was deposited so, name the number, and put the \
         statement beside the file or give the salt: tiezheng verify FILE --number NUMBER --salt HEX",
    );
    let item = screen.pick(
        "按摘要只能找到单独存证的文件。该文件若是清单存证中的一项，请用该项的回执核验：tiezheng verify 文件 --receipt 回执\
         （取回执：tiezheng receipt --manifest 清单 --item 名称 -o 回执）",
        "A digest finds files that were deposited by themselves. If this one is an item of a manifest, verify it by the item's \
         receipt: tiezheng verify FILE --receipt RECEIPT (tiezheng receipt --manifest MANIFEST --item PATH -o RECEIPT)",
    );
    screen.aside(screen.paint(WARNING, salted))?;
    Ok(screen.aside(screen.paint(WARNING, item))?)
}
