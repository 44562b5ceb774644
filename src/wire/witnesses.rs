//! The witnesses that a node asks for cosignatures.

use serde::{Deserialize, Serialize};

/// The witnesses that the node asks for cosignatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WitnessesJson {
    /// The quorum of the node's policy; `null` without a policy, or if it requires none.
    pub quorum: Option<QuorumJson>,
    /// Number of leaves of the published checkpoint.
    pub size: u64,
    /// Number of leaves of the largest checkpoint that has its quorum; `null` if there is none.
    pub witnessed_size: Option<u64>,
    /// That checkpoint with its cosignatures (a signed note). The newest one, at `/log/checkpoint`, may have none yet.
    pub witnessed_checkpoint: Option<String>,
    /// The witnesses, in the order of the policy. Which organisation runs one is for the user's own configuration to say.
    pub items: Vec<WitnessJson>,
}

/// A quorum of witnesses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QuorumJson {
    /// The smallest number of cosignatures with which it can be reached.
    pub required: usize,
    /// How many witnesses can count towards it.
    pub witnesses: usize,
    /// The quorum with its groups: `2/3 (court, notary, 1/2 (a, b))` is two of three, of which one is a group.
    #[schema(example = "2/3 (court, notary, appraisal)")]
    pub rule: String,
}

/// A witness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WitnessJson {
    /// Its name in the node's policy.
    #[schema(example = "notary-office")]
    pub name: String,
    /// Its key (vkey). Take it from the witness itself, not from here.
    pub key: String,
    /// The host of its address.
    #[schema(example = "witness.notary.example.org")]
    pub host: String,
    /// Whether its cosignature can count towards the quorum.
    pub counts: bool,
    /// `unknown`: not asked since the node's start; `cosigning`: it cosigned at the last request; `failing`: it did not.
    #[schema(example = "cosigning")]
    pub state: String,
    /// Why it did not cosign.
    pub error: Option<String>,
    /// Number of leaves of the last checkpoint that it cosigned.
    pub last_size: Option<u64>,
    /// That checkpoint with its cosignature (a signed note). A witness whose state is older was restored from an older copy.
    pub last_checkpoint: Option<String>,
    /// Time of that cosignature by the witness's clock, Beijing time.
    pub last_cosigned_at: Option<String>,
    /// How many leaves it is behind the published checkpoint.
    pub lag: Option<u64>,
}
