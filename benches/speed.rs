//! A node and its load generator on this machine: every target of PERFORMANCE.md that a running node has, with its ceiling
//! from the same run, as one Markdown table.
//!
//! Starts the program itself on a folder of its own and drives it with `tiezheng load`, which checks every receipt.
//! `ROUNDS` (default 5), `DEPOSITS` a round (default 100,000; other settings take a fraction), `BENCH_DIR` for the ledger
//! and the disk that is measured (a temporary folder).

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

fn main() {
    let (rounds, deposits) = (setting("ROUNDS", 5), setting("DEPOSITS", 100_000));
    let folder = env::var_os("BENCH_DIR").map_or_else(tempfile::tempdir, tempfile::tempdir_in).expect("a folder");
    let disk = folder.path();
    let node = Node::start(&disk.join("ledger"));
    let numbers = disk.join("numbers");
    let [rounds_text, deposits_text, few] = [rounds, deposits, deposits * 2 / 5].map(|n| n.to_string());
    let numbers_text = numbers.to_string_lossy();

    println!("| what | figure | ceiling of the same run | target | met |\n|---|---|---|---|---|");
    let arguments = ["--rounds", &rounds_text, "--deposits", &deposits_text, "--echo", "--keep-numbers", &numbers_text];
    let main = node.load(disk, &arguments).remove(0);
    let (rate, ratio, p99) = (
        number(&main, "/median/node/per_second"),
        number(&main, "/median/ratio"),
        number(&main, "/median/node/p99_ms"),
    );
    let fdatasync = number(&main, "/ceilings/fdatasync_p50_ms");
    let verify = number(&main, "/ceilings/verify_strict_per_second");
    let echo = number(&main, "/median/echo/per_second");
    let slow = fdatasync > 0.25;
    row(
        "single signed deposits, 256 connections",
        format!("{rate:.0}/s = {ratio:.2}, p50 {:.1} ms, p99 {p99:.1} ms", number(&main, "/median/node/p50_ms")),
        format!("echo+verify {echo:.0}/s, p99 {:.1} ms", number(&main, "/median/echo/p99_ms")),
        if slow { "≥ 0.70 (only ratios count: slow disk)" } else { "≥ 0.70 and ≥ 12,000/s; p99 ≤ 40 ms" },
        Some(ratio >= 0.70 && (slow || rate >= 12_000.0 && p99 <= 40.0)),
    );
    for connections in ["64", "1024", "4096"] {
        let arguments = ["--deposits", &few, "--connections", connections, "--echo", "--no-ceilings"];
        let more = node.load(disk, &arguments).remove(0);
        let ratio = number(&more, "/median/ratio");
        let [p50, p99] = ["/median/node/p50_ms", "/median/node/p99_ms"].map(|path| number(&more, path));
        row(
            &format!("the same, {connections} connections"),
            format!("{:.0}/s = {ratio:.2}, p50 {p50:.1} ms, p99 {p99:.1} ms", number(&more, "/median/node/per_second")),
            format!("echo+verify {:.0}/s", number(&more, "/median/echo/per_second")),
            "reported",
            None,
        );
    }
    let idle = node.load(disk, &["--deposits", "2000", "--connections", "1", "--rounds", &rounds_text]).remove(0);
    let (p50, sync) = (number(&idle, "/median/node/p50_ms"), number(&idle, "/ceilings/fdatasync_p50_ms"));
    row(
        "one deposit on an idle node, p50",
        format!("{p50:.2} ms"),
        format!("fdatasync {sync:.3} ms"),
        "≤ 2 × fdatasync + 0.6 ms",
        Some(p50 <= 2.0 * sync + 0.6),
    );
    let arguments = ["--batch", "1000", "--connections", "4", "--deposits", &deposits_text, "--rounds", &rounds_text];
    let batch = node.load(disk, &arguments).remove(0);
    let (lines, verify_now) =
        (number(&batch, "/median/node/per_second"), number(&batch, "/ceilings/verify_strict_per_second"));
    row(
        "batch endpoint, 1,000 lines a request",
        format!("{lines:.0} lines/s = {:.2}", lines / verify_now),
        format!("verify_strict {verify_now:.0}/s"),
        "≥ 0.55",
        Some(lines / verify_now >= 0.55),
    );
    let reads = node.load(
        disk,
        &[
            "--read",
            &numbers_text,
            "--deposits",
            &few,
            "--connections",
            "64",
            "--echo",
            "--rounds",
            &rounds_text,
            "--no-ceilings",
        ],
    );
    for (read, what, least) in
        reads.iter().zip([("look-up by number", 0.75), ("receipt", 0.3)]).map(|(r, (w, l))| (r, w, l))
    {
        let ratio = number(read, "/median/ratio");
        row(
            &format!("{what}, {:.0} k deposits, 64 connections", (rounds * deposits) as f64 / 1e3),
            format!(
                "{:.0}/s = {ratio:.2}, p99 {:.1} ms",
                number(read, "/median/node/per_second"),
                number(read, "/median/node/p99_ms")
            ),
            format!("bare GET of the same length {:.0}/s", number(read, "/median/echo/per_second")),
            &format!("≥ {least}"),
            Some(ratio >= least),
        );
    }
    row(
        "resident memory of the node after all this",
        format!("{:.0} MiB", node.resident()),
        String::new(),
        "≤ 400 MiB at 20 M",
        None,
    );
    println!();
    println!(
        "Ceilings: fdatasync of 4 KiB p50 {fdatasync:.3} ms, p99 {:.3} ms; verify_strict on all cores {verify:.0}/s; SHA-256 on one core {:.0} MB/s; tree nodes on one core {:.2} M/s; {} build. Medians of {rounds} rounds of {deposits} deposits; every receipt checked.",
        number(&main, "/ceilings/fdatasync_p99_ms"),
        number(&main, "/ceilings/sha256_bytes_per_second") / 1e6,
        number(&main, "/ceilings/node_hashes_per_second") / 1e6,
        main.pointer("/ceilings/build").and_then(Value::as_str).unwrap_or_default(),
    );
}
