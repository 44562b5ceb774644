//! Requests for the files of a log (C2SP tlog-tiles), within limits of size.
//!
//! A log may remove partial tiles and bundles once they are full. Then the beginning of the full one is read instead. Nothing is
//! compared with a root here.

use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::ledger::hash::DIGEST_LEN;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::merkle::tile::{EntryBundle, TILE_WIDTH, Tile, decode_bundle, encode_bundle, width_at};

/// The maximum length of a bundle in bytes: 256 leaves of 65,535 bytes, each with its two-byte length.
const BUNDLE_MAX: usize = TILE_WIDTH as usize * (2 + u16::MAX as usize);
/// The maximum length of a tile in bytes.
const TILE_MAX: usize = TILE_WIDTH as usize * 32;

/// The bytes of a bundle of this width. If the log removed a partial bundle once it was full (C2SP tlog-tiles), the beginning of
/// the full one.
pub(in crate::client) async fn bundle_bytes(
    client: &LedgerClient,
    bundle: EntryBundle,
) -> Result<Vec<u8>, ClientError> {
    let full = EntryBundle { width: TILE_WIDTH, ..bundle };
    let bytes = partial_or_full(client, &bundle.path(), &full.path(), BUNDLE_MAX).await?;
    let Part::OfFull(bytes) = bytes else { return Ok(bytes.into_bytes()) };
    let leaves = leaves_of(client, full, &bytes)?;
    let first = leaves.into_iter().take(bundle.width.into());
    encode_bundle(first).map_err(|error| client.malformed(&client.log_path(&full.path()), &error))
}

/// The leaves in the bytes of a bundle.
pub(in crate::client) fn leaves_of<'b>(
    client: &LedgerClient,
    bundle: EntryBundle,
    bytes: &'b [u8],
) -> Result<Vec<&'b [u8]>, ClientError> {
    decode_bundle(bytes, bundle.width).map_err(|error| client.malformed(&client.log_path(&bundle.path()), &error))
}

/// The bytes of a tile, as [`bundle_bytes`].
pub(in crate::client) async fn tile_bytes(client: &LedgerClient, tile: Tile) -> Result<Vec<u8>, ClientError> {
    let full = Tile { width: TILE_WIDTH, ..tile };
    let bytes = partial_or_full(client, &tile.path(), &full.path(), TILE_MAX).await?;
    let Part::OfFull(mut bytes) = bytes else { return Ok(bytes.into_bytes()) };
    bytes.truncate(usize::from(tile.width) * DIGEST_LEN);
    Ok(bytes)
}

/// The file that was fetched.
enum Part {
    /// The requested file.
    Whole(Vec<u8>),
    /// The full file, instead of a partial one.
    OfFull(Vec<u8>),
}

impl Part {
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Whole(bytes) | Self::OfFull(bytes) => bytes,
        }
    }
}

/// Fetches `path`; if the log refuses it and it is a partial file, fetches the full one.
async fn partial_or_full(client: &LedgerClient, path: &str, full: &str, limit: usize) -> Result<Part, ClientError> {
    match client.bytes(&client.log_path(path), limit).await {
        Ok(bytes) => Ok(Part::Whole(bytes)),
        // A plain file server answers without a problem document.
        Err(error @ (ClientError::Problem { .. } | ClientError::Malformed { .. })) if path != full => {
            let bytes = client.bytes(&client.log_path(full), limit).await;
            bytes.map(Part::OfFull).map_err(|_| error)
        }
        Err(error) => Err(error),
    }
}

/// The bundle that contains `leaf`, with the width that it has in a tree of `size` leaves.
pub(in crate::client) fn bundle_of(leaf: LeafIndex, size: TreeSize) -> EntryBundle {
    let index = leaf.0 / u64::from(TILE_WIDTH);
    EntryBundle { index, width: width_at(0, index, size) }
}
