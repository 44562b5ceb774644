//! The periods that service begins, each from the recipient's own date: answer, evidence, appeal, association.
//!
//! # Invariants
//!
//! They follow from the service records, so a late report, an upheld objection or the court's statement which record counts moves them.
//! The starting day does not count, and a last day on a day off moves on (民诉法 art. 85).
//!
//! Not here: the windows of the case, and whether an appeal lies against a ruling (`window_updates`).

use std::collections::BTreeMap;

use crate::court::calendar::{Calendar, Day};
use crate::court::case::service::book::{ServiceBook, WindowId};
use crate::court::case::service::effect::{Effect, Served};
use crate::court::case_number::CourtCode;
use crate::court::ids::{PartyNumber, ServiceNumber};
use crate::court::service_words::{DocumentKind, ServicePeriod};
use crate::court::time_limits;
use crate::court::window::WindowKind;
use crate::ledger::time::Timestamp;

/// A period that service began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceWindow {
    /// Which, whose, and by which document.
    pub id: WindowId,
    /// The service record that began it.
    pub service: ServiceNumber,
    /// The effect of the service.
    pub effect: Effect,
    /// The day that does not count: the day of service.
    pub start: Day,
    /// The days that the served document states.
    pub stated: Option<u32>,
    /// How many days count.
    pub days: u32,
    /// The last day, moved off days off.
    pub last: Day,
    /// Whether the court still has to state which of several services of the document counts.
    pub undetermined: bool,
}

impl ServiceWindow {
    /// 24:00 of the last day in Beijing: the first moment that is late.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.last.end()
    }

    /// Whether it has begun and not ended at `at`.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        at >= self.effect.at && at < self.end()
    }
}

/// The period that a document of this kind begins, and the window whose length the law sets. Whether an appeal lies against a ruling at
/// all, the case says (民诉法 art. 157); where it does, its ten days run also if the record states none (art. 171 (2)).
const fn period(kind: DocumentKind, stated: Option<u32>) -> Option<(ServicePeriod, WindowKind)> {
    Some(match (kind, stated) {
        (DocumentKind::ComplaintCopy, _) => (ServicePeriod::Answer, WindowKind::Answer),
        (DocumentKind::EvidenceNotice, Some(_)) => (ServicePeriod::Evidence, WindowKind::Evidence),
        (DocumentKind::Judgment, _) => (ServicePeriod::Appeal, WindowKind::AppealJudgment),
        (DocumentKind::Ruling, _) => (ServicePeriod::Appeal, WindowKind::AppealRuling),
        (DocumentKind::AppealCopy, _) => (ServicePeriod::AppealAnswer, WindowKind::AnswerToAppeal),
        (DocumentKind::AssociationNotice, _) => (ServicePeriod::Association, WindowKind::Association),
        _ => return None,
    })
}

fn window(
    (party, kind): (PartyNumber, DocumentKind),
    served: &Served,
    court: &CourtCode,
    calendar: &Calendar,
) -> Option<ServiceWindow> {
    let (period, law) = period(kind, served.days)?;
    let start = served.effect.day;
    let by_law = || time_limits::limit(law, Some(court), start).map(|limit| limit.length.count);
    let days = served.days.or_else(by_law)?;
    let last = calendar.first_working_day_from(start.plus(days).unwrap_or(Day::LAST));
    Some(ServiceWindow {
        id: WindowId { period, party, kind, document: served.document },
        service: served.service,
        effect: served.effect,
        start,
        stated: served.days,
        days,
        last,
        undetermined: served.undetermined,
    })
}

impl ServiceBook {
    /// All periods that service began, by party and document.
    #[must_use]
    pub fn windows(&self, court: &CourtCode, calendar: &Calendar) -> Vec<ServiceWindow> {
        let mut pairs: BTreeMap<(PartyNumber, DocumentKind), Vec<ServiceNumber>> = BTreeMap::new();
        for (number, record) in &self.records {
            pairs.entry((record.party(), record.kind())).or_default().push(*number);
        }
        let of = |(pair, numbers): ((PartyNumber, DocumentKind), Vec<ServiceNumber>)| {
            let records = numbers.into_iter().filter_map(|number| Some((number, self.records.get(&number)?)));
            let served = self.served_of(records, calendar);
            served.into_iter().filter_map(move |served| window(pair, &served, court, calendar)).collect::<Vec<_>>()
        };
        pairs.into_iter().flat_map(of).collect()
    }
}
