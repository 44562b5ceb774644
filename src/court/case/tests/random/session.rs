//! Random acts of appointments, hearings, transcripts, confirmation rounds and mediations.

use super::{
    AcceptMediation, AccountId, Act, ActKind, AddRecording, AddTranscriptVersion, AdjournHearing, AgreeMediation,
    AgreeSigning, AgreementNumber, ApplyWayOut, Appoint, BeginHearing, CaseFile, CloseRecording, Confirm,
    ConfirmService, CorrectionNumber, Day, DecideCorrection, Dice, Digest, DraftAgreement, EndAppointment, EndHearing,
    EndMediation, FinaliseTranscript, ForwardItem, HashAlgorithm, HearingNumber, IdentityCheck, IdentityLevel,
    IdentityMethod, IssueMediationDocument, JoinSession, LeaveSession, OpenRound, OpenTranscript, PartyNumber,
    ProlongMediation, RecordRefusal, RequestCorrection, Role, RoundNumber, START, Stage, Timestamp, TranscriptNumber,
    WithdrawConfirmation,
};
use crate::court::case::hearings::manifest_of;
use crate::court::case::session_records::{Paper, Participant};
use crate::court::ids::AgentNumber;
use crate::court::session_words::*;
use crate::court::signer::Signer;
use crate::court::values::Capacity;

/// The clerk, who is no party of any case.
const CLERK_ACCOUNT: AccountId = AccountId(Digest([8; 32]));

/// The kinds of acts that this file makes.
pub(in crate::court) const KINDS: &[ActKind] = &[
    ActKind::Appoint,
    ActKind::EndAppointment,
    ActKind::EndHearing,
    ActKind::JoinSession,
    ActKind::LeaveSession,
    ActKind::AddRecording,
    ActKind::CloseRecording,
    ActKind::OpenTranscript,
    ActKind::AddTranscriptVersion,
    ActKind::RequestCorrection,
    ActKind::DecideCorrection,
    ActKind::FinaliseTranscript,
    ActKind::OpenRound,
    ActKind::Confirm,
    ActKind::WithdrawConfirmation,
    ActKind::RecordRefusal,
    ActKind::AgreeMediation,
    ActKind::AcceptMediation,
    ActKind::ProlongMediation,
    ActKind::DraftAgreement,
    ActKind::AgreeSigning,
    ActKind::EndMediation,
    ActKind::ApplyWayOut,
    ActKind::IssueMediationDocument,
    ActKind::ForwardItem,
];

const APPOINTED: [Role; 5] = [Role::Mediator, Role::Mediator, Role::PeoplesAssessor, Role::Expert, Role::Clerk];

/// A check that is fresh more often than not.
fn check(d: &mut Dice, file: Option<&CaseFile>) -> IdentityCheck {
    let now = file.map_or(START, |file| file.last.at.as_millis());
    let at = if d.below(6) == 0 { d.time() } else { Timestamp::from_millis(now).unwrap() };
    let level = d.of(&[IdentityLevel::Substantial, IdentityLevel::High, IdentityLevel::High, IdentityLevel::Basic]);
    IdentityCheck { method: d.of(IdentityMethod::ALL), level, at }
}

/// Both digests of one of a few files.
fn digests(d: &mut Dice) -> Vec<(HashAlgorithm, Digest)> {
    let file = u8::try_from(d.below(6)).unwrap();
    vec![(HashAlgorithm::Sm3, Digest([file; 32])), (HashAlgorithm::Sha256, Digest([100 + file; 32]))]
}

/// A number from 1 to `last`, mostly.
fn known(d: &mut Dice, last: usize) -> u32 {
    let last = u32::try_from(last).unwrap();
    if last == 0 || d.below(12) == 0 { 1 + d.below(4) } else { 1 + d.below(last) }
}

fn signers(d: &mut Dice, file: Option<&CaseFile>) -> Vec<Signer> {
    let mut list: Vec<Signer> =
        file.map(|file| file.parties.keys().map(|party| Signer::Party(*party)).collect()).unwrap_or_default();
    if list.is_empty() || d.below(8) == 0 {
        list.push(Signer::Party(PartyNumber(1 + d.below(3))));
    }
    for role in [Role::Judge, Role::Clerk] {
        if d.below(6) > 0 {
            list.push(Signer::Holder(role, d.account()));
        }
    }
    let appointed = file.and_then(|file| file.records.appointments.iter().next().copied());
    if let Some((role, account)) = appointed.filter(|_| d.below(4) > 0) {
        list.push(Signer::Holder(role, account));
    }
    if d.below(10) == 0 {
        list.retain(|signer| matches!(signer, Signer::Holder(..)));
    }
    if d.below(6) == 0 {
        list.push(Signer::Other(ParticipantKind::Witness, d.annex()));
    }
    if d.below(6) == 0 {
        list.push(Signer::Agent(AgentNumber(1 + d.below(2))));
    }
    list
}

