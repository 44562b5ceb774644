//! Parties and agents of a case, capacities, and texts that may be erased.

use serde::{Deserialize, Serialize};

use crate::court::case::state::{Agent, CaseFile, Party, Text};
use crate::court::ids::{AgentNumber, PartyNumber};
use crate::court::line_value::LineValue as _;
use crate::court::values::{Capacity, IdentityCheck};
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
    /// As `X-Acting-As` takes it.
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
            Capacity::Agent(_) => Bilingual::new("诉讼代理人", "agent"),
            Capacity::Holding(role) => Bilingual::of(|language| role.label(language)),
            Capacity::Oneself => Bilingual::new("本人", "oneself"),
            Capacity::Platform => Bilingual::new("平台", "platform"),
        };
        Self { capacity: capacity.print(), label }
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
    /// What it is called.
    pub role: CodedText,
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
    /// How far the agent may go.
    pub authority: CodedText,
    /// The name; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<TextJson>,
    /// 授权委托书; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<TextJson>,
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
            name: agent.name.map(|name| TextJson::of(name, texts)),
            power: agent.power.map(|power| TextJson::of(power, texts)),
            identity: agent.identity.as_ref().map(checked),
            ended_at: agent.ended.map(beijing_time),
        }
    }
}
