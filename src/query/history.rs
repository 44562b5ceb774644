//! The history of a deposit: later deposits that link to it, and earlier deposits with the same digest. Also all deposits
//! of a digest. All lists are paginated.
//!
//! # Invariants
//!
//! `refers` links, which anyone may make, cannot displace an owner's links: the store lists the owner's first, withdrawals
//! before all others. A truncated list has a cursor for the next page and a total count. The cost of a call is bounded by
//! its page and by [`COUNT_MAX`] index rows, also for a deposit with more links.
//!
//! Each listed entry is read, hashed, and checked: its record must state the link or the digest for which it is listed.

use std::ops::Range;

use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::statement::content::{Content, HashAlgorithm};
use crate::ledger::statement::text::LinkKind;
use crate::ledger::verify::history::{
    ClaimFault, ClaimStatus, EarlierDeposit, History, LaterLink, LinkStanding, Listed, Total, Withdrawal,
};
use crate::query::records;
use crate::store::traits::damaged;
use crate::store::traits::{DepositPlace, LedgerReader, LinkPosition, ReadError};

/// Maximum number of the owner's links in a history.
pub const OWNER_LINKS_LISTED: usize = 100;
/// Maximum number of `refers` links, and of earlier deposits, in a history.
pub const OTHERS_LISTED: usize = 20;
/// Lists up to this length are counted exactly; for longer ones the total is this number, as a lower bound.
pub const COUNT_MAX: usize = 1_000;

/// The history of the deposit at `place`, whose entry is `own`.
///
/// # Errors
///
/// [`ReadError`].
pub fn history<R: LedgerReader + ?Sized>(store: &R, place: DepositPlace, own: &Entry) -> Result<History, ReadError> {
    let (owner_links, references) = later_links(store, place.index, own)?;
    let earlier = if place.has_earlier {
        earlier_deposits(store, place.index, own, LeafIndex(0), OTHERS_LISTED)?
    } else {
        Listed { items: Vec::new(), total: total(0), next_cursor: None }
    };
    Ok(History { owner_links, references, earlier })
}

/// The links to the deposit at `index`, whose entry is `own`: the owner's links, and the `refers` links.
///
/// # Errors
///
/// [`ReadError`].
pub fn later_links<R: LedgerReader + ?Sized>(
    store: &R,
    index: LeafIndex,
    own: &Entry,
) -> Result<(Listed<LaterLink>, Listed<LaterLink>), ReadError> {
    let mut owners = store.links_to(index, LinkPosition::FIRST, COUNT_MAX + 1)?;
    let all = owners.len() <= COUNT_MAX;
    let mut references = owners.split_off(owners.partition_point(|link| link.kind.needs_ownership()));
    if !all {
        references = store.links_to(index, LinkPosition::FIRST_REFERENCE, COUNT_MAX + 1)?;
    }
    let listed =
        |rows: &[LinkPosition], most| list(rows, most, link_cursor, |link: &LinkPosition| link_of(store, *link, own));
    Ok((listed(&owners, OWNER_LINKS_LISTED)?, listed(&references, OTHERS_LISTED)?))
}

/// A page of the links to a deposit, from the position `from` on: of the owner's links or of the `refers` links, by the
/// kind of `from`.
///
/// # Errors
///
/// [`ReadError`].
pub fn links_page<R: LedgerReader + ?Sized>(
    store: &R,
    index: LeafIndex,
    own: &Entry,
    from: LinkPosition,
    limit: usize,
) -> Result<Listed<LaterLink>, ReadError> {
    let is_owners = from.kind.needs_ownership();
    let first = if is_owners { LinkPosition::FIRST } else { LinkPosition::FIRST_REFERENCE };
    let same_list = |link: &LinkPosition| link.kind.needs_ownership() == is_owners;
    let all = store.links_to(index, first, COUNT_MAX + 1)?.iter().filter(|link| same_list(link)).count();
    let mut rows = store.links_to(index, from, limit + 1)?;
    rows.retain(same_list);
    let mut page = list(&rows, limit, link_cursor, |link: &LinkPosition| link_of(store, *link, own))?;
    page.total = total(all);
    Ok(page)
}

