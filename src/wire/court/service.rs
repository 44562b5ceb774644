//! Service of documents: requests, and the records of a case as they are shown.
//!
//! # Invariants
//!
//! No address is shown in clear. A line states no more than its basis: 到达 is never shown as read.

use serde::{Deserialize, Serialize};

use crate::court::acts::ActKind;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::people::TextJson;
use crate::wire::report::CodedText;

/// An act of service. Words are those of the chain's own documents; days are `2026-11-22`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "act", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is the line of the same name of the act")]
#[schema(example = json!({ "act": "service-address", "kind": "mobile", "value": "13800000000", "source": "given" }))]
pub enum ServiceActRequest {
    /// 在线诉讼及电子送达意见: one scope. `shown` is the SHA-256 of the text that was shown, `clicked` the time of the click.
    ConsentService {
        party: Option<u32>,
        scope: String,
        answer: String,
        form: String,
        ticked: Option<String>,
        shown: Option<String>,
        clicked: Option<String>,
        document: Option<String>,
    },
    /// 登记送达地址. The address stays off the chain; its masked form is recorded.
    ServiceAddress {
        party: Option<u32>,
        kind: String,
        value: String,
        source: String,
        active: Option<String>,
        replaces: Option<u32>,
        document: Option<String>,
    },
    /// 停用送达地址.
    EndServiceAddress { address: u32 },
    /// 指定代收人.
    NameReceiver { agent: u32 },
    /// 登记送达: one recipient, one document.
    Serve {
        party: u32,
        mode: String,
        kind: String,
        document: String,
        days: Option<u32>,
        beside: Option<u32>,
        reason: Option<String>,
    },
    /// 发送送达文书.
    SendService { service: u32, channel: String, address: Option<u32>, published: Option<String> },
    /// 登记送达状态, as court staff knows it. `own_act` names the recipient's act in the case by its sequence.
    ReportService {
        service: u32,
        attempt: u32,
        step: String,
        at: Option<String>,
        cause: Option<String>,
        own_act: Option<u64>,
    },
    /// 确认收悉.
    ConfirmReceipt { service: u32 },
    /// 要求提供纸质文书.
    RequestPaper { service: u32 },
    /// 对送达提出异议.
    ObjectService { service: u32, ground: String, reason: Option<String> },
    /// 处理送达异议.
    DecideService { service: u32, outcome: String, reason: Option<String> },
    /// 确定以何次送达为准.
    DetermineService { service: u32, reason: Option<String> },
}

impl ServiceActRequest {
    /// The kind of the requested act.
    #[must_use]
    pub const fn kind(&self) -> ActKind {
        match self {
            Self::ConsentService { .. } => ActKind::ConsentService,
            Self::ServiceAddress { .. } => ActKind::ServiceAddress,
            Self::EndServiceAddress { .. } => ActKind::EndServiceAddress,
            Self::NameReceiver { .. } => ActKind::NameReceiver,
            Self::Serve { .. } => ActKind::Serve,
            Self::SendService { .. } => ActKind::SendService,
            Self::ReportService { .. } => ActKind::ReportService,
            Self::ConfirmReceipt { .. } => ActKind::ConfirmReceipt,
            Self::RequestPaper { .. } => ActKind::RequestPaper,
            Self::ObjectService { .. } => ActKind::ObjectService,
            Self::DecideService { .. } => ActKind::DecideService,
            Self::DetermineService { .. } => ActKind::DetermineService,
        }
    }
}

/// The consent or refusal of a party regarding online litigation or electronic service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsentJson {
    /// The party.
    pub party: u32,
    /// Its scope.
    pub scope: CodedText,
    /// The answer.
    pub answer: CodedText,
    /// How it was given.
    pub form: CodedText,
    /// Who ticked the box.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticked: Option<CodedText>,
    /// SHA-256 of the text that was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// When it was clicked, as the client states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clicked_at: Option<String>,
    /// The agreement or the paper, by its deposit number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// When it went on the chain, Beijing time.
    pub at: String,
}

/// A version of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ServiceAddressJson {
    /// Its number.
    pub address: u32,
    /// The party.
    pub party: u32,
    /// Its kind.
    pub kind: CodedText,
    /// The masked address.
    #[schema(example = "138****5678")]
    pub masked: String,
    /// Where it comes from.
    pub source: CodedText,
    /// The last day on which an address found by the court was active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<String>,
    /// In force from, Beijing time.
    pub from: String,
    /// In force until.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A reported step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StepJson {
    /// The step.
    pub step: CodedText,
    /// Who reports it.
    pub reporter: CodedText,
    /// When it happened, as the reporter states.
    pub at: String,
    /// When the report went on the chain.
    pub reported_at: String,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// An attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AttemptJson {
    /// Its number.
    pub attempt: u32,
    /// The channel.
    pub channel: CodedText,
    /// The masked address; absent for other parties.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masked_address: Option<String>,
    /// The form of the consent on which it rests; `none` if only the recipient's conduct completes it.
    pub consent: CodedText,
    /// When it was sent.
    pub sent_at: String,
    /// The day of publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// Its state.
    pub state: CodedText,
    /// Its steps, in the order of their reports.
    pub steps: Vec<StepJson>,
    /// Whether reports contradict each other.
    pub contradictory: bool,
    /// Whether an objection to it was upheld.
    pub ineffective: bool,
}

