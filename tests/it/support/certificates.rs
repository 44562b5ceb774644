//! Certificates made by openssl: an authority of the test's own, and certificates that it issues.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The configuration of `openssl ca`, which alone sets both ends of a validity.
const AUTHORITY: &str = "\
[ca]
default_ca = own
[own]
new_certs_dir = .
database = index.txt
serial = serial
default_md = sha256
policy = any
email_in_dn = no
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[leaf]
subjectAltName = IP:127.0.0.1,DNS:localhost
";

/// An authority in a folder of its own.
pub(crate) struct Authority {
    folder: TempDir,
}

/// A certificate with its key.
pub(crate) struct IssuedCertificate {
    /// The chain: the certificate, and the authority's.
    pub(crate) certificate: PathBuf,
    /// The private key.
    pub(crate) key: PathBuf,
}

impl IssuedCertificate {
    /// The options of `serve`.
    pub(crate) fn options(&self) -> [&str; 4] {
        let [certificate, key] = [&self.certificate, &self.key].map(|path| path.to_str().unwrap());
        ["--tls-certificate", certificate, "--tls-key", key]
    }
}

impl Authority {
    pub(crate) fn new() -> Self {
        let authority = Self { folder: tempfile::tempdir().unwrap() };
        for (name, text) in [("ca.cnf", AUTHORITY), ("index.txt", ""), ("serial", "1000\n")] {
            fs::write(authority.path(name), text).unwrap();
        }
        authority.openssl(&[
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            "ca.key",
            "-subj",
            "/CN=Test authority",
            "-out",
            "ca.csr",
        ]);
        authority.openssl(&[
            "ca",
            "-batch",
            "-config",
            "ca.cnf",
            "-selfsign",
            "-keyfile",
            "ca.key",
            "-in",
            "ca.csr",
            "-extensions",
            "authority",
            "-startdate",
            "20200101000000Z",
            "-enddate",
            "20990101000000Z",
            "-out",
            "ca.pem",
            "-notext",
        ]);
        authority
    }

    /// The file of this name in the authority's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The authority's certificate.
    pub(crate) fn root(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// Issues a certificate for 127.0.0.1 that is valid now.
    pub(crate) fn issue(&self, name: &str) -> IssuedCertificate {
        self.issue_for(name, "20200101000000Z", "20980101000000Z")
    }

    /// Issues a certificate with this validity.
    pub(crate) fn issue_for(&self, name: &str, from: &str, until: &str) -> IssuedCertificate {
        let file = |end: &str| format!("{name}.{end}");
        let (key, request, alone, chain) = (file("key"), file("csr"), file("crt"), file("pem"));
        self.openssl(&[
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            &key,
            "-subj",
            &format!("/CN={name}"),
            "-out",
            &request,
        ]);
        self.openssl(&[
            "ca",
            "-batch",
            "-config",
            "ca.cnf",
            "-cert",
            "ca.pem",
            "-keyfile",
            "ca.key",
            "-in",
            &request,
            "-extensions",
            "leaf",
            "-startdate",
            from,
            "-enddate",
            until,
            "-out",
            &alone,
            "-notext",
        ]);
        let whole = [fs::read(self.path(&alone)).unwrap(), fs::read(self.root()).unwrap()].concat();
        fs::write(self.path(&chain), whole).unwrap();
        IssuedCertificate { certificate: self.path(&chain), key: self.path(&key) }
    }

    fn openssl(&self, arguments: &[&str]) {
        let done = Command::new("openssl").args(arguments).current_dir(self.folder.path()).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

/// The result and the output of `openssl s_client` for a connection to `address` with these options.
pub(crate) fn s_client(address: &str, root: &Path, options: &[&str]) -> (bool, String) {
    let client = Command::new("openssl")
        .args(["s_client", "-connect", address, "-verify_return_error", "-CAfile"])
        .arg(root)
        .args(options)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let said = [client.stdout, client.stderr].concat();
    (client.status.success(), String::from_utf8_lossy(&said).into_owned())
}
