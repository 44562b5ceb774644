//! Service in the replay of a case: consent, addresses, steps, objections, certificates.

use super::*;
use crate::court::case::service::certificate::all_due;
use crate::court::case::service::service_error::ServiceError;
use crate::court::ids::{AddressNumber, AttemptNumber, ServiceNumber};
use crate::court::masked_address::MaskedAddress;
use crate::court::period::by_party::PartyPeriod;
use crate::court::service_words::*;
use crate::court::window::WindowKind;
use crate::court::windows::WindowKey;

const DEFENDANT: u8 = 2;
const STAFF: Capacity = Capacity::Holding(Role::Clerk);

impl TestCase {
    pub(super) fn recipient(&mut self, act: Act) -> Result<(), Refusal> {
        self.does(account(DEFENDANT), SECOND, act)
    }

    fn office(&mut self, act: Act) -> Result<(), Refusal> {
        self.does(account(8), STAFF, act)
    }

    pub(super) fn by_platform(&mut self, act: Act) -> Result<(), Refusal> {
        self.does(account(200), Capacity::Platform, act)
    }

    pub(super) fn begin_service(&mut self, kind: DocumentKind, mode: ServiceMode) -> ServiceNumber {
        let service = self.file.service.next_service();
        let reason = Some(AnnexId(Digest([7; 32])));
        let days = (kind == DocumentKind::EvidenceNotice).then_some(15);
        let act = made!(Serve { service, party: PartyNumber(2), mode, kind, days, beside: None, reason });
        assert_eq!(self.office(act), Ok(()));
        service
    }

    pub(super) fn send_over(
        &mut self,
        service: ServiceNumber,
        channel: Channel,
        address: Option<u32>,
    ) -> Result<(), Refusal> {
        let attempt = self.file.service.records[&service].next_attempt();
        let address = address.map(AddressNumber);
        self.office(Act::SendService(SendService { service, attempt, channel, address, published: None }))
    }

    pub(super) fn step_report(&self, service: ServiceNumber, step: ServiceStep, back: u64, reporter: Reporter) -> Act {
        let at = Timestamp::from_millis(START + self.at + 60_000 - back).unwrap();
        let attempt = AttemptNumber(1);
        Act::ReportService(ReportService { service, attempt, step, reporter, at, cause: None, own_act: None })
    }

    fn basis_of(&self, service: ServiceNumber) -> Option<ServiceBasis> {
        self.file.service.effect_of(service, &Calendar::default()).map(|effect| effect.basis)
    }
}

pub(super) fn consent(scope: ConsentScope, answer: ConsentAnswer) -> Act {
    made!(ConsentService {
        party: PartyNumber(2),
        scope,
        answer,
        form: ConsentForm::Explicit,
        ticked: Some(BoxState::Preset),
        shown: Some(Digest([3; 32])),
        clicked: None,
    })
}

pub(super) fn address(number: u32, source: AddressSource) -> Act {
    let (kind, address) = (AddressKind::Mobile, AddressNumber(number));
    let masked = MaskedAddress::of(kind, "13812345678");
    made!(ServiceAddress {
        party: PartyNumber(2),
        address,
        kind,
        masked,
        source,
        active: Some(Day::of(position(1, 0).at)),
        replaces: None,
        document: None,
    })
}

fn service_error<T>(error: ServiceError) -> Result<T, Refusal> {
    Err(Refusal::Service(error))
}

#[test]
fn a_case_of_the_first_rules_has_no_service_but_confirm_service() {
    let mut course = TestCase::assigned();
    course.file.rules = RulesVersion::V1;
    let refused = Err(Refusal::RulesVersion(OlderRules { needed: 2, found: 1 }));
    assert_eq!(course.recipient(consent(ConsentScope::Documents, ConsentAnswer::Agreed)), refused);
    assert_eq!(course.recipient(made!(ConfirmService {})), Ok(()));
}