/// A page of the earlier deposits that share a digest with `own`, the deposit at `index`. The page begins at the leaf index
/// `from`.
///
/// # Errors
///
/// [`ReadError`].
pub fn earlier_deposits<R: LedgerReader + ?Sized>(
    store: &R,
    index: LeafIndex,
    own: &Entry,
    from: LeafIndex,
    limit: usize,
) -> Result<Listed<EarlierDeposit>, ReadError> {
    let digests: Vec<_> = own.statement.statement().content.iter().flat_map(Content::digests).collect();
    let page = deposits_of(store, &digests, LeafIndex(0)..index, from, limit)?;
    let deposit = |other: &LeafIndex| {
        let earlier = EarlierDeposit::checked(&records::entry(store, *other)?, own);
        // A wrong index row is damage in this store. It is not a false claim on the chain, so it is an error, not an
        // `Invalid` item.
        if earlier.status == ClaimStatus::Verified {
            Ok(earlier)
        } else {
            Err(damaged("digest", other, "its index row names a deposit that has none of these digests"))
        }
    };
    let items = page.items.iter().map(deposit).collect::<Result<_, _>>()?;
    Ok(Listed { items, total: page.total, next_cursor: page.next_cursor })
}

/// A page of all deposits of a digest under any algorithm, the earliest first: their leaf indexes, from `from` on.
///
/// # Errors
///
/// [`ReadError`].
pub fn deposits_of_digest<R: LedgerReader + ?Sized>(
    store: &R,
    digest: &Digest,
    from: LeafIndex,
    limit: usize,
) -> Result<Listed<LeafIndex>, ReadError> {
    let digests = HashAlgorithm::ALL.map(|algorithm| (algorithm, *digest));
    deposits_of(store, &digests, LeafIndex(0)..LeafIndex(u64::MAX), from, limit)
}

fn deposits_of<R: LedgerReader + ?Sized>(
    store: &R,
    digests: &[(HashAlgorithm, Digest)],
    within: Range<LeafIndex>,
    from: LeafIndex,
    limit: usize,
) -> Result<Listed<LeafIndex>, ReadError> {
    let all = merged(store, digests, within.clone(), COUNT_MAX + 1)?;
    let total = total(all.len());
    // In most cases the rows read for the count include the page.
    let covers = total.exact || from.0 == 0 && limit < COUNT_MAX;
    let rows: Vec<LeafIndex> = if covers {
        all.into_iter().filter(|place| *place >= from).collect()
    } else {
        merged(store, digests, from.max(within.start)..within.end, limit + 1)?
    };
    let mut page = list(&rows, limit, |place: &LeafIndex| place.to_string(), |place: &LeafIndex| Ok(*place))?;
    page.total = total;
    Ok(page)
}

/// The earliest deposits of any of the digests, at most `limit`, merged from the earliest `limit` of each digest.
fn merged<R: LedgerReader + ?Sized>(
    store: &R,
    digests: &[(HashAlgorithm, Digest)],
    within: Range<LeafIndex>,
    limit: usize,
) -> Result<Vec<LeafIndex>, ReadError> {
    let mut found = Vec::new();
    for (algorithm, digest) in digests {
        found.extend(store.find_digest(*algorithm, digest, within.clone(), limit)?);
    }
    found.sort_unstable();
    found.dedup();
    found.truncate(limit);
    Ok(found)
}

fn link_of<R: LedgerReader + ?Sized>(store: &R, link: LinkPosition, own: &Entry) -> Result<LaterLink, ReadError> {
    let linking = records::entry(store, link.source)?;
    let mut checked = LaterLink::checked(link.kind, &linking, own);
    if checked.status == ClaimStatus::Invalid(ClaimFault::NotStated) {
        let at = format!("{} {}", own.number, link.kind.word());
        return Err(damaged("link", at, format!("refers to {}, which does not state this link", link.source)));
    }
    if checked.standing.is_some() {
        checked.standing = Some(LinkStanding::of(&withdrawals(store, link.source, &linking, own)?));
    }
    Ok(checked)
}

