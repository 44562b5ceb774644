//! The client of a node's ledger: deposits, receipts, look-ups, proofs.

use serde::de::DeserializeOwned;

use crate::client::transport::{ApiRequest, ApiResponse, ClientError, Transport};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::proof::ConsistencyProof;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;
use crate::wire::earlier_timestamp::EarlierTimestampJson;
use crate::wire::facts::DepositJson;
use crate::wire::key_history::KeyHistoryJson;
use crate::wire::ledger::{ConsistencyJson, LedgerJson, SearchJson};
use crate::wire::receipt::{self, RECEIPT_MAX};
use crate::wire::witnesses::WitnessesJson;

const JSON: &str = "application/json";
/// The media type of notes and tlog-proofs.
const TEXT: &str = "text/plain";
/// Longest answer in bytes that is no receipt: a look-up, or a page of at most 100 items.
const ANSWER_MAX: usize = 256 * 1024;
/// Longest checkpoint in bytes, a hundred cosignatures included.
const CHECKPOINT_MAX: usize = 512 * 1024;

/// A client of one node.
#[derive(Debug, Clone)]
pub struct LedgerClient {
    transport: Transport,
    /// The path of the log, without a slash at its end.
    log: String,
}

impl LedgerClient {
    /// A client of the node at `address`, an `http` or `https` URL. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::BadAddress`].
    pub fn new(address: &str) -> Result<Self, ClientError> {
        Ok(Self { transport: Transport::new(address)?, log: "/log".to_owned() })
    }

    /// The same, with the log at the path `log`, as witnesses and mirrors serve it: `/<hex of SHA-256 of the origin>`.
    #[must_use]
    pub fn with_log_at(self, log: String) -> Self {
        Self { log, ..self }
    }

    /// The path of a file of the log.
    pub(in crate::client) fn log_path(&self, file: &str) -> String {
        format!("{}/{file}", self.log)
    }

    pub(in crate::client) const fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The node's address.
    #[must_use]
    pub fn address(&self) -> &str {
        self.transport.address()
    }

    /// The description of the ledger, unverified.
    ///
    /// # Errors
    ///
    /// [`ClientError`], as all calls.
    pub async fn ledger(&self) -> Result<LedgerJson, ClientError> {
        self.json("/v1/ledger").await
    }

