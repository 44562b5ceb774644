//! Deposits on the pages: by the platform for a session, the list of the own ones, and the Merkle paths of a record.

use serde_json::{Value, json};
use tiezheng::court::ids::RequestId;
use tiezheng::filing::actor::RequestContext;
use tiezheng::filing::deposit_policy::DepositPolicy;
use tiezheng::filing::deposits::OnBehalfCommand;
use tiezheng::filing::own_deposits::SCAN_MAX;
use tiezheng::filing::sessions::SessionId;
use tiezheng::filing::sign_in::SessionRules;
use tiezheng::ledger::hash::sha256;
use tiezheng::ledger::verify::report::Conclusion;
use tiezheng::ledger::verify::trust::Trust;
use tiezheng::ledger::verify::verifier::{Question, verify};
use tiezheng::wire::{json as strict, receipt};

use crate::support::browser::{Browser, location};
use crate::support::depositor::{content, ledger_key, note};
use crate::support::test_node::{Answer, NodeConfig, TestNode};

/// A request for a deposit of `original` under this name.
fn request(original: &str, name: &str) -> Value {
    let content = content(original.as_bytes());
    json!({
        "sha_256": content.sha256.unwrap().to_string(),
        "sm3": content.sm3.unwrap().to_string(),
        "size": original.len(),
        "name": name,
    })
}

/// The number of a deposit that the platform makes for the browser's session.
async fn deposit(browser: &mut Browser<'_>, original: &str, name: &str) -> String {
    let key = hex::encode(format!("{original:?}"));
    let key = &key[key.len().saturating_sub(128)..];
    let made = browser.post_json("/deposit/on-behalf", key, &request(original, name)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["deposit_number"].as_str().unwrap().to_owned()
}

async fn size(node: &TestNode) -> u64 {
    node.get("/v1/ledger").await.json()["size"].as_u64().unwrap()
}

#[tokio::test]
async fn the_pages_are_for_holders_of_a_session_and_complete_in_both_languages() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let mut visitor = Browser::new(&node);
    assert!(!visitor.get("/").await.text().contains("href=\"/deposit\""));
    for (path, login) in [
        ("/deposit", "/login?next=%2Fdeposit"),
        ("/deposits", "/login?next=%2Fdeposits"),
        ("/deposits.csv", "/login?next=%2Fdeposits.csv"),
    ] {
        assert_eq!(location(&visitor.get(path).await), login);
    }
    let mut owner = Browser::new(&node);
    owner.register("owner").await;
    assert!(owner.get("/").await.text().contains("<a href=\"/deposit\">存证</a>"));
    deposit(&mut owner, "one", "First").await;
    let record = format!("/d/{number}/path");
    let pages =
        [("/deposit", 200), ("/deposits", 200), ("/deposits?q=x&from=2026-11-22", 200), ("/deposits?from=x", 422)];
    for (path, status) in pages.into_iter().chain([(record.as_str(), 200)]) {
        for (word, tag) in [("zh", "zh-CN"), ("en", "en")] {
            let separator = if path.contains('?') { '&' } else { '?' };
            let page = owner.get(&format!("{path}{separator}lang={word}")).await;
            let text = page.text();
            assert_eq!(page.status, status, "{path}");
            assert!(text.contains(&format!("<html lang=\"{tag}\"")) && text.contains("<h1"), "{path}");
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
            assert!(!text.contains("style=\"") && !text.contains("onclick") && !text.contains("<script>"), "{path}");
            if word == "en" {
                let body = text.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
                let han: String = body.chars().filter(|c| ('\u{4e00}'..'\u{9fff}').contains(c)).collect();
                assert!(han.is_empty(), "{path}: not translated: {han}");
            }
        }
    }
    let page = owner.get("/deposit?lang=zh").await;
    for heading in ["具体来源", "生成机制", "存储过程", "公证机构公证", "第三方见证", "关联印证数据"]
    {
        assert!(page.text().contains(heading), "{heading}");
    }
}

