//! Acts of the filing flow on a chain in memory, appended as the platform appends them.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::Digest as _;
use tiezheng::court::acts::Act;
use tiezheng::court::calendar::Calendar;
use tiezheng::court::case::labels::{CaseBefore, labels_of};
use tiezheng::court::case::replay::begin;
use tiezheng::court::case::state::{ActPosition, CaseFile};
use tiezheng::court::document::{Document, Stream};
use tiezheng::court::ids::{AccountId, AnnexId, CaseId};
use tiezheng::court::labels;
use tiezheng::court::values::Capacity;
use tiezheng::ledger::chain::PendingLeaf;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::metadata::PrivateMetadata;
use tiezheng::ledger::statement::content::{Content, Form};
use tiezheng::ledger::statement::text::{Statement, Subject};
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::{
    Delegate, LedgerReader, LogReader, LogStore as _, PrivateContent, PrivatePiece, PrivateReader, Published, ReadError,
};

use super::chain::{append_erasing, found, number, published_of, second};
use super::depositor::{origin, statement_with};

/// The depositor whose key signs acts.
pub(crate) const PLATFORM: u8 = 7;

/// Account `n`.
pub(crate) fn account(n: u8) -> AccountId {
    AccountId(Digest([n; 32]))
}

/// Annex `n`.
pub(crate) fn annex(n: u8) -> PrivateMetadata {
    PrivateMetadata { salt: [n; 32], json: format!("附件 {n}") }
}

/// Its name in an act.
pub(crate) fn annex_id(n: u8) -> AnnexId {
    AnnexId(annex(n).commitment())
}

/// Both digests of a text behind its salt.
pub(crate) fn salted(piece: &PrivateMetadata) -> Content {
    let text = [&piece.salt, piece.json.as_bytes()].concat();
    let (sha256, sm3) = (sha2::Sha256::digest(&text), sm3::Sm3::digest(&text));
    Content { form: Form::Salted, sha256: Some(Digest(sha256.into())), sm3: Some(Digest(sm3.into())) }
}

/// A ledger with streams of acts.
pub(crate) struct Acts {
    pub(crate) store: MemoryStore,
    streams: BTreeMap<u8, u64>,
    cases: BTreeMap<u8, CaseFile>,
    deposits: u64,
}

impl Acts {
    /// A founded ledger without any.
    pub(crate) fn new() -> Self {
        let store = MemoryStore::new(origin());
        found(&store);
        Self { store, streams: BTreeMap::new(), cases: BTreeMap::new(), deposits: 0 }
    }

    /// Puts an act on the chain, with the annexes of these numbers and the labels of the act.
    pub(crate) fn put(
        &mut self,
        (stream, kind): (u8, Stream),
        (by, capacity): (u8, Capacity),
        act: Act,
        annexes: &[u8],
    ) -> LeafIndex {
        let document = Document { stream: kind, by: account(by), capacity, request: None, body: None, act };
        let labels = self.labels_of(stream, &document);
        self.put_labelled(stream, by, document.to_text(), (annexes, labels), |_| {})
    }

    /// The labels of the next act of a stream.
    fn labels_of(&mut self, stream: u8, document: &Document) -> Vec<Digest> {
        if let (Act::TakeCustody(act), Stream::Custody) = (&document.act, document.stream) {
            return labels::of_custody(document.by, act.deposit, act.case);
        }
        if document.stream != Stream::Case {
            return Vec::new();
        }
        let index = LeafIndex(self.store.tip().unwrap().size().0);
        let sequence = self.streams.get(&stream).map_or(1, |last| last + 1);
        let position = ActPosition { index, sequence, at: second(1) };
        let Some(before) = self.cases.get(&stream).cloned() else {
            let Ok(file) = begin(CaseId(Digest([stream; 32])), document, position) else { return Vec::new() };
            let found = labels_of(&file, document, None);
            self.cases.insert(stream, file);
            return found;
        };
        let mut after = before.clone();
        after.replay(document, position, &Calendar::default());
        let had_effect = after.ineffective_acts.len() == before.ineffective_acts.len();
        let found = labels_of(&after, document, Some(&CaseBefore::of(&before)));
        self.cases.insert(stream, after);
        if had_effect { found } else { Vec::new() }
    }

    /// Appends a text as if it were an act, with a statement that `change` has altered.
    pub(crate) fn put_text(
        &mut self,
        stream: u8,
        by: u8,
        json: String,
        annexes: &[u8],
        change: impl FnOnce(&mut Statement),
    ) -> LeafIndex {
        self.put_labelled(stream, by, json, (annexes, Vec::new()), change)
    }

    /// The same, under these labels.
    pub(crate) fn put_labelled(
        &mut self,
        stream: u8,
        by: u8,
        json: String,
        (annexes, labels): (&[u8], Vec<Digest>),
        change: impl FnOnce(&mut Statement),
    ) -> LeafIndex {
        self.deposits += 1;
        let sequence = self.streams.entry(stream).and_modify(|last| *last += 1).or_insert(1);
        let subject = Subject { id: Digest([stream; 32]), sequence: *sequence };
        let piece = PrivateMetadata { salt: [u8::try_from(self.deposits).unwrap(); 32], json };
        let statement = statement_with(PLATFORM, self.deposits, |statement| {
            statement.content = Some(salted(&piece));
            statement.meta = Some(piece.commitment());
            statement.subject = Some(subject);
            statement.on_behalf = Some(account(by).0);
            change(statement);
        });
        let place = LeafIndex(self.store.tip().unwrap().size().0);
        let annexes = annexes.iter().map(|n| annex(*n)).collect();
        let private = PrivateContent { metadata: Some(piece), annexes, labels };
        let waiting = PendingLeaf::Deposit { number: number(self.deposits), statement };
        let block = append_erasing(&self.store, vec![waiting], &BTreeMap::from([(0, private)]), &[]).unwrap();
        self.store.publish(published_of(&block)).unwrap();
        place
    }
}

/// The chain of one store with the private content and labels of another, and with changed rows.
pub(crate) struct OverlayStore<'a> {
    pub(crate) chain: &'a dyn LedgerReader,
    pub(crate) private_store: &'a dyn LedgerReader,
    pub(crate) private: BTreeMap<LeafIndex, PrivatePiece>,
}

impl Delegate for OverlayStore<'_> {
    fn delegate<T>(
        &self,
        method: &'static str,
        read: impl FnOnce(&dyn LedgerReader) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        read(if method.starts_with("labelled") { self.private_store } else { self.chain })
    }

    fn has_index_rows(&self) -> bool {
        false
    }
}

impl LedgerReader for OverlayStore<'_> {}

impl LogReader for OverlayStore<'_> {
    fn published(&self) -> Option<Arc<Published>> {
        self.chain.published()
    }
    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        self.chain.leaves(first, count)
    }
    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        self.chain.tile_hashes(level, first, count)
    }
}

impl PrivateReader for OverlayStore<'_> {
    fn private_of(&self, index: LeafIndex, committed: Option<&Digest>) -> Result<PrivatePiece, ReadError> {
        self.private.get(&index).map_or_else(|| self.private_store.private_of(index, committed), |row| Ok(row.clone()))
    }
    fn annex(&self, index: LeafIndex, commitment: &Digest) -> Result<PrivatePiece, ReadError> {
        self.private_store.annex(index, commitment)
    }
}
