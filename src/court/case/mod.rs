//! A case: its state, replayed from its acts.
//!
//! [`state`] is the case file, [`refusal`] lists the reasons to reject an act, [`replay`] applies an act; [`filing`], [`people`],
//! [`evidence`], [`late_evidence`], [`holds`], [`evidence_period`], [`deadlines`] and [`claims`] are the rules by area; [`headline`] determines which verification of an item counts;
//! [`labels`] computes the index labels of an act; [`service`] has electronic service; [`rules_version`] keeps the rules of older cases as they were.

pub mod claims;
pub mod deadlines;
pub mod decisions;
pub mod evidence;
pub mod evidence_period;
pub mod filing;
pub mod headline;
pub mod holds;
pub mod labels;
pub mod late_evidence;
pub mod people;
pub mod refusal;
pub mod replay;
pub mod rules_version;
pub mod service;
pub mod state;

#[cfg(test)]
pub(in crate::court) mod tests;
