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
//! | [`facts`], [`history`], [`earlier_timestamp`] | answers to look-ups |
//! | [`witnesses`], [`timestamp_authorities`] | how far a deposit is proven; who attests it |
//! | [`fast_json`] | faster printers of receipts, verdicts and look-ups |
//! | [`report`], [`report_contents`], [`attested`] | verification reports |
//! | [`report_context`], [`report_subject`], [`review_points`] | parts of verification reports |
//! | [`coded_text`] | a code with its text, in many documents |
//! | [`ledger`], [`key_history`], [`health`] | the ledger, its keys, and the node |
//! | [`metadata`] | private metadata |
//! | [`court`] | the filing service |
//! | [`witness`] | a witness and the ledgers that it follows |
//! | [`problem`] | errors (RFC 9457) |
//! | [`webhook_call`] | signed calls of webhooks |
//!
//! With the feature `verifier` alone, only the receipts ([`receipt`], [`item_receipt`]) and [`json`] are compiled.

#[cfg(feature = "client")]
pub mod attested;
#[cfg(feature = "client")]
pub mod bilingual;
#[cfg(feature = "client")]
pub mod chinese;
#[cfg(feature = "client")]
pub mod coded_text;
#[cfg(feature = "client")]
pub mod court;
#[cfg(feature = "client")]
pub mod deposit;
#[cfg(feature = "client")]
pub mod earlier_timestamp;
#[cfg(feature = "client")]
pub mod facts;
#[cfg(feature = "client")]
pub mod fast_json;
#[cfg(feature = "client")]
pub mod health;
#[cfg(feature = "client")]
pub mod history;
pub mod item_receipt;
pub mod json;
#[cfg(feature = "client")]
pub mod key_history;
#[cfg(feature = "client")]
pub mod ledger;
#[cfg(feature = "client")]
pub mod metadata;
#[cfg(feature = "client")]
pub mod problem;
pub mod receipt;
#[cfg(feature = "client")]
pub mod report;
#[cfg(feature = "client")]
pub mod report_contents;
#[cfg(feature = "client")]
pub mod report_context;
#[cfg(feature = "client")]
mod report_points;
#[cfg(feature = "client")]
pub mod report_subject;
#[cfg(feature = "client")]
pub mod review_points;
#[cfg(feature = "client")]
pub mod timestamp_authorities;
#[cfg(feature = "client")]
pub mod webhook_call;
#[cfg(feature = "client")]
pub mod witness;
#[cfg(feature = "client")]
pub mod witnesses;
