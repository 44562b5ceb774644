//! `load`: a load generator that verifies every receipt. Signing and verification are outside of the measured time; the limits of the
//! machine are measured in the same run.

use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use crate::cli::connect::{ServerArgs, identify_ledger};
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::load_reads::{self, Reading};
use crate::cli::load_round::{Echo, LoadConfig, Measurements, RoundResult, ceilings, node_at};
use crate::cli::screen::{BAD, FAINT, GOOD, Screen, WARNING};
use crate::cli::values::at_least_one;
use crate::http::echo;
use crate::ledger::number::DepositNumber;
use crate::ledger::verify::wording::Language;
use crate::load::listeners::{Listeners, ListenersReport};
use crate::load::traffic::LoopMode;

/// Default number of deposits per round.
const DEPOSITS: usize = 100_000;

const EXAMPLES: &str = "\
Examples:
  tiezheng serve --test --data try-out &
  tiezheng load                              100,000 deposits over 256 connections
  tiezheng load --connections 1 --deposits 2000     one at a time: the idle node's latency
  tiezheng load --rate 5000                  an open loop: five thousand a second, come what may
  tiezheng load --batch 1000                 NDJSON batches of a thousand lines
  tiezheng load --rounds 5 --echo            five rounds, each beside a bare server
  tiezheng load --read numbers.txt           look-ups and receipts of these deposits
  tiezheng load --read numbers.txt --pages   look-ups and the pages of these records

What is deposited stays for good: a live ledger is refused without --live. Each deposit under
way takes some 4 KiB of memory until its receipt is checked.
|
示例：
  tiezheng serve --test --data try-out &
  tiezheng load                              256 个连接，存证 100,000 次
  tiezheng load --connections 1 --deposits 2000     逐一存证：空闲节点的时延
  tiezheng load --rate 5000                  开环：每秒 5,000 次，不等应答
  tiezheng load --batch 1000                 每批 1,000 行的 NDJSON 批量请求
  tiezheng load --rounds 5 --echo            五轮，每轮对照空服务器
  tiezheng load --read numbers.txt           查询所列编号并取回执
  tiezheng load --read numbers.txt --pages   查询所列编号并取记录网页

存证永久保留：对正式账本须加 --live。每笔未完成的存证占用约 4 KiB 内存，直至回执核对完毕。";

/// Load a node with verified deposits | 压力测试（逐一核对回执）
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub struct LoadArgs {
    /// Deposits a round, default 100,000; with --read, look-ups a round, default each number once | 每轮存证数或查询数
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    deposits: Option<usize>,
    /// Connections kept open | 连接数
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = at_least_one())]
    connections: usize,
    /// Rounds; the medians count | 轮数
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one())]
    rounds: usize,
    /// Requests a second, whether or not earlier ones are answered; default: each connection waits | 每秒请求数（开环）
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Lines of one request to the batch endpoint; default: single deposits | 批量接口每批条数
    #[arg(long, value_name = "LINES", conflicts_with = "echo", value_parser = at_least_one())]
    batch: Option<usize>,
    /// Depositors' keys that take turns | 存证人密钥数
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = at_least_one())]
    keys: usize,
    /// Receipts fetched once more after each round, at random places | 每轮重新取回并比对的回执数
    #[arg(long, value_name = "N", default_value_t = 100)]
    sample: usize,
    /// Drive a bare server with the same requests, too: it parses, checks the signature, answers | 同时测量空服务器上限
    #[arg(long)]
    echo: bool,
    /// Where the disk is measured | 测量磁盘的文件夹
    #[arg(long, value_name = "DIR", default_value = ".")]
    disk: PathBuf,
    /// Look up these deposit numbers, one a line, as --keep-numbers writes them, and fetch their receipts, instead of
    /// depositing | 改为查询所列编号
    #[arg(long, value_name = "FILE", conflicts_with_all = ["batch", "rate", "keep_numbers"])]
    read: Option<PathBuf>,
    /// With --read: the pages of the records instead of their receipts | 与 --read 同用：改取记录网页，而非回执
    #[arg(long, requires = "read")]
    pages: bool,
    /// Listeners to the growth of the chain, connected meanwhile | 同时保持的区块动态订阅连接数
    #[arg(long, value_name = "N", conflicts_with = "read", value_parser = at_least_one())]
    listeners: Option<usize>,
    /// Append the deposit numbers to this file, one a line, for --read | 将存证编号追加到此文件，供 --read 使用
    #[arg(long, value_name = "FILE")]
    keep_numbers: Option<PathBuf>,
    /// Leave out what the machine can do | 不测量机器上限
    #[arg(long)]
    no_ceilings: bool,
    /// Even a live ledger, for good | 对正式账本进行（永久保留）
    #[arg(long)]
    live: bool,
    /// Be the bare server, with answers of so many bytes | 作为空服务器
    #[arg(long, hide = true, value_name = "BYTES")]
    serve_echo: Option<usize>,
    #[command(flatten)]
    server: ServerArgs,
}

