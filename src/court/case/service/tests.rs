//! Rules of service: the bases of an effect, and the effect against a naive reference.

use proptest::collection::vec;
use proptest::prelude::*;

use super::book::{Acted, Attempt, AttemptConsent, RegisteredAddress, ServiceBook, ServiceRecord, StepReport};
use super::effect::{Effect, announced};
use crate::court::act_position::ActPosition;
use crate::court::acts::{ConsentService, SendService, Serve};
use crate::court::calendar::{Calendar, Day};
use crate::court::case_number::CourtCode;
use crate::court::ids::{AccountId, AttemptNumber, PartyNumber, ServiceNumber};
use crate::court::service_words::*;
use crate::court::values::Capacity;
use crate::court::words::Role;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;

fn court() -> CourtCode {
    CourtCode::parse("粤0192").unwrap()
}

const RECIPIENT: PartyNumber = PartyNumber(2);

fn at(minute: u64) -> Timestamp {
    // 2026-11-22, midnight in Beijing.
    Timestamp::from_millis(1_795_276_800_000 + minute * 60_000).unwrap()
}

fn position(minute: u64) -> ActPosition {
    ActPosition { index: LeafIndex(minute), sequence: minute + 1, at: at(minute) }
}

fn acted<T>(minute: u64, act: T) -> Acted<T> {
    let capacity = Capacity::Holding(Role::Clerk);
    Acted { position: position(minute), by: AccountId(Digest([1; 32])), capacity, act }
}

fn document(n: u8) -> DepositNumber {
    (0..).find_map(|draw| DepositNumber::draw(true, 20_261_122, u64::from(n) << 32 | draw)).unwrap()
}

fn record(kind: DocumentKind, mode: ServiceMode) -> ServiceRecord {
    ServiceRecord::new(acted(
        0,
        Serve {
            service: ServiceNumber(1),
            party: RECIPIENT,
            mode,
            kind,
            document: document(1),
            data_hash: Vec::new(),
            days: None,
            beside: None,
            reason: None,
        },
    ))
}

fn attempt(n: u32, channel: Channel, source: Option<AddressSource>, consent: AttemptConsent) -> Attempt {
    let act = SendService {
        service: ServiceNumber(1),
        attempt: AttemptNumber(n),
        channel,
        address: None,
        published: (channel == Channel::Announcement).then(|| Day::of(at(0))),
    };
    Attempt { sent: acted(1, act), source, consent, steps: Vec::new(), ineffective: false }
}

fn step(step: ServiceStep, minute: u64) -> StepReport {
    let (reporter, position) = (Reporter::Gateway, position(minute));
    StepReport { step, reporter, at: at(minute), cause: None, own_act: None, position }
}

fn answer(minute: u64, answer: ConsentAnswer) -> Acted<ConsentService> {
    acted(
        minute,
        ConsentService {
            party: RECIPIENT,
            scope: ConsentScope::Documents,
            answer,
            form: ConsentForm::Explicit,
            ticked: None,
            shown: None,
            clicked: None,
            document: None,
        },
    )
}

const GIVEN: AttemptConsent = AttemptConsent::Given(ConsentForm::Explicit);

fn effect_with(attempts: Vec<Attempt>, mode: ServiceMode) -> Option<(Timestamp, ServiceBasis)> {
    let mut record = record(DocumentKind::Summons, mode);
    record.attempts = attempts.into_iter().map(|attempt| (attempt.sent.act.attempt, attempt)).collect();
    ServiceBook::default().effect(&record, &Calendar::default()).map(|effect| (effect.at, effect.basis))
}

fn with(mut attempt: Attempt, steps: &[(ServiceStep, u64)]) -> Attempt {
    attempt.steps = steps.iter().map(|(one, minute)| step(*one, *minute)).collect();
    attempt
}

