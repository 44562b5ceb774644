//! Fuzz target for blocks as a mirror reads them: a bundle of leaves after a known tip.

use tiezheng::ledger::chain::Tip;
use tiezheng::ledger::chain::reader::BlockReader;
use tiezheng::ledger::leaf::Leaf;
use tiezheng::ledger::merkle::list::root_of;

use super::fixture::{ledger, origin};
use super::input::Input;

/// Leaves of the fixture, changed and repeated, in any order; or any bytes.
pub fn chain(data: &[u8]) -> bool {
    let mut input = Input(data);
    let mut reader = BlockReader::new(&Tip::before_genesis(origin()));
    let mut read = Vec::new();
    let genuine = &ledger().leaves;
    while !input.is_empty() && read.len() < 64 {
        let choice = input.byte();
        let mut leaf = match usize::from(choice) {
            255 => input.bytes().to_vec(),
            254 => [input.bytes(), input.bytes(), input.bytes()].concat(),
            n => genuine[n % genuine.len()].clone(),
        };
        // Every second genuine leaf stays as it is.
        if choice % 2 == 1 && !leaf.is_empty() {
            let place = input.below(leaf.len());
            leaf[place] ^= input.byte();
        }
        let index = reader.next_index();
        match reader.read(leaf.clone()) {
            Ok(block) => {
                let printed = match Leaf::parse(&leaf).expect("a leaf that was read is parsed") {
                    Leaf::Entry(entry) => entry.to_string(),
                    Leaf::Notice(notice) => notice.to_string(),
                    Leaf::Block(header) => header.to_string(),
                };
                assert_eq!(printed.as_bytes(), leaf);
                read.push(tiezheng::ledger::hash::leaf_hash(&leaf));
                assert_eq!(reader.next_index().0, read.len() as u64);
                if let Some(block) = block {
                    assert_eq!((block.tip.size().0, block.tip.root()), (read.len() as u64, root_of(&read)));
                    assert_eq!(reader.unsealed(), 0);
                }
            }
            Err(error) => {
                drop(error.to_string());
                assert_eq!(reader.next_index(), index, "an error changes nothing");
            }
        }
    }
    read.len() > 2
}
