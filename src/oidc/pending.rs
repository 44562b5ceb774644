//! Logins that have begun and not ended: what their answers must match. In memory, so a restart ends them.
//!
//! # Invariants
//!
//! A login ends once, in the browser that has the cookie of its beginning: so nobody is logged in by a link that another person made
//! (login CSRF), and no code is used twice.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::court::case_number::CourtCode;
use crate::ledger::hash::{Digest, sha256};
use crate::ledger::time::Timestamp;
use crate::oidc::oidc_error::OidcError;

/// Milliseconds for which a login may take.
pub const LIFETIME: u64 = 10 * 60 * 1000;
/// Most logins that have begun and not ended. One more ends the oldest.
pub const PENDING_MAX: usize = 10_000;

/// A login that has begun.
#[derive(Debug)]
pub struct PendingLogin {
    /// The court whose provider was asked.
    pub court: CourtCode,
    /// The nonce that the ID token must have.
    pub nonce: String,
    /// The secret of PKCE.
    pub verifier: Zeroizing<String>,
    /// The page of this node that is opened after the login.
    pub next: String,
    /// Hash of the cookie of its browser.
    browser: Digest,
    since: Timestamp,
}

/// What the browser and the provider are given at the beginning.
#[derive(Debug)]
pub struct BegunLogin {
    /// The `state` parameter.
    pub state: String,
    /// The `nonce` parameter.
    pub nonce: String,
    /// The `code_challenge` parameter (S256).
    pub challenge: String,
    /// The value of the browser's cookie.
    pub cookie: Zeroizing<String>,
}

/// All logins that have begun and not ended, by the hash of their state.
#[derive(Debug, Default)]
pub struct PendingLogins(Mutex<HashMap<Digest, PendingLogin>>);

/// 256 random bits, as a parameter of an address.
fn random_text() -> Result<Zeroizing<String>, OidcError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes).map_err(|_| OidcError::NoRandomness)?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes)))
}

/// The code challenge of a verifier (RFC 7636 section 4.2).
#[must_use]
pub fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()).0)
}

impl PendingLogins {
    fn all(&self) -> MutexGuard<'_, HashMap<Digest, PendingLogin>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a login.
    ///
    /// # Errors
    ///
    /// [`OidcError::NoRandomness`].
    pub fn begin(&self, court: &CourtCode, next: &str, now: Timestamp) -> Result<BegunLogin, OidcError> {
        let (state, nonce, verifier, cookie) = (random_text()?, random_text()?, random_text()?, random_text()?);
        let begun = BegunLogin {
            state: state.to_string(),
            nonce: nonce.to_string(),
            challenge: challenge_of(&verifier),
            cookie: cookie.clone(),
        };
        let login = PendingLogin {
            court: court.clone(),
            nonce: begun.nonce.clone(),
            verifier,
            next: next.to_owned(),
            browser: sha256(cookie.as_bytes()),
            since: now,
        };
        let mut all = self.all();
        if all.len() >= PENDING_MAX {
            all.retain(|_, login| !is_over(login, now));
        }
        if all.len() >= PENDING_MAX {
            let oldest = all.iter().min_by_key(|(_, login)| login.since).map(|(state, _)| *state);
            if let Some(oldest) = oldest {
                all.remove(&oldest);
            }
        }
        all.insert(sha256(state.as_bytes()), login);
        Ok(begun)
    }

    /// Ends the login with this state, which began in the browser with this cookie.
    ///
    /// # Errors
    ///
    /// [`OidcError::State`]: there is none. The login with this state has ended in any case.
    pub fn end(&self, state: &str, cookie: &str, now: Timestamp) -> Result<PendingLogin, OidcError> {
        let login = self.all().remove(&sha256(state.as_bytes())).ok_or(OidcError::State)?;
        let is_right = login.browser == sha256(cookie.as_bytes()) && !is_over(&login, now);
        if is_right { Ok(login) } else { Err(OidcError::State) }
    }
}

fn is_over(login: &PendingLogin, now: Timestamp) -> bool {
    now.as_millis().saturating_sub(login.since.as_millis()) >= LIFETIME
}
