//! `serve`: runs a node on a ledger's folder, and founds the ledger where there is none.
//!
//! ```text
//! folder ─▶ key files ─▶ sequencer (recovers, founds) ─▶ listener ─▶ "listening on …" ─▶ until SIGTERM or SIGINT
//! ```
//!
//! The keys are written once the folder holds a ledger and before anything is signed: a crash in between leaves a ledger
//! without a record, which gets its keys at the next start.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::cli::case_key;
use crate::cli::durable;
use crate::cli::ending::{Complaint, Ending};
use crate::cli::keygen::of_ledger;
use crate::cli::office;
use crate::cli::opening::cannot_open;
use crate::cli::screen::{FAINT, GOOD, HEED, Screen};
use crate::cli::values::at_least_one;
use crate::http::client_address::{ProxyNetwork, TrustedProxies};
use crate::http::node::Node;
use crate::http::options::Options as HttpOptions;
use crate::http::server;
use crate::ledger::hash::sha256;
use crate::ledger::key::{Name, Signer, VerifierKey};
use crate::ledger::notice::{Mode, NoticeKind};
use crate::sequencer::clock::SystemClock;
use crate::sequencer::handle::Sequencer;
use crate::sequencer::start::{Founding, Options, StartError, start};
use crate::store::contract::AppendLedger as _;
use crate::store::contract::keeping::KeepPrivate;
use crate::store::reading::genesis;
use crate::store::rocks::open::OpenError;
use crate::store::rocks::store::RocksStore;
use crate::store::rocks::tuning;

/// The folder's private keys: the ledger's, and its successor's, to which the genesis notice commits.
const KEY_FILES: [&str; 2] = ["ledger.key", "next.key"];

const EXAMPLES: &str = "\
Examples | 示例:
  tiezheng serve                                 on ./chain-data and http://127.0.0.1:7654
  tiezheng serve --data /srv/ledger --origin ledger.example.org/1
  tiezheng serve --data try-out --test           numbers begin with T and are no evidence

On loopback anybody on this machine may deposit. Other addresses are refused until deposits
can be restricted to those enrolled. Keep a copy of ledger.key and, elsewhere, of next.key.
请妥善备份两个密钥文件，并分开保管。";

/// Run a node | 启动节点
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// The ledger's folder, made if it is not there | 账本文件夹
    #[arg(long, value_name = "DIR", default_value = "chain-data")]
    data: PathBuf,
    /// Address to listen on; port 0 takes any free one | 监听地址
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7654")]
    listen: SocketAddr,
    /// Name of a new ledger, for good; default: tiezheng/ and its key's hash | 新账本的标识
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
    /// Make a new ledger a test ledger, for good | 新账本为测试账本
    #[arg(long)]
    test: bool,
    /// Network of a reverse proxy whose Forwarded or X-Forwarded-For header names the client, for limits and logs; several times | 可信反向代理网段
    #[arg(long = "trusted-proxy", value_name = "CIDR")]
    trusted_proxies: Vec<ProxyNetwork>,
    /// Most deposits waiting at a time | 等候队列上限
    #[arg(long, value_name = "N", default_value_t = Options::default().pool, value_parser = at_least_one())]
    pool: usize,
    /// Make an operator of accounts and write the token into this file, unless it is there | 生成平台管理员令牌并写入此文件
    #[arg(long, value_name = "FILE")]
    operator_token: Option<PathBuf>,
    /// The clock is right although the last block is more than a day old | 确认时钟无误
    #[arg(long)]
    confirm_clock_gap: bool,
    /// Stop once standard input ends, as it does when the process that started this one is gone | 标准输入结束即停止
    #[arg(long, hide = true)]
    stop_with_stdin: bool,
}

