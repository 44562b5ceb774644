//! A hand-made chain: fixed keys, numbers and times, so that every run produces the same bytes.

use std::collections::BTreeMap;

use tiezheng::ledger::block::Height;
use tiezheng::ledger::chain::{self, Block, PendingLeaf, Tip};
use tiezheng::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use tiezheng::ledger::hash::{Digest, sha256};
use tiezheng::ledger::key::{Name, Signer};
use tiezheng::ledger::media::MediaType;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::metadata::PrivateMetadata;
use tiezheng::ledger::notice::{ErasedPiece, Mode, Notice, NoticeKind, Piece, SignedNotice};
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::content::{Content, Form};
use tiezheng::ledger::statement::signed::SignedStatement;
use tiezheng::ledger::statement::text::{Link, LinkKind, Statement, Subject};
use tiezheng::ledger::time::Timestamp;
use tiezheng::store::traits::{
    AppendError, LedgerReader, LinkPosition, LogStore, PrivateContent, Published, ReadError,
};

use super::depositor::{content, depositor, ledger_key, origin};

/// Second `n` of the fixtures' day.
pub(crate) fn second(n: u64) -> Timestamp {
    let start = Timestamp::parse("2026-11-22T01:00:00.000Z").unwrap();
    Timestamp::from_millis(start.as_millis() + 1000 * n).unwrap()
}

/// The `n`-th deposit number.
pub(crate) fn number(n: u64) -> DepositNumber {
    (0..).find_map(|draw: u64| DepositNumber::draw(true, 20_261_122, n << 8 | draw)).unwrap()
}

/// The genesis notice.
pub(crate) fn genesis() -> PendingLeaf {
    let (key, next) = (ledger_key().verifier().clone(), sha256(b"the successor's key"));
    let kind = NoticeKind::Genesis { mode: Mode::Test, key, next };
    let notice = Notice { ledger: origin(), received: second(0), kind };
    PendingLeaf::Notice(notice.sign(&[&ledger_key()]).unwrap())
}

/// Another notice: a small leaf that only the index `records` contains.
pub(crate) fn notice(n: u64) -> SignedNotice {
    let (key, next) = (ledger_key().verifier().clone(), sha256(&n.to_be_bytes()));
    let kind = NoticeKind::Key { key, next };
    Notice { ledger: origin(), received: second(0), kind }.sign(&[&ledger_key()]).unwrap()
}

/// The notice that these pieces are erased.
pub(crate) fn erased(pieces: &[ErasedPiece]) -> PendingLeaf {
    erased_at(pieces, second(0))
}

fn erased_at(pieces: &[ErasedPiece], received: Timestamp) -> PendingLeaf {
    let kind = NoticeKind::Erased { pieces: pieces.to_vec() };
    PendingLeaf::Notice(Notice { ledger: origin(), received, kind }.sign(&[&ledger_key()]).unwrap())
}

/// The content to which the `meta` line of the deposit at `index` commits.
pub(crate) fn metadata_at(index: u64) -> ErasedPiece {
    ErasedPiece { index: LeafIndex(index), piece: Piece::Metadata }
}

/// An annex of the deposit at `index`.
pub(crate) fn annex_at(index: u64, annex: &PrivateMetadata) -> ErasedPiece {
    ErasedPiece { index: LeafIndex(index), piece: Piece::Annex(annex.commitment()) }
}

