//! Rules of transcripts (笔录): versions, correction of one's own statements, five days for reading, the final version.
//!
//! # Invariants
//!
//! A transcript becomes final only by the signatures of judge and clerk; of the others each has signed, has refused on record, or did not
//! respond in time. Silence never counts as a confirmation.
//!
//! 民诉法 arts. 45 and 150; 在线诉讼规则 art. 34.

use crate::court::acts::{AddTranscriptVersion, DecideCorrection, OpenTranscript, RequestCorrection};
use crate::court::calendar::{Calendar, Day};
use crate::court::case::hearings::actor;
use crate::court::case::refusal::Refusal;
use crate::court::case::round_steps::{add_step, day_of, end_open, require_keeper};
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::session_records::{
    Correction, DepositedDocument, Paper, PaperVersion, Participant, RoundEnd, Step, StepKind, Transcript, last_day,
};
use crate::court::case::session_refusal::SessionRefusal;
use crate::court::case::state::{ActPosition, CaseFile, Text};
use crate::court::document::Document;
use crate::court::ids::{AnnexId, PartyNumber, TranscriptNumber};
use crate::court::session_words::{
    ConfirmationState, CorrectionDecision, TranscriptKind, TranscriptState, VersionSource,
};
use crate::court::signer::Signer;
use crate::court::values::Capacity;
use crate::court::words::Role;
use crate::ledger::time::Timestamp;

/// 民诉法 art. 150 (2): days for reading a transcript.
pub const READING_DAYS: u32 = 5;
/// Most transcripts of a case.
pub const TRANSCRIPTS_MAX: u32 = 1_000;
/// Most versions of a transcript, and most requests for its correction.
pub const VERSIONS_MAX: usize = 200;

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A transcript that the actor may see.
fn seen(file: &CaseFile, number: TranscriptNumber, document: &Document) -> Result<Transcript, Refusal> {
    let found = file.records.transcripts.get(&number).ok_or(SessionRefusal::NoSuchTranscript(number))?;
    if !file.records.may_see(Paper::Transcript(number), document.by) {
        return Err(SessionRefusal::NoSuchTranscript(number).into());
    }
    Ok(found.clone())
}

/// 制作笔录.
///
/// # Errors
///
/// [`Refusal`].
pub fn open(
    file: &mut CaseFile,
    document: &Document,
    act: &OpenTranscript,
    position: ActPosition,
) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    require_keeper(document.capacity, act.kind == TranscriptKind::Mediation)?;
    let next = file.records.next_transcript();
    if act.transcript != next || next.0 > TRANSCRIPTS_MAX {
        return Err(Refusal::NotNext { expected: next.0 });
    }
    if let Some(hearing) = act.hearing
        && file.records.hearing(hearing).is_none()
    {
        return Err(SessionRefusal::NoSuchHearing(hearing).into());
    }
    if act.kind == TranscriptKind::Hearing && act.hearing.is_none() {
        return Err(SessionRefusal::NoHearing.into());
    }
    let transcript = Transcript {
        kind: act.kind,
        hearing: act.hearing,
        opened: actor(document, position),
        versions: Vec::new(),
        corrections: Vec::new(),
        finalised: None,
    };
    file.records.transcripts.insert(act.transcript, transcript);
    Ok(())
}

/// A version of a transcript. The round on the version before ends, and all confirm again.
///
/// # Errors
///
/// [`Refusal`].
pub fn add_version(
    file: &mut CaseFile,
    document: &Document,
    act: &AddTranscriptVersion,
    position: ActPosition,
) -> Result<(), Refusal> {
    let mut transcript = seen(file, act.transcript, document)?;
    require_keeper(document.capacity, transcript.kind == TranscriptKind::Mediation)?;
    if transcript.finalised.is_some() {
        return Err(SessionRefusal::TranscriptFinal.into());
    }
    let next = count(transcript.versions.len()).saturating_add(1);
    if act.version != next || transcript.versions.len() >= VERSIONS_MAX {
        return Err(Refusal::NotNext { expected: next });
    }
    let written = transcript.versions.iter().any(|version| version.source != Some(VersionSource::Machine));
    if written && act.source == VersionSource::Machine {
        return Err(SessionRefusal::MachineText.into());
    }
    if transcript.corrections.iter().any(|correction| correction.decision.is_none()) {
        return Err(SessionRefusal::CorrectionPending.into());
    }
    for correction in &mut transcript.corrections {
        let allowed = matches!(correction.decision, Some((_, CorrectionDecision::Allowed, _)));
        if allowed && correction.amended_in.is_none() {
            correction.amended_in = Some(act.version);
        }
    }
    transcript.versions.push(PaperVersion {
        added: actor(document, position),
        source: Some(act.source),
        document: DepositedDocument {
            number: act.document,
            digests: act.data_hash.clone(),
            size: act.size,
            media_type: act.media_type,
        },
    });
    file.records.transcripts.insert(act.transcript, transcript);
    end_open(file, Paper::Transcript(act.transcript), RoundEnd::Superseded(position));
    Ok(())
}

