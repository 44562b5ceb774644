//! Cases: checks access, replays the current state of a case from its acts, and appends new acts.
//!
//! ```text
//! access index ─▶ locks ─▶ repeated request? ─▶ replay the case ─▶ rules of procedure ─▶ append the act
//!                            ▲                                                             │ sequence conflict
//!                            └─────────────────────────────────────────────────────────────┘
//! ```
//!
//! # Invariants
//!
//! Only acts on the chain change a case. An account without access gets the same response, after the same number of reads,
//! whether the case exists or not.

use std::sync::Arc;

use crate::court::acts::{Act, ActKind};
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::labels::{CaseBefore, labels_of};
use crate::court::case::replay;
use crate::court::case::state::{ActPosition, CaseFile, HeldContent};
use crate::court::case_number::CourtCode;
use crate::court::document::{Document, Stream};
use crate::court::ids::{AgentNumber, CaseId, PartyNumber, RequestId};
use crate::court::labels;
use crate::court::registry::Registry;
use crate::court::values::{Capacity, Filer};
use crate::court::words::{CaseKind, Procedure, Role, Scope};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, NewAct, RecordedAct, none_if_conflict, recorded_act, retry_on_conflict};
use crate::filing::streams::{StoredAct, acts_after, last_labelled};
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;
use crate::query::{receipts, records};
use crate::store::traits::{LedgerReader, ReadError};

/// A function that builds an act from the current state of a case and the actor's capacity. It adds the private content of the
/// act to the annexes.
pub trait MakeAct: Fn(&CaseFile, Capacity, &mut Annexes) -> Result<Act, FilingError> + Send + Sync {}

impl<F: Fn(&CaseFile, Capacity, &mut Annexes) -> Result<Act, FilingError> + Send + Sync> MakeAct for F {}

/// The result of a request that acts upon a case.
#[derive(Debug, Clone)]
pub struct ActOutcome {
    /// The number, position and receipt of the act.
    pub recorded: RecordedAct,
    /// The document of the act.
    pub document: Document,
    /// The state of the case after the act.
    pub file: Arc<CaseFile>,
}

/// The current state of a case: replays the acts that follow those in `known`. `None` if there is no such case.
pub(in crate::filing) fn replay_case(
    store: &dyn LedgerReader,
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
            match replay::begin(case, &first.document, first.position) {
                Ok(file) => file,
                // The stream with this id is not the stream of a case.
                Err(_) => return Ok(None),
            }
        }
    };
    for act in acts {
        file.replay(&act.document, act.position, &registry.calendar_at(act.position.index));
    }
    Ok(Some(Arc::new(file)))
}

/// Fails if the replay found the act at `position` ineffective: a period or an association code may have expired between the
/// check and the commit.
fn require_effect(file: &CaseFile, position: ActPosition) -> Result<(), FilingError> {
    match file.ineffective_acts.iter().find(|act| act.position == position) {
        Some(act) => Err(FilingError::Refused(act.reason.clone())),
        None => Ok(()),
    }
}

/// The outcome for a repeated request, whose act is on the chain already.
fn repeated_outcome(recorded: RecordedAct, act: StoredAct, file: Arc<CaseFile>) -> Result<ActOutcome, FilingError> {
    require_effect(&file, recorded.position)?;
    Ok(ActOutcome { recorded, document: act.document, file })
}

impl FilingService {
    /// Looks up in the authorization index whether the account takes part in the case, or acts for a court that has or had the
    /// case. The number of reads is the same for every case.
    pub(in crate::filing) async fn has_access(&self, actor: &Actor, case: CaseId) -> Result<bool, FilingError> {
        let mut labels = vec![labels::takes_part(actor.id, case)];
        labels.extend(actor.courts().into_iter().map(|court| labels::before_court(court, case)));
        self.read(move |store| {
            let mut found = false;
            for label in &labels {
                // All labels are read, so that the number of reads reveals nothing.
                found |= !store.labelled(label, LeafIndex(0), 1)?.is_empty();
            }
            Ok(found)
        })
        .await
    }

    /// The current state of a case; `None` if there is no such case.
    pub(in crate::filing) async fn case_file(&self, case: CaseId) -> Result<Option<Arc<CaseFile>>, FilingError> {
        let (known, registry) = (self.cached_case(case), self.registry());
        let file = self.read(move |store| Ok(replay_case(store, case, known, &registry)?)).await?;
        if let Some(file) = &file {
            self.cache_case(Arc::clone(file));
        }
        Ok(file)
    }

    /// The current state of a case that the actor may see.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: there is no such case, or the actor has no access to it.
    pub async fn case_for(&self, actor: &Actor, case: CaseId) -> Result<Arc<CaseFile>, FilingError> {
        actor.require_read_scope()?;
        if !self.has_access(actor, case).await? {
            return Err(FilingError::NotFound);
        }
        let file = self.case_file(case).await?.ok_or(FilingError::NotFound)?;
        if actor.can_see(&file) { Ok(file) } else { Err(FilingError::NotFound) }
    }

