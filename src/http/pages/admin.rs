//! `/admin`: accounts for the operator, court administrators and the court's counter: roles, identity checks at the counter,
//! unlocking, reset codes.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::acts::{Act, CheckIdentity, EndGrant, Grant};
use crate::court::case_number::CourtCode;
use crate::court::ids::{AccountId, TokenId};
use crate::court::line_value::LineValue as _;
use crate::court::values::IdentityCheck;
use crate::court::words::{IdentityLevel, IdentityMethod, KeptTokens, Role, Scope, SubjectKind};
use crate::error_code::ErrorCode;
use crate::filing::annexes::Annexes;
use crate::filing::filing_error::FilingError;
use crate::filing::own_account::ManagedAccount;
use crate::filing::sign_in::SignedIn;
use crate::http::api::court::accounts::open_for;
use crate::http::app_state::AppState;
use crate::http::pages::admin_common::{TOKEN_DAYS, request_context, require_manager};
use crate::http::pages::admin_login_links::{end_link, links_of};
use crate::http::pages::form::{Form, PageParameters};
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Member, Visit, see_other};
use crate::http::problem::ApiError;
use crate::ledger::verify::wording::Language;
use crate::wire::court::accounts::{AccountJson, OpenAccountRequest};

/// Accounts on one page.
const ACCOUNTS: usize = 50;

