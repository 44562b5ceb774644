//! Appeals against several decisions, their withdrawal, and the court's periods when a service or a deferral moves what they follow.

use super::after_appeal::due;
use super::course::{RECEIVER, agent, appeal, appealed, doc, judge, object, refused, rule};
use super::*;
use crate::court::case::course::ReturnedDossier;
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::legal_force::{LegalForce, legal_force};
use crate::court::case::manifest::root;
use crate::court::case::succession::succession;
use crate::court::course_words::{AppealOutcome, RulingKind, SpecialPower};
use crate::court::ids::{AppealNumber, HandOverNumber};
use crate::court::service_words::DocumentKind;
use crate::court::window::{Subject, WindowError, WindowKind};
use crate::court::windows::{WINDOWS_MAX, WindowKey};
use crate::ledger::number::DepositNumber;

const DAY: u64 = 86_400_000;

/// Decided by a ruling that can be appealed, document 1, and by the judgment, document 2. The plaintiff has an agent without special
/// authority.
fn decided_twice() -> TestCase {
    let mut course = TestCase::assigned();
    course.plaintiff(Act::AddAgent(agent(&[], &[]))).unwrap();
    course.defendant(object(2)).unwrap();
    course.judge(rule(RulingKind::DismissObjection, 1)).unwrap();
    course.judge(judge(Some(doc(2)))).unwrap();
    course
}

fn withdraw(party: u32) -> Act {
    Act::WithdrawAppeal(WithdrawAppeal { party: PartyNumber(party) })
}

impl TestCase {
    fn goes_up(&mut self, basis: u64) {
        let number = self.file.next_hand_over().0;
        self.sends(TransferKind::SecondInstance, "粤01", basis).unwrap();
        self.receives(number).unwrap();
        self.accepts(number).unwrap();
    }
}

/// 民诉法 arts. 158, 171, 174: what is said of one decision is not said of another.
#[test]
fn an_appeal_is_against_one_decision() {
    let mut course = decided_twice();
    course.defendant(appeal(1, 2, 1, &[1])).unwrap();
    for party in [1, 2] {
        course.delivers(DocumentKind::Judgment, party, doc(2));
    }
    let later = Timestamp::from_millis(course.now().as_millis() + 30 * DAY).unwrap();
    let judgment = &course.file.course.decisions[1];
    assert_eq!(legal_force(&course.file, judgment, later, &Calendar::default()).force, LegalForce::InForce);
    // One party appeals against each; the dossier on the ruling goes with the appeal against the ruling.
    course.defendant(appeal(2, 2, 2, &[1])).unwrap();
    course.plaintiff(appeal(3, 1, 2, &[2])).unwrap();
    course.goes_up(1);
    let gone: Vec<_> = course.file.course.appeals.values().map(|one| one.handed_over).collect();
    assert_eq!(gone, [Some(HandOverNumber(1)), None, None]);
    let up = succession(&course.file, &course.file.course.hand_overs[&HandOverNumber(1)], None, &Calendar::default());
    let roles: Vec<_> = up.parties.iter().map(|(_, role, _)| *role).collect();
    assert_eq!(roles, [PartyRole::Appellee, PartyRole::Appellant]);
    course.goes_up(2);
    let gone: Vec<_> = course.file.course.appeals.values().filter_map(|one| one.handed_over).map(|one| one.0).collect();
    assert_eq!(gone, [1, 2, 2], "what went stays where it went");
}

