//! Service of documents (送达): begins service records, reads them, and completes the certificates that are due.
//!
//! # Invariants
//!
//! A certificate is made by the platform from the record alone. One that is due and missing, because the node stopped between two
//! acts, is made with the next act of service or the next look at the records of the case.

use std::collections::HashMap;
use std::sync::Arc;

use crate::court::acts::{Act, ActKind, Serve};
use crate::court::case::refusal::Refusal;
use crate::court::case::service::certificate::all_due;
use crate::court::case::service::service_error::ServiceError;
use crate::court::case::service::windows::ServiceWindow;
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::document::{Document, Stream};
use crate::court::ids::{AnnexId, CaseId, PartyNumber, ServiceNumber};
use crate::court::service_words::{DocumentKind, ServiceMode};
use crate::court::values::Capacity;
use crate::court::words::AccessedContent;
use crate::filing::access::AccessTarget;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::cases::{ActOutcome, MakeAct};
use crate::filing::filing_error::FilingError;
use crate::filing::imports::snapshot;
use crate::filing::service::{FilingService, RecordedAct, none_if_conflict, recorded_act, retry_on_conflict};
use crate::filing::streams::text;
use crate::ledger::number::DepositNumber;
use crate::query::receipts;

/// A service record to be begun.
#[derive(Debug, Clone)]
pub struct ServeCommand {
    /// The recipient.
    pub party: PartyNumber,
    /// The mode.
    pub mode: ServiceMode,
    /// The kind of document.
    pub kind: DocumentKind,
    /// The document, a deposit of this ledger.
    pub document: DepositNumber,
    /// The days that it states.
    pub days: Option<u32>,
    /// The record of another mode beside which it stands.
    pub beside: Option<ServiceNumber>,
    /// The reason, for an announcement.
    pub reason: Option<String>,
}

/// The service of a case as an actor sees it.
#[derive(Debug)]
pub struct ServiceView {
    /// The case.
    pub file: Arc<CaseFile>,
    /// The periods that service began.
    pub windows: Vec<ServiceWindow>,
    /// Texts; `None` for an erased one.
    pub texts: HashMap<AnnexId, Option<String>>,
    /// The party that the actor is or represents; `None` for the court, which sees the addresses of all.
    pub party: Option<PartyNumber>,
    /// The access record.
    pub access: RecordedAct,
}

/// A certificate, with the deposit that it is.
#[derive(Debug)]
pub struct CertificateView {
    /// The service of the case.
    pub view: ServiceView,
    /// The act that is the certificate.
    pub recorded: RecordedAct,
}

impl FilingService {
    /// Begins a service record of a document that is deposited on this ledger.
    ///
    /// # Errors
    ///
    /// [`FilingError::NoSuchDeposit`], and those of [`Self::act`].
    pub async fn serve(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        command: &ServeCommand,
    ) -> Result<ActOutcome, FilingError> {
        if !self.has_access(actor, case).await? {
            return Err(FilingError::NotFound);
        }
        let number = command.document;
        let found = self.read(move |store| Ok(snapshot(store, number)?)).await?;
        let make = |file: &CaseFile, _: Capacity, annexes: &mut Annexes| {
            let found = found.as_ref().ok_or_else(|| FilingError::NoSuchDeposit(number.to_string()))?;
            Ok(Act::Serve(Serve {
                service: file.service.next_service(),
                party: command.party,
                mode: command.mode,
                kind: command.kind,
                document: number,
                data_hash: found.facts.data_hash.clone(),
                days: command.days,
                beside: command.beside,
                reason: annexes.add_some("reason", command.reason.as_deref())?,
            }))
        };
        self.act_with_access(actor, case, context, ActKind::Serve, make).await
    }