/// An account in the list.
struct AccountRow {
    id: String,
    login: String,
    subject: &'static str,
    /// Each with the code of the court, which is Chinese; empty for a role outside courts.
    roles: Vec<(&'static str, String)>,
    stated: Vec<(String, String)>,
    is_verified: bool,
    state: AccountState,
    has_second_factor: bool,
}

/// What the visitor may do to the account.
struct AccountRights {
    is_operator: bool,
    may_grant: bool,
    may_close: bool,
}

/// A role of an account.
struct GrantRow {
    role: String,
    court: String,
    label: String,
    may_revoke: bool,
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AccountState {
    InUse,
    Locked,
    Closed,
}

#[derive(Template)]
#[template(path = "admin.html")]
struct AdminPage<'a> {
    p: Layout,
    query: &'a str,
    rows: Vec<AccountRow>,
    total: usize,
    next: Option<String>,
    subjects: Vec<(&'static str, &'static str)>,
    fault: Option<String>,
    /// Whether deposits are written; how many wait, of how many that may.
    health: Option<(bool, usize, usize)>,
}

#[derive(Template)]
#[template(path = "admin_account.html")]
struct AdminAccountPage {
    p: Layout,
    row: AccountRow,
    grants: Vec<GrantRow>,
    /// The courts whose roles may be granted, where they are not all.
    courts: Vec<String>,
    rights: AccountRights,
    manages_login: bool,
    login_links: Vec<(String, String)>,
    /// Whether the visitor may end them.
    may_unlink: bool,
    /// Roles that the holder has not accepted.
    offers: Vec<GrantRow>,
    identities: Vec<String>,
    roles: Vec<(&'static str, &'static str)>,
    levels: Vec<(&'static str, &'static str)>,
    scopes: Vec<(&'static str, &'static str)>,
    days: [u64; 4],
    new_token: Option<String>,
    shown: Option<AccountJson>,
    reset_code: Option<String>,
    done: Option<&'static str>,
    fault: Option<String>,
}

impl AccountRow {
    fn of(managed: &ManagedAccount, language: Language) -> Self {
        let account = &managed.account;
        let credentials = managed.credentials.as_deref();
        let role = |(role, court): &(Role, Option<CourtCode>)| {
            (role.label(language), court.as_ref().map_or_else(String::new, CourtCode::to_string))
        };
        let stated = credentials.map(|one| one.stated.as_slice()).unwrap_or_default().iter().map(|(field, text)| {
            let (zh, en) = field.labels();
            (if language == Language::Chinese { zh } else { en }.to_owned(), text.clone())
        });
        Self {
            id: managed.id.to_string(),
            login: credentials.map_or_else(String::new, |one| one.login.clone()),
            subject: account.subject.label(language),
            roles: account.roles.iter().map(role).collect(),
            stated: stated.collect(),
            is_verified: account.identity().is_some(),
            state: match (account.closed.is_some(), managed.is_locked) {
                (true, _) => AccountState::Closed,
                (false, true) => AccountState::Locked,
                (false, false) => AccountState::InUse,
            },
            has_second_factor: credentials.is_some_and(|one| one.second_factor.is_some()),
        }
    }
}

/// The list of accounts, and the health of the node.
///
/// # Errors
///
/// `not_found` without a role that manages accounts; `second_factor_needed`.
pub async fn admin(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    require_manager(&state, &who)?;
    list(&state, &visit, &who, (parameters.text("q"), parameters.text("from")), None)
}

fn list(
    state: &AppState,
    visit: &Visit,
    who: &SignedIn,
    (query, from): (&str, &str),
    fault: Option<String>,
) -> Result<Response, ApiError> {
    let from: usize = from.parse().unwrap_or(0);
    let accounts = state.filing()?.managed_accounts(&who.actor, query)?;
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let p = visit.form_layout(fault.is_some(), "账号管理", "Accounts");
    let rows = accounts.iter().skip(from).take(ACCOUNTS).map(|one| AccountRow::of(one, p.language()));
    let next = from.saturating_add(ACCOUNTS);
    let next = (next < accounts.len()).then(|| {
        let mut address = form_urlencoded::Serializer::new("/admin?".to_owned());
        address.append_pair("q", query).append_pair("from", &next.to_string()).finish()
    });
    let health = state.sequencer().ok().filter(|_| !p.manages_one_court()).map(|sequencer| {
        let health = sequencer.health();
        (health.writing.is_ok(), health.waiting, health.capacity)
    });
    let language = p.language();
    let subjects = SubjectKind::ALL.iter().map(|kind| (kind.word(), kind.label(language))).collect();
    let page = AdminPage { query, rows: rows.collect(), total: accounts.len(), next, subjects, fault, health, p };
    visit.page_with(status, Audience::Private, &page)
}

/// Opens an account, as the counter does for somebody without a browser.
///
/// # Errors
///
/// `not_found`, `second_factor_needed`; those of the node. What is wrong with the form is shown with it.
pub async fn open(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    form: Form,
) -> Result<Response, ApiError> {
    require_manager(&state, &who)?;
    let request =
        OpenAccountRequest { subject: form.text("subject").to_owned(), name: form.some("name").map(str::to_owned) };
    match open_for(&state, (&who.actor, &request_context("account")?), &request).await {
        Ok((account, _)) => Ok(see_other(&format!("/admin/accounts/{account}?done=opened"))),
        Err(failure) if failure.status() < 500 => list(&state, &visit, &who, ("", ""), Some(visit.fault(failure))),
        Err(failure) => Err(failure),
    }
}

/// What the page of an account shows beside it.
#[derive(Default)]
struct Extra {
    shown: Option<AccountJson>,
    reset_code: Option<String>,
    new_token: Option<String>,
    done: Option<&'static str>,
    fault: Option<String>,
}

fn account_page(
    state: &AppState,
    visit: &Visit,
    who: &SignedIn,
    id: AccountId,
    extra: Extra,
) -> Result<Response, ApiError> {
    let managed = state.filing()?.managed_account(&who.actor, id)?;
    let p = visit.form_layout(extra.fault.is_some(), "账号", "Account");
    let language = p.language();
    let own = &who.actor.account;
    let is_operator = own.holds(Role::Operator, None);
    let row = |(role, of): &(Role, Option<CourtCode>)| {
        let court = of.as_ref().map_or_else(String::new, ToString::to_string);
        GrantRow {
            role: role.word().to_owned(),
            label: format!("{} {court}", role.label(language)),
            court,
            may_revoke: is_operator || own.grants_role(*role, of.as_ref()),
        }
    };
    let (grants, offers) = (managed.account.roles.iter().map(row), managed.account.offered_roles.keys().map(row));
    let administered = own.roles.iter().filter(|(role, _)| *role == Role::CourtAdministrator && !is_operator);
    let courts: Vec<String> = administered.filter_map(|(_, court)| Some(court.as_ref()?.to_string())).collect();
    let grantable = |role: &&Role| is_operator || role.acts_in_cases();
    let identities = managed.account.identities.iter().map(|(check, _)| {
        format!("{} · {} · {}", check.method.label(language), check.level.label(language), p.moment(&check.at))
    });
    let status = if extra.fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = AdminAccountPage {
        row: AccountRow::of(&managed, language),
        grants: grants.collect(),
        identities: identities.collect(),
        rights: AccountRights {
            is_operator,
            may_grant: is_operator || (!courts.is_empty() && id != who.actor.id),
            may_close: is_operator && id != who.actor.id,
        },
        courts,
        login_links: links_of(&managed, &p),
        may_unlink: is_operator || managed.account.login_links.keys().any(|court| own.administers(court)),
        offers: offers.collect(),
        manages_login: state.filing()?.capacity_over(&who.actor, id).is_ok(),
        roles: Role::ALL.iter().filter(grantable).map(|role| (role.word(), role.label(language))).collect(),
        levels: IdentityLevel::ALL.iter().map(|level| (level.word(), level.label(language))).collect(),
        scopes: Scope::ALL.iter().map(|scope| (scope.word(), scope.label(language))).collect(),
        days: TOKEN_DAYS,
        new_token: extra.new_token,
        shown: extra.shown,
        reset_code: extra.reset_code,
        done: extra.done,
        fault: extra.fault,
        p,
    };
    visit.page_with(status, Audience::Private, &page)
}

fn account_of(text: &str) -> Result<AccountId, ApiError> {
    AccountId::parse(text).ok_or_else(|| FilingError::NotFound.into())
}

/// An account.
///
/// # Errors
///
/// `not_found`, `second_factor_needed`.
pub async fn account(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    Path(id): Path<String>,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    require_manager(&state, &who)?;
    let done = match parameters.text("done") {
        "opened" => Some(("账号已开立，并已上链记录。", "The account was opened; the change is on the chain.")),
        "token-revocation" => Some(("令牌已撤销。", "The token was revoked.")),
        "role" => Some((
            "角色已授予，并已上链记录。由法院管理员首次授予本院角色的，经本人在“我的账号”接受后生效。",
            "The role was granted; the change is on the chain. The first role at a court that a court administrator grants takes \
             effect when its holder accepts it on the page of the account.",
        )),
        "role-revocation" => Some(("角色已撤销，并已上链记录。", "The role was revoked; the change is on the chain.")),
        "login-link-end" => Some(("登录关联已解除，并已上链记录。", "The link was ended; the change is on the chain.")),
        "identity" => Some(("实名核验已上链记录。", "The identity check was recorded on the chain.")),
        "unlocking" => Some(("账号已解锁。", "The account was unlocked.")),
        "second-factor" => {
            Some(("动态口令已停用，会话均已结束。", "The second factor was removed; all sessions ended."))
        }
        "closing" => Some(("账号已注销，并已上链记录。", "The account was closed; the change is on the chain.")),
        _ => None,
    };
    let done = done.map(|(zh, en)| visit.t(zh, en));
    account_page(&state, &visit, &who, account_of(&id)?, Extra { done, ..Extra::default() })
}

/// A change of an account: the last part of the path says which.
///
/// # Errors
///
/// `not_found`, `second_factor_needed`; those of the node. What is wrong with the form is shown with it.
pub async fn change(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    Path((id, action)): Path<(String, String)>,
    form: Form,
) -> Result<Response, ApiError> {
    require_manager(&state, &who)?;
    let account = account_of(&id)?;
    let changed = match action.as_str() {
        "role" | "role-revocation" => change_role(&state, &who, account, action == "role", &form).await,
        "login-link-end" => end_link(&state, &who, account, &form).await,
        "identity" => check_identity(&state, &who, account, &form).await,
        "unlocking" => state.filing()?.unlock(&who.actor, account).map_err(ApiError::from),
        "second-factor" => state.filing()?.remove_second_factor(&who.actor, account).await.map_err(ApiError::from),
        "closing" => close(&state, &who, account, &form).await,
        "token-revocation" => revoke_token(&state, &who, &form).await,
        "tokens" => {
            return match issue_token(&state, &who, account, &form).await {
                Ok(new_token) => account_page(&state, &visit, &who, account, Extra { new_token, ..Extra::default() }),
                Err(failure) => refused(&state, &visit, &who, account, failure),
            };
        }
        "reset-code" => {
            let code = state.filing()?.issue_reset_code(&who.actor, account).await.map_err(ApiError::from);
            return match code {
                Ok(issued) => {
                    let reset_code = Some(issued.code);
                    account_page(&state, &visit, &who, account, Extra { reset_code, ..Extra::default() })
                }
                Err(failure) => refused(&state, &visit, &who, account, failure),
            };
        }
        "texts" => {
            let view = state.filing()?.view_account(&who.actor, account).await?;
            let sequence = view.access.position.sequence;
            let shown = AccountJson::of(view.id, &view.account, &view.texts, &view.tokens, sequence);
            return account_page(&state, &visit, &who, account, Extra { shown: Some(shown), ..Extra::default() });
        }
        _ => return Err(ApiError::not_found("no such page")),
    };
    match changed {
        Ok(()) => Ok(see_other(&format!("/admin/accounts/{account}?done={action}"))),
        Err(failure) => refused(&state, &visit, &who, account, failure),
    }
}

/// Shows what the sender can correct beside the form; a missing right as an error page.
fn refused(
    state: &AppState,
    visit: &Visit,
    who: &SignedIn,
    account: AccountId,
    failure: ApiError,
) -> Result<Response, ApiError> {
    if failure.status() >= 500 || [ErrorCode::NotFound, ErrorCode::ScopeNeeded].contains(&failure.code()) {
        return Err(failure);
    }
    let fault = Some(visit.fault(failure));
    account_page(state, visit, who, account, Extra { fault, ..Extra::default() })
}

async fn change_role(
    state: &AppState,
    who: &SignedIn,
    account: AccountId,
    grants: bool,
    form: &Form,
) -> Result<(), ApiError> {
    let bad =
        |zh: &str| ApiError::new(ErrorCode::BadValue, "choose a role, and the court of a court role").in_chinese(zh);
    let role = Role::parse(form.text("role")).ok_or_else(|| bad("请选择角色"))?;
    let court = form.some("court").map(CourtCode::parse).transpose();
    let court = court.map_err(|_| bad("法院代字有误，例如“粤0192”"))?;
    let (filing, context) = (state.filing()?, request_context("role")?);
    if grants {
        filing.grant_role(&who.actor, &context, Grant { account, role, court }).await?;
    } else {
        let end = Act::EndGrant(EndGrant { account, role, court });
        filing.change_registry(&who.actor, &context, |_| Ok(end.clone())).await?;
    }
    Ok(())
}

/// 法院线下核验: staff has seen the person and the papers.
async fn check_identity(state: &AppState, who: &SignedIn, account: AccountId, form: &Form) -> Result<(), ApiError> {
    let bad = |zh: &str, en: &str| ApiError::new(ErrorCode::BadValue, en).in_chinese(zh);
    let level = IdentityLevel::parse(form.text("level"));
    let level = level.ok_or_else(|| bad("请选择核验级别", "choose the level of the check"))?;
    if !form.is_set("seen") {
        return Err(bad("请确认已当面核对证件原件", "confirm that you have seen the person and the original papers"));
    }
    let filing = state.filing()?;
    let identity = IdentityCheck { method: IdentityMethod::CourtOffline, level, at: filing.now() };
    let reference = form.some("reference");
    let check = |annexes: &mut Annexes| {
        let reference = annexes.add_some("reference", reference)?;
        Ok(Act::CheckIdentity(CheckIdentity { account, identity, reference, provider: None, verification: None }))
    };
    filing.change_registry(&who.actor, &request_context("identity")?, check).await?;
    Ok(())
}

async fn close(state: &AppState, who: &SignedIn, account: AccountId, form: &Form) -> Result<(), ApiError> {
    if !form.is_set("sure") {
        let failure = ApiError::new(ErrorCode::BadValue, "confirm that the account is to be closed");
        return Err(failure.in_chinese("请勾选确认注销"));
    }
    state.filing()?.close_account(&who.actor, account).await?;
    Ok(())
}

/// A token for the account: the first one of an account that the counter has opened, or any by the operator.
async fn issue_token(
    state: &AppState,
    who: &SignedIn,
    account: AccountId,
    form: &Form,
) -> Result<Option<String>, ApiError> {
    let bad = |zh: &str, en: &str| ApiError::new(ErrorCode::BadValue, en).in_chinese(zh);
    let scopes: BTreeSet<Scope> = form.all("scope").filter_map(Scope::parse).collect();
    if scopes.is_empty() {
        return Err(bad("请至少选择一项权限范围", "choose at least one scope"));
    }
    let days = form.text("token-days").parse().map_err(|_| bad("请选择有效天数", "choose the days"))?;
    let context = request_context("token")?;
    let issued = state.filing()?.issue_token(&who.actor, &context, account, &scopes, days).await?;
    Ok(issued.token.as_ref().map(|token| token.text().to_owned()))
}

async fn revoke_token(state: &AppState, who: &SignedIn, form: &Form) -> Result<(), ApiError> {
    let token = TokenId::parse(form.text("token")).ok_or(FilingError::NotFound)?;
    let kept = form.is_set("keep-issued").then_some(KeptTokens::OtherAccounts);
    state.filing()?.revoke_token(&who.actor, &request_context("revocation")?, token, kept).await?;
    Ok(())
}
