//! `/d/{number}/path`: the Merkle paths of a deposit's receipt as tables, each step recomputed by the node. The page of the record draws
//! the same paths in the browser, which recomputes them itself.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::http::api::lookup::receipt_of;
use crate::http::app_state::AppState;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit, see_other};
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::ledger::block::BlockHeader;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::merkle::proof::{InclusionProof, PathStep, inclusion_steps};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::receipt::Receipt;
use crate::store::traits::damaged;
use crate::wire::bilingual::Bilingual;

/// A path from a leaf to a root.
struct PathRows {
    title: Bilingual,
    leaf: String,
    index: u64,
    size: u64,
    steps: Vec<StepRow>,
    root: String,
    /// Whether it ends at the root.
    reaches: bool,
}

/// A step of a path.
struct StepRow {
    is_left: bool,
    sibling: String,
    result: String,
}

impl From<PathStep> for StepRow {
    fn from(step: PathStep) -> Self {
        Self { is_left: step.is_left, sibling: step.sibling.to_string(), result: step.result.to_string() }
    }
}

#[derive(Template)]
#[template(path = "record_path.html")]
struct RecordPathPage {
    p: Layout,
    number: String,
    paths: Vec<PathRows>,
}

/// The paths of a deposit.
///
/// # Errors
///
/// `mistyped_number`, `not_found`; those of a read.
pub async fn record_path(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    parameter: PathParameter,
) -> Result<Response, ApiError> {
    let number = parameter.number()?;
    if number.to_string() != parameter.0 {
        return Ok(see_other(&format!("/d/{number}/path")));
    }
    let receipt = receipt_of(&state, number).await?;
    let page = RecordPathPage {
        p: visit.layout(&format!("默克尔路径 {number}"), &format!("Merkle paths of {number}")),
        number: number.to_string(),
        paths: paths(&receipt)?,
    };
    visit.page(Audience::Public, &page)
}

/// The paths of a receipt: record to block, block to checkpoint, block before to checkpoint.
fn paths(receipt: &Receipt) -> Result<Vec<PathRows>, ApiError> {
    let index = receipt.index;
    let header = BlockHeader::parse(receipt.header.as_bytes());
    let header = header.map_err(|error| damaged("block", index, error.to_string()))?;
    let signed = SignedCheckpoint::parse(receipt.checkpoint.as_bytes());
    let signed = signed.map_err(|error| damaged("checkpoint", index, error.to_string()))?;
    let (size, root) = (signed.checkpoint().size, signed.checkpoint().root);
    let place = LeafIndex(index.0.saturating_sub(header.first.0));
    let entry = (place, TreeSize(header.count), leaf_hash(receipt.entry.as_bytes()));
    let block = (header.index(), size, leaf_hash(receipt.header.as_bytes()));
    let titles = [
        Bilingual::new("交易（本存证）→ 区块的根", "This deposit → root of its block"),
        Bilingual::new("本区块 → 账本的根（检查点）", "This block → root of the ledger (checkpoint)"),
        Bilingual::new("前一区块 → 账本的根（检查点）", "The block before → root of the ledger (checkpoint)"),
    ];
    let [of_entry, of_block, of_previous] = titles;
    let mut paths = vec![
        rows(of_entry, entry, &receipt.entry_path, header.root)?,
        rows(of_block, block, &receipt.header_path, root)?,
    ];
    if let Some(before) = header.first.0.checked_sub(1) {
        let previous = (LeafIndex(before), size, header.previous);
        paths.push(rows(of_previous, previous, &receipt.previous_path, root)?);
    }
    Ok(paths)
}

fn rows(
    title: Bilingual,
    (index, size, leaf): (LeafIndex, TreeSize, Digest),
    path: &InclusionProof,
    root: Digest,
) -> Result<PathRows, ApiError> {
    let steps = inclusion_steps(index, size, &leaf, path);
    let steps = steps.map_err(|error| damaged("path", index, error.to_string()))?;
    let reaches = steps.last().map_or(leaf, |step| step.result) == root;
    Ok(PathRows {
        title,
        leaf: leaf.to_string(),
        index: index.0,
        size: size.0,
        steps: steps.into_iter().map(StepRow::from).collect(),
        root: root.to_string(),
        reaches,
    })
}
