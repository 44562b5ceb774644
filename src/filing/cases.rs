//! A case at the filing service: who may come in, its file, and acts upon it.
//!
//! ```text
//! labels (may they come in?) ─▶ lock ─▶ done before? ─▶ fold ─▶ court: may it be done? ─▶ append
//!                                 ▲                                                        │ another was faster
//!                                 └────────────────────────────────────────────────────────┘
//! ```
//!
//! # Invariants
//!
//! Nothing about a case changes but by an act on the chain. Whoever may not come in gets the same answer, after the same
//! number of reads, whether the case exists or not.

use std::sync::Arc;

use crate::court::acts::{Act, ActKind};
use crate::court::case::replay;
use crate::court::case::labels::{CaseBefore, labels_of};
use crate::court::case::state::{CaseFile, HeldContent, ActPosition};
use crate::court::case_number::CourtCode;
use crate::court::document::{Document, Stream};
use crate::court::ids::{AgentNumber, CaseId, PartyNumber, RequestId};
use crate::court::labels;
use crate::court::registry::Registry;
use crate::court::values::{Capacity, Filer};
use crate::court::words::{Role, Scope};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::error::FilingError;
use crate::filing::service::{ATTEMPTS, RecordedAct, FilingService, NewAct, recorded_act};
use crate::filing::streams::{StoredAct, acts_after, last_labelled};
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::sequencer::handle::DepositError;
use crate::store::contract::{ReadError, ReadLedger};
use crate::store::reading::receipts;
use crate::store::refusal::Refusal as StoreRefusal;

/// An act upon a case, and the case after it.
#[derive(Debug, Clone)]
pub struct ActOutcome {
    /// The act.
    pub recorded: RecordedAct,
    /// Its document.
    pub document: Document,
    /// The case after it.
    pub file: Arc<CaseFile>,
}

/// Whether another was faster.
pub(in crate::filing) fn is_sequence_conflict(error: &FilingError) -> bool {
    matches!(error, FilingError::Deposit(DepositError::Refused(StoreRefusal::SubjectSequence { .. })))
}

/// Folds what `known` does not know yet; `None` when no case has this id.
pub(in crate::filing) fn replay_case(
    store: &dyn ReadLedger,
    case: CaseId,
    known: Option<Arc<CaseFile>>,
    registry: &Registry,
) -> Result<Option<Arc<CaseFile>>, ReadError> {
    let after = known.as_ref().map_or(0, |file| file.last.sequence);
    let mut acts = acts_after(store, &case.0, after)?.into_iter();
    let mut file = match known {
        Some(file) if acts.len() == 0 => return Ok(Some(file)),
        Some(file) => (*file).clone(),
        None => {
            let Some(first) = acts.next() else { return Ok(None) };
            match fold::begin(case, &first.document, first.position) {
                Ok(file) => file,
                // A stream of another kind, or none of ours.
                Err(_) => return Ok(None),
            }
        }
    };
    for act in acts {
        file.replay(&act.document, act.position, &registry.calendar_at(act.position.index));
    }
    Ok(Some(Arc::new(file)))
}

/// Whether the act that stands there had its effect: decided a moment before the end of a period or a code, it may have
/// come a moment after.
fn require_effect(file: &CaseFile, position: ActPosition) -> Result<(), FilingError> {
    match file.ineffective_acts.iter().find(|void| void.position == position) {
        Some(void) => Err(FilingError::Refused(void.reason.clone())),
        None => Ok(()),
    }
}

fn repeated_outcome(recorded: RecordedAct, act: StoredAct, file: Arc<CaseFile>) -> Result<ActOutcome, FilingError> {
    require_effect(&file, recorded.position)?;
    Ok(ActOutcome { recorded, document: act.document, file })
}

impl FilingService {
    /// Whether the account may come in: by itself, or for a court. The same reads for whatever case.
    pub(in crate::filing) async fn has_access(&self, actor: &Actor, case: CaseId) -> Result<bool, FilingError> {
        let mut doors = vec![labels::takes_part(actor.id, case)];
        doors.extend(actor.courts().into_iter().map(|court| labels::before_court(court, case)));
        self.read(move |store| {
            let mut open = false;
            for door in &doors {
                // All doors are tried, so that the number of reads says nothing.
                open |= !store.labelled(door, LeafIndex(0), 1)?.is_empty();
            }
            Ok(open)
        })
        .await
    }

    /// The case as it stands; `None` when there is no such case.
    pub(in crate::filing) async fn case_file(&self, case: CaseId) -> Result<Option<Arc<CaseFile>>, FilingError> {
        let (known, registry) = (self.cached_case(case), self.registry());
        let file = self.read(move |store| Ok(replay_case(store, case, known, &registry)?)).await?;
        if let Some(file) = &file {
            self.cache_case(Arc::clone(file));
        }
        Ok(file)
    }

    /// The case, for somebody who may see it.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: not there, or not theirs.
    pub async fn case_for(&self, actor: &Actor, case: CaseId) -> Result<Arc<CaseFile>, FilingError> {
        actor.require_read_scope()?;
        if !self.has_access(actor, case).await? {
            return Err(FilingError::NotFound);
        }
        let file = self.case_file(case).await?.ok_or(FilingError::NotFound)?;
        if actor.can_see(&file) { Ok(file) } else { Err(FilingError::NotFound) }
    }

