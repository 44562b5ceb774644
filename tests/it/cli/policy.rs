//! The deposit policy on the command line: a live ledger requires a decision, which is recorded and printed.

use std::fs;

use crate::cli::workspace::Workspace;
use crate::support::process::{LiveNode, Node};

fn serve<'a>(data: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["serve", "--data", data, "--listen", "127.0.0.1:0"], more].concat()
}

#[test]
fn no_live_ledger_is_created_without_a_policy() {
    let workspace = Workspace::alone();
    let refused = workspace.run(&serve("live", &[])).ends(64);
    assert_eq!(refused.error(), "deposit_policy_required");
    assert!(!workspace.path("live").exists(), "nothing was created");
    let said = |lang| workspace.say(lang, &serve("live", &[])).ends(64).stderr;
    assert!(said("en").contains("--deposits open (anybody), enrolled (enrolled keys) or accounts (by token only)"));
    assert!(said("zh").contains("正式账本须明确存证策略"));
    let word = workspace.say("zh", &serve("live", &["--deposits", "anybody"])).ends(64).stderr;
    assert!(word.contains("“anybody”无效，可用的值：“open”、“enrolled”、“accounts”"), "{word}");
    for (option, value) in
        [("--limit-per-key", "fast"), ("--trusted-proxy", "0.0.0.0/0"), ("--trusted-proxy", "10.0.0.1/8")]
    {
        let told = workspace.say("zh", &serve("live", &[option, value])).ends(64).stderr;
        assert!(told.contains("应写作") || told.contains("等于信任所有来源"), "{told}");
        let told = workspace.say("en", &serve("live", &[option, value])).ends(64).stderr;
        assert!(told.contains(value) && told.is_ascii(), "{told}");
    }
    assert!(!workspace.path("live").exists());
    let help = workspace.say("en", &["serve", "--help"]).ends(0).stdout;
    for word in ["open ", "enrolled ", "accounts ", "--trusted-proxy", "X-Forwarded-For", "must not"] {
        assert!(help.contains(word), "{word}");
    }
    assert!(workspace.say("zh", &["serve", "--help"]).ends(0).stdout.contains("反向代理"));
}

#[test]
fn a_policy_is_recorded_and_changed_by_the_operator_only() {
    let workspace = Workspace::alone();
    let chain = workspace.top().join("chain");
    let data = chain.to_str().unwrap().to_owned();
    let policy_of = |node: &LiveNode| {
        let policy = node.document["deposits"].as_str().unwrap().to_owned();
        (policy, node.document["deposits_before"].as_str().map(str::to_owned))
    };
    let first = LiveNode::start(&chain, &["--deposits", "accounts"]);
    assert_eq!(policy_of(&first), ("accounts".into(), None));
    workspace.file("a", "a");
    let refused = workspace.run(&["deposit", "a", "--server", &first.url]).ends(1);
    assert_eq!(refused.error(), "deposit_by_token_only");
    first.stop();
    // It needs not be said again.
    let second = LiveNode::start(&chain, &[]);
    assert_eq!(policy_of(&second), ("accounts".into(), Some("accounts".into())));
    second.stop();
    let third = LiveNode::start(&chain, &["--deposits", "open"]);
    assert_eq!(policy_of(&third), ("open".into(), Some("accounts".into())));
    // The statement that was refused by policy is still there, and is sent as it was.
    workspace.run(&["deposit", "a", "--server", &third.url]).ends(0);
    third.stop();
    let file = chain.join("accounts/deposit-policy");
    let good = fs::read_to_string(&file).unwrap();
    assert!(good.starts_with("tiezheng deposit policy v1\npolicy open\n"), "{good}");
    for bad in [good.replace("open", "shut"), String::new(), good.replace("v1", "v2")] {
        fs::write(&file, bad).unwrap();
        for more in [&[][..], &["--deposits", "open"]] {
            assert_eq!(workspace.run(&serve(&data, more)).ends(2).error(), "deposit_policy_unreadable");
        }
    }
    // A ledger of a time before there were policies: as if none was recorded.
    fs::remove_file(&file).unwrap();
    assert_eq!(workspace.run(&serve(&data, &[])).ends(1).error(), "account_files_missing");
    fs::remove_file(chain.join("inventory")).unwrap();
    assert_eq!(workspace.run(&serve(&data, &[])).ends(64).error(), "deposit_policy_required");
    assert!(!file.exists());
    LiveNode::start(&chain, &["--deposits", "enrolled"]).stop();
    assert!(fs::read_to_string(&file).unwrap().contains("policy enrolled\n"));
}

