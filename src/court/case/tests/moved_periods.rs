//! Periods after service is corrected: a second document, an upheld objection, a late report, a deferral; and what depends on them.

use super::course::{appeal, doc, judge, object, rule};
use super::service::address;
use super::*;
use crate::court::case::course::ReturnedDossier;
use crate::court::case::legal_force::{LegalForce, legal_force};
use crate::court::case::succession::succession;
use crate::court::course_words::{AppealOutcome, RulingKind, Timeliness};
use crate::court::ids::{AppealNumber, HandOverNumber, ServiceNumber};
use crate::court::period::by_party::PartyPeriod;
use crate::court::service_words::{
    AddressSource, Channel, DocumentKind, Reporter, ServiceGround, ServiceMode, ServiceOutcome, ServiceStep,
};
use crate::court::window::{Source, Subject, Window, WindowKind};
use crate::court::windows::WindowKey;

const DAY: u64 = 86_400_000;

impl TestCase {
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millis(START + self.at).unwrap()
    }

    pub(super) fn today(&self) -> Day {
        Day::of(self.now())
    }

    pub(super) fn force(&self) -> LegalForce {
        legal_force(&self.file, &self.file.course.decisions[0], self.now(), &Calendar::default()).force
    }

    fn timeliness(&self) -> Timeliness {
        self.file.course.appeals[&AppealNumber(1)].timeliness
    }

    pub(super) fn objects_with_success(&mut self, party: u8, service: ServiceNumber) {
        let capacity = Capacity::Party(PartyNumber(party.into()));
        let by = if party == 1 { PLAINTIFF } else { account(party) };
        self.does(by, capacity, made!(ObjectService { service, ground: ServiceGround::SystemError })).unwrap();
        self.court(made!(DecideService { service, outcome: ServiceOutcome::Upheld }));
    }

    pub(super) fn evidence_from(&self, party: u32) -> Option<Day> {
        self.file.periods.of(PartyNumber(party)).and_then(PartyPeriod::start)
    }

    /// The last day of a party's evidence.
    fn evidence_until(&self, party: u32) -> Option<Day> {
        match self.file.periods.deadline(PartyNumber(party), &Calendar::default()) {
            crate::court::period::Deadline::Ends { last, .. } => Some(last),
            _ => None,
        }
    }

    pub(super) fn defers(&mut self, window: WindowKind, last: Day) {
        let obstacle_ended = self.today();
        let by_party =
            made!(ApplyDeferral { party: PartyNumber(2), window, obstacle_ended, handed_in: None, about: None });
        self.defendant(by_party).unwrap();
        self.court(made!(DecideDeferral { party: PartyNumber(2), window, last: Some(last), about: None }));
    }
}

/// What the page of service shows of a period is what counts now, and not what the service began.
#[test]
fn the_last_day_of_a_period_that_service_began_follows_a_deferral() {
    for (document, window) in
        [(DocumentKind::ComplaintCopy, WindowKind::Answer), (DocumentKind::Judgment, WindowKind::AppealJudgment)]
    {
        let mut course = TestCase::assigned();
        if document == DocumentKind::Judgment {
            course.judge(judge(Some(doc(1)))).unwrap();
        }
        course.delivers(document, 2, doc(1));
        let calendar = Calendar::default();
        let served = course.file.service_windows(&calendar).remove(0);
        assert_eq!(course.file.last_day_of(&served, &calendar), Some(served.last));
        let deferred = served.last.plus(9).unwrap();
        course.defers(window, deferred);
        assert_eq!(course.file.last_day_of(&served, &calendar), Some(deferred), "{document}");
    }
}

/// 行政诉讼法 art. 85.
#[test]
fn an_administrative_judgment_has_its_own_period_to_appeal() {
    let mut course = TestCase::assigned();
    course.file.kind = CaseKind::AdministrativeFirst;
    course.judge(judge(Some(doc(1)))).unwrap();
    for party in [1, 2] {
        course.delivers(DocumentKind::Judgment, party, doc(1));
    }
    let key = WindowKey::of(WindowKind::AppealJudgment, PartyNumber(2)).about(Subject::Document(doc(1)));
    let source = course.file.windows.unclosed(key).map(|window: &Window| window.source.clone());
    assert!(matches!(source, Some(Source::Law { law: "行政诉讼法", .. })), "{source:?}");
    course.at += 100 * DAY;
    assert_eq!(course.force(), LegalForce::InForce);
    course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    assert_eq!(course.timeliness(), Timeliness::Late);
}

