//! The filing flow over HTTP: who may do what, and what stands on the chain afterwards.

mod accounts;
mod bounded;
mod cases;
mod entrusted;
mod enumeration;
mod erasing;
mod feed;
mod holding;
mod imports;
mod keys;
mod manual;
mod mediation;
mod originals;
mod published;
mod quotas;
mod racing;
mod reporting;
mod standing;
mod table;
mod tokens;
mod verifying;
mod webhook_addresses;
