//! `witness`: runs a witness, which cosigns the checkpoints of ledgers that it follows.
//!
//! ```text
//! options ─▶ certificate ─▶ listeners ─▶ folder, key, states ─▶ "listening on …" ─▶ until SIGTERM or SIGINT
//! ```
//!
//! No ledger has to be reachable: a witness answers its ledgers' nodes.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use futures_util::future::join_all;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::log;
use crate::cli::node_config::config::NodeConfig;
use crate::cli::screen::{FAINT, GOOD, Screen, WARNING};
use crate::cli::serve::{Network, log_unwritable, reload_certificate, shutdown_signal};
use crate::cli::witness_copies::{OpenedCopy, open_copies};
use crate::cli::witness_key::{self, OpenedWitness};
use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::http::app_state::AppState;
use crate::http::client_address::ProxyNetwork;
use crate::http::fast_path::EntryLimits;
use crate::http::listener::{ListenAddress, Listener};
use crate::http::node_description::NodeDescription;
use crate::http::options::Options;
use crate::http::request_limits::RequestLimits;
use crate::http::server;
use crate::http::witness::routes;
use crate::http::witness::state::{WitnessDescription, WitnessState};
use crate::ledger::key::{Name, VerifierKey};
use crate::query::service::QueryService;
use crate::sequencer::clock::SystemClock;
use crate::store::traits::LedgerReader;
use crate::wire::chinese;
use crate::witness::mirror;
use crate::witness::rollback;
use crate::witness::service::{FollowedLedger, LedgerCopy, Witness};

const EXAMPLES: &str = "\
Examples:
  tiezheng witness --data witness --listen 127.0.0.1:7655 --mirror \\
    --ledger 'example.org/ledger+0123abcd+AQ… https://ledger.example.org' \\
    --name witness.notary.example.org --organisation 'Example Notary Office' --kind notary

With --mirror it keeps a copy of each ledger, checks every block, cosigns only what it holds, and
answers look-ups, receipts and audits like the ledger's node, also when that is gone.

The first start generates the key, DIR/witness.key. Publish the verifier key that is printed; the
ledger's operator adds it to the policy with this witness's address. Back up the key once, apart
from this machine. Never run two processes with one key, and never restore DIR from an older
copy: docs/member.md says what to do instead.

The ledger's key comes from a source that you trust, not from the ledger's node.

Without a certificate the witness serves plain HTTP on loopback addresses and Unix sockets, and
elsewhere to the reverse proxies of --trusted-proxy alone.
|
示例：
  tiezheng witness --data witness --listen 127.0.0.1:7655 --mirror \\
    --ledger 'example.org/ledger+0123abcd+AQ… https://ledger.example.org' \\
    --name witness.notary.example.org --organisation 示例公证处 --kind notary

使用 --mirror 时，节点保存各账本的完整副本，核验每个区块，仅对已持有的内容签名，并像账本节点一样提供查询、
回执与审计；账本节点停止服务后仍可使用。

首次启动时生成密钥 DIR/witness.key。请公布所显示的验证公钥；账本运营者将其连同本节点地址写入策略文件。
请将密钥备份一次，存放于本机之外。同一密钥不得由两个进程使用，DIR 不得从旧副本恢复：处理办法见
docs/member.zh-CN.md。

账本密钥须取自可信渠道，而非账本节点。

未配置证书时，明文 HTTP 只在回环地址和 Unix 套接字上提供；其他地址只接受 --trusted-proxy 所列的反向代理。";

