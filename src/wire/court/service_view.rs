//! Makes the views of service from the state of a case.

use crate::court::act_position::ActPosition;
use crate::court::acts::{CertifyService, ConsentService};
use crate::court::calendar::Calendar;
use crate::court::case::service::book::{
    Acted, Attempt, AttemptConsent, RegisteredAddress, ServiceObjection, ServiceRecord,
};
use crate::court::case::service::effect::Effect;
use crate::court::case::service::windows::ServiceWindow;
use crate::court::case::state::{CaseFile, Text};
use crate::court::ids::{AddressNumber, AttemptNumber, PartyNumber, ServiceNumber};
use crate::court::service_words::{ServiceBasis, ServiceStep};
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::wording::Language;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::Texts;
use crate::wire::court::act::coded;
use crate::wire::court::people::TextJson;
use crate::wire::court::service::{
    AttemptJson, CertificateJson, ConsentJson, EffectJson, ServiceAddressJson, ServiceBookJson, ServiceJson,
    ServiceObjectionJson, ServiceWindowJson, StepJson,
};
use crate::wire::facts::beijing_time;
use crate::wire::report::CodedText;

/// A word with its labels.
macro_rules! word {
    ($value:expr) => {{
        let value = $value;
        coded(value.word(), Bilingual::of(|language| value.label(language)))
    }};
}

/// The input of a view.
#[derive(Debug, Clone, Copy)]
pub struct ServiceViewContext<'a> {
    /// The case.
    pub file: &'a CaseFile,
    /// Its texts.
    pub texts: &'a Texts,
    /// The calendar.
    pub calendar: &'a Calendar,
    /// The party that sees it; `None` for the court.
    pub viewer: Option<PartyNumber>,
    /// The current time.
    pub now: Timestamp,
}

/// A time as lines show it: `2026-11-22 09:04:11 北京时间`.
fn line_time(time: Timestamp) -> (String, String) {
    let text = time.beijing();
    let seconds: String = text.chars().take(19).collect();
    (format!("{seconds} 北京时间"), format!("{seconds} Beijing time"))
}

fn basis(basis: ServiceBasis) -> CodedText {
    word!(basis)
}

fn consent(one: &Acted<ConsentService>) -> ConsentJson {
    let act = &one.act;
    ConsentJson {
        party: act.party.0,
        scope: word!(act.scope),
        answer: word!(act.answer),
        form: word!(act.form),
        ticked: act.ticked.map(|ticked| word!(ticked)),
        shown: act.shown.map(|shown| shown.to_string()),
        clicked_at: act.clicked.map(beijing_time),
        document: act.document.as_ref().map(DepositNumber::to_string),
        at: beijing_time(one.position.at),
    }
}

fn address((number, one): (&AddressNumber, &RegisteredAddress)) -> ServiceAddressJson {
    let act = &one.entered.act;
    ServiceAddressJson {
        address: number.0,
        party: act.party.0,
        kind: word!(act.kind),
        masked: act.masked.as_str().to_owned(),
        source: word!(act.source),
        active: act.active.map(|day| day.to_string()),
        from: beijing_time(one.entered.position.at),
        until: one.until.map(beijing_time),
    }
}

fn attempt(context: &ServiceViewContext<'_>, number: AttemptNumber, one: &Attempt, shows_address: bool) -> AttemptJson {
    let address = one.sent.act.address.and_then(|address| context.file.service.addresses.get(&address));
    let consent = match one.consent {
        AttemptConsent::Given(form) => word!(form),
        AttemptConsent::None => coded(
            "none",
            Bilingual::new("尚无同意，须经受送达人回复或者以行为接受", "none: the recipient must reply or act upon it"),
        ),
        AttemptConsent::NotNeeded => coded("not-needed", Bilingual::new("无须同意", "not needed")),
    };
    let state =
        one.state().map_or_else(|| coded("queued", Bilingual::new("待发送", "to be sent")), |state| word!(state));
    let step = |step: &crate::court::case::service::book::StepReport| StepJson {
        step: word!(step.step),
        reporter: word!(step.reporter),
        at: beijing_time(step.at),
        reported_at: beijing_time(step.position.at),
        cause: step.cause.as_ref().map(|cause| cause.0.clone()),
    };
    AttemptJson {
        attempt: number.0,
        channel: word!(one.channel()),
        masked_address: address.filter(|_| shows_address).map(|address| address.entered.act.masked.as_str().to_owned()),
        consent,
        sent_at: beijing_time(one.sent.position.at),
        published: one.sent.act.published.map(|day| day.to_string()),
        state,
        steps: one.steps.iter().map(step).collect(),
        contradictory: one.is_contradictory(),
        ineffective: one.ineffective,
    }
}

