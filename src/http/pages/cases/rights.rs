//! What the viewer of a case may do, from `can` of its JSON.

use std::collections::BTreeSet;

use crate::court::case::state::CaseFile;
use crate::court::line_value::LineValue as _;
use crate::court::values::Capacity;
use crate::court::words::Collected;
use crate::http::pages::cases::items::{ACTS, ItemAct};
use crate::wire::court::case::{CanJson, CaseJson};
use crate::wire::court::item::ImportJson;

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

    /// Whether the viewer acts for the party that offered an item.
    #[must_use]
    pub fn owns(&self, item: &ImportJson) -> bool {
        self.own.contains(&item.party)
    }

    /// Whether the viewer may reply to an item: a party does not reply to its own, but to what the court collected of its own motion.
    #[must_use]
    pub fn may_reply_to(&self, item: &ImportJson) -> bool {
        let collected = item.collected.as_ref().and_then(|collected| Collected::from_word(&collected.code));
        self.may("reply") && (!self.owns(item) || collected.is_some_and(Collected::belongs_to_no_party))
    }

    /// The acts about an item that the viewer may do.
    #[must_use]
    pub fn acts_about(&self, item: &ImportJson) -> Vec<&'static ItemAct> {
        let is_for_viewer = |act: &&ItemAct| if act.is_for_its_party { self.owns(item) } else { self.for_the_court };
        let is_of_one_side = |act: &&ItemAct| act.is_for_its_party != self.for_the_court;
        ACTS.iter().filter(|act| self.may(act.word)).filter(is_of_one_side).filter(is_for_viewer).collect()
    }
}

/// The acts of all capacities, each once.
#[must_use]
pub fn acts(can: &[CanJson]) -> BTreeSet<String> {
    can.iter().flat_map(|one| one.acts.iter().cloned()).collect()
}

/// The parties for which the viewer acts.
pub(super) fn own_parties(file: &CaseFile, capacities: &[Capacity]) -> Vec<u32> {
    capacities.iter().filter_map(|capacity| file.party_of(*capacity)).map(|party| party.0).collect()
}