    /// What a request became before.
    ///
    /// # Errors
    ///
    /// [`FilingError::RequestReused`] when it was another request.
    pub(in crate::filing) async fn act_of_request(
        &self,
        (request, body): (RequestId, Digest),
    ) -> Result<Option<(RecordedAct, StoredAct)>, FilingError> {
        let found = self
            .read(move |store| {
                let Some(act) = last_labelled(store, &labels::request(request))? else { return Ok(None) };
                let receipt = receipts::receipt(store, act.position.index)?;
                Ok(Some((recorded_act(receipt, act.position.sequence, false)?, act)))
            })
            .await?;
        match found {
            Some((_, act)) if act.document.body != Some(body) => Err(FilingError::RequestReused),
            found => Ok(found),
        }
    }

    /// Acts upon a case. `make` builds the act from the case as it stands; it is called again when another was faster.
    ///
    /// # Errors
    ///
    /// [`FilingError`].
    pub async fn act<M>(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        kind: ActKind,
        make: M,
    ) -> Result<ActOutcome, FilingError>
    where
        M: Fn(&CaseFile, Capacity, &mut Annexes) -> Result<Act, FilingError> + Send + Sync,
    {
        if !self.has_access(actor, case).await? {
            return Err(FilingError::NotFound);
        }
        self.act_with_access(actor, case, context, kind, make).await
    }

    /// As [`Self::act`], for an act that suspends or resumes the erasure of `content`: never at the same time as an erasure
    /// of it.
    ///
    /// # Errors
    ///
    /// As [`Self::act`]; [`FilingError::NothingToHold`] for a hold on content that is erased or was never kept here.
    pub async fn act_on_content<M>(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        (kind, content): (ActKind, HeldContent),
        make: M,
    ) -> Result<ActOutcome, FilingError>
    where
        M: Fn(&CaseFile, Capacity, &mut Annexes) -> Result<Act, FilingError> + Send + Sync,
    {
        if !self.has_access(actor, case).await? {
            return Err(FilingError::NotFound);
        }
        let _content = self.locks.lock(labels::holds_on(content)).await;
        let pieces = if kind == ActKind::Hold { Some(self.pieces_of(content).await?) } else { None };
        let make = |file: &CaseFile, capacity: Capacity, annexes: &mut Annexes| {
            let act = make(file, capacity, annexes)?;
            // Of content that is not the case's, its staff learns nothing: the rules of the case refuse it.
            if let Some(pieces) = &pieces
                && file.may_hold(content).is_ok()
                && pieces.held.is_empty()
            {
                return Err(FilingError::NothingToHold { erased: !pieces.gone.is_empty() });
            }
            Ok(act)
        };
        self.act_with_access(actor, case, context, kind, make).await
    }

    /// As [`Self::act`], for somebody whose way in was checked.
    pub(in crate::filing) async fn act_with_access<M>(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        kind: ActKind,
        make: M,
    ) -> Result<ActOutcome, FilingError>
    where
        M: Fn(&CaseFile, Capacity, &mut Annexes) -> Result<Act, FilingError> + Send + Sync,
    {
        let capacity = |file: &CaseFile| {
            if actor.can_see(file) { actor.capacity(file, kind, context) } else { Err(FilingError::NotFound) }
        };
        self.act_as(actor, case, context, kind, capacity, make).await
    }

    /// As [`Self::act`], in the capacity that `capacity` says.
    pub(in crate::filing) async fn act_as<C, M>(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        kind: ActKind,
        capacity: C,
        make: M,
    ) -> Result<ActOutcome, FilingError>
    where
        C: Fn(&CaseFile) -> Result<Capacity, FilingError> + Send + Sync,
        M: Fn(&CaseFile, Capacity, &mut Annexes) -> Result<Act, FilingError> + Send + Sync,
    {
        // The request before the case, here and everywhere: sent twice at once, to whatever cases, it is one act.
        let _named = self.locks.lock(labels::request(context.request)).await;
        let _held = self.locks.lock(case.0).await;
        for _ in 0..ATTEMPTS {
            if let Some((recorded, act)) = self.act_of_request((context.request, context.body)).await? {
                let file = self.case_file(case).await?.ok_or(FilingError::NotFound)?;
                // Whoever was removed since, or comes with less, is shown nothing of the case as it is now.
                capacity(&file)?;
                return repeated_outcome(recorded, act, file);
            }
            let file = self.case_file(case).await?.ok_or(FilingError::NotFound)?;
            let capacity = capacity(&file)?;
            self.require_role(actor, &file, capacity)?;
            let mut annexes = Annexes::new();
            // Whoever may not do it at all is told so before anything of the request is looked at.
            file.check_allowed(actor.id, capacity, kind)?;
            let act = make(&file, capacity, &mut annexes)?;
            let document = Document {
                stream: Stream::Case,
                by: actor.id,
                capacity,
                request: Some(context.request),
                body: Some(context.body),
                act,
            };
            match self.decide_and_append(&file, document, annexes).await {
                Err(error) if is_sequence_conflict(&error) => {}
                acted => return acted,
            }
        }
        Err(FilingError::Deposit(DepositError::Busy { retry_after_ms: 500 }))
    }

