//! The configuration file, the environment and the command line.

use std::fs;

use serde_json::Value;

use crate::support::process::{LiveNode, program};

#[test]
fn the_file_configures_a_node_and_environment_and_options_override_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiezheng.toml");
    let text = "[ledger]\ndata = \"from-file\"\ntest = true\n\n[network]\nlisten = [\"127.0.0.1:0\", \"unix:SOCKET\"]\n\n\
                [operator]\nname = \"示例电子存证服务\"\nclock_source = \"NTP\"\n";
    let socket = folder.path().join("http.sock");
    fs::write(&file, text.replace("SOCKET", socket.to_str().unwrap())).unwrap();
    let start = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command = program();
        command.args(["--json", "serve", "--config"]).arg(&file).args(more).args(["--stop-with-stdin"]);
        command.envs(variables.iter().copied()).env("TIEZHENG_CONFIG", folder.path().join("config"));
        LiveNode::of(command)
    };
    let node = start(&[], &[]);
    // A path in the file is relative to the file.
    assert!(folder.path().join("from-file/db").is_dir());
    let curl = |arguments: &[&str]| {
        let curl = std::process::Command::new("curl").args(["-s", "--noproxy", "*"]).args(arguments).output().unwrap();
        serde_json::from_slice::<Value>(&curl.stdout).unwrap()
    };
    let ledger = curl(&[&format!("{}/v1/ledger", node.url)]);
    assert_eq!((&ledger["operator"], &ledger["clock_source"]), (&"示例电子存证服务".into(), &"NTP".into()));
    assert_eq!(ledger["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(curl(&["--unix-socket", socket.to_str().unwrap(), "http://localhost/v1/ledger"]), ledger);
    node.stop();
    assert!(!socket.exists());
    let by_variable = folder.path().join("by-variable");
    let variable = ("TIEZHENG_NODE_LEDGER_DATA", by_variable.to_str().unwrap());
    start(&[], &[variable]).stop();
    assert!(by_variable.is_dir());
    let by_option = folder.path().join("by-option");
    start(&["--data", by_option.to_str().unwrap()], &[variable]).stop();
    assert!(by_option.is_dir());
}

#[test]
fn a_wrong_setting_is_named_with_its_line_and_nothing_is_created() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiezheng.toml");
    let said = |arguments: &[&str]| {
        let said = program().args(["--json", "--lang", "en"]).args(arguments).arg(&file).output().unwrap();
        let error: Value = serde_json::from_slice(&said.stdout).unwrap();
        (
            said.status.code(),
            error["error"]["code"].clone(),
            error["error"]["message"].as_str().unwrap_or_default().to_owned(),
        )
    };
    for (text, line, word) in [
        ("[network]\n\nlisten = \"everywhere\"\n", 3, "everywhere"),
        ("[netwrok]\nlisten = []\n", 2, "network.listen"),
        ("[log]\nformat = \"xml\"\n", 2, "text | json"),
        ("[http]\nconnections = 0\n", 2, "positive"),
        ("[ledger]\ntest = \"perhaps\"\n", 2, "true or false"),
        ("[requests.routes]\n\"GET /v1/nothing\" = \"6\"\n", 2, "no route"),
        ("[deposits]\npolicy = [\"open\"]\n", 2, "one value"),
        ("[deposits]\npolicy =\n", 2, "TOML"),
        ("[ledger]\n[ledger]\n", 2, "TOML"),
    ] {
        fs::write(&file, text).unwrap();
        for arguments in [&["config", "check"][..], &["serve", "--config"]] {
            let (status, code, message) = said(arguments);
            assert_eq!((status, code), (Some(64), "bad_setting".into()), "{text}: {message}");
            assert!(message.contains(&format!("line {line}:")) && message.contains(word), "{text}: {message}");
            let chinese = program().args(["--lang", "zh"]).args(arguments).arg(&file).output().unwrap();
            let chinese = String::from_utf8(chinese.stderr).unwrap();
            assert!(chinese.contains(&format!("第 {line} 行")), "{chinese}");
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    fs::write(&file, "").unwrap();
    let wrong = program()
        .args(["--json", "config", "check"])
        .arg(&file)
        .env("TIEZHENG_NODE_NETWORK_LISTN", "x")
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&wrong.stdout).contains("TIEZHENG_NODE_NETWORK_LISTN"), "{wrong:?}");
}

#[test]
fn the_sample_is_valid_and_the_packaged_file_is_the_sample() {
    let sample = String::from_utf8(program().args(["config", "sample"]).output().unwrap().stdout).unwrap();
    let packaged = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/tiezheng.toml")).unwrap();
    // The package sets the folder, and says so in one more line.
    let set = "\n# 软件包仅启用 ledger.data。 The package sets ledger.data and nothing else.";
    assert!(packaged.contains(set));
    let packaged = packaged.replace(set, "").replace("\ndata = ", "\n#data = ");
    assert_eq!(packaged, sample, "write the output of `tiezheng config sample` to packaging/tiezheng.toml");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiezheng.toml");
    fs::write(&file, &sample).unwrap();
    assert!(program().args(["config", "check"]).arg(&file).status().unwrap().success());
}
