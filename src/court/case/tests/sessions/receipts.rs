//! Receipts of a mediation document (民诉法 art. 100 (3)): whose they are, and which services make one.

use super::*;
use crate::court::ids::ServiceNumber;
use crate::court::service_words::{
    Channel, ConsentAnswer, ConsentForm, ConsentScope, DocumentKind, Reporter, ServiceMode, ServiceStep,
};
use crate::ledger::number::DepositNumber;

impl TestCase {
    /// All have signed, and the court has issued the mediation document, which is deposited under this number.
    fn issued() -> (Self, DepositNumber) {
        let mut course = Self::mediated(AgreementTrack::MediationDocument);
        course.list(AGREEMENT, &PARTIES).unwrap();
        course.confirm((PLAINTIFF, FIRST), (1, 1, 1)).unwrap();
        course.confirm((account(2), SECOND), (1, 2, 1)).unwrap();
        let document = course.item(1).import.deposit;
        course.court(made!(IssueMediationDocument { agreement: AgreementNumber(1), document }));
        (course, document)
    }

    fn received_by(&self) -> Vec<u32> {
        self.agreement().received.keys().map(|party| party.0).collect()
    }

    /// A service of the document on party 2, that was sent.
    fn serves(&mut self, document: DepositNumber, kind: DocumentKind, mode: ServiceMode) -> ServiceNumber {
        let (service, party) = (self.file.service.next_service(), PartyNumber(2));
        self.clerk(made!(Serve { service, party, mode, kind, document, days: None, beside: None }));
        let channel = if mode == ServiceMode::Paper { Channel::Direct } else { Channel::Platform };
        self.send_over(service, channel, None).unwrap();
        service
    }

    fn reports(&mut self, service: ServiceNumber, step: ServiceStep) {
        let report = self.step_report(service, step, 0, Reporter::Staff);
        self.clerk(report);
    }
}

fn agreed(scope: ConsentScope) -> Act {
    made!(ConsentService {
        party: PartyNumber(2),
        scope,
        answer: ConsentAnswer::Agreed,
        form: ConsentForm::Explicit,
        ticked: Some(crate::court::service_words::BoxState::Preset),
        shown: Some(Digest([3; 32])),
        clicked: None,
    })
}

fn signs_for(document: DepositNumber) -> Act {
    made!(ConfirmService { document: Some(document), address: None })
}

/// 解释 art. 133: the party itself receives it. The first receipt counts, and only of this document.
#[test]
fn a_party_receives_the_mediation_document_itself() {
    let (mut course, document) = TestCase::issued();
    course.does(account(3), Capacity::Oneself, associate(1, Filer::Agent, Some(1))).unwrap();
    course.does(account(3), Capacity::Agent(AgentNumber(1)), signs_for(document)).unwrap();
    course.does(account(2), SECOND, signs_for(super::super::course::doc(5))).unwrap();
    assert!(course.received_by().is_empty());
    course.does(account(2), SECOND, signs_for(document)).unwrap();
    let first = course.file.last;
    course.does(account(2), SECOND, signs_for(document)).unwrap();
    assert_eq!(course.agreement().received[&PartyNumber(2)].position, first);
}

/// On paper the signed return is the receipt; online the party confirms. An arrival, or a return that says nothing of a delivery, is none.
#[test]
fn the_return_on_paper_or_the_confirmation_online_is_the_receipt() {
    let (mut course, document) = TestCase::issued();
    course.recipient(agreed(ConsentScope::Decisions)).unwrap();
    let mut paper = TestCase { file: course.file.clone(), at: course.at };
    let other = paper.serves(document, DocumentKind::Summons, ServiceMode::Paper);
    paper.reports(other, ServiceStep::Arrived);
    assert!(paper.received_by().is_empty(), "another kind of document");
    let service = paper.serves(document, DocumentKind::MediationStatement, ServiceMode::Paper);
    paper.reports(service, ServiceStep::Sent);
    assert!(paper.received_by().is_empty());
    paper.reports(service, ServiceStep::Arrived);
    assert_eq!(paper.received_by(), [2]);

    let service = course.serves(document, DocumentKind::MediationStatement, ServiceMode::Electronic);
    course.reports(service, ServiceStep::Read);
    assert!(course.received_by().is_empty());
    course.recipient(Act::ConfirmReceipt(ConfirmReceipt { service })).unwrap();
    assert_eq!(course.received_by(), [2]);
}

/// A receipt that rests on a service without effect is none, unless another service of the document has an effect.
#[test]
fn an_upheld_objection_undoes_the_receipt_of_the_mediation_document() {
    let (mut course, document) = TestCase::issued();
    course.does(PLAINTIFF, FIRST, signs_for(document)).unwrap();
    let summons = course.serves(document, DocumentKind::Summons, ServiceMode::Paper);
    course.reports(summons, ServiceStep::Arrived);
    let service = course.serves(document, DocumentKind::MediationStatement, ServiceMode::Paper);
    course.reports(service, ServiceStep::Arrived);
    course.objects_with_success(2, summons);
    assert_eq!(course.received_by(), [1, 2]);
    let mut twice = TestCase { file: course.file.clone(), at: course.at };
    let second = twice.serves(document, DocumentKind::MediationStatement, ServiceMode::Paper);
    twice.reports(second, ServiceStep::Arrived);
    twice.objects_with_success(2, service);
    assert_eq!(twice.received_by(), [1, 2], "the second one has an effect");
    // Of another agreement, with a document of its own, the receipt stays.
    let mut other = course.agreement().clone();
    other.document = other.document.map(|(issued, _)| (issued, super::super::course::doc(5)));
    course.file.records.agreements.insert(AgreementNumber(2), other);
    course.objects_with_success(2, service);
    assert_eq!(course.received_by(), [1]);
    assert!(course.file.records.agreements[&AgreementNumber(2)].received.contains_key(&PartyNumber(2)));
}
