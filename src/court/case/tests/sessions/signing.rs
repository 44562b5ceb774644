//! Who signs a transcript: experts, and signatures on paper that are entered later.

use super::*;

/// 民诉法 art. 150 (3): only judge and clerk cannot be left out; 在线诉讼规则 art. 7 (3): others are identified.
#[test]
fn an_expert_is_identified_and_does_not_hold_up_a_transcript() {
    let mut course = TestCase::in_hearing();
    course.clerk(made!(Appoint { role: Role::Expert, account: account(7) }));
    course.transcript(TranscriptKind::Hearing, Some(1));
    course.version(1, 1, 1);
    course.court(Act::EndHearing(EndHearing {}));
    let signers = [&with_court()[..], &[Signer::Holder(Role::Expert, account(7))]].concat();
    course.list(TRANSCRIPT, &signers).unwrap();
    let expert = (account(7), Capacity::Holding(Role::Expert));
    let unidentified = course.confirm_by(expert, (1, 5, 1), ConfirmationMethod::Online, None);
    assert_eq!(unidentified, Err(Refusal::IdentityRequired));
    for (who, person) in
        [((PLAINTIFF, FIRST), 1), ((account(2), SECOND), 2), ((account(9), JUDGE), 3), ((account(8), CLERK), 4)]
    {
        course.confirm(who, (1, person, 1)).unwrap();
    }
    let finalise = || made!(FinaliseTranscript { transcript: TranscriptNumber(1) });
    assert_eq!(course.does(account(8), CLERK, finalise()), no(SessionRefusal::RoundOpen));
    course.clerk(made!(RecordRefusal { round: RoundNumber(1), person: 5 }));
    course.does(account(8), CLERK, finalise()).unwrap();
}

#[test]
fn a_signature_on_paper_is_entered_later_and_counts_from_the_day_on_which_it_was_made() {
    let mut course = TestCase::in_hearing();
    course.transcript(TranscriptKind::Hearing, Some(1));
    course.version(1, 1, 1);
    course.court(Act::EndHearing(EndHearing {}));
    course.list(TRANSCRIPT, &with_court()).unwrap();
    course.at += 9 * DAY;
    let paper = |course: &TestCase, person: u32, ago: u64| {
        let (digest, identity) = (digests(1)[0], course.check(ago));
        let (round, method) = (RoundNumber(1), ConfirmationMethod::Offline);
        made!(Confirm { round, person, digest, method, identity, document: Some(course.item(1).import.deposit) })
    };
    let (in_time, late) = (paper(&course, 1, 8 * DAY), paper(&course, 2, DAY));
    course.clerk(in_time);
    course.clerk(late);
    let round = &course.file.records.rounds[&RoundNumber(1)];
    let is_late = |person: &Participant| match &person.steps.last().unwrap().kind {
        crate::court::case::session_records::StepKind::Confirmed(confirmation) => confirmation.late,
        _ => unreachable!(),
    };
    assert_eq!((is_late(&round.people[0]), is_late(&round.people[1])), (false, true));
}

impl TestCase {
    /// A hearing that has ended, with a transcript that these people are to sign.
    fn to_sign(more: &[Signer]) -> Self {
        let mut course = Self::in_hearing();
        for signer in more {
            if let Signer::Holder(role, account) = *signer
                && role.needs_appointment()
            {
                course.clerk(made!(Appoint { role, account }));
            }
        }
        course.transcript(TranscriptKind::Hearing, Some(1));
        course.version(1, 1, 1);
        course.court(Act::EndHearing(EndHearing {}));
        course.list(TRANSCRIPT, &[&with_court()[..], more].concat()).unwrap();
        course
    }

    fn state_of(&self, person: usize) -> ConfirmationState {
        self.file.records.rounds[&RoundNumber(1)].people[person - 1].state()
    }

    fn finalise(&mut self) -> Result<(), Refusal> {
        self.does(account(8), CLERK, made!(FinaliseTranscript { transcript: TranscriptNumber(1) }))
    }

    /// After the days for reading.
    fn days_for_reading_pass(&mut self) {
        self.at += 9 * DAY;
    }
}