    /// The act that an earlier request with the same idempotency key made.
    ///
    /// # Errors
    ///
    /// [`FilingError::RequestReused`] if that request had another body.
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

    /// Appends an act to a case. `make` builds the act from the current state of the case; it is called again after a sequence
    /// conflict.
    ///
    /// # Errors
    ///
    /// [`FilingError`].
    pub async fn act(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        kind: ActKind,
        make: impl MakeAct,
    ) -> Result<ActOutcome, FilingError> {
        if !self.has_access(actor, case).await? {
            return Err(FilingError::NotFound);
        }
        self.act_with_access(actor, case, context, kind, make).await
    }

    /// As [`Self::act`], for an act that suspends or resumes the erasure of `content`. A lock prevents a concurrent
    /// erasure.
    ///
    /// # Errors
    ///
    /// As [`Self::act`]; [`FilingError::NothingToHold`] for a hold on content that is erased or was never stored.
    pub async fn act_on_content(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        (kind, content): (ActKind, HeldContent),
        make: impl MakeAct,
    ) -> Result<ActOutcome, FilingError> {
        if !self.has_access(actor, case).await? {
            return Err(FilingError::NotFound);
        }
        let _content_lock = self.locks.lock(labels::holds_on(content)).await;
        let pieces = if kind == ActKind::Hold { Some(self.pieces_of(content).await?) } else { None };
        let make = |file: &CaseFile, capacity: Capacity, annexes: &mut Annexes| {
            let act = make(file, capacity, annexes)?;
            // Apply the rules of the case first, so that court staff learn nothing about content of other cases.
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

    /// As [`Self::act`], for an act that names deposits as documents of the court or of a party. They must be on this ledger.
    ///
    /// # Errors
    ///
    /// As [`Self::act`]; [`FilingError::NoSuchDeposit`].
    pub async fn act_with_documents(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        (kind, documents): (ActKind, &[DepositNumber]),
        make: impl MakeAct,
    ) -> Result<ActOutcome, FilingError> {
        if !self.has_access(actor, case).await? {
            return Err(FilingError::NotFound);
        }
        self.require_deposits(documents).await?;
        self.act_with_access(actor, case, context, kind, make).await
    }

    /// Fails unless all deposits are on this ledger.
    ///
    /// # Errors
    ///
    /// [`FilingError::NoSuchDeposit`].
    pub(in crate::filing) async fn require_deposits(&self, numbers: &[DepositNumber]) -> Result<(), FilingError> {
        let numbers = numbers.to_vec();
        self.read(move |store| {
            for number in numbers {
                if records::find_entry(store, number)?.is_none() {
                    return Err(FilingError::NoSuchDeposit(number.to_string()));
                }
            }
            Ok(())
        })
        .await
    }

    /// As [`Self::act`], after [`Self::has_access`] was checked.
    pub(in crate::filing) async fn act_with_access(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        kind: ActKind,
        make: impl MakeAct,
    ) -> Result<ActOutcome, FilingError> {
        let capacity = |file: &CaseFile| {
            if !actor.can_see(file) {
                return Err(FilingError::NotFound);
            }
            // Its parties, agents and items must be those that were handed over.
            if file.is_being_taken_over() {
                return Err(FilingError::Refused(CourseRefusal::BeingTakenOver.into()));
            }
            actor.capacity(file, kind, context)
        };
        self.act_as(actor, case, context, kind, capacity, make).await
    }

    /// As [`Self::act`], in the capacity that `capacity` returns.
    pub(in crate::filing) async fn act_as(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        kind: ActKind,
        capacity: impl Fn(&CaseFile) -> Result<Capacity, FilingError> + Send + Sync,
        make: impl MakeAct,
    ) -> Result<ActOutcome, FilingError> {
        // Lock order everywhere: request, then case. Two concurrent copies of a request, even to two cases, make only one act.
        let _request_lock = self.locks.lock(labels::request(context.request)).await;
        let _case_lock = self.locks.lock(case.0).await;
        let (capacity_in, make) = (&capacity, &make);
        retry_on_conflict(|| async move {
            if let Some((recorded, act)) = self.act_of_request((context.request, context.body)).await? {
                let file = self.case_file(case).await?.ok_or(FilingError::NotFound)?;
                // An actor who has lost the capacity since then must not see the current state.
                capacity_in(&file)?;
                return repeated_outcome(recorded, act, file).map(Some);
            }
            let file = self.case_file(case).await?.ok_or(FilingError::NotFound)?;
            let capacity = capacity_in(&file)?;
            self.require_role(actor, &file, capacity)?;
            let mut annexes = Annexes::new();
            // Check the permission before the content of the request.
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
            none_if_conflict(self.decide_and_append(&file, document, annexes).await)
        })
        .await
    }

    /// Fails if a role was revoked after the request was authenticated.
    fn require_role(&self, actor: &Actor, file: &CaseFile, capacity: Capacity) -> Result<(), FilingError> {
        let registry = self.registry();
        let Some(account) = registry.accounts.get(&actor.id) else { return Err(FilingError::NotPermitted) };
        let holds = match capacity {
            Capacity::Holding(role) => account.holds(role, Some(&file.court)),
            Capacity::Receiving(role) => file.course.hand_overs.values().any(|one| account.holds(role, Some(&one.to))),
            _ => true,
        };
        if holds { Ok(()) } else { Err(FilingError::NotPermitted) }
    }

    /// Applies the rules of procedure to an act, and appends it.
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
        // The rules apply here at the current time, and in the replay below at the time that the sequencer assigned.
        let now = ActPosition { index: LeafIndex(file.last.index.0 + 1), sequence, at: self.now().max(file.last.at) };
        after.apply(&document, now, &registry.calendar)?;
        let labels = labels_of(&after, &document, Some(&before));
        let is_event = labels.contains(&labels::feed(&file.court));
        let act = NewAct { stream: file.id.0, sequence, document: document.clone(), annexes, labels };
        let recorded = self.append(act).await?;
        let mut after = (**file).clone();
        after.replay(&document, recorded.position, &self.registry().calendar_at(recorded.position.index));
        let after = Arc::new(after);
        self.cache_case(Arc::clone(&after));
        if is_event {
            self.notify_subscribers(recorded.position);
        }
        require_effect(&after, recorded.position)?;
        Ok(ActOutcome { recorded, document, file: after })
    }

    /// Opens a case at `court`. The actor is the first party, that party's agent, or court staff.
    ///
    /// # Errors
    ///
    /// [`FilingError`]; [`FilingError::NotPermitted`] for a role that the account does not hold at that court.
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
            Filer::Agent | Filer::StatutoryAgent => Capacity::Agent(AgentNumber(1)),
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

    /// As [`Self::open_case`], after the permission was checked.
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
        self.open_case_in(actor, context, (labels::case_of(context.request), capacity), make).await
    }

