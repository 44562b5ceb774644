//! `audit URL`: audits the log that a node or mirror publishes, and compares it with other mirrors. An interrupted audit can be
//! resumed.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::audit::position::AuditStart;
use crate::audit::report::{AuditReport, Fault, Finding, WITNESSES_NOT_CHECKED};
use crate::audit::walk::{Options, WalkPart, walk_on};
use crate::cli::audit_witnesses::{self, WitnessCoverage, WitnessFault};
use crate::cli::auditor::read_policy;
use crate::cli::durable;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::open_errors::unreadable;
use crate::cli::progress::Progress;
use crate::cli::screen::{FAINT, Screen};
use crate::client::comparison::Comparison;
use crate::client::contradiction::Contradiction;
use crate::client::http_log::HttpLogReader;
use crate::client::ledger_client::LedgerClient;
use crate::client::tile_comparison::compare;
use crate::client::transport::ClientError;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::policy::{Policy, QuorumState};
use crate::monitor::new_leaves::{STORE_EVERY, start_of};
use crate::monitor::position_store::{PositionStore, StoredPosition};
use crate::monitor::state_dir::{StateDir, StateError};
use crate::monitor::witnesses::client_of;
use crate::store::traits::ReadError;

/// Options of an audit over HTTP.
#[derive(Debug, Clone, clap::Args)]
pub struct RemoteArgs {
    /// Trusted keys and witnesses (C2SP tlog-policy): checks the checkpoint and its cosignatures | 信任策略文件
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    policy: Option<PathBuf>,
    /// Of a node or mirror: store in this folder how far the audit has got, and go on from there | 保存审计进度的文件夹
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Of a node or mirror: check that these nodes or mirrors show the same history; repeatable | 与其比对历史的节点或镜像
    #[arg(long, value_name = "URL", num_args = 1..)]
    compare: Vec<String>,
}

/// The result of the checks that only an audit over HTTP makes.
#[derive(Debug, Default)]
pub struct RemoteReport {
    quorum: Option<QuorumState>,
    /// The number of leaves that the quorum attests.
    witnessed: u64,
    compared: Vec<SourceComparison>,
    contradiction: Option<PathBuf>,
    resumed_at: Option<u64>,
}

/// A node or mirror that was compared.
#[derive(Debug)]
struct SourceComparison {
    url: String,
    size: u64,
    consistent: bool,
}

/// A node or mirror, and its checkpoint.
struct Source {
    url: String,
    client: LedgerClient,
    checkpoint: SignedCheckpoint,
}

/// The error of an audit if a node did not answer. A 4xx answer is no finding about the ledger either.
pub(in crate::cli) fn cannot_audit(error: ClientError) -> CliError {
    CliError { status: ExitStatus::Unable, ..CliError::from(error) }
}

impl RemoteArgs {
    /// The given policy.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub fn read_policy(&self) -> Result<Option<Policy>, CliError> {
        self.policy.as_deref().map(read_policy).transpose()
    }

    /// Whether an option is given that only an audit over HTTP has.
    #[must_use]
    pub const fn is_for_addresses(&self) -> bool {
        self.state.is_some() || !self.compare.is_empty()
    }
}

