//! Reasons for which a store rejects a deposit, or the erasure of private content.
//!
//! Not here: the rules themselves (`admission`, `append_checks`).

use crate::error_code::ErrorCode;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::ErasedPiece;
use crate::ledger::number::DepositNumber;

/// Why a deposit is not admitted to the chain. Codes are stable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// This statement is on the chain: the sequencer answers with its receipt.
    #[error("this statement is already deposited")]
    StatementExists,
    /// Another deposit has this number: the sequencer draws another one.
    #[error("the number is taken")]
    NumberTaken,
    /// The statement names another ledger.
    #[error("the statement is for the ledger `{found}`, this is `{expected}`")]
    WrongLedger {
        /// The ledger it names.
        found: String,
        /// This ledger.
        expected: String,
    },
    /// The sequence is not the stream's next one: another deposit took it, or a number was skipped.
    #[error("the subject's next sequence is {expected}, the statement says {found}")]
    SubjectSequence {
        /// The next free sequence.
        expected: u64,
        /// The sequence that the statement names.
        found: u64,
    },
    /// None of the statement's keys is an owner of the stream.
    #[error("the subject belongs to other keys")]
    SubjectNotYours,
    /// A linked number is not on the chain.
    #[error("the linked deposit {number} does not exist")]
    LinkUnknown {
        /// The number.
        number: DepositNumber,
    },
    /// Only its depositor may correct, supplement, withdraw or replace a deposit.
    #[error("the linked deposit {number} belongs to other keys or another account")]
    LinkNotYours {
        /// The number.
        number: DepositNumber,
    },
    /// Private content that the deposit's `meta` line does not commit to, or that belongs to no deposit of the block.
    #[error("the private content is not what the statement's `meta` line commits to")]
    PrivateMismatch,
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            // Clients never receive these: the sequencer answers the first with the receipt, and draws another number
            // for the second.
            Self::StatementExists | Self::NumberTaken => ErrorCode::Internal,
            Self::WrongLedger { .. } => ErrorCode::WrongLedger,
            Self::SubjectSequence { .. } => ErrorCode::SubjectSequence,
            Self::SubjectNotYours => ErrorCode::SubjectNotYours,
            Self::LinkUnknown { .. } => ErrorCode::LinkUnknown,
            Self::LinkNotYours { .. } => ErrorCode::LinkNotYours,
            Self::PrivateMismatch => ErrorCode::PrivateMismatch,
        }
    }
}

/// Why private content is not erased. Codes are stable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErasureRefusal {
    /// The block does not contain exactly one `erased` notice, or it does not name exactly these pieces. A bug of the
    /// caller.
    #[error("the block does not contain exactly one `erased` notice that names exactly the erased pieces")]
    NoticeMismatch,
    /// The store never had the piece.
    #[error("private content `{piece}` was never stored here")]
    NeverHeld {
        /// The piece.
        piece: ErasedPiece,
    },
    /// The piece is erased already.
    #[error("private content `{piece}` is erased already, by the notice at {notice}")]
    ErasedAlready {
        /// The piece.
        piece: ErasedPiece,
        /// Leaf index of its `erased` notice.
        notice: LeafIndex,
    },
}

impl ErasureRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            // Clients never receive these: callers name only pieces that they have found.
            Self::NoticeMismatch | Self::NeverHeld { .. } => ErrorCode::Internal,
            Self::ErasedAlready { .. } => ErrorCode::ErasedAlready,
        }
    }
}
