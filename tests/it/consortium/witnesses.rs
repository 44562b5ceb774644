//! A mirror between a depositor and the ledger.

use super::*;
use crate::cli::workspace::Workspace;
use crate::support::proxy::Proxy;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_mirror_alters_in_an_answer_is_found_by_the_client() {
    let workspace = Workspace::with(&["--origin", "test.example/ledger"]);
    workspace.file("a", "a");
    let number = workspace.deposit("a", &[]).number();
    let key = json(&format!("{}/v1/ledger", workspace.url())).await["key"].as_str().unwrap().to_owned();
    let data = workspace.top().join("mirror");
    let mirror = organisation(&data, &key, workspace.url(), &["--name", "m.example", "--mirror"]);
    eventually("the mirror holds it", async || followed(&mirror.url).await["held"].as_u64().filter(|held| *held > 1))
        .await;
    let honest = Proxy::before(&mirror.url, |_, _, _| {});
    let run = |url: &str, arguments: &[&str]| workspace.run(&[arguments, &["--server", url]].concat());
    run(&honest.url, &["verify", "a", "--number", &number]).ends(0);
    run(&honest.url, &["lookup", &number]).ends(0);
    let dishonest = Proxy::before(&mirror.url, |path, _, json| {
        if path.ends_with("/receipt") {
            let entry = json["entry"].as_str().unwrap().replacen("\nsize 1\n", "\nsize 2\n", 1);
            json["entry"] = entry.into();
        }
    });
    let looked_up = run(&dishonest.url, &["lookup", &number]);
    assert_ne!(looked_up.code, 0, "{looked_up:?}");
    // With the receipt beside the file, the report says that the server shows another record than the operator signed.
    let verified = run(&dishonest.url, &["verify", "a"]).ends(1).document();
    assert_eq!(verified["fault"]["code"], "other_record", "{verified}");
    assert_eq!(verified["node"]["address"], dishonest.url.as_str());
    run(&honest.url, &["verify", "a"]).ends(0);
    // Who has no receipt of their own concludes nothing from a false one.
    std::fs::rename(workspace.path("a"), workspace.path("copy")).unwrap();
    let verified = run(&dishonest.url, &["verify", "copy", "--number", &number]);
    assert_ne!(verified.code, 0, "{verified:?}");
    mirror.stop();
}
