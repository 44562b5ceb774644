//! 原文保管: originals taken into custody, given out, swept.
//!
//! # Invariants
//!
//! What is in custody was measured as it came and agrees with its deposit: taking it in is its verification. The key of an
//! object lies in an annex of the act, so erasing that annex destroys the original wherever copies of the object may be.
//! No byte is given out before the act that says who sees it is on the chain. An object that no act answers for is removed
//! at the next start.

use std::collections::HashSet;
use std::error::Error;

use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};
use tokio_util::bytes::Bytes;

use crate::court::acts::{Act, TakeCustody};
use crate::court::case::state::{Placed, Text};
use crate::court::document::{Document, Stream as Kind};
use crate::court::ids::{AccountId, CaseId};
use crate::court::labels;
use crate::court::values::Capacity;
use crate::court::words::{Scope, Shown};
use crate::custody::download::OpenError;
use crate::custody::object::{ObjectId, ObjectKey};
use crate::custody::removing::SweepError;
use crate::custody::space::{Owner, SpaceError};
use crate::custody::upload::{KeepError, StoredObject};
use crate::error_code::ErrorCode;
use crate::filing::access::Subject;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::blocking::on_blocking_thread;
use crate::filing::cases::is_overtaken;
use crate::filing::error::FilingError;
use crate::filing::service::{ATTEMPTS, Done, FilingService, Writing};
use crate::filing::streams::{act_at, last_labelled, text};
use crate::ledger::digests::DigestPair;
use crate::ledger::hash::{Digest, lower_hex};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::{Comparison, Content, FileDigests, Form, HashAlgorithm};
use crate::ledger::time::Timestamp;
use crate::sequencer::handle::DepositError;
use crate::store::contract::{Private, ReadError, ReadLedger};
use crate::store::reading;

/// Acts of custody read in one go at the start.
const PAGE: usize = 1_000;

/// Why an original is not taken in or given out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OriginalError {
    /// It is not the file that was deposited. Nothing of it was kept.
    #[error("the file does not agree with the deposit: {0}")]
    Mismatch(&'static str),
    /// It is there already.
    #[error("the original is in custody already")]
    Taken,
    /// The deposit's digests are salted: without the salt nothing can be compared.
    #[error("the deposit is salted: send its salt in the header `x-salt`")]
    SaltNeeded,
    /// The deposit's digests are not salted.
    #[error("the deposit is not salted")]
    NotSalted,
    /// Nobody gave it into custody.
    #[error("the original was not given into custody")]
    NotSubmitted,
    /// It was, and is erased.
    #[error("the original is erased")]
    Erased,
    /// There is no room for it.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The filing service.
    #[error(transparent)]
    FilingService(#[from] FilingError),
}

impl OriginalError {
    /// The stable code; `None` for [`OriginalError::FilingService`], which has its own.
    #[must_use]
    pub const fn code(&self) -> Option<ErrorCode> {
        Some(match self {
            Self::Mismatch(_) => ErrorCode::CustodyMismatch,
            Self::Taken => ErrorCode::CustodyTaken,
            Self::SaltNeeded => ErrorCode::SaltNeeded,
            Self::NotSalted => ErrorCode::BadSalt,
            Self::NotSubmitted => ErrorCode::NoOriginal,
            Self::Erased => ErrorCode::Erased,
            Self::Space(error) => error.code(),
            Self::FilingService(_) => return None,
        })
    }
}

/// How it stands with a deposit's original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// The act that took it in.
    pub act: TakeCustody,
    /// Where that act stands.
    pub placed: Placed,
    /// Its number.
    pub number: DepositNumber,
    /// Whether it is gone.
    pub erased: bool,
}

impl Original {
    /// The object that holds it.
    pub(in crate::filing) const fn object(&self) -> ObjectId {
        ObjectId::from_bytes(self.act.object.0)
    }

    /// When it came.
    #[must_use]
    pub const fn received_at(&self) -> Timestamp {
        self.placed.at
    }
}

/// An original on its way to somebody who may see it.
pub struct Given {
    /// Its bytes. A stream that ends without an error was the whole original.
    pub stream: BoxStream<'static, Result<Bytes, OpenError>>,
    /// How many.
    pub size: u64,
    /// The act that recorded this look.
    pub access: Done,
}

/// An original that a client sends.
pub struct IncomingOriginal<S> {
    /// Its bytes.
    pub stream: S,
    /// How many the client says there are.
    pub announced: Option<u64>,
    /// Most bytes that are taken.
    pub limit: u64,
}

