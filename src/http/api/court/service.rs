//! `/v1/cases/{case}/service`: service of documents: acts, records, certificates.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::acts::{
    Act, ConfirmReceipt, ConsentService, DecideService, DetermineService, EndServiceAddress, NameReceiver,
    ObjectService, ReportService, RequestPaper, SendService, ServiceAddress,
};
use crate::court::case::service::book::ServiceRecord;
use crate::court::case::state::CaseFile;
use crate::court::ids::{AddressNumber, AgentNumber, AttemptNumber, CaseId, PartyNumber, ServiceNumber};
use crate::court::masked_address::MaskedAddress;
use crate::court::service_words::{AddressKind, Reporter};
use crate::court::values::Capacity;
use crate::error_code::ErrorCode;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::filing_error::FilingError;
use crate::filing::service::RecordedAct;
use crate::filing::service_of_documents::{ServeCommand, ServiceView};
use crate::http::api::court::acts::outcome_json;
use crate::http::api::court::case_path::CasePath;
use crate::http::api::court::field_values::{read, read_moment, read_some};
use crate::http::api::court::json_request::{AuthenticatedJson, answer, created};
use crate::http::api::court::warnings;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::ledger::hash::leaf_hash;
use crate::ledger::time::Timestamp;
use crate::wire::court::act::ActOutcomeJson;
use crate::wire::court::service::{CertificateJson, ServiceActRequest, ServiceBookJson};
use crate::wire::court::service_view::{CertificateRecord, ServiceViewContext, book, certificate};
use crate::wire::court::typed_act::TypedActRequest;

/// Longest address in characters.
const ADDRESS_MAX: usize = 200;

fn time(field: &'static str, text: Option<&String>) -> Result<Option<Timestamp>, FilingError> {
    text.map(|text| read_moment(field, text)).transpose()
}

/// The party that a request names, or for which the actor acts.
fn party(file: &CaseFile, capacity: Capacity, named: Option<u32>) -> Result<PartyNumber, FilingError> {
    let party = named.map(PartyNumber).or_else(|| file.party_of(capacity));
    party.ok_or_else(|| FilingError::bad("party", "name the party for which it is entered", "请选择为哪一方当事人录入"))
}

/// Checks that a text looks like an address of its kind, so that no message goes to a mistyped one.
fn checked_address(kind: AddressKind, text: &str) -> Result<String, FilingError> {
    let text = text.trim();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let good = match kind {
        AddressKind::Mobile => {
            (11..=15).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' '))
        }
        AddressKind::Email => text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@') && !text.contains(char::is_whitespace)
        }),
        AddressKind::Fax => digits >= 7 && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ')),
        AddressKind::Messenger | AddressKind::Account | AddressKind::Postal => text.chars().count() >= 2,
    };
    if good && text.chars().count() <= ADDRESS_MAX {
        Ok(text.to_owned())
    } else {
        Err(FilingError::bad("value", "this is no address of that kind", "与所选的送达地址种类不符"))
    }
}

fn address_act(
    (file, capacity, annexes): (&CaseFile, Capacity, &mut Annexes),
    request: &ServiceActRequest,
) -> Result<Option<Act>, FilingError> {
    Ok(Some(match request {
        ServiceActRequest::ConsentService { party: named, scope, answer, form, ticked, shown, clicked, document } => {
            Act::ConsentService(ConsentService {
                party: party(file, capacity, *named)?,
                scope: read("scope", scope)?,
                answer: read("answer", answer)?,
                form: read("form", form)?,
                ticked: read_some("ticked", ticked.as_ref())?,
                shown: read_some("shown", shown.as_ref())?,
                clicked: time("clicked", clicked.as_ref())?,
                document: read_some("document", document.as_ref())?,
            })
        }
        ServiceActRequest::ServiceAddress { party: named, kind, value, source, active, replaces, document } => {
            let kind: AddressKind = read("kind", kind)?;
            let value = checked_address(kind, value)?;
            Act::ServiceAddress(ServiceAddress {
                party: party(file, capacity, *named)?,
                address: file.service.next_address(),
                kind,
                masked: MaskedAddress::of(kind, &value),
                clear: annexes.add("value", &value)?,
                source: read("source", source)?,
                active: read_some("active", active.as_ref())?,
                replaces: replaces.map(AddressNumber),
                document: read_some("document", document.as_ref())?,
            })
        }
        ServiceActRequest::EndServiceAddress { address } => {
            Act::EndServiceAddress(EndServiceAddress { address: AddressNumber(*address) })
        }
        ServiceActRequest::NameReceiver { agent } => Act::NameReceiver(NameReceiver { agent: AgentNumber(*agent) }),
        _ => return Ok(None),
    }))
}

