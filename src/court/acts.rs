//! The acts of the filing flow, field by field: all that can ever happen to a case, an account or a held original.
//!
//! An act holds opaque ids, numbers, words, times and commitments to annexes, and no text about anybody: names and
//! reasons stand in annexes ([`AnnexId`]) that can be erased without breaking the fold.
//!
//! Not here: the document around an act (`document`), what it does to a case (`case_file`) or to accounts (`registry`),
//! who may do it (`permission`), how types and parsers come from the list (`grammar`).

mod grammar;

use crate::court::acts::grammar::{acts, field};
use crate::court::calendar::Day;
use crate::court::case_number::{CaseNumber, CourtCode};
use crate::court::ids::{AccountId, AgentNumber, AnnexId, CaseId, CodeNumber, ItemNumber, PartyNumber, TokenId};
use crate::court::line_value::{LineValue, many, one, optional, write};
use crate::court::period::basis::Basis;
use crate::court::values::{Code, Filer, FirstImport, IdentityCheck, StepOutcome};
use crate::court::words::{
    AccessedContent, Authority, CaseKind, Depositor, Divergence, Ground, KeptTokens, Opinion, PartyRole, Phase,
    Presented, Procedure, Role, Scope, SubjectKind, TransferKind, words,
};
use crate::ledger::block::Height;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::text::{Fields, TextError};
use crate::ledger::time::Timestamp;

/// Most lines of one name in an act.
pub const LINES_MAX: usize = 400;
/// Lines that stand before an act's own.
pub const HEAD: [&str; 6] = ["stream", "by", "capacity", "request", "body", "act"];

