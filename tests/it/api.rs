//! Tests of the HTTP API, route by route, against a whole node.

mod batch;
mod batch_bounds;
mod blocks;
mod deposit_policy;
mod deposits;
mod described;
mod early;
mod encoded;
mod failing;
mod health;
mod history;
mod host;
mod integers;
mod log;
mod lookup;
mod names;
mod pausing;
mod proofs;
mod search;
mod sharing;
mod timeouts;
mod verification;
mod verifier_page;