pub(super) fn act(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    match kind {
        ActKind::Appoint => Act::Appoint(Appoint { role: d.of(&APPOINTED), account: d.account() }),
        ActKind::EndAppointment => Act::EndAppointment(EndAppointment { role: d.of(&APPOINTED), account: d.account() }),
        ActKind::EndHearing => Act::EndHearing(EndHearing {}),
        ActKind::JoinSession => {
            Act::JoinSession(JoinSession { activity: d.of(SessionActivity::ALL), identity: check(d, file) })
        }
        ActKind::LeaveSession => Act::LeaveSession(LeaveSession { activity: d.of(SessionActivity::ALL) }),
        ActKind::AddRecording | ActKind::CloseRecording => of_recordings(d, kind, file),
        ActKind::OpenTranscript
        | ActKind::AddTranscriptVersion
        | ActKind::RequestCorrection
        | ActKind::DecideCorrection
        | ActKind::FinaliseTranscript => of_transcripts(d, kind, file),
        ActKind::OpenRound | ActKind::Confirm | ActKind::WithdrawConfirmation | ActKind::RecordRefusal => {
            of_rounds(d, kind, file)
        }
        _ => of_mediation(d, kind, file),
    }
}

fn of_recordings(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    let hearing = HearingNumber(known(d, file.map_or(0, |file| file.records.hearings.len())));
    let segments = file.and_then(|file| file.records.hearing(hearing)).map(|hearing| hearing.segments.clone());
    let segments = segments.unwrap_or_default();
    if kind == ActKind::AddRecording {
        let next = u32::try_from(segments.len() + 1).ok();
        let from = segments.last().map_or_else(|| d.time(), |last| last.until);
        return Act::AddRecording(AddRecording {
            hearing,
            segment: d.number(next),
            document: d.deposit(),
            data_hash: digests(d),
            size: 1 + u64::from(d.below(9)),
            name: d.digest(),
            from,
            until: if d.below(8) == 0 { d.time() } else { from },
        });
    }
    let (root, count) = manifest_of(&segments).filter(|_| d.below(4) > 0).unwrap_or((d.digest(), 1));
    let count = u32::try_from(count).unwrap();
    Act::CloseRecording(CloseRecording { hearing, document: d.deposit(), root, count })
}

fn of_transcripts(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    let transcript = TranscriptNumber(known(d, file.map_or(0, |file| file.records.transcripts.len())));
    let paper = Paper::Transcript(transcript);
    let versions = file.map_or(0, |file| u32::try_from(file.records.versions(paper).len()).unwrap());
    let corrections = file.and_then(|file| file.records.transcripts.get(&transcript));
    let corrections = corrections.map_or(0, |found| found.corrections.len());
    match kind {
        ActKind::OpenTranscript => Act::OpenTranscript(OpenTranscript {
            transcript: TranscriptNumber(d.number(file.map(|file| file.records.next_transcript().0))),
            kind: d.of(TranscriptKind::ALL),
            hearing: d.optional(|d| HearingNumber(1 + d.below(2))),
        }),
        ActKind::AddTranscriptVersion => Act::AddTranscriptVersion(AddTranscriptVersion {
            transcript,
            version: d.number(Some(versions + 1)),
            source: d.of(VersionSource::ALL),
            document: d.deposit(),
            data_hash: digests(d),
            size: u64::from(d.below(9)),
            media_type: None,
        }),
        ActKind::RequestCorrection => Act::RequestCorrection(RequestCorrection {
            transcript,
            version: d.number(Some(versions)),
            correction: CorrectionNumber(d.number(u32::try_from(corrections + 1).ok())),
            speaker: d.of(&[
                Capacity::Party(PartyNumber(1)),
                Capacity::Party(PartyNumber(2)),
                Capacity::Agent(AgentNumber(1)),
                Capacity::Holding(Role::Expert),
            ]),
            ground: d.of(CorrectionGround::ALL),
            place: d.annex(),
            wording: d.annex(),
            segment: d.optional(|d| 1 + d.below(3)),
        }),
        ActKind::DecideCorrection => Act::DecideCorrection(DecideCorrection {
            transcript,
            correction: CorrectionNumber(known(d, corrections)),
            decision: d.of(CorrectionDecision::ALL),
            reason: d.optional(Dice::annex),
        }),
        _ => Act::FinaliseTranscript(FinaliseTranscript { transcript }),
    }
}

