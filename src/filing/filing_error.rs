//! Errors of the filing service.

use crate::court::case::refusal::Refusal;
use crate::court::case_number::CourtCode;
use crate::court::ids::ItemNumber;
use crate::court::line_value::LineValue;
use crate::court::registry::RegistryError;
use crate::court::words::Scope;
use crate::custody::download::OpenError;
use crate::custody::removing::RemoveError;
use crate::custody::upload::KeepError;
use crate::error_code::ErrorCode;
use crate::filing::password_rules::PasswordFault;
use crate::filing::secret::NoRandomness;
use crate::ledger::number::DepositNumber;
use crate::query::blocking::BlockingError;
use crate::sequencer::handle::{DepositError, EraseError};
use crate::store::traits::ReadError;
use crate::store::traits::accounts::AccountStoreError;

/// An error of the filing service. Unless the variant says otherwise, nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilingError {
    /// No token, or one that is unknown, expired or revoked. The message does not say which.
    #[error("a token is needed that is known, not expired and not revoked")]
    Unauthenticated,
    /// The token may not be used for this. Ask for one with this scope.
    #[error("the token's scopes do not cover this: `{}` is needed", .0.word())]
    Scope(Scope),
    /// Not found, or the actor has no access to it. The answer does not tell which.
    #[error("not found, or you have no access to it")]
    NotFound,
    /// Several cases that the actor may see have this name.
    #[error("several of your cases have this number: name the case by its reference, which `case list` shows")]
    SeveralCases,
    /// The case has no such item.
    #[error("item {0} not found in this case")]
    NoSuchItem(ItemNumber),
    /// The account has a password: its holder does this signed in, and no token does.
    #[error("the account has a password: its holder does this on its page, signed in")]
    SignInNeeded,
    /// The person who opened the account, or who grants the role, issued the token or reset code with which its password was set. The holder
    /// sets another password with a reset code of a third person.
    #[error(
        "the account has no password, or one that was set with a token or reset code of the person who opened the account or who grants the role"
    )]
    OwnPasswordNeeded,
    /// Another person issued a token of the account, which is valid.
    #[error("the account has a valid token that another person issued: its holder revokes it first")]
    ForeignToken,
    /// A second factor in use is replaced only with a code of its own.
    #[error("enter a code of the second factor in use")]
    CurrentCodeNeeded,
    /// Not permitted for the role in which the actor acts.
    #[error("not permitted for this role")]
    NotPermitted,
    /// The rules of the case.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The rules of the registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The idempotency key was used for another request.
    #[error("another request was sent under this idempotency key")]
    RequestReused,
    /// A value in a request.
    #[error("`{field}`: {reason}")]
    BadValue {
        /// The field.
        field: &'static str,
        /// The reason.
        reason: String,
        /// The reason in Chinese; `None` if the title of the code says enough.
        reason_zh: Option<String>,
        /// Its stable code.
        code: ErrorCode,
    },
    /// No such deposit on this ledger.
    #[error("{0} has not been deposited on this platform")]
    NoSuchDeposit(String),
    /// The receipt of another ledger's deposit does not verify.
    #[error("the receipt does not verify: {0}")]
    BrokenReceipt(String),
    /// The court does not accept deposits of that ledger.
    #[error("the ledger `{0}` is not on the court's list")]
    LedgerNotListed(String),
    /// Material of a mediation, without the consent of its owner.
    #[error("this was offered in a mediation, and its owner has not consented to its use in a suit")]
    MediationMaterial,
    /// Courts have suspended this erasure. Each of them can release the content.
    #[error("{}", held_by(.courts))]
    HeldByACase {
        /// The courts, without repetition.
        courts: Vec<CourtCode>,
    },
    /// A hold on content that is not stored.
    #[error("{}", nothing_to_hold(*.erased))]
    NothingToHold {
        /// Whether it was stored and is erased.
        erased: bool,
    },
    /// The deposit is the actor's, and nothing of it was erased.
    #[error("nothing of the deposit {0} was erased. The id of an erasure is in the answer to its request")]
    NotErased(DepositNumber),
    /// The party has imported this deposit into the case already.
    #[error("{deposit} is item {item} of this party already: restate, withdraw or replace that item instead")]
    AlreadyImported {
        /// The deposit.
        deposit: DepositNumber,
        /// The item.
        item: ItemNumber,
    },
    /// A gateway's report with a wrong signature, or with a time that is not now.
    #[error("the report is not signed with the gateway's secret, or its time is more than five minutes from now")]
    GatewaySignature,
    /// By the operator's list, the court does not hear appeals from the other.
    #[error(
        "by the operator's list, {hears} does not hear appeals from {court}: name the court that does, or have it listed"
    )]
    NoCourtPair {
        /// The court of first instance.
        court: CourtCode,
        /// The court that was named.
        hears: CourtCode,
    },
    /// Too many wrong codes. Try again later.
    #[error("too many wrong association codes; try again later")]
    TooManyCodes,
    /// An original could not be stored.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// An original could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An original could not be removed.
    #[error(transparent)]
    Remove(#[from] RemoveError),
    /// The sequencer rejected a deposit.
    #[error(transparent)]
    Deposit(#[from] DepositError),
    /// The sequencer rejected an erasure.
    #[error(transparent)]
    Erase(#[from] EraseError),
    /// The ledger could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The account has enrolled the maximum number of keys.
    #[error("the account has enrolled {limit} keys already; remove one that is no longer used")]
    TooManyKeys {
        /// The maximum.
        limit: usize,
    },
    /// Account files could not be read or written.
    #[error(transparent)]
    Accounts(#[from] AccountStoreError),
    /// The login failed. The message does not say which part of it was wrong.
    #[error("login name, password or one-time code is wrong, or the account is locked for some minutes")]
    LoginRefused,
    /// The result of an identity check is not signed by its provider, or not of now.
    #[error("the result is not signed by this provider, or its time is more than 5 minutes from now")]
    ProviderSignature,
    /// No account is linked to the login at an identity provider.
    #[error("no account is linked to this login of the court's identity provider")]
    LoginNotLinked,
    /// Another account is linked to the login at an identity provider.
    #[error("this login of the court's identity provider is linked to another account")]
    LoginLinked,
    /// The account has tokens only.
    #[error("the account has no password: it signs in with tokens only")]
    NoPassword,
    /// Another account has the login name.
    #[error("the login name is taken; choose another")]
    LoginTaken,
    /// A new password is not accepted.
    #[error("{}", password_fault(*.0))]
    WeakPassword(PasswordFault),
    /// The current password was given wrong.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The one-time code is not good, or was used.
    #[error("the one-time code is wrong or was used already; wait for the next one")]
    WrongOneTimeCode,
    /// A court administrator issues no reset code for an account without a second factor.
    #[error(
        "the account has no second factor in use, so a reset code alone would open it: ask the operator for the code"
    )]
    NoSecondFactor,
    /// The session began without a second factor.
    #[error("this role needs a login with a second factor: set it up under /account, then log in again")]
    SecondFactorNeeded,
    /// A revocation is in effect, and neither the disk nor the ledger has recorded it. Send it again.
    #[error("the revocation is in effect, but neither the disk nor the ledger could record it: {0}. Send it again")]
    NotDurable(String),
    /// No random bytes were available.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// No thread could be started. Send the same request again later.
    #[error("the node can start no more threads: send the same again later")]
    NoThread,
    /// A thread panicked.
    #[error("a thread panicked: {0}")]
    Thread(String),
}

/// Names the courts that hold the content, and what to do.
fn held_by(courts: &[CourtCode]) -> String {
    let names: Vec<_> = courts.iter().map(ToString::to_string).collect();
    let names = names.join(", ");
    format!("the court {names} has suspended this erasure: apply to that court for its release")
}

const fn nothing_to_hold(erased: bool) -> &'static str {
    if erased {
        "its private content is erased already: there is nothing to hold"
    } else {
        "no private content of it is kept on this platform: there is nothing to hold. Request content that its owner \
         keeps from the owner"
    }
}

