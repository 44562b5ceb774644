//! `/account`: the holder's sessions, password, second factor, tokens and keys, the export of the own data, closing.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use crate::court::ids::TokenId;
use crate::court::line_value::LineValue as _;
use crate::court::registry::RegistryError;
use crate::court::registry::tokens::Token;
use crate::court::words::Scope;
use crate::error_code::ErrorCode;
use crate::filing::enrolled_keys::EnrolledKey;
use crate::filing::enrolment::depositor_key;
use crate::filing::filing_error::FilingError;
use crate::filing::sessions::{Session, SessionId};
use crate::filing::sign_in::{SignedIn, is_staff};
use crate::http::app_state::AppState;
use crate::http::caching::{Caching, json};
use crate::http::client_address::ClientAddress;
use crate::http::pages::account_identity::{IdentityPart, begin, identity_part};
use crate::http::pages::account_login_links::{LoginPart, accept_role, begin_link, end_link, login_part};
use crate::http::pages::admin_common::{TOKEN_DAYS, request_context};
use crate::http::pages::form::{Form, PageParameters};
use crate::http::pages::layout::Layout;
use crate::http::pages::login::{Fault, new_password, signed_out};
use crate::http::pages::qr::QrCode;
use crate::http::pages::visit::{Audience, Member, Visit, see_other, set_session};
use crate::http::problem::ApiError;
use crate::wire::court::accounts::{AccountExportJson, AccountJson, SessionJson, StatedJson, login_links};
use crate::wire::facts::beijing_time;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage<'a> {
    p: Layout,
    who: &'a SignedIn,
    id: String,
    subject: &'static str,
    roles: Vec<String>,
    identities: Vec<String>,
    identity: IdentityPart,
    logins: LoginPart,
    /// The check and the code with which the provider has sent the browser back.
    confirmation: Option<(String, String)>,
    staff: bool,
    sessions: Vec<Session>,
    tokens: Vec<(TokenId, Token)>,
    keys: Vec<EnrolledKey>,
    scopes: Vec<(Scope, &'static str)>,
    days: [u64; 4],
    new_token: Option<String>,
    done: Option<&'static str>,
    fault: Option<Fault>,
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage {
    p: Layout,
    qr: Option<QrCode>,
    secret: String,
    uri: String,
    /// Whether one in use is replaced.
    replaces: bool,
    fault: Option<Fault>,
}

/// What an account page shows beside the account.
#[derive(Default)]
struct Extra {
    new_token: Option<String>,
    /// The address of an identity check that has just begun.
    begun: Option<String>,
    /// The address at the identity provider of a link that has just begun.
    begun_link: Option<String>,
    /// The check and the code with which a provider of identity checks has sent the browser back.
    confirmation: Option<(String, String)>,
    done: Option<&'static str>,
    fault: Option<Fault>,
}

async fn account_page(
    state: &AppState,
    visit: &Visit,
    who: &SignedIn,
    status: StatusCode,
    extra: Extra,
) -> Result<Response, ApiError> {
    let filing = state.filing()?;
    let p = visit.form_layout(extra.fault.is_some(), "我的账号", "Account");
    let identity = identity_part(state, who, &p, extra.begun).await?;
    let logins = login_part(state, who, &p, extra.begun_link)?;
    let (language, registry) = (p.language(), filing.registry());
    let account = &who.actor.account;
    let roles = account.roles.iter().map(|(role, court)| {
        let court = court.as_ref().map_or_else(String::new, |court| format!(" {court}"));
        format!("{}{court}", role.label(language))
    });
    let identities = account.identities.iter().map(|(check, _)| {
        format!("{} · {} · {}", check.method.label(language), check.level.label(language), p.moment(&check.at))
    });
    let tokens = registry.tokens.iter().filter(|(id, token)| token.account == who.actor.id && filing.is_accepted(*id));
    let page = AccountPage {
        who,
        id: who.actor.id.to_string(),
        subject: account.subject.label(language),
        roles: roles.collect(),
        identities: identities.collect(),
        identity,
        logins,
        confirmation: extra.confirmation,
        staff: is_staff(account),
        sessions: filing.own_sessions(who),
        tokens: tokens.map(|(id, token)| (id, token.clone())).collect(),
        keys: filing.enrolled_keys(&who.actor).unwrap_or_default(),
        scopes: who.actor.scopes.iter().map(|scope| (*scope, scope.label(language))).collect(),
        days: TOKEN_DAYS,
        new_token: extra.new_token,
        done: extra.done,
        fault: extra.fault,
        p,
    };
    visit.page_with(status, Audience::Private, &page)
}

/// The holder's account.
///
/// # Errors
///
/// Those of the node.
pub async fn account(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let done = match parameters.text("done") {
        "registered" => Some(("账号已注册。", "The account is registered.")),
        "password" => Some(("密码已修改，其他会话均已结束。", "The password was changed; all other sessions ended.")),
        "session" => Some(("会话已结束。", "The session was ended.")),
        "second-factor" => Some(("动态口令已启用。", "The second factor is in use.")),
        "token" => Some(("令牌已撤销。", "The token was revoked.")),
        "key" => Some(("公钥登记已更新。", "The enrolled keys were changed.")),
        "role" => Some(("角色已接受，并已上链记录。", "The role was accepted; the change is on the chain.")),
        "login-link" => Some((
            "统一身份认证已关联，并已上链记录；其他会话均已结束。",
            "The login was linked; the change is on the chain. All other sessions ended.",
        )),
        "identity" => Some(("实名核验已上链记录。", "The identity check is on the chain.")),
        _ => None,
    };
    let done = done.map(|(zh, en)| visit.t(zh, en));
    let (verification, code) = (parameters.text("verification"), parameters.text("code"));
    let confirmation = (!code.is_empty()).then(|| (verification.to_owned(), code.to_owned()));
    account_page(&state, &visit, &who, StatusCode::OK, Extra { confirmation, done, ..Extra::default() }).await
}

/// A change of the account: the last part of the path says which.
///
/// # Errors
///
/// `not_found`; those of the node. What is wrong with the form is shown with it.
pub async fn change(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    Path(action): Path<String>,
    client: ClientAddress,
    form: Form,
) -> Result<Response, ApiError> {
    let changed = match action.as_str() {
        "role" => accept_role(&state, &who, &form).await.map_err(Refused::Other),
        "login-link" => begin_login_link(&state, &visit, &who, (client, &form)).await,
        "login-link-end" => end_link(&state, &who, &form).await.map_err(Refused::Other),
        "identity-confirmation" => confirm_identity(&state, &who, &form).await,
        "password" => change_password(&state, &visit, &who, &form).await,
        "sessions" => end_session(&state, &who, &form).await,
        "identity" => begin_identity(&state, &visit, &who, &form).await,
        "tokens" => issue_token(&state, &visit, &who, &form).await,
        "token-revocation" => revoke_token(&state, &who, &form).await,
        "keys" => change_keys(&state, &who, &form).await,
        "closing" => close(&state, &who, &form).await,
        _ => return Err(ApiError::not_found("no such page")),
    };
    match changed {
        Ok(done) => Ok(done),
        Err(Refused::Form(fault)) => refused(&state, &visit, &who, fault).await,
        Err(Refused::Other(failure)) => match field_of(&action, failure.code()) {
            Some(field) => refused(&state, &visit, &who, (field, visit.fault(failure))).await,
            None => Err(failure),
        },
    }
}

/// Why a change was not made.
enum Refused {
    /// A field of the form.
    Form(Fault),
    /// Anything else.
    Other(ApiError),
}

impl<E: Into<ApiError>> From<E> for Refused {
    fn from(failure: E) -> Self {
        Self::Other(failure.into())
    }
}

async fn refused(state: &AppState, visit: &Visit, who: &SignedIn, fault: Fault) -> Result<Response, ApiError> {
    let extra = Extra { fault: Some(fault), ..Extra::default() };
    account_page(state, visit, who, StatusCode::UNPROCESSABLE_ENTITY, extra).await
}

/// The field that an error of a change is about.
fn field_of(action: &str, code: ErrorCode) -> Option<&'static str> {
    match (action, code) {
        ("password", ErrorCode::WrongPassword) => Some("current-password"),
        ("password", ErrorCode::WeakPassword) => Some("new-password"),
        ("closing", ErrorCode::WrongPassword | ErrorCode::NotPermitted | ErrorCode::ScopeNeeded) => {
            Some("closing-password")
        }
        ("keys", ErrorCode::BadValue | ErrorCode::TooManyKeys | ErrorCode::ScopeNeeded) => Some("key"),
        ("identity", ErrorCode::BadValue | ErrorCode::NoSuchIdentityProvider)
        | ("identity-confirmation", ErrorCode::NoSuchVerification) => Some("provider"),
        ("login-link", ErrorCode::BadValue | ErrorCode::NoLoginProvider) => Some("link-court"),
        ("login-link", ErrorCode::WrongPassword) => Some("link-password"),
        ("login-link", ErrorCode::WrongOneTimeCode) => Some("link-code"),
        ("tokens", ErrorCode::WrongPassword) => Some("token-password"),
        ("tokens", ErrorCode::WrongOneTimeCode) => Some("token-code"),
        ("tokens", _) if code.status() < 500 && code != ErrorCode::NotFound => Some("token-days"),
        _ => None,
    }
}

