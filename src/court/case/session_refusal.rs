//! The reasons to reject an act upon hearings, transcripts, confirmation rounds and mediations.

use crate::court::ids::{AgreementNumber, CorrectionNumber, HearingNumber, RoundNumber, TranscriptNumber};
use crate::error_code::ErrorCode;

/// Why such an act is rejected. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionRefusal {
    /// Name one transcript or one agreement that has a version.
    #[error("name one transcript or one agreement that has a version")]
    NoSuchPaper,
    /// No such transcript in this case.
    #[error("there is no transcript {0}")]
    NoSuchTranscript(TranscriptNumber),
    /// No such agreement in this case.
    #[error("there is no agreement {0}")]
    NoSuchAgreement(AgreementNumber),
    /// No such confirmation round in this case.
    #[error("there is no confirmation round {0}")]
    NoSuchRound(RoundNumber),
    /// No such request for correction.
    #[error("there is no request for correction {0}")]
    NoSuchCorrection(CorrectionNumber),
    /// No such hearing in this case.
    #[error("there is no hearing {0}")]
    NoSuchHearing(HearingNumber),
    /// No hearing is in session, or the transcript names none.
    #[error("no hearing is in session; a transcript of a hearing names the hearing")]
    NoHearing,
    /// The hearing has not ended yet.
    #[error("the hearing has not ended yet: sign and close the recording after it")]
    HearingNotEnded,
    /// The participant has not entered this session.
    #[error("the participant has not entered this session, or has left it")]
    NotInTheSession,
    /// The manifest of the recording is fixed.
    #[error("the manifest of this recording is fixed: nothing can be added")]
    RecordingClosed,
    /// The segment begins before the previous one ends, or ends before it begins.
    #[error("the segment begins before the previous one ends, or ends before it begins")]
    SegmentOrder,
    /// The manifest is not that of the recorded segments.
    #[error("root and number of the manifest are not those of the recorded segments in their order")]
    ManifestDiffers,
    /// An identity check made for this session is needed.
    #[error("the identity check was not made for this session: check again, at most 24 hours before")]
    IdentityStale,
    /// A newer version has replaced this one.
    #[error("a newer version has replaced this one: read and confirm the latest")]
    VersionSuperseded,
    /// The digest is not that of the document to be confirmed.
    #[error("the digest is not that of the document to be confirmed: nothing was confirmed")]
    OtherDigest,
    /// Not on the list of this round.
    #[error("this person is not on the list of the round, or you do not act for this person")]
    NotOnTheList,
    /// This person has confirmed already.
    #[error("this person has confirmed already")]
    AlreadyConfirmed,
    /// There is no confirmation to take back.
    #[error("this person has not confirmed: there is nothing to take back")]
    NotConfirmed,
    /// A signature under a transcript cannot be taken back.
    #[error("a signature under a transcript cannot be taken back: request a correction")]
    NotWithdrawable,
    /// All have signed, and the agreement cannot be reversed.
    #[error("all have signed: the agreement can no longer be reversed")]
    AlreadyInForce,
    /// The round is open: somebody has neither confirmed nor refused.
    #[error("the round is open: somebody has neither confirmed nor refused, and the days for reading go on")]
    RoundOpen,
    /// The round is over.
    #[error("the round is over")]
    RoundOver,
    /// Somebody who must sign is not on the list.
    #[error("somebody who must sign such a paper is not on the list")]
    SignersMissing,
    /// Somebody is on the list twice.
    #[error("somebody is on the list twice")]
    SignerTwice,
    /// Only the panel and the clerk sign the transcript of a deliberation.
    #[error("only judges, people's assessors and the clerk sign the transcript of a deliberation")]
    PanelOnly,
    /// This person cannot confirm by this method.
    #[error(
        "this person cannot confirm by this method: an organisation seals or lets an agent sign, and only the court enters what was signed on paper"
    )]
    MethodNotOpen,
    /// Name the deposit of the scan of what was signed on paper.
    #[error("name the deposit of the scan of what was signed on paper")]
    ScanNeeded,
    /// A request for correction is not settled.
    #[error("a request for correction is not settled: decide on it, and add the amended version")]
    CorrectionPending,
    /// The request for correction is decided already.
    #[error("the request for correction is decided already")]
    CorrectionDecided,
    /// The transcript is final.
    #[error("the transcript is final")]
    TranscriptFinal,
    /// A text of the speech recognition is not signed, nor does it follow the clerk's record.
    #[error("a text of the speech recognition is not signed: add the version that the clerk has checked")]
    MachineText,
    /// No round on the latest version is open.
    #[error("no round on the latest version is open: open one first")]
    NotToBeSigned,
    /// The days for this have ended.
    #[error("the days for this have ended")]
    WindowOver,
    /// Neither has a mediator accepted the mediation, nor have all parties agreed to it.
    #[error("the mediation has not begun: a mediator accepts it, or all parties agree to it")]
    MediationNotBegun,
    /// A mediator has accepted the mediation already.
    #[error("a mediator has accepted the mediation already")]
    MediationBegun,
    /// The mediation has ended.
    #[error("the mediation has ended")]
    MediationOver,
    /// Not all parties have agreed to confirm online.
    #[error("not all parties have agreed to confirm online")]
    SigningNotAgreed,
    /// This does not fit the kind of the agreement.
    #[error("this does not fit the kind of the agreement, which was chosen with its first version")]
    OtherTrack,
    /// Not all parties have signed the agreement.
    #[error("not all have signed the agreement")]
    NotSigned,
    /// The reason does not fit what happened in the mediation.
    #[error("the reason does not fit: nobody refused, took a signature back, or the period has not ended")]
    NoSuchEnd,
    /// The notices before filing must be confirmed first.
    #[error("the notices before filing must be confirmed first (`confirm-notice`)")]
    NoticesNeeded,
    /// A suit names a defendant.
    #[error("a suit names a defendant: add the party first")]
    DefendantNeeded,
}

