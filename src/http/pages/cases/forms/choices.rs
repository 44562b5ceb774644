//! What the controls of a form offer: parts of the case with their labels, and words.

use crate::court::case::course::{Decision, DecisionKind};
use crate::court::case::state::Text;
use crate::court::party_roles::roles_in;
use crate::court::session_words::ParticipantKind;
use crate::court::window::WindowKind;
use crate::court::words::{HandedInBy, PartyRole, Purpose, Role};
use crate::filing::staff::CourtStaff;
use crate::http::pages::cases::forms::data::FormData;
use crate::http::pages::cases::forms::field::{Control, Words, words_of};
use crate::http::pages::cases::remaining::{party_name, subject_name};
use crate::http::pages::form::Form;
use crate::http::pages::format::clock_time;
use crate::http::pages::shown_text::shown as shown_text;
use crate::ledger::number::DepositNumber;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::case::CaseJson;
use crate::wire::court::deadlines::{DeferralJson, WindowJson, WindowSubjectJson};
use crate::wire::court::deposits_on_behalf::OwnDepositJson;
use crate::wire::court::people::TextJson;
use crate::wire::facts::beijing_time;
use crate::wire::report::CodedText;

/// One of the values that a control offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The value in the request.
    pub value: String,
    /// The label.
    pub label: Bilingual,
}

impl Choice {
    fn new<T: ToString + ?Sized>(value: &T, label: Bilingual) -> Self {
        Self { value: value.to_string(), label }
    }
}

/// The words of a list as choices.
#[must_use]
pub fn of_words(words: Words) -> Vec<Choice> {
    words().into_iter().map(|one| Choice::new(one.word, one.label)).collect()
}

/// 交邮或递交.
#[must_use]
pub fn handed_in() -> Vec<Choice> {
    of_words(words_of!(HandedInBy))
}

/// What an item does to another.
#[must_use]
pub fn purposes() -> Vec<Choice> {
    of_words(words_of!(Purpose))
}

/// Participants without an account.
#[must_use]
pub fn participants() -> Vec<Choice> {
    of_words(words_of!(ParticipantKind))
}

/// A private text, or that it was erased.
#[must_use]
pub fn shown(text: &TextJson) -> Bilingual {
    match &text.0 {
        Some(text) => Bilingual::new(text.clone(), text.clone()),
        None => Bilingual::new("（已删除）", "(erased)"),
    }
}

fn joined(one: &Bilingual, other: &Bilingual) -> Bilingual {
    Bilingual::new(format!("{} {}", one.zh, other.zh), format!("{} {}", one.en, other.en))
}

fn numbered(zh: &str, en: &str, number: u32, rest: &Bilingual) -> Bilingual {
    Bilingual::new(format!("{zh} {number}　{}", rest.zh), format!("{en} {number}: {}", rest.en))
}

fn parties(data: &FormData) -> Vec<Choice> {
    let parties = data.case.iter().flat_map(|case| &case.parties);
    let label = |party: &crate::wire::court::people::PartyJson| {
        joined(&Bilingual::new(&*party.role.zh, &*party.role.en), &shown(&party.name))
    };
    parties.map(|party| Choice::new(&party.party, label(party))).collect()
}

/// The roles that parties have in a case of this kind.
fn roles(data: &FormData) -> Vec<Choice> {
    let roles = data.file.as_ref().map_or(PartyRole::ALL, |file| roles_in(file.kind));
    roles.iter().map(|role| Choice::new(role.word(), Bilingual::of(|language| role.label(language)))).collect()
}

