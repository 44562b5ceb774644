//! 删除非公开信息: private content is erased, the chain stays whole.
//!
//! ```text
//! what is to go ─▶ does a court hold it? ─▶ act + notice + tombstones in one block ─▶ object removed ─▶ purge ─▶ answer
//! ```
//!
//! # Invariants
//!
//! Content whose erasure a court has suspended (act `hold`) is not erased until that court releases it. Importing a deposit
//! into a case never suspends an erasure. Nobody is told that something is erased
//! before no file holds it any more; where that did not come about, the same request goes on where it ended. Erasing what
//! is erased changes nothing and answers the erasure that was.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::court::acts::{Act, ActKind, Erase};
use crate::court::case::state::{CaseFile, HeldContent, Placed};
use crate::court::document::{Document, Stream};
use crate::court::ids::{AccountId, AnnexId, CaseId};
use crate::court::values::Capacity;
use crate::court::words::{Role, Scope};
use crate::custody::object::ObjectId;
use crate::desk::actor::{Actor, Asked};
use crate::desk::cases::{fold_case, is_overtaken};
use crate::desk::declined::DeskError;
use crate::desk::deposits::entry_of;
use crate::desk::labels;
use crate::desk::office::{ATTEMPTS, Desk, Done, done};
use crate::desk::originals::custody;
use crate::desk::streams::{StoredAct, acts_after, cases_labelled, statement};
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::{ERASED_MAX, ErasedPiece, Piece};
use crate::ledger::number::DepositNumber;
use crate::sequencer::handle::{DepositError, EraseError};
use crate::store::contract::{Private, PrivateContent, ReadError, ReadLedger};
use crate::store::reading::receipts;

/// What is to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErasureAsked {
    /// A deposit's private metadata and its original.
    Deposit(DepositNumber),
    /// An account's name and the references of its identity checks.
    Account(AccountId),
    /// Texts of a case.
    Case(CaseId, Vec<AnnexId>),
}

impl ErasureAsked {
    /// The content as a court would hold it; texts of a case are erased by the case's own judge alone.
    const fn content(&self) -> Option<HeldContent> {
        match self {
            Self::Deposit(number) => Some(HeldContent::Deposit(*number)),
            Self::Account(account) => Some(HeldContent::Account(*account)),
            Self::Case(..) => None,
        }
    }
}

/// An erasure that is complete: no file holds the bytes any more.
#[derive(Debug)]
pub struct Erasure {
    /// The act.
    pub done: Done,
    /// The kind of stream that it stands in.
    pub stream: Stream,
    /// Place of the `erased` notice.
    pub notice: LeafIndex,
}

/// Pieces that are held, what stands for those that are gone, and the object of an original.
#[derive(Debug, Default)]
struct Found {
    held: Vec<ErasedPiece>,
    gone: Vec<(ErasedPiece, LeafIndex)>,
    /// With the annex that holds its key.
    object: Option<(ObjectId, ErasedPiece)>,
}

impl Found {
    fn look(&mut self, store: &dyn ReadLedger, piece: ErasedPiece) -> Result<(), ReadError> {
        let private = match piece.piece {
            Piece::Metadata => store.private(piece.index)?,
            Piece::Annex(commitment) => store.annex(piece.index, &commitment)?,
        };
        match private {
            Private::Held(_) => self.held.push(piece),
            Private::Erased(notice) => self.gone.push((piece, notice)),
            Private::None => {}
        }
        Ok(())
    }
}

const fn annex(index: LeafIndex, id: AnnexId) -> ErasedPiece {
    ErasedPiece { index, piece: Piece::Annex(id.0) }
}

impl Desk {
    /// Erases private content. `order` names a case whose court ordered the erasure, where a judge carries out that order.
    ///
    /// # Errors
    ///
    /// [`DeskError::NotFound`], [`DeskError::NotPermitted`], [`DeskError::HeldByACase`]; [`DeskError::NotPurged`]: the
    /// erasure stands on the chain and is not complete; send the same request again.
    pub async fn erase(
        &self,
        actor: &Actor,
        asked: &Asked,
        what: &ErasureAsked,
        order: Option<CaseId>,
    ) -> Result<Erasure, DeskError> {
        let (stream, kind) = match what {
            ErasureAsked::Deposit(number) => (self.custody_stream(*number), Stream::Custody),
            ErasureAsked::Account(account) => (self.account_stream(*account), Stream::Access),
            ErasureAsked::Case(case, _) => (case.0, Stream::Case),
        };
        // No court suspends the erasure between the check for holds and the erasure itself.
        let _holds = match what.content() {
            Some(content) => Some(self.locks.hold(labels::holds_on(content)).await),
            None => None,
        };
        let _named = self.locks.hold(labels::request(asked.request)).await;
        let _held = self.locks.hold(stream).await;
        for _ in 0..ATTEMPTS {
            let capacity = self.may_erase(actor, asked, what, order).await?;
            let found = self.to_be_erased(what).await?;
            let before = self.done_before((asked.request, asked.body)).await?.map(|(done, _)| done);
            let before = match before {
                None if found.held.is_empty() => self.erased_before(stream, &found).await?,
                before => before,
            };
            if let Some(done) = before {
                return self.finish(done, kind, &found).await;
            }
            self.held_by_no_court(what).await?;
            let document = Document {
                stream: kind,
                by: actor.id,
                capacity,
                request: Some(asked.request),
                body: Some(asked.body),
                act: act_of(what, &found, order),
            };
            match self.seal_erasure(stream, what, &document, &found.held).await {
                Err(error) if is_overtaken(&error) => {}
                Err(error) => return Err(error),
                Ok((done, notice)) => {
                    let gone = found.held.iter().map(|piece| (*piece, notice)).collect();
                    let found = Found { held: Vec::new(), gone, object: found.object };
                    return self.finish(done, kind, &found).await;
                }
            }
        }
        Err(DeskError::Deposit(DepositError::Busy { retry_after_ms: 500 }))
    }

