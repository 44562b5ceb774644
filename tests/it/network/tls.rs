//! TLS, checked by openssl, curl and Python.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::certificates::{Authority, IssuedCertificate, s_client};
use crate::support::process::{LiveNode, program};

fn node(folder: &std::path::Path, issued: &IssuedCertificate) -> LiveNode {
    LiveNode::start(&folder.join("ledger"), &[&["--test"][..], &issued.options()].concat())
}

fn address(node: &LiveNode) -> &str {
    node.url.strip_prefix("https://").unwrap()
}

#[test]
fn only_modern_versions_and_ciphers_are_served_and_the_chain_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let node = node(folder.path(), &authority.issue("node"));
    let (address, root) = (address(&node).to_owned(), authority.root());
    let connect = |options: &[&str]| s_client(&address, &root, options);
    for (options, version) in [(&["-tls1_3"][..], "TLSv1.3"), (&["-tls1_2"], "TLSv1.2")] {
        let (connected, said) = connect(options);
        assert!(connected && said.contains("Verify return code: 0 (ok)") && said.contains(version), "{said}");
    }
    for options in [
        &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"][..],
        // Without forward secrecy, or without authenticated encryption.
        &["-tls1_2", "-cipher", "AES128-GCM-SHA256:AES256-SHA:@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384"],
    ] {
        let (connected, said) = connect(options);
        // The node's alert, not an openssl that cannot even ask.
        let is_refused = said.contains("alert protocol version") || said.contains("alert handshake failure");
        assert!(!connected && is_refused, "{options:?}: {said}");
    }
    let (_, said) = connect(&["-alpn", "h2,http/1.1"]);
    assert!(said.contains("ALPN protocol: h2"), "{said}");
    let (_, said) = connect(&["-alpn", "http/1.1"]);
    assert!(said.contains("ALPN protocol: http/1.1"), "{said}");
    node.stop();
}

#[test]
fn python_curl_and_the_command_line_use_it() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let node = node(folder.path(), &authority.issue("node"));
    let root = authority.root();
    let script = format!(
        "import ssl, urllib.request, json\n\
         context = ssl.create_default_context(cafile={root:?})\n\
         with urllib.request.urlopen('{}/v1/ledger', context=context) as answer:\n    \
             print(json.load(answer)['mode'])\n\
         try:\n    urllib.request.urlopen('{}/v1/ledger')\n\
         except urllib.error.URLError as error:\n    print('refused')\n",
        node.url, node.url
    );
    let python = Command::new("python3").args(["-c", &script]).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&python.stdout),
        "test\nrefused\n",
        "{}",
        String::from_utf8_lossy(&python.stderr)
    );
    for (option, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
        let curl = Command::new("curl")
            .args([
                "--silent",
                "--show-error",
                "--noproxy",
                "*",
                option,
                "--write-out",
                " %{http_version}",
                "--output",
                "/dev/null",
                "--cacert",
            ])
            .arg(&root)
            .arg(format!("{}/v1/ledger", node.url))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&curl.stdout).trim(), version, "{}", String::from_utf8_lossy(&curl.stderr));
    }
    let file = folder.path().join("evidence.txt");
    fs::write(&file, "evidence over TLS").unwrap();
    let deposit = program()
        .args(["--json", "deposit", "--server", &node.url])
        .arg(&file)
        .env("TIEZHENG_CONFIG", folder.path().join("config"))
        .env("SSL_CERT_FILE", &root)
        .output()
        .unwrap();
    assert!(deposit.status.success(), "{}", String::from_utf8_lossy(&deposit.stderr));
    node.stop();
}

/// The beginning of the certificate that new connections get, as PEM.
fn first_certificate(address: &str, authority: &Authority) -> String {
    let (_, said) = s_client(address, &authority.root(), &["-showcerts"]);
    let from = said.find("-----BEGIN CERTIFICATE-----").unwrap();
    said[from..from + 200].to_owned()
}