/// The results of a load.
#[derive(Debug, Serialize)]
struct Summary {
    ledger: String,
    deposits: usize,
    connections: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<usize>,
    rounds: Vec<RoundResult>,
    median: RoundResult,
    #[serde(skip_serializing_if = "Option::is_none")]
    listeners: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ceilings: Option<crate::cli::load_round::Ceilings>,
}

/// Runs it.
///
/// # Errors
///
/// [`CliError`]: unreachable, a live ledger, a connection that broke.
pub async fn run(args: &LoadArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    if let Some(bytes) = args.serve_echo {
        return serve_echo(bytes).await;
    }
    let client = args.server.client()?;
    let met = identify_ledger(&client).await?;
    if !met.is_test && !args.live && args.read.is_none() {
        return Err(CliError::usage(
            "live_ledger",
            "这是正式账本：压力测试的存证将永久保留；如确需进行，请加 --live",
            "this is a live ledger, and what is deposited stays for good; if you mean it, add --live",
        )
        .into());
    }
    if let Some(path) = &args.keep_numbers {
        load_reads::may_append(path)?;
        // Checked before anything is deposited, which cannot be undone.
        let opened = OpenOptions::new().create(true).append(true).open(path);
        opened.map_err(|error| CliError::io(path, &error))?;
    }
    let numbers = args.read.as_deref().map(load_reads::numbers).transpose()?;
    let load = LoadConfig {
        address: node_at(client.address())?,
        client,
        key: met.key,
        deposits: args.deposits.unwrap_or_else(|| numbers.as_ref().map_or(DEPOSITS, Vec::len)),
        connections: args.connections,
        pace: args.rate.map_or(LoopMode::Closed, |per_second| LoopMode::Open { per_second }),
        batch: args.batch,
        keys: args.keys,
        sample: args.sample,
        keep_numbers: args.keep_numbers.clone(),
    };
    let ceilings = if args.no_ceilings { None } else { Some(ceilings(&args.disk)?) };
    if let Some(numbers) = numbers {
        return read(args, &load, &numbers, screen).await;
    }
    let (rounds, listeners) = deposit(args, &load, screen).await?;
    let summary = Summary {
        ledger: load.key.name().to_string(),
        deposits: load.deposits,
        connections: load.connections,
        rate: args.rate,
        batch: load.batch,
        median: RoundResult::median(&rounds),
        rounds,
        listeners: listeners.map(|ListenersReport { listeners, events, shortest_ms }| {
            json!({ "listeners": listeners, "events": events, "shortest_ms": shortest_ms })
        }),
        ceilings,
    };
    screen.document(&summary)?;
    show(screen, &summary)
}

/// The rounds of deposits, while the listeners are connected.
async fn deposit(
    args: &LoadArgs,
    load: &LoadConfig,
    screen: &Screen,
) -> anyhow::Result<(Vec<RoundResult>, Option<ListenersReport>)> {
    let listeners = match args.listeners {
        Some(count) => Some(Listeners::open(load.address, count).await.map_err(CliError::from)?),
        None => None,
    };
    let mut rounds = Vec::new();
    for number in 1..=args.rounds {
        let made = Arc::new(load.make()?);
        let (mut round, length) = load.drive(&made).await?;
        if args.echo {
            let echo = Echo::start(length)?;
            round.set_baseline(load.drive_echo(&made, echo.address).await?);
        }
        let label = screen.pick(&format!("第 {number} 轮"), &format!("round {number}")).to_owned();
        screen.line(format!("{label}: {}", round_text(&round, screen)))?;
        rounds.push(round);
    }
    let report = match listeners {
        Some(listeners) => Some(listeners.close().await.map_err(CliError::from)?),
        None => None,
    };
    if let Some(ListenersReport { listeners, events, .. }) = report {
        screen.line(match screen.language() {
            Language::Chinese => format!("{listeners} 个订阅连接共收到 {events} 个事件"),
            Language::English => format!("{listeners} listeners got {events} events"),
        })?;
    }
    Ok((rounds, report))
}

