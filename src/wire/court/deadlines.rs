//! The periods of a case as screens show them: the evidence period of each party with its history, the windows, applications for a
//! deferral, changed claims.
//!
//! Not here: the court's decisions on an item (`item_decisions`), counting (`court::window`), the text of a period under a calendar (`period`).

use serde::{Deserialize, Serialize};

use crate::court::calendar::Calendar;
use crate::court::case::deadlines::Standing;
use crate::court::case::decisions::{ClaimsRecord, Conversion, Deferral};
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::CaseFile;
use crate::court::ids::PartyNumber;
use crate::court::period::EvidencePeriod;
use crate::court::period::by_party::{PartyPeriod, PeriodRecord, default_terms};
use crate::court::values::{HandedIn, ItemPurpose};
use crate::court::window::{Source, Start, Subject, Unit, WindowState};
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::Texts;
use crate::wire::court::act::coded;
use crate::wire::court::course::{DecisionForceJson, decisions};
use crate::wire::court::people::TextJson;
use crate::wire::court::period::{self, PeriodEventJson, PeriodJson};
use crate::wire::facts::beijing_time;
use crate::wire::report::CodedText;

/// The moment at which periods are shown, and the calendar by which they are counted.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    /// The moment.
    pub at: Timestamp,
    /// The calendar.
    pub calendar: &'a Calendar,
}

/// A word with both of its labels.
macro_rules! word {
    ($value:expr) => {{
        let value = $value;
        coded(value.word(), Bilingual::of(|language| value.label(language)))
    }};
}

/// An event of a party's evidence period, with its act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PeriodRecordJson {
    /// The event.
    #[serde(flatten)]
    pub event: PeriodEventJson,
    /// The ground on which the period was set again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<CodedText>,
    /// The act's sequence in the case.
    pub sequence: u64,
    /// When, Beijing time.
    pub at: String,
}

/// The evidence period of a party / 当事人的举证期限.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PartyPeriodJson {
    /// The party.
    pub party: u32,
    /// The basis of the length in the notice.
    pub basis: CodedText,
    /// The days that the notice states, or the default of the procedure.
    pub days: u32,
    /// Its period as it stands; `not-set` until the notice is served on the party.
    pub period: PeriodJson,
    /// All events of this and of earlier periods, in order.
    pub history: Vec<PeriodRecordJson>,
}

/// The subject of a window, if the case has several of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WindowSubjectJson {
    /// An item of evidence.
    Item(u32),
    /// A document, by its deposit number.
    Document(String),
    /// An act, by its sequence.
    Act(u64),
}

/// A period of a case / 期限.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WindowJson {
    /// Its kind.
    pub kind: CodedText,
    /// Whose it is; null for one of the court or of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<u32>,
    /// Its subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<WindowSubjectJson>,
    /// `not-begun`, `running`, `suspended`, `ended` or `closed`.
    pub state: CodedText,
    /// The day before the first day that counts; for hours, the time from which it is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Sequence of the act that began it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun_by: Option<u64>,
    /// How long, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<Bilingual>,
    /// The law and article, or the court's decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Bilingual>,
    /// True if its source, or the rule for counting its unit, was not confirmed: check before relying on it.
    pub unconfirmed: bool,
    /// The first moment that is late, Beijing time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<String>,
    /// The last day as counted, where that is a day off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// How many days will count once it runs again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_days: Option<u32>,
    /// Whether the holidays of the last day's year are known. Otherwise only weekends are days off.
    pub calendar_covers: bool,
}

impl WindowSubjectJson {
    fn of(subject: Subject) -> Self {
        match subject {
            Subject::Item(item) => Self::Item(item.0),
            Subject::Document(number) => Self::Document(number.to_string()),
            Subject::Act(sequence) => Self::Act(sequence),
        }
    }

    /// As requests and acts name it.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Item(item) => format!("item {item}"),
            Self::Document(number) => format!("document {number}"),
            Self::Act(sequence) => format!("act {sequence}"),
        }
    }
}

