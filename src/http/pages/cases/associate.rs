//! `/cases/associate`: 关联案件. A party or an agent joins a case by the code of the court.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde_json::json;

use crate::court::case::reference::CaseReference;
use crate::court::ids::CaseId;
use crate::court::line_value::LineValue as _;
use crate::error_code::ErrorCode;
use crate::http::app_state::AppState;
use crate::http::pages::cases::forms::data::FormData;
use crate::http::pages::cases::forms::field::Shape;
use crate::http::pages::cases::forms::outside::ASSOCIATE;
use crate::http::pages::cases::forms::sending::{form_context, new_key, send};
use crate::http::pages::cases::forms::values::{FieldFault, Reading};
use crate::http::pages::cases::forms::widgets::{FieldView, Widget};
use crate::http::pages::cases::open::CaselessForm;
use crate::http::pages::cases::refusal::PageRefusal;
use crate::http::pages::form::{Form, without_label};
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Member, Visit, see_other};
use crate::http::problem::ApiError;
use crate::wire::bilingual::Bilingual;

#[derive(Template)]
#[template(path = "case_associate.html")]
struct AssociatePage {
    p: Layout,
    fields: Vec<FieldView>,
    key: String,
    faults: Vec<(String, String)>,
    refusal: Option<PageRefusal>,
    /// The case of the code, if the account has joined it already.
    joined: Option<String>,
}

fn page(
    outside: &CaselessForm<'_>,
    status: StatusCode,
    (faults, refusal): (Vec<FieldFault>, Option<PageRefusal>),
    joined: Option<String>,
) -> Result<Response, ApiError> {
    let visit = outside.visit;
    let (fields, faults) = outside.shown(&faults);
    let is_wrong = refusal.is_some() || !faults.is_empty();
    let page = AssociatePage {
        p: visit.form_layout(is_wrong, "关联案件", "Associate with a case"),
        fields,
        key: outside.given.some("key").map_or_else(new_key, |key| Ok(key.to_owned()))?,
        faults,
        refusal,
        joined,
    };
    visit.page_with(status, Audience::Private, &page)
}

/// Whether an association was rejected because of its code.
const fn is_about_the_code(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::NotFound | ErrorCode::NoSuchCode | ErrorCode::CodeUsedUp | ErrorCode::CodeExpired)
}

/// The form.
///
/// # Errors
///
/// [`ApiError`].
pub async fn associate_form(visit: Visit, Member(_): Member) -> Result<Response, ApiError> {
    let (data, given) = (FormData::default(), Form::parse(b""));
    let outside = CaselessForm { visit: &visit, form: &ASSOCIATE, data: &data, given: &given };
    page(&outside, StatusCode::OK, (Vec::new(), None), None)
}

/// Associates the account with the case of the code.
///
/// # Errors
///
/// Those of the node. What is wrong with the form is shown with it.
pub async fn associate(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    uri: Uri,
    given: Form,
) -> Result<Response, ApiError> {
    let data = FormData::default();
    let outside = CaselessForm { visit: &visit, form: &ASSOCIATE, data: &data, given: &given };
    let reading = Reading { data: &data, given: &given, filing: state.filing()?, for_the_court: true };
    let mut value = match reading.request(&ASSOCIATE) {
        Ok(value) => value,
        Err(faults) => return page(&outside, StatusCode::UNPROCESSABLE_ENTITY, (faults, None), None),
    };
    let code = without_label(given.text("code"));
    if let Some(fields) = value.as_object_mut() {
        fields.insert("code".into(), json!(code));
    }
    let context = form_context(&who.actor, uri.path(), &given)?;
    match send(&state, &who.actor, None, &context, (Shape::Association, value)).await {
        Ok(sent) => {
            let reference = CaseId::parse(&sent.case).map(|case| CaseReference::of(case).to_string());
            Ok(see_other(&format!("/cases/{}?done=associate", reference.unwrap_or(sent.case))))
        }
        Err(failure) if failure.status() < 500 => {
            let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            if let Some(case) = state.filing()?.joined_case(&who.actor, code).await? {
                let joined = format!("/cases/{}", CaseReference::of(case));
                return page(&outside, status, (Vec::new(), None), Some(joined));
            }
            if !is_about_the_code(failure.code()) {
                return page(&outside, status, outside.explained(&failure), None);
            }
            let text = Bilingual::new(
                "关联码不正确或者已失效。请核对，或者向书记员申请新的关联码。",
                "The association code is wrong, or is no longer valid. Compare it, or ask the clerk for a new one.",
            );
            page(&outside, status, (vec![FieldFault { field: "code", text }], None), None)
        }
        Err(failure) => Err(failure),
    }
}