/// A period of a party, by whose it is, its kind and what it is about: all that names it in a request.
fn period(
    case: &CaseJson,
    (party, kind): (u32, &CodedText),
    about: Option<&WindowSubjectJson>,
    more: &Bilingual,
) -> Choice {
    let line = about.map_or_else(String::new, |about| format!(" {}", about.line()));
    let whose = case.parties.iter().find(|one| one.party == party).map(party_name);
    let whose = whose.unwrap_or_else(|| Bilingual::new(party.to_string(), party.to_string()));
    let about = subject_name(case, about);
    let joined = |parts: [&str; 4], between: &str| {
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(between)
    };
    let zh = joined([&kind.zh, &whose.zh, &about.zh, &more.zh], "　");
    let en = joined([&kind.en, &whose.en, &about.en, &more.en], ", ");
    Choice { value: format!("{party} {}{line}", kind.code), label: Bilingual::new(zh, en) }
}

/// The periods that can be deferred, of the parties for which the actor speaks.
fn periods(data: &FormData) -> Vec<Choice> {
    let Some(case) = &data.case else { return Vec::new() };
    let is_deferrable = |code: &str| WindowKind::from_word(code).is_some_and(WindowKind::may_be_deferred);
    let has_begun = |state: &str| matches!(state, "running" | "suspended" | "ended");
    let windows = case.deadlines.windows.iter();
    let windows = windows.filter(|one| is_deferrable(&one.kind.code) && has_begun(&one.state.code));
    let choice = |one: &WindowJson| {
        let party = one.party.filter(|party| data.speaks_for(*party))?;
        let last = one.last_day.as_ref();
        let until = last.map_or_else(
            || Bilingual::new("", ""),
            |day| Bilingual::new(format!("届满 {day}"), format!("ends on {day}")),
        );
        Some(period(case, (party, &one.kind), one.about.as_ref(), &until))
    };
    windows.filter_map(choice).collect()
}

/// The periods whose deferral was applied for.
fn deferrals(data: &FormData) -> Vec<Choice> {
    let Some(case) = &data.case else { return Vec::new() };
    let pending = case.deadlines.deferrals.iter().filter(|one| one.state.code == "pending");
    let choice = |one: &DeferralJson| {
        let at = clock_time(&one.at);
        let applied = Bilingual::new(format!("申请于 {at}"), format!("applied for at {at}"));
        period(case, (one.party, &one.window), one.about.as_ref(), &applied)
    };
    pending.map(choice).collect()
}

fn agents(data: &FormData) -> Vec<Choice> {
    let agents = data.case.iter().flat_map(|case| &case.agents).filter(|agent| agent.ended_at.is_none());
    let label = |agent: &crate::wire::court::people::AgentJson| {
        let name = agent.name.as_ref().map_or_else(|| Bilingual::new("", ""), shown);
        numbered("代理人", "Agent", agent.agent, &name)
    };
    agents.map(|agent| Choice::new(&agent.agent, label(agent))).collect()
}

fn items(data: &FormData) -> Vec<Choice> {
    let label =
        |item: &crate::wire::court::item::ImportJson| numbered("证据", "Item", item.item, &shown(&item.claimed.name));
    data.items().iter().map(|item| Choice::new(&item.item, label(item))).collect()
}

/// The accounts of the people of the case.
fn accounts(data: &FormData) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    let Some(case) = &data.case else { return choices };
    for (party, label) in case.parties.iter().zip(parties(data)) {
        choices.extend(party.account.iter().map(|account| Choice::new(account, label.label.clone())));
    }
    for agent in &case.agents {
        let name = agent.name.as_ref().map_or_else(|| Bilingual::new("", ""), shown);
        choices.push(Choice::new(&agent.account, numbered("代理人", "Agent", agent.agent, &name)));
    }
    let mut seen = std::collections::BTreeSet::new();
    choices.retain(|choice| seen.insert(choice.value.clone()));
    choices
}

fn staff_label(one: &CourtStaff) -> Bilingual {
    Bilingual::of(|language| {
        let name = one.name.as_deref().unwrap_or_default();
        let login = one.login.as_ref().map_or_else(String::new, |login| format!(" ({login})"));
        format!("{} {name}{login}", one.role.label(language))
    })
}

