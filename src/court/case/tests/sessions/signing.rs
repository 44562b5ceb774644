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