/// 民诉法 arts. 62, 180: a party withdraws all its own appeals that have not gone, once.
#[test]
fn a_party_applies_to_withdraw_its_own_appeals() {
    let mut course = decided_twice();
    course.defendant(appeal(1, 2, 1, &[1])).unwrap();
    course.defendant(appeal(2, 2, 2, &[1])).unwrap();
    course.plaintiff(appeal(3, 1, 2, &[2])).unwrap();
    assert_eq!(course.plaintiff(withdraw(2)), Err(Refusal::NotYours));
    let by_agent = course.does(account(5), Capacity::Agent(AgentNumber(1)), withdraw(1));
    assert_eq!(by_agent, refused(CourseRefusal::PowerNotNamed(SpecialPower::Appeal)));
    course.defendant(withdraw(2)).unwrap();
    let applied: Vec<_> = course.file.course.appeals.values().map(|one| one.withdrawal.is_some()).collect();
    assert_eq!(applied, [true, true, false]);
    assert_eq!(course.defendant(withdraw(2)), refused(CourseRefusal::WithdrawalPending));
    course.goes_up(2);
    assert_eq!(course.plaintiff(withdraw(1)), refused(CourseRefusal::NothingToWithdraw), "it is heard there");
}

/// 民诉法 art. 180: in second instance one application at a time.
#[test]
fn an_appellant_waits_for_the_ruling_on_its_application() {
    let mut course = TestCase::assigned();
    course.file.kind = CaseKind::CivilSecond;
    course.file.parties.get_mut(&PartyNumber(1)).unwrap().role = PartyRole::Appellant;
    let mut decided = TestCase { file: course.file.clone(), at: course.at };
    decided.file.stage = Stage::Judged;
    assert_eq!(decided.plaintiff(withdraw(1)), refused(CourseRefusal::NothingToWithdraw), "it is decided");
    course.plaintiff(withdraw(1)).unwrap();
    assert_eq!(course.plaintiff(withdraw(1)), refused(CourseRefusal::WithdrawalPending));
}

/// 民诉法 art. 218: a retrial by the procedure of first instance can be appealed, one by that of second instance cannot.
#[test]
fn a_retrial_can_be_appealed_by_its_procedure() {
    for (procedure, expected) in
        [(Procedure::Ordinary, Ok(())), (Procedure::SecondInstance, refused(CourseRefusal::NoAppeal))]
    {
        let mut course = TestCase::judged();
        (course.file.kind, course.file.procedure) = (CaseKind::Retrial, procedure);
        assert_eq!(course.plaintiff(appeal(1, 1, 1, &[2])), expected, "{procedure}");
    }
}

/// 民诉法 arts. 126, 174: where nobody is appealed against, nobody gets a copy.
#[test]
fn an_appeal_names_nobody_where_there_is_nobody_else() {
    let mut alone = TestCase::judged();
    alone.file.parties.remove(&PartyNumber(2));
    alone.plaintiff(appeal(1, 1, 1, &[])).unwrap();
    assert_eq!(due(&alone), []);
}

fn comes_back(course: &mut TestCase, number: u32, case: u8, outcome: AppealOutcome) {
    let (position, hand_over, document) = (course.next(), HandOverNumber(number), doc(9));
    let (case, manifest) = (CaseId(Digest([case; 32])), course.file.course.hand_overs[&hand_over].manifest);
    course.file.course.returned.push(ReturnedDossier { position, case, hand_over, manifest, document, outcome });
}

/// 民诉法 art. 177: the decision stands only if every appeal leaves it as it is.
#[test]
fn one_appeal_that_is_undecided_or_succeeds_keeps_a_decision_from_taking_effect() {
    let mut course = appealed();
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    course.defendant(appeal(2, 2, 1, &[1])).unwrap();
    course.receives(1).unwrap();
    course.accepts(1).unwrap();
    course.goes_up(1);
    // The second court hears each dossier in a case of its own.
    course.file.course.hand_overs.get_mut(&HandOverNumber(2)).unwrap().case = Some(CaseId(Digest([98; 32])));
    comes_back(&mut course, 1, 99, AppealOutcome::Upheld);
    assert_eq!(course.force(), LegalForce::Appealed);
    for (outcome, expected) in
        [(AppealOutcome::Upheld, LegalForce::Upheld), (AppealOutcome::Changed, LegalForce::Overturned)]
    {
        let mut both = TestCase { file: course.file.clone(), at: course.at };
        comes_back(&mut both, 2, 98, outcome);
        assert_eq!(both.force(), expected, "{outcome}");
    }
}