fn staff(data: &FormData, wanted: impl Fn(Role) -> bool) -> Vec<Choice> {
    let wanted = data.staff.iter().filter(|one| wanted(one.role));
    wanted.map(|one| Choice::new(&one.account, staff_label(one))).collect()
}

fn rounds(data: &FormData) -> Vec<Choice> {
    let mut choices = Vec::new();
    for transcript in data.transcripts() {
        for round in &transcript.rounds {
            let label = Bilingual::new(
                format!(
                    "{} {}　第 {} 版　{}",
                    transcript.kind.zh, transcript.transcript, round.version, round.state.zh
                ),
                format!(
                    "{} {}, version {}: {}",
                    transcript.kind.en, transcript.transcript, round.version, round.state.en
                ),
            );
            choices.push(Choice::new(&round.round, label));
        }
    }
    for agreement in data.agreements() {
        for round in &agreement.rounds {
            let label = Bilingual::new(
                format!("调解协议 {}　第 {} 版　{}", agreement.agreement, round.version, round.state.zh),
                format!("agreement {}, version {}: {}", agreement.agreement, round.version, round.state.en),
            );
            choices.push(Choice::new(&round.round, label));
        }
    }
    choices.reverse();
    choices
}

fn people_of_round(data: &FormData, given: &Form) -> Vec<Choice> {
    let people = data.round(given.text("round")).map_or(&[][..], |round| round.people.as_slice());
    let label = |person: &crate::wire::court::rounds::PersonJson| {
        let name = person.name.as_ref().map_or_else(|| Bilingual::new("", ""), shown);
        let state = Bilingual::new(&*person.state.zh, &*person.state.en);
        joined(&joined(&person.label, &name), &state)
    };
    people.iter().map(|person| Choice::new(&person.person, label(person))).collect()
}

fn records(control: Control, data: &FormData, given: &Form) -> Vec<Choice> {
    match control {
        Control::Hearing => {
            let hearings = data.records.iter().flat_map(|records| &records.hearings);
            let label = |at: &str| Bilingual::new(clock_time(at), clock_time(at));
            hearings
                .map(|one| Choice::new(&one.hearing, numbered("庭审", "Hearing", one.hearing, &label(&one.begun.at))))
                .collect()
        }
        Control::Transcript => {
            let label = |one: &crate::wire::court::records::TranscriptJson| {
                joined(
                    &Bilingual::new(
                        format!("{} {}", one.kind.zh, one.transcript),
                        format!("{} {}", one.kind.en, one.transcript),
                    ),
                    &Bilingual::new(&*one.state.zh, &*one.state.en),
                )
            };
            data.transcripts().iter().map(|one| Choice::new(&one.transcript, label(one))).collect()
        }
        Control::Correction => {
            let chosen = data.transcripts().iter().find(|one| one.transcript.to_string() == given.text("transcript"));
            let corrections = chosen.map_or(&[][..], |one| one.corrections.as_slice());
            let open = corrections.iter().filter(|one| one.decision.is_none());
            open.map(|one| {
                Choice::new(&one.correction, numbered("申请", "Request", one.correction, &shown(&one.wording)))
            })
            .collect()
        }
        Control::Agreement => {
            let label = |one: &crate::wire::court::mediation::AgreementJson| {
                numbered("调解协议", "Agreement", one.agreement, &Bilingual::new(&*one.state.zh, &*one.state.en))
            };
            data.agreements().iter().map(|one| Choice::new(&one.agreement, label(one))).collect()
        }
        _ => Vec::new(),
    }
}

