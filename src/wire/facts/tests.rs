//! Tests of what a look-up says.

use super::*;
use crate::ledger::block::Height;
use crate::ledger::hash::Digest;
use crate::ledger::key::Name;
use crate::ledger::key::Signer;
use crate::ledger::media::MediaType;
use crate::ledger::statement::content::{Content, HashAlgorithm};
use crate::ledger::statement::signed::SignedStatement;
use crate::ledger::statement::text::{Link, ManifestRoot, Statement};
use crate::ledger::verify::history::{ClaimFault, ClaimStatus, EarlierDeposit, LaterLink, Listed, Total};
use crate::wire::json;

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

#[test]
fn what_is_printed_by_hand_is_the_shape() {
    let ledger = Name::parse("example.org/ledger").unwrap();
    let number = |text: &str| DepositNumber::parse(text).unwrap();
    let (one, other) = (number("20261122-0K7M-X9QT-3D5W-C3"), number("T20261122-0K7M-X9QT-3D5W-MP"));
    let time = Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap();
    let signer = Signer::of_depositor(&[1; 32]).unwrap();
    let plain = Content { form: Form::Plain { size: 7 }, sha256: Some(Digest([5; 32])), sm3: Some(Digest([4; 32])) };
    let bare = Statement {
        ledger: ledger.clone(),
        content: Some(plain),
        manifest: None,
        media_type: None,
        meta: None,
        subject: None,
        links: Vec::new(),
        on_behalf: None,
        nonce: [9; 16],
        keys: vec![signer.verifier().clone()],
    };
    let full = Statement {
        media_type: MediaType::parse("application/pdf"),
        links: vec![Link { kind: LinkKind::Corrects, number: one }, Link { kind: LinkKind::Refers, number: other }],
        on_behalf: Some(Digest([6; 32])),
        ..bare.clone()
    };
    let salted = Statement { content: Some(Content { form: Form::Salted, ..plain }), ..bare.clone() };
    let manifest =
        Statement { content: None, manifest: Some(ManifestRoot { root: Digest([3; 32]), count: 2 }), ..bare.clone() };
    let link = |kind, number, status| LaterLink { kind, number, status };
    let not_owner = ClaimStatus::Invalid(ClaimFault::NotOwner);
    let earlier = vec![EarlierDeposit { number: other, status: ClaimStatus::Unverified }];
    let told = History {
        owner_links: Listed::complete(vec![
            link(LinkKind::Withdraws, one, ClaimStatus::Verified),
            link(LinkKind::Replaces, other, not_owner),
        ]),
        references: Listed {
            items: vec![link(LinkKind::Refers, one, ClaimStatus::Verified)],
            total: Total { count: 1_000, exact: false },
            next_cursor: Some("refers.7".into()),
        },
        earlier: Listed::complete(earlier),
    };
    for (statement, history) in
        [(bare, History::empty()), (full, told), (salted, History::empty()), (manifest, History::empty())]
    {
        for (number, by_platform) in [(one, false), (other, true)] {
            let made = SignedStatement::sign(statement.clone(), std::slice::from_ref(&signer)).unwrap();
            let entry = Entry { number, received: time, statement: made.into_note() };
            let header = BlockHeader {
                ledger: ledger.clone(),
                height: Height(7),
                previous: Digest([1; 32]),
                time,
                first: LeafIndex(5),
                count: 3,
                root: Digest([2; 32]),
            };
            let mut shape = DepositJson::of(LeafIndex(6), &entry, &header, &history);
            if by_platform {
                shape.signed_by = SignerJson::platform();
            }
            let facts = Facts::of(&entry, &header);
            let shown =
                DepositView { index: LeafIndex(6), entry: &entry, facts: &facts, history: &history, by_platform };
            assert_eq!(print(&shown), json::pretty(&shape));
        }
    }
}
