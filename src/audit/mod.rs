//! The auditor's eye, over any reader, local or remote.
//!
//! [`walk`] re-derives the whole ledger from the stored bytes. [`leaves`] reads and examines them on all cores ([`parallel`]),
//! with the [`rows`] beside them; [`chain_checks`] holds each against what came before; [`report`] is what was found. [`cases`]
//! folds the acts of the filing flow again, [`documents`] reads their texts, [`labels`] derives the labels under which they are found, [`private_store`] knows tombstones.

pub mod cases;
pub mod chain_checks;
pub mod documents;
pub mod labels;
pub mod leaves;
pub mod parallel;
pub mod private_store;
pub mod report;
pub mod rows;
pub mod walk;
