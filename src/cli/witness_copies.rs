//! The copies of a mirror: a database for each ledger, in the witness's folder.
//!
//! ```text
//! mirror/<64 hex: SHA-256 of the origin>/     as a ledger's folder, without keys
//! ```

use std::path::Path;
use std::sync::Arc;

use crate::cli::descriptors;
use crate::cli::exit::CliError;
use crate::cli::open_errors::{cannot_open, unreadable};
use crate::files::placing::make_folders;
use crate::ledger::key::VerifierKey;
use crate::store::factory::{self, Folder, NodeStore, OpenError};
use crate::store::traits::LogStore;
use crate::witness::mirror::MirrorCopy;
use crate::witness::state_folder::ledger_id;

/// Name of the folder of copies.
pub const COPIES: &str = "mirror";

/// The copy of one ledger.
pub struct OpenedCopy {
    /// Its database.
    pub store: Arc<NodeStore>,
    /// The copy as the task that follows the ledger uses it.
    pub copy: Arc<MirrorCopy>,
}

/// Opens the copies of the ledgers with these keys, in their order. A missing one is created.
///
/// # Errors
///
/// [`CliError`]: a database cannot be opened, or is of another ledger.
pub fn open_copies(data: &Path, pinned: &[VerifierKey]) -> Result<Vec<OpenedCopy>, CliError> {
    pinned.iter().map(|key| open_copy(data, key)).collect()
}

fn open_copy(data: &Path, key: &VerifierKey) -> Result<OpenedCopy, CliError> {
    let folder = data.join(COPIES).join(ledger_id(key.name()));
    make_folders(&folder, 0o700).map_err(|error| CliError::io(&folder, &error))?;
    let options = descriptors::database_options();
    let unopened = |error: OpenError| cannot_open(&folder, &error);
    let store = match factory::open(&folder, &options) {
        Err(OpenError::Absent | OpenError::Unfinished) => {
            let store = factory::create(&folder, key.name(), &options).map_err(unopened)?;
            Folder::new(&folder).restrict().map_err(|error| CliError::io(&folder, &error))?;
            store
        }
        opened => opened.map_err(unopened)?,
    };
    let found = store.tip().map_err(|error| unreadable(&error))?.origin;
    if found != *key.name() {
        let (dir, wanted) = (folder.display(), key.name());
        let en = format!("{dir} holds a copy of the ledger `{found}`, not `{wanted}`");
        return Err(CliError::unable("another_ledger", format!("{dir} 中是账本“{found}”的副本，不是“{wanted}”"), en));
    }
    let store = Arc::new(factory::for_node(store, options));
    let copy = MirrorCopy::new(Arc::clone(&store) as Arc<dyn LogStore>);
    Ok(OpenedCopy { store, copy })
}
