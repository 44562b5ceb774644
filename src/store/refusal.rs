//! Why a deposit may not enter the chain, and why private content is not erased, by name.
//!
//! Not here: the rules themselves (`admission`, `joining`).

use crate::error_code::ErrorCode;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::ErasedPiece;
use crate::ledger::number::DepositNumber;

/// Why a deposit may not enter the chain. Codes are stable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// This statement is on the chain: answer its receipt.
    #[error("this statement is already deposited")]
    StatementExists,
    /// Another deposit has this number: draw again.
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
    /// The stream's next sequence is another: someone was faster, or a number was skipped.
    #[error("the subject's next sequence is {expected}, the statement says {found}")]
    SubjectSequence {
        /// The next free sequence.
        expected: u64,
        /// The one it names.
        found: u64,
    },
    /// None of its keys began the stream.
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
            // The sequencer answers the first with the receipt, and draws another number at the second.
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
    /// The block's `erased` notices are not exactly one that names exactly these pieces: a programmer's error.
    #[error("the block does not hold exactly one `erased` notice that names exactly what is erased")]
    NoticeMismatch,
    /// The piece was never held here.
    #[error("private content `{piece}` was never held here")]
    NeverHeld {
        /// The piece.
        piece: ErasedPiece,
    },
    /// The piece is erased already.
    #[error("private content `{piece}` is erased already, by the notice at {notice}")]
    ErasedAlready {
        /// The piece.
        piece: ErasedPiece,
        /// The notice that says so.
        notice: LeafIndex,
    },
}

impl ErasureRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            // Callers name only pieces that they have found.
            Self::NoticeMismatch | Self::NeverHeld { .. } => ErrorCode::Internal,
            Self::ErasedAlready { .. } => ErrorCode::ErasedAlready,
        }
    }
}
