//! Copies the public log of a node or mirror into a local store, as mirrors and `restore --from` do.
//!
//! [`puller`] reads blocks over HTTP, checks them as an audit does and appends them; [`bundles`] fetches ahead;
//! [`key_history`] is the ledger key in force; [`error`] says why a pull ended.

pub mod bundles;
pub mod error;
pub mod key_history;
pub mod puller;
