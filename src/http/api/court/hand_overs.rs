//! Hand-overs of a dossier to another court: 上诉移送, 发回重审, 退还案卷, 移送管辖, 进入再审（调卷）.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;

use crate::court::ids::{CaseId, HandOverNumber, PartyNumber};
use crate::court::line_value::LineValue;
use crate::error_code::ErrorCode;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::hand_overs::{HandOverView, ReceiverStep, SendCommand};
use crate::filing::service::RecordedAct;
use crate::http::api::court::acts::outcome_json;
use crate::http::api::court::case_path::CasePath;
use crate::http::api::court::json_request::{AuthenticatedJson, answer, created, some_value, value};
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::Parameters;
use crate::ledger::hash::Digest;
use crate::ledger::statement::text::ManifestRoot;
use crate::wire::court::act::ActOutcomeJson;
use crate::wire::court::hand_over::{
    DossierDocumentJson, HandOverBriefJson, HandOverJson, HandOversJson, ManifestRootJson, ReceiverStepRequest,
    SendHandOverRequest,
};
use crate::wire::court::people::TextJson;

/// The hand-over of a case in the path.
#[derive(Debug)]
pub struct HandOverPath(pub CaseId, pub HandOverNumber);

impl<S: Send + Sync> FromRequestParts<S> for HandOverPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((case, number)) = path.map_err(|error| ApiError::new(ErrorCode::BadPath, error.body_text()))?;
        let bad = |text: &str, expected: &str| {
            ApiError::new(ErrorCode::BadPath, format!("`{text}` is not {expected}")).expecting(expected.to_owned())
        };
        let id = CaseId::parse(&case).ok_or_else(|| bad(&case, CaseId::EXPECTED))?;
        let number = HandOverNumber::parse(&number).ok_or_else(|| bad(&number, HandOverNumber::EXPECTED))?;
        Ok(Self(id, number))
    }
}

fn root_of(manifest: &ManifestRootJson) -> Result<ManifestRoot, ApiError> {
    let root: Digest = value("root", &manifest.root)?;
    Ok(ManifestRoot { root, count: manifest.count })
}

fn some_root_of(manifest: Option<&ManifestRootJson>) -> Result<Option<ManifestRoot>, ApiError> {
    manifest.map(root_of).transpose()
}

/// Send the dossier of a case to another court / 移交案卷
///
/// The manifest is computed from the case: documents, items with first imports, late marks, replies, verifications. The
/// receiving court compares it with its own accounts; until it accepts, nothing is taken over, and the dossier does not
/// change. On appeal, the receiving court must be one that hears appeals from this one by the operator's list.
///
/// 移交清单由案件记录计算得出；接收法院以本院账号核对接收前，不发生移交效力。
#[utoipa::path(
    post,
    path = "/v1/cases/{case}/hand-overs",
    tag = "cases",
    params(("case" = String, Path, description = "64 hex digits")),
    request_body = SendHandOverRequest,
    responses(
        (status = 201, description = "Sent / 已发出", body = ActOutcomeJson),
        (status = 200, description = "The same request had sent it", body = ActOutcomeJson),
    ),
)]
pub(in crate::http) async fn send_hand_over(
    State(state): State<Arc<AppState>>,
    CasePath(case): CasePath,
    call: AuthenticatedJson<SendHandOverRequest>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape } = call;
    let (recorded, shown) = send(&state, &actor, case, &context, shape).await?;
    Ok(created(&recorded, &shown))
}

/// Sends the dossier of a case: the answer, and the act as recorded.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn send(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
    context: &RequestContext,
    shape: SendHandOverRequest,
) -> Result<(RecordedAct, ActOutcomeJson), ApiError> {
    let command = SendCommand {
        kind: value("kind", &shape.kind)?,
        to: value("to", &shape.to)?,
        basis: value("basis", &shape.basis)?,
        ground: some_value("ground", shape.ground.as_deref())?,
        parties: shape.parties.into_iter().map(PartyNumber).collect(),
        on_paper: shape.on_paper,
        outcome: some_value("outcome", shape.outcome.as_deref())?,
    };
    let filing = state.filing()?;
    let acted = filing.send_hand_over(actor, case, context, &command).await?;
    let shown = outcome_json(filing, &acted, Vec::new());
    Ok((acted.recorded, shown))
}

/// What the receiving court does / 接收法院办理
///
/// `receive`; then `accept` with the roots that the court computed from the lines that it received, `differs`, or `return`.
/// An acceptance opens the case that continues it, or records that the dossier is back, and answers with that case; sent
/// again, it completes what a crash interrupted.
///
/// 收到；核对相符并接收、核对不符或者退回补正。接收后自动立案；中断后重新提交同一请求即可续办。
#[utoipa::path(
    post,
    path = "/v1/cases/{case}/hand-overs/{hand_over}",
    tag = "cases",
    params(
        ("case" = String, Path, description = "The sending case, 64 hex digits"),
        ("hand_over" = u32, Path, description = "Its number there"),
    ),
    request_body = ReceiverStepRequest,
    responses(
        (status = 201, description = "Done / 已办理", body = ActOutcomeJson),
        (status = 200, description = "The same request had done it", body = ActOutcomeJson),
    ),
)]
pub(in crate::http) async fn receive_hand_over(
    State(state): State<Arc<AppState>>,
    HandOverPath(case, number): HandOverPath,
    call: AuthenticatedJson<ReceiverStepRequest>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape } = call;
    let (recorded, shown) = take_step(&state, &actor, (case, number), &context, shape).await?;
    Ok(created(&recorded, &shown))
}