/// 在线诉讼规则 art. 7 (3): officials of the court and of the mediation sign by office, everybody else is identified.
#[test]
fn officials_sign_without_an_identity_check_and_others_with_one() {
    let appraisers = Signer::Holder(Role::AppraisalInstitution, account(6));
    let assessor = Signer::Holder(Role::PeoplesAssessor, account(7));
    let mediator = Signer::Holder(Role::Mediator, account(5));
    let mut course = TestCase::to_sign(&[appraisers, assessor, mediator]);
    let online = ConfirmationMethod::Online;
    let by = |n: u8, role| (account(n), Capacity::Holding(role));
    let required = Err(Refusal::IdentityRequired);
    assert_eq!(course.confirm_by((PLAINTIFF, FIRST), (1, 1, 1), online, None), required);
    assert_eq!(course.confirm_by(by(6, Role::AppraisalInstitution), (1, 5, 1), online, None), required);
    let mut basic = course.check(0);
    basic.as_mut().unwrap().level = IdentityLevel::Basic;
    assert_eq!(course.confirm_by((PLAINTIFF, FIRST), (1, 1, 1), online, basic), required);
    let to_come = course
        .check(0)
        .map(|check| IdentityCheck { at: Timestamp::from_millis(check.at.as_millis() + 1).unwrap(), ..check });
    assert_eq!(course.confirm_by((PLAINTIFF, FIRST), (1, 1, 1), online, to_come), no(SessionRefusal::IdentityStale));
    for (who, person) in [
        (by(9, Role::Judge), 3),
        (by(8, Role::Clerk), 4),
        (by(7, Role::PeoplesAssessor), 6),
        (by(5, Role::Mediator), 7),
    ] {
        course.confirm_by(who, (1, person, 1), online, None).unwrap();
    }
    // Of an official no check is recorded, whatever was sent.
    let mut checked = TestCase::to_sign(&[]);
    let check = checked.check(0);
    checked.confirm_by(by(9, Role::Judge), (1, 3, 1), online, check).unwrap();
    let (_, recorded) = checked.file.records.rounds[&RoundNumber(1)].people[2].confirmation().unwrap();
    assert_eq!(recorded.identity, None);
}

/// 民诉法 art. 150 (3): a transcript is not closed without the signatures of judge and clerk; other persons may be missing.
#[test]
fn a_transcript_waits_for_judge_and_clerk() {
    let expert = Signer::Holder(Role::Expert, account(7));
    let mut course = TestCase::to_sign(&[expert]);
    course.confirm((account(8), CLERK), (1, 4, 1)).unwrap();
    course.days_for_reading_pass();
    assert_eq!(course.finalise(), no(SessionRefusal::RoundOpen), "the judge has not signed");
    course.confirm((account(9), JUDGE), (1, 3, 1)).unwrap();
    course.finalise().unwrap();
    assert_eq!([1, 2, 5].map(|person| course.state_of(person)), [ConfirmationState::NoResponse; 3]);
    // Judge and clerk do not refuse either.
    let mut refused = TestCase::to_sign(&[]);
    refused.clerk(made!(RecordRefusal { round: RoundNumber(1), person: 3 }));
    refused.confirm((account(8), CLERK), (1, 4, 1)).unwrap();
    refused.days_for_reading_pass();
    assert_eq!(refused.finalise(), no(SessionRefusal::RoundOpen));
}

/// Only the court enters what was signed on paper, with the scan; online, the signature is made when it is sent.
#[test]
fn a_signature_on_paper_is_entered_by_clerk_or_assistant_with_its_scan() {
    let mut course = TestCase::to_sign(&[]);
    let scan = course.item(1).import.deposit;
    let paper = |course: &TestCase, document| {
        let (digest, identity, method) = (digests(1)[0], course.check(1000), ConfirmationMethod::Offline);
        made!(Confirm { round: RoundNumber(1), person: 1, digest, method, identity, document })
    };
    for (by, capacity) in [(account(9), JUDGE), (PLAINTIFF, FIRST)] {
        let act = paper(&course, Some(scan));
        assert_eq!(course.does(by, capacity, act), no(SessionRefusal::MethodNotOpen));
    }
    let act = paper(&course, None);
    assert_eq!(course.does(account(8), CLERK, act), no(SessionRefusal::ScanNeeded));
    let act = paper(&course, Some(scan));
    course.does(account(4), Capacity::Holding(Role::JudgeAssistant), act).unwrap();

    // A day before the end of the days for reading the identity was checked; the signature came after it.
    let transcript = course.file.records.transcripts[&TranscriptNumber(1)].clone();
    let end = transcripts::reading_end(&course.file, &transcript, &Calendar::default()).unwrap().end();
    course.at = end.as_millis() - START + 3_600_000;
    let check = course.check(12 * 3_600_000);
    course.confirm_by((account(2), SECOND), (1, 2, 1), ConfirmationMethod::Online, check).unwrap();
    let (_, online) = course.file.records.rounds[&RoundNumber(1)].people[1].confirmation().unwrap();
    assert!(online.late);
}

