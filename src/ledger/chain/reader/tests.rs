//! Tests of the block reader: blocks read from bytes equal the built blocks, and each violation of the format has its
//! own error.

use super::*;
use crate::ledger::block::Height;
use crate::ledger::chain::{PendingLeaf, next};
use crate::ledger::hash::Digest;
use crate::ledger::key::Signer;
use crate::ledger::notice::{Mode, Notice};
use crate::ledger::statement::content::{Content, Form};
use crate::ledger::statement::signed::SignedStatement;
use crate::ledger::statement::text::Statement;

fn origin() -> Name {
    Name::parse("example.org/ledger").unwrap()
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(1_795_309_451_000 + millis).unwrap()
}

fn ledger_key() -> Signer {
    Signer::new(origin(), &[1; 32]).unwrap()
}

fn signed(kind: NoticeKind, millis: u64) -> SignedNotice {
    Notice { ledger: origin(), received: at(millis), kind }.sign(&[&ledger_key()]).unwrap()
}

fn genesis(millis: u64) -> SignedNotice {
    let (key, next) = (ledger_key().verifier().clone(), Digest([9; 32]));
    signed(NoticeKind::Genesis { mode: Mode::Test, key, next }, millis)
}

fn deposit_on(ledger: Name, date: u32, n: u64) -> PendingLeaf {
    let signer = Signer::of_depositor(&[2; 32]).unwrap();
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&n.to_be_bytes());
    let statement = Statement {
        ledger,
        content: Some(Content { form: Form::Plain { size: 7 }, sha256: Some(Digest([1; 32])), sm3: None }),
        manifest: None,
        media_type: None,
        meta: None,
        subject: None,
        links: vec![],
        on_behalf: None,
        nonce,
        keys: vec![signer.verifier().clone()],
    };
    let number = (n << 8..).find_map(|random| DepositNumber::draw(true, date, random)).unwrap();
    PendingLeaf::Deposit { number, statement: SignedStatement::sign(statement, &[signer]).unwrap() }
}

fn deposit(n: u64) -> PendingLeaf {
    deposit_on(origin(), 20_261_122, n)
}

/// A ledger with blocks around the width of a tile.
fn ledger() -> Vec<Block> {
    let mut tip = Tip::before_genesis(origin());
    let mut blocks = Vec::new();
    let mut n = 0;
    for count in [1, 3, 250, 1, 300] {
        let first = if blocks.is_empty() { Some(PendingLeaf::Notice(genesis(0))) } else { None };
        let deposits = (n..n + count).map(deposit);
        let block = next(&tip, first.into_iter().chain(deposits).collect(), at(n)).unwrap();
        n += count;
        tip = block.tip.clone();
        blocks.push(block);
    }
    blocks
}

/// All leaves of a block, its header last.
fn leaves_of(block: &Block) -> Vec<Vec<u8>> {
    block.leaves.iter().map(|leaf| leaf.bytes.clone()).chain([block.header_bytes.clone()]).collect()
}

/// The genesis block, and a block of three deposits after it.
fn two_blocks() -> (Block, Block) {
    let first = next(&Tip::before_genesis(origin()), vec![PendingLeaf::Notice(genesis(0))], at(0)).unwrap();
    let second = next(&first.tip, (0..3).map(deposit).collect(), at(5)).unwrap();
    (first, second)
}

fn error(tip: &Tip, leaves: Vec<Vec<u8>>) -> BlockError {
    read_block(tip, leaves).unwrap_err()
}

#[track_caller]
fn assert_same(read: &Block, built: &Block) {
    assert_eq!((&read.header, &read.header_bytes, read.hash), (&built.header, &built.header_bytes, built.hash));
    assert_eq!((read.base, &read.full_tiles), (built.base, &built.full_tiles));
    let leaves = |block: &Block| -> Vec<_> {
        block.leaves.iter().map(|leaf| (leaf.bytes.clone(), leaf.hash, leaf.entry.clone())).collect()
    };
    assert_eq!(leaves(read), leaves(built));
    let tip = |block: &Block| {
        let Tip { origin, next_height, last_block, last_time, frontier } = block.tip.clone();
        (origin, next_height, last_block, last_time, frontier)
    };
    assert_eq!(tip(read), tip(built));
}

#[test]
fn the_leaves_of_a_ledger_give_back_its_blocks() {
    let built = ledger();
    let mut reader = BlockReader::new(&Tip::before_genesis(origin()));
    let mut read = Vec::new();
    for bytes in built.iter().flat_map(leaves_of) {
        read.extend(reader.read(bytes).unwrap());
    }
    assert_eq!((reader.unsealed(), reader.next_index()), (0, built.last().unwrap().tip.size().next_index()));
    assert_eq!(read.len(), built.len());
    let mut tip = Tip::before_genesis(origin());
    for (read, built) in read.iter().zip(&built) {
        assert_same(read, built);
        assert_same(&read_block(&tip, leaves_of(built)).unwrap(), built);
        tip = read.tip.clone();
    }
}

