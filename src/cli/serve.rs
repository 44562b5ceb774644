//! `serve`: runs a node on a ledger's folder, and creates the ledger if there is none.
//!
//! ```text
//! configuration ─▶ certificate ─▶ listeners ─▶ key files ─▶ folder ─▶ witnesses ─▶ sequencer (recovers or creates) ─▶ "listening on …"
//!     ─▶ until SIGTERM or SIGINT; SIGHUP reloads the certificate
//! ```
//!
//! The keys are written once the folder holds a ledger and before anything is signed: a crash in between leaves a ledger
//! without a record, which gets its keys at the next start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::cli::deposit_policy::{ChosenPolicy, DepositArgs};
use crate::cli::descriptors;
use crate::cli::durable;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::filing_service;
use crate::cli::key_files;
use crate::cli::log;
use crate::cli::network_errors::{bad_certificate, cannot_listen};
use crate::cli::node_config::config::NodeConfig;
use crate::cli::node_folder::{NewLedger, check_files, open_folder};
use crate::cli::node_keys::OperatorMessage;
use crate::cli::node_snapshot;
use crate::cli::screen::{FAINT, GOOD, Screen, WARNING};
use crate::cli::serve_control::{await_commands, control_socket, control_state};
use crate::cli::serve_limits::LimitArgs;
use crate::cli::serve_timestamps::{self, RunningStamper, TimestampArgs};
use crate::cli::serve_witnesses::{self, RunningCollector, WitnessArgs};
use crate::cli::start_errors::cannot_start;
use crate::cli::values::at_least_one;
use crate::cosigning::witness_policy::WitnessPolicy;
use crate::filing::deposit_policy::DepositPolicy;
use crate::filing::service::FilingStore;
use crate::http::app_state::AppState;
use crate::http::client_address::ProxyNetwork;
use crate::http::listener::{ListenAddress, Listener};
use crate::http::node_description::NodeDescription;
use crate::http::server;
use crate::http::tls::TlsIdentity;
use crate::ledger::key::{Signer, VerifierKey};
use crate::ledger::notice::{Mode, NoticeKind};
use crate::query::key_history::key_history;
use crate::query::records::{self, genesis};
use crate::query::service::QueryService;
use crate::sequencer::clock::{Clock as _, SystemClock};
use crate::sequencer::handle::Sequencer;
use crate::sequencer::ledger_keys::PreviousKey;
use crate::sequencer::start::{Genesis, Options, start};
use crate::sequencer::state::Halt;
use crate::stamping::stamping_service::Authority;
use crate::store::account_files::AccountFiles;
use crate::store::factory::{self, LAST_BACKUP, NodeStore};
use crate::store::traits::{Annotations, LedgerReader};

const EXAMPLES: &str = "\
Examples:
  tiezheng serve --data try-out --test           numbers begin with T and are no evidence
  tiezheng serve --deposits accounts --next-key-out /media/a/next.key
  tiezheng serve --data /srv/ledger --origin ledger.example.org/1 --deposits enrolled --next-key-out /media/a/next.key
  tiezheng serve --config /etc/tiezheng/tiezheng.toml

--listen takes an address (127.0.0.1:7654, with TLS if a certificate is set), https://0.0.0.0:443,
http://[::1]:7654 or unix:/run/tiezheng/http.sock.

Every setting has a name in the configuration file, which `tiezheng config sample` prints, and
a variable such as TIEZHENG_NODE_NETWORK_LISTEN. An option here overrides both.

Who may deposit is what you say, and never inferred from an address or a header:
  open       anybody who reaches the node, with a signed statement
  enrolled   statements signed by a key that an account has enrolled
             (tiezheng case account add-key VKEY)
  accounts   deposits by token only; under the others, tokens are accepted as well
A live ledger needs one at its first start; it is recorded, and a later --deposits changes it.
A test ledger is open unless you say otherwise.

Limits are N or N/BURST: N a minute in the long run, BURST at once (default: 10 N), or none.
A live ledger: 1200 per address, 600 per key and per account. A test ledger: none. An IPv6
client counts by its /64 network.