fn service(control: Control, data: &FormData, given: &Form) -> Vec<Choice> {
    let Some(book) = &data.service else { return Vec::new() };
    match control {
        Control::Service => {
            let label = |one: &crate::wire::court::service::ServiceJson| {
                numbered("送达", "Service", one.service, &joined(&shown(&one.name), &one.line))
            };
            book.items.iter().map(|one| Choice::new(&one.service, label(one))).collect()
        }
        Control::Attempt => {
            let chosen = book.items.iter().find(|one| one.service.to_string() == given.text("service"));
            let label = |one: &crate::wire::court::service::AttemptJson| {
                let channel = Bilingual::new(&*one.channel.zh, &*one.channel.en);
                numbered(
                    "发送",
                    "Attempt",
                    one.attempt,
                    &joined(&channel, &Bilingual::new(&*one.state.zh, &*one.state.en)),
                )
            };
            let attempts = chosen.map_or(&[][..], |one| one.attempts.as_slice());
            attempts.iter().map(|one| Choice::new(&one.attempt, label(one))).collect()
        }
        Control::Address => {
            let current = book.addresses.iter().filter(|one| one.until.is_none());
            let label = |one: &crate::wire::court::service::ServiceAddressJson| {
                Bilingual::new(format!("{} {}", one.kind.zh, one.masked), format!("{} {}", one.kind.en, one.masked))
            };
            current.map(|one| Choice::new(&one.address, label(one))).collect()
        }
        _ => Vec::new(),
    }
}

/// The people who may be on the list of a round: parties, agents, and the people of the court.
fn signers(data: &FormData) -> Vec<Choice> {
    let parties = parties(data).into_iter().map(|one| Choice { value: format!("party {}", one.value), ..one });
    let agents = agents(data).into_iter().map(|one| Choice { value: format!("agent {}", one.value), ..one });
    let staff = data.staff.iter();
    let staff = staff.map(|one| Choice::new(&format!("{} {}", one.role.word(), one.account), staff_label(one)));
    parties.chain(agents).chain(staff).collect()
}

/// In a second instance, the documents of agreements: with one, the appeal is settled (民诉法 art. 179).
fn mediation_documents(data: &FormData) -> Vec<Choice> {
    let second = data.file.iter().filter(|file| file.is_second_instance());
    let issued = second.flat_map(|file| file.records.agreements.values()).filter_map(|one| one.document.as_ref());
    let label =
        |number: &DepositNumber| Bilingual::new(format!("调解书　{number}"), format!("mediation statement, {number}"));
    issued.map(|(_, number)| Choice::new(number, label(number))).collect()
}

fn course(control: Control, data: &FormData) -> Vec<Choice> {
    let Some(case) = &data.case else { return Vec::new() };
    match control {
        Control::Appeal => {
            let label = |one: &crate::wire::court::course::AppealJson| Bilingual::new(&*one.filed_on, &*one.filed_on);
            let appeals = case.course.appeals.iter();
            appeals.map(|one| Choice::new(&one.appeal, numbered("上诉", "Appeal", one.appeal, &label(one)))).collect()
        }
        Control::Decision => {
            let label = |one: &crate::wire::court::course::DecisionJson| {
                Bilingual::new(
                    format!("{}　{}", one.kind.zh, one.document),
                    format!("{}, {}", one.kind.en, one.document),
                )
            };
            let decisions = case.course.decisions.iter().map(|one| Choice::new(&one.document, label(one)));
            decisions.chain(mediation_documents(data)).collect()
        }
        _ => Vec::new(),
    }
}

/// Texts of the case by their commitments.
fn annexes(data: &FormData) -> Vec<Choice> {
    let Some(file) = &data.file else { return Vec::new() };
    let one = |text: Text, zh: String, en: String| Choice::new(&text.annex, Bilingual::new(zh, en));
    let mut choices = Vec::new();
    choices.extend(file.title.map(|text| one(text, "案由".into(), "cause of action".into())));
    choices
        .extend(file.claims.map(|text| one(text, "诉讼请求、事实和理由".into(), "claims, facts and reasons".into())));
    for (number, party) in &file.parties {
        choices.push(one(party.name, format!("当事人 {number} 的名称"), format!("name of party {number}")));
    }
    for (number, item) in &file.items {
        choices.push(one(item.name, format!("证据 {number} 的名称"), format!("name of item {number}")));
        choices.push(one(item.content, format!("证据 {number} 的内容"), format!("content of item {number}")));
    }
    choices
}

