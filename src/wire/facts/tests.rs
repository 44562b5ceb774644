//! Tests of look-up responses.

use super::*;
use crate::ledger::block::Height;
use crate::ledger::hash::Digest;
use crate::ledger::key::Name;
use crate::ledger::statement::content::HashAlgorithm;

#[test]
fn the_seven_facts_stand_in_the_manuals_order_and_words() {
    let time = Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap();
    let facts = Facts {
        ledger: Name::parse("example.org/ledger").unwrap(),
        number: DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap(),
        tx_id: Digest([1; 32]),
        block_hash: Digest([2; 32]),
        block_height: Height(7),
        prev_block_hash: Digest([3; 32]),
        data_hash: vec![(HashAlgorithm::Sm3, Digest([4; 32])), (HashAlgorithm::Sha256, Digest([5; 32]))],
        salted: false,
        manifest: None,
        tx_submitted_at: time,
        block_generated_at: time,
    };
    let json = ChainFactsJson::from(&facts);
    let labels: Vec<_> = json.facts.iter().map(|fact| fact.label.zh.as_str()).collect();
    assert_eq!(
        labels,
        ["交易id", "区块哈希", "区块高度", "前一区块哈希", "数据的哈希值", "交易提交时间", "区块生成时间"]
    );
    assert_eq!(json.data_hash[0].algorithm, "sm3");
    assert_eq!(json.tx_submitted_at, "2026-11-22T09:04:11.123+08:00");
    let value = serde_json::to_value(&json).unwrap();
    for fact in &json.facts {
        assert!(value.get(&fact.name).is_some(), "{} is a field too", fact.name);
    }
    assert_eq!(look_up_notice().zh, "本次仅查询链上记录，未核验原文。");
}
