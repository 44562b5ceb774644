//! The authority of agents: 民诉法 arts. 60 to 62.
//!
//! An appointed agent (委托诉讼代理人) needs a power of attorney, and for six acts one that names them. A general formula such as 全权代理
//! names none (民诉法解释 art. 89, unconfirmed): it is recorded as general authority.
//!
//! A statutory agent (法定代理人) is the guardian of a person without capacity to litigate. Its authority follows from the relationship,
//! whose document it names, and covers whatever the party could do. While a party has one, the party does not act itself.

use std::collections::BTreeSet;

use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{Agent, CaseFile};
use crate::court::course_words::SpecialPower;
use crate::court::ids::{AnnexId, PartyNumber};
use crate::court::values::Capacity;
use crate::court::words::{Authority, SubjectKind};

/// What an act says of the authority of an agent whom it records.
#[derive(Debug, Clone, Copy)]
pub struct Appointment<'a> {
    /// The authority.
    pub authority: Authority,
    /// 授权委托书.
    pub power: Option<AnnexId>,
    /// The acts of art. 62 (2) that it names.
    pub special: &'a [SpecialPower],
    /// 监护关系证明.
    pub relationship: Option<AnnexId>,
    /// The kind of the party that the agent represents.
    pub subject: SubjectKind,
}

impl Appointment<'_> {
    /// Checks the authority with which an agent is recorded: there is a power of attorney (art. 62 (1)), and special authority names its
    /// acts (art. 62 (2)); a statutory agent names the document of the relationship instead (art. 60). Cases of version 1 asked for
    /// no document and have no statutory agents.
    ///
    /// # Errors
    ///
    /// [`CourseRefusal::PowerOfAttorneyNeeded`], [`CourseRefusal::PowersNotNamed`], [`CourseRefusal::RelationshipNeeded`],
    /// [`CourseRefusal::NoStatutoryAgent`].
    pub fn check(&self, rules: RulesVersion) -> Result<(), Refusal> {
        let is_statutory = self.authority == Authority::Statutory;
        if is_statutory {
            rules.require(RulesVersion::V2)?;
        } else if rules < RulesVersion::V2 {
            return Ok(());
        }
        if is_statutory != self.relationship.is_some()
            || (is_statutory && (self.power.is_some() || !self.special.is_empty()))
        {
            return Err(CourseRefusal::RelationshipNeeded.into());
        }
        if is_statutory {
            let is_person = self.subject == SubjectKind::NaturalPerson;
            return if is_person { Ok(()) } else { Err(CourseRefusal::NoStatutoryAgent.into()) };
        }
        if self.power.is_none() {
            return Err(CourseRefusal::PowerOfAttorneyNeeded.into());
        }
        // Neither may stand without the other: which of them holds would be a guess.
        if (self.authority == Authority::Special) == self.special.is_empty() {
            return Err(CourseRefusal::PowersNotNamed.into());
        }
        Ok(())
    }
}

/// The set of a list that an act names.
pub(in crate::court::case) fn set<T: Ord + Copy>(named: &[T]) -> BTreeSet<T> {
    named.iter().copied().collect()
}

impl Agent {
    /// Whether it is a statutory agent that still represents its party.
    #[must_use]
    pub fn is_statutory(&self) -> bool {
        self.authority == Authority::Statutory && self.ended.is_none()
    }
}

impl CaseFile {
    /// Whether a party acts through a statutory agent, and so not itself.
    #[must_use]
    pub fn has_statutory_agent(&self, party: PartyNumber) -> bool {
        self.agents.values().any(|agent| agent.party == party && agent.is_statutory())
    }

    /// Whether what this capacity does is done by the party itself, where an appointed agent is not enough: by the party, or by its
    /// statutory agent, who stands in its place.
    #[must_use]
    pub fn is_party_itself(&self, capacity: Capacity, party: PartyNumber) -> bool {
        match capacity {
            Capacity::Party(number) => number == party,
            Capacity::Agent(number) => {
                self.agents.get(&number).is_some_and(|agent| agent.party == party && agent.is_statutory())
            }
            _ => false,
        }
    }

    /// Rejects an act of a party that acts through its statutory agent (art. 60).
    ///
    /// # Errors
    ///
    /// [`CourseRefusal::ThroughStatutoryAgent`].
    pub fn require_own_capacity(&self, capacity: Capacity) -> Result<(), Refusal> {
        match capacity {
            Capacity::Party(party) if self.has_statutory_agent(party) => {
                Err(CourseRefusal::ThroughStatutoryAgent.into())
            }
            _ => Ok(()),
        }
    }

    /// Requires special authority of an agent: in a case of version 1 any, later one that names `power`. A statutory agent needs none.
    ///
    /// # Errors
    ///
    /// [`Refusal::SpecialAuthorityNeeded`], [`CourseRefusal::PowerNotNamed`].
    pub fn require_power(&self, capacity: Capacity, power: SpecialPower) -> Result<(), Refusal> {
        let Capacity::Agent(number) = capacity else { return Ok(()) };
        let agent = self.agents.get(&number).ok_or(Refusal::NoSuchAgent(number))?;
        if self.rules < RulesVersion::V2 {
            let is_special = agent.authority == Authority::Special;
            return if is_special { Ok(()) } else { Err(Refusal::SpecialAuthorityNeeded) };
        }
        if agent.is_statutory() || agent.special.contains(&power) {
            Ok(())
        } else {
            Err(CourseRefusal::PowerNotNamed(power).into())
        }
    }
}
