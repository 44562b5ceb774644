//! One round of a load test: generates deposits, sends them, verifies the receipts and re-reads some. Also measures the limits
//! of the machine (disk, signatures, hashes), with which the results are compared.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::cli::exit::CliError;
use crate::cli::screen::Screen;
use crate::client::ledger_client::LedgerClient;
use crate::ledger::entry::Entry;
use crate::ledger::key::VerifierKey;
use crate::ledger::verify::trust::Trust;
use crate::load::receipt_checks::{BodyFormat, CheckResult, VerifiedDeposit, check};
use crate::load::traffic::{Call, LoopMode, Traffic, TrafficError, send};
use crate::load::{ceilings as machine, deposits};

/// The duration of each CPU measurement.
const TIME: Duration = Duration::from_millis(1_500);
/// The number of fsynced writes of the disk measurement.
const WRITES: usize = 3_000;

/// The configuration of a load test.
#[derive(Debug)]
pub struct LoadConfig {
    /// The node.
    pub address: SocketAddr,
    /// A client for re-reading receipts.
    pub client: LedgerClient,
    /// The ledger's key.
    pub key: VerifierKey,
    /// The number of deposits per round.
    pub deposits: usize,
    /// The number of connections.
    pub connections: usize,
    /// When requests are sent.
    pub pace: LoopMode,
    /// The number of lines per batch; `None` for single deposits.
    pub batch: Option<usize>,
    /// The number of depositors' keys.
    pub keys: usize,
    /// Number of receipts to re-read per round.
    pub sample: usize,
    /// The file to which the deposit numbers are appended.
    pub keep_numbers: Option<PathBuf>,
}

/// The rate and the latencies of a round.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measurements {
    /// Deposits per second.
    pub per_second: f64,
    /// Median time of a request in milliseconds.
    pub p50_ms: f64,
    /// 99th percentile in milliseconds.
    pub p99_ms: f64,
    /// 99.9th percentile in milliseconds.
    pub p999_ms: f64,
    /// Longest time in milliseconds.
    pub max_ms: f64,
}

/// The results of a round.
#[derive(Debug, Clone, Serialize)]
pub struct RoundResult {
    /// The node's measurements.
    pub node: Measurements,
    /// The measurements of the baseline server (`http::echo`) with the same requests: it parses and verifies, but has no
    /// ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo: Option<Measurements>,
    /// The node's rate divided by that of the baseline server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Number of deposits with a valid receipt.
    pub proven: usize,
    /// The faults found; empty if there are none.
    pub faults: Vec<String>,
}

/// The limits of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ceilings {
    /// Median of an append of 4 KiB with fdatasync, in milliseconds.
    pub fdatasync_p50_ms: f64,
    /// 99th percentile of the same.
    pub fdatasync_p99_ms: f64,
    /// Ed25519 signatures per second, verified with `verify_strict` on all cores.
    pub verify_strict_per_second: f64,
    /// SHA-256 bytes per second on one core.
    pub sha256_bytes_per_second: f64,
    /// Merkle tree nodes hashed per second on one core.
    pub node_hashes_per_second: f64,
    /// How the program was compiled: for any processor, or for this one.
    pub build: &'static str,
}

