//! Whether, when and on which basis a document is served: computed from the steps, never stated.
//!
//! # Rules
//!
//! - Own or confirmed address, with consent: the arrival in the system of the address (art. 31 (1), 民诉法 art. 90). A report that it was
//!   read or downloaded shows that it has arrived by then.
//! - Any address: the recipient's reply, or its corresponding act in the proceeding (art. 31 (2) 1). This also completes a service
//!   without earlier consent, unless the recipient has expressly refused (art. 29 (4)).
//! - Another address, with consent: a report that it was read or downloaded (art. 31 (2) 2). This presumption can be rebutted.
//! - Several electronic attempts: the earliest effective one (art. 31 (4)).
//! - Paper: the date on the 送达回证 or on the receipt of the mail (民诉法 arts. 87, 89, 91).
//! - Announcement: thirty days after the publication (民诉法 art. 95). The last day is counted as any last day of a period is.
//! - An attempt whose objection was upheld has no effect.

use crate::court::calendar::{Calendar, Day};
use crate::court::case::service::book::{Attempt, AttemptConsent, ServiceBook, ServiceRecord};
use crate::court::ids::{AttemptNumber, PartyNumber, ServiceNumber};
use crate::court::service_words::{AddressSource, Channel, DocumentKind, ServiceBasis, ServiceMode, ServiceStep};
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;

/// 民诉法 art. 95.
pub const ANNOUNCEMENT_DAYS: u32 = 30;

/// A service that has taken effect, or will with the end of an announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// When.
    pub at: Timestamp,
    /// On which basis.
    pub basis: ServiceBasis,
    /// By which attempt.
    pub attempt: AttemptNumber,
    /// The day in Beijing from which periods are counted; the day itself does not count.
    pub day: Day,
}

impl Effect {
    const fn order(&self) -> (Timestamp, ServiceBasis, AttemptNumber) {
        (self.at, self.basis, self.attempt)
    }
}

/// The effective steps of an electronic attempt: time and basis.
fn electronic(book: &ServiceBook, record: &ServiceRecord, attempt: &Attempt) -> Vec<(Timestamp, ServiceBasis)> {
    let is_own = attempt.channel() == Channel::Platform
        || matches!(attempt.source, Some(AddressSource::Given | AddressSource::Confirmed));
    let has_consent = matches!(attempt.consent, AttemptConsent::Given(_));
    let (party, scope) = (record.party(), record.kind().scope());
    let mut found = Vec::new();
    for report in &attempt.steps {
        let by_conduct = has_consent || !book.has_refused(party, scope, report.at);
        let basis = match report.step {
            ServiceStep::Replied if by_conduct => ServiceBasis::Reply,
            ServiceStep::Responded if by_conduct => ServiceBasis::Conduct,
            ServiceStep::Arrived | ServiceStep::Read | ServiceStep::Downloaded if has_consent && is_own => {
                ServiceBasis::Arrival
            }
            ServiceStep::Read | ServiceStep::Downloaded if has_consent => ServiceBasis::Presumed,
            _ => continue,
        };
        found.push((report.at, basis));
    }
    found
}

/// The effective steps of an attempt on paper.
fn on_paper(attempt: &Attempt) -> Option<(Timestamp, ServiceBasis)> {
    let basis = match attempt.channel() {
        Channel::Mail => ServiceBasis::Mailed,
        Channel::Left => ServiceBasis::Left,
        _ => ServiceBasis::Signed,
    };
    attempt.first(ServiceStep::Arrived).map(|at| (at, basis))
}

/// The last day of an announcement, on which the document counts as served.
#[must_use]
pub fn announced(published: Day, calendar: &Calendar) -> Day {
    let counted = published.plus(ANNOUNCEMENT_DAYS).unwrap_or(Day::LAST);
    calendar.first_working_day_from(counted)
}

