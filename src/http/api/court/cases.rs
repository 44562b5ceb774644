//! Cases: open, list, view, access log.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::future::try_join_all;
use serde::Deserialize;

use crate::court::acts::{Act, Open};
use crate::court::calendar::Calendar;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{CaseFile, Item};
use crate::court::case_number::{CaseNumber, CourtCode};
use crate::court::ids::{CaseId, ItemNumber};
use crate::court::values::{Capacity, Filer};
use crate::court::words::Stage;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::case_views::{CaseView, ItemView};
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, RecordedAct};
use crate::http::api::court::act_context::read_all;
use crate::http::api::court::acts::outcome_json;
use crate::http::api::court::case_path::{CasePath, ItemPath};
use crate::http::api::court::field_values::{known, read, read_some};
use crate::http::api::court::json_request::{AuthenticatedJson, access_log_json, answer, created, some_value, value};
use crate::http::api::court::warnings;
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::Parameters;
use crate::wire::court::accounts::Texts;
use crate::wire::court::act::ActOutcomeJson;
use crate::wire::court::case::{CanJson, CaseBriefJson, CaseJson, CasesJson, OpenCaseRequest};
use crate::wire::court::deadlines::{DeadlinesJson, Now};
use crate::wire::court::item::{ImportJson, PresentState};
use crate::wire::court::lists::AccessLogJson;
use crate::wire::court::originals::OriginalStateJson;
use crate::wire::court::people::CapacityJson;

/// Most cases of a page with texts: each is one access record.
const TEXTS_MAX: usize = 50;

/// An item with its present data.
#[must_use]
pub fn import_json(
    file: &CaseFile,
    (number, item): (ItemNumber, &Item),
    view: &ItemView,
    texts: &Texts,
    calendar: &Calendar,
) -> ImportJson {
    let lateness = file.lateness(item, calendar);
    // A recorded divergence stays visible, even if the chain agrees again.
    let divergence = view.divergence.or_else(|| item.divergences.last().map(|(_, what)| *what));
    let custody = view.custody.as_ref();
    let custody = custody.map_or_else(OriginalStateJson::not_submitted, |(taken, at, erased)| {
        OriginalStateJson::submitted(taken, *at, *erased)
    });
    ImportJson::of(
        file,
        number,
        item,
        PresentState {
            divergence,
            custody,
            history: view.history.as_ref(),
            salted: view.salted,
            manifest: view.manifest,
            lateness,
            calendar,
        },
        texts,
    )
}

fn items(view: &CaseView, calendar: &Calendar) -> Vec<ImportJson> {
    let none = ItemView::unqueried();
    let mut numbers: Vec<ItemNumber> = view.items.keys().copied().collect();
    numbers.sort_unstable();
    let item = |number: ItemNumber| {
        let item = view.file.items.get(&number)?;
        let now = view.items.get(&number).unwrap_or(&none);
        Some(import_json(&view.file, (number, item), now, &view.texts, calendar))
    };
    numbers.into_iter().filter_map(item).collect()
}

/// What the actor may do in each of the capacities.
#[must_use]
pub(in crate::http) fn can(actor: &Actor, file: &CaseFile, capacities: &[Capacity], texts: &Texts) -> Vec<CanJson> {
    let can = |capacity: &Capacity| CanJson {
        capacity: CapacityJson::named(file, actor.id, *capacity, texts),
        acts: file.permitted_acts(actor.id, *capacity).iter().map(ToString::to_string).collect(),
    };
    capacities.iter().map(can).collect()
}

/// Open a case / 创建案件
///
/// Creates a draft, visible to the filer's side only until it is submitted. A clerk may create one for a visitor of the court.
///
/// 创建立案草稿，提交前仅起诉方可见；法院可代为录入。
#[utoipa::path(
    post,
    path = "/v1/cases",
    tag = "cases",
    request_body = OpenCaseRequest,
    responses(
        (status = 201, description = "The case / 案件", body = ActOutcomeJson),
        (status = 200, description = "The same request had opened it", body = ActOutcomeJson),
    ),
)]
pub(in crate::http) async fn open_case(
    State(state): State<Arc<AppState>>,
    call: AuthenticatedJson<OpenCaseRequest>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape } = call;
    let (recorded, shown) = open(&state, &actor, &context, &shape).await?;
    Ok(created(&recorded, &shown))
}

