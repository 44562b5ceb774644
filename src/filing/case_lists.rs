//! Lists of cases: of an account, of its courts, of a case number. Paginated, the latest first.
//!
//! # Invariants
//!
//! A page reads one row more of each list than it has entries. Lists contain no private texts, so no access is recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::court::case::state::CaseFile;
use crate::court::case_number::CaseNumber;
use crate::court::ids::CaseId;
use crate::court::labels;
use crate::court::words::Stage;
use crate::filing::actor::Actor;
use crate::filing::filing_error::FilingError;
use crate::filing::service::FilingService;
use crate::filing::streams::act_at;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::store::traits::{LedgerReader, ReadError};

/// How often a list of one stage reads on for a page.
const STAGE_READS: usize = 20;

/// A page of cases.
#[derive(Debug, Clone)]
pub struct CasePage {
    /// The latest first. A page may have fewer cases than its limit although others follow: cases that the actor may no longer
    /// see are omitted.
    pub files: Vec<Arc<CaseFile>>,
    /// The index before which the next page begins; `None` on the last page.
    pub next: Option<u64>,
}

/// The indexes below `before` of the acts under any of the labels `lists`, the latest first, at most `limit`; and whether there
/// are more.
fn indexes_before(
    store: &dyn LedgerReader,
    lists: &[Digest],
    before: LeafIndex,
    limit: usize,
) -> Result<(Vec<LeafIndex>, bool), ReadError> {
    let mut indexes = BTreeSet::new();
    for list in lists {
        indexes.extend(store.labelled_before(list, before, limit.saturating_add(1))?);
    }
    let more = indexes.len() > limit;
    Ok((indexes.into_iter().rev().take(limit).collect(), more))
}

impl FilingService {
    /// The cases of the actor and of its courts, or those under a case number; only those in a stage, if one is named. A page may have
    /// fewer cases than its limit although others follow.
    ///
    /// # Errors
    ///
    /// [`FilingError::Scope`], [`FilingError::Read`].
    pub async fn cases_listed(
        &self,
        actor: &Actor,
        number: Option<&CaseNumber>,
        stage: Option<Stage>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<CasePage, FilingError> {
        let mut found = CasePage { files: Vec::new(), next: before };
        for _ in 0..STAGE_READS {
            let rest = limit.saturating_sub(found.files.len());
            let page = match number {
                Some(number) => self.cases_numbered(actor, number, found.next, rest).await?,
                None => self.cases_of(actor, found.next, rest).await?,
            };
            found.next = page.next;
            found.files.extend(page.files.into_iter().filter(|file| stage.is_none_or(|stage| file.stage == stage)));
            if stage.is_none() || found.next.is_none() || found.files.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    /// The cases under a case number that the actor may see: at most `limit`, of those bound before index `before`.
    ///
    /// # Errors
    ///
    /// [`FilingError::Scope`], [`FilingError::Read`].
    pub async fn cases_numbered(
        &self,
        actor: &Actor,
        number: &CaseNumber,
        before: Option<u64>,
        limit: usize,
    ) -> Result<CasePage, FilingError> {
        actor.require_read_scope()?;
        let before = LeafIndex(before.unwrap_or(u64::MAX));
        let mut lists = vec![labels::number_of_account(actor.id, number)];
        lists.extend(actor.courts().into_iter().map(|court| labels::number_at_court(court, number)));
        let found = self.read(move |store| {
            let (indexes, more) = indexes_before(store, &lists, before, limit)?;
            let next = indexes.last().filter(|_| more).map(|index| index.0);
            let mut cases: Vec<CaseId> = Vec::new();
            for index in indexes {
                let case = CaseId(act_at(store, index)?.stream);
                if !cases.contains(&case) {
                    cases.push(case);
                }
            }
            Ok((cases, next))
        });
        let (cases, next) = found.await?;
        // The act that bound the number may have had no effect.
        self.visible_cases(actor, cases, next, |file| file.number.as_ref() == Some(number)).await
    }

    /// The cases of the account and of its courts: at most `limit`, of those joined before index `before`.
    ///
    /// # Errors
    ///
    /// [`FilingError::Scope`], [`FilingError::Read`].
    pub async fn cases_of(&self, actor: &Actor, before: Option<u64>, limit: usize) -> Result<CasePage, FilingError> {
        actor.require_read_scope()?;
        let account = actor.id;
        let courts: Vec<_> = actor.courts().into_iter().cloned().collect();
        let before = LeafIndex(before.unwrap_or(u64::MAX));
        let found = self.read(move |store| {
            let mut lists = vec![labels::cases_of(account)];
            lists.extend(courts.iter().map(labels::docket));
            let (indexes, more) = indexes_before(store, &lists, before, limit)?;
            let next = indexes.last().filter(|_| more).map(|index| index.0);
            let mut cases = Vec::new();
            for index in indexes {
                let case = CaseId(act_at(store, index)?.stream);
                // A case that the account joined several times is listed once, at the latest.
                let mut latest = store.last_labelled(&labels::takes_part(account, case), 1)?;
                for court in &courts {
                    latest.extend(store.last_labelled(&labels::before_court(court, case), 1)?);
                }
                if latest.into_iter().max() == Some(index) {
                    cases.push(case);
                }
            }
            Ok((cases, next))
        });
        let (cases, next) = found.await?;
        self.visible_cases(actor, cases, next, |_| true).await
    }

    async fn visible_cases(
        &self,
        actor: &Actor,
        cases: Vec<CaseId>,
        next: Option<u64>,
        is_wanted: impl Fn(&CaseFile) -> bool,
    ) -> Result<CasePage, FilingError> {
        let mut files = Vec::with_capacity(cases.len());
        for case in cases {
            files.extend(self.case_file(case).await?.filter(|file| is_wanted(file) && actor.can_see(file)));
        }
        Ok(CasePage { files, next })
    }
}
