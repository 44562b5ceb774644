//! The control socket: commands of the operator to a running node, over HTTP on a Unix socket in the ledger's folder.
//!
//! ```text
//! GET    /status
//! POST   /snapshot                    makes the folder from which `tiezheng backup` copies
//! DELETE /snapshot                    removes it
//! POST   /certificate                 reloads the certificate, as SIGHUP does
//! DELETE /previous-key                ends the signatures of the ledger key before the last rotation
//! POST   /timestamp                   requests a timestamp for the newest checkpoint
//! POST   /timestamp-renewal  SECONDS  renews the timestamps that become weak within this time
//! PUT    /deposit-policy  enrolled    changes the deposit policy at once, and records it
//! ```
//!
//! # Invariants
//!
//! A process that can open the socket has the operator's rights: it has mode 0600 in a folder of mode 0700. No command takes a path, so that the
//! node never writes outside of its folder for a caller.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use serde_json::json;
use tokio::net::UnixListener;

use crate::filing::deposit_policy::DepositPolicy;
use crate::http::app_state::AppState;
use crate::http::caching::{self, Caching};
use crate::http::listener::{ListenError, bind_unix};
use crate::http::node_description::NodeDescription;
use crate::http::problem::ApiError;
use crate::http::tls::TlsError;
use crate::sequencer::state::Halt;
use crate::stamping::stamping_service::{RenewalReport, StampReport, StampingService};
use crate::store::traits::accounts::AccountStore;
use crate::wire::bilingual::Bilingual;

/// The mode of the socket.
const SOCKET_MODE: u32 = 0o600;

/// What the commands act on.
pub struct ControlState {
    /// The node.
    pub node: Arc<AppState>,
    /// Where the deposit policy is recorded.
    pub accounts: Arc<dyn AccountStore>,
    /// Makes a snapshot, and returns its folder. Blocking.
    pub snapshot: Box<dyn Fn() -> Result<PathBuf, String> + Send + Sync>,
    /// Removes the snapshot, if there is one. Blocking.
    pub remove_snapshot: Box<dyn Fn() -> io::Result<()> + Send + Sync>,
    /// Ends the signatures of the ledger key before the current one, and removes its file; whether there was one. Blocking.
    pub retire_previous_key: Box<dyn Fn() -> Result<bool, String> + Send + Sync>,
    /// One command at a time.
    pub turn: Mutex<()>,
}

impl std::fmt::Debug for ControlState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ControlState").finish_non_exhaustive()
    }
}

/// The socket, and its path, which is removed at the end.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Listens on the socket `path`. One that a stopped process has left behind is replaced.
    ///
    /// # Errors
    ///
    /// [`ListenError`].
    pub fn bind(path: &Path) -> Result<Self, ListenError> {
        Ok(Self { listener: bind_unix(path, SOCKET_MODE)?, path: path.to_owned() })
    }

    /// Serves commands until `shutdown` completes.
    ///
    /// # Errors
    ///
    /// The listener's.
    pub async fn serve(
        self,
        state: ControlState,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let router = Router::new()
            .route("/status", get(status))
            .route("/snapshot", post(make_snapshot).delete(remove_snapshot))
            .route("/certificate", post(reload_certificate))
            .route("/deposit-policy", put(change_policy))
            .route("/timestamp", post(stamp_now))
            .route("/timestamp-renewal", post(renew_timestamps))
            .route("/previous-key", delete(retire_previous_key))
            .with_state(Arc::new(state));
        // Without the timeouts of the node's listeners: only the operator can connect.
        let served = axum::serve(self.listener, router).with_graceful_shutdown(shutdown).await;
        // A socket that stays is replaced at the next start.
        let _ = std::fs::remove_file(&self.path);
        served
    }
}

async fn status(State(state): State<Arc<ControlState>>) -> Result<Response, ApiError> {
    let (node, health) = (&state.node, state.node.sequencer()?.health());
    let published = node.queries().reader().published();
    let halt = health.writing.as_ref().err();
    let status = json!({
        "version": NodeDescription::version(),
        "started": node.started().to_string(),
        "size": published.as_ref().map(|published| published.size().0),
        "block_height": published.as_ref().map(|published| published.height.0),
        "writing": health.writing.is_ok(),
        "code": halt.map(Halt::code),
        "reason": halt.map(ToString::to_string),
        "reason_zh": halt.map(Halt::title_zh),
        "waiting": health.waiting,
        "connections": node.connections().open(),
        "deposits": node.admission().policy().word(),
        "certificate_valid_until": node.description().tls.as_ref().map(|tls| tls.valid_until().to_string()),
    });
    Ok(caching::json(&status, Caching::Never))
}

/// The error of a command: its code, and the reason in both languages.
struct ControlError(String, Bilingual);

impl ControlError {
    fn new(code: &str, reason: &dyn std::fmt::Display) -> Self {
        Self(code.to_owned(), Bilingual::new(reason.to_string(), reason.to_string()))
    }
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        let Self(code, reason) = self;
        tracing::error!(%code, reason = %reason.en, "a command of the operator failed");
        let body = caching::json(&json!({ "code": code, "detail": reason.en, "detail_zh": reason.zh }), Caching::Never);
        (StatusCode::CONFLICT, body).into_response()
    }
}

