//! Confirmation rounds, transcripts and mediation: the rules one by one, and random acts against a naive reference.

mod correcting;
mod receipts;
mod recording;
mod signing;

use std::collections::BTreeMap;

use super::*;
use crate::court::acts::{Confirm, OpenRound};
use crate::court::case::mediation;
use crate::court::case::session_records::{Paper, Participant, RoundEnd};
use crate::court::case::session_refusal::SessionRefusal;
use crate::court::case::tests::random::session::next_step;
use crate::court::case::transcripts;
use crate::court::course_words::SpecialPower;
use crate::court::ids::{AgreementNumber, CorrectionNumber, HearingNumber, RoundNumber, TranscriptNumber};
use crate::court::session_words::*;
use crate::court::signer::Signer;
use crate::court::values::IdentityCheck;
use crate::ledger::statement::content::HashAlgorithm;

const MEDIATOR: Capacity = Capacity::Holding(Role::Mediator);
const DAY: u64 = 86_400_000;

fn digests(n: u8) -> Vec<(HashAlgorithm, Digest)> {
    vec![(HashAlgorithm::Sm3, Digest([n; 32])), (HashAlgorithm::Sha256, Digest([100 + n; 32]))]
}

impl TestCase {
    /// With a hearing that has begun.
    fn in_hearing() -> Self {
        let mut course = Self::assigned();
        course.court(Act::BeginHearing(BeginHearing {}));
        course
    }

    #[expect(clippy::unnecessary_wraps, reason = "as the field of an act")]
    fn check(&self, ago: u64) -> Option<IdentityCheck> {
        let at = Timestamp::from_millis(START + self.at + 60_000 - ago).unwrap();
        Some(IdentityCheck { method: IdentityMethod::Face, level: IdentityLevel::Substantial, at })
    }

    fn transcript(&mut self, kind: TranscriptKind, hearing: Option<u32>) {
        let hearing = hearing.map(HearingNumber);
        self.clerk(made!(OpenTranscript { transcript: self.file.records.next_transcript(), kind, hearing }));
    }

    fn version(&mut self, transcript: u32, version: u32, digest: u8) {
        let (transcript, source) = (TranscriptNumber(transcript), VersionSource::Clerk);
        self.clerk(made!(AddTranscriptVersion { transcript, version, source, data_hash: digests(digest) }));
    }

    fn list(&mut self, paper: Paper, signer: &[Signer]) -> Result<(), Refusal> {
        let version = u32::try_from(self.file.records.versions(paper).len()).unwrap();
        let (transcript, agreement) = match paper {
            Paper::Transcript(number) => (Some(number), None),
            Paper::Agreement(number) => (None, Some(number)),
        };
        let round = self.file.records.next_round();
        let act = OpenRound { round, transcript, agreement, version, signer: signer.to_vec() };
        self.does(account(8), CLERK, Act::OpenRound(act))
    }

    fn confirm(&mut self, who: (AccountId, Capacity), (round, person, digest): (u32, u32, u8)) -> Result<(), Refusal> {
        self.confirm_by(who, (round, person, digest), ConfirmationMethod::Online, self.check(1000))
    }

    fn confirm_by(
        &mut self,
        (by, capacity): (AccountId, Capacity),
        (round, person, digest): (u32, u32, u8),
        method: ConfirmationMethod,
        identity: Option<IdentityCheck>,
    ) -> Result<(), Refusal> {
        let digest = digests(digest)[0];
        let act = Confirm { round: RoundNumber(round), person, digest, method, identity, document: None };
        self.does(by, capacity, Act::Confirm(act))
    }

    /// A mediation that a mediator has accepted, with a draft that both parties agree to confirm online.
    fn mediated(track: AgreementTrack) -> Self {
        let mut course = Self::assigned();
        course.clerk(made!(Appoint { role: Role::Mediator, account: account(5) }));
        course.does(account(5), MEDIATOR, Act::AcceptMediation(AcceptMediation {})).unwrap();
        course.draft(track, 1, 1).unwrap();
        for (by, capacity) in [(PLAINTIFF, FIRST), (account(2), SECOND)] {
            course.does(by, capacity, made!(AgreeSigning { agreement: AgreementNumber(1) })).unwrap();
        }
        course
    }

