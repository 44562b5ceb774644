//! Erasures of private content: answered only once no file holds it any more.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::court::acts::ActKind;
use crate::desk::erasing::ErasureAsked;
use crate::http::api::court::exchange::{Call, act_json, created, some_value, value, values};
use crate::http::node::Node;
use crate::http::problem::Failure;
use crate::wire::court::erasure::{ErasureJson, ErasureRequest};
use crate::wire::problem::Problem;

/// Erase private content / 删除非公开信息
///
/// Of a deposit (its private metadata and its original) or of an account: by whose it is, by the operator at that person's
/// request, or by the judge who ordered it. Texts of a case: by its judge, after an order. Content
/// that a court holds (act `hold`) is erased only after that court has released it; importing a deposit into a case holds
/// nothing. The chain stays whole, and receipts still verify.
/// The answer comes once no file of the node holds the content; on `not_purged` send the same request again.
///
/// 本人、平台管理员或作出决定的法官可申请；法院已决定暂停删除（`hold`）的内容，须由该法院解除后方可删除，导入案件本身不影响删除。
/// 链上记录保持完整，回执仍可核验。
#[utoipa::path(
    post,
    path = "/v1/erasures",
    tag = "originals",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
        ("X-Acting-As" = Option<String>, Header, description = "Of a case: in which capacity, like `judge`"),
    ),
    request_body = ErasureRequest,
    responses(
        (status = 201, description = "Erased / 已删除", body = ErasureJson),
        (status = 200, description = "It was erased before / 此前已删除", body = ErasureJson),
        (status = 400, description = "`bad_value`, `unexpected_json`, …", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`unauthenticated`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_permitted`, `scope_needed`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: not there, or not yours", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`held_by_a_case`, `wrong_stage`, `request_reused`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`not_purged`: on record and not complete; send the same request again", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn erase(
    State(node): State<Arc<Node>>,
    call: Call<ErasureRequest>,
) -> Result<Response, Failure> {
    let Call { actor, asked, shape } = call;
    let what = what(&shape)?;
    let order = some_value("order", shape.order.as_deref())?;
    let erasure = node.desk()?.erase(&actor, &asked, &what, order).await?;
    let case = match &what {
        ErasureAsked::Case(case, _) => Some(*case),
        ErasureAsked::Deposit(_) | ErasureAsked::Account(_) => None,
    };
    let act = act_json(ActKind::Erase, erasure.stream, case, &erasure.done);
    Ok(created(&erasure.done, &ErasureJson::of(act, erasure.notice.0)))
}

fn what(shape: &ErasureRequest) -> Result<ErasureAsked, Failure> {
    let one = || Failure::new("bad_value", "one of `deposit_number`, `account`, or `case` with `annexes`");
    match (shape.deposit_number.as_deref(), shape.account.as_deref(), shape.case.as_deref()) {
        (Some(number), None, None) if shape.annexes.is_empty() => {
            Ok(ErasureAsked::Deposit(crate::ledger::number::DepositNumber::parse(number)?))
        }
        (None, Some(account), None) if shape.annexes.is_empty() => {
            Ok(ErasureAsked::Account(value("account", account)?))
        }
        (None, None, Some(case)) if !shape.annexes.is_empty() => {
            Ok(ErasureAsked::Case(value("case", case)?, values("annexes", &shape.annexes)?))
        }
        _ => Err(one()),
    }
}
