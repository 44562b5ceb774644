//! Imports and verifications of items: requests and answers.

use serde::{Deserialize, Serialize};

use crate::wire::court::item::ImportJson;
use crate::wire::court::recorded_act::ActJson;
use crate::wire::json;
use crate::wire::problem::Problem;
use crate::wire::receipt::ReceiptJson;
use crate::wire::report::{CodedText, ReportJson};

/// Most imports of one batch.
pub const BATCH_MAX: usize = 200;

/// A deposit to be imported into a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "deposit_number": "20261122-0K7M-X9QT-3D5W-C3", "name": "购买合同", "content": "证明买卖关系成立" }))]
pub struct ImportRequest {
    /// 存证编号, in any form that people type.
    #[schema(example = "20261122-0K7M-X9QT-3D5W-C3")]
    pub deposit_number: String,
    /// 证据名称.
    pub name: String,
    /// 证据内容.
    pub content: String,
    /// 来源 (证据规定 art. 19).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// 证明对象.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proves: Option<String>,
    /// 原件或者复制件: `original`, `identical-copy`, `output` or `copy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// 份数.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<u32>,
    /// 页数.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// For which party, where the importer does not speak for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<u32>,
    /// The item that this one replaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<u32>,
    /// Its purpose with regard to another item: `rebuts`, `cures` or `reinforces`, and the item's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "cures 1")]
    pub purpose: Option<String>,
    /// Where the court enters it: the day on which it was posted or handed in, which decides whether it is in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "posted 2026-12-08")]
    pub handed_in: Option<String>,
    /// Collected by the court: `on-application` or `ex-officio`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collected: Option<String>,
    /// Why it was not offered earlier: needed in second instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Receipt of a deposit of another ledger, which must be on the court's list.
    #[serde(default, deserialize_with = "json::optional_object", skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptJson>,
}

/// Several imports, each of which succeeds or fails on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportBatchRequest {
    /// At most [`BATCH_MAX`].
    #[serde(deserialize_with = "json::objects")]
    pub imports: Vec<ImportRequest>,
}

/// An item just imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportedJson {
    /// The item.
    #[serde(flatten)]
    pub import: ImportJson,
    /// The act.
    pub act: ActJson,
    /// Unusual circumstances, in spite of which the act was recorded.
    pub warnings: Vec<CodedText>,
}

/// The result of one import of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportResultJson {
    /// Its place in the batch, from 1.
    pub position: usize,
    /// `imported` or `refused`.
    #[schema(example = "imported")]
    pub status: String,
    /// The item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportedJson>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// The results of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportBatchJson {
    /// One for each import, in their order.
    pub results: Vec<ImportResultJson>,
}

/// The object that is compared with an item instead of its file: a digest, a receipt, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "algorithm": "sm3", "value": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" }))]
pub struct ItemVerificationRequest {
    /// `sm3` or `sha-256`: named, never guessed from a length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<String>,
    /// 64 lower-case hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The receipt of the requester.
    #[serde(default, deserialize_with = "json::optional_object", skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptJson>,
}

/// A verification on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemVerificationJson {
    /// The report.
    pub report: ReportJson,
    /// The act that recorded it.
    pub act: ActJson,
}