/// An original in custody, with the act that says so.
#[derive(Debug)]
pub struct Taken {
    /// The act.
    pub done: Done,
    /// What it says.
    pub act: TakeCustody,
}

/// The original of a deposit that was given into custody last. The label index leads to its act: the number of reads does
/// not depend on how often the original was looked at.
pub(in crate::filing) fn custody(
    store: &dyn ReadLedger,
    stream: &Digest,
    deposit: DepositNumber,
) -> Result<Option<Original>, ReadError> {
    let Some(stored) = last_labelled(store, &labels::custody_of(deposit))? else { return Ok(None) };
    let placed = stored.placed;
    match stored.document.act {
        Act::TakeCustody(act) if act.deposit == deposit && stored.stream == *stream => {
            let erased = matches!(store.annex(placed.index, &act.key.0)?, Private::Erased(_));
            Ok(Some(Original { act, placed, number: stored.entry.number, erased }))
        }
        _ => Err(ReadError::Damaged {
            what: "label",
            at: placed.index.to_string(),
            reason: format!("it leads to an act that is no custody of {deposit}"),
        }),
    }
}

/// Whether it is sure that nothing was written.
const fn surely_unwritten(error: &OriginalError) -> bool {
    !matches!(
        error,
        OriginalError::FilingService(
            FilingError::Deposit(DepositError::Paused(_) | DepositError::Stopped(_) | DepositError::Read(_))
                | FilingError::Read(_)
                | FilingError::Thread(_)
        )
    )
}

impl FilingService {
    /// How it stands with a deposit's original: for whoever sees the deposit in a case. Nothing is recorded, since
    /// nothing is shown.
    ///
    /// # Errors
    ///
    /// Those of reading.
    pub async fn original_of(&self, number: DepositNumber) -> Result<Option<Original>, FilingError> {
        let stream = self.custody_stream(number);
        self.read(move |store| Ok(custody(store, &stream, number)?)).await
    }

    /// Takes an original into custody, if there is room for it. For the account the deposit was made for.
    ///
    /// # Errors
    ///
    /// [`OriginalError`]: nothing was kept.
    pub async fn take_original<S, E>(
        &self,
        actor: &Actor,
        number: DepositNumber,
        context: &RequestContext,
        salt: Option<[u8; SALT_LEN]>,
        incoming: IncomingOriginal<S>,
    ) -> Result<Taken, OriginalError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        actor.needs(Scope::Deposit)?;
        let entry = self.read(move |store| Ok(reading::find_entry(store, number)?)).await?.map(|(_, entry)| entry);
        let entry = entry.filter(|entry| self.made_for(entry) == Some(actor.id)).ok_or(FilingError::NotFound)?;
        if let Some(before) = self.taken_before(context).await? {
            return Ok(before);
        }
        let content = entry.statement.statement().content.ok_or(OriginalError::Mismatch("it has no digest"))?;
        match (content.is_salted(), salt) {
            (true, None) => return Err(OriginalError::SaltNeeded),
            (false, Some(_)) => return Err(OriginalError::NotSalted),
            _ => {}
        }
        if self.original_of(number).await?.is_some_and(|original| !original.erased) {
            return Err(OriginalError::Taken);
        }
        let kept = self.receive(actor, &content, incoming).await?;
        let object = kept.object;
        let taken = match self.agrees(&kept, &content, salt).await {
            Ok(()) => self.record_custody(actor, number, context, &kept).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &taken
            && surely_unwritten(error)
            && let Err(error) = self.originals.remove(object).await
        {
            tracing::warn!(%object, %error, "an original that was not taken in is still there; the next start removes it");
        }
        taken
    }

