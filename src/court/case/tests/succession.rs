//! What a case takes over from the one before: kind and procedure, roles, agents, items; and the last act of its opening.

use super::course::court;
use super::*;
use crate::court::case::course::{HandOver, Origin};
use crate::court::case::manifest::root;
use crate::court::case::succession::{Succession, succession};
use crate::court::course_words::{HandOverState, Instance};
use crate::court::ids::HandOverNumber;
use crate::court::service_words::DocumentKind;

const OTHER: CaseId = CaseId(Digest([98; 32]));

fn next(file: &CaseFile, kind: TransferKind, parties: &[u32], procedure: Option<Procedure>) -> Succession {
    let hand_over = HandOver {
        kind,
        ground: None,
        to: court("粤01"),
        basis: super::course::doc(1),
        parties: parties.iter().copied().map(PartyNumber).collect(),
        manifest: root(&["line"]).unwrap(),
        second_volume: None,
        on_paper: 0,
        outcome: None,
        lines: Vec::new().into(),
        second_lines: Vec::new().into(),
        state: HandOverState::Sent,
        sent: position(file.last.sequence + 1, 0),
        received: None,
        ended: None,
        reason: None,
        case: None,
    };
    succession(file, &hand_over, procedure, &Calendar::default())
}

fn roles(next: &Succession) -> Vec<(PartyRole, Option<PartyRole>)> {
    next.parties.iter().map(|(_, role, before)| (*role, *before)).collect()
}

/// With the parties 3 and 4.
fn of_four(third: PartyRole, fourth: PartyRole) -> TestCase {
    let mut course = TestCase::assigned();
    for (party, role) in [(3, third), (4, fourth)] {
        course.clerk(made!(AddParty { party: PartyNumber(party), role, account: None, former_role: None }));
    }
    course
}

#[test]
fn the_next_case_has_the_kind_and_the_procedure_of_its_instance() {
    use TransferKind::{Jurisdiction, Remand, Retrial, SecondInstance};
    let (ordinary, second) = (Procedure::Ordinary, Procedure::SecondInstance);
    for (by, was, kind, procedure) in [
        (SecondInstance, CaseKind::CivilFirst, CaseKind::CivilSecond, second),
        (SecondInstance, CaseKind::Retrial, CaseKind::CivilSecond, second),
        (SecondInstance, CaseKind::AdministrativeFirst, CaseKind::AdministrativeSecond, second),
        (Remand, CaseKind::CivilSecond, CaseKind::CivilFirst, ordinary),
        (Remand, CaseKind::AdministrativeSecond, CaseKind::AdministrativeFirst, ordinary),
        (Retrial, CaseKind::CivilFirst, CaseKind::Retrial, ordinary),
        (Jurisdiction, CaseKind::AdministrativeFirst, CaseKind::AdministrativeFirst, Procedure::Summary),
    ] {
        let mut course = TestCase::assigned();
        (course.file.kind, course.file.procedure) = (was, Procedure::Summary);
        let found = next(&course.file, by, &[], None);
        assert_eq!((found.kind, found.procedure), (kind, procedure), "{by} {was}");
    }
    // 民诉法 art. 218: a retrial follows the procedure by which the decision was given, as the accepting court states.
    let course = TestCase::judged();
    assert_eq!(next(&course.file, Retrial, &[1], Some(second)).procedure, second);
}

/// 民诉法 art. 62: a power of attorney is for the instances that it names; a transfer goes on in the same instance.
#[test]
fn a_power_of_attorney_goes_on_into_the_instances_that_it_names() {
    let mut course = TestCase::assigned();
    let agents =
        [(1, 1, Instance::First), (2, 1, Instance::Second), (3, 2, Instance::Retrial), (4, 2, Instance::Second)];
    for (number, party, instance) in agents {
        let (agent, by) = (AgentNumber(number), account(20 + u8::try_from(number).unwrap()));
        let act = super::course::agent(&[], &[instance]);
        course.clerk(Act::AddAgent(AddAgent { agent, party: PartyNumber(party), account: by, ..act }));
    }
    course.clerk(Act::EndAgent(EndAgent { agent: AgentNumber(4) }));
    for (by, expected) in [
        (TransferKind::SecondInstance, &[2][..]),
        (TransferKind::Retrial, &[3]),
        (TransferKind::Remand, &[1]),
        (TransferKind::Jurisdiction, &[1, 2, 3]),
    ] {
        let found: Vec<_> = next(&course.file, by, &[], None).agents.iter().map(|one| one.0).collect();
        assert_eq!(found, expected, "{by}");
    }
}

