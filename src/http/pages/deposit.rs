//! `/deposit`: deposits of files by the holder of a session. The browser computes the digests; a file never leaves the user's machine.
//!
//! `POST /deposit/on-behalf` takes and answers the JSON of `POST /v1/entrusted-deposits`, which accepts no cookies. An error of it is JSON
//! too, since a script reads it. Statements that a key in the browser signed go to `POST /v1/deposits`, as those of any depositor.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::court::words::{EvidenceClass, Scope};
use crate::filing::sign_in::SignedIn;
use crate::http::api::court::deposits_on_behalf::on_behalf;
use crate::http::api::court::json_request::{JSON_MAX, answer};
use crate::http::app_state::AppState;
use crate::http::bearer::context;
use crate::http::body;
use crate::http::client_address::ClientAddress;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Member, Visit};
use crate::http::problem::ApiError;
use crate::http::request::require_content_type;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::deposits_on_behalf::OnBehalfRequest;
use crate::wire::json;

/// A heading of the provenance sheet: the name of its field, its label, what belongs under it.
struct Heading {
    field: &'static str,
    label: Bilingual,
    hint: Bilingual,
}

#[derive(Template)]
#[template(path = "deposit.html")]
struct DepositPage {
    p: Layout,
    account: String,
    /// Who may deposit with a key of one's own: a word of the deposit policy, or `none` at a mirror.
    policy: &'static str,
    may_deposit: bool,
    headings: Vec<Heading>,
    classes: Vec<(&'static str, &'static str)>,
}

/// The form for deposits.
///
/// # Errors
///
/// Those of the node.
pub async fn deposit(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
) -> Result<Response, ApiError> {
    let p = visit.layout("存证", "Deposit");
    let page = DepositPage {
        account: who.actor.id.to_string(),
        policy: if state.is_mirror() { "none" } else { state.admission().policy().word() },
        may_deposit: !state.is_mirror() && who.actor.scopes.contains(&Scope::Deposit),
        headings: headings(),
        classes: EvidenceClass::ALL.iter().map(|class| (class.word(), class.label(p.language()))).collect(),
        p,
    };
    visit.page(Audience::Private, &page)
}

/// The six headings of 人民法院在线诉讼规则 art. 18.
fn headings() -> Vec<Heading> {
    let heading = |field, (zh, en): (&str, &str), (hint_zh, hint_en): (&str, &str)| Heading {
        field,
        label: Bilingual::new(zh, en),
        hint: Bilingual::new(hint_zh, hint_en),
    };
    vec![
        heading(
            "source",
            ("具体来源", "Source"),
            (
                "数据取自何处、何人、何种设备或者系统。",
                "From where, from whom, from which device or system the data comes.",
            ),
        ),
        heading(
            "generation",
            ("生成机制", "How it was generated"),
            ("数据由何种程序、在何时、如何生成。", "By which program, when and how the data was generated."),
        ),
        heading(
            "storage",
            ("存储过程", "How it was stored"),
            (
                "自生成至存证期间由谁、在何处保存，有无转移或者转换格式。",
                "Who kept it, and where, until this deposit; whether it was moved or converted.",
            ),
        ),
        heading(
            "notarisation",
            ("公证机构公证", "Notarisation"),
            (
                "公证机构、公证书编号。没有的，留空。",
                "The notary office and the number of its deed; empty if there is none.",
            ),
        ),
        heading(
            "third_party_witness",
            ("第三方见证", "Witness of a third party"),
            ("见证人或者见证机构及其联系方式之外的说明。", "Who witnessed it, and how. Give no contact details."),
        ),
        heading(
            "corroboration",
            ("关联印证数据", "Corroborating data"),
            (
                "可相互印证的其他数据，例如其他存证的编号。",
                "Other data that agrees with it, such as numbers of other deposits.",
            ),
        ),
    ]
}

/// Deposits by the platform on behalf of the session's account.
pub async fn deposit_on_behalf(State(state): State<Arc<AppState>>, Member(who): Member, request: Request) -> Response {
    deposited(&state, &who, request).await.unwrap_or_else(for_script)
}

async fn deposited(state: &Arc<AppState>, who: &SignedIn, request: Request) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let client = ClientAddress::from_request_parts(&mut parts, state).await?;
    require_content_type(&parts.headers, "application/json")?;
    let bytes = body::read(state, client.group(), &parts.headers, body, JSON_MAX).await?;
    let shape: OnBehalfRequest = json::object(&bytes, JSON_MAX)?;
    let context = context(&who.actor, &parts.headers, parts.uri.path(), &bytes)?;
    let made = on_behalf(state, &who.actor, &context, &shape).await?;
    Ok(answer(if made.fresh { StatusCode::CREATED } else { StatusCode::OK }, &made))
}

/// An error for a script of a page: as JSON, not as the page that a person would get.
fn for_script(failure: ApiError) -> Response {
    let mut response = failure.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
