//! Facts of a report beside the verification: the operator, the case and the item.

use serde::{Deserialize, Serialize};

/// The organisation that runs the deposit platform, as its configuration states it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InstitutionJson {
    /// 运营者名称; `null` if it is not known.
    pub operator: Option<String>,
    /// 运营者性质; `null` if it is not known.
    pub nature: Option<String>,
    /// 区块链信息服务备案号; `null` if there is none.
    pub record_filing: Option<String>,
    /// 校时来源 of the node's clock; `null` if it is not known.
    pub clock_source: Option<String>,
}

/// The case and the item that a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportCaseJson {
    /// The case's id.
    pub case: String,
    /// 案件代号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// 案号; `null` if it has none.
    pub number: Option<String>,
    /// The court's code.
    pub court: String,
    /// 证据序号.
    pub item: u32,
    /// The version of the item that was verified.
    pub item_version: u32,
}

/// Facts of a report beside the verification.
#[derive(Debug, Clone, Default)]
pub struct ReportSubject {
    /// The operator.
    pub institution: InstitutionJson,
    /// The case and the item.
    pub case: Option<ReportCaseJson>,
    /// Deposit number of the act that records the verification.
    pub recorded_as: Option<String>,
    /// 来源 as the importer of the item states it; an erased text counts as not provided.
    pub claimed_source: Option<String>,
}
