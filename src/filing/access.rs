//! Seeing private content: the act that says so is on the chain before the first byte leaves.
//!
//! # Invariants
//!
//! Each case, each deposit and each account has a stream of its own for this, without gaps: whoever is concerned sees it
//! whole, and an auditor finds a missing act as a missing number. Whoever holds the disk can read without this program,
//! and nothing here shows that.

use crate::court::acts::{Access, Act};
use crate::court::document::{Document, Stream};
use crate::court::ids::{AccountId, CaseId, ItemNumber};
use crate::court::values::Capacity;
use crate::court::words::{Role, AccessedContent};
use crate::filing::actor::Actor;
use crate::filing::annexes::Annexes;
use crate::filing::cases::is_sequence_conflict;
use crate::filing::error::FilingError;
use crate::filing::service::{ATTEMPTS, RecordedAct, FilingService, NewAct};
use crate::filing::streams::{ActPage, acts_page};
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;
use crate::sequencer::handle::DepositError;

/// What is about to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessTarget {
    /// Texts of a case.
    Case(CaseId, AccessedContent, Option<ItemNumber>),
    /// Private content of a deposit, or its original.
    Deposit(DepositNumber, AccessedContent),
    /// Private content of an account.
    Account(AccountId),
}

impl AccessTarget {
    /// The stream that keeps it.
    fn stream(&self, filing: &FilingService) -> (Digest, Stream) {
        match self {
            Self::Case(case, ..) => (filing.access_stream(*case), Stream::Access),
            Self::Deposit(number, _) => (filing.custody_stream(*number), Stream::Custody),
            Self::Account(account) => (filing.account_stream(*account), Stream::Access),
        }
    }

    const fn act(self) -> Access {
        let (shown, case, item, deposit, account) = match self {
            Self::Case(case, shown, item) => (shown, Some(case), item, None, None),
            Self::Deposit(number, shown) => (shown, None, None, Some(number), None),
            Self::Account(account) => (AccessedContent::Account, None, None, None, Some(account)),
        };
        Access { shown, case, item, deposit, account }
    }
}

impl FilingService {
    /// Records that somebody is about to see private content. Show nothing before this has returned.
    ///
    /// # Errors
    ///
    /// Those of writing: then nothing may be shown.
    pub async fn record_access(
        &self,
        actor: &Actor,
        capacity: Capacity,
        subject: AccessTarget,
    ) -> Result<RecordedAct, FilingError> {
        let (stream, kind) = subject.stream(self);
        let act = Act::Access(subject.act());
        let document = Document { stream: kind, by: actor.id, capacity, request: None, body: None, act };
        self.append_to_log(stream, document, Vec::new()).await
    }

    /// Puts an act at the end of a stream whose order decides nothing.
    pub(in crate::filing) async fn append_to_log(
        &self,
        stream: Digest,
        document: Document,
        labels: Vec<Digest>,
    ) -> Result<RecordedAct, FilingError> {
        let _held = self.locks.lock(stream).await;
        for _ in 0..ATTEMPTS {
            let last = self.read(move |store| Ok(store.subject_length(&stream)?)).await?;
            let writing = NewAct {
                stream,
                sequence: last + 1,
                document: document.clone(),
                annexes: Annexes::new(),
                labels: labels.clone(),
            };
            match self.write(writing).await {
                Err(error) if is_sequence_conflict(&error) => {}
                written => return written,
            }
        }
        Err(FilingError::Deposit(DepositError::Busy { retry_after_ms: 500 }))
    }

    /// Who saw private content of a case after a sequence, at most `limit` accesses, in order. For parties, their agents,
    /// the court and auditors.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`].
    pub async fn access_log(
        &self,
        actor: &Actor,
        case: CaseId,
        after: u64,
        limit: usize,
    ) -> Result<ActPage, FilingError> {
        if actor.account.holds(Role::Auditor, None) {
            // An auditor sees who looked and nothing of the case; for an unknown case, an empty log.
            actor.require_read_scope()?;
        } else {
            self.case_for(actor, case).await?;
        }
        self.log_page(self.access_stream(case), after, limit).await
    }

    /// A page of a stream's acts.
    pub(in crate::filing) async fn log_page(
        &self,
        stream: Digest,
        after: u64,
        limit: usize,
    ) -> Result<ActPage, FilingError> {
        self.read(move |store| Ok(acts_page(store, &stream, after, limit)?)).await
    }
}
