//! A dishonest node: `lookup` and `verify` show only what receipts prove, in the program's own words.

use std::sync::Arc;

use serde_json::{Value, json};
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::text::LinkKind;
use tiezheng::store::memory::MemoryStore;

use crate::cli::workspace::{CommandRun, Workspace};
use crate::support::chain::{Draft, found, number, seal};
use crate::support::depositor::{ledger_key, origin};
use crate::support::operator::Operator;
use crate::support::proxy::Proxy;
use crate::support::test_node::{NodeConfig, TestNode};

const LIE: &str = "LIE 法院已核验属实";

/// Whether this is the path of a look-up, and of nothing below it.
fn is_look_up(path: &str) -> bool {
    path.strip_prefix("/v1/deposits/").is_some_and(|rest| !rest.contains('/'))
}

fn texts(ran: &CommandRun) -> String {
    format!("{}{}", ran.stdout, ran.stderr)
}

/// Looks up through a proxy that changes look-ups, for people in both languages and for machines.
fn look_up(
    workspace: &Workspace,
    number: &str,
    code: i32,
    change: impl Fn(&mut Value) + Send + Sync + 'static,
) -> [CommandRun; 3] {
    let proxy = Proxy::before(workspace.url(), move |path, _, json| {
        if is_look_up(path) {
            change(json);
        }
    });
    let line = ["lookup", number, "--server", &proxy.url];
    [workspace.say("zh", &line).ends(code), workspace.say("en", &line).ends(code), workspace.run(&line).ends(code)]
}

#[test]
fn texts_of_the_node_are_not_shown() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let first = workspace.deposit("a.txt", &[]).number();
    workspace.file("b.txt", "b");
    workspace.deposit("b.txt", &["--link", &format!("supplements={first}")]);
    let ran = look_up(&workspace, &first, 0, |json| {
        let lie = json!({ "zh": LIE, "en": LIE });
        json["status_text"] = lie.clone();
        json["notice"] = lie.clone();
        json["later_links"]["items"][0]["label"] = lie.clone();
        json["signed_by"]["zh"] = LIE.into();
        json["signed_by"]["en"] = LIE.into();
        json["added"] = LIE.into();
    });
    for ran in &ran {
        assert!(!texts(ran).contains("LIE"), "{ran:#?}");
    }
    assert!(ran[0].stdout.contains("已上链") && ran[0].stdout.contains("未核验原文"), "{:#?}", ran[0]);
    assert_eq!(ran[2].document()["status_text"]["zh"], "已上链");
    assert_eq!(ran[2].document()["checked"]["agrees_with_receipt"], true);
}

#[test]
fn facts_that_differ_from_the_receipt_are_named_and_not_shown() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let number = workspace.deposit("a.txt", &[]).number();
    let link = json!({ "kind": "corrects", "label": { "zh": "更正", "en": "corrects" }, "deposit_number": "20991231-0K7M-X9QT-3D5W-C3" });
    let lies: [(&str, Value); 7] = [
        ("size", json!(4_711_471_147_u64)),
        ("media_type", json!("application/x-lie")),
        ("links", json!([link])),
        ("on_behalf", json!("ab".repeat(32))),
        ("test", json!(false)),
        ("index", json!(4_711_471_147_u64)),
        ("status", json!("verified-by-the-court")),
    ];
    for (field, lie) in lies {
        let told = lie.clone();
        let ran = look_up(&workspace, &number, 1, move |json| json[field] = told.clone());
        let lie = lie.to_string();
        for ran in &ran[..2] {
            assert!(!texts(ran).contains(lie.trim_matches('"')), "{field}: {ran:#?}");
            assert!(!texts(ran).contains("20991231"), "{field}: {ran:#?}");
            assert!(ran.stderr.contains(field), "{field}: {ran:#?}");
        }
        let document = ran[2].document();
        assert_eq!(document["checked"]["agrees_with_receipt"], false);
        assert_eq!(document["checked"]["differing_fields"], json!([field]));
        assert_ne!(document[field], lie);
    }
    let ran = look_up(&workspace, &number, 1, |json| json["tx_id"] = "00".repeat(32).into());
    assert_eq!(ran[2].document()["checked"]["differing_fields"], json!(["facts"]));
}

