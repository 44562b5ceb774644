//! The control socket of a running node, and the objects that its commands control.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::cli::exit::CliError;
use crate::cli::key_files;
use crate::cli::network_errors::cannot_listen;
use crate::cli::node_snapshot;
use crate::http::app_state::AppState;
use crate::http::control::{ControlSocket, ControlState};
use crate::http::listener::ListenError;
use crate::sequencer::ledger_keys::PreviousKey;
use crate::store::account_files::AccountFiles;
use crate::store::factory::{CONTROL_SOCKET, NodeStore};

/// Waits for the commands that are being executed.
pub async fn await_commands(control: JoinHandle<io::Result<()>>, limit: Duration) {
    match timeout(limit, control).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::error!(%error, "the control socket failed"),
        Ok(Err(error)) => tracing::error!(%error, "the control socket failed"),
        Err(_) => tracing::warn!("a command on the control socket did not end in time and was cut off"),
    }
}

/// Opens the control socket; `None` if the folder's path is longer than the system allows for a socket.
///
/// # Errors
///
/// [`CliError`].
pub fn control_socket(data: &Path) -> Result<Option<ControlSocket>, CliError> {
    match ControlSocket::bind(&data.join(CONTROL_SOCKET)) {
        Ok(socket) => Ok(Some(socket)),
        Err(ListenError::System { address, error }) if error.kind() == io::ErrorKind::InvalidInput => {
            tracing::warn!(%address, %error, "no control socket: `tiezheng control` and a backup of the running node do not work");
            Ok(None)
        }
        Err(error) => Err(cannot_listen(&error)),
    }
}

/// The objects that commands on the control socket control.
#[must_use]
pub fn control_state(
    data: &Path,
    node: &Arc<AppState>,
    store: Arc<NodeStore>,
    previous_key: PreviousKey,
) -> ControlState {
    let (of_snapshot, of_removal, of_key) = (data.to_owned(), data.to_owned(), data.to_owned());
    ControlState {
        node: Arc::clone(node),
        accounts: Arc::new(AccountFiles::in_ledger(data)),
        snapshot: Box::new(move || node_snapshot::make(&of_snapshot, &store)),
        remove_snapshot: Box::new(move || node_snapshot::remove(&of_removal)),
        retire_previous_key: Box::new(move || {
            // It stops signing before its file is removed.
            previous_key.retire();
            key_files::retire(&of_key).map_err(|error| error.en)
        }),
        turn: Mutex::default(),
    }
}
