//! Originals in custody, 原文保管: stored encrypted, sent to those who may see them, and removed when no act refers to them.
//!
//! # Invariants
//!
//! An original is hashed while it is received and must match its deposit. The key of its encrypted object is in an annex of the
//! custody act, so erasing that annex makes every copy of the object unreadable. No byte is sent before the access record is on
//! the chain. An object without a custody act is removed at the next start.

use std::collections::HashSet;
use std::error::Error;

use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};
use tokio_util::bytes::Bytes;

use crate::court::acts::{Act, TakeCustody};
use crate::court::case::state::Text;
use crate::court::document::{Document, Stream as Kind};
use crate::court::ids::CaseId;
use crate::court::labels;
use crate::court::values::Capacity;
use crate::court::words::{AccessedContent, Scope};
use crate::custody::download::OpenError;
use crate::custody::object::{ObjectId, ObjectKey};
use crate::custody::removing::SweepError;
use crate::custody::space::SpaceError;
use crate::custody::upload::{KeepError, StoredObject};
use crate::error_code::ErrorCode;
use crate::filing::access::AccessTarget;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::custody_records::{CustodyRecord, Original, custody, custody_in_cases, originals_in_custody};
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, NewAct, RecordedAct, none_if_conflict, retry_on_conflict};
use crate::filing::streams::text;
use crate::ledger::digests::DigestPair;
use crate::ledger::entry::Entry;
use crate::ledger::hash::{Digest, lower_hex};
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::{Comparison, Content, FileDigests, Form, HashAlgorithm};
use crate::query::blocking::on_blocking_thread;
use crate::query::records;
use crate::sequencer::handle::DepositError;
use crate::store::traits::ReadError;

/// Most cases for which one original is in custody, so that an erasure covers all of them at once.
const CASES_MAX: usize = 200;

