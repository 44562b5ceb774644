//! Passwords: argon2id (RFC 9106), one computation for each attempt, whether or not there is such an account.
//!
//! # Invariants
//!
//! A password is compared by exactly one hash computation: with the account's hash, or with that of a random password that nobody
//! knows. So neither the answer nor its duration tells whether a login name exists. At most `AT_ONCE` computations run at the same
//! time, each with 19 MiB of memory.

use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::filing::filing_error::FilingError;
use crate::filing::password_rules::PASSWORD_MAX;
use crate::filing::secret::random;
use crate::query::blocking::on_blocking_thread;

/// Computations at the same time.
const AT_ONCE: usize = 4;
/// Memory of a computation in KiB, and passes over it: the first choice of the OWASP password storage recommendations.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Computes and compares password hashes.
#[derive(Debug)]
pub struct Passwords {
    /// The hash that is compared for login names that do not exist.
    decoy: String,
    running: Semaphore,
    /// Computations so far.
    computed: AtomicU64,
}

fn argon2() -> Result<Argon2<'static>, FilingError> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| FilingError::Thread(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The same password from every keyboard and input method.
fn normal(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.nfkc().collect())
}

fn hash_now(password: &str) -> Result<String, FilingError> {
    let salt = random::<16>()?;
    let hash = argon2()?.hash_password_with_salt(normal(password).as_bytes(), &salt);
    Ok(hash.map_err(|error| FilingError::Thread(error.to_string()))?.to_string())
}

impl Passwords {
    /// Computes the hash for login names that do not exist.
    ///
    /// # Errors
    ///
    /// [`FilingError::NoRandomness`].
    pub fn new() -> Result<Self, FilingError> {
        let unknown = Zeroizing::new(hex::encode(random::<16>()?));
        Ok(Self { decoy: hash_now(&unknown)?, running: Semaphore::new(AT_ONCE), computed: AtomicU64::new(0) })
    }

    /// The hash of a new password, as a PHC string.
    ///
    /// # Errors
    ///
    /// [`FilingError::NoRandomness`], [`FilingError::NoThread`].
    pub async fn hash(&self, password: &str) -> Result<String, FilingError> {
        let _running = self.running.acquire().await.map_err(|error| FilingError::Thread(error.to_string()))?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        let password = Zeroizing::new(password.to_owned());
        on_blocking_thread(move || hash_now(&password)).await?
    }

    /// Whether `password` has this hash. `None` costs the same and is never equal.
    ///
    /// # Errors
    ///
    /// [`FilingError::NoThread`].
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, FilingError> {
        let _running = self.running.acquire().await.map_err(|error| FilingError::Thread(error.to_string()))?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        let (exists, hash) = (hash.is_some(), hash.unwrap_or(&self.decoy).to_owned());
        // A password beyond the limit is no account's; the limit bounds the work.
        let is_possible = password.len() <= PASSWORD_MAX * 4;
        let password = Zeroizing::new(if is_possible { password.to_owned() } else { String::new() });
        let is_equal = on_blocking_thread(move || {
            let hash = PasswordHash::new(&hash).map_err(|error| FilingError::Thread(error.to_string()))?;
            Ok::<_, FilingError>(argon2()?.verify_password(normal(&password).as_bytes(), &hash).is_ok())
        });
        Ok(is_equal.await?? && exists && is_possible)
    }

    /// Computations so far.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_agrees_with_its_own_hash_and_with_no_other() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash("正确的密码 2026").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash("正确的密码 2026").await.unwrap(), "salted");
        let before = passwords.computed();
        for (typed, expected) in
            [("正确的密码 2026", true), ("正确的密码 ２０２６", true), ("正确的密码 2027", false), ("", false)]
        {
            assert_eq!(passwords.verify(typed, Some(&hash)).await.unwrap(), expected, "{typed}");
            assert!(!passwords.verify(typed, None).await.unwrap());
        }
        assert_eq!(passwords.computed() - before, 8, "one computation each, with an account and without");
        assert!(!passwords.verify(&"长".repeat(10_000), Some(&hash)).await.unwrap());
    }
}
