//! The same suit in Chinese and in English words: equal acts, equal answers.

use serde_json::{Value, json};

use crate::support::accounts::{COURT, People, Person};
use crate::support::depositor::note;
use crate::support::proceeding::{Proceeding, plain};
use crate::support::test_node::{NodeConfig, TestNode};

/// Who acts, the act in English, and the same act as a Chinese court types it.
fn acts<'a>(suit: &'a Proceeding, document: &str) -> Vec<(&'a Person, Value, Value)> {
    let (plaintiff, clerk, judge) = (&suit.bringing, &suit.clerk, &suit.judge);
    vec![
        (
            plaintiff,
            json!({ "act": "describe", "title": "买卖合同纠纷", "claims": "返还价款" }),
            json!({ "操作": "填写诉讼请求", "案由": "买卖合同纠纷", "诉讼请求": "返还价款" }),
        ),
        (
            plaintiff,
            json!({ "act": "add-party", "role": "defendant", "subject": "legal-person", "name": "某公司" }),
            json!({ "操作": "增加当事人", "诉讼地位": "被告", "主体类型": "法人", "名称": "某公司" }),
        ),
        (plaintiff, json!({ "act": "confirm-notice" }), json!({ "act": "确认诉前须知" })),
        (plaintiff, json!({ "act": "submit" }), json!({ "act": "提交起诉状" })),
        (clerk, json!({ "act": "return-filing", "reason": "补正" }), json!({ "act": "补充材料", "理由": "补正" })),
        (plaintiff, json!({ "act": "submit" }), json!({ "act": "提交" })),
        (clerk, json!({ "act": "approve" }), json!({ "act": "审核通过" })),
        (clerk, json!({ "act": "file-case" }), json!({ "act": "立案" })),
        (clerk, json!({ "act": "assign", "judge": judge.account }), json!({ "act": "分案", "法官": judge.account })),
        (
            clerk,
            json!({ "act": "serve", "party": 1, "mode": "paper", "kind": "judgment", "document": document }),
            json!({ "act": "登记送达", "当事人": 1, "送达方式": "书面送达", "文书种类": "判决书", "文书": document }),
        ),
        (judge, json!({ "act": "begin-hearing" }), json!({ "act": "开庭" })),
        (judge, json!({ "act": "judge", "document": document }), json!({ "act": "宣判", "文书": document })),
    ]
}

/// An answer without what differs between any two cases: ids, and positions on the chain.
fn comparable(answer: &Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("index");
                fields.remove("access_sequence");
                fields.values_mut().for_each(strip);
            }
            Value::Array(values) => values.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut answer = plain(answer);
    strip(&mut answer);
    answer
}

#[tokio::test]
async fn a_suit_in_chinese_words_is_the_suit_in_english_words() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let english = Proceeding::suit(&people).await;
    let [bringing, answering, clerk, judge] = [&english.bringing, &english.answering, &english.clerk, &english.judge];
    let chinese = Proceeding::between(&node, "civil-first", [bringing, answering, clerk, judge]).await;
    let document = TestNode::number(&node.deposit(&note(1)).await);
    for (who, one, other) in acts(&english, &document) {
        let route = if one["act"] == "serve" { "/service" } else { "/acts" };
        let answers = [(&english, &one), (&chinese, &other)].map(|(suit, act)| {
            let (node, path) = (&node, suit.path(route));
            async move { node.session(&who.token).create(&path, act).await }
        });
        let [first, second] = answers;
        assert_eq!(comparable(&first.await), comparable(&second.await), "{other}");
    }
    let mut shown = Vec::new();
    for suit in [&english, &chinese] {
        let acts = node.session(&suit.clerk.token).get(&suit.path("/acts?limit=200")).await.json();
        shown.push((comparable(&suit.view(&node, &suit.clerk).await), comparable(&acts)));
    }
    assert_eq!(shown[0], shown[1]);
}

#[tokio::test]
async fn a_word_of_neither_language_is_refused_with_the_words_that_are_known() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let wrong = json!({ "操作": "增加当事人", "诉讼地位": "被告人人", "主体类型": "法人", "名称": "某公司" });
    let answer = node.session(&suit.bringing.token).post(&suit.path("/acts"), &wrong).await;
    assert_eq!(answer.problem(), (400, "bad_value".into()));
    assert!(answer.text().contains("`role`: one of plaintiff defendant"), "{}", answer.text());
}

/// A wrong word is answered with the words that are accepted, in the language of the reader.
#[tokio::test]
async fn a_wrong_word_is_answered_with_the_chinese_words_that_are_accepted() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let suit = Proceeding::suit(&people).await;
    let by = people.by(&suit.bringing);
    let said = async |path: &str, body: Value| {
        let answer = by.post(path, &body).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        answer.json()["detail_zh"].as_str().unwrap().to_owned()
    };
    let acts = suit.path("/acts");
    let party = json!({ "操作": "增加当事人", "诉讼地位": "邻居", "主体类型": "自然人", "姓名": "李四" });
    let role = said(&acts, party).await;
    assert!(role.starts_with("“role”应为“原告”“被告”“第三人”") && role.ends_with("之一"), "{role}");
    let authority = json!({ "act": "add-agent", "party": 1, "account": suit.clerk.account, "authority": "全权代理" });
    let authority = said(&acts, authority).await;
    assert!(
        authority.starts_with("“代理权限”（authority）应为“一般授权”“特别授权”“法定代理”之一，也可写作"),
        "{authority}"
    );
    let open = json!({
        "court": COURT, "kind": "民事", "procedure": "ordinary", "role": "plaintiff", "subject": "natural-person",
        "filer": "principal", "name": "张三",
    });
    let kind = said("/v1/cases", open).await;
    assert!(kind.contains("“民事一审”") && kind.contains("“行政一审”"), "{kind}");
    let act = said(&acts, json!({ "act": "起诉" })).await;
    assert!(act.starts_with("没有“起诉”这一选项，应为") && act.contains("“提交起诉状”"), "{act}");
    let class = json!({ "name": "a", "sha_256": "ab".repeat(32), "size": 3, "evidence_class": "聊天" });
    let class = said("/v1/entrusted-deposits", class).await;
    assert!(class.contains("“文档、图片、音频、视频、数字证书、计算机程序等电子文件”"), "{class}");
}
