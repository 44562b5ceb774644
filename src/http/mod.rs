//! The HTTP server: the API, the transparency log, and the pages for browsers.
//!
//! [`listener`] opens the addresses, [`tls`] keeps their certificate; [`server`] accepts connections within limits; [`fast_path`] checks every request and serves the hottest routes; [`router`] lists
//! all routes; [`api`] has the handlers, [`app_state`] what they share, [`pages`] the pages. [`problem`] is the only table from errors
//! to status and code. [`witness`] is the server of a witness. [`control`] takes the operator's commands on a Unix socket. [`echo`] is a baseline server for measurements.
//!
//! Handlers read through the store's contract, bounded by the published size, and write through the sequencer alone.

pub mod acknowledgement;
pub mod admission;
pub mod answer_body;
pub mod api;
pub mod app_state;
pub mod batch_timeout;
pub mod bearer;
pub mod body;
pub mod caching;
pub mod chain_listeners;
pub mod client_address;
pub mod client_body;
pub mod client_quota;
pub mod client_stream;
pub mod connections;
pub mod control;
#[cfg(feature = "load")]
pub mod echo;
pub mod fast_path;
pub mod flood_guard;
pub mod hashing;
pub mod lines;
pub mod listener;
pub mod node_description;
pub mod openapi;
pub mod options;
pub mod pages;
pub mod problem;
pub mod query;
pub mod rate_limit;
pub mod request;
pub mod request_limits;
pub mod request_log;
pub mod request_metrics;
pub mod router;
pub mod run_to_completion;
pub mod server;
pub mod submission;
pub mod target;
pub mod tls;
pub mod web;
pub mod witness;
pub mod write_timeout;
