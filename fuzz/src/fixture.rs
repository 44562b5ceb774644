//! A small ledger with every kind of leaf, whose receipts the targets change.
//!
//! The ledger has a genesis notice, deposits of each form, an `erased` notice, and a change of its key. Its keys are fixed: the
//! fuzzer could sign with none of them, so no changed record may verify.

use std::sync::LazyLock;

use tiezheng::ledger::chain::{self, Block, PendingLeaf, Tip};
use tiezheng::ledger::checkpoint::Checkpoint;
use tiezheng::ledger::hash::{Digest, leaf_hash, sha256};
use tiezheng::ledger::key::{Name, Signer, VerifierKey};
use tiezheng::ledger::manifest::claim::{ItemClaim, ItemName, ItemReceipt};
use tiezheng::ledger::manifest::list::{KeptLine, KnownLine};
use tiezheng::ledger::manifest::tree::{Chunk, ManifestTree};
use tiezheng::ledger::media::MediaType;
use tiezheng::ledger::merkle::list::{inclusion_in, root_of};
use tiezheng::ledger::merkle::shape::{LeafIndex, TreeSize};
use tiezheng::ledger::metadata::PrivateMetadata;
use tiezheng::ledger::notice::{ErasedPiece, Mode, Notice, NoticeKind, Piece};
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::receipt::{KeyNotice, Receipt, TlogProof};
use tiezheng::ledger::statement::content::{Content, FileDigests, Form};
use tiezheng::ledger::statement::signed::SignedStatement;
use tiezheng::ledger::statement::text::{Link, LinkKind, Statement, Subject};
use tiezheng::ledger::time::Timestamp;
use tiezheng::ledger::verify::trust::Trust;

/// Lines of the manifest that the third deposit commits to.
pub const KNOWN_LINES: [&str; 3] = [
    "sha-256 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 size 1 path a",
    "sm3 c5652a74048064db9b41a0d868763892f6256ee1ea947310cc0cefa15e5c6e70 size 1 path b/证据 salt x.txt",
    "sha-256 cc8321d6375c494d043fdd0260f21bc0ec51dacc9f6abb7f909cdcd3041b78bf \
     sm3 b4465e2bbd1958bf783e1f96d439ab35113334ab80d5e2f49661d67f7e602500 size 8 path c",
];

/// The private metadata that the second deposit commits to.
pub const METADATA: PrivateMetadata = PrivateMetadata { salt: [7; 32], json: String::new() };

/// A block's header and the leaves that it seals.
#[derive(Debug)]
pub struct SealedBlock {
    /// The header, byte for byte.
    pub header: String,
    /// The leaves before it, byte for byte.
    pub leaves: Vec<String>,
    /// Index of the first of them.
    pub first: u64,
}

/// The ledger, and the documents printed from it.
#[derive(Debug)]
pub struct Ledger {
    /// The key that users pinned: the first one.
    pub trust: Trust,
    /// All leaves in their order.
    pub leaves: Vec<Vec<u8>>,
    /// The blocks.
    pub blocks: Vec<SealedBlock>,
    /// Receipts of each deposit, with checkpoints before and after the change of the key.
    pub receipts: Vec<Receipt>,
    /// The receipts of the items of a manifest.
    pub items: Vec<ItemReceipt>,
    /// The line of each item.
    pub kept_lines: Vec<String>,
    /// A file, and the digests that the first deposit has of it.
    pub file: FileDigests,
    /// The deposits' statements.
    pub statements: Vec<SignedStatement>,
    /// The private metadata of the second deposit.
    pub metadata: PrivateMetadata,
}

/// The ledger, made once.
pub fn ledger() -> &'static Ledger {
    static LEDGER: LazyLock<Ledger> = LazyLock::new(Ledger::made);
    &LEDGER
}

/// The ledger's origin.
pub fn origin() -> Name {
    Name::parse("example.org/ledger").unwrap()
}

/// The ledger's key number `n`, from 1.
pub fn ledger_key(n: u8) -> Signer {
    Signer::new(origin(), &[n; 32]).unwrap()
}

/// The public keys of the ledger: the first two, and their successor.
pub fn ledger_keys() -> &'static [VerifierKey; 3] {
    static KEYS: LazyLock<[VerifierKey; 3]> = LazyLock::new(|| [1, 2, 3].map(|n| ledger_key(n).verifier().clone()));
    &KEYS
}

/// The key of depositor `n`.
pub fn depositor(n: u8) -> Signer {
    Signer::of_depositor(&[0x40 + n; 32]).unwrap()
}

fn at(second: u64) -> Timestamp {
    Timestamp::from_millis(1_795_309_451_000 + second * 1_000).unwrap()
}

