//! The claims of an ID token: OpenID Connect Core 1.0 section 3.1.3.7.

use serde::Deserialize;

/// How far the provider's clock may be from the node's, in seconds.
pub const SKEW: u64 = 120;
/// The greatest age of an ID token in seconds: it comes directly from the provider, which has just made it.
pub const AGE_MAX: u64 = 600;
/// Longest subject (OpenID Connect Core section 2).
const SUBJECT_MAX: usize = 255;
/// Ways of authentication that are a second factor by themselves, and pairs of which one of each makes two (RFC 8176).
const MULTI_FACTOR: &str = "mfa";
const KNOWLEDGE: [&str; 3] = ["pwd", "pin", "kba"];
const POSSESSION: [&str; 3] = ["otp", "hwk", "sc"];

/// Why the claims are not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// A claim is missing or has another type.
    #[error("a claim is missing or malformed")]
    Malformed,
    /// Another issuer.
    #[error("it is of another issuer")]
    Issuer,
    /// For another client.
    #[error("it is for another client")]
    Audience,
    /// It has expired.
    #[error("it has expired")]
    Expired,
    /// It is from the future, or was issued long ago.
    #[error("it is not of now; compare the clocks of the provider and of this node")]
    IssuedAt,
    /// It belongs to another login.
    #[error("it belongs to another login")]
    Nonce,
    /// The subject is empty, too long, or has other than visible ASCII characters.
    #[error("its subject is not usable")]
    Subject,
}

/// Whom an ID token must be for.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// The node at the provider.
    pub client_id: &'a str,
    /// The nonce of the login.
    pub nonce: &'a str,
    /// The time in seconds since 1970.
    pub now: u64,
}

/// Who has logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider's permanent name for the person.
    pub subject: String,
    /// Whether the provider says that it used two factors.
    pub is_multi_factor: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    // JSON numbers, which may have a fraction (RFC 7519 section 2).
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    amr: Option<Vec<String>>,
}

/// Checks the payload of an ID token whose signature was checked.
///
/// # Errors
///
/// [`ClaimError`].
pub fn check(payload: &[u8], expected: &Expected<'_>) -> Result<Identity, ClaimError> {
    let claims: Claims = serde_json::from_slice(payload).map_err(|_| ClaimError::Malformed)?;
    if claims.iss != expected.issuer {
        return Err(ClaimError::Issuer);
    }
    let audiences = claims.aud.as_slice();
    let is_ours = audiences.iter().any(|audience| audience == expected.client_id);
    let authorized = match claims.azp.as_deref() {
        Some(party) => party == expected.client_id,
        // With several audiences, one of them has asked, and the token must say which.
        None => audiences.len() == 1,
    };
    if !is_ours || !authorized {
        return Err(ClaimError::Audience);
    }
    check_times(&claims, expected.now)?;
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(ClaimError::Nonce);
    }
    let is_usable = !claims.sub.is_empty() && claims.sub.len() <= SUBJECT_MAX;
    if !is_usable || !claims.sub.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return Err(ClaimError::Subject);
    }
    let methods = claims.amr.unwrap_or_default();
    let has = |wanted: &[&str]| methods.iter().any(|method| wanted.contains(&method.as_str()));
    let is_multi_factor = has(&[MULTI_FACTOR]) || (has(&KNOWLEDGE) && has(&POSSESSION));
    Ok(Identity { subject: claims.sub, is_multi_factor })
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
fn check_times(claims: &Claims, now: u64) -> Result<(), ClaimError> {
    let (now, skew) = (now as f64, SKEW as f64);
    if claims.exp + skew <= now {
        return Err(ClaimError::Expired);
    }
    let from_the_future = claims.iat > now + skew || claims.nbf.is_some_and(|begins| begins > now + skew);
    if from_the_future || claims.iat + AGE_MAX as f64 + skew < now {
        return Err(ClaimError::IssuedAt);
    }
    Ok(())
}