    fn draft(&mut self, track: AgreementTrack, version: u32, digest: u8) -> Result<(), Refusal> {
        let agreement = AgreementNumber(1);
        let draft = made!(DraftAgreement { agreement, version, track, data_hash: digests(digest) });
        self.does(account(5), MEDIATOR, draft)
    }

    fn agreement(&self) -> &crate::court::case::session_records::Agreement {
        &self.file.records.agreements[&AgreementNumber(1)]
    }
}

const PARTIES: [Signer; 2] = [Signer::Party(PartyNumber(1)), Signer::Party(PartyNumber(2))];
const TRANSCRIPT: Paper = Paper::Transcript(TranscriptNumber(1));
const AGREEMENT: Paper = Paper::Agreement(AgreementNumber(1));

fn with_court() -> Vec<Signer> {
    [&PARTIES[..], &[Signer::Holder(Role::Judge, account(9)), Signer::Holder(Role::Clerk, account(8))]].concat()
}

fn no(refusal: SessionRefusal) -> Result<(), Refusal> {
    Err(Refusal::Session(refusal))
}

#[test]
fn a_transcript_is_signed_after_the_hearing_by_those_on_the_list_and_only_its_own_digest_counts() {
    let mut course = TestCase::in_hearing();
    course.transcript(TranscriptKind::Hearing, Some(1));
    course.version(1, 1, 1);
    assert_eq!(course.list(TRANSCRIPT, &PARTIES), no(SessionRefusal::SignersMissing), "judge and clerk sign too");
    course.list(TRANSCRIPT, &with_court()).unwrap();
    let plaintiff = (PLAINTIFF, FIRST);
    assert_eq!(course.confirm(plaintiff, (1, 1, 1)), no(SessionRefusal::HearingNotEnded));
    course.court(Act::EndHearing(EndHearing {}));
    assert_eq!(course.confirm(plaintiff, (1, 1, 2)), no(SessionRefusal::OtherDigest));
    assert_eq!(course.confirm(plaintiff, (1, 2, 1)), no(SessionRefusal::NotOnTheList), "another's place");
    assert_eq!(course.confirm(plaintiff, (1, 9, 1)), no(SessionRefusal::NotOnTheList));
    assert_eq!(course.confirm(plaintiff, (2, 1, 1)), no(SessionRefusal::NoSuchRound(RoundNumber(2))));
    let stale = course.check(DAY + 1);
    let online = ConfirmationMethod::Online;
    assert_eq!(course.confirm_by(plaintiff, (1, 1, 1), online, stale), no(SessionRefusal::IdentityStale));
    let fresh = course.check(DAY);
    course.confirm_by(plaintiff, (1, 1, 1), online, fresh).unwrap();
    assert_eq!(course.confirm(plaintiff, (1, 1, 1)), no(SessionRefusal::AlreadyConfirmed));
    let finalise = || made!(FinaliseTranscript { transcript: TranscriptNumber(1) });
    assert_eq!(course.does(account(8), CLERK, finalise()), no(SessionRefusal::RoundOpen));
    course.confirm((account(2), SECOND), (1, 2, 1)).unwrap();
    course.confirm((account(9), JUDGE), (1, 3, 1)).unwrap();
    assert_eq!(course.file.records.rounds[&RoundNumber(1)].completion(), None);
    course.confirm((account(8), CLERK), (1, 4, 1)).unwrap();
    let last = course.file.last;
    course.clerk(finalise());
    let round = &course.file.records.rounds[&RoundNumber(1)];
    assert_eq!((round.completion().map(|actor| actor.position), round.end), (Some(last), Some(RoundEnd::Completed)));
    assert_eq!(course.list(TRANSCRIPT, &with_court()), no(SessionRefusal::TranscriptFinal));
}

