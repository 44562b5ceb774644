//! JSON shapes and their conversions, shared by server and client, so that they cannot disagree.
//!
//! What the records mean is the ledger's; these are the words in which they travel. Every text that people read stands
//! in both languages ([`bilingual`]). [`json`] reads strictly: what a depositor sends or takes home has no second reading.
//!
//! [`deposit`] is what is sent, [`receipt`] what is taken home, [`item_receipt`] what is cut out of it for one item of a
//! manifest, [`facts`] what a look-up says, [`history`] what other
//! deposits have to do with one, [`report`] what a verification says, [`ledger`] what the chain says of itself,
//! [`problem`] what went wrong.

pub mod bilingual;
pub mod chinese;
pub mod court;
pub mod deposit;
pub mod facts;
pub mod health;
pub mod history;
pub mod item_receipt;
pub mod json;
pub mod ledger;
pub mod metadata;
mod pretty;
pub mod problem;
pub mod receipt;
pub mod report;