fn with_session(path: &str, session: &SessionId) -> Response {
    let mut response = see_other(path);
    set_session(&mut response, Some(session));
    response
}

async fn change_password(state: &AppState, visit: &Visit, who: &SignedIn, form: &Form) -> Result<Response, Refused> {
    let new = new_password(visit, form).map_err(Refused::Form)?;
    let session = state.filing()?.change_password(who, form.raw("current-password"), new).await?;
    Ok(with_session("/account?done=password", &session))
}

async fn end_session(state: &AppState, who: &SignedIn, form: &Form) -> Result<Response, Refused> {
    let name = form.some("session");
    state.filing()?.end_sessions(who, name).await?;
    if name == Some(who.session.name().as_str()) {
        return Ok(signed_out(&who.session));
    }
    Ok(see_other("/account?done=session"))
}

async fn issue_token(state: &AppState, visit: &Visit, who: &SignedIn, form: &Form) -> Result<Response, Refused> {
    let scopes = form.all("scope").filter_map(Scope::parse).collect();
    let days = form.text("token-days").parse().unwrap_or(0);
    let (filing, context) = (state.filing()?, request_context("token")?);
    // A token is valid for longer than the session. So a person who finds the browser open must not get one.
    filing.require_holder(who, form.raw("token-password"), form.text("token-code")).await?;
    match filing.issue_token(&who.actor, &context, who.actor.id, &scopes, days).await {
        Ok(issued) => {
            let new_token = issued.token.as_ref().map(|token| token.text().to_owned());
            Ok(account_page(state, visit, who, StatusCode::OK, Extra { new_token, ..Extra::default() }).await?)
        }
        Err(FilingError::BadValue { .. }) => {
            let fault = visit.t("请至少选择一项权限范围和有效期", "Choose at least one scope, and the days").to_owned();
            Err(Refused::Form(("token-days", fault)))
        }
        Err(failure) => Err(failure.into()),
    }
}

