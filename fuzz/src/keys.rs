//! Fuzz target for the history of a ledger's keys, from the notices in a receipt or in a node's answer.

use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::key_history::KeyHistory;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::receipt::KeyNotice;

use super::fixture::{ledger, ledger_keys};
use super::input::Input;

/// The ledger's notices, changed, repeated and in any order.
pub fn key_history(data: &[u8]) -> bool {
    let mut input = Input(data);
    let genuine: Vec<&KeyNotice> = ledger().receipts.iter().flat_map(|receipt| &receipt.key_notices).collect();
    let mut notices = Vec::new();
    while !input.is_empty() && notices.len() < 8 {
        let mut notice = genuine[input.below(genuine.len())].clone();
        match input.byte() % 4 {
            1 => notice.index = LeafIndex(input.number() as u64),
            2 => {
                let from = input.below(notice.text.len() + 1);
                let to = (from + usize::from(input.byte())).min(notice.text.len());
                let new = String::from_utf8_lossy(input.bytes()).into_owned();
                if notice.text.is_char_boundary(from) && notice.text.is_char_boundary(to) {
                    notice.text.replace_range(from..to, &new);
                }
            }
            _ => {}
        }
        notices.push(notice);
    }
    let in_order = notices.iter().map(|notice| (notice.index, notice.text.as_str()));
    let history = KeyHistory::of_notices(in_order);
    match &history {
        Ok(history) => {
            let keys: Vec<_> = history.periods().map(|period| &period.key).collect();
            assert!(ledger_keys().iter().take(keys.len()).eq(keys), "a forged key");
            for receipt in &ledger().receipts {
                let checkpoint = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).unwrap();
                let size = checkpoint.checkpoint().size;
                let must_sign = &history.keys_accepted_at(size).current.key;
                let signed = checkpoint.verified_by(std::slice::from_ref(must_sign)).is_ok();
                assert_eq!(history.verify(&checkpoint).is_ok(), signed, "the key of that size signed it");
                if let Ok(proven) = KeyHistory::proven(&notices, checkpoint.checkpoint()) {
                    assert!(proven.agrees_with(history) && proven.periods().count() == history.periods().count());
                }
            }
        }
        Err(error) => drop((error.code(), error.to_string())),
    }
    history.is_ok()
}