/// The last day for reading the latest version: five days from the day after the hearing, or after the version was made if that is
/// later. `None` while the hearing has not ended, or without a version to read.
#[must_use]
pub fn reading_end(file: &CaseFile, transcript: &Transcript, calendar: &Calendar) -> Option<Day> {
    let latest = transcript.versions.last().filter(|version| version.source != Some(VersionSource::Machine))?;
    let made = day_of(&latest.added);
    let begin = match transcript.hearing.and_then(|number| file.records.hearing(number)) {
        None => made,
        Some(hearing) => day_of(&hearing.ended.as_ref()?.0).max(made),
    };
    last_day(begin, READING_DAYS, calendar)
}

fn is_over(file: &CaseFile, transcript: &Transcript, at: Timestamp, calendar: &Calendar) -> bool {
    reading_end(file, transcript, calendar).is_some_and(|last| at >= last.end())
}

/// The state of a transcript.
#[must_use]
pub fn state(file: &CaseFile, number: TranscriptNumber, transcript: &Transcript) -> TranscriptState {
    let undecided = transcript.corrections.iter().any(|correction| correction.decision.is_none());
    let unamended = transcript.corrections.iter().any(|correction| {
        matches!(correction.decision, Some((_, CorrectionDecision::Allowed, _))) && correction.amended_in.is_none()
    });
    match transcript.versions.last() {
        _ if transcript.finalised.is_some() => TranscriptState::Final,
        None => TranscriptState::Recording,
        _ if undecided => TranscriptState::CorrectionRequested,
        _ if unamended => TranscriptState::ToBeAmended,
        Some(version) if version.source == Some(VersionSource::Machine) => TranscriptState::MachineText,
        Some(_) if file.records.open_round(Paper::Transcript(number)).is_some() => TranscriptState::ToBeSigned,
        Some(_) => TranscriptState::ToBeChecked,
    }
}

/// 申请补正: of one's own statements, in the latest version, in the days for reading.
///
/// # Errors
///
/// [`Refusal`].
pub fn request_correction(
    file: &mut CaseFile,
    document: &Document,
    act: &RequestCorrection,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let mut transcript = seen(file, act.transcript, document)?;
    if transcript.finalised.is_some() {
        return Err(SessionRefusal::TranscriptFinal.into());
    }
    if act.version == 0 || act.version != count(transcript.versions.len()) {
        return Err(SessionRefusal::VersionSuperseded.into());
    }
    let next = count(transcript.corrections.len()).saturating_add(1);
    if act.correction.0 != next || transcript.corrections.len() >= VERSIONS_MAX {
        return Err(Refusal::NotNext { expected: next });
    }
    let party = file.party_of(document.capacity);
    // What an agent said was said for its party.
    let own = act.speaker == document.capacity || party.is_some_and(|_| file.party_of(act.speaker) == party);
    if !own {
        return Err(Refusal::NotYours);
    }
    if is_over(file, &transcript, position.at, calendar) {
        return Err(SessionRefusal::WindowOver.into());
    }
    let text = |annex: AnnexId| Text { annex, index: position.index };
    let requested = actor(document, position);
    transcript.corrections.push(Correction {
        requested,
        version: act.version,
        speaker: act.speaker,
        ground: act.ground,
        place: text(act.place),
        wording: text(act.wording),
        segment: act.segment,
        decision: None,
        amended_in: None,
    });
    file.records.transcripts.insert(act.transcript, transcript);
    let step = Step { actor: requested, kind: StepKind::Requested(act.correction) };
    let itself = party.filter(|party| file.is_party_itself(document.capacity, *party));
    let own = |person: &Participant| is_person_of(person, itself, document);
    let waits = |person: &Participant| person.state() != ConfirmationState::Confirmed && own(person);
    add_step(file, Paper::Transcript(act.transcript), &step, waits);
    Ok(())
}

/// Whether the entry of the list is that of the actor itself; `party` is the party if the actor stands in its place.
fn is_person_of(person: &Participant, party: Option<PartyNumber>, document: &Document) -> bool {
    match person.signer {
        Signer::Party(number) => party == Some(number),
        Signer::Agent(number) => document.capacity == Capacity::Agent(number),
        Signer::Holder(role, account) => document.capacity == Capacity::Holding(role) && document.by == account,
        Signer::Other(..) => false,
    }
}