With --tls-certificate and --tls-key the node serves HTTPS on any address, TLS 1.2 and 1.3,
HTTP/1.1 and HTTP/2; SIGHUP reloads both files. Without, it serves plain HTTP on loopback
addresses and Unix sockets, and elsewhere to the reverse proxies of --trusted-proxy alone.
A reverse proxy must pass one Host, set X-Forwarded-For or Forwarded to the address that it
sees, remove the other of the two, and be named by --trusted-proxy; otherwise all its clients
share one limit. It must not buffer, cache or retry deposits, and must not add an
Authorization of its own. Under `open`, every client that reaches it may deposit: choose enrolled
or accounts if that is not meant.

A live ledger commits to the key that will succeed its own. --next-key-out, needed when the ledger is
created, is the new file for that private key: keep it elsewhere (`tiezheng key rotate` uses it).
Keep copies of ledger.key and platform.key, and of the successor's key apart from them.
|
示例：
  tiezheng serve --data try-out --test           测试账本：编号以 T 开头，不得作为证据
  tiezheng serve --deposits accounts --next-key-out /media/a/next.key
  tiezheng serve --data /srv/ledger --origin ledger.example.org/1 --deposits enrolled --next-key-out /media/a/next.key
  tiezheng serve --config /etc/tiezheng/tiezheng.toml

--listen 可取：地址（127.0.0.1:7654，配置证书即用 TLS）、https://0.0.0.0:443、http://[::1]:7654、
unix:/run/tiezheng/http.sock。

各项设置均可写入配置文件（tiezheng config sample 列出全部），也可用环境变量（如
TIEZHENG_NODE_NETWORK_LISTEN）指定；命令行选项优先。

存证策略由运营者明确指定，不从地址或请求头推断：
  open       任何能访问节点的人，凭已签名的声明
  enrolled   仅限以账号已登记的公钥签名的声明（tiezheng case account add-key 公钥）
  accounts   仅凭令牌；另两种策略下令牌同样可用
正式账本首次启动须指定，并予记录；此后可用 --deposits 更改。测试账本默认为 open。

限额写作 N 或 N/BURST：长期每分钟 N 次，一次至多 BURST 次（默认 10 N），或 none（不限）。正式账本：
每地址 1200，每公钥、每账号各 600；测试账本不限。IPv6 客户端按 /64 网段计。

配置 --tls-certificate 与 --tls-key 后，节点可在任意地址提供 HTTPS（TLS 1.2、1.3，HTTP/1.1、HTTP/2），
收到 SIGHUP 时重新读取证书。未配置时，明文 HTTP 只在回环地址和 Unix 套接字上提供；其他地址只接受
--trusted-proxy 所列的反向代理。反向代理须只传一个 Host，将 X-Forwarded-For 或 Forwarded 设为其所见
地址并去除另一个，且以 --trusted-proxy 登记，否则其所有客户端共用一个限额；不得缓冲、缓存或重发存证
请求，不得代加 Authorization。open 策略下，能访问代理者均可存证：如非本意，请用 enrolled 或 accounts。

正式账本创建时即承诺其后继密钥；--next-key-out 为写入该私钥的新文件（创建时必填），请移至他处保管，
更换账本密钥（tiezheng key rotate）时使用。请妥善备份 ledger.key 和 platform.key，后继私钥另处备份。";