fn of_rounds(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    let records = file.map(|file| &file.records);
    if kind == ActKind::OpenRound {
        let transcript = TranscriptNumber(known(d, records.map_or(0, |records| records.transcripts.len())));
        let agreement = AgreementNumber(known(d, records.map_or(0, |records| records.agreements.len())));
        let of_transcript = d.below(2) == 0;
        let paper = if of_transcript { Paper::Transcript(transcript) } else { Paper::Agreement(agreement) };
        let versions = records.map_or(0, |records| records.versions(paper).len());
        return Act::OpenRound(OpenRound {
            round: RoundNumber(d.number(records.map(|records| records.next_round().0))),
            transcript: (of_transcript || d.below(30) == 0).then_some(transcript),
            agreement: (!of_transcript || d.below(30) == 0).then_some(agreement),
            version: d.number(u32::try_from(versions).ok()),
            signer: signers(d, file),
        });
    }
    let round = RoundNumber(known(d, records.map_or(0, |records| records.rounds.size())));
    let found = records.and_then(|records| records.rounds.get(&round));
    let person = known(d, found.map_or(0, |round| round.people.len()));
    match kind {
        ActKind::Confirm => {
            let own = found.and_then(|round| round.digests.first().copied());
            let digest = own.filter(|_| d.below(4) > 0).unwrap_or_else(|| d.of(&digests(&mut Dice(d.0))));
            Act::Confirm(Confirm {
                round,
                person,
                digest,
                method: d.of(ConfirmationMethod::ALL),
                identity: if d.below(8) == 0 { None } else { Some(check(d, file)) },
                document: d.optional(Dice::deposit),
            })
        }
        ActKind::WithdrawConfirmation => Act::WithdrawConfirmation(WithdrawConfirmation { round, person }),
        _ => Act::RecordRefusal(RecordRefusal { round, person, reason: d.optional(Dice::annex) }),
    }
}

fn of_mediation(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    let agreement = AgreementNumber(known(d, file.map_or(0, |file| file.records.agreements.len())));
    match kind {
        ActKind::AgreeMediation => Act::AgreeMediation(AgreeMediation {}),
        ActKind::AcceptMediation => Act::AcceptMediation(AcceptMediation {}),
        ActKind::ProlongMediation => {
            Act::ProlongMediation(ProlongMediation { until: d.of(&[Day::parse("2026-12-31").unwrap(), Day::LAST]) })
        }
        ActKind::DraftAgreement => {
            let next = file.map_or(AgreementNumber(1), |file| file.records.next_agreement());
            let agreement = if d.below(3) == 0 { next } else { agreement };
            let known = file.and_then(|file| file.records.agreements.get(&agreement));
            let version = known.map_or(1, |known| known.versions.len() + 1);
            let track = known.map(|known| known.track).filter(|_| d.below(8) > 0);
            Act::DraftAgreement(DraftAgreement {
                agreement,
                version: d.number(u32::try_from(version).ok()),
                track: track.unwrap_or_else(|| d.of(AgreementTrack::ALL)),
                document: d.deposit(),
                data_hash: digests(d),
                size: u64::from(d.below(9)),
                media_type: None,
            })
        }
        ActKind::AgreeSigning => Act::AgreeSigning(AgreeSigning { agreement }),
        ActKind::EndMediation => Act::EndMediation(EndMediation {
            agreement: if d.below(10) == 0 { None } else { Some(agreement) },
            reason: d.of(MediationEnd::ALL),
            note: d.optional(Dice::annex),
        }),
        ActKind::ApplyWayOut => Act::ApplyWayOut(ApplyWayOut { agreement, way: d.of(WayOut::ALL) }),
        ActKind::IssueMediationDocument => {
            Act::IssueMediationDocument(IssueMediationDocument { agreement, document: d.deposit() })
        }
        _ => Act::ForwardItem(ForwardItem { item: d.item_of(file) }),
    }
}

