//! How often forms are accepted, and what a restore leaves of sessions.

use std::path::Path;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use tiezheng::http::request_limits::RequestLimits;

use crate::support::browser::{Browser, PASSWORD};
use crate::support::process::{Node, http_client, program};
use crate::support::test_node::{NodeConfig, TestNode};

#[tokio::test]
async fn logins_and_registrations_of_one_address_are_limited_by_default() {
    let node = TestNode::in_memory(NodeConfig { requests: RequestLimits::default(), ..NodeConfig::default() }).await;
    let mut browser = Browser::new(&node);
    for (path, most) in [("/register", 30), ("/reset", 60)] {
        let mut accepted = 0;
        let limited = loop {
            // Different passwords: refused before a hash is computed.
            let answer = browser.post(path, &[("new-password", "a"), ("new-password-again", "b")]).await;
            if answer.status == 429 {
                break answer;
            }
            assert_eq!(answer.status, 422, "{}", answer.text());
            accepted += 1;
        };
        // Some are refilled meanwhile.
        assert!((most..most + 10).contains(&accepted), "{path}: {accepted}");
        assert!(limited.header("retry-after").parse::<u64>().unwrap() > 0);
        assert!(limited.text().contains("<h1>") && limited.text().contains("rate_limited"), "an error is a page");
        assert!(limited.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(browser.get(path).await.status, 200, "{path}: reading the form is not limited");
    }
    assert_eq!(browser.log_in("nobody", "x", "").await.status, 401, "each form has a limit of its own");
}

/// A client of a node's pages.
struct Client {
    client: reqwest::Client,
    url: String,
}

impl Client {
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::Response {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = self.client.post(format!("{}{path}", self.url)).body(body.finish());
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").header(ORIGIN, &self.url);
        request.send().await.unwrap()
    }

    /// Whether a session opens the page of the account.
    async fn is_signed_in(&self, session: &str) -> bool {
        let request = self.client.get(format!("{}/account", self.url)).header(COOKIE, session);
        let answer = request.send().await.unwrap();
        let path = answer.url().path().to_owned();
        assert!(path == "/account" || path == "/login", "{path}");
        path == "/account"
    }

    /// Logs in as the operator; the cookie of the session.
    async fn log_in(&self) -> String {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let client = Self { client, url: self.url.clone() };
        let answer = client.post("/login", &[("login", "operator"), ("password", PASSWORD)]).await;
        assert_eq!(answer.headers()[LOCATION], "/account");
        answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned()
    }
}

fn run(arguments: &[&str], folder: &Path) {
    let output =
        program().args(arguments).current_dir(folder).env("TIEZHENG_CONFIG", folder.join("config")).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_restore_ends_all_sessions_and_keeps_the_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let (data, token) = (folder.path().join("chain"), folder.path().join("token"));
    let node = Node::start(&data, &["--operator-token", token.to_str().unwrap()]);
    let client = Client { client: http_client(), url: node.url.clone() };
    let token = std::fs::read_to_string(&token).unwrap();
    let form =
        [("token", token.trim()), ("login", "operator"), ("new-password", PASSWORD), ("new-password-again", PASSWORD)];
    assert!(client.post("/activate", &form).await.status().is_success());
    let session = client.log_in().await;
    assert!(client.is_signed_in(&session).await);
    node.stop();
    // A restart ends nothing; a restore ends every session.
    let node = Node::start(&data, &[]);
    let client = Client { client: http_client(), url: node.url.clone() };
    assert!(client.is_signed_in(&session).await);
    node.stop();
    run(&["backup", "chain", "--to", "copy"], folder.path());
    run(&["restore", "copy", "--data", "restored"], folder.path());
    let node = Node::start(&folder.path().join("restored"), &[]);
    let client = Client { client: http_client(), url: node.url.clone() };
    assert!(!client.is_signed_in(&session).await, "the session was restored");
    let fresh = client.log_in().await;
    assert!(client.is_signed_in(&fresh).await);
}