/// Run a node | 启动节点
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// Configuration file; `tiezheng config sample` prints one | 配置文件
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The ledger's folder, created if missing [default: chain-data] | 账本文件夹
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address to listen on, such as 127.0.0.1:7654; port 0 selects a free port; repeatable; other forms below [default: 127.0.0.1:7654] | 监听地址，可多次指定
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<ListenAddress>,
    /// Certificate chain, PEM | 证书链
    #[arg(long, value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// Private key of the certificate, PEM | 证书私钥
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Permanent name of a new ledger; default: tiezheng/ and its key's hash | 新账本的标识
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
    /// New file for the private key of a new ledger's successor key, outside of its folder; required for a live ledger, default for a test ledger: DATA/next.key | 新账本后继私钥的文件（正式账本必填）
    #[arg(long, value_name = "FILE")]
    next_key_out: Option<PathBuf>,
    /// Make a new ledger a test ledger, permanently | 新账本为测试账本
    #[arg(long)]
    test: bool,
    #[command(flatten)]
    deposits: DepositArgs,
    #[command(flatten)]
    witnesses: WitnessArgs,
    #[command(flatten)]
    timestamps: TimestampArgs,
    /// Network of reverse proxies whose Forwarded or X-Forwarded-For gives the client address, for limits and logs only; repeatable | 可信反向代理网段，可多次指定
    #[arg(long = "trusted-proxy", value_name = "CIDR")]
    trusted_proxies: Vec<ProxyNetwork>,
    /// Maximum number of queued deposits | 等候队列上限
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    pool: Option<usize>,
    #[command(flatten)]
    limits: LimitArgs,
    /// Create an operator account and write its token to this file; a file with a token of this ledger is kept | 生成平台管理员令牌并写入此文件
    #[arg(long, value_name = "FILE")]
    operator_token: Option<PathBuf>,
    /// The clock is right although the last block is more than a day old | 确认时钟无误
    #[arg(long)]
    confirm_clock_gap: bool,
    /// Stop when standard input ends, as it does when the parent process exits | 标准输入结束即停止
    #[arg(long, hide = true)]
    stop_with_stdin: bool,
}

impl ServeArgs {
    /// The configuration: file and environment, overridden by the options.
    fn configured(&self) -> Result<NodeConfig, CliError> {
        let mut config = NodeConfig::load(self.config.as_deref(), std::env::vars_os())?;
        replace(&mut config.data, self.data.clone());
        replace(&mut config.listen, Some(self.listen.clone()).filter(|listen| !listen.is_empty()));
        replace(&mut config.queue, self.pool);
        let proxies = Some(self.trusted_proxies.clone()).filter(|proxies| !proxies.is_empty());
        replace(&mut config.trusted_proxies, proxies);
        config.tls_certificate = self.tls_certificate.clone().or(config.tls_certificate);
        config.tls_key = self.tls_key.clone().or(config.tls_key);
        config.origin = self.origin.clone().or(config.origin);
        config.operator_token = self.operator_token.clone().or(config.operator_token);
        config.next_key_out = self.next_key_out.clone().or(config.next_key_out);
        config.test |= self.test;
        config.confirm_clock_gap |= self.confirm_clock_gap;
        config.deposits = self.deposits.or(config.deposits);
        config.witnesses = self.witnesses.clone().or(config.witnesses);
        config.timestamps = self.timestamps.clone().or(config.timestamps);
        config.limits = self.limits.clone().or(config.limits);
        config.http.request_log = config.log.request_log();
        config.check()?;
        Ok(config)
    }
}

fn replace<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

/// The listeners of a node, and what they need.
pub(in crate::cli) struct Network {
    pub(in crate::cli) listeners: Vec<Listener>,
    pub(in crate::cli) tls: Option<TlsIdentity>,
    pub(in crate::cli) connections: usize,
}

impl Network {
    /// Loads the certificate and opens all listeners. Nothing of the ledger is touched.
    pub(in crate::cli) async fn open(config: &NodeConfig) -> Result<Self, CliError> {
        // Before the database opens files.
        let connections = descriptors::claim(config.http.connections)?;
        let tls = match config.tls() {
            Some(files) => {
                let now = SystemClock::new().read().wall;
                Some(TlsIdentity::load(files, now).map_err(|error| bad_certificate(&error))?)
            }
            None => None,
        };
        let mut listeners = Vec::new();
        for address in &config.listen {
            let has_proxies = !config.trusted_proxies.is_empty();
            let listener = Listener::bind(address, tls.as_ref(), has_proxies, config.socket_mode).await;
            listeners.push(listener.map_err(|error| cannot_listen(&error))?);
        }
        Ok(Self { listeners, tls, connections })
    }
}

