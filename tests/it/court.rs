//! The filing flow over HTTP: permissions, and the resulting records on the chain.

mod accounts;
mod bounded;
mod capacities;
mod cases;
mod concurrency;
mod deadlines;
mod deposits_on_behalf;
mod enumeration;
mod erasing;
mod feed;
mod holds;
mod imports;
mod keys;
mod manual;
mod mediation;
mod originals;
mod published;
mod quotas;
mod reporting;
mod service;
mod service_gateway;
mod table;
mod tokens;
mod verifying;
mod webhook_addresses;
