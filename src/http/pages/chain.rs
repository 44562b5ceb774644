//! `/chain` and `/blocks/{height}`: the ledger for auditors.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::api::blocks::{block_at, blocks_page};
use crate::http::api::ledger::{ledger_json, witnesses_json};
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::pages::chain_alarms::{Alarm, alarms, explanation, state_label};
use crate::http::pages::chain_growth::{CHART, Chart, growth};
use crate::http::pages::consistency::{ConsistencyCheck, check};
use crate::http::pages::form::PageParameters;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::ledger::block::Height;
use crate::ledger::verify::wording::Language;
use crate::wire::ledger::{BlockJson, BlocksPage, LedgerJson};
use crate::wire::witnesses::{WitnessJson, WitnessesJson};

/// Blocks on one page.
const BLOCKS: u32 = 20;

/// A witness with its state in words.
struct WitnessRow<'a> {
    witness: &'a WitnessJson,
    state: &'static str,
    error: Option<&'static str>,
}

/// A chart with its texts.
struct ChartView {
    id: &'static str,
    title: &'static str,
    first_column: &'static str,
    chart: Chart,
}

#[derive(Template)]
#[template(path = "chain.html")]
struct ChainPage<'a> {
    p: Layout,
    ledger: LedgerJson,
    witnesses: &'a WitnessesJson,
    rows: Vec<WitnessRow<'a>>,
    blocks: BlocksPage,
    /// Whether this is the page of the newest blocks, which new ones join.
    is_newest: bool,
    alarms: Vec<Alarm>,
    charts: Vec<ChartView>,
    chart_size: (u64, u64),
    check: ConsistencyCheck,
}

#[derive(Template)]
#[template(path = "block.html")]
struct BlockPage {
    p: Layout,
    block: BlockJson,
    is_last: bool,
}

/// The ledger, its witnesses, its latest blocks; and the consistency check that the parameters ask for.
///
/// # Errors
///
/// `bad_cursor`; those of a read. What is wrong with a consistency check is answered beside its form.
pub async fn chain(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let cursor = parameters.some("cursor").map(str::to_owned);
    let is_newest = cursor.is_none();
    let check = check(&state, &visit, &parameters).await?;
    let p = visit.form_layout(check.fault.is_some(), "区块链", "The chain");
    let witnesses = witnesses_json(&state).await?;
    let status = if check.fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = ChainPage {
        ledger: ledger_json(&state).await?,
        rows: witnesses.items.iter().map(|witness| row(witness, p.language)).collect(),
        blocks: blocks_page(&state, PageQuery { limit: Some(BLOCKS), cursor }).await?,
        is_newest,
        alarms: alarms(&state, &witnesses),
        charts: charts(&state, &p).await?,
        chart_size: CHART,
        check,
        witnesses: &witnesses,
        p,
    };
    visit.page_with(status, Audience::Public, &page)
}

fn row(witness: &WitnessJson, language: Language) -> WitnessRow<'_> {
    let error = witness.error.as_deref().map(explanation);
    let error = error.map(|(zh, en)| if language == Language::Chinese { zh } else { en });
    WitnessRow { witness, state: state_label(&witness.state, language), error }
}

async fn charts(state: &AppState, p: &Layout) -> Result<Vec<ChartView>, ApiError> {
    let growth = if let Some(growth) = state.growth().get() {
        growth
    } else {
        let read = Arc::new(state.read(growth).await?);
        state.growth().put(Arc::clone(&read));
        read
    };
    let of_hours = ChartView {
        id: "hours",
        title: p.t("最后区块之前 24 小时各小时新增记录", "New records by hour, 24 hours up to the last block"),
        first_column: p.t("小时（北京时间）", "Hour, Beijing time"),
        chart: growth.hours.clone(),
    };
    let of_days = ChartView {
        id: "days",
        title: p.t("最后区块之前 14 日各日新增记录", "New records by day, 14 days up to the last block"),
        first_column: p.t("日期（北京时间）", "Day, Beijing time"),
        chart: growth.days.clone(),
    };
    Ok(vec![of_hours, of_days])
}

/// A block.
///
/// # Errors
///
/// `bad_path`, `not_found`; those of a read.
pub async fn block(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    parameter: PathParameter,
) -> Result<Response, ApiError> {
    let height = parameter.decimal()?;
    let block = block_at(&state, Height(height)).await?;
    let is_last = ledger_json(&state).await?.block_height <= height;
    let title = |of: &str| format!("{of} {height}");
    visit.page(Audience::Public, &BlockPage { p: visit.layout(&title("区块"), &title("Block")), block, is_last })
}