/// 解释 arts. 315, 317: who neither appealed nor was appealed against keeps the place that it had in the first instance.
#[test]
fn who_takes_no_part_in_the_appeal_is_named_by_its_role_in_the_first_instance() {
    use PartyRole::{
        Appellant, Appellee, Defendant, OriginalDefendant, OriginalPlaintiff, OriginalThirdParty, Plaintiff, ThirdParty,
    };
    let mut course = of_four(Defendant, ThirdParty);
    course.judge(super::course::judge(Some(super::course::doc(1)))).unwrap();
    course.defendant(super::course::appeal(1, 2, 1, &[3])).unwrap();
    let up = next(&course.file, TransferKind::SecondInstance, &[], None);
    let expected = [
        (OriginalPlaintiff, Some(Plaintiff)),
        (Appellant, Some(Defendant)),
        (Appellee, Some(Defendant)),
        (OriginalThirdParty, Some(ThirdParty)),
    ];
    assert_eq!(roles(&up), expected);
    // A retrial that is appealed: its applicant was the defendant, its respondents were plaintiff and defendant.
    course.file.kind = CaseKind::Retrial;
    let in_retrial =
        [PartyRole::Respondent, PartyRole::RetrialApplicant, PartyRole::Respondent, PartyRole::OriginalThirdParty];
    for (party, (role, former)) in
        course.file.parties.values_mut().zip(in_retrial.into_iter().zip([Plaintiff, Defendant, Defendant, ThirdParty]))
    {
        (party.role, party.former_role) = (role, Some(former));
    }
    assert_eq!(roles(&next(&course.file, TransferKind::SecondInstance, &[], None)), expected);
    course.file.course.appeals.clear();
    let (first, last) = ((OriginalPlaintiff, Some(Plaintiff)), (OriginalDefendant, Some(Defendant)));
    assert_eq!(roles(&next(&course.file, TransferKind::SecondInstance, &[], None))[..2], [first, last]);
}

/// 再审申请人, 被申请人, 原审第三人; after a remand the roles of the first instance.
#[test]
fn a_retrial_and_a_remand_name_the_parties_by_what_they_were() {
    use PartyRole::{
        Appellant, Appellee, Defendant, OriginalThirdParty, Plaintiff, Respondent, RetrialApplicant, ThirdParty,
    };
    let mut course = of_four(Defendant, ThirdParty);
    let expected = [
        (Respondent, Some(Plaintiff)),
        (RetrialApplicant, Some(Defendant)),
        (Respondent, Some(Defendant)),
        (OriginalThirdParty, Some(ThirdParty)),
    ];
    assert_eq!(roles(&next(&course.file, TransferKind::Retrial, &[2], None)), expected);
    // The same after a second instance, in which the third party took no part.
    let in_second = [Appellant, Appellee, Appellee, OriginalThirdParty];
    for (party, (role, former)) in
        course.file.parties.values_mut().zip(in_second.into_iter().zip([Plaintiff, Defendant, Defendant, ThirdParty]))
    {
        (party.role, party.former_role) = (role, Some(former));
    }
    assert_eq!(roles(&next(&course.file, TransferKind::Retrial, &[2], None)), expected);
    // Who joined in second instance only had no role in the first.
    course.file.parties.get_mut(&PartyNumber(3)).unwrap().former_role = None;
    let down = roles(&next(&course.file, TransferKind::Remand, &[], None));
    assert_eq!(down, [(Plaintiff, None), (Defendant, None), (ThirdParty, None), (ThirdParty, None)]);
    let aside = roles(&next(&course.file, TransferKind::Jurisdiction, &[], None));
    assert_eq!(aside[0], (Appellant, Some(Plaintiff)), "a transfer changes nothing");
}

#[test]
fn a_withdrawn_item_stays_behind() {
    let mut course = TestCase::assigned();
    course.import(account(2), SECOND, 2).unwrap();
    course.import(account(2), SECOND, 2).unwrap();
    course.does(account(2), SECOND, withdraw(2)).unwrap();
    let items: Vec<_> =
        next(&course.file, TransferKind::Jurisdiction, &[], None).items.iter().map(|(number, _)| number.0).collect();
    assert_eq!(items, [1, 3]);
}