impl SessionRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NoSuchPaper => ErrorCode::NoSuchPaper,
            Self::NoSuchTranscript(_) => ErrorCode::NoSuchTranscript,
            Self::NoSuchAgreement(_) => ErrorCode::NoSuchAgreement,
            Self::NoSuchRound(_) => ErrorCode::NoSuchRound,
            Self::NoSuchCorrection(_) => ErrorCode::NoSuchCorrection,
            Self::NoSuchHearing(_) => ErrorCode::NoSuchHearing,
            Self::NoHearing => ErrorCode::NoHearing,
            Self::HearingNotEnded => ErrorCode::HearingNotEnded,
            Self::NotInTheSession => ErrorCode::NotInTheSession,
            Self::RecordingClosed => ErrorCode::RecordingClosed,
            Self::SegmentOrder => ErrorCode::SegmentOrder,
            Self::ManifestDiffers => ErrorCode::ManifestDiffers,
            Self::IdentityStale => ErrorCode::IdentityStale,
            Self::VersionSuperseded => ErrorCode::VersionSuperseded,
            Self::OtherDigest => ErrorCode::OtherDigest,
            Self::NotOnTheList => ErrorCode::NotOnTheList,
            Self::AlreadyConfirmed => ErrorCode::AlreadyConfirmed,
            Self::NotConfirmed => ErrorCode::NotConfirmed,
            Self::NotWithdrawable => ErrorCode::NotWithdrawable,
            Self::AlreadyInForce => ErrorCode::AlreadyInForce,
            Self::RoundOpen => ErrorCode::RoundOpen,
            Self::RoundOver => ErrorCode::RoundOver,
            Self::SignersMissing => ErrorCode::SignersMissing,
            Self::SignerTwice => ErrorCode::SignerTwice,
            Self::PanelOnly => ErrorCode::PanelOnly,
            Self::MethodNotOpen => ErrorCode::MethodNotOpen,
            Self::ScanNeeded => ErrorCode::ScanNeeded,
            Self::CorrectionPending => ErrorCode::CorrectionPending,
            Self::CorrectionDecided => ErrorCode::CorrectionDecided,
            Self::TranscriptFinal => ErrorCode::TranscriptFinal,
            Self::MachineText => ErrorCode::MachineText,
            Self::NotToBeSigned => ErrorCode::NotToBeSigned,
            Self::WindowOver => ErrorCode::WindowOver,
            Self::MediationNotBegun => ErrorCode::MediationNotBegun,
            Self::MediationBegun => ErrorCode::MediationBegun,
            Self::MediationOver => ErrorCode::MediationOver,
            Self::SigningNotAgreed => ErrorCode::SigningNotAgreed,
            Self::OtherTrack => ErrorCode::OtherTrack,
            Self::NotSigned => ErrorCode::NotSigned,
            Self::NoSuchEnd => ErrorCode::NoSuchEnd,
            Self::NoticesNeeded => ErrorCode::NoticesNeeded,
            Self::DefendantNeeded => ErrorCode::DefendantNeeded,
        }
    }
}