#[test]
fn an_amended_transcript_is_confirmed_anew_and_a_refused_request_stays_on_record() {
    let mut course = TestCase::assigned();
    course.transcript(TranscriptKind::Inquiry, None);
    course.version(1, 1, 1);
    course.list(TRANSCRIPT, &with_court()).unwrap();
    course.confirm((account(2), SECOND), (1, 2, 1)).unwrap();
    let request = |correction: u32, version: u32, speaker: Capacity| {
        let (transcript, correction) = (TranscriptNumber(1), CorrectionNumber(correction));
        made!(RequestCorrection { transcript, version, correction, speaker })
    };
    assert_eq!(course.does(PLAINTIFF, FIRST, request(1, 1, SECOND)), Err(Refusal::NotYours), "one's own statements");
    course.does(PLAINTIFF, FIRST, request(1, 1, FIRST)).unwrap();
    assert_eq!(course.confirm((PLAINTIFF, FIRST), (1, 1, 1)), no(SessionRefusal::CorrectionPending));
    let decide = |correction: u32, decision: CorrectionDecision| {
        made!(DecideCorrection { transcript: TranscriptNumber(1), correction: CorrectionNumber(correction), decision })
    };
    course.clerk(decide(1, CorrectionDecision::Refused));
    course.confirm((PLAINTIFF, FIRST), (1, 1, 1)).unwrap();
    course.does(account(2), SECOND, request(2, 1, SECOND)).unwrap();
    course.clerk(decide(2, CorrectionDecision::Allowed));
    course.version(1, 2, 2);
    let transcript = &course.file.records.transcripts[&TranscriptNumber(1)];
    assert_eq!(transcript.corrections.iter().map(|one| one.amended_in).collect::<Vec<_>>(), [None, Some(2)]);
    assert_eq!(course.confirm((PLAINTIFF, FIRST), (1, 1, 1)), no(SessionRefusal::VersionSuperseded));
    course.list(TRANSCRIPT, &with_court()).unwrap();
    assert_eq!(course.confirm((PLAINTIFF, FIRST), (2, 1, 1)), no(SessionRefusal::VersionSuperseded), "the old digest");
    course.confirm((PLAINTIFF, FIRST), (2, 1, 2)).unwrap();
    assert_eq!(course.does(PLAINTIFF, FIRST, request(3, 1, FIRST)), no(SessionRefusal::VersionSuperseded));
}

#[test]
fn after_five_days_who_has_not_signed_has_not_confirmed_and_a_refusal_is_named() {
    let mut course = TestCase::assigned();
    course.transcript(TranscriptKind::Inquiry, None);
    course.version(1, 1, 1);
    course.list(TRANSCRIPT, &with_court()).unwrap();
    course.confirm((account(9), JUDGE), (1, 3, 1)).unwrap();
    course.confirm((account(8), CLERK), (1, 4, 1)).unwrap();
    let refusal = || made!(RecordRefusal { round: RoundNumber(1), person: 1 });
    assert_eq!(course.does(PLAINTIFF, FIRST, refusal()), Err(Refusal::NotYours), "the clerk records it");
    course.clerk(refusal());
    let transcript = course.file.records.transcripts[&TranscriptNumber(1)].clone();
    let last = transcripts::reading_end(&course.file, &transcript, &Calendar::default()).unwrap();
    // The fixtures begin on a Sunday: five days from Monday on end on a Friday.
    assert_eq!(last.to_string(), "2026-11-27");
    let finalise = || made!(FinaliseTranscript { transcript: TranscriptNumber(1) });
    assert_eq!(course.does(account(8), CLERK, finalise()), no(SessionRefusal::RoundOpen));
    course.at = last.end().as_millis() - START - 60_000;
    let mut late = TestCase { file: course.file.clone(), at: course.at };
    late.confirm((account(2), SECOND), (1, 2, 1)).unwrap();
    let person = &late.file.records.rounds[&RoundNumber(1)].people[1];
    assert!(person.confirmation().unwrap().1.late, "kept, and marked");
    course.clerk(finalise());
    let states: Vec<_> = course.file.records.rounds[&RoundNumber(1)].people.iter().map(Participant::state).collect();
    let confirmed = ConfirmationState::Confirmed;
    assert_eq!(states, [ConfirmationState::Refused, ConfirmationState::NoResponse, confirmed, confirmed]);
}

