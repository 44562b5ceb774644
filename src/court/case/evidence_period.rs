//! The evidence period of a case: maps acts to events of the period.
//!
//! A case of version 1 has one period, which begins when the case is filed. From version 2 on each party has its own, which begins with
//! the service of 举证通知书 (证据规定 art. 50); only civil cases have evidence periods.
//!
//! Not here: counting days (`court::period`), windows of other kinds (`deadlines`).

use crate::court::acts::{Act, ResetPeriod, SetPeriod};
use crate::court::calendar::Day;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::document::Document;
use crate::court::ids::PartyNumber;
use crate::court::period::by_party::{NoticeTerms, PeriodOrder, default_terms};
use crate::court::period::{EvidencePeriod, PeriodError, PeriodEvent};
use crate::court::values::Capacity;
use crate::court::words::CaseKind;

/// Whether cases of this kind have evidence periods of 证据规定: civil cases that are tried. A mediation has none, and the administrative
/// defendant has the period of 行政诉讼法 art. 67.
#[must_use]
pub const fn has_evidence_periods(kind: CaseKind) -> bool {
    matches!(kind, CaseKind::CivilFirst | CaseKind::CivilSecond | CaseKind::Retrial)
}

/// Applies an act upon the evidence period; `None` for other acts.
pub(in crate::court::case) fn apply(
    file: &mut CaseFile,
    document: &Document,
    position: ActPosition,
) -> Option<Result<(), Refusal>> {
    let of_all = event(&document.act);
    match (&document.act, of_all) {
        (Act::SetPeriod(act), _) => Some(set(file, act, position)),
        (Act::ResetPeriod(act), _) => Some(reset(file, act, position)),
        (_, Some(event)) => Some(apply_event(file, document, &event, position)),
        _ => None,
    }
}

/// The event of the period in an act; `None` for other acts, and for those that set a period.
#[must_use]
pub const fn event(act: &Act) -> Option<PeriodEvent> {
    Some(match act {
        Act::SuspendPeriod(act) => PeriodEvent::Suspended { on: act.on },
        Act::ResumePeriod(act) => PeriodEvent::Resumed { on: act.on },
        Act::ExtendPeriod(act) => PeriodEvent::Extended { days: act.days },
        Act::ExchangeEvidence(act) => PeriodEvent::ExchangeDay { day: act.day },
        _ => return None,
    })
}

fn require_periods(file: &CaseFile) -> Result<(), Refusal> {
    if has_evidence_periods(file.kind) { Ok(()) } else { Err(Refusal::NoEvidencePeriod) }
}

fn require_party(file: &CaseFile, party: Option<PartyNumber>) -> Result<(), Refusal> {
    match party {
        Some(party) if !file.parties.contains_key(&party) => Err(Refusal::NoSuchParty(party)),
        _ => Ok(()),
    }
}

fn set(file: &mut CaseFile, act: &SetPeriod, position: ActPosition) -> Result<(), Refusal> {
    if file.rules < RulesVersion::V2 {
        if act.party.is_some() {
            return Ok(file.rules.require(RulesVersion::V2)?);
        }
        let start = act.start.ok_or(PeriodError::NeedsStart)?;
        // `set` takes the place of the default of the filing.
        let mut period = EvidencePeriod::default();
        period.apply(&PeriodEvent::Set { basis: act.basis, start, days: act.days })?;
        file.period = period;
        return Ok(());
    }
    require_periods(file)?;
    require_party(file, act.party)?;
    let terms = NoticeTerms { basis: act.basis, days: act.days };
    let order = PeriodOrder { party: act.party, terms, start: act.start };
    Ok(file.periods.set(order, file.procedure, position)?)
}

fn reset(file: &mut CaseFile, act: &ResetPeriod, position: ActPosition) -> Result<(), Refusal> {
    if file.rules < RulesVersion::V2 {
        if act.party.is_some() || act.ground.is_some() {
            return Ok(file.rules.require(RulesVersion::V2)?);
        }
        let start = act.start.ok_or(PeriodError::NeedsStart)?;
        return Ok(file.period.apply(&PeriodEvent::Reset { basis: act.basis, start, days: act.days })?);
    }
    require_periods(file)?;
    require_party(file, act.party)?;
    let ground = act.ground.ok_or(PeriodError::NeedsGround)?;
    let terms = NoticeTerms { basis: act.basis, days: act.days };
    let order = PeriodOrder { party: act.party, terms, start: act.start };
    Ok(file.periods.reset(order, ground, file.procedure, position)?)
}

fn apply_event(
    file: &mut CaseFile,
    document: &Document,
    event: &PeriodEvent,
    position: ActPosition,
) -> Result<(), Refusal> {
    require_current_day(document, event, position)?;
    if file.rules < RulesVersion::V2 {
        return Ok(file.period.apply(event)?);
    }
    require_periods(file)?;
    Ok(file.periods.apply_to_all(*event, position)?)
}

/// Checks that a party's jurisdiction objection is dated on the day of the act.
fn require_current_day(document: &Document, event: &PeriodEvent, position: ActPosition) -> Result<(), Refusal> {
    match (document.capacity, event) {
        (Capacity::Holding(_) | Capacity::Platform, _) => Ok(()),
        (_, PeriodEvent::Suspended { on }) if *on != Day::of(position.at) => Err(Refusal::NotToday),
        _ => Ok(()),
    }
}

/// 举证通知书 was served on a party: its evidence period begins, with the terms that the court set or those of the procedure. To be called
/// when a document of that kind takes effect for the party. Of a case of version 1, and of a kind without evidence periods, nothing
/// begins. A second service of the same notice changes nothing.
///
/// # Errors
///
/// [`Refusal::NoSuchParty`], [`Refusal::Period`].
pub fn notice_served(file: &mut CaseFile, party: PartyNumber, on: Day, position: ActPosition) -> Result<(), Refusal> {
    require_party(file, Some(party))?;
    if file.rules < RulesVersion::V2 || !has_evidence_periods(file.kind) {
        return Ok(());
    }
    Ok(file.periods.serve(party, on, default_terms(file.procedure), position)?)
}
