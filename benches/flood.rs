//! The cost of a flood from one address for other clients: the node's CPU time for each of their requests, with and without it.
//!
//! The program runs as a separate process. Clients at 127.0.1.1 to 127.0.1.10 send a fixed number of `GET /v1/ledger` at a fixed
//! rate; a flood from 127.0.0.2 sends ten times the limit of an address meanwhile, in one of several ways. `BENCH_TIEZHENG` names
//! the program (default: that of the release folder).

use std::env;
use std::error::Error;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::IpAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpSocket;
use tokio::time::{Instant, interval, sleep};

type Failure = Box<dyn Error + Send + Sync>;

/// The limit of an address: requests a second.
const LIMIT: u64 = 200;
/// Requests of the other clients, and their rate a second.
const REQUESTS: u64 = 10_000;
const RATE: u64 = 1_000;

struct Node {
    child: Child,
    url: String,
}

impl Node {
    fn start(folder: &std::path::Path) -> Result<Self, Failure> {
        let program = env::var("BENCH_TIEZHENG").unwrap_or_else(|_| {
            let folder = env::current_exe().ok().and_then(|path| Some(path.parent()?.parent()?.to_owned()));
            folder.unwrap_or_default().join("tiezheng").to_string_lossy().into_owned()
        });
        let mut child = Command::new(program)
            .args(["--json", "serve", "--test", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.join("ledger"))
            .env("TIEZHENG_NODE_REQUESTS_LIMIT_PER_ADDRESS", format!("{}/{}", LIMIT * 60, LIMIT))
            .env("TIEZHENG_NODE_HTTP_CONNECTIONS_PER_ADDRESS", "64")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let document: serde_json::Value = serde_json::from_str(&line)?;
        let url = document.get("listening").and_then(serde_json::Value::as_str).ok_or("no address")?.to_owned();
        Ok(Self { child, url })
    }

    /// CPU time so far, in clock ticks: of 10 ms on Linux.
    fn ticks(&self) -> Result<u64, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields = stat.rsplit_once(')').ok_or("no fields")?.1.split_whitespace();
        Ok(fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum())
    }

    /// Most memory so far, in MiB.
    fn memory(&self) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no memory")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1_024)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client_at(address: IpAddr) -> Result<reqwest::Client, Failure> {
    Ok(reqwest::Client::builder().no_proxy().local_address(address).build()?)
}

/// The other clients, each at half the limit of its address. Returns the 99th percentile of the times to the end of an answer.
async fn others(url: &str) -> Result<Duration, Failure> {
    let addresses = RATE.div_ceil(LIMIT / 2);
    let clients: Vec<_> = (0..addresses)
        .map(|n| client_at(IpAddr::from([127, 0, 1, u8::try_from(n + 1).unwrap_or(1)])))
        .collect::<Result<_, _>>()?;
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(RATE)?);
    let mut answers = Vec::new();
    for n in 0..REQUESTS {
        ticks.tick().await;
        let client = clients.get(usize::try_from(n % addresses)?).ok_or("no client")?.clone();
        let url = format!("{url}/v1/ledger");
        answers.push(tokio::spawn(async move {
            let begun = Instant::now();
            let answer = client.get(url).send().await?;
            let status = answer.status();
            answer.bytes().await?;
            if status.as_u16() == 200 { Ok::<_, Failure>(begun.elapsed()) } else { Err(status.to_string().into()) }
        }));
    }
    let mut times = Vec::new();
    for answer in answers {
        times.push(answer.await??);
    }
    times.sort_unstable();
    times.get(times.len() * 99 / 100).copied().ok_or_else(|| "no answers".into())
}

/// Requests at ten times the limit, on kept connections.
async fn flood_of_requests(url: String, stop: Arc<AtomicBool>, sent: Arc<AtomicU64>) -> Result<(), Failure> {
    let client = client_at(IpAddr::from([127, 0, 0, 2]))?;
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(10 * LIMIT)?);
    while !stop.load(Ordering::Relaxed) {
        ticks.tick().await;
        let (client, url, sent) = (client.clone(), format!("{url}/v1/ledger"), Arc::clone(&sent));
        tokio::spawn(async move {
            if client.get(url).send().await.is_ok() {
                sent.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    Ok(())
}

/// Connections that send the head of a request a byte at a time, more than the node keeps.
async fn slow_senders(url: String, stop: Arc<AtomicBool>, sent: Arc<AtomicU64>) -> Result<(), Failure> {
    let address = url.trim_start_matches("http://").parse()?;
    let mut held = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        if held.len() < 640 {
            let socket = TcpSocket::new_v4()?;
            socket.bind("127.0.0.2:0".parse()?)?;
            if let Ok(stream) = socket.connect(address).await {
                held.push(stream);
            }
        } else {
            sleep(Duration::from_millis(100)).await;
        }
        let mut open = Vec::new();
        for mut stream in held {
            if stream.write_all(b"G").await.is_ok() {
                sent.fetch_add(1, Ordering::Relaxed);
                open.push(stream);
            }
        }
        held = open;
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// CPU time of the node for one request of the others, in microseconds, and the 99th percentile of their answers.
async fn measured(what: &str, node: &Node) -> Result<f64, Failure> {
    let before = node.ticks()?;
    let slowest = others(&node.url).await?;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand ticks")]
    let each = (node.ticks()? - before) as f64 * 10_000.0 / REQUESTS as f64;
    writeln!(
        io::stdout(),
        "{what:<48} {each:7.1} µs CPU a request of others, p99 {slowest:?}, {} MiB",
        node.memory()?
    )?;
    Ok(each)
}

fn main() -> Result<(), Failure> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let folder = tempfile::tempdir()?;
        let node = Node::start(folder.path())?;
        measured("warm-up", &node).await?;
        for round in 1..=3 {
            let alone = measured(&format!("round {round}: alone"), &node).await?;
            for (name, is_slow) in
                [("a flood of requests from one address", false), ("slow senders from one address", true)]
            {
                let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
                let (url, stopped, count) = (node.url.clone(), Arc::clone(&stop), Arc::clone(&sent));
                let flood = tokio::spawn(async move {
                    if is_slow {
                        slow_senders(url, stopped, count).await
                    } else {
                        flood_of_requests(url, stopped, count).await
                    }
                });
                let during = measured(&format!("round {round}: {name}"), &node).await?;
                stop.store(true, Ordering::Relaxed);
                flood.await??;
                let (more, sent) = (100.0 * (during / alone - 1.0), sent.load(Ordering::Relaxed));
                writeln!(io::stdout(), "    {more:+.0} %; {sent} sent meanwhile")?;
            }
        }
        Ok(())
    })
}
