//! Into a retrial: on which ground, by which court, of what (民诉法 arts. 209, 210, 219).

use super::course::*;
use super::*;
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::succession::succession;
use crate::court::course_words::RetrialGround;
use crate::court::ids::HandOverNumber;
use crate::court::service_words::DocumentKind;
use crate::court::window::WindowKind;

impl TestCase {
    /// Judged by document 1, which was served on both parties, and after the periods to appeal.
    pub(super) fn judged_and_in_force() -> Self {
        let mut course = Self::judged();
        for party in [1, 2] {
            course.delivers(DocumentKind::Judgment, party, doc(1));
        }
        course.at += 20 * 86_400_000;
        course
    }

    fn goes_into_retrial(&mut self, to: &str, ground: Option<RetrialGround>, party: &[u32]) -> Result<(), Refusal> {
        let party = party.iter().copied().map(PartyNumber).collect();
        let act = SendHandOver { party, ground, ..send(&self.file, TransferKind::Retrial, to, 50) };
        self.does(account(8), CLERK, Act::SendHandOver(act))
    }
}

/// 民诉法 art. 209: 院长发现; art. 219: 抗诉. Neither has an applicant.
#[test]
fn only_an_application_names_parties() {
    let no_ground = refused(CourseRefusal::NoGround(TransferKind::Retrial));
    for (ground, party, expected) in [
        (Some(RetrialGround::Application), &[2][..], Ok(())),
        (Some(RetrialGround::Application), &[], no_ground.clone()),
        (Some(RetrialGround::ExOfficio), &[2], no_ground.clone()),
        (Some(RetrialGround::ExOfficio), &[], Ok(())),
        (Some(RetrialGround::Protest), &[1], no_ground.clone()),
        (Some(RetrialGround::Protest), &[], Ok(())),
        (None, &[9], no_ground.clone()),
    ] {
        let mut course = TestCase::judged_and_in_force();
        assert_eq!(course.goes_into_retrial("粤", ground, party), expected, "{ground:?} {party:?}");
    }
    // No other hand-over has such a ground.
    let mut course = appealed();
    let act = SendHandOver {
        ground: Some(RetrialGround::ExOfficio),
        ..send(&course.file, TransferKind::SecondInstance, "粤01", 1)
    };
    let sent = course.does(account(8), CLERK, Act::SendHandOver(act));
    assert_eq!(sent, refused(CourseRefusal::NoGround(TransferKind::SecondInstance)));
}

/// Without an applicant, the parties have the roles of the first instance.
#[test]
fn of_a_retrial_that_nobody_applied_for_the_parties_keep_their_roles() {
    let mut course = TestCase::judged_and_in_force();
    course.goes_into_retrial("粤", Some(RetrialGround::ExOfficio), &[]).unwrap();
    let next = succession(&course.file, &course.file.course.hand_overs[&HandOverNumber(1)], None, &Calendar::default());
    let roles: Vec<_> = next.parties.iter().map(|(_, role, _)| *role).collect();
    assert_eq!((next.kind, roles), (CaseKind::Retrial, vec![PartyRole::Plaintiff, PartyRole::Defendant]));
}

/// 民诉法 arts. 209, 210: the court that gave the judgment may try the case again itself.
#[test]
fn the_original_court_tries_a_case_again() {
    let mut course = TestCase::judged_and_in_force();
    course.goes_into_retrial("粤0192", Some(RetrialGround::Application), &[2]).unwrap();
    course.receives(1).unwrap();
    course.accepts(1).unwrap();
    assert_eq!(course.file.passed_on, [(CaseId(Digest([99; 32])), TransferKind::Retrial)]);
}

/// 民诉法 arts. 158, 209, 210: only what has taken effect is tried again.
#[test]
fn only_a_decision_in_force_is_tried_again() {
    let ground = Some(RetrialGround::ExOfficio);
    let mut course = TestCase::judged();
    assert_eq!(course.goes_into_retrial("粤", ground, &[]), refused(CourseRefusal::NotInForce), "not served");
    for party in [1, 2] {
        course.delivers(DocumentKind::Judgment, party, doc(1));
    }
    assert_eq!(course.goes_into_retrial("粤", ground, &[]), refused(CourseRefusal::NotInForce), "can be appealed");
    let mut appealed = TestCase { file: course.file.clone(), at: course.at };
    appealed.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    assert_eq!(appealed.goes_into_retrial("粤", ground, &[]), refused(CourseRefusal::AppealPending));
    course.at += 20 * 86_400_000;
    course.goes_into_retrial("粤", ground, &[]).unwrap();
    // Small claims have no appeal: the judgment takes effect with its service.
    let mut small = TestCase::assigned();
    small.file.procedure = Procedure::SmallClaims;
    small.judge(judge(Some(doc(1)))).unwrap();
    assert_eq!(small.goes_into_retrial("粤", ground, &[]), refused(CourseRefusal::NotInForce));
    for party in [1, 2] {
        small.delivers(DocumentKind::Judgment, party, doc(1));
    }
    small.goes_into_retrial("粤", ground, &[]).unwrap();
}

/// 民诉法 art. 182: the judgment of second instance is final. The court of first instance serves it, in whose case the service is recorded.
#[test]
fn a_judgment_of_second_instance_goes_into_a_retrial_without_a_record_of_its_service() {
    let mut course = TestCase::judged();
    course.file.kind = CaseKind::CivilSecond;
    course.goes_into_retrial("粤", Some(RetrialGround::ExOfficio), &[]).unwrap();
}

/// 民诉法 arts. 174, 209: a late appeal is still to be sent up after the case went into a retrial, and gives no ground for a second one.
#[test]
fn a_late_appeal_and_a_retrial_are_two_things() {
    let mut course = TestCase::judged_and_in_force();
    course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    course.delivers(DocumentKind::AppealCopy, 2, doc(101));
    let is_due = |course: &TestCase| super::after_appeal::due(course);
    assert_eq!(is_due(&course), [WindowKind::DossierSent]);
    let retrial = |course: &mut TestCase| {
        let act = send(&course.file, TransferKind::Retrial, "粤", 1);
        let ground = Some(RetrialGround::ExOfficio);
        course.does(account(8), CLERK, Act::SendHandOver(SendHandOver { ground, ..act }))
    };
    retrial(&mut course).unwrap();
    assert_eq!(is_due(&course), [WindowKind::DossierSent], "to the court of second instance");
    course.receives(1).unwrap();
    course.accepts(1).unwrap();
    assert_eq!(retrial(&mut course), Err(Refusal::AlreadyPassedOn));
}