acts! {
    // A case: filing.
    /// A case begins as a draft of whoever files it; its first party is the one that brings it.
    Open "open" / "创建案件" / "open a case" {
        one court "court": CourtCode,
        one kind "kind": CaseKind,
        one procedure "procedure": Procedure,
        one role "role": PartyRole,
        one subject "subject": SubjectKind,
        one filer "filer": Filer,
        optional authority "authority": Authority,
        optional identity "identity": IdentityCheck,
        /// The case that this one continues.
        optional from "from": CaseId,
        optional passage "passage": TransferKind,
        /// Account of the party where it is not the filer.
        optional account "account": AccountId,
        one name "name": AnnexId,
        optional title "title": AnnexId,
        optional claims "claims": AnnexId,
        optional power "power": AnnexId,
    }
    /// 案由, 诉讼请求、事实和理由: written anew.
    Describe "describe" / "填写诉讼请求" / "state the claims" {
        optional title "title": AnnexId,
        optional claims "claims": AnnexId,
    }
    /// 增加当事人.
    AddParty "add-party" / "增加当事人" / "add a party" {
        one party "party": PartyNumber,
        one role "role": PartyRole,
        one subject "subject": SubjectKind,
        optional account "account": AccountId,
        one name "name": AnnexId,
    }
    /// 委托诉讼代理人: one or two a party.
    AddAgent "add-agent" / "委托诉讼代理人" / "appoint an agent" {
        one agent "agent": AgentNumber,
        one party "party": PartyNumber,
        one account "account": AccountId,
        one authority "authority": Authority,
        optional identity "identity": IdentityCheck,
        optional name "name": AnnexId,
        optional power "power": AnnexId,
    }
    /// 解除委托.
    EndAgent "end-agent" / "解除委托" / "end an agency" {
        one agent "agent": AgentNumber,
    }
    /// 关联码: for one party and its agents, each so many times.
    IssueCode "issue-code" / "生成关联码" / "issue an association code" {
        one code "code": CodeNumber,
        one party "party": PartyNumber,
        one hash "hash": Digest,
        one party_uses "party-uses": u32,
        one agent_uses "agent-uses": u32,
        one expires "expires": Timestamp,
    }
    /// 关联案件 with a 关联码.
    Associate "associate" / "关联案件" / "associate with the case" {
        one code "code": CodeNumber,
        one filer "filer": Filer,
        optional agent "agent": AgentNumber,
        optional authority "authority": Authority,
        optional identity "identity": IdentityCheck,
        optional name "name": AnnexId,
        optional power "power": AnnexId,
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
    }
    /// 撤回立案申请.
    WithdrawFiling "withdraw-filing" / "撤回立案申请" / "withdraw the filing" {}
    /// 立案. The evidence period begins with the court's default until it is set otherwise.
    FileCase "file-case" / "立案" / "file the case" {
        optional number "number": CaseNumber,
    }
    /// 绑定案号.
    BindNumber "bind-number" / "绑定案号" / "bind the case number" {
        one number "number": CaseNumber,
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
    /// 撤诉.
    WithdrawSuit "withdraw-suit" / "撤诉" / "withdraw the suit" {}
    /// 结案: a mediation that is over, a proceeding that ends without judgment.
    Close "close" / "结案" / "close" {}
    /// The items went on to another case.
    PassOn "pass-on" / "移送" / "hand over to another case" {
        one to "to": CaseId,
        one passage "passage": TransferKind,
    }

    // Its evidence.
    /// 导入存证平台证据, with what the chain said at that moment.
    Import "import" / "导入存证平台证据" / "import evidence from the deposit platform" {
        one item "item": ItemNumber,
        one party "party": PartyNumber,
        one phase "phase": Phase,
        one deposit "deposit": DepositNumber,
        one name "name": AnnexId,
        one content "content": AnnexId,
        optional replaces "replaces": ItemNumber,
        optional carried "carried": FirstImport,
        one depositor "depositor": Depositor,
        optional identity "identity": IdentityCheck,
        one ledger "ledger": Name,
        one tx_id "tx-id": Digest,
        one block_hash "block-hash": Digest,
        one block_height "block-height": Height,
        one prev_block_hash "prev-block-hash": Digest,
        many data_hash "data-hash": (HashAlgorithm, Digest),
        one tx_submitted_at "tx-submitted-at": Timestamp,
        one block_generated_at "block-generated-at": Timestamp,
        /// SHA-256 of the receipt, for a deposit of another ledger.
        optional receipt "receipt": Digest,
        /// That receipt itself, so that the file alone verifies later.
        optional receipt_annex "receipt-annex": AnnexId,
    }
    /// 编辑证据: name and content written anew, in the period.
    Restate "restate" / "编辑证据" / "restate an item" {
        one item "item": ItemNumber,
        one name "name": AnnexId,
        one content "content": AnnexId,
    }
    /// 撤回: no longer relied on in this case; never deleted.
    WithdrawItem "withdraw-item" / "撤回证据" / "withdraw an item" {
        one item "item": ItemNumber,
        optional reason "reason": AnnexId,
    }
    /// 核验.
    Verify "verify" / "核验" / "verify" {
        one item "item": ItemNumber,
        one deposit "deposit": DepositNumber,
        one presented "presented": Presented,
        optional size "size": u64,
        many presented_hash "presented-hash": (HashAlgorithm, Digest),
        one conclusion "conclusion": Code,
        /// Why it could not be carried out.
        optional obstacle "obstacle": Code,
        many reservation "reservation": Code,
        many step "step": StepOutcome,
    }
    /// The chain no longer says what was imported: an alarm.
    Diverge "diverge" / "链上信息与导入时不一致" / "the chain differs from what was imported" {
        one item "item": ItemNumber,
        one what "what": Divergence,
    }
    /// 质证意见: changed only by a new version.
    Reply "reply" / "质证回复" / "reply to an item" {
        one item "item": ItemNumber,
        one party "party": PartyNumber,
        one version "version": u32,
        optional authenticity "authenticity": Opinion,
        optional legality "legality": Opinion,
        optional relevance "relevance": Opinion,
        many ground "ground": Ground,
        optional probative_value "probative-value": AnnexId,
        optional reason "reason": AnnexId,
    }
    /// 调解规则 art. 18: the party that offered it lets an item of a mediation be used in a suit.
    Consent "consent" / "同意调解材料用于诉讼" / "let mediation material be used in a suit" {
        one item "item": ItemNumber,
    }

    // Its evidence period.
    /// 指定举证期限.
    SetPeriod "set-period" / "指定举证期限" / "set the evidence period" {
        one basis "basis": Basis,
        one start "start": Day,
        one days "days": u32,
    }
    /// 管辖异议: the period stands still.
    SuspendPeriod "suspend-period" / "管辖异议，举证期限中止" / "suspend the evidence period" {
        one on "on": Day,
    }
    /// The ruling on it: the period runs again.
    ResumePeriod "resume-period" / "恢复计算举证期限" / "resume the evidence period" {
        one on "on": Day,
    }
    /// 延长举证期限, for all parties.
    ExtendPeriod "extend-period" / "延长举证期限" / "extend the evidence period" {
        one days "days": u32,
    }
    /// 重新指定举证期限.
    ResetPeriod "reset-period" / "重新指定举证期限" / "set the evidence period anew" {
        one basis "basis": Basis,
        one start "start": Day,
        one days "days": u32,
    }
    /// 证据交换: the period ends on that day.
    ExchangeEvidence "exchange-evidence" / "证据交换" / "exchange evidence" {
        one day "day": Day,
    }

    // Erasure.
    /// A court orders private content erased although a case holds it.
    OrderErasure "order-erasure" / "裁定删除非公开信息" / "order an erasure" {
        optional deposit "deposit": DepositNumber,
        optional account "account": AccountId,
    }
    /// A court suspends the erasure of private content until it releases it. The reason is an annex.
    Hold "hold" / "暂停删除非公开信息" / "suspend an erasure" {
        optional deposit "deposit": DepositNumber,
        optional account "account": AccountId,
        one reason "reason": AnnexId,
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
        many annex "annex": AnnexId,
        /// The case whose court ordered it.
        optional order "order": CaseId,
    }

    // What is held and who saw it.
    /// An original was taken into custody: hashed as it came, which is its verification.
    TakeCustody "take-custody" / "接收原文保管" / "take an original into custody" {
        one deposit "deposit": DepositNumber,
        one object "object": Digest,
        one key "key": AnnexId,
        one size "size": u64,
        many data_hash "data-hash": (HashAlgorithm, Digest),
    }
    /// Private content is about to be shown.
    Access "access" / "查阅" / "see private content" {
        one shown "shown": AccessedContent,
        optional case "case": CaseId,
        optional item "item": ItemNumber,
        optional deposit "deposit": DepositNumber,
        optional account "account": AccountId,
    }

    // Accounts.
    /// 注册.
    OpenAccount "open-account" / "开立账号" / "open an account" {
        one account "account": AccountId,
        one subject "subject": SubjectKind,
        optional name "name": AnnexId,
    }
    /// 实名认证, made elsewhere or by a clerk who saw the papers.
    CheckIdentity "check-identity" / "身份核验" / "record an identity check" {
        one account "account": AccountId,
        one identity "identity": IdentityCheck,
        optional reference "reference": AnnexId,
    }
    /// A role is granted, for one court where it is of a court.
    Grant "grant" / "授予角色" / "grant a role" {
        one account "account": AccountId,
        one role "role": Role,
        optional court "court": CourtCode,
    }
    /// A role is taken back.
    EndGrant "end-grant" / "撤销角色" / "revoke a role" {
        one account "account": AccountId,
        one role "role": Role,
        optional court "court": CourtCode,
    }
    /// A bearer token, known by the digest of its secret only.
    IssueToken "issue-token" / "签发令牌" / "issue a token" {
        one token "token": TokenId,
        one account "account": AccountId,
        one hash "hash": Digest,
        many scope "scope": Scope,
        one expires "expires": Timestamp,
        /// The token with which it was issued; none where the platform issued it.
        optional parent "parent": TokenId,
    }
    /// A token is no longer accepted, nor are those that were issued with it.
    RevokeToken "revoke-token" / "撤销令牌" / "revoke a token" {
        one token "token": TokenId,
        /// Tokens issued with it that stay good.
        optional kept "kept": KeptTokens,
    }
    /// A court accepts deposits of another ledger, by its key.
    TrustLedger "trust-ledger" / "列入可导入的存证账本" / "accept another ledger" {
        one court "court": CourtCode,
        one key "key": VerifierKey,
    }
    /// A court no longer accepts them.
    DistrustLedger "distrust-ledger" / "移出可导入的存证账本" / "no longer accept another ledger" {
        one court "court": CourtCode,
        one key "key": VerifierKey,
    }
    /// 法定节假日及调休 of a year.
    LoadCalendar "load-calendar" / "载入节假日安排" / "load a year's holidays" {
        one year "year": u32,
        many holiday "holiday": Day,
        many workday "workday": Day,
    }
    /// A court's system is told of events.
    AddHook "add-hook" / "登记事件推送" / "register a webhook" {
        one hook "hook": TokenId,
        one court "court": CourtCode,
        one url "url": AnnexId,
        one secret "secret": AnnexId,
    }
    /// It is no longer told.
    EndHook "end-hook" / "取消事件推送" / "remove a webhook" {
        one hook "hook": TokenId,
    }
}
