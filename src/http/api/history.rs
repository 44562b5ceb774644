//! How other deposits relate to a deposit, paginated: later links by its owner, `refers` links, earlier deposits of the same
//! digest.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::caching::{self, Caching};
use crate::http::problem::ApiError;
use crate::http::request::{Parameters, PathParameter};
use crate::ledger::entry::Entry;
use crate::ledger::merkle::shape::LeafIndex;
use crate::query::{history, records};
use crate::store::traits::{LedgerReader, LinkPosition, ReadError};
use crate::wire::history::{EarlierDepositsJson, LaterLinksJson};

/// List later links by the owner of a deposit / 存证人其后的更正、撤回、替换、补充
///
/// Withdrawals first, then replacements, corrections, supplements; each kind in the order of the ledger. Only an owner of
/// the deposit can make these links: a depositor with one of its keys, for the same account.
///
/// 撤回在前，其后依次为替换、更正、补充；仅该存证的存证人可以作出。
#[utoipa::path(
    get,
    path = "/v1/deposits/{number}/later-links",
    tag = "deposits",
    params(("number" = String, Path, description = "存证编号", example = "20261122-0K7M-X9QT-3D5W-C3"), PageQuery),
    responses(
        (status = 200, description = "A page / 一页", body = LaterLinksJson),
    ),
)]
pub(in crate::http) async fn list_later_links(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    Parameters(query): Parameters<PageQuery>,
) -> Result<Response, ApiError> {
    links(&state, &parameter, &query, LinkPosition::FIRST).await
}

/// List the deposits that refer to a deposit / 提及本存证的在后存证
///
/// In the order of the ledger. Any depositor may refer to a deposit: these links are not statements of its owner.
///
/// 任何人均可提及，不代表存证人的意思。
#[utoipa::path(
    get,
    path = "/v1/deposits/{number}/references",
    tag = "deposits",
    params(("number" = String, Path, description = "存证编号", example = "20261122-0K7M-X9QT-3D5W-C3"), PageQuery),
    responses(
        (status = 200, description = "A page / 一页", body = LaterLinksJson),
    ),
)]
pub(in crate::http) async fn list_references(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    Parameters(query): Parameters<PageQuery>,
) -> Result<Response, ApiError> {
    links(&state, &parameter, &query, LinkPosition::FIRST_REFERENCE).await
}

/// List earlier deposits of the same digest / 同一摘要的更早存证
///
/// The earliest first.
///
/// 按先后排列。
#[utoipa::path(
    get,
    path = "/v1/deposits/{number}/earlier-deposits",
    tag = "deposits",
    params(("number" = String, Path, description = "存证编号", example = "20261122-0K7M-X9QT-3D5W-C3"), PageQuery),
    responses(
        (status = 200, description = "A page / 一页", body = EarlierDepositsJson),
    ),
)]
pub(in crate::http) async fn list_earlier_deposits(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    Parameters(query): Parameters<PageQuery>,
) -> Result<Response, ApiError> {
    page(
        (&state, &parameter, &query),
        LeafIndex(0),
        history::read_place_cursor,
        |reader, (index, entry), from, limit| {
            Ok(EarlierDepositsJson::from(&history::earlier_deposits(reader, index, entry, from, limit)?))
        },
    )
    .await
}

/// A page of the list of links that begins at `first`.
async fn links(
    state: &Arc<AppState>,
    parameter: &PathParameter,
    query: &PageQuery,
    first: LinkPosition,
) -> Result<Response, ApiError> {
    let owners = first.kind.needs_ownership();
    let read_cursor = |cursor: &str| history::read_link_cursor(cursor, owners);
    page((state, parameter, query), first, read_cursor, |reader, (index, entry), from, limit| {
        Ok(LaterLinksJson::from(&history::links_page(reader, index, entry, from, limit)?))
    })
    .await
}

/// The requested page of a list of the deposit in the path. `read` reads it from the cursor or, without one, from `first`.
async fn page<C: Send + 'static, T: Serialize>(
    (state, parameter, query): (&Arc<AppState>, &PathParameter, &PageQuery),
    first: C,
    read_cursor: impl Fn(&str) -> Option<C>,
    read: impl FnOnce(&dyn LedgerReader, (LeafIndex, &Entry), C, usize) -> Result<T, ReadError> + Send + 'static,
) -> Result<Response, ApiError> {
    let (from, limit) = (query.position(read_cursor)?.unwrap_or(first), query.limit()?);
    let number = parameter.number()?;
    state
        .read(move |reader| {
            let found = records::find(reader, number)?;
            let (place, bytes) = found.ok_or_else(|| {
                ApiError::not_found(format!(
                    "{number} has not been deposited on this platform / 该编号尚未在本平台存证"
                ))
            })?;
            let page = read(reader, (place.index, &records::entry_of(place.index, &bytes)?), from, limit)?;
            Ok(caching::json(&page, Caching::Revalidate))
        })
        .await
}