fn number(n: u64) -> DepositNumber {
    (n << 40..).find_map(|random| DepositNumber::draw(false, at(0).beijing_date(), random)).unwrap()
}

/// The manifest's root, its items without the deposit's receipt, and its lines.
fn manifest() -> (ManifestTree, Vec<ItemClaim>, Vec<String>) {
    let mut kept = Vec::new();
    for (known, salt) in KNOWN_LINES.iter().zip(1_u8..) {
        let mut text = String::new();
        KeptLine::write(&mut text, &KnownLine::parse(known).unwrap(), &[salt; 32]);
        kept.push(text.trim_end_matches('\n').to_owned());
    }
    let lines: Vec<_> = kept.iter().map(|line| KeptLine::parse(line).unwrap()).collect();
    let leaves: Vec<_> = lines.iter().map(KeptLine::leaf).collect();
    let mut tree = ManifestTree::new();
    tree.push(Chunk::over(&leaves).unwrap()).unwrap();
    let claims = (0..).zip(&lines).map(|(index, line)| ItemClaim {
        line: line.line.to_owned(),
        index: LeafIndex(index),
        path: tree.path(LeafIndex(index), &leaves).unwrap(),
        name: (index != 0).then(|| ItemName { salt: line.salt, path: line.path.to_owned() }),
    });
    let claims = claims.collect();
    (tree, claims, kept)
}

fn statements(file: FileDigests, metadata: &PrivateMetadata, tree: &ManifestTree) -> Vec<SignedStatement> {
    let plain = |sha256, sm3| Some(Content { form: Form::Plain { size: file.size }, sha256, sm3 });
    let of = |content, n: u8| Statement {
        ledger: origin(),
        content,
        manifest: None,
        media_type: None,
        meta: None,
        subject: None,
        links: vec![],
        on_behalf: None,
        nonce: [n; 16],
        keys: vec![depositor(n).verifier().clone()],
    };
    let common = Statement {
        media_type: MediaType::parse("application/pdf"),
        meta: Some(metadata.commitment()),
        ..of(plain(Some(file.sha256), Some(file.sm3)), 1)
    };
    let salted = Content { form: Form::Salted, sha256: Some(Digest([3; 32])), sm3: Some(Digest([4; 32])) };
    let salted =
        Statement { meta: Some(metadata.commitment()), on_behalf: Some(Digest([9; 32])), ..of(Some(salted), 2) };
    let subject = Some(Subject { id: Digest([5; 32]), sequence: 1 });
    let many = Statement { manifest: tree.root(), subject, ..of(None, 3) };
    let link = |kind, n| Link { kind, number: number(n) };
    let keys = vec![depositor(1).verifier().clone(), depositor(4).verifier().clone()];
    let links = vec![link(LinkKind::Refers, 2), link(LinkKind::Withdraws, 1)];
    let linking = Statement { links, keys, ..of(plain(None, Some(file.sm3)), 4) };
    let sign = |statement, signers: &[Signer]| SignedStatement::sign(statement, signers).unwrap();
    vec![
        sign(common, &[depositor(1)]),
        sign(salted, &[depositor(2)]),
        sign(many, &[depositor(3)]),
        sign(linking, &[depositor(1), depositor(4)]),
    ]
}

