//! Copies the public log of a node or mirror into a local store, as mirrors and `restore --from` do.
//!
//! [`puller`] reads blocks over HTTP, checks them as an audit does and appends them; [`bundles`] fetches ahead;
//! [`chain_keys`] are the ledger keys that the notices name; [`pull_error`] says why a pull ended.

pub mod bundles;
pub mod chain_keys;
pub mod pull_error;
pub mod puller;