    /// An act of service, after which the certificates that are due are made.
    ///
    /// # Errors
    ///
    /// Those of [`Self::act`]. An error while a certificate is made is logged: the act itself is on the chain.
    pub async fn service_act(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        kind: ActKind,
        make: impl MakeAct,
    ) -> Result<ActOutcome, FilingError> {
        let mut outcome = self.act(actor, case, context, kind, make).await?;
        if let Some(file) = self.complete_certificates_or_log(case).await {
            outcome.file = file;
        }
        Ok(outcome)
    }

    /// As [`Self::complete_certificates`]; an error is logged, since the certificates are made later.
    pub(in crate::filing) async fn complete_certificates_or_log(&self, case: CaseId) -> Option<Arc<CaseFile>> {
        match self.complete_certificates(case).await {
            Ok(file) => Some(file),
            Err(error) => {
                tracing::warn!(%case, %error, "a certificate of service is due; it is made with the next act or look");
                None
            }
        }
    }

    /// Makes the certificates that are due in a case.
    ///
    /// # Errors
    ///
    /// [`FilingError`].
    pub async fn complete_certificates(&self, case: CaseId) -> Result<Arc<CaseFile>, FilingError> {
        let _case_lock = self.locks.lock(case.0).await;
        retry_on_conflict(|| async move {
            let mut file = self.case_file(case).await?.ok_or(FilingError::NotFound)?;
            for certificate in all_due(&file.service, &self.registry().calendar) {
                let document = self.of_platform(Act::CertifyService(certificate));
                match none_if_conflict(self.decide_and_append(&file, document, Annexes::new()).await)? {
                    Some(outcome) => file = outcome.file,
                    None => return Ok(None),
                }
            }
            Ok::<_, FilingError>(Some(file))
        })
        .await
    }

    /// An act of the platform itself in a case.
    pub(in crate::filing) fn of_platform(&self, act: Act) -> Document {
        Document {
            stream: Stream::Case,
            by: self.platform_account(),
            capacity: Capacity::Platform,
            request: None,
            body: None,
            act,
        }
    }

    /// The service of a case, with the names of its parties. Records the access.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`], and those of [`Self::record_access`]; then nothing is shown.
    pub async fn view_service(&self, actor: &Actor, case: CaseId) -> Result<ServiceView, FilingError> {
        let file = self.case_for(actor, case).await?;
        let capacity = actor.capacities(&file).first().copied().ok_or(FilingError::NotFound)?;
        let file = self.complete_certificates_or_log(case).await.unwrap_or(file);
        let target = AccessTarget::Case(case, AccessedContent::CaseFile, None);
        let access = self.record_access(actor, capacity, target).await?;
        let mut shown = file.service.texts();
        shown.extend(file.parties.values().map(|party| party.name));
        let texts = self
            .read(move |store| {
                let mut texts = HashMap::new();
                for one in shown {
                    texts.insert(one.annex, text(store, &one)?);
                }
                Ok(texts)
            })
            .await?;
        let windows = file.service_windows(&self.registry().calendar);
        Ok(ServiceView { party: file.party_of(capacity), windows, texts, access, file })
    }

    /// The latest certificate of a service record. Records the access.
    ///
    /// # Errors
    ///
    /// As [`Self::view_service`]; [`ServiceError::NoSuchService`], [`ServiceError::NotEffective`] as long as there is none.
    pub async fn view_certificate(
        &self,
        actor: &Actor,
        case: CaseId,
        service: ServiceNumber,
    ) -> Result<CertificateView, FilingError> {
        let view = self.view_service(actor, case).await?;
        let refused = |error: ServiceError| FilingError::Refused(Refusal::Service(error));
        let record = view.file.service.records.get(&service).ok_or(refused(ServiceError::NoSuchService(service)))?;
        let last: Option<ActPosition> = record.certificates.last().map(|(_, position)| *position);
        let position = last.ok_or(refused(ServiceError::NotEffective))?;
        let recorded = self
            .read(move |store| recorded_act(receipts::receipt(store, position.index)?, position.sequence, true))
            .await?;
        Ok(CertificateView { view, recorded })
    }
}