impl WindowJson {
    /// A period as it stands.
    #[must_use]
    pub fn of(standing: &Standing, calendar: &Calendar) -> Self {
        let (state, zh, en) = match standing.state {
            WindowState::NotBegun => ("not-begun", "未起算", "not begun"),
            WindowState::Running(_) => ("running", "进行中", "running"),
            WindowState::Suspended { .. } => ("suspended", "已中止", "suspended"),
            WindowState::Ended(_) => ("ended", "已届满", "ended"),
            WindowState::Closed(_) => ("closed", "已完成", "closed"),
        };
        let end = standing.end();
        let clock = |unit| matches!(unit, Unit::Hours | Unit::ClockHours);
        let in_hours = standing.length.is_some_and(|length| clock(length.unit));
        let start = standing.begun.map(|(_, start)| match start {
            Start::Moment(at) if in_hours => beijing_time(at),
            start => start.day().to_string(),
        });
        let source = standing.source.as_ref();
        Self {
            kind: word!(standing.kind),
            party: standing.party.map(|party| party.0),
            about: standing.subject.map(WindowSubjectJson::of),
            state: coded(state, Bilingual::new(zh, en)),
            start,
            begun_by: standing.begun.map(|(by, _)| by.sequence),
            length: standing
                .length
                .map(|length| Bilingual::of(|language| format!("{} {}", length.count, length.unit.label(language)))),
            source: source.map(|source| match source {
                Source::Law { law, article, .. } => {
                    Bilingual::new(format!("{law}{article}"), format!("{law}{article}"))
                }
                Source::Court(_) => Bilingual::new("人民法院通知或者决定", "the court's notice or decision"),
                Source::Agreement(_) => Bilingual::new("当事人约定", "agreed by the parties"),
            }),
            unconfirmed: standing.is_unconfirmed(),
            ends_at: end.map(|end| beijing_time(end.at)),
            last_day: end.and_then(|end| end.last).map(|day| day.to_string()),
            moved_from: end.and_then(|end| end.moved_from).map(|day| day.to_string()),
            remaining_days: match standing.state {
                WindowState::Suspended { remaining_days } => Some(remaining_days),
                _ => None,
            },
            calendar_covers: end.and_then(|end| end.last).is_none_or(|day| calendar.covers(day.year())),
        }
    }
}

/// An application for the deferral of a period / 顺延期限申请.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeferralJson {
    /// The party.
    pub party: u32,
    /// The kind of the period.
    pub window: CodedText,
    /// What the period is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<WindowSubjectJson>,
    /// The day on which the obstacle ended.
    pub obstacle_ended: String,
    /// Applied for more than ten days after that.
    pub late: bool,
    /// The reason; null once erased.
    pub reason: TextJson,
    /// When it was applied for, Beijing time.
    pub at: String,
    /// `pending`, `granted` or `dismissed`.
    pub state: CodedText,
    /// The new last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<String>,
}

impl DeferralJson {
    fn of(deferral: &Deferral, texts: &Texts) -> Self {
        let decision = deferral.decision;
        let (state, zh, en) = match decision.map(|decision| decision.last) {
            None => ("pending", "待决定", "pending"),
            Some(Some(_)) => ("granted", "准许", "granted"),
            Some(None) => ("dismissed", "不予准许", "dismissed"),
        };
        Self {
            party: deferral.party.0,
            window: word!(deferral.window),
            about: deferral.about.map(WindowSubjectJson::of),
            obstacle_ended: deferral.obstacle_ended.to_string(),
            late: deferral.late,
            reason: TextJson::of(deferral.reason, texts),
            at: beijing_time(deferral.position.at),
            state: coded(state, Bilingual::new(zh, en)),
            last_day: decision.and_then(|decision| decision.last).map(|day| day.to_string()),
        }
    }
}

/// A change of the claims, or a counterclaim / 变更诉讼请求、反诉.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsChangeJson {
    /// The party.
    pub party: u32,
    /// `added`, `changed`, `waived` or `counterclaim`.
    pub change: CodedText,
    /// The claims; null once erased.
    pub claims: TextJson,
    /// Deposit number of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Posted or handed in before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed_in: Option<HandedInJson>,
    /// When, Beijing time.
    pub at: String,
}

impl ClaimsChangeJson {
    fn of(record: &ClaimsRecord, texts: &Texts) -> Self {
        let counterclaim = || coded("counterclaim", Bilingual::new("反诉", "counterclaim"));
        Self {
            party: record.party.0,
            change: record.change.map_or_else(counterclaim, |change| word!(change)),
            claims: TextJson::of(record.claims, texts),
            document: record.document.as_ref().map(DepositNumber::to_string),
            handed_in: record.handed_in.map(HandedInJson::of),
            at: beijing_time(record.position.at),
        }
    }
}

