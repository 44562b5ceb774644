//! A timestamp authority (RFC 3161) for the demo: `openssl ts` behind an HTTP server on a loopback port.
//!
//! Keys and certificates are made by `openssl` in a folder of the sandbox, and removed with it. The server answers one request after
//! the other (RFC 3161 §3.4), closes each connection, and ends with the demo.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use crate::cli::config::make_private_folder;

/// Most bytes of a request's head, and of its body. A request for a timestamp has less than 200.
const REQUEST_MAX: u64 = 64 << 10;
/// The time in which a client must send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Settings of `openssl`. The policy is an object identifier for examples (RFC 5612).
const SETTINGS: &str = "\
[req]
distinguished_name = subject
prompt = no
utf8 = yes
string_mask = utf8only
[subject]
CN = placeholder
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[signer]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
serial = serial
signer_cert = signer.pem
certs = ca.pem
signer_key = signer.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.32473.3161
digests = sha256, sm3
accuracy = secs:1
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
";

const NEW_KEY: [&str; 6] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-utf8"];

/// A running authority.
#[derive(Debug)]
pub struct TimestampAuthority {
    url: String,
    ca: PathBuf,
}

/// `openssl` in the authority's folder.
#[derive(Debug)]
struct OpenSsl {
    program: String,
    folder: PathBuf,
}

impl TimestampAuthority {
    /// Makes an authority in the new folder `folder` with `program`, which is `openssl`, and starts its server. `None` if there is no
    /// such program.
    ///
    /// # Errors
    ///
    /// The folder cannot be written, `openssl` fails, or no port can be opened.
    pub fn start(folder: &Path, program: &str) -> io::Result<Option<Self>> {
        make_private_folder(folder)?;
        let openssl = OpenSsl { program: program.to_owned(), folder: folder.to_owned() };
        match openssl.run(&["version"]) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            known => known?,
        };
        fs::write(folder.join("openssl.cnf"), SETTINGS)?;
        openssl.make_certificates()?;
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let url = format!("http://{}/", listener.local_addr()?);
        thread::Builder::new().name("timestamp-authority".to_owned()).spawn(move || {
            for stream in listener.incoming().flatten() {
                // A failing client does not affect the next one.
                let _ = serve(stream, &openssl);
            }
        })?;
        Ok(Some(Self { url, ca: folder.join("ca.pem") }))
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The PEM file of its root certificate.
    #[must_use]
    pub fn ca(&self) -> &Path {
        &self.ca
    }
}

impl OpenSsl {
    fn run(&self, arguments: &[&str]) -> io::Result<Output> {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(&self.folder).env("OPENSSL_CONF", self.folder.join("openssl.cnf"));
        let output = command.output()?;
        if output.status.success() {
            return Ok(output);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(io::Error::other(format!("{} {}: {said}", self.program, arguments.join(" "))))
    }

    fn make_certificates(&self) -> io::Result<()> {
        let config = ["-config", "openssl.cnf"];
        let root = ["req", "-new", "-x509", "-extensions", "authority", "-days", "30"];
        let of_root = ["-subj", "/CN=Demo Root CA/O=演示根证书机构", "-keyout", "ca.key", "-out", "ca.pem"];
        self.run(&[&root[..], &config, &NEW_KEY, &of_root].concat())?;
        let of_signer = ["-subj", "/CN=Demo TSA/O=演示时间戳机构", "-keyout", "signer.key", "-out", "signer.csr"];
        self.run(&[&["req", "-new"][..], &config, &NEW_KEY, &of_signer].concat())?;
        let issuer = ["-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "2", "-sha256", "-days", "30"];
        let extensions = ["-extfile", "openssl.cnf", "-extensions", "signer", "-out", "signer.pem"];
        self.run(&[&["x509", "-req", "-in", "signer.csr"][..], &issuer, &extensions].concat())?;
        Ok(())
    }

    /// The answer to a request, both DER.
    fn reply(&self, query: &[u8]) -> io::Result<Vec<u8>> {
        fs::write(self.folder.join("query"), query)?;
        let answer = ["ts", "-reply", "-config", "openssl.cnf", "-section", "tsa", "-queryfile", "query"];
        Ok(self.run(&answer)?.stdout)
    }
}

/// Answers one request, and closes the connection.
fn serve(mut stream: TcpStream, openssl: &OpenSsl) -> io::Result<()> {
    stream.set_read_timeout(Some(REQUEST_TIMEOUT))?;
    stream.set_write_timeout(Some(REQUEST_TIMEOUT))?;
    let answer = read_query(&stream).and_then(|query| openssl.reply(&query));
    let (status, kind, body) = match answer {
        Ok(reply) => ("200 OK", "application/timestamp-reply", reply),
        Err(error) => ("500 Internal Server Error", "text/plain; charset=utf-8", error.to_string().into_bytes()),
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(&[head.as_bytes(), &body].concat())
}

/// The body of a request (RFC 9112 §6), which must say how long it is.
fn read_query(stream: &TcpStream) -> io::Result<Vec<u8>> {
    let mut reader = BufReader::new(stream.take(2 * REQUEST_MAX));
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    if length == 0 || length > REQUEST_MAX {
        return Err(io::Error::other("expected a body of at most 64 KiB with its Content-Length"));
    }
    let mut query = Vec::new();
    reader.take(length).read_to_end(&mut query)?;
    Ok(query)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::time_token::algorithm::ImprintAlgorithm;
    use crate::ledger::time_token::trust::TsaTrust;
    use crate::sequencer::clock::{Clock as _, SystemClock};
    use crate::timestamp::tsa_client::TsaClient;

    #[tokio::test]
    async fn its_tokens_verify() {
        let folder = tempfile::tempdir().unwrap();
        let authority = TimestampAuthority::start(&folder.path().join("tsa"), "openssl").unwrap().unwrap();
        let trust = TsaTrust::from_pem(&fs::read(authority.ca()).unwrap()).unwrap();
        let (client, clock) = (TsaClient::new(authority.url()).unwrap(), SystemClock::new());
        for algorithm in [ImprintAlgorithm::Sha256, ImprintAlgorithm::Sm3] {
            let stamped = client.stamp(b"text", algorithm, &trust, &|| clock.read().wall).await.unwrap();
            assert_eq!(stamped.verified.imprint, algorithm);
        }
        // A bad request is answered, and does not stop it.
        for bad in ["POST / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nbad"] {
            let mut stream = TcpStream::connect(authority.url()[7..].trim_end_matches('/')).unwrap();
            stream.write_all(bad.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
        }
        client.stamp(b"text", ImprintAlgorithm::Sha256, &trust, &|| clock.read().wall).await.unwrap();
    }

    #[test]
    fn without_openssl_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let absent = folder.path().join("absent").display().to_string();
        assert!(TimestampAuthority::start(&folder.path().join("tsa"), &absent).unwrap().is_none());
    }
}