    /// As [`Self::open_case_as`], with the id of the new case.
    pub(in crate::filing) async fn open_case_in<M>(
        &self,
        actor: &Actor,
        context: &RequestContext,
        (case, capacity): (CaseId, Capacity),
        make: M,
    ) -> Result<ActOutcome, FilingError>
    where
        M: Fn(&mut Annexes) -> Result<Act, FilingError> + Send + Sync,
    {
        let _request_lock = self.locks.lock(labels::request(context.request)).await;
        let _case_lock = self.locks.lock(case.0).await;
        if let Some((recorded, act)) = self.act_of_request((context.request, context.body)).await? {
            let file = self.case_file(case).await?.ok_or(FilingError::NotFound)?;
            // A clerk who transfers a case opens it at another court, whose cases the clerk need not see.
            let may_see = matches!(capacity, Capacity::Holding(_)) || actor.can_see(&file);
            return if may_see { repeated_outcome(recorded, act, file) } else { Err(FilingError::NotFound) };
        }
        let mut annexes = Annexes::new();
        let act = make(&mut annexes)?;
        if let Act::Open(open) = &act {
            check_procedure(open.kind, open.procedure)?;
        }
        let document = Document {
            stream: Stream::Case,
            by: actor.id,
            capacity,
            request: Some(context.request),
            body: Some(context.body),
            act,
        };
        let now = ActPosition { index: LeafIndex(0), sequence: 1, at: self.now() };
        let file = replay::begin(case, &document, now)?;
        let labels = labels_of(&file, &document, None);
        let act = NewAct { stream: case.0, sequence: 1, document: document.clone(), annexes, labels };
        let recorded = self.append(act).await?;
        let file = Arc::new(replay::begin(case, &document, recorded.position)?);
        self.cache_case(Arc::clone(&file));
        Ok(ActOutcome { recorded, document, file })
    }
}

/// Only appeals and retrials are heard by the procedure of second instance (民诉法 arts. 175, 218). Checked when a case is opened, and not when
/// it is replayed: a case that was opened with another one stays what it is.
fn check_procedure(kind: CaseKind, procedure: Procedure) -> Result<(), FilingError> {
    let has_second = matches!(kind, CaseKind::CivilSecond | CaseKind::AdministrativeSecond | CaseKind::Retrial);
    if procedure != Procedure::SecondInstance || has_second {
        return Ok(());
    }
    Err(FilingError::bad(
        "procedure",
        "a case of this kind is not heard by the procedure of second instance",
        "该类案件不适用第二审程序，请选择普通程序、简易程序或者小额诉讼程序",
    ))
}