#[test]
fn what_the_node_claims_of_other_deposits_is_checked_or_labelled() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let number = workspace.deposit("a.txt", &[]).number();
    workspace.file("b.txt", "b");
    let other = workspace.deposit("b.txt", &[]).number();
    let absent = "20261122-0K7M-X9QT-3D5W-C3";
    let claims = |kind: &str, number: &str| {
        json!({ "items": [{ "kind": kind, "label": { "zh": "撤回", "en": "withdraws" }, "deposit_number": number, "status": "verified" }],
                "total": 1, "total_is_exact": true, "next_cursor": null })
    };
    for (claimed, fault) in [(other.as_str(), "not_stated"), (absent, "not_found"), (number.as_str(), "wrong_order")] {
        for kind in ["withdraws", "replaces"] {
            let claim = claims(kind, claimed);
            let ran = look_up(&workspace, &number, 0, move |json| json["later_links"] = claim.clone());
            let item = ran[2].document()["later_links"]["items"][0].clone();
            assert_eq!((&item["status"], &item["fault"]), (&json!("invalid"), &json!(fault)));
            assert!(ran[0].stdout.contains("不成立") && ran[1].stdout.contains("invalid"), "{ran:#?}");
            assert!(!ran[0].stdout.contains("存证已被撤回") && !ran[0].stdout.contains("存证已被更正"), "{ran:#?}");
        }
        let earlier = json!({ "items": [{ "deposit_number": claimed, "status": "verified" }], "total": 1,
                              "total_is_exact": true, "next_cursor": null });
        let fault = if claimed == other { "wrong_order" } else { fault };
        let ran = look_up(&workspace, &number, 0, move |json| json["earlier_deposits"] = earlier.clone());
        let item = ran[2].document()["earlier_deposits"]["items"][0].clone();
        assert_eq!((&item["status"], &item["fault"]), (&json!("invalid"), &json!(fault)));
    }
    // A list that is said to be longer, or that goes on, is not complete, whatever else is said of it.
    let more = |total: u64, cursor: Value| {
        move |json: &mut Value| {
            json["later_links"]["total"] = total.into();
            json["later_links"]["next_cursor"] = cursor.clone();
        }
    };
    for ran in
        [look_up(&workspace, &number, 0, more(7, Value::Null)), look_up(&workspace, &number, 0, more(0, json!("x")))]
    {
        assert!(ran[0].stdout.contains("清单不完整") && ran[1].stdout.contains("incomplete list"), "{ran:#?}");
    }
    // What is no number, and a kind in the wrong list, make the answer malformed.
    for claim in [claims("withdraws", "not a number"), claims("refers", &other), claims("deletes", &other)] {
        let ran = look_up(&workspace, &number, 2, move |json| json["later_links"] = claim.clone());
        assert_eq!(ran[2].error(), "malformed_answer");
    }
}

#[test]
fn claims_beyond_the_bound_or_without_an_answer_stay_claims() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let number = workspace.deposit("a.txt", &[]).number();
    let mine = number.clone();
    let items: Vec<Value> = (0..100)
        .map(|_| json!({ "kind": "withdraws", "label": { "zh": "", "en": "" }, "deposit_number": mine, "status": "verified" }))
        .collect();
    let (asked, count) = (Arc::new(std::sync::atomic::AtomicUsize::new(0)), items.len());
    let counting = Arc::clone(&asked);
    let proxy = Proxy::before(workspace.url(), move |path, _, json| {
        if is_look_up(path) {
            json["later_links"] =
                json!({ "items": items, "total": count, "total_is_exact": true, "next_cursor": null });
        } else if path.ends_with("/receipt") {
            counting.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    });
    let document = workspace.run(&["lookup", &number, "--server", &proxy.url]).ends(0).document();
    let items = document["later_links"]["items"].as_array().unwrap();
    let unverified = items.iter().filter(|item| item["status"] == "unverified").count();
    assert_eq!((items.len(), unverified), (100, 36), "64 receipts are fetched");
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 65, "and the deposit's own");
    drop(proxy);

    let other = workspace.file("b.txt", "b");
    let other = workspace.run(&["deposit".as_ref(), other.as_os_str()]).ends(0).number();
    let claimed = other.clone();
    let proxy = Proxy::before(workspace.url(), move |path, status, json| {
        if is_look_up(path) && !path.contains(&claimed) {
            json["later_links"]["items"] = json!([{ "kind": "withdraws", "label": { "zh": "", "en": "" },
                                                    "deposit_number": claimed, "status": "verified" }]);
            json["later_links"]["total"] = 1.into();
        } else if path.contains(&claimed) {
            *status = 500;
            *json = json!({ "type": "x", "title": "x", "title_zh": "x", "status": 500, "code": "x", "detail": "x" });
        }
    });
    let said = workspace.say("zh", &["lookup", &number, "--server", &proxy.url]).ends(0).stdout;
    assert!(said.contains("节点自述，未核验") && !said.contains("存证已被撤回"), "{said}");
    let report = workspace.run(&["verify", "a.txt", "--number", &number, "--server", &proxy.url]).ends(0).document();
    let later = report["steps"].as_array().unwrap().iter().find(|step| step["code"] == "later_links").unwrap();
    assert_ne!(later["outcome"]["code"], "passed", "{later}");
    assert!(!report["reservations"].to_string().contains("withdrawn"));
}

