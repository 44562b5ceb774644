//! Streams of acts: reads acts from the ledger, and builds the statement that appends an act.
//!
//! An act is an entry of a stream, with a document in the private store. The entry commits to the document.
//!
//! # Invariants
//!
//! A function returns an act only if its document matches the commitments on the chain: salted digests and `meta` line.

use std::collections::BTreeSet;

use crate::court::acts::Act;
use crate::court::case::state::{ActPosition, Text};
use crate::court::document::{Document, FIRST_LINE};
use crate::court::ids::CaseId;
use crate::filing::filing_error::FilingError;
use crate::filing::secret::{random, with_salt};
use crate::ledger::digests::salted_content;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer};
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::statement::signed::{SignedStatement, StatementNote};
use crate::ledger::statement::text::{Statement, Subject};
use crate::query::records;
use crate::store::traits::{LedgerReader, PrivatePiece, ReadError};

/// An act read from the chain.
#[derive(Debug, Clone)]
pub struct StoredAct {
    /// The id of the stream.
    pub stream: Digest,
    /// Leaf index, sequence in the stream, and time of the act.
    pub position: ActPosition,
    /// The document of the act.
    pub document: Document,
    /// The entry of the act.
    pub entry: Entry,
}

fn damaged(index: LeafIndex, reason: impl Into<String>) -> ReadError {
    ReadError::Damaged { what: "act", at: index.to_string(), reason: reason.into() }
}

/// The act at `index`.
///
/// # Errors
///
/// [`ReadError::Damaged`] if the document is missing or does not match the commitments on the chain.
pub fn act_at(store: &dyn LedgerReader, index: LeafIndex) -> Result<StoredAct, ReadError> {
    let entry = records::entry(store, index)?;
    let private = store.private(index)?;
    act_of(index, entry, private)
}

/// Parses the act of `entry` from its private content, after comparing the content with the entry's commitments.
fn act_of(index: LeafIndex, entry: Entry, private: PrivatePiece) -> Result<StoredAct, ReadError> {
    let statement = entry.statement.statement();
    let subject = statement.subject.ok_or_else(|| damaged(index, "it is in no stream"))?;
    let PrivatePiece::Held(piece) = private else {
        return Err(damaged(index, "its document is not held"));
    };
    if statement.content != Some(salted_content(&piece)) {
        return Err(damaged(index, "its document has other digests"));
    }
    let document = Document::parse(piece.json.as_bytes()).map_err(|error| damaged(index, error.to_string()))?;
    if statement.on_behalf != Some(document.by.0) {
        return Err(damaged(index, "its document names another account"));
    }
    let position = ActPosition { index, sequence: subject.sequence, at: entry.received };
    Ok(StoredAct { stream: subject.id, position, document, entry })
}

/// All acts of a stream after sequence `after`, for a replay. Handlers that return acts to clients use [`acts_page`].
///
/// # Errors
///
/// [`ReadError`].
pub(in crate::filing) fn acts_after(
    store: &dyn LedgerReader,
    stream: &Digest,
    after: u64,
) -> Result<Vec<StoredAct>, ReadError> {
    Ok(acts_page(store, stream, after, usize::MAX)?.acts)
}

/// The act at `index`; `None` if the deposit there is not an act. Reads the private content in both cases.
///
/// # Errors
///
/// As [`act_at`].
pub(in crate::filing) fn find_act_at(
    store: &dyn LedgerReader,
    index: LeafIndex,
) -> Result<Option<StoredAct>, ReadError> {
    let entry = records::entry(store, index)?;
    let private = store.private(index)?;
    let is_act = matches!(&private, PrivatePiece::Held(piece) if piece.json.starts_with(FIRST_LINE));
    if is_act && entry.statement.statement().subject.is_some() {
        act_of(index, entry, private).map(Some)
    } else {
        Ok(None)
    }
}

/// Consecutive acts of a stream.
#[derive(Debug, Clone)]
pub struct ActPage {
    /// The acts in stream order.
    pub acts: Vec<StoredAct>,
    /// The sequence after which the next page begins; `None` on the last page.
    pub next: Option<u64>,
}

/// At most `limit` acts of a stream after sequence `after`. Reads no other acts.
///
/// # Errors
///
/// [`ReadError`].
pub fn acts_page(store: &dyn LedgerReader, stream: &Digest, after: u64, limit: usize) -> Result<ActPage, ReadError> {
    let length = store.subject_length(stream)?;
    let last = length.min(after.saturating_add(limit as u64));
    let mut acts = Vec::new();
    for sequence in after.saturating_add(1)..=last {
        let index = store.find_subject(stream, sequence)?;
        let index = index.ok_or_else(|| ReadError::Damaged {
            what: "subject",
            at: format!("{stream} {sequence}"),
            reason: "the row is missing".into(),
        })?;
        acts.push(act_at(store, index)?);
    }
    Ok(ActPage { acts, next: (after < last && last < length).then_some(last) })
}

/// The last act with a label.
///
/// # Errors
///
/// [`ReadError`].
pub fn last_labelled(store: &dyn LedgerReader, label: &Digest) -> Result<Option<StoredAct>, ReadError> {
    store.last_labelled(label, 1)?.first().map(|index| act_at(store, *index)).transpose()
}

/// The number of index rows per read of a label.
const PAGE: usize = 256;

/// The act that ordered the erasure which `notice` records. The sequencer appends the notice directly after the act. `None` for
/// an erasure without an act.
pub(in crate::filing) fn act_of_notice(
    store: &dyn LedgerReader,
    notice: LeafIndex,
) -> Result<Option<StoredAct>, ReadError> {
    let Some(before) = notice.0.checked_sub(1).map(LeafIndex) else { return Ok(None) };
    let Leaf::Entry(entry) = records::leaf(store, before)? else { return Ok(None) };
    if entry.statement.statement().subject.is_none() {
        return Ok(None);
    }
    Ok(Some(act_at(store, before)?).filter(|act| matches!(act.document.act, Act::Erase(_))))
}

