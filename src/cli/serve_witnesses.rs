//! The witnesses of a node, as options of `serve`: the policy file, the check before the first signature, the collector.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::cli::exit::CliError;
use crate::cli::key_files;
use crate::cosigning::collector::{Collector, CollectorError, CollectorParts};
use crate::cosigning::cosigning_state::Cosigning;
use crate::cosigning::start_check::{StartCheckError, StartCheckOptions, check_witnesses};
use crate::cosigning::witness_client::WitnessTimeouts;
use crate::cosigning::witness_policy::{WitnessPolicy, WitnessPolicyError};
use crate::files::regular;
use crate::ledger::key::VerifierKey;
use crate::ledger::policy::{POLICY_MAX, PolicyFault};
use crate::query::key_history::named_history;
use crate::query::service::QueryService;
use crate::sequencer::handle::Sequencer;
use crate::sequencer::ledger_keys::{LedgerKeys, PreviousKey};
use crate::store::traits::{Annotations, LedgerReader, ReadError};

/// For how long a deposit waits for its quorum unless the operator says otherwise.
const QUORUM_TIMEOUT: Duration = Duration::from_secs(10);

/// When a deposit is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckMode {
    /// When it is sealed.
    Sealed,
    /// When its checkpoint has its quorum.
    Witnessed,
}

impl AckMode {
    const ALL: [(&'static str, Self); 2] = [("sealed", Self::Sealed), ("witnessed", Self::Witnessed)];
}

impl FromStr for AckMode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().find(|(word, _)| *word == text).map(|(_, mode)| *mode).ok_or(())
    }
}

fn ack_modes() -> impl TypedValueParser<Value = AckMode> {
    PossibleValuesParser::new(AckMode::ALL.map(|(word, _)| word))
        .try_map(|word| word.parse::<AckMode>().map_err(|()| clap::Error::new(clap::error::ErrorKind::InvalidValue)))
}

/// Witnesses | 见证节点
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct WitnessArgs {
    /// Witness policy (C2SP tlog-policy): the witnesses that cosign this ledger's checkpoints, and their quorum | 见证策略文件
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// When a deposit is acknowledged: sealed, or witnessed by the quorum [default: sealed] | 存证应答时机
    #[arg(long, value_name = "WHEN", value_parser = ack_modes())]
    pub ack: Option<AckMode>,
    /// Do not start before every witness has answered; by default those that do not answer within 10 s are skipped | 启动前须得到全部见证节点应答
    #[arg(long)]
    pub require_witnesses_at_start: bool,
    /// For how long a deposit waits for its quorum.
    #[arg(skip)]
    pub timeout: Option<Duration>,
}

impl WitnessArgs {
    /// These options; where one is not set, that of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            policy: self.policy.or(other.policy),
            ack: self.ack.or(other.ack),
            require_witnesses_at_start: self.require_witnesses_at_start || other.require_witnesses_at_start,
            timeout: self.timeout.or(other.timeout),
        }
    }

    /// Reads the policy file, for the ledger with the keys `ledger`; `None` if none is configured. After a rotation the file may
    /// still name an earlier key.
    ///
    /// # Errors
    ///
    /// [`CliError`], which names the file and the line.
    pub fn load(&self, ledger: &[VerifierKey]) -> Result<Option<Arc<WitnessPolicy>>, CliError> {
        let Some(path) = &self.policy else {
            return if self.ack == Some(AckMode::Witnessed) { Err(no_quorum()) } else { Ok(None) };
        };
        let bytes = regular::read(path, POLICY_MAX).map_err(|error| CliError::io(path, &error))?;
        let in_file = |zh: &str, en: &str| {
            CliError::usage("bad_policy", format!("{}：{zh}", path.display()), format!("{}: {en}", path.display()))
        };
        let text = String::from_utf8(bytes).map_err(|_| in_file("不是 UTF-8 文本", "this is not UTF-8 text"))?;
        let mut parsed = ledger.iter().map(|key| WitnessPolicy::parse(&text, key));
        let first = parsed.next().ok_or_else(no_quorum)?;
        let parsed = first.or_else(|error| parsed.find_map(Result::ok).ok_or(error));
        let policy = parsed.map_err(|error| in_file(&in_chinese(&error), &error.to_string()))?;
        if self.ack == Some(AckMode::Witnessed) && !policy.policy().requires_witnesses() {
            return Err(no_quorum());
        }
        Ok(Some(Arc::new(policy)))
    }

    /// Compares the witnesses' latest checkpoints with the ledger in `reader`, before anything is signed.
    ///
    /// # Errors
    ///
    /// [`CliError`]: nothing must be signed.
    pub async fn check<R: LedgerReader + ?Sized>(
        &self,
        reader: &R,
        ledger: &[VerifierKey],
        policy: Option<&WitnessPolicy>,
    ) -> Result<(), CliError> {
        let Some(policy) = policy else { return Ok(()) };
        let options =
            StartCheckOptions { all_required: self.require_witnesses_at_start, ..StartCheckOptions::default() };
        // A replaced key may be stolen, so its signature proves nothing here.
        let current = ledger.get(..1).unwrap_or_default();
        let checked = check_witnesses(reader, current, policy, &options).await;
        checked.map_err(|error| must_not_sign(&error))
    }

    fn wait(&self) -> Option<Duration> {
        (self.ack == Some(AckMode::Witnessed)).then(|| self.timeout.unwrap_or(QUORUM_TIMEOUT))
    }
}