/// Audits the log at `address` with these options, whose key is chosen here: `pinned` finds the key to check for a ledger.
///
/// # Errors
///
/// [`CliError`].
pub async fn audit_log(
    address: &str,
    args: &RemoteArgs,
    options: Options,
    pinned: impl FnOnce(&Name) -> Result<Option<VerifierKey>, CliError>,
    screen: &Screen,
) -> anyhow::Result<(AuditReport, RemoteReport)> {
    let policy = args.read_policy()?;
    let shown = match &policy {
        Some(policy) => Some(audit_witnesses::ask(policy).await),
        None => None,
    };
    let client = LedgerClient::new(address).map_err(CliError::from)?;
    let checkpoint = checkpoint_of(&client).await.map_err(cannot_audit)?;
    let Source { client, checkpoint, .. } = at(address, client, checkpoint, policy.as_ref()).await?;
    let reader = HttpLogReader::up_to(client.clone(), checkpoint.clone()).await.map_err(cannot_audit)?.reading_ahead();
    let origin = checkpoint.checkpoint().origin.clone();
    let keys = policy.as_ref().map(|policy| policy.keys_of(&origin)).unwrap_or_default();
    let signer = checkpoint.verified_by(&keys).ok().or_else(|| keys.first()).cloned();
    if policy.is_some() && signer.is_none() {
        let zh = format!("策略文件未列出账本“{origin}”的密钥");
        return Err(
            CliError::unable("unknown_ledger", zh, format!("the policy has no key of the ledger `{origin}`")).into()
        );
    }
    let key = signer.map_or_else(|| pinned(&origin), |key| Ok(Some(key)))?;
    let options = Options { pinned: key, indexes: false, ..options };
    let mut remote = RemoteReport::default();
    let audited = tokio::task::block_in_place(|| audit(&reader, &checkpoint, &options, args.state.as_deref(), screen))?;
    let StatefulAudit { mut report, resumed_at, known } = audited;
    remote.resumed_at = resumed_at;
    match known {
        None | Some(CheckpointChange::Continued) => {}
        Some(CheckpointChange::Smaller(size)) => {
            find(
                &mut report,
                Fault::Fork,
                format!("the checkpoint is smaller than the one audited before, of size {size}"),
            );
        }
        Some(CheckpointChange::Contradicted(found)) => {
            find(&mut report, Fault::Fork, "the checkpoint contradicts the one that was audited before".to_owned());
            remote.contradiction = Some(write_contradiction(&found)?);
        }
    }
    report.not_checked.retain(|not_checked| policy.is_none() || *not_checked != WITNESSES_NOT_CHECKED);
    let keys = options.pinned.into_iter().chain(keys).collect::<Vec<_>>();
    if let Some((policy, shown)) = policy.as_ref().zip(shown) {
        report.not_checked.push(("可信时间戳", "trusted timestamps"));
        let counted =
            tokio::task::block_in_place(|| audit_witnesses::count(policy, &checkpoint, &reader, &keys, &shown));
        if let Some(failure) = reader.failure() {
            return Err(cannot_audit(failure.clone()).into());
        }
        check_quorum(counted, &mut report, &mut remote)?;
    }
    let own = Source { url: address.to_owned(), client, checkpoint };
    compare_all(own, &args.compare, &keys, &mut report, &mut remote).await?;
    Ok((report, remote))
}

async fn checkpoint_of(client: &LedgerClient) -> Result<Result<SignedCheckpoint, ClientError>, ClientError> {
    match client.checkpoint().await {
        Err(error @ ClientError::Unreachable { .. }) => Err(error),
        answer => Ok(answer),
    }
}

/// The log at `/log/` of `client`, or where witnesses and mirrors serve it.
async fn at(
    url: &str,
    client: LedgerClient,
    checkpoint: Result<SignedCheckpoint, ClientError>,
    policy: Option<&Policy>,
) -> Result<Source, CliError> {
    let error = match checkpoint {
        Ok(checkpoint) => return Ok(Source { url: url.to_owned(), client, checkpoint }),
        Err(error) => error,
    };
    for log in policy.iter().flat_map(|policy| policy.logs()) {
        let client = client_of(url, log.key.name()).map_err(CliError::from)?;
        if let Ok(checkpoint) = client.checkpoint().await {
            return Ok(Source { url: url.to_owned(), client, checkpoint });
        }
    }
    Err(cannot_audit(error))
}

/// The result of an audit with a stored state.
struct StatefulAudit {
    report: AuditReport,
    /// The leaf at which it resumed.
    resumed_at: Option<u64>,
    known: Option<CheckpointChange>,
}

