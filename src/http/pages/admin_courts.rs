//! `/admin/courts`: the lists of a court: ledgers that it accepts, courts of appeal, webhooks, the gateway.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::court::case_number::CourtCode;
use crate::court::ids::TokenId;
use crate::court::line_value::LineValue as _;
use crate::court::registry::Account;
use crate::court::words::Role;
use crate::error_code::ErrorCode;
use crate::filing::filing_error::FilingError;
use crate::filing::sign_in::SignedIn;
use crate::http::api::court::appeal_courts::{appeal_courts_json, end_pair, set_pair};
use crate::http::api::court::gateways::gateways_json;
use crate::http::api::court::lists::{accept_ledger, ledgers_json, remove_ledger};
use crate::http::api::court::webhooks::webhooks_json;
use crate::http::app_state::AppState;
use crate::http::pages::admin_common::{Outcome, Secret, request_context, require_operating};
use crate::http::pages::form::{Form, PageParameters};
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Member, Visit, see_other};
use crate::http::problem::ApiError;
use crate::wire::court::appeal_courts::{AppealCourtRequest, AppealCourtsJson};
use crate::wire::court::feed::WebhooksJson;
use crate::wire::court::gateway::GatewaysJson;
use crate::wire::court::lists::{LedgerRequest, TrustedLedgersJson};

/// Names of the fields and their labels, for errors.
const LABELS: &[(&str, &str, &str)] = &[
    ("court", "法院代字", "Court code"),
    ("key", "账本公钥", "Ledger key"),
    ("hears", "上诉法院代字", "Court of appeal"),
    ("from", "生效日期", "Day"),
    ("source", "依据", "Source"),
    ("url", "地址", "Address"),
];

/// The lists of a court.
struct CourtView {
    code: String,
    ledgers: TrustedLedgersJson,
    appeal_courts: AppealCourtsJson,
    /// `None` for those who may not see them.
    webhooks: Option<WebhooksJson>,
    gateways: Option<GatewaysJson>,
}

#[derive(Template)]
#[template(path = "admin_courts.html")]
struct CourtsPage<'a> {
    p: Layout,
    /// The courts on record, each with the address of its lists.
    known: Vec<(String, String)>,
    asked: &'a str,
    court: Option<CourtView>,
    entered: &'a Form,
    outcome: Outcome,
    is_operator: bool,
}

/// The lists of the court that the parameter names.
///
/// # Errors
///
/// `not_found`, `second_factor_needed`; those of a read.
pub async fn courts(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    require_operating(&state, &who)?;
    let done = match parameters.text("done") {
        "ledger" => Some(("账本已列入，并已上链记录。", "The ledger was listed; the change is on the chain.")),
        "ledger-removal" => Some(("账本已移出，并已上链记录。", "The ledger was removed; the change is on the chain.")),
        "appeal-court" => {
            Some(("上诉法院已登记，并已上链记录。", "The court of appeal was set; the change is on the chain."))
        }
        "appeal-court-end" => {
            Some(("上诉法院登记已终止，并已上链记录。", "The court of appeal was ended; the change is on the chain."))
        }
        "webhook-removal" => Some(("事件推送已取消。", "The webhook was removed.")),
        "gateway-removal" => Some(("送达通道已取消。", "The gateway was removed.")),
        _ => None,
    };
    let outcome = Outcome { done: done.map(|(zh, en)| visit.t(zh, en)), ..Outcome::default() };
    show(&state, &visit, &who, (parameters.text("court"), &Form::parse(b"")), outcome).await
}

async fn show(
    state: &AppState,
    visit: &Visit,
    who: &SignedIn,
    (asked, entered): (&str, &Form),
    mut outcome: Outcome,
) -> Result<Response, ApiError> {
    let court = Some(asked).filter(|asked| !asked.is_empty()).map(CourtCode::parse);
    let court = match court {
        Some(Ok(code)) => Some(view(state, who, &code).await?),
        Some(Err(_)) => {
            let fault =
                visit.t("法院代字有误，例如“粤0192”", "This is no court code; one looks like the code of a judgment");
            outcome.fault.get_or_insert_with(|| fault.to_owned());
            None
        }
        None => None,
    };
    let (status, p) = outcome.head(visit, "法院名单", "Courts");
    let is_operator = who.actor.account.holds(Role::Operator, None);
    let page = CourtsPage { p, known: known_courts(state)?, asked, court, entered, outcome, is_operator };
    visit.page_with(status, Audience::Private, &page)
}

