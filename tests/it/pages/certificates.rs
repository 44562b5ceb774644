//! The page of a certificate of service: who sees it, what it says, and that its transaction id is the one of the ledger.

use tiezheng::ledger::hash::{Digest, leaf_hash};

use crate::pages::court_desk::{Desk, Worker};
use crate::support::accounts::People;
use crate::support::test_node::{NodeConfig, TestNode};

/// The lines of the certificate in their order.
const LINES: [&str; 16] = [
    "送达法院",
    "案号",
    "受送达人",
    "送达文书",
    "文书存证编号",
    "文书的哈希值",
    "送达方式",
    "发送时间",
    "到达时间",
    "查阅时间",
    "确认收悉时间",
    "送达日期",
    "送达生效时间",
    "送达依据",
    "凭证存证编号",
    "凭证交易id",
];

/// The line with this label.
fn line<'p>(page: &'p str, label: &str) -> &'p str {
    let after = page.split(&format!("<dt>{label}</dt><dd>")).nth(1);
    after.unwrap_or_else(|| panic!("no line {label}: {page}")).split("</dd>").next().unwrap().trim()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_printed_from_its_service_record_by_everybody_in_the_case() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三丰", "合同纠纷").await;
    desk.complete(&case, "李四", "合同").await;
    desk.file(&case).await;
    let path = format!("{case}/service/1/certificate");
    assert_eq!(desk.plaintiff.browser.get(&path).await.status, 404, "no such service record");
    let document = desk.serve_on_plaintiff(&case).await;
    let link = format!("href=\"{path}\"");
    for (name, worker) in
        [("plaintiff", &mut desk.plaintiff), ("defendant", &mut desk.defendant), ("clerk", &mut desk.clerk)]
    {
        assert!(worker.page(&format!("{case}/service")).await.contains(&link), "{name}");
        let page = worker.page(&path).await;
        let mut at = 0;
        for label in LINES {
            let found = page[at..].find(&format!("<dt>{label}</dt>"));
            at += found.unwrap_or_else(|| panic!("{label} is missing, or out of order: {page}"));
        }
        assert!(line(&page, "受送达人").contains("原告") && line(&page, "受送达人").contains("张**"), "{name}");
        assert!(!page.contains("张三丰"), "the name is masked: {page}");
        assert!(line(&page, "文书存证编号").contains(&document) && line(&page, "送达文书").contains("裁定书"));
        assert!(line(&page, "案号").contains("（2026）粤0192民初113号"));
        assert_eq!(line(&page, "查阅时间"), "<span class=\"quiet\">未报告查阅</span>");
        let served = line(&page, "送达生效时间");
        let day = line(&page, "送达日期").trim_start_matches("<span translate=\"no\">").split('<').next().unwrap();
        assert!(day.len() == 10 && served.contains(day), "{day}: {served}");
        assert!(page.contains("data-print") && !page.contains("不再生效"));

        let number = line(&page, "凭证存证编号").split("/d/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let deposit = node.get(&format!("/v1/deposits/{number}")).await.json();
        let tx_id = deposit["tx_id"].as_str().unwrap();
        let plain = page.replace("</span><wbr><span>", "");
        assert!(line(&plain, "凭证交易id").contains(tx_id), "{name}: {page}");
        // The command of the page computes it.
        let leaf = format!("/v1/leaves/{}", deposit["index"]);
        assert!(page.contains(&format!("{leaf}) | sha256sum")), "{page}");
        assert_eq!(leaf_hash(&node.get(&leaf).await.bytes), Digest::from_hex(tx_id).unwrap());
    }
    let people = People::of(&node).await;
    let mut outsider = Worker::of(&node, &people.person("王五").await, "wang.wu").await;
    assert_eq!(outsider.browser.get(&path).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_effect_has_no_certificate() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut desk = Desk::of(&node).await;
    let case = desk.open("张三", "合同纠纷").await;
    desk.complete(&case, "李四", "合同").await;
    desk.file(&case).await;
    let document = desk.deposit().await;
    let fields = [("party", "2"), ("mode", "paper"), ("kind", "judgment"), ("document", document.as_str())];
    desk.clerk.act(&case, "serve", &fields).await;
    assert!(!desk.clerk.page(&format!("{case}/service")).await.contains("/certificate"));
    let none = desk.clerk.browser.get(&format!("{case}/service/1/certificate")).await;
    assert!(none.status == 409 && none.text().contains("service_not_effective"), "{}", none.text());
}
