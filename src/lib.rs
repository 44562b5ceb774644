//! Tiezheng 铁证: a blockchain evidence notarization service.
//!
//! Parties deposit digests of their evidence and take home a deposit number (存证编号) and a receipt that proves itself.
//! A court looks the item up by that number and verifies the file against the chain; auditors re-check the whole chain
//! without trusting its operator.
//!
//! # Modules, by layer
//!
//! A module uses modules of lower layers only; `tests/tidy` checks it.
//!
//! 0. [`error_code`]: the stable codes of all errors that the API answers, with status and titles.
//! 1. [`ledger`]: formats, Merkle tree, chain, verifier. Pure functions over bytes. `files`: opening and naming files.
//! 2. `court`: rules of procedure, pure as well. `store`: storage traits, a store in memory, RocksDB. `custody`: encrypted
//!    originals.
//! 3. `query`: the read side. `sequencer`: the single writer. `audit`: re-checks a ledger through any reader. `wire`: JSON shapes, shared by server
//!    and client.
//! 4. `client`: the HTTP client; it verifies what a node answers. `filing`: the filing flow, court rules over the ledger.
//!    `oidc`: logins with the identity providers of courts.
//! 5. `witness`: cosigns checkpoints of ledgers that it follows. `http`: the HTTP layer. `load`: a load generator that checks every answer.
//!    `monitor`: follows a ledger and its witnesses.
//! 6. `cli`: the commands.
//!
//! # Cargo features
//!
//! Each contains the one before it. Without any, the crate is [`ledger`] and [`error_code`].
//!
//! - `verifier`: reads and verifies receipts and timestamp tokens offline: [`ledger`] and the receipt formats of `wire`. ring, which
//!   checks the signatures of timestamp authorities, needs a C compiler.
//! - `client`: all of `wire`, `court`, `client` and `timestamp`.
//! - `cli`: the program without a node, and `audit` over any reader. No C++ to compile.
//! - `node` (default): RocksDB, the sequencer, the filing flow, HTTP. `demo` and `load` (default) are commands of their own;
//!   `oidc` (default) is login with the identity providers of courts.

#[cfg(feature = "cli")]
pub mod audit;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "node")]
pub mod cosigning;
#[cfg(feature = "client")]
pub mod court;
#[cfg(feature = "node")]
pub mod custody;
pub mod error_code;
#[cfg(feature = "client")]
pub mod files;
#[cfg(feature = "node")]
pub mod filing;
#[cfg(feature = "node")]
pub mod http;
pub mod ledger;
#[cfg(feature = "load")]
pub mod load;
#[cfg(feature = "cli")]
pub mod monitor;
#[cfg(any(feature = "oidc", fuzzing))]
pub mod oidc;
#[cfg(feature = "cli")]
pub mod query;
#[cfg(feature = "cli")]
pub mod sequencer;
#[cfg(feature = "node")]
pub mod stamping;
#[cfg(feature = "cli")]
pub mod store;
#[cfg(feature = "client")]
pub mod timestamp;
#[cfg(feature = "verifier")]
pub mod wire;
#[cfg(feature = "node")]
pub mod witness;