/// Run a witness, which cosigns checkpoints of ledgers | 启动见证节点
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct WitnessArgs {
    /// The witness's folder, created if missing | 见证节点文件夹
    #[arg(long, value_name = "DIR", default_value = "witness-data")]
    data: PathBuf,
    /// Address to listen on, such as 127.0.0.1:7655; port 0 selects a free port; repeatable [default: 127.0.0.1:7655] | 监听地址，可多次指定
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<ListenAddress>,
    /// A ledger to follow: its key, a space, and the address of its node; repeatable | 所跟随的账本：公钥、空格、节点地址，可多次指定
    #[arg(long = "ledger", value_name = "VKEY_URL", value_parser = FollowedArg::parse, required = true)]
    ledgers: Vec<FollowedArg>,
    /// Keep a verified copy of each ledger, serve it, and cosign only what it holds | 保存并提供各账本的完整副本，仅对已核验的内容签名
    #[arg(long)]
    mirror: bool,
    /// Permanent name of a new witness; default: the machine's name | 新见证节点的名称
    #[arg(long, value_name = "NAME", value_parser = witness_name)]
    name: Option<Name>,
    /// The organisation that runs the witness | 所属机构
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
    /// What kind of organisation it is | 机构类别
    #[arg(long, value_name = "KIND", value_enum, default_value_t = OrganisationKind::Other)]
    kind: OrganisationKind,
    /// Certificate chain, PEM | 证书链
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Private key of the certificate, PEM | 证书私钥
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Network of reverse proxies whose Forwarded or X-Forwarded-For gives the client address, for limits and logs only; repeatable | 可信反向代理网段，可多次指定
    #[arg(long = "trusted-proxy", value_name = "CIDR")]
    trusted_proxies: Vec<ProxyNetwork>,
    /// Stop when standard input ends, as it does when the parent process exits | 标准输入结束即停止
    #[arg(long, hide = true)]
    stop_with_stdin: bool,
}

impl WitnessArgs {
    /// Whether it keeps copies.
    #[must_use]
    pub const fn is_mirror(&self) -> bool {
        self.mirror
    }
}

fn witness_name(text: &str) -> Result<Name, String> {
    Name::parse(text).ok_or_else(|| {
        "expected a name without spaces and `+`, such as witness.example.org | 应为不含空格与加号的名称，如 witness.example.org".to_owned()
    })
}

/// What kind of organisation runs a witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OrganisationKind {
    Court,
    Notary,
    Appraisal,
    Other,
}

impl OrganisationKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Court => "court",
            Self::Notary => "notary",
            Self::Appraisal => "appraisal",
            Self::Other => "other",
        }
    }

    const fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::Court => ("法院", "court"),
            Self::Notary => ("公证机构", "notary"),
            Self::Appraisal => ("鉴定机构", "appraisal"),
            Self::Other => ("其他", "other"),
        }
    }
}

/// A ledger to follow, as the operator writes it: `VKEY URL`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FollowedArg {
    key: VerifierKey,
    url: String,
}

impl FollowedArg {
    fn parse(text: &str) -> Result<Self, String> {
        let bad = |zh: &str, en: &dyn fmt::Display| format!("expected 'VKEY URL': {en} | 应为“公钥 地址”：{zh}");
        let (key, url) =
            text.trim().split_once(' ').ok_or_else(|| bad("缺少空格", &"no space between key and address"))?;
        let key = VerifierKey::parse(key).map_err(|error| bad(chinese::key(error), &error))?;
        let url = url.trim();
        LedgerClient::new(url).map_err(|error| match error {
            ClientError::BadAddress { reason, .. } => bad(&reason.zh, &reason.en),
            other => bad(&other.to_string(), &other),
        })?;
        Ok(Self { key, url: url.trim_end_matches('/').to_owned() })
    }
}

impl WitnessArgs {
    /// The settings that a witness shares with a node: listeners and log.
    fn network_config(&self) -> NodeConfig {
        let listen = if self.listen.is_empty() {
            vec![ListenAddress::Tcp(([127, 0, 0, 1], 7655).into())]
        } else {
            self.listen.clone()
        };
        NodeConfig {
            data: self.data.clone(),
            listen,
            tls_certificate: self.tls_certificate.clone(),
            tls_key: self.tls_key.clone(),
            trusted_proxies: self.trusted_proxies.clone(),
            ..NodeConfig::default()
        }
    }

