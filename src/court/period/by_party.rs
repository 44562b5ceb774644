//! The evidence periods of the parties of a case: each begins with the service of the notice on its party.
//!
//! Articles without a name are those of 最高人民法院关于民事诉讼证据的若干规定 (2019).
//!
//! - The length comes with the notice (举证通知书, art. 50). Until the notice is served on a party, that party's period has not begun
//!   (未起算), so nothing of it is late.
//! - It is set once ([`PartyPeriods::set`]). After that it is set anew only for a ground that the law names ([`ResetGround`]).
//! - Suspension (art. 55 (1)) and extension (art. 54) apply to all parties, also to one whose period begins later. The exchange of
//!   evidence (art. 56) ends the periods that have begun.
//! - 顺延 (民事诉讼法 art. 86) is for one party.
//! - Nothing is erased: the history of a party holds all events of all its periods, each with its act and ground.
//!
//! Not here: counting days (`period`), permissions, periods for rebuttal or for curing a defect (art. 51 (3)), which are windows.

use std::collections::BTreeMap;

use crate::court::act_position::ActPosition;
use crate::court::calendar::{Calendar, Day};
use crate::court::ids::PartyNumber;
use crate::court::period::basis::{Basis, Warning};
use crate::court::period::{Deadline, EvidencePeriod, PeriodError, PeriodEvent};
use crate::court::words::{Procedure, words};
use crate::ledger::time::Timestamp;

words! {
    /// The ground on which a period is set anew.
    ResetGround {
        LegalRelation = "legal-relation" / "证据规定第五十三条：法律关系性质或者民事行为效力的认定与当事人主张不一致，变更诉讼请求" / "art. 53: the court sees the legal relation otherwise, and the claims were changed",
        PartyJoined = "party-joined" / "证据规定第五十五条（二）：追加当事人、第三人参加诉讼" / "art. 55 (2): a party was added",
        Remanded = "remanded" / "证据规定第五十五条（三）：发回重审" / "art. 55 (3): remanded for a new trial",
        ClaimsChanged = "claims-changed" / "证据规定第五十五条（四）：增加、变更诉讼请求或者提出反诉" / "art. 55 (4): changed claims or a counterclaim",
        ProcedureConverted = "procedure-converted" / "民事诉讼法第一百七十条：转换程序" / "Civil Procedure Law art. 170: the procedure was converted",
    }
}

impl ResetGround {
    /// Whether the court sets the length at its discretion on this ground. For a party that joins, art. 51 applies (art. 55 (2)).
    #[must_use]
    pub const fn allows_discretion(self) -> bool {
        !matches!(self, Self::PartyJoined)
    }
}

/// A length and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeTerms {
    /// What the length rests on.
    pub basis: Basis,
    /// How many days count.
    pub days: u32,
}

impl NoticeTerms {
    /// Checks that terms fit the procedure: art. 51, and for summary and small claims cases 民诉法解释 arts. 266 and 275, so that an
    /// agreement of the parties does not exceed 15 days there. `ground`: the terms are of a period that is set anew.
    ///
    /// # Errors
    ///
    /// [`PeriodError::BasisNotForProcedure`], [`PeriodError::Length`].
    pub fn check(self, procedure: Procedure, ground: Option<ResetGround>) -> Result<Option<Warning>, PeriodError> {
        let of_the_procedure = Basis::of_procedure(procedure);
        let fits = match self.basis {
            Basis::Agreed => true,
            Basis::Discretion => ground.is_some_and(ResetGround::allows_discretion),
            basis => basis == of_the_procedure,
        };
        if !fits {
            return Err(PeriodError::BasisNotForProcedure { basis: self.basis, procedure });
        }
        let short = matches!(procedure, Procedure::Summary | Procedure::SmallClaims);
        match self.basis {
            // An agreement has the upper bound of the procedure, but no lower one.
            Basis::Agreed if short => Ok(of_the_procedure.check(self.days)?),
            basis => Ok(basis.check(self.days)?),
        }
    }
}

/// An event of a period with the act that brought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodRecord {
    /// The act.
    pub position: ActPosition,
    /// What happened.
    pub event: PeriodEvent,
    /// On which ground it was set anew.
    pub ground: Option<ResetGround>,
}

