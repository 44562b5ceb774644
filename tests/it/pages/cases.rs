//! The case pages clicked through: a suit from its opening to judgment and appeal, by forms alone; what pages of a case show.

use tiezheng::ledger::hash::sha256;
use tiezheng::ledger::statement::text::ManifestRoot;
use tiezheng::wire::facts::beijing_time;

use crate::pages::court_desk::{Desk, Worker, hidden, option};
use crate::support::accounts::{COURT, People};
use crate::support::browser::location;
use crate::support::depositor::{content, statement_with};
use crate::support::test_node::{NodeConfig, TestNode};

/// The seven facts in the manual's words and order.
const FACTS: [&str; 7] =
    ["交易id", "区块哈希", "区块高度", "前一区块哈希", "数据的哈希值", "交易提交时间", "区块生成时间"];

fn assert_in_order(text: &str, labels: &[&str]) {
    let mut at = 0;
    for label in labels {
        let found = text[at..].find(&format!("<dt>{label}</dt>"));
        at += found.unwrap_or_else(|| panic!("{label} is missing, or out of order"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suit_is_brought_heard_judged_and_appealed_by_forms_alone() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    assert!(desk.plaintiff.page("/cases").await.contains("您还没有案件"));
    let notices = desk.plaintiff.page("/cases/new").await;
    for text in ["我要起诉", "《民事诉讼须知》", "《诉讼风险告知书》", "《廉政监督卡》", "我已阅读以上内容", "确认起诉"]
    {
        assert!(notices.contains(text), "{text}");
    }
    assert!(!notices.contains("checked"), "nothing is ticked for the plaintiff");
    assert_eq!(desk.plaintiff.browser.post("/cases/new", &[]).await.status, 422, "the notices were not confirmed");

    let case = desk.open("张三", "网络购物合同纠纷").await;
    let draft = desk.plaintiff.page(&format!("{case}?done=open")).await;
    assert!(draft.contains("立案草稿已创建") && draft.contains("网络购物合同纠纷") && draft.contains("待提交"));
    assert!(draft.contains("导入存证平台证据") && draft.contains("预览并提交起诉状"));
    let service = desk.plaintiff.page(&format!("{case}/service")).await;
    assert!(service.contains("电子送达判决书、裁定书、调解书：同意"), "the consent is on record: {service}");

    // A submission without a defendant is refused, with the stage and what is possible.
    let early = desk.plaintiff.send(&format!("{case}/act/submit"), &[("sure", "yes")]).await;
    assert!(early.status >= 400 && early.text().contains("未能办理"), "{}", early.text());
    assert!(early.text().contains("案件目前阶段：待提交") && early.text().contains("/act/add-party\""));

    // 查询 shows the seven facts and records nothing; 导入 imports.
    let number = desk.deposit().await;
    let path = format!("{case}/act/import");
    let looked = desk
        .plaintiff
        .send(&path, &[("deposit_number", &number.to_lowercase()), ("name", "聊天记录"), ("do", "look-up")])
        .await;
    assert_eq!(looked.status, 200, "{}", looked.text());
    assert_in_order(looked.text(), &FACTS);
    assert!(looked.text().contains("value=\"聊天记录\""), "what was filled in stays");
    assert!(desk.plaintiff.page(&case).await.contains("尚无证据"));
    desk.complete(&case, "李四", "合同").await;
    let evidence = desk.plaintiff.page(&format!("{case}/evidence")).await;
    assert_in_order(&evidence, &FACTS);
    assert!(evidence.contains("仅查询，未核验原文") && evidence.contains("【0人已回复】"));

    let preview = desk.plaintiff.page(&format!("{case}/act/submit")).await;
    for text in ["预览", "李四", "Refund of the price", "以上信息确认无误", "提交起诉状", "返回修改"]
    {
        assert!(preview.contains(text), "{text}");
    }
    assert_eq!(desk.plaintiff.send(&format!("{case}/act/submit"), &[]).await.status, 422, "not confirmed");
    let outside = desk.defendant.browser.get(&case).await;
    assert_eq!(outside.status, 404, "not associated yet");
    desk.file(&case).await;

    let listed = desk.defendant.page("/cases").await;
    assert!(
        listed.contains("网络购物合同纠纷") && listed.contains("（2026）粤0192民初113号") && listed.contains("审理中")
    );
    hearing_and_judgment(&mut desk, &case).await;
    appeal(&mut desk, &case).await;
}

async fn hearing_and_judgment(desk: &mut Desk<'_>, case: &str) {
    // 质证: 三性, 证明力.
    let form = desk.defendant.page(&format!("{case}/act/reply?item=1")).await;
    assert!(form.contains("真实性") && form.contains("合法性") && form.contains("关联性") && form.contains("证明力"));
    let reply = [
        ("item", "1"),
        ("authenticity", "admitted"),
        ("legality", "admitted"),
        ("relevance", "disputed"),
        ("probative_value", "不能证明价款已经支付"),
        ("grounds", "before-the-chain"),
        ("reason", "上链前的形成过程不明"),
    ];
    let answer = desk.defendant.send(&format!("{case}/act/reply?item=1"), &reply).await;
    assert_eq!(location(&answer), format!("{case}/evidence?done=reply"));
    let seen = desk.plaintiff.page(&format!("{case}/evidence")).await;
    assert!(seen.contains("【1人已回复】") && seen.contains("不能证明价款已经支付"), "{seen}");
    assert!(!seen.contains("/act/reply?item=1"), "a party does not answer itself");

    desk.judge.act(case, "begin-hearing", &[]).await;
    let hearing = desk.judge.page(&format!("{case}/hearing")).await;
    assert!(hearing.contains("1 / 1") && hearing.contains("不能证明价款已经支付"));
    assert_in_order(&hearing, &FACTS);
    let admission = [("item", "1"), ("decision", "adopted"), ("reason", "来源清楚")];
    assert!(desk.judge.act(case, "decide-admission", &admission).await.contains("采信"));
    desk.judge.act(case, "end-hearing", &[]).await;
    let document = desk.deposit().await;
    let judged = desk.judge.act(case, "judge", &[("document", &document), ("sure", "yes")]).await;
    assert!(judged.contains("已判决") && judged.contains(&document), "{judged}");
}

async fn appeal(desk: &mut Desk<'_>, case: &str) {
    let petition = desk.deposit().await;
    let form = desk.defendant.page(&format!("{case}/act/appeal")).await;
    let decision = option(&form, "判决");
    let fields = [("decision", decision.as_str()), ("petition", &petition), ("against", "1")];
    let appealed = desk.defendant.act(case, "appeal", &fields).await;
    assert!(appealed.contains("提起上诉") && appealed.contains(&petition), "{appealed}");
    let history = desk.plaintiff.page(&format!("{case}/history")).await;
    let mut at = 0;
    for act in ["确认诉前须知", "提交起诉状", "立案", "质证意见", "宣判", "提起上诉"] {
        at += history[at..].find(act).unwrap_or_else(|| panic!("{act} is missing, or out of order: {history}"));
    }
    assert!(history.contains("原告 张三") && history.contains("被告 李四") && history.contains("法官 法官"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_twice_acts_once() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    let path = format!("{case}/act/add-party");
    let form = desk.plaintiff.page(&path).await;
    let key = hidden(&form, "key").unwrap();
    let fields = [("key", key.as_str()), ("role", "defendant"), ("subject", "natural-person"), ("name", "李四")];
    for _ in 0..2 {
        let answer = desk.plaintiff.browser.post(&path, &fields).await;
        assert_eq!(location(&answer), format!("{case}?done=add-party"));
    }
    let shown = desk.plaintiff.page(&case).await;
    assert_eq!(shown.matches("李四").count(), 1, "one defendant: {shown}");
    let mut other = fields;
    other[3].1 = "王五";
    let reused = desk.plaintiff.browser.post(&path, &other).await;
    assert_eq!(reused.status, 409, "another content under the key of the first: {}", reused.text());
    assert!(!desk.plaintiff.page(&case).await.contains("王五"));
    let without = desk.plaintiff.browser.post(&path, &fields[1..]).await;
    assert_eq!(without.status, 400, "{}", without.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consent_on_the_chain_is_the_one_that_was_ticked() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    // Its court is one of this platform.
    let (_, person) = (people.clerk().await, people.person("张三").await);
    let mut plaintiff = Worker::of(&node, &person, "zhang").await;
    let notices = plaintiff.page("/cases/new?lang=zh").await;
    assert!(notices.contains("name=\"consent\" value=\"zh\""), "{notices}");
    let ticked_at = beijing_time(node.filing.now());
    let second = plaintiff.browser.post("/cases/new", &[("read", "yes"), ("consent", "zh")]).await;
    let [key, consented_at] = ["key", "consented-at"].map(|name| hidden(second.text(), name).unwrap());
    assert_eq!(consented_at, ticked_at);
    // The form is sent later, and in the other language.
    node.clock.shift(600_000, std::time::Duration::from_mins(10));
    plaintiff.page("/cases?lang=en").await;
    let mut form = vec![
        ("key", key.as_str()),
        ("read", "yes"),
        ("consent", "zh"),
        ("consented-at", "2099-01-01T00:00:00.000+08:00"),
        ("do", "open"),
        ("filer", "principal"),
        ("kind", "civil-first"),
        ("procedure", "ordinary"),
        ("title", "合同纠纷"),
        ("court", COURT),
        ("subject", "natural-person"),
        ("name", "张三"),
    ];
    assert_eq!(plaintiff.browser.post("/cases/new", &form).await.status, 400, "a time that is still to come");
    form[3].1 = &consented_at;
    let opened = plaintiff.browser.post("/cases/new", &form).await;
    let case = location(&opened).split(['/', '?']).nth(2).unwrap().to_owned();
    let consent = people.by(&person).get(&format!("/v1/cases/{case}/service")).await.json()["consents"][0].clone();
    let text = "我同意裁判文书采用电子送达途径发送";
    assert_eq!(consent["clicked_at"], ticked_at.as_str(), "{consent}");
    assert_eq!(consent["shown"], sha256(text.as_bytes()).to_string(), "{consent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_manifest_there_is_no_file_to_compare() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    let root = ManifestRoot { root: sha256(b"root"), count: 3 };
    let statement = statement_with(1, 77, |statement| (statement.content, statement.manifest) = (None, Some(root)));
    let number = TestNode::number(&node.deposit(statement.note()).await);
    let look_up = [("deposit_number", number.as_str()), ("do", "look-up")];
    let looked = desk.plaintiff.send(&format!("{case}/act/import"), &look_up).await;
    let import = [("deposit_number", number.as_str()), ("name", "合同"), ("content", "价款"), ("do", "import")];
    desk.plaintiff.act(&case, "import", &import).await;
    let page = desk.plaintiff.page(&format!("{case}/items/1/verify")).await;
    assert!(!page.contains("verify-form") && page.contains("本页不能比对文件"), "{page}");
    // The root is the hash, and not the number of its items: on the look-up, the evidence page, the hearing page and the page
    // of the deposit.
    let mut pages = vec![looked.text().to_owned()];
    for path in [format!("{case}/evidence"), format!("{case}/hearing"), format!("/d/{number}")] {
        pages.push(desk.plaintiff.page(&path).await);
    }
    for page in pages {
        let plain = page.replace("</span><wbr><span>", "");
        assert!(plain.contains("清单根（3 项）</span>") && plain.contains(&root.root.to_string()), "{plain}");
    }
    let english = desk.plaintiff.page(&format!("{case}/evidence?lang=en")).await;
    assert!(english.contains("manifest root (3 items)</span>"), "{english}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_party_replies_to_what_the_court_collected_of_its_own_motion() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    desk.complete(&case, "李四", "合同").await;
    desk.file(&case).await;
    let number = desk.deposit().await;
    let import = [
        ("deposit_number", number.as_str()),
        ("name", "流水"),
        ("content", "价款"),
        ("party", "1"),
        ("collected", "ex-officio"),
        ("do", "import"),
    ];
    desk.clerk.act(&case, "import", &import).await;
    let seen = desk.plaintiff.page(&format!("{case}/evidence")).await;
    assert!(seen.contains("/act/reply?item=2") && !seen.contains("/act/reply?item=1\""), "{seen}");
    let reply = [("item", "2"), ("authenticity", "disputed"), ("reason", "不完整")];
    let answer = desk.plaintiff.send(&format!("{case}/act/reply?item=2"), &reply).await;
    assert_eq!(location(&answer), format!("{case}/evidence?done=reply"));
    // The period of a rebuttal stands beside the evidence.
    desk.judge.act(&case, "allow-rebuttal", &[("party", "2"), ("item", "1"), ("days", "5")]).await;
    let seen = desk.plaintiff.page(&format!("{case}/evidence")).await;
    assert!(seen.contains("反驳证据、补正期限"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_beyond_the_first_two_hundred_is_acted_upon() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    desk.complete(&case, "李四", "合同").await;
    for n in 2..=201 {
        let number = desk.deposit().await;
        let name = format!("证据名 {n}");
        let import = [("deposit_number", number.as_str()), ("name", &name), ("content", "价款"), ("do", "import")];
        let path = format!("{case}/act/import");
        let key = format!("{n:032x}");
        let form: Vec<_> = [("key", key.as_str())].into_iter().chain(import).collect();
        assert_eq!(desk.plaintiff.browser.post(&path, &form).await.status, 303, "{n}");
    }
    let preview = desk.plaintiff.page(&format!("{case}/act/submit")).await;
    assert!(preview.contains("证据 (201)") && preview.contains("以上仅列出前 200 项"), "{preview}");
    desk.file(&case).await;
    let path = format!("{case}/act/reply?item=201");
    let form = desk.defendant.page(&path).await;
    assert!(form.contains("name=\"item\" value=\"201\"") && form.contains("证据名 201"), "{form}");
    let reply = [("item", "201"), ("authenticity", "admitted")];
    assert_eq!(location(&desk.defendant.send(&path, &reply).await), format!("{case}/evidence?done=reply"));
    let none = desk.defendant.send(&path, &[("item", "202"), ("authenticity", "admitted")]).await;
    assert!(none.status == 422 && none.text().contains("本案没有该序号的证据"), "{}", none.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_beside_its_field() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    let mut number = desk.deposit().await;
    let last = number.pop().unwrap();
    number.push(if last == '7' { '8' } else { '7' });
    let long = "长".repeat(100_000);
    for (act, fields, field) in [
        ("add-party", vec![("role", "defendant"), ("subject", "natural-person")], "name"),
        ("add-party", vec![("role", "boss"), ("subject", "natural-person"), ("name", "李四")], "role"),
        (
            "add-party",
            vec![("role", "defendant"), ("subject", "natural-person"), ("name", "李四"), ("account-login", "nobody")],
            "account",
        ),
        ("import", vec![("name", "合同"), ("content", "价款"), ("deposit_number", number.as_str())], "deposit_number"),
        ("import", vec![("deposit_number", number.as_str()), ("do", "look-up")], "deposit_number"),
        ("end-agent", vec![("agent", "1")], "agent"),
    ] {
        let refused = desk.plaintiff.send(&format!("{case}/act/{act}"), &fields).await;
        let text = refused.text();
        assert!((400..500).contains(&refused.status) && text.contains("error-summary"), "{act}: {text}");
        assert!(text.contains(&format!("id=\"{field}-error\"")), "{act} {field}: {text}");
    }
    let refused = desk.plaintiff.send(&format!("{case}/act/describe"), &[("claims", &long)]).await;
    assert!((400..500).contains(&refused.status), "{}", refused.status);
    for (path, status) in [("act/nothing", 404), ("act/diverge", 404), ("items/1/verify", 404), ("hearing?item=9", 404)]
    {
        assert_eq!(desk.plaintiff.browser.get(&format!("{case}/{path}")).await.status, status, "{path}");
    }
    let not_now = desk.plaintiff.browser.get(&format!("{case}/act/judge")).await;
    assert!(not_now.text().contains("案件目前阶段：待提交") && !not_now.text().contains("name=\"key\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_of_the_original_is_put_on_record() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    let statement = statement_with(1, 77, |statement| statement.content = Some(content(b"the contract")));
    let number = TestNode::number(&node.deposit(statement.note()).await);
    let import = [("deposit_number", number.as_str()), ("name", "合同"), ("content", "价款"), ("do", "import")];
    desk.plaintiff.act(&case, "import", &import).await;
    let path = format!("{case}/items/1/verify");
    let page = desk.plaintiff.page(&path).await;
    assert!(page.contains("type=\"file\"") && page.contains("<noscript>") && page.contains("文件不上传"));
    let sm3 = content(b"the contract").sm3.unwrap().to_string();
    assert!(page.contains(&format!("data-sm3=\"{sm3}\"")));
    let nothing = desk.plaintiff.send(&path, &[]).await;
    assert!(nothing.status == 422 || nothing.status == 400, "{}", nothing.text());
    let equal = desk.plaintiff.send(&path, &[("algorithm", "sm3"), ("value", &sm3)]).await;
    assert!(equal.status == 200 && equal.text().contains("核验结果已记入案件"), "{}", equal.text());
    let other = content(b"another file").sm3.unwrap().to_string();
    let different = desk.plaintiff.send(&path, &[("algorithm", "sm3"), ("value", &other)]).await;
    assert!(different.status == 200 && different.text().contains("不一致"), "{}", different.text());
    let evidence = desk.plaintiff.page(&format!("{case}/evidence")).await;
    assert!(evidence.contains("核验记录 (2)"), "{evidence}");
}

/// The text of a page's content without what is nobody's translation: names, codes, private texts.
fn own_words(page: &str) -> String {
    let mut rest = page.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    let mut kept = String::new();
    while let Some(at) = rest.find('<') {
        kept.push_str(&rest[..at]);
        let tag = &rest[at..];
        let end = tag.find('>').unwrap() + 1;
        let opened = &tag[..end];
        let is_foreign = opened.contains("translate=\"no\"") || opened.starts_with("<bdi");
        rest = &tag[end..];
        if is_foreign && !opened.starts_with("<input") {
            let name: String = opened[1..].chars().take_while(char::is_ascii_alphanumeric).collect();
            rest = rest.split_once(&format!("</{name}>")).map_or("", |(_, after)| after);
        } else {
            kept.extend(opened.split("aria-label=\"").skip(1).filter_map(|part| part.split('"').next()));
        }
    }
    kept.push_str(rest);
    kept
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_case_is_complete_in_both_languages() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("Zhang San", "Sale of goods").await;
    desk.complete(&case, "Li Si", "Contract").await;
    desk.file(&case).await;
    let reply = [("item", "1"), ("authenticity", "disputed"), ("reason", "unclear")];
    desk.defendant.send(&format!("{case}/act/reply?item=1"), &reply).await;
    let document = desk.deposit().await;
    let serve = [("party", "2"), ("mode", "paper"), ("kind", "complaint-copy"), ("document", document.as_str())];
    desk.clerk.send(&format!("{case}/act/serve"), &serve).await;
    desk.judge.act(&case, "begin-hearing", &[]).await;
    let kind = [("kind", "hearing")];
    desk.clerk.send(&format!("{case}/act/open-transcript"), &kind).await;

    let sections = ["", "/evidence", "/records", "/service", "/history", "/hearing", "/items/1/verify"];
    let acts = tiezheng::court::permission::acts_of_a_case();
    let pages = sections.iter().map(|section| format!("{case}{section}"));
    let pages = pages.chain(acts.iter().map(|act| format!("{case}/act/{act}")));
    let pages: Vec<String> =
        pages.chain(["/cases", "/cases/new", "/cases/associate", "/cases/hand-overs"].map(str::to_owned)).collect();
    for worker in [&mut desk.clerk, &mut desk.judge, &mut desk.defendant] {
        for path in &pages {
            for (word, tag) in [("zh", "zh-CN"), ("en", "en")] {
                let separator = if path.contains('?') { '&' } else { '?' };
                let page = worker.browser.get(&format!("{path}{separator}lang={word}")).await;
                if page.status == 404 {
                    continue;
                }
                let text = page.text();
                assert!(
                    page.status < 500 && text.contains(&format!("<html lang=\"{tag}\"")),
                    "{path}: {}",
                    page.status
                );
                assert!(text.contains("<h1") && !text.contains("{{") && !text.contains("style=\""), "{path}");
                assert_eq!(page.header("cache-control"), "no-store", "{path}");
                if word == "en" {
                    // A court is named by its code in every language.
                    let words = own_words(text).replace(COURT, "");
                    let han: String = words.chars().filter(|c| ('\u{4e00}'..'\u{9fff}').contains(c)).collect();
                    assert!(han.is_empty(), "{path}: not translated: {han}");
                }
            }
        }
    }
}
