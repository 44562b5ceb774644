//! Originals of the documents of a case: which of them are in custody, who reads them, who gives them.
//!
//! # Invariants
//!
//! The rules of access are those of `court::case::documents`. A case shows the original of a document only if it was given for that
//! case, or if the depositor of the original recorded the document itself: to name the number of somebody else's deposit opens nothing.

use std::sync::Arc;

use crate::court::case::documents::{DocumentUse, RecordedDocument, Viewer};
use crate::court::case::state::CaseFile;
use crate::court::ids::{AccountId, CaseId};
use crate::court::permission::{keeps_documents, keeps_mediation_papers};
use crate::court::values::Capacity;
use crate::court::words::Scope;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::custody_records::{Original, custody};
use crate::filing::deposits::account_signed_for;
use crate::filing::filing_error::FilingError;
use crate::filing::service::FilingService;
use crate::ledger::hash::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::number::DepositNumber;
use crate::query::records;
use crate::store::traits::{LedgerReader, ReadError};

/// A document of a case, as an actor sees it.
#[derive(Debug, Clone)]
pub struct DocumentView {
    /// 存证编号.
    pub number: DepositNumber,
    /// What it is in the case.
    pub uses: Vec<RecordedDocument>,
    /// The original that the case shows, if it is or was in custody.
    pub original: Option<Original>,
    /// Whether the actor may read it.
    pub can_read: bool,
    /// Whether the actor may give it into custody.
    pub can_give: bool,
}

impl DocumentView {
    /// Whether the original is in custody and not erased.
    #[must_use]
    pub fn is_in_custody(&self) -> bool {
        self.original.as_ref().is_some_and(|original| !original.erased)
    }

    fn of(
        (file, viewer): (&CaseFile, &Viewer),
        number: DepositNumber,
        uses: Vec<RecordedDocument>,
        custody: DocumentCustody,
    ) -> Self {
        let can_read = file.may_read_document(viewer, &uses);
        let can_give = file.may_keep_document(viewer, &uses, custody.depositor);
        Self { number, uses, original: custody.original, can_read, can_give }
    }
}

/// A page of the documents of a case that an actor may read.
#[derive(Debug, Clone)]
pub struct DocumentsView {
    /// The case.
    pub file: Arc<CaseFile>,
    /// The documents, by deposit number.
    pub documents: Vec<DocumentView>,
    /// The number after which the next page begins; `None` on the last page.
    pub next: Option<DepositNumber>,
}

/// On whose behalf a document was deposited, and its original in a case.
struct DocumentCustody {
    depositor: Option<AccountId>,
    original: Option<Original>,
}

/// A document with the stream of its custody.
type Located = (DepositNumber, Vec<RecordedDocument>, Digest);

fn custody_of_document(
    store: &dyn LedgerReader,
    platform: &VerifierKey,
    case: CaseId,
    (number, uses, stream): &Located,
) -> Result<DocumentCustody, ReadError> {
    let entry = records::find_entry(store, *number)?;
    let depositor = entry.and_then(|(_, entry)| account_signed_for(&entry, platform));
    let given = custody(store, stream, *number, Some(case))?;
    if given.as_ref().is_some_and(|original| !original.erased) {
        return Ok(DocumentCustody { depositor, original: given });
    }
    let is_recorder = depositor.is_some_and(|depositor| uses.iter().any(|one| one.by == depositor));
    let own = if is_recorder { custody(store, stream, *number, None)? } else { None };
    let original = match own {
        Some(own) if !own.erased || given.is_none() => Some(own),
        _ => given,
    };
    Ok(DocumentCustody { depositor, original })
}

impl FilingService {
    async fn custody_of_documents(
        &self,
        case: CaseId,
        documents: Vec<(DepositNumber, Vec<RecordedDocument>)>,
    ) -> Result<Vec<(DepositNumber, Vec<RecordedDocument>, DocumentCustody)>, FilingError> {
        let platform = self.platform.verifier().clone();
        let located = documents.into_iter().map(|(number, uses)| (number, uses, self.custody_stream(number)));
        let located: Vec<Located> = located.collect();
        self.read(move |store| {
            let mut found = Vec::new();
            for one in located {
                let custody = custody_of_document(store, &platform, case, &one)?;
                found.push((one.0, one.1, custody));
            }
            Ok(found)
        })
        .await
    }