#[test]
fn no_changed_byte_goes_unnoticed() {
    let (first, second) = two_blocks();
    let leaves = leaves_of(&second);
    for (place, leaf) in leaves.iter().enumerate() {
        for at in 0..leaf.len() {
            let mut changed = leaves.clone();
            changed[place][at] ^= 1;
            match read_block(&first.tip, changed) {
                Err(_) => {}
                // Only the time of a header does not follow from the leaves before it: the comparison with the
                // checkpoint detects the change.
                Ok(block) => {
                    let differences = block.header.differences(&second.header);
                    assert_eq!(
                        differences.iter().map(|d| d.field).collect::<Vec<_>>(),
                        ["time"],
                        "leaf {place} byte {at}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_wrong_header_names_the_field_that_differs() {
    let (first, second) = two_blocks();
    let field = |change: &dyn Fn(&mut BlockHeader)| {
        let mut header = second.header.clone();
        change(&mut header);
        let mut leaves = leaves_of(&second);
        leaves.pop();
        leaves.push(header.to_string().into_bytes());
        match error(&first.tip, leaves) {
            BlockError::Header { index: LeafIndex(5), difference } => difference,
            other => panic!("{other}"),
        }
    };
    let other = Name::parse("example.org/other").unwrap();
    assert_eq!(field(&|header| header.ledger = other.clone()).field, "ledger");
    assert_eq!(field(&|header| header.height = Height(7)).to_string(), "height 7, expected 1");
    assert_eq!(field(&|header| header.previous = Digest::ZERO).field, "previous");
    assert_eq!(field(&|header| header.first = LeafIndex(1)).to_string(), "first 1, expected 2");
    assert_eq!(field(&|header| header.count = 2).to_string(), "count 2, expected 3");
    assert_eq!(field(&|header| header.root = Digest::ZERO).field, "root");
}

#[test]
fn leaves_must_be_one_whole_block_that_follows_the_tip() {
    let (first, second) = two_blocks();
    let (tip, leaves) = (&first.tip, leaves_of(&second));
    let without_header = leaves[..3].to_vec();
    assert_eq!(error(tip, without_header), BlockError::NoHeader { next: LeafIndex(5), count: 3 });
    assert_eq!(error(tip, vec![]), BlockError::NoHeader { next: LeafIndex(2), count: 0 });
    let two = [leaves.clone(), leaves_of(&next(&second.tip, vec![deposit(9)], at(6)).unwrap())].concat();
    assert_eq!(error(tip, two), BlockError::AfterHeader { header: LeafIndex(5), count: 2 });
    assert!(matches!(error(&second.tip, leaves.clone()), BlockError::Header { index: LeafIndex(9), .. }));
    let header_alone = vec![second.header_bytes.clone()];
    assert!(matches!(error(tip, header_alone), BlockError::Header { difference, .. } if difference.field == "count"));
    let swapped = vec![leaves[1].clone(), leaves[0].clone(), leaves[2].clone(), leaves[3].clone()];
    assert!(matches!(error(tip, swapped), BlockError::Header { difference, .. } if difference.field == "root"));
}

#[test]
fn records_that_cannot_stand_on_this_ledger_are_rejected() {
    let (first, _) = two_blocks();
    let before = Tip::before_genesis(origin());
    let bytes =
        |leaf: PendingLeaf, millis: u64| next(&first.tip, vec![leaf], at(millis)).unwrap().leaves[0].bytes.clone();
    let read = |tip: &Tip, bytes: Vec<u8>| BlockReader::new(tip).read(bytes).unwrap_err();

    let unknown = read(&first.tip, b"tiezheng entry v9\n".to_vec());
    assert!(matches!(unknown, BlockError::Malformed { index: LeafIndex(2), source: LeafError::UnknownKind }));
    let long = read(&first.tip, vec![b'x'; LEAF_MAX + 1]);
    assert_eq!(long, BlockError::TooLong { index: LeafIndex(2), length: LEAF_MAX + 1 });

    let other = Name::parse("example.org/other").unwrap();
    let foreign = read(&first.tip, bytes(deposit_on(other.clone(), 20_261_122, 1), 1));
    assert_eq!(foreign, BlockError::OtherLedger { index: LeafIndex(2), found: other, expected: origin() });
    let dated = read(&first.tip, bytes(deposit_on(origin(), 20_261_121, 1), 1));
    assert!(matches!(dated, BlockError::NumberDate { index: LeafIndex(2), .. }));

    let kind = NoticeKind::Key { key: ledger_key().verifier().clone(), next: Digest([8; 32]) };
    let early = Notice { received: Timestamp::EPOCH, ..signed(kind.clone(), 0).notice().clone() };
    let early = early.sign(&[&ledger_key()]).unwrap().to_string().into_bytes();
    let expected = BlockError::TimeDecreases { index: LeafIndex(2), time: Timestamp::EPOCH, last: at(0) };
    assert_eq!(read(&first.tip, early), expected);

    assert_eq!(read(&before, bytes(deposit(1), 1)), BlockError::NoGenesis);
    assert_eq!(read(&before, signed(kind, 0).to_string().into_bytes()), BlockError::NoGenesis);
    let other_key = Signer::new(origin(), &[3; 32]).unwrap();
    let unsigned = genesis(0).notice().sign(&[&other_key]).unwrap();
    assert_eq!(read(&before, unsigned.to_string().into_bytes()), BlockError::NoGenesis);
    let again = read(&first.tip, genesis(1).to_string().into_bytes());
    assert_eq!(again, BlockError::SecondGenesis { index: LeafIndex(2) });
}

#[test]
fn after_an_error_the_reader_still_expects_the_same_leaf() {
    let (first, second) = two_blocks();
    let mut reader = BlockReader::new(&first.tip);
    let mut block = None;
    for bytes in leaves_of(&second) {
        assert!(reader.read(b"nonsense\n".to_vec()).is_err());
        let header = BlockHeader { count: 99, ..second.header.clone() };
        assert!(reader.read(header.to_string().into_bytes()).is_err());
        block = reader.read(bytes).unwrap();
    }
    assert_same(&block.unwrap(), &second);
}
