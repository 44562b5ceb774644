//! `GET /v1/ledger`: the identity of the ledger, and its last checkpoint. `GET /v1/ledger/keys`: its keys since genesis. `GET
//! /v1/ledger/witnesses`: who cosigns it. `GET /v1/ledger/timestamp-authorities`: whom its operator lets state the time.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::cosigning::cosigning_state::WitnessReport;
use crate::http::app_state::AppState;
use crate::http::caching::{self, Caching};
use crate::http::problem::ApiError;
use crate::http::web::verifier_page;
use crate::ledger::merkle::shape::TreeSize;
use crate::query::{attested_checkpoint, key_history, records};
use crate::store::traits::ReadError;
use crate::wire::facts::beijing_time;
use crate::wire::key_history::KeyHistoryJson;
use crate::wire::ledger::LedgerJson;
use crate::wire::report_contents::InstitutionJson;
use crate::wire::timestamp_authorities::TimestampAuthoritiesJson;
use crate::wire::witnesses::{QuorumJson, WitnessJson, WitnessesJson};

/// Describe the ledger / 账本信息
///
/// Origin, key, who may deposit, the operator, the program's version, and the last signed checkpoint with the block it ends in. Pin the key from a source you trust, not from
/// here.
///
/// 链标识、账本密钥、存证策略、运营者、程序版本、最新检查点与区块。请自可信渠道取得并固定账本密钥。
#[utoipa::path(
    get,
    path = "/v1/ledger",
    tag = "ledger",
    responses(
        (status = 200, description = "The ledger / 账本", body = LedgerJson),
    ),
)]
pub(in crate::http) async fn describe_ledger(State(state): State<Arc<AppState>>) -> Result<Response, ApiError> {
    Ok(caching::json(&ledger_json(&state).await?, Caching::Revalidate))
}

/// The description of the ledger.
///
/// # Errors
///
/// Those of a read.
pub(in crate::http) async fn ledger_json(state: &AppState) -> Result<LedgerJson, ApiError> {
    let deposits = if state.is_mirror() { "none" } else { state.admission().policy().word() };
    let InstitutionJson { operator, nature, record_filing, clock_source } = state.description().institution();
    let verifier_sha256 = Some(verifier_page::digest().to_string());
    state
        .read(move |reader| {
            let published = records::published(reader)?;
            let genesis = records::genesis(reader)?;
            let height = published.height;
            let missing = || ReadError::Damaged { what: "block", at: height.to_string(), reason: "missing".into() };
            let tip = records::block(reader, height)?.ok_or_else(missing)?;
            let history = key_history::history_under(reader, &published.checkpoint)?;
            let ledger = LedgerJson::of(&genesis, &published.checkpoint, &tip, deposits).with_keys(&history);
            Ok(LedgerJson { operator, nature, record_filing, clock_source, verifier_sha256, ..ledger })
        })
        .await
}

/// List the ledger keys / 账本密钥历史
///
/// All ledger keys since genesis, each with its notice and the path that proves the notice under the checkpoint. Start from a key
/// that you have pinned, and follow the notices: each commits to the next key. Once a notice is known, the key before it alone is
/// not accepted for a tree that contains the notice.
///
/// 创世以来的全部账本密钥，附各密钥公告及其在检查点下的包含路径。请从已固定的密钥出发，沿公告逐一核对：每份公告承诺下一把密钥。
/// 知悉公告后，包含该公告的账本仅有前一把密钥签名的，不予认可。
#[utoipa::path(
    get,
    path = "/v1/ledger/keys",
    tag = "ledger",
    responses(
        (status = 200, description = "The keys / 密钥历史", body = KeyHistoryJson),
    ),
)]
pub(in crate::http) async fn list_keys(State(state): State<Arc<AppState>>) -> Result<Response, ApiError> {
    state
        .read(|reader| {
            let published = records::published(reader)?;
            let history = key_history::history_under(reader, &published.checkpoint)?;
            let notices = key_history::notices_under(reader, &history, published.size())?;
            Ok(caching::json(&KeyHistoryJson::of(&history, &notices, &published.checkpoint), Caching::Revalidate))
        })
        .await
}