    /// Each ledger is named once.
    fn check(&self) -> Result<(), CliError> {
        for (at, ledger) in self.ledgers.iter().enumerate() {
            let origin = ledger.key.name();
            if self.ledgers.iter().skip(at + 1).any(|other| other.key.name() == origin) {
                let en = format!("the ledger `{origin}` is named twice");
                return Err(CliError::usage("ledger_twice", format!("账本“{origin}”指定了两次"), en));
            }
        }
        Ok(())
    }
}

/// Runs the witness until a shutdown signal.
///
/// # Errors
///
/// [`CliError`]: the options, the certificate, the address, the folder, the key, the states.
pub async fn run(args: &WitnessArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    args.check()?;
    // All files of a witness are readable by their owner only.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let config = args.network_config();
    let _log = log::begin(screen, &config.log)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), data = %args.data.display(), "a witness is starting");
    // Before a key is generated: an address in use must leave nothing behind.
    let network = Network::open(&config).await?;
    let opened = witness_key::open(&args.data, args.name.as_ref())?;
    let OpenedWitness { cosigner, is_new, folder, lock: _lock } = opened;
    let pinned: Vec<VerifierKey> = args.ledgers.iter().map(|ledger| ledger.key.clone()).collect();
    let states = folder.states_of(&pinned, cosigner.key()).map_err(|error| witness_key::unusable(&error))?;
    let copies = if args.mirror { open_copies(&args.data, &pinned)? } else { Vec::new() };
    let mut ledgers = Vec::new();
    for (at, (state, arg)) in states.into_iter().zip(&args.ledgers).enumerate() {
        let copy = copies.get(at).map(|copy| Arc::clone(&copy.copy) as Arc<dyn LedgerCopy>);
        ledgers.push(FollowedLedger::new(state, arg.url.clone(), copy));
    }
    let witness = Arc::new(Witness::new(cosigner, folder, Box::new(SystemClock::new()), ledgers));
    // Before anything is signed.
    join_all(witness.ledgers().iter().map(|ledger| rollback::check(witness.key(), ledger))).await;
    let options = config.http_options(network.connections);
    let following = start_following(&witness, &copies);
    let served = serve(args, screen, network, (&witness, &copies), options, is_new).await;
    finish(copies, following).await?;
    served?;
    tracing::info!("stopped");
    log_unwritable(screen.line(screen.paint(FAINT, screen.pick("已停止", "stopped"))));
    Ok(ExitStatus::Good)
}

/// Follows each ledger in a task of its own.
fn start_following(witness: &Arc<Witness>, copies: &[OpenedCopy]) -> JoinSet<()> {
    let mut following = JoinSet::new();
    for (at, copy) in copies.iter().enumerate() {
        following.spawn(mirror::follow(Arc::clone(witness), at, Arc::clone(&copy.copy)));
    }
    following
}

/// Ends following, and closes the copies.
async fn finish(copies: Vec<OpenedCopy>, mut following: JoinSet<()>) -> anyhow::Result<()> {
    for copy in &copies {
        copy.copy.stop();
    }
    while let Some(ended) = following.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a task that followed a ledger failed");
        }
    }
    let closed = tokio::task::spawn_blocking(move || copies.iter().try_for_each(|copy| copy.store.finish()));
    let closed = closed.await?;
    closed.map_err(|error| {
        let en = format!("a copy was not closed cleanly: {error}. The next start checks it");
        CliError::unable("writing_stopped", format!("账本副本未能正常关闭：{error}。下次启动时将核对"), en).into()
    })
}

