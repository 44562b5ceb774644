//! A timestamp authority as a process of its own: `tests/support/tsa.py`, which is `openssl ts` behind an HTTP server.
//!
//! One process serves all modes: the path of the URL is the mode. The script lists the modes.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;
use tiezheng::ledger::time_token::algorithm::ImprintAlgorithm;
use tiezheng::ledger::time_token::request::TimeStampRequest;
use tiezheng::ledger::time_token::trust::TsaTrust;

/// An authority with keys of its own. Dropped, it is killed.
pub(crate) struct TestAuthority {
    folder: TempDir,
    child: Child,
    url: String,
}

fn script() -> Command {
    let mut command = Command::new("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/tsa.py"));
    command
}

fn succeeded(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

impl TestAuthority {
    /// Makes certificates and starts the server. It answers honestly at [`TestAuthority::url`].
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().unwrap();
        succeeded(script().arg("make").arg(folder.path()));
        let mut serve = script();
        serve.arg("serve").arg(folder.path()).arg("honest").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = serve.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { folder, child, url: url.trim().to_owned() }
    }

    /// Where it answers honestly.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Where it answers in this mode.
    pub(crate) fn url_of(&self, mode: &str) -> String {
        format!("{}{mode}", self.url)
    }

    /// The PEM file of trusted authorities, for `--tsa-ca`.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The revocation list, for `--tsa-crl`.
    pub(crate) fn list_file(&self) -> PathBuf {
        self.folder.path().join("crl.pem")
    }

    /// Trusts this authority.
    pub(crate) fn trust(&self) -> TsaTrust {
        TsaTrust::from_pem(&fs::read(self.ca_file()).unwrap()).unwrap()
    }

    /// Likewise, with its revocation list.
    pub(crate) fn trust_with_list(&self) -> TsaTrust {
        let mut trust = self.trust();
        trust.add_revocation_lists(&fs::read(self.list_file()).unwrap()).unwrap();
        trust
    }

    /// A token for `imprinted` with these `settings`, for example `time=20240601000000Z`.
    pub(crate) fn sign(&self, signer: &str, imprinted: &[u8], settings: &[&str]) -> Vec<u8> {
        let query = self.folder.path().join("query");
        let request = TimeStampRequest::new(ImprintAlgorithm::Sha256, imprinted, 7);
        fs::write(&query, request.to_der().unwrap()).unwrap();
        succeeded(script().arg("sign").arg(self.folder.path()).arg(signer).arg(query).args(settings))
    }

    /// The output of `openssl ts -verify` for a token for `imprinted`.
    pub(crate) fn openssl_verifies(&self, token: &[u8], imprinted: &[u8], more: &[&str]) -> Output {
        let (data, file) = (self.folder.path().join("data"), self.folder.path().join("token"));
        fs::write(&data, imprinted).unwrap();
        fs::write(&file, token).unwrap();
        let mut command = Command::new("openssl");
        command.args(["ts", "-verify", "-token_in", "-in"]).arg(file).arg("-data").arg(data);
        command.arg("-CAfile").arg(self.ca_file()).args(more).output().unwrap()
    }
}

impl Drop for TestAuthority {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
