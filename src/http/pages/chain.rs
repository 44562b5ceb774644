//! `/chain` and `/blocks/{height}`: the ledger for auditors.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::http::api::blocks::{block_at, blocks_page};
use crate::http::api::ledger::{ledger_json, witnesses_json};
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::pages::form::PageParameters;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::ledger::block::Height;
use crate::wire::ledger::{BlockJson, BlocksPage, LedgerJson};
use crate::wire::witnesses::WitnessesJson;

/// Blocks on one page.
const BLOCKS: u32 = 20;

#[derive(Template)]
#[template(path = "chain.html")]
struct ChainPage {
    p: Layout,
    ledger: LedgerJson,
    witnesses: WitnessesJson,
    blocks: BlocksPage,
}

#[derive(Template)]
#[template(path = "block.html")]
struct BlockPage {
    p: Layout,
    block: BlockJson,
    is_last: bool,
}

/// The ledger, its witnesses, its latest blocks.
///
/// # Errors
///
/// `bad_cursor`; those of a read.
pub async fn chain(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let page = PageQuery { limit: Some(BLOCKS), cursor: parameters.some("cursor").map(str::to_owned) };
    let page = ChainPage {
        p: visit.layout("区块链", "The chain"),
        ledger: ledger_json(&state).await?,
        witnesses: witnesses_json(&state).await?,
        blocks: blocks_page(&state, page).await?,
    };
    visit.page(Audience::Public, &page)
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
