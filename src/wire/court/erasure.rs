//! Erasures, as they are asked for and answered.

use serde::{Deserialize, Serialize};

use crate::wire::bilingual::Bilingual;
use crate::wire::court::done::ActJson;

/// What is to be erased: private content of one deposit, of one account, or texts of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasureRequest {
    /// A deposit: its private metadata and its original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit_number: Option<String>,
    /// An account: its name and the references of its identity checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// A case, of which texts are erased by its judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Those texts, by the commitments under which the acts of the case name them; 1 to 256.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annexes: Vec<String>,
    /// The case whose court ordered the erasure, where its judge carries out that order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
}

/// An erasure that is complete: no file of the node holds the content any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ErasureJson {
    /// The act.
    pub act: ActJson,
    /// Place in the tree of the `erased` notice, signed by the ledger's key, that names what is gone.
    pub notice_index: u64,
    /// 已删除, and what that covers.
    pub text: Bilingual,
}

impl ErasureJson {
    /// What came of it.
    #[must_use]
    pub fn of(act: ActJson, notice_index: u64) -> Self {
        let text = Bilingual::new(
            "已删除：本节点的文件中不再留存该内容，链上记录保持完整。备份及他人持有的副本不在此列。",
            "erased: no file of this node holds it any more, and the chain is whole. Backups and copies elsewhere are not covered.",
        );
        Self { act, notice_index, text }
    }
}