/// The evidence period of one party.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartyPeriod {
    /// The terms of the notice to this party, where they are not those to all.
    terms: Option<NoticeTerms>,
    /// The period as it stands. Without events it has not begun.
    period: EvidencePeriod,
    /// The ground on which the period that waits for the notice was set anew.
    ground: Option<ResetGround>,
    /// All events of this and earlier periods.
    history: Vec<PeriodRecord>,
}

impl PartyPeriod {
    /// The period as it stands.
    #[must_use]
    pub const fn period(&self) -> &EvidencePeriod {
        &self.period
    }

    /// All events of this and earlier periods of the party, in order.
    #[must_use]
    pub fn history(&self) -> &[PeriodRecord] {
        &self.history
    }

    /// The day from which it is counted, as it stands; `None` while it has not begun.
    #[must_use]
    pub fn start(&self) -> Option<Day> {
        self.period.events().iter().rev().find_map(|event| match *event {
            PeriodEvent::Set { start, .. } | PeriodEvent::Reset { start, .. } => Some(start),
            _ => None,
        })
    }

    /// Whether it has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !self.period.events().is_empty()
    }

    fn apply(&mut self, event: PeriodEvent, position: ActPosition) -> Result<(), PeriodError> {
        self.period.apply(&event)?;
        let ground = if matches!(event, PeriodEvent::Set { .. }) { self.ground.take() } else { None };
        self.history.push(PeriodRecord { position, event, ground });
        Ok(())
    }

    /// Whether days have stopped counting and not begun to count again.
    fn is_suspended(&self) -> Option<Day> {
        self.period.events().iter().rev().find_map(|event| match *event {
            PeriodEvent::Suspended { on } => Some(Some(on)),
            PeriodEvent::Resumed { .. } | PeriodEvent::Set { .. } | PeriodEvent::Reset { .. } => Some(None),
            _ => None,
        })?
    }
}

/// A request to set a period, for the first time or anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodOrder {
    /// For which party; `None` for all.
    pub party: Option<PartyNumber>,
    /// The terms of the notice.
    pub terms: NoticeTerms,
    /// The day on which the notice was served outside of the platform; `None` if the period begins with the service recorded here.
    pub start: Option<Day>,
}

/// The evidence periods of the parties of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartyPeriods {
    /// The terms of the notices to all parties.
    terms: Option<NoticeTerms>,
    parties: BTreeMap<PartyNumber, PartyPeriod>,
    suspended_on: Option<Day>,
    /// Days of all extensions since the terms to all were set.
    extended: u32,
}

impl PartyPeriods {
    /// The period of a party; `None` if nothing was set for it or served on it.
    #[must_use]
    pub fn of(&self, party: PartyNumber) -> Option<&PartyPeriod> {
        self.parties.get(&party)
    }

    /// The periods by party.
    pub fn iter(&self) -> impl Iterator<Item = (PartyNumber, &PartyPeriod)> {
        self.parties.iter().map(|(party, period)| (*party, period))
    }

    /// The terms that the notice to a party states: its own, or those to all.
    #[must_use]
    pub fn terms(&self, party: PartyNumber) -> Option<NoticeTerms> {
        self.of(party).and_then(|period| period.terms).or(self.terms)
    }

    /// Until when evidence of a party is in time.
    #[must_use]
    pub fn deadline(&self, party: PartyNumber, calendar: &Calendar) -> Deadline {
        self.of(party).map_or(Deadline::NotSet, |period| period.period.state(calendar))
    }

    /// Whether what a party offered at `at` is late, as its period stands. A party on which no notice was served is never late.
    #[must_use]
    pub fn is_late(&self, party: PartyNumber, at: Timestamp, calendar: &Calendar) -> bool {
        self.of(party).is_some_and(|period| period.period.is_late(at, calendar))
    }

    /// Sets terms for the first time, of one party or of all.
    ///
    /// # Errors
    ///
    /// [`PeriodError`]; then nothing has changed.
    pub fn set(&mut self, order: PeriodOrder, procedure: Procedure, position: ActPosition) -> Result<(), PeriodError> {
        order.terms.check(procedure, None)?;
        let Some(party) = order.party else {
            if order.start.is_some() {
                return Err(PeriodError::NeedsParty);
            }
            if self.terms.is_some() || self.parties.values().any(PartyPeriod::has_begun) {
                return Err(PeriodError::AlreadySet);
            }
            self.terms = Some(order.terms);
            return Ok(());
        };
        let known = self.of(party);
        if known.is_some_and(|period| period.terms.is_some() || period.has_begun()) {
            return Err(PeriodError::AlreadySet);
        }
        let mut changed = self.clone();
        changed.parties.entry(party).or_default().terms = Some(order.terms);
        if let Some(start) = order.start {
            changed.begin(party, order.terms, start, position)?;
            changed.require_not_past(party, position)?;
        }
        *self = changed;
        Ok(())
    }

