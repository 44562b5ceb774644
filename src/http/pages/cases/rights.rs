//! What the viewer of a case may do, from `can` of its JSON.

use std::collections::BTreeSet;

use crate::court::line_value::LineValue as _;
use crate::court::values::Capacity;
use crate::wire::court::case::{CanJson, CaseJson};

/// What the viewer of a case may do now. The server decides again when it is done.
#[derive(Debug, Clone, Default)]
pub struct Rights {
    acts: BTreeSet<String>,
    own: BTreeSet<u32>,
    /// Whether the viewer acts for a court.
    pub for_the_court: bool,
}

impl Rights {
    /// The rights that a case's JSON names.
    #[must_use]
    pub fn of(case: &CaseJson) -> Self {
        let capacities = || case.can.iter().filter_map(|one| Capacity::parse(&one.capacity.capacity));
        let party_of = |capacity: Capacity| match capacity {
            Capacity::Party(number) => Some(number.0),
            Capacity::Agent(number) => {
                case.agents.iter().find(|agent| agent.agent == number.0).map(|agent| agent.party)
            }
            _ => None,
        };
        Self {
            acts: acts(&case.can),
            own: capacities().filter_map(party_of).collect(),
            for_the_court: capacities().any(|capacity| matches!(capacity, Capacity::Holding(_))),
        }
    }

    /// Whether an act is possible, by its word.
    #[must_use]
    pub fn may(&self, act: &str) -> bool {
        self.acts.contains(act)
    }

    /// Whether the viewer is this party, or its agent.
    #[must_use]
    pub fn owns(&self, party: &u32) -> bool {
        self.own.contains(party)
    }
}

/// The acts of all capacities, each once.
#[must_use]
pub fn acts(can: &[CanJson]) -> BTreeSet<String> {
    can.iter().flat_map(|one| one.acts.iter().cloned()).collect()
}