/// Runs it until it is told to stop.
///
/// # Errors
///
/// [`Complaint`]: the folder, the keys, the clock, the address.
pub async fn run(args: &ServeArgs, screen: &Screen) -> anyhow::Result<Ending> {
    if !args.listen.ip().is_loopback() {
        let en = format!(
            "{} is not a loopback address: anybody who reaches it could deposit. This version serves 127.0.0.1 and ::1 only",
            args.listen
        );
        let zh = format!(
            "{} 不是本机回环地址：任何能访问它的人都可以存证。本版本只在 127.0.0.1 与 ::1 上提供服务",
            args.listen
        );
        return Err(Complaint::usage("not_loopback", zh, en).into());
    }
    log_to_stderr(screen);
    // Before a ledger is founded, which is for good: an address in use must leave nothing behind.
    let listener = TcpListener::bind(args.listen).await.map_err(|error| cannot_listen(args.listen, &error))?;
    let opened = open(args)?;
    let key = opened.signer.verifier().clone();
    let founding =
        Founding { mode: if args.test { Mode::Test } else { Mode::Live }, successor: opened.successor.clone() };
    let options = Options { pool: args.pool, clock_gap_confirmed: args.confirm_clock_gap };
    let store = Arc::new(opened.store);
    let (sequencer, running) = start(Arc::clone(&store), opened.signer, Some(&founding), SystemClock::new(), &options)
        .map_err(|error| cannot_start(&error))?;
    let served = attend(args, screen, listener, (store, sequencer), &key).await;
    // Whoever still waits is answered before the store is closed, and the folder is left in order however this ends.
    tokio::task::spawn_blocking(move || running.shutdown()).await?;
    served?;
    screen.line(screen.paint(FAINT, screen.pick("已停止", "stopped")))?;
    Ok(Ending::Good)
}

/// Serves until it is told to stop.
async fn attend(
    args: &ServeArgs,
    screen: &Screen,
    listener: TcpListener,
    (store, sequencer): (Arc<RocksStore>, Sequencer),
    key: &VerifierKey,
) -> anyhow::Result<()> {
    let mode = match genesis(&*store)?.kind {
        NoticeKind::Genesis { mode, .. } => mode,
        NoticeKind::Key { .. } | NoticeKind::Erased { .. } => Mode::Live,
    };
    if args.test && mode == Mode::Live {
        let en = format!(
            "{} holds a live ledger, and a ledger is live or test for good; --test is for a new one",
            args.data.display()
        );
        return Err(Complaint::usage(
            "live_ledger",
            format!("{} 是正式账本，不能改为测试账本", args.data.display()),
            en,
        )
        .into());
    }
    let desk = Arc::new(office::open(&args.data, Arc::clone(&store) as Arc<dyn KeepPrivate>, sequencer.clone())?);
    office::sweep(&desk).await;
    if let Some(path) = &args.operator_token {
        office::operator_token(&desk, path).await?;
    }
    let address = format!("http://{}", listener.local_addr()?);
    // Listened for before anybody is told that there is a node to stop.
    let stop = told_to_stop(args.stop_with_stdin)?;
    tell(screen, args, &address, key, mode)?;
    let trusted_proxies = TrustedProxies::new(args.trusted_proxies.clone());
    let options = HttpOptions { trusted_proxies, ..HttpOptions::default() };
    let node = Node::new(store, sequencer, options).with_desk(desk);
    Ok(server::serve(listener, node, stop).await?)
}

/// A ledger's folder, open, and its keys.
struct Opened {
    store: RocksStore,
    signer: Signer,
    successor: VerifierKey,
}

fn open(args: &ServeArgs) -> Result<Opened, Complaint> {
    let options = tuning::Options::default();
    let unopened = |error: OpenError| cannot_open(&args.data, &error);
    match RocksStore::open(&args.data, &options) {
        Ok(store) => {
            let tip =
                store.tip().map_err(|error| Complaint::unable("unreadable", error.to_string(), error.to_string()))?;
            if let Some(wanted) = args.origin.as_deref().filter(|wanted| *wanted != tip.origin.as_str()) {
                let (dir, found) = (args.data.display(), &tip.origin);
                let en = format!("{dir} holds the ledger `{found}`, not `{wanted}`: a ledger's name is for good");
                return Err(Complaint::usage(
                    "another_ledger",
                    format!("{dir} 中的账本是“{found}”，不是“{wanted}”"),
                    en,
                ));
            }
            let [own, next] = KEY_FILES.map(|name| args.data.join(name));
            if tip.size().is_empty() && !own.exists() {
                let (signer, successor) = write_keys(&args.data, of_ledger(tip.origin.as_str())?)?;
                return Ok(Opened { store, signer, successor });
            }
            let signer = case_key::read(&own)?;
            // Only a founding needs the successor; its file may well be kept elsewhere.
            let successor =
                if next.exists() { case_key::read(&next)?.verifier().clone() } else { signer.verifier().clone() };
            Ok(Opened { store, signer, successor })
        }
        Err(OpenError::Absent | OpenError::Unfinished) => {
            let signer = found_key(args.origin.as_deref())?;
            let store = RocksStore::create(&args.data, signer.verifier().name(), &options).map_err(unopened)?;
            let origin = store
                .tip()
                .map_err(|error| Complaint::unable("unreadable", error.to_string(), error.to_string()))?
                .origin;
            let signer = if origin == *signer.verifier().name() { signer } else { of_ledger(origin.as_str())? };
            let (signer, successor) = write_keys(&args.data, signer)?;
            Ok(Opened { store, signer, successor })
        }
        Err(error) => Err(unopened(error)),
    }
}

