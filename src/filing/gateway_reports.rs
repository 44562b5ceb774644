//! Reports of a gateway on the messages that it sends: signed, protected against replay, and idempotent.
//!
//! Signed as the gateway's own messages are (Standard Webhooks): `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over
//! `id.timestamp.body` with the gateway's secret. `webhook-timestamp` must be within [`TOLERANCE`] of the node's clock.
//!
//! # Invariants
//!
//! A report changes nothing unless its signature, its time and its message are good. The same report twice is one act: under the same
//! `webhook-id` by the request, under another one by the step and its time.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use crate::court::acts::{Act, ReportService};
use crate::court::case::state::CaseFile;
use crate::court::document::Document;
use crate::court::ids::{CaseId, RequestId, TokenId};
use crate::court::labels;
use crate::court::registry::RegistryError;
use crate::court::service_words::{Reporter, ServiceStep};
use crate::court::values::Code;
use crate::filing::annexes::Annexes;
use crate::filing::filing_error::FilingError;
use crate::filing::secret::request_id;
use crate::filing::service::{FilingService, RecordedAct, none_if_conflict, retry_on_conflict};
use crate::filing::streams::{StoredAct, last_labelled, text};
use crate::ledger::hash::{Digest, sha256};
use crate::ledger::time::Timestamp;
use crate::wire::webhook_call::WebhookSecret;