/// The documents of the case: decisions, answers, petitions.
fn documents(data: &FormData) -> Vec<Choice> {
    let Some(course) = data.file.as_ref().map(|file| &file.course) else { return Vec::new() };
    let named = |number: DepositNumber, zh: &str, en: &str| {
        Choice::new(&number, Bilingual::new(format!("本案{zh}　{number}"), format!("{en} of this case, {number}")))
    };
    let decision = |one: &Decision| match one.kind {
        DecisionKind::Judgment => named(one.document, "判决书", "judgment"),
        _ => named(one.document, "裁定书", "ruling"),
    };
    let decisions = course.decisions.iter().map(decision);
    let answers = course.answers.values().map(|one| named(one.document, "答辩状", "answer"));
    let petitions = course.appeals.values().map(|one| named(one.petition, "上诉状", "petition"));
    decisions.chain(answers).chain(petitions).collect()
}

/// The documents of the case and the latest deposits of the account, so that nobody has to copy a number.
fn own_deposits(data: &FormData) -> Vec<Choice> {
    let label = |one: &OwnDepositJson| {
        let time = clock_time(&one.tx_submitted_at);
        match &one.name {
            Some(name) => {
                let label = format!("{}　{time}", shown_text(name));
                Bilingual::new(label.clone(), label)
            }
            None => Bilingual::new(format!("（名称已删除）　{time}"), format!("(name erased) {time}")),
        }
    };
    let mut choices = documents(data);
    let own = data.own_deposits.iter().filter(|one| choices.iter().all(|choice| choice.value != one.deposit_number));
    let own: Vec<Choice> = own.map(|one| Choice::new(&one.deposit_number, label(one))).collect();
    choices.extend(own);
    choices
}

/// The choices of a control; none for a control that offers none.
#[must_use]
pub fn choices(control: Control, data: &FormData, given: &Form) -> Vec<Choice> {
    match control {
        Control::Words(words) | Control::Radios(words) | Control::Checks(words) => of_words(words),
        Control::Role => roles(data),
        Control::Window => periods(data),
        Control::Deferral => deferrals(data),
        Control::Party | Control::Parties => parties(data),
        Control::Agent => agents(data),
        Control::Speaker => {
            let parties = parties(data).into_iter().map(|one| Choice { value: format!("party {}", one.value), ..one });
            let agents = agents(data).into_iter().map(|one| Choice { value: format!("agent {}", one.value), ..one });
            parties.chain(agents).collect()
        }
        Control::Item | Control::Purpose => items(data),
        Control::Account => accounts(data),
        Control::Judge | Control::Judges => staff(data, |role| role == Role::Judge),
        Control::Staff => staff(data, Role::needs_appointment),
        Control::Round => rounds(data),
        Control::Person => people_of_round(data, given),
        Control::Signers => signers(data),
        Control::Appeal | Control::Decision => course(control, data),
        Control::Court => {
            data.courts.iter().map(|court| Choice::new(court, Bilingual::new(&**court, &**court))).collect()
        }
        Control::Annexes => annexes(data),
        Control::Deposit => own_deposits(data),
        Control::OwnAct => {
            let label = |sequence: u64, at: String| {
                Bilingual::new(format!("第 {sequence} 项行为　{at}"), format!("act {sequence}, {at}"))
            };
            let own = data.file.iter().flat_map(|file| file.service.own_acts.iter());
            own.map(|(sequence, (_, at))| Choice::new(sequence, label(*sequence, beijing_time(*at)))).collect()
        }
        Control::Hearing | Control::Transcript | Control::Correction | Control::Agreement => {
            records(control, data, given)
        }
        Control::Service | Control::Attempt | Control::Address => service(control, data, given),
        _ => Vec::new(),
    }
}
