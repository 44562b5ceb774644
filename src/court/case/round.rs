//! Rules of confirmation rounds (确认轮): one version of a paper, a fixed list of people, and what each of them did.
//!
//! # Invariants
//!
//! - A confirmation counts only for the digest that it names, and only in the open round on that version.
//! - The list is fixed when the round opens. A new version ends the round, and all confirm again.
//! - Nobody confirms by silence.
//!
//! 在线诉讼规则 arts. 7 (3), 33, 34; 2018 规定 art. 19; 民诉法 arts. 62, 102, 150 (3).

use crate::court::acts::{Confirm, OpenRound, RecordRefusal, WithdrawConfirmation};
use crate::court::calendar::Calendar;
use crate::court::case::hearings::{actor, require_checked};
use crate::court::case::people::needs_special_authority;
use crate::court::case::refusal::Refusal;
use crate::court::case::round_steps::require_keeper;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::session_records::{
    Confirmation, Paper, Participant, Round, RoundEnd, SessionRecords, Step, StepKind,
};
use crate::court::case::session_refusal::SessionRefusal;
use crate::court::case::state::{ActPosition, CaseFile, Text};
use crate::court::case::{mediation, transcripts};
use crate::court::document::Document;
use crate::court::ids::{AccountId, RoundNumber};
use crate::court::session_words::{AgreementTrack, ConfirmationMethod, ConfirmationState, TranscriptKind};
use crate::court::signer::Signer;
use crate::court::values::Capacity;
use crate::court::words::{Role, SubjectKind};

/// Most people on a list.
pub const SIGNERS_MAX: usize = 200;
/// Most rounds of a case.
pub const ROUNDS_MAX: u32 = 2_000;

/// The paper that an act names: exactly one.
fn paper_of(act: &OpenRound) -> Result<Paper, Refusal> {
    match (act.transcript, act.agreement) {
        (Some(transcript), None) => Ok(Paper::Transcript(transcript)),
        (None, Some(agreement)) => Ok(Paper::Agreement(agreement)),
        _ => Err(SessionRefusal::NoSuchPaper.into()),
    }
}

/// Whether the paper belongs to a mediation.
fn is_of_mediation(records: &SessionRecords, paper: Paper) -> bool {
    match paper {
        Paper::Agreement(_) => true,
        Paper::Transcript(number) => {
            records.transcripts.get(&number).is_some_and(|found| found.kind == TranscriptKind::Mediation)
        }
    }
}

