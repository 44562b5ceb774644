//! `/cases/{reference}/records` and `/cases/{reference}/service`: hearings, transcripts, mediation; service of documents.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::court::case::documents::DocumentUse;
use crate::court::case::state::{CaseFile, Party};
use crate::court::ids::PartyNumber;
use crate::court::line_value::LineValue as _;
use crate::court::session_words::ConfirmationState;
use crate::court::signer::Signer;
use crate::court::values::Capacity;
use crate::filing::actor::Actor;
use crate::http::api::court::cases::can;
use crate::http::api::court::records::records_json;
use crate::http::api::court::service::service_json;
use crate::http::app_state::AppState;
use crate::http::pages::cases::documents::{Documents, documents};
use crate::http::pages::cases::forms::field::Group;
use crate::http::pages::cases::head::CaseHead;
use crate::http::pages::cases::overview::done;
use crate::http::pages::cases::request::CaseRequest;
use crate::http::pages::cases::rights::{acts, own_parties};
use crate::http::pages::cases::tasks::{TaskGroup, groups};
use crate::http::pages::form::PageParameters;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::Texts;
use crate::wire::court::case::CaseFactsJson;
use crate::wire::court::documents::CaseDocumentJson;
use crate::wire::court::records::{HearingJson, RecordsJson, TranscriptJson};
use crate::wire::court::rounds::RoundJson;
use crate::wire::court::service::{ServiceBookJson, ServiceJson};

#[derive(Template)]
#[template(path = "case_records.html")]
struct RecordsPage {
    p: Layout,
    head: CaseHead,
    records: RecordsJson,
    /// Whether the viewer may confirm papers.
    confirms: bool,
    /// The viewer as the lists of rounds name it.
    signers: Vec<String>,
    /// What the viewer may do, by the words of the acts.
    acts: BTreeSet<String>,
    groups: Vec<TaskGroup>,
    documents: Documents,
    done: Option<String>,
}

impl RecordsPage {
    /// Whether everybody on the list of a round for whom the viewer can confirm has done so.
    fn has_confirmed(&self, round: &RoundJson) -> bool {
        let mut own = round.people.iter().filter(|person| self.signers.contains(&person.signer)).peekable();
        own.peek().is_some() && own.all(|person| person.state.code == ConfirmationState::Confirmed.word())
    }

    /// Whether the hearing of a transcript has not ended: nobody confirms it before.
    fn is_in_hearing(&self, transcript: &TranscriptJson) -> bool {
        let of = |hearing: &&HearingJson| Some(hearing.hearing) == transcript.hearing;
        self.records.hearings.iter().find(of).is_some_and(|hearing| hearing.ended.is_none())
    }

    fn may(&self, act: &str) -> bool {
        self.acts.contains(act)
    }

    /// A document whose original the viewer may read.
    fn document(&self, number: &str) -> Option<&CaseDocumentJson> {
        self.documents.get(number)
    }
}

#[derive(Template)]
#[template(path = "case_service.html")]
struct ServicePage {
    p: Layout,
    head: CaseHead,
    book: ServiceBookJson,
    /// The services whose receipt the viewer can confirm.
    confirmable: Vec<u32>,
    /// The pages of the certificates, by the services that have one.
    certificates: BTreeMap<u32, String>,
    /// The parties as they are called in this case.
    roles: BTreeMap<u32, Bilingual>,
    /// What the viewer may do, by the words of the acts.
    acts: BTreeSet<String>,
    groups: Vec<TaskGroup>,
    documents: Documents,
    done: Option<String>,
}

impl ServicePage {
    fn may(&self, act: &str) -> bool {
        self.acts.contains(act)
    }

    /// A document whose original the viewer may read.
    fn document(&self, number: &str) -> Option<&CaseDocumentJson> {
        self.documents.get(number)
    }

    /// A party by its role and number.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn party(&self, party: &u32) -> Bilingual {
        self.roles.get(party).cloned().unwrap_or_else(|| Bilingual::new(party.to_string(), party.to_string()))
    }
}

/// The parties of a case, each by its role and, where several have the same, its number.
fn roles(file: &CaseFile) -> BTreeMap<u32, Bilingual> {
    let label = |(number, party): (&PartyNumber, &Party)| {
        let is_alone = file.parties.values().filter(|other| other.role == party.role).count() == 1;
        let text = |language| {
            let role = party.role.label(language);
            if is_alone { role.to_owned() } else { format!("{role} {}", number.0) }
        };
        (number.0, Bilingual::of(text))
    };
    file.parties.iter().map(label).collect()
}

/// The acts of the court about one transcript, as links beside it: word and label.
pub const TRANSCRIPT_ACTS: &[(&str, &str, &str)] = &[
    ("add-transcript-version", "形成笔录版本", "Add a version"),
    ("decide-correction", "处理补正申请", "Decide on a correction"),
    ("open-round", "发起确认", "Open a confirmation round"),
    ("finalise-transcript", "笔录定稿", "Finalise"),
];

/// The acts about one agreement, as links beside it.
pub const AGREEMENT_ACTS: &[(&str, &str, &str)] = &[
    ("agree-signing", "同意在线确认", "Agree to confirm online"),
    ("open-round", "发起确认", "Open a confirmation round"),
    ("issue-mediation-document", "制作调解书", "Issue the mediation document"),
    ("apply-way-out", "申请后续处理", "Apply on the basis of it"),
];

/// What the viewer may do, of some groups.
fn tasks(file: &CaseFile, request: &CaseRequest, wanted: &[Group]) -> (Vec<TaskGroup>, BTreeSet<String>) {
    let actor = &request.who.actor;
    let can = can(actor, file, &actor.capacities(file), &Texts::new());
    let mut groups = groups(&can, file, &request.path());
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
        signers: signers(&request.who.actor, &file),
        documents: documents(&state, &request.who.actor, request.case, |used| used.paper().is_some()).await?,
        acts,
        done: done(&visit, Some(file.kind), &parameters),
        head,
        records,
        groups,
    };
    visit.page(Audience::Private, &page)
}

/// The viewer as the lists of rounds name it, in each of its capacities.
fn signers(actor: &Actor, file: &CaseFile) -> Vec<String> {
    let signer = |capacity: &Capacity| match *capacity {
        Capacity::Party(number) => Some(Signer::Party(number)),
        Capacity::Agent(number) => Some(Signer::Agent(number)),
        Capacity::Holding(role) => Some(Signer::Holder(role, actor.id)),
        _ => None,
    };
    actor.capacities(file).iter().filter_map(signer).map(|signer| signer.print()).collect()
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
    let certified = book.items.iter().filter(|one| one.certificates > 0);
    let certificate = |one: &ServiceJson| (one.service, format!("{}/service/{}/certificate", head.path, one.service));
    let certificates = certified.map(certificate).collect();
    let page = ServicePage {
        p: visit.layout(&format!("送达 {}", head.name), &format!("Service, case {}", head.name)),
        confirmable,
        certificates,
        roles: roles(&file),
        documents: documents(&state, actor, request.case, |used| matches!(used, DocumentUse::Served(..))).await?,
        acts,
        done: done(&visit, Some(file.kind), &parameters),
        head,
        book,
        groups,
    };
    visit.page(Audience::Private, &page)
}