#[test]
fn the_basis_decides_the_time() {
    use ServiceStep::{Arrived, Downloaded, Failed, Read, Replied, Responded, Sent};
    let own = || attempt(1, Channel::Sms, Some(AddressSource::Given), GIVEN);
    let other = || attempt(1, Channel::Sms, Some(AddressSource::Found), GIVEN);
    let none = || attempt(1, Channel::Sms, Some(AddressSource::Found), AttemptConsent::None);
    for (attempt, steps, expected) in [
        (own(), &[(Sent, 2)][..], None),
        (own(), &[(Sent, 2), (Arrived, 3), (Read, 9)], Some((3, ServiceBasis::Arrival))),
        (own(), &[(Sent, 2), (Failed, 3)], None),
        // The report of the arrival is missing; by the time it was read it had arrived.
        (own(), &[(Read, 9)], Some((9, ServiceBasis::Arrival))),
        (own(), &[(Replied, 4), (Arrived, 4)], Some((4, ServiceBasis::Arrival))),
        (other(), &[(Arrived, 3)], None),
        (other(), &[(Arrived, 3), (Read, 9)], Some((9, ServiceBasis::Presumed))),
        (other(), &[(Downloaded, 8), (Replied, 9)], Some((8, ServiceBasis::Presumed))),
        (other(), &[(Replied, 5), (Read, 9)], Some((5, ServiceBasis::Reply))),
        (other(), &[(Responded, 6)], Some((6, ServiceBasis::Conduct))),
        (none(), &[(Arrived, 3), (Read, 9)], None),
        (none(), &[(Read, 9), (Replied, 12)], Some((12, ServiceBasis::Reply))),
        (none(), &[(Responded, 12)], Some((12, ServiceBasis::Conduct))),
    ] {
        let expected = expected.map(|(minute, basis)| (at(minute), basis));
        assert_eq!(effect_with(vec![with(attempt, steps)], ServiceMode::Electronic), expected, "{steps:?}");
    }
}

#[test]
fn of_several_electronic_ways_the_earliest_counts_and_a_void_one_does_not() {
    let sms = with(attempt(1, Channel::Sms, Some(AddressSource::Given), GIVEN), &[(ServiceStep::Arrived, 30)]);
    let mail = with(attempt(2, Channel::Email, Some(AddressSource::Found), GIVEN), &[(ServiceStep::Read, 20)]);
    let both = vec![sms.clone(), mail.clone()];
    assert_eq!(effect_with(both, ServiceMode::Electronic), Some((at(20), ServiceBasis::Presumed)));
    let rebutted = vec![sms, Attempt { ineffective: true, ..mail }];
    assert_eq!(effect_with(rebutted, ServiceMode::Electronic), Some((at(30), ServiceBasis::Arrival)));
}

#[test]
fn a_refusal_before_the_reply_keeps_conduct_from_being_a_consent() {
    let replied = with(attempt(1, Channel::Sms, None, AttemptConsent::None), &[(ServiceStep::Replied, 10)]);
    let mut record = record(DocumentKind::Summons, ServiceMode::Electronic);
    record.attempts.insert(AttemptNumber(1), replied);
    for (minute, expected) in [(9, None), (11, Some(ServiceBasis::Reply))] {
        let book = ServiceBook { consents: vec![answer(minute, ConsentAnswer::Refused)], ..ServiceBook::default() };
        let effect = book.effect(&record, &Calendar::default());
        assert_eq!(effect.map(|effect| effect.basis), expected, "refused at {minute}");
    }
}

#[test]
fn paper_counts_from_its_receipt_and_an_announcement_after_thirty_days() {
    for (channel, basis) in [
        (Channel::Direct, ServiceBasis::Signed),
        (Channel::Entrusted, ServiceBasis::Signed),
        (Channel::Mail, ServiceBasis::Mailed),
        (Channel::Left, ServiceBasis::Left),
    ] {
        let paper = with(attempt(1, channel, None, AttemptConsent::NotNeeded), &[(ServiceStep::Arrived, 50)]);
        assert_eq!(effect_with(vec![paper], ServiceMode::Paper), Some((at(50), basis)));
    }
    // Published on 22 November 2026: the thirtieth day is Tuesday, 22 December.
    let day = |text| Day::parse(text).unwrap();
    let announcement = attempt(1, Channel::Announcement, None, AttemptConsent::NotNeeded);
    let expected = (day("2026-12-22").end(), ServiceBasis::Announced);
    assert_eq!(effect_with(vec![announcement], ServiceMode::Announcement), Some(expected));
    // A last day on a Saturday moves on to Monday.
    assert_eq!(announced(day("2026-11-19"), &Calendar::default()), day("2026-12-21"));
}

