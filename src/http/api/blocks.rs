//! Blocks and leaves of the chain.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::caching::{self, Caching};
use crate::http::problem::ApiError;
use crate::http::request::{Parameters, PathParameter};
use crate::ledger::block::Height;
use crate::ledger::merkle::shape::LeafIndex;
use crate::query::records;
use crate::store::traits::ReadError;
use crate::wire::ledger::{BlockJson, BlocksPage};

/// List blocks / 区块列表
///
/// The newest first. Follow `next_cursor` for older ones.
///
/// 由新到旧列出区块; 以 `next_cursor` 翻页。
#[utoipa::path(
    get,
    path = "/v1/blocks",
    tag = "ledger",
    params(PageQuery),
    responses(
        (status = 200, description = "Blocks, the newest first / 区块", body = BlocksPage),
    ),
)]
pub(in crate::http) async fn list_blocks(
    State(state): State<Arc<AppState>>,
    Parameters(page): Parameters<PageQuery>,
) -> Result<Response, ApiError> {
    Ok(caching::json(&blocks_page(&state, page).await?, Caching::Revalidate))
}

/// A page of blocks, the newest first.
///
/// # Errors
///
/// `bad_query`; those of a read.
pub(in crate::http) async fn blocks_page(state: &AppState, page: PageQuery) -> Result<BlocksPage, ApiError> {
    let (before, limit) = (page.number()?, page.limit()?);
    state
        .read(move |reader| {
            let end = records::published(reader)?.height.0.saturating_add(1);
            let end = before.map_or(end, |before| before.min(end));
            let start = end.saturating_sub(u64::try_from(limit).unwrap_or(u64::MAX));
            let mut items = Vec::new();
            for height in (start..end).rev().map(Height) {
                let missing = || ReadError::Damaged { what: "block", at: height.to_string(), reason: "missing".into() };
                items.push(BlockJson::from(&records::block(reader, height)?.ok_or_else(missing)?));
            }
            let next_cursor = (start > 0 && start < end).then(|| start.to_string());
            Ok(BlocksPage { items, next_cursor })
        })
        .await
}

/// Read a block / 查询区块
///
/// The header that seals it; `text` are its bytes, and their leaf hash is the block hash.
///
/// 区块头全文及其各项; 区块哈希为该文本的叶哈希。
#[utoipa::path(
    get,
    path = "/v1/blocks/{height}",
    tag = "ledger",
    params(("height" = u64, Path, description = "区块高度", example = 1)),
    responses(
        (status = 200, description = "The block / 区块", body = BlockJson),
    ),
)]
pub(in crate::http) async fn read_block(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
) -> Result<Response, ApiError> {
    Ok(caching::json(&block_at(&state, Height(parameter.decimal()?)).await?, Caching::Immutable))
}

/// The block at a height.
///
/// # Errors
///
/// `not_found`; those of a read.
pub(in crate::http) async fn block_at(state: &AppState, height: Height) -> Result<BlockJson, ApiError> {
    let missing = move || {
        ApiError::not_found(format!("there is no block {height} yet")).in_chinese(format!("尚无高度为 {height} 的区块"))
    };
    state.read(move |reader| Ok(BlockJson::from(&records::block(reader, height)?.ok_or_else(missing)?))).await
}

/// Read a leaf / 查询原始记录
///
/// The record's bytes, as they were hashed: an entry, a notice or a block header. Redo its id with
/// `(printf '\0'; curl …) | sha256sum`.
///
/// 记录原文; 可用 `(printf '\0'; curl …) | sha256sum` 复算其哈希。
#[utoipa::path(
    get,
    path = "/v1/leaves/{index}",
    tag = "ledger",
    params(("index" = u64, Path, description = "Place in the tree", example = 1)),
    responses(
        (status = 200, description = "The record, byte for byte / 记录原文", body = String, content_type = "text/plain"),
    ),
)]
pub(in crate::http) async fn read_leaf(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
) -> Result<Response, ApiError> {
    let index = LeafIndex(parameter.decimal()?);
    state
        .read(move |reader| {
            // Beyond the published size is beyond the store's promise to answer.
            if !records::published(reader)?.size().contains(index) {
                return Err(ApiError::not_found(format!("there is no leaf {index} yet")));
            }
            Ok(caching::answer(reader.leaf(index)?, "text/plain; charset=utf-8", Caching::Immutable))
        })
        .await
}
