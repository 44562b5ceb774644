//! 《广州互联网法院诉讼全流程操作手册》 as tests: one per chapter, each step under the manual's own words.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::support::accounts::{COURT, People, Person};
use crate::support::depositor::{content, statement_with};
use crate::support::test_node::{NodeConfig, TestNode};

/// The seven facts in the manual's words and order.
const FACTS: [&str; 7] =
    ["交易id", "区块哈希", "区块高度", "前一区块哈希", "数据的哈希值", "交易提交时间", "区块生成时间"];

/// A court, and the people of a suit.
struct Suit<'h> {
    node: &'h TestNode,
    people: People<'h>,
    plaintiff: Person,
    defendant: Person,
    clerk: Person,
    judge: Person,
}

impl<'h> Suit<'h> {
    async fn in_(node: &'h TestNode) -> Self {
        let people = People::of(node).await;
        let plaintiff = people.person("张三").await;
        let defendant = people.person("李四").await;
        let clerk = people.clerk().await;
        let judge = people.judge().await;
        Self { node, people, plaintiff, defendant, clerk, judge }
    }

    async fn act(&self, by: &Person, case: &str, body: Value) -> Value {
        let answer = self.people.by(by).post(&format!("/v1/cases/{case}/acts"), &body).await;
        assert_eq!(answer.status, 201, "{body}: {}", answer.text());
        answer.json()
    }

    async fn refused(&self, by: &Person, case: &str, body: Value) -> String {
        let answer = self.people.by(by).post(&format!("/v1/cases/{case}/acts"), &body).await;
        assert!(answer.status >= 400, "{body}: {}", answer.text());
        answer.json()["code"].as_str().unwrap().to_owned()
    }

