//! `serve`: runs a node on a ledger's folder, and creates the ledger if there is none.
//!
//! ```text
//! key files ─▶ folder ─▶ sequencer (recovers or creates) ─▶ listener ─▶ "listening on …" ─▶ until SIGTERM or SIGINT
//! ```
//!
//! The keys are written once the folder holds a ledger and before anything is signed: a crash in between leaves a ledger
//! without a record, which gets its keys at the next start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::cli::deposit_policy::{ChosenPolicy, DepositArgs};
use crate::cli::descriptors;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::filing_service;
use crate::cli::log;
use crate::cli::node_folder::{check_files, open_folder};
use crate::cli::node_keys::OperatorMessage;
use crate::cli::screen::{FAINT, GOOD, Screen, WARNING};
use crate::cli::serve_limits::LimitArgs;
use crate::cli::values::at_least_one;
use crate::filing::deposit_policy::DepositPolicy;
use crate::filing::service::FilingStore;
use crate::http::app_state::AppState;
use crate::http::client_address::{ProxyNetwork, TrustedProxies};
use crate::http::options::Options as HttpOptions;
use crate::http::server;
use crate::ledger::key::{Signer, VerifierKey};
use crate::ledger::notice::{Mode, NoticeKind};
use crate::query::records::genesis;
use crate::query::service::QueryService;
use crate::sequencer::clock::SystemClock;
use crate::sequencer::handle::Sequencer;
use crate::sequencer::recovery::StartError;
use crate::sequencer::start::{Genesis, Options, start};
use crate::sequencer::state::Halt;
use crate::store::account_files::AccountFiles;
use crate::store::factory::{self, NodeStore};
use crate::store::traits::LedgerReader;

const EXAMPLES: &str = "\
Examples:
  tiezheng serve --data try-out --test           numbers begin with T and are no evidence
  tiezheng serve --deposits accounts             on ./chain-data and http://127.0.0.1:7654
  tiezheng serve --data /srv/ledger --origin ledger.example.org/1 --deposits enrolled

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

The node listens on loopback only and speaks plain HTTP. A reverse proxy in front of it must
end TLS, pass one Host, set X-Forwarded-For or Forwarded to the address that it sees, remove
the other of the two, and be named by --trusted-proxy; otherwise all its clients share one
limit. It must not buffer, cache or retry deposits, and must not add an Authorization of its
own. Under `open` it opens deposits to whoever can reach it: choose enrolled or accounts if
that is not meant.

Keep copies of ledger.key and platform.key and, elsewhere, of next.key.
|
示例：
  tiezheng serve --data try-out --test           测试账本：编号以 T 开头，不得作为证据
  tiezheng serve --deposits accounts             使用 ./chain-data 与 http://127.0.0.1:7654
  tiezheng serve --data /srv/ledger --origin ledger.example.org/1 --deposits enrolled

存证策略由运营者明确指定，不从地址或请求头推断：
  open       任何能访问节点的人，凭已签名的声明
  enrolled   仅限以账号已登记的公钥签名的声明（tiezheng case account add-key 公钥）
  accounts   仅凭令牌；另两种策略下令牌同样可用
正式账本首次启动须指定，并予记录；此后可用 --deposits 更改。测试账本默认为 open。

限额写作 N 或 N/BURST：长期每分钟 N 次，一次至多 BURST 次（默认 10 N），或 none（不限）。正式账本：
每地址 1200，每公钥、每账号各 600；测试账本不限。IPv6 客户端按 /64 网段计。

节点只监听本机回环地址，使用明文 HTTP。其前的反向代理须终止 TLS，只传一个 Host，将 X-Forwarded-For
或 Forwarded 设为其所见地址并去除另一个，且以 --trusted-proxy 登记，否则其所有客户端共用一个限额；
不得缓冲、缓存或重发存证请求，不得代加 Authorization。open 策略下，能访问代理者均可存证：如非本意，
请用 enrolled 或 accounts。

请妥善备份 ledger.key 和 platform.key，并在另一处备份 next.key。";

