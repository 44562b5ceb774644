//! The evidence period of a case, as screens show it: its end, and the events that set it.

use serde::{Deserialize, Serialize};

use crate::court::calendar::{Calendar, Day};
use crate::court::period::basis::Basis;
use crate::court::period::{Deadline, EvidencePeriod, PeriodEvent};
use crate::ledger::time::Timestamp;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::act::coded;
use crate::wire::facts::beijing_time;
use crate::wire::report::CodedText;

/// One event of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PeriodEventJson {
    /// The kind of change.
    pub event: CodedText,
    /// The basis of its length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<CodedText>,
    /// The day it is about: the start, the objection, the ruling, the exchange, the new last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// How many days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// An evidence period / 举证期限.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PeriodJson {
    /// `not-set`, `suspended` or `ends`.
    pub state: CodedText,
    /// The basis of its length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<CodedText>,
    /// The day before the first day that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// How many days were set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// The first moment that is late, Beijing time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<String>,
    /// The last day as counted, where that is a day off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// Whether it is suspended.
    pub suspended: bool,
    /// How many days will count once it runs again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_days: Option<u32>,
    /// Whether the holidays of the last day's year are known. Otherwise only weekends are days off.
    pub calendar_covers: bool,
    /// All its events since it was last set.
    pub events: Vec<PeriodEventJson>,
}

/// A basis with both of its labels.
#[must_use]
pub fn basis(basis: Basis) -> CodedText {
    let (zh, en) = match basis {
        Basis::Ordinary => ("普通程序", "ordinary procedure"),
        Basis::Summary => ("简易程序", "summary procedure"),
        Basis::SmallClaims => ("小额诉讼程序", "small claims procedure"),
        Basis::SecondInstance => ("第二审程序", "second instance"),
        Basis::Agreed => ("当事人协商并经准许", "agreed by the parties and approved"),
        Basis::Discretion => ("人民法院酌情确定", "at the court's discretion"),
    };
    coded(basis.word(), Bilingual::new(zh, en))
}

impl PeriodEventJson {
    /// An event.
    #[must_use]
    pub fn of(event: &PeriodEvent) -> Self {
        self::event(event)
    }
}

fn event(event: &PeriodEvent) -> PeriodEventJson {
    let (zh, en) = match event {
        PeriodEvent::Set { .. } => ("指定举证期限", "set"),
        PeriodEvent::Suspended { .. } => ("管辖异议，中止", "suspended"),
        PeriodEvent::Resumed { .. } => ("恢复计算", "resumed"),
        PeriodEvent::ExtendedTo { .. } | PeriodEvent::Extended { .. } => ("延长", "extended"),
        PeriodEvent::Reset { .. } => ("重新指定", "set anew"),
        PeriodEvent::ExchangeDay { .. } => ("证据交换", "exchange of evidence"),
    };
    let (rests_on, day, days) = match *event {
        PeriodEvent::Set { basis, start, days } | PeriodEvent::Reset { basis, start, days } => {
            (Some(basis), Some(start), Some(days))
        }
        PeriodEvent::Suspended { on } | PeriodEvent::Resumed { on } => (None, Some(on), None),
        PeriodEvent::ExtendedTo { last } => (None, Some(last), None),
        PeriodEvent::Extended { days } => (None, None, Some(days)),
        PeriodEvent::ExchangeDay { day } => (None, Some(day), None),
    };
    let day = day.map(|day: Day| day.to_string());
    PeriodEventJson { event: coded(event.word(), Bilingual::new(zh, en)), basis: rests_on.map(basis), day, days }
}

/// Whether the holidays are known on which the end of a period depends; true if it has no end yet.
#[must_use]
pub fn is_covered(deadline: &Deadline, calendar: &Calendar) -> bool {
    match deadline {
        Deadline::Ends { last, .. } => calendar.covers(last.year()),
        Deadline::NotSet | Deadline::Suspended { .. } => true,
    }
}

impl PeriodJson {
    /// A period under a calendar, at the time `now`.
    #[must_use]
    pub fn of(period: &EvidencePeriod, calendar: &Calendar, now: Timestamp) -> Self {
        let deadline = period.state(calendar);
        let set = period.events().iter().rev().find_map(|event| match *event {
            PeriodEvent::Set { basis, start, days } | PeriodEvent::Reset { basis, start, days } => {
                Some((basis, start, days))
            }
            _ => None,
        });
        let (state, zh, en) = match deadline {
            Deadline::NotSet => ("not-set", "尚未指定", "not set"),
            Deadline::Suspended { .. } => ("suspended", "已中止", "suspended"),
            Deadline::Ends { at, .. } if now < at => ("ends", "进行中", "running"),
            Deadline::Ends { .. } => ("ends", "已届满", "ended"),
        };
        let mut json = Self {
            state: coded(state, Bilingual::new(zh, en)),
            basis: set.map(|(rests_on, ..)| basis(rests_on)),
            start: set.map(|(_, start, _)| start.to_string()),
            days: set.map(|(.., days)| days),
            ends_at: None,
            last_day: None,
            moved_from: None,
            suspended: false,
            remaining_days: None,
            calendar_covers: is_covered(&deadline, calendar),
            events: period.events().iter().map(event).collect(),
        };
        match deadline {
            Deadline::NotSet => {}
            Deadline::Suspended { remaining_days } => {
                json.suspended = true;
                json.remaining_days = Some(remaining_days);
            }
            Deadline::Ends { last, at, moved_from } => {
                json.ends_at = Some(beijing_time(at));
                json.last_day = Some(last.to_string());
                json.moved_from = moved_from.map(|day| day.to_string());
            }
        }
        json
    }
}