/// Somebody who may act for a person on a list, and how.
fn stand_in(d: &mut Dice, file: &CaseFile, signer: &Signer) -> Option<(AccountId, Capacity, ConfirmationMethod)> {
    let online = d.of(&[ConfirmationMethod::Online, ConfirmationMethod::ESeal]);
    let clerk = (CLERK_ACCOUNT, Capacity::Holding(Role::Clerk), ConfirmationMethod::Offline);
    match *signer {
        Signer::Party(number) => {
            let agents = file.agents.iter().filter(|(_, agent)| agent.party == number && agent.ended.is_none());
            let agent = agents.map(|(number, agent)| (agent.account, Capacity::Agent(*number), online)).next();
            let own = file.parties.get(&number)?.account.map(|by| (by, Capacity::Party(number), online));
            own.filter(|_| d.below(5) > 0).or(agent).or(Some(clerk))
        }
        Signer::Agent(number) => file.agents.get(&number).map(|agent| (agent.account, Capacity::Agent(number), online)),
        Signer::Holder(role, account) => Some((account, Capacity::Holding(role), online)),
        Signer::Other(..) => Some(clerk),
    }
}

/// The confirmation of somebody who has not confirmed yet.
fn next_confirmation(d: &mut Dice, file: &CaseFile, paper: Paper) -> Option<(AccountId, Capacity, Act)> {
    let (number, round) = file.records.open_round(paper)?;
    let waits: Vec<_> =
        (1..).zip(&round.people).filter(|(_, one)| one.state() != ConfirmationState::Confirmed).collect();
    let (person, one) = waits.get(usize::try_from(d.below(u32::try_from(waits.len().max(1)).unwrap())).unwrap())?;
    let (by, capacity, method) = stand_in(d, file, &one.signer)?;
    let document = (method == ConfirmationMethod::Offline).then(|| d.deposit());
    let identity = Some(IdentityCheck { method: IdentityMethod::Face, level: IdentityLevel::High, at: file.last.at });
    let digest = round.digests.first().copied()?;
    let confirm = Confirm { round: number, person: *person, digest, method, identity, document };
    Some((by, capacity, Act::Confirm(confirm)))
}

/// The next act on the way of a paper to its end.
fn next_of_paper(d: &mut Dice, file: &CaseFile, paper: Paper) -> Option<(AccountId, Capacity, Act)> {
    let clerk = (CLERK_ACCOUNT, Capacity::Holding(Role::Clerk));
    let party = |number: &PartyNumber| Some((file.parties.get(number)?.account?, Capacity::Party(*number)));
    let versions = u32::try_from(file.records.versions(paper).len()).unwrap();
    if let Some(confirmation) = next_confirmation(d, file, paper) {
        return Some(confirmation);
    }
    let signer = [
        file.parties.keys().map(|party| Signer::Party(*party)).collect::<Vec<_>>(),
        [Role::Judge, Role::Clerk].map(|role| Signer::Holder(role, d.account())).to_vec(),
        file.records.appointments.iter().map(|(role, account)| Signer::Holder(*role, *account)).take(1).collect(),
    ]
    .concat();
    let round = OpenRound {
        round: file.records.next_round(),
        transcript: if let Paper::Transcript(number) = paper { Some(number) } else { None },
        agreement: if let Paper::Agreement(number) = paper { Some(number) } else { None },
        version: versions,
        signer,
    };
    match paper {
        Paper::Transcript(transcript) => {
            let act = if file.records.open_round(paper).is_some() {
                Act::FinaliseTranscript(FinaliseTranscript { transcript })
            } else {
                Act::OpenRound(round)
            };
            Some((clerk.0, clerk.1, act))
        }
        Paper::Agreement(number) => {
            let agreement = file.records.agreements.get(&number)?;
            let silent = file.parties.keys().find(|party| !agreement.signing_agreed.contains_key(party));
            if let Some(silent) = silent {
                let (by, capacity) = party(silent)?;
                return Some((by, capacity, Act::AgreeSigning(AgreeSigning { agreement: number })));
            }
            if agreement.signed.is_empty() {
                return Some((clerk.0, clerk.1, Act::OpenRound(round)));
            }
            if d.below(2) == 0 {
                let issue = IssueMediationDocument { agreement: number, document: d.deposit() };
                return Some((clerk.0, clerk.1, Act::IssueMediationDocument(issue)));
            }
            let all: Vec<PartyNumber> = file.parties.keys().copied().collect();
            let (by, capacity) = party(&d.of(&all))?;
            let act = match agreement.document {
                Some((_, document)) if d.below(2) == 0 => {
                    Act::ConfirmService(ConfirmService { document: Some(document), address: None })
                }
                _ => Act::ApplyWayOut(ApplyWayOut { agreement: number, way: d.of(WayOut::ALL) }),
            };
            Some((by, capacity, act))
        }
    }
}

