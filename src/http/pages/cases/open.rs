//! `/cases/new`: 我要起诉. The notices are confirmed, then the case is opened as a draft; its page leads through the rest.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde_json::json;

use crate::court::acts::ActKind;
use crate::court::case::reference::CaseReference;
use crate::court::ids::CaseId;
use crate::court::line_value::LineValue as _;
use crate::court::service_words::{BoxState, ConsentAnswer, ConsentForm, ConsentScope};
use crate::court::values::Filer;
use crate::error_code::ErrorCode;
use crate::filing::actor::RequestContext;
use crate::filing::secret::step_request_id;
use crate::filing::sign_in::{SignedIn, is_staff};
use crate::http::app_state::AppState;
use crate::http::pages::cases::forms::data::FormData;
use crate::http::pages::cases::forms::field::{ActForm, Field, Shape};
use crate::http::pages::cases::forms::outside::OPEN;
use crate::http::pages::cases::forms::sending::{form_context, new_key, send};
use crate::http::pages::cases::forms::values::{FieldFault, Reading, field_of};
use crate::http::pages::cases::forms::widgets::{FieldView, Filling, Widget, fields};
use crate::http::pages::cases::notices::{CONSENT, NOTICES, Notice};
use crate::http::pages::cases::refusal::PageRefusal;
use crate::http::pages::field_names;
use crate::http::pages::form::Form;
use crate::http::pages::language::{of_word, word};
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Member, Visit, see_other};
use crate::http::problem::ApiError;
use crate::ledger::hash::sha256;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::wording::Language;
use crate::wire::court::accounts::read_time;
use crate::wire::facts::beijing_time;

#[derive(Template)]
#[template(path = "case_notices.html")]
struct NoticesPage {
    p: Layout,
    notices: &'static [Notice],
    consent: &'static str,
    fault: bool,
}

#[derive(Template)]
#[template(path = "case_open.html")]
struct OpenPage {
    p: Layout,
    fields: Vec<FieldView>,
    key: String,
    consent: Option<Consent>,
    faults: Vec<(String, String)>,
    refusal: Option<PageRefusal>,
}

/// The consent to electronic service, as the form of the notices was sent: the language of the text that was shown, and when.
#[derive(Debug, Clone, Copy)]
struct Consent {
    language: Language,
    at: Timestamp,
}

impl Consent {
    /// The consent of the form of the notices, which arrives now; `None` if the box was not ticked.
    fn given_now(visit: &Visit, given: &Form, now: Timestamp) -> Option<Self> {
        // The value of the box is the language in which the text stood beside it.
        let language = of_word(given.text("consent")).unwrap_or(visit.language);
        given.is_set("consent").then_some(Self { language, at: now })
    }

    /// The consent that the form of the case carries on.
    fn carried(given: &Form, now: Timestamp) -> Result<Option<Self>, ApiError> {
        if !given.is_set("consent") {
            return Ok(None);
        }
        let language = of_word(given.text("consent"));
        let at = read_time(given.text("consented-at")).filter(|at| *at <= now);
        let bad =
            || ApiError::new(ErrorCode::BadValue, "`consent` is not that of the notices: begin with the notices again");
        let consent = language.zip(at).map(|(language, at)| Self { language, at });
        consent.map(Some).ok_or_else(|| bad().in_chinese("请从诉前须知重新开始"))
    }

    /// The language as forms have it.
    fn word(self) -> &'static str {
        word(self.language)
    }

    /// The time as forms and acts have it.
    fn at(self) -> String {
        beijing_time(self.at)
    }

    /// Digest of the text that was shown.
    fn shown(self) -> String {
        let (zh, en) = CONSENT;
        let text = if self.language == Language::Chinese { zh } else { en };
        sha256(text.as_bytes()).to_string()
    }
}

fn notices_page(visit: &Visit, fault: bool) -> Result<Response, ApiError> {
    let page = NoticesPage {
        p: visit.form_layout(fault, "我要起诉", "Bring a suit"),
        notices: &NOTICES,
        consent: visit.t(CONSENT.0, CONSENT.1),
        fault,
    };
    visit.page_with(if fault { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, Audience::Private, &page)
}

/// The notices.
///
/// # Errors
///
/// [`ApiError`].
pub async fn open_form(visit: Visit, Member(_): Member) -> Result<Response, ApiError> {
    notices_page(&visit, false)
}

/// A form without a case, with what was filled in.
pub(super) struct CaselessForm<'a> {
    pub(super) visit: &'a Visit,
    pub(super) form: &'static ActForm,
    pub(super) data: &'a FormData,
    pub(super) given: &'a Form,
}

