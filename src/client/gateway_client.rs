//! The client of a court's gateway: sends the gateway's reports on its messages, signed with its key instead of a token.

use reqwest::Url;
use serde_json::Value;

use crate::client::transport::{ClientError, Transport, reason_of, received};
use crate::wire::bilingual::Bilingual;
use crate::wire::webhook_call::WebhookSecret;

/// Longest answer in bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// Sends a signed report of the gateway to the node at `address`: `id` and `timestamp`, in seconds since 1970, are signed with the body.
/// The same report sent again is recorded once.
///
/// # Errors
///
/// [`ClientError`].
pub async fn report(
    (address, gateway): (&str, &str),
    secret: &WebhookSecret,
    signed: (&str, u64),
    body: Vec<u8>,
) -> Result<Value, ClientError> {
    let transport = Transport::new(address)?;
    let path = format!("/v1/gateway/{gateway}/reports");
    let bad = || ClientError::BadAddress {
        address: address.to_owned(),
        reason: Bilingual::new("通道编号有误", "the id of the gateway is malformed"),
    };
    let url = Url::parse(&format!("{}{path}", transport.address())).map_err(|_| bad())?;
    let response = secret.request(&transport.http, &url, signed, body).send().await;
    let unreachable =
        |error: reqwest::Error| ClientError::Unreachable { url: url.to_string(), reason: reason_of(&error) };
    let answer = received(response.map_err(unreachable)?, ANSWER_MAX, url.to_string()).await?;
    serde_json::from_slice(&answer.body)
        .map_err(|error| ClientError::Malformed { what: path, reason: error.to_string() })
}
