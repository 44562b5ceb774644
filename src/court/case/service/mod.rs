//! Service of documents (送达): consent, addresses, service records with their attempts, and what follows from them.
//!
//! [`book`] is the state of a case, [`service_error`] the reasons to reject an act; [`consent`], [`sending`] and [`answers`] are the rules of
//! the acts; [`effect`] computes whether, when and on which basis a document is served; [`windows`] computes the periods that begin
//! with it, and [`window_updates`] keeps the windows of the case in line with them; [`certificate`] states it as a 电子送达凭证.
//!
//! # Invariants
//!
//! No act states that a document is served, or when. Both follow from the reported steps, so they are recomputed wherever the case is
//! replayed, and a late report changes them.
//!
//! Articles without a name are those of 人民法院在线诉讼规则.

pub mod answers;
pub mod apply;
pub mod book;
pub mod certificate;
pub mod consent;
pub mod effect;
pub mod sending;
pub mod service_error;
pub mod window_updates;
pub mod windows;

#[cfg(test)]
mod tests;
