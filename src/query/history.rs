//! What a ledger says of a deposit beside its record: later links, earlier deposits of the same digest, and all deposits of
//! a digest, in pages.
//!
//! # Invariants
//!
//! An owner's links never compete with `refers` links: the store lists them first, withdrawals before all others. Whatever
//! is cut has a cursor and a total that says so. The cost of every call is bounded by its page and by [`COUNT_MAX`]
//! index rows, however many deposits or links there are.
//!
//! Each entry that is listed was read, re-hashed, and checked against the one it is listed for.

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

/// Most links of an owner that a look-up lists.
pub const OWNER_LINKS_LISTED: usize = 100;
/// Most `refers` links, and most earlier deposits, that a look-up lists.
pub const OTHERS_LISTED: usize = 20;
/// Up to how many a list is counted exactly; above, its total is a lower bound.
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

/// The links to the deposit at `index`: the owner's, and `refers` links.
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

/// A page of the owner's links to a deposit, or of the `refers` links to it.
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

/// Deposits of a digest of `own` that stand before it, at `index`: a page of them, from the place `from` on.
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
        // An index row that leads elsewhere is damage of this store, and nothing that the chain says.
        if earlier.status == ClaimStatus::Verified {
            Ok(earlier)
        } else {
            Err(damaged("digest", other, "leads astray"))
        }
    };
    let items = page.items.iter().map(deposit).collect::<Result<_, _>>()?;
    Ok(Listed { items, total: page.total, next_cursor: page.next_cursor })
}

/// All deposits of a digest under any algorithm, the earliest first: a page of their places, from the place `from` on.
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
    // What was counted is mostly the page, too.
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

/// The first deposits of any of the digests, at most `limit`: the first of all are among the first of each.
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
        return Err(damaged("link", at, format!("leads to {}, which does not say so", link.source)));
    }
    if checked.standing.is_some() {
        checked.standing = Some(LinkStanding::of(&withdrawals(store, link.source, &linking, own)?));
    }
    Ok(checked)
}

/// The withdrawals of `linking`, which stands at `index` and links to `linked`.
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

/// The first `most` of `rows`, and where the list goes on.
fn list<R, T>(
    rows: &[R],
    most: usize,
    cursor: impl Fn(&R) -> String,
    read: impl FnMut(&R) -> Result<T, ReadError>,
) -> Result<Listed<T>, ReadError> {
    let items = rows.iter().take(most).map(read).collect::<Result<_, _>>()?;
    Ok(Listed { items, total: total(rows.len()), next_cursor: rows.get(most).map(cursor) })
}

/// A count that stopped one above [`COUNT_MAX`].
fn total(counted: usize) -> Total {
    Total { count: counted.min(COUNT_MAX) as u64, exact: counted <= COUNT_MAX }
}

/// A position among the links to a deposit, as a cursor.
fn link_cursor(link: &LinkPosition) -> String {
    format!("{}.{}", link.kind.word(), link.source)
}

/// Reads a cursor of a page of links; `None` when it is none of the owner's links or of the `refers` links, as asked.
#[must_use]
pub fn read_link_cursor(cursor: &str, owners: bool) -> Option<LinkPosition> {
    let (kind, source) = cursor.split_once('.')?;
    let kind = LinkKind::parse(kind).filter(|kind| kind.needs_ownership() == owners)?;
    read_place_cursor(source).map(|source| LinkPosition { kind, source })
}

/// Reads a cursor of a page of deposits.
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