    /// In which capacity somebody may ask for this.
    async fn may_erase(
        &self,
        actor: &Actor,
        asked: &Asked,
        what: &ErasureAsked,
        order: Option<CaseId>,
    ) -> Result<Capacity, DeskError> {
        let owner = match what {
            ErasureAsked::Case(case, _) => {
                let file = self.case_for(actor, *case).await?;
                let capacity = actor.capacity(&file, ActKind::Erase, asked)?;
                file.allows(actor.id, capacity, ActKind::Erase)?;
                // The order comes first, as an act of its own: what is erased, is erased because of it.
                return if orders(&file, what) { Ok(capacity) } else { Err(DeskError::NotPermitted) };
            }
            ErasureAsked::Account(account) => self.registry().accounts.contains_key(account).then_some(*account),
            ErasureAsked::Deposit(number) => {
                let number = *number;
                let entry = self.read(move |store| Ok(entry_of(store, number)?)).await?;
                entry.and_then(|(_, entry)| self.made_for(&entry))
            }
        };
        let Some(owner) = owner else { return Err(DeskError::NotFound) };
        if owner == actor.id {
            actor
                .needs(Scope::Deposit)
                .or_else(|_| actor.needs(Scope::Case))
                .or_else(|_| actor.needs(Scope::Manage))?;
            return Ok(Capacity::Oneself);
        }
        if actor.account.holds(Role::Operator, None) {
            actor.needs(Scope::Manage)?;
            return Ok(Capacity::Holding(Role::Operator));
        }
        if let Some(order) = order {
            // A court that ordered it may see to it.
            let file = self.case_for(actor, order).await?;
            if actor.account.holds(Role::Judge, Some(&file.court)) && orders(&file, what) {
                actor.needs(Scope::Court)?;
                return Ok(Capacity::Holding(Role::Judge));
            }
        }
        Err(DeskError::NotFound)
    }

    async fn to_be_erased(&self, what: &ErasureAsked) -> Result<Found, DeskError> {
        let (what, registry) = (what.clone(), self.registry());
        let stream = match what {
            ErasureAsked::Deposit(number) => Some(self.custody_stream(number)),
            _ => None,
        };
        self.read(move |store| {
            let mut found = Found::default();
            match what {
                ErasureAsked::Deposit(number) => {
                    if let Some((index, _)) = entry_of(store, number)? {
                        found.look(store, ErasedPiece { index, piece: Piece::Metadata })?;
                    }
                    if let Some(stream) = stream
                        && let (_, Some(original)) = custody(store, &stream)?
                    {
                        let key = annex(original.placed.index, original.act.key);
                        found.look(store, key)?;
                        found.object = Some((original.object(), key));
                    }
                }
                ErasureAsked::Account(account) => {
                    let account = registry.accounts.get(&account).ok_or(DeskError::NotFound)?;
                    let references = account.identities.iter().filter_map(|(_, reference)| *reference);
                    for text in account.name.into_iter().chain(references) {
                        found.look(store, annex(text.index, text.annex))?;
                    }
                }
                ErasureAsked::Case(case, annexes) => {
                    let wanted: BTreeSet<AnnexId> = annexes.into_iter().collect();
                    let mut known = BTreeSet::new();
                    for act in acts_after(store, &case.0, 0)? {
                        let own = matches!(act.document.act, Act::Erase(_));
                        for id in act.document.act.annexes().into_iter().filter(|id| !own && wanted.contains(id)) {
                            found.look(store, annex(act.placed.index, id))?;
                            known.insert(id);
                        }
                    }
                    if let Some(unknown) = wanted.difference(&known).next() {
                        return Err(DeskError::bad("annexes", format!("{unknown} is no text of the case")));
                    }
                }
            }
            if found.held.len() > ERASED_MAX {
                return Err(DeskError::bad("annexes", format!("at most {ERASED_MAX} at a time")));
            }
            Ok(found)
        })
        .await
    }

