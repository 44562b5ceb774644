//! Renewal: lists of tokens in which later tokens renew earlier ones before their algorithms or certificates become
//! weak (RFC 4998 section 5).
//!
//! Each token of a list stamps one of three things:
//!
//! | stamps | made by | RFC 4998 |
//! |---|---|---|
//! | the checkpoint's text | a first token of an authority | |
//! | the token before it, as encoded | a renewal before a certificate expires or a signature algorithm becomes weak | timestamp renewal |
//! | the checkpoint's text, followed by all earlier tokens | a renewal before a digest algorithm becomes weak | hash-tree renewal |
//!
//! # Invariants
//!
//! A renewal counts only if the token that it renews is itself for this checkpoint, by its imprint. It proves that the
//! checkpoint existed at the renewal's own time, even if the earlier token no longer verifies. The earlier token is
//! verified as of the earliest valid token that stamps it: a revocation after that does not matter.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::algorithm::ImprintAlgorithm;
use super::trust::TsaTrust;
use super::verification::{OpenedToken, Stamped, TOKENS_MAX, TimeTokenError, VerifiedToken};
use crate::ledger::time::Timestamp;
use crate::ledger::verify::attestation::TimeToken;

/// The bytes that a renewal stamps.
///
/// `tokens` are all tokens of the checkpoint so far. If the digest algorithm is that of the last token, the last token
/// is stamped; otherwise, the text and all tokens. Without tokens, the text is stamped.
#[must_use]
pub fn imprinted_by_renewal(
    tokens: &[Vec<u8>],
    checkpoint_text: &[u8],
    last: Option<ImprintAlgorithm>,
    algorithm: ImprintAlgorithm,
) -> Vec<u8> {
    match tokens.last() {
        Some(token) if last == Some(algorithm) => token.clone(),
        _ => [checkpoint_text, &tokens.concat()].concat(),
    }
}

/// Verifies each of a receipt's tokens for the text of its checkpoint (without signatures). The results are in the
/// order of the tokens.
#[must_use]
pub fn verify_all(
    tokens: &[Vec<u8>],
    checkpoint_text: &[u8],
    trust: &TsaTrust,
) -> Vec<Result<VerifiedToken, TimeTokenError>> {
    let (within, beyond) = tokens.split_at(tokens.len().min(TOKENS_MAX));
    let mut opened = Vec::with_capacity(within.len());
    for (index, token) in within.iter().enumerate() {
        let (earlier, _) = within.split_at(index);
        let is_anchored = opened.last().is_some_and(|one: &Result<_, _>| one.is_ok());
        opened.push(OpenedToken::parse(token).and_then(|token| {
            let stamped = stamped_by(&token, checkpoint_text, earlier, is_anchored)?;
            Ok((stamped, token))
        }));
    }
    // From the last to the first: a token is verified as of the tokens that stamp it.
    let mut results = Vec::with_capacity(tokens.len());
    let (mut by_next, mut by_history) = (None, None);
    for one in opened.into_iter().rev() {
        let existed = earliest(by_next.take(), by_history);
        let result = one.and_then(|(stamped, token)| token.verify(stamped, existed, trust));
        if let Ok(verified) = &result {
            match verified.stamped {
                Stamped::Content => {}
                Stamped::PreviousToken => by_next = Some(verified.time),
                Stamped::History => by_history = earliest(by_history, Some(verified.time)),
            }
        }
        results.push(result);
    }
    results.reverse();
    results.extend(beyond.iter().map(|_| Err(TimeTokenError::TooMany)));
    results
}

/// As [`verify_all`], for the base64 tokens in a receipt. A token that is not base64 is malformed.
#[must_use]
pub fn verify_receipt_tokens(
    tokens: &[String],
    checkpoint_text: &[u8],
    trust: &TsaTrust,
) -> Vec<Result<VerifiedToken, TimeTokenError>> {
    let decoded: Vec<Vec<u8>> = tokens.iter().map(|token| BASE64_STANDARD.decode(token).unwrap_or_default()).collect();
    verify_all(&decoded, checkpoint_text, trust)
}

/// The bytes that a token stamps. `is_anchored` tells whether the previous token is for this checkpoint by its imprint.
fn stamped_by(
    token: &OpenedToken<'_>,
    checkpoint_text: &[u8],
    earlier: &[Vec<u8>],
    is_anchored: bool,
) -> Result<Stamped, TimeTokenError> {
    if token.stamps(&[checkpoint_text]) {
        return Ok(Stamped::Content);
    }
    if let Some(previous) = earlier.last() {
        if token.stamps(&[previous]) {
            return if is_anchored { Ok(Stamped::PreviousToken) } else { Err(TimeTokenError::RenewsOther) };
        }
        let history: Vec<&[u8]> = std::iter::once(checkpoint_text).chain(earlier.iter().map(Vec::as_slice)).collect();
        if token.stamps(&history) {
            return Ok(Stamped::History);
        }
    }
    Err(TimeTokenError::OtherImprint { algorithm: token.info.algorithm })
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

/// The valid tokens, the earliest first, as input of the verifier of receipts.
#[must_use]
pub fn attestations(results: &[Result<VerifiedToken, TimeTokenError>]) -> Vec<TimeToken> {
    let mut tokens: Vec<TimeToken> = results.iter().flatten().map(TimeToken::from).collect();
    tokens.sort_by_key(|token| token.time);
    tokens
}