async fn begin_identity(state: &AppState, visit: &Visit, who: &SignedIn, form: &Form) -> Result<Response, Refused> {
    let begun = Some(begin(state, who, form).await?);
    Ok(account_page(state, visit, who, StatusCode::OK, Extra { begun, ..Extra::default() }).await?)
}

/// The provider has sent the browser back with a code, and the holder confirms that the check is of this account.
async fn confirm_identity(state: &AppState, who: &SignedIn, form: &Form) -> Result<Response, Refused> {
    let unknown = || FilingError::Registry(RegistryError::NoSuchVerification);
    let verification = TokenId::parse(form.text("verification")).ok_or_else(unknown)?;
    state.filing()?.confirm_identity(&who.actor, verification, form.text("code")).await?;
    Ok(see_other("/account?done=identity"))
}

async fn begin_login_link(
    state: &AppState,
    visit: &Visit,
    who: &SignedIn,
    (client, form): (ClientAddress, &Form),
) -> Result<Response, Refused> {
    let (address, cookie) = begin_link(state, who, client, form).await?;
    let extra = Extra { begun_link: Some(address), ..Extra::default() };
    let mut response = account_page(state, visit, who, StatusCode::OK, extra).await?;
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn revoke_token(state: &AppState, who: &SignedIn, form: &Form) -> Result<Response, Refused> {
    let token = TokenId::parse(form.text("token")).ok_or(FilingError::NotFound)?;
    state.filing()?.revoke_token(&who.actor, &request_context("revocation")?, token, None).await?;
    Ok(see_other("/account?done=token"))
}

async fn change_keys(state: &AppState, who: &SignedIn, form: &Form) -> Result<Response, Refused> {
    let filing = state.filing()?;
    match form.some("remove") {
        Some(name) => filing.remove_key(&who.actor, name).await?,
        None => {
            filing.enrol_key(&who.actor, depositor_key(form.text("key"))?).await?;
        }
    }
    Ok(see_other("/account?done=key"))
}

async fn close(state: &AppState, who: &SignedIn, form: &Form) -> Result<Response, Refused> {
    state.filing()?.close_own_account(who, form.raw("closing-password")).await?;
    let mut response = see_other("/login?done=closed");
    set_session(&mut response, None);
    Ok(response)
}

/// The page on which a second factor is set up.
///
/// # Errors
///
/// Those of the node.
pub async fn second_factor_form(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
) -> Result<Response, ApiError> {
    second_factor_page(&state, &visit, &who, None).await
}

async fn second_factor_page(
    state: &AppState,
    visit: &Visit,
    who: &SignedIn,
    fault: Option<Fault>,
) -> Result<Response, ApiError> {
    let secret = state.filing()?.propose_second_factor(who).await?;
    let issuer = visit.operator.clone().unwrap_or_else(|| "Tiezheng".to_owned());
    let uri = secret.uri(&issuer, &who.credentials.login);
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = SecondFactorPage {
        p: visit.layout("启用动态口令", "Set up a second factor"),
        qr: QrCode::of(&uri),
        secret: secret.text().to_owned(),
        uri: uri.to_string(),
        replaces: who.credentials.second_factor.is_some(),
        fault,
    };
    visit.page_with(status, Audience::Private, &page)
}

/// Confirms the second factor.
///
/// # Errors
///
/// Those of the node. A wrong code or password is answered by the form.
pub async fn confirm_second_factor(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    form: Form,
) -> Result<Response, ApiError> {
    let codes = (form.text("current-code"), form.text("code"));
    let failure = match state.filing()?.confirm_second_factor(&who, form.raw("password"), codes).await {
        Ok(session) => return Ok(with_session("/account?done=second-factor", &session)),
        Err(failure) => failure,
    };
    let field = match failure {
        FilingError::WrongPassword => "password",
        FilingError::CurrentCodeNeeded => "current-code",
        FilingError::WrongOneTimeCode => "code",
        failure => return Err(failure.into()),
    };
    second_factor_page(&state, &visit, &who, Some((field, visit.fault(failure)))).await
}

/// The holder's data as a file. Its private content is shown after the access was recorded.
///
/// # Errors
///
/// Those of the node.
pub async fn export(State(state): State<Arc<AppState>>, Member(who): Member) -> Result<Response, ApiError> {
    let filing = state.filing()?;
    let view = filing.view_account(&who.actor, who.actor.id).await?;
    let account = AccountJson::of(view.id, &view.account, &view.texts, &view.tokens, view.access.position.sequence);
    let sessions = filing.own_sessions(&who).into_iter().map(|session| SessionJson {
        name: session.name(),
        since: beijing_time(session.since),
        last: beijing_time(session.last),
        browser: session.browser,
    });
    let stated = who.credentials.stated.iter();
    let export = AccountExportJson {
        account,
        login: who.credentials.login.clone(),
        password_set_at: beijing_time(who.credentials.since),
        second_factor: who.credentials.second_factor.is_some(),
        stated: stated.map(|(field, text)| StatedJson { field: field.word().into(), text: text.clone() }).collect(),
        sessions: sessions.collect(),
        enrolled_keys: filing
            .enrolled_keys(&who.actor)
            .unwrap_or_default()
            .iter()
            .map(|key| key.key.to_string())
            .collect(),
        login_links: login_links(&view.account, &view.texts),
    };
    let mut response = json(&export, Caching::Never);
    let file = HeaderValue::from_static("attachment; filename=\"account.json\"");
    response.headers_mut().insert(CONTENT_DISPOSITION, file);
    Ok(response)
}
