//! Rules of mediation: its period, agreements by track, undisputed facts.
//!
//! # Invariants
//!
//! The moment since which an agreement is in force is the time of the last required act. It is computed, and no act states it. Before
//! it a party may take its signature back (民诉法 art. 102), after it nobody.
//!
//! 民诉法 arts. 62, 100 to 102, 205; 在线调解规则 arts. 18 to 25. Not here: what may leave a mediation (`mediation_material`).

use std::collections::{BTreeMap, BTreeSet};

use crate::court::acts::{ApplyWayOut, DraftAgreement, EndMediation, ProlongMediation};
use crate::court::calendar::{Calendar, Day};
use crate::court::case::hearings::actor;
use crate::court::case::people::needs_special_authority;
use crate::court::case::refusal::Refusal;
use crate::court::case::round_steps::end_open;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::session_records::{
    Actor, Agreement, DepositedDocument, Moment, Paper, PaperVersion, RoundEnd, StepKind, last_day,
};
use crate::court::case::session_refusal::SessionRefusal;
use crate::court::case::state::{ActPosition, CaseFile, Text};
use crate::court::document::Document;
use crate::court::ids::{AgreementNumber, RoundNumber};
use crate::court::session_words::{AgreementState, AgreementTrack, ConfirmationState, MediationEnd, WayOut};
use crate::court::signer::Signer;
use crate::court::words::{CaseKind, Procedure, Role};
use crate::ledger::number::DepositNumber;

/// Most agreements of a case.
pub const AGREEMENTS_MAX: u32 = 200;
/// Most versions of an agreement.
const VERSIONS_MAX: usize = 200;
/// 民诉法 art. 205: days for the joint application for judicial confirmation.
pub const CONFIRMATION_DAYS: u32 = 30;

/// Whether this person's signature moves the moment of such a paper. 在线调解规则 art. 19: all parties, while mediator and
/// organisation sign and seal as well; 民诉法 art. 101: parties, judges and clerk.
#[must_use]
pub const fn moves(track: AgreementTrack, signer: &Signer) -> bool {
    match (track, signer) {
        (_, Signer::Party(_)) => true,
        (AgreementTrack::CourtRecord, Signer::Holder(role, _)) => {
            matches!(role, Role::Judge | Role::PeoplesAssessor | Role::Clerk)
        }
        _ => false,
    }
}

/// The roles of which at least one must be on the list.
#[must_use]
pub const fn needed_roles(track: AgreementTrack) -> &'static [&'static [Role]] {
    match track {
        AgreementTrack::Organisation => &[&[Role::Mediator, Role::MediationOrganisation]],
        AgreementTrack::CourtRecord => &[&[Role::Judge], &[Role::Clerk]],
        AgreementTrack::MediationDocument | AgreementTrack::UndisputedFacts => &[],
    }
}

/// Days of a mediation (在线调解规则 art. 24).
#[must_use]
pub const fn period_days(file: &CaseFile) -> u32 {
    match (file.kind, file.filed, file.procedure) {
        (CaseKind::Mediation, ..) | (_, None, _) => 30,
        (_, Some(_), Procedure::Summary | Procedure::SmallClaims) => 7,
        (_, Some(_), Procedure::Ordinary | Procedure::SecondInstance) => 15,
    }
}

/// The day on which the mediation began: the mediator accepted it, or, before a judge, all parties had agreed.
#[must_use]
pub fn begun(file: &CaseFile) -> Option<Day> {
    let mediation = &file.records.mediation;
    let agreed = || {
        let all = file.parties.keys().map(|party| mediation.agreed.get(party));
        let last = all.collect::<Option<Vec<_>>>()?.into_iter().max_by_key(|actor| actor.position.sequence);
        last.copied()
    };
    mediation.accepted.or_else(agreed).map(|actor| Day::of(actor.position.at))
}

/// The last day of the mediation, with the prolongation that all parties agreed to; `None` before it began.
#[must_use]
pub fn period_end(file: &CaseFile, calendar: &Calendar) -> Option<Day> {
    let own = last_day(begun(file)?, period_days(file), calendar)?;
    let prolonged = &file.records.mediation.prolonged;
    let days: Option<BTreeSet<Day>> = file.parties.keys().map(|party| prolonged.get(party).copied()).collect();
    match days.as_ref().and_then(|days| days.first().filter(|_| days.len() == 1)) {
        Some(agreed) => Some(own.max(*agreed)),
        None => Some(own),
    }
}