    /// A deposit that somebody keeps the number of: "自己保存的存证编号".
    async fn saved_number(&self, file: &[u8]) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let statement = statement_with(1, next, |statement| statement.content = Some(content(file)));
        TestNode::number(&self.node.deposit(statement.note()).await)
    }

    async fn import(&self, by: &Person, case: &str, number: &str, name: &str) -> Value {
        let body = json!({ "deposit_number": number, "name": name, "content": "证明双方约定的价款" });
        self.people.by(by).create(&format!("/v1/cases/{case}/imports"), &body).await
    }

    async fn view(&self, by: &Person, case: &str) -> Value {
        let answer = self.people.by(by).get(&format!("/v1/cases/{case}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    async fn open(&self, by: &Person, filer: &str) -> String {
        let body = json!({
            "court": COURT, "kind": "civil-first", "procedure": "ordinary", "role": "plaintiff",
            "subject": "natural-person", "filer": filer, "name": "张三", "title": "网络购物合同纠纷",
            "claims": "请求判令被告退还货款", "power": if filer == "agent" { json!("授权委托书") } else { json!(null) },
        });
        let opened = self.people.by(by).create("/v1/cases", &body).await;
        opened["case"].as_str().unwrap().to_owned()
    }

    /// A suit that is filed, with one item imported when it was brought.
    async fn filed(&self) -> String {
        let case = self.open(&self.plaintiff, "principal").await;
        self.act(
            &self.plaintiff,
            &case,
            json!({"act": "add-party", "role": "defendant", "subject": "natural-person", "name": "李四"}),
        )
        .await;
        let number = self.saved_number(b"the contract").await;
        self.import(&self.plaintiff, &case, &number, "合同").await;
        self.act(&self.plaintiff, &case, json!({"act": "confirm-notice"})).await;
        self.act(&self.plaintiff, &case, json!({"act": "submit"})).await;
        self.act(&self.clerk, &case, json!({"act": "approve"})).await;
        self.act(&self.clerk, &case, json!({"act": "file-case"})).await;
        case
    }

    async fn associated(&self, case: &str) {
        let codes = json!({"party": 2, "party_uses": 1, "agent_uses": 1, "days": 30});
        let code = self.people.by(&self.clerk).create(&format!("/v1/cases/{case}/codes"), &codes).await;
        let body = json!({"code": code["code"], "filer": "principal"});
        self.people.by(&self.defendant).create("/v1/associations", &body).await;
    }
}

fn labels(item: &Value) -> Vec<String> {
    let facts = item["facts"].as_array().unwrap();
    facts.iter().map(|fact| fact["label"]["zh"].as_str().unwrap().to_owned()).collect()
}

fn item(view: &Value, number: u64) -> &Value {
    view["items"].as_array().unwrap().iter().find(|item| item["item"] == number).unwrap()
}

/// 3.1.3 发起诉讼.
#[tokio::test(flavor = "multi_thread")]
async fn chapter_3_1_3_bringing_a_suit() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Suit::in_(&node).await;
    // "选择身份【我是原告】，【起诉案由】下拉选择对应案由"
    let case = suit.open(&suit.plaintiff, "principal").await;
    // "阅读后，默认勾选…并点击【确认起诉】": the click is what is recorded.
    suit.act(&suit.plaintiff, &case, json!({"act": "confirm-notice"})).await;
    // "点击【增加】被告信息可以新增被告：被告人身份可以是自然人或法人"
    for (subject, name) in [("natural-person", "李四"), ("legal-person", "某某公司")] {
        let party = json!({"act": "add-party", "role": "defendant", "subject": subject, "name": name});
        suit.act(&suit.plaintiff, &case, party).await;
    }
    // "原告可以上传诉讼证据，点击【导入存证平台证据】": "当事人需要输入自己保存的存证编号，并同时填写证据名称和证据内容"
    let number = suit.saved_number(b"chat.txt").await;
    let imported = suit.import(&suit.plaintiff, &case, &number, "聊天记录").await;
    // "点击【查询】，即可实时获得…主要包括交易id、区块哈希、区块高度、前一区块哈希、数据的哈希值、交易提交时间、区块生成时间"
    assert_eq!(labels(&imported), FACTS);
    let seen = suit.people.by(&suit.plaintiff).get(&format!("/v1/cases/{case}/items/1")).await;
    let text = seen.text();
    let order = [
        "\"tx_id\"",
        "\"block_hash\"",
        "\"block_height\"",
        "\"prev_block_hash\"",
        "\"data_hash\"",
        "\"tx_submitted_at\"",
        "\"block_generated_at\"",
    ];
    let places: Vec<usize> =
        order.iter().map(|name| text.find(name).unwrap_or_else(|| panic!("{name}: {text}"))).collect();
    assert!(places.is_sorted(), "the fields stand in the manual's order: {places:?}");
    let facts = node.get(&format!("/v1/deposits/{number}")).await.json();
    for name in
        ["tx_id", "block_hash", "block_height", "prev_block_hash", "data_hash", "tx_submitted_at", "block_generated_at"]
    {
        assert_eq!(imported[name], facts[name], "{name} is what the chain says");
    }
    assert_eq!(imported["claimed"]["name"], "聊天记录");
    assert_eq!(imported["original"]["zh"], "仅查询，未核验原文");
    // "证据导入成功后，鼠标移动至该证据上方，即可随时查看区块链存证信息"
    let view = suit.view(&suit.plaintiff, &case).await;
    assert_eq!(labels(item(&view, 1)), FACTS);
    // "预览后需要修改的点击返回修改"
    suit.act(
        &suit.plaintiff,
        &case,
        json!({"act": "restate", "item": 1, "name": "微信聊天记录", "content": "约定的价款"}),
    )
    .await;
    // "无误的话勾选以上信息确认无误再点击提交"
    let submitted = suit.act(&suit.plaintiff, &case, json!({"act": "submit"})).await;
    assert_eq!(submitted["stage"], "under-review");
    // Whatever was imported is fixed from now on.
    let late = json!({"act": "restate", "item": 1, "name": "又改", "content": "又改"});
    assert_eq!(suit.refused(&suit.plaintiff, &case, late).await, "wrong_stage");
    let view = suit.view(&suit.clerk, &case).await;
    assert_eq!(item(&view, 1)["claimed"]["name"], "微信聊天记录");
    assert_eq!(item(&view, 1)["locked"], true);
}

