//! `GET /v1/witness`: a witness, and the ledgers that it follows.

use serde::{Deserialize, Serialize};

/// A witness. Nothing in it is evidence: users take its key and organisation from a source that they trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessJson {
    /// Its name: the name of its key.
    pub name: String,
    /// Its public key (vkey of type 0x04).
    pub key: String,
    /// The organisation that runs it, as that says; `null` if it says none / 所属机构.
    pub organisation: Option<String>,
    /// `court`, `notary`, `appraisal` or `other` / 机构类别.
    pub kind: String,
    /// Whether it keeps a complete copy of each ledger and checks every block.
    pub mirror: bool,
    /// The version of the program.
    pub version: String,
    /// The time of its clock.
    pub time: String,
    /// The ledgers that it follows.
    pub ledgers: Vec<FollowedLedgerJson>,
}

/// A ledger that a witness follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowedLedgerJson {
    /// Its origin / 链标识.
    pub origin: String,
    /// SHA-256 of the origin: the first segment of the paths of this ledger.
    pub id: String,
    /// The key that must sign its next checkpoint (vkey).
    pub key: String,
    /// The address of its node.
    pub url: String,
    /// Number of leaves of the latest checkpoint that the witness cosigned; 0 if there is none.
    pub size: u64,
    /// RFC 6962 root over them; `null` if there is none.
    pub root: Option<String>,
    /// When the witness cosigned it; `null` if there is none.
    pub cosigned_at: Option<String>,
    /// Why the witness has stopped cosigning this ledger; `null` if it has not.
    pub stopped: Option<String>,
    /// Of a mirror: the number of leaves of its verified copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<u64>,
    /// Of a mirror: the number of leaves of the largest checkpoint of the ledger that it has seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<u64>,
}
