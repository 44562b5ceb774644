//! `/cases/{reference}/records` and `/cases/{reference}/service`: hearings, transcripts, mediation; service of documents.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::court::case::state::CaseFile;
use crate::court::ids::{AgentNumber, PartyNumber};
use crate::court::values::Capacity;
use crate::http::api::court::cases::can;
use crate::http::api::court::records::records_json;
use crate::http::api::court::service::service_json;
use crate::http::app_state::AppState;
use crate::http::pages::cases::forms::field::Group;
use crate::http::pages::cases::head::CaseHead;
use crate::http::pages::cases::overview::done;
use crate::http::pages::cases::request::CaseRequest;
use crate::http::pages::cases::rights::acts;
use crate::http::pages::cases::tasks::{TaskGroup, groups};
use crate::http::pages::form::PageParameters;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::wire::court::accounts::Texts;
use crate::wire::court::case::CaseFactsJson;
use crate::wire::court::records::RecordsJson;
use crate::wire::court::service::ServiceBookJson;

#[derive(Template)]
#[template(path = "case_records.html")]
struct RecordsPage {
    p: Layout,
    head: CaseHead,
    records: RecordsJson,
    /// Whether the viewer may confirm papers.
    confirms: bool,
    groups: Vec<TaskGroup>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "case_service.html")]
struct ServicePage {
    p: Layout,
    head: CaseHead,
    book: ServiceBookJson,
    /// The services whose receipt the viewer can confirm.
    confirmable: Vec<u32>,
    groups: Vec<TaskGroup>,
    done: Option<String>,
}

/// What the viewer may do, of some groups.
fn tasks(
    file: &CaseFile,
    request: &CaseRequest,
    wanted: &[Group],
) -> (Vec<TaskGroup>, std::collections::BTreeSet<String>) {
    let actor = &request.who.actor;
    let can = can(actor, file, &actor.capacities(file), &Texts::new());
    let mut groups = groups(&can, file.kind, &request.path());
    groups.retain(|one| wanted.contains(&one.group));
    (groups, acts(&can))
}

/// Hearings, transcripts and mediation.
///
/// # Errors
///
/// `not_found`; those of a view.
pub async fn records(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    parameters: PageParameters,
) -> Result<Response, ApiError> {
    let file = state.filing()?.case_for(&request.who.actor, request.case).await?;
    let records = records_json(&state, &request.who.actor, request.case).await?;
    let (groups, acts) = tasks(&file, &request, &[Group::Hearing, Group::Mediation]);
    let head = CaseHead::of(&CaseFactsJson::of(&file), &request.name);
    let page = RecordsPage {
        p: visit.layout(
            &format!("庭审、笔录与调解 {}", head.name),
            &format!("Hearings and transcripts, case {}", head.name),
        ),
        confirms: acts.contains("confirm"),
        done: done(&visit, Some(file.kind), &parameters),
        head,
        records,
        groups,
    };
    visit.page(Audience::Private, &page)
}

/// The parties for which the viewer acts.
fn own_parties(file: &CaseFile, capacities: &[Capacity]) -> Vec<u32> {
    let party = |capacity: &Capacity| match *capacity {
        Capacity::Party(PartyNumber(party)) => Some(party),
        Capacity::Agent(AgentNumber(agent)) => file.agents.get(&AgentNumber(agent)).map(|agent| agent.party.0),
        _ => None,
    };
    capacities.iter().filter_map(party).collect()
}

/// Service of documents.
///
/// # Errors
///
/// `not_found`; those of a view.
pub async fn service(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    parameters: PageParameters,
) -> Result<Response, ApiError> {
    let actor = &request.who.actor;
    let file = state.filing()?.case_for(actor, request.case).await?;
    let book = service_json(&state, actor, request.case).await?;
    let (groups, acts) = tasks(&file, &request, &[Group::Service]);
    let own = if acts.contains("confirm-receipt") { own_parties(&file, &actor.capacities(&file)) } else { Vec::new() };
    let confirmable = book.items.iter().filter(|one| own.contains(&one.party) && one.confirmed_at.is_empty());
    let confirmable: Vec<u32> = confirmable.map(|one| one.service).collect();
    let head = CaseHead::of(&CaseFactsJson::of(&file), &request.name);
    let page = ServicePage {
        p: visit.layout(&format!("送达 {}", head.name), &format!("Service, case {}", head.name)),
        confirmable,
        done: done(&visit, Some(file.kind), &parameters),
        head,
        book,
        groups,
    };
    visit.page(Audience::Private, &page)
}
