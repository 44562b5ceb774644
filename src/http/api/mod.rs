//! The handlers: extract, act, respond. Their docs are the public documentation of the API (`/openapi.json`).

pub mod batch;
pub mod blocks;
pub mod court;
pub mod deposits;
pub mod document_check;
pub mod earlier_timestamp;
pub mod health;
pub mod history;
pub mod ledger;
pub mod log;
pub mod lookup;
pub mod operation;
pub mod paging;
pub mod proofs;
pub mod search;
pub mod search_key;
pub mod verification;