    /// Receives an original, with room reserved for it before its first byte.
    async fn receive<S, E>(
        &self,
        actor: &Actor,
        content: &Content,
        incoming: IncomingOriginal<S>,
    ) -> Result<StoredObject, OriginalError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let IncomingOriginal { stream, announced, limit } = incoming;
        // No more than the deposit says is taken in at all.
        let (limit, expected) = match content.form {
            Form::Plain { size } => (limit.min(size), size.min(announced.unwrap_or(size))),
            Form::Salted => (limit, announced.unwrap_or(0)),
        };
        self.count_originals().await?;
        let reservation = self.originals.space().reserve(actor.id.0, expected.min(limit))?;
        let mut received = 0_u64;
        let stream = stream.map(|frame| {
            let frame = frame.map_err(Into::<Box<dyn Error + Send + Sync>>::into)?;
            let length = u64::try_from(frame.len()).unwrap_or(u64::MAX);
            received = received.saturating_add(length);
            // More than the limit is not kept, so it takes no room: custody rejects it.
            if received <= limit {
                reservation.arrived(length)?;
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(frame)
        });
        let kept = self.originals.keep(stream, limit).await.map_err(|error| match (error, content.form) {
            (KeepError::TooLarge { limit }, Form::Plain { size }) if limit == size => {
                OriginalError::Mismatch("it is longer than the deposit says")
            }
            (KeepError::Stream(error), _) if error.is::<SpaceError>() => match error.downcast::<SpaceError>() {
                Ok(error) => (*error).into(),
                Err(error) => FilingError::from(KeepError::Stream(error)).into(),
            },
            (error, _) => FilingError::from(error).into(),
        })?;
        reservation.keep(kept.object);
        Ok(kept)
    }

    /// Counts the originals in custody, unless that has been done.
    async fn count_originals(&self) -> Result<(), FilingError> {
        let space = self.originals.space();
        if !space.is_counted() {
            let kept = self.read(|store| Ok(kept_originals(store)?)).await?;
            space.count_existing(kept.iter().map(CustodyRecord::counted));
        }
        Ok(())
    }

    /// Holds what came against every digest and the size of the deposit.
    async fn agrees(
        &self,
        kept: &StoredObject,
        content: &Content,
        salt: Option<[u8; SALT_LEN]>,
    ) -> Result<(), OriginalError> {
        let measured = match salt {
            None => kept.measured,
            Some(salt) => self.measured_after(salt, kept).await?,
        };
        match content.compare(&measured) {
            Comparison::Match => Ok(()),
            Comparison::Mismatch => Err(OriginalError::Mismatch("no digest is the same")),
            Comparison::Contradictory => Err(OriginalError::Mismatch("not every digest and the size are the same")),
        }
    }

    /// What the original measures with a salt before it: read once more, as it lies in custody.
    async fn measured_after(&self, salt: [u8; SALT_LEN], kept: &StoredObject) -> Result<FileDigests, FilingError> {
        let mut stream = self.originals.open(kept.object, &kept.key, kept.measured.size).await?;
        let mut digests = DigestPair::salted(&salt);
        while let Some(part) = stream.next().await {
            let part = part?;
            // SM3 takes 4 ms a megabyte: too long for a worker thread.
            digests = on_blocking_thread(move || {
                digests.update(&part);
                digests
            })
            .await?;
        }
        Ok(digests.finish())
    }

    async fn taken_before(&self, context: &RequestContext) -> Result<Option<Taken>, FilingError> {
        let before = self.done_before((context.request, context.body)).await?;
        before
            .map(|(done, stored)| match stored.document.act {
                Act::TakeCustody(act) => Ok(Taken { done, act }),
                _ => Err(FilingError::RequestReused),
            })
            .transpose()
    }

    async fn record_custody(
        &self,
        actor: &Actor,
        number: DepositNumber,
        context: &RequestContext,
        kept: &StoredObject,
    ) -> Result<Taken, OriginalError> {
        let stream = self.custody_stream(number);
        let key = zeroize::Zeroizing::new(hex::encode(kept.key.as_bytes()));
        let _held = self.locks.hold(stream).await;
        for _ in 0..ATTEMPTS {
            let looked = self.read(move |store| {
                let length = store.subject_length(&stream)?;
                Ok((length, custody(store, &stream, number)?))
            });
            let (length, original) = looked.await?;
            if original.is_some_and(|original| !original.erased) {
                return Err(OriginalError::Taken);
            }
            let mut annexes = Annexes::new();
            let hashes = [HashAlgorithm::Sm3, HashAlgorithm::Sha256];
            let act = TakeCustody {
                deposit: number,
                object: Digest(*kept.object.as_bytes()),
                key: annexes.add("key", &key)?,
                size: kept.measured.size,
                data_hash: hashes.map(|one| (one, kept.measured.digest(one))).to_vec(),
            };
            let document = Document {
                stream: Kind::Custody,
                by: actor.id,
                capacity: Capacity::Oneself,
                request: Some(context.request),
                body: Some(context.body),
                act: Act::TakeCustody(act.clone()),
            };
            let labels = labels::of_custody(number).to_vec();
            match self.write(Writing { stream, sequence: length + 1, document, annexes, labels }).await {
                Err(error) if is_overtaken(&error) => {}
                Err(error) => return Err(error.into()),
                Ok(done) => return Ok(Taken { done, act }),
            }
        }
        Err(FilingError::Deposit(DepositError::Busy { retry_after_ms: 500 }).into())
    }