/// A running collector. Dropped, it stops.
#[derive(Debug)]
pub struct RunningCollector {
    cosigning: Cosigning,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl RunningCollector {
    /// Starts a collector for the witnesses of `policy`, if there is one.
    ///
    /// # Errors
    ///
    /// [`CliError`] if no HTTP client can be made, or the ledger cannot be read.
    pub fn start(
        args: &WitnessArgs,
        policy: Option<Arc<WitnessPolicy>>,
        ledger: &VerifierKey,
        (queries, store, sequencer): (Arc<QueryService>, Arc<dyn Annotations>, Sequencer),
        (previous_key, data): (PreviousKey, &Path),
    ) -> Result<Option<Self>, CliError> {
        let Some(policy) = policy else { return Ok(None) };
        let (keys, timeouts) = (vec![ledger.clone()], WitnessTimeouts::default());
        let folder = data.to_owned();
        let remove_previous_key = Arc::new(move || key_files::retire(&folder).map_err(|error| error.en));
        let parts =
            CollectorParts { queries, store, sequencer, keys, previous_key, remove_previous_key, policy, timeouts };
        let (collector, state) = Collector::new(parts).map_err(|error| match error {
            CollectorError::Client(error) => CliError::unable(
                "witness_client",
                format!("无法请求见证节点：{error}"),
                format!("the witnesses cannot be asked: {error}"),
            ),
            CollectorError::Store(error) => {
                let (zh, en) = ("无法读取已存的见证签名", "the stored cosignatures cannot be read");
                CliError::unable("cannot_start", format!("{zh}：{error}"), format!("{en}: {error}"))
            }
        })?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(collector.run(async { drop(stopped.await) }));
        Ok(Some(Self { cosigning: Cosigning { state, wait: args.wait() }, stop, task }))
    }

    /// The cosigning state for answers.
    #[must_use]
    pub fn cosigning(&self) -> Cosigning {
        self.cosigning.clone()
    }

    /// Stops the collector. Cosignatures that were not stored are requested again after the next start.
    pub async fn stop(running: Option<Self>) {
        let Some(running) = running else { return };
        drop(running.stop);
        if let Err(error) = running.task.await {
            tracing::error!(%error, "the collector of cosignatures failed");
        }
    }
}

fn no_quorum() -> CliError {
    let en = "acknowledging witnessed deposits needs a policy with a quorum of witnesses (--policy, witnesses.policy)";
    CliError::usage("bad_setting", "存证须经见证后应答时，须设置含法定数的见证策略（--policy 或 witnesses.policy）", en)
}

fn in_chinese(error: &WitnessPolicyError) -> String {
    match error {
        WitnessPolicyError::Policy(error) => format!("第 {} 行：{}", error.line, fault_in_chinese(&error.fault)),
        WitnessPolicyError::OtherLedger { key } => format!("没有任何 log 行载有本账本的密钥 {key}"),
        WitnessPolicyError::NoAddress { line, name } => {
            format!("第 {line} 行：见证节点 {name} 计入法定数，但未写明地址")
        }
        WitnessPolicyError::BadAddress { line, url, .. } => {
            format!("第 {line} 行：“{url}”不是见证节点的地址；应为 https://… 或 http://…，不含用户名、密码、“?”与“#”")
        }
    }
}

fn fault_in_chinese(fault: &PolicyFault) -> String {
    match fault {
        PolicyFault::UnknownWord => "应以 log、witness、group、quorum 开头，或为注释".into(),
        PolicyFault::Form(form) => format!("应写作 {form}"),
        PolicyFault::Key(error) => format!("密钥有误：{error}"),
        PolicyFault::KeyTwice => "密钥重复".into(),
        PolicyFault::NameTaken(name) => format!("名称“{name}”已被使用"),
        PolicyFault::UnknownName(name) => format!("上文未定义见证节点或组“{name}”"),
        PolicyFault::MemberTwice(name) => format!("“{name}”同属两个组"),
        PolicyFault::Threshold => "应为 all、any，或 1 至成员数之间的数".into(),
        PolicyFault::QuorumTwice => "quorum 行多于一行".into(),
        PolicyFault::NoQuorum => "缺少 quorum 行，文件可能不完整".into(),
        PolicyFault::TooLarge => "策略文件过大".into(),
    }
}

fn must_not_sign(error: &StartCheckError) -> CliError {
    let en = error.to_string();
    let repair_zh =
        "节点未启动，未签署任何内容。请以最新的备份或镜像恢复此文件夹；确有他人持有密钥的，请按密钥失窃处理";
    let repair_en = "The node has not started and has signed nothing. Restore the folder from the latest backup or a mirror; if somebody else \
                     has the key, treat it as stolen";
    match error {
        StartCheckError::RolledBack { witness, theirs, ours } => {
            let zh = format!(
                "见证节点 {witness} 持有由本账本密钥签署、含 {theirs} 条记录的检查点，而此文件夹仅有 {ours} 条：磁盘已回退到旧副本，或他人在使用该密钥。{repair_zh}"
            );
            CliError::finding("rolled_back", zh, format!("{en}. {repair_en}"))
        }
        StartCheckError::OtherHistory { witness, size } => {
            let zh = format!(
                "见证节点 {witness} 持有由本账本密钥签署、含 {size} 条记录的检查点，其根哈希与此文件夹不同：存在两个历史。{repair_zh}"
            );
            CliError::finding("other_history", zh, format!("{en}. {repair_en}"))
        }
        StartCheckError::NotAsked { witness, reason } => {
            let zh = format!(
                "见证节点 {witness} 无法询问：{reason}。节点未启动；如不必等待，请去除 --require-witnesses-at-start"
            );
            let en = format!(
                "{en}. The node has not started; without --require-witnesses-at-start it would skip this witness"
            );
            CliError::unable("witness_not_asked", zh, en)
        }
        _ => CliError::unable("cannot_start", en.clone(), en),
    }
}

/// The ledger's public keys: the one in force, and those before it. Of a new ledger, the one that its genesis will name.
///
/// # Errors
///
/// [`ReadError`].
pub fn known_keys<R: LedgerReader + ?Sized>(reader: &R, keys: &LedgerKeys) -> Result<Vec<VerifierKey>, ReadError> {
    if reader.published().is_none() {
        return Ok(vec![keys.first().verifier().clone()]);
    }
    let history = named_history(reader)?;
    let mut known: Vec<VerifierKey> = history.periods().map(|period| period.key.clone()).collect();
    known.reverse();
    Ok(known)
}

/// Whether a path exists, before a ledger is created, which is permanent.
///
/// # Errors
///
/// [`CliError`].
pub fn check_file(args: &WitnessArgs) -> Result<(), CliError> {
    match &args.policy {
        Some(path) => fs::metadata(path).map(drop).map_err(|error| CliError::io(path, &error)),
        None => Ok(()),
    }
}
