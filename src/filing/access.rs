//! Access records: before private content is sent, an act on the chain records who is about to see it.
//!
//! # Invariants
//!
//! Each case, deposit and account has its own stream of access records. Sequences have no gaps, so an auditor finds a missing
//! record. Reads of the disk by other programs are not recorded.

use crate::court::acts::{Access, Act};
use crate::court::document::{Document, Stream};
use crate::court::ids::{AccountId, CaseId, ItemNumber};
use crate::court::values::Capacity;
use crate::court::words::{AccessedContent, Role};
use crate::filing::actor::Actor;
use crate::filing::annexes::Annexes;
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, NewAct, RecordedAct, none_if_conflict, retry_on_conflict};
use crate::filing::streams::{ActPage, acts_page};
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;

/// The private content that is about to be shown.
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
    /// The stream in which accesses to it are recorded.
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
    /// Records that the actor is about to see private content. The caller shows nothing before this returns.
    ///
    /// # Errors
    ///
    /// Those of `Self::append`; then nothing may be shown.
    pub async fn record_access(
        &self,
        actor: &Actor,
        capacity: Capacity,
        target: AccessTarget,
    ) -> Result<RecordedAct, FilingError> {
        let (stream, kind) = target.stream(self);
        let act = Act::Access(target.act());
        let document = Document { stream: kind, by: actor.id, capacity, request: None, body: None, act };
        self.append_to_log(stream, document, Vec::new()).await
    }

    /// Appends an act to a stream in which the order of acts has no consequences.
    pub(in crate::filing) async fn append_to_log(
        &self,
        stream: Digest,
        document: Document,
        labels: Vec<Digest>,
    ) -> Result<RecordedAct, FilingError> {
        let _stream_lock = self.locks.lock(stream).await;
        let (document, labels) = (&document, &labels);
        retry_on_conflict(|| async move {
            let last = self.read(move |store| Ok(store.subject_length(&stream)?)).await?;
            let (document, labels) = (document.clone(), labels.clone());
            let act = NewAct { stream, sequence: last + 1, document, annexes: Annexes::new(), labels };
            none_if_conflict(self.append(act).await)
        })
        .await
    }

    /// A page of the access log of a case: at most `limit` records after sequence `after`. For parties, their agents, the court
    /// and auditors.
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
            // An auditor sees the access log and nothing else of the case; for an unknown case, an empty log.
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