#[test]
fn the_panels_transcript_is_the_panels_and_organisations_do_not_draw() {
    let mut course = TestCase::assigned();
    course.transcript(TranscriptKind::Deliberation, None);
    course.version(1, 1, 1);
    assert_eq!(course.list(TRANSCRIPT, &with_court()), no(SessionRefusal::PanelOnly));
    course.list(TRANSCRIPT, &with_court()[2..]).unwrap();
    assert!(course.file.records.may_see(TRANSCRIPT, account(9)));
    for outsider in [PLAINTIFF, account(2), account(5)] {
        assert!(!course.file.records.may_see(TRANSCRIPT, outsider));
    }
    assert_eq!(course.confirm((PLAINTIFF, FIRST), (1, 1, 1)), no(SessionRefusal::NoSuchRound(RoundNumber(1))));
    course.transcript(TranscriptKind::Inquiry, None);
    course.version(2, 1, 2);
    course.list(Paper::Transcript(TranscriptNumber(2)), &with_court()).unwrap();
    course.file.parties.get_mut(&PartyNumber(1)).unwrap().subject = SubjectKind::LegalPerson;
    let (who, check) = ((PLAINTIFF, FIRST), course.check(0));
    let by_hand = course.confirm_by(who, (2, 1, 2), ConfirmationMethod::Handwritten, check);
    assert_eq!(by_hand, no(SessionRefusal::MethodNotOpen));
    course.confirm_by(who, (2, 1, 2), ConfirmationMethod::ESeal, course.check(0)).unwrap();
}

/// 民诉法 art. 101: those who judge sign beside the parties, people's assessors too (art. 40); 在线调解规则 art. 19: a mediator signs without
/// moving the moment.
#[test]
fn judges_assessors_and_clerk_move_the_moment_of_an_agreement_in_the_transcript() {
    let holds = |track, role| mediation::moves(track, &Signer::Holder(role, account(9)));
    for role in [Role::Judge, Role::PeoplesAssessor, Role::Clerk] {
        assert!(holds(AgreementTrack::CourtRecord, role), "{role}");
        assert!(
            !holds(AgreementTrack::Organisation, role) && !holds(AgreementTrack::MediationDocument, role),
            "{role}"
        );
    }
    for role in [Role::Mediator, Role::JudgeAssistant, Role::Expert] {
        assert!(!holds(AgreementTrack::CourtRecord, role), "{role}");
    }
}

#[test]
fn an_agreement_is_in_force_with_the_last_required_signature_and_can_be_reversed_only_before() {
    let mut course = TestCase::mediated(AgreementTrack::Organisation);
    let mediator = Signer::Holder(Role::Mediator, account(5));
    assert_eq!(course.list(AGREEMENT, &PARTIES), no(SessionRefusal::SignersMissing));
    course.list(AGREEMENT, &[&PARTIES[..], &[mediator]].concat()).unwrap();
    course.confirm((PLAINTIFF, FIRST), (1, 1, 1)).unwrap();
    let take_back = |person: u32| made!(WithdrawConfirmation { round: RoundNumber(1), person });
    assert_eq!(course.does(account(2), SECOND, take_back(1)), no(SessionRefusal::NotOnTheList));
    assert_eq!(course.does(account(2), SECOND, take_back(2)), no(SessionRefusal::NotConfirmed));
    course.does(PLAINTIFF, FIRST, take_back(1)).unwrap();
    course.confirm((account(2), SECOND), (1, 2, 1)).unwrap();
    assert_eq!(mediation::in_force(&course.file, course.agreement()), None, "the other signature was taken back");
    course.confirm((PLAINTIFF, FIRST), (1, 1, 1)).unwrap();
    // The mediator signs as well, but does not move the moment.
    let moment = course.file.last;
    assert_eq!(mediation::in_force(&course.file, course.agreement()).map(|act| act.position), Some(moment));
    course.confirm((account(5), MEDIATOR), (1, 3, 1)).unwrap();
    assert_eq!(mediation::in_force(&course.file, course.agreement()).map(|act| act.position), Some(moment));
    for person in [1, 2] {
        let (by, capacity) = [(PLAINTIFF, FIRST), (account(2), SECOND)][person as usize - 1];
        assert_eq!(course.does(by, capacity, take_back(person)), no(SessionRefusal::AlreadyInForce));
    }
    // A clerical correction: all sign again, and the earlier moment stays in the history.
    course.draft(AgreementTrack::Organisation, 2, 2).unwrap();
    course.list(AGREEMENT, &[&PARTIES[..], &[mediator]].concat()).unwrap();
    course.confirm((PLAINTIFF, FIRST), (2, 1, 2)).unwrap();
    assert_eq!(mediation::in_force(&course.file, course.agreement()).map(|act| act.position), Some(moment));
    course.confirm((account(2), SECOND), (2, 2, 2)).unwrap();
    assert_eq!(course.agreement().signed.iter().map(|one| one.version).collect::<Vec<_>>(), [1, 2]);
    let apply = |way| made!(ApplyWayOut { agreement: AgreementNumber(1), way });
    course.does(PLAINTIFF, FIRST, apply(WayOut::JudicialConfirmation)).unwrap();
    course.at += 31 * DAY;
    assert_eq!(course.does(account(2), SECOND, apply(WayOut::JudicialConfirmation)), no(SessionRefusal::WindowOver));
    course.does(account(2), SECOND, apply(WayOut::Performance)).unwrap();
}