/// A served decision without appeal begins no period, and none is shown.
#[test]
fn a_judgment_of_second_instance_begins_no_period_to_appeal() {
    let mut course = TestCase::judged();
    course.delivers(DocumentKind::Judgment, 2, doc(1));
    assert_eq!(course.file.service_windows(&Calendar::default()).len(), 1);
    course.file.kind = CaseKind::CivilSecond;
    assert_eq!(course.file.service_windows(&Calendar::default()), []);
}

/// 民诉法 arts. 158, 171: a service that proved to have no effect began no period.
#[test]
fn after_an_upheld_objection_the_judgment_is_not_in_force_and_the_appeal_not_late() {
    let mut course = TestCase::judged();
    course.delivers(DocumentKind::Judgment, 1, doc(1));
    let second = course.delivers(DocumentKind::Judgment, 2, doc(1));
    course.objects_with_success(2, second);
    course.at += 30 * DAY;
    assert_eq!(course.force(), LegalForce::NotServed);
    let mut appealed = TestCase { file: course.file.clone(), at: course.at };
    appealed.defendant(appeal(1, 2, 1, &[1])).unwrap();
    assert_eq!(appealed.timeliness(), Timeliness::NotBegun);
    // Served again, the period begins, and the appeal was in time.
    appealed.delivers(DocumentKind::Judgment, 2, doc(1));
    assert_eq!(appealed.timeliness(), Timeliness::InTime);
}

/// 民诉法 art. 86.
#[test]
fn a_deferral_makes_a_late_appeal_one_in_time() {
    let mut course = TestCase::judged();
    for party in [1, 2] {
        course.delivers(DocumentKind::Judgment, party, doc(1));
    }
    course.at += 20 * DAY;
    course.defendant(appeal(1, 2, 1, &[1])).unwrap();
    assert_eq!((course.timeliness(), course.force()), (Timeliness::Late, LegalForce::InForce));
    let last = course.today().plus(5).unwrap();
    course.defers(WindowKind::AppealJudgment, last);
    assert_eq!((course.timeliness(), course.force()), (Timeliness::InTime, LegalForce::Appealed));
}

/// 民诉法 art. 86: of two rulings under appeal, the period that the party names is deferred, and no other.
#[test]
fn of_several_periods_the_one_that_is_named_is_deferred() {
    let mut course = TestCase::assigned();
    course.delivers(DocumentKind::EvidenceNotice, 2, doc(11));
    course.defendant(object(2)).unwrap();
    course.judge(rule(RulingKind::DismissObjection, 1)).unwrap();
    course.judge(rule(RulingKind::DismissSuit, 2)).unwrap();
    // 民诉法 art. 157: the period to appeal from the ruling that dismisses the suit runs after the instance has ended.
    assert_eq!(course.file.stage, Stage::Closed);
    let (party, window) = (PartyNumber(2), WindowKind::AppealRuling);
    course.delivers(DocumentKind::Ruling, 2, doc(1));
    let obstacle_ended = course.today();
    let last = |course: &TestCase, ruling| course.file.last_appeal_day(party, doc(ruling), &Calendar::default());
    let apply = |about| made!(ApplyDeferral { party, window, obstacle_ended, handed_in: None, about });
    let decide = |last, about| made!(DecideDeferral { party, window, last, about });
    let about = |ruling| Some(Subject::Document(doc(ruling)));
    // One period needs no name.
    let mut alone = TestCase { file: course.file.clone(), at: course.at };
    alone.defendant(apply(None)).unwrap();
    assert_eq!(alone.file.deferrals[0].about, about(1));
    assert_eq!(course.defendant(apply(about(2))), Err(Refusal::NoSuchWindow(window)));

    course.delivers(DocumentKind::Ruling, 2, doc(2));
    let (first, second) = (last(&course, 1), last(&course, 2));
    assert!(first.is_some() && second.is_some());
    assert_eq!(course.defendant(apply(None)), Err(Refusal::WindowNotNamed(window)));
    assert_eq!(course.defendant(apply(about(3))), Err(Refusal::NoSuchWindow(window)));
    course.defendant(apply(about(1))).unwrap();
    assert_eq!(course.defendant(apply(about(1))), Err(Refusal::AlreadyApplied));
    course.defendant(apply(about(2))).unwrap();
    let until = course.today().plus(60).unwrap();
    assert_eq!(course.does(account(9), JUDGE, decide(Some(until), None)), Err(Refusal::WindowNotNamed(window)));
    assert_eq!(course.does(account(9), JUDGE, decide(Some(until), about(3))), Err(Refusal::NoApplication));
    course.court(decide(Some(until), about(1)));
    assert_eq!((last(&course, 1), last(&course, 2)), (Some(until), second), "the earlier one, and not the latest");
    // What is left needs no name.
    course.court(decide(None, None));
    assert!(course.file.deferrals.iter().all(|one| one.decision.is_some()));
    assert_eq!(last(&course, 2), second);
    let evidence =
        made!(ApplyDeferral { party, window: WindowKind::Evidence, obstacle_ended, handed_in: None, about: about(1) });
    assert_eq!(course.defendant(evidence), Err(Refusal::NoSuchWindow(WindowKind::Evidence)));
}