#[test]
fn a_test_ledger_is_open_and_stays_a_test_ledger_without_a_word() {
    let workspace = Workspace::alone();
    let chain = workspace.top().join("chain");
    Node::start(&chain, &[]).stop();
    assert!(!chain.join("accounts/deposit-policy").exists(), "nobody decided anything");
    // Without --test, the folder itself says that it is one.
    let node = LiveNode::start(&chain, &[]);
    assert_eq!((&node.document["deposits"], &node.document["mode"]), (&"open".into(), &"test".into()));
    node.stop();
}

#[test]
fn an_operator_token_is_announced_and_never_takes_the_place_of_another_file() {
    let workspace = Workspace::alone();
    let (chain, token) = (workspace.top().join("chain"), workspace.top().join("operator.token"));
    let serve = |lang: &str, file: &std::path::Path| {
        let (chain, file) = (chain.to_str().unwrap(), file.to_str().unwrap());
        let args = [
            "serve",
            "--test",
            "--data",
            chain,
            "--listen",
            "127.0.0.1:0",
            "--operator-token",
            file,
            "--stop-with-stdin",
        ];
        workspace.say(lang, &args)
    };
    let said = serve("zh", &token).ends(0).stdout;
    assert!(said.contains(&format!("平台管理员令牌已写入 {}", token.display())), "{said}");
    let written = fs::read_to_string(&token).unwrap();
    let said = serve("en", &token).ends(0).stdout;
    assert!(said.contains("in force: no other was made"), "{said}");
    assert_eq!(fs::read_to_string(&token).unwrap(), written);
    let chain = chain.to_str().unwrap();
    // What is no token of this ledger is neither replaced nor taken for one.
    let digit = written.as_bytes()["tzt_".len()];
    let foreign = written.replacen(char::from(digit), if digit == b'7' { "8" } else { "7" }, 1);
    assert_ne!(foreign, written);
    for content in ["notes of somebody\n", "", foreign.as_str(), "\u{fffd}"] {
        let file = workspace.file("notes", content);
        let refused = workspace.run(&[
            "serve",
            "--test",
            "--data",
            chain,
            "--listen",
            "127.0.0.1:0",
            "--operator-token",
            "notes",
            "--stop-with-stdin",
        ]);
        assert_eq!(refused.ends(64).error(), "not_an_operator_token", "{content:?}");
        assert_eq!(fs::read_to_string(workspace.path("notes")).unwrap(), content);
        drop(file);
    }
}

#[test]
fn a_key_is_enrolled_listed_and_removed() {
    let workspace = Workspace::alone();
    let (chain, token) = (workspace.top().join("chain"), workspace.top().join("operator.token"));
    let token = token.to_str().unwrap().to_owned();
    let node = LiveNode::start(&chain, &["--deposits", "enrolled", "--operator-token", &token]);
    macro_rules! account {
        ($($more:expr),*) => { ["case", "--server", &*node.url, "--token-file", &*token, "account", $($more),*] };
    }
    workspace.file("a", "a");
    assert_eq!(workspace.run(&["deposit", "a", "--server", &node.url]).ends(1).error(), "key_not_enrolled");
    let statement = fs::read_to_string(workspace.path("a.tiezheng-statement")).unwrap();
    let key = statement.split("key k-").nth(1).unwrap().split(['\n', '\\']).next().unwrap();
    let key = format!("k-{key}");
    let name = key.split('+').next().unwrap().to_owned();
    let enrolled = workspace.run(&account!["add-key", &key]).ends(0).document();
    assert_eq!((enrolled["name"].as_str(), enrolled["key"].as_str()), (Some(name.as_str()), Some(key.as_str())));
    workspace.run(&["deposit", "a", "--server", &node.url]).ends(0);
    let listed = workspace.run(&account!["keys"]).ends(0).document();
    assert_eq!(listed["items"][0]["name"], name);
    for (lang, said) in [("en", "enrolled"), ("zh", "已登记公钥")] {
        assert!(workspace.say(lang, &account!["add-key", &key]).ends(0).stdout.contains(said));
        assert!(workspace.say(lang, &account!["keys"]).ends(0).stdout.contains(&key));
    }
    assert_eq!(workspace.run(&account!["add-key", "nonsense"]).ends(64).error(), "bad_key");
    assert_eq!(workspace.run(&account!["remove-key", &key]).ends(0).document()["removed"], name);
    assert!(workspace.say("en", &account!["keys"]).ends(0).stdout.contains("no keys are enrolled"));
    workspace.file("b", "b");
    assert_eq!(workspace.run(&["deposit", "b", "--server", &node.url]).ends(1).error(), "key_not_enrolled");
    node.stop();
}