/// How the checkpoint relates to the one of the last completed audit.
enum CheckpointChange {
    Continued,
    /// It is smaller: the size of the one before.
    Smaller(u64),
    Contradicted(Box<Contradiction>),
}

/// Compares the checkpoint with that of the last completed audit.
fn compare_with_known(
    positions: &mut PositionStore,
    reader: &HttpLogReader,
    checkpoint: &SignedCheckpoint,
) -> anyhow::Result<Option<CheckpointChange>> {
    let Some(StoredPosition { checkpoint: known, .. }) = positions.load_whole().map_err(CliError::from)? else {
        return Ok(None);
    };
    let size = known.checkpoint().size;
    if size > checkpoint.checkpoint().size {
        return Ok(Some(CheckpointChange::Smaller(size.0)));
    }
    let compared = compare(reader, &known, checkpoint);
    if let Some(failure) = reader.failure() {
        return Err(cannot_audit(failure.clone()).into());
    }
    Ok(match compared {
        Ok(Comparison::Contradiction(found)) => Some(CheckpointChange::Contradicted(found)),
        // The audit finds altered tiles itself.
        Ok(Comparison::Consistent | Comparison::NotProven) | Err(_) => Some(CheckpointChange::Continued),
    })
}

/// Audits the log from the stored position.
fn audit(
    reader: &HttpLogReader,
    checkpoint: &SignedCheckpoint,
    options: &Options,
    state: Option<&Path>,
    screen: &Screen,
) -> anyhow::Result<StatefulAudit> {
    let size = checkpoint.checkpoint().size.0;
    let mut positions =
        state.map(|dir| StateDir::open(dir).map(PositionStore::new)).transpose().map_err(CliError::from)?;
    let (known, start) = match &mut positions {
        None => (None, AuditStart::default()),
        Some(positions) => {
            (compare_with_known(positions, reader, checkpoint)?, first_leaf(positions, reader, checkpoint, screen)?)
        }
    };
    let resumed_at = Some(start.position.frontier.size().0).filter(|first| *first > 0);
    let progress = Progress::of_items(screen, size, screen.pick("条记录", "records"));
    let (mut next, mut failure) = (resumed_at.unwrap_or(0) + STORE_EVERY, None);
    let walked = walk_on(reader, options, start, None, &mut |part| {
        progress.set(part.size().0, size);
        let Some(positions) = &mut positions else { return ControlFlow::Continue(()) };
        match store(positions, part, checkpoint, &mut next) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    drop(progress);
    if let Some(failure) = failure {
        return Err(CliError::from(failure).into());
    }
    // The client's error says more than that of the walk.
    if let Some(failure) = reader.failure() {
        return Err(cannot_audit(failure.clone()).into());
    }
    Ok(StatefulAudit { report: walked.map_err(|error| unreadable(&error))?, resumed_at, known })
}

/// The position from which the audit resumes; the first leaf if the log does not continue the audited one.
fn first_leaf(
    positions: &mut PositionStore,
    reader: &HttpLogReader,
    checkpoint: &SignedCheckpoint,
    screen: &Screen,
) -> anyhow::Result<AuditStart> {
    let start = start_of(positions, reader, checkpoint).map_err(CliError::from)?;
    if let Some(failure) = reader.failure() {
        return Err(cannot_audit(failure.clone()).into());
    }
    if let Some(start) = start.map_err(|error: ReadError| unreadable(&error))? {
        return Ok(start);
    }
    screen.aside(screen.pick(
        "已保存的审计进度与该检查点不一致，从头开始审计",
        "the stored state is not the beginning of this log: the audit begins at the first leaf",
    ))?;
    Ok(positions.begin().map_err(CliError::from)?)
}

fn store(
    positions: &mut PositionStore,
    part: &mut dyn WalkPart,
    checkpoint: &SignedCheckpoint,
    next: &mut u64,
) -> Result<(), StateError> {
    let changes = part.take_changes();
    positions.record(part.full_tiles(), &changes)?;
    let signed = checkpoint.checkpoint();
    let is_last = part.size() == signed.size;
    if part.size().0 < *next && !is_last {
        return Ok(());
    }
    *next = part.size().0 + STORE_EVERY;
    let position = part.position();
    // No position is stored behind a finding, so that a resumed audit reports the finding again.
    if position.counts.findings_total > 0 {
        return Ok(());
    }
    if is_last && position.frontier.root() == signed.root {
        positions.store_whole(&position, checkpoint)
    } else if is_last {
        Ok(())
    } else {
        positions.store_part(&position, checkpoint)
    }
}

fn find(report: &mut AuditReport, fault: Fault, detail: String) {
    report.find(Finding { fault, index: None, height: None, number: None, detail });
}

/// Adds the result of the cosignatures.
fn check_quorum(
    witnessed: WitnessCoverage,
    report: &mut AuditReport,
    remote: &mut RemoteReport,
) -> Result<(), CliError> {
    let WitnessCoverage { quorum, size, faults } = witnessed;
    for fault in faults {
        match fault {
            WitnessFault::Forged(name, error) => find(report, Fault::Cosignature, format!("{name}: {error}")),
            WitnessFault::AlteredTiles => find(report, Fault::Tile, "tiles of another tree".to_owned()),
            WitnessFault::Contradiction(name, found) => {
                find(report, Fault::Fork, format!("the ledger's key signed another history for the witness `{name}`"));
                remote.contradiction = Some(write_contradiction(&found)?);
            }
        }
    }
    if !quorum.reached {
        let (k, n) = (quorum.cosignatures.len(), quorum.witnesses);
        find(report, Fault::Quorum, format!("{k} of {n} witnesses cosigned, {} are required", quorum.required));
    }
    remote.quorum = Some(quorum);
    remote.witnessed = size.0;
    Ok(())
}

/// Compares the checkpoints of all sources with the largest one: then any two of them are consistent.
async fn compare_all(
    own: Source,
    urls: &[String],
    keys: &[VerifierKey],
    report: &mut AuditReport,
    remote: &mut RemoteReport,
) -> anyhow::Result<()> {
    if urls.is_empty() {
        return Ok(());
    }
    let mut sources = vec![own];
    for url in urls {
        let client = LedgerClient::new(url).map_err(CliError::from)?;
        let answer = checkpoint_of(&client).await.map_err(cannot_audit)?;
        let policy = keys.first().map(|key| Policy::of_log(key.clone(), None));
        let source = at(url, client, answer, policy.as_ref()).await?;
        if let Err(error) = source.checkpoint.verified_by(keys) {
            find(report, Fault::Checkpoint, format!("{url}: {error}"));
            continue;
        }
        sources.push(source);
    }
    let Some(largest) = sources.iter().max_by_key(|source| source.checkpoint.checkpoint().size) else { return Ok(()) };
    let tiles = HttpLogReader::up_to(largest.client.clone(), largest.checkpoint.clone()).await.map_err(cannot_audit)?;
    for source in &sources {
        let compared = tokio::task::block_in_place(|| compare(&tiles, &source.checkpoint, &largest.checkpoint));
        if let Some(failure) = tiles.failure() {
            return Err(cannot_audit(failure.clone()).into());
        }
        let compared =
            compared.map_err(|error| CliError::unable("not_compared", error.to_string(), error.to_string()))?;
        let consistent = compared == Comparison::Consistent;
        let size = source.checkpoint.checkpoint().size.0;
        remote.compared.push(SourceComparison { url: source.url.clone(), size, consistent });
        match compared {
            Comparison::Consistent => {}
            Comparison::NotProven => find(report, Fault::Tile, format!("{}: tiles of another tree", largest.url)),
            Comparison::Contradiction(found) => {
                let detail = format!("{} and {} show contradicting checkpoints", source.url, largest.url);
                find(report, Fault::Fork, detail);
                remote.contradiction = Some(write_contradiction(&found)?);
            }
        }
    }
    Ok(())
}

/// Writes the contradiction to a new file in the current folder.
fn write_contradiction(found: &Contradiction) -> Result<PathBuf, CliError> {
    let first = found.file_name();
    let base = first.trim_end_matches(".txt");
    let names = std::iter::once(first.clone()).chain((2..).map(|n| format!("{base}-{n}.txt")));
    for path in names.map(PathBuf::from) {
        match durable::create(&path, found.to_string().as_bytes(), 0o644) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            written => return written.map(|()| path.clone()).map_err(|error| CliError::io(&path, &error)),
        }
    }
    Ok(PathBuf::from(base))
}

/// Adds the results to the document of the audit.
pub(in crate::cli) fn add_to_document(document: &mut Value, remote: &RemoteReport) {
    let cosignatures = remote.quorum.as_ref().map(|state| {
        let of = |cosignature: &crate::ledger::verify::attestation::Cosignature| {
            json!({ "witness": cosignature.witness.as_str(), "time": cosignature.time.to_string() })
        };
        json!({
            "collected": state.cosignatures.len(),
            "witnesses": state.witnesses,
            "required": state.required,
            "quorum_reached": state.reached,
            "witnessed_size": remote.witnessed,
            "items": state.cosignatures.iter().map(of).collect::<Vec<_>>(),
        })
    });
    let compared = remote
        .compared
        .iter()
        .map(|compared| json!({ "url": compared.url, "size": compared.size, "consistent": compared.consistent }));
    if let Some(object) = document.as_object_mut() {
        object.insert("cosignatures".to_owned(), cosignatures.unwrap_or_default());
        object.insert("compared".to_owned(), compared.collect());
        let file = remote.contradiction.as_ref().map(|path| path.to_string_lossy().into_owned());
        object.insert("contradiction_file".to_owned(), file.map_or(Value::Null, Value::from));
        object.insert("resumed_at".to_owned(), remote.resumed_at.map_or(Value::Null, Value::from));
    }
}

/// Prints the results.
pub(in crate::cli) fn show(screen: &Screen, remote: &RemoteReport) -> anyhow::Result<()> {
    if let Some(size) = remote.resumed_at {
        let (zh, en) = (format!("从第 {size} 条记录继续"), format!("continued from record {size}"));
        screen.line(screen.paint(FAINT, screen.pick(&zh, &en)))?;
    }
    if let Some(state) = &remote.quorum {
        let (k, n, required) = (state.cosignatures.len(), state.witnesses, state.required);
        let reached = if state.reached { ("已达到", "reached") } else { ("未达到", "not reached") };
        let size = remote.witnessed;
        let zh = format!("见证：{k} / {n}，策略要求 {required}，{}（前 {size} 条记录）", reached.0);
        let en = format!("witnessed {k} of {n}, the policy requires {required}: {} ({size} records)", reached.1);
        screen.line(screen.pick(&zh, &en))?;
    }
    for SourceComparison { url, size, consistent } in &remote.compared {
        let is = if *consistent { ("一致", "the same history") } else { ("互相矛盾", "another history") };
        screen.line(format!("{url}  {size}  {}", screen.pick(is.0, is.1)))?;
    }
    if let Some(path) = &remote.contradiction {
        let zh = format!("两个矛盾的检查点已写入 {}，任何人可用 tiezheng contradiction 核验", path.display());
        let en =
            format!("the contradicting checkpoints are in {}: verify with `tiezheng contradiction`", path.display());
        screen.line(screen.pick(&zh, &en))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_a_node_is_no_finding_about_its_ledger() {
        let refused = ClientError::Problem {
            code: "not_found".to_owned().into(),
            status: 404,
            title_zh: "未找到".into(),
            detail: "no such tile".into(),
            detail_zh: String::new(),
        };
        let error = cannot_audit(refused);
        assert_eq!((error.status, error.code.as_ref()), (ExitStatus::Unable, "not_found"));
    }
}
