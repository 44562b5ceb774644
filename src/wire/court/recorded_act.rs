//! A recorded act: part of every answer to a change.

use serde::{Deserialize, Serialize};

use crate::court::acts::ActKind;
use crate::court::case::state::ActPosition;
use crate::court::document::Stream;
use crate::court::ids::CaseId;
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;
use crate::wire::bilingual::Bilingual;
use crate::wire::facts::beijing_time;

/// An act on the chain, with its position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ActJson {
    /// The case, for an act of a case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The kind of stream: `case`, `registry`, `access` or `custody`.
    #[schema(example = "case")]
    pub stream: String,
    /// Its place in the stream, from 1.
    pub sequence: u64,
    /// The kind of act.
    #[schema(example = "file-case")]
    pub act: String,
    /// The label.
    pub label: Bilingual,
    /// 存证编号 of the act itself.
    #[schema(example = "20261122-0K7M-X9QT-3D5W-C3")]
    pub deposit_number: String,
    /// 交易id: leaf hash of the entry.
    pub tx_id: String,
    /// Place of the entry in the tree.
    pub index: u64,
    /// When it went on the chain, Beijing time.
    #[schema(example = "2026-11-22T09:04:11.123+08:00")]
    pub at: String,
    /// False when the same request had recorded this act before.
    pub fresh: bool,
}

impl ActJson {
    /// The act of kind `kind` at `position`.
    #[must_use]
    pub fn of(
        kind: ActKind,
        stream: Stream,
        case: Option<CaseId>,
        number: DepositNumber,
        tx_id: Digest,
        position: &ActPosition,
        fresh: bool,
    ) -> Self {
        Self {
            case: case.map(|case| case.to_string()),
            stream: stream.word().into(),
            sequence: position.sequence,
            act: kind.word().into(),
            label: act_label(kind),
            deposit_number: number.to_string(),
            tx_id: tx_id.to_string(),
            index: position.index.0,
            at: beijing_time(position.at),
            fresh,
        }
    }
}

/// The label of an act.
#[must_use]
pub fn act_label(kind: ActKind) -> Bilingual {
    Bilingual::of(|language| kind.label(language))
}
