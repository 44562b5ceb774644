//! The verifier: what a record and a file prove, step by step, and no more.
//!
//! The answer is a value, [`report::Report`], made of named steps and a conclusion: "the evidence is bad" is not an
//! error. [`trust`] is what the user pinned, [`record`] checks a receipt alone, [`history`] is what a ledger says of it
//! beside, [`continuity`] compares the ledger that a node shows with the receipt's, [`verifier`] holds a file against the
//! record and concludes. [`wording`] and [`findings`] are the only words in which any of it is said.

pub mod continuity;
pub mod findings;
pub mod history;
pub mod reasons;
pub mod record;
pub mod report;
pub mod trust;
pub mod verifier;
pub mod wording;