impl Ledger {
    fn made() -> Self {
        let file = FileDigests { size: 8, sha256: sha256(b"evidence"), sm3: Digest([8; 32]) };
        let metadata = PrivateMetadata { json: r#"{"name":"合同","pages":[1,2.5,null,true]}"#.into(), ..METADATA };
        let (tree, claims, kept_lines) = manifest();
        let statements = statements(file, &metadata, &tree);
        let pending =
            |n: usize| PendingLeaf::Deposit { number: number(n as u64 + 1), statement: statements[n].clone() };
        let notice = |second, kind, signers: &[&Signer]| {
            PendingLeaf::Notice(Notice { ledger: origin(), received: at(second), kind }.sign(signers).unwrap())
        };
        let (first, second) = (ledger_key(1), ledger_key(2));
        let (key, next) = (first.verifier().clone(), second.verifier().commitment());
        let genesis = notice(0, NoticeKind::Genesis { mode: Mode::Live, key, next }, &[&first]);
        let pieces = vec![
            ErasedPiece { index: LeafIndex(2), piece: Piece::Metadata },
            ErasedPiece { index: LeafIndex(2), piece: Piece::Annex(Digest([6; 32])) },
        ];
        let erased = notice(3, NoticeKind::Erased { pieces }, &[&first]);
        let (key, next) = (second.verifier().clone(), ledger_key(3).verifier().commitment());
        let rotated = notice(4, NoticeKind::Key { key, next }, &[&second, &first]);
        let mut tip = Tip::before_genesis(origin());
        let mut blocks = Vec::new();
        let contents =
            [vec![genesis], vec![pending(0), pending(1), pending(2)], vec![erased, pending(3)], vec![rotated]];
        for (second, content) in (1..).zip(contents) {
            let block = chain::next(&tip, content, at(second)).unwrap();
            tip = block.tip.clone();
            blocks.push(block);
        }
        let leaves: Vec<Vec<u8>> = blocks.iter().flat_map(leaves_of).collect();
        let before = SignedTree { leaves: &leaves[..9], key: &first, blocks: &blocks, key_notices: &[] };
        let after = SignedTree { leaves: &leaves, key: &second, blocks: &blocks, key_notices: &[0, 9] };
        let receipts: Vec<_> = [&before, &after].into_iter().flat_map(SignedTree::receipts).collect();
        let manifest = |receipt: &&Receipt| receipt.entry.contains("\nmanifest ");
        let of = |claim: &ItemClaim, receipt: &Receipt| ItemReceipt { receipt: receipt.clone(), claim: claim.clone() };
        let items = receipts.iter().filter(manifest).flat_map(|receipt| claims.iter().map(|claim| of(claim, receipt)));
        let items = items.collect();
        let trust = Trust::new(vec![first.verifier().clone()]);
        let blocks = blocks.iter().map(SealedBlock::of).collect();
        Self { trust, leaves, blocks, receipts, items, kept_lines, file, statements, metadata }
    }

    /// Whether the ledger has this entry at its index, sealed by this header.
    pub fn holds(&self, receipt: &Receipt) -> bool {
        self.blocks.iter().any(|block| {
            let place = receipt.index.0.checked_sub(block.first).and_then(|place| usize::try_from(place).ok());
            block.header == receipt.header && place.and_then(|place| block.leaves.get(place)) == Some(&receipt.entry)
        })
    }

    /// The tlog-proof of a receipt's entry, under the same checkpoint.
    pub fn tlog_proof(&self, receipt: &Receipt) -> TlogProof {
        let size = tiezheng::ledger::checkpoint::SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).unwrap();
        let size = usize::try_from(size.checkpoint().size.0).unwrap();
        let hashes: Vec<_> = self.leaves[..size].iter().map(|leaf| leaf_hash(leaf)).collect();
        let path = inclusion_in(&hashes, usize::try_from(receipt.index.0).unwrap()).unwrap();
        TlogProof { entry: receipt.entry.clone(), index: receipt.index, path, checkpoint: receipt.checkpoint.clone() }
    }
}

impl SealedBlock {
    fn of(block: &Block) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self {
            header: text(&block.header_bytes),
            leaves: block.leaves.iter().map(|leaf| text(&leaf.bytes)).collect(),
            first: block.header.first.0,
        }
    }
}

fn leaves_of(block: &Block) -> Vec<Vec<u8>> {
    let leaves = block.leaves.iter().map(|leaf| leaf.bytes.clone());
    leaves.chain([block.header_bytes.clone()]).collect()
}

/// A tree of the ledger with its signed checkpoint.
struct SignedTree<'a> {
    leaves: &'a [Vec<u8>],
    key: &'a Signer,
    blocks: &'a [Block],
    key_notices: &'a [usize],
}

impl SignedTree<'_> {
    /// The receipts of all deposits.
    fn receipts(&self) -> Vec<Receipt> {
        let hashes: Vec<_> = self.leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        let path = |index: u64| inclusion_in(&hashes, usize::try_from(index).unwrap()).unwrap();
        let size = TreeSize(hashes.len() as u64);
        let checkpoint = Checkpoint { origin: origin(), size, root: root_of(&hashes) }.sign(self.key).unwrap();
        let key_notice = |index: &usize| KeyNotice {
            index: LeafIndex(*index as u64),
            text: String::from_utf8(self.leaves[*index].clone()).unwrap(),
            path: path(*index as u64),
        };
        let mut receipts = Vec::new();
        for block in self.blocks {
            let sealed = (block.header.first.0..).zip(&block.leaves).filter(|(_, leaf)| leaf.entry.is_some());
            receipts.extend(sealed.map(|(index, leaf)| Receipt {
                entry: String::from_utf8(leaf.bytes.clone()).unwrap(),
                index: LeafIndex(index),
                header: block.header.to_string(),
                entry_path: block.tree.inclusion(usize::try_from(index - block.header.first.0).unwrap()).unwrap(),
                header_path: path(block.header.index().0),
                previous_path: path(block.header.first.0 - 1),
                key_notices: self.key_notices.iter().map(key_notice).collect(),
                checkpoint: checkpoint.note().to_string(),
                time_tokens: vec![],
            }));
        }
        receipts
    }
}