#[test]
fn a_search_that_names_another_deposit_is_not_believed() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let other = workspace.deposit("a.txt", &[]).number();
    workspace.file("mine", "never deposited");
    let proxy = Proxy::before(workspace.url(), move |path, _, json| {
        if path.starts_with("/v1/search") {
            json["items"] = json!([{ "kind": "deposit", "deposit_number": other, "index": 2, "href": "x" }]);
            json["total"] = 1.into();
        }
    });
    let ran = workspace.run(&["verify", "mine", "--server", &proxy.url]).ends(2);
    assert_eq!(ran.error(), "unsound_search", "the file is not accused of differing from a stranger's deposit");
}

/// A ledger whose operator put a `withdraws` on the chain that no owner made, and serves it as verified.
async fn forged(links: impl FnOnce(Draft) -> Draft) -> (TestNode, Proxy) {
    let honest = MemoryStore::new(origin());
    found(&honest);
    seal(&honest, vec![Draft::of(b"a").on_behalf(5).waiting(1)]);
    // Signed by a stranger; what the append would refuse, the operator writes past it.
    let harmless = links(Draft::nth(2)).waiting(2);
    let tip = tiezheng::store::contract::AppendLedger::tip(&honest).unwrap();
    let block = crate::support::chain::block_on(&tip, vec![harmless]);
    let mut operator = Operator::of(&honest);
    operator.leaves.extend(block.leaves.iter().map(|leaf| leaf.bytes.clone()));
    operator.leaves.push(block.header_bytes.clone());
    operator.sign(&ledger_key());
    let node =
        TestNode::over(Arc::new(honest), NodeConfig { reader: Some(Arc::new(operator)), ..NodeConfig::default() })
            .await;
    let proxy = Proxy::before(&node.url(""), |path, _, json| {
        if is_look_up(path) {
            for item in json["later_links"]["items"].as_array_mut().unwrap() {
                item["status"] = "verified".into();
                item.as_object_mut().unwrap().remove("fault");
            }
        }
    });
    (node, proxy)
}