/// List the witnesses / 见证节点
///
/// The witnesses that this node asks for cosignatures on its checkpoints, by its operator's policy, and how they answer. A verifier
/// uses a policy of its own, and learns from its own configuration which organisation runs a witness.
///
/// 本节点按其见证策略请求共同签名的见证节点及其状态。核验时以核验者自有的策略为准。
#[utoipa::path(
    get,
    path = "/v1/ledger/witnesses",
    tag = "ledger",
    responses(
        (status = 200, description = "The witnesses; none without a policy / 见证节点", body = WitnessesJson),
    ),
)]
pub(in crate::http) async fn list_witnesses(State(state): State<Arc<AppState>>) -> Result<Response, ApiError> {
    Ok(caching::json(&witnesses_json(&state).await?, Caching::Revalidate))
}

/// List the timestamp authorities / 时间戳机构
///
/// The certificates to which the timestamps of this node's checkpoints must lead, by its operator's choice, and the operator's
/// revocation lists. The pages of this node verify the timestamps of a receipt by them, and say so. A verifier uses authorities of its
/// own choice.
///
/// 本平台运营者所选定的时间戳机构证书及证书吊销列表。本平台网页以此核验回执中的可信时间戳，并予注明。核验时以核验者自行选定的时间戳机构为准。
#[utoipa::path(
    get,
    path = "/v1/ledger/timestamp-authorities",
    tag = "ledger",
    responses(
        (status = 200, description = "The authorities; none if the operator has chosen none / 时间戳机构", body = TimestampAuthoritiesJson),
    ),
)]
pub(in crate::http) async fn list_timestamp_authorities(
    State(state): State<Arc<AppState>>,
) -> Result<Response, ApiError> {
    // A mirror has no filing service and verifies nothing by authorities of its own.
    let trust = state.filing().ok().map(|filing| Arc::clone(filing.attestation_trust())).unwrap_or_default();
    Ok(caching::json(&TimestampAuthoritiesJson::of(trust.authorities()), Caching::Revalidate))
}

/// The witnesses of the node.
///
/// # Errors
///
/// Those of a read.
pub(in crate::http) async fn witnesses_json(state: &AppState) -> Result<WitnessesJson, ApiError> {
    let size = records::published(state.queries().reader())?.size();
    let cosigning = state.cosigning().map(|cosigning| &cosigning.state);
    let quorum = cosigning.map(|cosigning| cosigning.policy()).filter(|policy| policy.requires_witnesses());
    let witnessed = cosigning.map(|cosigning| cosigning.witnessed()).filter(|witnessed| !witnessed.is_empty());
    let witnessed_checkpoint = match witnessed {
        Some(size) => {
            state.read(move |reader| Ok(attested_checkpoint::of_witnessed(reader, size)?.note)).await.map(Some)?
        }
        None => None,
    };
    Ok(WitnessesJson {
        quorum: quorum.map(|policy| QuorumJson {
            required: policy.required(),
            witnesses: policy.counted_witnesses().count(),
            rule: policy.quorum_text(),
        }),
        size: size.0,
        witnessed_size: witnessed.map(|witnessed| witnessed.0),
        witnessed_checkpoint,
        items: cosigning.iter().flat_map(|cosigning| cosigning.reports()).map(|one| witness(&one, size)).collect(),
    })
}

fn witness(report: &WitnessReport, published: TreeSize) -> WitnessJson {
    let last = report.last.as_ref();
    WitnessJson {
        name: report.witness.name.clone(),
        key: report.witness.key.to_string(),
        host: report.witness.url.host_str().unwrap_or_default().to_owned(),
        counts: report.witness.counts,
        state: report.health.word().into(),
        error: report.health.error().map(str::to_owned),
        last_size: last.map(|last| last.size.0),
        last_checkpoint: last.map(|last| last.note.clone()),
        last_cosigned_at: last.map(|last| beijing_time(last.time)),
        lag: last.map(|last| published.0.saturating_sub(last.size.0)),
    }
}
