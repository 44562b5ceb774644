//! `serve`: runs a node on a ledger's folder, and founds the ledger where there is none.
//!
//! ```text
//! key files ─▶ folder ─▶ sequencer (recovers, founds) ─▶ listener ─▶ "listening on …" ─▶ until SIGTERM or SIGINT
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
use crate::cli::deposit_policy::{ChosenPolicy, DepositArgs};
use crate::cli::descriptors;
use crate::cli::durable;
use crate::cli::ending::{Complaint, Ending};
use crate::cli::keygen::of_ledger;
use crate::cli::log;
use crate::cli::node_keys::{LEDGER_KEY, NEXT_KEY, NodeKeys, Remark, missing as key_missing};
use crate::cli::office;
use crate::cli::opening::{cannot_open, unreadable};
use crate::cli::screen::{FAINT, GOOD, HEED, Screen};
use crate::cli::serve_limits::LimitArgs;
use crate::cli::values::at_least_one;
use crate::desk::deposit_policy::DepositPolicy;
use crate::http::client_address::{ProxyNetwork, TrustedProxies};
use crate::http::node::Node;
use crate::http::options::Options as HttpOptions;
use crate::http::server;
use crate::ledger::hash::sha256;
use crate::ledger::key::{Name, Signer, VerifierKey};
use crate::ledger::notice::{Mode, NoticeKind};
use crate::sequencer::clock::SystemClock;
use crate::sequencer::handle::Sequencer;
use crate::sequencer::recovery::StartError;
use crate::sequencer::start::{Genesis, Options, start};
use crate::sequencer::state::Halt;
use crate::store::account_files::AccountFiles;
use crate::store::contract::AppendLedger as _;
use crate::store::contract::keeping::KeepPrivate;
use crate::store::reading::genesis;
use crate::store::rocks::folder::Folder;
use crate::store::rocks::open_error::OpenError;
use crate::store::rocks::reopening::ReopeningStore;
use crate::store::rocks::store::RocksStore;

const EXAMPLES: &str = "\
Examples | 示例:
  tiezheng serve --data try-out --test           numbers begin with T and are no evidence
  tiezheng serve --deposits accounts             on ./chain-data and http://127.0.0.1:7654
  tiezheng serve --data /srv/ledger --origin ledger.example.org/1 --deposits enrolled

Who may deposit is what you say, and never inferred from an address or a header | 存证策略:
  open       anybody who reaches the node, with a signed statement | 任何人，凭已签名的声明
  enrolled   statements signed by a key that an account has enrolled | 仅限账号已登记的公钥
             (tiezheng case account add-key VKEY)
  accounts   deposits by token only; under the others, tokens are accepted as well | 仅凭令牌
A live ledger needs one at its first start; it is recorded, and a later --deposits changes it.
A test ledger is open unless you say otherwise. 正式账本首次启动须指定，此后可用 --deposits 更改。

Limits are N or N/BURST: N a minute in the long run, BURST at once (default: 10 N), or none.
A live ledger: 1200 per address, 600 per key and per account. A test ledger: none. An IPv6
client counts by its /64 network. 限额：每分钟 N 次，一次至多 BURST 次；测试账本不限。

The node listens on loopback only and speaks plain HTTP. A reverse proxy in front of it must
end TLS, pass one Host, set X-Forwarded-For or Forwarded to the address that it sees, remove
the other of the two, and be named by --trusted-proxy; otherwise all its clients share one
limit. It must not buffer, cache or retry deposits, and must not add an Authorization of its
own. Under `open` it opens deposits to whoever can reach it: choose enrolled or accounts if
that is not meant. 反向代理须终止 TLS、只传一个 Host、改写 X-Forwarded-For，并以 --trusted-proxy 登记；
不得缓存、缓冲或重发存证请求，不得代加令牌。open 策略下，能访问代理者均可存证。