/// Run a node | 启动节点
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// The ledger's folder, created if missing | 账本文件夹
    #[arg(long, value_name = "DIR", default_value = "chain-data")]
    data: PathBuf,
    /// Address to listen on; port 0 selects a free port | 监听地址
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7654")]
    listen: SocketAddr,
    /// Permanent name of a new ledger; default: tiezheng/ and its key's hash | 新账本的标识
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
    /// Make a new ledger a test ledger, permanently | 新账本为测试账本
    #[arg(long)]
    test: bool,
    #[command(flatten)]
    deposits: DepositArgs,
    /// Network of reverse proxies whose Forwarded or X-Forwarded-For gives the client address, for limits and logs only; repeatable | 可信反向代理网段，可多次指定
    #[arg(long = "trusted-proxy", value_name = "CIDR")]
    trusted_proxies: Vec<ProxyNetwork>,
    /// Maximum number of queued deposits | 等候队列上限
    #[arg(long, value_name = "N", default_value_t = Options::default().queue_capacity, value_parser = at_least_one())]
    pool: usize,
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

/// Runs the node until a shutdown signal.
///
/// # Errors
///
/// [`CliError`]: the folder, the keys, the clock, the address.
pub async fn run(args: &ServeArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    if !args.listen.ip().is_loopback() {
        let en = format!(
            "{} is not a loopback address. This version has no TLS: it serves 127.0.0.1 and ::1 only, behind a reverse proxy",
            args.listen
        );
        let zh = format!(
            "{} 不是本机回环地址。本版本尚无 TLS，只在 127.0.0.1 与 ::1 上提供服务，对外请使用反向代理",
            args.listen
        );
        return Err(CliError::usage("not_loopback", zh, en).into());
    }
    let _log = log::begin(screen);
    // Before the database opens files.
    let connections = descriptors::claim(HttpOptions::default().connections)?;
    // Before a ledger is created, which is permanent: an address in use must leave nothing behind.
    let listener = TcpListener::bind(args.listen).await.map_err(|error| cannot_listen(args.listen, &error))?;
    // All files of a node are readable by their owner only.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    // Before anything is written and before the deposit policy is read: it is one of the account files.
    check_files(&args.data)?;
    let chosen = args.deposits.choose(&args.data, args.test)?;
    let opened = open_folder(&args.data, args.origin.as_deref(), args.test)?;
    let key = opened.signer.verifier().clone();
    let genesis =
        Genesis { mode: if args.test { Mode::Test } else { Mode::Live }, successor: opened.successor.clone() };
    let options = Options { queue_capacity: args.pool, clock_gap_confirmed: args.confirm_clock_gap };
    let platform = filing_service::platform_key(&args.data, opened.platform, &opened.store)?;
    let store = Arc::new(factory::for_node(opened.store, descriptors::database_options()));
    let (sequencer, running) = start(Arc::clone(&store), opened.signer, Some(&genesis), SystemClock::new(), &options)
        .map_err(|error| cannot_start(&error))?;
    let writing = sequencer.clone();
    let node = (Arc::clone(&store), sequencer, platform);
    let served =
        run_until_shutdown(args, screen, (listener, connections), node, (&key, &opened.messages, chosen)).await;
    // Waiting requests are answered before the store is closed; the folder is left consistent in every case.
    let finished = tokio::task::spawn_blocking(move || {
        running.shutdown();
        store.finish()
    });
    let finished = finished.await?;
    served?;
    match (writing.health().writing, finished) {
        (Err(Halt::Stopped(reason)), _) => return Err(stopped_with_fault(&reason.to_string()).into()),
        // After a pause, the next start completes what is left.
        (Err(Halt::Paused(_)), _) | (Ok(()), Ok(())) => {}
        (Ok(()), Err(error)) => return Err(stopped_with_fault(&error.to_string()).into()),
    }
    log_unwritable(screen.line(screen.paint(FAINT, screen.pick("已停止", "stopped"))));
    Ok(ExitStatus::Good)
}

/// Logs a failed write to standard output: a node runs without one.
fn log_unwritable<E: std::fmt::Display>(written: Result<(), E>) {
    if let Err(error) = written {
        tracing::warn!(%error, "standard output cannot be written");
    }
}

