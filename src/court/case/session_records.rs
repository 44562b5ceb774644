//! What a case holds beside its evidence: appointments, hearings, transcripts, mediation agreements and confirmation rounds.
//!
//! # Invariants
//!
//! Whether a round is complete, when, and since when an agreement is in force follow from the recorded confirmations. No act states
//! such a time.

use std::collections::{BTreeMap, BTreeSet};

use rpds::RedBlackTreeMapSync;

use crate::court::act_position::{ActPosition, Text};
use crate::court::calendar::Day;
use crate::court::ids::{
    AccountId, AgreementNumber, CorrectionNumber, HearingNumber, PartyNumber, RoundNumber, TranscriptNumber,
};
use crate::court::session_words::{
    AgreementTrack, ConfirmationMethod, ConfirmationState, CorrectionDecision, CorrectionGround, HearingEnd,
    MediationEnd, RoundState, SessionActivity, TranscriptKind, VersionSource, WayOut,
};
use crate::court::signer::Signer;
use crate::court::values::{Capacity, IdentityCheck};
use crate::court::words::{Authority, Role};
use crate::ledger::hash::Digest;
use crate::ledger::media::MediaType;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::time::Timestamp;

/// Who acted, when, and in which capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// Position of the act.
    pub position: ActPosition,
    /// The account.
    pub by: AccountId,
    /// Its capacity.
    pub capacity: Capacity,
}

/// A document on the chain, as it was when the act named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepositedDocument {
    /// 存证编号.
    pub number: DepositNumber,
    /// Its digests.
    pub digests: Vec<(HashAlgorithm, Digest)>,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type, as its depositor stated.
    pub media_type: Option<MediaType>,
}

/// The paper that a round is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Paper {
    /// A transcript.
    Transcript(TranscriptNumber),
    /// A mediation agreement, or a record of undisputed facts.
    Agreement(AgreementNumber),
}

/// A version of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperVersion {
    /// The act that added it.
    pub added: Actor,
    /// How it came about, for a transcript.
    pub source: Option<VersionSource>,
    /// The document.
    pub document: DepositedDocument,
}

/// A confirmation, as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The digest that it names.
    pub digest: (HashAlgorithm, Digest),
    /// How.
    pub method: ConfirmationMethod,
    /// The identity check made for it.
    pub identity: Option<IdentityCheck>,
    /// The authority of the agent that gave it.
    pub authority: Option<Authority>,
    /// The scan of what was signed on paper.
    pub document: Option<DepositNumber>,
    /// Whether it came after the days for reading had ended.
    pub late: bool,
}

/// What happened to a person's confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// Confirmed.
    Confirmed(Box<Confirmation>),
    /// A correction was requested.
    Requested(CorrectionNumber),
    /// The request was refused: to be confirmed as before.
    RequestRefused(CorrectionNumber),
    /// The refusal was recorded.
    Refused(Option<Text>),
    /// The confirmation was taken back.
    Withdrawn,
    /// The days for reading ended, and the round was closed without this person.
    NoResponse,
}

/// One step of a person in a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Who acted.
    pub actor: Actor,
    /// What happened.
    pub kind: StepKind,
}

/// A person on the list of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Who.
    pub signer: Signer,
    /// Whether the round needs this person to be complete.
    pub required: bool,
    /// All steps.
    pub steps: Vec<Step>,
}

impl Participant {
    /// What this person has done.
    #[must_use]
    pub fn state(&self) -> ConfirmationState {
        match self.steps.last().map(|step| &step.kind) {
            None | Some(StepKind::Withdrawn | StepKind::RequestRefused(_)) => ConfirmationState::Pending,
            Some(StepKind::Confirmed(_)) => ConfirmationState::Confirmed,
            Some(StepKind::Requested(_)) => ConfirmationState::CorrectionRequested,
            Some(StepKind::Refused(_)) => ConfirmationState::Refused,
            Some(StepKind::NoResponse) => ConfirmationState::NoResponse,
        }
    }

    /// The confirmation that counts.
    #[must_use]
    pub fn confirmation(&self) -> Option<(&Actor, &Confirmation)> {
        match self.steps.last() {
            Some(Step { actor, kind: StepKind::Confirmed(confirmation) }) => Some((actor, confirmation)),
            _ => None,
        }
    }
}

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundEnd {
    /// Closed with every required person settled.
    Completed,
    /// A new version was added by the act at this position.
    Superseded(ActPosition),
    /// Ended by the act at this position.
    Terminated(ActPosition),
}

/// A confirmation round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The paper.
    pub paper: Paper,
    /// Its version.
    pub version: u32,
    /// The digests of that version. A confirmation names one of them.
    pub digests: Vec<(HashAlgorithm, Digest)>,
    /// The act that opened it.
    pub opened: Actor,
    /// The people, fixed when it opened.
    pub people: Vec<Participant>,
    /// How it ended.
    pub end: Option<RoundEnd>,
}