/// A new ledger's key: under the name given, or under one that no other ledger has.
fn found_key(origin: Option<&str>) -> Result<Signer, Complaint> {
    if let Some(origin) = origin {
        return of_ledger(origin);
    }
    let seed = Zeroizing::new(case_key::random_bytes::<32>()?);
    let signer = Signer::of_depositor(&seed).and_then(|unnamed| {
        let hash: String = sha256(unnamed.verifier().public().as_bytes()).to_string().chars().take(16).collect();
        Signer::new(Name::parse(&format!("tiezheng/{hash}"))?, &seed)
    });
    signer.ok_or_else(|| Complaint::unable("weak_key", "生成的密钥过弱", "the key made is weak"))
}

/// Writes both key files, the ledger's own last: where that is, both are.
fn write_keys(dir: &Path, signer: Signer) -> Result<(Signer, VerifierKey), Complaint> {
    let next = of_ledger(signer.verifier().name().as_str())?;
    let [own_file, next_file] = KEY_FILES.map(|name| dir.join(name));
    for (path, key) in [(&next_file, &next), (&own_file, &signer)] {
        let text = Zeroizing::new(format!("{}\n", *key.to_private_text()));
        durable::replace(path, text.as_bytes(), 0o600).map_err(|error| Complaint::io(path, &error))?;
    }
    Ok((signer, next.verifier().clone()))
}

fn cannot_start(error: &StartError) -> Complaint {
    let text = error.to_string();
    let code = match error {
        StartError::OtherKey { .. } => "other_key",
        StartError::Clock(_) => {
            let zh = format!("时钟：{text}。确认时钟无误后可加 --confirm-clock-gap");
            return Complaint::unable("clock", zh, format!("{text}. If the clock is right: --confirm-clock-gap"));
        }
        StartError::NoGenesis(_) | StartError::MarkForged(_) | StartError::Disagreement(_) => {
            return Complaint::finding("chain_fault", text.clone(), text);
        }
        _ => "cannot_start",
    };
    Complaint::unable(code, text.clone(), text)
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Complaint {
    let en = format!("cannot listen on {address}: {error}. Is another node running? --listen takes another address");
    Complaint::unable("cannot_listen", format!("无法监听 {address}：{error}。可用 --listen 指定其他地址"), en)
}

fn tell(screen: &Screen, args: &ServeArgs, address: &str, key: &VerifierKey, mode: Mode) -> anyhow::Result<()> {
    screen.document(&json!({
        "listening": address,
        "ledger": key.name().as_str(),
        "key": key.to_string(),
        "mode": mode.word(),
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
    if mode == Mode::Test {
        let text = screen.pick("测试账本：其编号不得作为证据使用", "a test ledger: its numbers are no evidence");
        screen.line(format!("  {}", screen.paint(HEED, text)))?;
    }
    Ok(screen.line(screen.paint(FAINT, screen.pick("  按 Ctrl-C 停止", "  Ctrl-C stops it")))?)
}

/// Over once the process is told to stop.
fn told_to_stop(with_stdin: bool) -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = stdin_over(with_stdin) => {}
        }
    })
}

/// Over once standard input is, if that is to count.
async fn stdin_over(counts: bool) {
    let (tell, told) = oneshot::channel();
    if counts {
        // A thread of its own, since a read of standard input cannot be called off; it ends with the process.
        std::thread::spawn(move || {
            // Whatever ends the copying, there is no more to come; and nobody may be left to be told.
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            let _ = tell.send(());
        });
        if told.await.is_ok() {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// What the node does, for its operator: `RUST_LOG` chooses how much.
fn log_to_stderr(screen: &Screen) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(screen.is_watched());
    // Somebody who set up another log before us keeps it.
    let _ = log.try_init();
}
