//! `/cases/hand-overs` and `/cases/{case}/hand-overs/{number}`: dossiers that other courts sent, and what the receiving court does.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header::CONTENT_DISPOSITION;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use crate::court::case::reference::CaseReference;
use crate::court::course_words::Volume;
use crate::court::ids::{CaseId, HandOverNumber};
use crate::court::line_value::LineValue as _;
use crate::court::words::{Procedure, TransferKind};
use crate::filing::filing_error::FilingError;
use crate::http::api::court::hand_overs::{hand_over as view, hand_overs_json, take_step};
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::caching::{Caching, answer};
use crate::http::pages::cases::forms::sending::{form_context, new_key, shape};
use crate::http::pages::cases::refusal::PageRefusal;
use crate::http::pages::cases::request::CaseRequest;
use crate::http::pages::form::{Form, PageParameters};
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Member, Visit, see_other};
use crate::http::problem::ApiError;
use crate::ledger::hash::Digest;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::hand_over::{HandOverBriefJson, HandOverJson, ManifestRootJson};

#[derive(Template)]
#[template(path = "case_hand_overs.html")]
struct HandOversPage {
    p: Layout,
    items: Vec<HandOverBriefJson>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "case_hand_over.html")]
struct HandOverPage {
    p: Layout,
    one: HandOverJson,
    /// Whether the viewer receives dossiers for the receiving court.
    receives: bool,
    /// Whether the viewer can download the manifests, which go along with the dossier: not at the receiving court, which gets them with it.
    downloads: bool,
    /// The procedures of a retrial; none for another hand-over.
    procedures: Vec<(&'static str, &'static str)>,
    key: String,
    path: String,
    refusal: Option<PageRefusal>,
    done: bool,
}

/// Dossiers sent to the courts of the account.
///
/// # Errors
///
/// Those of the node.
pub async fn list(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let page = PageQuery { limit: None, cursor: parameters.some("cursor").map(str::to_owned) };
    let found = hand_overs_json(&state, &who.actor, &page).await?;
    let page = HandOversPage {
        p: visit.layout("移交本院的案卷", "Dossiers sent to the court"),
        next: found.next_cursor.map(|cursor| format!("/cases/hand-overs?cursor={cursor}")),
        items: found.items,
    };
    visit.page(Audience::Private, &page)
}

fn number_of(request: &CaseRequest) -> Result<HandOverNumber, ApiError> {
    HandOverNumber::parse(request.parameter("hand_over")).ok_or_else(|| ApiError::from(FilingError::NotFound))
}

async fn page(
    state: &AppState,
    visit: &Visit,
    request: &CaseRequest,
    (status, refusal, done): (StatusCode, Option<PageRefusal>, bool),
) -> Result<Response, ApiError> {
    let number = number_of(request)?;
    let actor = &request.who.actor;
    let one = view(state, actor, request.case, number).await?;
    let receives = actor.account.roles.iter().any(|(role, court)| {
        role.receives_dossiers() && court.as_ref().is_some_and(|court| court.to_string() == one.brief.to)
    });
    let title = (format!("移交案卷 {number}"), format!("Hand-over {number}"));
    let page = HandOverPage {
        p: visit.form_layout(refusal.is_some(), &title.0, &title.1),
        path: format!("/cases/{}/hand-overs/{number}", one.brief.case),
        procedures: if one.brief.kind.code == TransferKind::Retrial.word() { procedures(visit) } else { Vec::new() },
        downloads: !receives || one.brief.from == one.brief.to,
        one,
        receives,
        key: new_key()?,
        refusal,
        done,
    };
    visit.page_with(status, Audience::Private, &page)
}

/// A hand-over with its manifest.
///
/// # Errors
///
/// `not_found`; those of a view.
pub async fn hand_over(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    page(&state, &visit, &request, (StatusCode::OK, None, parameters.is_set("done"))).await
}

/// The root of a volume as the court computed it over the manifest that it received, never that of the record; `None` where nothing
/// was filled in.
fn received_root(form: &Form, volume: Volume) -> Result<Option<ManifestRootJson>, Bilingual> {
    let part = |part: &str| form.text(&format!("{volume}-{part}")).to_owned();
    let (root, count) = (part("root"), part("count"));
    if root.is_empty() && count.is_empty() {
        return Ok(None);
    }
    let count = count.parse().ok().filter(|_| Digest::parse(&root).is_some());
    let count = count.ok_or_else(|| {
        Bilingual::new(
            "清单根为 64 位十六进制数字，行数为整数",
            "A root has 64 hex digits, the number of lines is a whole number",
        )
    })?;
    Ok(Some(ManifestRootJson { root, count }))
}

/// The request of a step. `has_second`: whether the dossier has a second volume.
fn request_of(form: &Form, has_second: bool) -> Result<Value, Bilingual> {
    let mut step = json!({ "step": form.text("step") });
    let Some(fields) = step.as_object_mut() else { return Ok(step) };
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    match form.text("step") {
        "accept" | "differs" => {
            let missing = || {
                Bilingual::new(
                    "请选择随案卷收到的清单文件，或者填写清单根和行数",
                    "Choose the manifest file that came with the dossier, or fill in its root and number of lines",
                )
            };
            set("manifest", json!(received_root(form, Volume::Main)?.ok_or_else(missing)?));
            match received_root(form, Volume::Second)? {
                Some(second) => {
                    set("second_volume", json!(second));
                }
                None if has_second && form.text("step") == "accept" => {
                    return Err(Bilingual::new(
                        "请选择随案卷收到的副卷清单文件，或者填写其清单根和行数",
                        "Choose the manifest file of the second volume, or fill in its root and number of lines",
                    ));
                }
                None => {}
            }
            let own: &[&str] = if form.text("step") == "accept" { &["number", "procedure"] } else { &["reason"] };
            for name in own {
                if let Some(text) = form.some(name) {
                    set(name, json!(text));
                }
            }
        }
        "return" => {
            set("reason", json!(form.text("reason")));
        }
        _ => {}
    }
    Ok(step)
}

