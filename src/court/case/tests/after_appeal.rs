//! The court's periods after an appeal, the legal effect of decisions, and which objections are pending.

use super::course::{appeal, doc, judge, rule};
use super::*;
use crate::court::acts::{Answer, DecideAdmission, SendService};
use crate::court::case::legal_force::{LegalForce, legal_force};
use crate::court::case::objections::pending;
use crate::court::course_words::{AppealOutcome, RulingKind};
use crate::court::ids::{AppealNumber, AttemptNumber, HandOverNumber, ServiceNumber};
use crate::court::service_words::{Channel, DocumentKind, Reporter, ServiceMode, ServiceStep};
use crate::court::window::{Start, Subject, WindowKind};
use crate::court::windows::WindowKey;
use crate::court::words::{AdmissionDecision, TransferKind};
use crate::ledger::number::DepositNumber;

/// The court's periods that run, as kinds.
pub(super) fn due(course: &TestCase) -> Vec<WindowKind> {
    let now = Timestamp::from_millis(START + course.at).unwrap();
    let all = course.file.due(now, &Calendar::default());
    let of_the_court = [WindowKind::PetitionCopy, WindowKind::AnswerCopy, WindowKind::DossierSent];
    all.iter().map(|one| one.kind).filter(|kind| of_the_court.contains(kind)).collect()
}

impl TestCase {
    /// Serves a document on a party by delivery: its service takes effect at once.
    pub(super) fn delivers(&mut self, kind: DocumentKind, party: u32, document: DepositNumber) -> ServiceNumber {
        let service = self.file.service.next_service();
        let record = made!(Serve {
            service,
            party: PartyNumber(party),
            mode: ServiceMode::Paper,
            kind,
            document,
            days: match kind {
                DocumentKind::EvidenceNotice => Some(15),
                DocumentKind::Ruling => Some(10),
                _ => None,
            },
            beside: None,
        });
        self.clerk(record);
        let attempt = AttemptNumber(1);
        self.clerk(Act::SendService(SendService {
            service,
            attempt,
            channel: Channel::Direct,
            address: None,
            published: None,
        }));
        self.at += 60_000;
        let report = self.step_report(service, ServiceStep::Arrived, 0, Reporter::Staff);
        self.clerk(report);
        service
    }
}

/// 民诉法 art. 174: five days each for the copy of the petition, the copy of the answer, and the dossier.
#[test]
fn after_an_appeal_the_court_has_five_days_for_each_of_its_duties() {
    let mut course = TestCase::judged();
    course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    let petition = course.file.course.appeals[&AppealNumber(1)].petition;
    assert_eq!(due(&course), [WindowKind::PetitionCopy]);
    let key = WindowKey::of(WindowKind::PetitionCopy, PartyNumber(1)).about(Subject::Document(petition));
    let window = course.file.windows.get(key).unwrap();
    let begun = Day::of(window.begun.unwrap().0.at);
    assert_eq!(window.end(&Calendar::default()).unwrap().last, begun.plus(5));
    course.delivers(DocumentKind::AppealCopy, 2, petition);
    assert_eq!(due(&course), [WindowKind::DossierSent], "without an answer, after the period to answer");
    let answer = Act::Answer(Answer { party: PartyNumber(2), document: doc(7), appeal: Some(AppealNumber(1)) });
    course.defendant(answer.clone()).unwrap();
    let windows = course.file.windows.iter().count();
    course.defendant(answer).unwrap();
    assert_eq!(course.file.windows.iter().count(), windows, "a second answer begins nothing");
    assert_eq!(due(&course), [WindowKind::AnswerCopy, WindowKind::DossierSent]);
    course.delivers(DocumentKind::AnswerCopy, 1, doc(7));
    assert_eq!(due(&course), [WindowKind::DossierSent]);
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    assert!(course.file.course.hand_overs.contains_key(&HandOverNumber(1)));
    assert_eq!(due(&course), []);
}

