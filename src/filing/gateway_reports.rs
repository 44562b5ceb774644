//! Reports of a gateway on the messages that it sends: signed, protected against replay, and idempotent.
//!
//! Signed as the gateway's own messages are, with its secret: [`signed_reports`](crate::filing::signed_reports).
//!
//! # Invariants
//!
//! A report changes nothing unless its signature, its time and its message are good. The same report twice is one act: under the same
//! `webhook-id` by the request, under another one by the step and its time.

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
use crate::filing::signed_reports::{ReportHead, clamp_to_tolerance};
use crate::filing::streams::{StoredAct, last_labelled};
use crate::ledger::hash::{Digest, sha256};
use crate::ledger::time::Timestamp;

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
        if !self.is_report_of(known.secret, head, body).await? {
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
                at: clamp_to_tolerance(report.at, message.position.at, now),
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
