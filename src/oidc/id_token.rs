//! The claims of an ID token: OpenID Connect Core 1.0 section 3.1.3.7.

use serde::Deserialize;

use crate::court::subject::Subject;

/// How far the provider's clock may be from the node's, in seconds.
pub const SKEW: u64 = 120;
/// The greatest age of an ID token in seconds: it comes directly from the provider, which has just made it.
pub const AGE_MAX: u64 = 600;
/// The greatest age in seconds of the authentication itself when the login began, which the provider is asked for.
pub const MAX_AGE: u64 = 600;
/// Ways of authentication that are a second factor by themselves, and pairs of which one of each makes two (RFC 8176).
const MULTI_FACTOR: &str = "mfa";
// Not `kba`: what a person knows about itself is known to others.
const KNOWLEDGE: [&str; 2] = ["pwd", "pin"];
const POSSESSION: [&str; 3] = ["otp", "hwk", "sc"];

/// Why the claims are not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// A claim is missing or has another type.
    #[error(
        "a claim is missing, malformed or there twice; the provider must send iss, sub, aud, exp, iat, nonce, auth_time"
    )]
    Malformed,
    /// Another issuer.
    #[error("`iss` is not the issuer in the settings of this node; compare them letter by letter")]
    Issuer,
    /// For another client.
    #[error("`aud` is not the client_id in the settings of this node, or `azp` names another client")]
    Audience,
    /// It has expired.
    #[error("`exp` is past; compare the clocks of the provider and of this node")]
    Expired,
    /// It is from the future, or was issued long ago.
    #[error("`iat` or `nbf` is not of now; compare the clocks of the provider and of this node")]
    IssuedAt,
    /// The person was authenticated too long ago, or the provider does not say when.
    #[error("`auth_time` is missing or too old: the provider must authenticate within max_age, and say when")]
    AuthenticationAge,
    /// It belongs to another login.
    #[error("`nonce` is of another login")]
    Nonce,
    /// The subject is empty, too long, or has other than visible ASCII characters.
    #[error("`sub` is not 1 to 255 visible ASCII characters without spaces around them")]
    Subject,
}

/// What the claims of an ID token must agree with.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedClaims<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// The node at the provider.
    pub client_id: &'a str,
    /// The nonce of the login.
    pub nonce: &'a str,
    /// The time in seconds since 1970.
    pub now: u64,
    /// When the login began, likewise.
    pub begun: u64,
    /// Whether `amr` is believed.
    pub trusts_amr: bool,
}

/// Who has logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider's permanent name for the person.
    pub subject: Subject,
    /// Whether the provider says that it used two factors, and is believed.
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
    auth_time: Option<f64>,
    nonce: Option<String>,
    amr: Option<Vec<String>>,
}

/// Checks the payload of an ID token whose signature was checked.
///
/// # Errors
///
/// [`ClaimError`].
pub fn check(payload: &[u8], expected: &ExpectedClaims<'_>) -> Result<Identity, ClaimError> {
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
    check_authentication_time(&claims, expected)?;
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(ClaimError::Nonce);
    }
    let subject = Subject::parse(&claims.sub).ok_or(ClaimError::Subject)?;
    let methods = claims.amr.unwrap_or_default();
    let has = |wanted: &[&str]| methods.iter().any(|method| wanted.contains(&method.as_str()));
    let says_two = has(&[MULTI_FACTOR]) || (has(&KNOWLEDGE) && has(&POSSESSION));
    Ok(Identity { subject, is_multi_factor: expected.trusts_amr && says_two })
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

/// OpenID Connect Core section 3.1.2.1: with `max_age` in the request, the token must say when the person was authenticated.
#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
fn check_authentication_time(claims: &Claims, expected: &ExpectedClaims<'_>) -> Result<(), ClaimError> {
    let authenticated = claims.auth_time.ok_or(ClaimError::AuthenticationAge)?;
    let (now, begun, skew) = (expected.now as f64, expected.begun as f64, SKEW as f64);
    let is_recent = authenticated + MAX_AGE as f64 + skew >= begun && authenticated <= now + skew;
    if is_recent { Ok(()) } else { Err(ClaimError::AuthenticationAge) }
}