/// Runs a command on the blocking pool, to its end even if its client disconnects.
async fn blocking<T: Send + 'static>(
    state: &Arc<ControlState>,
    work: impl FnOnce(&ControlState) -> Result<T, ControlError> + Send + 'static,
) -> Result<T, ControlError> {
    let state = Arc::clone(state);
    let done = tokio::task::spawn_blocking(move || {
        // No command leaves anything half done that another would see.
        let _turn = state.turn.lock().unwrap_or_else(PoisonError::into_inner);
        work(&state)
    });
    let done = done.await;
    done.map_err(|error| ControlError::new("internal", &error))?
}

async fn make_snapshot(State(state): State<Arc<ControlState>>) -> Result<Response, ControlError> {
    let make = |state: &ControlState| (state.snapshot)().map_err(|reason| ControlError::new("no_snapshot", &reason));
    let folder = blocking(&state, make).await?;
    tracing::info!(folder = %folder.display(), "a snapshot was made for a backup");
    Ok(caching::json(&json!({ "folder": folder }), Caching::Never))
}

async fn remove_snapshot(State(state): State<Arc<ControlState>>) -> Result<Response, ControlError> {
    let remove = |state: &ControlState| {
        (state.remove_snapshot)().map_err(|error| ControlError::new("snapshot_not_removed", &error))
    };
    blocking(&state, remove).await?;
    Ok(caching::json(&json!({ "removed": true }), Caching::Never))
}

async fn reload_certificate(State(state): State<Arc<ControlState>>) -> Result<Response, ControlError> {
    let Some(tls) = state.node.description().tls.clone() else {
        let reason = Bilingual::new("未配置证书", "no certificate is configured");
        return Err(ControlError("tls_not_configured".into(), reason));
    };
    let now = state.node.now();
    blocking(&state, move |_| {
        let failed = |error: TlsError| {
            let reason = Bilingual::new(error.chinese(), error.to_string());
            ControlError(error.code().into(), reason)
        };
        tls.reload(now).map_err(failed)?;
        tracing::info!(valid_until = %tls.valid_until(), "the certificate was reloaded");
        Ok(caching::json(&json!({ "certificate_valid_until": tls.valid_until().to_string() }), Caching::Never))
    })
    .await
}

async fn change_policy(State(state): State<Arc<ControlState>>, body: String) -> Result<Response, ControlError> {
    let policy = body.trim().parse::<DepositPolicy>().map_err(|error| ControlError::new("bad_value", &error))?;
    blocking(&state, move |state| {
        let before = state.node.admission().policy();
        // Recorded first: a policy that is in force is in force after a restart, too.
        let recorded = policy.record(&*state.accounts);
        recorded.map_err(|error| ControlError::new("deposit_policy_not_recorded", &error))?;
        state.node.admission().set_policy(policy);
        tracing::warn!(%before, %policy, "the operator changed the deposit policy");
        let changed = json!({ "deposits": policy.word(), "deposits_before": before.word() });
        Ok(caching::json(&changed, Caching::Never))
    })
    .await
}

fn stamping(state: &ControlState) -> Result<StampingService, ControlError> {
    state.node.stamping().cloned().ok_or_else(|| {
        let reason = Bilingual::new("未设置时间戳机构（--tsa）", "no timestamp authority is configured (--tsa)");
        ControlError("no_timestamp_authority".into(), reason)
    })
}

async fn stamp_now(State(state): State<Arc<ControlState>>) -> Result<Response, ControlError> {
    let stamped = stamping(&state)?.stamp_now().await.map_err(|error| ControlError::new("unreadable", &error))?;
    let Some(StampReport { size, outcomes }) = stamped else {
        let reason = Bilingual::new("尚无达到法定见证数的检查点", "no checkpoint has its quorum of witnesses yet");
        return Err(ControlError("nothing_to_stamp".into(), reason));
    };
    let authorities = outcomes.into_iter().map(|outcome| match outcome.result {
        Ok(time) => json!({ "authority": outcome.authority, "time": time.to_string() }),
        Err((code, detail)) => json!({ "authority": outcome.authority, "code": code, "detail": detail }),
    });
    let authorities: Vec<_> = authorities.collect();
    Ok(caching::json(&json!({ "size": size.0, "authorities": authorities }), Caching::Never))
}

async fn renew_timestamps(State(state): State<Arc<ControlState>>, body: String) -> Result<Response, ControlError> {
    let seconds = body.trim().parse::<u64>().map_err(|error| ControlError::new("bad_value", &error))?;
    let service = stamping(&state)?;
    // To its end, even if its client disconnects.
    let renewed = tokio::spawn(async move { service.renew(Duration::from_secs(seconds)).await }).await;
    let renewed = renewed.map_err(|error| ControlError::new("internal", &error))?;
    let RenewalReport { examined, needed, renewed } =
        renewed.map_err(|error| ControlError::new("not_renewed", &error))?;
    Ok(caching::json(&json!({ "examined": examined, "needed": needed, "renewed": renewed }), Caching::Never))
}

async fn retire_previous_key(State(state): State<Arc<ControlState>>) -> Result<Response, ControlError> {
    let retire = |state: &ControlState| {
        (state.retire_previous_key)().map_err(|reason| ControlError::new("previous_key_not_removed", &reason))
    };
    let removed = blocking(&state, retire).await?;
    tracing::warn!(removed, "the operator retired the previous ledger key");
    Ok(caching::json(&json!({ "removed": removed }), Caching::Never))
}
