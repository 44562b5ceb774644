//! Forms of a case: what they offer to choose from, and what a refusal says beside them.

use crate::pages::court_desk::{Desk, Worker, option};
use crate::support::accounts::People;
use crate::support::test_node::{NodeConfig, TestNode};

#[tokio::test(flavor = "multi_thread")]
async fn a_party_is_added_in_a_role_of_this_instance() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    let path = format!("{case}/act/add-party");
    let form = desk.plaintiff.page(&path).await;
    let select = form.split("<select id=\"role\"").nth(1).unwrap().split("</select>").next().unwrap();
    let offered: Vec<&str> =
        select.split("<option value=\"").skip(2).map(|one| one.split('"').next().unwrap()).collect();
    assert_eq!(offered, ["plaintiff", "defendant", "third-party"]);
    let party = [("role", "appellant"), ("subject", "natural-person"), ("name", "李四")];
    let refused = desk.plaintiff.send(&path, &party).await;
    assert!(refused.status == 422 && refused.text().contains("id=\"role-error\""), "{}", refused.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_name_of_a_party_is_corrected_and_the_record_keeps_both() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    let party = [("role", "defendant"), ("subject", "natural-person"), ("name", "李四")];
    let added = desk.plaintiff.act(&case, "add-party", &party).await;
    let path = format!("{case}/act/restate-party?party=2");
    assert!(added.contains(&format!("href=\"{path}\"")), "{added}");
    let form = desk.plaintiff.page(&path).await;
    assert!(form.contains("<option value=\"2\" selected>"), "{form}");
    let nothing = desk.plaintiff.send(&path, &[("party", "2")]).await;
    assert!(nothing.text().contains("姓名或者名称、主体类型至少填写一项"), "{}", nothing.text());
    let right = [("party", "2"), ("name", "李肆"), ("subject", "legal-person")];
    let corrected = desk.plaintiff.act(&case, "restate-party", &right).await;
    assert!(corrected.contains("李肆") && corrected.contains("法人") && !corrected.contains("李四"), "{corrected}");
    let history = desk.plaintiff.page(&format!("{case}/history")).await;
    for said in ["增加当事人：被告 李四。", "更正当事人信息：被告 李肆。"] {
        assert!(history.contains(said), "{said}: {history}");
    }
}

/// The judge rules on what the party has stated.
#[tokio::test(flavor = "multi_thread")]
async fn an_objection_to_jurisdiction_is_shown_with_its_ground_and_reason() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    desk.complete(&case, "李四", "合同").await;
    desk.file(&case).await;
    let objection = [("ground", "exclusive"), ("reason", "本案系不动产纠纷。")];
    desk.defendant.act(&case, "object-jurisdiction", &objection).await;
    let shown = desk.judge.page(&case).await;
    assert!(shown.contains("提出管辖异议：") && shown.contains("本案系不动产纠纷。"), "{shown}");
    assert!(shown.contains("异议事由："), "{shown}");
    // A wrong account is removed from the party.
    desk.clerk.act(&case, "end-association", &[("party", "2"), ("sure", "yes")]).await;
    assert_eq!(desk.defendant.browser.get(&case).await.status, 404);
}

