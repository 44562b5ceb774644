//! `/register`: natural persons, legal persons with the person who acts for them, lawyers; and `/privacy`.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::court::words::SubjectKind;
use crate::filing::credentials::{StatedField, login_name};
use crate::filing::filing_error::FilingError;
use crate::filing::password_rules::check_new;
use crate::filing::sign_in::{LoginAttempt, Registration};
use crate::http::app_state::AppState;
use crate::http::pages::field_names::named_field;
use crate::http::pages::form::{Form, PageParameters};
use crate::http::pages::layout::Layout;
use crate::http::pages::login::{Fault, field_of, new_password};
use crate::http::pages::visit::{Audience, Visit, see_other, session_id, set_session};
use crate::http::problem::ApiError;
use crate::http::request::header;

/// Who registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Person,
    Organisation,
    Lawyer,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Person, Self::Organisation, Self::Lawyer];

    const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
            Self::Lawyer => "lawyer",
        }
    }

    fn of_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.word() == word).unwrap_or(Self::Person)
    }

    const fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Person => ("自然人", "Natural person"),
            Self::Organisation => ("法人", "Legal person"),
            Self::Lawyer => ("律师", "Lawyer"),
        }
    }

    const fn subject(self) -> SubjectKind {
        match self {
            Self::Person | Self::Lawyer => SubjectKind::NaturalPerson,
            Self::Organisation => SubjectKind::LegalPerson,
        }
    }

    const fn fields(self) -> &'static [StatedField] {
        match self {
            Self::Person => &[],
            Self::Organisation => &[StatedField::OrganisationCode, StatedField::Agent],
            Self::Lawyer => &[StatedField::LicenceNumber, StatedField::LawFirm],
        }
    }
}

/// A field that only this kind has.
struct ExtraField {
    name: &'static str,
    label: &'static str,
    value: String,
}

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage<'a> {
    p: Layout,
    kind: Kind,
    kinds: Vec<(Kind, &'static str)>,
    login: &'a str,
    name: &'a str,
    extra: Vec<ExtraField>,
    /// Whether the box of the privacy notice is ticked.
    consents: bool,
    faults: Vec<Fault>,
}

#[derive(Template)]
#[template(path = "privacy.html")]
struct PrivacyPage {
    p: Layout,
}

/// The privacy notice (个人信息保护法 art. 17).
///
/// # Errors
///
/// [`ApiError`].
pub async fn privacy(visit: Visit) -> Result<Response, ApiError> {
    visit.page(Audience::Public, &PrivacyPage { p: visit.layout("个人信息保护告知", "Privacy notice") })
}

fn register_page<'a>(visit: &Visit, kind: Kind, form: &'a Form, faults: Vec<Fault>) -> RegisterPage<'a> {
    let p = visit.form_layout(!faults.is_empty(), "注册账号", "Register");
    let label = |(zh, en): (&'static str, &'static str)| p.t(zh, en);
    let extra = kind.fields().iter().map(|field| ExtraField {
        name: field.word(),
        label: label(field.labels()),
        value: form.text(field.word()).to_owned(),
    });
    let (extra, kinds) = (extra.collect(), Kind::ALL.map(|kind| (kind, label(kind.labels()))).to_vec());
    let consents = form.is_set("consent");
    RegisterPage { p, kind, kinds, login: form.text("login"), name: form.text("name"), extra, consents, faults }
}

/// The form of a registration.
///
/// # Errors
///
/// [`ApiError`].
pub async fn register_form(visit: Visit, PageParameters(parameters): PageParameters) -> Result<Response, ApiError> {
    let kind = Kind::of_word(parameters.text("kind"));
    visit.page(Audience::Private, &register_page(&visit, kind, &Form::parse(b""), Vec::new()))
}

