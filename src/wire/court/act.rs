//! Requests for simple acts of a case, and the answer to every change of a case.
//!
//! Not here: which words and numbers are valid (`http/api/court/acts` reads them), imports and verifications (`import`).

use serde::{Deserialize, Serialize};

use crate::court::acts::ActKind;
use crate::court::case::state::CaseFile;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::recorded_act::ActJson;
use crate::wire::facts::DigestJson;
use crate::wire::report::{CodedText, DigestRequest};

/// An act upon a case. Words are those of the chain's own documents; ids are 64 hex digits; days are `2026-11-22`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "act", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is the line of the same name of the act")]
#[schema(example = json!({ "act": "describe", "title": "网络购物合同纠纷", "claims": "请求判令被告退还价款一百元。" }))]
pub enum ActRequest {
    /// 填写诉讼请求.
    Describe { title: Option<String>, claims: Option<String> },
    /// 增加当事人.
    AddParty { role: String, subject: String, name: String, account: Option<String> },
    /// 更正当事人信息.
    RestateParty { party: u32, subject: Option<String>, name: Option<String> },
    /// 解除关联.
    EndAssociation { party: u32 },
    /// 委托诉讼代理人; with authority `statutory` 法定代理人, who names the document of the relationship instead of a power of attorney.
    AddAgent {
        party: u32,
        account: String,
        authority: String,
        name: Option<String>,
        power: Option<String>,
        #[serde(default)]
        special: Vec<String>,
        #[serde(default)]
        instances: Vec<String>,
        relationship: Option<String>,
    },
    /// 解除委托.
    EndAgent { agent: u32 },
    /// 确认诉前须知; the notice is named by its deposit number.
    ConfirmNotice { document: Option<String> },
    /// 送达确认; the address is where further documents may be sent.
    ConfirmService { document: Option<String>, address: Option<String> },
    /// 提交起诉状.
    Submit {},
    /// 退回补充材料.
    ReturnFiling { reason: Option<String> },
    /// 审核通过.
    Approve {},
    /// 审核不通过.
    Reject { reason: Option<String> },
    /// 不予立案. The ruling is named by its deposit number.
    Refuse { reason: Option<String>, document: Option<String> },
    /// 撤回立案申请.
    WithdrawFiling {},
    /// 立案.
    FileCase { number: Option<String> },
    /// 登记案号.
    BindNumber { number: String },
    /// 分案.
    Assign { judge: Option<String> },
    /// 开庭.
    BeginHearing {},
    /// 休庭.
    AdjournHearing {},
    /// 宣判. The document is named by its deposit number.
    Judge { document: Option<String> },
    /// 申请撤诉.
    WithdrawSuit {},
    /// 结案.
    Close {},
    /// 编辑证据.
    Restate {
        item: u32,
        name: String,
        content: String,
        source: Option<String>,
        proves: Option<String>,
        form: Option<String>,
        copies: Option<u32>,
        pages: Option<u32>,
    },
    /// 接收证据并出具收据: with the digests of the file in the court's dossier, if they are known.
    ReceiveItem {
        item: u32,
        form: Option<String>,
        copies: Option<u32>,
        pages: Option<u32>,
        #[serde(default)]
        dossier_digests: Vec<DigestRequest>,
    },
    /// 撤回证据.
    WithdrawItem { item: u32, reason: Option<String> },
    /// 质证意见. `item_version` is the version of the item that it answers; without one, the current version.
    Reply {
        item: u32,
        item_version: Option<u32>,
        authenticity: Option<String>,
        legality: Option<String>,
        relevance: Option<String>,
        #[serde(default)]
        grounds: Vec<String>,
        probative_value: Option<String>,
        reason: Option<String>,
    },
    /// 同意调解材料用于诉讼.
    Consent { item: u32 },
    /// 指定举证期限.
    SetPeriod { basis: String, start: Option<String>, days: u32, party: Option<u32> },
    /// 管辖异议，举证期限中止.
    SuspendPeriod { on: String },
    /// 恢复计算举证期限.
    ResumePeriod { on: String },
    /// 延长举证期限.
    ExtendPeriod { days: u32 },
    /// 重新指定举证期限.
    ResetPeriod { basis: String, start: Option<String>, days: u32, party: Option<u32>, ground: Option<String> },
    /// 证据交换.
    ExchangeEvidence { day: String },
    /// 再次确定举证期限: for one party to rebut or to cure one item (证据规定 art. 51 (3)).
    AllowRebuttal { party: u32, item: u32, days: u32, start: Option<String> },
    /// 组织非同步质证: the period in which the parties, or one of them, reply (在线诉讼规则 art. 14).
    OpenReplies { days: u32, start: Option<String>, party: Option<u32> },
    /// 申请顺延期限 (民诉法 art. 86): of the period `window`; the party is that of the applicant unless the court enters it. With several
    /// periods of the kind, `about` names one as `windows` of the case does: `item 1`, `document <deposit number>` or `act 12`.
    ApplyDeferral {
        window: String,
        obstacle_ended: String,
        reason: String,
        party: Option<u32>,
        handed_in: Option<String>,
        about: Option<String>,
    },
    /// 决定是否准许顺延期限: with the new last day, or without where the application is dismissed. `about` names one of several pending
    /// applications.
    DecideDeferral { party: u32, window: String, last: Option<String>, reason: Option<String>, about: Option<String> },
    /// 责令说明逾期理由 (民诉法 art. 68).
    RequireReason { item: u32, days: Option<u32> },
    /// 说明逾期理由.
    ExplainLateness { item: u32, reason: String, handed_in: Option<String> },
    /// 对逾期举证作出处理; the fine is in yuan.
    DecideLateness { item: u32, decision: String, fine: Option<u64>, document: Option<String>, reason: Option<String> },
    /// 对证据是否采信作出认定 (证据规定 art. 97).
    DecideAdmission { item: u32, decision: String, document: Option<String>, reason: Option<String> },
    /// 增加、变更、放弃诉讼请求.
    ChangeClaims {
        change: String,
        claims: String,
        document: Option<String>,
        party: Option<u32>,
        handed_in: Option<String>,
    },
    /// 反诉.
    Counterclaim { claims: String, document: Option<String>, party: Option<u32>, handed_in: Option<String> },
    /// 转换程序 (民诉法 art. 170); the ruling is named by its deposit number.
    ConvertProcedure { procedure: String, document: Option<String> },
    /// 准许删除非公开信息: of one deposit, of one account, or, of neither, of texts of the case. The document of the decision is named
    /// by its deposit number.
    OrderErasure { deposit_number: Option<String>, account: Option<String>, document: Option<String> },
    /// 归入卷宗.
    FileDocument { volume: String, form: String, pages: u32, deposit_number: Option<String>, name: String },
    /// 组成合议庭: the accounts of all members.
    FormPanel { members: Vec<String> },
    /// 裁定. The document is named by its deposit number.
    Rule { ruling: String, document: String, party: Option<u32> },
    /// 提出管辖异议.
    ObjectJurisdiction { reason: String, ground: Option<String>, document: Option<String>, party: Option<u32> },
    /// 提交答辩状: to the suit, or to an appeal.
    Answer { document: String, appeal: Option<u32>, party: Option<u32> },
    /// 提起上诉. Decision and petition are named by their deposit numbers; the court names the day of filing where that is not today.
    Appeal {
        decision: String,
        petition: String,
        #[serde(default)]
        against: Vec<u32>,
        filed_with: Option<String>,
        day: Option<String>,
        party: Option<u32>,
    },
    /// 申请撤回上诉.
    WithdrawAppeal { party: Option<u32> },
    /// 暂停删除非公开信息: of one deposit or of one account, until the court releases it.
    Hold { deposit_number: Option<String>, account: Option<String>, reason: String },
    /// 解除暂停删除.
    Release { deposit_number: Option<String>, account: Option<String>, reason: Option<String> },
    /// 指派参与人员: the account must hold the role at the court.
    Appoint { role: String, account: String },
    /// 终止指派.
    EndAppointment { role: String, account: String },
    /// 结束庭审.
    EndHearing {},
    /// 进入在线活动: the latest identity check of the account must have been made for it.
    JoinSession { activity: String },
    /// 退出在线活动.
    LeaveSession { activity: String },
    /// 登记庭审录像分段. The document is named by its deposit number; without a hearing, the last one is meant.
    AddRecording { hearing: Option<u32>, document: String, name_commitment: String, from: String, until: String },
    /// 固定庭审录像清单: the document is the deposit of the manifest over all segments.
    CloseRecording { hearing: Option<u32>, document: String },
    /// 制作笔录. A transcript of a hearing is that of the last one, if none is named.
    OpenTranscript { kind: String, hearing: Option<u32> },
    /// 形成笔录版本: the document is the deposit of the text.
    AddTranscriptVersion { transcript: u32, source: String, document: String },
    /// 申请补正笔录, of the latest version unless it is named. Without a speaker, it is the requester's own statement.
    RequestCorrection {
        transcript: u32,
        version: Option<u32>,
        speaker: Option<String>,
        ground: String,
        place: String,
        wording: String,
        segment: Option<u32>,
    },
    /// 处理补正申请.
    DecideCorrection { transcript: u32, correction: u32, decision: String, reason: Option<String> },
    /// 笔录定稿.
    FinaliseTranscript { transcript: u32 },
    /// 发起确认, on the latest version of one transcript or agreement. Signers are `party 1`, `agent 1`, a role and an account, or
    /// `witness`, `appraiser`, `inspector`, `interpreter` and a name.
    OpenRound { transcript: Option<u32>, agreement: Option<u32>, signers: Vec<String> },
    /// 确认（签名）. The person is a place on the list; without it, the requester's own place.
    Confirm {
        round: u32,
        person: Option<u32>,
        digest: DigestJson,
        method: String,
        document: Option<String>,
        checked_at: Option<String>,
    },
    /// 撤回签名.
    WithdrawConfirmation { round: u32, person: Option<u32> },
    /// 记明拒绝签名.
    RecordRefusal { round: u32, person: Option<u32>, reason: Option<String> },
    /// 同意调解.
    AgreeMediation {},
    /// 接受调解.
    AcceptMediation {},
    /// 同意延长调解期限.
    ProlongMediation { until: String },
    /// 拟定调解协议: a new one, or the next version of the one named.
    DraftAgreement { agreement: Option<u32>, track: String, document: String },
    /// 同意在线确认.
    AgreeSigning { agreement: u32 },
    /// 终止调解: of one agreement, or as a whole.
    EndMediation { agreement: Option<u32>, reason: String, note: Option<String> },
    /// 申请后续处理.
    ApplyWayOut { agreement: u32, way: String },
    /// 制作调解书.
    IssueMediationDocument { agreement: u32, document: String },
    /// 同意移交本方材料.
    ForwardItem { item: u32 },
}

