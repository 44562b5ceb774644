//! A server of this program as a child process: a node or a witness.
//!
//! # Invariants
//!
//! The server never outlives the demo: it ends when its standard input ends, a pipe from the demo.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A running server. Dropped, it is stopped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    document: Value,
}

impl ServerProcess {
    /// Starts `command`, a `serve` or `witness` with `--json`, and waits until it listens. Its log is written to `log`.
    ///
    /// # Errors
    ///
    /// It does not start; the error contains its message.
    pub fn start(mut command: Command, log: &Path) -> io::Result<Self> {
        command.arg("--stop-with-stdin").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(log)?);
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("the server has no standard output"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let mut server = Self { child, document: serde_json::from_str(&line).unwrap_or_default() };
        if server.address().is_empty() {
            server.stop()?;
            return Err(io::Error::other(fs::read_to_string(log).unwrap_or_default()));
        }
        Ok(server)
    }

    /// A text of the document that it printed at its start; empty if there is none of this name.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.document.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> &str {
        self.text("listening")
    }

    /// Stops it in an orderly way; whether it succeeded.
    ///
    /// # Errors
    ///
    /// It cannot be waited for.
    pub fn stop(&mut self) -> io::Result<bool> {
        drop(self.child.stdin.take());
        Ok(self.child.wait()?.success())
    }

    /// Kills it, as a power cut would.
    ///
    /// # Errors
    ///
    /// It cannot be killed or waited for.
    pub fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // A failure to clean up is ignored.
        let _ = self.stop();
    }
}