#[test]
fn a_reload_under_load_changes_the_certificate_and_drops_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let issued = authority.issue("node");
    let node = node(folder.path(), &issued);
    let before = first_certificate(address(&node), &authority);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let root = reqwest::Certificate::from_pem(&fs::read(authority.root()).unwrap()).unwrap();
    let client =
        reqwest::Client::builder().no_proxy().tls_certs_only([root]).pool_max_idle_per_host(0).build().unwrap();
    let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let (client, url) = (client.clone(), format!("{}/v1/ledger", node.url));
            let (stop, sent) = (Arc::clone(&stop), Arc::clone(&sent));
            runtime.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let hang_up = || {
        let id = Pid::from_raw(i32::try_from(node.id()).unwrap()).unwrap();
        kill_process(id, Signal::HUP).unwrap();
    };
    let wait_for = |more: u64| {
        let until = sent.load(Ordering::Relaxed) + more;
        while sent.load(Ordering::Relaxed) < until && clients.iter().all(|client| !client.is_finished()) {
            std::thread::yield_now();
        }
    };
    wait_for(100);
    // A file that cannot be used changes nothing, and is named.
    let good = fs::read(&issued.certificate).unwrap();
    fs::write(&issued.certificate, "no certificate").unwrap();
    let reload =
        program().args(["--json", "control", "reload", "--data"]).arg(folder.path().join("ledger")).output().unwrap();
    let refused: Value = serde_json::from_slice(&reload.stdout).unwrap();
    assert_eq!((reload.status.code(), &refused["error"]["code"]), (Some(2), &"tls_certificate_malformed".into()));
    wait_for(100);
    assert_eq!(first_certificate(address(&node), &authority), before);
    fs::write(&issued.certificate, good).unwrap();
    let other = authority.issue("renewed");
    fs::copy(&other.certificate, &issued.certificate).unwrap();
    fs::copy(&other.key, &issued.key).unwrap();
    hang_up();
    let begun = sent.load(Ordering::Relaxed);
    while first_certificate(address(&node), &authority) == before {
        wait_for(10);
        assert!(sent.load(Ordering::Relaxed) - begun < 1_000_000, "the certificate was not reloaded");
    }
    wait_for(100);
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        runtime.block_on(client).unwrap();
    }
    node.stop();
}

#[test]
fn a_certificate_that_cannot_be_used_is_named_and_nothing_is_created() {
    let folder = tempfile::tempdir().unwrap();
    let (authority, data) = (Authority::new(), folder.path().join("ledger"));
    let (good, other) = (authority.issue("good"), authority.issue("other"));
    let expired = authority.issue_for("expired", "20200101000000Z", "20210101000000Z");
    let early = authority.issue_for("early", "20970101000000Z", "20980101000000Z");
    let write = |name: &str, text: &[u8]| {
        fs::write(authority.path(name), text).unwrap();
        authority.path(name)
    };
    let empty = write("empty.pem", b"");
    let garbage = write("garbage.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let chain =
        [fs::read(authority.path("good.crt")).unwrap(), fs::read(authority.path("other.crt")).unwrap()].concat();
    let misordered = write("misordered.pem", &chain);
    for (certificate, key, code) in [
        (&good.certificate, &other.key, "tls_key_mismatch"),
        (&expired.certificate, &expired.key, "tls_certificate_expired"),
        (&early.certificate, &early.key, "tls_certificate_not_yet_valid"),
        (&empty, &good.key, "tls_certificate_malformed"),
        (&garbage, &good.key, "tls_certificate_malformed"),
        (&misordered, &good.key, "tls_certificate_order"),
        (&good.certificate, &empty, "tls_key_unusable"),
        (&good.certificate, &authority.path("absent"), "tls_file_unreadable"),
    ] {
        let said = program()
            .args(["--json", "serve", "--test", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .arg("--tls-certificate")
            .arg(certificate)
            .arg("--tls-key")
            .arg(key)
            .output()
            .unwrap();
        assert_eq!(said.status.code(), Some(2), "{code}");
        let error: Value = serde_json::from_slice(&said.stdout).unwrap_or_else(|_| panic!("{code}: {said:?}"));
        assert_eq!(error["error"]["code"], code, "{error}");
        assert!(!data.exists(), "{code}");
    }
}

#[test]
fn plain_http_beyond_loopback_needs_a_trusted_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("ledger");
    let refused = |more: &[&str]| {
        let said = program().args(["--json", "serve", "--test", "--data"]).arg(&data).args(more).output().unwrap();
        let error: Value = serde_json::from_slice(&said.stdout).unwrap();
        assert!(!data.exists());
        (said.status.code(), error["error"]["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(refused(&["--listen", "0.0.0.0:0"]), (Some(64), "not_loopback".into()));
    assert_eq!(refused(&["--listen", "https://127.0.0.1:0"]), (Some(64), "tls_not_configured".into()));
    assert_eq!(refused(&["--tls-key", "key.pem"]), (Some(64), "bad_setting".into()));
    // A proxy other than this machine is trusted, so this machine's own requests are refused.
    let other = ["--test", "--listen", "http://0.0.0.0:0", "--trusted-proxy", "192.0.2.0/24"];
    let node = LiveNode::start(&data, &other);
    let urls: Vec<_> = node.document["listeners"].as_array().unwrap().iter().map(|url| url.as_str().unwrap()).collect();
    assert_eq!(urls.len(), 2, "{urls:?}");
    let curl = |url: &str| {
        let curl = Command::new("curl")
            .args(["--silent", "--noproxy", "*", "--include", &format!("{url}/v1/ledger")])
            .output();
        String::from_utf8(curl.unwrap().stdout).unwrap()
    };
    assert!(curl(urls[0]).starts_with("HTTP/1.1 200"));
    let refused = curl(&urls[1].replace("0.0.0.0", "127.0.0.1"));
    assert!(refused.starts_with("HTTP/1.1 403") && refused.contains("tls_required"), "{refused}");
    node.stop();
}