#[test]
fn each_document_begins_the_period_of_its_recipient() {
    let mut book = ServiceBook::default();
    let begun = [
        (DocumentKind::ComplaintCopy, None, Some((ServicePeriod::Answer, "2026-12-07"))),
        (DocumentKind::ComplaintCopy, Some(30), Some((ServicePeriod::Answer, "2026-12-22"))),
        (DocumentKind::EvidenceNotice, Some(20), Some((ServicePeriod::Evidence, "2026-12-14"))),
        (DocumentKind::Judgment, None, Some((ServicePeriod::Appeal, "2026-12-07"))),
        (DocumentKind::Ruling, Some(10), Some((ServicePeriod::Appeal, "2026-12-02"))),
        // Whether an appeal lies against it at all, the case says.
        (DocumentKind::Ruling, None, Some((ServicePeriod::Appeal, "2026-12-02"))),
        (DocumentKind::AppealCopy, None, Some((ServicePeriod::AppealAnswer, "2026-12-07"))),
        (DocumentKind::AssociationNotice, None, Some((ServicePeriod::Association, "2026-11-25"))),
        (DocumentKind::Summons, None, None),
    ];
    for (number, (kind, days, expected)) in (1..).zip(begun) {
        let mut record = record(kind, ServiceMode::Electronic);
        (record.begun.act.days, record.begun.act.document) = (days, document(number));
        let own = attempt(1, Channel::Platform, None, GIVEN);
        record.attempts.insert(AttemptNumber(1), with(own, &[(ServiceStep::Arrived, 600)]));
        book.records.insert_mut(ServiceNumber(u32::from(number)), record);
        let windows = book.windows(&court(), &Calendar::default());
        let window = windows.iter().find(|one| one.service == ServiceNumber(u32::from(number)));
        let found = window.map(|one| (one.id.period, one.last.to_string()));
        assert_eq!(found, expected.map(|(period, last)| (period, last.to_owned())), "{kind} {days:?}");
    }
}

#[test]
fn of_paper_beside_electronic_the_earlier_counts_until_the_court_has_spoken() {
    let mut book = ServiceBook::default();
    let mut electronic = record(DocumentKind::Judgment, ServiceMode::Electronic);
    let own = attempt(1, Channel::Platform, None, GIVEN);
    electronic.attempts.insert(AttemptNumber(1), with(own, &[(ServiceStep::Arrived, 100)]));
    let mut paper = record(DocumentKind::Judgment, ServiceMode::Paper);
    let signed = attempt(1, Channel::Direct, None, AttemptConsent::NotNeeded);
    paper.attempts.insert(AttemptNumber(1), with(signed, &[(ServiceStep::Arrived, 5_000)]));
    book.records.insert_mut(ServiceNumber(1), electronic);
    book.records.insert_mut(ServiceNumber(2), paper);
    let calendar = Calendar::default();
    let served = |book: &ServiceBook| {
        let all = book.served(RECIPIENT, DocumentKind::Judgment, &calendar);
        all.iter().map(|one| (one.service.0, one.undetermined)).collect::<Vec<_>>()
    };
    assert_eq!(served(&book), [(1, true)]);
    book.records.get_mut(&ServiceNumber(2)).unwrap().counts = Some(position(6_000));
    assert_eq!(served(&book), [(2, false)]);
    assert_eq!(book.windows(&court(), &calendar).len(), 1, "one document begins one period");
}

