//! Hand-overs of a case's dossier: sending it, and what the receiving court does with it, each by its own accounts.
//!
//! ```text
//! sending court: send ─▶ receiving court: receive ─▶ accept ─▶ open the case, copy parties, agents, items ─▶ take over
//!                                               └▶ report a difference, return
//! ```
//!
//! # Invariants
//!
//! Before a dossier is sent to a court, that court gets the same answers as for a case that does not exist; before it accepts, those of
//! its staff who receive dossiers see the manifest and nothing else, and the others nothing. Second volumes are shown to those who handle
//! cases at one of the two courts. The acceptance is the commit point. The id of the new case follows from the hand-over, and each
//! step after it has an idempotency key of its own that follows from that id: after a crash anybody who may accept sends the
//! acceptance again, and the rest is done once.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::court::acts::{
    AcceptHandOver, Act, ActKind, ReceiveHandOver, ReportDifference, ReturnHandOver, SendHandOver, TakeBack,
};
use crate::court::calendar::Day;
use crate::court::case::course::HandOver;
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::manifest::{lines, on_paper, root};
use crate::court::case::refusal::Refusal;
use crate::court::case::state::CaseFile;
use crate::court::case_number::{CaseNumber, CourtCode};
use crate::court::course_words::{AppealOutcome, HandOverState, RetrialGround, Volume};
use crate::court::ids::{CaseId, DocumentNumber, HandOverNumber, PartyNumber, RequestId};
use crate::court::labels;
use crate::court::registry::appeal_courts::AppealCourt;
use crate::court::values::Capacity;
use crate::court::words::{AccessedContent, Procedure, Role, Scope, TransferKind};
use crate::filing::access::AccessTarget;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::cases::ActOutcome;
use crate::filing::filing_error::FilingError;
use crate::filing::secret::step_request_id;
use crate::filing::service::FilingService;
use crate::filing::streams::{act_at, text};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::text::ManifestRoot;

/// A request to send a dossier to another court.
#[derive(Debug, Clone)]
pub struct SendCommand {
    /// The kind.
    pub kind: TransferKind,
    /// The receiving court.
    pub to: CourtCode,
    /// The document that it is based on.
    pub basis: DepositNumber,
    /// The ground of a retrial.
    pub ground: Option<RetrialGround>,
    /// The parties that apply for the retrial.
    pub parties: Vec<PartyNumber>,
    /// How many documents follow on paper.
    pub on_paper: Option<u32>,
    /// The result of the second instance, where the dossier goes back.
    pub outcome: Option<AppealOutcome>,
}

/// What the receiving court does.
#[derive(Debug, Clone)]
pub enum ReceiverStep {
    /// 收到案卷.
    Receive,
    /// 核对相符并接收, with the roots that the court computed itself.
    Accept {
        /// Of the main volume.
        manifest: ManifestRoot,
        /// Of the second volume.
        second_volume: Option<ManifestRoot>,
        /// By which procedure, for a retrial.
        procedure: Option<Procedure>,
        /// 案号 of the new case.
        number: Option<CaseNumber>,
    },
    /// 核对不符.
    Differs {
        /// Of the main volume.
        manifest: ManifestRoot,
        /// Of the second volume.
        second_volume: Option<ManifestRoot>,
        /// The differences.
        reason: String,
    },
    /// 退回补正.
    Return {
        /// What is missing.
        reason: String,
    },
}

/// A hand-over as an actor sees it.
#[derive(Debug, Clone)]
pub struct HandOverView {
    /// The sending case.
    pub file: Arc<CaseFile>,
    /// The hand-over.
    pub number: HandOverNumber,
    /// Whether the actor handles cases at one of both courts, and so sees the second volume.
    pub for_a_court: bool,
    /// The documents of the dossier that it covers, with the texts of those volumes that the actor sees; `None` for an erased one.
    pub documents: BTreeMap<DocumentNumber, Option<String>>,
    /// The differences, or the reason of the return.
    pub reason: Option<ErasableText>,
}

/// A private text; `None` once it was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasableText(pub Option<String>);

/// A page of the hand-overs to the actor's courts.
#[derive(Debug, Clone)]
pub struct HandOverPage {
    /// The latest first.
    pub items: Vec<(Arc<CaseFile>, HandOverNumber)>,
    /// The index before which the next page begins; `None` on the last page.
    pub next: Option<u64>,
}