/// `None` for those who may not see it.
fn if_permitted<T>(list: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match list {
        Ok(list) => Ok(Some(list)),
        Err(failure) if failure.code() == ErrorCode::NotPermitted => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn view(state: &AppState, who: &SignedIn, code: &CourtCode) -> Result<CourtView, ApiError> {
    Ok(CourtView {
        code: code.to_string(),
        ledgers: ledgers_json(state, code)?,
        appeal_courts: appeal_courts_json(state, code).await?,
        webhooks: if_permitted(webhooks_json(state, &who.actor, code))?,
        gateways: if_permitted(gateways_json(state, &who.actor, code))?,
    })
}

/// The courts that the registry names, each with the address of its lists.
fn known_courts(state: &AppState) -> Result<Vec<(String, String)>, ApiError> {
    let registry = state.filing()?.registry();
    let held = |account: &Account| account.roles.iter().filter_map(|(_, court)| court.clone()).collect::<Vec<_>>();
    let of_roles = registry.accounts.values().flat_map(held);
    let of_hooks = registry.webhooks.values().map(|hook| hook.court.clone());
    let of_gateways = registry.gateways.values().map(|gateway| gateway.court.clone());
    let of_lists = registry.trusted.keys().cloned();
    let courts: BTreeSet<String> =
        of_roles.chain(of_hooks).chain(of_gateways).chain(of_lists).map(|court| court.to_string()).collect();
    let with_address = |code: String| {
        let address = address_of(&code);
        (code, address)
    };
    Ok(courts.into_iter().map(with_address).collect())
}

fn address_of(court: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("court", court).finish();
    format!("/admin/courts?{query}")
}

/// A change of a court's lists: the last part of the path says which.
///
/// # Errors
///
/// `not_found`, `second_factor_needed`; those of the node. What is wrong with the form is shown with it.
pub async fn change(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    Path(action): Path<String>,
    form: Form,
) -> Result<Response, ApiError> {
    require_operating(&state, &who)?;
    let court = form.text("court");
    let outcome = match apply(&state, &visit, &who, &action, &form).await {
        Ok(None) => {
            return Ok(see_other(&format!("{}&done={action}", address_of(court))));
        }
        Ok(secret) => Outcome { secret, ..Outcome::default() },
        Err(failure) => Outcome::refused(&visit, failure, LABELS)?,
    };
    show(&state, &visit, &who, (court, &form), outcome).await
}

/// Does it. Returns the secret that it made, if any.
async fn apply(
    state: &AppState,
    visit: &Visit,
    who: &SignedIn,
    action: &str,
    form: &Form,
) -> Result<Option<Secret>, ApiError> {
    let (filing, actor, court) = (state.filing()?, &who.actor, form.text("court"));
    let context = request_context(action)?;
    let by = (actor, &context);
    let pair = || AppealCourtRequest {
        hears: form.text("hears").to_owned(),
        from: form.text("from").to_owned(),
        source: form.text("source").to_owned(),
    };
    let ledger = || LedgerRequest { key: form.text("key").to_owned() };
    let id = || TokenId::parse(form.text("id")).ok_or(FilingError::NotFound);
    let bad_court = || ApiError::new(ErrorCode::BadValue, "`court` is no court code");
    let code = || CourtCode::parse(court).map_err(|_| bad_court());
    match action {
        "ledger" => drop(accept_ledger(state, by, court, &ledger()).await?),
        "ledger-removal" => drop(remove_ledger(state, by, court, &ledger()).await?),
        "appeal-court" => drop(set_pair(state, by, court, &pair()).await?),
        "appeal-court-end" => drop(end_pair(state, by, court, &pair()).await?),
        "webhook-removal" => drop(filing.remove_webhook(actor, &context, id()?).await?),
        "gateway-removal" => drop(filing.remove_gateway(actor, &context, id()?).await?),
        "webhook" => {
            let added = filing.add_webhook(actor, &context, &code()?, form.text("url")).await?;
            let title = visit.t("事件推送签名密钥", "The key that signs the calls of the webhook");
            return Ok(secret(title, added.id, added.secret.as_deref()));
        }
        "gateway" => {
            let added = filing.add_gateway(actor, &context, &code()?, form.text("url")).await?;
            let title = visit.t("送达通道签名密钥", "The key that signs messages and reports of the gateway");
            return Ok(secret(title, added.id, added.secret.as_deref()));
        }
        _ => return Err(ApiError::not_found("no such page")),
    }
    Ok(None)
}

fn secret(title: &'static str, id: TokenId, text: Option<&String>) -> Option<Secret> {
    text.map(|text| Secret { title, id: id.to_string(), text: text.clone() })
}
