//! A client that stores an original in custody at a node process.

use std::fs;
use std::path::Path;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::depositor::content;

/// Opens an account, deposits `original` for it by token and gives it into custody. Returns the deposit number. `operator_token`
/// is the file that `serve --operator-token` wrote.
pub(crate) async fn open_original_for(client: &Client, url: &str, operator_token: &Path, original: &[u8]) -> String {
    let operator = fs::read_to_string(operator_token).unwrap().trim().to_owned();
    let by = |token: &str, method: Method, path: &str| {
        client.request(method, format!("{url}{path}")).header(AUTHORIZATION, format!("Bearer {token}"))
    };
    let account = json!({ "subject": "natural-person", "name": "张三" });
    let account = created(by(&operator, Method::POST, "/v1/accounts"), &account).await;
    let path = format!("/v1/accounts/{}", account["account"].as_str().unwrap());
    let check = json!({ "method": "face", "level": "substantial" });
    created(by(&operator, Method::POST, &format!("{path}/identity-checks")), &check).await;
    let token = json!({ "scopes": ["deposit", "read", "case"], "days": 30 });
    let token = created(by(&operator, Method::POST, &format!("{path}/tokens")), &token).await;
    let token = token["token"].as_str().unwrap();

    let measured = content(original);
    let deposit = json!({
        "sha_256": measured.sha256.unwrap().to_string(),
        "sm3": measured.sm3.unwrap().to_string(),
        "size": original.len(),
        "name": "合同",
    });
    let made = created(by(token, Method::POST, "/v1/entrusted-deposits"), &deposit).await;
    let number = made["deposit_number"].as_str().unwrap().to_owned();
    let upload = by(token, Method::PUT, &format!("/v1/deposits/{number}/original"));
    let taken = upload.header(CONTENT_TYPE, "application/octet-stream").body(original.to_vec()).send().await.unwrap();
    assert_eq!(taken.status(), 201, "{:?}", taken.text().await);
    number
}

async fn created(request: RequestBuilder, body: &Value) -> Value {
    let answer = request.header(CONTENT_TYPE, "application/json").body(body.to_string()).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 201, "{text}");
    serde_json::from_str(&text).unwrap()
}
