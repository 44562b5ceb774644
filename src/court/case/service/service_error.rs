//! The reasons to reject an act of service.

use crate::court::ids::{AddressNumber, AttemptNumber, ServiceNumber};
use crate::error_code::ErrorCode;

/// Why an act of service is rejected. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// There is no such service record.
    #[error("there is no service {0}")]
    NoSuchService(ServiceNumber),
    /// The record has no such attempt.
    #[error("the service has no attempt {0}")]
    NoSuchAttempt(AttemptNumber),
    /// There is no such address.
    #[error("there is no address {0}")]
    NoSuchAddress(AddressNumber),
    /// The address was replaced or ended, or is not the recipient's.
    #[error("the address {0} is not in force for this party: register it again, or name another")]
    AddressNotInForce(AddressNumber),
    /// An address found by the court must have been in use within the last three months.
    #[error("an address found by the court must have been active within the last three months: state the last day")]
    AddressNotActive,
    /// The channel and the address, or the channel and the mode of service, do not belong together.
    #[error("this channel does not fit the service record or the address")]
    WrongChannel,
    /// Electronic service of this document needs the recipient's consent.
    #[error("the recipient has not agreed to electronic service of this kind of document")]
    ConsentMissing,
    /// The recipient refused electronic service, or withdrew its consent.
    #[error("the recipient does not agree to electronic service: serve on paper")]
    ConsentRefused,
    /// What the court enters for a party rests on a document.
    #[error("name the document on which this rests by its deposit number, or state the reason")]
    ProofNeeded,
    /// A consent by a click names the text that was shown, and whether the box was ticked by default.
    #[error("an express consent names the digest of the text shown and who ticked the box")]
    ClickNeeded,
    /// The number of days of a document.
    #[error("the number of days does not fit this kind of document")]
    WrongDays,
    /// A step before the sending, or in the future.
    #[error("the reported time lies before the sending or in the future")]
    ReportTime,
    /// The step was reported already.
    #[error("this step of the attempt was reported already")]
    Reported,
    /// The step is not one that this reporter can report of this channel.
    #[error("this step cannot be reported so for this channel")]
    WrongReport,
    /// Nothing was sent yet.
    #[error("nothing was sent yet under this service record")]
    NotSent,
    /// 解释 art. 133: a mediation statement goes to the party itself, or to the receiver that it named.
    #[error("a mediation statement is received by the party itself or by the receiver that it named")]
    PartyItself,
    /// An objection is pending.
    #[error("an objection to this service is pending: it is decided first")]
    Objected,
    /// No objection is pending.
    #[error("no objection to this service is pending")]
    NotObjected,
    /// The service has not taken effect.
    #[error("the service has not taken effect")]
    NotEffective,
    /// The certificate states something else than the record.
    #[error("the certificate differs from the service record, or states what an earlier one states")]
    CertificateDiffers,
    /// The record beside which this one stands is of another party or document, or has the same mode.
    #[error("a record beside another one has the same recipient and document, and another mode")]
    NotBeside,
}

impl ServiceError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NoSuchService(_) => ErrorCode::NoSuchService,
            Self::NoSuchAttempt(_) => ErrorCode::NoSuchAttempt,
            Self::NoSuchAddress(_) => ErrorCode::NoSuchAddress,
            Self::AddressNotInForce(_) => ErrorCode::AddressNotInForce,
            Self::AddressNotActive => ErrorCode::AddressNotActive,
            Self::WrongChannel => ErrorCode::WrongChannel,
            Self::ConsentMissing => ErrorCode::ServiceConsentMissing,
            Self::ConsentRefused => ErrorCode::ServiceConsentRefused,
            Self::ProofNeeded => ErrorCode::ServiceProofNeeded,
            Self::ClickNeeded => ErrorCode::ConsentClickNeeded,
            Self::WrongDays => ErrorCode::ServiceDays,
            Self::ReportTime => ErrorCode::ServiceReportTime,
            Self::Reported => ErrorCode::ServiceReported,
            Self::WrongReport => ErrorCode::ServiceReportWrong,
            Self::NotSent => ErrorCode::ServiceNotSent,
            Self::PartyItself => ErrorCode::ServicePartyItself,
            Self::Objected => ErrorCode::ServiceObjected,
            Self::NotObjected => ErrorCode::ServiceNotObjected,
            Self::NotEffective => ErrorCode::ServiceNotEffective,
            Self::CertificateDiffers => ErrorCode::ServiceCertificateDiffers,
            Self::NotBeside => ErrorCode::ServiceNotBeside,
        }
    }
}