/// How far the time of a report may be from the node's clock; also by how much a gateway's clock may be wrong in the time of a step.
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// The signed head of a report.
#[derive(Debug, Clone, Copy)]
pub struct ReportHead<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`, in seconds since 1970.
    pub timestamp: u64,
    /// `webhook-signature`: signatures separated by spaces.
    pub signature: &'a str,
}

/// A report.
#[derive(Debug, Clone)]
pub struct GatewayReport {
    /// The message, as the node named it.
    pub message: Digest,
    /// The step.
    pub step: ServiceStep,
    /// When it happened.
    pub at: Timestamp,
    /// Why it failed.
    pub cause: Option<Code>,
}

/// What became of a report.
#[derive(Debug)]
pub struct ReportOutcome {
    /// The act that recorded it; `None` if the step was reported before by another call.
    pub recorded: Option<RecordedAct>,
}

/// Whether one of the signatures is that of the secret.
fn is_signed(secret: &[u8], head: &ReportHead<'_>, body: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signed = [format!("{}.{}.", head.id, head.timestamp).as_bytes(), body].concat();
    let mut tags = head.signature.split(' ').filter_map(|one| one.strip_prefix("v1,"));
    tags.any(|tag| STANDARD.decode(tag).is_ok_and(|tag| hmac::verify(&key, &signed, &tag).is_ok()))
}

/// The time of a step as it is recorded: a gateway whose clock is a little wrong reports a step before its message or after now.
fn within(at: Timestamp, sent: Timestamp, now: Timestamp) -> Timestamp {
    let tolerance = u64::try_from(TOLERANCE.as_millis()).unwrap_or(u64::MAX);
    if at > now && at.as_millis() <= now.as_millis().saturating_add(tolerance) {
        now
    } else if at < sent && at.as_millis().saturating_add(tolerance) >= sent.as_millis() {
        sent
    } else {
        at
    }
}

impl FilingService {
    /// Takes a report of a gateway.
    ///
    /// # Errors
    ///
    /// `no_such_gateway`; [`FilingError::GatewaySignature`] for a wrong signature or time; [`FilingError::NotFound`] for a message that
    /// this gateway was not sent; [`FilingError::RequestReused`]; those of the rules of the case.
    pub async fn gateway_report(
        &self,
        gateway: TokenId,
        head: &ReportHead<'_>,
        body: &[u8],
        read: impl FnOnce(&[u8]) -> Result<GatewayReport, FilingError>,
    ) -> Result<ReportOutcome, FilingError> {
        let known = self.registry().gateways.get(&gateway).cloned();
        let known = known.ok_or(FilingError::Registry(RegistryError::NoSuchGateway))?;
        let secret = self.read(move |store| Ok(text(store, &known.secret)?)).await?;
        let secret = secret.as_deref().and_then(WebhookSecret::parse).ok_or(FilingError::GatewaySignature)?;
        let now = self.now().as_millis() / 1000;
        if !is_signed(secret.as_bytes(), head, body) || now.abs_diff(head.timestamp) > TOLERANCE.as_secs() {
            return Err(FilingError::GatewaySignature);
        }
        let report = read(body)?;
        let label = report.message;
        let message = self.read(move |store| Ok(last_labelled(store, &label)?)).await?;
        let message = message.ok_or(FilingError::NotFound)?;
        let case = CaseId(message.stream);
        let request = request_id(self.platform_account(), &format!("gateway {gateway}\n{}", head.id));
        let recorded = self.record_report(case, &message, (request, sha256(body)), &report, &known.court).await?;
        self.complete_certificates_or_log(case).await;
        Ok(ReportOutcome { recorded })
    }

    async fn record_report(
        &self,
        case: CaseId,
        message: &StoredAct,
        (request, body): (RequestId, Digest),
        report: &GatewayReport,
        court: &crate::court::case_number::CourtCode,
    ) -> Result<Option<RecordedAct>, FilingError> {
        let Act::SendService(send) = &message.document.act else { return Err(FilingError::NotFound) };
        let _request_lock = self.locks.lock(labels::request(request)).await;
        let _case_lock = self.locks.lock(case.0).await;
        let recorded = retry_on_conflict(|| async move {
            if let Some((recorded, _)) = self.act_of_request((request, body)).await? {
                return Ok(Some(Some(recorded)));
            }
            let file = self.case_file(case).await?.filter(|file| file.court == *court).ok_or(FilingError::NotFound)?;
            let now = self.now().max(file.last.at);
            let act = ReportService {
                service: send.service,
                attempt: send.attempt,
                step: report.step,
                reporter: Reporter::Gateway,
                at: within(report.at, message.position.at, now),
                cause: report.cause.clone(),
                own_act: None,
            };
            if is_known(&file, &act) {
                return Ok(Some(None));
            }
            let document =
                Document { request: Some(request), body: Some(body), ..self.of_platform(Act::ReportService(act)) };
            let appended = none_if_conflict(self.decide_and_append(&file, document, Annexes::new()).await)?;
            Ok::<_, FilingError>(appended.map(|outcome| Some(outcome.recorded)))
        });
        recorded.await
    }
}

/// Whether the gateway has reported exactly this before.
fn is_known(file: &CaseFile, act: &ReportService) -> bool {
    let record = file.service.records.get(&act.service);
    let attempt = record.and_then(|record| record.attempts.get(&act.attempt));
    attempt.is_some_and(|attempt| {
        attempt.steps.iter().any(|step| {
            (step.step, step.reporter, step.at) == (act.step, act.reporter, act.at) && step.cause == act.cause
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + millis).unwrap()
    }

    #[test]
    fn a_report_is_signed_over_its_id_its_time_and_every_byte_of_its_body() {
        let (secret, body) = (b"secret".as_slice(), "{}");
        let signed = WebhookSecret::new(secret.to_vec()).sign("r1", 7, body.as_bytes());
        let head = |id, timestamp, signature| ReportHead { id, timestamp, signature };
        assert!(is_signed(secret, &head("r1", 7, &signed), body.as_bytes()));
        let two = format!("v1,AAAA {signed}");
        assert!(is_signed(secret, &head("r1", 7, &two), body.as_bytes()));
        for (id, at, signature, body) in
            [("r2", 7, &*signed, "{}"), ("r1", 8, &*signed, "{}"), ("r1", 7, &*signed, "{ }"), ("r1", 7, "v1,", "{}")]
        {
            assert!(!is_signed(secret, &head(id, at, signature), body.as_bytes()), "{id} {at} {body}");
        }
        assert!(!is_signed(b"other", &head("r1", 7, &signed), body.as_bytes()));
    }

    #[test]
    fn a_clock_that_is_a_little_wrong_is_set_right_and_one_that_is_far_off_is_not() {
        let (sent, now) = (time(0), time(3_600_000));
        assert_eq!(within(time(60_000), sent, now), time(60_000));
        assert_eq!(within(time(3_600_001), sent, now), now);
        assert_eq!(within(time(3_900_000), sent, now), now);
        assert_eq!(within(time(3_900_001), sent, now), time(3_900_001));
        let before = Timestamp::from_millis(sent.as_millis() - 1).unwrap();
        assert_eq!(within(before, sent, now), sent);
        let long_before = Timestamp::from_millis(sent.as_millis() - 300_001).unwrap();
        assert_eq!(within(long_before, sent, now), long_before);
    }
}
