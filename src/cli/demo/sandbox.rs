//! A temporary folder with a node process, in which commands run as child processes.
//!
//! Dropping it stops the node and removes the folder with its keys. The user's own configuration is not touched.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::cli::config::{FOLDER_VARIABLE, make_private_folder};
use crate::cli::demo::server_process::ServerProcess;

/// The folder and the node.
#[derive(Debug)]
pub struct Sandbox {
    folder: PathBuf,
    program: PathBuf,
    node: Option<ServerProcess>,
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

    /// Lets later commands ask the node at this address, unless they name another one.
    pub fn set_address(&mut self, address: &str) {
        address.clone_into(&mut self.address);
    }

    /// Starts a node on the folder `chain-data` and waits until it listens. Returns it.
    ///
    /// # Errors
    ///
    /// It does not start; the error contains its message.
    pub fn start_node(&mut self) -> io::Result<&ServerProcess> {
        let arguments = ["serve", "--data", "chain-data", "--listen", "127.0.0.1:0", "--test"];
        let node = self.start_server(&[&arguments[..], &["--operator-token", "operator.token"]].concat(), "node")?;
        self.set_address(node.address());
        Ok(self.node.insert(node))
    }

    /// Starts a server of this program in the folder and waits until it listens. `name` is that of its log.
    ///
    /// # Errors
    ///
    /// It does not start; the error contains its message.
    pub fn start_server(&self, arguments: &[&str], name: &str) -> io::Result<ServerProcess> {
        ServerProcess::start(self.command(arguments), &self.file(&format!("{name}.log")))
    }

    /// Stops the node and waits for its end; whether it succeeded.
    ///
    /// # Errors
    ///
    /// It cannot be waited for.
    pub fn stop_node(&mut self) -> io::Result<bool> {
        self.node.take().map_or(Ok(true), |mut node| node.stop())
    }

    /// Runs a server that is to end by itself. If it does not, it stops at once, since its standard input is empty.
    ///
    /// # Errors
    ///
    /// It cannot be run.
    pub fn run_server(&self, arguments: &[&str]) -> io::Result<CommandRun> {
        let mut command = self.command(arguments);
        command.arg("--stop-with-stdin");
        Self::finish(command, arguments, Stdio::piped())
    }

    /// Runs a command of this program in the folder. `interactive` lets it draw a progress bar.
    ///
    /// # Errors
    ///
    /// It cannot be run.
    pub fn run(&self, arguments: &[&str], interactive: bool) -> io::Result<CommandRun> {
        let stderr = if interactive { Stdio::inherit() } else { Stdio::piped() };
        Self::finish(self.command(arguments), arguments, stderr)
    }

    fn finish(mut command: Command, arguments: &[&str], stderr: Stdio) -> io::Result<CommandRun> {
        let output = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).output()?;
        let documents = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
        let code = output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX);
        Ok(CommandRun {
            line: line_of(arguments),
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

/// A command line of this program as a user would type it.
#[must_use]
pub fn line_of(arguments: &[&str]) -> String {
    format!("tiezheng {}", arguments.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "))
}

fn quoted(word: &str) -> String {
    if word.contains([' ', '+', '(']) { format!("'{word}'") } else { word.to_owned() }
}
