//! RFC 3161 timestamp tokens: requests, responses, and the verification of tokens without a network or a clock.
//!
//! # Invariants
//!
//! A token is accepted only if it satisfies RFC 3161 section 2.4.2, RFC 5652 section 5 and RFC 5816, and its imprint is
//! the digest of the caller's bytes. Its certificate must have a path to an authority in the user's own file that was
//! valid at the time in the token. A certificate may have expired since. SHA-1 and MD5 are refused, with one exception:
//! the attribute signing-certificate (RFC 2634), which only names a certificate, is SHA-1 by definition. No bytes cause
//! a panic, and all sizes are limited.
//!
//! | modules | content |
//! |---|---|
//! | [`algorithm`] | digest and signature algorithms, accepted and refused |
//! | [`request`], [`response`] | the two messages of the protocol |
//! | [`tst_info`] | the content of a token: imprint, time, accuracy, serial number |
//! | [`signed_data`], [`certificate`], [`signature`] | the CMS message around it, the signer's certificate, its signature |
//! | [`trust`], [`path`] | authorities and revocation lists of the user, and the path from a certificate to them |
//! | [`verification`], [`renewal`] | verification of one token, and of a list in which tokens renew earlier ones |
//! | [`embedding`] | stores revocation lists inside a token |
//!
//! Specifications: RFC 3161, RFC 5652 (CMS), RFC 5816 and RFC 5035 (signing-certificate-v2), RFC 5280, RFC 4998 section 5 (renewal).
//!
//! Not here: requests to an authority over HTTP (`timestamp`).

pub mod algorithm;
pub mod certificate;
pub mod embedding;
pub(in crate::ledger::time_token) mod fields;
pub mod path;
pub mod renewal;
pub mod request;
pub mod response;
pub mod signature;
pub mod signed_data;
#[cfg(test)]
mod tests;
pub mod trust;
pub mod tst_info;
pub mod verification;