/// Runs the node until a shutdown signal.
///
/// # Errors
///
/// [`CliError`]: the configuration, the certificate, the folder, the keys, the clock, the address.
pub async fn run(args: &ServeArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let config = args.configured()?;
    // Before a ledger is created, which is permanent.
    if let Some(folder) = config.operator_token.as_deref().map(durable::folder_of) {
        fs::metadata(folder).map_err(|error| CliError::io(folder, &error))?;
    }
    serve_witnesses::check_file(&config.witnesses)?;
    // All files of a node are readable by their owner only.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let _log = log::begin(screen, &config.log)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), data = %config.data.display(), "starting");
    // Before a ledger is created, which is permanent: an address in use must leave nothing behind.
    let network = Network::open(&config).await?;
    // Before anything is written and before the deposit policy is read: it is one of the account files.
    check_files(&config.data)?;
    let chosen = config.deposits.choose(&config.data, config.test)?;
    let (origin, next_key_out) = (config.origin.as_deref(), config.next_key_out.as_deref());
    let mut opened = open_folder(&config.data, NewLedger { origin, test: config.test, next_key_out })?;
    let mode = if config.test { Mode::Test } else { Mode::Live };
    let genesis = opened.successor.clone().map(|successor| Genesis { mode, successor });
    let previous_key = opened.keys.previous_key();
    let options = Options { queue_capacity: config.queue, clock_gap_confirmed: config.confirm_clock_gap };
    let authorities = config.timestamps.load()?;
    let platform = filing_service::platform_key(&config.data, opened.platform, &opened.store)?;
    let store = Arc::new(factory::for_node(opened.store, descriptors::database_options()));
    let ledger = serve_witnesses::known_keys(&*store, &opened.keys)?;
    let policy = config.witnesses.load(&ledger)?;
    config.witnesses.check(&*store, &ledger, policy.as_deref()).await?;
    let started = start(Arc::clone(&store), opened.keys, genesis.as_ref(), SystemClock::new(), &options);
    let (sequencer, running) = started.map_err(|error| cannot_start(&error))?;
    let key = settle_keys(&config.data, &store, &mut opened.messages)?;
    let writing = sequencer.clone();
    let node = (Arc::clone(&store), sequencer, platform, ((policy, authorities), previous_key));
    let stop = (args.stop_with_stdin, &opened.messages[..]);
    let served = run_until_shutdown(&config, screen, network, node, (&key, chosen), stop).await;
    // Waiting requests are answered before the store is closed; the folder is left consistent in every case.
    let finished = tokio::task::spawn_blocking(move || {
        running.shutdown();
        store.finish()
    });
    let finished = finished.await?;
    served?;
    tracing::info!("stopped");
    match (writing.health().writing, finished) {
        (Err(Halt::Stopped(reason)), _) => return Err(stopped_with_fault(&reason.to_string()).into()),
        // After a pause, the next start completes the remaining work.
        (Err(Halt::Paused(_)), _) | (Ok(()), Ok(())) => {}
        (Ok(()), Err(error)) => return Err(stopped_with_fault(&error.to_string()).into()),
    }
    log_unwritable(screen.line(screen.paint(FAINT, screen.pick("已停止", "stopped"))));
    Ok(ExitStatus::Good)
}

/// Gives the key files their names after a rotation. Returns the ledger key in force.
fn settle_keys(data: &Path, store: &NodeStore, messages: &mut Vec<OperatorMessage>) -> anyhow::Result<VerifierKey> {
    let (history, published) = (key_history(store)?, records::published(store)?);
    for message in key_files::settle(data, &history, published.block_time)? {
        tracing::warn!("{}", message.1);
        messages.push(message);
    }
    Ok(history.current().key.clone())
}

/// Logs a failed write to standard output: a node runs without one.
pub(in crate::cli) fn log_unwritable<E: std::fmt::Display>(written: Result<(), E>) {
    if let Err(error) = written {
        tracing::warn!(%error, "standard output cannot be written");
    }
}