/// 证据规定 art. 55: a period is set anew on a ground of the law only.
#[test]
fn a_second_notice_does_not_begin_an_evidence_period_again() {
    let mut course = TestCase::assigned();
    let first = course.delivers(DocumentKind::EvidenceNotice, 2, doc(11));
    let begun = course.evidence_from(2);
    course.at += 40 * DAY;
    let second = course.delivers(DocumentKind::EvidenceNotice, 2, doc(12));
    assert_eq!(course.evidence_from(2), begun, "the first one stands");
    let mut later = TestCase { file: course.file.clone(), at: course.at };
    later.objects_with_success(2, second);
    assert_eq!(later.evidence_from(2), begun, "the second one had begun nothing");
    course.objects_with_success(2, first);
    let again = course.file.service.effect_of(second, &Calendar::default()).map(|effect| effect.day);
    assert_eq!(course.evidence_from(2), again, "now the second one counts");
}

#[test]
fn a_report_that_moves_a_service_keeps_what_the_court_decided_since() {
    let mut course = TestCase::assigned();
    course.recipient(address(1, AddressSource::Given)).unwrap();
    let services = [DocumentKind::ComplaintCopy, DocumentKind::EvidenceNotice].map(|kind| {
        let service = course.begin_service(kind, ServiceMode::Electronic);
        course.send_over(service, Channel::Sms, Some(1)).unwrap();
        service
    });
    course.at += 5 * DAY;
    for service in services {
        course.recipient(Act::ConfirmReceipt(ConfirmReceipt { service })).unwrap();
    }
    course.at += 5 * DAY;
    let last = course.today().plus(20).unwrap();
    course.defers(WindowKind::Answer, last);
    course.defers(WindowKind::Evidence, last);
    let answer = WindowKey::of(WindowKind::Answer, PartyNumber(2));
    let until = |course: &TestCase| course.file.windows.unclosed(answer)?.end(&Calendar::default())?.last;
    let before = (until(&course), course.evidence_until(2));
    let starts = |course: &TestCase| {
        let answer = course.file.windows.unclosed(answer).unwrap().begun.unwrap().1.day();
        (answer, course.evidence_from(2).unwrap())
    };
    let served = starts(&course);
    for service in services {
        let report = course.step_report(service, ServiceStep::Arrived, 0, Reporter::Gateway);
        let Act::ReportService(report) = report else { unreachable!() };
        let sent = course.file.service.records[&service].attempts.values().next().unwrap().sent.position.at;
        course.by_platform(Act::ReportService(ReportService { at: sent, ..report })).unwrap();
    }
    let moved = starts(&course);
    assert_eq!((moved.0.plus(5), moved.1.plus(5)), (Some(served.0), Some(served.1)));
    assert_eq!((until(&course), course.evidence_until(2)), before);
}

/// 证据规定 arts. 50, 51: a period that moves has the days of the notice that counts now, unless the court set the days.
#[test]
fn a_moved_evidence_period_has_the_days_of_the_notice_that_counts_or_those_of_the_court() {
    let day = |text: &str| Some(Day::parse(text).unwrap());
    let mut course = TestCase::assigned();
    let services = [20, 30].map(|days| course.posts(DocumentKind::EvidenceNotice, 2, 11, Some(days)));
    for service in services {
        course.at += DAY;
        course.returns(service);
    }
    assert_eq!((course.evidence_from(2), course.evidence_until(2)), (day("2026-11-23"), day("2026-12-14")));
    course.objects_with_success(2, services[0]);
    assert_eq!((course.evidence_from(2), course.evidence_until(2)), (day("2026-11-24"), day("2026-12-24")));

    let mut set = TestCase::assigned();
    let (basis, party) = (Basis::Ordinary, Some(PartyNumber(2)));
    set.court(Act::SetPeriod(SetPeriod { basis, start: None, days: 40, party }));
    let service = set.posts(DocumentKind::EvidenceNotice, 2, 11, Some(25));
    set.at += 5 * DAY;
    set.returns(service);
    assert_eq!((set.evidence_from(2), set.evidence_until(2)), (day("2026-11-27"), day("2027-01-06")));
    set.proves_earlier(service, 2);
    assert_eq!((set.evidence_from(2), set.evidence_until(2)), (day("2026-11-25"), day("2027-01-04")));
}

