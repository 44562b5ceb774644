//! Which periods a served document begins, of whom and how long; and what becomes of them when a service proves to have no effect.

use super::course::{doc, judge, object, rule};
use super::*;
use crate::court::course_words::RulingKind;
use crate::court::ids::{AttemptNumber, ServiceNumber};
use crate::court::period::by_party::ResetGround;
use crate::court::service_words::{Channel, DocumentKind, Reporter, ServiceMode, ServiceStep};
use crate::court::window::{Length, Subject, WindowKind};
use crate::court::windows::WindowKey;

const DAY: u64 = 86_400_000;

impl TestCase {
    /// Begins a service on paper. Its return is still to come.
    pub(super) fn posts(&mut self, kind: DocumentKind, party: u32, document: u64, days: Option<u32>) -> ServiceNumber {
        let service = self.file.service.next_service();
        let (party, document, mode) = (PartyNumber(party), doc(document), ServiceMode::Paper);
        self.clerk(made!(Serve { service, party, mode, kind, document, days, beside: None }));
        let (attempt, channel) = (AttemptNumber(1), Channel::Direct);
        self.clerk(Act::SendService(SendService { service, attempt, channel, address: None, published: None }));
        service
    }

    /// The return of a service on paper: received now.
    pub(super) fn returns(&mut self, service: ServiceNumber) {
        let report = self.step_report(service, ServiceStep::Arrived, 0, Reporter::Staff);
        self.clerk(report);
    }

    /// A report that it was received so many days ago.
    pub(super) fn proves_earlier(&mut self, service: ServiceNumber, days: u64) {
        let report = self.step_report(service, ServiceStep::Arrived, days * DAY, Reporter::Gateway);
        self.by_platform(report).unwrap();
    }

    /// From which day a period of party 2 is counted.
    fn counts_from(&self, kind: WindowKind, about: Option<u64>) -> Option<Day> {
        let subject = about.map(|n| Subject::Document(doc(n)));
        let key = WindowKey { subject, ..WindowKey::of(kind, PartyNumber(2)) };
        self.file.windows.unclosed(key)?.begun.map(|(_, start)| start.day())
    }

    fn adds_party(&mut self, party: u32, role: PartyRole, by: Option<AccountId>) {
        self.clerk(made!(AddParty { party: PartyNumber(party), role, account: by, former_role: None }));
    }

    /// All windows, by party and kind.
    fn periods_begun(&self) -> Vec<(u32, WindowKind)> {
        self.file.windows.iter().map(|one| (one.party.unwrap().0, one.kind)).collect()
    }
}

/// 民诉法 arts. 128, 130, 解释 art. 82: a defendant answers and may object to the jurisdiction; a third party answers; who sued does neither.
/// 行政诉讼法 art. 67 and its 解释 art. 10: the defendant gives its evidence, and may object.
#[test]
fn a_complaint_begins_the_periods_of_those_who_are_sued() {
    use WindowKind::{AdministrativeEvidence, Answer, JurisdictionObjection};
    let civil = vec![(2, Answer), (2, JurisdictionObjection), (3, Answer)];
    let administrative = vec![(2, AdministrativeEvidence), (2, JurisdictionObjection)];
    for (kind, expected) in [
        (CaseKind::CivilFirst, civil),
        (CaseKind::AdministrativeFirst, administrative),
        (CaseKind::CivilSecond, Vec::new()),
    ] {
        let mut course = TestCase::assigned();
        course.adds_party(3, PartyRole::ThirdParty, None);
        course.file.kind = kind;
        for party in [1, 2, 3] {
            course.delivers(DocumentKind::ComplaintCopy, party, doc(11));
        }
        assert_eq!(course.periods_begun(), expected, "{kind}");
    }
}

/// 在线诉讼规则 art. 10.
#[test]
fn a_party_that_takes_part_has_nothing_to_associate() {
    let mut course = TestCase::assigned();
    course.adds_party(3, PartyRole::Defendant, None);
    course.delivers(DocumentKind::AssociationNotice, 2, doc(11));
    course.delivers(DocumentKind::AssociationNotice, 3, doc(11));
    assert_eq!(course.periods_begun(), [(3, WindowKind::Association)]);
}

/// 民诉法 arts. 164, 182.
#[test]
fn a_decision_that_is_served_before_it_is_recorded_begins_a_period_where_an_appeal_lies() {
    for (kind, begins) in [(CaseKind::CivilFirst, true), (CaseKind::CivilSecond, false)] {
        let mut course = TestCase::assigned();
        course.file.kind = kind;
        course.delivers(DocumentKind::Judgment, 2, doc(1));
        course.delivers(DocumentKind::Ruling, 2, doc(2));
        let found = [(WindowKind::AppealJudgment, 1), (WindowKind::AppealRuling, 2)];
        assert_eq!(found.map(|(kind, n)| course.counts_from(kind, Some(n)).is_some()), [begins; 2], "{kind}");
    }
}