/// Opens a case: the answer, and the act as recorded.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn open(
    state: &AppState,
    actor: &Actor,
    context: &RequestContext,
    shape: &OpenCaseRequest,
) -> Result<(RecordedAct, ActOutcomeJson), ApiError> {
    let (filing, registry) = (state.filing()?, state.filing()?.registry());
    let (court, filer): (CourtCode, Filer) = (value("court", &shape.court)?, value("filer", &shape.filer)?);
    let make = |annexes: &mut Annexes| {
        let account = shape.account.as_ref().map(|text| known(&registry, text)).transpose()?.map(|(id, _)| id);
        Ok(Act::Open(Open {
            court: court.clone(),
            kind: read("kind", &shape.kind)?,
            procedure: read("procedure", &shape.procedure)?,
            role: read("role", &shape.role)?,
            subject: read("subject", &shape.subject)?,
            filer,
            authority: read_some("authority", shape.authority.as_ref())?,
            identity: if filer == Filer::Court { None } else { actor.identity() },
            from: None,
            transfer: None,
            account,
            name: annexes.add("name", &shape.name)?,
            title: annexes.add_some("title", shape.title.as_deref())?,
            claims: annexes.add_some("claims", shape.claims.as_deref())?,
            power: annexes.add_some("power", shape.power.as_deref())?,
            rules: Some(RulesVersion::CURRENT),
            special: read_all("special", &shape.special)?,
            instance: read_all("instances", &shape.instances)?,
            former_role: None,
            hand_over: None,
            relationship: annexes.add_some("relationship", shape.relationship.as_deref())?,
        }))
    };
    let acted = filing.open_case(actor, context, &court, filer, make).await?;
    let texts: Vec<&str> = [&shape.title, &shape.claims].into_iter().flatten().map(String::as_str).collect();
    let shown = outcome_json(filing, &acted, warnings::of_texts(&texts));
    Ok((acted.recorded, shown))
}

/// Which cases.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CasesQuery {
    /// Only those under this 案号.
    pub number: Option<String>,
    /// Only those in this stage. 仅列处于该阶段的案件。
    pub stage: Option<String>,
    /// With 案由 and the parties: private texts, so the access to each case of the page is recorded on the chain before the answer is
    /// sent. At most 50 cases a page then. 附案由与当事人，逐案记录查阅。
    pub texts: Option<bool>,
    /// Most entries of the answer, 1 to 200; 50 by default. 每页条数，1 至 200，默认 50。
    #[param(minimum = 1, maximum = 200, example = 50)]
    pub limit: Option<u32>,
    /// The `next_cursor` of the previous answer; without one, the first page. 上一页返回的 `next_cursor`。
    pub cursor: Option<String>,
}

/// List cases / 案件列表
///
/// The account's own cases, and those before the courts it holds roles for: the latest first, without texts unless `texts` is true.
///
/// 本人参与及本院受理的案件；可按案号查询；`texts=true` 时附案由与当事人。
#[utoipa::path(
    get,
    path = "/v1/cases",
    tag = "cases",
    params(CasesQuery),
    responses(
        (status = 200, description = "The cases / 案件", body = CasesJson),
    ),
)]
pub(in crate::http) async fn list_cases(
    State(state): State<Arc<AppState>>,
    Parameters(query): Parameters<CasesQuery>,
    Bearer(actor): Bearer,
) -> Result<Response, ApiError> {
    Ok(answer(StatusCode::OK, &cases_json(&state, &actor, query).await?))
}

/// A page of the actor's cases. With texts, the access to each is recorded before.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn cases_json(
    state: &AppState,
    actor: &Actor,
    query: CasesQuery,
) -> Result<CasesJson, ApiError> {
    let filing = state.filing()?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let with_texts = query.texts == Some(true);
    let (cursor, limit) = (page.number()?, if with_texts { page.limit()?.min(TEXTS_MAX) } else { page.limit()? });
    let number: Option<CaseNumber> = some_value("number", query.number.as_deref())?;
    let stage: Option<Stage> = some_value("stage", query.stage.as_deref())?;
    let page = filing.cases_listed(actor, number.as_ref(), stage, cursor, limit).await?;
    let registry = filing.registry();
    let now = Now { at: filing.now(), calendar: &registry.calendar };
    let items = if with_texts {
        try_join_all(page.files.iter().map(|file| brief_with_texts(filing, actor, file, now))).await?
    } else {
        page.files.iter().map(|file| CaseBriefJson::of(file, &actor.capacities(file), now)).collect()
    };
    Ok(CasesJson { items, next_cursor: page.next.map(|next| next.to_string()) })
}