#[test]
fn a_consent_is_the_partys_own_with_the_click_and_the_text_it_saw() {
    let mut course = TestCase::assigned();
    let say = |change: fn(&mut ConsentService)| match consent(ConsentScope::Documents, ConsentAnswer::Agreed) {
        Act::ConsentService(mut act) => {
            act.document = None;
            change(&mut act);
            Act::ConsentService(act)
        }
        other => other,
    };
    assert_eq!(course.does(PLAINTIFF, FIRST, say(|_| {})), Err(Refusal::NotYours));
    assert_eq!(course.recipient(say(|act| act.shown = None)), service_error(ServiceError::ClickNeeded));
    assert_eq!(course.recipient(say(|act| act.ticked = None)), service_error(ServiceError::ClickNeeded));
    let before = say(|act| act.form = ConsentForm::AgreedBefore);
    assert_eq!(course.recipient(before), service_error(ServiceError::ProofNeeded));
    assert_eq!(course.office(say(|_| {})), service_error(ServiceError::ProofNeeded));
    let future = say(|act| act.clicked = Some(Timestamp::from_millis(START + 400 * 86_400_000).unwrap()));
    assert_eq!(course.recipient(future), service_error(ServiceError::ReportTime));
    assert_eq!(course.recipient(say(|_| {})), Ok(()));
    assert_eq!(course.file.service.consents.len(), 1);
    assert_eq!(course.file.service.consents[0].act.ticked, Some(BoxState::Preset));
}

#[test]
fn only_the_court_finds_an_address_and_only_an_active_one() {
    let mut course = TestCase::assigned();
    assert_eq!(course.recipient(address(1, AddressSource::Found)), Err(Refusal::NotYours));
    assert_eq!(course.office(address(1, AddressSource::Given)), service_error(ServiceError::ProofNeeded));
    course.at += 92 * 86_400_000;
    assert_eq!(course.office(address(1, AddressSource::Found)), Ok(()));
    course.at += 86_400_000;
    assert_eq!(course.office(address(2, AddressSource::Found)), service_error(ServiceError::AddressNotActive));
    assert_eq!(course.recipient(address(1, AddressSource::Given)), Err(Refusal::NotNext { expected: 2 }));
    let confirmed = match address(2, AddressSource::Confirmed) {
        Act::ServiceAddress(act) => Act::ServiceAddress(ServiceAddress { replaces: Some(AddressNumber(1)), ..act }),
        other => other,
    };
    assert_eq!(course.does(PLAINTIFF, FIRST, confirmed.clone()), Err(Refusal::NotYours));
    assert_eq!(course.recipient(confirmed), Ok(()));
    assert!(course.file.service.addresses[&AddressNumber(1)].until.is_some());
    let end = |address| Act::EndServiceAddress(EndServiceAddress { address: AddressNumber(address) });
    assert_eq!(course.does(PLAINTIFF, FIRST, end(2)), Err(Refusal::NotYours));
    assert_eq!(course.recipient(end(2)), Ok(()));
    assert_eq!(course.recipient(end(2)), service_error(ServiceError::AddressNotInForce(AddressNumber(2))));
}

#[test]
fn without_consent_a_judgment_is_not_sent_and_after_a_refusal_nothing_is() {
    let mut course = TestCase::assigned();
    course.recipient(address(1, AddressSource::Given)).unwrap();
    let judgment = course.begin_service(DocumentKind::Judgment, ServiceMode::Electronic);
    assert_eq!(course.send_over(judgment, Channel::Sms, Some(1)), service_error(ServiceError::ConsentMissing));
    course.recipient(consent(ConsentScope::Documents, ConsentAnswer::Agreed)).unwrap();
    assert_eq!(course.send_over(judgment, Channel::Sms, Some(1)), service_error(ServiceError::ConsentMissing));
    course.recipient(consent(ConsentScope::Decisions, ConsentAnswer::Agreed)).unwrap();
    assert_eq!(course.send_over(judgment, Channel::Sms, Some(1)), Ok(()));
    course.recipient(consent(ConsentScope::Documents, ConsentAnswer::Withdrawn)).unwrap();
    let summons = course.begin_service(DocumentKind::Summons, ServiceMode::Electronic);
    assert_eq!(course.send_over(summons, Channel::Sms, Some(1)), service_error(ServiceError::ConsentRefused));
    assert_eq!(course.send_over(judgment, Channel::Email, Some(1)), service_error(ServiceError::WrongChannel));
    assert_eq!(course.send_over(judgment, Channel::Direct, None), service_error(ServiceError::WrongChannel));
}