/// 民诉法 art. 286: thirty days for a party without domicile in the country.
#[test]
fn the_days_that_a_judgment_states_are_those_of_the_period() {
    for (stated, days) in [(None, 15), (Some(30), 30)] {
        let mut course = TestCase::judged();
        let service = course.posts(DocumentKind::Judgment, 2, 1, stated);
        course.returns(service);
        let key = WindowKey::of(WindowKind::AppealJudgment, PartyNumber(2)).about(Subject::Document(doc(1)));
        assert_eq!(course.file.windows.unclosed(key).unwrap().length, Length::days(days));
    }
}

/// 民诉法 art. 128: one period to answer. Of several copies the first counts; when it proves void, the earliest of the others does.
#[test]
fn a_second_copy_of_the_complaint_begins_a_period_when_the_first_proves_void() {
    let mut course = TestCase::assigned();
    let first = course.delivers(DocumentKind::ComplaintCopy, 2, doc(11));
    let begun = course.counts_from(WindowKind::Answer, None);
    assert_eq!(begun, Some(course.today()));
    let second = course.posts(DocumentKind::ComplaintCopy, 2, 12, None);
    let third = course.posts(DocumentKind::ComplaintCopy, 2, 13, None);
    course.at += 5 * DAY;
    course.returns(third);
    let earlier = course.today();
    course.at += 5 * DAY;
    course.returns(second);
    assert_eq!(course.counts_from(WindowKind::Answer, None), begun);
    let mut moved = TestCase { file: course.file.clone(), at: course.at };
    moved.proves_earlier(second, 1);
    assert_eq!(moved.counts_from(WindowKind::Answer, None), begun, "it has begun no period that could move");
    course.objects_with_success(2, first);
    assert_eq!(course.counts_from(WindowKind::Answer, None), Some(earlier));
}

/// 民诉法 art. 171: the period is of one decision.
#[test]
fn an_objection_to_the_service_of_one_decision_leaves_the_period_of_another_alone() {
    let mut course = TestCase::assigned();
    course.defendant(object(2)).unwrap();
    course.judge(rule(RulingKind::DismissObjection, 1)).unwrap();
    let ruling = course.delivers(DocumentKind::Ruling, 2, doc(1));
    course.judge(judge(Some(doc(2)))).unwrap();
    let judgment = course.delivers(DocumentKind::Judgment, 2, doc(2));
    let begun = |course: &TestCase| {
        let found = [(WindowKind::AppealRuling, 1), (WindowKind::AppealJudgment, 2)];
        found.map(|(kind, n)| course.counts_from(kind, Some(n)).is_some())
    };
    assert_eq!(begun(&course), [true, true]);
    course.objects_with_success(2, ruling);
    assert_eq!(begun(&course), [false, true]);
    course.objects_with_success(2, judgment);
    assert_eq!(begun(&course), [false, false]);
}

/// 证据规定 arts. 50, 51: the days are those that the court set, or else those of the notice.
#[test]
fn an_evidence_period_has_the_days_of_the_court_before_those_of_the_notice() {
    let days = |course: &TestCase| course.file.periods.terms(PartyNumber(2)).map(|terms| terms.days);
    for (set, expected) in [(None, 25), (Some(40), 40)] {
        let mut course = TestCase::assigned();
        if let Some(days) = set {
            let (basis, party) = (Basis::Ordinary, Some(PartyNumber(2)));
            course.court(Act::SetPeriod(SetPeriod { basis, start: None, days, party }));
        }
        let service = course.posts(DocumentKind::EvidenceNotice, 2, 11, Some(25));
        course.returns(service);
        assert_eq!((days(&course), course.evidence_from(2)), (Some(expected), Some(course.today())));
    }
}

/// 证据规定 art. 55: what the service of a notice began ends with it, and nothing else.
#[test]
fn only_the_notice_that_began_an_evidence_period_ends_it() {
    let mut course = TestCase::assigned();
    let first = course.delivers(DocumentKind::EvidenceNotice, 2, doc(11));
    let second = course.delivers(DocumentKind::EvidenceNotice, 2, doc(12));
    let begun = course.evidence_from(2);
    let mut anew = TestCase { file: course.file.clone(), at: course.at };
    course.objects_with_success(2, second);
    assert_eq!((course.evidence_from(2), begun.is_some()), (begun, true), "the first one of that day began it");
    course.objects_with_success(2, first);
    assert_eq!(course.evidence_from(2), None);
    // The court sets the period anew: it is no longer that of the notice.
    anew.at += 3 * DAY;
    let start = Some(anew.today());
    let (basis, party, ground) = (Basis::Ordinary, Some(PartyNumber(2)), Some(ResetGround::ClaimsChanged));
    anew.court(Act::ResetPeriod(ResetPeriod { basis, start, days: 20, party, ground }));
    anew.objects_with_success(2, first);
    assert_eq!(anew.evidence_from(2), start);
}

/// 证据规定 is of civil cases.
#[test]
fn a_notice_in_an_administrative_case_begins_no_evidence_period() {
    let mut course = TestCase::assigned();
    course.file.kind = CaseKind::AdministrativeFirst;
    course.delivers(DocumentKind::EvidenceNotice, 2, doc(11));
    assert_eq!(course.file.service_windows(&Calendar::default()), []);
}