/// Does a step of the receiving court: the answer, and the act as recorded.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn take_step(
    state: &AppState,
    actor: &Actor,
    hand_over: (CaseId, HandOverNumber),
    context: &RequestContext,
    shape: ReceiverStepRequest,
) -> Result<(RecordedAct, ActOutcomeJson), ApiError> {
    let step = match shape {
        ReceiverStepRequest::Receive {} => ReceiverStep::Receive,
        ReceiverStepRequest::Accept { manifest, second_volume, procedure, number } => ReceiverStep::Accept {
            manifest: root_of(&manifest)?,
            second_volume: some_root_of(second_volume.as_ref())?,
            procedure: some_value("procedure", procedure.as_deref())?,
            number: some_value("number", number.as_deref())?,
        },
        ReceiverStepRequest::Differs { manifest, second_volume, reason } => ReceiverStep::Differs {
            manifest: root_of(&manifest)?,
            second_volume: some_root_of(second_volume.as_ref())?,
            reason,
        },
        ReceiverStepRequest::Return { reason } => ReceiverStep::Return { reason },
    };
    let filing = state.filing()?;
    let acted = filing.receive_hand_over(actor, hand_over, context, &step).await?;
    let shown = outcome_json(filing, &acted, Vec::new());
    Ok((acted.recorded, shown))
}

fn hand_over_json(view: &HandOverView) -> Result<HandOverJson, ApiError> {
    let one = view.file.hand_over(view.number).map_err(crate::filing::filing_error::FilingError::Refused)?;
    let documents = view.documents.iter();
    let for_a_court = view.for_a_court;
    Ok(HandOverJson {
        brief: HandOverBriefJson::of(&view.file, view.number, one),
        lines: one.lines.to_vec(),
        second_volume: one.second_volume.filter(|_| for_a_court).map(Into::into),
        second_lines: if for_a_court { one.second_lines.to_vec() } else { Vec::new() },
        documents_of_the_dossier: documents
            .filter_map(|(number, text)| DossierDocumentJson::of(&view.file, *number, text.as_ref()))
            .collect(),
        reason: view.reason.clone().map(|reason| TextJson(reason.0)),
    })
}

/// A hand-over with its manifest / 移交清单
///
/// For those who see the case, and for the court that it was sent to: before the acceptance for its clerks and trial support staff,
/// after it for its judges and their assistants too. The second volume is shown to these roles of the two courts only. The access is
/// recorded.
///
/// 接收前由接收法院书记员、审判辅助人员查看，接收后法官、法官助理亦可查看；副卷仅对两法院的上述人员显示。查看将被记录。
#[utoipa::path(
    get,
    path = "/v1/cases/{case}/hand-overs/{hand_over}",
    tag = "cases",
    params(
        ("case" = String, Path, description = "The sending case, 64 hex digits"),
        ("hand_over" = u32, Path, description = "Its number there"),
    ),
    responses(
        (status = 200, description = "The hand-over / 移交", body = HandOverJson),
    ),
)]
pub(in crate::http) async fn view_hand_over(
    State(state): State<Arc<AppState>>,
    HandOverPath(case, number): HandOverPath,
    Bearer(actor): Bearer,
) -> Result<Response, ApiError> {
    Ok(answer(StatusCode::OK, &hand_over(&state, &actor, case, number).await?))
}

/// A hand-over with its manifest. The access is recorded before.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn hand_over(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
    number: HandOverNumber,
) -> Result<HandOverJson, ApiError> {
    hand_over_json(&state.filing()?.view_hand_over(actor, case, number).await?)
}

/// Hand-overs to the account's courts / 移交本院的案卷
///
/// The latest first, without texts.
///
/// 最近者在前，不含文本。
#[utoipa::path(
    get,
    path = "/v1/hand-overs",
    tag = "cases",
    params(PageQuery),
    responses(
        (status = 200, description = "A page / 一页", body = HandOversJson),
    ),
)]
pub(in crate::http) async fn list_hand_overs(
    State(state): State<Arc<AppState>>,
    Parameters(page): Parameters<PageQuery>,
    Bearer(actor): Bearer,
) -> Result<Response, ApiError> {
    Ok(answer(StatusCode::OK, &hand_overs_json(&state, &actor, &page).await?))
}

/// Hand-overs to the courts of the actor.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn hand_overs_json(
    state: &AppState,
    actor: &Actor,
    page: &PageQuery,
) -> Result<HandOversJson, ApiError> {
    let (before, limit) = (page.number()?, page.limit()?);
    let found = state.filing()?.hand_overs_to(actor, before, limit).await?;
    let brief = |(file, number): &(Arc<crate::court::case::state::CaseFile>, HandOverNumber)| {
        file.course.hand_overs.get(number).map(|one| HandOverBriefJson::of(file, *number, one))
    };
    Ok(HandOversJson {
        items: found.items.iter().filter_map(brief).collect(),
        next_cursor: found.next.map(|next| next.to_string()),
    })
}
