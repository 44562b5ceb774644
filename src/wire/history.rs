//! How other deposits relate to a deposit: later links, `refers` links, earlier deposits of the same digest.
//!
//! Each list has its total, whether the total is exact, and a cursor for the next page. Each item says whether the program that
//! wrote this document verified its record. Readers that do not trust the program verify it themselves.

use serde::{Deserialize, Serialize};

use crate::ledger::number::DepositNumber;
use crate::ledger::statement::text::LinkKind;
use crate::ledger::verify::history::{ClaimStatus, EarlierDeposit, History, LaterLink, LinkStanding, Listed, Total};
use crate::wire::bilingual::Bilingual;

/// The label of a kind of link.
#[must_use]
pub fn link_label(kind: LinkKind) -> Bilingual {
    let (zh, en) = match kind {
        LinkKind::Corrects => ("更正", "corrects"),
        LinkKind::Refers => ("提及", "refers to"),
        LinkKind::Replaces => ("替换", "replaces"),
        LinkKind::Supplements => ("补充", "supplements"),
        LinkKind::Withdraws => ("撤回", "withdraws"),
    };
    Bilingual::new(zh, en)
}

/// A link from a later deposit to this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LaterLinkJson {
    /// `withdraws`, `replaces`, `corrects`, `supplements` or `refers`. All but `refers` need an owner of this deposit.
    #[schema(example = "withdraws")]
    pub kind: String,
    /// The label of the kind.
    pub label: Bilingual,
    /// Number of the later deposit.
    pub deposit_number: String,
    /// `verified`: its record contains the link, and its signer may make it; `unverified`: its record was not read; `invalid`.
    #[schema(example = "verified")]
    pub status: String,
    /// Why it is invalid: `not_owner`, `not_stated`, `bad_record`, `not_found` or `wrong_order`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Of an owner's link that holds: `in_force`; `withdrawn` with `withdrawn_by`: it no longer counts; `unchecked`: whether
    /// it was withdrawn is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "in_force")]
    pub standing: Option<String>,
    /// The owner's deposit that withdrew the deposit that makes this link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_by: Option<String>,
}

impl From<&LaterLink> for LaterLinkJson {
    fn from(link: &LaterLink) -> Self {
        Self {
            kind: link.kind.word().into(),
            label: link_label(link.kind),
            deposit_number: link.number.to_string(),
            status: link.status.code().into(),
            fault: fault(link.status).map(Into::into),
            standing: link.standing.map(|standing| standing.code().into()),
            withdrawn_by: withdrawn_by(link).map(|number| number.to_string()),
        }
    }
}

/// The deposit by which the link was withdrawn.
pub(super) const fn withdrawn_by(link: &LaterLink) -> Option<DepositNumber> {
    match link.standing {
        Some(LinkStanding::Withdrawn(by)) => Some(by),
        _ => None,
    }
}

/// An earlier deposit of the same digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EarlierDepositJson {
    /// Number of the earlier deposit.
    pub deposit_number: String,
    /// `verified`: its record has the digest; `unverified`: its record was not read; `invalid`.
    #[schema(example = "verified")]
    pub status: String,
    /// Why it is invalid: `not_stated`, `bad_record`, `not_found` or `wrong_order`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

impl From<&EarlierDeposit> for EarlierDepositJson {
    fn from(earlier: &EarlierDeposit) -> Self {
        Self {
            deposit_number: earlier.number.to_string(),
            status: earlier.status.code().into(),
            fault: fault(earlier.status).map(Into::into),
        }
    }
}

/// The stable code of what is wrong with an invalid claim.
pub(super) const fn fault(status: ClaimStatus) -> Option<&'static str> {
    match status {
        ClaimStatus::Invalid(fault) => Some(fault.code()),
        ClaimStatus::Verified | ClaimStatus::Unverified => None,
    }
}