impl Round {
    /// Its state.
    #[must_use]
    pub const fn state(&self) -> RoundState {
        match self.end {
            None => RoundState::Open,
            Some(RoundEnd::Completed) => RoundState::Completed,
            Some(RoundEnd::Superseded(_)) => RoundState::Superseded,
            Some(RoundEnd::Terminated(_)) => RoundState::Terminated,
        }
    }

    /// The last act of a required person, once every required person is settled: has confirmed or, in a transcript, refused or
    /// did not respond. This is the moment of the round.
    #[must_use]
    pub fn completion(&self) -> Option<&Actor> {
        let of_agreement = matches!(self.paper, Paper::Agreement(_));
        let mut last: Option<&Actor> = None;
        for person in self.people.iter().filter(|person| person.required) {
            let step = person.steps.last()?;
            let is_settled = match step.kind {
                StepKind::Confirmed(_) => true,
                StepKind::Refused(_) | StepKind::NoResponse => !of_agreement,
                _ => false,
            };
            if !is_settled {
                return None;
            }
            if last.is_none_or(|last| last.position.sequence < step.actor.position.sequence) {
                last = Some(&step.actor);
            }
        }
        last
    }
}

/// A request for correction of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Who requested it.
    pub requested: Actor,
    /// Of which version.
    pub version: u32,
    /// Whose statement it is.
    pub speaker: Capacity,
    /// Why.
    pub ground: CorrectionGround,
    /// The place in the transcript.
    pub place: Text,
    /// The wording asked for.
    pub wording: Text,
    /// The segment of the recording.
    pub segment: Option<u32>,
    /// The decision with its reason.
    pub decision: Option<(Actor, CorrectionDecision, Option<Text>)>,
    /// The version that amended it.
    pub amended_in: Option<u32>,
}

/// A transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// Its kind.
    pub kind: TranscriptKind,
    /// The hearing that it records.
    pub hearing: Option<HearingNumber>,
    /// The act that opened it.
    pub opened: Actor,
    /// Its versions, the oldest first.
    pub versions: Vec<PaperVersion>,
    /// Requests for correction, from number 1.
    pub corrections: Vec<Correction>,
    /// The act that finalised it.
    pub finalised: Option<Actor>,
}

/// A segment of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The act that recorded it.
    pub added: Actor,
    /// Its file.
    pub document: DepositedDocument,
    /// The commitment to its path in the manifest.
    pub name: Digest,
    /// Beginning of the recording, by the recorder's clock.
    pub from: Timestamp,
    /// Its end.
    pub until: Timestamp,
}

/// A hearing session: from 开庭 to 休庭 or 结束庭审.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hearing {
    /// The act that began it.
    pub begun: Actor,
    /// The act that ended it.
    pub ended: Option<(Actor, HearingEnd)>,
    /// The segments of its recording, from number 1.
    pub segments: Vec<Segment>,
    /// Deposit, root and number of items of the manifest over the segments.
    pub manifest: Option<(Actor, DepositNumber, Digest, u32)>,
}

/// The presence of a participant at an activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendance {
    /// The act by which the participant entered.
    pub joined: Actor,
    /// What.
    pub activity: SessionActivity,
    /// The identity check made for it.
    pub identity: IdentityCheck,
    /// When the participant left.
    pub left: Option<Timestamp>,
}

/// The moment since which a version of an agreement is in force; of a record of undisputed facts, when all had confirmed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The version.
    pub version: u32,
    /// The round.
    pub round: RoundNumber,
    /// The last required act.
    pub act: Actor,
}

/// A mediation agreement, or a record of undisputed facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Who must sign, and when it takes effect.
    pub track: AgreementTrack,
    /// Its versions, the oldest first.
    pub versions: Vec<PaperVersion>,
    /// The parties that agreed to confirm online.
    pub signing_agreed: BTreeMap<PartyNumber, Actor>,
    /// The completed signatures of its versions: the last one is the present, the others are history.
    pub signed: Vec<Moment>,
    /// 调解书.
    pub document: Option<(Actor, DepositNumber)>,
    /// The parties that received it themselves.
    pub received: BTreeMap<PartyNumber, Actor>,
    /// Applications on its basis, by party.
    pub ways_out: BTreeMap<(WayOut, PartyNumber), Actor>,
    /// The end without signature.
    pub ended: Option<(Actor, MediationEnd, Option<Text>)>,
}

/// The period of the mediation and its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mediation {
    /// When the mediator accepted it.
    pub accepted: Option<Actor>,
    /// The parties that agreed to it.
    pub agreed: BTreeMap<PartyNumber, Actor>,
    /// Until when each party agreed to prolong it.
    pub prolonged: BTreeMap<PartyNumber, Day>,
    /// The end of the mediation as a whole.
    pub ended: Option<(Actor, MediationEnd, Option<Text>)>,
}

