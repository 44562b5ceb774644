//! The HTTP client: speaks to a ledger's node, and believes nothing that it answers.
//!
//! [`transport`] sends and receives within limits; [`ledger_client`] are the calls, each answered in the ledger's own
//! types; [`batch`] sends many deposits at once; `http_log` reads the log for an audit. Works without the `node` feature: it is what auditors and other courts take home.
//!
//! Not here: what an answer proves (`ledger::verify`), which keys are trusted (`cli/trust_store`).

pub mod batch;
pub mod court_client;
pub mod history;
#[cfg(feature = "cli")]
pub mod http_log;
pub mod ledger_client;
pub mod transport;