#[test]
fn with_a_mediation_document_the_last_receipt_decides_and_a_party_may_go_back_until_then() {
    let mut course = TestCase::mediated(AgreementTrack::MediationDocument);
    course.list(AGREEMENT, &PARTIES).unwrap();
    course.confirm((PLAINTIFF, FIRST), (1, 1, 1)).unwrap();
    course.confirm((account(2), SECOND), (1, 2, 1)).unwrap();
    let document = course.item(1).import.deposit;
    course.court(made!(IssueMediationDocument { agreement: AgreementNumber(1), document }));
    let receive = || made!(ConfirmService { document: Some(document), address: None });
    course.does(PLAINTIFF, FIRST, receive()).unwrap();
    assert_eq!(mediation::in_force(&course.file, course.agreement()), None);
    let take_back = || made!(WithdrawConfirmation { round: RoundNumber(1), person: 2 });
    let mut reversed = TestCase { file: course.file.clone(), at: course.at };
    reversed.does(account(2), SECOND, take_back()).unwrap();
    reversed.does(account(2), SECOND, receive()).unwrap();
    assert_eq!(mediation::in_force(&reversed.file, reversed.agreement()), None, "nothing to receive any more");
    // The document rested on the signatures that were taken back: receipts of it count for no later version.
    assert!(reversed.agreement().document.is_none() && reversed.agreement().received.is_empty());
    course.does(account(2), SECOND, receive()).unwrap();
    assert_eq!(mediation::in_force(&course.file, course.agreement()).map(|act| act.position), Some(course.file.last));
    assert_eq!(course.does(account(2), SECOND, take_back()), no(SessionRefusal::AlreadyInForce));
}

