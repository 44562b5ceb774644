//! A browser of one visitor: cookies, forms from this node's pages. Redirects are not followed.

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use serde_json::Value;

use crate::support::test_node::{Answer, TestNode};

/// The password of every visitor that does not choose one.
pub(crate) const PASSWORD: &str = "a long sentence of mine";

/// A browser.
pub(crate) struct Browser<'n> {
    node: &'n TestNode,
    client: reqwest::Client,
    pub(crate) cookies: BTreeMap<String, String>,
    /// `Accept-Language`.
    pub(crate) languages: &'static str,
}

impl<'n> Browser<'n> {
    /// Without cookies, in Chinese.
    pub(crate) fn new(node: &'n TestNode) -> Self {
        let client = reqwest::Client::builder().no_proxy().no_gzip().redirect(reqwest::redirect::Policy::none());
        Self { node, client: client.build().unwrap(), cookies: BTreeMap::new(), languages: "zh-CN" }
    }

    /// Opens a page.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = self.client.get(self.node.url(path)).header("accept", "text/html");
        self.send(request).await
    }

    /// Sends a form of this node's page.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = self.node.url("");
        self.post_from(path, fields, Some(&origin)).await
    }

    /// Sends a form from a page of `origin`.
    pub(crate) async fn post_from(&mut self, path: &str, fields: &[(&str, &str)], origin: Option<&str>) -> Answer {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let mut request = self.client.post(self.node.url(path)).body(body.finish());
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").header("accept", "text/html");
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        self.send(request).await
    }

    /// Sends JSON as a script of this node's page does, under an idempotency key.
    pub(crate) async fn post_json(&mut self, path: &str, key: &str, body: &Value) -> Answer {
        let request = self.client.post(self.node.url(path)).body(body.to_string());
        let request = request.header(CONTENT_TYPE, "application/json").header("accept", "application/json");
        self.send(request.header("sec-fetch-site", "same-origin").header("idempotency-key", key)).await
    }

    /// Sends a file as a script of this node's page does, under an idempotency key.
    pub(crate) async fn post_file(&mut self, path: &str, key: &str, file: &[u8]) -> Answer {
        let request = self.client.post(self.node.url(path)).body(file.to_vec());
        let request = request.header(CONTENT_TYPE, "application/octet-stream").header("accept", "text/html");
        self.send(request.header("sec-fetch-site", "same-origin").header("idempotency-key", key)).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(COOKIE, cookies.join("; ")).header("accept-language", self.languages);
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let (pair, rest) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            bytes: answer.bytes().await.unwrap().to_vec(),
        }
    }

    /// Registers a natural person under this login name, with [`PASSWORD`], and is logged in.
    pub(crate) async fn register(&mut self, login: &str) -> Answer {
        let answer = self.post("/register", &registration(login)).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer
    }

    /// Logs in.
    pub(crate) async fn log_in(&mut self, login: &str, password: &str, code: &str) -> Answer {
        self.post("/login", &[("login", login), ("password", password), ("code", code)]).await
    }

    /// The session's cookie.
    pub(crate) fn session(&self) -> Option<String> {
        self.cookies.get("__Host-session").cloned()
    }

    /// The account id that the page of the own account shows.
    pub(crate) async fn account(&mut self) -> String {
        let page = self.get("/account").await;
        let text = page.text();
        let at = text.find("data-copy=\"").unwrap() + "data-copy=\"".len();
        text[at..at + 64].to_owned()
    }
}

/// The form of a natural person.
pub(crate) fn registration(login: &str) -> [(&str, &str); 6] {
    [
        ("kind", "person"),
        ("name", "张三"),
        ("login", login),
        ("new-password", PASSWORD),
        ("new-password-again", PASSWORD),
        ("consent", "yes"),
    ]
}

/// Where a redirect leads.
pub(crate) fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.headers[LOCATION].to_str().unwrap()
}

/// Sets [`PASSWORD`] for the account of a token.
pub(crate) async fn activate(browser: &mut Browser<'_>, token: &str, login: &str) {
    let form = [("token", token), ("login", login), ("new-password", PASSWORD), ("new-password-again", PASSWORD)];
    let answer = browser.post("/activate", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
}
