//! A depositor's working folder and configuration, with a node.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::process::{Node, program};

/// A depositor's folder and the node they use.
pub(crate) struct Workspace {
    folder: tempfile::TempDir,
    node: Option<Node>,
    url: String,
    config: PathBuf,
}

/// A command that has run.
#[derive(Debug)]
pub(crate) struct CommandRun {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl CommandRun {
    /// Asserts the exit code.
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// All documents; standard output must hold nothing else.
    pub(crate) fn documents(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{self:#?}"))).collect()
    }

    /// The one document.
    pub(crate) fn document(&self) -> Value {
        let documents = self.documents();
        assert_eq!(documents.len(), 1, "{self:#?}");
        documents[0].clone()
    }

    /// The one document's deposit number.
    pub(crate) fn number(&self) -> String {
        self.document()["deposit_number"].as_str().unwrap().to_owned()
    }

    /// The one document's error code.
    pub(crate) fn error(&self) -> String {
        self.document()["error"]["code"].as_str().unwrap().to_owned()
    }
}

impl Workspace {
    /// With a node that runs.
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// With a node that runs with `more` arguments.
    pub(crate) fn with(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let node = Node::start(&folder.path().join("chain"), more);
        let (url, config) = (node.url.clone(), folder.path().join("config"));
        fs::create_dir(folder.path().join("filing")).unwrap();
        Self { folder, node: Some(node), url, config }
    }

    /// Without one.
    pub(crate) fn alone() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("filing")).unwrap();
        let config = folder.path().join("config");
        Self { folder, node: None, url: "http://127.0.0.1:1".into(), config }
    }

    /// Where the files of this depositor lie.
    pub(crate) fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.folder.path().join("filing").join(name.as_ref())
    }

    /// Where everything lies.
    pub(crate) fn top(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn config(&self) -> &Path {
        &self.config
    }

    /// The one pinned policy.
    pub(crate) fn policy(&self) -> PathBuf {
        let files = fs::read_dir(self.config.join("policies")).unwrap().map(|entry| entry.unwrap().path());
        let mut policies = files.filter(|path| path.extension().is_some_and(|extension| extension == "policy"));
        let policy = policies.next().unwrap();
        assert!(policies.next().is_none(), "there is one");
        policy
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From here on another person with no configuration yet.
    pub(crate) fn reset_configuration(&mut self) {
        self.config = self.folder.path().join(format!("{}x", self.config.file_name().unwrap().to_str().unwrap()));
    }

    /// Makes a file.
    pub(crate) fn file(&self, name: impl AsRef<OsStr>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs a command with `--json`, in the depositor's folder.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> CommandRun {
        let mut command = self.command();
        command.arg("--json").args(arguments);
        ran(command)
    }

    /// Runs a command for people, in `lang`.
    pub(crate) fn say(&self, lang: &str, arguments: &[&str]) -> CommandRun {
        let mut command = self.command();
        command.args(["--lang", lang]).args(arguments);
        ran(command)
    }

    /// Runs a command with `--json` in a shell that did `before` first, such as setting a limit.
    pub(crate) fn run_after<A: AsRef<OsStr>>(&self, before: &str, arguments: &[A]) -> CommandRun {
        let own = self.command();
        let mut command = Command::new("sh");
        command.current_dir(self.path("")).arg("-c").arg(format!("{before}; exec \"$0\" --json \"$@\""));
        command.arg(own.get_program()).args(arguments);
        command.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
        ran(command)
    }

    /// Makes a named pipe to which nobody writes.
    pub(crate) fn pipe(&self, name: impl AsRef<OsStr>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        path
    }

    /// The program as this depositor runs it.
    pub(crate) fn command(&self) -> Command {
        let mut command = program();
        command.current_dir(self.path("")).env("TIEZHENG_CONFIG", &self.config).env("TIEZHENG_SERVER", &self.url);
        command.env("RUST_LOG", "warn");
        command
    }

    /// Deposits a file whose document is asked for; the node must be there.
    pub(crate) fn deposit(&self, name: &str, more: &[&str]) -> CommandRun {
        self.run(&[&["deposit", name], more].concat()).ends(0)
    }

    /// Runs a node over this folder.
    pub(crate) fn start_over(&mut self, folder: &Path) {
        let node = Node::start(folder, &[]);
        self.url.clone_from(&node.url);
        self.node = Some(node);
    }

    /// Kills the node: its machine is gone.
    pub(crate) fn kill_node(&mut self) {
        self.node.take().unwrap().kill();
    }

    /// Stops the node, audits its ledger, and answers how many deposits it holds.
    pub(crate) fn stop_and_count(&mut self) -> u64 {
        self.node.take().unwrap().stop();
        let audited = self.run(&["audit".as_ref(), self.top().join("chain").as_os_str()]).ends(0);
        audited.document()["entries"].as_u64().unwrap()
    }
}

/// Runs a command to its end.
pub(crate) fn ran(command: Command) -> CommandRun {
    let output = assert_cmd::Command::from_std(command).output().unwrap();
    CommandRun {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
