//! What pages say where somebody made a mistake, or where something is not possible yet: the words of people, and what to do.

use crate::pages::court_desk::{Desk, Worker, hidden, option};
use crate::support::accounts::People;
use crate::support::browser::{Browser, PASSWORD, location, registration};
use crate::support::depositor::note;
use crate::support::test_node::{NodeConfig, TestNode};

fn says(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "{text} is missing: {page}");
    }
}

/// A suit that is filed, with the people of its case.
async fn filed(node: &TestNode) -> (Desk<'_>, String) {
    let mut desk = Desk::of(node).await;
    let case = desk.open("张三", "合同纠纷").await;
    desk.complete(&case, "李四", "合同").await;
    desk.file(&case).await;
    (desk, case)
}

#[tokio::test]
async fn all_that_is_wrong_with_a_registration_is_said_at_once() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut browser = Browser::new(&node);
    let form = [("kind", "person"), ("login", "a b"), ("new-password", "short"), ("consent", "yes")];
    let refused = browser.post("/register", &form).await;
    assert_eq!(refused.status, 422);
    for (field, text) in [
        ("name", "请输入姓名"),
        ("login", "登录名须为"),
        ("new-password", "密码过短，至少须 10 个字符"),
        ("new-password-again", "两次输入的密码不一致"),
    ] {
        says(refused.text(), &[&format!("<a href=\"#{field}\">{text}"), &format!("id=\"{field}-error\"")]);
    }
    says(refused.text(), &["name=\"consent\" value=\"yes\" checked"]);
    let long = "一".repeat(129);
    for (password, text) in [(long.as_str(), "密码过长，至多 128 个字符"), ("8888888888", "密码容易被猜到")]
    {
        let form =
            registration("fresh").map(|(name, value)| (name, if name.starts_with("new-") { password } else { value }));
        says(browser.post("/register", &form).await.text(), &[text]);
    }
}

#[tokio::test]
async fn a_reset_and_an_ended_session_are_explained() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut one = Browser::new(&node);
    one.register("owner").await;
    let form = [
        ("login", "owner"),
        ("code", "重置码：0000-0000-0000"),
        ("new-password", PASSWORD),
        ("new-password-again", PASSWORD),
    ];
    let refused = Browser::new(&node).post("/reset", &form).await;
    says(refused.text(), &["登录名或者重置码不正确，或者重置码已失效"]);
    assert!(!refused.text().contains("动态口令"), "{}", refused.text());

    let mut two = Browser::new(&node);
    assert_eq!(two.log_in("owner", PASSWORD, "").await.status, 303);
    assert_eq!(two.post("/account/sessions", &[]).await.status, 303, "all other sessions end");
    let sent = location(&one.get("/deposits?q=1").await).to_owned();
    assert_eq!(sent, "/login?next=%2Fdeposits%3Fq%3D1&done=expired");
    let page = one.get(&sent).await;
    says(page.text(), &["登录已失效，请重新登录。", "name=\"next\" value=\"/deposits?q=1\""]);
    let form = [("next", "/deposits?q=1"), ("login", "owner"), ("password", PASSWORD)];
    assert_eq!(location(&one.post("/login", &form).await), "/deposits?q=1");
    let stranger = Browser::new(&node).get("/deposits").await;
    assert!(!location(&stranger).contains("expired"), "nobody was signed in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_after_the_session_has_ended_is_kept() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let (mut desk, case) = filed(&node).await;
    let number = desk.deposit().await;
    let browser = &mut desk.plaintiff.browser;
    assert_eq!(browser.post("/logout", &[]).await.status, 303);
    let path = format!("{case}/act/import");
    let content = "第一段\n\n“第二段” <b>&\u{200b}";
    let form = [
        ("key", "5b6ef6b1c6d34e1b8a3c5f0a2f6d7c11"),
        ("deposit_number", number.as_str()),
        ("name", "合同"),
        ("content", content),
        ("do", "import"),
    ];
    assert_eq!(location(&browser.post(&path, &form).await), "/login?next=%2Faccount", "nobody was signed in");
    browser.cookies.insert("__Host-session".into(), "0".repeat(64));
    let kept = browser.post(&path, &form).await;
    assert_eq!(kept.status, 401, "{}", kept.text());
    says(kept.text(), &["登录已失效，表单尚未提交", &format!("<form action=\"{path}\" method=\"post\">")]);
    assert!(kept.text().contains("value=\"第一段\n\n“第二段” &#60;b&#62;&#38;\u{200b}\""), "{}", kept.text());
    // Whoever has no account makes the node answer with little more than was sent.
    let many: Vec<(&str, &str)> = std::iter::repeat_n(("a", ""), 101).collect();
    let long = "一".repeat(22_000);
    for form in [many.as_slice(), &[("content", long.as_str())]] {
        assert_eq!(location(&browser.post(&path, form).await), "/login?next=%2Faccount&done=expired");
    }
    // No other form is answered like this: it may contain passwords.
    let change = [("current-password", PASSWORD), ("new-password", "another sentence")];
    assert_eq!(browser.post("/account/password", &change).await.status, 303);

    browser.log_in("zhang", PASSWORD, "").await;
    let fields: Vec<_> = form.iter().map(|(name, _)| (*name, hidden(kept.text(), name).unwrap())).collect();
    let text = |value: &str| value.replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&");
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, text(value))).collect();
    let again: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(again, form);
    assert_eq!(location(&browser.post(&path, &again).await), format!("{case}/evidence?done=import"));
}