/// 3.1.3-B 代理人发起诉讼.
#[tokio::test(flavor = "multi_thread")]
async fn chapter_3_1_3_b_an_agent_brings_a_suit() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Suit::in_(&node).await;
    let agent = suit.people.person("王律师").await;
    // "选择身份【我是代理人】"; "补充原告信息…同时填写诉讼代理人信息"
    let case = suit.open(&agent, "agent").await;
    suit.act(
        &agent,
        &case,
        json!({"act": "add-party", "role": "defendant", "subject": "natural-person", "name": "李四"}),
    )
    .await;
    // "点击【导入存证平台证据】"
    let number = suit.saved_number(b"by the agent").await;
    let imported = suit.import(&agent, &case, &number, "订单截图").await;
    assert_eq!(labels(&imported), FACTS);
    assert_eq!(imported["claimed"]["capacity"]["capacity"], "agent 1");
    assert_eq!(imported["party"], 1);
    // "若确认无误，点击【提交起诉状】，即可将起诉状提交至法院，完成起诉，案件进入【已提交】状态"
    suit.act(&agent, &case, json!({"act": "confirm-notice"})).await;
    let submitted = suit.act(&agent, &case, json!({"act": "submit"})).await;
    assert_eq!(submitted["stage"], "under-review");
    // The principal is no account yet: nobody else comes in by that.
    let answer = suit.people.by(&suit.plaintiff).get(&format!("/v1/cases/{case}")).await;
    assert_eq!(answer.status, 404);
}

/// 3.1.5 举证 (with 3.1.4 立案, on which it rests).
#[tokio::test(flavor = "multi_thread")]
async fn chapter_3_1_5_adducing_evidence() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Suit::in_(&node).await;
    let case = suit.filed().await;
    // "如果案件状态是【待分案】，则说明案件已成功立案"
    let view = suit.view(&suit.plaintiff, &case).await;
    assert_eq!(view["stage"]["zh"], "待分案");
    // "系统默认15天举证期限"
    assert_eq!(view["periods"][0]["days"], 15);
    // It runs from the service of the notice (证据规定 art. 50), here on paper.
    let served = json!({"act": "set-period", "basis": "ordinary", "start": "2026-11-22", "days": 15, "party": 1});
    suit.act(&suit.judge, &case, served).await;
    // "起诉时提交的证据不能编辑和删除"
    for act in [
        json!({"act": "restate", "item": 1, "name": "改", "content": "改"}),
        json!({"act": "withdraw-item", "item": 1}),
    ] {
        assert_eq!(suit.refused(&suit.plaintiff, &case, act).await, "item_locked");
    }
    // "进入补充证据页面…点击【导入存证平台证据】"
    let number = suit.saved_number(b"supplement").await;
    let imported = suit.import(&suit.plaintiff, &case, &number, "物流记录").await;
    assert_eq!(imported["phase"]["code"], "supplementary");
    assert_eq!((imported["late"].clone(), labels(&imported)), (json!(false), FACTS.map(str::to_owned).to_vec()));
    // "只有在举证期限内可以增加、编辑和删除证据": edited, replaced, withdrawn; nothing is ever deleted.
    suit.act(&suit.plaintiff, &case, json!({"act": "restate", "item": 2, "name": "快递记录", "content": "签收时间"}))
        .await;
    let number = suit.saved_number(b"better supplement").await;
    let body = json!({"deposit_number": number, "name": "快递记录（完整）", "content": "签收时间", "replaces": 2});
    suit.people.by(&suit.plaintiff).create(&format!("/v1/cases/{case}/imports"), &body).await;
    suit.act(&suit.plaintiff, &case, json!({"act": "withdraw-item", "item": 3})).await;
    let view = suit.view(&suit.judge, &case).await;
    assert_eq!(view["items"].as_array().unwrap().len(), 3, "all of it stays to be seen");
    assert_eq!(
        (&item(&view, 2)["status"]["code"], &item(&view, 3)["status"]["code"]),
        (&json!("replaced"), &json!("withdrawn"))
    );
    // What comes late is accepted and marked late; what is there can no longer be changed.
    let number = suit.saved_number(b"late").await;
    node.clock.shift(40 * 24 * 60 * 60 * 1000, std::time::Duration::from_hours(40 * 24));
    let body = json!({"deposit_number": number, "name": "逾期", "content": "逾期提交"});
    let late = suit.people.by(&suit.plaintiff_again().await).create(&format!("/v1/cases/{case}/imports"), &body).await;
    assert_eq!(late["late"], true);
    let again = suit.plaintiff_again().await;
    let restated = json!({"act": "restate", "item": 4, "name": "改", "content": "改"});
    assert_eq!(suit.refused(&again, &case, restated).await, "period_ended");
    suit.act(&again, &case, json!({"act": "withdraw-item", "item": 4})).await;
}