    /// 举证通知书 was served on a party: its period begins, unless it has begun. `default` are the terms where the court set none.
    ///
    /// # Errors
    ///
    /// [`PeriodError::OutOfRange`].
    pub fn serve(
        &mut self,
        party: PartyNumber,
        on: Day,
        default: NoticeTerms,
        position: ActPosition,
    ) -> Result<(), PeriodError> {
        if self.of(party).is_some_and(PartyPeriod::has_begun) {
            return Ok(());
        }
        let terms = self.terms(party).unwrap_or(default);
        let mut changed = self.clone();
        changed.begin(party, terms, on, position)?;
        *self = changed;
        Ok(())
    }

    /// The service of the notice on a party proved to have no effect, or another effect: its period has not begun. The history stays.
    pub fn unserve(&mut self, party: PartyNumber) {
        if let Some(period) = self.parties.get_mut(&party) {
            period.period = EvidencePeriod::default();
        }
    }

    /// The notice proved to be served on another day, or to state another number of days: the period of a party is counted anew, and what
    /// happened to it since stays.
    ///
    /// # Errors
    ///
    /// [`PeriodError::NotSet`], [`PeriodError::OutOfRange`]; then nothing has changed.
    pub fn move_start(
        &mut self,
        party: PartyNumber,
        (on, stated): (Day, Option<u32>),
        position: ActPosition,
    ) -> Result<(), PeriodError> {
        let period = self.parties.get_mut(&party).ok_or(PeriodError::NotSet)?;
        let events = period.period.events().to_vec();
        let Some((PeriodEvent::Set { basis, days, .. }, since)) = events.split_first() else {
            return Err(PeriodError::NotSet);
        };
        let mut moved = PartyPeriod { period: EvidencePeriod::default(), ..period.clone() };
        moved.apply(PeriodEvent::Set { basis: *basis, start: on, days: stated.unwrap_or(*days) }, position)?;
        for event in since {
            let event = match *event {
                PeriodEvent::Suspended { on: day } => PeriodEvent::Suspended { on: day.max(on) },
                PeriodEvent::Resumed { on: day } => PeriodEvent::Resumed { on: day.max(on) },
                other => other,
            };
            // A deferral to a day before the moved end changes nothing.
            let _ = moved.apply(event, position);
        }
        *period = moved;
        Ok(())
    }

    /// Begins the period of a party, with what applies to all parties.
    fn begin(
        &mut self,
        party: PartyNumber,
        terms: NoticeTerms,
        start: Day,
        position: ActPosition,
    ) -> Result<(), PeriodError> {
        let (suspended, extended) = (self.suspended_on, self.extended);
        let period = self.parties.entry(party).or_default();
        let NoticeTerms { basis, days } = terms;
        period.apply(PeriodEvent::Set { basis, start, days }, position)?;
        if extended > 0 {
            period.apply(PeriodEvent::Extended { days: extended }, position)?;
        }
        if let Some(on) = suspended {
            period.apply(PeriodEvent::Suspended { on: on.max(start) }, position)?;
        }
        Ok(())
    }

    fn require_not_past(&self, party: PartyNumber, position: ActPosition) -> Result<(), PeriodError> {
        match self.deadline(party, &Calendar::default()) {
            Deadline::Ends { last, at, .. } if at <= position.at => Err(PeriodError::InThePast { last }),
            _ => Ok(()),
        }
    }