/// The effect as the article reads, written without the structure of the rules: every report of every attempt is judged by itself.
fn naive(book: &ServiceBook, record: &ServiceRecord) -> Option<(Timestamp, ServiceBasis)> {
    let mut all = Vec::new();
    for attempt in record.attempts.values() {
        for report in &attempt.steps {
            if attempt.ineffective {
                continue;
            }
            let consent = attempt.consent != AttemptConsent::None;
            let own = attempt.channel() == Channel::Platform
                || attempt.source == Some(AddressSource::Given)
                || attempt.source == Some(AddressSource::Confirmed);
            let answers: Vec<_> = book.consents.iter().filter(|one| one.position.at <= report.at).collect();
            let said_no = answers.last().is_some_and(|one| one.act.answer != ConsentAnswer::Agreed);
            let accepted = consent || !said_no;
            if (report.step, accepted) == (ServiceStep::Replied, true) {
                all.push((report.at, ServiceBasis::Reply));
            }
            if (report.step, accepted) == (ServiceStep::Responded, true) {
                all.push((report.at, ServiceBasis::Conduct));
            }
            if consent
                && own
                && [ServiceStep::Arrived, ServiceStep::Read, ServiceStep::Downloaded].contains(&report.step)
            {
                all.push((report.at, ServiceBasis::Arrival));
            }
            if consent && !own && [ServiceStep::Read, ServiceStep::Downloaded].contains(&report.step) {
                all.push((report.at, ServiceBasis::Presumed));
            }
        }
    }
    all.sort_unstable();
    all.first().copied()
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    (0..all.len()).prop_map(move |at| all[at])
}

prop_compose! {
    fn any_attempt()(
        channel in any_of(&[Channel::Sms, Channel::Email, Channel::Platform]),
        source in any_of(&[None, Some(AddressSource::Given), Some(AddressSource::Confirmed), Some(AddressSource::Found)]),
        consent in any_of(&[AttemptConsent::None, GIVEN]),
        steps in vec((any_of(ServiceStep::ALL), 0..40_u64), 0..6),
        ineffective in proptest::bool::weighted(0.2),
    ) -> Attempt {
        let source = source.filter(|_| channel != Channel::Platform);
        Attempt { ineffective, ..with(attempt(1, channel, source, consent), &steps) }
    }
}

proptest! {
    #[test]
    fn the_effect_is_that_of_a_naive_reference(
        attempts in vec(any_attempt(), 0..5),
        answers in vec((any_of(ConsentAnswer::ALL), 0..40_u64), 0..4),
    ) {
        let mut answers = answers;
        answers.sort_by_key(|(_, minute)| *minute);
        let consents = answers.into_iter().map(|(one, minute)| answer(minute, one)).collect();
        let book = ServiceBook { consents, ..ServiceBook::default() };
        let mut record = record(DocumentKind::Summons, ServiceMode::Electronic);
        for (number, mut attempt) in (1..).zip(attempts) {
            attempt.sent.act.attempt = AttemptNumber(number);
            record.attempts.insert(AttemptNumber(number), attempt);
        }
        let effect: Option<Effect> = book.effect(&record, &Calendar::default());
        prop_assert_eq!(effect.map(|effect| (effect.at, effect.basis)), naive(&book, &record));
    }

    /// Reports may come in any order: only their times count.
    #[test]
    fn late_reports_lead_to_the_same_effect(one in any_attempt(), seed in any::<u64>()) {
        let mut record = record(DocumentKind::Summons, ServiceMode::Electronic);
        record.attempts.insert(AttemptNumber(1), one.clone());
        let book = ServiceBook::default();
        let expected = book.effect(&record, &Calendar::default());
        let mut shuffled = one;
        let len = shuffled.steps.len().max(1);
        shuffled.steps.rotate_left(usize::try_from(seed % 7).unwrap() % len);
        record.attempts.insert(AttemptNumber(1), shuffled);
        prop_assert_eq!(book.effect(&record, &Calendar::default()), expected);
    }
}

#[test]
fn an_address_is_shown_to_be_former_once_it_ended() {
    let address = crate::court::acts::ServiceAddress {
        party: RECIPIENT,
        address: crate::court::ids::AddressNumber(1),
        kind: AddressKind::Mobile,
        masked: crate::court::masked_address::MaskedAddress::of(AddressKind::Mobile, "13812345678"),
        clear: crate::court::ids::AnnexId(Digest([9; 32])),
        source: AddressSource::Given,
        active: None,
        replaces: None,
        document: None,
    };
    let registered = RegisteredAddress { entered: acted(3, address), until: None };
    assert_eq!((registered.clear().index, registered.clear().annex), (LeafIndex(3), registered.entered.act.clear));
}