impl ActRequest {
    /// The kind of the requested act.
    #[must_use]
    pub const fn kind(&self) -> ActKind {
        // Exhaustive: a request without an act of the same name does not compile.
        macro_rules! same_name {
            ($($name:ident)*) => {
                match self { $(Self::$name { .. } => ActKind::$name,)* }
            };
        }
        same_name! {
            Describe AddParty RestateParty EndAssociation AddAgent EndAgent ConfirmNotice ConfirmService Submit ReturnFiling Approve Reject
            Refuse WithdrawFiling FileCase BindNumber Assign BeginHearing AdjournHearing Judge WithdrawSuit
            Close Restate ReceiveItem WithdrawItem Reply Consent SetPeriod SuspendPeriod ResumePeriod
            ExtendPeriod ResetPeriod ExchangeEvidence AllowRebuttal OpenReplies ApplyDeferral DecideDeferral
            RequireReason ExplainLateness DecideLateness DecideAdmission ChangeClaims Counterclaim
            ConvertProcedure OrderErasure FileDocument FormPanel Rule ObjectJurisdiction Answer Appeal
            WithdrawAppeal Hold Release Appoint EndAppointment EndHearing JoinSession LeaveSession AddRecording
            CloseRecording OpenTranscript AddTranscriptVersion RequestCorrection DecideCorrection
            FinaliseTranscript OpenRound Confirm WithdrawConfirmation RecordRefusal AgreeMediation
            AcceptMediation ProlongMediation DraftAgreement AgreeSigning EndMediation ApplyWayOut
            IssueMediationDocument ForwardItem
        }
    }
}