/// Two periods of one kind: each is chosen by its name, and the court decides on the one that was applied for.
#[tokio::test(flavor = "multi_thread")]
async fn the_period_to_be_deferred_is_chosen_by_its_name() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    desk.complete(&case, "李四", "合同").await;
    let number = desk.deposit().await;
    let import = [("deposit_number", number.as_str()), ("name", "流水"), ("content", "价款"), ("do", "import")];
    desk.plaintiff.act(&case, "import", &import).await;
    desk.file(&case).await;
    let (apply, decide) = ("/act/apply-deferral\"", "/act/decide-deferral\"");
    assert!(!desk.defendant.page(&case).await.contains(apply), "no period has begun");
    for item in ["1", "2"] {
        desk.judge.act(&case, "allow-rebuttal", &[("party", "2"), ("item", item), ("days", "5")]).await;
    }
    assert!(desk.defendant.page(&case).await.contains(apply));
    assert!(!desk.judge.page(&case).await.contains(decide), "nobody applied for a deferral");
    let form = desk.defendant.page(&format!("{case}/act/apply-deferral")).await;
    let first = option(&form, "反驳证据、补正期限　被告 李四　证据 1　届满");
    assert_ne!(first, option(&form, "反驳证据、补正期限　被告 李四　证据 2　届满"));
    assert!(!form.contains("name=\"party\"") && !form.contains("name=\"about\""), "nothing is typed: {form}");
    // The plaintiff has no period that could be deferred.
    let of_plaintiff = desk.plaintiff.page(&format!("{case}/act/apply-deferral")).await;
    assert!(!of_plaintiff.contains("反驳证据、补正期限"), "{of_plaintiff}");

    let today = tiezheng::court::calendar::Day::of(node.filing.now());
    let ended = today.to_string();
    let fields = [("window", first.as_str()), ("obstacle_ended", &ended), ("reason", "台风停电")];
    desk.defendant.act(&case, "apply-deferral", &fields).await;
    let made_up = [("window", "2 rebuttal item 9"), ("obstacle_ended", ended.as_str()), ("reason", "台风停电")];
    let refused = desk.defendant.send(&format!("{case}/act/apply-deferral"), &made_up).await;
    assert!(refused.status == 422 && refused.text().contains("id=\"window-error\""), "{}", refused.text());

    assert!(desk.judge.page(&case).await.contains(decide));
    let form = desk.judge.page(&format!("{case}/act/decide-deferral")).await;
    let pending = option(&form, "反驳证据、补正期限　被告 李四　证据 1　申请于");
    assert!(!form.contains("证据 2　申请于"), "{form}");
    let last = today.plus(40).unwrap().to_string();
    desk.judge.act(&case, "decide-deferral", &[("window", &pending), ("last", &last)]).await;
    let form = desk.defendant.page(&format!("{case}/act/apply-deferral")).await;
    option(&form, &format!("证据 1　届满 {last}"));
    assert!(!form.contains(&format!("证据 2　届满 {last}")), "{form}");
}

/// Beside each refusal stands what to do about it; in a case also the stage and what is possible.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_what_to_do_next() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    let says = |text: &str, parts: &[&str]| {
        for part in parts {
            assert!(text.contains(part), "{part}: {text}");
        }
    };
    let stage = ["案件目前阶段：待提交", "目前可办理的事项"];
    let early = desk.plaintiff.send(&format!("{case}/act/submit"), &[("sure", "yes")]).await;
    says(
        early.text(),
        &["未能办理", "处理建议：请至少添加一名被告，然后提交起诉状。", "href=\"/problems/defendant_needed\""],
    );
    says(early.text(), &stage);
    // An error about a field: the text beside the field, the advice above.
    let look_up = [("deposit_number", "T20261122-0K7M-X9QT-3D5W-MP"), ("do", "look-up")];
    let unknown = desk.plaintiff.send(&format!("{case}/act/import"), &look_up).await;
    says(unknown.text(), &["输入有误", "id=\"deposit_number-error\"", "处理建议：", "href=\"/problems/"]);
    says(unknown.text(), &stage);
    // What is only missing says so itself.
    let missing = desk.plaintiff.send(&format!("{case}/act/add-party"), &[("role", "defendant")]).await;
    assert!(missing.status == 422 && !missing.text().contains("处理建议"), "{}", missing.text());

    desk.complete(&case, "李四", "合同").await;
    let path = format!("{case}/items/1/verify");
    let key = "ab".repeat(16);
    let digest = [("key", key.as_str()), ("algorithm", "sm3"), ("value", "nothing")];
    let bad = desk.plaintiff.browser.post(&path, &digest).await;
    assert!((400..500).contains(&bad.status), "{}", bad.status);
    says(bad.text(), &["未能核验", "处理建议：", "href=\"/problems/"]);
    says(bad.text(), &stage);
    let none = desk.plaintiff.browser.post(&path, &[("key", key.as_str())]).await;
    assert!(none.text().contains("请先选择文件") && !none.text().contains("处理建议"), "{}", none.text());

    let people = People::of(&node).await;
    let mut outsider = Worker::of(&node, &people.person("王五").await, "wang.wu").await;
    let wrong = outsider.send("/cases/associate", &[("code", "0000-0000-0000"), ("filer", "principal")]).await;
    says(wrong.text(), &["关联码不正确或者已失效"]);
    // An error that is a page of its own.
    let not_found = outsider.browser.get(&case).await;
    assert_eq!(not_found.status, 404);
    says(not_found.text(), &["处理建议：", "href=\"/problems/not_found\""]);
}