/// The decision on a request. A refused request stays on record, and its author confirms or refuses as before.
///
/// # Errors
///
/// [`Refusal`].
pub fn decide_correction(
    file: &mut CaseFile,
    document: &Document,
    act: &DecideCorrection,
    position: ActPosition,
) -> Result<(), Refusal> {
    let mut transcript = seen(file, act.transcript, document)?;
    require_keeper(document.capacity, transcript.kind == TranscriptKind::Mediation)?;
    let at = usize::try_from(act.correction.0).ok().and_then(|number| number.checked_sub(1));
    let correction = at.and_then(|at| transcript.corrections.get_mut(at));
    let correction = correction.ok_or(SessionRefusal::NoSuchCorrection(act.correction))?;
    if correction.decision.is_some() {
        return Err(SessionRefusal::CorrectionDecided.into());
    }
    let decider = actor(document, position);
    let reason = act.reason.map(|annex| Text { annex, index: position.index });
    correction.decision = Some((decider, act.decision, reason));
    file.records.transcripts.insert(act.transcript, transcript);
    if act.decision == CorrectionDecision::Refused {
        let step = Step { actor: decider, kind: StepKind::RequestRefused(act.correction) };
        let by_this = |person: &Participant| {
            person.steps.last().is_some_and(|step| step.kind == StepKind::Requested(act.correction))
        };
        add_step(file, Paper::Transcript(act.transcript), &step, by_this);
    }
    Ok(())
}

/// What a list must have: judge and clerk; of a mediation a judge, a judge's assistant or a mediator; of a deliberation nobody but the
/// panel.
pub(in crate::court::case) fn check_round(
    file: &CaseFile,
    number: TranscriptNumber,
    signers: &[Signer],
) -> Result<(), Refusal> {
    let transcript = file.records.transcripts.get(&number).ok_or(SessionRefusal::NoSuchTranscript(number))?;
    if transcript.finalised.is_some() {
        return Err(SessionRefusal::TranscriptFinal.into());
    }
    match state(file, number, transcript) {
        TranscriptState::MachineText | TranscriptState::Recording => return Err(SessionRefusal::MachineText.into()),
        TranscriptState::CorrectionRequested | TranscriptState::ToBeAmended => {
            return Err(SessionRefusal::CorrectionPending.into());
        }
        _ => {}
    }
    let has = |roles: &[Role]| signers.iter().any(|one| matches!(one, Signer::Holder(role, _) if roles.contains(role)));
    let of_the_panel =
        |one: &Signer| matches!(one, Signer::Holder(Role::Judge | Role::PeoplesAssessor | Role::Clerk, _));
    let complete = match transcript.kind {
        TranscriptKind::Mediation => has(&[Role::Judge, Role::Mediator, Role::JudgeAssistant]),
        TranscriptKind::Deliberation if !signers.iter().all(of_the_panel) => {
            return Err(SessionRefusal::PanelOnly.into());
        }
        _ => has(&[Role::Judge]) && has(&[Role::Clerk]),
    };
    if complete { Ok(()) } else { Err(SessionRefusal::SignersMissing.into()) }
}

/// Whether a signature made at `at` would be late; nobody signs while the hearing goes on.
pub(in crate::court::case) fn require_signable(
    file: &CaseFile,
    number: TranscriptNumber,
    at: Timestamp,
    calendar: &Calendar,
) -> Result<bool, Refusal> {
    let transcript = file.records.transcripts.get(&number).ok_or(SessionRefusal::NoSuchTranscript(number))?;
    let hearing = transcript.hearing.and_then(|hearing| file.records.hearing(hearing));
    if hearing.is_some_and(|hearing| hearing.ended.is_none()) {
        return Err(SessionRefusal::HearingNotEnded.into());
    }
    Ok(is_over(file, transcript, at, calendar))
}

/// 定稿: judge and clerk have signed, and each of the others has signed, has refused on record, or has let the days for reading pass.
///
/// # Errors
///
/// [`Refusal`].
pub fn finalise(
    file: &mut CaseFile,
    document: &Document,
    number: TranscriptNumber,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let mut transcript = seen(file, number, document)?;
    require_keeper(document.capacity, transcript.kind == TranscriptKind::Mediation)?;
    if transcript.finalised.is_some() {
        return Err(SessionRefusal::TranscriptFinal.into());
    }
    if state(file, number, &transcript) != TranscriptState::ToBeSigned {
        return Err(SessionRefusal::NotToBeSigned.into());
    }
    let paper = Paper::Transcript(number);
    let (_, round) = file.records.open_round(paper).ok_or(SessionRefusal::NotToBeSigned)?;
    let over = is_over(file, &transcript, position.at, calendar);
    let may_be_closed = |person: &Participant| match person.state() {
        ConfirmationState::Confirmed => true,
        // Judge and clerk sign themselves; nobody closes a transcript without them.
        _ if person.signer.signs_by_office() => false,
        ConfirmationState::Refused | ConfirmationState::NoResponse => true,
        ConfirmationState::Pending => over,
        ConfirmationState::CorrectionRequested => false,
    };
    if !round.people.iter().all(may_be_closed) {
        return Err(SessionRefusal::RoundOpen.into());
    }
    let closer = actor(document, position);
    let step = Step { actor: closer, kind: StepKind::NoResponse };
    add_step(file, paper, &step, |person| person.state() == ConfirmationState::Pending);
    end_open(file, paper, RoundEnd::Completed);
    transcript.finalised = Some(closer);
    file.records.transcripts.insert(number, transcript);
    Ok(())
}