    /// Gives an original out to the account that the deposit was made for, or to somebody who sees it in the named `case`.
    /// The look is recorded before this returns.
    ///
    /// # Errors
    ///
    /// [`OriginalError::NotSubmitted`], [`OriginalError::Erased`]; [`FilingError::NotFound`]: no such deposit, or not
    /// theirs; [`FilingError::Open`] when what lies there is damaged.
    pub async fn give_original(
        &self,
        actor: &Actor,
        number: DepositNumber,
        case: Option<CaseId>,
    ) -> Result<Given, OriginalError> {
        let (_, capacity) = self.seen_as(actor, number, case).await?;
        let original = self.original_of(number).await?.ok_or(OriginalError::NotSubmitted)?;
        let lies = Text { annex: original.act.key, index: original.placed.index };
        let key = self.read(move |store| Ok(text(store, &lies)?)).await?.map(zeroize::Zeroizing::new);
        let key = key.ok_or(OriginalError::Erased)?;
        let bytes = lower_hex(&key).map(zeroize::Zeroizing::new).ok_or_else(|| {
            let reason = "it is no key".to_owned();
            FilingError::Read(ReadError::Damaged { what: "custody key", at: original.placed.index.to_string(), reason })
        })?;
        let (key, size) = (ObjectKey::from_bytes(&bytes), original.act.size);
        let stream = self.originals.open(original.object(), &key, size).await.map_err(FilingError::from)?;
        let access = self.record_access(actor, capacity, Subject::Deposit(number, Shown::Original)).await?;
        Ok(Given { stream, size, access })
    }

    /// Removes objects that no act answers for, and those whose erasure a stop cut off. Only at the start, before
    /// anything is taken in. How many were removed.
    ///
    /// # Errors
    ///
    /// [`SweepOriginalsError`]: nothing was removed unless all acts of custody were read.
    pub async fn sweep_originals(&self) -> Result<u64, SweepOriginalsError> {
        let kept = self.read(|store| Ok(kept_originals(store)?)).await?;
        let known: HashSet<ObjectId> = kept.iter().map(CustodyRecord::object).collect();
        self.originals.space().count_existing(kept.iter().map(CustodyRecord::counted));
        Ok(self.originals.sweep(move |object| known.contains(object)).await?)
    }
}

/// Why originals were not swept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepOriginalsError {
    /// The acts of custody could not be read.
    #[error(transparent)]
    FilingService(#[from] FilingError),
    /// The folder.
    #[error(transparent)]
    Sweep(#[from] SweepError),
}

/// An original in custody, as its act says.
#[derive(Debug, Clone)]
pub struct CustodyRecord {
    /// Where the act stands.
    pub index: LeafIndex,
    /// The account that handed it in.
    pub owner: AccountId,
    /// The act.
    pub act: TakeCustody,
}

impl CustodyRecord {
    /// The object that holds it.
    #[must_use]
    pub const fn object(&self) -> ObjectId {
        ObjectId::from_bytes(self.act.object.0)
    }

    /// What the space for originals counts of it: the object, whose it is, its bytes.
    const fn counted(&self) -> (ObjectId, Owner, u64) {
        (self.object(), self.owner.0, self.act.size)
    }
}

/// The originals that are in custody still, in the order of their acts.
///
/// # Errors
///
/// [`ReadError`].
pub fn kept_originals(store: &dyn ReadLedger) -> Result<Vec<CustodyRecord>, ReadError> {
    let (mut kept, mut from) = (Vec::new(), LeafIndex(0));
    loop {
        let page = store.labelled(&labels::custody_of_all(), from, PAGE)?;
        for index in &page {
            let document = act_at(store, *index)?.document;
            if let Act::TakeCustody(act) = document.act
                && !matches!(store.annex(*index, &act.key.0)?, Private::Erased(_))
            {
                kept.push(CustodyRecord { index: *index, owner: document.by, act });
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE => from = LeafIndex(last.0 + 1),
            _ => return Ok(kept),
        }
    }
}
