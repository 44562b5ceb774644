//! The audit of a whole ledger, over any reader, local or remote.
//!
//! - [`walk`] recomputes everything from the stored bytes; [`report`] collects the findings.
//! - [`leaves`] reads and checks single leaves on all cores ([`parallel`]), with their index [`rows`].
//! - [`chain_checks`] checks each leaf against the leaves before it; [`private_store`] checks tombstones.
//! - [`cases`] replays the acts of the filing flow; [`documents`] checks their texts, and [`labels`] their index
//!   labels.
//! - [`periods`], [`rounds`] and [`service`] recompute the periods, confirmation rounds and service of documents of all
//!   cases.
//! - [`hand_overs`] compares the cases of two courts.
//! - [`position`] is the state from which an audit of the log can be resumed.
//! - [`recording_reader`] distinguishes a failed read from damage.

pub mod cases;
pub mod chain_checks;
pub mod documents;
pub mod hand_overs;
pub mod labels;
pub mod leaves;
pub mod parallel;
pub mod periods;
pub mod position;
pub mod private_store;
pub mod recording_reader;
pub mod report;
pub mod rounds;
pub mod rows;
pub mod service;
pub mod walk;