fn about(kind: WindowKind, party: u32, document: DepositNumber) -> WindowKey {
    WindowKey::of(kind, PartyNumber(party)).about(Subject::Document(document))
}

/// From which day the dossier on the plaintiff's appeal against document 1 is due.
fn dossier_from(course: &TestCase) -> Option<Day> {
    course.file.windows.unclosed(about(WindowKind::DossierSent, 1, doc(1)))?.begun.map(|(_, start)| start.day())
}

/// The last day on which a party answers the petition of appeal 1.
fn answers_until(course: &TestCase, party: u32) -> Option<Day> {
    let key = about(WindowKind::AnswerToAppeal, party, doc(101));
    course.file.windows.unclosed(key)?.end(&Calendar::default())?.last
}

/// 民诉法 art. 174 (1): the period of the dossier follows the last period to answer, whichever party's that is, until somebody answers.
#[test]
fn the_dossier_is_due_after_the_period_to_answer_that_ends_last() {
    let mut course = TestCase::assigned();
    course.clerk(made!(AddParty {
        party: PartyNumber(3),
        role: PartyRole::Defendant,
        account: None,
        former_role: None
    }));
    course.judge(judge(Some(doc(1)))).unwrap();
    course.plaintiff(appeal(1, 1, 1, &[2, 3])).unwrap();
    let mut answered = TestCase { file: course.file.clone(), at: course.at };
    course.delivers(DocumentKind::AppealCopy, 3, doc(101));
    course.at += 2 * DAY;
    let second = course.delivers(DocumentKind::AppealCopy, 2, doc(101));
    assert!(answers_until(&course, 3) < answers_until(&course, 2));
    assert_eq!(dossier_from(&course), answers_until(&course, 2));
    // A report that it was received before moves both; so does a deferral (art. 86).
    let before = dossier_from(&course);
    let mut deferred = TestCase { file: course.file.clone(), at: course.at };
    course.at += DAY;
    course.objects_with_success(2, second);
    assert_eq!((dossier_from(&course), due(&course)), (None, vec![WindowKind::PetitionCopy]), "no copy is served");
    course.delivers(DocumentKind::AppealCopy, 2, doc(101));
    assert_eq!((dossier_from(&course), due(&course)), (answers_until(&course, 2), vec![WindowKind::DossierSent]));
    assert!(dossier_from(&course) > before);
    let last = before.and_then(|day| day.plus(20)).unwrap();
    deferred.defers(WindowKind::AnswerToAppeal, last);
    assert_eq!((dossier_from(&deferred), answers_until(&deferred, 2)), (Some(last), Some(last)));
    // An answer begins it at once; what is served later does not move it.
    answered.delivers(DocumentKind::AppealCopy, 2, doc(101));
    answered
        .defendant(Act::Answer(Answer { party: PartyNumber(2), document: doc(7), appeal: Some(AppealNumber(1)) }))
        .unwrap();
    let at_once = dossier_from(&answered);
    assert_eq!(at_once, Some(answered.today()));
    answered.at += 4 * DAY;
    answered.delivers(DocumentKind::AppealCopy, 3, doc(101));
    assert_eq!(dossier_from(&answered), at_once);
}

/// 民诉法 art. 174 (1): a report that moves the service of the copy moves what follows from it.
#[test]
fn a_copy_that_proves_to_be_received_earlier_moves_the_day_of_the_dossier() {
    let mut course = appealed();
    let service = course.posts(DocumentKind::AppealCopy, 2, 101, None);
    course.at += 7 * DAY;
    course.returns(service);
    let before = dossier_from(&course);
    course.proves_earlier(service, 7);
    assert!(dossier_from(&course) < before, "{before:?}");
    assert_eq!(dossier_from(&course), answers_until(&course, 2));
}