/// Private content.
pub(crate) fn private(n: u8) -> PrivateMetadata {
    PrivateMetadata { salt: [n; 32], json: format!(r#"{{"name":"证据 {n}"}}"#) }
}

/// The draft of a statement.
pub(crate) struct Draft {
    statement: Statement,
    signers: Vec<Signer>,
}

impl Draft {
    /// Deposits the bytes `original`, signed by depositor 1. Drafts of other bytes, or with another nonce, are other
    /// statements.
    pub(crate) fn of(original: &[u8]) -> Self {
        let statement = Statement {
            ledger: origin(),
            content: Some(content(original)),
            manifest: None,
            media_type: MediaType::parse("text/plain"),
            meta: None,
            subject: None,
            links: vec![],
            on_behalf: None,
            nonce: [0; 16],
            keys: vec![],
        };
        Self { statement, signers: vec![] }.by(1)
    }

    /// The `n`-th of many, each of its own bytes.
    pub(crate) fn nth(n: u64) -> Self {
        Self::of(format!("evidence {n}").as_bytes())
    }

    pub(crate) fn nonce(mut self, nonce: u8) -> Self {
        self.statement.nonce = [nonce; 16];
        self
    }

    /// With a nonce of its own for every `n`.
    pub(crate) fn nonce_of(mut self, n: u64) -> Self {
        self.statement.nonce[..8].copy_from_slice(&n.to_be_bytes());
        self
    }

    /// Signed by this depositor instead.
    pub(crate) fn by(mut self, n: u8) -> Self {
        self.signers = vec![depositor(n)];
        self.statement.keys = vec![depositor(n).verifier().clone()];
        self
    }

    /// Signed by this depositor as well.
    pub(crate) fn and_by(mut self, n: u8) -> Self {
        self.signers.push(depositor(n));
        self.statement.keys.push(depositor(n).verifier().clone());
        self
    }

    pub(crate) fn ledger(mut self, name: &str) -> Self {
        self.statement.ledger = Name::parse(name).unwrap();
        self
    }

    /// Its digests are salted.
    pub(crate) fn salted(mut self) -> Self {
        self.statement.content = self.statement.content.map(|content| Content { form: Form::Salted, ..content });
        self
    }

    pub(crate) fn meta(mut self, private: &PrivateMetadata) -> Self {
        self.statement.meta = Some(private.commitment());
        self
    }

    pub(crate) fn subject(mut self, id: u8, sequence: u64) -> Self {
        self.statement.subject = Some(Subject { id: Digest([id; 32]), sequence });
        self
    }

    pub(crate) fn link(mut self, kind: LinkKind, number: DepositNumber) -> Self {
        self.statement.links.push(Link { kind, number });
        self
    }

    pub(crate) fn on_behalf(mut self, account: u8) -> Self {
        self.statement.on_behalf = Some(Digest([account; 32]));
        self
    }

    pub(crate) fn sign(self) -> SignedStatement {
        SignedStatement::sign(self.statement, &self.signers).unwrap()
    }

    /// A [`PendingLeaf`] under deposit number `n`.
    pub(crate) fn waiting(self, n: u64) -> PendingLeaf {
        PendingLeaf::Deposit { number: number(n), statement: self.sign() }
    }
}

/// The block of `waiting` that follows `tip`, one second after it.
pub(crate) fn block_on(tip: &Tip, waiting: Vec<PendingLeaf>) -> Block {
    chain::next(tip, waiting, second(tip.next_height.0)).unwrap()
}

/// The signed checkpoint of the tree that ends in `block`.
pub(crate) fn checkpoint_of(block: &Block) -> SignedCheckpoint {
    let (size, root) = (block.tip.size(), block.tip.root());
    Checkpoint { origin: origin(), size, root }.sign(&ledger_key()).unwrap()
}

/// The published state once `block` is sealed.
pub(crate) fn published_of(block: &Block) -> Published {
    let Block { header, hash, .. } = block;
    Published { checkpoint: checkpoint_of(block), height: header.height, block_hash: *hash, block_time: header.time }
}

/// Appends the pending leaves as the next block and does not publish it.
pub(crate) fn append<S: LogStore + ?Sized>(store: &S, waiting: Vec<PendingLeaf>) -> Result<Block, AppendError> {
    append_with(store, waiting, &BTreeMap::new())
}

/// Likewise, with the private content of the deposits at these positions of the block.
pub(crate) fn append_with<S: LogStore + ?Sized>(
    store: &S,
    waiting: Vec<PendingLeaf>,
    private: &BTreeMap<u64, PrivateMetadata>,
) -> Result<Block, AppendError> {
    let private = private.iter().map(|(position, held)| (*position, held.clone().into())).collect();
    append_erasing(store, waiting, &private, &[])
}

/// Likewise, and erases these pieces.
pub(crate) fn append_erasing<S: LogStore + ?Sized>(
    store: &S,
    waiting: Vec<PendingLeaf>,
    private: &BTreeMap<u64, PrivateContent>,
    erasures: &[ErasedPiece],
) -> Result<Block, AppendError> {
    let block = block_on(&store.tip()?, waiting);
    let place = |position: &u64| LeafIndex(block.base.0 + position);
    let private: Vec<_> = private.iter().map(|(position, held)| (place(position), held.clone())).collect();
    store.append(&block, &private, erasures)?;
    Ok(block)
}

/// Seals a block that contains only the erasure of these pieces.
pub(crate) fn erase<S: LogStore + ?Sized>(store: &S, pieces: &[ErasedPiece]) -> Block {
    let notice = erased_at(pieces, second(store.tip().unwrap().next_height.0));
    let block = append_erasing(store, vec![notice], &BTreeMap::new(), pieces).unwrap();
    store.publish(published_of(&block)).unwrap();
    block
}

/// Appends the pending leaves as the next block and publishes it.
pub(crate) fn seal<S: LogStore + ?Sized>(store: &S, waiting: Vec<PendingLeaf>) -> Block {
    let block = append(store, waiting).unwrap();
    store.publish(published_of(&block)).unwrap();
    block
}

/// Seals the genesis block.
pub(crate) fn found<S: LogStore + ?Sized>(store: &S) -> Block {
    let block = seal(store, vec![genesis()]);
    assert_eq!(block.header.height, Height(0));
    block
}

/// The range of all places in a ledger.
pub(crate) fn everywhere() -> std::ops::Range<LeafIndex> {
    LeafIndex(0)..LeafIndex(u64::MAX)
}

/// The links to a deposit, from the first on.
pub(crate) fn links_to<S: LedgerReader + ?Sized>(
    store: &S,
    target: u64,
    limit: usize,
) -> Result<Vec<(LinkKind, LeafIndex)>, ReadError> {
    let links = store.links_to(LeafIndex(target), LinkPosition::FIRST, limit)?;
    Ok(links.into_iter().map(|link| (link.kind, link.source)).collect())
}