    /// The ledger keys since genesis, unverified: [`KeyHistoryJson::proven`] verifies them.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn keys(&self) -> Result<KeyHistoryJson, ClientError> {
        let path = "/v1/ledger/keys";
        let body = self.bytes(path, RECEIPT_MAX).await?;
        serde_json::from_slice(&body).map_err(|error| self.malformed(path, &error))
    }

    /// Sends a deposit request. Returns the receipt, and whether the deposit is new. Sending the same bytes again is safe and returns
    /// the same receipt.
    ///
    /// # Errors
    ///
    /// [`ClientError::Problem`]: the deposit was not made. After [`ClientError::Unreachable`] it may have been made.
    pub async fn deposit(&self, request: &[u8]) -> Result<(Receipt, bool), ClientError> {
        let path = "/v1/deposits";
        let ask = ApiRequest { path, accept: JSON, body: Some(request), key: None, limit: RECEIPT_MAX };
        let ApiResponse { status, body } = self.transport.send(&ask).await?;
        Ok((self.receipt_of(path, &body)?, status == 201))
    }

    /// The look-up of a deposit, unverified.
    ///
    /// # Errors
    ///
    /// [`ClientError`]; [`ClientError::Problem`] of status 404 if there is none.
    pub async fn facts(&self, number: &DepositNumber) -> Result<DepositJson, ClientError> {
        self.json(&format!("/v1/deposits/{number}")).await
    }

    /// The receipt of a deposit, unverified.
    ///
    /// # Errors
    ///
    /// As [`Self::facts`].
    pub async fn receipt(&self, number: &DepositNumber) -> Result<Receipt, ClientError> {
        let path = format!("/v1/deposits/{number}/receipt");
        let body = self.get(&path, JSON, RECEIPT_MAX).await?;
        self.receipt_of(&path, &body)
    }

    /// The newest timestamped checkpoint before a deposit, unverified.
    ///
    /// # Errors
    ///
    /// [`ClientError`]; [`ClientError::Problem`] of status 404 if there is none.
    pub async fn earlier_timestamp(&self, number: &DepositNumber) -> Result<EarlierTimestampJson, ClientError> {
        let path = format!("/v1/deposits/{number}/earlier-timestamp");
        let body = self.get(&path, JSON, RECEIPT_MAX).await?;
        serde_json::from_slice(&body).map_err(|error| self.malformed(&path, &error))
    }

    /// The deposit as a file of c2sp.org/tlog-proof.
    ///
    /// # Errors
    ///
    /// As [`Self::facts`].
    pub async fn tlog_proof(&self, number: &DepositNumber) -> Result<String, ClientError> {
        let path = format!("/v1/deposits/{number}/receipt");
        let body = self.get(&path, TEXT, RECEIPT_MAX).await?;
        String::from_utf8(body).map_err(|error| self.malformed(&path, &error))
    }

    /// The witnesses that the node asks for cosignatures.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn witnesses(&self) -> Result<WitnessesJson, ClientError> {
        self.json("/v1/ledger/witnesses").await
    }

    /// Searches for a number, digest, transaction id, block hash or height.
    ///
    /// # Errors
    ///
    /// [`ClientError`]. No result is an empty list.
    pub async fn search(&self, query: &str) -> Result<SearchJson, ClientError> {
        let query: String = query.bytes().map(percent_encoded).collect();
        self.json(&format!("/v1/search?q={query}")).await
    }

    /// Proof that the tree of `old` leaves is the beginning of the tree of `new` leaves, unverified.
    ///
    /// # Errors
    ///
    /// [`ClientError`], as all calls.
    pub async fn consistency(&self, old: TreeSize, new: TreeSize) -> Result<ConsistencyProof, ClientError> {
        let claim = self.consistency_claim(old, new).await?;
        claim.proof().ok_or_else(|| self.malformed("/v1/proofs/consistency", &"the hashes of the proof are malformed"))
    }

    /// The same proof as the node answers it, with the roots that it claims.
    ///
    /// # Errors
    ///
    /// As [`Self::consistency`].
    pub async fn consistency_claim(&self, old: TreeSize, new: TreeSize) -> Result<ConsistencyJson, ClientError> {
        self.json(&format!("/v1/proofs/consistency?old={old}&new={new}")).await
    }

    /// The latest signed checkpoint, unverified.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn checkpoint(&self) -> Result<SignedCheckpoint, ClientError> {
        self.checkpoint_at(&self.log_path("checkpoint")).await
    }

    /// The signed checkpoint at `path`, unverified.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn checkpoint_at(&self, path: &str) -> Result<SignedCheckpoint, ClientError> {
        let body = self.get(path, TEXT, CHECKPOINT_MAX).await?;
        SignedCheckpoint::parse(&body).map_err(|error| self.malformed(path, &error))
    }

    /// The bytes at `path`.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub(in crate::client) async fn bytes(&self, path: &str, limit: usize) -> Result<Vec<u8>, ClientError> {
        self.get(path, "application/octet-stream", limit).await
    }

    async fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let body = self.get(path, JSON, ANSWER_MAX).await?;
        serde_json::from_slice(&body).map_err(|error| self.malformed(path, &error))
    }

    async fn get(&self, path: &str, accept: &str, limit: usize) -> Result<Vec<u8>, ClientError> {
        Ok(self.transport.send(&ApiRequest { path, accept, body: None, key: None, limit }).await?.body)
    }

    fn receipt_of(&self, path: &str, body: &[u8]) -> Result<Receipt, ClientError> {
        receipt::parse(body).map_err(|error| self.malformed(path, &error))
    }

    pub(in crate::client) fn malformed(&self, path: &str, reason: &dyn std::fmt::Display) -> ClientError {
        ClientError::Malformed { what: format!("{}{path}", self.address()), reason: reason.to_string() }
    }
}

/// A byte percent-encoded for a query value (RFC 3986 §2.1).
fn percent_encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_spelt_as_urls_want_it() {
        let spelt = |text: &str| text.bytes().map(percent_encoded).collect::<String>();
        assert_eq!(spelt("ab-1 &#/区"), "ab-1%20%26%23%2F%E5%8C%BA");
    }
}