/// The time of a step that court staff report: of the recipient's own act, as stated, or now.
fn step_time(
    file: &CaseFile,
    at: Option<&String>,
    own_act: Option<u64>,
    now: Timestamp,
) -> Result<Timestamp, FilingError> {
    let own = own_act.and_then(|sequence| file.service.own_acts.get(&sequence));
    Ok(match own {
        Some((_, at)) => *at,
        None => time("at", at)?.unwrap_or_else(|| now.max(file.last.at)),
    })
}

fn make(
    (file, capacity, annexes): (&CaseFile, Capacity, &mut Annexes),
    request: &ServiceActRequest,
    now: Timestamp,
) -> Result<Act, FilingError> {
    if let Some(act) = address_act((file, capacity, &mut *annexes), request)? {
        return Ok(act);
    }
    let service = |number: u32| ServiceNumber(number);
    Ok(match request {
        ServiceActRequest::SendService { service: number, channel, address, published } => {
            let record = file.service.records.get(&service(*number));
            Act::SendService(SendService {
                service: service(*number),
                attempt: record.map_or(AttemptNumber(1), ServiceRecord::next_attempt),
                channel: read("channel", channel)?,
                address: address.map(AddressNumber),
                published: read_some("published", published.as_ref())?,
            })
        }
        ServiceActRequest::ReportService { service: number, attempt, step, at, cause, own_act } => {
            Act::ReportService(ReportService {
                service: service(*number),
                attempt: AttemptNumber(*attempt),
                step: read("step", step)?,
                reporter: Reporter::Staff,
                at: step_time(file, at.as_ref(), *own_act, now)?,
                cause: read_some("cause", cause.as_ref())?,
                own_act: *own_act,
            })
        }
        ServiceActRequest::ConfirmReceipt { service: number } => {
            Act::ConfirmReceipt(ConfirmReceipt { service: service(*number) })
        }
        ServiceActRequest::RequestPaper { service: number } => {
            Act::RequestPaper(RequestPaper { service: service(*number) })
        }
        ServiceActRequest::ObjectService { service: number, ground, reason } => Act::ObjectService(ObjectService {
            service: service(*number),
            ground: read("ground", ground)?,
            reason: annexes.add_some("reason", reason.as_deref())?,
        }),
        ServiceActRequest::DecideService { service: number, outcome, reason } => Act::DecideService(DecideService {
            service: service(*number),
            outcome: read("outcome", outcome)?,
            reason: annexes.add_some("reason", reason.as_deref())?,
        }),
        ServiceActRequest::DetermineService { service: number, reason } => Act::DetermineService(DetermineService {
            service: service(*number),
            reason: annexes.add_some("reason", reason.as_deref())?,
        }),
        // All other acts were handled before.
        _ => return Err(FilingError::NotPermitted),
    })
}

/// What a request to begin a service record says.
fn serve_command(request: &ServiceActRequest) -> Result<Option<ServeCommand>, FilingError> {
    let ServiceActRequest::Serve { party, mode, kind, document, days, beside, reason } = request else {
        return Ok(None);
    };
    Ok(Some(ServeCommand {
        party: PartyNumber(*party),
        mode: read("mode", mode)?,
        kind: read("kind", kind)?,
        document: read("document", document)?,
        days: *days,
        beside: beside.map(ServiceNumber),
        reason: reason.clone(),
    }))
}

/// Serve a document, or answer to it / 送达
///
/// Consent and addresses by the party; records, sending and reports by the court; confirmation of receipt and objections by the
/// recipient. Whether and when a document is served follows from the reported steps (Rules of Online Litigation art. 31) and cannot be
/// entered.
///
/// 当事人的同意和送达地址、法院的发送和状态登记、受送达人的确认和异议；送达是否生效及时间由记录推算，不得填写。
#[utoipa::path(
    post,
    path = "/v1/cases/{case}/service",
    tag = "service",
    params(("case" = String, Path, description = "64 hex digits")),
    request_body = ServiceActRequest,
    responses(
        (status = 201, description = "On the chain / 已上链", body = ActOutcomeJson),
        (status = 200, description = "The same request was there already", body = ActOutcomeJson),
    ),
)]
pub(in crate::http) async fn act_of_service(
    State(state): State<Arc<AppState>>,
    CasePath(case): CasePath,
    call: AuthenticatedJson<TypedActRequest<ServiceActRequest>>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape: TypedActRequest(shape) } = call;
    let (recorded, shown) = serve(&state, &actor, case, &context, &shape).await?;
    Ok(created(&recorded, &shown))
}