/// A case in a list with texts. The access is recorded before.
async fn brief_with_texts(
    filing: &FilingService,
    actor: &Actor,
    file: &Arc<CaseFile>,
    now: Now<'_>,
) -> Result<CaseBriefJson, FilingError> {
    let texts = filing.brief_texts(actor, file).await?;
    Ok(CaseBriefJson::with_texts(file, &actor.capacities(file), now, &texts))
}

/// View a case / 查看案件
///
/// The whole case, the same for all accounts with access, with its texts and each item compared with the current chain: a
/// page of items per answer, `next_cursor` continues. The access is recorded on the chain before the answer is sent.
///
/// 案件全部信息，证据分页返回；本次查阅先行记录上链。
#[utoipa::path(
    get,
    path = "/v1/cases/{case}",
    tag = "cases",
    params(("case" = String, Path, description = "案件代号, 案号 or 64 hex digits", example = "7K2M9X-QT3D5W"), PageQuery),
    responses(
        (status = 200, description = "The case / 案件", body = CaseJson),
    ),
)]
pub(in crate::http) async fn view_case(
    State(state): State<Arc<AppState>>,
    CasePath(case): CasePath,
    Parameters(page): Parameters<PageQuery>,
    Bearer(actor): Bearer,
) -> Result<Response, ApiError> {
    Ok(answer(StatusCode::OK, &case_json(&state, &actor, case, &page).await?))
}

/// A case with a page of its items. The access is recorded before.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn case_json(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
    page: &PageQuery,
) -> Result<CaseJson, ApiError> {
    let filing = state.filing()?;
    let after = page.position(|text| text.parse().ok())?.unwrap_or(0);
    let view = filing.view_case(actor, case, after, page.limit()?).await?;
    let calendar = &filing.registry().calendar;
    // The access record of this view has the time of now.
    let (sequence, now) = (view.access.position.sequence, view.access.position.at);
    let deadlines = DeadlinesJson::of(&view.file, &view.texts, now, calendar);
    let can = can(actor, &view.file, &view.capacities, &view.texts);
    Ok(CaseJson::of(&view.file, &view.texts, items(&view, calendar), deadlines, can, sequence))
}

/// Look at an item / 查看证据
///
/// One item of a case, with its texts. The access is on record before this answer leaves.
///
/// 单项证据的全部信息；本次查阅先行记录上链。
#[utoipa::path(
    get,
    path = "/v1/cases/{case}/items/{item}",
    tag = "cases",
    params(
        ("case" = String, Path, description = "案件代号, 案号 or 64 hex digits", example = "7K2M9X-QT3D5W"),
        ("item" = u32, Path, description = "From 1"),
    ),
    responses(
        (status = 200, description = "The item / 证据", body = ImportJson),
    ),
)]
pub(in crate::http) async fn view_item(
    State(state): State<Arc<AppState>>,
    ItemPath(case, number): ItemPath,
    Bearer(actor): Bearer,
) -> Result<Response, ApiError> {
    Ok(answer(StatusCode::OK, &item_json(&state, &actor, case, number).await?))
}

/// One item of a case. The access is recorded before.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn item_json(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
    number: ItemNumber,
) -> Result<ImportJson, ApiError> {
    let filing = state.filing()?;
    let view = filing.view_item(actor, case, number).await?;
    let item = view.file.items.get(&number).ok_or(FilingError::NoSuchItem(number))?;
    let now = view.items.get(&number).cloned().unwrap_or_else(ItemView::unqueried);
    let calendar = &filing.registry().calendar;
    Ok(import_json(&view.file, (number, item), &now, &view.texts, calendar))
}

/// Read a case's access log / 案件访问日志
///
/// Who saw private content of the case, in order and without gaps.
///
/// 案件非公开信息的查阅记录。
#[utoipa::path(
    get,
    path = "/v1/cases/{case}/access-log",
    tag = "cases",
    params(("case" = String, Path, description = "案件代号, 案号 or 64 hex digits", example = "7K2M9X-QT3D5W"), PageQuery),
    responses(
        (status = 200, description = "The log / 访问日志", body = AccessLogJson),
    ),
)]
pub(in crate::http) async fn case_access_log(
    State(state): State<Arc<AppState>>,
    CasePath(case): CasePath,
    Parameters(page): Parameters<PageQuery>,
    Bearer(actor): Bearer,
) -> Result<Response, ApiError> {
    let (after, limit) = (page.number()?.unwrap_or(0), page.limit()?);
    let log = state.filing()?.access_log(&actor, case, after, limit).await?;
    Ok(answer(StatusCode::OK, &access_log_json(&log)))
}
