//! 另行组成合议庭: who hears a case that was remanded, or that is tried again (民诉法 art. 41 (3) and (4)).

use super::course::*;
use super::*;
use crate::court::case::course::Origin;
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::manifest::root;
use crate::court::case::succession::{Succession, succession};
use crate::court::course_words::RulingKind;
use crate::court::ids::HandOverNumber;

fn panel(members: &[u8]) -> Act {
    Act::FormPanel(FormPanel { member: members.iter().map(|n| account(*n)).collect() })
}

const fn assign(judge: AccountId) -> Act {
    Act::Assign(Assign { judge: Some(judge) })
}

/// Comes to its court by a hand-over of this kind, from a case that these judges heard.
fn came(course: &mut TestCase, kind: TransferKind, former: &[AccountId]) {
    course.file.course.origin = Some(Origin {
        case: CASE,
        hand_over: HandOverNumber(1),
        court: court("粤01"),
        kind,
        manifest: root(&["line"]).unwrap(),
        appealed: None,
        came_by: None,
        position: position(9, 0),
    });
    course.file.course.former_judges = former.iter().copied().collect();
    course.file.judge = None;
    course.file.stage = Stage::AwaitingAssignment;
}

/// 民诉法 art. 41 (3): the case goes up and comes back, and the list of those who heard it grows on the way.
#[test]
fn those_who_heard_a_case_are_named_to_the_court_that_takes_it_over() {
    let mut first = TestCase::assigned();
    first.clerk(panel(&[9, 7, 6]));
    first.does(account(7), JUDGE, judge(Some(doc(1)))).unwrap();
    first.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    first.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    let up = succession(&first.file, &first.file.course.hand_overs[&HandOverNumber(1)], None, &Calendar::default());
    assert_eq!(up.former_judges, [account(6), account(7), account(9)]);

    let mut second = TestCase::assigned();
    came(&mut second, TransferKind::SecondInstance, &up.former_judges);
    second.file.kind = CaseKind::CivilSecond;
    // A court of second instance is not a court that hears the case anew.
    second.clerk(assign(account(9)));
    second.clerk(assign(account(5)));
    second.does(account(5), JUDGE, rule(RulingKind::Remand, 2)).unwrap();
    second.sends(TransferKind::Remand, "粤01", 2).unwrap();
    let down = succession(&second.file, &second.file.course.hand_overs[&HandOverNumber(1)], None, &Calendar::default());
    assert_eq!(down.former_judges, [account(5), account(6), account(7), account(9)]);
}

/// Who ruled in the case heard it, also if another judge gave the judgment; a clerk who refused a filing is no judge.
#[test]
fn a_judge_who_ruled_and_was_replaced_has_heard_the_case() {
    let mut course = TestCase::assigned();
    course.plaintiff(Act::WithdrawSuit(WithdrawSuit {})).unwrap();
    course.judge(rule(RulingKind::RefuseWithdrawal, 1)).unwrap();
    course.clerk(assign(account(5)));
    assert_eq!(course.file.judges_so_far(), [account(5), account(9)].into());
    let mut refused = TestCase::begin();
    refused.complete();
    refused.plaintiff(Act::Submit(Submit {})).unwrap();
    refused.clerk(Act::Refuse(Refuse { reason: None, document: Some(doc(1)) }));
    assert!(refused.file.judges_so_far().is_empty());
}

/// The audit compares the list with what the sending case says.
#[test]
fn a_judge_who_is_left_out_is_a_difference() {
    let mut course = TestCase::assigned();
    came(&mut course, TransferKind::Remand, &[account(9), account(7)]);
    let parties = course.file.parties.iter().map(|(number, one)| (*number, one.role, one.former_role));
    let mut expected = Succession {
        kind: course.file.kind,
        procedure: course.file.procedure,
        parties: parties.collect(),
        agents: Vec::new(),
        items: Vec::new(),
        withdrawing: Vec::new(),
        former_judges: vec![account(7), account(9)],
        former_participants: Vec::new(),
        appealed: None,
        came_by: None,
    };
    assert_eq!(course.file.difference_from(&expected), None);
    expected.came_by = Some(TransferKind::Remand);
    assert!(course.file.difference_from(&expected).is_some_and(|found| found.contains("how the case came")));
    expected.former_participants.push(PLAINTIFF);
    assert!(course.file.difference_from(&expected).is_some_and(|found| found.contains("took part")));
    expected.former_judges.push(account(11));
    assert!(course.file.difference_from(&expected).is_some_and(|found| found.contains("judges")));
}

/// 民诉法 art. 41 (3): 发回重审的案件，原审人民法院应当按照第一审程序另行组成合议庭; (4): so does a retrial.
#[test]
fn after_a_remand_and_in_a_retrial_a_new_panel_judges() {
    for kind in [TransferKind::Remand, TransferKind::Retrial] {
        let mut course = TestCase::assigned();
        came(&mut course, kind, &[account(9), account(7)]);
        assert_eq!(course.does(account(8), CLERK, assign(account(9))), refused(CourseRefusal::FormerPanel), "{kind}");
        course.clerk(assign(account(5)));
        assert_eq!(course.does(account(8), CLERK, panel(&[5, 7, 6])), refused(CourseRefusal::FormerPanel), "{kind}");
        assert!(course.file.course.panel.is_empty());
        let alone = course.does(account(5), JUDGE, judge(Some(doc(1))));
        assert_eq!(alone, refused(CourseRefusal::PanelNeeded), "{kind}");
        course.clerk(panel(&[5, 6, 4]));
        course.does(account(6), JUDGE, judge(Some(doc(1)))).unwrap();
        assert_eq!(course.file.stage, Stage::Judged);
    }
}

/// Art. 41 speaks of no other hand-over, and a case that came before its former judges were recorded goes on as it did.
#[test]
fn other_cases_keep_their_judges() {
    for (kind, former) in [
        (TransferKind::Jurisdiction, &[account(9)][..]),
        (TransferKind::SecondInstance, &[account(9)]),
        (TransferKind::Remand, &[]),
    ] {
        let mut course = TestCase::assigned();
        came(&mut course, kind, former);
        course.clerk(assign(account(9)));
        course.judge(judge(Some(doc(1)))).unwrap();
    }
}
