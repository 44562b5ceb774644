//! Tests of the settings: each is applied, and documented where administrators look.

use std::ffi::OsString;
use std::fs;

use crate::cli::exit::CliError;
use crate::cli::node_config::config::NodeConfig;
use crate::cli::node_config::settings::{self, SETTINGS, Setting};

fn loaded(text: &str) -> Result<NodeConfig, CliError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiezheng.toml");
    fs::write(&file, text).unwrap();
    NodeConfig::load(Some(&file), [])
}

/// A value of each setting that differs from its default.
const OTHER_VALUES: [(&str, &str); 51] = [
    ("ledger.data", "\"/srv/other\""),
    ("ledger.origin", "\"other.example/1\""),
    ("ledger.next_key_out", "\"/media/next.key\""),
    ("ledger.confirm_clock_gap", "true"),
    ("ledger.test", "true"),
    ("operator.name", "\"运营者\""),
    ("operator.nature", "\"事业单位\""),
    ("operator.record_filing", "\"粤网信备1号\""),
    ("operator.clock_source", "\"NTP\""),
    ("operator.token", "\"/srv/token\""),
    ("network.listen", "[\"127.0.0.1:1\", \"unix:/run/t.sock\"]"),
    ("network.socket_mode", "\"0600\""),
    ("network.trusted_proxies", "[\"10.0.0.0/8\"]"),
    ("tls.certificate", "\"/srv/cert\"\nkey = \"/srv/key\""),
    ("tls.key", "\"/srv/key\"\ncertificate = \"/srv/cert\""),
    ("deposits.policy", "\"enrolled\""),
    ("deposits.queue", "7"),
    ("deposits.limit_per_address", "\"7\""),
    ("deposits.limit_per_key", "\"7/8\""),
    ("deposits.limit_per_account", "\"none\""),
    ("witnesses.policy", "\"/srv/policy\""),
    ("witnesses.ack", "\"witnessed\""),
    ("witnesses.timeout", "7"),
    ("witnesses.require_at_start", "true"),
    ("timestamps.authorities", "[\"http://127.0.0.1:7/\"]"),
    ("timestamps.certificates", "[\"/srv/ca\"]"),
    ("timestamps.interval", "\"7m\""),
    ("timestamps.renew_before", "7"),
    ("timestamps.revocation_lists", "[\"/srv/crl\"]"),
    ("requests.limit_per_address", "\"7\""),
    ("requests.limit_per_account", "\"7\""),
    ("requests.monitoring", "[\"10.0.0.0/8\"]"),
    ("requests.routes.*", "\"60/30\""),
    ("http.connections", "7"),
    ("http.connections_per_address", "7"),
    ("http.header_timeout", "7"),
    ("http.body_timeout", "7"),
    ("http.write_timeout", "7"),
    ("http.shutdown_timeout", "7"),
    ("http.body_memory", "\"7MiB\""),
    ("http.body_memory_per_address", "\"7MiB\""),
    ("http.file_max", "\"7MiB\""),
    ("originals.quota", "\"7GiB\""),
    ("originals.quota_per_account", "\"7GiB\""),
    ("originals.reserved_space", "\"7GiB\""),
    ("webhooks.allow", "[\"10.1.0.0/16\"]"),
    (
        "oidc.*",
        "{ issuer = \"https://id.example\", client_id = \"c\", client_secret_file = \"s\", label = \"l\", redirect_uri = \"https://n.example\" }",
    ),
    ("log.level", "\"debug\""),
    ("log.format", "\"json\""),
    ("log.requests", "\"errors\""),
    ("log.slow_ms", "7"),
];

#[test]
fn each_setting_changes_the_configuration() {
    let others: Vec<_> =
        OTHER_VALUES.into_iter().chain([("log.folder", "\"/srv/log\""), ("log.retention_days", "7")]).collect();
    let keys: Vec<_> = others.iter().map(|(key, _)| *key).collect();
    let all: Vec<_> = SETTINGS.iter().map(|setting| setting.key).collect();
    assert_eq!(keys, all);
    for (key, value) in others {
        let (table, name) = key.rsplit_once('.').unwrap();
        let name = match key {
            "requests.routes.*" => "\"GET /v1/search\"",
            "oidc.*" => "\"粤0192\"",
            _ => name,
        };
        let config =
            loaded(&format!("[{table}]\n{name} = {value}\n")).unwrap_or_else(|error| panic!("{key}: {error:?}"));
        assert_ne!(config, NodeConfig::default(), "{key}");
    }
}

#[test]
fn each_setting_has_a_variable_of_its_own_that_overrides_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiezheng.toml");
    fs::write(&file, "[http]\nconnections = 5\n[network]\ntrusted_proxies = [\"10.0.0.0/8\"]\n").unwrap();
    let variable = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
    let load = |variables: Vec<_>| NodeConfig::load(Some(&file), variables);
    assert_eq!(load(vec![]).unwrap().http.connections, 5);
    let config = load(vec![
        variable("TIEZHENG_NODE_HTTP_CONNECTIONS", "6"),
        variable("TIEZHENG_NODE_NETWORK_TRUSTED_PROXIES", "192.0.2.1, 192.0.2.2"),
        variable("OTHER", "x"),
    ]);
    let config = config.unwrap();
    assert_eq!((config.http.connections, config.trusted_proxies.len()), (6, 2));
    let unknown = load(vec![variable("TIEZHENG_NODE_HTTP_CONECTIONS", "6")]).unwrap_err();
    assert!(unknown.en.contains("TIEZHENG_NODE_HTTP_CONECTIONS"), "{}", unknown.en);
    let mut names: Vec<_> = SETTINGS.iter().map(Setting::variable).filter(|name| !name.is_empty()).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn the_samples_are_valid_values() {
    for setting in SETTINGS {
        let (table, key) = setting.key.rsplit_once('.').unwrap();
        let line = if key == "*" { setting.sample.to_owned() } else { format!("{key} = {}", setting.sample) };
        let pair = match setting.key {
            "tls.certificate" => "key = \"k\"\n",
            "tls.key" => "certificate = \"c\"\n",
            _ => "",
        };
        let read = loaded(&format!("[{table}]\n{line}\n{pair}"));
        assert!(read.is_ok(), "{}: {:?}", setting.key, read.err());
    }
}

#[test]
fn the_documentation_lists_every_setting() {
    for (language, in_chinese) in [("", false), (".zh-CN", true)] {
        let path = format!("{}/docs/configuration{language}.md", env!("CARGO_MANIFEST_DIR"));
        let page = fs::read_to_string(&path).unwrap();
        let table = settings::documentation(in_chinese);
        assert!(page.contains(&table), "{path} must contain this table:\n{table}");
    }
}

#[test]
fn a_mistyped_key_gets_a_suggestion() {
    let error = loaded("[network]\nlisten_on = []\n").unwrap_err();
    assert!(error.en.contains("did you mean network.listen") && error.zh.contains("network.listen"), "{}", error.en);
    let error = loaded("[zzz]\nqqq = 1\n").unwrap_err();
    assert!(!error.en.contains("did you mean") && error.en.contains("line 2"), "{}", error.en);
}
