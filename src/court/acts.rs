//! The acts of the filing flow with their fields: every event of a case, an account or an original in custody.
//!
//! An act contains no personal data: names and reasons are in annexes ([`AnnexId`]), which can be erased without affecting the replay.
//!
//! Not here: the document of an act (`document`), its effect on a case (`case`) or on accounts (`registry`), permissions
//! (`permission`), the macro that makes types and parsers from this list (`grammar`).

mod course_acts;
mod evidence_acts;
mod grammar;
mod identity_acts;
mod period_acts;
mod service;
mod session_acts;

pub use crate::court::acts::course_acts::{
    AcceptHandOver, Answer, Appeal, EndAppealCourt, FileDocument, FormPanel, ObjectJurisdiction, ReceiveHandOver,
    ReportDifference, ReturnHandOver, Rule, SendHandOver, SetAppealCourt, TakeBack, TakeOver, WithdrawAppeal,
};
pub use crate::court::acts::evidence_acts::{
    Consent, Diverge, Import, ReceiveItem, Reply, Restate, Verify, WithdrawItem,
};
use crate::court::acts::grammar::acts;
pub use crate::court::acts::grammar::{HEAD, LINES_MAX};
pub use crate::court::acts::identity_acts::{
    AcceptRole, AddIdentityProvider, EndIdentityProvider, EndLoginLink, FailIdentity, LinkLogin, RequestIdentity,
};
pub use crate::court::acts::period_acts::{
    AllowRebuttal, ApplyDeferral, ChangeClaims, ConvertProcedure, Counterclaim, DecideAdmission, DecideDeferral,
    DecideLateness, ExplainLateness, OpenReplies, RequireReason,
};
pub use crate::court::acts::service::{
    AddGateway, CertifyService, ConfirmReceipt, ConsentService, DecideService, DetermineService, EndGateway,
    EndServiceAddress, NameReceiver, ObjectService, ReportService, RequestPaper, SendService, Serve, ServiceAddress,
};
pub use crate::court::acts::session_acts::{
    AcceptMediation, AddRecording, AddTranscriptVersion, AgreeMediation, AgreeSigning, ApplyWayOut, Appoint,
    CloseRecording, Confirm, DecideCorrection, DraftAgreement, EndAppointment, EndHearing, EndMediation,
    FinaliseTranscript, ForwardItem, IssueMediationDocument, JoinSession, LeaveSession, OpenRound, OpenTranscript,
    ProlongMediation, RecordRefusal, RequestCorrection, WithdrawConfirmation,
};
use crate::court::calendar::Day;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case_number::{CaseNumber, CourtCode};
use crate::court::course_words::{Instance, SpecialPower};
use crate::court::ids::{
    AccountId, AgentNumber, AnnexId, CaseId, CodeNumber, HandOverNumber, ItemNumber, PartyNumber, TokenId,
};
use crate::court::period::basis::Basis;
use crate::court::period::by_party::ResetGround;
use crate::court::values::{Filer, IdentityCheck};
use crate::court::words::{
    AccessedContent, Authority, CaseKind, KeptTokens, PartyRole, Procedure, Role, Scope, SubjectKind, TransferKind,
    words,
};
use crate::ledger::hash::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::text::{Fields, TextError};
use crate::ledger::time::Timestamp;

