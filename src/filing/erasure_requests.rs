//! Erasure requests, 删除非公开信息: private content becomes unreadable, the chain is unchanged.
//!
//! ```text
//! find the pieces ─▶ check holds ─▶ act + notice + tombstones in one block ─▶ answer; the background job removes the bytes
//! ```
//!
//! # Invariants
//!
//! The enrolled keys of an erased account are removed by the background job: an erasure is confirmed only after that.
//!
//! Content whose erasure a court has suspended (act `hold`) is not erased until that court releases it. Importing a deposit
//! into a case never suspends an erasure. Once the block is sealed, the content is unreadable through this program. A second
//! erasure of the same content changes nothing and returns the first one.
//!
//! Not here: removing the bytes from the disk, and the state of an erasure (`erasure_job`).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::court::acts::{Act, ActKind, Erase};
use crate::court::case::state::{ActPosition, CaseFile, HeldContent};
use crate::court::document::{Document, Stream};
use crate::court::ids::{AccountId, AnnexId, CaseId};
use crate::court::labels;
use crate::court::registry::RegistryError;
use crate::court::values::Capacity;
use crate::court::words::{Role, Scope};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::custody_records::{custody, custody_in_cases};
use crate::filing::erasure_job::Erasure;
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, RecordedAct, none_if_conflict, recorded_act, retry_on_conflict};
use crate::filing::streams::{act_of_notice, cases_labelled, statement};
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{ERASED_MAX, ErasedPiece, Piece};
use crate::ledger::number::DepositNumber;
use crate::query::records;
use crate::sequencer::handle::EraseError;
use crate::store::traits::{LedgerReader, PrivateContent, PrivatePiece, ReadError};

/// The content that is to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErasureCommand {
    /// A deposit's private metadata and its originals, those given for cases too.
    Deposit(DepositNumber),
    /// An account's name and the references of its identity checks.
    Account(AccountId),
    /// Texts of a case.
    Case(CaseId, Vec<AnnexId>),
}

impl ErasureCommand {
    /// The content as holds name it; `None` for texts of a case, which only the case's own judge erases.
    const fn content(&self) -> Option<HeldContent> {
        match self {
            Self::Deposit(number) => Some(HeldContent::Deposit(*number)),
            Self::Account(account) => Some(HeldContent::Account(*account)),
            Self::Case(..) => None,
        }
    }
}

/// The pieces of private content that an erasure covers: those still held, and those erased, with the index of the notice.
#[derive(Debug, Default)]
pub(in crate::filing) struct ErasablePieces {
    pub(in crate::filing) held: Vec<ErasedPiece>,
    pub(in crate::filing) gone: Vec<(ErasedPiece, LeafIndex)>,
}

impl ErasablePieces {
    fn add(&mut self, store: &dyn LedgerReader, piece: ErasedPiece) -> Result<(), ReadError> {
        let private = match piece.piece {
            Piece::Metadata => store.private(piece.index)?,
            Piece::Annex(commitment) => store.annex(piece.index, &commitment)?,
        };
        match private {
            PrivatePiece::Held(_) => self.held.push(piece),
            PrivatePiece::Erased(notice) => self.gone.push((piece, notice)),
            PrivatePiece::None => {}
        }
        Ok(())
    }
}

const fn annex(index: LeafIndex, id: AnnexId) -> ErasedPiece {
    ErasedPiece { index, piece: Piece::Annex(id.0) }
}

impl FilingService {
    /// Erases private content: commits the act, the notice and the tombstones in one block, and wakes the background job
    /// ([`crate::filing::erasure_job`]). From then on the content is unreadable through this program. `order` names the case
    /// whose court ordered the erasure, if a judge carries out that order.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`], [`FilingError::NotPermitted`], [`FilingError::HeldByACase`].
    pub async fn erase(
        &self,
        actor: &Actor,
        context: &RequestContext,
        what: &ErasureCommand,
        order: Option<CaseId>,
    ) -> Result<Erasure, FilingError> {
        let (stream, kind) = match what {
            ErasureCommand::Deposit(number) => (self.custody_stream(*number), Stream::Custody),
            ErasureCommand::Account(account) => (self.account_stream(*account), Stream::Access),
            ErasureCommand::Case(case, _) => (case.0, Stream::Case),
        };
        // Excludes a new hold between the check for holds and the erasure.
        let _content_lock = match what.content() {
            Some(content) => Some(self.locks.lock(labels::holds_on(content)).await),
            None => None,
        };
        let _request_lock = self.locks.lock(labels::request(context.request)).await;
        let _stream_lock = self.locks.lock(stream).await;
        let (index, fresh) = retry_on_conflict(|| async move {
            let capacity = self.erasing_capacity(actor, context, what, order).await?;
            let found = self.pieces_to_erase(what).await?;
            let before = self.act_of_request((context.request, context.body)).await?.map(|(_, act)| act.position.index);
            let before = match before {
                None if found.held.is_empty() => self.earlier_erasure(stream, &found).await?,
                before => before,
            };
            if let Some(before) = before {
                return Ok(Some((before, false)));
            }
            self.require_no_hold(what).await?;
            let document = Document {
                stream: kind,
                by: actor.id,
                capacity,
                request: Some(context.request),
                body: Some(context.body),
                act: erase_act(what, &found, order),
            };
            let recorded = none_if_conflict(self.append_erasure(stream, what, &document, &found.held).await)?;
            Ok::<_, FilingError>(recorded.map(|recorded| (recorded.position.index, recorded.fresh)))
        })
        .await?;
        // Also retries a failed pass at once.
        self.erasures.request();
        self.erasure_at(index, fresh).await
    }