/// 民诉法 art. 174 (1): every party appealed against gets a copy; (2): one dossier for all appeals against a decision.
#[test]
fn the_courts_duties_end_when_all_copies_are_served_and_the_dossier_is_sent() {
    let mut course = TestCase::assigned();
    course.clerk(made!(AddParty {
        party: PartyNumber(3),
        role: PartyRole::Defendant,
        account: None,
        former_role: None
    }));
    course.judge(judge(Some(doc(1)))).unwrap();
    course.plaintiff(appeal(1, 1, 1, &[2, 3])).unwrap();
    course.defendant(appeal(2, 2, 1, &[1])).unwrap();
    let petition = |course: &TestCase, n| course.file.course.appeals[&AppealNumber(n)].petition;
    let (first, second) = (petition(&course, 1), petition(&course, 2));
    course.delivers(DocumentKind::AppealCopy, 2, first);
    assert_eq!(due(&course), [WindowKind::PetitionCopy, WindowKind::PetitionCopy], "party 3 has no copy yet");
    course.delivers(DocumentKind::AppealCopy, 3, second);
    assert_eq!(due(&course).len(), 2, "another petition is no copy of this one");
    course.delivers(DocumentKind::AppealCopy, 3, first);
    assert_eq!(due(&course), [WindowKind::PetitionCopy, WindowKind::DossierSent]);
    course.delivers(DocumentKind::AppealCopy, 1, second);
    assert_eq!(due(&course), [WindowKind::DossierSent, WindowKind::DossierSent], "after the periods to answer");
    let answer = |party, n, appeal| {
        Act::Answer(Answer { party: PartyNumber(party), document: doc(n), appeal: Some(AppealNumber(appeal)) })
    };
    course.defendant(answer(2, 7, 1)).unwrap();
    course.plaintiff(answer(1, 8, 2)).unwrap();
    // A copy goes to the appellant, not to who answered.
    course.delivers(DocumentKind::AnswerCopy, 2, doc(7));
    assert_eq!(due(&course).iter().filter(|kind| **kind == WindowKind::AnswerCopy).count(), 2);
    course.delivers(DocumentKind::AnswerCopy, 1, doc(7));
    course.delivers(DocumentKind::AnswerCopy, 2, doc(8));
    assert_eq!(due(&course), [WindowKind::DossierSent, WindowKind::DossierSent]);
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    assert_eq!(due(&course), [], "one dossier for both");
}

impl TestCase {
    /// The period of a party to appeal against document 1 begins on this day.
    fn served_on(&mut self, kind: WindowKind, party: u32, day: &str) {
        let key = WindowKey::of(kind, PartyNumber(party)).about(Subject::Document(doc(1)));
        let (position, court) = (self.next(), self.file.court.clone());
        let start = Start::Day(Day::parse(day).unwrap());
        self.file.windows.begin_by_law(key, &court, position, start).unwrap();
    }

    /// The legal effect of its first decision at the end of a day.
    fn force_on(&self, day: &str) -> (LegalForce, Option<Day>) {
        let now = Timestamp::from_millis(Day::parse(day).unwrap().end().as_millis() - 1).unwrap();
        let found = legal_force(&self.file, &self.file.course.decisions[0], now, &Calendar::default());
        (found.force, found.since)
    }
}

/// 民诉法 arts. 158, 180: an appeal that the court allowed to be withdrawn keeps the decision from nothing; the last period decides,
/// whichever party's it is.
#[test]
fn a_withdrawn_appeal_is_none_and_the_period_that_ends_last_decides() {
    let mut course = TestCase::judged();
    for (party, day) in [(1, "2026-11-24"), (2, "2026-11-22")] {
        course.served_on(WindowKind::AppealJudgment, party, day);
    }
    assert_eq!(course.force_on("2026-12-10"), (LegalForce::InForce, Day::parse("2026-12-10")));
    course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    assert_eq!(course.force_on("2027-01-01").0, LegalForce::Appealed);
    course.plaintiff(Act::WithdrawAppeal(WithdrawAppeal { party: PartyNumber(1) })).unwrap();
    assert_eq!(course.force_on("2027-01-01").0, LegalForce::Appealed, "the court has not ruled");
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    course.receives(1).unwrap();
    course.accepts(1).unwrap();
    assert_eq!(course.force_on("2027-01-01").0, LegalForce::Appealed, "it is heard there");
    let manifest = course.file.course.hand_overs[&HandOverNumber(1)].manifest;
    let back = |outcome| {
        let (case, hand_over) = (CaseId(Digest([99; 32])), HandOverNumber(1));
        Act::TakeBack(TakeBack { case, hand_over, manifest, decision: doc(9), outcome })
    };
    for (outcome, expected) in
        [(AppealOutcome::Upheld, LegalForce::Upheld), (AppealOutcome::Withdrawn, LegalForce::AppealWithdrawn)]
    {
        let mut returned = TestCase { file: course.file.clone(), at: course.at };
        returned.clerk(back(outcome));
        // From when on follows from the ruling of second instance.
        assert_eq!(returned.force_on("2027-01-01"), (expected, None), "{outcome}");
        assert_eq!(
            returned.force_on("2026-12-01").0,
            if expected == LegalForce::AppealWithdrawn { LegalForce::Appealable } else { expected }
        );
    }
}

