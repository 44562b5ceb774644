//! Control characters in names and other texts are rejected by one rule on every route.

use serde_json::{Value, json};
use tiezheng::ledger::metadata::PrivateMetadata;

use crate::support::accounts::{COURT, People};
use crate::support::depositor::statement_with;
use crate::support::test_node::{NodeConfig, TestNode};

const BAD: [&str; 8] = ["\0", "\u{7}", "\u{1b}[2J", "\n", "\r", "\u{7f}", "\u{9b}", "\u{2028}"];

/// A deposit whose private metadata bears this name.
fn deposit(name: &str) -> Value {
    let metadata = json!({ "name": name });
    let held = PrivateMetadata { salt: [7; 32], json: serde_json_canonicalizer::to_string(&metadata).unwrap() };
    let statement = statement_with(1, 1, |statement| statement.meta = Some(held.commitment()));
    json!({
        "statement": statement.note().to_string(),
        "private": { "salt": hex::encode(held.salt), "metadata": metadata },
    })
}

#[tokio::test]
async fn names_with_control_characters_are_rejected_by_every_route() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let alice = people.person("张三").await;
    let rejected = (400, "control_character".to_owned());
    for bad in BAD {
        let name = format!("合{bad}同");
        let answer = node.post("/v1/deposits", "application/json", deposit(&name).to_string()).await;
        assert_eq!(answer.problem(), rejected, "{bad:?}");
        let answer = node.post("/v1/deposits/batch", "application/x-ndjson", deposit(&name).to_string()).await;
        assert!(answer.text().contains("\"control_character\""), "{bad:?}: {}", answer.text());
        let entrusted = json!({ "sha_256": "1".repeat(64), "size": 1, "name": name });
        let answer = people.by(&alice).post("/v1/entrusted-deposits", &entrusted).await;
        assert_eq!(answer.problem(), rejected, "{bad:?}");
        for (field, name, title) in [("name", name.as_str(), "案由"), ("title", "张三", name.as_str())] {
            let draft = json!({
                "court": COURT, "kind": "civil-first", "procedure": "ordinary", "role": "plaintiff",
                "subject": "natural-person", "filer": "principal", "name": name, "title": title,
            });
            let answer = people.by(&alice).post("/v1/cases", &draft).await;
            assert_eq!(answer.problem(), rejected, "{field} {bad:?}");
        }
        let account = json!({ "subject": "natural-person", "name": name });
        assert_eq!(people.by_operator().post("/v1/accounts", &account).await.problem(), rejected, "{bad:?}");
    }
    // Shown escaped, and kept: they are part of what was signed.
    let kept = node.post("/v1/deposits", "application/json", deposit("合\u{202e}同\u{200b}").to_string()).await;
    assert_eq!(kept.status, 201, "{}", kept.text());
}
