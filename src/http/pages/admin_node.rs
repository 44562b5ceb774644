//! `/admin/node`: health, clock, policies, witnesses and timestamp authorities of the node.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::court::words::Role;
use crate::error_code::ErrorCode;
use crate::filing::deposit_policy::DepositPolicy;
use crate::filing::sign_in::SignedIn;
use crate::http::api::ledger::{ledger_json, witnesses_json};
use crate::http::api::operation::confirm;
use crate::http::app_state::AppState;
use crate::http::node_description::NodeDescription;
use crate::http::pages::admin_common::{Outcome, require_operating};
use crate::http::pages::chain_alarms::{explanation, state_label};
use crate::http::pages::form::PageParameters;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Member, Visit, see_other};
use crate::http::problem::ApiError;
use crate::http::tls::TlsIdentity;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::wording::Language;
use crate::sequencer::state::Halt;
use crate::wire::bilingual::Bilingual;
use crate::wire::ledger::LedgerJson;
use crate::wire::witnesses::{WitnessJson, WitnessesJson};

/// The state of the single writer.
struct WriterView {
    /// Why nothing is written: the code, its title, what to do, and the reason in the node's own words.
    halt: Option<HaltView>,
    waiting: usize,
    capacity: usize,
    oldest_ms: Option<u128>,
}

struct HaltView {
    code: &'static str,
    title: Bilingual,
    advice: Bilingual,
    /// For the operator only: it names folders of the node.
    reason: Option<String>,
    /// Whether the operator can confirm that the clock is right.
    is_clock: bool,
}

/// A timestamp authority.
struct AuthorityRow {
    url: String,
    last: Option<(u64, Timestamp)>,
    error: Option<&'static str>,
}

/// A witness: name, state, why it has not cosigned, time of its last cosignature.
struct WitnessLine {
    name: String,
    state: &'static str,
    error: Option<&'static str>,
    last: Option<String>,
}

#[derive(Template)]
#[template(path = "admin_node.html")]
struct NodePage {
    p: Layout,
    ledger: LedgerJson,
    writer: Option<WriterView>,
    policy: (&'static str, &'static str),
    witnesses: WitnessesJson,
    lines: Vec<WitnessLine>,
    authorities: Vec<AuthorityRow>,
    started: Timestamp,
    last_backup: Option<Timestamp>,
    certificate_until: Option<Timestamp>,
    listeners: usize,
    version: &'static str,
    outcome: Outcome,
    is_operator: bool,
}

/// The node.
///
/// # Errors
///
/// `not_found`, `second_factor_needed`; those of a read.
pub async fn node(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    require_operating(&state, &who)?;
    let done = (parameters.text("done") == "clock")
        .then(|| visit.t("已确认时钟无误，存证恢复。", "The clock was confirmed; deposits resume."));
    show(&state, &visit, &who, Outcome { done, ..Outcome::default() }).await
}

/// Confirms the clock.
///
/// # Errors
///
/// `not_found`, `second_factor_needed`. What the node refuses is shown on the page.
pub async fn confirm_clock(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
) -> Result<Response, ApiError> {
    require_operating(&state, &who)?;
    match confirm(&state, &who.actor).await {
        Ok(_) => Ok(see_other("/admin/node?done=clock")),
        // The clock is wrong: that is what the page is about.
        Err(failure) if failure.code() == ErrorCode::ClockRegressed => {
            let fault = Some(visit.fault(failure));
            show(&state, &visit, &who, Outcome { fault, ..Outcome::default() }).await
        }
        Err(failure) => show(&state, &visit, &who, Outcome::refused(&visit, failure, &[])?).await,
    }
}

async fn show(state: &AppState, visit: &Visit, who: &SignedIn, outcome: Outcome) -> Result<Response, ApiError> {
    let (status, p) = outcome.head(visit, "节点", "Node");
    let is_operator = who.actor.account.holds(Role::Operator, None);
    let witnesses = witnesses_json(state).await?;
    let description = state.description();
    let stamping = state.stamping().map(|stamping| stamping.state().reports()).unwrap_or_default();
    let authorities = stamping.into_iter().map(|report| AuthorityRow {
        url: report.url,
        last: report.last.map(|(size, time)| (size.0, time)),
        error: report.error,
    });
    let page = NodePage {
        ledger: ledger_json(state).await?,
        writer: writer(state, is_operator),
        policy: policy_label(state.admission().policy(), state.is_mirror()),
        lines: lines(&witnesses, p.language),
        witnesses,
        authorities: authorities.collect(),
        started: state.started(),
        last_backup: description.last_backup_time(),
        certificate_until: description.tls.as_ref().map(TlsIdentity::valid_until),
        listeners: state.chain_listeners().count(),
        version: NodeDescription::version(),
        is_operator,
        outcome,
        p,
    };
    visit.page_with(status, Audience::Private, &page)
}

/// The state of the writer; `None` on a mirror.
fn writer(state: &AppState, is_operator: bool) -> Option<WriterView> {
    let health = state.sequencer().ok()?.health();
    let halt = health.writing.err().map(|halt| {
        let code = match &halt {
            Halt::Paused(pause) => pause.code(),
            Halt::Stopped(_) => ErrorCode::WritingStopped,
        };
        HaltView {
            code: code.as_str(),
            title: Bilingual::new(code.title_zh(), code.title()),
            advice: Bilingual::new(code.advice_zh(), code.advice()),
            reason: is_operator.then(|| halt.to_string()),
            is_clock: code == ErrorCode::ClockJumped,
        }
    });
    let oldest_ms = health.oldest.map(|oldest| oldest.as_millis());
    Some(WriterView { halt, waiting: health.waiting, capacity: health.capacity, oldest_ms })
}

const fn policy_label(policy: DepositPolicy, is_mirror: bool) -> (&'static str, &'static str) {
    if is_mirror {
        return ("本节点为只读镜像，不接受存证", "This is a mirror: it accepts no deposits");
    }
    match policy {
        DepositPolicy::Open => ("任何人可凭自己的签名存证", "Anybody may deposit with an own signature"),
        DepositPolicy::Enrolled => ("仅已登记公钥的账号可存证", "Only depositors whose key an account has enrolled"),
        DepositPolicy::Accounts => ("仅账号可凭令牌或登录存证", "Only accounts, by token or when signed in"),
    }
}

fn lines(witnesses: &WitnessesJson, language: Language) -> Vec<WitnessLine> {
    let pick = |(zh, en)| if language == Language::Chinese { zh } else { en };
    let line = |witness: &WitnessJson| WitnessLine {
        name: witness.name.clone(),
        state: state_label(&witness.state, language),
        error: witness.error.as_deref().map(|code| pick(explanation(code))),
        last: witness.last_cosigned_at.clone(),
    };
    witnesses.items.iter().map(line).collect()
}
