//! `/cases/{reference}`: a case as the API shows it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::court::acts::ActKind;
use crate::court::case::documents::DocumentUse;
use crate::court::case::service::book::ServiceRecord;
use crate::court::case::state::CaseFile;
use crate::court::words::{CaseKind, PartyRole, Stage};
use crate::filing::actor::Actor;
use crate::http::api::court::cases::case_json;
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::pages::cases::documents::{Documents, documents};
use crate::http::pages::cases::head::CaseHead;
use crate::http::pages::cases::remaining::{Due, due, party_name};
use crate::http::pages::cases::request::CaseRequest;
use crate::http::pages::cases::rights::{Rights, own_parties};
use crate::http::pages::cases::tasks::{TaskGroup, groups};
use crate::http::pages::form::PageParameters;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::case::CaseJson;
use crate::wire::court::documents::CaseDocumentJson;
use crate::wire::court::record::act_label_in;

/// Items on a page of a case.
pub const ITEMS: u32 = 20;

/// A step of a filing, in the manual's order.
struct Step {
    label: Bilingual,
    href: String,
    done: bool,
}

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    p: Layout,
    head: CaseHead,
    case: CaseJson,
    rights: Rights,
    due: Vec<Due>,
    steps: Vec<Step>,
    groups: Vec<TaskGroup>,
    documents: Documents,
    /// Whether the judgment was sent to a party for which the viewer acts.
    judgment_sent: bool,
    done: Option<String>,
    next: Option<String>,
}

impl CasePage {
    /// A document whose original the viewer may read.
    fn document(&self, number: &str) -> Option<&CaseDocumentJson> {
        self.documents.get(number)
    }

    /// A party by its role and name.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn party(&self, number: &u32) -> Bilingual {
        let found = self.case.parties.iter().find(|party| party.party == *number);
        found.map_or_else(|| Bilingual::new(number.to_string(), number.to_string()), party_name)
    }
}

/// The sentence that confirms an act.
#[must_use]
pub fn done(visit: &Visit, kind: Option<CaseKind>, parameters: &PageParameters) -> Option<String> {
    let word = parameters.0.text("done");
    if word == "open" {
        return Some(
            visit
                .t(
                    "立案草稿已创建。请按次序完成下列事项后提交。",
                    "The draft was opened. Complete the steps below, then submit it.",
                )
                .into(),
        );
    }
    let act = ActKind::from_word(word)?;
    let label = act_label_in(kind.unwrap_or(CaseKind::CivilFirst), act);
    Some(visit.t(&format!("已办理：{}。", label.zh), &format!("Done: {}.", label.en)).to_owned())
}

/// The kind of a case.
#[must_use]
pub fn kind_of(case: &CaseJson) -> CaseKind {
    CaseKind::from_word(&case.brief.kind.code).unwrap_or(CaseKind::CivilFirst)
}

/// The steps of a filing that is still with the filer.
fn steps(case: &CaseJson, path: &str) -> Vec<Step> {
    let stage = Stage::from_word(&case.brief.stage.code);
    if !stage.is_some_and(Stage::is_with_the_filer) {
        return Vec::new();
    }
    let bringing = |role: &str| PartyRole::from_word(role).is_some_and(PartyRole::brings_the_case);
    let filer = case.parties.iter().find(|party| bringing(&party.role.code));
    let step = |zh: &str, en: &str, act: ActKind, done: bool| Step {
        label: Bilingual::new(zh, en),
        href: format!("{path}/act/{}", act.word()),
        done,
    };
    let submit = act_label_in(kind_of(case), ActKind::Submit);
    vec![
        step(
            "确认诉前须知",
            "Confirm the notices before filing",
            ActKind::ConfirmNotice,
            filer.is_some_and(|party| party.notices_confirmed_at.is_some()),
        ),
        step(
            "增加被告或者其他当事人",
            "Add the defendant and other parties",
            ActKind::AddParty,
            case.parties.iter().any(|party| !bringing(&party.role.code)),
        ),
        step("填写诉讼请求、事实和理由", "State claims, facts and reasons", ActKind::Describe, case.claims.is_some()),
        step("导入存证平台证据", "Import evidence from the deposit platform", ActKind::Import, case.items_total > 0),
        step(&format!("预览并{}", submit.zh), &format!("Preview, and {}", submit.en), ActKind::Submit, false),
    ]
}

/// Whether the judgment was sent to a party for which the actor acts.
fn is_judgment_sent(file: &CaseFile, actor: &Actor) -> bool {
    let own = own_parties(file, &actor.capacities(file));
    let is_sent = |one: &ServiceRecord| own.contains(&one.party().0) && !one.attempts.is_empty();
    file.service.records.values().any(|one| Some(one.document()) == file.judgment && is_sent(one))
}

/// The case.
///
/// # Errors
///
/// `not_found`; those of a view.
pub async fn case(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    parameters: PageParameters,
) -> Result<Response, ApiError> {
    let page = PageQuery { limit: Some(ITEMS), cursor: parameters.0.some("cursor").map(str::to_owned) };
    let case = case_json(&state, &request.who.actor, request.case, &page).await?;
    let file = state.filing()?.case_for(&request.who.actor, request.case).await?;
    let (kind, path) = (kind_of(&case), request.path());
    let head = CaseHead::of(&case.brief, &request.name);
    let page = CasePage {
        p: visit.layout(&format!("案件 {}", head.name), &format!("Case {}", head.name)),
        due: due(&case, state.filing()?.now(), visit.language),
        steps: steps(&case, &path),
        groups: groups(&case.can, &file, &path),
        documents: documents(&state, &request.who.actor, request.case, |used| matches!(used, DocumentUse::Decision(_)))
            .await?,
        judgment_sent: is_judgment_sent(&file, &request.who.actor),
        done: done(&visit, Some(kind), &parameters),
        next: case.next_cursor.as_ref().map(|cursor| format!("{path}?cursor={cursor}")),
        rights: Rights::of(&case),
        head,
        case,
    };
    visit.page(Audience::Private, &page)
}