/// A list of later links, or a page of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LaterLinksJson {
    /// The links of this page: withdrawals first, then replacements, corrections, supplements; each kind by age.
    pub items: Vec<LaterLinkJson>,
    /// The number of items on all pages, or at least that many.
    pub total: u64,
    /// Whether `total` is exact. Lists are counted up to 1,000.
    pub total_is_exact: bool,
    /// Cursor of the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl From<&Listed<LaterLink>> for LaterLinksJson {
    fn from(list: &Listed<LaterLink>) -> Self {
        let Listed { items, total: Total { count, exact }, next_cursor } = list;
        Self {
            items: items.iter().map(LaterLinkJson::from).collect(),
            total: *count,
            total_is_exact: *exact,
            next_cursor: next_cursor.clone(),
        }
    }
}

/// A list of earlier deposits, or a page of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EarlierDepositsJson {
    /// The deposits of this page, the earliest first.
    pub items: Vec<EarlierDepositJson>,
    /// The number of items on all pages, or at least that many.
    pub total: u64,
    /// Whether `total` is exact. Lists are counted up to 1,000.
    pub total_is_exact: bool,
    /// Cursor of the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl From<&Listed<EarlierDeposit>> for EarlierDepositsJson {
    fn from(list: &Listed<EarlierDeposit>) -> Self {
        let Listed { items, total: Total { count, exact }, next_cursor } = list;
        Self {
            items: items.iter().map(EarlierDepositJson::from).collect(),
            total: *count,
            total_is_exact: *exact,
            next_cursor: next_cursor.clone(),
        }
    }
}

/// How other deposits relate to a deposit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HistoryJson {
    /// Earlier deposits of the same digest, the earliest first; more under `/v1/deposits/{number}/earlier-deposits`.
    pub earlier_deposits: EarlierDepositsJson,
    /// Later links by an owner of this deposit; more under `/v1/deposits/{number}/later-links`.
    pub later_links: LaterLinksJson,
    /// Later deposits that refer to this one, of any depositor; more under `/v1/deposits/{number}/references`.
    pub references: LaterLinksJson,
}

impl From<&History> for HistoryJson {
    fn from(history: &History) -> Self {
        Self {
            earlier_deposits: EarlierDepositsJson::from(&history.earlier),
            later_links: LaterLinksJson::from(&history.owner_links),
            references: LaterLinksJson::from(&history.references),
        }
    }
}

/// An invalid value in a history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a {expected}")]
pub struct HistoryError {
    /// The value.
    pub value: String,
    /// What is expected instead.
    pub expected: &'static str,
}

impl HistoryJson {
    /// The history with every item unverified, whatever status the document gives it.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] for an invalid number or kind, and for a kind that belongs to another list.
    pub fn claims(&self) -> Result<History, HistoryError> {
        let earlier = &self.earlier_deposits;
        let deposit = |one: &EarlierDepositJson| {
            Ok(EarlierDeposit { number: number(&one.deposit_number)?, status: ClaimStatus::Unverified })
        };
        Ok(History {
            owner_links: claimed_links(&self.later_links, true)?,
            references: claimed_links(&self.references, false)?,
            earlier: Listed {
                items: earlier.items.iter().map(deposit).collect::<Result<_, _>>()?,
                total: Total { count: earlier.total, exact: earlier.total_is_exact },
                next_cursor: earlier.next_cursor.clone(),
            },
        })
    }
}

fn claimed_links(list: &LaterLinksJson, owners: bool) -> Result<Listed<LaterLink>, HistoryError> {
    let link = |one: &LaterLinkJson| {
        let kind = LinkKind::parse(&one.kind).filter(|kind| kind.needs_ownership() == owners);
        let kind =
            kind.ok_or_else(|| HistoryError { value: one.kind.clone(), expected: "kind of link in this list" })?;
        Ok(LaterLink { kind, number: number(&one.deposit_number)?, status: ClaimStatus::Unverified, standing: None })
    };
    Ok(Listed {
        items: list.items.iter().map(link).collect::<Result<_, _>>()?,
        total: Total { count: list.total, exact: list.total_is_exact },
        next_cursor: list.next_cursor.clone(),
    })
}

fn number(text: &str) -> Result<DepositNumber, HistoryError> {
    let error = || HistoryError { value: text.to_owned(), expected: "deposit number" };
    DepositNumber::parse_exact(text).ok_or_else(error)
}