    /// The capacity in which the actor may request this erasure.
    async fn erasing_capacity(
        &self,
        actor: &Actor,
        context: &RequestContext,
        what: &ErasureCommand,
        order: Option<CaseId>,
    ) -> Result<Capacity, FilingError> {
        let is_own = match what {
            ErasureCommand::Case(case, _) => {
                let file = self.case_for(actor, *case).await?;
                let capacity = actor.capacity(&file, ActKind::Erase, context)?;
                file.check_allowed(actor.id, capacity, ActKind::Erase)?;
                // The order comes first, as an act of its own: what is erased, is erased because of it.
                return if is_ordered(&file, what) { Ok(capacity) } else { Err(FilingError::NotPermitted) };
            }
            ErasureCommand::Account(account) => *account == actor.id,
            ErasureCommand::Deposit(number) => self.disposes_of(actor, *number).await?,
        };
        if is_own {
            if matches!(what, ErasureCommand::Account(_)) {
                // As for closing: a role is ended first, and with a password the holder closes the account on its page.
                if !actor.account.roles.is_empty() {
                    return Err(FilingError::Registry(RegistryError::NotPermitted));
                }
                if self.credentials.of(actor.id).is_some() {
                    return Err(FilingError::SignInNeeded);
                }
            }
            actor
                .require_scope(Scope::Deposit)
                .or_else(|_| actor.require_scope(Scope::Case))
                .or_else(|_| actor.require_scope(Scope::Manage))?;
            return Ok(Capacity::Oneself);
        }
        if actor.account.holds(Role::Operator, None) {
            actor.require_scope(Scope::Manage)?;
            return Ok(Capacity::Holding(Role::Operator));
        }
        if let Some(order) = order {
            // A court that ordered it may see to it.
            let file = self.case_for(actor, order).await?;
            if actor.account.holds(Role::Judge, Some(&file.court)) && is_ordered(&file, what) {
                actor.require_scope(Scope::Court)?;
                return Ok(Capacity::Holding(Role::Judge));
            }
        }
        Err(FilingError::NotFound)
    }

    /// The pieces that a hold or an erasure covers.
    pub(in crate::filing) async fn pieces_of(&self, content: HeldContent) -> Result<ErasablePieces, FilingError> {
        let content = match content {
            HeldContent::Deposit(number) => ErasureCommand::Deposit(number),
            HeldContent::Account(account) => ErasureCommand::Account(account),
        };
        match self.pieces_to_erase(&content).await {
            // An account that does not exist has no pieces.
            Err(FilingError::NotFound) => Ok(ErasablePieces::default()),
            found => found,
        }
    }

    async fn pieces_to_erase(&self, what: &ErasureCommand) -> Result<ErasablePieces, FilingError> {
        let (what, registry) = (what.clone(), self.registry());
        let stream = match what {
            ErasureCommand::Deposit(number) => Some(self.custody_stream(number)),
            _ => None,
        };
        let file = match what {
            ErasureCommand::Case(case, _) => self.case_file(case).await?,
            _ => None,
        };
        self.read(move |store| {
            let mut found = ErasablePieces::default();
            match what {
                ErasureCommand::Deposit(number) => {
                    if let Some((place, _)) = records::find_entry(store, number)? {
                        found.add(store, ErasedPiece { index: place.index, piece: Piece::Metadata })?;
                    }
                    if let Some(stream) = stream {
                        let own = custody(store, &stream, number, None)?;
                        for original in own.into_iter().chain(custody_in_cases(store, &stream, number)?) {
                            found.add(store, annex(original.position.index, original.act.key))?;
                        }
                    }
                }
                ErasureCommand::Account(account) => {
                    let account = registry.accounts.get(&account).ok_or(FilingError::NotFound)?;
                    for text in account.texts() {
                        found.add(store, annex(text.index, text.annex))?;
                    }
                }
                ErasureCommand::Case(_, annexes) => {
                    let file = file.ok_or(FilingError::NotFound)?;
                    for id in annexes.into_iter().collect::<BTreeSet<AnnexId>>() {
                        let unknown = || {
                            FilingError::bad(
                                "annexes",
                                format!("{id} is no text of the case"),
                                format!("本案没有编号为 {id} 的内容"),
                            )
                        };
                        let index = file.annexes.get(&id).ok_or_else(unknown)?;
                        found.add(store, annex(*index, id))?;
                    }
                }
            }
            if found.held.len() > ERASED_MAX {
                return Err(FilingError::bad(
                    "annexes",
                    format!("at most {ERASED_MAX} at a time"),
                    format!("一次至多 {ERASED_MAX} 项"),
                ));
            }
            Ok(found)
        })
        .await
    }

