//! The fields of the acts of decisions, appeals and hand-overs, and of court pairs. Their words and names are in `acts`.

use crate::court::acts::grammar::act_types;
use crate::court::calendar::Day;
use crate::court::case_number::{CaseNumber, CourtCode};
use crate::court::course_words::{
    AppealOutcome, DocumentForm, FiledWith, JurisdictionGround, RetrialGround, RulingKind, Volume,
};
use crate::court::ids::{AccountId, AnnexId, AppealNumber, CaseId, DocumentNumber, HandOverNumber, PartyNumber};
use crate::court::service_words::DocumentKind;
use crate::court::words::{Procedure, TransferKind};
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::statement::text::ManifestRoot;

act_types! {
    /// 归入卷宗: a document of the dossier. In the second volume the annex holds its number and digests.
    FileDocument {
        required document "document": DocumentNumber,
        required volume "volume": Volume,
        required form "form": DocumentForm,
        required pages "pages": u32,
        optional deposit "deposit": DepositNumber,
        repeated data_hash "data-hash": (HashAlgorithm, Digest),
        required entry "entry": AnnexId,
    }
    /// 组成合议庭: all members, the presiding judge too.
    FormPanel {
        repeated member "member": AccountId,
    }

    /// 裁定, by the assigned judge or the panel.
    Rule {
        required ruling "ruling": RulingKind,
        required document "document": DepositNumber,
        /// The party whose appeal is withdrawn, or not.
        optional party "party": PartyNumber,
    }
    /// 管辖异议 (民诉法 art. 130).
    ObjectJurisdiction {
        required party "party": PartyNumber,
        required reason "reason": AnnexId,
        optional document "document": DepositNumber,
        /// What it alleges; absent for territorial jurisdiction.
        optional ground "ground": JurisdictionGround,
    }
    /// 答辩: to the suit, or to an appeal.
    Answer {
        required party "party": PartyNumber,
        required document "document": DepositNumber,
        optional appeal "appeal": AppealNumber,
    }

    /// 提起上诉: the decision appealed is named by its document.
    Appeal {
        required appeal "appeal": AppealNumber,
        required party "party": PartyNumber,
        required decision "decision": DepositNumber,
        required petition "petition": DepositNumber,
        repeated against "against": PartyNumber,
        required filed_with "filed-with": FiledWith,
        /// 交邮日 or 递交日, where the court enters it.
        optional day "day": Day,
    }
    /// 申请撤回上诉.
    WithdrawAppeal {
        required party "party": PartyNumber,
    }

    /// 移交案卷: the sending court.
    SendHandOver {
        required hand_over "hand-over": HandOverNumber,
        required kind "kind": TransferKind,
        required to "to": CourtCode,
        required basis "basis": DepositNumber,
        repeated party "party": PartyNumber,
        required manifest "manifest": ManifestRoot,
        optional second_volume "second-volume": ManifestRoot,
        optional on_paper "on-paper": u32,
        /// The result of the second instance, where the dossier goes back.
        optional outcome "outcome": AppealOutcome,
        /// The ground of a retrial; absent for an application.
        optional ground "ground": RetrialGround,
    }
    /// 收到案卷: the receiving court.
    ReceiveHandOver {
        required hand_over "hand-over": HandOverNumber,
    }
    /// 核对相符并接收: what the receiving court hashed itself.
    AcceptHandOver {
        required hand_over "hand-over": HandOverNumber,
        required manifest "manifest": ManifestRoot,
        optional second_volume "second-volume": ManifestRoot,
        /// The case in which it is continued.
        optional to "to": CaseId,
        /// By which procedure, for a retrial.
        optional procedure "procedure": Procedure,
    }
    /// 核对不符.
    ReportDifference {
        required hand_over "hand-over": HandOverNumber,
        required manifest "manifest": ManifestRoot,
        optional second_volume "second-volume": ManifestRoot,
        required reason "reason": AnnexId,
    }
    /// 退回补正, with the list of what is missing.
    ReturnHandOver {
        required hand_over "hand-over": HandOverNumber,
        required reason "reason": AnnexId,
    }
    /// 接收并立案: ends the opening of a case that came by a hand-over.
    TakeOver {
        required case "case": CaseId,
        required hand_over "hand-over": HandOverNumber,
        required court "court": CourtCode,
        required manifest "manifest": ManifestRoot,
        required parties "parties": u32,
        required agents "agents": u32,
        required items "items": u32,
        repeated withdrawing "withdrawing": PartyNumber,
        optional number "number": CaseNumber,
        /// The judges and members of the panel who have heard the case so far.
        repeated former_judge "former-judge": AccountId,
        /// The accounts that took part as a party or agent so far.
        repeated former_participant "former-participant": AccountId,
        /// In a second instance: whether a judgment or a ruling was appealed.
        optional appealed "appealed": DocumentKind,
        /// The hand-over by which the case before had come to its court.
        optional came_by "came-by": TransferKind,
    }
    /// 案卷已退回: in the case of first instance.
    TakeBack {
        required case "case": CaseId,
        required hand_over "hand-over": HandOverNumber,
        required manifest "manifest": ManifestRoot,
        required decision "decision": DepositNumber,
        required outcome "outcome": AppealOutcome,
    }

    /// 登记上诉法院: which court hears appeals from which, from a day on.
    SetAppealCourt {
        required court "court": CourtCode,
        required hears "hears": CourtCode,
        required from "from": Day,
        /// The source that says so.
        required source "source": AnnexId,
    }
    /// 终止上诉法院登记, from a day on.
    EndAppealCourt {
        required court "court": CourtCode,
        required hears "hears": CourtCode,
        required from "from": Day,
        required source "source": AnnexId,
    }
}
