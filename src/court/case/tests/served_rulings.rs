//! Service of rulings and complaints: the periods that it begins, and the effect that waits for it (民诉法 arts. 130, 157, 158, 171).

use super::course::*;
use super::service::consent;
use super::*;
use crate::court::acts::SendService;
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::course_words::{JurisdictionGround, ObjectionEffect, RulingKind, Timeliness};
use crate::court::ids::{AppealNumber, AttemptNumber};
use crate::court::service_words::{
    Channel, ConsentAnswer, ConsentScope, DocumentKind, Reporter, ServiceMode, ServiceStep,
};
use crate::court::window::WindowKind;

impl TestCase {
    /// Hands a document to a party, with the days that its record states.
    fn hands_over(&mut self, kind: DocumentKind, party: u32, document: u64, days: Option<u32>) {
        let service = self.file.service.next_service();
        let (party, document, mode) = (PartyNumber(party), doc(document), ServiceMode::Paper);
        self.clerk(made!(Serve { service, party, mode, kind, document, days, beside: None }));
        let (attempt, channel) = (AttemptNumber(1), Channel::Direct);
        self.clerk(Act::SendService(SendService { service, attempt, channel, address: None, published: None }));
        self.at += 60_000;
        let report = self.step_report(service, ServiceStep::Arrived, 0, Reporter::Staff);
        self.clerk(report);
    }

    /// The windows of a party that are not closed, with their lengths in days.
    fn open_windows(&self, party: u32) -> Vec<(WindowKind, u32)> {
        let of_it =
            self.file.windows.iter().filter(|one| one.party == Some(PartyNumber(party)) && one.closed.is_none());
        of_it.map(|one| (one.kind, one.length.count)).collect()
    }
}

/// 民诉法 art. 171 (2): a ruling that can be appealed has ten days, also where its record states none.
#[test]
fn a_ruling_that_can_be_appealed_begins_ten_days_without_stating_them() {
    let mut course = TestCase::assigned();
    course.judge(rule(RulingKind::DismissSuit, 1)).unwrap();
    course.hands_over(DocumentKind::Ruling, 1, 1, None);
    assert_eq!(course.open_windows(1), [(WindowKind::AppealRuling, 10)]);
    assert_eq!(course.file.service_windows(&Calendar::default()).len(), 1);
    course.at += 15 * 86_400_000;
    course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    assert_eq!(course.file.course.appeals[&AppealNumber(1)].timeliness, Timeliness::Late);
    // Art. 157 (2): no other ruling has an appeal.
    let mut other = TestCase::assigned();
    other.judge(rule(RulingKind::Preserve, 1)).unwrap();
    other.hands_over(DocumentKind::Ruling, 1, 1, None);
    assert_eq!(other.open_windows(1), []);
    assert_eq!(other.file.service_windows(&Calendar::default()), []);
}

/// 民诉法 arts. 157 (2), 171 (2): a ruling that was served before it was recorded gets its period, or loses it, with the record.
#[test]
fn the_record_of_a_decision_corrects_the_period_of_a_document_served_before() {
    let mut course = TestCase::assigned();
    course.hands_over(DocumentKind::Ruling, 1, 1, None);
    assert_eq!(course.open_windows(1), [], "whether it can be appealed is not known yet");
    course.judge(rule(RulingKind::DismissSuit, 1)).unwrap();
    assert_eq!(course.open_windows(1), [(WindowKind::AppealRuling, 10)]);
    let mut course = TestCase::assigned();
    course.hands_over(DocumentKind::Ruling, 1, 1, Some(10));
    assert_eq!(course.open_windows(1), [(WindowKind::AppealRuling, 10)]);
    course.judge(rule(RulingKind::Preserve, 1)).unwrap();
    assert_eq!(course.open_windows(1), [], "it has no appeal");
}

