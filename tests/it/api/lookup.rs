//! `GET /v1/deposits/{number}` and its receipt.

use std::sync::Arc;

use reqwest::header::{ACCEPT, IF_NONE_MATCH};
use serde_json::{Value, json};
use tiezheng::filing::service::FilingStore;
use tiezheng::ledger::hash::leaf_hash;
use tiezheng::ledger::media::MediaType;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::text::{Link, LinkKind};
use tiezheng::query::proofs::inclusion;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::LogReader as _;
use tiezheng::wire::receipt::parse;

use crate::support::counting_store::CountingStore;
use crate::support::depositor::{note, origin, statement_with};
use crate::support::test_node::{NodeConfig, TestNode};

#[tokio::test]
async fn the_seven_facts_are_those_of_the_receipt() {
    let node = TestNode::start().await;
    let receipt = node.deposit(&note(1)).await;
    let number = TestNode::number(&receipt);
    let answer = node.get(&format!("/v1/deposits/{number}")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let json = answer.json();
    assert_eq!(json["deposit_number"], number);
    assert_eq!((&json["status"], &json["status_text"]["zh"]), (&json!("sealed"), &json!("已上链")));
    assert_eq!(json["tx_id"], leaf_hash(receipt.entry.as_bytes()).to_string());
    assert_eq!(json["block_hash"], leaf_hash(receipt.header.as_bytes()).to_string());
    assert_eq!(json["block_height"], 1);
    assert!(receipt.header.contains(json["prev_block_hash"].as_str().unwrap()));
    assert_eq!(json["data_hash"][0]["algorithm"], "sm3");
    assert_eq!(json["data_hash"][1]["algorithm"], "sha-256");
    assert_eq!(json["tx_submitted_at"], "2026-11-22T20:00:00.000+08:00");
    assert_eq!(json["block_generated_at"], "2026-11-22T20:00:00.000+08:00");
    assert_eq!(json["notice"]["zh"], "本次仅查询链上记录，未核验原文。");
    assert_eq!((&json["size"], &json["test"], &json["salted"]), (&json!(6), &json!(true), &json!(false)));
    let labels: Vec<_> = json["facts"].as_array().unwrap().iter().map(|fact| fact["label"]["zh"].clone()).collect();
    assert_eq!(
        labels,
        ["交易id", "区块哈希", "区块高度", "前一区块哈希", "数据的哈希值", "交易提交时间", "区块生成时间"]
    );
}

#[tokio::test]
async fn a_number_may_be_typed_as_people_type_it_and_a_mistyped_one_is_told() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let wide: String = number.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
    for typed in [number.to_lowercase(), number.replace('-', ""), number.replace('-', " "), wide] {
        assert_eq!(node.get(&format!("/v1/deposits/{typed}")).await.json()["deposit_number"], number, "{typed}");
    }
    let last = if number.ends_with('A') { "B" } else { "A" };
    let mistyped = format!("{}{last}", &number[..number.len() - 1]);
    for path in ["", "/receipt"] {
        assert_eq!(
            node.get(&format!("/v1/deposits/{mistyped}{path}")).await.problem(),
            (400, "mistyped_number".into())
        );
        let unknown = node.get(&format!("/v1/deposits/20261122-0K7M-X9QT-3D5W-C3{path}")).await;
        assert_eq!(unknown.problem(), (404, "not_found".into()));
    }
    assert_eq!(node.get("/v1/deposits/%ff").await.problem(), (400, "bad_path".into()));
}

#[tokio::test]
async fn earlier_deposits_and_links_are_listed_both_ways() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let parse = |number: &str| DepositNumber::parse(number).unwrap();
    let first = TestNode::number(&node.deposit(&note(1)).await);
    let media_type = MediaType::parse("application/pdf");
    let links = vec![Link { kind: LinkKind::Supplements, number: parse(&first) }];
    let same_file = statement_with(1, 2, |statement| {
        statement.content = Some(crate::support::depositor::content(b"file 1"));
        statement.links = links;
        statement.media_type = media_type;
    });
    let second = TestNode::number(&node.deposit(same_file.note()).await);
    let links = vec![Link { kind: LinkKind::Refers, number: parse(&first) }];
    let stranger = statement_with(2, 3, |statement| statement.links = links);
    let third = TestNode::number(&node.deposit(stranger.note()).await);
    let json = node.get(&format!("/v1/deposits/{second}")).await.json();
    let earlier = json!([{ "deposit_number": first, "status": "verified" }]);
    let list = |items: Value, total: u64| json!({ "items": items, "total": total, "total_is_exact": true, "next_cursor": null });
    assert_eq!(json["earlier_deposits"], list(earlier, 1));
    assert_eq!(
        json["links"],
        json!([{ "kind": "supplements", "label": { "zh": "补充", "en": "supplements" }, "deposit_number": first }])
    );
    assert_eq!(json["media_type"], "application/pdf");
    let json = node.get(&format!("/v1/deposits/{first}")).await.json();
    assert_eq!(json["earlier_deposits"], list(json!([]), 0));
    let link = |kind: &str, zh: &str, en: &str, number: &str| json!([{ "kind": kind, "label": { "zh": zh, "en": en }, "deposit_number": number, "status": "verified", "standing": "in_force" }]);
    assert_eq!(json["later_links"], list(link("supplements", "补充", "supplements", &second), 1));
    let reference = json!([{ "kind": "refers", "label": { "zh": "提及", "en": "refers to" }, "deposit_number": third, "status": "verified" }]);
    assert_eq!(json["references"], list(reference, 1));
}