/// Why an original is not stored or not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OriginalError {
    /// It is not the file that was deposited. Nothing of it was stored.
    #[error("the file does not agree with the deposit: {0}")]
    Mismatch(&'static str),
    /// The original is in custody already.
    #[error("the original is in custody already")]
    Taken,
    /// The deposit's digests are salted: without the salt nothing can be compared.
    #[error("the deposit is salted: send its salt in the header `x-salt`")]
    SaltNeeded,
    /// The deposit's digests are not salted.
    #[error("the deposit is not salted")]
    NotSalted,
    /// No original was given into custody.
    #[error("the original was not given into custody")]
    NotSubmitted,
    /// The original was in custody and is erased.
    #[error("the original is erased")]
    Erased,
    /// A limit on the space for originals is reached.
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

/// The content of an original, for an actor whose access is recorded.
pub struct OriginalDownload {
    /// Its bytes. The stream is complete only if it ends without an error.
    pub stream: BoxStream<'static, Result<Bytes, OpenError>>,
    /// Its size in bytes.
    pub size: u64,
    /// The access record.
    pub access: RecordedAct,
}

/// An original that a client uploads.
pub struct OriginalUpload<S> {
    /// Its bytes.
    pub stream: S,
    /// The size that the client announced.
    pub announced: Option<u64>,
    /// Largest accepted size in bytes.
    pub limit: u64,
}

/// An original that was stored, with its custody act.
#[derive(Debug)]
pub struct StoredOriginal {
    /// The act.
    pub recorded: RecordedAct,
    /// Its content.
    pub act: TakeCustody,
}

/// Whether the error proves that the custody act was not appended.
const fn is_certainly_unwritten(error: &OriginalError) -> bool {
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
    /// The state of a deposit's original. It contains no private content, so the access is not recorded.
    ///
    /// # Errors
    ///
    /// [`FilingError::Read`].
    pub async fn original_of(&self, number: DepositNumber) -> Result<Option<Original>, FilingError> {
        let stream = self.custody_stream(number);
        self.read(move |store| Ok(custody(store, &stream, number, None)?)).await
    }

    /// Whether the deposit was made on behalf of the actor's account, which gives its original into custody without a case.
    ///
    /// # Errors
    ///
    /// [`FilingError::Read`].
    pub async fn is_own_deposit(&self, actor: &Actor, number: DepositNumber) -> Result<bool, FilingError> {
        let entry = self.read(move |store| Ok(records::find_entry(store, number)?)).await?;
        Ok(entry.is_some_and(|(_, entry)| self.account_of_deposit(&entry) == Some(actor.id)))
    }

    /// Stores an original, within the limits on space. For the account on whose behalf the deposit was made; with `case`, for those who
    /// may give the originals of the documents of that case.
    ///
    /// # Errors
    ///
    /// [`OriginalError`]: nothing was stored.
    pub async fn store_original<S, E>(
        &self,
        actor: &Actor,
        (number, case): (DepositNumber, Option<CaseId>),
        context: &RequestContext,
        salt: Option<[u8; SALT_LEN]>,
        incoming: OriginalUpload<S>,
    ) -> Result<StoredOriginal, OriginalError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let (entry, capacity) = self.deposit_to_keep(actor, (number, case), context).await?;
        if let Some(before) = self.custody_of_request(context).await? {
            return Ok(before);
        }
        let content = entry.statement.statement().content.ok_or(OriginalError::Mismatch("it has no digest"))?;
        match (content.is_salted(), salt) {
            (true, None) => return Err(OriginalError::SaltNeeded),
            (false, Some(_)) => return Err(OriginalError::NotSalted),
            _ => {}
        }
        self.require_absent(number, case).await?;
        let kept = self.receive(actor, &content, incoming).await?;
        let object = kept.object;
        let taken = match self.require_match(&kept, &content, salt).await {
            Ok(()) => self.record_custody(actor, (number, case, capacity), context, &kept).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &taken
            && is_certainly_unwritten(error)
            && let Err(error) = self.originals.remove(object).await
        {
            tracing::warn!(%object, %error, "a rejected original could not be removed; the next start removes it");
        }
        taken
    }

    /// The deposit whose original the actor gives into custody, and the capacity in which it does so.
    async fn deposit_to_keep(
        &self,
        actor: &Actor,
        (number, case): (DepositNumber, Option<CaseId>),
        context: &RequestContext,
    ) -> Result<(Entry, Capacity), FilingError> {
        let capacity = if let Some(case) = case {
            self.giving_capacity(actor, (number, case), context).await?
        } else {
            actor.require_scope(Scope::Deposit)?;
            Capacity::Oneself
        };
        let entry = self.read(move |store| Ok(records::find_entry(store, number)?)).await?.map(|(_, entry)| entry);
        let is_given = |entry: &Entry| case.is_some() || self.account_of_deposit(entry) == Some(actor.id);
        let entry = entry.filter(is_given).ok_or(FilingError::NotFound)?;
        Ok((entry, capacity))
    }

    /// Fails if the original is in custody already, or is in custody for too many cases.
    async fn require_absent(&self, number: DepositNumber, case: Option<CaseId>) -> Result<(), OriginalError> {
        let stream = self.custody_stream(number);
        let kept = self.read(move |store| {
            let mut kept = custody(store, &stream, number, case)?.is_some_and(|original| !original.erased);
            if case.is_some() {
                let in_cases = custody_in_cases(store, &stream, number)?;
                kept |= in_cases.iter().filter(|original| !original.erased).count() >= CASES_MAX;
            }
            Ok(kept)
        });
        if kept.await? { Err(OriginalError::Taken) } else { Ok(()) }
    }

    /// Receives an original after its space was reserved.
    async fn receive<S, E>(
        &self,
        actor: &Actor,
        content: &Content,
        incoming: OriginalUpload<S>,
    ) -> Result<StoredObject, OriginalError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let OriginalUpload { stream, announced, limit } = incoming;
        // Never accepts more bytes than the deposit states.
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
            // Custody rejects more than the limit, so no space is reserved for it.
            if received <= limit {
                reservation.arrived(length)?;
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(frame)
        });
        let kept = self.originals.keep(stream, limit).await.map_err(|error| match (error, content.form) {
            (KeepError::TooLarge { limit }, Form::Plain { size }) if limit == size => {
                OriginalError::Mismatch("it is longer than the size in the deposit")
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

    /// Counts the originals in custody once per process.
    async fn count_originals(&self) -> Result<(), FilingError> {
        let space = self.originals.space();
        if !space.is_counted() {
            let kept = self.read(|store| Ok(originals_in_custody(store)?)).await?;
            space.count_existing(kept.iter().map(CustodyRecord::space_entry));
        }
        Ok(())
    }

    /// Compares the received bytes with the size and every digest of the deposit.
    async fn require_match(
        &self,
        kept: &StoredObject,
        content: &Content,
        salt: Option<[u8; SALT_LEN]>,
    ) -> Result<(), OriginalError> {
        let measured = match salt {
            None => kept.measured,
            Some(salt) => self.measure_salted(salt, kept).await?,
        };
        match content.compare(&measured) {
            Comparison::Match => Ok(()),
            Comparison::Mismatch => Err(OriginalError::Mismatch("no digest is the same")),
            Comparison::Contradictory => Err(OriginalError::Mismatch("not every digest and the size are the same")),
        }
    }

    /// The digests of the salt followed by the original, which is read back from custody.
    async fn measure_salted(&self, salt: [u8; SALT_LEN], kept: &StoredObject) -> Result<FileDigests, FilingError> {
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

    async fn custody_of_request(&self, context: &RequestContext) -> Result<Option<StoredOriginal>, FilingError> {
        let before = self.act_of_request((context.request, context.body)).await?;
        before
            .map(|(recorded, stored)| match stored.document.act {
                Act::TakeCustody(act) => Ok(StoredOriginal { recorded, act }),
                _ => Err(FilingError::RequestReused),
            })
            .transpose()
    }

    async fn record_custody(
        &self,
        actor: &Actor,
        (number, case, capacity): (DepositNumber, Option<CaseId>, Capacity),
        context: &RequestContext,
        kept: &StoredObject,
    ) -> Result<StoredOriginal, OriginalError> {
        let stream = self.custody_stream(number);
        let key = zeroize::Zeroizing::new(hex::encode(kept.key.as_bytes()));
        let _stream_lock = self.locks.lock(stream).await;
        let key = &key;
        retry_on_conflict(|| async move {
            let state = self.read(move |store| {
                let length = store.subject_length(&stream)?;
                Ok((length, custody(store, &stream, number, case)?))
            });
            let (length, original) = state.await?;
            if original.is_some_and(|original| !original.erased) {
                return Err(OriginalError::Taken);
            }
            let mut annexes = Annexes::new();
            let hashes = [HashAlgorithm::Sm3, HashAlgorithm::Sha256];
            let act = TakeCustody {
                deposit: number,
                object: Digest(*kept.object.as_bytes()),
                key: annexes.add("key", key)?,
                size: kept.measured.size,
                data_hash: hashes.map(|one| (one, kept.measured.digest(one))).to_vec(),
                case,
            };
            let document = Document {
                stream: Kind::Custody,
                by: actor.id,
                capacity,
                request: Some(context.request),
                body: Some(context.body),
                act: Act::TakeCustody(act.clone()),
            };
            let labels = labels::of_custody(actor.id, number, case);
            let appended = self.append(NewAct { stream, sequence: length + 1, document, annexes, labels }).await;
            Ok::<_, OriginalError>(none_if_conflict(appended)?.map(|recorded| StoredOriginal { recorded, act }))
        })
        .await
    }

    /// Opens an original for the account on whose behalf the deposit was made, or for an actor who sees it in the named `case`: as an
    /// item of its depositor, or as a document. The access is recorded before this returns.
    ///
    /// # Errors
    ///
    /// [`OriginalError::NotSubmitted`], [`OriginalError::Erased`]; [`FilingError::NotFound`]: no such deposit, or no
    /// access to it; [`FilingError::Open`] if the object is damaged.
    pub async fn open_original_for(
        &self,
        actor: &Actor,
        number: DepositNumber,
        case: Option<CaseId>,
    ) -> Result<OriginalDownload, OriginalError> {
        let (capacity, original) = self.original_to_show(actor, number, case).await?;
        let original = original.ok_or(OriginalError::NotSubmitted)?;
        let lies = Text { annex: original.act.key, index: original.position.index };
        let key = self.read(move |store| Ok(text(store, &lies)?)).await?.map(zeroize::Zeroizing::new);
        let key = key.ok_or(OriginalError::Erased)?;
        let bytes = lower_hex(&key).map(zeroize::Zeroizing::new).ok_or_else(|| {
            let reason = "it is no key".to_owned();
            FilingError::Read(ReadError::Damaged {
                what: "custody key",
                at: original.position.index.to_string(),
                reason,
            })
        })?;
        let (key, size) = (ObjectKey::from_bytes(&bytes), original.act.size);
        let stream = self.originals.open(original.object(), &key, size).await.map_err(FilingError::from)?;
        let access =
            self.record_access(actor, capacity, AccessTarget::Deposit(number, AccessedContent::Original)).await?;
        Ok(OriginalDownload { stream, size, access })
    }

    /// The original that the actor may see, and the capacity in which it does.
    async fn original_to_show(
        &self,
        actor: &Actor,
        number: DepositNumber,
        case: Option<CaseId>,
    ) -> Result<(Capacity, Option<Original>), FilingError> {
        let document = self.readable_document(actor, number, case).await?;
        if let Some((capacity, Some(original))) = document {
            return Ok((capacity, Some(original)));
        }
        match (self.viewing_capacity(actor, number, case).await, document) {
            (Ok((_, capacity)), _) => Ok((capacity, self.original_of(number).await?)),
            (Err(FilingError::NotFound), Some(document)) => Ok(document),
            (Err(error), _) => Err(error),
        }
    }

    /// Removes objects without a custody act, and those whose erasure was interrupted. Only at the start, before uploads are
    /// accepted. Returns the number of removed objects.
    ///
    /// # Errors
    ///
    /// [`SweepOriginalsError`]: nothing was removed unless all custody acts were read.
    pub async fn sweep_originals(&self) -> Result<u64, SweepOriginalsError> {
        let kept = self.read(|store| Ok(originals_in_custody(store)?)).await?;
        let known: HashSet<ObjectId> = kept.iter().map(CustodyRecord::object).collect();
        self.originals.space().count_existing(kept.iter().map(CustodyRecord::space_entry));
        Ok(self.originals.sweep(move |object| known.contains(object)).await?)
    }
}

/// Why the sweep of originals failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepOriginalsError {
    /// The custody acts could not be read.
    #[error(transparent)]
    FilingService(#[from] FilingError),
    /// The folder of originals could not be read or changed.
    #[error(transparent)]
    Sweep(#[from] SweepError),
}