Keep a copy of ledger.key and, elsewhere, of next.key. 请妥善备份两个密钥文件，并分开保管。";

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
    #[command(flatten)]
    deposits: DepositArgs,
    /// A reverse proxy's network, whose Forwarded or X-Forwarded-For names the client, for limits and logs only; several times | 可信反向代理网段，可多次指定
    #[arg(long = "trusted-proxy", value_name = "CIDR")]
    trusted_proxies: Vec<ProxyNetwork>,
    /// Most deposits waiting at a time | 等候队列上限
    #[arg(long, value_name = "N", default_value_t = Options::default().queue_capacity, value_parser = at_least_one())]
    pool: usize,
    #[command(flatten)]
    limits: LimitArgs,
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
            "{} is not a loopback address. This version has no TLS: it serves 127.0.0.1 and ::1 only, behind a reverse proxy",
            args.listen
        );
        let zh = format!(
            "{} 不是本机回环地址。本版本尚无 TLS，只在 127.0.0.1 与 ::1 上提供服务，对外请使用反向代理",
            args.listen
        );
        return Err(Complaint::usage("not_loopback", zh, en).into());
    }
    let _log = log::begin(screen);
    // Before the database opens its files.
    let connections = descriptors::claim(HttpOptions::default().connections)?;
    // Before a ledger is founded, which is for good: an address in use must leave nothing behind.
    let listener = TcpListener::bind(args.listen).await.map_err(|error| cannot_listen(args.listen, &error))?;
    // Whatever a node writes is its owner's alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    // Before anything is written.
    let chosen = args.deposits.choose(&args.data, args.test)?;
    let opened = open(args)?;
    let key = opened.signer.verifier().clone();
    let genesis =
        Genesis { mode: if args.test { Mode::Test } else { Mode::Live }, successor: opened.successor.clone() };
    let options = Options { queue_capacity: args.pool, clock_gap_confirmed: args.confirm_clock_gap };
    let platform = office::platform_key(&args.data, opened.platform, &opened.store)?;
    let store = Arc::new(ReopeningStore::new(opened.store, descriptors::database_options()));
    let (sequencer, running) = start(Arc::clone(&store), opened.signer, Some(&genesis), SystemClock::new(), &options)
        .map_err(|error| cannot_start(&error))?;
    let writing = sequencer.clone();
    let node = (Arc::clone(&store), sequencer, platform);
    let served = attend(args, screen, (listener, connections), node, (&key, &opened.remarks, chosen)).await;
    // Whoever still waits is answered before the store is closed, and the folder is left in order however this ends.
    let finished = tokio::task::spawn_blocking(move || {
        running.shutdown();
        store.finish()
    });
    let finished = finished.await?;
    served?;
    match (writing.health().writing, finished) {
        (Err(Halt::Stopped(reason)), _) => return Err(ended_badly(&reason.to_string()).into()),
        // A pause leaves nothing undone that the next start does not do.
        (Err(Halt::Paused(_)), _) | (Ok(()), Ok(())) => {}
        (Ok(()), Err(error)) => return Err(ended_badly(&error.to_string()).into()),
    }
    unless_unwritable(screen.line(screen.paint(FAINT, screen.pick("已停止", "stopped"))));
    Ok(Ending::Good)
}

/// A node does its work whether or not anybody reads its standard output, and whether or not the disk has room for it.
fn unless_unwritable<E: std::fmt::Display>(written: Result<(), E>) {
    if let Err(error) = written {
        tracing::warn!(%error, "standard output cannot be written");
    }
}

/// Serves until it is told to stop.
async fn attend(
    args: &ServeArgs,
    screen: &Screen,
    (listener, connections): (TcpListener, usize),
    (store, sequencer, platform): (Arc<ReopeningStore>, Sequencer, Signer),
    (key, remarks, chosen): (&VerifierKey, &[Remark], ChosenPolicy),
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
    chosen.record(&AccountFiles::in_ledger(&args.data))?;
    let private = Arc::clone(&store) as Arc<dyn KeepPrivate>;
    let desk = Arc::new(office::open(&args.data, private, sequencer.clone(), platform, &args.limits)?);
    office::sweep(&desk).await;
    if let Some(path) = &args.operator_token {
        office::operator_token(&desk, path).await?;
    }
    let address = format!("http://{}", listener.local_addr()?);
    // Listened for before anybody is told that there is a node to stop.
    let stop = told_to_stop(args.stop_with_stdin)?;
    for (zh, en) in remarks {
        unless_unwritable(screen.line(screen.paint(HEED, screen.pick(zh, en))));
    }
    unless_unwritable(tell(screen, args, &address, key, (mode, chosen)));
    let trusted_proxies = TrustedProxies::new(args.trusted_proxies.clone());
    let options = HttpOptions { trusted_proxies, ..HttpOptions::default().with_connections(connections) };
    let node = Node::new(store, sequencer, options).with_desk(desk);
    let node = node.with_admission(chosen.policy, &args.deposits.limits(mode));
    Ok(server::serve(listener, node, stop).await?)
}