fn require_running(file: &CaseFile, position: ActPosition, calendar: &Calendar) -> Result<(), Refusal> {
    if file.records.mediation.ended.is_some() {
        return Err(SessionRefusal::MediationOver.into());
    }
    let end = period_end(file, calendar).ok_or(SessionRefusal::MediationNotBegun)?;
    if position.at < end.end() { Ok(()) } else { Err(SessionRefusal::WindowOver.into()) }
}

/// A party agrees to the mediation.
///
/// # Errors
///
/// [`Refusal`].
pub fn agree(file: &mut CaseFile, document: &Document, position: ActPosition) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    if file.records.mediation.ended.is_some() {
        return Err(SessionRefusal::MediationOver.into());
    }
    let party = file.party_of(document.capacity).ok_or(Refusal::NotYours)?;
    file.records.mediation.agreed.entry(party).or_insert_with(|| actor(document, position));
    Ok(())
}

/// A mediator accepts the mediation.
///
/// # Errors
///
/// [`Refusal`].
pub fn accept(file: &mut CaseFile, document: &Document, position: ActPosition) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    if file.records.mediation.ended.is_some() {
        return Err(SessionRefusal::MediationOver.into());
    }
    if file.records.mediation.accepted.is_some() {
        return Err(SessionRefusal::MediationBegun.into());
    }
    file.records.mediation.accepted = Some(actor(document, position));
    Ok(())
}

/// A party agrees to a longer period.
///
/// # Errors
///
/// [`Refusal`].
pub fn prolong(
    file: &mut CaseFile,
    document: &Document,
    act: &ProlongMediation,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    require_running(file, position, calendar)?;
    let party = file.party_of(document.capacity).ok_or(Refusal::NotYours)?;
    needs_special_authority(file, document.capacity)?;
    file.records.mediation.prolonged.insert(party, act.until);
    Ok(())
}

fn agreement(file: &CaseFile, number: AgreementNumber) -> Result<Agreement, Refusal> {
    file.records.agreements.get(&number).cloned().ok_or_else(|| SessionRefusal::NoSuchAgreement(number).into())
}

/// Whether the agreement can still be signed.
fn require_alive(file: &CaseFile, agreement: &Agreement) -> Result<(), Refusal> {
    let over = agreement.ended.is_some() || file.records.mediation.ended.is_some();
    if over { Err(SessionRefusal::MediationOver.into()) } else { Ok(()) }
}

/// A version of an agreement. The round on the version before ends; what all had signed before stays as history.
///
/// # Errors
///
/// [`Refusal`].
pub fn draft(
    file: &mut CaseFile,
    document: &Document,
    act: &DraftAgreement,
    position: ActPosition,
) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    let next = file.records.next_agreement();
    let known = file.records.agreements.get(&act.agreement).cloned();
    let mut agreement = match known {
        Some(agreement) => agreement,
        None if act.agreement == next && next.0 <= AGREEMENTS_MAX => Agreement {
            track: act.track,
            versions: Vec::new(),
            signing_agreed: BTreeMap::new(),
            signed: Vec::new(),
            document: None,
            received: BTreeMap::new(),
            ways_out: BTreeMap::new(),
            ended: None,
        },
        None => return Err(Refusal::NotNext { expected: next.0 }),
    };
    if agreement.track != act.track {
        return Err(SessionRefusal::OtherTrack.into());
    }
    require_alive(file, &agreement)?;
    let version = u32::try_from(agreement.versions.len()).unwrap_or(u32::MAX).saturating_add(1);
    if act.version != version || agreement.versions.len() >= VERSIONS_MAX {
        return Err(Refusal::NotNext { expected: version });
    }
    if in_force(file, &agreement).is_none() {
        // A mediation document on the version before is not one on this version.
        agreement.document = None;
        agreement.received.clear();
    }
    agreement.versions.push(PaperVersion {
        added: actor(document, position),
        source: None,
        document: DepositedDocument {
            number: act.document,
            digests: act.data_hash.clone(),
            size: act.size,
            media_type: act.media_type,
        },
    });
    file.records.agreements.insert(act.agreement, agreement);
    end_open(file, Paper::Agreement(act.agreement), RoundEnd::Superseded(position));
    Ok(())
}

/// 同意在线确认.
///
/// # Errors
///
/// [`Refusal`].
pub fn agree_signing(
    file: &mut CaseFile,
    document: &Document,
    number: AgreementNumber,
    position: ActPosition,
) -> Result<(), Refusal> {
    let mut agreement = agreement(file, number)?;
    require_alive(file, &agreement)?;
    let party = file.party_of(document.capacity).ok_or(Refusal::NotYours)?;
    agreement.signing_agreed.entry(party).or_insert_with(|| actor(document, position));
    file.records.agreements.insert(number, agreement);
    Ok(())
}

