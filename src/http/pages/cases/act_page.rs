//! `/cases/{reference}/act/{act}`: the form of an act, and what became of it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;

use crate::court::acts::ActKind;
use crate::court::case::state::CaseFile;
use crate::error_code::ErrorCode;
use crate::filing::filing_error::FilingError;
use crate::http::api::lookup::deposit_json;
use crate::http::app_state::AppState;
use crate::http::pages::cases::documents::find_document;
use crate::http::pages::cases::forms::data::FormData;
use crate::http::pages::cases::forms::earlier_reply::earlier_reply;
use crate::http::pages::cases::forms::field::{ActForm, Field, Group, Shape};
use crate::http::pages::cases::forms::papers::paper_of_form;
use crate::http::pages::cases::forms::sending::{SubmissionResult, form_context, new_key, send};
use crate::http::pages::cases::forms::table::form_of;
use crate::http::pages::cases::forms::values::{FieldFault, Reading, deposit_text, field_of};
use crate::http::pages::cases::forms::widgets::{FieldView, Filling, Widget, fields, open_choice};
use crate::http::pages::cases::head::CaseHead;
use crate::http::pages::cases::refusal::PageRefusal;
use crate::http::pages::cases::request::CaseRequest;
use crate::http::pages::cases::tasks::{TaskGroup, groups};
use crate::http::pages::cases::wording::capital;
use crate::http::pages::field_names;
use crate::http::pages::form::{Form, PageParameters};
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit, see_other};
use crate::http::problem::ApiError;
use crate::ledger::number::DepositNumber;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::case::{CanJson, CaseFactsJson, CaseJson};
use crate::wire::court::documents::CaseDocumentJson;
use crate::wire::court::record::act_label_in;
use crate::wire::facts::ChainFactsJson;
use crate::wire::report::CodedText;

#[derive(Template)]
#[template(path = "case_act.html")]
#[expect(clippy::struct_excessive_bools, reason = "a template has conditions")]
struct ActPage<'a> {
    p: Layout,
    head: CaseHead,
    act: &'static str,
    title: String,
    button: String,
    lead: Option<&'a str>,
    sure: Option<&'a str>,
    sure_fault: bool,
    fields: Vec<FieldView>,
    /// A value on which others depend is chosen first, by a form that changes nothing.
    chooses: bool,
    capacities: Vec<&'a CanJson>,
    capacity: &'a str,
    key: String,
    faults: Vec<(String, String)>,
    /// Why the case did not take the act, and what to do about it.
    refusal: Option<PageRefusal>,
    /// Whether the stage of the case and what is possible instead are shown.
    shows_steps: bool,
    steps: Vec<TaskGroup>,
    /// That the act is not possible now; empty if it is.
    closed: &'static str,
    preview: Option<&'a CaseJson>,
    /// The document that the act is about, if the viewer may read it.
    paper: Option<&'a CaseDocumentJson>,
    /// Whether the viewer acts for the court.
    for_the_court: bool,
    found: Option<ChainFactsJson>,
}

#[derive(Template)]
#[template(path = "case_done.html")]
struct DonePage<'a> {
    p: Layout,
    head: CaseHead,
    done: String,
    code: Option<String>,
    is_code: bool,
    warnings: &'a [CodedText],
    next: String,
}

/// What a form page shows beside the form.
#[derive(Default)]
struct PageExtras {
    faults: Vec<FieldFault>,
    sure_fault: bool,
    refusal: Option<PageRefusal>,
    found: Option<ChainFactsJson>,
}

/// A form of an act with its case.
struct ActFormPage<'a> {
    state: &'a Arc<AppState>,
    visit: &'a Visit,
    request: &'a CaseRequest,
    form: &'static ActForm,
    file: &'a CaseFile,
    data: &'a FormData,
    given: &'a Form,
    /// The document that the act is about, if the viewer may read it.
    paper: Option<CaseDocumentJson>,
    /// Whether the form was sent, and not opened.
    is_sent: bool,
}

fn form_in(request: &CaseRequest) -> Result<&'static ActForm, ApiError> {
    let form = ActKind::from_word(request.parameter("act")).and_then(form_of);
    form.ok_or_else(|| ApiError::from(FilingError::NotFound))
}

/// The document that an act is about, if the viewer may read it.
async fn paper(
    state: &AppState,
    request: &CaseRequest,
    form: &ActForm,
    (file, given): (&CaseFile, &Form),
) -> Result<Option<CaseDocumentJson>, ApiError> {
    let Some(number) = paper_of_form(form.kind, given, file) else { return Ok(None) };
    let found = find_document(state, &request.who.actor, request.case, number).await?;
    Ok(found.filter(|one| one.can_read))
}

