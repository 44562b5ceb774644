//! Erasures: the request, and the resource with the progress of an erasure.

use serde::{Deserialize, Serialize};

use crate::wire::bilingual::Bilingual;
use crate::wire::court::act::coded;
use crate::wire::court::recorded_act::ActJson;
use crate::wire::report::CodedText;

/// The content to be erased: private content of one deposit, of one account, or texts of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "deposit_number": "20261122-0K7M-X9QT-3D5W-C3" }))]
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

/// An erasure. From the first state on the content cannot be read through this node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ErasureJson {
    /// Its id: the 存证编号 of its act.
    #[schema(example = "20261122-0K7M-X9QT-3D5W-C3")]
    pub id: String,
    /// `tombstoned`, `compacting`, `searching`, `confirmed` or `failed`.
    pub state: CodedText,
    /// How far the search of the node's files has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<SearchProgressJson>,
    /// Why the last attempt failed. The node tries again by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<ErasureFailureJson>,
    /// Since when no file holds the content, Beijing time. Absent before, and where a crash kept the time from being
    /// recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<String>,
    /// The act.
    pub act: ActJson,
    /// Index of the `erased` notice that names the erased content, signed by the ledger key.
    pub notice_index: u64,
    /// The meaning of the state, and what it does not cover.
    pub text: Bilingual,
}

/// How far the search of the node's files has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SearchProgressJson {
    /// Bytes searched.
    pub searched_bytes: u64,
    /// Bytes of all files.
    pub total_bytes: u64,
}

/// Why an attempt to remove the content from the node's files failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ErasureFailureJson {
    /// Stable: `still_held`, `search_failed`, `custody_unavailable`, `unreadable`, `unwritable`, `interrupted`, `no_thread`.
    #[schema(example = "still_held")]
    pub code: String,
    /// The reason, for the operator.
    pub reason: String,
}

/// The states of an erasure: code and both names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureWord {
    /// The block is sealed.
    Tombstoned,
    /// Files are rewritten.
    Compacting,
    /// Files are searched.
    Searching,
    /// No file holds the content.
    Confirmed,
    /// The last attempt failed.
    Failed,
}

impl ErasureWord {
    /// Its code with both names.
    #[must_use]
    pub fn coded(self) -> CodedText {
        let (code, zh, en) = match self {
            Self::Tombstoned => {
                ("tombstoned", "已删除上链，待清除文件", "recorded on the chain; files not rewritten yet")
            }
            Self::Compacting => ("compacting", "正在重写文件", "rewriting files"),
            Self::Searching => ("searching", "正在检查全部文件", "searching all files"),
            Self::Confirmed => ("confirmed", "已确认删除", "confirmed"),
            Self::Failed => ("failed", "本次清除失败，将自动重试", "the last attempt failed; the node tries again"),
        };
        coded(code, Bilingual::new(zh, en))
    }

    /// What it means, and what it does not cover.
    #[must_use]
    pub fn text(self) -> Bilingual {
        match self {
            Self::Confirmed => Bilingual::new(
                "已删除：本节点的文件中不再留存该内容，链上记录保持完整。备份及他人持有的副本不在此列。",
                "erased: no file of this node holds it any more, and the chain is whole. Backups and copies elsewhere are not covered.",
            ),
            Self::Failed => Bilingual::new(
                "该内容已不可通过本节点读取，但文件清除尚未完成。节点将自动重试；如持续失败，请联系平台管理员。",
                "the content can no longer be read through this node, but its files may still hold it. The node tries again by itself; if this goes on, ask the operator.",
            ),
            Self::Tombstoned | Self::Compacting | Self::Searching => Bilingual::new(
                "该内容已不可通过本节点读取；文件清除正在后台进行，确认前文件中仍可能留存。",
                "the content can no longer be read through this node; its files may hold it until the erasure is confirmed.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_confirmed_erasure_says_that_no_file_holds_the_content() {
        use ErasureWord::{Compacting, Confirmed, Failed, Searching, Tombstoned};
        for word in [Tombstoned, Compacting, Searching, Failed] {
            assert!(!word.text().en.contains("no file") && !word.text().zh.contains("不再留存"), "{word:?}");
        }
        assert!(Confirmed.text().en.contains("no file") && Confirmed.text().zh.contains("不再留存"));
    }
}
