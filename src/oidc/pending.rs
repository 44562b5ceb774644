//! Logins that have begun and not ended: what their answers must match. In memory, so a restart ends them.
//!
//! # Invariants
//!
//! A login ends once, in the browser that has the cookie of its beginning, at the address of the court with which it began: so nobody
//! is logged in by a link that another person made (login CSRF), and no code is used twice. A client that begins many logins ends its
//! own earlier ones, and not those of others.

use std::collections::{HashMap, VecDeque};
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
/// Most logins that one client has begun and not ended. One more ends its oldest. A court behind one address is one client.
pub const PENDING_OF_CLIENT: usize = 1_000;
/// Most logins that have begun and not ended. One more ends the oldest of the client that has most.
pub const PENDING_MAX: usize = 20_000;

/// Who begins a login: the hash of the client's address.
pub type Client = Digest;

/// What a login is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginPurpose {
    /// It begins a session.
    Session,
    /// The holder of the session with this hash links the login to its account.
    Link(Digest),
}

/// A login that is to begin.
#[derive(Debug, Clone, Copy)]
pub struct LoginRequest<'a> {
    /// The court whose provider is asked.
    pub court: &'a CourtCode,
    /// What it is for.
    pub purpose: LoginPurpose,
    /// The page of this node that is opened after the login.
    pub next: &'a str,
    /// Who begins it.
    pub client: Client,
}

/// A login that has begun.
#[derive(Debug)]
pub struct PendingLogin {
    /// The court whose provider was asked.
    pub court: CourtCode,
    /// The nonce that the ID token must have.
    pub nonce: String,
    /// The secret of PKCE.
    pub verifier: Zeroizing<String>,
    /// What it is for.
    pub purpose: LoginPurpose,
    /// The page of this node that is opened after the login.
    pub next: String,
    /// When it began.
    pub since: Timestamp,
    /// Hash of the cookie of its browser.
    browser: Digest,
    client: Client,
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

/// All logins that have begun and not ended.
#[derive(Debug, Default)]
pub struct PendingLogins(Mutex<Index>);

#[derive(Debug, Default)]
struct Index {
    /// By the hash of the state.
    by_state: HashMap<Digest, PendingLogin>,
    /// The hashes of the states of each client, the oldest first.
    of_client: HashMap<Client, VecDeque<Digest>>,
}

impl Index {
    fn insert(&mut self, state: Digest, login: PendingLogin) {
        self.of_client.entry(login.client).or_default().push_back(state);
        self.by_state.insert(state, login);
    }

    fn remove(&mut self, state: &Digest) -> Option<PendingLogin> {
        let login = self.by_state.remove(state)?;
        if let Some(states) = self.of_client.get_mut(&login.client) {
            states.retain(|other| other != state);
            if states.is_empty() {
                self.of_client.remove(&login.client);
            }
        }
        Some(login)
    }

    fn remove_oldest_of(&mut self, client: Client) {
        let oldest = self.of_client.get(&client).and_then(|states| states.front().copied());
        if let Some(oldest) = oldest {
            self.remove(&oldest);
        }
    }

    /// Removes the oldest logins of `client`, and of all clients, that leave no place for another.
    fn evict(&mut self, client: Client, now: Timestamp) {
        if self.of_client.get(&client).map_or(0, VecDeque::len) >= PENDING_OF_CLIENT {
            self.remove_oldest_of(client);
        }
        if self.by_state.len() >= PENDING_MAX {
            let over: Vec<Digest> =
                self.by_state.iter().filter(|(_, login)| is_over(login, now)).map(|(state, _)| *state).collect();
            for state in over {
                self.remove(&state);
            }
        }
        if self.by_state.len() >= PENDING_MAX {
            let largest = self.of_client.iter().max_by_key(|(_, states)| states.len()).map(|(client, _)| *client);
            if let Some(largest) = largest {
                self.remove_oldest_of(largest);
            }
        }
    }
}

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
    fn all(&self) -> MutexGuard<'_, Index> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a login.
    ///
    /// # Errors
    ///
    /// [`OidcError::NoRandomness`].
    pub fn begin(&self, request: &LoginRequest<'_>, now: Timestamp) -> Result<BegunLogin, OidcError> {
        let (state, nonce, verifier, cookie) = (random_text()?, random_text()?, random_text()?, random_text()?);
        let begun = BegunLogin {
            state: state.to_string(),
            nonce: nonce.to_string(),
            challenge: challenge_of(&verifier),
            cookie: cookie.clone(),
        };
        let login = PendingLogin {
            court: request.court.clone(),
            nonce: begun.nonce.clone(),
            verifier,
            purpose: request.purpose,
            next: request.next.to_owned(),
            since: now,
            browser: sha256(cookie.as_bytes()),
            client: request.client,
        };
        let mut all = self.all();
        all.evict(request.client, now);
        all.insert(sha256(state.as_bytes()), login);
        Ok(begun)
    }

    /// Ends the login with this state, which began for this court in the browser with this cookie.
    ///
    /// # Errors
    ///
    /// [`OidcError::State`]: there is none. The login with this state has ended in any case.
    pub fn end(&self, court: &CourtCode, state: &str, cookie: &str, now: Timestamp) -> Result<PendingLogin, OidcError> {
        let login = self.all().remove(&sha256(state.as_bytes())).ok_or(OidcError::State)?;
        let is_right = login.court == *court && login.browser == sha256(cookie.as_bytes()) && !is_over(&login, now);
        if is_right { Ok(login) } else { Err(OidcError::State) }
    }
}

fn is_over(login: &PendingLogin, now: Timestamp) -> bool {
    now.as_millis().saturating_sub(login.since.as_millis()) >= LIFETIME
}