#[test]
fn an_agent_needs_special_authority_and_the_period_ends_unless_all_prolong_it() {
    let mut course = TestCase::mediated(AgreementTrack::UndisputedFacts);
    course.list(AGREEMENT, &PARTIES).unwrap();
    let code = associate(1, Filer::Agent, Some(1));
    course.does(account(3), Capacity::Oneself, code).unwrap();
    let agent = (account(3), Capacity::Agent(AgentNumber(1)));
    assert_eq!(course.confirm(agent, (1, 2, 1)), Err(Refusal::SpecialAuthorityNeeded));
    let agent_in_file = course.file.agents.get_mut(&AgentNumber(1)).unwrap();
    agent_in_file.authority = Authority::Special;
    agent_in_file.special.insert(SpecialPower::Settle);
    course.confirm(agent, (1, 2, 1)).unwrap();
    let end = |course: &TestCase| mediation::period_end(&course.file, &Calendar::default()).unwrap();
    // Ordinary procedure, after the filing: 15 days from Monday on end on Monday.
    assert_eq!(end(&course).to_string(), "2026-12-07");
    let until = Day::parse("2026-12-31").unwrap();
    let mut over = TestCase { file: course.file.clone(), at: end(&course).end().as_millis() - START };
    over.does(PLAINTIFF, FIRST, made!(ProlongMediation { until })).unwrap_err();
    assert_eq!(over.confirm((PLAINTIFF, FIRST), (1, 1, 1)), no(SessionRefusal::WindowOver));
    let expired = |agreement| made!(EndMediation { agreement, reason: MediationEnd::Expired });
    assert_eq!(course.does(account(5), MEDIATOR, expired(None)), no(SessionRefusal::NoSuchEnd));
    over.does(account(5), MEDIATOR, expired(None)).unwrap();
    assert_eq!(over.confirm((PLAINTIFF, FIRST), (1, 1, 1)), no(SessionRefusal::RoundOver));
    course.does(PLAINTIFF, FIRST, made!(ProlongMediation { until })).unwrap();
    assert_eq!(end(&course).to_string(), "2026-12-07", "not yet by all");
    course.does(account(2), SECOND, made!(ProlongMediation { until })).unwrap();
    assert_eq!(end(&course), until);
    course.at = over.at;
    course.confirm((PLAINTIFF, FIRST), (1, 1, 1)).unwrap();
    // Undisputed facts bind nobody, so nothing is in force.
    assert_eq!((course.agreement().signed.len(), mediation::in_force(&course.file, course.agreement())), (1, None));
    let take_back = made!(WithdrawConfirmation { round: RoundNumber(1), person: 1 });
    assert_eq!(course.does(PLAINTIFF, FIRST, take_back), no(SessionRefusal::AlreadyInForce), "all have signed");
}

#[test]
fn the_first_rules_do_not_know_these_acts() {
    let mut course = TestCase::assigned();
    course.file.rules = RulesVersion::V1;
    let needed = Err(Refusal::RulesVersion(OlderRules { needed: 2, found: 1 }));
    let (transcript, kind, hearing) = (TranscriptNumber(1), TranscriptKind::Inquiry, None);
    assert_eq!(course.does(account(8), CLERK, made!(OpenTranscript { transcript, kind, hearing })), needed);
    let (agreement, version, track) = (AgreementNumber(1), 1, AgreementTrack::CourtRecord);
    assert_eq!(course.does(account(8), CLERK, made!(DraftAgreement { agreement, version, track })), needed);
    assert_eq!(course.does(PLAINTIFF, FIRST, Act::AgreeMediation(AgreeMediation {})), needed);
    course.court(Act::BeginHearing(BeginHearing {}));
    assert_eq!(course.does(account(8), CLERK, Act::EndHearing(EndHearing {})), needed);
}

/// Agreement and version; required places with the time of a standing confirmation.
type NaiveRound = (Option<(AgreementNumber, u32)>, Vec<(bool, Option<u64>)>);

/// The rounds as a list of facts: who of the list has confirmed the digests of the open round when, and nothing cleverer.
#[derive(Default)]
struct Naive {
    /// By round: agreement and version, required places with the time of a standing confirmation.
    rounds: BTreeMap<u32, NaiveRound>,
    /// By agreement: version and time of each completed round.
    signed: BTreeMap<AgreementNumber, Vec<(u32, u64)>>,
}