impl LoadConfig {
    /// Generates the requests of one round.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub fn make(&self) -> Result<Vec<Call>, CliError> {
        let requests = deposits::make(self.key.name(), self.keys, self.deposits).map_err(|error| failed(&error))?;
        let call =
            |path: &str, body: Vec<u8>, media_type| Call { path: path.into(), body: Some((body.into(), media_type)) };
        Ok(match self.batch {
            None => requests.into_iter().map(|body| call("/v1/deposits", body, "application/json")).collect(),
            Some(lines) => {
                let bodies = requests.chunks(lines).map(<[_]>::concat);
                bodies.map(|body| call("/v1/deposits/batch", body, "application/x-ndjson")).collect()
            }
        })
    }

    /// Sends a round, verifies every answer and re-reads some receipts. Also returns the median size of an answer.
    ///
    /// # Errors
    ///
    /// [`CliError`]: a connection broke, or the numbers could not be written.
    pub async fn drive(&self, made: &Arc<Vec<Call>>) -> Result<(RoundResult, usize), CliError> {
        let traffic = self.send_to(self.address, made).await?;
        let length =
            traffic.answers.iter().map(|answer| answer.body.len()).sum::<usize>() / traffic.answers.len().max(1);
        let packing = if self.batch.is_some() { BodyFormat::Lines } else { BodyFormat::Single };
        let (mut node, took) = (figures(&traffic), traffic.took);
        let (calls, trust) = (Arc::clone(made), Trust::new(vec![self.key.clone()]));
        let checking = tokio::task::spawn_blocking(move || {
            let bodies: Vec<&[u8]> =
                calls.iter().map(|call| call.body.as_ref().map_or(&[][..], |(body, _)| body)).collect();
            check(&bodies, &traffic.answers, packing, &trust)
        });
        let CheckResult { proven, mut faults } = checking.await.map_err(|error| failed(&error))?;
        // Rejected or invalid answers do not count as served.
        node.per_second = rate(proven.len(), took);
        if proven.len() != self.deposits {
            faults.push(format!("{} deposits, {} good receipts", self.deposits, proven.len()));
        }
        self.read_again(&proven, &mut faults).await;
        self.keep(&proven)?;
        Ok((RoundResult { node, echo: None, ratio: None, proven: proven.len(), faults }, length))
    }

    /// Sends the same requests to the baseline server.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub async fn drive_echo(&self, made: &Arc<Vec<Call>>, address: SocketAddr) -> Result<Measurements, CliError> {
        let traffic = self.send_to(address, made).await?;
        match traffic.answers.iter().find(|answer| answer.status != 201) {
            None => Ok(figures(&traffic)),
            Some(answer) => Err(failed(&format!("the bare server answered {}", answer.status))),
        }
    }

    /// Sends calls and waits for every answer.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub async fn send_to(&self, address: SocketAddr, made: &Arc<Vec<Call>>) -> Result<Traffic, CliError> {
        let calls: Arc<[Call]> = made.iter().cloned().collect();
        Ok(send(address, calls, self.connections, self.pace).await?)
    }

    /// Appends the deposit numbers to the configured file.
    fn keep(&self, proven: &[VerifiedDeposit]) -> Result<(), CliError> {
        let Some(path) = &self.keep_numbers else { return Ok(()) };
        let numbers = proven.iter().filter_map(|one| one.entry.lines().nth(1)?.strip_prefix("number "));
        let text: String = numbers.flat_map(|number| [number, "\n"]).collect();
        let file = OpenOptions::new().create(true).append(true).open(path);
        let kept = file.and_then(|mut file| file.write_all(text.as_bytes()));
        kept.map_err(|error| CliError::io(path, &error))
    }

    /// Re-reads some receipts: entry and header must be unchanged.
    async fn read_again(&self, proven: &[VerifiedDeposit], faults: &mut Vec<String>) {
        let step = proven.len().div_ceil(self.sample.max(1)).max(1);
        for one in proven.iter().step_by(step).take(self.sample) {
            let Ok(entry) = Entry::parse(one.entry.as_bytes()) else {
                faults.push("an entry does not read".into());
                continue;
            };
            match self.client.receipt(&entry.number).await {
                Ok(again) if again.entry == one.entry && again.header == one.header && again.index == one.index => {}
                Ok(_) => faults.push(format!("{}: another receipt than the first time", entry.number)),
                Err(error) => faults.push(format!("{}: {error}", entry.number)),
            }
        }
    }
}

fn failed(error: &impl std::fmt::Display) -> CliError {
    CliError::unable("load_failed", error.to_string(), error.to_string())
}

impl From<TrafficError> for CliError {
    fn from(error: TrafficError) -> Self {
        let en = error.to_string();
        match error {
            TrafficError::Connect { address, source } => {
                Self::unable("unreachable", format!("无法连接 {address}：{source}"), en)
            }
            _ => Self::unable("load_failed", format!("压力测试中断：{en}"), en),
        }
    }
}

/// Rate per second.
#[expect(clippy::cast_precision_loss, reason = "a rate")]
#[must_use]
pub fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// The measurements of a run.
#[must_use]
pub fn figures(traffic: &Traffic) -> Measurements {
    Measurements {
        per_second: rate(traffic.answers.len(), traffic.took),
        p50_ms: traffic.latency.within_ms(0.5),
        p99_ms: traffic.latency.within_ms(0.99),
        p999_ms: traffic.latency.within_ms(0.999),
        max_ms: traffic.latency.within_ms(1.0),
    }
}

impl RoundResult {
    /// Adds the baseline server's measurements and the ratio.
    pub fn set_baseline(&mut self, echo: Measurements) {
        self.ratio = Some(self.node.per_second / echo.per_second);
        self.echo = Some(echo);
    }