    /// A page of the documents of a case that the actor may read and of which one use is `wanted`: at most `limit` after number `after`.
    /// The list contains no private content, so the access is not recorded.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: no such case, or no access to it.
    pub async fn case_documents(
        &self,
        actor: &Actor,
        case: CaseId,
        wanted: fn(DocumentUse) -> bool,
        (after, limit): (Option<DepositNumber>, usize),
    ) -> Result<DocumentsView, FilingError> {
        let file = self.case_for(actor, case).await?;
        let viewer = actor.viewer(&file);
        let mut readable = file.documents().into_iter().filter(|(number, uses)| {
            after.is_none_or(|after| *number > after)
                && uses.iter().any(|one| wanted(one.used_as))
                && file.may_read_document(&viewer, uses)
        });
        let page: Vec<_> = readable.by_ref().take(limit).collect();
        let next = readable.next().and_then(|_| page.last().map(|(number, _)| *number));
        drop(readable);
        let found = self.custody_of_documents(case, page).await?;
        let view = |(number, uses, custody)| DocumentView::of((&*file, &viewer), number, uses, custody);
        let documents = found.into_iter().map(view).collect();
        Ok(DocumentsView { file, documents, next })
    }

    /// A document of a case, for an actor who may read it or give its original.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: no such document, or no access to it.
    pub async fn case_document(
        &self,
        actor: &Actor,
        case: CaseId,
        number: DepositNumber,
    ) -> Result<(Arc<CaseFile>, DocumentView), FilingError> {
        let file = self.case_for(actor, case).await?;
        let (viewer, uses) = (actor.viewer(&file), file.uses_of(number));
        if uses.is_empty() {
            return Err(FilingError::NotFound);
        }
        let found = self.custody_of_documents(case, vec![(number, uses)]).await?;
        let (number, uses, custody) = found.into_iter().next().ok_or(FilingError::NotFound)?;
        let view = DocumentView::of((&*file, &viewer), number, uses, custody);
        if view.can_read || view.can_give { Ok((file, view)) } else { Err(FilingError::NotFound) }
    }

    /// The capacity in which the actor reads a deposit as a document of the named case, and its original; `None` if it does not.
    ///
    /// For an account without access to the case the reads depend on the request alone.
    pub(in crate::filing) async fn readable_document(
        &self,
        actor: &Actor,
        number: DepositNumber,
        case: Option<CaseId>,
    ) -> Result<Option<(Capacity, Option<Original>)>, FilingError> {
        let Some(case) = case.filter(|_| actor.require_read_scope().is_ok()) else { return Ok(None) };
        let (file, view) = match self.case_document(actor, case, number).await {
            Ok(found) => found,
            Err(FilingError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let capacity = actor.capacities(&file).first().copied().filter(|_| view.can_read);
        Ok(capacity.map(|capacity| (capacity, view.original)))
    }

    /// The capacity in which the actor gives the original of a document into custody.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: no such document, or no access to it; [`FilingError::NotPermitted`], [`FilingError::Scope`].
    pub(in crate::filing) async fn giving_capacity(
        &self,
        actor: &Actor,
        (number, case): (DepositNumber, CaseId),
        context: &RequestContext,
    ) -> Result<Capacity, FilingError> {
        let (file, view) = self.case_document(actor, case, number).await?;
        if !view.can_give {
            return Err(FilingError::NotPermitted);
        }
        let own = actor.capacities(&file);
        let keeps = |capacity: &Capacity| {
            let relation = file.relation(actor.id, *capacity);
            relation.is_some_and(|relation| keeps_documents(relation) || keeps_mediation_papers(relation))
        };
        let capacity = match context.capacity {
            Some(named) => own.iter().copied().find(|one| *one == named).ok_or(FilingError::NotPermitted)?,
            None => own.iter().copied().find(keeps).or(own.first().copied()).ok_or(FilingError::NotFound)?,
        };
        let of_a_court = matches!(capacity, Capacity::Holding(_) | Capacity::Receiving(_));
        actor.require_scope(if of_a_court { Scope::Court } else { Scope::Case })?;
        Ok(capacity)
    }
}