/// A conversion of the procedure / 转换程序.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConversionJson {
    /// The procedure before.
    pub from: CodedText,
    /// The procedure after.
    pub to: CodedText,
    /// Deposit number of the ruling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// When, Beijing time.
    pub at: String,
}

impl ConversionJson {
    fn of(conversion: &Conversion) -> Self {
        Self {
            from: word!(conversion.from),
            to: word!(conversion.to),
            document: conversion.document.as_ref().map(DepositNumber::to_string),
            at: beijing_time(conversion.position.at),
        }
    }
}

/// The periods of a case, and the acts that affect them / 期限.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeadlinesJson {
    /// The evidence period of a case of the first rules; null otherwise, when each party has its own under `periods`.
    pub period: Option<PeriodJson>,
    /// The evidence period of each party; empty under the first rules and in cases without evidence periods.
    pub periods: Vec<PartyPeriodJson>,
    /// All periods as they stand now.
    pub windows: Vec<WindowJson>,
    /// Those that run, the earliest end first.
    pub due: Vec<WindowJson>,
    /// Applications for a deferral.
    pub deferrals: Vec<DeferralJson>,
    /// Changed claims and counterclaims.
    pub claim_changes: Vec<ClaimsChangeJson>,
    /// Conversions of the procedure.
    pub conversions: Vec<ConversionJson>,
    /// The decisions of the case and their legal effect at this moment.
    pub decisions: Vec<DecisionForceJson>,
}

fn record(record: &PeriodRecord) -> PeriodRecordJson {
    PeriodRecordJson {
        event: PeriodEventJson::of(&record.event),
        ground: record.ground.map(|ground| word!(ground)),
        sequence: record.position.sequence,
        at: beijing_time(record.position.at),
    }
}

impl DeadlinesJson {
    /// The periods of a case at `now`.
    #[must_use]
    pub fn of(file: &CaseFile, texts: &Texts, now: Timestamp, calendar: &Calendar) -> Self {
        let none = EvidencePeriod::default();
        let party = |party: PartyNumber| {
            let known = file.periods.of(party);
            let terms = file.periods.terms(party).unwrap_or_else(|| default_terms(file.procedure));
            PartyPeriodJson {
                party: party.0,
                basis: period::basis(terms.basis),
                days: terms.days,
                period: PeriodJson::of(known.map_or(&none, PartyPeriod::period), calendar, now),
                history: known.map_or(&[][..], PartyPeriod::history).iter().map(record).collect(),
            }
        };
        let windows = |standings: Vec<Standing>| standings.iter().map(|one| WindowJson::of(one, calendar)).collect();
        Self {
            period: (file.rules < RulesVersion::V2).then(|| PeriodJson::of(&file.period, calendar, now)),
            periods: file.parties_with_periods().into_iter().map(party).collect(),
            windows: windows(file.standings(now, calendar)),
            due: windows(file.due(now, calendar)),
            deferrals: file.deferrals.iter().map(|one| DeferralJson::of(one, texts)).collect(),
            claim_changes: file.claim_changes.iter().map(|one| ClaimsChangeJson::of(one, texts)).collect(),
            conversions: file.conversions.iter().map(ConversionJson::of).collect(),
            decisions: decisions(file, now, calendar),
        }
    }
}

/// When a document was posted or handed in, where the court entered it later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandedInJson {
    /// `posted` or `delivered`.
    pub by: CodedText,
    /// The day.
    pub on: String,
}

impl HandedInJson {
    /// As the act states it.
    #[must_use]
    pub fn of(handed_in: HandedIn) -> Self {
        Self { by: word!(handed_in.by), on: handed_in.on.to_string() }
    }
}

/// The purpose of an item with regard to another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemPurposeJson {
    /// `rebuts`, `cures` or `reinforces`.
    pub purpose: CodedText,
    /// The other item.
    pub item: u32,
}

impl ItemPurposeJson {
    /// As the act states it.
    #[must_use]
    pub fn of(purpose: ItemPurpose) -> Self {
        Self { purpose: word!(purpose.purpose), item: purpose.item.0 }
    }
}
