//! The history of a deposit: the later deposits that link to it, and the earlier deposits of the same digest.
//!
//! # Invariants
//!
//! A list contains the number of its items and whether it is complete. Each item contains whether it was checked
//! against the record that it names. An unchecked item is a claim of the node that returned the list; an item that
//! failed the check is ignored.
//!
//! A deposit that makes a link may itself be withdrawn: then the link is shown, but no longer counts. Withdrawals are
//! looked up to the second level only. If the second level is not known, the link counts, and the history is not
//! complete.
//!
//! Not here: the source of the lists (`query::history` in a node, `client` at the command line).

use crate::ledger::entry::Entry;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::Content;
use crate::ledger::statement::ownership::may_link;
use crate::ledger::statement::text::{Link, LinkKind, Statement};

/// The fault of a claim about another deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClaimFault {
    /// The ledger has no such deposit.
    NotFound,
    /// Its record does not verify: a path or a signature is wrong, or it has another number or ledger.
    BadRecord,
    /// Its statement does not contain the link or any of the digests.
    NotStated,
    /// It makes a link that only an owner of the linked deposit may make, but is not by an owner.
    NotOwner,
    /// Its index is on the wrong side of the deposit: a linking deposit must be later, an earlier deposit must be
    /// earlier.
    WrongOrder,
}

impl ClaimFault {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::BadRecord => "bad_record",
            Self::NotStated => "not_stated",
            Self::NotOwner => "not_owner",
            Self::WrongOrder => "wrong_order",
        }
    }
}

/// Whether a claim about another deposit was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClaimStatus {
    /// The record of that deposit was read and confirms the claim.
    Verified,
    /// The record was not read: it is a claim of the node that returned the list.
    Unverified,
    /// The record was requested, and is missing or does not confirm the claim.
    Invalid(ClaimFault),
}

impl ClaimStatus {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unverified => "unverified",
            Self::Invalid(_) => "invalid",
        }
    }
}

/// A later deposit that links to the deposit in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaterLink {
    /// The kind of its link to the deposit in question.
    pub kind: LinkKind,
    /// Its number.
    pub number: DepositNumber,
    /// Whether its record contains the link and it may make it.
    pub status: ClaimStatus,
    /// For a valid link of an owner: whether the deposit that makes it was withdrawn.
    pub standing: Option<LinkStanding>,
}

/// Whether an owner's link is still in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkStanding {
    /// The deposit that makes it was not withdrawn.
    InForce,
    /// That deposit was withdrawn by this one: the link no longer counts.
    Withdrawn(DepositNumber),
    /// Not known: not all of its withdrawals were read, or one of them was withdrawn in turn.
    Unchecked,
}

impl LinkStanding {
    /// Maximum number of withdrawals that are read for a linking deposit.
    pub const WITHDRAWALS_MAX: usize = 4;

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Withdrawn(_) => "withdrawn",
            Self::Unchecked => "unchecked",
        }
    }

    /// The standing of a link, from the withdrawals of the deposit that makes it.
    #[must_use]
    pub fn of(withdrawals: &Listed<Withdrawal>) -> Self {
        let holds = |one: &&Withdrawal| one.status == ClaimStatus::Verified;
        let counts = |one: &&Withdrawal| holds(one) && !one.is_contested;
        if let Some(one) = withdrawals.items.iter().find(counts) {
            return Self::Withdrawn(one.number);
        }
        let is_open = |one: &Withdrawal| !matches!(one.status, ClaimStatus::Invalid(_));
        if withdrawals.is_complete() && !withdrawals.items.iter().any(is_open) {
            Self::InForce
        } else {
            Self::Unchecked
        }
    }
}

/// A withdrawal of a deposit that links to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawal {
    /// Its number.
    pub number: DepositNumber,
    /// Whether its record contains the withdrawal, and it is by an owner of both the linking and the linked deposit.
    pub status: ClaimStatus,
    /// Whether it was withdrawn in turn, or whether this is not known.
    pub is_contested: bool,
}

impl Withdrawal {
    /// The withdrawal of `linking` by `later`, where `linking` links to `linked`, checked against all three records.
    ///
    /// A key that signed `linking` together with an owner's key does not own `linked`, so it cannot withdraw the
    /// owner's link.
    #[must_use]
    pub fn checked(later: &Entry, linking: &Entry, linked: &Entry, is_contested: bool) -> Self {
        let link = LaterLink::checked(LinkKind::Withdraws, later, linking);
        let owns = may_link(LinkKind::Withdraws, later.statement.statement(), linked.statement.statement());
        let status = match link.status {
            ClaimStatus::Verified if !owns => ClaimStatus::Invalid(ClaimFault::NotOwner),
            status => status,
        };
        Self { number: link.number, status, is_contested }
    }
}

