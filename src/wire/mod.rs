//! The JSON documents of the API and of receipt files, and their conversion from and to the ledger's types. Server and client
//! use the same types, so they agree.
//!
//! Texts for people are in Chinese and English ([`bilingual`]). Parsing is strict ([`json`]): a document that different parsers
//! could understand differently is rejected.
//!
//! | module | document |
//! |---|---|
//! | [`deposit`] | deposit requests and batch verdicts |
//! | [`receipt`], [`item_receipt`] | receipt files |
//! | [`facts`], [`history`] | answers to look-ups |
//! | [`fast_json`] | faster printers of receipts, verdicts and look-ups |
//! | [`report`] | verification reports |
//! | [`ledger`], [`health`] | the ledger and the node |
//! | [`metadata`] | private metadata |
//! | [`court`] | the filing service |
//! | [`problem`] | errors (RFC 9457) |

pub mod bilingual;
pub mod chinese;
pub mod court;
pub mod deposit;
pub mod facts;
pub mod fast_json;
pub mod health;
pub mod history;
pub mod item_receipt;
pub mod json;
pub mod ledger;
pub mod metadata;
pub mod problem;
pub mod receipt;
pub mod report;
