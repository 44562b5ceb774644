//! A node and its load generator on this machine: every target of PERFORMANCE.md for a running node, with its ceiling from the
//! same run, as one Markdown table.
//!
//! Starts the program on a new folder and loads it with `tiezheng load`, which checks every receipt. `ROUNDS` (default 5),
//! `DEPOSITS` a round (default 100,000; other settings take a fraction), `BENCH_DIR` for the ledger and the disk that is measured
//! (a temporary folder).

#![expect(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a bench speaks on standard output, and stops when something is not there"
)]

use std::env;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tiezheng::ledger::hash::sha256;
use tokio::time::Instant;

/// Number of deposits that fit into a node's caches.
const CACHED: usize = 100_000;
/// Items of the manifest.
const ITEMS: u32 = 1_000_000;

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
        let started: Value = serde_json::from_str(&line).expect("what it says");
        Self { process, address: started["listening"].as_str().expect("its address").to_owned() }
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

/// A row: the measurement, its result, the ceiling beside it, the target.
fn row(what: &str, figure: String, ceiling: String, target: &str, met: Option<bool>) {
    let met = met.map_or("reported", |met| if met { "yes" } else { "**no**" });
    println!("| {what} | {figure} | {ceiling} | {target} | {met} |");
}

/// The shared state of all measurements.
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

    /// Reads of all deposits of a list, so that each round but the first reads deposits that were read before.
    fn asked_before(&self) {
        let text = std::fs::read_to_string(&self.numbers).expect("the numbers");
        let list: Vec<&str> = text.lines().take(CACHED).collect();
        let path = self.disk.join("asked-before");
        std::fs::write(&path, list.join("\n") + "\n").expect("a list");
        let count = list.len().to_string();
        let what = format!("of {count}, each asked before");
        self.reads(&path.to_string_lossy(), &count, &what, [Some(0.75), None]);
    }

    /// Reads of deposits that were not read before.
    fn never_asked(&self) {
        let (deposits, rounds): (usize, usize) =
            (self.few.parse().expect("a number"), self.rounds.parse().expect("one"));
        let each = deposits.min(self.numbers_kept() / (2 * rounds)).to_string();
        self.reads(&self.numbers, &each, "never asked before", [None, Some(0.3)]);
    }

    fn numbers_kept(&self) -> usize {
        std::fs::read_to_string(&self.numbers).expect("the numbers").lines().count()
    }

    fn reads(&self, list: &str, count: &str, which: &str, least: [Option<f64>; 2]) {
        let arguments = ["--read", list, "--deposits", count, "--connections", "64", "--echo", "--rounds"];
        let reads = self.node.load(&self.disk, &[&arguments[..], &[&self.rounds, "--no-ceilings"]].concat());
        for (read, (what, least)) in reads.iter().zip(["look-up by number", "receipt"].into_iter().zip(least)) {
            let [rate, ratio, p99, bare] = ["node/per_second", "ratio", "node/p99_ms", "echo/per_second"]
                .map(|path| number(read, &format!("/median/{path}")));
            row(
                &format!("{what}, {which}, 64 connections"),
                format!("{rate:.0}/s = {ratio:.2}, p99 {p99:.1} ms"),
                format!("bare GET of the same length {bare:.0}/s"),
                &least.map_or_else(|| "reported".into(), |least| format!("≥ {least}")),
                least.map(|least| ratio >= least),
            );
        }
    }

    /// A manifest from a list of known digests: the whole command, with its start, its files and the node's answer.
    fn manifest(&self) {
        let list = self.disk.join("digests.txt");
        let mut text = BufWriter::new(File::create(&list).expect("a list"));
        for n in 0..ITEMS {
            let [sha256, sm3] = [0_u8, 1].map(|kind| sha256(&[&n.to_be_bytes()[..], &[kind]].concat()));
            writeln!(text, "sha-256 {sha256} sm3 {sm3} size {} path 2026/11/{n:08}.wav", n + 7).expect("a line");
        }
        text.flush().expect("the list");
        let mut rates: Vec<f64> = (0..5).map(|_| self.manifest_once(&list)).collect();
        rates.sort_by(f64::total_cmp);
        row(
            "manifest of 1,000,000 known digests, command and node together",
            format!("{:.0} items/s ({:.0} to {:.0})", rates[2], rates[0], rates[4]),
            "the list's bytes must be written and fsynced: see the bench `manifest`".into(),
            "≥ 1,000,000",
            Some(rates[2] >= 1e6),
        );
    }

    fn manifest_once(&self, list: &Path) -> f64 {
        let mut command = Command::new(PROGRAM);
        command.args(["--json", "deposit", "--server", &self.node.address, "--manifest"]).arg(list);
        command.env("TIEZHENG_CONFIG", self.disk.join("config")).stderr(Stdio::inherit());
        let begun = Instant::now();
        let output = command.output().expect("a deposit");
        let took = begun.elapsed().as_secs_f64();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        for kind in ["", ".tiezheng-statement", ".tiezheng-receipt.json"] {
            let mut paper = list.as_os_str().to_owned();
            paper.push(format!(".tiezheng-manifest{kind}"));
            std::fs::remove_file(paper).expect("a paper");
        }
        f64::from(ITEMS) / took
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
    bench.never_asked();
    bench.asked_before();
    bench.manifest();
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
