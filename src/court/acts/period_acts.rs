//! Acts about periods and late evidence, the court's decisions on items of evidence, and changes of the claims and the procedure.
//!
//! Not here: the evidence period itself and the imports (`acts`), the effect of an act (`case`).

use crate::court::acts::grammar::act_types;
use crate::court::calendar::Day;
use crate::court::ids::{AnnexId, ItemNumber, PartyNumber};
use crate::court::values::HandedIn;
use crate::court::window::{Subject, WindowKind};
use crate::court::words::{AdmissionDecision, ClaimChange, LatenessDecision, Procedure};
use crate::ledger::number::DepositNumber;

act_types! {
    /// 证据规定 art. 51 (3): another period for one party and one purpose, rebuttal or the cure of a defect.
    AllowRebuttal {
        required party "party": PartyNumber,
        required item "item": ItemNumber,
        required days "days": u32,
        optional start "start": Day,
    }
    /// 在线诉讼规则 art. 14: the period in which the parties reply at different times.
    OpenReplies {
        required days "days": u32,
        optional start "start": Day,
        optional party "party": PartyNumber,
    }
    /// 民诉法 art. 86: a party applies for a deferral of a period.
    ApplyDeferral {
        required party "party": PartyNumber,
        required window "window": WindowKind,
        /// The day on which the obstacle ended.
        required obstacle_ended "obstacle-ended": Day,
        required reason "reason": AnnexId,
        /// Posted or handed in earlier, where the court enters it.
        optional handed_in "handed-in": HandedIn,
        /// What the period is about, where the party has several of its kind.
        optional about "about": Subject,
    }
    /// The court's decision on the application.
    DecideDeferral {
        required party "party": PartyNumber,
        required window "window": WindowKind,
        /// The new last day; absent where the application is dismissed.
        optional last "last": Day,
        optional reason "reason": AnnexId,
        /// What the period is about, where the party has several applications pending for its kind.
        optional about "about": Subject,
    }
    /// 民诉法 art. 68: the court orders the party to state the reason of its lateness.
    RequireReason {
        required item "item": ItemNumber,
        optional days "days": u32,
    }
    /// The party states it.
    ExplainLateness {
        required item "item": ItemNumber,
        required reason "reason": AnnexId,
        optional handed_in "handed-in": HandedIn,
    }
    /// 民诉法 art. 68: what follows of the lateness.
    DecideLateness {
        required item "item": ItemNumber,
        required decision "decision": LatenessDecision,
        /// 罚款, in yuan.
        optional fine "fine": u64,
        optional document "document": DepositNumber,
        optional reason "reason": AnnexId,
    }
    /// 证据规定 art. 97: whether the court adopts an item, and why.
    DecideAdmission {
        required item "item": ItemNumber,
        required decision "decision": AdmissionDecision,
        optional document "document": DepositNumber,
        optional reason "reason": AnnexId,
    }
    /// 增加、变更、放弃诉讼请求.
    ChangeClaims {
        required party "party": PartyNumber,
        required change "change": ClaimChange,
        required claims "claims": AnnexId,
        optional document "document": DepositNumber,
        optional handed_in "handed-in": HandedIn,
    }
    /// 反诉.
    Counterclaim {
        required party "party": PartyNumber,
        required claims "claims": AnnexId,
        optional document "document": DepositNumber,
        optional handed_in "handed-in": HandedIn,
    }
    /// 民诉法 art. 170: by ruling.
    ConvertProcedure {
        required procedure "procedure": Procedure,
        /// The ruling.
        optional document "document": DepositNumber,
    }
}