/// What a list must have: every party, and those who sign such an agreement beside them. Returns the track.
pub(in crate::court::case) fn check_round(
    file: &CaseFile,
    number: AgreementNumber,
    signers: &[Signer],
    position: ActPosition,
    calendar: &Calendar,
) -> Result<AgreementTrack, Refusal> {
    let agreement = agreement(file, number)?;
    require_alive(file, &agreement)?;
    if agreement.signed.is_empty() {
        require_running(file, position, calendar)?;
    }
    if !file.parties.keys().all(|party| agreement.signing_agreed.contains_key(party)) {
        return Err(SessionRefusal::SigningNotAgreed.into());
    }
    let parties = file.parties.keys().all(|party| signers.contains(&Signer::Party(*party)));
    let has =
        |roles: &&[Role]| signers.iter().any(|one| matches!(one, Signer::Holder(role, _) if roles.contains(role)));
    if !parties || !needed_roles(agreement.track).iter().all(has) {
        return Err(SessionRefusal::SignersMissing.into());
    }
    Ok(agreement.track)
}

/// Whether an agreement can be signed now.
pub(in crate::court::case) fn require_signable(
    file: &CaseFile,
    number: AgreementNumber,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let agreement = agreement(file, number)?;
    require_alive(file, &agreement)?;
    // A clerical correction of a signed agreement is no longer bound to the period of the mediation.
    if agreement.signed.is_empty() { require_running(file, position, calendar) } else { Ok(()) }
}

/// All required people have signed: the moment of the version.
pub(in crate::court::case) fn signed(
    file: &mut CaseFile,
    number: AgreementNumber,
    round: RoundNumber,
    version: u32,
    last: Actor,
) {
    if let Some(agreement) = file.records.agreements.get_mut(&number) {
        agreement.signed.push(Moment { version, round, act: last });
    }
}

/// A party took its signature back after all had signed, before it had received the mediation document (民诉法 art. 102).
pub(in crate::court::case) fn reversed(file: &mut CaseFile, number: AgreementNumber, round: RoundNumber) {
    if let Some(agreement) = file.records.agreements.get_mut(&number) {
        agreement.signed.retain(|moment| moment.round != round);
        // The mediation document rests on the signatures: another one is issued and received.
        agreement.document = None;
        agreement.received.clear();
    }
}

/// The act since which an agreement is in force: the last required signature, or, with a mediation document, the last receipt of it.
/// `None` before, and for a record of undisputed facts, which binds nobody.
#[must_use]
pub fn in_force<'a>(file: &CaseFile, agreement: &'a Agreement) -> Option<&'a Actor> {
    match agreement.track {
        AgreementTrack::UndisputedFacts => None,
        AgreementTrack::Organisation | AgreementTrack::CourtRecord => agreement.signed.last().map(|moment| &moment.act),
        AgreementTrack::MediationDocument => {
            agreement.signed.last()?;
            let receipts = file.parties.keys().map(|party| agreement.received.get(party));
            receipts.collect::<Option<Vec<_>>>()?.into_iter().max_by_key(|receipt| receipt.position.sequence)
        }
    }
}

/// The state of an agreement.
#[must_use]
pub fn state(file: &CaseFile, number: AgreementNumber, agreement: &Agreement) -> AgreementState {
    let latest = u32::try_from(agreement.versions.len()).unwrap_or(u32::MAX);
    if agreement.signed.last().is_some_and(|moment| moment.version == latest) {
        return AgreementState::Signed;
    }
    if agreement.ended.is_some() || file.records.mediation.ended.is_some() {
        return AgreementState::Terminated;
    }
    match file.records.open_round(Paper::Agreement(number)) {
        Some((_, round)) => {
            let confirmed = round.people.iter().any(|person| person.state() == ConfirmationState::Confirmed);
            if confirmed { AgreementState::PartlySigned } else { AgreementState::ToBeSigned }
        }
        None if file.parties.keys().all(|party| agreement.signing_agreed.contains_key(party)) => {
            AgreementState::SigningAgreed
        }
        None => AgreementState::Drafted,
    }
}

