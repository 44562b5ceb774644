//! The client of the batch endpoint: sends many deposits in one HTTP exchange (`POST /v1/deposits/batch`).
//!
//! Verdicts are read while requests are still being sent, so neither side blocks the other. Requests without an answer, or rejected
//! for lack of capacity, are sent again with the same bytes, as for a single deposit.

use std::time::Duration;

use reqwest::Response;
use tokio::time::timeout;

use crate::client::ledger_client::LedgerClient;
use crate::client::transport::{
    ClientError, FailedAttempt, PROBLEM_MAX, Retry, no_answer_in_time, reason_of, wait_before_retry,
};
use crate::error_code::ErrorCode;
use crate::ledger::receipt::Receipt;
use crate::wire::bilingual::Bilingual;
use crate::wire::deposit::BatchVerdict;
use crate::wire::receipt::RECEIPT_MAX;

const PATH: &str = "/v1/deposits/batch";
/// The media type of both request and answer.
const NDJSON: &str = "application/x-ndjson";
/// Longest verdict in bytes.
const VERDICT_MAX: usize = RECEIPT_MAX + PROBLEM_MAX;
/// Longest wait for the next part of an answer: the node may let a batch wait 30 s for a permit, and a line 30 s for space in the
/// queue.
const READ_TIMEOUT: Duration = Duration::from_mins(2);
/// Attempts without any answer before the client gives up.
const ATTEMPTS: u32 = 5;

/// The result of one deposit request, as of [`LedgerClient::deposit`].
pub type DepositResult = Result<(Receipt, bool), ClientError>;

impl LedgerClient {
    /// Sends deposit requests, each one line that ends in LF. Returns their results in order.
    pub async fn deposit_many(&self, requests: &[String]) -> Vec<DepositResult> {
        let mut answers: Vec<Option<DepositResult>> = requests.iter().map(|_| None).collect();
        let mut attempt = 1;
        loop {
            let pairs = requests.iter().zip(&mut answers);
            let (lines, open): (Vec<&str>, Vec<&mut Option<DepositResult>>) = pairs
                .filter(|(_, answer)| is_open(answer.as_ref()))
                .map(|(line, answer)| (line.as_str(), answer))
                .unzip();
            if lines.is_empty() {
                break;
            }
            let (got, ended) = self.exchange(&lines).await;
            let mut progress = false;
            for (place, answer) in open.into_iter().zip(got) {
                *place = Some(answer);
                progress |= !is_open(place.as_ref());
            }
            attempt = if progress { 1 } else { attempt + 1 };
            let retry = match ended {
                Ok(()) => Retry::Soon,
                Err(FailedAttempt { error, retry }) => {
                    let last = attempt > ATTEMPTS || matches!(retry, Retry::No);
                    if last {
                        answers
                            .iter_mut()
                            .filter(|answer| answer.is_none())
                            .for_each(|answer| *answer = Some(Err(error.clone())));
                        break;
                    }
                    retry
                }
            };
            if attempt > ATTEMPTS {
                break;
            }
            if answers.iter().any(|answer| is_open(answer.as_ref())) {
                wait_before_retry(&retry, attempt).await;
            }
        }
        let unanswered = || Err(self.malformed(PATH, &"it has fewer verdicts than lines were sent"));
        answers.into_iter().map(|answer| answer.unwrap_or_else(unanswered)).collect()
    }

    /// Sends `lines` and reads verdicts to the end of the answer. Returns the verdicts received, and the error if some are missing.
    async fn exchange(&self, lines: &[&str]) -> (Vec<DepositResult>, Result<(), FailedAttempt>) {
        let mut got = Vec::with_capacity(lines.len());
        let ended = self.read_into(&mut got, lines).await;
        (got, ended)
    }

    async fn read_into(&self, got: &mut Vec<DepositResult>, lines: &[&str]) -> Result<(), FailedAttempt> {
        let response = self.transport().post(PATH, NDJSON, lines.concat(), READ_TIMEOUT).await?;
        let mut verdicts = VerdictReader { response, buffer: Vec::new(), read: 0 };
        while let Some(line) = verdicts.next(self).await? {
            // A node that shuts down reports that for a line after the last one.
            if got.len() == lines.len() {
                break;
            }
            let verdict = serde_json::from_slice(line).map_err(|error| self.malformed(PATH, &error));
            let answer = verdict.and_then(|verdict| self.deposit_result(verdict, got.len() + 1));
            got.push(answer.map_err(FailedAttempt::permanent)?);
        }
        Ok(())
    }

    /// The result in a verdict; `Err` if it is malformed or of another line than `expected`.
    fn deposit_result(&self, verdict: BatchVerdict, expected: usize) -> Result<DepositResult, ClientError> {
        if verdict.line != expected {
            let reason = format!("a verdict of line {} where that of line {expected} was due", verdict.line);
            return Err(self.malformed(PATH, &reason));
        }
        match (verdict.receipt, verdict.problem) {
            (Some(receipt), None) => {
                let receipt = Receipt::try_from(receipt).map_err(|error| self.malformed(PATH, &error))?;
                Ok(Ok((receipt, verdict.status == 201)))
            }
            (None, Some(problem)) => Ok(Err(problem.into())),
            _ => Err(self.malformed(PATH, &"a verdict has a receipt or a problem")),
        }
    }
}

/// Error codes of requests that the node did not process.
const NOT_PROCESSED: &[ErrorCode] =
    &[ErrorCode::Busy, ErrorCode::RateLimited, ErrorCode::BodyBroken, ErrorCode::BodyTimeout];

/// Whether a request must be sent again: it has no answer, or an error code of a request that was not processed.
fn is_open(answer: Option<&DepositResult>) -> bool {
    match answer {
        None => true,
        Some(Err(ClientError::Problem { code, .. })) => code.is_one_of(NOT_PROCESSED),
        Some(_) => false,
    }
}

/// Reads an answer line by line.
struct VerdictReader {
    response: Response,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that were returned.
    read: usize,
}

impl VerdictReader {
    /// The next line; none at the end.
    async fn next(&mut self, client: &LedgerClient) -> Result<Option<&[u8]>, FailedAttempt> {
        let mut searched = 0;
        loop {
            let new = self.buffer.get(self.read + searched..).unwrap_or_default();
            if let Some(end) = new.iter().position(|byte| *byte == b'\n') {
                let begin = self.read;
                self.read += searched + end + 1;
                return Ok(self.buffer.get(begin..self.read));
            }
            self.buffer.drain(..self.read);
            (self.read, searched) = (0, self.buffer.len());
            if searched > VERDICT_MAX {
                let reason = format!("a verdict has more than {VERDICT_MAX} bytes");
                return Err(FailedAttempt::permanent(client.malformed(PATH, &reason)));
            }
            let unreachable = |reason: Bilingual| {
                let url = format!("{}{PATH}", client.address());
                FailedAttempt { error: ClientError::Unreachable { url, reason }, retry: Retry::Soon }
            };
            match timeout(READ_TIMEOUT, self.response.chunk()).await {
                Err(_) => return Err(FailedAttempt { retry: Retry::No, ..unreachable(no_answer_in_time()) }),
                Ok(Err(error)) => return Err(unreachable(reason_of(&error))),
                Ok(Ok(Some(chunk))) => self.buffer.extend_from_slice(&chunk),
                Ok(Ok(None)) if self.buffer.is_empty() => return Ok(None),
                Ok(Ok(None)) => return Err(unreachable(Bilingual::new("应答中断", "the answer broke off"))),
            }
        }
    }
}

#[cfg(test)]
mod tests;