impl CaselessForm<'_> {
    /// The fields, the errors beside them, and the error that is about none of them.
    pub(super) fn shown(&self, faults: &[FieldFault]) -> (Vec<FieldView>, Vec<(String, String)>) {
        let filling = Filling { data: self.data, given: self.given, for_the_court: true, faults };
        let fields = fields(self.form, self.visit, filling);
        let rows = fields.iter().filter_map(|field| Some((field.anchor(), field.fault.clone()?))).collect();
        (fields, rows)
    }

    /// An error of the API: beside a field, or above the form.
    pub(super) fn explained(&self, failure: &ApiError) -> (Vec<FieldFault>, Option<PageRefusal>) {
        match field_of(self.form, failure) {
            Some(field) => {
                let text = field_names::detail(&failure.problem(), self.form.field(field).map(Field::labels));
                (vec![FieldFault { field, text }], Some(PageRefusal::beside_field(self.visit, failure)))
            }
            None => (Vec::new(), Some(PageRefusal::of(self.visit, failure))),
        }
    }
}

fn open_page(
    outside: &CaselessForm<'_>,
    who: &SignedIn,
    (status, consent): (StatusCode, Option<Consent>),
    (faults, refusal): (Vec<FieldFault>, Option<PageRefusal>),
) -> Result<Response, ApiError> {
    let visit = outside.visit;
    let (mut fields, faults) = outside.shown(&faults);
    for field in &mut fields {
        // Only staff enter a case for somebody who came in person.
        if let (false, Widget::Radios(list)) = (is_staff(&who.actor.account), &mut field.widget) {
            list.retain(|one| one.value != Filer::Court.word());
        }
    }
    let is_wrong = refusal.is_some() || !faults.is_empty();
    let page = OpenPage {
        p: visit.form_layout(is_wrong, "我要起诉", "Bring a suit"),
        fields,
        key: outside.given.some("key").map_or_else(new_key, |key| Ok(key.to_owned()))?,
        consent,
        faults,
        refusal,
    };
    visit.page_with(status, Audience::Private, &page)
}

/// The next step: the form of the case after the notices, or the case itself.
///
/// # Errors
///
/// Those of the node. What is wrong with the form is shown with it.
pub async fn open(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    uri: Uri,
    given: Form,
) -> Result<Response, ApiError> {
    if !given.is_set("read") {
        return notices_page(&visit, true);
    }
    let filing = state.filing()?;
    let courts = filing.courts().iter().map(ToString::to_string).collect();
    let data = FormData { courts, ..FormData::default() };
    let outside = CaselessForm { visit: &visit, form: &OPEN, data: &data, given: &given };
    if given.text("do") != "open" {
        let consent = Consent::given_now(&visit, &given, filing.now());
        return open_page(&outside, &who, (StatusCode::OK, consent), (Vec::new(), None));
    }
    let consent = Consent::carried(&given, filing.now())?;
    let reading = Reading { data: &data, given: &given, filing, for_the_court: true };
    let value = match reading.request(&OPEN) {
        Ok(value) => value,
        Err(faults) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return open_page(&outside, &who, (status, consent), (faults, None));
        }
    };
    let context = form_context(&who.actor, uri.path(), &given)?;
    match send(&state, &who.actor, None, &context, (Shape::Open, value)).await {
        Ok(sent) => {
            let case =
                CaseId::parse(&sent.case).ok_or_else(|| ApiError::internal(&"a case without an id was opened"))?;
            if given.text("filer") != Filer::Court.word() {
                confirm_notices(&state, &who, (case, &context), consent).await;
            }
            Ok(see_other(&format!("/cases/{}?done=open", CaseReference::of(case))))
        }
        Err(failure) if failure.status() < 500 => {
            let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            open_page(&outside, &who, (status, consent), outside.explained(&failure))
        }
        Err(failure) => Err(failure),
    }
}

/// Records that the notices were confirmed, and the consent to electronic service. What cannot be recorded is shown as open on the
/// page of the case.
async fn confirm_notices(
    state: &AppState,
    who: &SignedIn,
    (case, opened): (CaseId, &RequestContext),
    consent: Option<Consent>,
) {
    let step = |name: &str| RequestContext {
        request: step_request_id(opened.request, name),
        capacity: None,
        ..opened.clone()
    };
    let notice = json!({ "act": ActKind::ConfirmNotice.word() });
    let confirmed = send(state, &who.actor, Some(case), &step("notices"), (Shape::Act, notice)).await;
    if let Err(failure) = confirmed {
        tracing::warn!(%case, code = %failure.code(), "the notices were not recorded as confirmed");
    }
    if let Some(consent) = consent {
        let consent = json!({
            "act": ActKind::ConsentService.word(), "scope": ConsentScope::Decisions.word(),
            "answer": ConsentAnswer::Agreed.word(), "form": ConsentForm::Explicit.word(),
            "ticked": BoxState::Ticked.word(), "clicked": consent.at(), "shown": consent.shown(),
        });
        let consented = send(state, &who.actor, Some(case), &step("consent"), (Shape::Service, consent)).await;
        if let Err(failure) = consented {
            tracing::warn!(%case, code = %failure.code(), "the consent to electronic service was not recorded");
        }
    }
}