#[tokio::test]
async fn the_platform_signs_for_a_session_and_errors_are_json() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut owner = Browser::new(&node);
    owner.register("owner").await;
    let account = owner.account().await;
    let mut asked = request("contract", "合同");
    asked["provenance"] = json!({ "source": "本人手机" });
    let made = owner.post_json("/deposit/on-behalf", "one", &asked).await;
    assert_eq!((made.status, made.header("content-type")), (201, "application/json"), "{}", made.text());
    let answer = made.json();
    let number = answer["deposit_number"].as_str().unwrap();
    let read = receipt::parse(strict::pretty(&answer["receipt"]).as_bytes()).unwrap();
    let trust = Trust::new(vec![ledger_key().verifier().clone()]);
    assert_eq!(verify(&Question::about(&read, &trust)).conclusion, Conclusion::RecordOnly);
    assert!(read.entry.contains(&format!("\non-behalf {account}\n")), "{}", read.entry);
    assert!(owner.get(&format!("/d/{number}")).await.text().contains("平台代为签名"));

    let again = owner.post_json("/deposit/on-behalf", "one", &asked).await;
    assert_eq!((again.status, &again.json()["deposit_number"]), (200, &answer["deposit_number"]));
    let code = |answer: &Answer| {
        assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text());
        answer.json()["code"].as_str().unwrap().to_owned()
    };
    let other = owner.post_json("/deposit/on-behalf", "one", &request("contract", "协议")).await;
    assert_eq!((other.status, code(&other)), (409, "request_reused".into()));
    for (body, expected) in [
        (json!({ "name": "x" }), "bad_value"),
        (request("x", ""), "metadata_without_name"),
        (request("x", "a\nb"), "control_character"),
        (json!({ "name": "x", "surprise": 1 }), "unexpected_json"),
    ] {
        let refused = owner.post_json("/deposit/on-behalf", "two", &body).await;
        assert_eq!(code(&refused), expected, "{body}");
        assert!(refused.json()["detail_zh"].is_string());
    }
    // A session is needed, and a page of this node; the API takes no cookie.
    let before = size(&node).await;
    let visitor = Browser::new(&node).post_json("/deposit/on-behalf", "one", &asked).await;
    assert!(location(&visitor).starts_with("/login"));
    let foreign = owner.post_from("/deposit/on-behalf", &[("name", "x")], Some("https://evil.example")).await;
    assert_eq!(foreign.status, 403);
    let by_cookie = owner.post_json("/v1/entrusted-deposits", "one", &asked).await;
    assert_eq!(by_cookie.problem().1, "unauthenticated");
    assert_eq!(size(&node).await, before);
}

#[tokio::test]
async fn an_account_without_the_right_is_told_so() {
    for deposits in [DepositPolicy::Enrolled, DepositPolicy::Accounts] {
        let node = TestNode::in_memory(NodeConfig { deposits, ..NodeConfig::default() }).await;
        let mut owner = Browser::new(&node);
        owner.register("owner").await;
        let page = owner.get("/deposit").await;
        assert!(page.text().contains("本账号尚不能存证") && !page.text().contains("deposit-form"), "{deposits:?}");
        let refused = owner.post_json("/deposit/on-behalf", "one", &request("contract", "合同")).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("scope_needed")));
    }
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut owner = Browser::new(&node);
    owner.register("owner").await;
    assert!(owner.get("/deposit").await.text().contains("data-policy=\"open\""));
}