/// 终止调解: of one agreement that is not signed, or of the mediation as a whole.
///
/// # Errors
///
/// [`Refusal`].
pub fn end(
    file: &mut CaseFile,
    document: &Document,
    act: &EndMediation,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    if file.records.mediation.ended.is_some() {
        return Err(SessionRefusal::MediationOver.into());
    }
    let numbers: Vec<AgreementNumber> = if let Some(number) = act.agreement {
        let found = agreement(file, number)?;
        require_alive(file, &found)?;
        if !found.signed.is_empty() {
            return Err(SessionRefusal::AlreadyInForce.into());
        }
        vec![number]
    } else {
        let open = |(_, one): &(&AgreementNumber, &Agreement)| one.signed.is_empty() && one.ended.is_none();
        file.records.agreements.iter().filter(open).map(|(number, _)| *number).collect()
    };
    let step = |wanted: fn(&StepKind) -> bool| {
        numbers.iter().any(|number| {
            let mut rounds = file.records.rounds_of(Paper::Agreement(*number));
            rounds
                .any(|(_, round)| round.people.iter().any(|person| person.steps.iter().any(|step| wanted(&step.kind))))
        })
    };
    let is_so = match act.reason {
        MediationEnd::Refused => step(|kind| matches!(kind, StepKind::Refused(_))),
        MediationEnd::Regretted => step(|kind| matches!(kind, StepKind::Withdrawn)),
        MediationEnd::Expired => period_end(file, calendar).is_some_and(|end| position.at >= end.end()),
        MediationEnd::Unreachable | MediationEnd::Withdrawn => true,
    };
    if !is_so {
        return Err(SessionRefusal::NoSuchEnd.into());
    }
    let note = act.note.map(|annex| Text { annex, index: position.index });
    let ended = (actor(document, position), act.reason, note);
    for number in numbers {
        if let Some(agreement) = file.records.agreements.get_mut(&number) {
            agreement.ended = Some(ended);
        }
        end_open(file, Paper::Agreement(number), RoundEnd::Terminated(position));
    }
    if act.agreement.is_none() {
        file.records.mediation.ended = Some(ended);
    }
    Ok(())
}

/// The last day for the joint application for judicial confirmation; `None` for an agreement that needs none.
#[must_use]
pub fn confirmation_end(agreement: &Agreement, calendar: &Calendar) -> Option<Day> {
    let moment = agreement.signed.last().filter(|_| agreement.track == AgreementTrack::Organisation)?;
    last_day(Day::of(moment.act.position.at), CONFIRMATION_DAYS, calendar)
}

/// What a party applies for on the basis of the signed agreement.
///
/// # Errors
///
/// [`Refusal`].
pub fn apply_way_out(
    file: &mut CaseFile,
    document: &Document,
    act: &ApplyWayOut,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let mut agreement = agreement(file, act.agreement)?;
    let party = file.party_of(document.capacity).ok_or(Refusal::NotYours)?;
    needs_special_authority(file, document.capacity)?;
    if agreement.signed.is_empty() {
        return Err(SessionRefusal::NotSigned.into());
    }
    let fits = match (act.way, agreement.track) {
        (_, AgreementTrack::UndisputedFacts) => false,
        // An agreement that the court records or issues needs no confirmation by it.
        (WayOut::JudicialConfirmation, track) => track == AgreementTrack::Organisation,
        (WayOut::MediationDocument, track) => track != AgreementTrack::CourtRecord,
        (WayOut::WithdrawSuit | WayOut::Performance, _) => true,
    };
    if !fits {
        return Err(SessionRefusal::OtherTrack.into());
    }
    let end = confirmation_end(&agreement, calendar);
    if act.way == WayOut::JudicialConfirmation && end.is_some_and(|last| position.at >= last.end()) {
        return Err(SessionRefusal::WindowOver.into());
    }
    agreement.ways_out.entry((act.way, party)).or_insert_with(|| actor(document, position));
    file.records.agreements.insert(act.agreement, agreement);
    Ok(())
}

/// 制作调解书, of an agreement that all parties signed.
///
/// # Errors
///
/// [`Refusal`].
pub fn issue_document(
    file: &mut CaseFile,
    document: &Document,
    number: AgreementNumber,
    deposit: DepositNumber,
    position: ActPosition,
) -> Result<(), Refusal> {
    let mut agreement = agreement(file, number)?;
    if agreement.track != AgreementTrack::MediationDocument {
        return Err(SessionRefusal::OtherTrack.into());
    }
    if agreement.signed.is_empty() {
        return Err(SessionRefusal::NotSigned.into());
    }
    if in_force(file, &agreement).is_some() {
        return Err(SessionRefusal::AlreadyInForce.into());
    }
    // Another document is received anew.
    agreement.received.clear();
    agreement.document = Some((actor(document, position), deposit));
    file.records.agreements.insert(number, agreement);
    Ok(())
}