/// 民诉法 art. 174: a copy of an answer whose service proves void is still to be served; a dossier that was sent is not due again.
#[test]
fn what_is_done_is_due_again_only_if_it_proves_not_to_be_done() {
    let mut course = appealed();
    course.delivers(DocumentKind::AppealCopy, 2, doc(101));
    let mut sent = TestCase { file: course.file.clone(), at: course.at };
    course
        .defendant(Act::Answer(Answer { party: PartyNumber(2), document: doc(7), appeal: Some(AppealNumber(1)) }))
        .unwrap();
    let copy = course.delivers(DocumentKind::AnswerCopy, 1, doc(7));
    assert_eq!(due(&course), [WindowKind::DossierSent]);
    course.objects_with_success(1, copy);
    assert!(due(&course).contains(&WindowKind::AnswerCopy) && due(&course).len() == 2, "{:?}", due(&course));

    sent.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    sent.delivers(DocumentKind::Judgment, 2, doc(1));
    assert_eq!(due(&sent), [], "the second court has not received it yet");
    sent.receives(1).unwrap();
    sent.accepts(1).unwrap();
    sent.delivers(DocumentKind::Judgment, 1, doc(1));
    assert_eq!(due(&sent), []);
}

/// 民诉法 art. 174: the dossier is due again when the court above did not accept it, and on an appeal that came after its sending.
#[test]
fn a_dossier_that_did_not_go_with_an_appeal_is_due() {
    let mut course = appealed();
    course.delivers(DocumentKind::AppealCopy, 2, doc(101));
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    course.receives(1).unwrap();
    let mut later = TestCase { file: course.file.clone(), at: course.at };
    let mut answered = TestCase { file: course.file.clone(), at: course.at };
    let (hand_over, reason) = (HandOverNumber(1), AnnexId(Digest([4; 32])));
    let returns = |course: &mut TestCase| {
        course.does(account(6), RECEIVER, Act::ReturnHandOver(ReturnHandOver { hand_over, reason })).unwrap();
    };
    let mut differs = TestCase { file: course.file.clone(), at: course.at };
    returns(&mut course);
    assert_eq!((dossier_from(&course), due(&course)), (answers_until(&course, 2), vec![WindowKind::DossierSent]));
    let manifest = root(&["another line"]).unwrap();
    let report = ReportDifference { hand_over, manifest, second_volume: None, reason };
    differs.does(account(6), RECEIVER, Act::ReportDifference(report)).unwrap();
    assert_eq!(due(&differs), [WindowKind::DossierSent]);

    // An answer to what went already is served on the appellant, and nothing else is due, until the dossier comes back.
    let answer = Act::Answer(Answer { party: PartyNumber(2), document: doc(7), appeal: Some(AppealNumber(1)) });
    answered.defendant(answer).unwrap();
    assert_eq!(due(&answered), [WindowKind::AnswerCopy]);
    let day = answered.today();
    answered.at += 3 * DAY;
    returns(&mut answered);
    assert_eq!(dossier_from(&answered), Some(day));
    assert_eq!(due(&answered), [WindowKind::AnswerCopy, WindowKind::DossierSent]);

    later.defendant(appeal(2, 2, 1, &[1])).unwrap();
    later.delivers(DocumentKind::AppealCopy, 1, doc(102));
    assert_eq!(due(&later), [WindowKind::DossierSent]);
}

/// An answer is rejected if the case already has the maximum number of periods. It then begins none of its two periods.
#[test]
fn an_answer_begins_both_periods_of_the_court_or_none() {
    let mut course = appealed();
    let (key, position) = (WindowKey::of(WindowKind::Replies, PartyNumber(1)), course.next());
    let mut replies = course.file.windows.iter().last().unwrap().clone();
    (replies.kind, replies.party) = (key.kind, key.party);
    for _ in course.file.windows.iter().count()..WINDOWS_MAX - 1 {
        course.file.windows.replace(key, replies.clone(), position).unwrap();
    }
    let answer = Act::Answer(Answer { party: PartyNumber(2), document: doc(7), appeal: Some(AppealNumber(1)) });
    assert_eq!(course.defendant(answer), Err(Refusal::Window(WindowError::Length)));
    assert_eq!(due(&course), [WindowKind::PetitionCopy]);
}
