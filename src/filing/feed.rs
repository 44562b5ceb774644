//! What a court's systems are told: acts upon its cases, in the order of the chain, without a word of text.

use std::time::Duration;

use crate::court::acts::{Act, ActKind};
use crate::court::case_number::CourtCode;
use crate::court::ids::{AccountId, CaseId, ItemNumber};
use crate::court::labels;
use crate::court::words::Scope;
use crate::filing::actor::Actor;
use crate::filing::error::FilingError;
use crate::filing::service::FilingService;
use crate::filing::streams::{StoredAct, act_at};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;

/// Longest wait for an event.
pub const WAIT_MAX: Duration = Duration::from_mins(1);

/// An event: what happened in which case, by ids and numbers only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Where it stands: ask for what comes after it.
    pub cursor: u64,
    /// The court.
    pub court: CourtCode,
    /// The case.
    pub case: CaseId,
    /// Sequence of the act in the case.
    pub sequence: u64,
    /// What was done.
    pub act: ActKind,
    /// By whom.
    pub by: AccountId,
    /// When it went on the chain.
    pub at: Timestamp,
    /// The item it is about.
    pub item: Option<ItemNumber>,
    /// The deposit it is about.
    pub deposit: Option<DepositNumber>,
    /// A verification's conclusion, a divergence's kind.
    pub finding: Option<String>,
}

impl Event {
    fn of(court: &CourtCode, stored: &StoredAct) -> Self {
        let (item, deposit, finding) = match &stored.document.act {
            Act::Import(act) => (Some(act.item), Some(act.deposit), None),
            Act::Verify(act) => (Some(act.item), Some(act.deposit), Some(act.conclusion.0.clone())),
            Act::Diverge(act) => (Some(act.item), None, Some(act.what.word().to_owned())),
            Act::WithdrawItem(act) => (Some(act.item), None, None),
            Act::Restate(act) => (Some(act.item), None, None),
            Act::Reply(act) => (Some(act.item), None, None),
            Act::Consent(act) => (Some(act.item), None, None),
            Act::Judge(act) => (None, act.document, None),
            _ => (None, None, None),
        };
        Self {
            cursor: stored.placed.index.0 + 1,
            court: court.clone(),
            case: CaseId(stored.stream),
            sequence: stored.placed.sequence,
            act: stored.document.act.kind(),
            by: stored.document.by,
            at: stored.placed.at,
            item,
            deposit,
            finding,
        }
    }
}

impl FilingService {
    /// Events of a court from a cursor on, at most `limit`.
    pub(in crate::filing) async fn events(
        &self,
        court: &CourtCode,
        cursor: u64,
        limit: usize,
    ) -> Result<Vec<Event>, FilingError> {
        let court = court.clone();
        self.read(move |store| {
            let found = store.labelled(&labels::feed(&court), LeafIndex(cursor), limit)?;
            let mut events = Vec::with_capacity(found.len());
            for index in found {
                events.push(Event::of(&court, &act_at(store, index)?));
            }
            Ok(events)
        })
        .await
    }

    /// At most `limit` events of a court from a cursor on; waits for one as long as `patience`, at most [`WAIT_MAX`]. An
    /// empty answer means that nothing happened.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`] for a court that the account holds no role for; [`FilingError::Scope`].
    pub async fn feed(
        &self,
        actor: &Actor,
        court: &CourtCode,
        (cursor, limit): (u64, usize),
        patience: Duration,
    ) -> Result<Vec<Event>, FilingError> {
        actor.needs(Scope::Feed)?;
        if !actor.account.courts().contains(court) {
            return Err(FilingError::NotFound);
        }
        let mut news = self.news();
        let deadline = tokio::time::Instant::now() + patience.min(WAIT_MAX);
        loop {
            // Marked as seen before looking: what is told while we look is not missed.
            news.borrow_and_update();
            let events = self.events(court, cursor, limit).await?;
            if !events.is_empty() {
                return Ok(events);
            }
            match tokio::time::timeout_at(deadline, news.changed()).await {
                Ok(Ok(())) => {}
                _ => return Ok(Vec::new()),
            }
        }
    }
}