/// The audit compares each part.
#[test]
fn each_part_that_differs_from_the_hand_over_is_found() {
    let course = TestCase::begin();
    let file = &course.file;
    let parties = file.parties.iter().map(|(number, one)| (*number, one.role, one.former_role));
    let same = Succession {
        kind: file.kind,
        procedure: file.procedure,
        parties: parties.collect(),
        agents: Vec::new(),
        items: Vec::new(),
        withdrawing: Vec::new(),
        former_judges: Vec::new(),
        former_participants: Vec::new(),
        appealed: None,
        came_by: None,
    };
    assert_eq!(file.difference_from(&same), None);
    let first = FirstImport { case: OTHER, item: ItemNumber(1), at: position(1, 0).at, late: false };
    let changes: [&dyn Fn(&mut Succession); 5] = [
        &|one| one.kind = CaseKind::CivilSecond,
        &|one| one.procedure = Procedure::SecondInstance,
        &|one| one.parties.clear(),
        &|one| one.agents.push(AgentNumber(1)),
        &|one| one.items.push((ItemNumber(1), first)),
    ];
    for change in changes {
        let mut expected = same.clone();
        change(&mut expected);
        assert!(file.difference_from(&expected).is_some(), "{expected:?}");
    }
    // 民诉法 art. 177: on these rest the form of the decision, and that a case is remanded once.
    let mut second = TestCase { file: file.clone(), at: course.at };
    let origin = |appealed, came_by| Origin {
        case: OTHER,
        hand_over: HandOverNumber(1),
        court: court("粤0106"),
        kind: TransferKind::SecondInstance,
        manifest: root(&["line"]).unwrap(),
        appealed,
        came_by,
        position: position(1, 0),
    };
    let (appealed, came_by) = (Some(DocumentKind::Judgment), Some(TransferKind::Remand));
    let expected = Succession { appealed, came_by, ..same };
    for (origin, is_same) in [
        (origin(appealed, came_by), true),
        (origin(Some(DocumentKind::Ruling), came_by), false),
        (origin(appealed, None), false),
    ] {
        second.file.course.origin = Some(origin);
        assert_eq!(second.file.difference_from(&expected).is_none(), is_same);
    }
}

/// 接收并立案: of the case and the hand-over by which it was opened, with all that was opened, once.
#[test]
fn a_case_is_taken_over_as_it_was_opened() {
    let mut course = TestCase::begin();
    course.file.from = Some((OTHER, TransferKind::SecondInstance));
    course.file.course.incoming = Some(HandOverNumber(1));
    let takes = |course: &mut TestCase, change: fn(&mut TakeOver)| {
        let mut act = TakeOver {
            case: OTHER,
            hand_over: HandOverNumber(1),
            court: court("粤0106"),
            manifest: root(&["line"]).unwrap(),
            appealed: None,
            came_by: None,
            parties: 1,
            agents: 0,
            items: 0,
            withdrawing: vec![PartyNumber(1)],
            number: None,
            former_judge: vec![account(9)],
            former_participant: vec![account(7)],
        };
        change(&mut act);
        course.does(account(8), CLERK, Act::TakeOver(act))
    };
    assert_eq!(takes(&mut course, |act| act.hand_over = HandOverNumber(2)), Err(Refusal::NothingCarried));
    assert_eq!(takes(&mut course, |act| act.case = CASE), Err(Refusal::NothingCarried));
    let counts: [fn(&mut TakeOver); 3] = [|act| act.parties = 2, |act| act.agents = 1, |act| act.items = 1];
    for change in counts {
        assert_eq!(takes(&mut course, change), Err(Refusal::OutOfOrder));
    }
    let mut of_its_own = TestCase { file: course.file.clone(), at: course.at };
    of_its_own.import(PLAINTIFF, FIRST, 1).unwrap();
    assert_eq!(takes(&mut of_its_own, |act| act.items = 1), Err(Refusal::OutOfOrder), "it was not handed over");
    takes(&mut course, |_| {}).unwrap();
    assert!(!course.file.is_being_taken_over());
    assert_eq!(course.file.stage, Stage::AwaitingAssignment);
    assert_eq!(course.file.course.former_judges, [account(9)].into());
    assert!(course.file.is_recused(account(7)), "a party of the case before");
    assert!(course.file.course.appeal_withdrawals.contains_key(&PartyNumber(1)));
    course.file.stage = Stage::Draft;
    assert_eq!(takes(&mut course, |_| {}), Err(Refusal::NothingCarried), "once");
}