/// The state of a record.
fn state(record: &ServiceRecord, effect: Option<&Effect>, now: Timestamp) -> CodedText {
    let (code, zh, en) = match effect {
        _ if record.is_objected() => ("objected", "受送达人异议，待处理", "objected to; the decision is pending"),
        Some(effect) if effect.at > now => ("announced", "公告期间", "announced; not yet served"),
        Some(_) => ("effective", "送达生效", "served"),
        None if record.attempts.values().any(|attempt| attempt.ineffective) => {
            ("objection-upheld", "异议成立，未送达", "not served: an objection was upheld")
        }
        None if record.attempts.is_empty() => ("to-be-sent", "待发送", "to be sent"),
        None => ("not-served", "未送达", "not served"),
    };
    coded(code, Bilingual::new(zh, en))
}

/// That a document has arrived, and why that is no service.
fn arrived_without_effect((kind_zh, kind_en): (&str, &str), consent: AttemptConsent) -> Bilingual {
    let zh = format!("{kind_zh} 已到达，送达尚未生效");
    let en = format!("{kind_en}: arrived, but not yet served");
    match consent {
        AttemptConsent::None => Bilingual::new(
            format!("{zh}：受送达人未同意电子送达"),
            format!("{en}: the recipient has not agreed to electronic service"),
        ),
        AttemptConsent::Given(_) | AttemptConsent::NotNeeded => Bilingual::new(zh, en),
    }
}

/// 〔文书〕〔到达/推定/确认〕〔时间〕〔依据条款〕. Without an effect it states only which step was reported last.
#[must_use]
pub fn line(record: &ServiceRecord, effect: Option<&Effect>) -> Bilingual {
    let kind = record.kind();
    let (kind_zh, kind_en) = (kind.label(Language::Chinese), kind.label(Language::English));
    let Some(effect) = effect else {
        let last = record.attempts.values().rev().find_map(|attempt| Some((attempt, attempt.state()?)));
        let (zh, en) = match last {
            Some((attempt, ServiceStep::Arrived)) if !attempt.ineffective => {
                return arrived_without_effect((kind_zh, kind_en), attempt.consent);
            }
            Some((_, step)) => (step.label(Language::Chinese), step.label(Language::English)),
            None => ("待发送", "to be sent"),
        };
        return Bilingual::new(format!("{kind_zh} 未送达（{zh}）"), format!("{kind_en}: not served ({en})"));
    };
    let (word_zh, word_en) = effect.basis.display();
    let (time_zh, time_en) = line_time(effect.at);
    let (basis_zh, basis_en) = (effect.basis.label(Language::Chinese), effect.basis.label(Language::English));
    Bilingual::new(
        format!("{kind_zh} {word_zh} {time_zh} {basis_zh}"),
        format!("{kind_en}: {word_en}, {time_en}; {basis_en}"),
    )
}

fn objection(one: &ServiceObjection, texts: &Texts) -> ServiceObjectionJson {
    let text = |text: Option<Text>| text.map(|text| TextJson::of(text, texts));
    let decision = one.decision.as_ref();
    ServiceObjectionJson {
        ground: word!(one.ground),
        reason: text(one.reason),
        at: beijing_time(one.position.at),
        outcome: decision.map(|(outcome, _, _)| word!(*outcome)),
        outcome_reason: text(decision.and_then(|(_, reason, _)| *reason)),
        decided_at: decision.map(|(_, _, position)| beijing_time(position.at)),
    }
}

fn record(context: &ServiceViewContext<'_>, number: ServiceNumber, record: &ServiceRecord) -> ServiceJson {
    let effect = context.file.service.effect(record, context.calendar);
    let shows_address = context.viewer.is_none_or(|viewer| viewer == record.party());
    let name = context.file.parties.get(&record.party());
    let times = |all: &[crate::court::case::service::book::Confirmation]| -> Vec<String> {
        all.iter().map(|one| beijing_time(one.position.at)).collect()
    };
    ServiceJson {
        service: number.0,
        party: record.party().0,
        name: name.map_or(TextJson(None), |party| TextJson::of(party.name, context.texts)),
        mode: word!(record.mode()),
        kind: word!(record.kind()),
        document: record.document().to_string(),
        days: record.begun.act.days,
        beside: record.begun.act.beside.map(|beside| beside.0),
        state: state(record, effect.as_ref(), context.now),
        line: line(record, effect.as_ref()),
        effect: effect.map(|effect| EffectJson {
            at: beijing_time(effect.at),
            basis: basis(effect.basis),
            attempt: effect.attempt.0,
            rebuttable: effect.basis.is_presumption(),
        }),
        counts: record.counts.is_some(),
        attempts: record.attempts.iter().map(|(number, one)| attempt(context, *number, one, shows_address)).collect(),
        confirmed_at: times(&record.confirmations),
        paper_requested_at: times(&record.paper_requests),
        objections: record.objections.iter().map(|one| objection(one, context.texts)).collect(),
        certificates: record.certificates.len(),
    }
}