/// Serves until a shutdown signal.
async fn serve(
    args: &WitnessArgs,
    screen: &Screen,
    network: Network,
    (witness, copies): (&Arc<Witness>, &[OpenedCopy]),
    options: Options,
    is_new: bool,
) -> anyhow::Result<()> {
    let addresses: Vec<String> = network.listeners.iter().map(Listener::url).collect::<std::io::Result<_>>()?;
    // Installed before the address is printed: from then on a caller may send the signal.
    let stop = shutdown_signal(args.stop_with_stdin)?;
    let mut hangup = signal(SignalKind::hangup())?;
    log_unwritable(print_start(screen, args, &addresses, witness, is_new));
    tracing::info!(witness = %witness.key().name(), listeners = addresses.join(" "), "listening");
    let description = WitnessDescription { organisation: args.organisation.clone(), kind: args.kind.word() };
    let node =
        NodeDescription { data: Some(args.data.clone()), tls: network.tls.clone(), ..NodeDescription::default() };
    let state = Arc::new(WitnessState::new(Arc::clone(witness), description, node.clone(), options.clone()));
    let limits = EntryLimits::new(options, &RequestLimits::default());
    let mirrors = witness.ledgers().iter().zip(copies).map(|(ledger, copy)| {
        let queries = QueryService::new(Arc::clone(&copy.store) as Arc<dyn LedgerReader>, limits.options().reads);
        let of_copy = AppState::mirror(Arc::new(queries), limits.options().clone());
        (ledger.id().to_owned(), Arc::new(of_copy.with_description(node.clone())))
    });
    let mirrors = mirrors.collect();
    let router = |shutdown| routes::router(&state, mirrors, &shutdown);
    let serving = server::serve_router(network.listeners, router, limits, node.clone(), stop);
    let reloading = async {
        loop {
            hangup.recv().await;
            reload_certificate(network.tls.as_ref());
        }
    };
    tokio::select! {
        () = serving => {}
        never = reloading => never,
    }
    Ok(())
}

fn print_start(
    screen: &Screen,
    args: &WitnessArgs,
    addresses: &[String],
    witness: &Witness,
    is_new: bool,
) -> anyhow::Result<()> {
    let (key, ledgers) = (witness.key(), witness.ledgers());
    let followed = ledgers.iter().map(|ledger| {
        let state = ledger.state();
        json!({ "origin": state.origin.as_str(), "url": ledger.url(), "size": state.size().0 })
    });
    screen.document(&json!({
        "listening": addresses.first(),
        "listeners": addresses,
        "name": key.name().as_str(),
        "key": key.to_string(),
        "new": is_new,
        "organisation": args.organisation,
        "kind": args.kind.word(),
        "mirror": args.mirror,
        "data": args.data.to_string_lossy(),
        "ledgers": followed.collect::<Vec<_>>(),
    }))?;
    let word = screen.paint(GOOD, screen.pick("正在监听", "listening on"));
    for address in addresses {
        screen.line(format!("{word} {address}"))?;
    }
    let row = |zh: &str, en: &str, value: String| vec![screen.pick(zh, en).to_owned(), value];
    let (kind_zh, kind_en) = args.kind.title();
    let none = screen.pick("未指定", "not named").to_owned();
    let organisation = args.organisation.clone().unwrap_or(none);
    let mut rows = vec![
        row("  见证节点", "  witness", key.name().to_string()),
        row("  验证公钥（请公布）", "  its key (publish it)", key.to_string()),
        row("  所属机构", "  organisation", format!("{organisation} ({})", screen.pick(kind_zh, kind_en))),
        row("  数据", "  data", args.data.display().to_string()),
    ];
    for ledger in ledgers {
        let state = ledger.state();
        let size = format!("{} {} {}", state.origin, screen.pick("大小", "size"), state.size());
        rows.push(row("  跟随账本", "  follows", size));
    }
    screen.table(&rows)?;
    if is_new {
        let text = screen.pick(
            "  已生成新密钥：请备份 witness.key，存放于本机之外",
            "  a new key was generated: back up witness.key, apart from this machine",
        );
        screen.line(screen.paint(WARNING, text))?;
    }
    Ok(screen.line(screen.paint(FAINT, screen.pick("  按 Ctrl-C 停止", "  Ctrl-C stops it")))?)
}