impl Suit<'_> {
    /// The plaintiff with a token that has not expired.
    async fn plaintiff_again(&self) -> Person {
        let operator = People::of(self.node).await;
        operator.token(&self.plaintiff.account, &["deposit", "read", "case"]).await
    }
}

/// 3.1.6 质证 and 3.2.6 质证: both sides see the same.
#[tokio::test(flavor = "multi_thread")]
async fn chapters_3_1_6_and_3_2_6_replying_to_evidence() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Suit::in_(&node).await;
    let case = suit.filed().await;
    suit.associated(&case).await;
    // "点击证据后面的“回复”按钮…勾选“真实性、合法性、关联性”，并就其证明力有无、大小进行说明"
    let reply = json!({
        "act": "reply", "item": 1, "authenticity": "admitted", "legality": "admitted", "relevance": "disputed",
        "probative_value": "不能证明价款已经支付", "grounds": ["before-the-chain"], "reason": "上链前的形成过程不明",
    });
    let warned = suit.act(&suit.defendant, &case, reply).await;
    assert_eq!(warned["act"]["act"], "reply");
    // A party does not answer itself.
    let own = json!({"act": "reply", "item": 1, "authenticity": "admitted"});
    assert_eq!(suit.refused(&suit.plaintiff, &case, own).await, "own_item");
    // "点击×人已回复，查看其他人对该证据的回复"
    for person in [&suit.plaintiff, &suit.defendant, &suit.judge] {
        let view = suit.view(person, &case).await;
        let item = item(&view, 1);
        assert_eq!(item["replied_text"]["zh"], "【1人已回复】");
        let last = item["replies"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["relevance"]["code"], "disputed");
        assert_eq!(last["probative_value"], "不能证明价款已经支付");
    }
    // Changed only by a new version: the first stays.
    suit.act(&suit.defendant, &case, json!({"act": "reply", "item": 1, "relevance": "admitted"})).await;
    let view = suit.view(&suit.judge, &case).await;
    let versions: Vec<u64> =
        item(&view, 1)["replies"].as_array().unwrap().iter().map(|reply| reply["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, [1, 2]);
    assert_eq!(item(&view, 1)["replied_text"]["zh"], "【1人已回复】", "people are counted, not versions");
}

/// 3.2.3 关联案件.
#[tokio::test(flavor = "multi_thread")]
async fn chapter_3_2_3_associating_a_case() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Suit::in_(&node).await;
    let case = suit.filed().await;
    let codes = json!({"party": 2, "party_uses": 1, "agent_uses": 1, "days": 30});
    let issued = suit.people.by(&suit.clerk).create(&format!("/v1/cases/{case}/codes"), &codes).await;
    let code = issued["code"].as_str().unwrap();
    // "代理人关联案件需要点击“关联案件”输入关联码，确认关联"
    let agent = suit.people.person("赵律师").await;
    let as_agent = json!({"code": code.to_lowercase(), "filer": "agent", "authority": "general", "name": "赵律师", "power": "委托书"});
    // Nobody is let in before the other side has come: an agent of a party is one all the same.
    suit.people.by(&agent).create("/v1/associations", &as_agent).await;
    // "关联码可以使用两次，被告及其代理人各可以使用一次"
    let as_party = json!({"code": code, "filer": "principal"});
    suit.people.by(&suit.defendant).create("/v1/associations", &as_party).await;
    let third = suit.people.person("钱某").await;
    for (again, code) in [(&as_party, "code_used_up"), (&as_agent, "code_used_up")] {
        let answer = suit.people.by(&third).post("/v1/associations", again).await;
        assert_eq!((answer.status, answer.json()["code"].as_str().unwrap()), (409, code));
    }
    // "关联后该案件会出现在案件列表中"
    for person in [&suit.defendant, &agent] {
        let list = suit.people.by(person).get("/v1/cases").await.json();
        assert_eq!(list["items"][0]["case"], json!(case));
    }
    assert_eq!(suit.people.by(&third).get("/v1/cases").await.json()["items"], json!([]));
}