impl ServiceBook {
    /// The effect of a record; `None` as long as it has none.
    #[must_use]
    pub fn effect(&self, record: &ServiceRecord, calendar: &Calendar) -> Option<Effect> {
        let mut best: Option<Effect> = None;
        for (number, attempt) in record.attempts.iter().filter(|(_, attempt)| !attempt.ineffective) {
            let candidates: Vec<Effect> = match record.mode() {
                ServiceMode::Announcement => {
                    let last = attempt.sent.act.published.map(|day| announced(day, calendar));
                    let effect =
                        |day: Day| Effect { at: day.end(), basis: ServiceBasis::Announced, attempt: *number, day };
                    last.map(effect).into_iter().collect()
                }
                ServiceMode::Electronic | ServiceMode::Paper => {
                    let steps = match record.mode() {
                        ServiceMode::Paper => on_paper(attempt).into_iter().collect(),
                        _ => electronic(self, record, attempt),
                    };
                    let effect = |(at, basis)| Effect { at, basis, attempt: *number, day: Day::of(at) };
                    steps.into_iter().map(effect).collect()
                }
            };
            best = best.into_iter().chain(candidates).min_by_key(Effect::order);
        }
        best
    }

    /// Whether a document was served on a party by `now`, by whichever record and as a document of whichever kind.
    #[must_use]
    pub fn is_served(&self, party: PartyNumber, document: DepositNumber, now: Timestamp, calendar: &Calendar) -> bool {
        let of = |record: &&ServiceRecord| (record.party(), record.document()) == (party, document);
        let mut effects = self.records.values().filter(of).filter_map(|record| self.effect(record, calendar));
        effects.any(|effect| effect.at <= now)
    }

    /// The effect of a record by its number.
    #[must_use]
    pub fn effect_of(&self, service: ServiceNumber, calendar: &Calendar) -> Option<Effect> {
        self.effect(self.records.get(&service)?, calendar)
    }

    /// The records of a document that was served on a party, each once, however many modes were used: the one that counts, its
    /// effect, and whether the court still has to state which of several counts.
    ///
    /// Of several effective records the court states which one counts. Until then the earliest is taken.
    #[must_use]
    pub fn served(&self, party: PartyNumber, kind: DocumentKind, calendar: &Calendar) -> Vec<Served> {
        let of = |record: &ServiceRecord| record.party() == party && record.kind() == kind;
        let records = self.records.iter().filter(|(_, record)| of(record)).map(|(number, record)| (*number, record));
        self.served_of(records, calendar)
    }

    /// As [`Self::served`], of these records of one party and one kind of document.
    pub(in crate::court::case::service) fn served_of<'r>(
        &self,
        records: impl Iterator<Item = (ServiceNumber, &'r ServiceRecord)>,
        calendar: &Calendar,
    ) -> Vec<Served> {
        let mut found: Vec<Served> = Vec::new();
        for (number, record) in records {
            let Some(effect) = self.effect(record, calendar) else { continue };
            let served = Served {
                service: number,
                document: record.document(),
                effect,
                days: record.begun.act.days,
                determined: record.counts.is_some(),
                undetermined: false,
            };
            match found.iter_mut().find(|other| other.document == served.document) {
                None => found.push(served),
                Some(other) if other.determined => {}
                Some(other) if served.determined => *other = served,
                Some(other) => {
                    let earlier = if served.effect.order() < other.effect.order() { served } else { *other };
                    *other = Served { undetermined: true, ..earlier };
                }
            }
        }
        found
    }
}

/// A document that was served on a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// The record that counts.
    pub service: ServiceNumber,
    /// The document.
    pub document: DepositNumber,
    /// Its effect.
    pub effect: Effect,
    /// The number of days that the record states.
    pub days: Option<u32>,
    /// Whether the court stated that this record counts.
    pub determined: bool,
    /// Whether several records are effective and the court has not stated which one counts.
    pub undetermined: bool,
}
