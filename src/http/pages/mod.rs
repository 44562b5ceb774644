//! The pages for people: forms and records in Chinese and English, rendered on the server and readable without JavaScript.
//!
//! [`routes`] lists them. [`middleware`] checks where a form was sent from, finds out whose session it is, and sets the headers of
//! every answer. [`visit`] is what a handler knows about its request, [`layout`] what every template gets. Templates are in
//! `templates/`, scripts and styles in `web/`; both are part of the binary ([`assets`]).
//!
//! A page shows the shapes of [`crate::wire`], as the API answers them. No rule is decided here or in a template.

pub mod account;
pub mod account_identity;
pub mod account_login_links;
pub mod admin;
pub mod admin_calendar;
pub mod admin_common;
pub mod admin_courts;
pub mod admin_erasures;
pub mod admin_identity;
pub mod admin_log;
pub mod admin_login_links;
pub mod admin_node;
pub mod api_examples;
pub mod api_operation;
pub mod api_shapes;
pub mod api_text;
pub mod assets;
pub mod cases;
pub mod chain;
pub mod chain_alarms;
pub mod chain_events;
pub mod chain_growth;
pub mod consistency;
pub mod deposit;
pub mod deposit_csv;
pub mod deposit_list;
pub mod documentation;
pub mod field_names;
pub mod form;
pub mod format;
pub mod guide;
pub mod language;
pub mod layout;
pub mod login;
pub mod middleware;
#[cfg(feature = "oidc")]
pub mod oidc;
pub mod one_time_code;
pub mod problems;
pub mod qr;
pub mod record;
pub mod record_path;
pub mod register;
pub mod routes;
pub mod same_origin;
pub mod shown_text;
pub mod start;
pub mod unsent_form;
pub mod visit;