/// Appointments, hearings, transcripts, agreements and rounds of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionRecords {
    /// The accounts that the court appointed, each with its role.
    pub appointments: BTreeSet<(Role, AccountId)>,
    /// Hearing sessions, from number 1.
    pub hearings: Vec<Hearing>,
    /// Who attended, by the sequence of the act of entering.
    pub attendance: RedBlackTreeMapSync<u64, Attendance>,
    /// Transcripts.
    pub transcripts: BTreeMap<TranscriptNumber, Transcript>,
    /// The period of the mediation and its end.
    pub mediation: Mediation,
    /// Agreements.
    pub agreements: BTreeMap<AgreementNumber, Agreement>,
    /// Confirmation rounds.
    pub rounds: RedBlackTreeMapSync<RoundNumber, Round>,
}

/// The number after the last of `numbers`.
fn next<K: Copy + Ord, V>(numbers: &BTreeMap<K, V>, value: impl Fn(K) -> u32) -> u32 {
    numbers.last_key_value().map_or(1, |(last, _)| value(*last).saturating_add(1))
}

impl SessionRecords {
    /// Whether this account is appointed in this role.
    #[must_use]
    pub fn is_appointed(&self, role: Role, account: AccountId) -> bool {
        self.appointments.contains(&(role, account))
    }

    /// Whether this account is appointed in any role.
    #[must_use]
    pub fn has_appointment(&self, account: AccountId) -> bool {
        self.appointments.iter().any(|(_, appointed)| *appointed == account)
    }

    /// A hearing session.
    #[must_use]
    pub fn hearing(&self, number: HearingNumber) -> Option<&Hearing> {
        self.hearings.get(usize::try_from(number.0).ok()?.checked_sub(1)?)
    }

    /// The versions of a paper.
    #[must_use]
    pub fn versions(&self, paper: Paper) -> &[PaperVersion] {
        match paper {
            Paper::Transcript(number) => self.transcripts.get(&number).map_or(&[], |found| &found.versions),
            Paper::Agreement(number) => self.agreements.get(&number).map_or(&[], |found| &found.versions),
        }
    }

    /// The open round of a paper.
    #[must_use]
    pub fn open_round(&self, paper: Paper) -> Option<(RoundNumber, &Round)> {
        let mut rounds = self.rounds.iter().filter(|(_, round)| round.paper == paper && round.end.is_none());
        rounds.next().map(|(number, round)| (*number, round))
    }

    /// The rounds of a paper, the oldest first.
    pub fn rounds_of(&self, paper: Paper) -> impl Iterator<Item = (RoundNumber, &Round)> {
        self.rounds.iter().filter(move |(_, round)| round.paper == paper).map(|(number, round)| (*number, round))
    }

    /// The number of the next transcript.
    #[must_use]
    pub fn next_transcript(&self) -> TranscriptNumber {
        TranscriptNumber(next(&self.transcripts, |number| number.0))
    }

    /// The number of the next agreement.
    #[must_use]
    pub fn next_agreement(&self) -> AgreementNumber {
        AgreementNumber(next(&self.agreements, |number| number.0))
    }

    /// The number of the next round.
    #[must_use]
    pub fn next_round(&self) -> RoundNumber {
        RoundNumber(self.rounds.last().map_or(1, |(last, _)| last.0.saturating_add(1)))
    }

    /// The transcript of the panel's deliberation that an act belongs to.
    #[must_use]
    pub fn deliberation(&self, paper: Paper) -> Option<&Transcript> {
        let Paper::Transcript(number) = paper else { return None };
        self.transcripts.get(&number).filter(|found| found.kind == TranscriptKind::Deliberation)
    }

    /// Whether an account may see a paper. A transcript of a deliberation is seen by the panel only: by those who made a version of it
    /// or are on the list of a round (民诉法 art. 45).
    #[must_use]
    pub fn may_see(&self, paper: Paper, account: AccountId) -> bool {
        let Some(transcript) = self.deliberation(paper) else { return true };
        let on_list = |round: &Round| {
            round.people.iter().any(|person| matches!(person.signer, Signer::Holder(_, holder) if holder == account))
        };
        transcript.opened.by == account
            || transcript.versions.iter().any(|version| version.added.by == account)
            || self.rounds_of(paper).any(|(_, round)| on_list(round))
    }
}

/// The last day of a number of days that begin on the day after `begin`, moved off days off (民诉法 art. 85).
#[must_use]
pub(in crate::court::case) fn last_day(
    begin: Day,
    days: u32,
    calendar: &crate::court::calendar::Calendar,
) -> Option<Day> {
    begin.plus(days).map(|day| calendar.first_working_day_from(day))
}
