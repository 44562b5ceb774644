//! The acts of appointments, hearings, transcripts, confirmation rounds and mediation agreements, with their fields.
//!
//! Not here: the effect of an act (`case`).

use crate::court::acts::grammar::act_types;
use crate::court::calendar::Day;
use crate::court::ids::{
    AccountId, AgreementNumber, AnnexId, CorrectionNumber, HearingNumber, ItemNumber, RoundNumber, TranscriptNumber,
};
use crate::court::session_words::{
    AgreementTrack, ConfirmationMethod, CorrectionDecision, CorrectionGround, MediationEnd, SessionActivity,
    TranscriptKind, VersionSource, WayOut,
};
use crate::court::signer::Signer;
use crate::court::values::{Capacity, IdentityCheck};
use crate::court::words::Role;
use crate::ledger::hash::Digest;
use crate::ledger::media::MediaType;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::time::Timestamp;

act_types! {
    /// 指派: a court names an account for this case: mediator, people's assessor, expert, ….
    Appoint {
        required role "role": Role,
        required account "account": AccountId,
    }
    /// The appointment ends.
    EndAppointment {
        required role "role": Role,
        required account "account": AccountId,
    }
    /// 结束庭审: the recording stops; checking and signing of the transcript follow.
    EndHearing {}
    /// A participant enters a hearing, an exchange of evidence or a mediation, with an identity check made for it.
    JoinSession {
        required activity "activity": SessionActivity,
        required identity "identity": IdentityCheck,
    }
    /// The participant leaves it.
    LeaveSession {
        required activity "activity": SessionActivity,
    }
    /// A segment of the recording of a hearing, by its own deposit.
    AddRecording {
        required hearing "hearing": HearingNumber,
        required segment "segment": u32,
        required document "document": DepositNumber,
        repeated data_hash "data-hash": (HashAlgorithm, Digest),
        required size "size": u64,
        /// Commitment to its path, as the item line of the manifest has it.
        required name "name": Digest,
        required from "from": Timestamp,
        required until "until": Timestamp,
    }
    /// The manifest over all segments of a hearing.
    CloseRecording {
        required hearing "hearing": HearingNumber,
        required document "document": DepositNumber,
        required root "root": Digest,
        required count "count": u32,
    }
    /// 制作笔录.
    OpenTranscript {
        required transcript "transcript": TranscriptNumber,
        required kind "kind": TranscriptKind,
        optional hearing "hearing": HearingNumber,
    }
    /// A version of a transcript, by its deposit. It supersedes the round of the version before.
    AddTranscriptVersion {
        required transcript "transcript": TranscriptNumber,
        required version "version": u32,
        required source "source": VersionSource,
        required document "document": DepositNumber,
        repeated data_hash "data-hash": (HashAlgorithm, Digest),
        required size "size": u64,
        optional media_type "type": MediaType,
    }
    /// 申请补正 (民诉法 art. 150 (2)): of one's own statements only.
    RequestCorrection {
        required transcript "transcript": TranscriptNumber,
        required version "version": u32,
        required correction "correction": CorrectionNumber,
        /// Whose statement it is.
        required speaker "speaker": Capacity,
        required ground "ground": CorrectionGround,
        required place "place": AnnexId,
        required wording "wording": AnnexId,
        /// The segment of the recording.
        optional segment "segment": u32,
    }
    /// The decision on such a request; a refused request is part of the record (art. 150 (2)).
    DecideCorrection {
        required transcript "transcript": TranscriptNumber,
        required correction "correction": CorrectionNumber,
        required decision "decision": CorrectionDecision,
        optional reason "reason": AnnexId,
    }
    /// 定稿.
    FinaliseTranscript {
        required transcript "transcript": TranscriptNumber,
    }
    /// A confirmation round on one version of a transcript or an agreement: the list of people is fixed here.
    OpenRound {
        required round "round": RoundNumber,
        optional transcript "transcript": TranscriptNumber,
        optional agreement "agreement": AgreementNumber,
        required version "version": u32,
        repeated signer "signer": Signer,
    }
    /// 确认: of exactly this digest, by or for the person at this place of the list.
    Confirm {
        required round "round": RoundNumber,
        required person "person": u32,
        required digest "digest": (HashAlgorithm, Digest),
        required method "method": ConfirmationMethod,
        optional identity "identity": IdentityCheck,
        /// The scan of what was signed on paper.
        optional document "document": DepositNumber,
    }
    /// 反悔 (民诉法 art. 102): a signature is taken back before the agreement is in force.
    WithdrawConfirmation {
        required round "round": RoundNumber,
        required person "person": u32,
    }
    /// 拒绝签名: recorded by the clerk for a transcript (民诉法 art. 150 (3)), or declared for an agreement.
    RecordRefusal {
        required round "round": RoundNumber,
        required person "person": u32,
        optional reason "reason": AnnexId,
    }
    /// A party agrees to a mediation.
    AgreeMediation {}
    /// A mediator accepts the mediation: its period begins.
    AcceptMediation {}
    /// A party agrees to a longer period (在线调解规则 art. 24); it holds once all parties named the same day.
    ProlongMediation {
        required until "until": Day,
    }
    /// A version of an agreement, or of a record of undisputed facts, by its deposit.
    DraftAgreement {
        required agreement "agreement": AgreementNumber,
        required version "version": u32,
        required track "track": AgreementTrack,
        required document "document": DepositNumber,
        repeated data_hash "data-hash": (HashAlgorithm, Digest),
        required size "size": u64,
        optional media_type "type": MediaType,
    }
    /// 同意在线确认: a party agrees to confirm the agreement online.
    AgreeSigning {
        required agreement "agreement": AgreementNumber,
    }
    /// The mediation ends without an agreement: of one draft, or as a whole.
    EndMediation {
        optional agreement "agreement": AgreementNumber,
        required reason "reason": MediationEnd,
        optional note "note": AnnexId,
    }
    /// What a party applies for on the basis of the signed agreement.
    ApplyWayOut {
        required agreement "agreement": AgreementNumber,
        required way "way": WayOut,
    }
    /// 制作调解书: the document that the parties must receive before the agreement is in force (民诉法 art. 100 (3)).
    IssueMediationDocument {
        required agreement "agreement": AgreementNumber,
        required document "document": DepositNumber,
    }
    /// A party lets its own material of a mediation go on into the suit (在线调解规则 art. 21).
    ForwardItem {
        required item "item": ItemNumber,
    }
}