/// A ledger's folder, open, and its keys.
struct Opened {
    store: RocksStore,
    signer: Signer,
    successor: VerifierKey,
    platform: Option<Signer>,
    remarks: Vec<Remark>,
}

/// Opens the folder. Keys, name and database are read and compared before anything is opened for writing.
fn open(args: &ServeArgs) -> Result<Opened, Complaint> {
    let options = descriptors::database_options();
    let unopened = |error: OpenError| cannot_open(&args.data, &error);
    let keys = NodeKeys::read(&args.data)?;
    match RocksStore::open_read_only(&args.data, &options) {
        Ok(reader) => keys.check(&reader)?,
        Err(OpenError::Absent | OpenError::Unfinished) => return create(args, keys),
        Err(error) => return Err(unopened(error)),
    }
    let mut remarks = keys.restrict()?;
    let restricted = Folder::new(&args.data).restrict().map_err(|error| Complaint::io(&args.data, &error))?;
    if restricted {
        let dir = args.data.display();
        let en = format!("{dir} could be read by others: its mode is 0700 now");
        remarks.push((format!("{dir} 原可被他人读取：权限已改为 0700"), en));
    }
    let store = RocksStore::open(&args.data, &options).map_err(unopened)?;
    let tip = store.tip().map_err(|error| unreadable(&error))?;
    if let Some(wanted) = args.origin.as_deref().filter(|wanted| *wanted != tip.origin.as_str()) {
        let (dir, found) = (args.data.display(), &tip.origin);
        let en = format!("{dir} holds the ledger `{found}`, not `{wanted}`: a ledger's name is for good");
        return Err(Complaint::usage("another_ledger", format!("{dir} 中的账本是“{found}”，不是“{wanted}”"), en));
    }
    let NodeKeys { ledger, next, platform, .. } = keys;
    let (signer, successor) = match ledger {
        Some(signer) => {
            // Only a founding needs the successor; its file may well be kept elsewhere.
            let successor = next.as_ref().unwrap_or(&signer).verifier().clone();
            (signer, successor)
        }
        None if tip.size().is_empty() => write_keys(&args.data, of_ledger(tip.origin.as_str())?)?,
        None => return Err(key_missing(&args.data.join(LEDGER_KEY), "ledger_key_missing")),
    };
    Ok(Opened { store, signer, successor, platform, remarks })
}

fn create(args: &ServeArgs, keys: NodeKeys) -> Result<Opened, Complaint> {
    let unopened = |error: OpenError| cannot_open(&args.data, &error);
    let signer = found_key(args.origin.as_deref())?;
    let store = RocksStore::create(&args.data, signer.verifier().name(), &descriptors::database_options());
    let store = store.map_err(unopened)?;
    Folder::new(&args.data).restrict().map_err(|error| Complaint::io(&args.data, &error))?;
    let origin = store.tip().map_err(|error| unreadable(&error))?.origin;
    let signer = if origin == *signer.verifier().name() { signer } else { of_ledger(origin.as_str())? };
    let (signer, successor) = write_keys(&args.data, signer)?;
    Ok(Opened { store, signer, successor, platform: keys.platform, remarks: Vec::new() })
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
    let [own_file, next_file] = [LEDGER_KEY, NEXT_KEY].map(|name| dir.join(name));
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
        StartError::NoGenesis(_) | StartError::CheckpointForged(_) | StartError::ReadBack(_) => {
            return Complaint::finding("chain_fault", text.clone(), text);
        }
        _ => "cannot_start",
    };
    Complaint::unable(code, text.clone(), text)
}

/// The node ended, but deposits had stopped before, or the folder could not be left in order.
fn ended_badly(reason: &str) -> Complaint {
    let en = format!(
        "the node has ended; deposits had stopped before: {reason}. What was acknowledged is kept; the next start checks the ledger"
    );
    let zh = format!("节点已退出；此前存证已停止：{reason}。已确认的存证均已保存；下次启动时将核对账本");
    Complaint::unable("writing_stopped", zh, en)
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Complaint {
    let en = format!("cannot listen on {address}: {error}. Is another node running? --listen takes another address");
    Complaint::unable("cannot_listen", format!("无法监听 {address}：{error}。可用 --listen 指定其他地址"), en)
}

fn tell(
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
    chosen.tell(screen)?;
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