    /// The median of each measurement over several rounds. Deposits and faults are summed.
    #[must_use]
    pub fn median(rounds: &[Self]) -> Self {
        let figures = |of: &dyn Fn(&Self) -> Option<Measurements>| {
            let all: Vec<Measurements> = rounds.iter().filter_map(of).collect();
            let one = |of: fn(&Measurements) -> f64| middle(all.iter().map(of).collect());
            Some(Measurements {
                per_second: one(|f| f.per_second)?,
                p50_ms: one(|f| f.p50_ms)?,
                p99_ms: one(|f| f.p99_ms)?,
                p999_ms: one(|f| f.p999_ms)?,
                max_ms: one(|f| f.max_ms)?,
            })
        };
        let none = Measurements { per_second: 0.0, p50_ms: 0.0, p99_ms: 0.0, p999_ms: 0.0, max_ms: 0.0 };
        Self {
            node: figures(&|round| Some(round.node)).unwrap_or(none),
            echo: figures(&|round| round.echo),
            ratio: middle(rounds.iter().filter_map(|round| round.ratio).collect()),
            proven: rounds.iter().map(|round| round.proven).sum(),
            faults: rounds.iter().flat_map(|round| round.faults.clone()).collect(),
        }
    }
}

/// The median; for an even number of values the mean of the middle two.
fn middle(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (lower, upper) = (values.get(values.len().saturating_sub(1) / 2)?, values.get(values.len() / 2)?);
    Some(f64::midpoint(*lower, *upper))
}

/// Measures the limits of the machine.
///
/// # Errors
///
/// [`CliError`]: nothing can be written in `folder`.
pub fn ceilings(folder: &Path) -> Result<Ceilings, CliError> {
    let disk = machine::fdatasync(folder, WRITES).map_err(|error| CliError::io(folder, &error))?;
    Ok(Ceilings {
        fdatasync_p50_ms: disk.within_ms(0.5),
        fdatasync_p99_ms: disk.within_ms(0.99),
        verify_strict_per_second: machine::verify_strict(TIME),
        sha256_bytes_per_second: machine::sha256_bytes(TIME),
        node_hashes_per_second: machine::node_hashes(TIME),
        build: if cfg!(target_feature = "avx2") { "native" } else { "portable" },
    })
}

impl Ceilings {
    /// The rows of the printed table.
    #[must_use]
    pub fn rows(&self, screen: &Screen) -> Vec<Vec<String>> {
        let row = |zh: &str, en: &str, value: String| vec![screen.pick(zh, en).to_owned(), value];
        let a_second = screen.pick("次/秒", "a second");
        vec![
            row(
                "写入 4 KiB 并 fdatasync",
                "4 KiB append + fdatasync",
                format!("p50 {:.3} ms  p99 {:.3} ms", self.fdatasync_p50_ms, self.fdatasync_p99_ms),
            ),
            row(
                "Ed25519 严格验签，全部核心",
                "Ed25519 verify_strict, all cores",
                format!("{:.0} {a_second}", self.verify_strict_per_second),
            ),
            row("SHA-256，单核", "SHA-256, one core", format!("{:.0} MB/s", self.sha256_bytes_per_second / 1e6)),
            row(
                "默克尔树节点，单核",
                "Merkle tree nodes, one core",
                format!("{:.2} M/s", self.node_hashes_per_second / 1e6),
            ),
            row("编译目标", "build", self.build.to_owned()),
        ]
    }
}

/// A baseline server (echo server) as a child process. Dropping this value stops it.
#[derive(Debug)]
pub struct Echo {
    /// The address on which the server listens.
    pub address: SocketAddr,
    process: Child,
}

impl Echo {
    /// Starts a server whose answers have `bytes` bytes.
    ///
    /// # Errors
    ///
    /// [`CliError`]: the child process, which runs this program, cannot be started.
    pub fn start(bytes: usize) -> Result<Self, CliError> {
        let program = std::env::current_exe().map_err(|error| failed(&error))?;
        let mut command = Command::new(program);
        command.args(["load", "--serve-echo", &bytes.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| failed(&error))?;
        let mut line = String::new();
        if let Some(out) = process.stdout.take() {
            BufReader::new(out).read_line(&mut line).map_err(|error| failed(&error))?;
        }
        let address = line.trim().parse().map_err(|error| failed(&error));
        address.map(|address| Self { address, process })
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // The server has no state to save, so it is killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The address of the node at `url`.
///
/// # Errors
///
/// [`CliError`]: not plain HTTP, or no such host.
pub fn node_at(url: &str) -> Result<SocketAddr, CliError> {
    let host = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/')).ok_or_else(|| {
        CliError::usage("plain_http_only", "压力测试只支持 http:// 地址", "a load goes to an http:// address only")
    })?;
    let host =
        if host.rsplit(']').next().unwrap_or(host).contains(':') { host.to_owned() } else { format!("{host}:80") };
    let found = host.to_socket_addrs().map_err(|error| failed(&error))?.next();
    found.ok_or_else(|| failed(&format!("{host}: no such host")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two() {
        assert_eq!(middle(vec![]), None);
        assert_eq!(middle(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(middle(vec![4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }
}