#[tokio::test]
async fn own_deposits_are_listed_and_found_and_an_access_is_recorded() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let (mut owner, mut other) = (Browser::new(&node), Browser::new(&node));
    owner.register("owner").await;
    other.register("other").await;
    assert!(owner.get("/deposits").await.text().contains("尚无存证"));
    let first = deposit(&mut owner, "one", "借款合同.pdf").await;
    let second = deposit(&mut owner, "two", "Photo.JPG").await;
    let foreign = deposit(&mut other, "three", "借款合同.pdf").await;
    let before = size(&node).await;
    let all = owner.get("/deposits").await;
    assert!(size(&node).await > before, "the access is recorded");
    let place = |number: &str| all.text().find(number);
    assert!(place(&second) < place(&first) && place(&second).is_some(), "the latest first");
    assert!(!all.text().contains(&foreign), "another account's");

    let day = format!("{}-{}-{}", &first[1..5], &first[5..7], &first[7..9]);
    let lower = first.to_lowercase().replace('-', " ");
    for (query, expected) in [
        ("q=%E5%90%88%E5%90%8C", vec![&first]),
        ("q=photo", vec![&second]),
        (&format!("q={}", lower.replace(' ', "+")), vec![&first]),
        (&format!("from={day}&until={day}"), vec![&first, &second]),
        (&format!("q=photo&from={day}"), vec![&second]),
        ("until=2020-01-01", vec![]),
        ("from=2099-01-01", vec![]),
        ("q=nothing", vec![]),
    ] {
        let page = owner.get(&format!("/deposits?{query}")).await;
        for number in [&first, &second] {
            assert_eq!(
                page.text().contains(&format!("href=\"/d/{number}\"")),
                expected.contains(&number),
                "{query} {number}"
            );
        }
        assert_eq!(page.text().contains("没有符合条件的存证"), expected.is_empty(), "{query}");
    }
    for bad in ["from=2026-02-30", "until=tomorrow"] {
        for list in ["/deposits", "/deposits.csv"] {
            let page = owner.get(&format!("{list}?{bad}")).await;
            assert!(page.status == 422 && page.text().contains("error-summary"), "{list} {bad}");
        }
    }
    assert_eq!(owner.get("/deposits?cursor=x").await.status, 400);
}

#[tokio::test]
async fn names_become_no_markup_and_no_formula() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut owner = Browser::new(&node);
    owner.register("owner").await;
    let names = [
        "<script>alert(1)</script>.pdf",
        "\"><img src=x onerror=alert(1)>",
        "=HYPERLINK(\"http://evil.example\",\"a\")",
        "+1",
        "-2+3",
        "@SUM(A1)",
        "＝1",
        "invoice\u{202e}fdp.exe\u{200b}",
        "a,b;\"c\"",
        "𪚥㐀{{7*7}}",
    ];
    for name in names {
        deposit(&mut owner, name, name).await;
    }
    let page = owner.get("/deposits").await;
    for raw in ["<script>alert", "<img src=x", "\u{202e}", "\u{200b}", ">49<"] {
        assert!(!page.text().contains(raw), "{raw} is on the page as it is");
    }
    assert!(page.text().contains("invoice〔U+202E〕fdp.exe〔U+200B〕") && page.text().contains("𪚥㐀{{7*7}}"));
    let csv = owner.get("/deposits.csv").await;
    assert_eq!((csv.header("content-type"), csv.header("cache-control")), ("text/csv; charset=utf-8", "no-store"));
    assert!(csv.header("content-disposition").starts_with("attachment;"));
    let text = csv.text();
    assert!(text.starts_with("\u{feff}\"存证编号\",\"证据名称\""), "{text}");
    assert_eq!(text.lines().count(), names.len() + 1);
    for cell in text.split("\r\n").flat_map(|row| row.split("\",\"")) {
        let first = cell.trim_start_matches('"').chars().next().unwrap_or(' ');
        assert!(!"=+-@＝".contains(first), "{cell} would be evaluated");
    }
    assert!(
        text.contains("\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"a\"\")\"") && text.contains("\"a,b;\"\"c\"\"\"")
    );
    assert_eq!(owner.get("/deposits.csv?q=SUM").await.text().lines().count(), 2);
}

