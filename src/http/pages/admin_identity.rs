//! `/admin/identity`: the providers of identity checks (实名核验).

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::court::ids::TokenId;
use crate::court::line_value::LineValue as _;
use crate::court::words::{IdentityLevel, IdentityMethod, Role};
use crate::error_code::ErrorCode;
use crate::filing::filing_error::FilingError;
use crate::filing::identity_providers::NewProvider;
use crate::filing::sign_in::SignedIn;
use crate::http::app_state::AppState;
use crate::http::pages::admin_common::{Outcome, Secret, request_context, require_operating};
use crate::http::pages::form::{Form, PageParameters};
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Member, Visit, see_other};
use crate::http::problem::ApiError;

/// Names of the fields and their labels, for errors.
const LABELS: &[(&str, &str, &str)] = &[
    ("name", "名称", "Name"),
    ("method", "核验方式", "Method"),
    ("level", "最高核验级别", "Highest level"),
    ("url", "核验地址", "Address"),
];

struct ProviderRow {
    id: String,
    name: String,
    says: String,
    since: String,
}

#[derive(Template)]
#[template(path = "admin_identity.html")]
struct IdentityPage<'a> {
    p: Layout,
    rows: Vec<ProviderRow>,
    methods: Vec<(&'static str, &'static str)>,
    levels: Vec<(&'static str, &'static str)>,
    entered: &'a Form,
    outcome: Outcome,
    is_operator: bool,
}

async fn show(
    state: &AppState,
    visit: &Visit,
    who: &SignedIn,
    entered: &Form,
    outcome: Outcome,
) -> Result<Response, ApiError> {
    let (status, p) = outcome.head(visit, "实名核验机构", "Providers of identity checks");
    let language = p.language();
    let rows = state.filing()?.identity_providers().await?.into_iter().map(|provider| ProviderRow {
        id: provider.id.to_string(),
        name: provider.name,
        says: format!("{} · {}", provider.entry.method.label(language), provider.entry.level.label(language)),
        since: p.moment(&provider.entry.since.at),
    });
    // A check at the court is recorded by those who made it.
    let methods = IdentityMethod::ALL.iter().filter(|method| **method != IdentityMethod::CourtOffline);
    let page = IdentityPage {
        rows: rows.collect(),
        methods: methods.map(|method| (method.word(), method.label(language))).collect(),
        levels: IdentityLevel::ALL.iter().map(|level| (level.word(), level.label(language))).collect(),
        entered,
        outcome,
        is_operator: who.actor.account.holds(Role::Operator, None),
        p,
    };
    visit.page_with(status, Audience::Private, &page)
}

/// The providers.
///
/// # Errors
///
/// `not_found`, `second_factor_needed`; those of a read.
pub async fn providers(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    require_operating(&state, &who)?;
    let done = (parameters.text("done") == "removed").then(|| {
        visit.t("核验机构登记已取消，并已上链记录。", "The provider was removed; the change is on the chain.")
    });
    show(&state, &visit, &who, &Form::parse(b""), Outcome { done, ..Outcome::default() }).await
}

/// Registers a provider, or removes one.
///
/// # Errors
///
/// `not_found`, `second_factor_needed`; those of the node. What is wrong with the form is shown with it.
pub async fn change(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    form: Form,
) -> Result<Response, ApiError> {
    require_operating(&state, &who)?;
    if let Some(id) = form.some("remove") {
        let id = TokenId::parse(id).ok_or(FilingError::NotFound)?;
        let removed = state.filing()?.remove_identity_provider(&who.actor, &request_context("removal")?, id).await;
        return match removed {
            Ok(_) => Ok(see_other("/admin/identity?done=removed")),
            Err(failure) => {
                let outcome = Outcome::refused(&visit, failure.into(), LABELS)?;
                show(&state, &visit, &who, &Form::parse(b""), outcome).await
            }
        };
    }
    match add(&state, &visit, &who, &form).await {
        Ok(outcome) => show(&state, &visit, &who, &Form::parse(b""), outcome).await,
        Err(failure) => show(&state, &visit, &who, &form, Outcome::refused(&visit, failure, LABELS)?).await,
    }
}

async fn add(state: &AppState, visit: &Visit, who: &SignedIn, form: &Form) -> Result<Outcome, ApiError> {
    let bad = |field: &str| ApiError::new(ErrorCode::BadValue, format!("`{field}` must be chosen"));
    let new = NewProvider {
        name: form.text("name"),
        method: IdentityMethod::parse(form.text("method")).ok_or_else(|| bad("method"))?,
        level: IdentityLevel::parse(form.text("level")).ok_or_else(|| bad("level"))?,
        url: form.text("url"),
    };
    let added = state.filing()?.add_identity_provider(&who.actor, &request_context("provider")?, new).await?;
    let secret = added.secret.as_deref().map(|secret| Secret {
        title: visit.t("核验结果签名密钥", "The key that signs results"),
        id: added.id.to_string(),
        text: secret.clone(),
    });
    let done = visit.t("核验机构已登记，并已上链记录。", "The provider was registered; the change is on the chain.");
    Ok(Outcome { done: Some(done), secret, ..Outcome::default() })
}
