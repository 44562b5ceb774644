//! Lists of cases: those of an account, those of its courts, those under a case number. Page by page, the latest first.
//!
//! # Invariants
//!
//! A page reads as many rows of each list as it has entries, and one more. Lists hold no texts, so no look is recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::court::case::state::CaseFile;
use crate::court::case_number::CaseNumber;
use crate::court::ids::CaseId;
use crate::court::labels;
use crate::filing::actor::Actor;
use crate::filing::error::FilingError;
use crate::filing::service::FilingService;
use crate::filing::streams::act_at;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::store::contract::{ReadError, ReadLedger};

/// A page of cases.
#[derive(Debug, Clone)]
pub struct CasePage {
    /// The latest first. A page may have fewer cases than its limit although others follow: those that the reader no
    /// longer sees are left out.
    pub files: Vec<Arc<CaseFile>>,
    /// The place before which the next page begins; `None` on the last page.
    pub next: Option<u64>,
}

/// The places before `before` at which acts stand under any of `lists`, the latest first, at most `limit`; whether there
/// are more.
fn places_before(
    store: &dyn ReadLedger,
    lists: &[Digest],
    before: LeafIndex,
    limit: usize,
) -> Result<(Vec<LeafIndex>, bool), ReadError> {
    let mut places = BTreeSet::new();
    for list in lists {
        places.extend(store.labelled_before(list, before, limit.saturating_add(1))?);
    }
    let more = places.len() > limit;
    Ok((places.into_iter().rev().take(limit).collect(), more))
}

impl FilingService {
    /// Cases under a case number that the account sees: at most `limit` of those bound before the place `before`.
    ///
    /// # Errors
    ///
    /// Those of reading.
    pub async fn cases_numbered(
        &self,
        actor: &Actor,
        number: &CaseNumber,
        before: Option<u64>,
        limit: usize,
    ) -> Result<CasePage, FilingError> {
        actor.require_read_scope()?;
        let (list, before) = (labels::numbered(number), LeafIndex(before.unwrap_or(u64::MAX)));
        let found = self.read(move |store| {
            let (places, more) = places_before(store, &[list], before, limit)?;
            let next = places.last().filter(|_| more).map(|place| place.0);
            let mut cases: Vec<CaseId> = Vec::new();
            for place in places {
                let case = CaseId(act_at(store, place)?.stream);
                if !cases.contains(&case) {
                    cases.push(case);
                }
            }
            Ok((cases, next))
        });
        let (cases, next) = found.await?;
        // An act that bound the number may have had no effect.
        self.seen_of(actor, cases, next, |file| file.number.as_ref() == Some(number)).await
    }

    /// Cases of the account and of the courts it holds roles for: at most `limit` of those it came to before the place
    /// `before`.
    ///
    /// # Errors
    ///
    /// Those of reading.
    pub async fn cases_of(&self, actor: &Actor, before: Option<u64>, limit: usize) -> Result<CasePage, FilingError> {
        actor.require_read_scope()?;
        let account = actor.id;
        let courts: Vec<_> = actor.courts().into_iter().cloned().collect();
        let before = LeafIndex(before.unwrap_or(u64::MAX));
        let found = self.read(move |store| {
            let mut lists = vec![labels::cases_of(account)];
            lists.extend(courts.iter().map(labels::docket));
            let (places, more) = places_before(store, &lists, before, limit)?;
            let next = places.last().filter(|_| more).map(|place| place.0);
            let mut cases = Vec::new();
            for place in places {
                let case = CaseId(act_at(store, place)?.stream);
                // A case that the account came to several times is listed at the latest of them.
                let mut latest = store.last_labelled(&labels::takes_part(account, case), 1)?;
                for court in &courts {
                    latest.extend(store.last_labelled(&labels::before_court(court, case), 1)?);
                }
                if latest.into_iter().max() == Some(place) {
                    cases.push(case);
                }
            }
            Ok((cases, next))
        });
        let (cases, next) = found.await?;
        self.seen_of(actor, cases, next, |_| true).await
    }

    async fn seen_of(
        &self,
        actor: &Actor,
        cases: Vec<CaseId>,
        next: Option<u64>,
        is_meant: impl Fn(&CaseFile) -> bool,
    ) -> Result<CasePage, FilingError> {
        let mut files = Vec::with_capacity(cases.len());
        for case in cases {
            files.extend(self.case_file(case).await?.filter(|file| is_meant(file) && actor.can_see(file)));
        }
        Ok(CasePage { files, next })
    }
}
