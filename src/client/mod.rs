//! The HTTP client of a node. It does not trust the answers.
//!
//! [`transport`] sends requests and receives answers within limits; [`ledger_client`] has the calls with the ledger's own types;
//! [`comparison`] compares two checkpoints, [`members`] one with those of witnesses; [`contradiction`] is the file that proves
//! two histories; [`batch`] sends many deposits at once; [`history`] checks claims about other deposits; `http_log` reads the log
//! for an audit, `pull` copies it into a local store; `tile_comparison` compares two checkpoints by the tiles of a log;
//! [`court_client`] has the calls of the filing service, [`gateway_client`] those of a court's gateway. It compiles without the
//! `node` feature.
//!
//! Not here: what an answer proves (`ledger::verify`), which keys are trusted (`cli/trust_store`).

pub mod batch;
pub mod comparison;
pub mod contradiction;
pub mod court_client;
pub mod gateway_client;
pub mod history;
#[cfg(feature = "cli")]
pub mod http_log;
pub mod ledger_client;
#[cfg(feature = "cli")]
mod log_files;
#[cfg(feature = "cli")]
mod log_requests;
pub mod members;
#[cfg(feature = "cli")]
pub mod pull;
#[cfg(feature = "cli")]
pub mod tile_comparison;
pub mod transport;
