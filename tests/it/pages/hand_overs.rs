//! A dossier that another court sent: the manifest that came with it is compared with the one on the chain.

use tiezheng::court::case::manifest::root;

use crate::court::hand_overs::Appealed;
use crate::pages::court_desk::Worker;
use crate::support::accounts::People;
use crate::support::browser::location;
use crate::support::test_node::{Answer, NodeConfig, TestNode};

/// The root and the number of lines of a manifest, as a form has them.
fn root_of(lines: &[&str]) -> (String, String) {
    let found = root(lines).unwrap();
    (found.root.to_string(), found.count.to_string())
}

/// A step of the receiving court with these roots of both volumes.
async fn step(
    worker: &mut Worker<'_>,
    path: &str,
    (main, second): (&[&str], &[&str]),
    fields: &[(&str, &str)],
) -> Answer {
    let ((main, lines), (second, second_lines)) = (root_of(main), root_of(second));
    let roots = [
        ("main-root", main.as_str()),
        ("main-count", lines.as_str()),
        ("second-root", second.as_str()),
        ("second-count", second_lines.as_str()),
    ];
    worker.send(path, &[&roots[..], fields].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receiving_court_compares_what_came_with_what_is_on_the_chain() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let dossier = Appealed::received(&people).await;
    let mut sender = Worker::of(&node, &dossier.suit.clerk, "sender").await;
    let mut party = Worker::of(&node, &dossier.suit.bringing, "party").await;
    let mut receiver = Worker::of(&node, &dossier.there, "receiver").await;
    let path = format!("/cases/{}/hand-overs/1", dossier.suit.case);
    // The sending court downloads the manifests, which go along with the dossier; parties see the main volume only.
    let page = sender.page(&path).await;
    assert!(page.contains(&format!("{path}/manifest/main")) && page.contains(&format!("{path}/manifest/second")));
    let main = sender.page(&format!("{path}/manifest/main")).await;
    let second = sender.page(&format!("{path}/manifest/second")).await;
    assert!(main.starts_with("tiezheng hand-over manifest v1\nvolume main\n") && main.ends_with('\n'));
    assert_eq!(party.page(&format!("{path}/manifest/main")).await, main);
    assert_eq!(party.browser.get(&format!("{path}/manifest/second")).await.status, 404);
    assert_eq!(party.browser.get(&format!("{path}/manifest/third")).await.status, 404);

    let (main, second): (Vec<&str>, Vec<&str>) = (main.lines().collect(), second.lines().collect());
    let mut shorter = main.clone();
    shorter.pop();
    let page = receiver.page(&path).await;
    assert!(page.contains("data-volume=\"main\"") && page.contains("name=\"second-root\""), "{page}");
    assert!(!page.contains("id=\"procedure\""), "no retrial");
    // Nothing is accepted without a manifest that came: the node's own is no answer.
    let accept = [("step", "accept"), ("compared", "yes")];
    let without = receiver.send(&path, &accept).await;
    assert!(without.status == 422 && without.text().contains("请选择随案卷收到的清单文件"), "{}", without.text());
    let typed = receiver.send(&path, &[("main-root", "ab"), ("main-count", "3"), accept[0], accept[1]]).await;
    assert!(typed.status == 422 && typed.text().contains("64 位十六进制"), "{}", typed.text());
    let other = step(&mut receiver, &path, (&shorter, &second), &accept).await;
    assert!(other.status == 409 && other.text().contains("未能办理"), "{}", other.text());
    assert!(other.text().contains("移交目前状态：") && other.text().contains("处理建议："), "{}", other.text());
    let differs = [("step", "differs"), ("reason", "缺少一项证据")];
    let equal = step(&mut receiver, &path, (&main, &second), &differs).await;
    assert!(equal.status == 409 && equal.text().contains("清单相符"), "{}", equal.text());
    let differs = step(&mut receiver, &path, (&shorter, &second), &differs).await;
    assert_eq!(location(&differs), format!("{path}?done=yes"));
    assert!(receiver.page(&path).await.contains("核对不符"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dossier_whose_manifest_agrees_is_accepted() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let people = People::of(&node).await;
    let dossier = Appealed::received(&people).await;
    let mut sender = Worker::of(&node, &dossier.suit.clerk, "sender").await;
    let mut receiver = Worker::of(&node, &dossier.there, "receiver").await;
    let path = format!("/cases/{}/hand-overs/1", dossier.suit.case);
    let (main, second) =
        (sender.page(&format!("{path}/manifest/main")).await, sender.page(&format!("{path}/manifest/second")).await);
    let (main, second): (Vec<&str>, Vec<&str>) = (main.lines().collect(), second.lines().collect());
    let accept = [("step", "accept"), ("compared", "yes"), ("number", "（2026）粤01民终1号")];
    let accepted = step(&mut receiver, &path, (&main, &second), &accept).await;
    let next = location(&accepted).to_owned();
    assert!(next.ends_with("?done=accept-hand-over"), "{next}");
    assert!(receiver.page(&next).await.contains("（2026）粤01民终1号"));
}
