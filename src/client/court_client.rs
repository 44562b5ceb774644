//! The client of a node's filing service: accounts, cases, originals, with a token.
//!
//! Answers are returned as JSON values. Their claims about deposits are not verified here.
//!
//! # Invariants
//!
//! Every act is sent with an idempotency key, so that a retry after a lost answer does not repeat it.

use std::path::Path;
use std::sync::Arc;

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::Value;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use tokio_util::io::ReaderStream;

use crate::client::transport::{ApiRequest, ClientError, Transport, reason_of, received};

const JSON: &str = "application/json";
/// Longest answer in bytes: a case with thousands of items.
const ANSWER_MAX: usize = 64 * 1024 * 1024;
/// Timeout of a file transfer in seconds: a gigabyte at 256 kB/s.
const FILE_TIMEOUT_S: u64 = 4_096;

/// A client of one node's filing service.
#[derive(Debug, Clone)]
pub struct CourtClient {
    transport: Transport,
}

impl CourtClient {
    /// A client of the node at `address` with this token. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::BadAddress`].
    pub fn new(address: &str, token: &str) -> Result<Self, ClientError> {
        Ok(Self { transport: Transport::new(address)?.with_token(token) })
    }

    /// Gets `path`.
    ///
    /// # Errors
    ///
    /// [`ClientError`], as all calls.
    pub async fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.exchange(path, None, None).await
    }

    /// Posts `body` to `path` under the idempotency key `key`.
    ///
    /// # Errors
    ///
    /// [`ClientError::Problem`]: the node rejected the request. After [`ClientError::Unreachable`] the node may have performed
    /// it: send it again with the same key.
    pub async fn post(&self, path: &str, body: &Value, key: &str) -> Result<Value, ClientError> {
        let body = body.to_string();
        self.exchange(path, Some(body.as_bytes()), Some(key)).await
    }

    /// Deletes the resource at `path`. Not retried: a second request would not find it.
    ///
    /// # Errors
    ///
    /// As [`Self::post`].
    pub async fn delete(&self, path: &str) -> Result<(), ClientError> {
        let url = format!("{}{path}", self.transport.address());
        let response = self.transport.request(Method::DELETE, path).header(ACCEPT, JSON).send().await;
        received(response.map_err(|error| unreachable(&url, &error))?, ANSWER_MAX, url).await?;
        Ok(())
    }

    async fn exchange(&self, path: &str, body: Option<&[u8]>, key: Option<&str>) -> Result<Value, ClientError> {
        let answer = self.transport.send(&ApiRequest { path, accept: JSON, body, key, limit: ANSWER_MAX }).await?;
        parsed(path, &answer.body)
    }

    /// Uploads a file to `path` with `headers`.
    ///
    /// # Errors
    ///
    /// As [`Self::post`]. Not retried.
    pub async fn send_file(
        &self,
        put: bool,
        path: &str,
        (file, size): (File, u64),
        headers: &[(&'static str, String)],
    ) -> Result<Value, ClientError> {
        let method = if put { Method::PUT } else { Method::POST };
        let mut request = self.transport.request(method, path).header(ACCEPT, JSON);
        request = request.header(CONTENT_TYPE, "application/octet-stream").header(CONTENT_LENGTH, size);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let body = reqwest::Body::wrap_stream(ReaderStream::with_capacity(file, 256 * 1024));
        let request = request.timeout(std::time::Duration::from_secs(FILE_TIMEOUT_S)).body(body);
        let url = format!("{}{path}", self.transport.address());
        let response = request.send().await;
        let response = response.map_err(|error| unreachable(&url, &error))?;
        parsed(path, &received(response, ANSWER_MAX, url).await?.body)
    }

    /// Downloads a file to `to`, which must not exist yet. Returns its size.
    ///
    /// # Errors
    ///
    /// As [`Self::get`]; [`ClientError::Malformed`] if the transfer was interrupted. The partial file is removed.
    pub async fn fetch_file(&self, path: &str, to: &Path) -> Result<u64, ClientError> {
        let url = format!("{}{path}", self.transport.address());
        let request = self.transport.request(Method::GET, path).timeout(std::time::Duration::from_secs(FILE_TIMEOUT_S));
        let mut response = request.send().await.map_err(|error| unreachable(&url, &error))?;
        if !response.status().is_success() {
            received(response, ANSWER_MAX, url.clone()).await?;
            return Err(ClientError::Malformed { what: url, reason: "neither a file nor a problem".into() });
        }
        let local = |error: std::io::Error| ClientError::Unwritable { path: to.to_owned(), error: Arc::new(error) };
        let mut file = File::create_new(to).await.map_err(local)?;
        let mut written = 0_u64;
        let outcome = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => match file.write_all(&chunk).await {
                    Ok(()) => written += u64::try_from(chunk.len()).unwrap_or(0),
                    Err(error) => break Err(local(error)),
                },
                Ok(None) => break file.sync_all().await.map_err(local),
                Err(error) => break Err(unreachable(&url, &error)),
            }
        };
        if outcome.is_err() {
            // A partial file must not look complete. If it cannot be removed, the error still reports it.
            let _ = tokio::fs::remove_file(to).await;
        }
        outcome.map(|()| written)
    }
}

fn unreachable(url: &str, error: &reqwest::Error) -> ClientError {
    ClientError::Unreachable { url: url.to_owned(), reason: reason_of(error) }
}

fn parsed(path: &str, body: &[u8]) -> Result<Value, ClientError> {
    serde_json::from_slice(body)
        .map_err(|error| ClientError::Malformed { what: path.to_owned(), reason: error.to_string() })
}