fn window(context: &ServiceViewContext<'_>, one: &ServiceWindow) -> ServiceWindowJson {
    let (now, last) = (context.now, context.file.last_day_of(one, context.calendar));
    let (code, zh, en) = if now < one.effect.at {
        ("not-begun", "未开始", "not begun")
    } else if last.is_none() {
        ("suspended", "已中止", "suspended")
    } else if last.is_some_and(|last| now < last.end()) {
        ("running", "进行中", "running")
    } else {
        ("ended", "已届满", "ended")
    };
    let (source_zh, source_en) = one.id.period.source();
    ServiceWindowJson {
        period: word!(one.id.period),
        party: one.id.party.0,
        service: one.service.0,
        start: one.start.to_string(),
        days: one.days,
        last_day: last.unwrap_or(one.last).to_string(),
        state: coded(code, Bilingual::new(zh, en)),
        source: Bilingual::new(source_zh, source_en),
        undetermined: one.undetermined,
    }
}

/// The service of a case.
#[must_use]
pub fn book(context: &ServiceViewContext<'_>, windows: &[ServiceWindow], access_sequence: u64) -> ServiceBookJson {
    let service = &context.file.service;
    let own = |(_, one): &(&AddressNumber, &RegisteredAddress)| {
        context.viewer.is_none_or(|viewer| viewer == one.entered.act.party)
    };
    ServiceBookJson {
        case: context.file.id.to_string(),
        consents: service.consents.iter().map(consent).collect(),
        addresses: service.addresses.iter().filter(own).map(address).collect(),
        items: service.records.iter().map(|(number, one)| record(context, *number, one)).collect(),
        periods: windows.iter().map(|one| window(context, one)).collect(),
        next_cursor: None,
        access_sequence,
    }
}

/// A name as certificates show it: the first character, and stars for the others.
fn masked_name(name: &str) -> String {
    let mut characters = name.chars();
    let first: String = characters.by_ref().take(1).collect();
    format!("{first}{}", "*".repeat(characters.count().min(8)))
}

/// The deposit that a certificate is, and the access to it.
#[derive(Debug, Clone, Copy)]
pub struct CertificateRecord {
    /// Its deposit number.
    pub number: DepositNumber,
    /// 交易id.
    pub tx_id: Digest,
    /// Its position.
    pub position: ActPosition,
    /// The act in the case's access log that recorded the access.
    pub access_sequence: u64,
}

/// A certificate; `None` if the case has no such party.
#[must_use]
pub fn certificate(
    context: &ServiceViewContext<'_>,
    certificate: &CertifyService,
    recorded: &CertificateRecord,
) -> Option<CertificateJson> {
    let file = context.file;
    let party = file.parties.get(&certificate.party)?;
    let record = file.service.records.get(&certificate.service)?;
    let effect = file.service.effect(record, context.calendar);
    let in_force = effect.is_some_and(|effect| (effect.at, effect.basis) == (certificate.effective, certificate.basis));
    let shows_address = context.viewer.is_none_or(|viewer| viewer == certificate.party);
    Some(CertificateJson {
        title: Bilingual::new("电子送达凭证", "Certificate of Electronic Service"),
        certificate: recorded.number.to_string(),
        tx_id: recorded.tx_id.to_string(),
        index: recorded.position.index.0,
        made_at: beijing_time(recorded.position.at),
        version: certificate.version,
        in_force,
        court: file.court.to_string(),
        case: file.id.to_string(),
        number: file.number.as_ref().map(ToString::to_string),
        recipient: TextJson(TextJson::of(party.name, context.texts).0.as_deref().map(masked_name)),
        role: word!(party.role),
        document_kind: word!(certificate.kind),
        document: certificate.document.to_string(),
        digests: certificate.data_hash.iter().map(|(algorithm, digest)| format!("{algorithm} {digest}")).collect(),
        channel: word!(certificate.channel),
        masked_address: certificate.address.as_ref().filter(|_| shows_address).map(|one| one.as_str().to_owned()),
        sent_at: beijing_time(certificate.sent),
        arrived_at: certificate.arrived.map(beijing_time),
        read_at: certificate.read.map(beijing_time),
        confirmed_at: certificate.confirmed.map(beijing_time),
        basis: basis(certificate.basis),
        effective_at: beijing_time(certificate.effective),
        notice: Bilingual::new(
            "本凭证由程序依据链上送达记录制作（在线诉讼规则第三十一条第三款），具有送达回证效力。它载明送达的时间和依据，不表明受送达人认可文书内容。",
            "Made by the program from the service record on the chain (Rules of Online Litigation art. 31 (3)); it has the \
             force of a receipt of service. It states when and on which basis the document was served, not that the \
             recipient agrees with it.",
        ),
        access_sequence: recorded.access_sequence,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_masked_but_for_its_first_character() {
        assert_eq!((masked_name("张三丰"), masked_name("张")), ("张**".to_owned(), "张".to_owned()));
    }
}