#[tokio::test]
async fn a_search_without_a_result_says_what_is_missing() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    node.deposit(&note(1)).await;
    let mut browser = Browser::new(&node);
    for path in ["/search?q=", "/search?q=+"] {
        let empty = browser.get(path).await;
        assert_eq!(empty.status, 422);
        says(empty.text(), &["请输入存证编号。", "href=\"#q\""]);
    }
    let height = browser.get("/search?q=999").await;
    says(height.text(), &["不存在该高度的区块"]);
    assert!(!height.text().contains("尚未在本平台存证"), "a block is no deposit");
}

#[tokio::test]
async fn a_receipt_is_taken_for_its_checkpoint() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let number = TestNode::number(&node.deposit(&note(1)).await);
    node.deposit(&note(2)).await;
    let receipt = node.get(&format!("/v1/deposits/{number}/receipt")).await.text().to_owned();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("old", &format!("\n {receipt}"))
        .append_pair("new", "")
        .finish();
    let checked = Browser::new(&node).get(&format!("/chain?{query}")).await;
    says(checked.text(), &["前后一致", "签名有效，默克尔根相同"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_read_with_its_label_and_explained_when_it_is_of_no_use() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let (mut desk, case) = filed(&node).await;
    let uses = [("party", "2"), ("party_uses", "1"), ("agent_uses", "1"), ("days", "30")];
    let issued = desk.clerk.send(&format!("{case}/act/issue-code"), &uses).await;
    let code =
        issued.text().split("id=\"association-code\" translate=\"no\">").nth(1).unwrap().split('<').next().unwrap();

    let again = desk.defendant.send("/cases/associate", &[("code", code), ("filer", "principal")]).await;
    says(again.text(), &["您已关联本案。", &format!("<a href=\"{case}\">查看案件</a>")]);
    let people = People::of(&node).await;
    let mut outsider = Worker::of(&node, &people.person("王五").await, "wang.wu").await;
    let refused = outsider.send("/cases/associate", &[("code", "0000-0000-0000"), ("filer", "principal")]).await;
    says(refused.text(), &["关联码不正确或者已失效。请核对，或者向书记员申请新的关联码。", "href=\"#code\""]);
    let taken = outsider.send("/cases/associate", &[("code", code), ("filer", "principal")]).await;
    assert!(taken.status == 409 && !taken.text().contains(&case), "a code alone leads to no case: {}", taken.text());
    let labelled = format!("关联码： {code} ");
    let agent = [("code", labelled.as_str()), ("filer", "agent"), ("name", "王五"), ("power", "委托书一份")];
    assert_eq!(location(&outsider.send("/cases/associate", &agent).await), format!("{case}?done=associate"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_says_what_is_missing_in_the_words_of_its_labels() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    desk.complete(&case, "李四", "合同").await;
    desk.plaintiff.act(&case, "submit", &[("sure", "yes")]).await;
    let returned = desk.clerk.send(&format!("{case}/act/return-filing"), &[]).await;
    assert_eq!(returned.status, 422);
    says(returned.text(), &["请填写理由", "href=\"#reason\""]);
    desk.clerk.act(&case, "return-filing", &[("reason", "请补充被告住址")]).await;
    desk.file(&case).await;
    let number = desk.clerk.send(&format!("{case}/act/bind-number"), &[("number", "113号")]).await;
    says(number.text(), &["案号格式不正确，应如（2026）粤0192民初113号"]);
    assert!(!number.text().contains("（number）") && !number.text().contains("“案号”"), "{}", number.text());

    let period = [("basis", "ordinary"), ("days", "5"), ("start", "2026-11-22"), ("party", "2")];
    let short = desk.judge.send(&format!("{case}/act/set-period"), &period).await;
    says(short.text(), &["指定的期限为 5 日，不得少于 15 日"]);

    let judge = desk.judge.page(&format!("{case}/act/judge")).await;
    assert!(!judge.contains("判决书的存证编号 <span"), "the judgment is no option: {judge}");
    assert_eq!(desk.judge.send(&format!("{case}/act/judge"), &[]).await.status, 422);
    let document = desk.deposit().await;
    desk.judge.act(&case, "judge", &[("document", &document), ("sure", "yes")]).await;
    let judged = desk.defendant.page(&case).await;
    says(&judged, &["判决书尚未送达。"]);
    assert!(!judged.contains("判决书确认送达"), "{judged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_reply_starts_with_the_first_one_and_replaces_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let (mut desk, case) = filed(&node).await;
    let path = format!("{case}/act/reply?item=1");
    let silent = desk.defendant.send(&path, &[("item", "1"), ("grounds", "before-the-chain")]).await;
    assert_eq!(silent.status, 422);
    says(silent.text(), &["请至少填写一项意见", "href=\"#authenticity-"]);
    let first =
        [("item", "1"), ("authenticity", "disputed"), ("grounds", "before-the-chain"), ("reason", "形成过程不明")];
    let seen = desk.defendant.send(&path, &first).await;
    assert_eq!(location(&seen), format!("{case}/evidence?done=reply"));
    let form = desk.defendant.page(&path).await;
    says(
        &form,
        &[
            "name=\"authenticity\" value=\"disputed\" checked",
            "name=\"grounds\" value=\"before-the-chain\" checked",
            "形成过程不明</textarea>",
        ],
    );
    let of_other = desk.plaintiff.page(&format!("{case}/evidence")).await;
    assert!(!of_other.contains("版替代"), "{of_other}");
    let second = [("item", "1"), ("authenticity", "admitted")];
    assert_eq!(desk.defendant.send(&path, &second).await.status, 303);
    let seen = desk.plaintiff.page(&format!("{case}/evidence")).await;
    assert_eq!(seen.matches("已被第 2 版替代").count(), 1, "{seen}");
    assert!(!seen.contains("请向提供该证据的当事人索取复制件，或者向人民法院申请查阅、复制"), "its own item");
    says(
        &desk.defendant.page(&format!("{case}/evidence")).await,
        &["未提交原文，请向提供该证据的当事人索取复制件，或者向人民法院申请查阅、复制"],
    );
    let differs = desk.judge.page(&format!("{case}/evidence?done=verify-differs")).await;
    says(&differs, &["已记入案件：所选文件与链上记录不一致。"]);
    assert!(!differs.contains("verdict good\" role=\"status\""), "a mismatch is no success: {differs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_is_confirmed_after_the_hearing_and_once() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let (mut desk, case) = filed(&node).await;
    desk.judge.act(&case, "begin-hearing", &[]).await;
    desk.clerk.act(&case, "open-transcript", &[("kind", "hearing"), ("hearing", "1")]).await;
    let text = desk.deposit().await;
    let version = [("transcript", "1"), ("source", "clerk"), ("document", text.as_str())];
    desk.clerk.act(&case, "add-transcript-version", &version).await;
    let form = desk.clerk.page(&format!("{case}/act/open-round?transcript=1")).await;
    says(&form, &["在线确认的人员不能阅读原文"]);
    assert!(!form.contains("请与您收到的文本核对"), "{form}");
    let (judge, clerk) = (option(&form, "法官 法官"), option(&form, "书记员 书记员"));
    let signers =
        [("transcript", "1"), ("signers", "party 1"), ("signers", "party 2"), ("signers", &judge), ("signers", &clerk)];
    desk.clerk.act(&case, "open-round", &signers).await;
    let records = format!("{case}/records");
    let open = desk.plaintiff.page(&records).await;
    says(&open, &["庭审尚未结束，结束后方可确认笔录。"]);
    assert!(!open.contains("阅读并确认"), "{open}");
    desk.judge.act(&case, "end-hearing", &[]).await;
    says(&desk.plaintiff.page(&records).await, &["阅读并确认"]);
    let confirm = format!("{case}/act/confirm?round=1");
    let confirmed = desk.plaintiff.send(&confirm, &[("method", "online"), ("sure", "yes")]).await;
    assert_eq!(location(&confirmed), format!("{records}?done=confirm"));
    let after = desk.plaintiff.page(&records).await;
    says(&after, &["您已确认。"]);
    assert!(!after.contains("阅读并确认"), "{after}");
    says(&desk.defendant.page(&records).await, &["阅读并确认"]);
}