    /// Sets a period anew, of one party or of all, on a ground of the law. Where no start is given, the periods wait for the service of
    /// the new notice. A party on which nothing was served before waits for it in any case.
    ///
    /// # Errors
    ///
    /// [`PeriodError`]; then nothing has changed.
    pub fn reset(
        &mut self,
        order: PeriodOrder,
        ground: ResetGround,
        procedure: Procedure,
        position: ActPosition,
    ) -> Result<(), PeriodError> {
        order.terms.check(procedure, Some(ground))?;
        let mut changed = self.clone();
        let begun: Vec<_> = self.iter().filter(|(_, period)| period.has_begun()).map(|(party, _)| party).collect();
        let anew = match order.party {
            Some(party) => vec![party],
            None if begun.is_empty() && self.terms.is_none() => return Err(PeriodError::NotSet),
            None => {
                changed.terms = Some(order.terms);
                changed.extended = 0;
                changed.parties.values_mut().for_each(|period| period.terms = None);
                begun
            }
        };
        let NoticeTerms { basis, days } = order.terms;
        for party in anew {
            let period = changed.parties.entry(party).or_default();
            if !period.has_begun() && order.party.is_some() && period.terms.is_none() && self.terms.is_none() {
                return Err(PeriodError::NotSet);
            }
            period.terms = order.party.is_some().then_some(order.terms);
            period.period = EvidencePeriod::default();
            period.ground = Some(ground);
            let Some(start) = order.start else { continue };
            period.apply(PeriodEvent::Set { basis, start, days }, position)?;
            if let Some(on) = self.suspended_on {
                period.apply(PeriodEvent::Suspended { on: on.max(start) }, position)?;
            }
            changed.require_not_past(party, position)?;
        }
        *self = changed;
        Ok(())
    }

    /// Applies an event to the periods of all parties that have begun, and remembers it for those that begin later.
    ///
    /// # Errors
    ///
    /// [`PeriodError`] of the first party to whose period it does not apply; then nothing has changed.
    pub fn apply_to_all(&mut self, event: PeriodEvent, position: ActPosition) -> Result<(), PeriodError> {
        let mut changed = self.clone();
        let begun = || self.parties.values().any(PartyPeriod::has_begun);
        match event {
            PeriodEvent::Suspended { on } => {
                if self.suspended_on.is_some() {
                    return Err(PeriodError::Suspended);
                }
                changed.suspended_on = Some(on);
            }
            PeriodEvent::Resumed { on } => {
                let since = self.suspended_on.ok_or(PeriodError::NotSuspended)?;
                if on < since {
                    return Err(PeriodError::OutOfOrder { day: on, earliest: since });
                }
                changed.suspended_on = None;
            }
            PeriodEvent::Extended { days } => {
                Basis::Discretion.check(days)?;
                if !begun() && self.terms.is_none() {
                    return Err(PeriodError::NotSet);
                }
                changed.extended = self.extended.saturating_add(days);
                // The sum is applied to a period that begins later, so it is bounded as one extension is.
                Basis::Discretion.check(changed.extended)?;
            }
            PeriodEvent::ExchangeDay { .. } if begun() => {}
            _ => return Err(PeriodError::NotSet),
        }
        for period in changed.parties.values_mut().filter(|period| period.has_begun()) {
            let own = match event {
                // A period that began after the ruling was never stopped by it for longer.
                PeriodEvent::Resumed { on } => match period.is_suspended() {
                    Some(since) => PeriodEvent::Resumed { on: on.max(since) },
                    None => continue,
                },
                other => other,
            };
            period.apply(own, position)?;
        }
        *self = changed;
        Ok(())
    }

    /// 顺延: the court moves the last day of one party (民事诉讼法 art. 86).
    ///
    /// # Errors
    ///
    /// [`PeriodError`]; then nothing has changed.
    pub fn defer(&mut self, party: PartyNumber, last: Day, position: ActPosition) -> Result<(), PeriodError> {
        let period = self.parties.get_mut(&party).filter(|period| period.has_begun()).ok_or(PeriodError::NotSet)?;
        period.apply(PeriodEvent::ExtendedTo { last }, position)
    }

    /// Whether a jurisdiction objection has suspended the periods.
    #[must_use]
    pub const fn is_suspended(&self) -> bool {
        self.suspended_on.is_some()
    }
}

impl Basis {
    /// The basis of the periods of a procedure (art. 51).
    #[must_use]
    pub const fn of_procedure(procedure: Procedure) -> Self {
        match procedure {
            Procedure::Ordinary => Self::Ordinary,
            Procedure::Summary => Self::Summary,
            Procedure::SmallClaims => Self::SmallClaims,
            Procedure::SecondInstance => Self::SecondInstance,
        }
    }
}

/// The terms where the court set none: 15 days as court systems do, 7 for small claims.
#[must_use]
pub const fn default_terms(procedure: Procedure) -> NoticeTerms {
    let basis = Basis::of_procedure(procedure);
    NoticeTerms { basis, days: basis.default_days() }
}

#[cfg(test)]
mod tests;
