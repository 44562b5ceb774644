//! Answers to the suit, and objections to jurisdiction: 民诉法 arts. 128 and 130.
//!
//! An objection has an effect if it is the party's first, within the period of the answer, before the party answered the suit, and in a
//! first instance. An answer does not cure a violation of the rules on levels of courts and on exclusive jurisdiction (art. 130 (2)): such an
//! objection is left to the ruling. An objection with an effect suspends the evidence period (证据规定 art. 55 (1)). Any other one is
//! recorded without effect.

use crate::court::acts::{Answer, ObjectJurisdiction};
use crate::court::calendar::{Calendar, Day};
use crate::court::case::appeal_periods::answer_received;
use crate::court::case::appeals;
use crate::court::case::course::{AnswerRecord, JurisdictionObjection};
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::people::speaks_for;
use crate::court::case::refusal::Refusal;
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::course_words::{JurisdictionGround, ObjectionEffect};
use crate::court::document::Document;
use crate::court::period::PeriodEvent;
use crate::court::permission::Side;
use crate::court::words::{CaseKind, TransferKind};

/// 提出管辖异议.
///
/// # Errors
///
/// [`Refusal::NoSuchParty`], [`Refusal::NotYours`].
pub fn object(
    file: &mut CaseFile,
    document: &Document,
    act: &ObjectJurisdiction,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    speaks_for(file, document.capacity, act.party)?;
    let party = file.parties.get(&act.party).ok_or(Refusal::NoSuchParty(act.party))?;
    if party.side() != Side::Answering {
        return Err(Refusal::NotYours);
    }
    let effect = effect_of(file, act, position, calendar);
    if effect.is_pending() {
        // A period that was never set, or is suspended, has nothing to suspend.
        let _ = file.periods.apply_to_all(PeriodEvent::Suspended { on: Day::of(position.at) }, position);
    }
    let reason = position.text(act.reason);
    file.course.objections.push(JurisdictionObjection {
        position,
        party: act.party,
        ground: act.ground,
        effect,
        reason,
    });
    Ok(())
}

fn effect_of(file: &CaseFile, act: &ObjectJurisdiction, position: ActPosition, calendar: &Calendar) -> ObjectionEffect {
    let first = matches!(file.kind, CaseKind::CivilFirst | CaseKind::AdministrativeFirst);
    let is_answered = file.course.answers.contains_key(&act.party);
    let survives = act.ground.is_some_and(JurisdictionGround::survives_an_answer);
    let remanded = file.course.origin.as_ref().is_some_and(|origin| origin.kind == TransferKind::Remand);
    if !first || remanded {
        ObjectionEffect::NotFirstInstance
    } else if file.course.objections.iter().any(|one| one.party == act.party) {
        ObjectionEffect::Repeated
    } else if is_answered && !survives {
        ObjectionEffect::AfterAnswer
    } else if appeals::answer_period_ended(file, act.party, position.at, calendar) {
        ObjectionEffect::Late
    } else if is_answered {
        ObjectionEffect::PendingAfterAnswer
    } else {
        ObjectionEffect::Pending
    }
}

/// The ruling on all pending objections.
pub(in crate::court::case) fn rule(file: &mut CaseFile, sustained: bool) -> Result<(), Refusal> {
    let effect = if sustained { ObjectionEffect::Sustained } else { ObjectionEffect::Dismissed };
    let mut pending = file.course.objections.iter_mut().filter(|one| one.effect.is_pending()).peekable();
    if pending.peek().is_none() {
        return Err(CourseRefusal::NothingToRuleOn.into());
    }
    pending.for_each(|one| one.effect = effect);
    Ok(())
}

/// 提交答辩状, to the suit or to an appeal.
///
/// # Errors
///
/// [`Refusal::NoSuchParty`], [`Refusal::NotYours`], [`CourseRefusal::NoSuchAppeal`].
pub fn answer(file: &mut CaseFile, document: &Document, act: &Answer, position: ActPosition) -> Result<(), Refusal> {
    speaks_for(file, document.capacity, act.party)?;
    let record = AnswerRecord { position, document: act.document };
    if let Some(number) = act.appeal {
        let appeal = file.course.appeals.get(&number).cloned().ok_or(CourseRefusal::NoSuchAppeal(number))?;
        if !appeal.against.contains(&act.party) {
            return Err(Refusal::NotYours);
        }
        if !appeal.answers.contains_key(&act.party) {
            answer_received(file, &appeal, (act.party, act.document), position)?;
        }
        let appeal = file.course.appeals.get_mut(&number).ok_or(CourseRefusal::NoSuchAppeal(number))?;
        appeal.answers.entry(act.party).or_insert(record);
        return Ok(());
    }
    let party = file.parties.get(&act.party).ok_or(Refusal::NoSuchParty(act.party))?;
    if party.side() == Side::Bringing || !file.stage.is_pending_at_court() {
        return Err(Refusal::NotYours);
    }
    file.course.answers.entry(act.party).or_insert(record);
    Ok(())
}