/// The attesters of checkpoints: witnesses, and timestamp authorities.
type Attesters = (Option<Arc<WitnessPolicy>>, Vec<Authority>);

/// Serves until a shutdown signal.
async fn run_until_shutdown(
    config: &NodeConfig,
    screen: &Screen,
    network: Network,
    (store, sequencer, platform, ((policy, authorities), previous_key)): (
        Arc<NodeStore>,
        Sequencer,
        Signer,
        (Attesters, PreviousKey),
    ),
    (key, chosen): (&VerifierKey, ChosenPolicy),
    (with_stdin, messages): (bool, &[OperatorMessage]),
) -> anyhow::Result<()> {
    let mode = match genesis(&*store)?.kind {
        NoticeKind::Genesis { mode, .. } => mode,
        NoticeKind::Key { .. } | NoticeKind::Erased { .. } => Mode::Live,
    };
    chosen.record(&AccountFiles::in_ledger(&config.data))?;
    let queries = Arc::new(QueryService::new(Arc::clone(&store) as Arc<dyn LedgerReader>, config.http.reads));
    let stores = (Arc::clone(&queries), Arc::clone(&store) as Arc<dyn FilingStore>);
    let filing = filing_service::open(&config.data, stores, sequencer.clone(), platform, &config.limits)?;
    let filing = filing.with_attestation_trust(serve_timestamps::attesters(policy.as_deref(), &authorities));
    let (filing, token) = filing_service::prepare(filing, config.operator_token.as_deref()).await?;
    // A snapshot that an interrupted backup has left.
    node_snapshot::remove(&config.data).map_err(|error| CliError::io(&config.data, &error))?;
    let control = control_socket(&config.data)?;
    let addresses: Vec<String> = network.listeners.iter().map(Listener::url).collect::<io::Result<_>>()?;
    // Installed before the address is printed: from then on a caller may send the signal.
    let stop = shutdown_signal(with_stdin)?;
    let hangup = signal(SignalKind::hangup())?;
    for (zh, en) in messages.iter().chain(&token) {
        log_unwritable(screen.line(screen.paint(WARNING, screen.pick(zh, en))));
    }
    log_unwritable(print_start(screen, config, &addresses, key, (mode, chosen)));
    tracing::info!(ledger = %key.name(), mode = mode.word(), deposits = chosen.policy.word(), listeners = addresses.join(" "), "listening");
    let parts = (Arc::clone(&queries), Arc::clone(&store) as Arc<dyn Annotations>, sequencer.clone());
    let needs_quorum = policy.as_ref().is_some_and(|policy| policy.policy().requires_witnesses());
    let own = (Arc::clone(&queries), Arc::clone(&store) as Arc<dyn Annotations>);
    let stamper = RunningStamper::start(&config.timestamps, authorities, needs_quorum, own)?;
    let collector =
        RunningCollector::start(&config.witnesses, policy, key, parts, (previous_key.clone(), &config.data))?;
    let node = AppState::new(queries, sequencer, config.http_options(network.connections)).with_filing(filing);
    let node = node.with_cosigning(collector.as_ref().map(RunningCollector::cosigning));
    let node = node.with_stamping(stamper.as_ref().map(RunningStamper::service));
    let node = node.with_admission(chosen.policy, &config.deposits.limits(mode));
    let node = node.with_request_limits(&config.request_limits(mode));
    #[cfg(feature = "oidc")]
    let node = node.with_oidc(config.oidc.load()?);
    let node = Arc::new(node.with_description(description(config, network.tls.clone())?));
    let (close, closed) = oneshot::channel::<()>();
    let commands = control_state(&config.data, &node, store, previous_key);
    let control = tokio::spawn(async move {
        match control {
            Some(control) => control.serve(commands, async { drop(closed.await) }).await,
            None => Ok(()),
        }
    });
    let served = tokio::select! {
        served = server::serve(network.listeners, node, stop) => served,
        never = reload_on(hangup, network.tls.as_ref()) => never,
    };
    drop(close);
    await_commands(control, config.http.shutdown).await;
    RunningCollector::stop(collector).await;
    RunningStamper::stop(stamper).await;
    Ok(served?)
}

