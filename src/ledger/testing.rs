//! A fixture for unit tests: the receipt of a statement that is the only deposit of its ledger.

use crate::ledger::chain::{self, PendingLeaf, Tip};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::hash::leaf_hash;
use crate::ledger::key::{Name, Signer};
use crate::ledger::merkle::list::{inclusion_in, root_of};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::notice::{Mode, Notice, NoticeKind};
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::signed::SignedStatement;
use crate::ledger::time::Timestamp;

pub(crate) fn origin() -> Name {
    Name::parse("example.org/ledger").unwrap()
}

pub(crate) fn ledger_key() -> Signer {
    Signer::new(origin(), &[1; 32]).unwrap()
}

/// The receipt of `statement` in block 1 of the ledger of [`ledger_key`]. Block 0 contains the genesis notice.
pub(crate) fn receipt_of(statement: SignedStatement) -> Receipt {
    let at = |second: u64| Timestamp::from_millis(1_795_309_451_000 + second * 1_000).unwrap();
    let (key, next) = (ledger_key().verifier().clone(), ledger_key().verifier().commitment());
    let kind = NoticeKind::Genesis { mode: Mode::Live, key, next };
    let genesis = Notice { ledger: origin(), received: at(0), kind }.sign(&[&ledger_key()]).unwrap();
    let number = (0..).find_map(|random| DepositNumber::draw(false, at(0).beijing_date(), random)).unwrap();
    let first = chain::next(&Tip::before_genesis(origin()), vec![PendingLeaf::Notice(genesis)], at(1)).unwrap();
    let second = chain::next(&first.tip, vec![PendingLeaf::Deposit { number, statement }], at(2)).unwrap();
    let leaves = [&first, &second].map(|block| [block.leaves[0].bytes.clone(), block.header_bytes.clone()]);
    let hashes: Vec<_> = leaves.iter().flatten().map(|bytes| leaf_hash(bytes)).collect();
    let checkpoint = Checkpoint { origin: origin(), size: TreeSize(4), root: root_of(&hashes) };
    Receipt {
        entry: String::from_utf8(leaves[1][0].clone()).unwrap(),
        index: LeafIndex(2),
        header: second.header.to_string(),
        entry_path: inclusion_in(&hashes[2..3], 0).unwrap(),
        header_path: inclusion_in(&hashes, 3).unwrap(),
        previous_path: inclusion_in(&hashes, 1).unwrap(),
        key_notices: vec![],
        checkpoint: checkpoint.sign(&ledger_key()).unwrap().note().to_string(),
        time_tokens: vec![],
    }
}
