//! Parties that were entered wrongly.

use super::*;

/// 更正: the filer before the submission, then the court, which no party replaces.
#[test]
fn a_party_that_was_entered_wrongly_is_corrected() {
    let corrects = |party: u32, name: Option<u8>, subject: Option<SubjectKind>| {
        let name = name.map(|byte| AnnexId(Digest([byte; 32])));
        Act::RestateParty(RestateParty { party: PartyNumber(party), subject, name })
    };
    let mut course = TestCase::begin();
    course.complete();
    let before = course.file.parties[&PartyNumber(2)].clone();
    assert_eq!(course.does(PLAINTIFF, FIRST, corrects(3, Some(9), None)), Err(Refusal::NoSuchParty(PartyNumber(3))));
    course.does(PLAINTIFF, FIRST, corrects(2, Some(9), None)).unwrap();
    let named = course.file.parties[&PartyNumber(2)].clone();
    assert_eq!((named.name.annex, named.subject), (AnnexId(Digest([9; 32])), before.subject));
    let other = SubjectKind::ALL.iter().copied().find(|kind| *kind != before.subject).unwrap();
    course.does(account(8), CLERK, corrects(2, None, Some(other))).unwrap();
    let both = course.file.parties[&PartyNumber(2)].clone();
    assert_eq!((both.name, both.subject), (named.name, other));
    // From the submission on, the court.
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    course.does(PLAINTIFF, FIRST, Act::Submit(Submit {})).unwrap();
    let late = course.does(PLAINTIFF, FIRST, corrects(2, Some(7), None));
    assert_eq!(late, Err(Refusal::Denied(DeniedReason::WrongStage)));
    course.court(Act::Approve(Approve {}));
    course.court(Act::FileCase(FileCase { number: None }));
    course.clerk(corrects(2, Some(7), None));
    assert_eq!(course.file.parties[&PartyNumber(2)].name.annex, AnnexId(Digest([7; 32])));
}
