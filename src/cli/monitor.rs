//! `monitor`: follows a ledger and its witnesses, and raises alarms.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use crate::cli::auditor::{ledger_of, read_policy};
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::input;
use crate::cli::screen::{BAD, FAINT, GOOD, Screen, WARNING};
use crate::cli::values::duration;
use crate::client::ledger_client::LedgerClient;
use crate::monitor::alarm::Severity;
use crate::monitor::alarm_store::AlarmDocument;
use crate::monitor::follower::{Follower, FollowerOptions, RoundReport};
use crate::monitor::metrics::Metrics;
use crate::monitor::state_dir::StateDir;
use crate::monitor::watch::{self, Watched};
use crate::monitor::webhook::Webhook;
use crate::sequencer::clock::{Clock as _, SystemClock};

const EXAMPLES: &str = "\
Examples:
  tiezheng monitor https://ledger.example.org --policy ledger.policy --state monitor-state
  tiezheng monitor https://ledger.example.org --policy ledger.policy --state monitor-state --once
  tiezheng monitor https://ledger.example.org --policy ledger.policy --state monitor-state \\
      --watch digest 9f86d081… --webhook https://alarms.example.org/ --webhook-secret-file hook.secret

In each round: is the checkpoint signed and consistent with the one before; do the witnesses show the
same history, and in time; is every new record in order; are old records still what they were. Each
alarm is stored in DIR/alarms with its evidence before anyone is notified. Watched values are searched on
this machine. With --once the exit code says whether a condition was found: 0 none, 1 an alarm, 2 only
warnings (a node or witness that is late or unreachable).
|
示例：
  tiezheng monitor https://ledger.example.org --policy ledger.policy --state monitor-state
  tiezheng monitor https://ledger.example.org --policy ledger.policy --state monitor-state --once
  tiezheng monitor https://ledger.example.org --policy ledger.policy --state monitor-state \\
      --watch digest 9f86d081… --webhook https://alarms.example.org/ --webhook-secret-file hook.secret

每轮检查：检查点是否已签名并与前一检查点一致；各见证节点是否出示同一历史、是否及时；每条新记录是否符合
规则；旧记录是否未变。每项告警连同证据先存入 DIR/alarms，再行通知。关注的内容在本机检索，不告知运营者。
使用 --once 时退出码表示结果：0 无异常；1 有告警；2 仅有警告（节点或见证节点迟延、未应答）。";

/// Follow a ledger and its witnesses permanently, and raise alarms | 持续监督账本及其见证节点
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct MonitorArgs {
    /// Address of the node, without /log/ | 节点地址
    #[arg(value_name = "URL")]
    url: String,
    /// Trusted keys and witnesses (C2SP tlog-policy) | 信任策略文件
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// The folder for the state and the alarms | 状态与告警文件夹
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Run one round and end | 只执行一轮
    #[arg(long)]
    once: bool,
    /// Time between two rounds | 两轮之间的时间
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = duration)]
    interval: Duration,
    /// In this time all old records are hashed again | 全部旧记录重新核对一遍的周期
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = duration)]
    full_cycle: Duration,
    /// Warn when there is no new checkpoint for this long | 超过此时间无新检查点即警告
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    stale_after: Duration,
    /// Witnesses must have cosigned within this time | 见证节点须在此时间内见证
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    late_after: Duration,
    /// Report new deposits with this value: `digest`, `subject` or `key`, and the value; repeatable | 关注的内容
    #[arg(long, value_names = ["KIND", "VALUE"], num_args = 2)]
    watch: Vec<String>,
    /// A file of such values, one a line: the kind, a space, the value | 列出关注内容的文件
    #[arg(long, value_name = "FILE")]
    watch_file: Option<PathBuf>,
    /// Write metrics for Prometheus to this file after each round | 指标文件
    #[arg(long, value_name = "FILE")]
    metrics_file: Option<PathBuf>,
    /// Post each alarm to this address (Standard Webhooks) | 告警推送地址
    #[arg(long, value_name = "URL", requires = "webhook_secret_file")]
    webhook: Option<String>,
    /// The file with the key that signs the calls: `whsec_` and base64 | 推送签名密钥文件
    #[arg(long, value_name = "FILE", requires = "webhook")]
    webhook_secret_file: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
///
/// [`CliError`]: a setting is invalid, or the state cannot be read or written.
pub async fn run(args: &MonitorArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let policy = read_policy(&args.policy)?;
    let origin = ledger_of(&policy, &args.policy)?;
    let options = FollowerOptions {
        client: LedgerClient::new(&args.url).map_err(CliError::from)?,
        origin,
        policy,
        interval: args.interval,
        full_cycle: args.full_cycle,
        stale_after: args.stale_after,
        late_after: args.late_after,
        watched: watched(args)?,
    };
    let webhook = webhook(args)?;
    let dir = StateDir::open(&args.state).map_err(CliError::from)?;
    let mut follower = Follower::open(options, dir).map_err(CliError::from)?;
    let mut metrics = Metrics::default();
    loop {
        let status = round(args, &mut follower, (&mut metrics, webhook.as_ref()), screen).await?;
        if args.once {
            return Ok(status);
        }
        tokio::select! {
            () = tokio::time::sleep(args.interval) => {}
            _ = tokio::signal::ctrl_c() => return Ok(ExitStatus::Good),
        }
    }
}

