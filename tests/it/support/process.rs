//! The real program as a child process: started, killed, started again.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A node that runs as a process of its own. Dropped, it is killed.
pub(crate) struct Node {
    child: Child,
    /// Where it listens.
    pub(crate) url: String,
}

/// The program under test.
pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tiezheng"))
}

/// A client that trusts no proxy and needs no TLS.
pub(crate) fn http_client() -> reqwest::Client {
    // The first caller installs it; for the others it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// Sends a signal to a child that was not waited for yet.
pub(crate) fn send(child: &Child, signal: Signal) {
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(id, signal).unwrap();
}

impl Node {
    /// Starts a node of a test ledger in `data` and waits until it prints its address.
    pub(crate) fn start(data: &Path, more: &[&str]) -> Self {
        let mut command = program();
        command.args(["serve", "--test", "--listen", "127.0.0.1:0", "--data"]).arg(data).args(more);
        command.env("TIEZHENG_CONFIG", data.with_extension("config"));
        Self::of(command)
    }

    /// Starts a node by this command and waits until it prints its address.
    pub(crate) fn of(mut command: Command) -> Self {
        command.stderr(Stdio::null());
        Self::begin(command)
    }

    /// Likewise; with the lines of its log.
    pub(crate) fn with_log(mut command: Command) -> (Self, impl Iterator<Item = String>) {
        command.stderr(Stdio::piped());
        let mut node = Self::begin(command);
        let log = BufReader::new(node.child.stderr.take().unwrap()).lines();
        (node, log.map(Result::unwrap))
    }

    fn begin(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.find_map(|line| {
            let line = line.unwrap();
            let at = line.find("http://127.0.0.1:")?;
            Some(line[at..].split_whitespace().next().unwrap().trim_end_matches('/').to_owned())
        });
        // Later output must be read, or the pipe breaks.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: url.expect("the node says where it listens") }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory it ever held, in KiB.
    pub(crate) fn most_memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; the node must end well.
    pub(crate) fn stop(mut self) {
        send(&self.child, Signal::TERM);
        assert!(self.child.wait().unwrap().success());
    }
}

/// A node whose ledger options are only those that a test gives.
pub(crate) struct LiveNode {
    child: Child,
    /// The document that it prints when it listens.
    pub(crate) document: serde_json::Value,
    /// Where it listens.
    pub(crate) url: String,
}

impl LiveNode {
    /// Starts a node on `data` and waits until it listens.
    pub(crate) fn start(data: &Path, more: &[&str]) -> Self {
        let mut command = program();
        command
            .args(["--json", "serve", "--listen", "127.0.0.1:0", "--stop-with-stdin", "--data"])
            .arg(data)
            .args(more);
        if !more.iter().any(|argument| ["--test", "--next-key-out"].contains(argument)) {
            command.arg("--next-key-out").arg(data.with_extension("next-key"));
        }
        command.env("TIEZHENG_CONFIG", data.with_extension("config"));
        Self::of(command)
    }

    /// Starts a node by this command, which has the options `--json` and `--stop-with-stdin`, and waits until it listens.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let document: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        let url = document["listening"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { child, document, url }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it in order.
    pub(crate) fn stop(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for LiveNode {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