#[test]
fn an_arrival_counts_without_a_confirmation_and_the_same_report_counts_once() {
    let mut course = TestCase::assigned();
    course.recipient(address(1, AddressSource::Given)).unwrap();
    let service = course.begin_service(DocumentKind::ComplaintCopy, ServiceMode::Electronic);
    let early = course.step_report(service, ServiceStep::Arrived, 0, Reporter::Gateway);
    assert_eq!(course.by_platform(early), service_error(ServiceError::NoSuchAttempt(AttemptNumber(1))));
    course.send_over(service, Channel::Sms, Some(1)).unwrap();
    let too_early = course.step_report(service, ServiceStep::Arrived, 120_000, Reporter::Gateway);
    assert_eq!(course.by_platform(too_early), service_error(ServiceError::ReportTime));
    let arrived = course.step_report(service, ServiceStep::Arrived, 30_000, Reporter::Gateway);
    // The gateway's report is the platform's act; nobody else makes it.
    assert!(matches!(course.recipient(arrived.clone()), Err(Refusal::Denied(_))));
    assert_eq!(course.office(arrived.clone()), service_error(ServiceError::WrongReport));
    assert_eq!(course.basis_of(service), None);
    course.by_platform(arrived.clone()).unwrap();
    assert_eq!(course.by_platform(arrived), service_error(ServiceError::Reported));
    assert_eq!(course.basis_of(service), Some(ServiceBasis::Arrival));
    course.recipient(Act::ConfirmReceipt(ConfirmReceipt { service })).unwrap();
    assert_eq!(course.basis_of(service), Some(ServiceBasis::Arrival), "a confirmation moves nothing");
    let again = course.recipient(Act::ConfirmReceipt(ConfirmReceipt { service }));
    assert_eq!(again, service_error(ServiceError::Reported));
    let opponent = course.does(PLAINTIFF, FIRST, Act::ConfirmReceipt(ConfirmReceipt { service }));
    assert_eq!(opponent, Err(Refusal::NotYours));
}

#[test]
fn the_partys_own_act_in_the_case_is_its_conduct() {
    let mut course = TestCase::assigned();
    course.office(address(1, AddressSource::Found)).unwrap();
    let service = course.begin_service(DocumentKind::EvidenceNotice, ServiceMode::Electronic);
    course.send_over(service, Channel::Sms, Some(1)).unwrap();
    let responded = |course: &TestCase, sequence: u64, at: Timestamp| {
        let act = course.step_report(service, ServiceStep::Responded, 0, Reporter::Staff);
        let Act::ReportService(act) = act else { unreachable!() };
        Act::ReportService(ReportService { own_act: Some(sequence), at, ..act })
    };
    course.import(account(DEFENDANT), SECOND, 2).unwrap();
    let (own, at) = (course.file.last.sequence, course.file.last.at);
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    let (other, later) = (course.file.last.sequence, course.file.last.at);
    for (sequence, at) in [(other, later), (own, later), (99, at)] {
        let act = responded(&course, sequence, at);
        assert_eq!(course.office(act), service_error(ServiceError::WrongReport));
    }
    let act = responded(&course, own, at);
    course.office(act).unwrap();
    let effect = course.file.service.effect_of(service, &Calendar::default()).unwrap();
    assert_eq!((effect.basis, effect.at), (ServiceBasis::Conduct, at));
}

