//! The gateway of a court: its registration, the messages that it is sent, and the reports that it sends.

use serde::{Deserialize, Serialize};

use crate::court::case::service::book::ServiceRecord;
use crate::court::case::state::CaseFile;
use crate::court::service_words::Channel;
use crate::ledger::hash::Digest;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::act::coded;
use crate::wire::court::recorded_act::ActJson;
use crate::wire::report::CodedText;

/// The address of a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayRequest {
    /// An `https` address; `http` for this machine only. It stays off the chain.
    #[schema(example = "https://gateway.court.example/messages")]
    pub url: String,
}

/// A gateway just registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RegisteredGatewayJson {
    /// Its id: it reports to `/v1/gateway/{id}/reports`.
    pub id: String,
    /// The key that signs messages and reports. Shown once; absent where the same request is sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The act.
    pub act: ActJson,
}

/// A gateway, without its address and its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GatewayJson {
    /// Its id.
    pub id: String,
    /// When it was registered, Beijing time.
    pub registered_at: String,
}

/// The gateways of a court: at most one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GatewaysJson {
    /// 法院代字.
    pub court: String,
    /// The gateways.
    pub items: Vec<GatewayJson>,
    /// Always null: the list has one page.
    pub next_cursor: Option<String>,
}

/// A message that the gateway sends to a recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MessageJson {
    /// The message: reports name it. 64 hex digits.
    pub message: String,
    /// 法院代字.
    pub court: String,
    /// The channel: `sms`, `email`, `messenger` or `fax`.
    pub channel: String,
    /// The address, in clear.
    pub address: String,
    /// The kind of document.
    pub document_kind: CodedText,
    /// The deposit number of the document.
    pub deposit_number: String,
    /// The text to be sent. It names no person.
    pub text: Bilingual,
}

impl MessageJson {
    /// The message of an attempt.
    #[must_use]
    pub fn of(message: Digest, file: &CaseFile, record: &ServiceRecord, channel: Channel, address: &str) -> Self {
        let kind = record.kind();
        let label = Bilingual::of(|language| kind.label(language));
        let number = record.document();
        let case = file.number.as_ref().map(|number| format!("{number} ")).unwrap_or_default();
        let zh = format!(
            "人民法院（{}）以电子方式向您送达{case}{}，存证编号{number}。请登录诉讼平台查阅，并确认收悉。",
            file.court, label.zh
        );
        let en = format!(
            "The court {} serves on you electronically {case}({}), deposit number {number}. Read it on the litigation \
             platform and confirm its receipt.",
            file.court, label.en
        );
        Self {
            message: message.to_string(),
            court: file.court.to_string(),
            channel: channel.word().into(),
            address: address.into(),
            document_kind: coded(kind.word(), label),
            deposit_number: number.to_string(),
            text: Bilingual::new(zh, en),
        }
    }
}

/// A report on a message, signed with the gateway's secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "message": "cb7a1c6f9e3d4e1f8a2b5c6d7e8f90123456789abcdef0123456789abcdef012", "status": "arrived", "at": "2026-11-22T09:04:11.123+08:00" }))]
pub struct GatewayReportRequest {
    /// The message, as it was sent. 64 hex digits.
    pub message: String,
    /// `sent`, `arrived`, `failed`, `read`, `downloaded` or `replied`.
    #[schema(example = "arrived")]
    pub status: String,
    /// When it happened.
    #[schema(example = "2026-11-22T09:04:11.123+08:00")]
    pub at: String,
    /// Why it failed: lower-case letters and underscores.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "no_such_number")]
    pub cause: Option<String>,
}

/// The result of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GatewayReportJson {
    /// The message.
    pub message: String,
    /// False if another call had reported the same step at the same time.
    pub recorded: bool,
    /// Deposit number of the act that recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit_number: Option<String>,
}