/// 民诉法 arts. 126, 157, 171 (2): the ruling not to file is served on the side that filed alone, with ten days; other rulings have no
/// appeal.
#[test]
fn a_refused_filing_is_in_force_after_the_ten_days_of_the_side_that_filed() {
    let mut course = TestCase::begin();
    course.complete();
    course.plaintiff(Act::Submit(Submit {})).unwrap();
    course.judge(Act::Refuse(Refuse { reason: None, document: Some(doc(1)) })).unwrap();
    assert_eq!(course.force_on("2026-11-22").0, LegalForce::NotServed);
    course.served_on(WindowKind::AppealRuling, 1, "2026-11-22");
    assert_eq!(course.force_on("2026-12-02").0, LegalForce::Appealable);
    assert_eq!(course.force_on("2026-12-03"), (LegalForce::InForce, Day::parse("2026-12-03")));

    let mut course = TestCase::assigned();
    course.plaintiff(Act::WithdrawSuit(WithdrawSuit {})).unwrap();
    course.judge(rule(RulingKind::RefuseWithdrawal, 1)).unwrap();
    // Without appeal, it has its effect with its service.
    for party in [1, 2] {
        assert_eq!(course.force_on("2026-11-22").0, LegalForce::FinalNotServed);
        course.delivers(DocumentKind::Ruling, party, doc(1));
    }
    assert_eq!(course.force_on("2026-11-22").0, LegalForce::FinalDecision);
}

/// 民诉法 art. 158.
#[test]
fn a_judgment_is_in_force_when_every_period_to_appeal_has_passed() {
    let force = |course: &TestCase, day: &str| {
        let now = Timestamp::from_millis(Day::parse(day).unwrap().end().as_millis() - 1).unwrap();
        let found = legal_force(&course.file, &course.file.course.decisions[0], now, &Calendar::default());
        (found.force, found.since)
    };
    let mut course = TestCase::judged();
    for (party, served) in [(1, "2026-11-22"), (2, "2026-11-24")] {
        assert_eq!(force(&course, "2027-01-01").0, LegalForce::NotServed);
        let key = WindowKey::of(WindowKind::AppealJudgment, PartyNumber(party)).about(Subject::Document(doc(1)));
        let (position, court) = (course.next(), course.file.court.clone());
        let start = Start::Day(Day::parse(served).unwrap());
        course.file.windows.begin_by_law(key, &court, position, start).unwrap();
    }
    assert_eq!(force(&course, "2026-12-09").0, LegalForce::Appealable);
    assert_eq!(force(&course, "2026-12-10"), (LegalForce::InForce, Day::parse("2026-12-10")));
    let mut appealed = TestCase { file: course.file.clone(), at: course.at };
    appealed.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    assert_eq!(force(&appealed, "2027-01-01").0, LegalForce::Appealed);
    let mut late = TestCase { file: course.file.clone(), at: 40 * 86_400_000 };
    late.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    assert_eq!(force(&late, "2027-02-01").0, LegalForce::InForce, "a late appeal takes nothing away");
    course.file.procedure = Procedure::SmallClaims;
    assert_eq!(force(&course, "2026-11-25").0, LegalForce::FinalNotServed);
}

/// 证据规定 art. 97: the court decides on the objection with the item.
#[test]
fn a_decision_on_admission_settles_the_objections_until_a_later_reply() {
    let mut course = TestCase::assigned();
    course.defendant(reply(1, 2, 1)).unwrap();
    assert!(!pending(ItemNumber(1), course.item(1)).is_empty());
    let decision = AdmissionDecision::Adopted;
    course.court(Act::DecideAdmission(DecideAdmission { item: ItemNumber(1), decision, document: None, reason: None }));
    assert!(pending(ItemNumber(1), course.item(1)).is_empty());
    course.defendant(reply(1, 2, 2)).unwrap();
    assert!(!pending(ItemNumber(1), course.item(1)).is_empty());
    course.judge(judge(Some(doc(1)))).unwrap();
}
