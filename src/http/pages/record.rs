//! `/d/{number}`: what the chain says of a deposit, the level of proof, and how to check it oneself.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::response::Response;

use crate::http::api::lookup::deposit_json;
use crate::http::app_state::AppState;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit, see_other};
use crate::http::problem::ApiError;
use crate::http::request::{PathParameter, header};
use crate::wire::bilingual::Bilingual;
use crate::wire::facts::DepositJson;

/// The seven facts in a sentence each, in the order of the manual.
const EXPLANATIONS: [(&str, &str); 7] = [
    (
        "本条存证记录的标识，由记录全文计算得出。",
        "Identifies this record. It is computed from the whole text of the record.",
    ),
    (
        "收录该记录的区块的标识，由区块头全文计算得出。",
        "Identifies the block with this record. It is computed from the block header.",
    ),
    ("该区块在链上的序号，创世区块为 0。", "The place of the block on the chain. The genesis block has height 0."),
    (
        "前一个区块的区块哈希。区块以此首尾相接，改动任何一个区块都可被发现。",
        "The hash of the block before. It links the blocks, so that a change of any block is detected.",
    ),
    (
        "存证数据的摘要。对原文重新计算摘要并与此比对，可知内容是否一致。",
        "The digest of the data. Compute it again from the original, and compare.",
    ),
    ("平台收到本次存证请求的时间。", "When the platform received the deposit."),
    ("收录该记录的区块生成的时间。", "When the block with this record was generated."),
];

/// One of the seven facts.
struct FactRow {
    name: String,
    label: Bilingual,
    /// Each line with what stands before its hash.
    values: Vec<(Bilingual, String)>,
    explanation: Bilingual,
    kind: FactKind,
}

/// How the value of a fact is shown.
#[derive(PartialEq, Eq)]
enum FactKind {
    Hash,
    Height,
    Time,
}

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage<'a> {
    p: Layout,
    deposit: &'a DepositJson,
    facts: Vec<FactRow>,
    level: Bilingual,
    commands: Vec<(Bilingual, String)>,
}

/// The record of a deposit.
///
/// # Errors
///
/// `mistyped_number`, `not_found`; those of a read.
pub async fn record(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    parameter: PathParameter,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let number = parameter.number()?;
    if number.to_string() != parameter.0 {
        return Ok(see_other(&format!("/d/{number}")));
    }
    let deposit = deposit_json(&state, number).await?;
    let title = |of: &str| format!("{of} {number}");
    let page = RecordPage {
        p: visit.layout(&title("存证编号"), &title("Deposit")),
        facts: fact_rows(&deposit),
        level: level(&deposit),
        commands: commands(&deposit, &origin(&headers)),
        deposit: &deposit,
    };
    visit.page(Audience::Public, &page)
}

fn fact_rows(deposit: &DepositJson) -> Vec<FactRow> {
    let rows = deposit.chain.facts.iter().zip(EXPLANATIONS).map(|(fact, (zh, en))| FactRow {
        name: fact.name.clone(),
        label: fact.label.clone(),
        values: fact.value.lines().map(value_parts).collect(),
        explanation: Bilingual::new(zh, en),
        kind: match fact.name.as_str() {
            "block_height" => FactKind::Height,
            "tx_submitted_at" | "block_generated_at" => FactKind::Time,
            _ => FactKind::Hash,
        },
    });
    rows.collect()
}

/// A line of a fact: the algorithm before a digest, or what a manifest is; and the digest or any other value.
#[must_use]
pub fn value_parts(line: &str) -> (Bilingual, String) {
    let (before, value) = line.rsplit_once(' ').unwrap_or(("", line));
    match before.strip_prefix("manifest ") {
        // `manifest <root> <count>`
        Some(root) => {
            let items = if value == "1" { "item" } else { "items" };
            let label = Bilingual::new(format!("清单根（{value} 项）"), format!("manifest root ({value} {items})"));
            (label, root.to_owned())
        }
        None => (Bilingual::new(before.to_uppercase(), before.to_uppercase()), value.to_owned()),
    }
}

/// How far the deposit is proven, in a sentence.
fn level(deposit: &DepositJson) -> Bilingual {
    let Some(proof) = &deposit.proof else {
        return Bilingual::new("已上链", "sealed");
    };
    let (k, n) = (proof.cosignatures, proof.witnesses.unwrap_or(proof.cosignatures));
    match (proof.level.as_str(), &proof.time) {
        ("timestamped", Some(_)) => Bilingual::new(
            format!("已上链；{n} 家见证节点中有 {k} 家共同签名；已取得可信时间戳"),
            format!("sealed; {k} of {n} witnesses have cosigned; attested by a trusted timestamp"),
        ),
        ("witnessed" | "timestamped", _) => Bilingual::new(
            format!("已上链；{n} 家见证节点中有 {k} 家共同签名；尚无可信时间戳"),
            format!("sealed; {k} of {n} witnesses have cosigned; no trusted timestamp yet"),
        ),
        _ => Bilingual::new(
            "已上链；仅有运营者节点签名，尚无见证节点共同签名和可信时间戳",
            "sealed; signed by the operator's node only, without witnesses and without a trusted timestamp",
        ),
    }
}

/// Commands with which anybody checks the record without this page.
fn commands(deposit: &DepositJson, origin: &str) -> Vec<(Bilingual, String)> {
    let (number, index) = (&deposit.chain.deposit_number, deposit.index);
    let mut commands = vec![
        (
            Bilingual::new("核验文件（下载并使用本平台的程序）", "Verify a file with the program of this platform"),
            format!("tiezheng verify FILE --number {number} --server {origin}"),
        ),
        (Bilingual::new("复算交易id", "Compute the transaction id again"), leaf_command(origin, index)),
    ];
    if !deposit.chain.salted && deposit.chain.manifest.is_none() {
        let digest = Bilingual::new(
            "计算文件的 SHA-256 摘要，与上列哈希值比对",
            "Compute the SHA-256 digest of the file, and compare",
        );
        commands.push((digest, "sha256sum FILE".to_owned()));
    }
    commands
}

/// A command that computes the transaction id of the entry at `index` again.
pub(in crate::http::pages) fn leaf_command(origin: &str, index: u64) -> String {
    format!("(printf '\\0'; curl -s {origin}/v1/leaves/{index}) | sha256sum")
}

/// The address of this node as the browser has it. A node serves other machines by TLS only.
pub(in crate::http::pages) fn origin(headers: &HeaderMap) -> String {
    let host = header(headers, &HOST);
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_local = ["127.0.0.1", "localhost", "[::1]"].contains(&name);
    format!("{}://{host}", if is_local { "http" } else { "https" })
}
