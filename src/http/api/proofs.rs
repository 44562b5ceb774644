//! Proofs for any sizes up to the published one.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::error_code::ErrorCode;
use crate::http::app_state::AppState;
use crate::http::caching::{self, Caching};
use crate::http::problem::ApiError;
use crate::http::request::Parameters;
use crate::ledger::hash::leaf_hash;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::query::proofs;
use crate::query::records;
use crate::wire::ledger::{ConsistencyJson, InclusionJson};

/// Which leaf, in which tree.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InclusionQuery {
    /// Place of the leaf.
    #[param(example = 1)]
    index: u64,
    /// Size of the tree; the published one without it.
    #[param(example = 4)]
    size: Option<u64>,
}

/// Which two trees.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConsistencyQuery {
    /// Size of the old tree, at least 1.
    #[param(example = 2)]
    old: u64,
    /// Size of the new tree; the published one without it.
    #[param(example = 4)]
    new: Option<u64>,
}

/// Prove inclusion / 包含证明
///
/// Proves that a leaf is in the tree of `size` leaves (RFC 6962 §2.1.1). Take the size and the root from a signed
/// checkpoint, not from this answer.
///
/// 证明某记录位于给定大小的默克尔树中。
#[utoipa::path(
    get,
    path = "/v1/proofs/inclusion",
    tag = "proofs",
    params(InclusionQuery),
    responses(
        (status = 200, description = "The proof / 包含证明", body = InclusionJson),
    ),
)]
pub(in crate::http) async fn prove_inclusion(
    State(state): State<Arc<AppState>>,
    Parameters(query): Parameters<InclusionQuery>,
) -> Result<Response, ApiError> {
    state
        .read(move |reader| {
            let published = records::published(reader)?.size();
            let (index, size) = (LeafIndex(query.index), query.size.map_or(published, TreeSize));
            if size > published || !published.contains(index) {
                return Err(not_yet(published));
            }
            if !size.contains(index) {
                return Err(ApiError::new(ErrorCode::BadQuery, format!("a tree of {size} leaves has no leaf {index}")));
            }
            let leaf = leaf_hash(&reader.leaf(index)?);
            let proof = proofs::inclusion(reader, index, size)?;
            let root = proofs::root(reader, size)?;
            let caching = if query.size.is_some() { Caching::Immutable } else { Caching::Revalidate };
            Ok(caching::json(&InclusionJson::of(index, size, &leaf, &root, &proof), caching))
        })
        .await
}

/// Prove consistency / 一致性证明
///
/// That the tree of `old` leaves is the beginning of the tree of `new` leaves: nothing was changed, removed or reordered
/// (RFC 6962 §2.1.2).
///
/// 证明旧树是新树的前缀: 其间没有任何记录被修改、删除或重排。
#[utoipa::path(
    get,
    path = "/v1/proofs/consistency",
    tag = "proofs",
    params(ConsistencyQuery),
    responses(
        (status = 200, description = "The proof / 一致性证明", body = ConsistencyJson),
    ),
)]
pub(in crate::http) async fn prove_consistency(
    State(state): State<Arc<AppState>>,
    Parameters(query): Parameters<ConsistencyQuery>,
) -> Result<Response, ApiError> {
    let caching = if query.new.is_some() { Caching::Immutable } else { Caching::Revalidate };
    Ok(caching::json(&consistency_json(&state, query.old, query.new).await?, caching))
}

/// The proof that the tree of `old` leaves is the beginning of the one of `new`, or of the published one.
///
/// # Errors
///
/// `bad_query`, `not_found`; those of a read.
pub(in crate::http) async fn consistency_json(
    state: &AppState,
    old: u64,
    new: Option<u64>,
) -> Result<ConsistencyJson, ApiError> {
    state
        .read(move |reader| {
            let published = records::published(reader)?.size();
            let (old, new) = (TreeSize(old), new.map_or(published, TreeSize));
            if new > published || old > published {
                return Err(not_yet(published));
            }
            if old.is_empty() {
                let failure = ApiError::new(ErrorCode::BadQuery, "the earlier number of records is at least 1");
                return Err(failure.in_chinese("较早的记录总数须不小于 1。"));
            }
            if old > new {
                let failure = ApiError::new(ErrorCode::BadQuery, "the earlier number of records exceeds the later one");
                return Err(failure.in_chinese("较早的记录总数不得大于较晚的记录总数。"));
            }
            let proof = proofs::consistency(reader, old, new)?;
            let (old, new) = ((old, proofs::root(reader, old)?), (new, proofs::root(reader, new)?));
            Ok(ConsistencyJson::of(old, new, &proof))
        })
        .await
}

fn not_yet(published: TreeSize) -> ApiError {
    let failure = ApiError::not_found(format!("the published tree has {published} leaves"));
    failure.in_chinese(format!("已发布的账本共有 {published} 条记录")).limited(published.0)
}
