//! The counter: HTTP over the ledger.
//!
//! [`fast_path`] is what every request meets first, [`router`] the table of contents and [`problem`] the only table from errors to status and code. [`server`] accepts
//! connections and bounds what any of them may take; [`app_state`] is what handlers share; [`api`] are the handlers, [`web`]
//! the pages. It reads through the store's contract, always bounded by the published size, and writes through the
//! sequencer alone. [`echo`] is a bare server to measure against.

pub mod admission;
pub mod api;
pub mod app_state;
pub mod batch_timeout;
pub mod bearer;
pub mod body;
pub mod caching;
pub mod client_address;
pub mod client_body;
pub mod client_quota;
pub mod client_stream;
pub mod connections;
#[cfg(feature = "load")]
pub mod echo;
pub mod fast_path;
pub mod hashing;
pub mod lines;
pub mod openapi;
pub mod options;
pub mod problem;
pub mod query;
pub mod rate_limit;
pub mod request;
pub mod request_metrics;
pub mod router;
pub mod server;
pub mod submission;
pub mod target;
pub mod web;
pub mod write_timeout;