#[test]
fn a_mediation_statement_goes_to_the_party_or_to_the_agent_that_it_named() {
    let mut course = TestCase::assigned();
    course.does(account(5), Capacity::Oneself, associate(1, Filer::Agent, Some(1))).unwrap();
    course.recipient(consent(ConsentScope::Decisions, ConsentAnswer::Agreed)).unwrap();
    let service = course.begin_service(DocumentKind::MediationStatement, ServiceMode::Electronic);
    let confirm = Act::ConfirmReceipt(ConfirmReceipt { service });
    assert_eq!(course.recipient(confirm.clone()), service_error(ServiceError::NotSent));
    course.send_over(service, Channel::Platform, None).unwrap();
    let agent = Capacity::Agent(AgentNumber(1));
    assert_eq!(course.does(account(5), agent, confirm.clone()), service_error(ServiceError::PartyItself));
    let name = Act::NameReceiver(NameReceiver { agent: AgentNumber(1) });
    assert_eq!(course.does(account(5), agent, name.clone()), service_error(ServiceError::PartyItself));
    assert_eq!(course.does(PLAINTIFF, FIRST, name.clone()), Err(Refusal::NotYours));
    course.recipient(name).unwrap();
    course.does(account(5), agent, confirm).unwrap();
    let paper = course.begin_service(DocumentKind::MediationStatement, ServiceMode::Paper);
    assert_eq!(course.send_over(paper, Channel::Left, None), service_error(ServiceError::WrongChannel));
}

#[test]
fn an_upheld_objection_undoes_what_was_sent_before_it() {
    let mut course = TestCase::assigned();
    course.recipient(consent(ConsentScope::Documents, ConsentAnswer::Agreed)).unwrap();
    let service = course.begin_service(DocumentKind::Summons, ServiceMode::Electronic);
    let object = made!(ObjectService { service, ground: ServiceGround::NotOwnAddress });
    assert_eq!(course.recipient(object.clone()), service_error(ServiceError::NotSent));
    course.send_over(service, Channel::Platform, None).unwrap();
    let decide = |outcome| made!(DecideService { service, outcome });
    assert_eq!(
        course.does(account(9), JUDGE, decide(ServiceOutcome::Upheld)),
        service_error(ServiceError::NotObjected)
    );
    course.recipient(object.clone()).unwrap();
    assert_eq!(course.recipient(object.clone()), service_error(ServiceError::Objected));
    assert_eq!(course.basis_of(service), Some(ServiceBasis::Arrival), "an objection alone undoes nothing");
    course.court(decide(ServiceOutcome::Dismissed));
    assert_eq!(course.basis_of(service), Some(ServiceBasis::Arrival));
    course.recipient(object).unwrap();
    course.court(decide(ServiceOutcome::Upheld));
    assert_eq!(course.basis_of(service), None);
    course.send_over(service, Channel::Platform, None).unwrap();
    let effect = course.file.service.effect_of(service, &Calendar::default()).unwrap();
    assert_eq!(effect.attempt, AttemptNumber(2));
}

#[test]
fn a_certificate_states_the_record_and_nothing_else() {
    let mut course = TestCase::assigned();
    course.recipient(consent(ConsentScope::Documents, ConsentAnswer::Agreed)).unwrap();
    let service = course.begin_service(DocumentKind::Summons, ServiceMode::Electronic);
    let due = |course: &TestCase| all_due(&course.file.service, &Calendar::default());
    assert_eq!(due(&course), []);
    course.send_over(service, Channel::Platform, None).unwrap();
    let certificate = due(&course).remove(0);
    assert_eq!((certificate.version, certificate.basis), (1, ServiceBasis::Arrival));
    let other = CertifyService { effective: certificate.sent, basis: ServiceBasis::Reply, ..certificate.clone() };
    assert_eq!(course.by_platform(Act::CertifyService(other)), service_error(ServiceError::CertificateDiffers));
    let by_staff = course.office(Act::CertifyService(certificate.clone()));
    assert!(matches!(by_staff, Err(Refusal::Denied(_))));
    course.by_platform(Act::CertifyService(certificate.clone())).unwrap();
    assert_eq!(due(&course), []);
    assert_eq!(course.by_platform(Act::CertifyService(certificate)), service_error(ServiceError::CertificateDiffers));
    course.recipient(Act::ConfirmReceipt(ConfirmReceipt { service })).unwrap();
    assert_eq!(due(&course), [], "a later confirmation changes no effect");
}