/// The role in which the actor receives for the court `to`.
fn receiving_role(actor: &Actor, to: &CourtCode, context: &RequestContext) -> Result<Role, FilingError> {
    let receives = |role: &Role| role.receives_dossiers();
    let named = |role: &Role| context.capacity.is_none_or(|capacity| capacity == Capacity::Receiving(*role));
    let mut held = actor.roles_at(to).filter(receives).filter(named);
    held.next().ok_or(FilingError::NotPermitted)
}

/// The courts at which the actor handles cases.
fn courts_handling_cases(actor: &Actor) -> impl Iterator<Item = &CourtCode> {
    actor.courts().into_iter().filter(move |court| actor.roles_at(court).any(Role::handles_cases))
}

/// The role in which the actor sees a hand-over to the court `to`: one that receives dossiers, and after the acceptance any that handles
/// cases.
fn viewing_role(actor: &Actor, to: &CourtCode, state: HandOverState) -> Option<Role> {
    let mut held = actor.roles_at(to);
    held.find(|role| role.receives_dossiers() || (state == HandOverState::Accepted && role.handles_cases()))
}

impl FilingService {
    /// Sends the dossier of a case to another court. The manifest is computed from the case.
    ///
    /// # Errors
    ///
    /// Those of [`Self::act`]; [`FilingError::NoCourtPair`], [`FilingError::NoSuchDeposit`].
    pub async fn send_hand_over(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        command: &SendCommand,
    ) -> Result<ActOutcome, FilingError> {
        let make = |file: &CaseFile, _: Capacity, _: &mut Annexes| {
            let today = Day::of(self.now());
            let (court, hears) = (file.court.clone(), command.to.clone());
            let registry = self.registry();
            let calendar = &registry.calendar;
            if command.kind == TransferKind::SecondInstance && !registry.appeal_courts.hears(&court, &hears, today) {
                return Err(FilingError::NoCourtPair { court, hears });
            }
            let manifest = root(&lines(file, Volume::Main, calendar)).ok_or(FilingError::NotFound)?;
            Ok(Act::SendHandOver(SendHandOver {
                hand_over: file.next_hand_over(),
                kind: command.kind,
                to: command.to.clone(),
                basis: command.basis,
                party: command.parties.clone(),
                manifest,
                second_volume: root(&lines(file, Volume::Second, calendar)),
                on_paper: command.on_paper.or_else(|| (on_paper(file) == 0).then_some(0)).filter(|count| *count > 0),
                outcome: command.outcome,
                ground: command.ground,
            }))
        };
        self.act_with_documents(actor, case, context, (ActKind::SendHandOver, &[command.basis]), make).await
    }

    /// The courts at which the actor handles cases and to which the dossier of this case was ever sent. The number of reads is the same
    /// for every case.
    async fn receiving_courts(&self, actor: &Actor, case: CaseId) -> Result<Vec<CourtCode>, FilingError> {
        let courts: Vec<CourtCode> = courts_handling_cases(actor).cloned().collect();
        self.read(move |store| {
            let mut found = Vec::new();
            for court in courts {
                if !store.labelled(&labels::hand_over_to(&court, case), LeafIndex(0), 1)?.is_empty() {
                    found.push(court);
                }
            }
            Ok(found)
        })
        .await
    }

    /// The case and the receiving court of a hand-over that the actor's court receives.
    async fn received_case(
        &self,
        actor: &Actor,
        case: CaseId,
        number: HandOverNumber,
    ) -> Result<(Arc<CaseFile>, CourtCode), FilingError> {
        let courts = self.receiving_courts(actor, case).await?;
        if courts.is_empty() {
            return Err(FilingError::NotFound);
        }
        let file = self.case_file(case).await?.ok_or(FilingError::NotFound)?;
        let to = file.course.hand_overs.get(&number).map(|one| one.to.clone());
        let to = to.filter(|to| courts.contains(to)).ok_or(FilingError::NotFound)?;
        Ok((file, to))
    }