/// 民诉法 arts. 286, 171: the record that counts states other days for the same document served on the same day.
#[test]
fn a_window_follows_the_days_of_the_record_that_counts() {
    let mut course = TestCase::judged();
    course.hands_over(DocumentKind::Judgment, 2, 1, None);
    assert_eq!(course.open_windows(2), [(WindowKind::AppealJudgment, 15)]);
    let first = crate::court::ids::ServiceNumber(1);
    let service = course.file.service.next_service();
    let (party, document, mode) = (PartyNumber(2), doc(1), ServiceMode::Electronic);
    let (kind, days, beside) = (DocumentKind::Judgment, Some(30), Some(first));
    course.clerk(made!(Serve { service, party, mode, kind, document, days, beside }));
    course.recipient(consent(ConsentScope::Decisions, ConsentAnswer::Agreed)).unwrap();
    let attempt = AttemptNumber(1);
    let send = SendService { service, attempt, channel: Channel::Platform, address: None, published: None };
    course.clerk(Act::SendService(send));
    course.court(made!(DetermineService { service }));
    assert_eq!(course.open_windows(2), [(WindowKind::AppealJudgment, 30)]);
}

/// 民诉法 art. 130: only the side that answers objects; 行政诉讼法解释 art. 10 (unconfirmed): 15 days in administrative cases.
#[test]
fn the_period_to_object_to_jurisdiction_is_of_the_answering_side() {
    let mut course = TestCase::assigned();
    let role = PartyRole::ThirdParty;
    course.clerk(made!(AddParty { party: PartyNumber(3), role, account: None, former_role: None }));
    course.hands_over(DocumentKind::ComplaintCopy, 2, 4, None);
    course.hands_over(DocumentKind::ComplaintCopy, 3, 4, None);
    assert_eq!(course.open_windows(2), [(WindowKind::Answer, 15), (WindowKind::JurisdictionObjection, 15)]);
    assert_eq!(course.open_windows(3), [(WindowKind::Answer, 15)]);
    let mut administrative = TestCase::assigned();
    administrative.file.kind = CaseKind::AdministrativeFirst;
    administrative.hands_over(DocumentKind::ComplaintCopy, 2, 4, None);
    let expected = [(WindowKind::AdministrativeEvidence, 15), (WindowKind::JurisdictionObjection, 15)];
    assert_eq!(administrative.open_windows(2), expected);
    administrative.at += 20 * 86_400_000;
    administrative.defendant(object(2)).unwrap();
    assert_eq!(effects(&administrative), [ObjectionEffect::Late]);
}

/// 民诉法 art. 130 (2): an answer does not cure a violation of the rules on levels of courts and on exclusive jurisdiction.
#[test]
fn an_answer_leaves_level_and_exclusive_jurisdiction_to_the_ruling() {
    let of = |ground| match object(2) {
        Act::ObjectJurisdiction(act) => Act::ObjectJurisdiction(ObjectJurisdiction { ground, ..act }),
        other => other,
    };
    for (ground, expected) in [
        (None, ObjectionEffect::AfterAnswer),
        (Some(JurisdictionGround::Territorial), ObjectionEffect::AfterAnswer),
        (Some(JurisdictionGround::Level), ObjectionEffect::PendingAfterAnswer),
        (Some(JurisdictionGround::Exclusive), ObjectionEffect::PendingAfterAnswer),
    ] {
        let mut course = TestCase::assigned();
        let answer = Act::Answer(Answer { party: PartyNumber(2), document: doc(5), appeal: None });
        course.defendant(answer).unwrap();
        course.defendant(of(ground)).unwrap();
        assert_eq!(effects(&course), [expected], "{ground:?}");
        let ruled = course.judge(rule(RulingKind::SustainObjection, 1));
        let is_pending = expected == ObjectionEffect::PendingAfterAnswer;
        assert_eq!(ruled, if is_pending { Ok(()) } else { refused(CourseRefusal::NothingToRuleOn) }, "{ground:?}");
    }
}

/// 民诉法 arts. 37, 158: a ruling without appeal is a ground only once it was served on every party.
#[test]
fn a_transfer_of_jurisdiction_waits_for_the_service_of_its_ruling() {
    let mut course = TestCase::assigned();
    course.judge(rule(RulingKind::TransferJurisdiction, 1)).unwrap();
    for party in [1, 2] {
        assert_eq!(course.sends(TransferKind::Jurisdiction, "京0491", 1), refused(CourseRefusal::NotInForce));
        course.hands_over(DocumentKind::Ruling, party, 1, None);
    }
    course.sends(TransferKind::Jurisdiction, "京0491", 1).unwrap();
}