/// Serves until a shutdown signal.
async fn run_until_shutdown(
    args: &ServeArgs,
    screen: &Screen,
    (listener, connections): (TcpListener, usize),
    (store, sequencer, platform): (Arc<NodeStore>, Sequencer, Signer),
    (key, messages, chosen): (&VerifierKey, &[OperatorMessage], ChosenPolicy),
) -> anyhow::Result<()> {
    let mode = match genesis(&*store)?.kind {
        NoticeKind::Genesis { mode, .. } => mode,
        NoticeKind::Key { .. } | NoticeKind::Erased { .. } => Mode::Live,
    };
    chosen.record(&AccountFiles::in_ledger(&args.data))?;
    let queries =
        Arc::new(QueryService::new(Arc::clone(&store) as Arc<dyn LedgerReader>, HttpOptions::default().reads));
    let stores = (Arc::clone(&queries), Arc::clone(&store) as Arc<dyn FilingStore>);
    let filing = Arc::new(filing_service::open(&args.data, stores, sequencer.clone(), platform, &args.limits)?);
    filing_service::sweep(&filing).await;
    let token = match &args.operator_token {
        Some(path) => Some(filing_service::operator_token(&filing, path).await?),
        None => None,
    };
    let address = format!("http://{}", listener.local_addr()?);
    // Installed before the address is printed: from then on a caller may send the signal.
    let stop = shutdown_signal(args.stop_with_stdin)?;
    for (zh, en) in messages.iter().chain(&token) {
        log_unwritable(screen.line(screen.paint(WARNING, screen.pick(zh, en))));
    }
    log_unwritable(print_start(screen, args, &address, key, (mode, chosen)));
    let trusted_proxies = TrustedProxies::new(args.trusted_proxies.clone());
    let options = HttpOptions { trusted_proxies, ..HttpOptions::default().with_connections(connections) };
    let node = AppState::new(queries, sequencer, options).with_filing(filing);
    let node = node.with_admission(chosen.policy, &args.deposits.limits(mode));
    Ok(server::serve(listener, node, stop).await?)
}

fn cannot_start(error: &StartError) -> CliError {
    let text = error.to_string();
    let code = match error {
        StartError::OtherKey { .. } => "other_key",
        StartError::Clock(_) => {
            let zh = format!("时钟：{text}。确认时钟无误后可加 --confirm-clock-gap");
            return CliError::unable("clock", zh, format!("{text}. If the clock is right: --confirm-clock-gap"));
        }
        StartError::NoGenesis(_) | StartError::CheckpointForged(_) | StartError::ReadBack(_) => {
            return CliError::finding("chain_fault", text.clone(), text);
        }
        _ => "cannot_start",
    };
    CliError::unable(code, text.clone(), text)
}

/// The node ended after deposits had stopped, or the folder could not be closed cleanly.
fn stopped_with_fault(reason: &str) -> CliError {
    let en = format!(
        "the node has ended; deposits had stopped before: {reason}. What was acknowledged is kept; the next start checks the ledger"
    );
    let zh = format!("节点已退出；此前存证已停止：{reason}。已确认的存证均已保存；下次启动时将核对账本");
    CliError::unable("writing_stopped", zh, en)
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> CliError {
    let en = format!("cannot listen on {address}: {error}. Is another node running? --listen takes another address");
    CliError::unable("cannot_listen", format!("无法监听 {address}：{error}。可用 --listen 指定其他地址"), en)
}

fn print_start(
    screen: &Screen,
    args: &ServeArgs,
    address: &str,
    key: &VerifierKey,
    (mode, chosen): (Mode, ChosenPolicy),
) -> anyhow::Result<()> {
    screen.document(&json!({
        "listening": address,
        "ledger": key.name().as_str(),
        "key": key.to_string(),
        "mode": mode.word(),
        "deposits": chosen.policy.word(),
        "deposits_before": chosen.recorded.map(DepositPolicy::word),
        "data": args.data.to_string_lossy(),
    }))?;
    let word = screen.paint(GOOD, screen.pick("正在监听", "listening on"));
    screen.line(format!("{word} {address}"))?;
    let row = |zh: &str, en: &str, value: String| vec![screen.pick(zh, en).to_owned(), value];
    screen.table(&[
        row("  链标识", "  ledger", key.name().to_string()),
        row("  账本密钥（请公布）", "  its key (publish it)", key.to_string()),
        row("  数据", "  data", args.data.display().to_string()),
    ])?;
    chosen.print(screen)?;
    if mode == Mode::Test {
        let text = screen.pick("测试账本：其编号不得作为证据使用", "a test ledger: its numbers are no evidence");
        screen.line(format!("  {}", screen.paint(WARNING, text)))?;
    }
    Ok(screen.line(screen.paint(FAINT, screen.pick("  按 Ctrl-C 停止", "  Ctrl-C stops it")))?)
}

/// Resolves at a shutdown signal.
fn shutdown_signal(with_stdin: bool) -> io::Result<impl Future<Output = ()>> {
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
    let (tell, told) = oneshot::channel();
    if counts {
        // A separate thread, since a read of standard input cannot be cancelled; it ends with the process.
        std::thread::spawn(move || {
            // An error ends the input too; the receiver may be dropped already.
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            let _ = tell.send(());
        });
        if told.await.is_ok() {
            return;
        }
    }
    std::future::pending::<()>().await;
}
