//! The transparency log under `/log/` (C2SP tlog-tiles), for witnesses, monitors and mirrors.
//!
//! Every partial tile of every published size is served, cut from the current tile. A path has one canonical form; others are not
//! found. Failures have no `immutable` or gzip headers.

use std::io::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::http::app_state::AppState;
use crate::http::caching::{Caching, answer};
use crate::http::openapi::AnyBytes;
use crate::http::problem::ApiError;
use crate::http::request::{header, weight_of};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::merkle::tile::{EntryBundle, TILE_WIDTH, Tile, encode_bundle, encode_hashes, width_at};
use crate::query::{attested_checkpoint, records};
use crate::store::traits::LedgerReader;

const BYTES: &str = "application/octet-stream";

/// Read the checkpoint / 最新检查点
///
/// The last signed checkpoint (C2SP tlog-checkpoint), with the cosignatures of witnesses that it has so far. It is only ever
/// replaced by a larger one.
///
/// 最新签署的检查点 (C2SP tlog-checkpoint)，附已取得的见证签名。
#[utoipa::path(
    get,
    path = "/log/checkpoint",
    tag = "log",
    responses(
        (status = 200, description = "A signed note / 检查点", body = String, content_type = "text/plain; charset=utf-8"),
    ),
)]
pub(in crate::http) async fn checkpoint(State(state): State<Arc<AppState>>) -> Result<Response, ApiError> {
    let note = if state.cosigning().is_some() {
        // A witness recognises its own cosignature here, if its folder was restored from an older copy.
        state.read(|reader| Ok(attested_checkpoint::of_published(reader)?.note)).await?
    } else {
        // In memory: needs neither disk nor thread.
        records::published(state.queries().reader())?.checkpoint.note().to_string()
    };
    Ok(answer(note.into_bytes(), "text/plain; charset=utf-8", Caching::Never))
}

/// Read a tile or an entry bundle / 读取分块
///
/// `tile/<L>/<N>[.p/<W>]` are hashes, `tile/entries/<N>[.p/<W>]` are records (C2SP tlog-tiles). Bundles are compressed
/// with gzip where it is accepted.
///
/// 哈希分块与记录分块 (C2SP tlog-tiles)。
#[utoipa::path(
    get,
    path = "/log/tile/{*path}",
    tag = "log",
    params(("path" = String, Path, description = "`<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`", example = "0/000.p/1")),
    responses(
        (status = 200, description = "The tile / 分块", body = AnyBytes, content_type = "application/octet-stream"),
    ),
)]
pub(in crate::http) async fn tile(
    State(state): State<Arc<AppState>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    // Not percent-decoded: an escaped character would be a second form of the path.
    let path = uri.path().strip_prefix("/log/").unwrap_or_default();
    if let Ok(bundle) = EntryBundle::parse(path) {
        let gzip = weight_of(header(&headers, &ACCEPT_ENCODING), "gzip") > 0.0;
        return state.read(move |reader| entry_bundle(reader, bundle, gzip)).await;
    }
    match Tile::parse(path) {
        Ok(tile) => state.read(move |reader| hash_tile(reader, tile)).await,
        Err(error) => Err(ApiError::not_found(format!("no tile: {error}"))),
    }
}

/// Checks that the published tree has the tile with at least this width.
fn within(size: TreeSize, level: u8, index: u64, width: u16) -> Result<(), ApiError> {
    let there = width_at(level, index, size);
    if width <= there {
        return Ok(());
    }
    Err(ApiError::not_found(format!("at the published size {size} this tile is {there} wide")))
}

fn hash_tile(reader: &dyn LedgerReader, tile: Tile) -> Result<Response, ApiError> {
    within(records::published(reader)?.size(), tile.level, tile.index, tile.width)?;
    let hashes = reader.tile_hashes(tile.level, tile.index * u64::from(TILE_WIDTH), tile.width)?;
    Ok(answer(encode_hashes(&hashes), BYTES, Caching::Immutable))
}

fn entry_bundle(reader: &dyn LedgerReader, bundle: EntryBundle, gzip: bool) -> Result<Response, ApiError> {
    within(records::published(reader)?.size(), 0, bundle.index, bundle.width)?;
    let leaves = reader.leaves(LeafIndex(bundle.index * u64::from(TILE_WIDTH)), bundle.width.into())?;
    let bytes = encode_bundle(leaves.iter().map(Vec::as_slice)).map_err(|error| ApiError::internal(&error))?;
    let mut response = if gzip {
        let mut response = answer(compressed(&bytes)?, BYTES, Caching::Immutable);
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response
    } else {
        answer(bytes, BYTES, Caching::Immutable)
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    Ok(response)
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>, ApiError> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::fast());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_err(|error| ApiError::internal(&error))
}
