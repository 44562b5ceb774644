//! The verifier: checks a receipt, and compares a file with it.
//!
//! The result is a [`report::Report`] of named steps and one conclusion. Evidence that does not verify leads to a
//! conclusion, not to an error.
//!
//! | module | content |
//! |---|---|
//! | [`trust`] | the ledger keys that the user pinned |
//! | [`attestation`], [`witnesses`], `timestamps`, `attestation_trust` | cosignatures, checkpoints of witnesses and timestamp tokens, compared with the user's policy |
//! | [`record`] | the checks of the receipt itself |
//! | [`history`] | later links and earlier deposits, as a ledger lists them |
//! | [`continuity`] | whether a node's ledger continues the ledger of the receipt |
//! | [`verifier`] | comparison of the file, and the conclusion |
//! | [`report`], [`reasons`] | steps, outcomes, reservations and conclusions |
//! | [`wording`], [`findings`] | their texts in Chinese and English |

pub mod attestation;
#[cfg(feature = "verifier")]
pub mod attestation_trust;
mod attested_steps;
pub mod continuity;
pub mod findings;
pub mod history;
pub mod reasons;
pub mod record;
pub mod report;
#[cfg(feature = "verifier")]
pub mod timestamps;
pub mod trust;
pub mod verifier;
pub mod witnesses;
pub mod wording;