/// Runs one round, and publishes its findings.
async fn round(
    args: &MonitorArgs,
    follower: &mut Follower,
    (metrics, webhook): (&mut Metrics, Option<&Webhook>),
    screen: &Screen,
) -> anyhow::Result<ExitStatus> {
    let now = SystemClock::new().read().wall;
    let report = follower.round(now).await.map_err(CliError::from)?;
    for alarm in &report.raised {
        show(screen, alarm, args)?;
    }
    if let Some(webhook) = webhook {
        let delivery = webhook.deliver(follower.alarms(), now).await.map_err(CliError::from)?;
        if let Some(failure) = delivery.failure {
            let zh = format!("告警推送未成功，下一轮重试：{failure}");
            let en =
                format!("an alarm was not delivered to the webhook, and is sent again in the next round: {failure}");
            screen.aside(screen.paint(WARNING, screen.pick(&zh, &en)))?;
        }
    }
    summary(screen, &report)?;
    let view = follower.view().clone();
    metrics.count(&report, &view, follower.alarms(), now);
    if let Some(path) = &args.metrics_file {
        metrics.write(path).map_err(|error| CliError::io(path, &error))?;
    }
    let worst = report.found.keys().map(|kind| kind.severity()).max();
    Ok(match worst {
        Some(Severity::Alarm) => ExitStatus::Finding,
        Some(Severity::Warning) => ExitStatus::Unable,
        Some(Severity::Notice) | None => ExitStatus::Good,
    })
}

/// The line of an alarm.
fn show(screen: &Screen, alarm: &AlarmDocument, args: &MonitorArgs) -> anyhow::Result<()> {
    screen.document(alarm)?;
    let tone = match alarm.severity.as_str() {
        "alarm" => BAD,
        "warning" => WARNING,
        _ => GOOD,
    };
    let title = screen.paint(tone, screen.pick(&alarm.text_zh, &alarm.text_en));
    screen.line(format!("{}  {title}  {}  {}", alarm.raised, alarm.subject, alarm.detail))?;
    let folder = args.state.join("alarms").join(&alarm.id);
    let evidence = format!("{}{}", screen.pick("证据：", "evidence: "), folder.display());
    Ok(screen.line(screen.paint(FAINT, &evidence))?)
}

/// The line of a round.
fn summary(screen: &Screen, report: &RoundReport) -> anyhow::Result<()> {
    let found: serde_json::Map<_, _> =
        report.found.iter().map(|(kind, count)| (kind.code().to_owned(), json!(count))).collect();
    let witnessed = report.witnessed.map(|(k, n, required)| json!({ "current": k, "of": n, "required": required }));
    screen.document(&json!({
        "round": {
            "size": report.size,
            "audited": report.audited,
            "audited_size": report.audited_size,
            "rehashed": report.rehashed,
            "witnesses": witnessed,
            "found": found,
        }
    }))?;
    let size = report.size.map_or_else(|| "-".to_owned(), |size| size.to_string());
    let (k, n, required) = report.witnessed.unwrap_or_default();
    let zh = format!(
        "记录 {size}；新审计 {}；重新核对 {}；见证 {k} / {n}（要求 {required}）；异常 {}",
        report.audited,
        report.rehashed,
        report.found.values().sum::<usize>()
    );
    let en = format!(
        "{size} records; {} audited, {} hashed again; witnessed {k} of {n} ({required} required); {} conditions",
        report.audited,
        report.rehashed,
        report.found.values().sum::<usize>()
    );
    Ok(screen.line(screen.paint(FAINT, screen.pick(&zh, &en)))?)
}

fn watched(args: &MonitorArgs) -> Result<Vec<Watched>, CliError> {
    let bad = |error: watch::WatchError| {
        let zh = format!("“{} {}”应为 digest、subject 加 64 位十六进制，或 key 加公钥", error.kind, error.value);
        CliError::usage("bad_watch", zh, error.to_string())
    };
    let pairs = args.watch.as_chunks::<2>().0;
    let mut watched =
        pairs.iter().map(|[kind, value]| Watched::parse(kind, value)).collect::<Result<Vec<_>, _>>().map_err(bad)?;
    if let Some(path) = &args.watch_file {
        watched.extend(watch::parse_file(&input::text(path, input::DOCUMENT)?).map_err(bad)?);
    }
    Ok(watched)
}

fn webhook(args: &MonitorArgs) -> Result<Option<Webhook>, CliError> {
    let (Some(url), Some(path)) = (&args.webhook, &args.webhook_secret_file) else { return Ok(None) };
    let made = Webhook::new(url, &input::secret(path)?);
    made.map(Some).map_err(|error| {
        let zh = "推送地址须为 https://（本机可用 http://），密钥须为 whsec_ 加至少 16 字节的 base64";
        CliError::usage("bad_webhook", zh, error.to_string())
    })
}