    /// An act of the receiving court. An acceptance opens the case that continues it, or records that the dossier is back; sent again,
    /// it completes what a crash interrupted. The outcome is that of the last act.
    ///
    /// # Errors
    ///
    /// Those of [`Self::act`]; [`FilingError::NotFound`] unless the dossier was sent to a court of the actor.
    pub async fn receive_hand_over(
        &self,
        actor: &Actor,
        (case, number): (CaseId, HandOverNumber),
        context: &RequestContext,
        step: &ReceiverStep,
    ) -> Result<ActOutcome, FilingError> {
        let (file, to) = self.received_case(actor, case, number).await?;
        actor.require_scope(Scope::Court)?;
        let role = receiving_role(actor, &to, context)?;
        let hand_over = file.hand_over(number)?;
        let opens = hand_over.kind != TransferKind::DossierReturn;
        let make = |_: &CaseFile, _: Capacity, annexes: &mut Annexes| {
            Ok(match step {
                ReceiverStep::Receive => Act::ReceiveHandOver(ReceiveHandOver { hand_over: number }),
                ReceiverStep::Accept { manifest, second_volume, procedure, .. } => {
                    Act::AcceptHandOver(AcceptHandOver {
                        hand_over: number,
                        manifest: *manifest,
                        second_volume: *second_volume,
                        to: opens.then(|| labels::case_after(case, number)),
                        procedure: *procedure,
                    })
                }
                ReceiverStep::Differs { manifest, second_volume, reason } => Act::ReportDifference(ReportDifference {
                    hand_over: number,
                    manifest: *manifest,
                    second_volume: *second_volume,
                    reason: annexes.add("reason", reason)?,
                }),
                ReceiverStep::Return { reason } => {
                    Act::ReturnHandOver(ReturnHandOver { hand_over: number, reason: annexes.add("reason", reason)? })
                }
            })
        };
        let kind = match step {
            ReceiverStep::Receive => ActKind::ReceiveHandOver,
            ReceiverStep::Accept { .. } => ActKind::AcceptHandOver,
            ReceiverStep::Differs { .. } => ActKind::ReportDifference,
            ReceiverStep::Return { .. } => ActKind::ReturnHandOver,
        };
        let acted = self.act_as(actor, case, context, kind, |_| Ok(Capacity::Receiving(role)), make).await;
        let ReceiverStep::Accept { number: case_number, .. } = step else { return acted };
        let accepted = match acted {
            Ok(acted) => acted.file,
            Err(error) => self.accepted_before(error, case, number).await?,
        };
        let hand_over = accepted.hand_over(number)?;
        if opens {
            self.take_over(actor, (role, &accepted, number), hand_over, case_number.clone()).await
        } else {
            self.take_back(actor, (role, &accepted, number), hand_over).await
        }
    }

    /// The case, if another request accepted the hand-over and left something undone, which is to be done now.
    async fn accepted_before(
        &self,
        error: FilingError,
        case: CaseId,
        number: HandOverNumber,
    ) -> Result<Arc<CaseFile>, FilingError> {
        let state = CourseRefusal::HandOverState(HandOverState::Accepted);
        let is_accepted = matches!(&error, FilingError::Refused(Refusal::Course(refusal)) if *refusal == state);
        if is_accepted && !self.is_complete(case, number).await? {
            return self.case_file(case).await?.ok_or(FilingError::NotFound);
        }
        Err(error)
    }

    /// Whether the steps after an acceptance were all done.
    async fn is_complete(&self, case: CaseId, number: HandOverNumber) -> Result<bool, FilingError> {
        let file = self.case_file(case).await?.ok_or(FilingError::NotFound)?;
        let hand_over = file.hand_over(number)?;
        if let Some(to) = hand_over.case {
            return Ok(self.case_file(to).await?.is_some_and(|successor| !successor.is_being_taken_over()));
        }
        let Some((origin, _)) = file.from else { return Ok(true) };
        let back = |origin: Arc<CaseFile>| origin.course.returned.iter().any(|one| one.case == case);
        Ok(self.case_file(origin).await?.is_some_and(back))
    }

    /// Records in the case of first instance that its dossier is back.
    async fn take_back(
        &self,
        actor: &Actor,
        (role, from, number): (Role, &CaseFile, HandOverNumber),
        hand_over: &HandOver,
    ) -> Result<ActOutcome, FilingError> {
        let (Some((origin, _)), Some(outcome)) = (from.from, hand_over.outcome) else {
            return Err(FilingError::NotFound);
        };
        let context = step_context(labels::case_after(from.id, number), hand_over.manifest, "take back");
        let act = Act::TakeBack(TakeBack {
            case: from.id,
            hand_over: number,
            manifest: hand_over.manifest,
            decision: hand_over.basis,
            outcome,
        });
        let capacity = |_: &CaseFile| Ok(Capacity::Holding(role));
        self.act_as(actor, origin, &context, ActKind::TakeBack, capacity, |_, _, _| Ok(act.clone())).await
    }

