//! The filing service: applies the rules of `court` to requests, and records every change as an act on the ledger.
//!
//! [`service`] has the dependencies and the functions to read and append; [`streams`] reads and writes acts, [`actor`]
//! authenticates requests, [`secret`] makes tokens, codes and salts. The other modules handle one subject each.
//!
//! # Invariants
//!
//! - Cases, accounts and originals change only by acts on the chain. Exceptions: enrolled keys, passwords and sessions,
//!   and the revocation of a token, which must not wait for the chain.
//! - Private content is shown only after the access record is on the chain.
//! - An account without access to a resource cannot tell whether it exists.
//!
//! Not here: the rules of procedure (`court`), HTTP (`http`).

pub mod access;
pub mod account_views;
pub mod accounts;
pub mod actor;
pub mod annexes;
pub mod association;
pub mod case_documents;
pub mod case_lists;
pub mod case_names;
pub mod case_record;
pub mod case_views;
pub mod cases;
pub mod code_attempts;
pub mod credentials;
pub mod custody_records;
pub mod deposit_policy;
pub mod deposits;
pub mod documents;
pub mod dossier;
pub mod endpoints;
pub mod enrolled_keys;
pub mod enrolment;
pub mod erasure_job;
pub mod erasure_requests;
pub mod erasure_state;
pub mod feed;
pub mod filing_error;
pub mod gateway_reports;
pub mod gateways;
pub mod hand_overs;
pub mod identity_providers;
pub mod identity_results;
pub mod imports;
pub mod item_verification;
pub mod lockout;
pub mod locks;
pub mod login_links;
pub mod one_time_code;
pub mod originals;
pub mod own_account;
pub mod own_deposits;
pub mod password_rules;
pub mod passwords;
pub mod pending_revocations;
pub mod record_views;
pub mod revocations;
pub mod role_acts;
pub mod secret;
pub mod service;
pub mod service_of_documents;
pub mod sessions;
pub mod sign_in;
pub mod signed_reports;
pub mod staff;
pub mod streams;
pub mod succession;
pub mod unconfirmed_results;
pub mod unfinished_logins;
pub mod webhook_addresses;
pub mod webhooks;