/// All cases with an act under a label.
pub(in crate::filing) fn cases_labelled(
    store: &dyn LedgerReader,
    label: &Digest,
) -> Result<BTreeSet<CaseId>, ReadError> {
    let (mut cases, mut from) = (BTreeSet::new(), LeafIndex(0));
    loop {
        let page = store.labelled(label, from, PAGE)?;
        let Some(last) = page.last() else { return Ok(cases) };
        from = LeafIndex(last.0.saturating_add(1));
        for index in page {
            cases.insert(CaseId(act_at(store, index)?.stream));
        }
    }
}

/// Reads a private text; `None` if it was erased.
///
/// # Errors
///
/// [`ReadError`]; [`ReadError::Damaged`] if it is missing without a tombstone.
pub fn text(store: &dyn LedgerReader, text: &Text) -> Result<Option<String>, ReadError> {
    match store.annex(text.index, &text.annex.0)? {
        PrivatePiece::Held(piece) => Ok(Some(piece.json)),
        PrivatePiece::Erased(_) => Ok(None),
        PrivatePiece::None => Err(damaged(text.index, format!("its annex {} is missing", text.annex))),
    }
}

/// The statement that appends a document to a stream, signed by the platform on behalf of the acting account.
///
/// # Errors
///
/// [`FilingError`].
pub fn statement(
    ledger: &Name,
    platform: &Signer,
    stream: Digest,
    sequence: u64,
    document: &Document,
) -> Result<(StatementNote, PrivateMetadata), FilingError> {
    let piece = with_salt(document.to_text())?;
    let statement = Statement {
        ledger: ledger.clone(),
        content: Some(salted_content(&piece)),
        manifest: None,
        media_type: None,
        meta: Some(piece.commitment()),
        subject: Some(Subject { id: stream, sequence }),
        links: Vec::new(),
        on_behalf: Some(document.by.0),
        nonce: random()?,
        keys: vec![platform.verifier().clone()],
    };
    let signed = SignedStatement::sign(statement, std::slice::from_ref(platform));
    let signed = signed.map_err(|error| FilingError::Deposit(error.into()))?;
    Ok((signed.note().clone(), piece))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::acts::Submit;
    use crate::court::document::Stream;
    use crate::court::ids::AccountId;
    use crate::court::values::Capacity;
    use crate::ledger::number::DepositNumber;
    use crate::ledger::time::Timestamp;

    const INDEX: LeafIndex = LeafIndex(7);

    fn document(by: u8) -> Document {
        let (by, act) = (AccountId(Digest([by; 32])), Act::Submit(Submit {}));
        Document { stream: Stream::Case, by, capacity: Capacity::Oneself, request: None, body: None, act }
    }

    /// The entry of a document at the third place of a stream, with the private content beside it.
    fn written(document: &Document) -> (Entry, PrivateMetadata) {
        let (ledger, platform) = (Name::parse("ledger.example").unwrap(), Signer::of_depositor(&[1; 32]).unwrap());
        let (statement, piece) = statement(&ledger, &platform, Digest([9; 32]), 3, document).unwrap();
        let number = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
        let received = Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap();
        (Entry { number, received, statement }, piece)
    }

    fn damage(entry: Entry, private: PrivatePiece) -> String {
        match act_of(INDEX, entry, private).unwrap_err() {
            ReadError::Damaged { what: "act", at, reason } if at == INDEX.to_string() => reason,
            error => panic!("{error}"),
        }
    }

    #[test]
    fn an_act_is_read_back_as_it_was_written() {
        let (entry, piece) = written(&document(4));
        let act = act_of(INDEX, entry.clone(), PrivatePiece::Held(piece)).unwrap();
        let position = ActPosition { index: INDEX, sequence: 3, at: entry.received };
        assert_eq!((act.stream, act.position, &act.document), (Digest([9; 32]), position, &document(4)));
        assert_eq!(act.entry.number, entry.number);
    }

    #[test]
    fn what_the_chain_did_not_commit_to_is_no_act() {
        let ((entry, piece), (_, other)) = (written(&document(4)), written(&document(5)));
        for private in [PrivatePiece::None, PrivatePiece::Erased(LeafIndex(8))] {
            assert_eq!(damage(entry.clone(), private), "its document is not held");
        }
        let resalted = PrivateMetadata { salt: other.salt, ..piece.clone() };
        for private in [other, resalted] {
            assert_eq!(damage(entry.clone(), PrivatePiece::Held(private)), "its document has other digests");
        }
    }

    /// The platform's key signed the statement, but the statement disagrees with its document.
    #[test]
    fn a_statement_must_name_the_account_and_the_stream_of_its_document() {
        let (entry, piece) = written(&document(4));
        let restated = |change: fn(&mut Statement)| {
            let mut statement = entry.statement.statement().clone();
            change(&mut statement);
            let signed = SignedStatement::sign(statement, &[Signer::of_depositor(&[1; 32]).unwrap()]).unwrap();
            Entry { statement: signed.note().clone(), ..entry.clone() }
        };
        let other = restated(|statement| statement.on_behalf = Some(Digest([5; 32])));
        assert_eq!(damage(other, PrivatePiece::Held(piece.clone())), "its document names another account");
        let none = restated(|statement| statement.subject = None);
        assert_eq!(damage(none, PrivatePiece::Held(piece)), "it is in no stream");
    }
}
