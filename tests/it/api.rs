//! The HTTP API, route by route, against a whole node.

mod batch;
mod batch_bounds;
mod blocks;
mod deposits;
mod described;
mod failing;
mod health;
mod history;
mod host;
mod locality;
mod log;
mod lookup;
mod patience;
mod proofs;
mod search;
mod verification;
