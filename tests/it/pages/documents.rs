//! The pages of the documents of a case: read, compared, given into custody; and the forms that ask to confirm one.

use serde_json::json;
use tiezheng::ledger::media::MediaType;

use crate::pages::court_desk::{Desk, hidden, option};
use crate::support::accounts::People;
use crate::support::browser::{Browser, location};
use crate::support::depositor::content;
use crate::support::page_text::{chinese_in, english_in, own_texts};
use crate::support::sessions::document_with;
use crate::support::test_node::{NodeConfig, TestNode};

/// A filed case at its desk: its path.
async fn filed(desk: &mut Desk<'_>) -> String {
    let case = desk.open("Zhang San", "Sale of goods").await;
    desk.complete(&case, "Li Si", "Contract").await;
    desk.file(&case).await;
    case
}

/// A deposit of a text whose depositor states this media type.
async fn typed(node: &TestNode, n: u64, text: &str, media_type: &str) -> String {
    let stated = MediaType::parse(media_type).unwrap();
    document_with(node, n, text, |statement| statement.media_type = Some(stated)).await.0
}

const TEXT: &str = "询问笔录：价款九百元。";
const READ: &str = "阅读原文";

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_is_given_by_the_clerk_read_by_the_parties_and_confirmed() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = filed(&mut desk).await;
    let number = typed(&node, 1, TEXT, "text/plain").await;
    desk.clerk.act(&case, "open-transcript", &[("kind", "inquiry")]).await;
    let version = [("transcript", "1"), ("source", "clerk"), ("document", number.as_str())];
    let recorded = desk.clerk.act(&case, "add-transcript-version", &version).await;
    let page = format!("{case}/documents/{number}");
    assert!(recorded.contains(&format!("href=\"{page}\"")) && recorded.contains("提交文书原文"), "{recorded}");

    // A party is told that it cannot be read here, and how to compare an own copy.
    let records = desk.plaintiff.page(&format!("{case}/records")).await;
    assert!(records.contains("未提交原文") && records.contains("核对文书") && !records.contains(READ));
    let missing = desk.plaintiff.page(&page).await;
    assert!(
        missing.contains("不能在此阅读") && missing.contains("data-compare=\"sm3 ") && missing.contains("sha256sum")
    );
    assert!(missing.contains("type=\"file\" id=\"copy\"") && !missing.contains("id=\"custody-form\""), "{missing}");
    assert_eq!(desk.plaintiff.browser.get(&format!("{page}/file")).await.status, 404);

    // The clerk gives it: this file and no other, once.
    let form = desk.clerk.page(&page).await;
    assert!(form.contains("id=\"custody-form\"") && form.contains("type=\"file\" id=\"original\""), "{form}");
    assert!(form.contains(&format!("tiezheng case put-original {number}")), "without a script, by the program");
    let key = hidden(&form, "key").unwrap();
    let file = format!("{page}/file");
    let wrong = desk.clerk.browser.post_file(&file, &key, "询问笔录：价款八百元。".as_bytes()).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    let refused = desk.plaintiff.browser.post_file(&file, &key, TEXT.as_bytes()).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    for _ in 0..2 {
        assert_eq!(desk.clerk.browser.post_file(&file, &key, TEXT.as_bytes()).await.status, 204);
    }
    let given = desk.clerk.page(&format!("{page}?done=given")).await;
    assert!(given.contains("文书原文已提交平台保管") && !given.contains("id=\"custody-form\""), "{given}");

    // The parties read it in a frame that is sandboxed.
    let records = desk.plaintiff.page(&format!("{case}/records")).await;
    assert!(records.contains(READ) && !records.contains("核对文书"), "{records}");
    let shown = desk.plaintiff.page(&page).await;
    assert!(shown.contains(&format!("<iframe class=\"original\" src=\"{file}\"")), "{shown}");
    assert!(shown.contains(&format!("href=\"{file}\" download")) && shown.contains("询问（听证）笔录 1 第 1 版"));
    for worker in [&mut desk.plaintiff, &mut desk.defendant, &mut desk.judge] {
        let answer = worker.browser.get(&file).await;
        assert_eq!((answer.status, answer.text()), (200, TEXT));
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert!(answer.header("content-security-policy").starts_with("sandbox;"));
        assert_eq!(
            (answer.header("x-frame-options"), answer.header("x-content-type-options")),
            ("SAMEORIGIN", "nosniff")
        );
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let log = People::of(&node).await.by_operator().get(&format!("/v1/deposits/{number}/access-log")).await.json();
    let acts: Vec<_> = log["items"].as_array().unwrap().iter().map(|one| one["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["take-custody", "access", "access", "access"], "a page records nothing, each file does");

    // The form that confirms it leads to it.
    let form = desk.clerk.page(&format!("{case}/act/open-round?transcript=1")).await;
    let (judge, clerk) = (option(&form, "法官 法官"), option(&form, "书记员 书记员"));
    let signers =
        [("transcript", "1"), ("signers", "party 1"), ("signers", "party 2"), ("signers", &judge), ("signers", &clerk)];
    desk.clerk.act(&case, "open-round", &signers).await;
    let confirm = desk.plaintiff.page(&format!("{case}/act/confirm?round=1")).await;
    assert!(confirm.contains(&format!("href=\"{page}\"")) && confirm.contains(READ), "{confirm}");
    assert!(confirm.contains("id=\"digest-file\" data-compare=\"s"), "an own copy is compared, too: {confirm}");
    let other = desk.plaintiff.page(&format!("{case}/act/confirm")).await;
    assert!(!other.contains(&page), "no round was chosen yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_served_document_is_shown_to_its_recipient_and_not_to_the_other_party() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = filed(&mut desk).await;
    let number = typed(&node, 1, TEXT, "text/html").await;
    let serve = [("party", "2"), ("mode", "paper"), ("kind", "hearing-notice"), ("document", number.as_str())];
    desk.clerk.act(&case, "serve", &serve).await;
    let (page, file) = (format!("{case}/documents/{number}"), format!("{case}/documents/{number}/file"));
    let receipt = format!("{case}/act/confirm-receipt?service=1");
    let before = desk.defendant.page(&receipt).await;
    assert!(before.contains("未提交原文") && before.contains("核对文书") && !before.contains(READ), "{before}");
    let form = desk.clerk.page(&page).await;
    let key = hidden(&form, "key").unwrap();
    assert_eq!(desk.clerk.browser.post_file(&file, &key, TEXT.as_bytes()).await.status, 204);
    let after = desk.defendant.page(&receipt).await;
    assert!(after.contains(&format!("href=\"{page}\"")) && after.contains(READ), "{after}");
    assert!(desk.defendant.page(&format!("{case}/service")).await.contains(READ));

    // What can run is never shown in the page.
    let shown = desk.defendant.page(&page).await;
    assert!(!shown.contains("<iframe") && shown.contains("下载原文"), "{shown}");
    let answer = desk.defendant.browser.get(&file).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/octet-stream"));
    assert!(answer.header("content-disposition").starts_with("attachment"));

    // The other party, people of other cases, and visitors.
    let service = desk.plaintiff.page(&format!("{case}/service")).await;
    assert!(!service.contains(&page) && !service.contains(READ), "{service}");
    let mut stranger = Browser::new(&node);
    stranger.register("stranger").await;
    for path in [&page, &file] {
        assert_eq!(desk.plaintiff.browser.get(path).await.status, 404, "{path}");
        assert_eq!(stranger.get(path).await.status, 404, "{path}");
        assert!(location(&Browser::new(&node).get(path).await).starts_with("/login?next="), "{path}");
    }
    assert_eq!(desk.plaintiff.browser.post_file(&file, &key, TEXT.as_bytes()).await.status, 404);
    assert_eq!(stranger.post_file(&file, &key, TEXT.as_bytes()).await.status, 404);
    // The form of the other party does not name it either.
    let objection = desk.plaintiff.page(&format!("{case}/act/object-service?service=1")).await;
    assert!(!objection.contains(&page), "{objection}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_gives_the_original_of_its_item_into_custody_and_the_others_view_it() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = filed(&mut desk).await;
    let digests = content(TEXT.as_bytes());
    let request = json!({
        "sha_256": digests.sha256.unwrap().to_string(),
        "sm3": digests.sm3.unwrap().to_string(),
        "size": TEXT.len(),
        "name": "聊天记录",
        "media_type": "text/plain",
    });
    let made = desk.plaintiff.browser.post_json("/deposit/on-behalf", "deposit-of-the-chat", &request).await;
    let number = made.json()["deposit_number"].as_str().unwrap().to_owned();
    let import = [("deposit_number", number.as_str()), ("name", "聊天记录"), ("content", "价款"), ("do", "import")];
    let imported = desk.plaintiff.act(&case, "import", &import).await;
    let page = format!("{case}/items/2/original");
    let file = format!("{page}/file");
    assert!(imported.contains(&format!("法院和其他当事人目前不能在线查看 <a href=\"{page}\">提交原文")), "{imported}");
    let seen = desk.defendant.page(&format!("{case}/evidence")).await;
    assert!(!seen.contains(&page) && seen.contains("请向提供该证据的当事人索取复制件"), "{seen}");

    // Its depositor gives it, once and unchanged.
    let form = desk.plaintiff.page(&page).await;
    assert!(form.contains("id=\"custody-form\"") && form.contains("data-digests=\"sm3 "), "{form}");
    assert!(form.contains(&format!("tiezheng case put-original {number}")), "without a script, by the program");
    let key = hidden(&form, "key").unwrap();
    let without = desk.defendant.page(&page).await;
    assert!(!without.contains("custody-form") && without.contains("原文仅可由办理该存证的账号提交"), "{without}");
    for worker in [&mut desk.defendant, &mut desk.clerk] {
        assert_eq!(worker.browser.post_file(&file, &key, TEXT.as_bytes()).await.status, 404);
    }
    let browser = &mut desk.plaintiff.browser;
    assert_eq!(browser.post_file(&file, &key, "聊天记录：九百元。".as_bytes()).await.status, 422);
    assert_eq!(browser.post_file(&format!("{case}/items/9/original/file"), &key, TEXT.as_bytes()).await.status, 404);
    for _ in 0..2 {
        assert_eq!(browser.post_file(&file, &key, TEXT.as_bytes()).await.status, 204);
    }
    let given = desk.plaintiff.page(&format!("{page}?done=given")).await;
    assert!(given.contains("法院和本案其他当事人可以在线查看") && !given.contains("custody-form"), "{given}");

    // Another deposit of the case, which its depositor signed, has no custody.
    let signed = desk.plaintiff.page(&format!("{case}/items/1/original?done=given")).await;
    assert!(!signed.contains("custody-form") && !signed.contains("原文已提交平台保管"), "{signed}");

    // Nobody would see the original of an item that was withdrawn.
    let again = desk.deposit().await;
    let import = [("deposit_number", again.as_str()), ("name", "物流"), ("content", "价款"), ("do", "import")];
    desk.plaintiff.act(&case, "import", &import).await;
    desk.plaintiff.act(&case, "withdraw-item", &[("item", "3")]).await;
    let withdrawn = format!("{case}/items/3/original");
    assert!(!desk.plaintiff.page(&withdrawn).await.contains("custody-form"));
    let refused = desk.plaintiff.browser.post_file(&format!("{withdrawn}/file"), &key, TEXT.as_bytes()).await;
    assert!(refused.status == 409 && refused.text().contains("item_withdrawn"), "{}", refused.text());

    for worker in [&mut desk.defendant, &mut desk.judge] {
        assert!(worker.page(&format!("{case}/evidence")).await.contains(&format!("href=\"{page}\">查看原文")));
        assert!(worker.page(&page).await.contains(&format!("src=\"{file}\"")));
        assert_eq!(worker.browser.get(&file).await.text(), TEXT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judgment_is_read_from_the_case_and_before_an_appeal() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = filed(&mut desk).await;
    let number = typed(&node, 1, TEXT, "application/pdf").await;
    desk.judge.act(&case, "judge", &[("document", &number), ("sure", "yes")]).await;
    let page = format!("{case}/documents/{number}");
    let form = desk.judge.page(&page).await;
    let key = hidden(&form, "key").unwrap();
    assert_eq!(desk.judge.browser.post_file(&format!("{page}/file"), &key, TEXT.as_bytes()).await.status, 204);
    let shown = desk.defendant.page(&case).await;
    assert!(shown.contains(&format!("href=\"{page}\"")) && shown.contains(READ), "{shown}");
    let appeal = desk.defendant.page(&format!("{case}/act/appeal?decision={number}")).await;
    assert!(appeal.contains(&format!("href=\"{page}\"")), "{appeal}");
    // The judgment itself is no petition.
    let form = [("decision", number.as_str()), ("petition", number.as_str())];
    let refused = desk.defendant.send(&format!("{case}/act/appeal"), &form).await;
    assert!(refused.text().contains("所选文书是本案裁判文书，请选择上诉状"), "{}", refused.text());
    assert!(!desk.defendant.page(&case).await.contains("提起上诉："), "nothing was recorded");
    let answer = desk.defendant.browser.get(&format!("{page}/file")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/pdf"));
    // In both languages, where it can be read, and where it can only be given or compared.
    let other = typed(&node, 2, "送达的文书", "text/plain").await;
    let serve = [("party", "2"), ("mode", "paper"), ("kind", "other"), ("document", other.as_str())];
    desk.clerk.act(&case, "serve", &serve).await;
    let (other, receipt) = (format!("{case}/documents/{other}"), format!("{case}/act/confirm-receipt?service=1"));
    for worker in [&mut desk.clerk, &mut desk.defendant] {
        for path in [&page, &other, &receipt] {
            for (word, lang) in [("zh", "zh-CN"), ("en", "en")] {
                let separator = if path.contains('?') { '&' } else { '?' };
                let texts = own_texts(&worker.page(&format!("{path}{separator}lang={word}")).await, lang);
                let foreign = if word == "en" { chinese_in(&texts) } else { english_in(&texts) };
                assert_eq!(foreign, None, "{path} {word}");
            }
        }
    }
}
