//! The filing service: where the court's rules meet the ledger.
//!
//! [`service`] is what it works with, [`streams`] how acts are read and written, [`secret`]
//! what only its holder knows, [`actor`] who asks. Then one file a business: [`accounts`], [`cases`], [`association`],
//! [`imports`], [`item_verification`], [`case_views`], [`access`], [`feed`],
//! [`webhooks`], [`account_views`], [`enrolment`] of keys, [`revocations`] of tokens.
//!
//! What it promises: nothing about a case, an account or an original changes but by an act on the chain, except which keys
//! an account has enrolled and that a token is revoked, which must not wait for the chain; nothing private is
//! shown before the act that says so is there; whoever may not see a thing cannot tell whether it exists. What it is not:
//! the rules themselves (`court`), HTTP.

pub mod access;
pub mod accounts;
pub mod actor;
pub mod annexes;
pub mod association;
pub mod blocking;
pub mod case_lists;
pub mod cases;
pub mod code_attempts;
pub mod deposit_policy;
pub mod deposits;
pub mod enrolled_keys;
pub mod enrolment;
pub mod erasure_requests;
pub mod erasure_job;
pub mod erasure_state;
pub mod error;
pub mod feed;
pub mod imports;
pub mod account_views;
pub mod locks;
pub mod originals;
pub mod pending_revocations;
pub mod revocations;
pub mod secret;
pub mod service;
pub mod streams;
pub mod item_verification;
pub mod case_views;
pub mod webhook_addresses;
pub mod webhooks;