/// The withdrawals of the deposit `linking`, which is the leaf at `index` and links to `linked`.
fn withdrawals<R: LedgerReader + ?Sized>(
    store: &R,
    index: LeafIndex,
    linking: &Entry,
    linked: &Entry,
) -> Result<Listed<Withdrawal>, ReadError> {
    let most = LinkStanding::WITHDRAWALS_MAX;
    let rows = withdrawal_rows(store, index, most + 1)?;
    list(&rows, most, link_cursor, |row: &LinkPosition| {
        let later = records::entry(store, row.source)?;
        let is_contested = !withdrawal_rows(store, row.source, 1)?.is_empty();
        Ok(Withdrawal::checked(&later, linking, linked, is_contested))
    })
}

fn withdrawal_rows<R: LedgerReader + ?Sized>(
    store: &R,
    index: LeafIndex,
    limit: usize,
) -> Result<Vec<LinkPosition>, ReadError> {
    let mut rows = store.links_to(index, LinkPosition::FIRST, limit)?;
    rows.retain(|row| row.kind == LinkKind::Withdraws);
    Ok(rows)
}

/// Builds a page: reads the first `most` of `rows`; the cursor is that of the next row, if there is one.
fn list<R, T>(
    rows: &[R],
    most: usize,
    cursor: impl Fn(&R) -> String,
    read: impl FnMut(&R) -> Result<T, ReadError>,
) -> Result<Listed<T>, ReadError> {
    let items = rows.iter().take(most).map(read).collect::<Result<_, _>>()?;
    Ok(Listed { items, total: total(rows.len()), next_cursor: rows.get(most).map(cursor) })
}

/// The total for a count that stopped at [`COUNT_MAX`] + 1.
fn total(counted: usize) -> Total {
    Total { count: counted.min(COUNT_MAX) as u64, exact: counted <= COUNT_MAX }
}

/// Formats a link position as a cursor: `<kind>.<leaf index>`.
fn link_cursor(link: &LinkPosition) -> String {
    format!("{}.{}", link.kind.word(), link.source)
}

/// Parses a cursor of a page of links: of the owner's links if `owners`, else of the `refers` links. `None` when it is
/// malformed or of the other list.
#[must_use]
pub fn read_link_cursor(cursor: &str, owners: bool) -> Option<LinkPosition> {
    let (kind, source) = cursor.split_once('.')?;
    let kind = LinkKind::parse(kind).filter(|kind| kind.needs_ownership() == owners)?;
    read_place_cursor(source).map(|source| LinkPosition { kind, source })
}

/// Parses a cursor of a page of deposits: a leaf index in decimal, without leading zeros.
#[must_use]
pub fn read_place_cursor(cursor: &str) -> Option<LeafIndex> {
    let place = cursor.parse().ok().map(LeafIndex)?;
    (place.to_string() == cursor).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_have_one_spelling() {
        let link = LinkPosition { kind: LinkKind::Supplements, source: LeafIndex(70) };
        assert_eq!(read_link_cursor(&link_cursor(&link), true), Some(link));
        assert_eq!(read_link_cursor(&link_cursor(&link), false), None);
        assert_eq!(read_link_cursor("refers.7", true), None);
        for bad in ["", "7", "withdraws", "withdraws.", "withdraws.07", "withdraws.+7", "withdraws.7.7", "deletes.7"] {
            assert_eq!(read_link_cursor(bad, true), None, "{bad}");
        }
        assert_eq!(read_place_cursor("18446744073709551615"), Some(LeafIndex(u64::MAX)));
        assert_eq!(read_place_cursor("18446744073709551616"), None);
    }
}
