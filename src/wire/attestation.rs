//! How far a deposit is proven beyond the ledger's own signature, and the witnesses of a ledger.

use serde::{Deserialize, Serialize};

use crate::ledger::time::Timestamp;
use crate::wire::facts::beijing_time;

/// How far a deposit is proven, as the node knows it. A verifier decides it again by the user's own policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProofJson {
    /// `sealed`: the ledger's own signature; `witnessed`: the quorum of witnesses has cosigned; `timestamped`: and a timestamp
    /// authority attests the time / 已上链、已见证、已取得可信时间戳.
    #[schema(example = "witnessed")]
    pub level: String,
    /// How many witnesses of the node's quorum have cosigned the checkpoint of the receipt: k of "k of n".
    pub cosignatures: usize,
    /// How many witnesses can count towards the quorum: n. `null` on a node without a witness policy.
    pub witnesses: Option<usize>,
    /// Whether the cosignatures are a quorum by the node's policy.
    pub quorum_reached: bool,
    /// 可信时间: the earliest time that a timestamp token attests, Beijing time.
    pub time: Option<String>,
}

/// The same, as the node has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofView {
    /// The level.
    pub level: &'static str,
    /// k.
    pub cosignatures: usize,
    /// n.
    pub witnesses: Option<usize>,
    /// Whether the quorum is reached.
    pub quorum_reached: bool,
    /// The earliest time of a timestamp token.
    pub time: Option<Timestamp>,
}

impl From<ProofView> for ProofJson {
    fn from(view: ProofView) -> Self {
        Self {
            level: view.level.into(),
            cosignatures: view.cosignatures,
            witnesses: view.witnesses,
            quorum_reached: view.quorum_reached,
            time: view.time.map(beijing_time),
        }
    }
}

/// The witnesses that the node asks for cosignatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WitnessesJson {
    /// The quorum of the node's policy; `null` without a policy, or if it requires none.
    pub quorum: Option<QuorumJson>,
    /// Number of leaves of the published checkpoint.
    pub size: u64,
    /// Number of leaves of the largest checkpoint that has its quorum; `null` if there is none.
    pub witnessed_size: Option<u64>,
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
    /// Number of leaves of the last checkpoint that it cosigned since the node's start.
    pub last_size: Option<u64>,
    /// Time of that cosignature by the witness's clock, Beijing time.
    pub last_cosigned_at: Option<String>,
    /// How many leaves it is behind the published checkpoint.
    pub lag: Option<u64>,
}
