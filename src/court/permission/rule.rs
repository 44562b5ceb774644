//! A row of the permission table, and the relations of an actor to a case.

use crate::court::acts::ActKind;
use crate::court::words::{Role, Stage, words};

words! {
    /// The side of a party in a case.
    Side {
        Bringing = "bringing" / "起诉方" / "the side that brings the case",
        Answering = "answering" / "应诉方" / "the side that answers it",
        Third = "third" / "第三人" / "a third party",
    }
}

/// The relation of an actor to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseRelation {
    /// A party.
    Party(Side),
    /// A party's agent.
    Agent(Side),
    /// The holder of a role.
    Holding(Role),
    /// The holder of a role of the court to which the dossier is handed over.
    Receiving(Role),
    /// The platform itself.
    Platform,
    /// No relation.
    Unrelated,
}

impl CaseRelation {
    /// All relations.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let sides = Side::ALL.iter().flat_map(|side| [Self::Party(*side), Self::Agent(*side)]);
        let roles = Role::ALL.iter().map(|role| Self::Holding(*role));
        let receiving = Role::ALL.iter().filter(|role| role.handles_cases()).map(|role| Self::Receiving(*role));
        sides.chain(roles).chain(receiving).chain([Self::Platform, Self::Unrelated]).collect()
    }
}

/// A row of the table.
pub(in crate::court::permission) struct Rule {
    pub(in crate::court::permission) acts: &'static [ActKind],
    pub(in crate::court::permission) who: &'static [CaseRelation],
    pub(in crate::court::permission) when: &'static [Stage],
}

/// Parties and their agents.
pub(in crate::court::permission) const PARTIES: &[CaseRelation] = &[
    CaseRelation::Party(Side::Bringing),
    CaseRelation::Agent(Side::Bringing),
    CaseRelation::Party(Side::Answering),
    CaseRelation::Agent(Side::Answering),
    CaseRelation::Party(Side::Third),
    CaseRelation::Agent(Side::Third),
];
/// Those who decide and record for the court.
pub(in crate::court::permission) const COURT: &[CaseRelation] = &[
    CaseRelation::Holding(Role::Clerk),
    CaseRelation::Holding(Role::Judge),
    CaseRelation::Holding(Role::JudgeAssistant),
];
