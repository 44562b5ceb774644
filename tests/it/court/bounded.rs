//! The reads of a request depend on the size of its answer, not on how much the ledger holds: counted, not timed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tiezheng::court::ids::{CaseId, PartyNumber};
use tiezheng::court::line_value::LineValue as _;
use tiezheng::court::values::Capacity;
use tiezheng::court::words::AccessedContent;
use tiezheng::filing::access::AccessTarget;
use tiezheng::filing::service::FilingStore;
use tiezheng::ledger::number::DepositNumber;
use tiezheng::store::memory::MemoryStore;

use super::deposits_on_behalf::deposit_on_behalf;
use super::originals::give;
use crate::support::accounts::{COURT, People, Person};
use crate::support::counting_store::CountingStore;
use crate::support::depositor::{note, origin};
use crate::support::draft_case::draft_case;
use crate::support::proceeding::Proceeding;
use crate::support::test_node::{NodeConfig, TestNode};

const FEW: usize = 10;
const MANY: usize = 1_000;

type Reads = BTreeMap<&'static str, usize>;

/// A node whose filing service counts its reads.
async fn counted() -> (TestNode, Arc<CountingStore>) {
    let store = Arc::new(MemoryStore::new(origin()));
    let counting = Arc::new(CountingStore::over(Arc::clone(&store) as Arc<dyn FilingStore>));
    let plan = NodeConfig { filing_store: Some(counting.clone()), ..NodeConfig::default() };
    (TestNode::over(store, plan).await, counting)
}

/// The filing's reads for a request that succeeds, once its case is cached; and the answer.
async fn reads(node: &TestNode, counting: &CountingStore, who: &Person, path: &str) -> (Reads, Vec<u8>) {
    assert_eq!(node.session(&who.token).get(path).await.status, 200, "{path}");
    counting.take_reads();
    let answer = node.session(&who.token).get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    (counting.take_reads(), answer.bytes)
}

/// The reads for each path, with few records and with many, which `grow` adds.
async fn same_reads(
    node: &TestNode,
    counting: &CountingStore,
    who: &Person,
    paths: &[String],
    grow: impl AsyncFn(usize),
) {
    grow(FEW).await;
    let mut few = Vec::new();
    for path in paths {
        few.push(reads(node, counting, who, path).await.0);
    }
    grow(MANY - FEW).await;
    for (path, few) in paths.iter().zip(few) {
        let (many, _) = reads(node, counting, who, path).await;
        assert_eq!(few, many, "{path}");
        assert!(many.values().sum::<usize>() > 0, "the count counts");
    }
}

#[tokio::test]
async fn an_original_and_its_log_cost_the_same_however_often_it_was_looked_at() {
    let (node, counting) = counted().await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let number = deposit_on_behalf(&people, &alice, b"contract", "合同").await;
    assert_eq!(give(&people.by(&alice), &node, &number, b"contract").await.status, 201);
    let deposit = DepositNumber::parse(&number).unwrap();
    let actor = node.filing.authenticate(&alice.token).unwrap();
    let looks = async |count: usize| {
        for _ in 0..count {
            let subject = AccessTarget::Deposit(deposit, AccessedContent::Original);
            node.filing.record_access(&actor, Capacity::Oneself, subject).await.unwrap();
        }
    };
    let paths = ["original", "private", "access-log?limit=5", "access-log?limit=5&cursor=3"];
    let paths = paths.map(|rest| format!("/v1/deposits/{number}/{rest}"));
    same_reads(&node, &counting, &alice, &paths, looks).await;
    // The acts of a page, one look-up of each, and no other.
    let (page, bytes) = reads(&node, &counting, &alice, &paths[3]).await;
    let page_json: Value = serde_json::from_slice(&bytes).unwrap();
    let sequences: Vec<u64> =
        page_json["items"].as_array().unwrap().iter().map(|one| one["sequence"].as_u64().unwrap()).collect();
    assert_eq!((sequences, &page_json["next_cursor"]), (vec![4, 5, 6, 7, 8], &json!("8")));
    assert_eq!(page["find_subject"], 5);
}

#[tokio::test]
async fn a_case_and_its_log_cost_the_same_however_often_it_was_looked_at() {
    let (node, counting) = counted().await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let (actor, case) = draft_case(&node, &alice, COURT, Some("案由")).await;
    let looks = async |count: usize| {
        for _ in 0..count {
            let subject = AccessTarget::Case(case, AccessedContent::CaseFile, None);
            node.filing.record_access(&actor, Capacity::Party(PartyNumber(1)), subject).await.unwrap();
        }
    };
    let paths = ["", "/access-log?limit=5", "/access-log?limit=5&cursor=3", "/acts?limit=1"];
    let paths = paths.map(|rest| format!("/v1/cases/{case}{rest}"));
    same_reads(&node, &counting, &alice, &paths, looks).await;
}

