//! `POST /v1/cases/{case}/passage`: a case goes on to second instance, from mediation into a suit, to retrial.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::court::ids::PartyNumber;
use crate::filing::association::TransferCommand;
use crate::http::api::court::acts::acted_json;
use crate::http::api::court::exchange::{JsonCall, created, value};
use crate::http::api::court::naming::OfCase;
use crate::http::app_state::AppState;
use crate::http::problem::Failure;
use crate::wire::court::act::ActedJson;
use crate::wire::court::case::PassageRequest;

/// Hand a case on / 移送案件
///
/// Opens the new case as a draft before the court that takes it, with the parties and the standing items, each with the
/// time of its first import, and records it in both. For whoever holds the same role at both courts. What is interrupted goes on when the same request is sent again
/// under the same `Idempotency-Key`. The answer names the new case, and the act in the old one.
///
/// 移送二审、诉调衔接、移送再审；证据保留首次导入时间。
#[utoipa::path(
    post,
    path = "/v1/cases/{case}/passage",
    tag = "cases",
    params(
        ("case" = String, Path, description = "64 hex digits"),
    ),
    request_body = PassageRequest,
    responses(
        (status = 201, description = "The new case / 新案件", body = ActedJson),
        (status = 200, description = "The same request had handed it on", body = ActedJson),
    ),
)]
pub(in crate::http) async fn pass_on(
    State(node): State<Arc<AppState>>,
    OfCase(case): OfCase,
    call: JsonCall<PassageRequest>,
) -> Result<Response, Failure> {
    let JsonCall { actor, context, shape } = call;
    let filing = node.filing()?;
    let passage = TransferCommand {
        passage: value("passage", &shape.passage)?,
        court: value("court", &shape.court)?,
        kind: value("kind", &shape.kind)?,
        procedure: value("procedure", &shape.procedure)?,
        brought_by: shape.brought_by.map(PartyNumber),
    };
    let (passed, opened) = filing.pass_on(&actor, case, &context, &passage).await?;
    let act = acted_json(filing, &passed, Vec::new()).act;
    let file = &opened.file;
    Ok(created(&passed.done, &ActedJson::of(&file.id.to_string(), act, file.stage, Vec::new())))
}