    /// Index of the act that erased the pieces that are already gone.
    pub(in crate::filing) async fn earlier_erasure(
        &self,
        stream: Digest,
        found: &ErasablePieces,
    ) -> Result<Option<LeafIndex>, FilingError> {
        let notice = found.gone.iter().map(|(_, notice)| *notice).max().ok_or(FilingError::NotFound)?;
        self.read(move |store| {
            let act = act_of_notice(store, notice)?.filter(|act| act.stream == stream);
            Ok(act.map(|act| act.position.index))
        })
        .await
    }

    /// Fails while a hold is in force; the error names the courts that can release it. Replays only the cases whose court has
    /// ever held this content, not all that have imported it.
    async fn require_no_hold(&self, what: &ErasureCommand) -> Result<(), FilingError> {
        let Some(content) = what.content() else { return Ok(()) };
        let cases = self.read(move |store| Ok(cases_labelled(store, &labels::holds_on(content))?)).await?;
        let mut courts = Vec::new();
        for case in cases {
            let file = self.case_file(case).await?.filter(|file| file.holds.contains_key(&content));
            if let Some(file) = file
                && !courts.contains(&file.court)
            {
                courts.push(file.court.clone());
            }
        }
        if courts.is_empty() { Ok(()) } else { Err(FilingError::HeldByACase { courts }) }
    }

    /// Commits the act, the notice and the tombstones in one block.
    async fn append_erasure(
        &self,
        stream: Digest,
        what: &ErasureCommand,
        document: &Document,
        pieces: &[ErasedPiece],
    ) -> Result<RecordedAct, FilingError> {
        let case = match what {
            ErasureCommand::Case(case, _) => Some(self.case_file(*case).await?.ok_or(FilingError::NotFound)?),
            _ => None,
        };
        let (last, found) = match &case {
            Some(file) => (file.last.sequence, vec![labels::feed(&file.court)]),
            None => (self.read(move |store| Ok(store.subject_length(&stream)?)).await?, Vec::new()),
        };
        let sequence = last + 1;
        let registry = self.registry();
        if let Some(file) = &case {
            let now =
                ActPosition { index: LeafIndex(file.last.index.0 + 1), sequence, at: self.now().max(file.last.at) };
            (**file).clone().apply(document, now, &registry.calendar)?;
        }
        let (note, piece) = statement(&self.ledger, &self.platform, stream, sequence, document)?;
        let labels = found.into_iter().chain(document.request.map(labels::request)).collect();
        let content = PrivateContent { metadata: Some(piece), annexes: Vec::new(), labels };
        let erased = self.sequencer.erase(pieces.to_vec(), Some((note, content))).await;
        let erased = erased.map_err(|error| match error {
            EraseError::Deposit(error) => FilingError::Deposit(error),
            error => FilingError::Erase(error),
        })?;
        let act = erased.act.ok_or_else(|| FilingError::Thread("an erasure without its act".into()))?;
        let recorded = recorded_act(act.receipt, sequence, act.fresh)?;
        if let Some(file) = case {
            let mut after = (*file).clone();
            after.replay(document, recorded.position, &self.registry().calendar_at(recorded.position.index));
            self.cache_case(Arc::new(after));
            self.notify_subscribers(recorded.position);
        }
        Ok(recorded)
    }
}

fn erase_act(what: &ErasureCommand, found: &ErasablePieces, order: Option<CaseId>) -> Act {
    let (deposit, account) = match what {
        ErasureCommand::Deposit(number) => (Some(*number), None),
        ErasureCommand::Account(account) => (None, Some(*account)),
        ErasureCommand::Case(..) => (None, None),
    };
    let annexes = found.held.iter().filter_map(|piece| match piece.piece {
        Piece::Annex(commitment) => Some(AnnexId(commitment)),
        Piece::Metadata => None,
    });
    Act::Erase(Erase { deposit, account, annex: annexes.collect(), order })
}

/// Whether the case's court has ordered this erased.
fn is_ordered(file: &CaseFile, what: &ErasureCommand) -> bool {
    file.orders.iter().any(|order| match what {
        ErasureCommand::Deposit(number) => order.deposit == Some(*number),
        ErasureCommand::Account(account) => order.account == Some(*account),
        ErasureCommand::Case(..) => order.deposit.is_none() && order.account.is_none(),
    })
}
