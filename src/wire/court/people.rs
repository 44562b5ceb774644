//! Parties and agents of a case, capacities, and texts that may be erased.

use serde::{Deserialize, Serialize};

use crate::court::case::state::{Agent, CaseFile, Party, Text};
use crate::court::ids::{AccountId, AgentNumber, AnnexId, PartyNumber};
use crate::court::line_value::LineValue as _;
use crate::court::values::{Capacity, IdentityCheck};
use crate::court::words::Authority;
use crate::ledger::verify::wording::Language;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::Texts;
use crate::wire::court::act::coded;
use crate::wire::facts::beijing_time;
use crate::wire::report::CodedText;

/// A text kept off the chain: null once it was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct TextJson(pub Option<String>);

impl TextJson {
    /// The text, as far as it is among `texts`.
    #[must_use]
    pub fn of(text: Text, texts: &Texts) -> Self {
        Self(texts.get(&text.annex).cloned().flatten())
    }
}

/// The capacity in which an account acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CapacityJson {
    /// The form that `X-Acting-As` accepts.
    #[schema(example = "party 1")]
    pub capacity: String,
    /// The label.
    pub label: Bilingual,
}

impl CapacityJson {
    /// A capacity in a case.
    #[must_use]
    pub fn of(file: &CaseFile, capacity: Capacity) -> Self {
        let label = match capacity {
            Capacity::Party(number) => file.parties.get(&number).map_or_else(
                || Bilingual::new("当事人", "party"),
                |party| Bilingual::of(|language| party.role.label(language)),
            ),
            Capacity::Agent(number) => agent_label(file, number),
            Capacity::Holding(role) => Bilingual::of(|language| role.label(language)),
            Capacity::Receiving(role) => Bilingual::new(
                format!("接收法院{}", role.label(Language::Chinese)),
                format!("{} of the receiving court", role.label(Language::English)),
            ),
            Capacity::Oneself => Bilingual::new("本人", "oneself"),
            Capacity::Platform => Bilingual::new("平台", "platform"),
        };
        Self { capacity: capacity.print(), label }
    }

    /// As [`Self::of`], with the name of the actor in the label.
    #[must_use]
    pub fn named(file: &CaseFile, by: AccountId, capacity: Capacity, texts: &Texts) -> Self {
        Self { capacity: capacity.print(), label: actor_label(file, by, capacity, texts) }
    }
}

/// The label of an agent.
fn agent_label(file: &CaseFile, number: AgentNumber) -> Bilingual {
    match file.agents.get(&number).map(|agent| agent.authority) {
        Some(Authority::Statutory) => Bilingual::new("法定代理人", "statutory agent"),
        _ => Bilingual::new("诉讼代理人", "agent"),
    }
}

/// The key in [`Texts`] of the name of an account that acts for a court. Accounts and annexes are both named by digests.
#[must_use]
pub const fn staff_name(account: AccountId) -> AnnexId {
    AnnexId(account.0)
}

/// A party as people name it: its role and its name.
#[must_use]
pub fn party_label(file: &CaseFile, number: PartyNumber, texts: &Texts) -> Bilingual {
    let Some(party) = file.parties.get(&number) else { return Bilingual::new("当事人", "party") };
    let name = TextJson::of(party.name, texts).0;
    Bilingual::of(|language| {
        let role = party.role.label(language);
        name.as_ref().map_or_else(|| format!("{role} {number}"), |name| format!("{role} {name}"))
    })
}

/// An actor as people name it: name and capacity.
#[must_use]
pub fn actor_label(file: &CaseFile, by: AccountId, capacity: Capacity, texts: &Texts) -> Bilingual {
    match capacity {
        Capacity::Party(number) => party_label(file, number, texts),
        Capacity::Agent(number) => {
            let agent = file.agents.get(&number);
            let name = agent.and_then(|agent| TextJson::of(agent.name?, texts).0).unwrap_or_default();
            let party = agent.map(|agent| party_label(file, agent.party, texts));
            let Bilingual { zh, en } = party.unwrap_or_else(|| Bilingual::new("当事人", "party"));
            let space = if name.is_empty() { "" } else { " " };
            let (label, called) = match agent.map(|agent| agent.authority) {
                Some(Authority::Statutory) => ("法定代理人", "statutory agent"),
                _ => ("代理人", "agent"),
            };
            Bilingual::new(format!("{label}{space}{name}（代理{zh}）"), format!("{called}{space}{name} (of {en})"))
        }
        Capacity::Holding(role) => {
            let name = texts.get(&staff_name(by)).cloned().flatten();
            let court = &file.court;
            let with = |role: &str, open: &str, close: &str| match &name {
                Some(name) => format!("{role} {name}{open}{court}{close}"),
                None => format!("{role}{open}{court}{close}"),
            };
            Bilingual::new(
                with(role.label(Language::Chinese), "（", "）"),
                with(role.label(Language::English), " (", ")"),
            )
        }
        Capacity::Receiving(role) => Bilingual::new(
            format!("接收法院{}", role.label(Language::Chinese)),
            format!("{} of the receiving court", role.label(Language::English)),
        ),
        Capacity::Oneself => Bilingual::new("本人", "oneself"),
        Capacity::Platform => Bilingual::new("平台", "platform"),
    }
}

