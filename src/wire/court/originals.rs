//! Originals in custody, as answers show them.

use serde::{Deserialize, Serialize};

use crate::court::acts::TakeCustody;
use crate::ledger::time::Timestamp;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::recorded_act::ActJson;
use crate::wire::facts::{DigestJson, beijing_time};

/// An original that was taken into custody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CustodyJson {
    /// 存证编号 of the deposit.
    pub deposit_number: String,
    /// Bytes of the original.
    pub size: u64,
    /// The digests computed during the upload, SM3 first, always without a salt.
    pub data_hash: Vec<DigestJson>,
    /// The act.
    pub act: ActJson,
}

impl CustodyJson {
    /// An act of custody.
    #[must_use]
    pub fn of(taken: &TakeCustody, act: ActJson) -> Self {
        let digests = taken.data_hash.iter();
        Self {
            deposit_number: taken.deposit.to_string(),
            size: taken.size,
            data_hash: digests
                .map(|(algorithm, digest)| DigestJson { algorithm: algorithm.to_string(), value: digest.to_string() })
                .collect(),
            act,
        }
    }
}

/// The state of an original in custody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OriginalStateJson {
    /// `not-submitted`, `in-custody` or `erased`.
    #[schema(example = "in-custody")]
    pub code: String,
    /// The text for people.
    #[serde(flatten)]
    pub text: Bilingual,
    /// Bytes, while it is in custody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// When it was received, Beijing time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<String>,
}

impl OriginalStateJson {
    /// It was never given into custody.
    #[must_use]
    pub fn not_submitted() -> Self {
        Self {
            code: "not-submitted".into(),
            text: Bilingual::new("未提交原文", "no original was given to the platform"),
            size: None,
            received_at: None,
        }
    }

    /// It was received at `at`, and is in custody unless it is `erased`.
    #[must_use]
    pub fn submitted(taken: &TakeCustody, at: Timestamp, erased: bool) -> Self {
        let (code, zh, en) = if erased {
            ("erased", "原文已删除", "the original is erased")
        } else {
            ("in-custody", "原文已提交并由平台保管", "the original is in custody")
        };
        Self {
            code: code.into(),
            text: Bilingual::new(zh, en),
            size: (!erased).then_some(taken.size),
            received_at: Some(beijing_time(at)),
        }
    }
}

/// An act on the private content or the original of a deposit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CustodyEventJson {
    /// Its place in the log, from 1 and without gaps.
    pub sequence: u64,
    /// The kind of act: `access`, `take-custody` or `erase`.
    #[schema(example = "access")]
    pub act: String,
    /// The label.
    pub label: Bilingual,
    /// Who.
    pub by: String,
    /// In which capacity.
    #[schema(example = "oneself")]
    pub capacity: String,
    /// The content shown by an access: `deposit` or `original`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// When it went on the chain, Beijing time: before anything was shown.
    pub at: String,
    /// 存证编号 of the act that recorded it.
    pub deposit_number: String,
    /// Place of that entry in the tree.
    pub index: u64,
}

/// The acts on the private content and the original of a deposit, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CustodyLogJson {
    /// A page of them.
    pub items: Vec<CustodyEventJson>,
    /// The `cursor` of the next page; null on the last one.
    pub next_cursor: Option<String>,
}
