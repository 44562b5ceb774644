//! Blocks and leaves of the chain.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::http::app_state::AppState;
use crate::http::caching::{self, Caching};
use crate::http::problem::Failure;
use crate::http::request::{Parameters, PathParameter};
use crate::ledger::block::Height;
use crate::ledger::merkle::shape::LeafIndex;
use crate::query::records;
use crate::store::traits::ReadError;
use crate::wire::ledger::{BlockJson, BlocksPage};
use crate::wire::problem::Problem;

/// Most blocks on a page.
pub const PAGE_MAX: u64 = 100;

/// Which blocks.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BlocksQuery {
    /// Only blocks below this height; without it, from the last one down.
    #[param(example = 10)]
    before: Option<u64>,
    /// How many, 1 to 100; 20 without it.
    #[param(example = 20)]
    limit: Option<u64>,
}

/// List blocks / 区块列表
///
/// The newest first. Follow `next_before` for older ones.
///
/// 由新到旧列出区块; 以 `next_before` 翻页。
#[utoipa::path(
    get,
    path = "/v1/blocks",
    tag = "ledger",
    params(BlocksQuery),
    responses(
        (status = 200, description = "Blocks, the newest first / 区块", body = BlocksPage),
        (status = 400, description = "`bad_query`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn list_blocks(
    State(state): State<Arc<AppState>>,
    Parameters(query): Parameters<BlocksQuery>,
) -> Result<Response, Failure> {
    let limit = query.limit.unwrap_or(20);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(Failure::new("bad_query", format!("`limit` is 1 to {PAGE_MAX}")).limited(PAGE_MAX));
    }
    state
        .read(move |reader| {
            let end = records::published(reader)?.height.0.saturating_add(1);
            let end = query.before.map_or(end, |before| before.min(end));
            let start = end.saturating_sub(limit);
            let mut blocks = Vec::new();
            for height in (start..end).rev().map(Height) {
                let missing = || ReadError::Damaged { what: "block", at: height.to_string(), reason: "missing".into() };
                blocks.push(BlockJson::from(&records::block(reader, height)?.ok_or_else(missing)?));
            }
            let next_before = (start > 0 && start < end).then_some(start);
            Ok(caching::json(&BlocksPage { blocks, next_before }, Caching::Revalidate))
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
        (status = 400, description = "`bad_path`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn read_block(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
) -> Result<Response, Failure> {
    let height = Height(parameter.decimal()?);
    state
        .read(move |reader| {
            let block = records::block(reader, height)?;
            let block = block.ok_or_else(|| Failure::not_found(format!("there is no block {height} yet")))?;
            Ok(caching::json(&BlockJson::from(&block), Caching::Immutable))
        })
        .await
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
        (status = 400, description = "`bad_path`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn read_leaf(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
) -> Result<Response, Failure> {
    let index = LeafIndex(parameter.decimal()?);
    state
        .read(move |reader| {
            // Beyond the published size is beyond the store's promise to answer.
            if !records::published(reader)?.size().contains(index) {
                return Err(Failure::not_found(format!("there is no leaf {index} yet")));
            }
            Ok(caching::answer(reader.leaf(index)?, "text/plain; charset=utf-8", Caching::Immutable))
        })
        .await
}