/// 民诉法 arts. 177, 180: what becomes of a decision after the second instance.
#[test]
fn the_result_of_the_second_instance_decides_on_the_effect() {
    for (outcome, expected) in [
        (AppealOutcome::Upheld, LegalForce::Upheld),
        (AppealOutcome::Changed, LegalForce::Overturned),
        (AppealOutcome::Remanded, LegalForce::Overturned),
    ] {
        let mut course = super::course::appealed();
        course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
        course.receives(1).unwrap();
        course.accepts(1).unwrap();
        assert_eq!(course.force(), LegalForce::Appealed);
        let manifest = course.file.course.hand_overs[&HandOverNumber(1)].manifest;
        let (position, case) = (course.next(), CaseId(Digest([99; 32])));
        let (hand_over, document) = (HandOverNumber(1), doc(9));
        course.file.course.returned.push(ReturnedDossier { position, case, hand_over, manifest, document, outcome });
        assert_eq!(course.force(), expected, "{outcome}");
    }
}

/// 民诉法 arts. 171, 174: the period of each party is its own, so an appeal may come after the dossier was sent on another one.
#[test]
fn an_appeal_after_the_sending_goes_by_a_hand_over_of_its_own() {
    let mut course = super::course::appealed();
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    course.defendant(appeal(2, 2, 1, &[1])).unwrap();
    course.receives(1).unwrap();
    course.accepts(1).unwrap();
    let open: Vec<_> = course.file.course.open_appeals(doc(1)).map(|one| one.party.0).collect();
    assert_eq!(open, [2], "it was not in the manifest");
    let roles = |course: &TestCase, number: u32| {
        let one = &course.file.course.hand_overs[&HandOverNumber(number)];
        succession(&course.file, one, None, &Calendar::default()).parties.iter().map(|(_, role, _)| *role).collect()
    };
    let appellant_1: Vec<PartyRole> = roles(&course, 1);
    assert_eq!(appellant_1, [PartyRole::Appellant, PartyRole::Appellee]);
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    course.receives(2).unwrap();
    course.accepts(2).unwrap();
    let appellant_2: Vec<PartyRole> = roles(&course, 2);
    assert_eq!(appellant_2, [PartyRole::Appellee, PartyRole::Appellant]);
    assert_eq!(course.sends(TransferKind::SecondInstance, "粤01", 1), Err(Refusal::AlreadyPassedOn));
}

/// 民诉法 art. 174: the court sends the dossier although nobody answers.
#[test]
fn without_an_answer_the_dossier_is_due_after_the_period_to_answer() {
    let mut course = super::course::appealed();
    let petition = course.file.course.appeals[&AppealNumber(1)].petition;
    course.delivers(DocumentKind::AppealCopy, 2, petition);
    let about = |kind, party, document| WindowKey::of(kind, PartyNumber(party)).about(Subject::Document(document));
    let end = |course: &TestCase, key| course.file.windows.unclosed(key)?.end(&Calendar::default())?.last;
    let answer = end(&course, about(WindowKind::AnswerToAppeal, 2, petition)).unwrap();
    let dossier = about(WindowKind::DossierSent, 1, doc(1));
    let due = end(&course, dossier).unwrap();
    assert!(due >= answer.plus(5).unwrap() && due <= answer.plus(8).unwrap(), "{answer} {due}");
    // An answer begins it at once.
    let reply = Act::Answer(Answer { party: PartyNumber(2), document: doc(7), appeal: Some(AppealNumber(1)) });
    course.defendant(reply).unwrap();
    let due = end(&course, dossier).unwrap();
    assert!(due >= course.today().plus(5).unwrap() && due < answer, "{answer} {due}");
}

/// 在线诉讼规则 art. 14.
#[test]
fn a_window_that_the_court_opens_later_does_not_cure_a_late_reply() {
    let mut course = TestCase::assigned();
    course.court(Act::OpenReplies(OpenReplies { days: 5, start: None, party: None }));
    course.at += 10 * DAY;
    let replied = course.now();
    course.at += 2 * DAY;
    assert!(course.file.is_late_reply(PartyNumber(2), replied, &Calendar::default()));
    course.court(Act::OpenReplies(OpenReplies { days: 5, start: None, party: None }));
    assert!(course.file.is_late_reply(PartyNumber(2), replied, &Calendar::default()));
    assert!(!course.file.is_late_reply(PartyNumber(2), course.now(), &Calendar::default()));
}
