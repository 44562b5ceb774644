//! The transparency log under `/log/`, for every published size.

use std::io::Read as _;

use reqwest::header::ACCEPT_ENCODING;
use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::hash::{Digest, leaf_hash};
use tiezheng::ledger::merkle::list::root_of;
use tiezheng::ledger::merkle::shape::{LeafIndex, TreeSize};
use tiezheng::ledger::merkle::tile::{
    EntryBundle, TILE_LEVELS, Tile, decode_bundle, encode_bundle, encode_hashes, new_tiles, width_at,
};

use crate::support::depositor::{ledger_key, note};
use crate::support::test_node::{NodeConfig, TestNode};

const IMMUTABLE: &str = "public, max-age=604800, immutable";

/// What a tile holds, from the leaves alone.
fn expected(leaves: &[Vec<u8>], tile: Tile) -> Vec<u8> {
    let hashes: Vec<Digest> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    let items: Vec<Digest> = hashes.chunks_exact(256_usize.pow(tile.level.into())).map(root_of).collect();
    let first = usize::try_from(tile.index).unwrap() * 256;
    encode_hashes(&items[first..first + usize::from(tile.width)])
}

async fn tile(node: &TestNode, tile: Tile) -> Vec<u8> {
    let answer = node.get(&format!("/log/{}", tile.path())).await;
    assert_eq!(answer.status, 200, "{}", tile.path());
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    assert_eq!(answer.header("cache-control"), IMMUTABLE);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(answer.headers.get("content-encoding").is_none(), "hashes do not compress");
    answer.bytes
}

fn all_leaves(node: &TestNode) -> Vec<Vec<u8>> {
    node.store.leaves(LeafIndex(0), node.store.published().unwrap().size().0).unwrap()
}

#[tokio::test]
async fn every_tile_of_every_published_size_is_served() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let mut old = TreeSize::EMPTY;
    for n in 0..140 {
        node.deposit(&note(n)).await;
        let answer = node.get("/log/checkpoint").await;
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "no-store");
        let signed = SignedCheckpoint::parse(&answer.bytes).unwrap();
        signed.verified_by(&[ledger_key().verifier().clone()]).unwrap();
        let (size, leaves) = (signed.checkpoint().size, all_leaves(&node));
        assert_eq!(signed.checkpoint().root, root_of(&leaves.iter().map(|l| leaf_hash(l)).collect::<Vec<_>>()));
        for new in new_tiles(old, size) {
            assert_eq!(tile(&node, new).await, expected(&leaves, new), "{}", new.path());
        }
        old = size;
    }
    // Every partial one of every size so far, published or not: they are cut from what is there.
    let leaves = all_leaves(&node);
    assert!(old.0 > 256, "{old}");
    for level in 0..TILE_LEVELS {
        for index in 0..2 {
            for width in 1..=width_at(level, index, old) {
                let one = Tile { level, index, width };
                assert_eq!(tile(&node, one).await, expected(&leaves, one), "{}", one.path());
            }
        }
    }
}

#[tokio::test]
async fn entry_bundles_hold_the_leaves_and_compress_where_that_is_accepted() {
    let node = TestNode::start().await;
    for n in 0..3 {
        node.deposit(&note(n)).await;
    }
    let leaves = all_leaves(&node);
    for width in 1..=8 {
        let bundle = EntryBundle { index: 0, width };
        let url = node.url(&format!("/log/{}", bundle.path()));
        let plain = node.send(node.client.get(&url)).await;
        assert_eq!(plain.bytes, encode_bundle(leaves.iter().take(width.into()).map(Vec::as_slice)).unwrap());
        assert_eq!(decode_bundle(&plain.bytes, width).unwrap(), leaves[..width.into()]);
        assert_eq!((plain.header("vary"), plain.header("cache-control")), ("accept-encoding", IMMUTABLE));
        assert!(plain.headers.get("content-encoding").is_none());
        let packed = node.send(node.client.get(&url).header(ACCEPT_ENCODING, "br, gzip;q=0.5")).await;
        assert_eq!((packed.header("content-encoding"), packed.header("vary")), ("gzip", "accept-encoding"));
        assert_ne!(packed.header("etag"), plain.header("etag"));
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(packed.bytes.as_slice()).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain.bytes);
        let refused = node.send(node.client.get(&url).header(ACCEPT_ENCODING, "gzip;q=0, identity")).await;
        assert!(refused.headers.get("content-encoding").is_none());
    }
}

#[tokio::test]
async fn what_is_no_tile_is_not_found_and_never_cached() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    node.deposit(&note(1)).await;
    // Four leaves.
    for path in [
        "tile/0/000.p/5",
        "tile/0/000",
        "tile/0/001.p/1",
        "tile/1/000.p/1",
        "tile/8/000.p/1",
        "tile/63/x999/x999/x999/x999/x999/999",
        "tile/entries/000.p/5",
        "tile/entries/000",
        "tile/64/000.p/1",
        "tile/0/000.p/0",
        "tile/0/000.p/04",
        "tile/0/000.p/256",
        "tile/0/x000/000.p/1",
        "tile/0/000.p/1/",
        "tile/0/%30%30%30.p/1",
        "tile/00/000.p/1",
        "tile/-1/000.p/1",
        "tile/entries/0.p/1",
        "tile/x",
    ] {
        let answer =
            node.send(node.client.get(node.url(&format!("/log/{path}"))).header(ACCEPT_ENCODING, "gzip")).await;
        assert_eq!(answer.problem(), (404, "not_found".into()), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(answer.headers.get("content-encoding").is_none());
    }
    for path in ["/log/", "/log/tile/", "/log/checkpoint/", "/log/tile"] {
        assert_eq!(node.get(path).await.problem(), (404, "no_such_route".into()), "{path}");
    }
    for path in ["/log/checkpoint", "/log/tile/0/000.p/4"] {
        let posted = node.post(path, "text/plain", "").await;
        assert_eq!(posted.problem(), (405, "method_not_allowed".into()));
        assert!(posted.header("allow").contains("GET"), "{posted:?}");
        let head = node.send(node.client.head(node.url(path))).await;
        assert_eq!((head.status, head.bytes.len()), (200, 0));
    }
}
