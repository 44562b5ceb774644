//! The audit of a whole ledger, over any reader, local or remote.
//!
//! [`walk`] recomputes everything from the stored bytes. [`leaves`] reads and checks single leaves on all cores ([`parallel`]), with
//! their index [`rows`]; [`chain_checks`] checks each leaf against the ones before it; [`report`] collects the findings. [`cases`]
//! replays the acts of the filing flow, [`documents`] reads their texts, [`labels`] recomputes their index labels, [`periods`] the periods of all cases,
//! replays the acts of the filing flow, [`documents`] reads their texts, [`labels`] recomputes their index labels, [`rounds`] the confirmation rounds,
//! replays the acts of the filing flow, [`documents`] reads their texts, [`labels`] recomputes their index labels, [`hand_overs`] compares the cases of two courts,
//! [`private_store`] checks tombstones. [`position`] is where an audit of the log alone has got to, from which it goes on later. [`recording_reader`] tells a failed read from damage.
//! replays the acts of the filing flow, [`documents`] reads their texts, [`labels`] recomputes their index labels,
//! [`private_store`] checks tombstones. [`position`] is where an audit of the log alone has got to, from which it goes on later. [`recording_reader`] distinguishes a failed read from damage.

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