fn description(config: &NodeConfig, tls: Option<TlsIdentity>) -> Result<NodeDescription, CliError> {
    Ok(NodeDescription {
        operator: config.operator_name.clone(),
        nature: config.operator_nature.clone(),
        record_filing: config.record_filing.clone(),
        clock_source: config.clock_source.clone(),
        data: Some(config.data.clone()),
        reserved: Some(config.limits.of_originals(&config.data)?.reserved),
        last_backup: Some(config.data.join(LAST_BACKUP)),
        tls,
    })
}

/// Reloads the certificate at each signal.
async fn reload_on(mut hangup: Signal, tls: Option<&TlsIdentity>) -> ! {
    loop {
        hangup.recv().await;
        reload_certificate(tls);
    }
}

/// Reloads the certificate. A file that cannot be used is logged, and the earlier certificate stays in use.
pub(in crate::cli) fn reload_certificate(tls: Option<&TlsIdentity>) {
    let Some(tls) = tls else { return tracing::info!("SIGHUP: no certificate is configured") };
    match tls.reload(SystemClock::new().read().wall) {
        Ok(()) => tracing::info!(valid_until = %tls.valid_until(), "the certificate was reloaded"),
        Err(error) => tracing::error!(%error, "the certificate was not reloaded; the earlier one stays in use"),
    }
}

/// The node ended after deposits had stopped, or the folder could not be closed cleanly.
fn stopped_with_fault(reason: &str) -> CliError {
    let en = format!(
        "the node has ended; deposits had stopped before: {reason}. What was acknowledged is kept; the next start checks the ledger"
    );
    let zh = format!("节点已退出；此前存证已停止：{reason}。已确认的存证均已保存；下次启动时将核对账本");
    CliError::unable("writing_stopped", zh, en)
}

fn print_start(
    screen: &Screen,
    config: &NodeConfig,
    addresses: &[String],
    key: &VerifierKey,
    (mode, chosen): (Mode, ChosenPolicy),
) -> anyhow::Result<()> {
    screen.document(&json!({
        "listening": addresses.first(),
        "listeners": addresses,
        "ledger": key.name().as_str(),
        "key": key.to_string(),
        "mode": mode.word(),
        "deposits": chosen.policy.word(),
        "deposits_before": chosen.recorded.map(DepositPolicy::word),
        "data": config.data.to_string_lossy(),
    }))?;
    let word = screen.paint(GOOD, screen.pick("正在监听", "listening on"));
    for address in addresses {
        screen.line(format!("{word} {address}"))?;
    }
    let row = |zh: &str, en: &str, value: String| vec![screen.pick(zh, en).to_owned(), value];
    screen.table(&[
        row("  链标识", "  ledger", key.name().to_string()),
        row("  账本密钥（请公布）", "  its key (publish it)", key.to_string()),
        row("  数据", "  data", config.data.display().to_string()),
    ])?;
    chosen.print(screen)?;
    if mode == Mode::Test {
        let text = screen.pick("测试账本：其编号不得作为证据使用", "a test ledger: its numbers are no evidence");
        screen.line(format!("  {}", screen.paint(WARNING, text)))?;
    }
    Ok(screen.line(screen.paint(FAINT, screen.pick("  按 Ctrl-C 停止", "  Ctrl-C stops it")))?)
}

/// Resolves at a shutdown signal.
pub(in crate::cli) fn shutdown_signal(with_stdin: bool) -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = stdin_closed(with_stdin) => {}
        }
    })
}

/// Resolves at the end of standard input if `with_stdin`.
async fn stdin_closed(counts: bool) {
    let (sender, receiver) = oneshot::channel();
    if counts {
        // A separate thread, since a read of standard input cannot be cancelled; it ends with the process.
        std::thread::spawn(move || {
            // An error ends the input too; the receiver may be dropped already.
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            let _ = sender.send(());
        });
        if receiver.await.is_ok() {
            return;
        }
    }
    std::future::pending::<()>().await;
}
