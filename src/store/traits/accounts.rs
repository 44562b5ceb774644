//! Storage of mutable account data that is not evidence: the deposit policy, enrolled keys, revocations of tokens that
//! are not on the chain yet, passwords, sessions.
//!
//! # Atomicity and durability
//!
//! A document is replaced atomically. When a call that changes something returns `Ok`, the change survives a power cut.
//! A read returns the last written text; a damaged document is an error, never an empty one.
//!
//! # Concurrency
//!
//! Any number of readers. The caller serializes the writers of one document. All calls block.

use crate::ledger::hash::Digest;

/// A document of an account store: a short text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccountDocument {
    /// Who may deposit.
    DepositPolicy,
    /// Revocations of tokens that are in effect and not on the chain yet.
    PendingRevocations,
    /// The keys that an account has enrolled.
    EnrolledKeys(Digest),
    /// Login name, password hash and second factor of an account, and what its owner stated at registration.
    Credentials(Digest),
    /// The sessions of an account. No backup contains them, so a restore ends all sessions.
    Sessions(Digest),
}

/// Documents of which there is one for each account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    /// [`AccountDocument::EnrolledKeys`].
    EnrolledKeys,
    /// [`AccountDocument::Credentials`].
    Credentials,
    /// [`AccountDocument::Sessions`].
    Sessions,
}

impl DocumentKind {
    /// The document of an account.
    #[must_use]
    pub const fn of(self, account: Digest) -> AccountDocument {
        match self {
            Self::EnrolledKeys => AccountDocument::EnrolledKeys(account),
            Self::Credentials => AccountDocument::Credentials(account),
            Self::Sessions => AccountDocument::Sessions(account),
        }
    }
}

/// Why a document was not read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountStoreError {
    /// The stored document differs from the one that was written.
    #[error("{document} is damaged: {reason}. Restore it from a backup, or remove it to begin without it")]
    Damaged {
        /// Name of the document.
        document: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The disk failed.
    #[error("cannot access {document}: {reason}")]
    Disk {
        /// Name of the document.
        document: String,
        /// Message of the system.
        reason: String,
    },
}

/// Mutable documents of a node that are not evidence.
pub trait AccountStore: Send + Sync {
    /// A document; `None` when it was never written, or was removed.
    ///
    /// # Errors
    ///
    /// [`AccountStoreError`].
    fn read(&self, document: AccountDocument) -> Result<Option<String>, AccountStoreError>;

    /// Writes a document, and replaces the previous text.
    ///
    /// # Errors
    ///
    /// [`AccountStoreError::Disk`]: the store has the previous text or the new one; after a power cut, either.
    fn replace(&self, document: AccountDocument, text: &str) -> Result<(), AccountStoreError>;

    /// Removes a document, if it is there.
    ///
    /// # Errors
    ///
    /// [`AccountStoreError::Disk`].
    fn remove(&self, document: AccountDocument) -> Result<(), AccountStoreError>;

    /// The accounts that have a document of this kind, in any order.
    ///
    /// # Errors
    ///
    /// [`AccountStoreError`].
    fn accounts_with(&self, kind: DocumentKind) -> Result<Vec<Digest>, AccountStoreError>;
}