/// Reads instead of depositing.
async fn read(
    args: &LoadArgs,
    load: &LoadConfig,
    numbers: &[DepositNumber],
    screen: &Screen,
) -> anyhow::Result<ExitStatus> {
    let (mut ending, mut before) = (ExitStatus::Good, 0);
    for reading in Reading::chosen(args.pages) {
        let mut rounds = Vec::new();
        for _ in 0..args.rounds {
            rounds.push(load_reads::round(load, numbers, before, reading, args.echo).await?);
            before += load.deposits;
        }
        let median = RoundResult::median(&rounds);
        let label = match reading {
            Reading::LookUp => screen.pick("查询", "look-up"),
            Reading::Receipt => screen.pick("回执", "receipt"),
            Reading::Page => screen.pick("网页", "page"),
        };
        let (asked, good) = (load.deposits * rounds.len(), rounds.iter().map(|round| round.proven).sum::<usize>());
        screen.document(&json!({
            "reading": reading.word(), "ledger": load.key.name().as_str(), "connections": load.connections,
            "asked": asked, "rounds": rounds, "median": median,
        }))?;
        let counted = match screen.language() {
            Language::Chinese => format!("共 {asked} 次，{} 次有误", asked - good),
            Language::English => format!("{asked} asked, {} failed", asked - good),
        };
        screen.line(format!("{label}: {}  ({counted})", round_text(&median, screen)))?;
        for fault in median.faults.iter().take(10) {
            screen.line(screen.paint(WARNING, fault))?;
            ending = ExitStatus::Finding;
        }
    }
    Ok(ending)
}

/// Runs the baseline server until standard input ends, as it does when the parent process ends.
async fn serve_echo(bytes: usize) -> anyhow::Result<ExitStatus> {
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    crate::cli::screen::write_text(&format!("{}\n", listener.local_addr()?))?;
    let ended = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()));
    tokio::select! {
        served = echo::serve(listener, vec![b' '; bytes]) => served?,
        _ = ended => {}
    }
    Ok(ExitStatus::Good)
}

fn round_text(round: &RoundResult, screen: &Screen) -> String {
    let Measurements { per_second, p50_ms, p99_ms, .. } = round.node;
    let unit = screen.pick("次/秒", "a second");
    let mut text = format!("{per_second:.0} {unit}  p50 {p50_ms:.2} ms  p99 {p99_ms:.2} ms");
    if let Some(ratio) = round.ratio {
        text = format!("{text}  = {ratio:.2} × {}", screen.pick("空服务器", "bare server"));
    }
    text
}

fn show(screen: &Screen, summary: &Summary) -> anyhow::Result<ExitStatus> {
    let median = &summary.median;
    screen.line("")?;
    let mut rows = vec![heading(screen), row(screen.pick("节点", "node"), &median.node)];
    if let Some(echo) = &median.echo {
        rows.push(row(screen.pick("空服务器（解析、验签、应答）", "bare server: parse, verify, answer"), echo));
    }
    screen.table(&rows)?;
    if let Some(ceilings) = &summary.ceilings {
        screen.line("")?;
        screen.line(screen.pick("本机上限（同一次测量）：", "What this machine can do, measured in the same run:"))?;
        screen.table(&ceilings.rows(screen))?;
    }
    screen.line("")?;
    let faults: usize = summary.rounds.iter().map(|round| round.faults.len()).sum();
    let proven: usize = summary.rounds.iter().map(|round| round.proven).sum();
    if faults == 0 {
        let text = screen.pick("份回执全部核对无误", "receipts, every one checked and good");
        screen.line(screen.paint(GOOD, &format!("{proven} {text}")))?;
        let aside =
            screen.pick("声明在计时前签署，回执在计时后核对。", "Signed before and checked after the clock ran.");
        screen.line(screen.paint(FAINT, aside))?;
        return Ok(ExitStatus::Good);
    }
    screen.line(screen.paint(BAD, &format!("{faults} {}", screen.pick("处有误", "faults"))))?;
    for fault in summary.rounds.iter().flat_map(|round| &round.faults).take(10) {
        screen.line(screen.paint(WARNING, fault))?;
    }
    Ok(ExitStatus::Finding)
}

fn heading(screen: &Screen) -> Vec<String> {
    let words =
        ["", screen.pick("次/秒", "a second"), "p50 ms", "p99 ms", "p99.9 ms", screen.pick("最长 ms", "max ms")];
    words.map(str::to_owned).to_vec()
}

fn row(label: &str, figures: &Measurements) -> Vec<String> {
    let Measurements { per_second, p50_ms, p99_ms, p999_ms, max_ms } = figures;
    let mut cells = vec![label.to_owned(), format!("{per_second:.0}")];
    cells.extend([p50_ms, p99_ms, p999_ms, max_ms].map(|ms| format!("{ms:.2}")));
    cells
}
