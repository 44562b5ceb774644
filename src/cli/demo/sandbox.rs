//! A temporary folder with a node process, in which commands run as child processes.
//!
//! Dropping it stops the node and removes the folder with its keys. The user's own configuration is not touched.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::cli::config::{FOLDER_VARIABLE, make_private_folder};

/// The folder and the node.
#[derive(Debug)]
pub struct Sandbox {
    folder: PathBuf,
    program: PathBuf,
    node: Option<Child>,
    address: String,
    lang: &'static str,
    keep: bool,
}

/// The result of a command.
#[derive(Debug)]
pub struct CommandRun {
    /// The command line as a user would type it.
    pub line: String,
    /// Its exit code; 255 if a signal ended it.
    pub code: u8,
    /// The documents it printed.
    pub documents: Vec<Value>,
    /// Its standard error.
    pub messages: String,
}

impl CommandRun {
    /// The text at `pointer` (RFC 6901) in the first document; empty if there is none.
    #[must_use]
    pub fn text(&self, pointer: &str) -> String {
        let value = self.documents.first().and_then(|document| document.pointer(pointer));
        value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default()
    }
}

impl Sandbox {
    /// A new folder in `above`, or in the system's folder for temporary files. Commands run with `--lang` `lang`.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub fn new(above: Option<&Path>, lang: &'static str, keep: bool) -> io::Result<Self> {
        let mut random = [0; 6];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let above = above.map_or_else(env::temp_dir, Path::to_owned);
        let folder = above.join(format!("tiezheng-demo-{}", hex::encode(random)));
        make_private_folder(&folder)?;
        let folder = folder.canonicalize()?;
        Ok(Self { folder, program: env::current_exe()?, node: None, address: String::new(), lang, keep })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The node's address.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Starts a node on the folder `chain-data` and waits until it listens. Returns its first document.
    ///
    /// # Errors
    ///
    /// It does not start; the error contains its message.
    pub fn start_node(&mut self) -> io::Result<Value> {
        let log = self.file("node.log");
        let mut node = self
            .command(&["serve", "--data", "chain-data", "--listen", "127.0.0.1:0", "--test"])
            .args(["--operator-token", "operator.token", "--stop-with-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()?;
        let stdout = node.stdout.take().ok_or_else(|| io::Error::other("the node has no standard output"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        self.node = Some(node);
        let told: Value =
            serde_json::from_str(&line).map_err(|_| io::Error::other(fs::read_to_string(&log).unwrap_or_default()))?;
        self.address = told.get("listening").and_then(Value::as_str).map(str::to_owned).unwrap_or_default();
        Ok(told)
    }

    /// Stops the node by a signal and waits for its end; whether it succeeded.
    ///
    /// # Errors
    ///
    /// It cannot be waited for.
    pub fn stop_node(&mut self) -> io::Result<bool> {
        let Some(mut node) = self.node.take() else { return Ok(true) };
        drop(node.stdin.take());
        Ok(node.wait()?.success())
    }

    /// Runs a command of this program in the folder. `interactive` lets it draw a progress bar.
    ///
    /// # Errors
    ///
    /// It cannot be run.
    pub fn run(&self, arguments: &[&str], interactive: bool) -> io::Result<CommandRun> {
        let stderr = if interactive { Stdio::inherit() } else { Stdio::piped() };
        let output = self.command(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).output()?;
        let documents = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
        let code = output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX);
        Ok(CommandRun {
            line: format!("tiezheng {}", arguments.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")),
            code,
            documents: documents.collect(),
            messages: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .args(["--json", "--lang", self.lang])
            .current_dir(&self.folder)
            .env(FOLDER_VARIABLE, self.folder.join("config"))
            .env("TIEZHENG_SERVER", &self.address);
        command
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // A failure to clean up is ignored.
        let _ = self.stop_node();
        if !self.keep {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn quoted(word: &str) -> String {
    if word.contains([' ', '+', '(']) { format!("'{word}'") } else { word.to_owned() }
}