impl LaterLink {
    /// The link of `kind` from the record `later` to the record `earlier`, checked against both. The standing of an
    /// owner's link is not known yet.
    #[must_use]
    pub fn checked(kind: LinkKind, later: &Entry, earlier: &Entry) -> Self {
        let (number, target) = (later.number, Link { kind, number: earlier.number });
        let (later, earlier) = (later.statement.statement(), earlier.statement.statement());
        let status = if !later.links.contains(&target) {
            ClaimStatus::Invalid(ClaimFault::NotStated)
        } else if !may_link(kind, later, earlier) {
            ClaimStatus::Invalid(ClaimFault::NotOwner)
        } else {
            ClaimStatus::Verified
        };
        let needs_standing = kind.needs_ownership() && status == ClaimStatus::Verified;
        Self { kind, number, status, standing: needs_standing.then_some(LinkStanding::Unchecked) }
    }

    /// Whether it is valid and not known to be withdrawn.
    #[must_use]
    pub const fn counts(&self) -> bool {
        matches!(self.status, ClaimStatus::Verified) && !matches!(self.standing, Some(LinkStanding::Withdrawn(_)))
    }

    /// Whether it is valid and its standing is known.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        matches!(self.status, ClaimStatus::Verified) && !matches!(self.standing, Some(LinkStanding::Unchecked))
    }
}

/// An earlier deposit of the same digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierDeposit {
    /// Its number.
    pub number: DepositNumber,
    /// Whether its record contains one of the digests.
    pub status: ClaimStatus,
}

impl EarlierDeposit {
    /// `earlier` as an earlier deposit of a digest of `later`, checked against both.
    #[must_use]
    pub fn checked(earlier: &Entry, later: &Entry) -> Self {
        let number = earlier.number;
        let shares = shares_a_digest(earlier.statement.statement(), later.statement.statement());
        let status = if shares { ClaimStatus::Verified } else { ClaimStatus::Invalid(ClaimFault::NotStated) };
        Self { number, status }
    }
}

/// Whether both statements contain the same digest of the same algorithm.
#[must_use]
pub fn shares_a_digest(a: &Statement, b: &Statement) -> bool {
    let other: Vec<_> = b.content.iter().flat_map(Content::digests).collect();
    a.content.iter().flat_map(Content::digests).any(|digest| other.contains(&digest))
}

/// A number of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// The exact number, or a lower bound.
    pub count: u64,
    /// Whether the number is exact.
    pub exact: bool,
}

/// The beginning of a list, and the length of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The first items.
    pub items: Vec<T>,
    /// The length of the whole list.
    pub total: Total,
    /// The cursor of the next page of the node's list; `None` at its end.
    pub next_cursor: Option<String>,
}

impl<T> Listed<T> {
    /// A complete list of these items.
    #[must_use]
    pub fn complete(items: Vec<T>) -> Self {
        let count = items.len() as u64;
        Self { items, total: Total { count, exact: true }, next_cursor: None }
    }

    /// Whether no item is left out.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.next_cursor.is_none() && self.total == Total { count: self.items.len() as u64, exact: true }
    }
}

/// The history of a deposit in a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Links that only an owner of the deposit may make, withdrawals first, then replacements, corrections, supplements;
    /// each kind in the order of the ledger.
    pub owner_links: Listed<LaterLink>,
    /// `refers` links, which any depositor may make, in the order of the ledger.
    pub references: Listed<LaterLink>,
    /// Earlier deposits of the same digest, the earliest first.
    pub earlier: Listed<EarlierDeposit>,
}

impl History {
    /// An empty history.
    #[must_use]
    pub fn empty() -> Self {
        let none = Listed::complete(Vec::new());
        Self { owner_links: none.clone(), references: none, earlier: Listed::complete(Vec::new()) }
    }

    /// Whether an owner made a valid link of one of `kinds` to the deposit that was not withdrawn.
    #[must_use]
    pub fn owner_said(&self, kinds: &[LinkKind]) -> bool {
        self.owner_links.items.iter().any(|link| link.counts() && kinds.contains(&link.kind))
    }

    /// Whether all links of owners are listed, and each is valid with a known standing.
    #[must_use]
    pub fn owner_links_are_known(&self) -> bool {
        self.owner_links.is_complete() && self.owner_links.items.iter().all(LaterLink::is_known)
    }

    /// Whether all earlier deposits of the digest are listed and verified.
    #[must_use]
    pub fn earlier_deposits_are_known(&self) -> bool {
        let holds = |deposit: &EarlierDeposit| deposit.status == ClaimStatus::Verified;
        self.earlier.is_complete() && self.earlier.items.iter().all(holds)
    }
}
