//! A case: its state, replayed from its acts.
//!
//! [`state`] is the case file, [`refusal`] lists the reasons to reject an act, [`replay`] applies an act; [`filing`], [`people`],
//! [`evidence`], [`late_evidence`], [`holds`], [`evidence_period`], [`deadlines`] and [`claims`] are the rules by area; [`headline`]
//! determines which verification of an item counts; [`service`] has electronic service; [`session_records`] is what sessions leave, with
//! the rules in [`appointments`], [`hearings`], [`transcripts`], [`mediation`], [`mediation_material`], [`mediation_receipt`], [`round`] and
//! [`round_steps`]; [`documents`] says who reads the files of its documents; [`course`] is the course beside these:
//! [`authority`] of agents, [`rulings`], [`appeals`], [`jurisdiction`], [`hand_overs`] with their [`manifest`], and the [`succession`] of
//! one case by another; [`labels`] computes the index labels of an act; [`rules_version`] keeps the rules of older cases as they were.

pub mod appeal_periods;
pub mod appeals;
pub mod appointments;
pub mod authority;
pub mod claims;
pub mod course;
pub mod course_refusal;
pub mod deadlines;
pub mod decisions;
pub mod documents;
pub mod evidence;
pub mod evidence_period;
pub mod filing;
pub mod hand_overs;
pub mod headline;
pub mod hearings;
pub mod holds;
pub mod jurisdiction;
pub mod labels;
pub mod late_evidence;
pub mod legal_force;
pub mod manifest;
pub mod mediation;
pub mod mediation_material;
pub mod mediation_receipt;
pub mod objections;
pub mod people;
pub mod recusal;
pub mod reference;
pub mod refusal;
pub mod replay;
pub mod round;
pub mod round_steps;
pub mod rules_version;
pub mod rulings;
pub mod service;
mod session;
pub mod session_records;
pub mod session_refusal;
pub mod state;
pub mod succession;
pub mod transcripts;

#[cfg(test)]
pub(in crate::court) mod tests;