/// Each signs in its own place, and those who are on the list take part in the case.
#[test]
fn a_list_has_people_of_the_case_and_each_signs_for_itself() {
    let mut course = TestCase::to_sign(&[]);
    let other_judge = course.confirm((account(7), JUDGE), (1, 3, 1));
    assert_eq!(other_judge, no(SessionRefusal::NotOnTheList));
    course.transcript(TranscriptKind::Inquiry, None);
    course.version(2, 1, 2);
    course.does(account(5), Capacity::Oneself, associate(1, Filer::Agent, Some(1))).unwrap();
    let paper = Paper::Transcript(TranscriptNumber(2));
    let listed = |course: &mut TestCase, more: Signer| course.list(paper, &[&with_court()[..], &[more]].concat());
    let expert = Signer::Holder(Role::Expert, account(7));
    assert_eq!(listed(&mut course, expert), Err(Refusal::NotAppointed));
    assert_eq!(listed(&mut course, PARTIES[0]), no(SessionRefusal::SignerTwice));
    let mut ended = TestCase { file: course.file.clone(), at: course.at };
    ended.does(account(2), SECOND, Act::EndAgent(EndAgent { agent: AgentNumber(1) })).unwrap();
    let agent = Signer::Agent(AgentNumber(1));
    assert_eq!(listed(&mut ended, agent), Err(Refusal::NoSuchAgent(AgentNumber(1))));
    for only in [&with_court()[..3], &[&PARTIES[..], &with_court()[3..]].concat()[..]] {
        assert_eq!(course.list(paper, only), no(SessionRefusal::SignersMissing), "judge and clerk");
    }
    listed(&mut course, agent).unwrap();
    // The transcript of a mediation is signed by the mediator; other papers of the court are not the mediator's.
    course.clerk(made!(Appoint { role: Role::Mediator, account: account(6) }));
    let open = |transcript: u32, kind| {
        let (transcript, hearing) = (TranscriptNumber(transcript), None);
        made!(OpenTranscript { transcript, kind, hearing })
    };
    assert_eq!(course.does(account(6), MEDIATOR, open(3, TranscriptKind::Inquiry)), Err(Refusal::NotYours));
    course.does(account(6), MEDIATOR, open(3, TranscriptKind::Mediation)).unwrap();
    course.version(3, 1, 3);
    let mediator = Signer::Holder(Role::Mediator, account(6));
    course.list(Paper::Transcript(TranscriptNumber(3)), &[&PARTIES[..], &[mediator]].concat()).unwrap();
}

/// A signature stays, and a request for correction is settled before anything else is recorded.
#[test]
fn a_refusal_follows_neither_a_signature_nor_an_open_request() {
    let mut course = TestCase::to_sign(&[]);
    course.confirm((PLAINTIFF, FIRST), (1, 1, 1)).unwrap();
    let request = made!(RequestCorrection {
        transcript: TranscriptNumber(1),
        version: 1,
        correction: CorrectionNumber(1),
        speaker: SECOND
    });
    course.does(account(2), SECOND, request).unwrap();
    let refusal = |person: u32| made!(RecordRefusal { round: RoundNumber(1), person });
    assert_eq!(course.does(account(8), CLERK, refusal(1)), no(SessionRefusal::AlreadyConfirmed));
    assert_eq!(course.does(account(8), CLERK, refusal(2)), no(SessionRefusal::CorrectionPending));
}

/// 民诉法 arts. 101, 102: an agreement that one party refuses to sign is none.
#[test]
fn an_agreement_that_a_party_refuses_is_not_signed() {
    let mut course = TestCase::mediated(AgreementTrack::MediationDocument);
    course.list(AGREEMENT, &PARTIES).unwrap();
    course.does(account(2), SECOND, made!(RecordRefusal { round: RoundNumber(1), person: 2 })).unwrap();
    course.confirm((PLAINTIFF, FIRST), (1, 1, 1)).unwrap();
    assert!(course.agreement().signed.is_empty());
    assert_eq!(course.file.records.rounds[&RoundNumber(1)].end, None);
}