#[tokio::test]
async fn a_receipt_comes_in_the_form_asked_for() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let receipt = node.deposit(&note(1)).await;
    let url = node.url(&format!("/v1/deposits/{}/receipt", TestNode::number(&receipt)));
    let asked = async |accept: &str| node.send(node.client.get(&url).header(ACCEPT, accept)).await;
    let json = asked("*/*").await;
    assert_eq!((json.header("content-type"), json.header("vary")), ("application/json", "accept"));
    assert_eq!(json.bytes, tiezheng::wire::receipt::print(&receipt).into_bytes());
    let proof = asked("text/plain").await;
    assert_eq!(proof.header("content-type"), "text/plain; charset=utf-8");
    assert!(proof.text().starts_with("c2sp.org/tlog-proof@v1\nextra "), "{}", proof.text());
    assert!(proof.text().ends_with(&format!("\n\n{}", receipt.checkpoint)));
    assert_eq!(asked("image/png").await.problem(), (406, "not_acceptable".into()));
}

#[tokio::test]
async fn asking_again_with_the_tag_costs_a_line() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let path = format!("/v1/deposits/{number}");
    let first = node.get(&path).await;
    assert_eq!(first.header("cache-control"), "public, no-cache");
    assert_eq!(first.header("access-control-allow-origin"), "*");
    let tag = first.header("etag").to_owned();
    let ask = async |tag: &str| node.send(node.client.get(node.url(&path)).header(IF_NONE_MATCH, tag)).await;
    let again = ask(&format!("\"other\", W/{tag}")).await;
    assert_eq!((again.status, again.bytes.len(), again.header("etag")), (304, 0, tag.as_str()));
    let links = vec![Link { kind: LinkKind::Withdraws, number: DepositNumber::parse(&number).unwrap() }];
    node.deposit(statement_with(1, 2, |statement| statement.links = links).note()).await;
    assert_eq!(ask(&tag).await.status, 200, "something was said of it since");
    let head = node.send(node.client.head(node.url(&path))).await;
    assert_eq!((head.status, head.bytes.len()), (200, 0));
}

#[tokio::test]
async fn receipts_of_a_ledger_that_grows_have_the_paths_of_its_tree() {
    let store = Arc::new(MemoryStore::new(origin()));
    let node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    let (mut numbers, mut seed) = (Vec::new(), 0..);
    // A header follows each deposit: 600 and 1,400 leaves, so 2 and 5 items above the first tiles.
    for wanted in [300, 700] {
        for seed in seed.by_ref().take(wanted - numbers.len()) {
            numbers.push(TestNode::number(&node.deposit(&note(seed)).await));
        }
        let size = store.published().unwrap().size();
        for number in [&numbers[0], &numbers[127], &numbers[200], &numbers[wanted - 1], &numbers[0]] {
            let answer = node.get(&format!("/v1/deposits/{number}/receipt")).await;
            let receipt = parse(&answer.bytes).unwrap();
            let header = LeafIndex(receipt.index.0 + 1);
            assert_eq!(receipt.header_path, inclusion(&*store, header, size).unwrap(), "{number} of {size}");
            let before = LeafIndex(receipt.index.0 - 1);
            assert_eq!(receipt.previous_path, inclusion(&*store, before, size).unwrap(), "{number} of {size}");
        }
    }
}

/// Counted, not timed: number, record, block header and the filter of links, however many blocks there are.
#[tokio::test]
async fn a_first_look_up_takes_four_reads_of_the_store_and_a_repeated_one_less() {
    let store = Arc::new(MemoryStore::new(origin()));
    let counting = Arc::new(CountingStore::over(Arc::clone(&store) as Arc<dyn FilingStore>));
    let reader = counting.clone();
    let node = TestNode::over(store, NodeConfig { reader: Some(reader), ..NodeConfig::default() }).await;
    let mut numbers = Vec::new();
    for n in 0..40 {
        numbers.push(TestNode::number(&node.deposit(&note(n)).await));
    }
    let again = statement_with(9, 1_000, |statement| {
        statement.content = note(3).statement().content;
    });
    let repeated = TestNode::number(&node.deposit(again.note()).await);
    let reads = async |number: &str| {
        counting.take_reads();
        assert_eq!(node.get(&format!("/v1/deposits/{number}")).await.status, 200);
        let mut reads = counting.take_reads();
        reads.retain(|what, _| !["published", "rows", "set_cursor", "pending_erasures"].contains(what));
        reads
    };
    let first = [("find_number", 1), ("leaves", 2), ("links_to", 1)].into();
    assert_eq!(reads(&numbers[7]).await, first);
    assert_eq!(reads(&numbers[30]).await, first);
    // The block is cached; the deposit is from the second time on.
    assert_eq!(reads(&numbers[7]).await, [("find_number", 1), ("leaves", 1), ("links_to", 1)].into());
    assert_eq!(reads(&numbers[7]).await, [].into());
    // Only a deposit whose digest was deposited before looks for the earlier ones.
    let with_earlier = reads(&repeated).await;
    assert_eq!(with_earlier.get("find_digest"), Some(&2), "{with_earlier:?}");
}
