//! `GET /v1/search`: search by deposit number, digest, transaction id, block hash, statement id or block height.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::http::api::paging::PageQuery;
use crate::http::api::search_key::{self, SearchKey};
use crate::http::app_state::AppState;
use crate::http::caching::{self, Caching};
use crate::http::problem::ApiError;
use crate::http::request::Parameters;
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::verify::history::{Listed, Total};
use crate::query::{history, records};
use crate::store::traits::LedgerReader;
use crate::wire::ledger::{HitJson, SearchJson};

/// What to search for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// A deposit number, a digest of the original, a transaction id, a block hash, a statement id or a block height.
    #[param(example = "20261122-0K7M-X9QT-3D5W-C3")]
    q: String,
    /// Most entries of the answer, 1 to 200; 50 by default. 每页条数，1 至 200，默认 50。
    #[param(minimum = 1, maximum = 200, example = 50)]
    limit: Option<u32>,
    /// The `next_cursor` of the previous answer; without one, the first page. 上一页返回的 `next_cursor`。
    cursor: Option<String>,
}

/// Search / 搜索
///
/// One box: 存证编号, digest (SM3 or SHA-256), transaction id, block hash or block height. The deposits of a digest are
/// listed page by page, the earliest first, with their total. A mistyped number is reported before anything is looked
/// up; the list is empty if nothing was found.
///
/// 可输入存证编号、数据的哈希值、交易id、区块哈希或区块高度。同一摘要的存证按先后分页列出，并给出总数。
#[utoipa::path(
    get,
    path = "/v1/search",
    tag = "ledger",
    params(SearchQuery),
    responses(
        (status = 200, description = "What was found / 搜索结果", body = SearchJson),
    ),
)]
pub(in crate::http) async fn search(
    State(state): State<Arc<AppState>>,
    Parameters(query): Parameters<SearchQuery>,
) -> Result<Response, ApiError> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    Ok(caching::json(&found(&state, query.q, page).await?, Caching::Revalidate))
}

/// A page of the results of a search.
///
/// # Errors
///
/// `mistyped_number`, `unrecognised_query`, `bad_query`; those of a read.
pub(in crate::http) async fn found(state: &AppState, query: String, page: PageQuery) -> Result<SearchJson, ApiError> {
    let sought = search_key::read(&query)?;
    let (from, limit) = (page.position(history::read_place_cursor)?.unwrap_or(LeafIndex(0)), page.limit()?);
    state
        .read(move |reader| {
            let Listed { items, total, next_cursor } = find(reader, sought, from, limit)?;
            let items = items.into_iter().map(|index| hit(reader, index)).collect::<Result<Vec<_>, _>>()?;
            let Total { count: total, exact: total_is_exact } = total;
            Ok(SearchJson { query, items, total, total_is_exact, next_cursor })
        })
        .await
}

fn find(
    reader: &dyn LedgerReader,
    sought: SearchKey,
    from: LeafIndex,
    limit: usize,
) -> Result<Listed<LeafIndex>, ApiError> {
    let hash = match sought {
        SearchKey::Number(number) => return Ok(single(reader.index_of_number(&number)?, from)),
        SearchKey::Height(height) => return Ok(single(reader.find_block(height)?, from)),
        SearchKey::Hash(hash) => hash,
    };
    let mut found = history::deposits_of_digest(reader, &hash, from, limit)?;
    let mut others = Vec::new();
    others.extend(reader.find_record(&hash)?);
    others.extend(reader.find_statement(&hash)?);
    found.total.count += others.len() as u64;
    // The hits between the beginnings of this page and of the next one.
    let end = found.next_cursor.as_deref().and_then(history::read_place_cursor);
    found.items.extend(others.into_iter().filter(|place| *place >= from && end.is_none_or(|end| *place < end)));
    found.items.sort_unstable();
    if let Some(next) = found.items.get(limit) {
        found.next_cursor = Some(next.to_string());
        found.items.truncate(limit);
    }
    Ok(found)
}

/// A page from `from` of a result with at most one hit.
fn single(found: Option<LeafIndex>, from: LeafIndex) -> Listed<LeafIndex> {
    let total = Total { count: u64::from(found.is_some()), exact: true };
    Listed { items: found.into_iter().filter(|place| *place >= from).collect(), total, next_cursor: None }
}

fn hit(reader: &dyn LedgerReader, index: LeafIndex) -> Result<HitJson, ApiError> {
    let hit = |kind: &str, href| HitJson {
        kind: kind.into(),
        deposit_number: None,
        block_height: None,
        index: index.0,
        href,
    };
    Ok(match records::leaf(reader, index)? {
        Leaf::Entry(entry) => {
            let number = entry.number.to_string();
            HitJson { deposit_number: Some(number.clone()), ..hit("deposit", format!("/v1/deposits/{number}")) }
        }
        Leaf::Block(header) => {
            let height = header.height;
            HitJson { block_height: Some(height.0), ..hit("block", format!("/v1/blocks/{height}")) }
        }
        Leaf::Notice(_) => hit("notice", format!("/v1/leaves/{index}")),
    })
}
