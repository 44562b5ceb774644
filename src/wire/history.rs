//! Lists of what other deposits have to do with one: later links, `refers` links, earlier deposits of the same digest.
//!
//! Each list says how many there are, whether that is exact, and where it goes on. Each item says whether the record that
//! it names was checked by the program that wrote this document. A reader that does not trust it checks again.

use serde::{Deserialize, Serialize};

use crate::ledger::number::DepositNumber;
use crate::ledger::statement::text::LinkKind;
use crate::ledger::verify::history::{ClaimStatus, EarlierDeposit, History, LaterLink, LinkStanding, Listed, Total};
use crate::wire::bilingual::Bilingual;
use crate::wire::pretty::Pretty;

/// The word for a kind of link.
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

/// A link from a later deposit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LaterLinkJson {
    /// `withdraws`, `replaces`, `corrects`, `supplements` or `refers`. All but `refers` only an owner of the deposit can say.
    #[schema(example = "withdraws")]
    pub kind: String,
    /// The word for people.
    pub label: Bilingual,
    /// The later deposit.
    pub deposit_number: String,
    /// `verified`: its record says so and it may; `unverified`: its record was not read; `invalid`.
    #[schema(example = "verified")]
    pub status: String,
    /// Of an invalid one: `not_owner`, `not_stated`, `bad_record`, `not_found` or `wrong_order`.
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

const fn withdrawn_by(link: &LaterLink) -> Option<DepositNumber> {
    match link.standing {
        Some(LinkStanding::Withdrawn(by)) => Some(by),
        _ => None,
    }
}

/// An earlier deposit of the same digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EarlierDepositJson {
    /// Its number.
    pub deposit_number: String,
    /// `verified`: its record bears the digest; `unverified`: its record was not read; `invalid`.
    #[schema(example = "verified")]
    pub status: String,
    /// Of an invalid one: `not_stated`, `bad_record`, `not_found` or `wrong_order`.
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

const fn fault(status: ClaimStatus) -> Option<&'static str> {
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
    /// How many there are in all, or at least.
    pub total: u64,
    /// Whether `total` is exact. Lists are counted up to 1,000.
    pub total_is_exact: bool,
    /// For the next page; null at the end.
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
    /// How many there are in all, or at least.
    pub total: u64,
    /// Whether `total` is exact. Lists are counted up to 1,000.
    pub total_is_exact: bool,
    /// For the next page; null at the end.
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

/// What other deposits have to do with one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HistoryJson {
    /// Earlier deposits of the same digest, the earliest first; more under `/v1/deposits/{number}/earlier-deposits`.
    pub earlier_deposits: EarlierDepositsJson,
    /// What its owner said of this deposit later; more under `/v1/deposits/{number}/later-links`.
    pub later_links: LaterLinksJson,
    /// Later deposits that refer to this one; anybody may. More under `/v1/deposits/{number}/references`.
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

/// What of a history is no history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is no {expected}")]
pub struct HistoryError {
    /// As found.
    pub value: String,
    /// What should stand there.
    pub expected: &'static str,
}

impl HistoryJson {
    /// The history as its writer tells it: nothing of it is verified yet, whatever it says of itself.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] names the first number or kind that is none, or that stands in the wrong list.
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

/// Prints the fields of a [`HistoryJson`].
pub(super) fn print(json: &mut Pretty, history: &History) {
    print_list(json, "earlier_deposits", &history.earlier, |json, one: &EarlierDeposit| {
        json.shown("deposit_number", one.number);
        print_status(json, one.status);
    });
    for (name, list) in [("later_links", &history.owner_links), ("references", &history.references)] {
        print_list(json, name, list, |json, link: &LaterLink| {
            let label = link_label(link.kind);
            json.plain("kind", link.kind.word());
            json.inner("label", |json| {
                json.plain("zh", &label.zh);
                json.plain("en", &label.en);
            });
            json.shown("deposit_number", link.number);
            print_status(json, link.status);
            if let Some(standing) = link.standing {
                json.plain("standing", standing.code());
            }
            if let Some(by) = withdrawn_by(link) {
                json.shown("withdrawn_by", by);
            }
        });
    }
}

fn print_status(json: &mut Pretty, status: ClaimStatus) {
    json.plain("status", status.code());
    if let Some(fault) = fault(status) {
        json.plain("fault", fault);
    }
}

fn print_list<T>(json: &mut Pretty, name: &str, list: &Listed<T>, item: impl Fn(&mut Pretty, &T)) {
    json.inner(name, |json| {
        json.list("items", &list.items, |json, one| item(json, one));
        json.bare("total", list.total.count);
        json.bare("total_is_exact", list.total.exact);
        match &list.next_cursor {
            Some(cursor) => json.string("next_cursor", cursor),
            None => json.bare("next_cursor", "null"),
        }
    });
}