acts! {
    // A case: filing.
    /// Opens a case as a draft of its filer. The first party is the one that brings the case.
    Open "open" / "创建案件" / "open a case" {
        required court "court": CourtCode,
        required kind "kind": CaseKind,
        required procedure "procedure": Procedure,
        required role "role": PartyRole,
        required subject "subject": SubjectKind,
        required filer "filer": Filer,
        optional authority "authority": Authority,
        optional identity "identity": IdentityCheck,
        /// The case that this one continues.
        optional from "from": CaseId,
        optional transfer "passage": TransferKind,
        /// Account of the party where it is not the filer.
        optional account "account": AccountId,
        required name "name": AnnexId,
        optional title "title": AnnexId,
        optional claims "claims": AnnexId,
        optional power "power": AnnexId,
        /// The version of the rules of the case; absent for version 1.
        optional rules "rules": RulesVersion,
        /// The acts of 民诉法 art. 62 (2) that the power of attorney names.
        repeated special "special": SpecialPower,
        /// The further instances that the power of attorney names.
        repeated instance "instance": Instance,
        /// 原审地位, in a case that came by a hand-over.
        optional former_role "former-role": PartyRole,
        /// The hand-over by which the case came.
        optional hand_over "hand-over": HandOverNumber,
        /// 监护关系证明, of a statutory agent who opens the case.
        optional relationship "relationship": AnnexId,
    }
    /// 案由, 诉讼请求、事实和理由: written anew.
    Describe "describe" / "填写诉讼请求" / "state the claims" {
        optional title "title": AnnexId,
        optional claims "claims": AnnexId,
    }
    /// 增加当事人.
    AddParty "add-party" / "增加当事人" / "add a party" {
        required party "party": PartyNumber,
        required role "role": PartyRole,
        required subject "subject": SubjectKind,
        optional account "account": AccountId,
        required name "name": AnnexId,
        /// 原审地位, in a case that came by a hand-over.
        optional former_role "former-role": PartyRole,
    }
    /// 更正当事人信息: a name or kind that was entered wrongly.
    RestateParty "restate-party" / "更正当事人信息" / "correct a party" {
        required party "party": PartyNumber,
        optional subject "subject": SubjectKind,
        optional name "name": AnnexId,
    }
    /// 解除关联: the account that joined as a party is not the party's.
    EndAssociation "end-association" / "解除关联" / "end an association" {
        required party "party": PartyNumber,
    }
    /// 委托诉讼代理人: one or two a party.
    AddAgent "add-agent" / "委托诉讼代理人" / "appoint an agent" {
        required agent "agent": AgentNumber,
        required party "party": PartyNumber,
        required account "account": AccountId,
        required authority "authority": Authority,
        optional identity "identity": IdentityCheck,
        optional name "name": AnnexId,
        optional power "power": AnnexId,
        /// The acts of 民诉法 art. 62 (2) that the power of attorney names.
        repeated special "special": SpecialPower,
        /// The further instances that the power of attorney names.
        repeated instance "instance": Instance,
        /// 监护关系证明, of a statutory agent.
        optional relationship "relationship": AnnexId,
    }
    /// 解除委托.
    EndAgent "end-agent" / "解除委托" / "end an agency" {
        required agent "agent": AgentNumber,
    }
    /// 关联码: for one party and its agents, each so many times.
    IssueCode "issue-code" / "生成关联码" / "issue an association code" {
        required code "code": CodeNumber,
        required party "party": PartyNumber,
        required hash "hash": Digest,
        required party_uses "party-uses": u32,
        required agent_uses "agent-uses": u32,
        required expires "expires": Timestamp,
    }
    /// 关联案件 with a 关联码.
    Associate "associate" / "关联案件" / "associate with the case" {
        required code "code": CodeNumber,
        required filer "filer": Filer,
        optional agent "agent": AgentNumber,
        optional authority "authority": Authority,
        optional identity "identity": IdentityCheck,
        optional name "name": AnnexId,
        optional power "power": AnnexId,
        /// The further instances that the power of attorney names.
        repeated instance "instance": Instance,
        /// 监护关系证明, of a statutory agent.
        optional relationship "relationship": AnnexId,
    }
    /// 确认诉前须知: the click that confirms, and the deposit of the exact notice that was shown.
    ConfirmNotice "confirm-notice" / "确认诉前须知" / "confirm the notices before filing" {
        optional document "document": DepositNumber,
    }
    /// 送达确认: the documents served have come, and where further ones may be sent.
    ConfirmService "confirm-service" / "送达确认" / "confirm service" {
        optional document "document": DepositNumber,
        optional address "address": AnnexId,
    }
    /// 提交: what was imported is locked from here on.
    Submit "submit" / "提交起诉状" / "submit" {}
    /// 退回补充材料.
    ReturnFiling "return-filing" / "退回补充材料" / "return for supplement" {
        optional reason "reason": AnnexId,
    }
    /// 审核通过.
    Approve "approve" / "审核通过" / "pass the review" {}
    /// 审核不通过.
    Reject "reject" / "审核不通过" / "not pass the review" {
        optional reason "reason": AnnexId,
    }
    /// 不予立案.
    Refuse "refuse" / "不予立案" / "refuse the filing" {
        optional reason "reason": AnnexId,
        /// 不予立案裁定 (民诉法 art. 126).
        optional document "document": DepositNumber,
    }
    /// 撤回立案申请.
    WithdrawFiling "withdraw-filing" / "撤回立案申请" / "withdraw the filing" {}
    /// 立案. The evidence period begins with the court's default until it is set otherwise.
    FileCase "file-case" / "立案" / "file the case" {
        optional number "number": CaseNumber,
    }
    /// 登记案号.
    BindNumber "bind-number" / "登记案号" / "register the case number" {
        required number "number": CaseNumber,
    }
    /// 分案.
    Assign "assign" / "分案" / "assign" {
        optional judge "judge": AccountId,
    }
    /// 开庭.
    BeginHearing "begin-hearing" / "开庭" / "begin the hearing" {}
    /// 休庭.
    AdjournHearing "adjourn-hearing" / "休庭" / "adjourn the hearing" {}
    /// 宣判.
    Judge "judge" / "宣判" / "give judgment" {
        optional document "document": DepositNumber,
    }
    /// 申请撤诉, on which the court rules.
    WithdrawSuit "withdraw-suit" / "申请撤诉" / "apply to withdraw the suit" {}
    /// 结案: a mediation that is over, a proceeding that ends without judgment.
    Close "close" / "结案" / "close" {}
    /// The items went on to another case.
    PassOn "pass-on" / "转入后续案件" / "continue in another case" {
        required to "to": CaseId,
        required transfer "passage": TransferKind,
    }

    // Its evidence: their fields are in `evidence_acts`.
    Import "import" / "导入存证平台证据" / "import evidence from the deposit platform";
    Restate "restate" / "编辑证据" / "restate an item";
    ReceiveItem "receive-item" / "接收证据并出具收据" / "receive an item and give a receipt";
    WithdrawItem "withdraw-item" / "撤回证据" / "withdraw an item";
    Verify "verify" / "核验" / "verify";
    Diverge "diverge" / "链上信息与导入时不一致" / "the chain differs from what was imported";
    Reply "reply" / "质证意见" / "reply to an item";
    Consent "consent" / "同意调解材料用于诉讼" / "let mediation material be used in a suit";

    // Its evidence period.
    /// 指定举证期限.
    SetPeriod "set-period" / "指定举证期限" / "set the evidence period" {
        required basis "basis": Basis,
        /// The day on which the notice was served; absent where the period begins with the service recorded in the case.
        optional start "start": Day,
        required days "days": u32,
        /// For one party only.
        optional party "party": PartyNumber,
    }
    /// 管辖异议: the period is suspended.
    SuspendPeriod "suspend-period" / "管辖异议，举证期限中止" / "suspend the evidence period" {
        required on "on": Day,
    }
    /// The ruling on it: the period runs again.
    ResumePeriod "resume-period" / "恢复计算举证期限" / "resume the evidence period" {
        required on "on": Day,
    }
    /// 延长举证期限, for all parties.
    ExtendPeriod "extend-period" / "延长举证期限" / "extend the evidence period" {
        required days "days": u32,
    }
    /// 重新指定举证期限.
    ResetPeriod "reset-period" / "重新指定举证期限" / "set the evidence period anew" {
        required basis "basis": Basis,
        optional start "start": Day,
        required days "days": u32,
        optional party "party": PartyNumber,
        /// The ground of the law on which it is set anew.
        optional ground "ground": ResetGround,
    }
    /// 证据交换: the period ends on that day.
    ExchangeEvidence "exchange-evidence" / "证据交换" / "exchange evidence" {
        required day "day": Day,
    }
    // Deferral and other periods, late evidence, decisions on items, changed claims: their fields are in `period_acts`.
    AllowRebuttal "allow-rebuttal" / "再次确定举证期限（反驳、补正）" / "allow a period for rebuttal or for curing a defect";
    OpenReplies "open-replies" / "组织非同步质证" / "open replies at different times";
    ApplyDeferral "apply-deferral" / "申请顺延期限" / "apply for a deferral of a period";
    DecideDeferral "decide-deferral" / "决定是否准许顺延期限" / "decide on the deferral of a period";
    RequireReason "require-reason" / "责令说明逾期理由" / "require the reason of the lateness";
    ExplainLateness "explain-lateness" / "说明逾期理由" / "state the reason of the lateness";
    DecideLateness "decide-lateness" / "对逾期举证作出处理" / "decide on late evidence";
    DecideAdmission "decide-admission" / "对证据是否采信作出认定" / "decide on the admission of an item";
    ChangeClaims "change-claims" / "变更诉讼请求" / "change the claims";
    Counterclaim "counterclaim" / "提出反诉" / "raise a counterclaim";
    ConvertProcedure "convert-procedure" / "转换程序" / "convert the procedure";

    // The dossier, decisions, appeals, hand-overs, court pairs: their fields are in `course_acts`.
    FileDocument "file-document" / "归入卷宗" / "add to the dossier";
    FormPanel "form-panel" / "组成合议庭" / "form the panel";
    Rule "rule" / "裁定" / "rule";
    ObjectJurisdiction "object-jurisdiction" / "提出管辖异议" / "object to jurisdiction";
    Answer "answer" / "提交答辩状" / "answer";
    Appeal "appeal" / "提起上诉" / "appeal";
    WithdrawAppeal "withdraw-appeal" / "申请撤回上诉" / "apply to withdraw the appeal";
    SendHandOver "send-hand-over" / "移交案卷" / "send the dossier";
    ReceiveHandOver "receive-hand-over" / "收到案卷" / "receive the dossier";
    AcceptHandOver "accept-hand-over" / "核对相符并接收" / "accept the dossier";
    ReportDifference "report-difference" / "核对不符" / "report that the dossier differs";
    ReturnHandOver "return-hand-over" / "退回补正" / "return the dossier to be corrected";
    TakeOver "take-over" / "接收并立案" / "take over and file the case";
    TakeBack "take-back" / "案卷已退回" / "record that the dossier came back";
    SetAppealCourt "set-appeal-court" / "登记上诉法院" / "set the court of appeal";
    EndAppealCourt "end-appeal-court" / "终止上诉法院登记" / "end a court of appeal";

    // Erasure.
    /// A court orders private content erased although a case holds it.
    OrderErasure "order-erasure" / "准许删除非公开信息" / "permit an erasure" {
        optional deposit "deposit": DepositNumber,
        optional account "account": AccountId,
        /// The document of the decision.
        optional document "document": DepositNumber,
    }
    /// A court suspends the erasure of private content until it releases it. The reason is an annex.
    Hold "hold" / "暂停删除非公开信息" / "suspend an erasure" {
        optional deposit "deposit": DepositNumber,
        optional account "account": AccountId,
        required reason "reason": AnnexId,
    }
    /// The court ends a hold.
    Release "release" / "解除暂停删除" / "end the suspension of an erasure" {
        optional deposit "deposit": DepositNumber,
        optional account "account": AccountId,
        optional reason "reason": AnnexId,
    }
    /// Private content is erased; the chain stays whole.
    Erase "erase" / "删除非公开信息" / "erase private content" {
        optional deposit "deposit": DepositNumber,
        optional account "account": AccountId,
        repeated annex "annex": AnnexId,
        /// The case whose court ordered it.
        optional order "order": CaseId,
    }

    // What is held and who saw it.
    /// An original was taken into custody: hashed as it came, which is its verification.
    TakeCustody "take-custody" / "接收原文保管" / "take an original into custody" {
        required deposit "deposit": DepositNumber,
        required object "object": Digest,
        required key "key": AnnexId,
        required size "size": u64,
        repeated data_hash "data-hash": (HashAlgorithm, Digest),
        /// The case of which it is a document; absent for an original that its depositor gives.
        optional case "case": CaseId,
    }
    /// Private content is about to be shown.
    Access "access" / "查阅" / "see private content" {
        required shown "shown": AccessedContent,
        optional case "case": CaseId,
        optional item "item": ItemNumber,
        optional deposit "deposit": DepositNumber,
        optional account "account": AccountId,
    }

    // Accounts.
    /// 注册.
    OpenAccount "open-account" / "开立账号" / "open an account" {
        required account "account": AccountId,
        required subject "subject": SubjectKind,
        optional name "name": AnnexId,
    }
    /// 实名认证, made outside of the platform or by a clerk at the court.
    CheckIdentity "check-identity" / "实名核验" / "record an identity check" {
        required account "account": AccountId,
        required identity "identity": IdentityCheck,
        optional reference "reference": AnnexId,
        /// The provider that made it, and the request of the account's holder that it answers.
        optional provider "provider": TokenId,
        optional verification "verification": TokenId,
    }
    /// A role is granted, for one court where it is of a court.
    Grant "grant" / "授予角色" / "grant a role" {
        required account "account": AccountId,
        required role "role": Role,
        optional court "court": CourtCode,
    }
    /// A role is taken back.
    EndGrant "end-grant" / "撤销角色" / "revoke a role" {
        required account "account": AccountId,
        required role "role": Role,
        optional court "court": CourtCode,
    }
    /// Closes an account: its roles and tokens end. What it did stays on the chain.
    CloseAccount "close-account" / "注销账号" / "close an account" {
        required account "account": AccountId,
    }
    /// A bearer token, known by the digest of its secret only.
    IssueToken "issue-token" / "签发令牌" / "issue a token" {
        required token "token": TokenId,
        required account "account": AccountId,
        required hash "hash": Digest,
        repeated scope "scope": Scope,
        required expires "expires": Timestamp,
        /// The token with which it was issued; none where the platform issued it.
        optional parent "parent": TokenId,
    }
    /// A token is no longer accepted, nor are those that were issued with it.
    RevokeToken "revoke-token" / "撤销令牌" / "revoke a token" {
        required token "token": TokenId,
        /// Tokens issued with it that stay good.
        optional kept "kept": KeptTokens,
    }
    /// A court accepts deposits of another ledger, by its key.
    TrustLedger "trust-ledger" / "列入可导入的存证账本" / "accept another ledger" {
        required court "court": CourtCode,
        required key "key": VerifierKey,
    }
    /// A court no longer accepts them.
    DistrustLedger "distrust-ledger" / "移出可导入的存证账本" / "no longer accept another ledger" {
        required court "court": CourtCode,
        required key "key": VerifierKey,
    }
    /// 法定节假日及调休 of a year.
    LoadCalendar "load-calendar" / "载入节假日安排" / "load a year's holidays" {
        required year "year": u32,
        repeated holiday "holiday": Day,
        repeated workday "workday": Day,
    }
    /// Registers a webhook for a court's events.
    AddHook "add-hook" / "登记事件推送" / "register a webhook" {
        required hook "hook": TokenId,
        required court "court": CourtCode,
        required url "url": AnnexId,
        required secret "secret": AnnexId,
    }
    /// Removes a webhook.
    EndHook "end-hook" / "取消事件推送" / "remove a webhook" {
        required hook "hook": TokenId,
    }

    // Identity checks by outside providers, logins at identity providers: their fields are in `identity_acts`.
    AddIdentityProvider "add-identity-provider" / "登记实名核验机构" / "register a provider of identity checks";
    EndIdentityProvider "end-identity-provider" / "取消实名核验机构登记" / "remove a provider of identity checks";
    RequestIdentity "request-identity" / "申请实名核验" / "ask for an identity check";
    FailIdentity "fail-identity" / "实名核验未通过" / "record that an identity check failed";
    LinkLogin "link-login" / "关联统一身份认证登录" / "link a login of an identity provider";
    EndLoginLink "end-login-link" / "解除统一身份认证关联" / "end the link of a login";
    AcceptRole "accept-role" / "接受角色" / "accept a role";

    // Service of documents: their fields are in `service`.
    ConsentService "consent-service" / "在线诉讼及电子送达意见" / "say whether electronic service is agreed to";
    ServiceAddress "service-address" / "登记送达地址" / "register an address for service";
    EndServiceAddress "end-service-address" / "停用送达地址" / "end an address for service";
    NameReceiver "name-receiver" / "指定代收人" / "name a receiver";
    Serve "serve" / "登记送达" / "begin a service";
    SendService "send-service" / "发送送达文书" / "send a document";
    ReportService "report-service" / "登记送达状态" / "report a step of a service";
    ConfirmReceipt "confirm-receipt" / "确认收悉" / "confirm receipt";
    RequestPaper "request-paper" / "要求提供纸质文书" / "ask for a document on paper";
    ObjectService "object-service" / "对送达提出异议" / "object to a service";
    DecideService "decide-service" / "处理送达异议" / "decide on an objection to a service";
    DetermineService "determine-service" / "确定以何次送达为准" / "state which service counts";
    CertifyService "certify-service" / "制作电子送达凭证" / "issue the certificate of service";
    AddGateway "add-gateway" / "登记送达通道" / "register a court's gateway";
    EndGateway "end-gateway" / "取消送达通道" / "remove a court's gateway";

    // Appointments, hearings, transcripts, confirmation rounds, mediations.
    Appoint "appoint" / "指派参与人员" / "appoint somebody to a case";
    EndAppointment "end-appointment" / "终止指派" / "end an appointment";
    EndHearing "end-hearing" / "结束庭审" / "end the hearing";
    JoinSession "join-session" / "进入在线活动" / "join a session";
    LeaveSession "leave-session" / "退出在线活动" / "leave a session";
    AddRecording "add-recording" / "登记庭审录像分段" / "record a segment of a hearing";
    CloseRecording "close-recording" / "固定庭审录像清单" / "close the recording of a hearing";
    OpenTranscript "open-transcript" / "制作笔录" / "open a transcript";
    AddTranscriptVersion "add-transcript-version" / "形成笔录版本" / "add a version of a transcript";
    RequestCorrection "request-correction" / "申请补正笔录" / "request a correction of a transcript";
    DecideCorrection "decide-correction" / "处理补正申请" / "decide on a correction";
    FinaliseTranscript "finalise-transcript" / "笔录定稿" / "finalise a transcript";
    OpenRound "open-round" / "发起确认" / "open a confirmation round";
    Confirm "confirm" / "确认（签名）" / "confirm";
    WithdrawConfirmation "withdraw-confirmation" / "撤回签名" / "take a confirmation back";
    RecordRefusal "record-refusal" / "记明拒绝签名" / "record a refusal to confirm";
    AgreeMediation "agree-mediation" / "同意调解" / "agree to a mediation";
    AcceptMediation "accept-mediation" / "接受调解" / "accept a mediation";
    ProlongMediation "prolong-mediation" / "同意延长调解期限" / "agree to a longer mediation";
    DraftAgreement "draft-agreement" / "拟定调解协议" / "draft an agreement";
    AgreeSigning "agree-signing" / "同意在线确认" / "agree to confirm online";
    EndMediation "end-mediation" / "终止调解" / "end a mediation";
    ApplyWayOut "apply-way-out" / "申请后续处理" / "apply on the basis of an agreement";
    IssueMediationDocument "issue-mediation-document" / "制作调解书" / "issue a mediation document";
    ForwardItem "forward-item" / "同意移交本方材料" / "let an own item go into the suit";
}

impl ActKind {
    /// Whether it is an act of service (送达), with the exception of `confirm-service` of the first rules.
    #[must_use]
    pub const fn is_of_service(self) -> bool {
        matches!(
            self,
            Self::ConsentService
                | Self::ServiceAddress
                | Self::EndServiceAddress
                | Self::NameReceiver
                | Self::Serve
                | Self::SendService
                | Self::ReportService
                | Self::ConfirmReceipt
                | Self::RequestPaper
                | Self::ObjectService
                | Self::DecideService
                | Self::DetermineService
                | Self::CertifyService
        )
    }
}
