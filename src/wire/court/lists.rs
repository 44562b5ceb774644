//! Lists that a court uses: ledgers whose deposits it accepts, and holidays; and access logs.

use serde::{Deserialize, Serialize};

use crate::court::acts::{Act, ActKind};
use crate::court::case::state::ActPosition;
use crate::court::case_number::CourtCode;
use crate::court::document::Document;
use crate::court::line_value::LineValue as _;
use crate::ledger::key::VerifierKey;
use crate::ledger::number::DepositNumber;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::recorded_act::act_label;
use crate::wire::facts::beijing_time;

/// Another ledger, by its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "key": "example.org/ledger+03bafec3+AZscmI0rYOVBwLBHciELh6qD+MVsx4kqueqFUCizfw+R" }))]
pub struct LedgerRequest {
    /// Its verifier key: `<origin>+<8 hex>+<base64>`.
    pub key: String,
}

/// A ledger whose deposits a court accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrustedLedgerJson {
    /// Its origin / 链标识.
    pub ledger: String,
    /// Its verifier key.
    pub key: String,
}

/// The ledgers, beside this one, whose deposits a court accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrustedLedgersJson {
    /// 法院代字.
    pub court: String,
    /// In the order in which they were listed.
    pub items: Vec<TrustedLedgerJson>,
    /// Always null: the list has one page.
    pub next_cursor: Option<String>,
}

impl TrustedLedgersJson {
    /// The list of a court.
    #[must_use]
    pub fn of(court: &CourtCode, keys: &[VerifierKey]) -> Self {
        let ledger = |key: &VerifierKey| TrustedLedgerJson { ledger: key.name().to_string(), key: key.to_string() };
        Self { court: court.to_string(), items: keys.iter().map(ledger).collect(), next_cursor: None }
    }
}

/// The holidays of a year, as the State Council announced them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "year": 2027, "holidays": ["2027-01-01"], "working_days": ["2027-01-03"] }))]
pub struct CalendarRequest {
    /// The year.
    #[schema(example = 2027)]
    pub year: u32,
    /// 节假日 with the days off around them, like `2027-01-01`; also of the December before.
    pub holidays: Vec<String>,
    /// 调休上班日: Saturdays and Sundays on which people work.
    pub working_days: Vec<String>,
}

/// Years whose holidays are known. In any other year only weekends are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CalendarsJson {
    /// The years.
    pub items: Vec<u16>,
    /// Always null: the list has one page.
    pub next_cursor: Option<String>,
}

/// An access to private content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AccessJson {
    /// Its place in the log, from 1 and without gaps.
    pub sequence: u64,
    /// Who.
    pub by: String,
    /// In which capacity.
    #[schema(example = "clerk")]
    pub capacity: String,
    /// What: `case-file`, `access-log`, `original`, `deposit` or `account`; `erased` where nothing was shown and private
    /// content was erased.
    pub shown: String,
    /// The label.
    pub label: Bilingual,
    /// Which item, where it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// When it went on the chain, Beijing time: before anything was shown.
    pub at: String,
    /// 存证编号 of the act that recorded it.
    pub deposit_number: String,
    /// Place of that entry in the tree.
    pub index: u64,
}

impl AccessJson {
    /// An act that recorded it; `None` for one of another kind.
    #[must_use]
    pub fn of(document: &Document, number: DepositNumber, position: &ActPosition) -> Option<Self> {
        let (shown, label, item) = match &document.act {
            Act::Access(access) => {
                let label = Bilingual::of(|language| access.shown.label(language));
                (access.shown.word(), label, access.item.map(|item| item.0))
            }
            Act::Erase(_) => ("erased", act_label(ActKind::Erase), None),
            _ => return None,
        };
        Some(Self {
            sequence: position.sequence,
            by: document.by.to_string(),
            capacity: document.capacity.print(),
            shown: shown.into(),
            label,
            item,
            at: beijing_time(position.at),
            deposit_number: number.to_string(),
            index: position.index.0,
        })
    }
}

/// The accesses to private content, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AccessLogJson {
    /// A page of them.
    pub items: Vec<AccessJson>,
    /// The `cursor` of the next page; null on the last one.
    pub next_cursor: Option<String>,
}
