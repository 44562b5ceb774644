//! JSON shapes and their conversions, shared by server and client, so that they cannot disagree.
//!
//! What the records mean is the ledger's; these are the words in which they travel. Every text that people read stands
//! in both languages ([`bilingual`]). [`json`] reads strictly: what a depositor sends or takes home has no second reading.
//!
//! With the feature `verifier` alone, only the receipts ([`receipt`], [`item_receipt`]) and [`json`] are here.
//!
//! [`deposit`] is what is sent, [`receipt`] what is taken home, [`item_receipt`] what is cut out of it for one item of a
//! manifest, [`facts`] what a look-up says, [`history`] what other
//! deposits have to do with one, [`report`] what a verification says, [`ledger`] what the chain says of itself,
//! [`problem`] what went wrong.

#[cfg(feature = "client")]
pub mod bilingual;
#[cfg(feature = "client")]
pub mod chinese;
#[cfg(feature = "client")]
pub mod court;
#[cfg(feature = "client")]
pub mod deposit;
#[cfg(feature = "client")]
pub mod facts;
#[cfg(feature = "client")]
pub mod health;
#[cfg(feature = "client")]
pub mod history;
pub mod item_receipt;
pub mod json;
#[cfg(feature = "client")]
pub mod ledger;
#[cfg(feature = "client")]
pub mod metadata;
#[cfg(feature = "client")]
mod pretty;
#[cfg(feature = "client")]
pub mod problem;
pub mod receipt;
#[cfg(feature = "client")]
pub mod report;