const fn password_fault(fault: PasswordFault) -> &'static str {
    match fault {
        PasswordFault::TooShort => "a password has at least 10 characters",
        PasswordFault::TooLong => "a password has at most 128 characters",
        PasswordFault::Guessable => "the password is guessed easily, or contains the login name",
    }
}

impl From<BlockingError> for FilingError {
    fn from(error: BlockingError) -> Self {
        match error {
            BlockingError::NoThread => Self::NoThread,
            BlockingError::Thread(error) => Self::Thread(error),
        }
    }
}

impl FilingError {
    /// A value that a request brings and that is not as it must be; the reason in English and in Chinese.
    #[must_use]
    pub fn bad(field: &'static str, reason: impl Into<String>, reason_zh: impl Into<String>) -> Self {
        // The name of the field stands before it.
        let reason_zh = Some(format!("：{}", reason_zh.into()));
        Self::BadValue { field, reason: reason.into(), reason_zh, code: ErrorCode::BadValue }
    }

    /// A value that is none of those that a field of this type accepts. Both texts list what is accepted.
    #[must_use]
    pub fn unread<T: LineValue>(field: &'static str) -> Self {
        let (reason, reason_zh) = (T::EXPECTED.to_owned(), T::expected_in_chinese());
        Self::BadValue { field, reason, reason_zh, code: ErrorCode::BadValue }
    }