/// Makes a forged deposit out of an honest one.
type Forge = Box<dyn FnOnce(Draft) -> Draft>;

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_that_no_owner_made_is_an_invalid_link_and_no_withdrawal() {
    let to = number(1);
    let cases: [(&str, Forge); 3] = [
        ("a stranger's key", Box::new(move |draft| draft.by(9).on_behalf(5).link(LinkKind::Withdraws, to))),
        ("another account", Box::new(move |draft| draft.on_behalf(6).link(LinkKind::Withdraws, to))),
        ("no account", Box::new(move |draft| draft.link(LinkKind::Withdraws, to))),
    ];
    for (what, links) in cases {
        let (node, proxy) = forged(links).await;
        let workspace = Workspace::alone();
        let key = ledger_key().verifier().to_string();
        workspace.run(&["trust", "add", &key]).ends(0);
        let number = DepositNumber::to_string(&to);
        let line = ["lookup", &number, "--server", &proxy.url];
        let document = workspace.run(&line).ends(0).document();
        let item = &document["later_links"]["items"][0];
        assert_eq!((&item["status"], &item["fault"]), (&json!("invalid"), &json!("not_owner")), "{what}");
        let said = workspace.say("zh", &line).ends(0).stdout;
        assert!(said.contains("不成立") && !said.contains("存证已被撤回"), "{what}: {said}");
        workspace.file("a", "a");
        let verified = workspace.run(&["verify", "a", "--number", &number, "--server", &proxy.url]);
        let document = verified.document();
        assert!(!document["reservations"].to_string().contains("withdrawn"), "{what}: {document}");
        let later = document["steps"].as_array().unwrap().iter().find(|step| step["code"] == "later_links").unwrap();
        assert_ne!(later["outcome"]["code"], "passed", "{what}: {document}");
        // The node's own report knows it as well.
        let answer = node.get(&format!("/v1/deposits/{number}")).await.json();
        assert_eq!(answer["later_links"]["items"][0]["fault"], "not_owner", "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_of_the_owner_on_the_same_ledger_is_one() {
    let to = number(1);
    let (_node, proxy) = forged(move |draft| draft.by(9).and_by(1).on_behalf(5).link(LinkKind::Withdraws, to)).await;
    let workspace = Workspace::alone();
    workspace.run(&["trust", "add", &ledger_key().verifier().to_string()]).ends(0);
    let said = workspace.say("zh", &["lookup", &to.to_string(), "--server", &proxy.url]).ends(0).stdout;
    assert!(said.contains("存证已被撤回"), "{said}");
}

#[test]
fn a_withdrawn_withdrawal_is_believed_only_where_its_records_show_it() {
    let workspace = Workspace::new();
    for name in ["a", "b", "c"] {
        workspace.file(name, name);
    }
    let first = workspace.deposit("a", &[]).number();
    let withdrawal = workspace.deposit("b", &["--link", &format!("withdraws={first}")]).number();
    let standing = |url: &str| {
        let document = workspace.run(&["lookup", &first, "--server", url]).ends(0).document();
        let said = workspace.say("zh", &["lookup", &first, "--server", url]).ends(0).stdout;
        let item = document["later_links"]["items"][0].clone();
        assert_eq!(item["deposit_number"], withdrawal);
        (item["standing"].as_str().unwrap().to_owned(), said)
    };
    // The node claims that the withdrawal was withdrawn: by a deposit that says no such thing.
    let (of, by) = (first.clone(), first.clone());
    let lying = Proxy::before(workspace.url(), move |path, _, json| {
        if is_look_up(path) && !path.ends_with(&of) {
            json["later_links"]["items"] = json!([{ "kind": "withdraws", "label": { "zh": "", "en": "" },
                "deposit_number": by, "status": "verified", "standing": "in_force" }]);
            json["later_links"]["total"] = 1.into();
        } else if is_look_up(path) {
            json["later_links"]["items"][0]["standing"] = "withdrawn".into();
            json["later_links"]["items"][0]["withdrawn_by"] = by.clone().into();
        }
    });
    let (code, said) = standing(&lying.url);
    assert_eq!(code, "in_force");
    assert!(said.contains("存证已被撤回"), "{said}");
    drop(lying);

    let undone = workspace.deposit("c", &["--link", &format!("withdraws={withdrawal}")]).number();
    let (code, said) = standing(workspace.url());
    assert_eq!(code, "withdrawn");
    assert!(said.contains(&format!("已由 {undone} 撤回")) && !said.contains("存证已被撤回"), "{said}");
    let report = workspace.run(&["verify", "a", "--number", &first, "--server", workspace.url()]).document();
    assert!(!report["reservations"].to_string().contains("withdrawn"), "{report}");
    // Where the second level cannot be read, the withdrawal counts, and it is said that this was not checked.
    let of = withdrawal.clone();
    let silent = Proxy::before(workspace.url(), move |path, status, _| {
        if is_look_up(path) && path.ends_with(&of) {
            *status = 503;
        }
    });
    let (code, said) = standing(&silent.url);
    assert_eq!(code, "unchecked");
    assert!(said.contains("存证已被撤回") && said.contains("其后是否被撤回未核对"), "{said}");
}