/// The decision on a request for correction that waits for one.
fn undecided(d: &mut Dice, file: &CaseFile) -> Option<Act> {
    file.records.transcripts.iter().find_map(|(number, transcript)| {
        let waits = (1..).zip(&transcript.corrections).find(|(_, one)| one.decision.is_none());
        let correction = CorrectionNumber(waits?.0);
        let (transcript, decision) = (*number, d.of(CorrectionDecision::ALL));
        Some(Act::DecideCorrection(DecideCorrection { transcript, correction, decision, reason: None }))
    })
}

/// A party that takes its signature back.
fn withdrawal(file: &CaseFile) -> Option<(AccountId, Capacity, Act)> {
    file.records.rounds.iter().find_map(|(number, round)| {
        let signed = |(_, one): &(u32, &Participant)| one.confirmation().is_some();
        let (person, one) = (1..).zip(&round.people).filter(|_| round.end.is_none()).find(signed)?;
        let actor = one.confirmation()?.0;
        let act = WithdrawConfirmation { round: *number, person };
        Some((actor.by, actor.capacity, Act::WithdrawConfirmation(act)))
    })
}

/// An act that brings the hearings, papers and mediations of a case further, with somebody who may do it.
pub(in crate::court) fn next_step(d: &mut Dice, file: &CaseFile) -> Option<(AccountId, Capacity, Act)> {
    let clerk = (CLERK_ACCOUNT, Capacity::Holding(Role::Clerk));
    let by_clerk = |act: Act| Some((clerk.0, clerk.1, act));
    let records = &file.records;
    let mediator = records.appointments.iter().find(|(role, _)| *role == Role::Mediator);
    let Some((role, mediator)) = mediator else {
        return by_clerk(Act::Appoint(Appoint { role: Role::Mediator, account: d.account() }));
    };
    if records.mediation.accepted.is_none() {
        return Some((*mediator, Capacity::Holding(*role), Act::AcceptMediation(AcceptMediation {})));
    }
    if d.below(8) == 0 {
        match file.stage {
            Stage::Assigned => return by_clerk(Act::BeginHearing(BeginHearing {})),
            Stage::InHearing if d.below(2) == 0 => return by_clerk(Act::AdjournHearing(AdjournHearing {})),
            Stage::InHearing => return by_clerk(Act::EndHearing(EndHearing {})),
            _ => {}
        }
        if let Some(decision) = undecided(d, file) {
            return by_clerk(decision);
        }
        if let Some(found) = withdrawal(file) {
            return Some(found);
        }
        if let Some(one) = records.attendance.values().find(|one| one.left.is_none()) {
            let leave = Act::LeaveSession(LeaveSession { activity: one.activity });
            return Some((one.joined.by, one.joined.capacity, leave));
        }
    }
    match d.below(4) {
        0 if !records.hearings.is_empty() => {
            let kind = d.of(&[ActKind::AddRecording, ActKind::AddRecording, ActKind::CloseRecording]);
            by_clerk(of_recordings(d, kind, Some(file)))
        }
        1 => match records.transcripts.iter().find(|(_, one)| one.finalised.is_none()) {
            None => by_clerk(of_transcripts(d, ActKind::OpenTranscript, Some(file))),
            Some((number, one)) if one.versions.is_empty() => {
                by_clerk(Act::AddTranscriptVersion(AddTranscriptVersion {
                    transcript: *number,
                    version: 1,
                    source: VersionSource::Clerk,
                    document: d.deposit(),
                    data_hash: digests(d),
                    size: 1,
                    media_type: None,
                }))
            }
            Some((number, _)) => next_of_paper(d, file, Paper::Transcript(*number)),
        },
        _ => match records.agreements.iter().find(|(_, one)| one.ended.is_none()) {
            None => by_clerk(of_mediation(d, ActKind::DraftAgreement, Some(file))),
            Some((number, _)) => next_of_paper(d, file, Paper::Agreement(*number)),
        },
    }
}