/// How a person was identified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CheckedJson {
    /// How.
    pub method: CodedText,
    /// How far it goes.
    pub level: CodedText,
    /// When, Beijing time.
    pub at: String,
}

/// A party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PartyJson {
    /// Its number.
    pub party: u32,
    /// Its role.
    pub role: CodedText,
    /// 原审地位: its role in the instance before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_role: Option<CodedText>,
    /// Its side.
    pub side: CodedText,
    /// Person or organisation.
    pub subject: CodedText,
    /// Its name; null once erased.
    pub name: TextJson,
    /// Its account, once it is associated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// How it was identified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<CheckedJson>,
    /// 确认诉前须知: when, Beijing time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notices_confirmed_at: Option<String>,
    /// 送达确认: when last, Beijing time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_confirmed_at: Option<String>,
    /// Where further documents may be sent; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_address: Option<TextJson>,
}

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AgentJson {
    /// Its number.
    pub agent: u32,
    /// For which party.
    pub party: u32,
    /// The account.
    pub account: String,
    /// The extent of the agent's authority.
    pub authority: CodedText,
    /// The acts of 民诉法 art. 62 (2) that the power of attorney names.
    pub special: Vec<CodedText>,
    /// The further instances that the power of attorney names.
    pub instances: Vec<CodedText>,
    /// The name; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<TextJson>,
    /// 授权委托书; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<TextJson>,
    /// 监护关系证明, of a statutory agent; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relationship: Option<TextJson>,
    /// How the agent was identified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<CheckedJson>,
    /// When the agency ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
}

/// An identity check as answers show it.
#[must_use]
pub fn checked(check: &IdentityCheck) -> CheckedJson {
    CheckedJson {
        method: coded(check.method.word(), Bilingual::of(|language| check.method.label(language))),
        level: coded(check.level.word(), Bilingual::of(|language| check.level.label(language))),
        at: beijing_time(check.at),
    }
}

impl PartyJson {
    /// A party with its name.
    #[must_use]
    pub fn of(number: PartyNumber, party: &Party, texts: &Texts) -> Self {
        let side = party.side();
        Self {
            party: number.0,
            role: coded(party.role.word(), Bilingual::of(|language| party.role.label(language))),
            former_role: party
                .former_role
                .map(|role| coded(role.word(), Bilingual::of(|language| role.label(language)))),
            side: coded(side.word(), Bilingual::of(|language| side.label(language))),
            subject: coded(party.subject.word(), Bilingual::of(|language| party.subject.label(language))),
            name: TextJson::of(party.name, texts),
            account: party.account.map(|account| account.to_string()),
            identity: party.identity.as_ref().map(checked),
            notices_confirmed_at: party.notices_confirmed.map(beijing_time),
            service_confirmed_at: party.service_confirmed.map(beijing_time),
            service_address: party.service_address.map(|address| TextJson::of(address, texts)),
        }
    }
}

impl AgentJson {
    /// An agent with the texts.
    #[must_use]
    pub fn of(number: AgentNumber, agent: &Agent, texts: &Texts) -> Self {
        Self {
            agent: number.0,
            party: agent.party.0,
            account: agent.account.to_string(),
            authority: coded(agent.authority.word(), Bilingual::of(|language| agent.authority.label(language))),
            special: agent
                .special
                .iter()
                .map(|power| coded(power.word(), Bilingual::of(|language| power.label(language))))
                .collect(),
            instances: agent
                .instances
                .iter()
                .map(|instance| coded(instance.word(), Bilingual::of(|language| instance.label(language))))
                .collect(),
            name: agent.name.map(|name| TextJson::of(name, texts)),
            power: agent.power.map(|power| TextJson::of(power, texts)),
            relationship: agent.relationship.map(|text| TextJson::of(text, texts)),
            identity: agent.identity.as_ref().map(checked),
            ended_at: agent.ended.map(beijing_time),
        }
    }
}