    /// The act that erased what is gone already.
    async fn erased_before(&self, stream: Digest, found: &Found) -> Result<Option<Done>, DeskError> {
        if found.gone.is_empty() {
            return Err(DeskError::NotFound);
        }
        let acts = self.stream_of(stream, 0).await?;
        let erases = |act: &&StoredAct| matches!(act.document.act, Act::Erase(_));
        let Some(last) = acts.iter().rev().find(erases).map(|act| act.placed) else { return Ok(None) };
        let receipt = self.read(move |store| Ok(receipts::receipt(store, last.index)?)).await?;
        done(receipt, last.sequence, false).map(Some)
    }

    /// Refused while a hold is in force: the error names the courts that can release it. Only cases whose court has ever
    /// held this content are replayed, however many others have imported it.
    async fn held_by_no_court(&self, what: &ErasureAsked) -> Result<(), DeskError> {
        let Some(content) = what.content() else { return Ok(()) };
        let registry = self.registry();
        let courts = self
            .read(move |store| {
                let mut courts = Vec::new();
                for case in cases_labelled(store, &labels::holds_on(content))? {
                    let file = fold_case(store, case, None, &registry)?;
                    let Some(file) = file.filter(|file| file.holds.contains_key(&content)) else { continue };
                    if !courts.contains(&file.court) {
                        courts.push(file.court.clone());
                    }
                }
                Ok(courts)
            })
            .await?;
        if courts.is_empty() { Ok(()) } else { Err(DeskError::HeldByACase { courts }) }
    }

    /// The act, the notice and the tombstones, in one block.
    async fn seal_erasure(
        &self,
        stream: Digest,
        what: &ErasureAsked,
        document: &Document,
        pieces: &[ErasedPiece],
    ) -> Result<(Done, LeafIndex), DeskError> {
        let case = match what {
            ErasureAsked::Case(case, _) => Some(self.case_file(*case).await?.ok_or(DeskError::NotFound)?),
            _ => None,
        };
        let (last, found) = match &case {
            Some(file) => (file.last.sequence, vec![labels::feed(&file.court)]),
            None => (self.read(move |store| Ok(store.subject_length(&stream)?)).await?, Vec::new()),
        };
        let sequence = last + 1;
        let registry = self.registry();
        if let Some(file) = &case {
            let now = Placed { index: LeafIndex(file.last.index.0 + 1), sequence, at: self.now().max(file.last.at) };
            (**file).clone().apply(document, now, &registry.calendar)?;
        }
        let (note, piece) = statement(&self.ledger, &self.platform, stream, sequence, document)?;
        let labels = found.into_iter().chain(document.request.map(labels::request)).collect();
        let content = PrivateContent { metadata: Some(piece), annexes: Vec::new(), labels };
        let erased = self.sequencer.erase(pieces.to_vec(), Some((note, content))).await;
        let erased = erased.map_err(|error| match error {
            EraseError::Deposit(error) => DeskError::Deposit(error),
            error => DeskError::Erase(error),
        })?;
        let act = erased.act.ok_or_else(|| DeskError::Thread("an erasure without its act".into()))?;
        let done = done(act.receipt, sequence, act.fresh)?;
        if let Some(file) = case {
            let mut after = (*file).clone();
            after.follow(document, done.placed, &self.registry().calendar_at(done.placed.index));
            self.remember(Arc::new(after));
            self.tell(done.placed);
        }
        Ok((done, erased.notice))
    }

    /// What stands on the chain becomes true on the disk. Doing it again does no harm.
    async fn finish(&self, done: Done, stream: Stream, found: &Found) -> Result<Erasure, DeskError> {
        // One that was given anew since is another, and stays.
        if let Some((object, key)) = found.object
            && found.gone.iter().any(|(piece, _)| *piece == key)
        {
            self.keeper.remove(object).await?;
        }
        let store = Arc::clone(&self.store);
        let purging = tokio::task::spawn_blocking(move || store.purge());
        let purged = purging.await.map_err(|error| DeskError::Thread(error.to_string()))?;
        purged?;
        let notice = found.gone.last().map(|(_, notice)| *notice).ok_or(DeskError::NotFound)?;
        Ok(Erasure { done, stream, notice })
    }
}

fn act_of(what: &ErasureAsked, found: &Found, order: Option<CaseId>) -> Act {
    let (deposit, account) = match what {
        ErasureAsked::Deposit(number) => (Some(*number), None),
        ErasureAsked::Account(account) => (None, Some(*account)),
        ErasureAsked::Case(..) => (None, None),
    };
    let annexes = found.held.iter().filter_map(|piece| match piece.piece {
        Piece::Annex(commitment) => Some(AnnexId(commitment)),
        Piece::Metadata => None,
    });
    Act::Erase(Erase { deposit, account, annex: annexes.collect(), order })
}

/// Whether the case's court has ordered this erased.
fn orders(file: &CaseFile, what: &ErasureAsked) -> bool {
    file.orders.iter().any(|order| match what {
        ErasureAsked::Deposit(number) => order.deposit == Some(*number),
        ErasureAsked::Account(account) => order.account == Some(*account),
        ErasureAsked::Case(..) => order.deposit.is_none() && order.account.is_none(),
    })
}
