//! The event feed of a court: the acts upon its cases in the order of the chain, without private texts.

use std::time::Duration;

use crate::court::case_number::CourtCode;
use crate::court::event::Event;
use crate::court::ids::CaseId;
use crate::court::labels;
use crate::court::words::Scope;
use crate::filing::actor::Actor;
use crate::filing::filing_error::FilingError;
use crate::filing::service::FilingService;
use crate::filing::streams::act_at;
use crate::ledger::merkle::shape::LeafIndex;

/// Longest wait for an event.
pub const WAIT_MAX: Duration = Duration::from_mins(1);

impl FilingService {
    /// The events of a court from `cursor` on, at most `limit`.
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
                let act = act_at(store, index)?;
                events.push(Event::of(&court, CaseId(act.stream), &act.document, act.position));
            }
            Ok(events)
        })
        .await
    }

    /// At most `limit` events of a court from `cursor` on. Waits up to `wait`, at most [`WAIT_MAX`], for the first one; the result is empty if
    /// there is none.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`] for a court that the account holds no role for; [`FilingError::Scope`].
    pub async fn feed(
        &self,
        actor: &Actor,
        court: &CourtCode,
        (cursor, limit): (u64, usize),
        wait: Duration,
    ) -> Result<Vec<Event>, FilingError> {
        actor.require_scope(Scope::Feed)?;
        if !actor.account.staffed_courts().contains(court) {
            return Err(FilingError::NotFound);
        }
        let mut signal = self.subscribe_events();
        let deadline = tokio::time::Instant::now() + wait.min(WAIT_MAX);
        loop {
            // Marked as seen before the query, so that an event during the query is not missed.
            signal.borrow_and_update();
            let events = self.events(court, cursor, limit).await?;
            if !events.is_empty() {
                return Ok(events);
            }
            match tokio::time::timeout_at(deadline, signal.changed()).await {
                Ok(Ok(())) => {}
                _ => return Ok(Vec::new()),
            }
        }
    }
}
