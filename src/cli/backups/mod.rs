//! The parts of the commands `backup` and `restore`.
//!
//! [`walk`] lists the files of a ledger's folder for a copy; [`folder_target`] copies them into a folder and reuses those of an
//! earlier copy, [`destination`] is the folder of a restore, [`archive`] copies into an encrypted archive; [`list`] is the list
//! of files with their digests; [`generations`] are the earlier copies beside the latest; [`expected`] compares a restored ledger
//! with receipts and checkpoints; [`log_restore`] rebuilds a ledger from a public log.

pub mod archive;
pub mod destination;
pub mod expected;
pub mod folder_target;
pub mod generations;
pub mod list;
pub mod log_restore;
pub mod walk;