/// 3.2.4 确认送达.
#[tokio::test(flavor = "multi_thread")]
async fn chapter_3_2_4_confirming_service() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Suit::in_(&node).await;
    let case = suit.filed().await;
    suit.associated(&case).await;
    // "点击【送达确认】…填写相关信息…点击【提交】，完成送达确认"
    suit.act(&suit.defendant, &case, json!({"act": "confirm-service", "address": "广州市海珠区某路1号"})).await;
    let view = suit.view(&suit.judge, &case).await;
    assert!(view["parties"][1]["service_confirmed_at"].is_string(), "{}", view["parties"][1]);
    let served = json!({"act": "set-period", "basis": "ordinary", "start": "2026-11-22", "days": 15, "party": 2});
    suit.act(&suit.judge, &case, served).await;
    // "在答辩期内，被告还可以提出管辖权异议…点击右侧【管辖异议申请】"
    suit.act(&suit.defendant, &case, json!({"act": "object-jurisdiction", "reason": "被告住所地不在本院辖区"})).await;
    let view = suit.view(&suit.defendant, &case).await;
    assert_eq!(view["periods"][1]["period"]["suspended"], true);
    // The court rules on it, and the period runs again.
    suit.act(&suit.judge, &case, json!({"act": "resume-period", "on": "2026-12-05"})).await;
    let view = suit.view(&suit.defendant, &case).await;
    assert_eq!(view["periods"][1]["period"]["suspended"], false);
    assert!(view["periods"][1]["period"]["ends_at"].is_string());
}

/// 3.2.5 举证: the defendant imports as the plaintiff does.
#[tokio::test(flavor = "multi_thread")]
async fn chapter_3_2_5_the_defendant_adduces_evidence() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let suit = Suit::in_(&node).await;
    let case = suit.filed().await;
    suit.associated(&case).await;
    // "点击【导入存证平台证据】，当事人需要输入自己保存的存证编号，并同时填写证据名称和证据内容"
    let number = suit.saved_number(b"the defendant's").await;
    let imported = suit.import(&suit.defendant, &case, &number, "付款凭证").await;
    assert_eq!(labels(&imported), FACTS);
    assert_eq!((&imported["party"], &imported["item"]), (&json!(2), &json!(2)));
    // "证据导入成功后…即可随时查看区块链存证信息": the other side and the court see the same.
    for person in [&suit.plaintiff, &suit.judge, &suit.clerk] {
        assert_eq!(labels(item(&suit.view(person, &case).await, 2)), FACTS);
    }
    // The other side holds the original against the chain, and the judge sees what came of it.
    let path = format!("/v1/cases/{case}/items/2/verification");
    let request = suit.people.by(&suit.plaintiff).request(reqwest::Method::POST, &path);
    let request = request.header("content-type", "application/octet-stream").body(&b"the defendant's"[..]);
    let verified = node.send(request).await;
    assert_eq!(verified.status, 200, "{}", verified.text());
    assert_eq!(verified.json()["report"]["conclusion"]["code"], "consistent_with_reservation");
    let view = suit.view(&suit.judge, &case).await;
    assert_eq!(item(&view, 2)["original"]["code"], "verified");
    assert_eq!(item(&view, 2)["verifications"].as_array().unwrap().len(), 1);
    // It is the other's: a party changes only its own.
    let others = json!({"act": "withdraw-item", "item": 2});
    assert_eq!(suit.refused(&suit.plaintiff, &case, others).await, "not_yours");
}
