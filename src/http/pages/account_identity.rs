//! The part of `/account` for 实名核验: the checks of outside providers, which the holder begins.

use crate::court::ids::TokenId;
use crate::court::line_value::LineValue as _;
use crate::error_code::ErrorCode;
use crate::filing::sign_in::SignedIn;
use crate::http::app_state::AppState;
use crate::http::pages::admin_common::request_context;
use crate::http::pages::form::Form;
use crate::http::pages::layout::Layout;
use crate::http::problem::ApiError;

/// A provider that can be chosen.
pub struct ProviderChoice {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// How it checks, and how far.
    pub says: String,
}

/// What the page says about checks of the identity.
pub struct IdentityPart {
    /// The providers.
    pub providers: Vec<ProviderChoice>,
    /// Since when a check is open.
    pub open_since: Option<String>,
    /// When the last one was not confirmed.
    pub failed_at: Option<String>,
    /// The address of a check that has just begun.
    pub begun: Option<String>,
}

/// What the page says.
///
/// # Errors
///
/// Those of a read.
pub async fn identity_part(
    state: &AppState,
    who: &SignedIn,
    p: &Layout,
    begun: Option<String>,
) -> Result<IdentityPart, ApiError> {
    let filing = state.filing()?;
    let providers = filing.identity_providers().await?.into_iter().map(|provider| ProviderChoice {
        id: provider.id.to_string(),
        name: provider.name,
        says: format!("{} · {}", provider.entry.method.label(p.language()), provider.entry.level.label(p.language())),
    });
    let registry = filing.registry();
    let account = registry.accounts.get(&who.actor.id);
    let open = account.and_then(|account| registry.verifications.get(&account.open_verification?));
    Ok(IdentityPart {
        providers: providers.collect(),
        open_since: open.map(|open| p.moment(&open.since.at)),
        failed_at: account.and_then(|account| account.failed_verification).map(|failed| p.moment(&failed.at)),
        begun,
    })
}

/// Begins a check: the address that the holder's browser opens. It is shown as a link, since a form may lead to no other site.
///
/// # Errors
///
/// `bad_value`; those of the node.
pub async fn begin(state: &AppState, who: &SignedIn, form: &Form) -> Result<String, ApiError> {
    let choose = || ApiError::new(ErrorCode::BadValue, "choose a provider").in_chinese("请选择核验机构");
    let provider = TokenId::parse(form.text("provider")).ok_or_else(choose)?;
    let begun = state.filing()?.begin_verification(&who.actor, &request_context("identity")?, provider).await?;
    Ok(begun.url)
}