    /// The stable code; `None` for what only the operator can do something about.
    #[must_use]
    pub const fn code(&self) -> Option<ErrorCode> {
        Some(match self {
            Self::Unauthenticated => ErrorCode::Unauthenticated,
            Self::Scope(_) => ErrorCode::ScopeNeeded,
            Self::NotFound | Self::NoSuchItem(_) => ErrorCode::NotFound,
            Self::SeveralCases => ErrorCode::SeveralCases,
            Self::NotPermitted => ErrorCode::NotPermitted,
            Self::SignInNeeded => ErrorCode::SignInNeeded,
            Self::OwnPasswordNeeded => ErrorCode::OwnPasswordNeeded,
            Self::ForeignToken => ErrorCode::ForeignToken,
            Self::Refused(refusal) => refusal.code(),
            Self::Registry(error) => error.code(),
            Self::RequestReused => ErrorCode::RequestReused,
            Self::BadValue { code, .. } => *code,
            Self::NoSuchDeposit(_) => ErrorCode::NoSuchDeposit,
            Self::BrokenReceipt(_) => ErrorCode::BrokenReceipt,
            Self::LedgerNotListed(_) => ErrorCode::LedgerNotListed,
            Self::MediationMaterial => ErrorCode::MediationMaterial,
            Self::HeldByACase { .. } => ErrorCode::HeldByACase,
            Self::NothingToHold { .. } => ErrorCode::NothingToHold,
            Self::NotErased(_) => ErrorCode::NotErased,
            Self::AlreadyImported { .. } => ErrorCode::AlreadyImported,
            Self::GatewaySignature => ErrorCode::BadGatewaySignature,
            Self::NoCourtPair { .. } => ErrorCode::NoCourtPair,
            Self::TooManyCodes => ErrorCode::TooManyCodes,
            Self::NoThread => ErrorCode::TooManyThreads,
            Self::Keep(error) => error.code(),
            Self::Open(error) => error.code(),
            Self::TooManyKeys { .. } => ErrorCode::TooManyKeys,
            Self::NotDurable(_) => ErrorCode::NotDurable,
            Self::LoginRefused => ErrorCode::LoginRefused,
            Self::ProviderSignature => ErrorCode::BadProviderSignature,
            Self::LoginNotLinked => ErrorCode::LoginNotLinked,
            Self::LoginLinked => ErrorCode::LoginLinked,
            Self::NoPassword => ErrorCode::NoPassword,
            Self::LoginTaken => ErrorCode::LoginTaken,
            Self::WeakPassword(_) => ErrorCode::WeakPassword,
            Self::WrongPassword => ErrorCode::WrongPassword,
            Self::WrongOneTimeCode | Self::CurrentCodeNeeded => ErrorCode::WrongOneTimeCode,
            Self::NoSecondFactor => ErrorCode::NoSecondFactor,
            Self::SecondFactorNeeded => ErrorCode::SecondFactorNeeded,
            Self::Remove(_) | Self::Accounts(_) => ErrorCode::Unavailable,
            Self::Erase(error) => return error.code(),
            Self::Deposit(_) | Self::Read(_) | Self::NoRandomness(_) | Self::Thread(_) => return None,
        })
    }
}
