//! `/chain`: events of new blocks, the consistency check, growth, alarms.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;
use tiezheng::http::options::Options;
use tokio::time::timeout;

use crate::support::browser::Browser;
use crate::support::depositor::note;
use crate::support::test_node::{NodeConfig, TestNode};

/// A listener to `/chain/events`.
struct Listener {
    answer: reqwest::Response,
    text: String,
}

impl Listener {
    async fn open(node: &TestNode, last: Option<u64>) -> Self {
        let mut headers = HeaderMap::new();
        if let Some(last) = last {
            headers.insert("last-event-id", last.into());
        }
        let answer = node.client.get(node.url("/chain/events")).headers(headers).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert_eq!(answer.headers()["x-accel-buffering"], "no");
        Self { answer, text: String::new() }
    }

    /// The next event: its id and its data. `None` if the stream ends.
    async fn next(&mut self) -> Option<(u64, Value)> {
        loop {
            while let Some((message, rest)) = self.text.split_once("\n\n") {
                let line = |name: &str| message.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let event = line("id: ").zip(line("data: "));
                let rest = rest.to_owned();
                self.text = rest;
                if let Some((id, data)) = event {
                    return Some((id.parse().unwrap(), serde_json::from_str(&data).unwrap()));
                }
            }
            let bytes = self.answer.chunk().await.unwrap()?;
            self.text += std::str::from_utf8(&bytes).unwrap();
        }
    }
}

#[tokio::test]
async fn listeners_are_told_of_new_blocks_and_replay_what_they_missed() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut first = Listener::open(&node, None).await;
    let (height, tip) = first.next().await.unwrap();
    assert_eq!((height, &tip["block_height"]), (0, &Value::from(0)));
    node.deposit(&note(1)).await;
    let (height, tip) = first.next().await.unwrap();
    let block = node.get("/v1/blocks/1").await.json();
    assert_eq!((height, &tip["block_hash"], &tip["size"]), (1, &block["block_hash"], &Value::from(4)));
    assert_eq!(tip["block_generated_at"], block["block_generated_at"]);
    // One event stands for several blocks.
    for n in 2..5 {
        node.deposit(&note(n)).await;
    }
    let mut heights = vec![first.next().await.unwrap().0];
    while heights.last() != Some(&4) {
        heights.push(first.next().await.unwrap().0);
    }
    assert!(heights.len() < 3, "an event for each block: {heights:?}");
    // A client that was away is told at once; one that missed nothing hears nothing.
    assert_eq!(Listener::open(&node, Some(2)).await.next().await.unwrap().0, 4);
    let mut idle = Listener::open(&node, Some(4)).await;
    assert!(timeout(Duration::from_millis(300), idle.next()).await.is_err());
    let by_address = node.client.get(node.url("/chain/events?after=1")).send().await.unwrap();
    assert_eq!(Listener { answer: by_address, text: String::new() }.next().await.unwrap().0, 4);
    // A client that knows more than the node shows is told as well: the node was restored from an older copy.
    assert_eq!(Listener::open(&node, Some(9)).await.next().await.unwrap().0, 4);
}

#[tokio::test]
async fn listeners_are_bounded_and_end_with_the_node() {
    let http = Options { listeners: 3, listeners_per_client: 2, ..Options::default() };
    let mut node = TestNode::in_memory(NodeConfig { http, ..NodeConfig::default() }).await;
    let mut one = Listener::open(&node, None).await;
    let other = Listener::open(&node, None).await;
    let refused = node.client.get(node.url("/chain/events")).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers().contains_key("retry-after")), (503, true));
    drop(other);
    // The place is free once the node has noticed that the client left.
    while node.client.get(node.url("/chain/events")).send().await.unwrap().status() != 200 {}
    one.next().await.unwrap();
    let server = node.begin_shutdown();
    assert!(one.next().await.is_none(), "the stream ends");
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_consistency_check_compares_sizes_and_checkpoints() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    node.deposit(&note(1)).await;
    let checkpoint = node.get("/log/checkpoint").await.text().to_owned();
    node.deposit(&note(2)).await;
    let mut browser = Browser::new(&node);
    let address = |old: &str, new: &str| {
        let mut query = form_urlencoded::Serializer::new("/chain?".to_owned());
        query.append_pair("old", old).append_pair("new", new).finish()
    };
    let by_size = browser.get(&address("4", "6")).await;
    let proof = node.get("/v1/proofs/consistency?old=4&new=6").await.json();
    assert!(by_size.text().contains("前后一致：前 4 条记录是 6 条记录的开头"), "{}", by_size.text());
    let hashes = proof["hashes"].as_array().unwrap();
    assert!(!hashes.is_empty());
    for hash in hashes {
        let groups: Vec<&str> =
            hash.as_str().unwrap().as_bytes().chunks(8).map(|g| std::str::from_utf8(g).unwrap()).collect();
        assert!(by_size.text().contains(&format!("<span>{}</span>", groups.join("</span><wbr><span>"))), "{hash}");
    }
    let signed = browser.get(&address(&checkpoint, "")).await;
    assert!(
        signed.text().contains("前后一致") && signed.text().contains("签名有效，默克尔根相同"),
        "{}",
        signed.text()
    );
    // The signature covers the root, so a changed root has no valid signature: nothing follows from it.
    let lines: Vec<&str> = checkpoint.lines().collect();
    let root = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let changed = checkpoint.replace(lines[2], root);
    let unsigned = browser.get(&address(&changed, "")).await;
    assert!(unsigned.text().contains("不能得出结论") && !unsigned.text().contains("不一致"), "{}", unsigned.text());
    for (old, new, says) in [
        ("0", "", "请输入记录总数"),
        ("x", "", "请输入记录总数"),
        ("4", "x", "请输入记录总数"),
        ("6", "4", "较早的记录总数不得大于较晚的记录总数。"),
        ("", "", "请输入记录总数"),
        ("4", "999", "已发布的账本共有 6 条记录"),
    ] {
        let refused = browser.get(&address(old, new)).await;
        assert!(refused.status == 422 && refused.text().contains(says), "{old} {new}: {}", refused.text());
        assert!(refused.text().contains("aria-invalid=\"true\""), "{old} {new}");
    }
}

#[tokio::test]
async fn growth_is_counted_and_a_paused_node_is_an_alarm() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    for n in 1..4 {
        node.deposit(&note(n)).await;
    }
    let mut browser = Browser::new(&node);
    let page = browser.get("/chain").await;
    // Genesis and three deposits, each in a block of its own.
    assert!(page.text().contains("<td>2026-11-22 20:00</td><td class=\"numeric\">4</td><td class=\"numeric\">4</td>"));
    assert!(page.text().contains("<td>2026-11-22</td><td class=\"numeric\">4</td><td class=\"numeric\">4</td>"));
    assert!(page.text().contains("合计 4，最高 4") && page.text().contains("<rect "));
    assert!(!page.text().contains("id=\"alarms\""));
    node.clock.shift(90_000, Duration::ZERO);
    assert_eq!(node.post_deposit(&note(9)).await.status, 503);
    let page = browser.get("/chain").await;
    assert!(page.text().contains("id=\"alarms\"") && page.text().contains("存证写入已暂停"), "{}", page.text());
    assert!(page.text().contains("href=\"/problems/clock_jumped\""), "{}", page.text());
    node.clock.shift(-90_000, Duration::ZERO);
}
