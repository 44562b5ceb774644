//! Association codes (关联码), by which parties and agents join their case (关联案件).

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::court::ids::{CaseId, PartyNumber};
use crate::court::values::Filer;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::association::AssociationCommand;
use crate::filing::filing_error::FilingError;
use crate::filing::service::RecordedAct;
use crate::http::api::court::acts::outcome_json;
use crate::http::api::court::case_path::CasePath;
use crate::http::api::court::json_request::{AuthenticatedJson, created, some_value, value, values};
use crate::http::app_state::AppState;
use crate::http::problem::ApiError;
use crate::wire::court::act::ActOutcomeJson;
use crate::wire::court::case::{AssociationRequest, CodeRequest};

/// Issue an association code / 生成关联码
///
/// For one party and its agents. The code is in this answer and is never shown again: the same request sent again
/// answers the act without it.
///
/// 为一方当事人及其代理人生成关联码，仅显示一次。
#[utoipa::path(
    post,
    path = "/v1/cases/{case}/codes",
    tag = "cases",
    params(("case" = String, Path, description = "案件代号, 案号 or 64 hex digits", example = "7K2M9X-QT3D5W")),
    request_body = CodeRequest,
    responses(
        (status = 201, description = "The code / 关联码", body = ActOutcomeJson),
        (status = 200, description = "The same request had issued one", body = ActOutcomeJson),
    ),
)]
pub(in crate::http) async fn issue_code(
    State(state): State<Arc<AppState>>,
    CasePath(case): CasePath,
    call: AuthenticatedJson<CodeRequest>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape } = call;
    let (recorded, shown) = issue(&state, &actor, case, &context, &shape).await?;
    Ok(created(&recorded, &shown))
}

/// Issues an association code: the answer, with the code, and the act as recorded.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn issue(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
    context: &RequestContext,
    shape: &CodeRequest,
) -> Result<(RecordedAct, ActOutcomeJson), ApiError> {
    let (filing, uses) = (state.filing()?, (shape.party_uses, shape.agent_uses));
    let (acted, code) = filing.issue_code(actor, case, context, PartyNumber(shape.party), uses, shape.days).await?;
    let shown = ActOutcomeJson { code, ..outcome_json(filing, &acted, Vec::new()) };
    Ok((acted.recorded, shown))
}

/// Associate with a case / 关联案件
///
/// With the code issued by the court. An invalid code is answered with `not_found`; after ten wrong codes within an hour,
/// further ones are rejected.
///
/// 凭关联码关联案件；一小时内输错十次后须等待。
#[utoipa::path(
    post,
    path = "/v1/associations",
    tag = "cases",
    request_body = AssociationRequest,
    responses(
        (status = 201, description = "The case / 案件", body = ActOutcomeJson),
        (status = 200, description = "The same request had associated", body = ActOutcomeJson),
    ),
)]
pub(in crate::http) async fn associate(
    State(state): State<Arc<AppState>>,
    call: AuthenticatedJson<AssociationRequest>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape } = call;
    let (recorded, shown) = join(&state, &actor, &context, shape).await?;
    Ok(created(&recorded, &shown))
}

/// Associates the actor with the case of a code: the answer, and the act as recorded.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn join(
    state: &AppState,
    actor: &Actor,
    context: &RequestContext,
    shape: AssociationRequest,
) -> Result<(RecordedAct, ActOutcomeJson), ApiError> {
    let filing = state.filing()?;
    let filer: Filer = value("filer", &shape.filer)?;
    if filer == Filer::Court {
        return Err(FilingError::bad(
            "filer",
            "`principal`, `agent` or `statutory-agent`",
            "应为当事人本人、诉讼代理人或者法定代理人",
        )
        .into());
    }
    let association = AssociationCommand {
        code: shape.code,
        filer,
        authority: some_value("authority", shape.authority.as_deref())?,
        name: shape.name,
        power: shape.power,
        instances: values("instances", &shape.instances)?,
        relationship: shape.relationship,
    };
    let acted = filing.associate(actor, context, &association).await?;
    let shown = outcome_json(filing, &acted, Vec::new());
    Ok((acted.recorded, shown))
}