/// Does an act of service: the answer, and the act as recorded.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn serve(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
    context: &RequestContext,
    shape: &ServiceActRequest,
) -> Result<(RecordedAct, ActOutcomeJson), ApiError> {
    let filing = state.filing()?;
    let now = filing.now();
    let outcome = if let Some(command) = serve_command(shape)? {
        filing.serve(actor, case, context, &command).await?
    } else {
        let make =
            |file: &CaseFile, capacity: Capacity, annexes: &mut Annexes| make((file, capacity, annexes), shape, now);
        filing.service_act(actor, case, context, shape.kind(), make).await?
    };
    let texts: Vec<&str> = match shape {
        ServiceActRequest::ObjectService { reason, .. }
        | ServiceActRequest::DecideService { reason, .. }
        | ServiceActRequest::DetermineService { reason, .. }
        | ServiceActRequest::Serve { reason, .. } => reason.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let shown = outcome_json(filing, &outcome, warnings::of_texts(&texts));
    Ok((outcome.recorded, shown))
}

fn view_context<'a>(
    view: &'a ServiceView,
    calendar: &'a crate::court::calendar::Calendar,
    now: Timestamp,
) -> ServiceViewContext<'a> {
    ServiceViewContext { file: &view.file, texts: &view.texts, calendar, viewer: view.party, now }
}

/// View the service of a case / 查看送达记录
///
/// Consents, addresses (masked), one record per recipient and document, and the periods that service began. The access is recorded
/// on the chain before the answer is sent.
///
/// 同意、送达地址（掩码）、每一受送达人每一文书的送达记录及其起算的期间；本次查阅先行记录上链。
#[utoipa::path(
    get,
    path = "/v1/cases/{case}/service",
    tag = "service",
    params(("case" = String, Path, description = "64 hex digits")),
    responses((status = 200, description = "The records / 送达记录", body = ServiceBookJson)),
)]
pub(in crate::http) async fn view_service(
    State(state): State<Arc<AppState>>,
    CasePath(case): CasePath,
    Bearer(actor): Bearer,
) -> Result<Response, ApiError> {
    Ok(answer(StatusCode::OK, &service_json(&state, &actor, case).await?))
}

/// The service of a case. The access is recorded before.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn service_json(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
) -> Result<ServiceBookJson, ApiError> {
    let filing = state.filing()?;
    let view = filing.view_service(actor, case).await?;
    let registry = filing.registry();
    let context = view_context(&view, &registry.calendar, filing.now());
    Ok(book(&context, &view.windows, view.access.position.sequence))
}

/// View a certificate of service / 电子送达凭证
///
/// The latest certificate of a service record. It is itself a deposit: its number and receipt verify like any other.
///
/// 该送达记录最近一次的电子送达凭证；凭证本身已存证，可独立核验。
#[utoipa::path(
    get,
    path = "/v1/cases/{case}/service/{service}/certificate",
    tag = "service",
    params(
        ("case" = String, Path, description = "64 hex digits"),
        ("service" = u32, Path, description = "From 1"),
    ),
    responses((status = 200, description = "The certificate / 凭证", body = CertificateJson)),
)]
pub(in crate::http) async fn view_certificate(
    State(state): State<Arc<AppState>>,
    Path((case, service)): Path<(String, String)>,
    Bearer(actor): Bearer,
) -> Result<Response, ApiError> {
    let bad = |error: FilingError| ApiError::new(ErrorCode::BadPath, error.to_string());
    let (case, service) = (read("case", &case).map_err(bad)?, read("service", &service).map_err(bad)?);
    Ok(answer(StatusCode::OK, &certificate_json(&state, &actor, case, service).await?))
}

/// The latest certificate of a service record. The access is recorded before.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn certificate_json(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
    service: ServiceNumber,
) -> Result<CertificateJson, ApiError> {
    let filing = state.filing()?;
    let found = filing.view_certificate(actor, case, service).await?;
    let registry = filing.registry();
    let context = view_context(&found.view, &registry.calendar, filing.now());
    let record = found.view.file.service.records.get(&service).ok_or(FilingError::NotFound)?;
    let (last, _) = record.certificates.last().ok_or(FilingError::NotFound)?;
    let recorded = CertificateRecord {
        number: found.recorded.number,
        tx_id: leaf_hash(found.recorded.receipt.entry.as_bytes()),
        position: found.recorded.position,
        access_sequence: found.view.access.position.sequence,
    };
    Ok(certificate(&context, last, &recorded).ok_or(FilingError::NotFound)?)
}