/// The procedures by which a retrial is heard (民诉法 art. 218).
fn procedures(visit: &Visit) -> Vec<(&'static str, &'static str)> {
    let label = |one: Procedure| (one.word(), one.label(visit.language));
    [Procedure::Ordinary, Procedure::SecondInstance].map(label).into()
}

/// The manifest of a volume as a file, which the sending court sends along with the dossier: its lines, each with LF.
///
/// # Errors
///
/// `not_found`, also for a volume that the hand-over does not have or the viewer may not see; those of a view.
pub async fn manifest_file(State(state): State<Arc<AppState>>, request: CaseRequest) -> Result<Response, ApiError> {
    let volume = Volume::from_word(request.parameter("volume")).ok_or(FilingError::NotFound)?;
    let one = view(&state, &request.who.actor, request.case, number_of(&request)?).await?;
    let lines = if volume == Volume::Main { one.lines } else { one.second_lines };
    if lines.is_empty() {
        return Err(FilingError::NotFound.into());
    }
    let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    let mut response = answer(text.into_bytes(), "text/plain; charset=utf-8", Caching::Never);
    let name = format!("attachment; filename=\"manifest-{volume}.txt\"");
    let name = HeaderValue::try_from(name).map_err(|error| ApiError::internal(&error))?;
    response.headers_mut().insert(CONTENT_DISPOSITION, name);
    Ok(response)
}

/// A step of the receiving court.
///
/// # Errors
///
/// `not_found`; those of the node. What is wrong is shown with the hand-over.
pub async fn step(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    uri: Uri,
    form: Form,
) -> Result<Response, ApiError> {
    let number = number_of(&request)?;
    let actor = &request.who.actor;
    // Without access there is no answer but that.
    let one = view(&state, actor, request.case, number).await?;
    let is_retrial = one.brief.kind.code == TransferKind::Retrial.word();
    let fault = match form.text("step") {
        "differs" | "return" if form.text("reason").is_empty() => Some(visit.t("请填写理由", "Fill in the reason")),
        "accept" if !form.is_set("compared") => {
            Some(visit.t("请确认已逐项核对移交清单", "Confirm that the manifest was compared"))
        }
        "accept" if is_retrial && form.some("procedure").is_none() => {
            Some(visit.t("请选择再审适用的程序", "Choose the procedure of the retrial"))
        }
        _ => None,
    };
    let step = if let Some(fault) = fault {
        Err(fault.to_owned())
    } else {
        let read = request_of(&form, one.second_volume.is_some());
        read.map_err(|fault| fault.pick(visit.language).to_owned())
    };
    let step = match step {
        Ok(step) => step,
        Err(fault) => {
            let refusal = PageRefusal::incomplete(fault);
            return page(&state, &visit, &request, (StatusCode::UNPROCESSABLE_ENTITY, Some(refusal), false)).await;
        }
    };
    let context = form_context(actor, uri.path(), &form)?;
    let taken = match shape(step) {
        Ok(step) => take_step(&state, actor, (request.case, number), &context, step).await,
        Err(failure) => Err(failure),
    };
    match taken {
        Ok((_, shown)) if form.text("step") == "accept" => {
            let reference = CaseId::parse(&shown.case).map(|case| CaseReference::of(case).to_string());
            Ok(see_other(&format!("/cases/{}?done=accept-hand-over", reference.unwrap_or(shown.case))))
        }
        Ok(_) => Ok(see_other(&format!("{}?done=yes", uri.path()))),
        Err(failure) if failure.status() < 500 => {
            let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::CONFLICT);
            let refusal = PageRefusal::of(&visit, &failure);
            page(&state, &visit, &request, (status, Some(refusal), false)).await
        }
        Err(failure) => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(fields: &str) -> Result<Value, Bilingual> {
        request_of(&Form::parse(fields.as_bytes()), false)
    }

    #[test]
    fn a_step_has_the_roots_and_the_procedure_that_were_filled_in() {
        let root = "ab".repeat(32);
        let accept = format!("step=accept&main-root={root}&main-count=7&procedure=second-instance&number=&reason=x");
        let expected = json!({
            "step": "accept", "manifest": { "root": root, "count": 7 }, "procedure": "second-instance",
        });
        assert_eq!(request(&accept), Ok(expected));
        let differs = format!("step=differs&main-root={root}&main-count=7&second-root={root}&second-count=2&reason=x");
        let expected = json!({
            "step": "differs", "manifest": { "root": root, "count": 7 }, "second_volume": { "root": root, "count": 2 },
            "reason": "x",
        });
        assert_eq!(request(&differs), Ok(expected));
        for bad in
            ["", "main-root=ab&main-count=7", &format!("main-root={root}"), &format!("main-root={root}&main-count=x")]
        {
            assert!(request(&format!("step=accept&{bad}")).is_err(), "{bad}");
        }
        assert_eq!(request("step=receive&main-root=ab"), Ok(json!({ "step": "receive" })));
        let without_second = Form::parse(accept.as_bytes());
        assert!(request_of(&without_second, true).is_err(), "the second volume was not compared");
    }
}