/// A change of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ActOutcomeJson {
    /// The case.
    pub case: String,
    /// 案件代号: its short name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The act.
    pub act: ActJson,
    /// The stage of the case after it.
    #[schema(example = "under-review")]
    pub stage: String,
    /// The label.
    pub stage_text: Bilingual,
    /// Unusual circumstances, in spite of which the act was recorded.
    pub warnings: Vec<CodedText>,
    /// 关联码, for the act that issued one. Shown only here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl ActOutcomeJson {
    /// The answer to an act after which a case is `file`.
    #[must_use]
    pub fn of(file: &CaseFile, act: ActJson, warnings: Vec<CodedText>) -> Self {
        Self {
            case: file.id.to_string(),
            reference: file.reference().map(|reference| reference.to_string()),
            act,
            stage: file.stage.word().into(),
            stage_text: Bilingual::of(|language| file.stage.label(language)),
            warnings,
            code: None,
        }
    }
}

/// One act of a case: its document and its position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseActJson {
    /// The act.
    pub act: ActJson,
    /// The document, as the chain committed to it: ids, words and commitments, no personal text.
    pub document: String,
    /// Why it had no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ineffective: Option<CodedText>,
}

/// The acts of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseActsJson {
    /// A page of them, in their order.
    pub items: Vec<CaseActJson>,
    /// The `cursor` of the next page: the last sequence of this one. Null on the last page.
    pub next_cursor: Option<String>,
}

/// A code with both of its names.
#[must_use]
pub fn coded(code: &str, text: Bilingual) -> CodedText {
    CodedText { code: code.into(), zh: text.zh, en: text.en }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json;

    #[test]
    fn each_request_has_one_reading() {
        let read = |text: &str| json::object::<ActRequest>(text.as_bytes(), 200);
        assert_eq!(read(r#"{"act":"submit"}"#), Ok(ActRequest::Submit {}));
        assert_eq!(read(r#"{"act":"file-case"}"#).unwrap().kind(), ActKind::FileCase);
        for bad in [
            r#"{"act":"submit","reason":"x"}"#,
            r#"{"act":"import"}"#,
            r#"{"act":"reply"}"#,
            r#"{"act":"consent","item":1,"item":2}"#,
            r#"{"act":"consent","item":-1}"#,
            "{}",
        ] {
            assert_eq!(read(bad).unwrap_err().code().as_str(), "unexpected_json", "{bad}");
        }
    }
}