    /// A hand-over, for those who see the case, and for the court that receives it. The access is recorded.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]; those of [`Self::record_access`], and then nothing is shown.
    pub async fn view_hand_over(
        &self,
        actor: &Actor,
        case: CaseId,
        number: HandOverNumber,
    ) -> Result<HandOverView, FilingError> {
        actor.require_read_scope()?;
        let received = match self.received_case(actor, case, number).await {
            Ok((file, to)) => {
                let role = viewing_role(actor, &to, file.hand_over(number)?.state);
                role.map(|role| (file, Capacity::Receiving(role)))
            }
            Err(FilingError::NotFound) => None,
            Err(error) => return Err(error),
        };
        let handles =
            |one: &Capacity| matches!(one, Capacity::Holding(role) | Capacity::Receiving(role) if role.handles_cases());
        let (file, capacity) = if let Some(received) = received {
            received
        } else {
            let file = self.case_for(actor, case).await?;
            let own = actor.capacities(&file);
            let capacity = own.iter().copied().find(handles).or(own.first().copied());
            (file, capacity.ok_or(FilingError::NotFound)?)
        };
        let hand_over = file.hand_over(number)?;
        let for_a_court = handles(&capacity);
        self.record_access(actor, capacity, AccessTarget::Case(case, AccessedContent::HandOver, None)).await?;
        let covered = file.course.documents.iter().filter(|(_, one)| one.position.sequence < hand_over.sent.sequence);
        let shown: Vec<_> = covered
            .filter(|(_, one)| for_a_court || one.volume == Volume::Main)
            .map(|(number, one)| (*number, one.entry))
            .collect();
        let reason = hand_over.reason;
        let (documents, reason) = self
            .read(move |store| {
                let mut documents = BTreeMap::new();
                for (number, entry) in shown {
                    documents.insert(number, text(store, &entry)?);
                }
                let reason = reason.map(|reason| text(store, &reason)).transpose()?.map(ErasableText);
                Ok((documents, reason))
            })
            .await?;
        Ok(HandOverView { file, number, for_a_court, documents, reason })
    }

    /// The hand-overs to the courts at which the actor receives dossiers, or handles cases after the acceptance: at most `limit`, of those
    /// sent before index `before`.
    ///
    /// # Errors
    ///
    /// [`FilingError::Scope`], [`FilingError::Read`].
    pub async fn hand_overs_to(
        &self,
        actor: &Actor,
        before: Option<u64>,
        limit: usize,
    ) -> Result<HandOverPage, FilingError> {
        actor.require_read_scope()?;
        let lists: Vec<_> = courts_handling_cases(actor).map(labels::handed_to).collect();
        let before = LeafIndex(before.unwrap_or(u64::MAX));
        let found = self.read(move |store| {
            let mut indexes = std::collections::BTreeSet::new();
            for list in &lists {
                indexes.extend(store.labelled_before(list, before, limit.saturating_add(1))?);
            }
            let more = indexes.len() > limit;
            let page: Vec<LeafIndex> = indexes.into_iter().rev().take(limit).collect();
            let next = page.last().filter(|_| more).map(|index| index.0);
            let mut sent = Vec::new();
            for index in page {
                let act = act_at(store, index)?;
                if let Act::SendHandOver(send) = &act.document.act {
                    sent.push((CaseId(act.stream), send.hand_over, act.position));
                }
            }
            Ok((sent, next))
        });
        let (sent, next) = found.await?;
        let mut items = Vec::new();
        for (case, number, position) in sent {
            let Some(file) = self.case_file(case).await? else { continue };
            // An act that had no effect is none.
            let shown = |one: &HandOver| one.sent == position && viewing_role(actor, &one.to, one.state).is_some();
            if file.course.hand_overs.get(&number).is_some_and(shown) {
                items.push((file, number));
            }
        }
        Ok(HandOverPage { items, next })
    }
}

/// The context of a step after an acceptance. Its key follows from the new case, so that each step is done once, by anybody.
pub(in crate::filing) fn step_context(to: CaseId, manifest: ManifestRoot, step: &str) -> RequestContext {
    RequestContext { request: step_request_id(RequestId(to.0), step), body: manifest.root, capacity: None }
}

impl FilingService {
    /// The courts that hear or heard appeals from `court`, each with the text of its source; `None` for one that was erased.
    ///
    /// # Errors
    ///
    /// [`FilingError::Read`].
    pub async fn appeal_courts(&self, court: &CourtCode) -> Result<Vec<(AppealCourt, Option<String>)>, FilingError> {
        let pairs = self.registry().appeal_courts.of(court).to_vec();
        self.read(move |store| {
            let mut found = Vec::with_capacity(pairs.len());
            for pair in pairs {
                let source = text(store, &pair.source)?;
                found.push((pair, source));
            }
            Ok(found)
        })
        .await
    }
}
