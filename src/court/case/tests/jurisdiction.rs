//! Objections to jurisdiction and answers to the suit: whose they are, which effect they have, and which counts.

use super::course::{appeal, doc, effects, judge, object, rule};
use super::*;
use crate::court::case::course::Origin;
use crate::court::case::manifest::root;
use crate::court::course_words::{ObjectionEffect, RulingKind};
use crate::court::ids::{AppealNumber, HandOverNumber};
use crate::court::service_words::DocumentKind;

const DAY: u64 = 86_400_000;
const THIRD: Capacity = Capacity::Party(PartyNumber(3));

fn answer(party: u32, document: u64, appeal: Option<u32>) -> Act {
    let appeal = appeal.map(AppealNumber);
    Act::Answer(Answer { party: PartyNumber(party), document: doc(document), appeal })
}

/// With a second defendant, whose account is 3.
fn of_two_defendants() -> TestCase {
    let mut course = TestCase::assigned();
    course.clerk(made!(AddParty {
        party: PartyNumber(3),
        role: PartyRole::Defendant,
        account: Some(account(3)),
        former_role: None
    }));
    course
}

/// 民诉法 art. 130: each party objects in its own period; the ruling is on all that are pending, and on no other.
#[test]
fn the_objection_of_one_defendant_is_not_that_of_another() {
    let mut course = of_two_defendants();
    course.defendant(object(2)).unwrap();
    course.does(account(3), THIRD, object(3)).unwrap();
    course.defendant(object(2)).unwrap();
    assert_eq!(effects(&course), [ObjectionEffect::Pending, ObjectionEffect::Pending, ObjectionEffect::Repeated]);
    course.judge(rule(RulingKind::DismissObjection, 1)).unwrap();
    assert_eq!(effects(&course), [ObjectionEffect::Dismissed, ObjectionEffect::Dismissed, ObjectionEffect::Repeated]);
    let mut answered = of_two_defendants();
    answered.does(account(3), THIRD, answer(3, 5, None)).unwrap();
    answered.defendant(object(2)).unwrap();
    answered.does(account(3), THIRD, object(3)).unwrap();
    assert_eq!(effects(&answered), [ObjectionEffect::Pending, ObjectionEffect::AfterAnswer]);
    answered.judge(rule(RulingKind::SustainObjection, 1)).unwrap();
    assert_eq!(effects(&answered), [ObjectionEffect::Sustained, ObjectionEffect::AfterAnswer]);
}

/// 民诉法 art. 130, 解释 art. 39: after a remand no objection is examined; a case that came by a transfer is heard for the first time.
#[test]
fn an_objection_is_of_a_first_instance_that_was_not_heard_before() {
    for (kind, expected) in [
        (TransferKind::Remand, ObjectionEffect::NotFirstInstance),
        (TransferKind::Jurisdiction, ObjectionEffect::Pending),
    ] {
        let mut course = TestCase::assigned();
        course.file.course.origin = Some(Origin {
            case: CASE,
            hand_over: HandOverNumber(1),
            court: super::course::court("粤01"),
            kind,
            manifest: root(&["line"]).unwrap(),
            appealed: None,
            came_by: None,
            position: position(9, 0),
        });
        course.defendant(object(2)).unwrap();
        assert_eq!(effects(&course), [expected], "{kind}");
    }
}

/// 行政诉讼法解释 art. 10: within fifteen days from the receipt of the complaint.
#[test]
fn an_administrative_defendant_objects_within_fifteen_days() {
    let mut course = TestCase::assigned();
    course.file.kind = CaseKind::AdministrativeFirst;
    course.delivers(DocumentKind::ComplaintCopy, 2, doc(11));
    let mut late = TestCase { file: course.file.clone(), at: course.at + 20 * DAY };
    course.defendant(object(2)).unwrap();
    assert_eq!(effects(&course), [ObjectionEffect::Pending]);
    late.defendant(object(2)).unwrap();
    assert_eq!(effects(&late), [ObjectionEffect::Late]);
}

/// 证据规定 art. 55 (1): the objection suspends the evidence periods, one without effect does not.
#[test]
fn an_objection_with_an_effect_suspends_the_evidence_periods() {
    for answers in [false, true] {
        let mut course = TestCase::assigned();
        course.delivers(DocumentKind::EvidenceNotice, 2, doc(11));
        if answers {
            course.defendant(answer(2, 5, None)).unwrap();
        }
        course.defendant(object(2)).unwrap();
        assert_eq!(course.file.periods.is_suspended(), !answers);
    }
}

/// 民诉法 arts. 128, 174: who is sued or appealed against answers, while there is something to answer; the first answer counts.
#[test]
fn an_answer_is_of_those_who_are_sued_or_appealed_against() {
    let mut course = of_two_defendants();
    assert_eq!(course.plaintiff(answer(1, 5, None)), Err(Refusal::NotYours));
    course.defendant(answer(2, 5, None)).unwrap();
    course.defendant(answer(2, 6, None)).unwrap();
    assert_eq!(course.file.course.answers[&PartyNumber(2)].document, doc(5));
    course.judge(judge(Some(doc(1)))).unwrap();
    assert_eq!(course.does(account(3), THIRD, answer(3, 5, None)), Err(Refusal::NotYours), "it is judged");
    course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    assert_eq!(course.does(account(3), THIRD, answer(3, 7, Some(1))), Err(Refusal::NotYours));
    course.defendant(answer(2, 7, Some(1))).unwrap();
    let windows = course.file.windows.iter().count();
    course.defendant(answer(2, 8, Some(1))).unwrap();
    assert_eq!(course.file.windows.iter().count(), windows, "the court has no second copy to serve");
    assert_eq!(course.file.course.appeals[&AppealNumber(1)].answers[&PartyNumber(2)].document, doc(7));
}
