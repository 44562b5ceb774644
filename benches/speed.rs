//! A node and its load generator on this machine: every target of PERFORMANCE.md that a running node has, with its ceiling
//! from the same run, as one Markdown table.
//!
//! Starts the program itself on a folder of its own and drives it with `tiezheng load`, which checks every receipt.
//! `ROUNDS` (default 5), `DEPOSITS` a round (default 100,000; other settings take a fraction), `BENCH_DIR` for the ledger
//! and the disk that is measured (a temporary folder).

#![expect(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a bench speaks on standard output, and stops when something is not there"
)]

use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tiezheng");

fn setting(name: &str, default: usize) -> usize {
    env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// A node, which ends with this value.
struct Node {
    process: Child,
    address: String,
}

impl Node {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["--json", "serve", "--test", "--listen", "127.0.0.1:0", "--data"]).arg(folder);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a node");
        let out = process.stdout.take().expect("its output");
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).expect("its first line");
        let told: Value = serde_json::from_str(&line).expect("what it says");
        Self { process, address: told["listening"].as_str().expect("its address").to_owned() }
    }

    /// The documents of one `tiezheng load`.
    fn load(&self, disk: &Path, arguments: &[&str]) -> Vec<Value> {
        let mut command = Command::new(PROGRAM);
        command.args(["--json", "load", "--server", &self.address, "--disk"]).arg(disk).args(arguments);
        let output = command.stderr(Stdio::inherit()).output().expect("a load");
        assert!(output.status.success(), "load {arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
        let text = String::from_utf8(output.stdout).expect("documents");
        text.lines().map(|line| serde_json::from_str(line).expect("a document")).collect()
    }

    /// Resident memory in MiB.
    fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.unwrap_or_default() / 1024.0
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn number(value: &Value, path: &str) -> f64 {
    value.pointer(path).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

/// A row: what was measured, what came out, the ceiling beside it, the target.
fn row(what: &str, figure: String, ceiling: String, target: &str, met: Option<bool>) {
    let met = met.map_or("reported", |met| if met { "yes" } else { "**no**" });
    println!("| {what} | {figure} | {ceiling} | {target} | {met} |");
}

/// What all measurements share.
struct Bench {
    node: Node,
    disk: std::path::PathBuf,
    numbers: String,
    rounds: String,
    deposits: String,
    few: String,
}

impl Bench {
    fn load(&self, arguments: &[&str]) -> Value {
        self.node.load(&self.disk, arguments).remove(0)
    }

    /// Deposits one by one; the document with the ceilings.
    fn singles(&self) -> Value {
        let Self { rounds, deposits, numbers, few, .. } = self;
        let main = self.load(&["--rounds", rounds, "--deposits", deposits, "--echo", "--keep-numbers", numbers]);
        let [rate, ratio, p50, p99] = ["node/per_second", "ratio", "node/p50_ms", "node/p99_ms"]
            .map(|path| number(&main, &format!("/median/{path}")));
        let slow = number(&main, "/ceilings/fdatasync_p50_ms") > 0.25;
        let [echo, echo_p99] = ["per_second", "p99_ms"].map(|path| number(&main, &format!("/median/echo/{path}")));
        row(
            "single signed deposits, 256 connections",
            format!("{rate:.0}/s = {ratio:.2}, p50 {p50:.1} ms, p99 {p99:.1} ms"),
            format!("echo+verify {echo:.0}/s, p99 {echo_p99:.1} ms"),
            if slow { "≥ 0.70 (a slow disk: only ratios count)" } else { "≥ 0.70 and ≥ 12,000/s; p99 ≤ 40 ms" },
            Some(ratio >= 0.70 && (slow || rate >= 12_000.0 && p99 <= 40.0)),
        );
        for connections in ["64", "1024", "4096"] {
            let more = self.load(&["--deposits", few, "--connections", connections, "--echo", "--no-ceilings"]);
            let [rate, ratio, p50, p99, echo] =
                ["node/per_second", "ratio", "node/p50_ms", "node/p99_ms", "echo/per_second"]
                    .map(|path| number(&more, &format!("/median/{path}")));
            let figure = format!("{rate:.0}/s = {ratio:.2}, p50 {p50:.1} ms, p99 {p99:.1} ms");
            row(
                &format!("the same, {connections} connections"),
                figure,
                format!("echo+verify {echo:.0}/s"),
                "reported",
                None,
            );
        }
        main
    }

    fn idle(&self) {
        let idle = self.load(&["--deposits", "2000", "--connections", "1", "--rounds", &self.rounds]);
        let (p50, sync) = (number(&idle, "/median/node/p50_ms"), number(&idle, "/ceilings/fdatasync_p50_ms"));
        let (figure, ceiling) = (format!("{p50:.2} ms"), format!("fdatasync {sync:.3} ms"));
        let met = p50 <= 2.0 * sync + 0.6;
        row("one deposit on an idle node, p50", figure, ceiling, "≤ 2 × fdatasync + 0.6 ms", Some(met));
    }

    fn batch(&self) {
        let Self { rounds, deposits, .. } = self;
        let batch = self.load(&["--batch", "1000", "--connections", "4", "--deposits", deposits, "--rounds", rounds]);
        let lines = number(&batch, "/median/node/per_second");
        let verify = number(&batch, "/ceilings/verify_strict_per_second");
        let figure = format!("{lines:.0} lines/s = {:.2}", lines / verify);
        let met = lines / verify >= 0.55;
        row(
            "batch endpoint, 1,000 lines a request",
            figure,
            format!("verify_strict {verify:.0}/s"),
            "≥ 0.55",
            Some(met),
        );
    }

    fn reads(&self) {
        let arguments = ["--read", &self.numbers, "--deposits", &self.few, "--connections", "64", "--echo", "--rounds"];
        let reads = self.node.load(&self.disk, &[&arguments[..], &[&self.rounds, "--no-ceilings"]].concat());
        for (read, (what, least)) in reads.iter().zip([("look-up by number", 0.75), ("receipt", 0.3)]) {
            let [rate, ratio, p99, bare] = ["node/per_second", "ratio", "node/p99_ms", "echo/per_second"]
                .map(|path| number(read, &format!("/median/{path}")));
            row(
                &format!("{what}, 64 connections"),
                format!("{rate:.0}/s = {ratio:.2}, p99 {p99:.1} ms"),
                format!("bare GET of the same length {bare:.0}/s"),
                &format!("≥ {least}"),
                Some(ratio >= least),
            );
        }
    }
}

fn main() {
    let (rounds, deposits) = (setting("ROUNDS", 5), setting("DEPOSITS", 100_000));
    let folder = env::var_os("BENCH_DIR").map_or_else(tempfile::tempdir, tempfile::tempdir_in).expect("a folder");
    let bench = Bench {
        node: Node::start(&folder.path().join("ledger")),
        disk: folder.path().to_owned(),
        numbers: folder.path().join("numbers").to_string_lossy().into_owned(),
        rounds: rounds.to_string(),
        deposits: deposits.to_string(),
        few: (deposits * 2 / 5).to_string(),
    };
    println!("| what | figure | ceiling of the same run | target | met |\n|---|---|---|---|---|");
    let main = bench.singles();
    bench.idle();
    bench.batch();
    bench.reads();
    let memory = format!("{:.0} MiB", bench.node.resident());
    row("resident memory of the node after all this", memory, String::new(), "≤ 400 MiB at 20 M", None);
    let [p50, p99, verify, sha256, nodes] = [
        "fdatasync_p50_ms",
        "fdatasync_p99_ms",
        "verify_strict_per_second",
        "sha256_bytes_per_second",
        "node_hashes_per_second",
    ]
    .map(|ceiling| number(&main, &format!("/ceilings/{ceiling}")));
    println!();
    println!(
        "fdatasync of 4 KiB p50 {p50:.3} ms, p99 {p99:.3} ms; verify_strict on all cores {verify:.0}/s; SHA-256 on one core \
         {:.0} MB/s; tree nodes on one core {:.2} M/s; {} build. Medians of {rounds} rounds of {deposits} deposits; every \
         receipt checked.",
        sha256 / 1e6,
        nodes / 1e6,
        main.pointer("/ceilings/build").and_then(Value::as_str).unwrap_or_default(),
    );
}