/// A registration. The new account is logged in.
///
/// # Errors
///
/// Those of the node. What is wrong with the form is answered by the form.
pub async fn register(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, ApiError> {
    let kind = Kind::of_word(form.text("kind"));
    let refused = |faults: Vec<Fault>| {
        let page = register_page(&visit, kind, &form, faults);
        visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, Audience::Private, &page)
    };
    let faults = faults(&visit, kind, &form);
    if !faults.is_empty() {
        return refused(faults);
    }
    let password = form.raw("new-password");
    let registration = Registration {
        login: form.text("login"),
        password,
        subject: kind.subject(),
        name: form.text("name"),
        stated: kind.fields().iter().map(|field| (*field, form.text(field.word()))).collect(),
    };
    if let Err(failure) = state.filing()?.register(&registration).await.map_err(ApiError::from) {
        let Some(usual) = field_of(failure.code()) else { return Err(failure) };
        let detail = failure.problem().detail;
        // `bad_value` names the field in its detail.
        let named = named_field(&detail).map_or("", |(name, _)| name);
        let own = kind.fields().iter().map(|field| field.word());
        let field = ["name"].into_iter().chain(own).find(|own| *own == named);
        return refused(vec![(field.unwrap_or(usual), value_fault(&visit, field, failure))]);
    }
    let browser = header(&headers, &USER_AGENT);
    let attempt = LoginAttempt { login: registration.login, password, code: "", browser };
    let (_, session) = state.filing()?.log_in(attempt, session_id(&headers).as_ref()).await?;
    let mut response = see_other("/account?done=registered");
    set_session(&mut response, Some(&session));
    Ok(response)
}

/// The text about a value, which `bad_value` has in English only.
fn value_fault(visit: &Visit, field: Option<&str>, failure: ApiError) -> String {
    use crate::error_code::ErrorCode;
    match (failure.code(), field) {
        (ErrorCode::BadValue, None) => visit
            .t(
                "登录名须为 3 至 40 个字符，仅限汉字、拉丁字母、数字和 . _ - @ +",
                "A login name has 3 to 40 characters: Latin letters, Chinese characters, digits and . _ - @ +",
            )
            .to_owned(),
        (ErrorCode::ControlCharacter, _) | (ErrorCode::BadValue, Some(_)) => visit
            .t("不得为空，不得含控制字符，不得过长", "It may not be empty, too long, or hold control characters")
            .to_owned(),
        _ => visit.fault(failure),
    }
}

/// All that is wrong with a registration, as far as its form shows it.
fn faults(visit: &Visit, kind: Kind, form: &Form) -> Vec<Fault> {
    let mut faults = missing_fields(visit, kind, form);
    let login = match login_name(form.text("login")) {
        Ok(login) => login,
        Err(failure) => {
            if form.some("login").is_some() {
                faults.push(("login", value_fault(visit, None, failure.into())));
            }
            String::new()
        }
    };
    let password = form.raw("new-password");
    if !password.trim().is_empty() {
        if let Err(fault) = check_new(password, &login) {
            faults.push(("new-password", visit.fault(FilingError::WeakPassword(fault))));
        }
        faults.extend(new_password(visit, form).err());
    }
    if !form.is_set("consent") {
        let text = visit.t("请阅读并同意个人信息保护告知", "Read the privacy notice and agree to it");
        faults.push(("consent", text.to_owned()));
    }
    faults
}

/// The required fields that are empty.
fn missing_fields(visit: &Visit, kind: Kind, form: &Form) -> Vec<Fault> {
    let own = kind.fields().iter().map(|field| (field.word(), field.labels()));
    let name =
        if kind == Kind::Organisation { ("单位名称", "name of the organisation") } else { ("姓名", "name") };
    // In the order in which the form has them.
    let fields = [("name", name)].into_iter().chain(own);
    let fields = fields.chain([("login", ("登录名", "login name")), ("new-password", ("密码", "password"))]);
    let missing = fields.filter(|(field, _)| form.raw(field).trim().is_empty());
    let said = |(zh, en): (&str, &str)| visit.t(&format!("请输入{zh}"), &format!("Enter the {en}")).to_owned();
    missing.map(|(field, what)| (field, said(what))).collect()
}