#[test]
fn service_begins_moves_and_ends_the_windows_of_its_recipient() {
    let mut course = TestCase::assigned();
    course.recipient(address(1, AddressSource::Given)).unwrap();
    let service = course.begin_service(DocumentKind::ComplaintCopy, ServiceMode::Electronic);
    course.send_over(service, Channel::Sms, Some(1)).unwrap();
    let party = PartyNumber(2);
    let kinds = [WindowKind::Answer, WindowKind::JurisdictionObjection];
    let start = |course: &TestCase, kind: WindowKind| {
        let window = course.file.windows.unclosed(WindowKey::of(kind, party))?;
        window.begun.map(|(_, start)| start.day())
    };
    assert_eq!(kinds.map(|kind| start(&course, kind)), [None, None], "nothing runs before service");
    course.at += 3 * 86_400_000;
    course.recipient(Act::ConfirmReceipt(ConfirmReceipt { service })).unwrap();
    let first = Day::of(course.file.last.at);
    assert_eq!(kinds.map(|kind| start(&course, kind)), [Some(first), Some(first)]);
    let sent = course.file.service.records[&service].attempts[&AttemptNumber(1)].sent.position.at;
    let late = course.step_report(service, ServiceStep::Arrived, 0, Reporter::Gateway);
    let Act::ReportService(late) = late else { unreachable!() };
    course.by_platform(Act::ReportService(ReportService { at: sent, ..late })).unwrap();
    assert_eq!(kinds.map(|kind| start(&course, kind)), [Some(Day::of(sent)), Some(Day::of(sent))]);
    course.recipient(made!(ObjectService { service, ground: ServiceGround::SystemError })).unwrap();
    course.court(made!(DecideService { service, outcome: ServiceOutcome::Upheld }));
    assert_eq!(kinds.map(|kind| start(&course, kind)), [None, None]);
    assert!(course.file.service.begun.is_empty());
}

#[test]
fn the_evidence_period_of_a_party_begins_with_the_notice_that_was_served_on_it() {
    let mut course = TestCase::assigned();
    course.recipient(consent(ConsentScope::Documents, ConsentAnswer::Agreed)).unwrap();
    let service = course.begin_service(DocumentKind::EvidenceNotice, ServiceMode::Electronic);
    let begun = |course: &TestCase| course.file.periods.of(PartyNumber(2)).is_some_and(PartyPeriod::has_begun);
    assert!(!begun(&course));
    course.send_over(service, Channel::Platform, None).unwrap();
    assert!(begun(&course));
    assert_eq!(course.file.periods.terms(PartyNumber(2)).map(|terms| terms.days), Some(15));
    assert!(course.file.periods.of(PartyNumber(1)).is_none(), "each party has its own");
    course.recipient(made!(ObjectService { service, ground: ServiceGround::SystemError })).unwrap();
    course.court(made!(DecideService { service, outcome: ServiceOutcome::Upheld }));
    assert!(!begun(&course));
    course.send_over(service, Channel::Platform, None).unwrap();
    assert!(begun(&course));
    let short = made!(Serve {
        service: ServiceNumber(2),
        party: PartyNumber(1),
        mode: ServiceMode::Electronic,
        kind: DocumentKind::EvidenceNotice,
        days: Some(14),
        beside: None,
    });
    assert!(matches!(course.office(short), Err(Refusal::Period(_))), "less than 15 days in the ordinary procedure");
}

#[test]
fn days_belong_to_documents_that_state_them() {
    let mut course = TestCase::assigned();
    for (kind, days, fits) in [
        (DocumentKind::EvidenceNotice, None, false),
        (DocumentKind::EvidenceNotice, Some(0), false),
        (DocumentKind::EvidenceNotice, Some(366), true),
        (DocumentKind::EvidenceNotice, Some(367), false),
        (DocumentKind::Judgment, Some(14), false),
        (DocumentKind::Judgment, Some(30), true),
        (DocumentKind::Ruling, Some(15), false),
        (DocumentKind::Ruling, Some(10), true),
        (DocumentKind::Summons, Some(15), false),
    ] {
        let service = course.file.service.next_service();
        let mode = ServiceMode::Electronic;
        let act = made!(Serve { service, party: PartyNumber(2), mode, kind, days, beside: None });
        let expected = if fits { Ok(()) } else { service_error(ServiceError::WrongDays) };
        assert_eq!(course.office(act), expected, "{kind} {days:?}");
    }
}
