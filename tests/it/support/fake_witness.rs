//! A witness with a selectable behaviour: honest, or one of the ways in which a witness can fail or lie.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tiezheng::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use tiezheng::ledger::cosignature::{Cosigner, CosignerKey};
use tiezheng::ledger::hash::{Digest, sha256};
use tiezheng::ledger::key::{Name, VerifierKey};
use tiezheng::ledger::merkle::proof::{ConsistencyProof, verify_consistency};
use tiezheng::ledger::merkle::shape::TreeSize;
use tiezheng::ledger::note::NoteSignature;
use tiezheng::ledger::time::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How it answers `add-checkpoint`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    Honest,
    /// Honest, and never within a time limit.
    Silent,
    /// 503.
    Down,
    /// 200 with bytes that are no signature line.
    Garbage,
    /// 200 with more bytes than any answer has.
    Flood,
    /// A cosignature of another key.
    WrongKey,
    /// A cosignature on another checkpoint.
    OtherCheckpoint,
    /// 409 with a larger size than any.
    Larger,
    /// 409 with a smaller size, whatever the request.
    Smaller,
    /// 422.
    Inconsistent,
}

struct Inner {
    behaviour: Behaviour,
    ledger: Option<VerifierKey>,
    latest: Option<SignedCheckpoint>,
    requests: usize,
}

/// A running witness. It stops when it is dropped.
pub(crate) struct FakeWitness {
    cosigner: Arc<Cosigner>,
    inner: Arc<Mutex<Inner>>,
    url: String,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Served {
    cosigner: Arc<Cosigner>,
    inner: Arc<Mutex<Inner>>,
}

impl FakeWitness {
    /// Witness number `n`, for the ledger with this key.
    pub(crate) async fn start(n: u8, ledger: &VerifierKey) -> Self {
        Self::start_for(n, Some(ledger.clone())).await
    }

    /// Witness number `n`, which cosigns the first ledger that asks.
    pub(crate) async fn start_for(n: u8, ledger: Option<VerifierKey>) -> Self {
        let name = Name::parse(&format!("witness-{n}.example")).unwrap();
        let cosigner = Arc::new(Cosigner::new(name, &[200_u8.wrapping_add(n); 32]).unwrap());
        let inner = Inner { behaviour: Behaviour::Honest, ledger, latest: None, requests: 0 };
        let served = Served { cosigner: Arc::clone(&cosigner), inner: Arc::new(Mutex::new(inner)) };
        let inner = Arc::clone(&served.inner);
        let router = Router::new()
            .route("/w/add-checkpoint", post(add_checkpoint))
            .route("/w/{origin}/checkpoint", get(latest))
            .with_state(served);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/w", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { cosigner, inner, url, server }
    }

    pub(crate) fn key(&self) -> &CosignerKey {
        self.cosigner.key()
    }

    /// Its line in a policy.
    pub(crate) fn line(&self, name: &str) -> String {
        format!("witness {name} {} {}\n", self.key(), self.url)
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        self.inner.lock().unwrap().behaviour = behaviour;
    }

    /// Sets the checkpoint that it has cosigned last.
    pub(crate) fn hold(&self, checkpoint: Option<SignedCheckpoint>) {
        self.inner.lock().unwrap().latest = checkpoint;
    }

    /// The size of the checkpoint that it cosigned last.
    pub(crate) fn size(&self) -> u64 {
        self.inner.lock().unwrap().latest.as_ref().map_or(0, |latest| latest.checkpoint().size.0)
    }
}

impl Drop for FakeWitness {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn add_checkpoint(State(witness): State<Served>, body: String) -> Response {
    let behaviour = {
        let mut inner = witness.inner.lock().unwrap();
        inner.requests += 1;
        inner.behaviour
    };
    let size = |size: u64| (StatusCode::CONFLICT, format!("{size}\n")).into_response();
    let (head, note) = body.split_once("\n\n").unwrap();
    let checkpoint = SignedCheckpoint::parse(note.as_bytes()).unwrap();
    let now = Timestamp::parse("2026-11-22T12:00:05.000Z").unwrap();
    match behaviour {
        Behaviour::Silent => {
            tokio::time::sleep(Duration::from_hours(1)).await;
            StatusCode::IM_A_TEAPOT.into_response()
        }
        Behaviour::Down => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Behaviour::Garbage => "garbage\u{1b}[2J\n".into_response(),
        Behaviour::Flood => "— x AAAAAAEC\n".repeat(100_000).into_response(),
        Behaviour::WrongKey => {
            let other = Cosigner::new(witness.cosigner.key().name().clone(), &[7; 32]).unwrap();
            format!("{}\n", other.cosign(checkpoint.checkpoint(), now)).into_response()
        }
        Behaviour::OtherCheckpoint => {
            let other = Checkpoint { root: Digest([9; 32]), ..checkpoint.checkpoint().clone() };
            format!("{}\n", witness.cosigner.cosign(&other, now)).into_response()
        }
        Behaviour::Larger => size(1 << 40),
        Behaviour::Smaller => size(1),
        Behaviour::Inconsistent => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
        Behaviour::Honest => match witness.cosign(head, checkpoint, now) {
            Ok(line) => format!("{line}\n").into_response(),
            Err((StatusCode::CONFLICT, latest)) => size(latest),
            Err((status, _)) => status.into_response(),
        },
    }
}

impl Served {
    fn cosign(
        &self,
        head: &str,
        checkpoint: SignedCheckpoint,
        now: Timestamp,
    ) -> Result<NoteSignature, (StatusCode, u64)> {
        let mut inner = self.inner.lock().unwrap();
        let asked = checkpoint.checkpoint();
        if inner.ledger.as_ref().is_some_and(|key| checkpoint.verified_by(std::slice::from_ref(key)).is_err()) {
            return Err((StatusCode::FORBIDDEN, 0));
        }
        assert_eq!(checkpoint.note().signatures().len(), 1, "only the ledger's own signature is sent");
        let mut lines = head.split('\n');
        let old = TreeSize(lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap());
        let hash = |line| Digest::from_slice(&BASE64_STANDARD.decode(line).unwrap()).unwrap();
        let proof = ConsistencyProof::from_hashes(lines.map(hash).collect()).unwrap();
        let (size, root) = match &inner.latest {
            Some(latest) => (latest.checkpoint().size, latest.checkpoint().root),
            None => (TreeSize(0), Digest::ZERO),
        };
        if old != size {
            return Err((StatusCode::CONFLICT, size.0));
        }
        let consistent = if size.0 == 0 {
            proof.hashes().is_empty()
        } else {
            verify_consistency(size, &root, asked.size, &asked.root, &proof).is_ok()
        };
        if !consistent {
            return Err((StatusCode::UNPROCESSABLE_ENTITY, 0));
        }
        let line = self.cosigner.cosign(asked, now);
        inner.latest = Some(checkpoint);
        Ok(line)
    }
}

/// The latest checkpoint with the witness's cosignature.
async fn latest(State(witness): State<Served>, axum::extract::Path(origin): axum::extract::Path<String>) -> Response {
    let inner = witness.inner.lock().unwrap();
    let Some(latest) = &inner.latest else { return StatusCode::NOT_FOUND.into_response() };
    if origin != sha256(latest.checkpoint().origin.as_str().as_bytes()).to_string() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut note = latest.note().to_string();
    let now = Timestamp::parse("2026-11-22T12:00:06.000Z").unwrap();
    let _ = writeln!(note, "{}", witness.cosigner.cosign(latest.checkpoint(), now));
    note.into_response()
}
