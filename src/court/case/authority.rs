//! The authority of agents: 民诉法 art. 62. An agent needs a power of attorney, and for six acts one that names them.
//!
//! A general formula such as 全权代理 names none (民诉法解释 art. 89, unconfirmed): it is recorded as general authority.

use std::collections::BTreeSet;

use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::CaseFile;
use crate::court::course_words::SpecialPower;
use crate::court::ids::AnnexId;
use crate::court::values::Capacity;
use crate::court::words::Authority;

/// Checks the authority with which an agent is recorded: there is a power of attorney (art. 62 (1)), and special authority names its
/// acts (art. 62 (2)). Cases of version 1 asked for neither.
///
/// # Errors
///
/// [`CourseRefusal::PowerOfAttorneyNeeded`], [`CourseRefusal::PowersNotNamed`].
pub fn check_appointment(
    rules: RulesVersion,
    authority: Authority,
    power: Option<AnnexId>,
    special: &[SpecialPower],
) -> Result<(), Refusal> {
    if rules < RulesVersion::V2 {
        return Ok(());
    }
    if power.is_none() {
        return Err(CourseRefusal::PowerOfAttorneyNeeded.into());
    }
    // Neither may stand without the other: which of them holds would be a guess.
    if (authority == Authority::Special) == special.is_empty() {
        return Err(CourseRefusal::PowersNotNamed.into());
    }
    Ok(())
}

/// The set of a list that an act names.
pub(in crate::court::case) fn set<T: Ord + Copy>(named: &[T]) -> BTreeSet<T> {
    named.iter().copied().collect()
}

impl CaseFile {
    /// Requires special authority of an agent: in a case of version 1 any, later one that names `power`.
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
        if agent.special.contains(&power) { Ok(()) } else { Err(CourseRefusal::PowerNotNamed(power).into()) }
    }
}