/// The form of an act.
///
/// # Errors
///
/// `not_found`; those of a view.
pub async fn act_form(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    PageParameters(given): PageParameters,
) -> Result<Response, ApiError> {
    let form = form_in(&request)?;
    let (file, data) = FormData::load(&state, &request.who.actor, request.case, form).await?;
    let earlier = earlier_reply(form, &data, &given);
    let given = given.and(earlier);
    let opened = ActFormPage {
        state: &state,
        visit: &visit,
        request: &request,
        form,
        file: &file,
        data: &data,
        given: &given,
        paper: paper(&state, &request, form, (&*file, &given)).await?,
        is_sent: false,
    };
    opened.page(StatusCode::OK, PageExtras::default())
}

/// An act. What is wrong with it is shown with the form.
///
/// # Errors
///
/// `not_found`; those of the node.
pub async fn act(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    uri: Uri,
    given: Form,
) -> Result<Response, ApiError> {
    let form = form_in(&request)?;
    let (file, data) = FormData::load(&state, &request.who.actor, request.case, form).await?;
    let opened = ActFormPage {
        state: &state,
        visit: &visit,
        request: &request,
        form,
        file: &file,
        data: &data,
        given: &given,
        paper: paper(&state, &request, form, (&*file, &given)).await?,
        is_sent: true,
    };
    if form.shape == Shape::Import && given.text("do") == "look-up" {
        return opened.look_up().await;
    }
    let filing = state.filing()?;
    let for_the_court = data.is_for_the_court(form.kind, given.some("as"));
    let reading = Reading { data: &data, given: &given, filing, for_the_court };
    let sure_fault = form.sure.is_some() && !given.is_set("sure");
    let value = match reading.request(form) {
        Ok(value) if !sure_fault => value,
        read => {
            let faults = read.err().unwrap_or_default();
            return opened
                .page(StatusCode::UNPROCESSABLE_ENTITY, PageExtras { faults, sure_fault, ..PageExtras::default() });
        }
    };
    let context = form_context(&request.who.actor, uri.path(), &given)?;
    match send(&state, &request.who.actor, Some(request.case), &context, (form.shape, value)).await {
        Ok(sent) => opened.done(&sent),
        Err(failure) => opened.refused(failure),
    }
}