#[tokio::test]
async fn a_case_is_read_as_far_as_a_page_of_its_items_however_many_there_are() {
    let (node, counting) = counted().await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let (page, mut made) = (200, 0);
    let mut costs = Vec::new();
    for size in [page, page + 10] {
        for n in made..size {
            let number = TestNode::number(&node.deposit(&note(1_000 + n)).await);
            suit.import(&node, &suit.bringing, &number).await;
        }
        made = size;
        let (cost, bytes) = reads(&node, &counting, &suit.bringing, &suit.path("?limit=200")).await;
        let look: Value = serde_json::from_slice(&bytes).unwrap();
        let next = if size > page { json!(page.to_string()) } else { Value::Null };
        assert_eq!((look["items"].as_array().unwrap().len() as u64, &look["next_cursor"]), (page, &next));
        costs.push(cost);
    }
    assert_eq!(costs[0], costs[1]);
    let (cost, bytes) = reads(&node, &counting, &suit.bringing, &suit.path(&format!("?limit=200&cursor={page}"))).await;
    let look: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(look["items"].as_array().unwrap().len(), 10);
    assert!(cost.values().sum::<usize>() < costs[0].values().sum::<usize>() / 5, "{cost:?}");
}

#[tokio::test]
async fn an_account_and_its_log_cost_the_same_however_often_it_was_looked_at() {
    let (node, counting) = counted().await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let actor = node.filing.authenticate(&alice.token).unwrap();
    let looks = async |count: usize| {
        for _ in 0..count {
            node.filing.record_access(&actor, Capacity::Oneself, AccessTarget::Account(actor.id)).await.unwrap();
        }
    };
    let account = &alice.account;
    let paths = [format!("/v1/accounts/{account}"), format!("/v1/accounts/{account}/access-log?limit=5")];
    same_reads(&node, &counting, &alice, &paths, looks).await;
}

#[tokio::test]
async fn a_page_of_a_list_costs_the_same_however_long_the_list_is() {
    const LONG: usize = 150;
    let (node, counting) = counted().await;
    let people = People::of(&node).await;
    let (alice, bob) = (people.person("张三").await, people.person("李四").await);
    let mut costs: Vec<[Reads; 3]> = Vec::new();
    let mut made = 0;
    for size in [20, LONG] {
        for n in made..size {
            deposit_on_behalf(&people, &alice, format!("file {n}").as_bytes(), "合同").await;
            draft_case(&node, &bob, COURT, None).await;
        }
        made = size;
        let own = reads(&node, &counting, &alice, "/v1/entrusted-deposits?limit=5").await;
        let first = reads(&node, &counting, &bob, "/v1/cases?limit=5").await;
        let page: Value = serde_json::from_slice(&first.1).unwrap();
        assert_eq!(page["items"].as_array().unwrap().len(), 5);
        let second = format!("/v1/cases?limit=5&cursor={}", page["next_cursor"].as_str().unwrap());
        let second = reads(&node, &counting, &bob, &second).await;
        costs.push([own.0, first.0, second.0]);
    }
    assert_eq!(costs[0], costs[1]);

    // All pages together are the whole list, each case once.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = people.by(&bob).get(&format!("/v1/cases?limit=7{cursor}")).await.json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|case| case["case"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen.len(), LONG);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), LONG);
    assert!(seen.iter().all(|case| CaseId::parse(case).is_some()));
    for (bad, code) in [
        ("limit=0", "bad_query"),
        ("limit=201", "bad_query"),
        ("limit=-1", "bad_query"),
        ("after=1", "bad_query"),
        ("cursor=x", "bad_cursor"),
    ] {
        let answer = people.by(&bob).get(&format!("/v1/cases?{bad}")).await;
        assert_eq!(answer.problem(), (400, code.into()), "{bad}");
    }
}

#[tokio::test]
async fn a_refused_erasure_costs_the_same_however_many_acts_the_holding_case_has() {
    let (node, counting) = counted().await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let number = deposit_on_behalf(&people, &suit.bringing, b"contract", "合同").await;
    suit.import(&node, &suit.bringing, &number).await;
    suit.file(&node).await;
    suit.act(&node, &suit.clerk, json!({ "act": "hold", "deposit_number": number, "reason": "理由" })).await;
    let refused = async || {
        counting.take_reads();
        let asked = json!({ "deposit_number": number });
        let answer = node.session(&suit.bringing.token).post("/v1/erasures", &asked).await;
        assert_eq!(answer.problem(), (409, "held_by_a_case".into()));
        counting.take_reads()
    };
    let few = refused().await;
    for _ in 0..25 {
        for act in ["hold", "release"] {
            let act = json!({ "act": act, "account": suit.bringing.account, "reason": "理由" });
            suit.act(&node, &suit.clerk, act).await;
        }
    }
    assert_eq!(refused().await, few);
    assert!(few.values().sum::<usize>() > 0, "the count counts");
}
