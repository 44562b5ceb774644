//! A case: the fold of its acts.
//!
//! [`state`] is what a case file holds, [`refusal`] why an act may not be done, [`replay`] applies an act; [`filing`],
//! [`people`], [`evidence`], [`holds`] and [`evidence_period`] are the rules, one area each; [`headline`] derives what an item's headline
//! says of its verifications.

pub mod evidence;
pub mod evidence_period;
pub mod filing;
pub mod headline;
pub mod holds;
pub mod labels;
pub mod people;
pub mod refusal;
pub mod replay;
pub mod state;

#[cfg(test)]
pub(in crate::court) mod tests;