    /// A role that was taken back since the request began is not acted in.
    fn require_role(&self, actor: &Actor, file: &CaseFile, capacity: Capacity) -> Result<(), FilingError> {
        let Capacity::Holding(role) = capacity else { return Ok(()) };
        let registry = self.registry();
        let holds = registry.accounts.get(&actor.id).is_some_and(|account| account.holds(role, Some(&file.court)));
        if holds { Ok(()) } else { Err(FilingError::NotPermitted) }
    }

    /// Decides, and puts the act on the chain.
    pub(in crate::filing) async fn decide_and_append(
        &self,
        file: &Arc<CaseFile>,
        document: Document,
        annexes: Annexes,
    ) -> Result<ActOutcome, FilingError> {
        let registry = self.registry();
        let sequence = file.last.sequence + 1;
        let before = CaseBefore::of(file);
        let mut after = (**file).clone();
        // Decided as of now; what it becomes is decided by the time the chain gives it.
        let now = ActPosition { index: LeafIndex(file.last.index.0 + 1), sequence, at: self.now().max(file.last.at) };
        after.apply(&document, now, &registry.calendar)?;
        let labels = labels_of(&after, &document, Some(&before));
        let told = labels.contains(&labels::feed(&file.court));
        let writing = NewAct { stream: file.id.0, sequence, document: document.clone(), annexes, labels };
        let recorded = self.write(writing).await?;
        let mut after = (**file).clone();
        after.replay(&document, recorded.position, &self.registry().calendar_at(recorded.position.index));
        let after = Arc::new(after);
        self.cache_case(Arc::clone(&after));
        if told {
            self.notify_subscribers(recorded.position);
        }
        require_effect(&after, recorded.position)?;
        Ok(ActOutcome { recorded, document, file: after })
    }

    /// Opens a case before `court`: as its first party, as that party's agent, or for the court.
    ///
    /// # Errors
    ///
    /// [`FilingError`]; [`FilingError::NotPermitted`] in a role that is not held for that court.
    pub async fn open_case<M>(
        &self,
        actor: &Actor,
        context: &RequestContext,
        court: &CourtCode,
        filer: Filer,
        make: M,
    ) -> Result<ActOutcome, FilingError>
    where
        M: Fn(&mut Annexes) -> Result<Act, FilingError> + Send + Sync,
    {
        let capacity = match filer {
            Filer::Principal => Capacity::Party(PartyNumber(1)),
            Filer::Agent => Capacity::Agent(AgentNumber(1)),
            Filer::Court => {
                let enters = |role: &Role| matches!(role, Role::Clerk | Role::TrialSupport);
                let mut held = actor.roles_at(court).filter(enters).map(Capacity::Holding);
                held.find(|held| context.capacity.is_none_or(|named| named == *held))
                    .ok_or(FilingError::NotPermitted)?
            }
        };
        if context.capacity.is_some_and(|named| named != capacity) {
            return Err(FilingError::NotPermitted);
        }
        actor.require_scope(if filer == Filer::Court { Scope::Court } else { Scope::Case })?;
        self.open_case_as(actor, context, capacity, make).await
    }

    /// Opens a case, for somebody who was let do it.
    pub(in crate::filing) async fn open_case_as<M>(
        &self,
        actor: &Actor,
        context: &RequestContext,
        capacity: Capacity,
        make: M,
    ) -> Result<ActOutcome, FilingError>
    where
        M: Fn(&mut Annexes) -> Result<Act, FilingError> + Send + Sync,
    {
        let case = labels::case_of(context.request);
        let _named = self.locks.lock(labels::request(context.request)).await;
        let _held = self.locks.lock(case.0).await;
        if let Some((recorded, act)) = self.act_of_request((context.request, context.body)).await? {
            let file = self.case_file(case).await?.ok_or(FilingError::NotFound)?;
            // A case that is handed on is opened for another court, whose cases the one who does it need not see.
            let sees = matches!(capacity, Capacity::Holding(_)) || actor.can_see(&file);
            return if sees { repeated_outcome(recorded, act, file) } else { Err(FilingError::NotFound) };
        }
        let mut annexes = Annexes::new();
        let act = make(&mut annexes)?;
        let document = Document {
            stream: Stream::Case,
            by: actor.id,
            capacity,
            request: Some(context.request),
            body: Some(context.body),
            act,
        };
        let now = ActPosition { index: LeafIndex(0), sequence: 1, at: self.now() };
        let file = fold::begin(case, &document, now)?;
        let labels = labels_of(&file, &document, None);
        let writing = NewAct { stream: case.0, sequence: 1, document: document.clone(), annexes, labels };
        let recorded = self.write(writing).await?;
        let file = Arc::new(fold::begin(case, &document, recorded.position)?);
        self.cache_case(Arc::clone(&file));
        Ok(ActOutcome { recorded, document, file })
    }
}