impl Naive {
    fn follow(&mut self, file: &CaseFile, act: &Act, at: u64) {
        match act {
            Act::OpenRound(act) => {
                let track = act.agreement.map(|number| file.records.agreements[&number].track);
                let needed = |signer: &Signer| match (track, signer) {
                    (None, _) | (_, Signer::Party(_)) => true,
                    (Some(AgreementTrack::CourtRecord), Signer::Holder(role, _)) => {
                        [Role::Judge, Role::PeoplesAssessor, Role::Clerk].contains(role)
                    }
                    _ => false,
                };
                let people = act.signer.iter().map(|signer| (needed(signer), None)).collect();
                self.rounds.insert(act.round.0, (act.agreement.map(|number| (number, act.version)), people));
            }
            Act::Confirm(act) => {
                let (paper, people) = self.rounds.get_mut(&act.round.0).unwrap();
                people[act.person as usize - 1].1 = Some(at);
                let times: Option<Vec<u64>> = people.iter().filter(|one| one.0).map(|one| one.1).collect();
                if let (Some((agreement, version)), Some(times)) = (*paper, times) {
                    let moment = times.into_iter().max().unwrap();
                    let signed = self.signed.entry(agreement).or_default();
                    // Those who sign as well do not move the moment.
                    if !signed.contains(&(version, moment)) {
                        signed.push((version, moment));
                    }
                }
            }
            Act::WithdrawConfirmation(act) => {
                let (paper, people) = self.rounds.get_mut(&act.round.0).unwrap();
                let was_complete = people.iter().filter(|one| one.0).all(|one| one.1.is_some());
                people[act.person as usize - 1].1 = None;
                if let (true, Some((agreement, _))) = (was_complete, *paper) {
                    self.signed.entry(agreement).or_default().pop();
                }
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_moments_are_those_of_a_naive_reference(seeds in vec(any::<u64>(), 1..220)) {
        let mut course = TestCase::assigned();
        let mut naive = Naive::default();
        for seed in seeds {
            let mut dice = Dice(seed);
            let step = if dice.below(4) > 0 { next_step(&mut dice, &course.file) } else { None };
            let (by, capacity, act) = step.unwrap_or_else(|| {
                let by = dice.of(&[PLAINTIFF, account(2), account(8), account(9)]);
                let own = course.file.capacities_of(by);
                let capacity = if own.is_empty() { dice.of(&[CLERK, JUDGE]) } else { dice.of(&own) };
                let kind = dice.of(&[
                    ActKind::Confirm,
                    ActKind::Confirm,
                    ActKind::WithdrawConfirmation,
                    ActKind::RecordRefusal,
                    ActKind::DraftAgreement,
                    ActKind::RequestCorrection,
                    ActKind::DecideCorrection,
                    ActKind::AddTranscriptVersion,
                ]);
                (by, capacity, act(&mut dice, kind, Some(&course.file)))
            });
            let before = course.file.clone();
            if course.does(by, capacity, act.clone()).is_err() {
                continue;
            }
            if let Act::Confirm(confirm) = &act {
                let round = &before.records.rounds[&confirm.round];
                prop_assert!(round.digests.contains(&confirm.digest));
                // A person who is not required may sign a completed agreement as well.
                let required = round.people[confirm.person as usize - 1].required;
                prop_assert!(round.end.is_none() || (round.end == Some(RoundEnd::Completed) && !required));
                // A completed round stays what it is when another version is drafted later.
                let latest = before.records.versions(round.paper).last().unwrap();
                prop_assert!(round.end.is_some() || latest.document.digests.contains(&confirm.digest));
            }
            naive.follow(&before, &act, course.file.last.at.as_millis());
        }
        for (number, agreement) in &course.file.records.agreements {
            let moments: Vec<_> =
                agreement.signed.iter().map(|one| (one.version, one.act.position.at.as_millis())).collect();
            prop_assert_eq!(moments, naive.signed.get(number).cloned().unwrap_or_default());
        }
    }
}

/// A walk in which no agreement is signed would prove nothing.
#[test]
fn the_walks_of_the_reference_sign_agreements_and_finalise_transcripts() {
    let (mut signed, mut finalised) = (0, 0);
    for start in 0..40_u64 {
        let mut course = TestCase::assigned();
        for seed in 0..160 {
            let mut dice = Dice(start * 1_000_003 + seed);
            if let Some((by, capacity, act)) = next_step(&mut dice, &course.file) {
                let _ = course.does(by, capacity, act);
            }
        }
        signed += course.file.records.agreements.values().filter(|one| !one.signed.is_empty()).count();
        finalised += course.file.records.transcripts.values().filter(|one| one.finalised.is_some()).count();
    }
    assert!(signed > 10 && finalised > 10, "{signed} agreements signed, {finalised} transcripts final");
}