#[tokio::test]
async fn a_table_has_all_deposits_however_many_searches_find_them() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut owner = Browser::new(&node);
    owner.register("owner").await;
    let first = deposit(&mut owner, "first", "First").await;
    let id = SessionId::parse(&owner.session().unwrap()).unwrap();
    let rules = SessionRules { second_factor_for_staff: false, unverified_may_deposit: true };
    let who = node.filing.session_actor(&id, rules).unwrap();
    let on_behalf = async |n: usize| {
        let request = RequestId(sha256(format!("request {n}").as_bytes()));
        let context = RequestContext { request, body: request.0, capacity: None };
        let command = OnBehalfCommand {
            content: content(format!("original {n}").as_bytes()),
            media_type: None,
            links: Vec::new(),
            metadata: json!({ "name": format!("Name {n}") }).as_object().unwrap().clone(),
            texts: Vec::new(),
        };
        node.filing.deposit_on_behalf(&who.actor, &context, &command).await.unwrap();
    };
    let all: Vec<usize> = (0..SCAN_MAX).collect();
    for some in all.chunks(500) {
        futures_util::future::join_all(some.iter().map(|n| on_behalf(*n))).await;
    }
    for query in ["", "?q=name", "?q=first"] {
        let csv = owner.get(&format!("/deposits.csv{query}")).await;
        let rows = csv.text().lines().count() - 1;
        let expected = [("", SCAN_MAX + 1), ("?q=name", SCAN_MAX), ("?q=first", 1)];
        assert!(expected.contains(&(query, rows)), "{query}: {rows}");
    }
    assert!(owner.get("/deposits.csv").await.text().contains(&first));
}

#[tokio::test]
async fn the_paths_of_a_record_lead_to_the_roots() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut numbers = Vec::new();
    for n in 1..=5 {
        numbers.push(TestNode::number(&node.deposit(&note(n)).await));
    }
    let mut browser = Browser::new(&node);
    let page = browser.get(&format!("/d/{}/path", numbers[2])).await;
    let plain = page.text().replace("</span><wbr><span>", "");
    let receipt = node.get(&format!("/v1/deposits/{}/receipt", numbers[2])).await.json();
    let mut steps = 0;
    for field in ["entry_path", "header_path", "previous_path"] {
        for hash in receipt[field].as_array().unwrap() {
            assert!(plain.contains(&format!("<span>{}</span>", hash.as_str().unwrap())), "{field}: {hash}");
            steps += 1;
        }
    }
    assert!(steps > 4);
    assert_eq!(plain.matches("<tbody>\n<tr>").count(), 2, "the block has one record, so its path has no steps");
    assert_eq!(plain.matches("路径的终点与所载的根相同").count(), 3);
    assert_eq!(plain.matches("<td class=\"numeric\">").count(), steps);
    let header = receipt["header"].as_str().unwrap();
    let root = header.lines().find_map(|line| line.strip_prefix("root ")).unwrap();
    assert!(plain.contains(root));
    let lower = browser.get(&format!("/d/{}/path", numbers[2].to_lowercase())).await;
    assert_eq!(location(&lower), format!("/d/{}/path", numbers[2]));
    assert_eq!(browser.get("/d/T20261122-0K7M-X9QT-3D5W-MP/path").await.status, 404);
    assert!(browser.get(&format!("/d/{}", numbers[2])).await.text().contains(&format!("/d/{}/path", numbers[2])));
}

#[tokio::test]
async fn page_and_api_understand_the_same_queries() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    let tx_id = node.get(&format!("/v1/deposits/{number}")).await.json()["tx_id"].as_str().unwrap().to_owned();
    let mut browser = Browser::new(&node);
    for typed in [
        format!("存证编号：{number}。"),
        format!("【存证编号】{number}，"),
        format!("交易id {tx_id}"),
        format!("{tx_id}（交易id）"),
    ] {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", &typed).finish();
        assert_eq!(location(&browser.get(&format!("/search?{query}")).await), format!("/d/{number}"), "{typed}");
        let found = node.get(&format!("/v1/search?{query}")).await.json();
        assert_eq!(found["items"][0]["deposit_number"], number.as_str(), "{typed}");
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", &tx_id[1..]).finish();
    let page = browser.get(&format!("/search?{query}")).await;
    assert!(page.status == 422 && page.text().contains("此处为 63 位"), "{}", page.text());
    assert_eq!(node.get(&format!("/v1/search?{query}")).await.problem(), (400, "unrecognised_query".into()));
}