impl ActFormPage<'_> {
    fn label(&self) -> Bilingual {
        act_label_in(self.file.kind, self.form.kind)
    }

    fn title(&self) -> Bilingual {
        self.form.title.map_or_else(|| self.label(), |(zh, en)| Bilingual::new(zh, capital(en)))
    }

    /// Whether a mediation agreement is confirmed, and not a transcript.
    fn is_about_agreement(&self) -> bool {
        self.form.kind == ActKind::Confirm && self.data.is_round_of_agreement(self.given.text("round"))
    }

    fn sure(&self) -> Option<&'static str> {
        if self.is_about_agreement() {
            return Some(self.visit.t("我已阅读调解协议，确认无误", "I have read the agreement and confirm it"));
        }
        self.form.sure.map(|(zh, en)| self.visit.t(zh, en))
    }

    fn button(&self) -> String {
        let named = self.form.button.filter(|_| !self.is_about_agreement());
        let text = named.map_or_else(|| self.label(), |(zh, en)| Bilingual::new(zh, en));
        capital(text.pick(self.visit.language))
    }

    /// The seven facts of a deposit, without recording anything.
    async fn look_up(&self) -> Result<Response, ApiError> {
        let state = self.state;
        let found = match DepositNumber::parse(deposit_text(self.given, "deposit_number")) {
            Ok(number) => deposit_json_of(state, number).await,
            Err(error) => Err(error.into()),
        };
        match found {
            Ok(found) => self.page(StatusCode::OK, PageExtras { found: Some(found), ..PageExtras::default() }),
            Err(failure) if failure.status() < 500 => self.refused_at("deposit_number", &failure),
            Err(failure) => Err(failure),
        }
    }

    fn refused(&self, failure: ApiError) -> Result<Response, ApiError> {
        if failure.status() >= 500 || failure.code() == ErrorCode::RateLimited {
            return Err(failure);
        }
        if let Some(field) = field_of(self.form, &failure) {
            return self.refused_at(field, &failure);
        }
        let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::CONFLICT);
        let refusal = Some(PageRefusal::of(self.visit, &failure));
        self.page(status, PageExtras { refusal, ..PageExtras::default() })
    }

    /// A refusal whose text stands beside a field.
    fn refused_at(&self, field: &'static str, failure: &ApiError) -> Result<Response, ApiError> {
        let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
        let text = field_names::detail(&failure.problem(), self.form.field(field).map(Field::labels));
        let refusal = Some(PageRefusal::beside_field(self.visit, failure));
        self.page(status, PageExtras { faults: vec![FieldFault { field, text }], refusal, ..PageExtras::default() })
    }

    /// The confirmation: the case's page, or, with something to be read once, a page of its own.
    fn done(&self, sent: &SubmissionResult) -> Result<Response, ApiError> {
        let path = match &sent.goes_on_in {
            Some(case) => format!("/cases/{case}"),
            None => self.request.path(),
        };
        let section = match self.form.group {
            _ if sent.goes_on_in.is_some() => "",
            Group::Evidence => "/evidence",
            Group::Service => "/service",
            Group::Hearing | Group::Mediation => "/records",
            _ => "",
        };
        let next = format!("{path}{section}?done={}", self.form.kind.word());
        let is_code = self.form.shape == Shape::Code;
        if !is_code && sent.warnings.is_empty() {
            return Ok(see_other(&next));
        }
        let label = self.label();
        let done = self.visit.t(&label.zh, &label.en).to_owned();
        let page = DonePage {
            p: self.visit.layout(&format!("已办理：{}", label.zh), &format!("Done: {}", label.en)),
            head: CaseHead::of(&CaseFactsJson::of(self.file), &self.request.name),
            done,
            code: sent.code.clone(),
            is_code,
            warnings: &sent.warnings,
            next,
        };
        self.visit.page(Audience::Private, &page)
    }

    fn fault_rows(&self, fields: &[FieldView], shown: &PageExtras) -> Vec<(String, String)> {
        let rows = fields.iter().filter_map(|field| Some((field.anchor(), field.fault.clone()?)));
        let mut rows: Vec<_> = rows.collect();
        if shown.sure_fault {
            rows.push(("sure".into(), self.visit.t("请勾选确认项", "Tick the box to confirm").into()));
        }
        rows
    }

    fn page(&self, status: StatusCode, shown: PageExtras) -> Result<Response, ApiError> {
        let (visit, form, data, given) = (self.visit, self.form, self.data, self.given);
        let capacities = data.capacities(form.kind);
        let open = !capacities.is_empty();
        let filling = Filling {
            data,
            given,
            for_the_court: data.is_for_the_court(form.kind, given.some("as")),
            faults: &shown.faults,
        };
        let choice = open_choice(form, given);
        let mut fields = fields(form, visit, filling);
        if let Some(first) = choice {
            fields.retain(|field| field.name == first.name);
        }
        let faults = self.fault_rows(&fields, &shown);
        let (title, is_wrong) = (self.title(), shown.refusal.is_some() || !faults.is_empty());
        let shows_steps = shown.refusal.is_some() || !open;
        let not_now = visit.t(
            "目前阶段或者您在本案中的身份不能办理此事项。",
            "This is not possible at this stage, or in your capacity in the case.",
        );
        let page = ActPage {
            p: visit.form_layout(is_wrong, &title.zh, &capital(&title.en)),
            head: CaseHead::of(&CaseFactsJson::of(self.file), &self.request.name),
            act: form.kind.word(),
            title: capital(title.pick(visit.language)),
            button: self.button(),
            lead: form.lead.map(|(zh, en)| visit.t(zh, en)),
            sure: self.sure(),
            sure_fault: shown.sure_fault,
            fields,
            chooses: choice.is_some(),
            capacity: given.text("as"),
            capacities,
            key: given.some("key").filter(|_| self.is_sent).map_or_else(new_key, |key| Ok(key.to_owned()))?,
            faults,
            refusal: shown.refusal,
            shows_steps,
            closed: if open { "" } else { not_now },
            steps: if shows_steps { groups(&data.can, self.file, &self.request.path()) } else { Vec::new() },
            paper: self.paper.as_ref(),
            for_the_court: filling.for_the_court,
            preview: data.case.as_ref().filter(|_| form.kind == ActKind::Submit),
            found: shown.found,
        };
        visit.page_with(status, Audience::Private, &page)
    }
}

async fn deposit_json_of(state: &Arc<AppState>, number: DepositNumber) -> Result<ChainFactsJson, ApiError> {
    Ok(deposit_json(state, number).await?.chain)
}