/// Checks that everybody on a list takes part in the case, once.
fn require_people(file: &CaseFile, signers: &[Signer]) -> Result<(), Refusal> {
    if signers.is_empty() || signers.len() > SIGNERS_MAX {
        return Err(SessionRefusal::SignersMissing.into());
    }
    for (at, signer) in signers.iter().enumerate() {
        if signers.iter().take(at).any(|earlier| earlier == signer) {
            return Err(SessionRefusal::SignerTwice.into());
        }
        match signer {
            Signer::Party(number) if !file.parties.contains_key(number) => return Err(Refusal::NoSuchParty(*number)),
            Signer::Agent(number) if file.agents.get(number).is_none_or(|agent| agent.ended.is_some()) => {
                return Err(Refusal::NoSuchAgent(*number));
            }
            Signer::Holder(role, account) if file.relation(*account, Capacity::Holding(*role)).is_none() => {
                return Err(Refusal::NotAppointed);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Opens a round on the latest version of a paper.
///
/// # Errors
///
/// [`Refusal`].
pub fn open(
    file: &mut CaseFile,
    document: &Document,
    act: &OpenRound,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    let paper = paper_of(act)?;
    let next = file.records.next_round();
    if act.round != next || next.0 > ROUNDS_MAX {
        return Err(Refusal::NotNext { expected: next.0 });
    }
    if !file.records.may_see(paper, document.by) {
        return Err(SessionRefusal::NoSuchPaper.into());
    }
    require_keeper(document.capacity, is_of_mediation(&file.records, paper))?;
    let versions = file.records.versions(paper);
    let latest = versions.last().ok_or(SessionRefusal::NoSuchPaper)?;
    if usize::try_from(act.version).ok() != Some(versions.len()) {
        return Err(SessionRefusal::VersionSuperseded.into());
    }
    if file.records.open_round(paper).is_some() {
        return Err(SessionRefusal::RoundOpen.into());
    }
    let digests = latest.document.digests.clone();
    require_people(file, &act.signer)?;
    let required: Vec<bool> = match paper {
        Paper::Transcript(number) => {
            transcripts::check_round(file, number, &act.signer)?;
            act.signer.iter().map(|_| true).collect()
        }
        Paper::Agreement(number) => {
            let track = mediation::check_round(file, number, &act.signer, position, calendar)?;
            act.signer.iter().map(|signer| mediation::moves(track, signer)).collect()
        }
    };
    let people = act.signer.iter().zip(required);
    let people = people.map(|(signer, required)| Participant { signer: *signer, required, steps: Vec::new() });
    let round = Round {
        paper,
        version: act.version,
        digests,
        opened: actor(document, position),
        people: people.collect(),
        end: None,
    };
    file.records.rounds.insert_mut(act.round, round);
    Ok(())
}

/// The open round that an act names, and the place of the person in its list.
fn person(file: &CaseFile, document: &Document, number: RoundNumber, person: u32) -> Result<(Round, usize), Refusal> {
    let round = file.records.rounds.get(&number).ok_or(SessionRefusal::NoSuchRound(number))?;
    if !file.records.may_see(round.paper, document.by) {
        return Err(SessionRefusal::NoSuchRound(number).into());
    }
    let at = usize::try_from(person).ok().and_then(|person| person.checked_sub(1));
    let at = at.filter(|at| *at < round.people.len()).ok_or(SessionRefusal::NotOnTheList)?;
    Ok((round.clone(), at))
}

/// Requires that a round is open.
fn require_open(round: &Round) -> Result<(), Refusal> {
    match round.end {
        None => Ok(()),
        Some(RoundEnd::Superseded(_)) => Err(SessionRefusal::VersionSuperseded.into()),
        Some(RoundEnd::Completed | RoundEnd::Terminated(_)) => Err(SessionRefusal::RoundOver.into()),
    }
}

/// Whether the actor is this person: a party, or an agent for its party; the agent itself; the holder of the role.
#[must_use]
pub fn stands_for(file: &CaseFile, signer: &Signer, by: AccountId, capacity: Capacity) -> bool {
    match *signer {
        Signer::Party(number) => file.party_of(capacity) == Some(number),
        Signer::Agent(number) => capacity == Capacity::Agent(number),
        Signer::Holder(role, account) => capacity == Capacity::Holding(role) && account == by,
        Signer::Other(..) => false,
    }
}

/// The person of a round that an actor most likely means: its own entry if it waits, otherwise that of its party.
#[must_use]
pub fn person_of(file: &CaseFile, round: &Round, by: AccountId, capacity: Capacity) -> Option<u32> {
    let people = || (1..).zip(&round.people);
    let own = |(_, person): &(u32, &Participant)| stands_for(file, &person.signer, by, capacity);
    let waits = |(_, person): &(u32, &Participant)| person.state() == ConfirmationState::Pending;
    let direct = |(_, person): &(u32, &Participant)| {
        !matches!(person.signer, Signer::Party(_)) || matches!(capacity, Capacity::Party(_))
    };
    let mut found = people().filter(own).filter(waits).filter(direct);
    let found = found.next().or_else(|| people().filter(own).find(waits)).or_else(|| people().find(own));
    found.map(|(number, _)| number)
}

/// 确认.
///
/// # Errors
///
/// [`Refusal`].
pub fn confirm(
    file: &mut CaseFile,
    document: &Document,
    act: &Confirm,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let (mut round, at) = person(file, document, act.round, act.person)?;
    let person = round.people.get(at).ok_or(SessionRefusal::NotOnTheList)?;
    let is_confirmed = person.state() == ConfirmationState::Confirmed;
    if is_confirmed && !matches!(round.end, Some(RoundEnd::Superseded(_))) {
        return Err(SessionRefusal::AlreadyConfirmed.into());
    }
    // Those who sign as well may do so after the moment, which they do not move.
    let is_complete = matches!((round.paper, round.end), (Paper::Agreement(_), Some(RoundEnd::Completed)));
    if !is_complete || person.required {
        require_open(&round)?;
    }
    require_digest(file, &round, act)?;
    require_signature(file, document, act, &person.signer)?;
    if person.state() == ConfirmationState::CorrectionRequested {
        return Err(SessionRefusal::CorrectionPending.into());
    }
    let by_the_court = person.signer.signs_by_office();
    let on_paper = act.method == ConfirmationMethod::Offline;
    if !by_the_court {
        // What was signed on paper is entered later: the check was made when it was signed.
        require_checked(act.identity.as_ref(), position, !on_paper)?;
    }
    let late = match round.paper {
        Paper::Transcript(number) => {
            let signed_at = act.identity.filter(|_| on_paper).map_or(position.at, |check| check.at);
            transcripts::require_signable(file, number, signed_at, calendar)?
        }
        Paper::Agreement(number) => {
            mediation::require_signable(file, number, position, calendar)?;
            needs_special_authority(file, document.capacity)?;
            false
        }
    };
    let authority = match document.capacity {
        Capacity::Agent(number) => file.agents.get(&number).map(|agent| agent.authority),
        _ => None,
    };
    let confirmation = Confirmation {
        digest: act.digest,
        method: act.method,
        identity: act.identity.filter(|_| !by_the_court),
        authority,
        document: act.document,
        late,
    };
    let step = Step { actor: actor(document, position), kind: StepKind::Confirmed(Box::new(confirmation)) };
    if let Some(person) = round.people.get_mut(at) {
        person.steps.push(step);
    }
    if !is_complete && let (Paper::Agreement(number), Some(last)) = (round.paper, round.completion().copied()) {
        round.end = Some(RoundEnd::Completed);
        mediation::signed(file, number, act.round, round.version, last);
    }
    file.records.rounds.insert_mut(act.round, round);
    Ok(())
}

/// The digest must be one of the version that the round is about.
fn require_digest(file: &CaseFile, round: &Round, act: &Confirm) -> Result<(), Refusal> {
    if round.digests.contains(&act.digest) {
        return Ok(());
    }
    let of_another_version =
        |version: &crate::court::case::session_records::PaperVersion| version.document.digests.contains(&act.digest);
    if file.records.versions(round.paper).iter().any(of_another_version) {
        return Err(SessionRefusal::VersionSuperseded.into());
    }
    Err(SessionRefusal::OtherDigest.into())
}

/// Who signs for whom, and by which method.
fn require_signature(file: &CaseFile, document: &Document, act: &Confirm, signer: &Signer) -> Result<(), Refusal> {
    if act.method == ConfirmationMethod::Offline {
        // What was signed on paper is entered by the court, with the scan.
        if !matches!(document.capacity, Capacity::Holding(Role::Clerk | Role::JudgeAssistant)) {
            return Err(SessionRefusal::MethodNotOpen.into());
        }
        return if act.document.is_some() { Ok(()) } else { Err(SessionRefusal::ScanNeeded.into()) };
    }
    if !stands_for(file, signer, document.by, document.capacity) {
        return Err(SessionRefusal::NotOnTheList.into());
    }
    // The board is not open to organisations: they seal, or an authorised agent signs.
    let organisation = |party: &crate::court::case::state::Party| party.subject != SubjectKind::NaturalPerson;
    match document.capacity {
        Capacity::Party(number)
            if act.method == ConfirmationMethod::Handwritten && file.parties.get(&number).is_some_and(organisation) =>
        {
            Err(SessionRefusal::MethodNotOpen.into())
        }
        _ => Ok(()),
    }
}

/// 反悔: before the moment of the agreement, by the person whose signature it is.
///
/// # Errors
///
/// [`Refusal`].
pub fn withdraw(
    file: &mut CaseFile,
    document: &Document,
    act: &WithdrawConfirmation,
    position: ActPosition,
) -> Result<(), Refusal> {
    let (mut round, at) = person(file, document, act.round, act.person)?;
    if matches!(round.paper, Paper::Transcript(_)) {
        return Err(SessionRefusal::NotWithdrawable.into());
    }
    let reverses = matches!(round.end, Some(RoundEnd::Completed));
    if reverses {
        may_reverse(file, round.paper, act.round)?;
    } else {
        require_open(&round)?;
    }
    let person = round.people.get_mut(at).ok_or(SessionRefusal::NotOnTheList)?;
    if !stands_for(file, &person.signer, document.by, document.capacity) {
        return Err(SessionRefusal::NotOnTheList.into());
    }
    needs_special_authority(file, document.capacity)?;
    if person.state() != ConfirmationState::Confirmed {
        return Err(SessionRefusal::NotConfirmed.into());
    }
    person.steps.push(Step { actor: actor(document, position), kind: StepKind::Withdrawn });
    if let (true, Paper::Agreement(number)) = (reverses, round.paper) {
        round.end = Some(RoundEnd::Terminated(position));
        mediation::reversed(file, number, act.round);
    }
    file.records.rounds.insert_mut(act.round, round);
    Ok(())
}

/// After all have signed, only an agreement whose mediation document was not received yet can be reversed.
fn may_reverse(file: &CaseFile, paper: Paper, round: RoundNumber) -> Result<(), Refusal> {
    let Paper::Agreement(number) = paper else { return Err(SessionRefusal::NotWithdrawable.into()) };
    let agreement = file.records.agreements.get(&number).ok_or(SessionRefusal::NoSuchAgreement(number))?;
    let waits = agreement.track == AgreementTrack::MediationDocument && mediation::in_force(file, agreement).is_none();
    let latest = agreement.signed.last().is_some_and(|moment| moment.round == round);
    if waits && latest { Ok(()) } else { Err(SessionRefusal::AlreadyInForce.into()) }
}

/// A refusal: for a transcript by the court, for an agreement by the person or the keeper of the agreement.
///
/// # Errors
///
/// [`Refusal`].
pub fn refuse(
    file: &mut CaseFile,
    document: &Document,
    act: &RecordRefusal,
    position: ActPosition,
) -> Result<(), Refusal> {
    let (mut round, at) = person(file, document, act.round, act.person)?;
    require_open(&round)?;
    let of_mediation = is_of_mediation(&file.records, round.paper);
    let person = round.people.get_mut(at).ok_or(SessionRefusal::NotOnTheList)?;
    match (document.capacity, round.paper) {
        (Capacity::Holding(_), _) => require_keeper(document.capacity, of_mediation)?,
        (_, Paper::Transcript(_)) => return Err(Refusal::NotYours),
        (_, Paper::Agreement(_)) if !stands_for(file, &person.signer, document.by, document.capacity) => {
            return Err(SessionRefusal::NotOnTheList.into());
        }
        _ => {}
    }
    match person.state() {
        ConfirmationState::Confirmed => return Err(SessionRefusal::AlreadyConfirmed.into()),
        ConfirmationState::CorrectionRequested => return Err(SessionRefusal::CorrectionPending.into()),
        _ => {}
    }
    let reason = act.reason.map(|annex| Text { annex, index: position.index });
    person.steps.push(Step { actor: actor(document, position), kind: StepKind::Refused(reason) });
    file.records.rounds.insert_mut(act.round, round);
    Ok(())
}