/// The effect of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EffectJson {
    /// When the document counts as served, Beijing time.
    pub at: String,
    /// On which basis.
    pub basis: CodedText,
    /// By which attempt.
    pub attempt: u32,
    /// Whether it is a presumption that the recipient can rebut.
    pub rebuttable: bool,
}

/// An objection to a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ServiceObjectionJson {
    /// The ground.
    pub ground: CodedText,
    /// The reason; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextJson>,
    /// When, Beijing time.
    pub at: String,
    /// The decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<CodedText>,
    /// Its reason; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_reason: Option<TextJson>,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
}

/// A service record: one recipient and one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ServiceJson {
    /// Its number.
    pub service: u32,
    /// The recipient.
    pub party: u32,
    /// The recipient's name; null once erased.
    pub name: TextJson,
    /// The mode.
    pub mode: CodedText,
    /// The kind of document.
    pub kind: CodedText,
    /// The document, by its deposit number.
    pub document: String,
    /// The days that it states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// The record of another mode that it accompanies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<u32>,
    /// Its state.
    pub state: CodedText,
    /// 〔文书〕〔到达/推定/确认〕〔时间〕〔依据条款〕.
    pub line: Bilingual,
    /// The effect, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<EffectJson>,
    /// Whether the court stated that this record counts.
    pub counts: bool,
    /// The attempts.
    pub attempts: Vec<AttemptJson>,
    /// When receipt was confirmed, Beijing time.
    pub confirmed_at: Vec<String>,
    /// When paper was asked for.
    pub paper_requested_at: Vec<String>,
    /// Objections.
    pub objections: Vec<ServiceObjectionJson>,
    /// Number of certificates; the last one is in force.
    pub certificates: usize,
}

/// A period that service began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ServiceWindowJson {
    /// Which.
    pub period: CodedText,
    /// Whose.
    pub party: u32,
    /// The service record that began it.
    pub service: u32,
    /// The day that does not count: the day of service.
    pub start: String,
    /// How many days count.
    pub days: u32,
    /// The last day, until 24:00 Beijing time, as it is now: extensions and deferrals since are in it.
    pub last_day: String,
    /// `not-begun`, `running`, `suspended` or `ended`.
    pub state: CodedText,
    /// The source of its length.
    pub source: Bilingual,
    /// Whether the court still has to state which of several services counts.
    pub undetermined: bool,
}

/// The service of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ServiceBookJson {
    /// The case.
    pub case: String,
    /// Consents and refusals, all of them.
    pub consents: Vec<ConsentJson>,
    /// Addresses: for a party its own, for the court all.
    pub addresses: Vec<ServiceAddressJson>,
    /// The service records.
    pub items: Vec<ServiceJson>,
    /// The periods that service began.
    pub periods: Vec<ServiceWindowJson>,
    /// Always null: the list has one page.
    pub next_cursor: Option<String>,
    /// The act in the case's access log that recorded this access.
    pub access_sequence: u64,
}

/// 电子送达凭证.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CertificateJson {
    /// 电子送达凭证.
    pub title: Bilingual,
    /// The deposit number of the certificate itself.
    pub certificate: String,
    /// 交易id of the certificate itself: the leaf hash of its entry.
    pub tx_id: String,
    /// Index of that entry in the tree.
    pub index: u64,
    /// When the certificate was made, Beijing time.
    pub made_at: String,
    /// Its version: a later report may change the effect.
    pub version: u32,
    /// Whether the service has that effect now: false once an objection was upheld or a later report changed it.
    pub in_force: bool,
    /// The court.
    pub court: String,
    /// The case.
    pub case: String,
    /// 案号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The recipient's name, masked; null once erased.
    pub recipient: TextJson,
    /// The recipient's role.
    pub role: CodedText,
    /// The kind of document.
    pub document_kind: CodedText,
    /// The document, by its deposit number.
    pub document: String,
    /// Its digests, as the ledger has them.
    pub digests: Vec<String>,
    /// The channel.
    pub channel: CodedText,
    /// The masked address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masked_address: Option<String>,
    /// When it was sent.
    pub sent_at: String,
    /// When it arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<String>,
    /// When the system reported that it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at: Option<String>,
    /// When receipt was confirmed, as known then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<String>,
    /// The basis.
    pub basis: CodedText,
    /// When the document counts as served.
    pub effective_at: String,
    /// What the certificate attests, and what it does not.
    pub notice: Bilingual,
    /// The act in the case's access log that recorded this access.
    pub access_sequence: u64,
}

/// The answer about the file of a served document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DocumentAnswerJson {
    /// `consistent` 核验一致, `not_deposited` 尚未存证 or `mismatch` 比对结果不一致.
    pub answer: CodedText,
    /// The deposit number with which it agrees, or was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit_number: Option<String>,
    /// When that was deposited, Beijing time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposited_at: Option<String>,
    /// What the answer does not say.
    pub notice: Bilingual,
}
