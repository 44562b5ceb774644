//! Verifies the timestamp tokens of a receipt against the authorities that the verifier trusts.
//!
//! Not here: the required content of a token (`time_token`), and the use of the result in a report (`attested_steps`).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::receipt::Receipt;
use crate::ledger::time_token::path::PathError;
use crate::ledger::time_token::renewal::{attestations, verify_all};
use crate::ledger::time_token::trust::TsaTrust;
use crate::ledger::time_token::verification::TimeTokenError;
use crate::ledger::verify::attestation::{TimeCheck, TrustedTime};

/// The code for a token that is not base64.
const MALFORMED: &str = "time_token_malformed";

/// Verifies the tokens of `receipt`, each over the text of its checkpoint or as the renewal of an earlier one.
#[must_use]
pub fn check(receipt: &Receipt, trust: &TsaTrust) -> TimeCheck {
    // A receipt without a checkpoint is reported by the record's own steps.
    let Ok(checkpoint) = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()) else { return TimeCheck::NotChecked };
    check_tokens(&checkpoint, &receipt.time_tokens, trust)
}

/// Verifies `tokens`, in base64, each over the text of `checkpoint` or as the renewal of an earlier one.
#[must_use]
pub fn check_tokens(checkpoint: &SignedCheckpoint, tokens: &[String], trust: &TsaTrust) -> TimeCheck {
    if trust.is_empty() || tokens.is_empty() {
        return TimeCheck::NotChecked;
    }
    let decoded: Result<Vec<Vec<u8>>, _> = tokens.iter().map(|token| BASE64_STANDARD.decode(token)).collect();
    let Ok(tokens) = decoded else { return TimeCheck::Invalid { code: MALFORMED } };
    let results = verify_all(&tokens, checkpoint.note().text().as_bytes(), trust);
    if let Some(not_later_than) = results.iter().flatten().map(|token| token.latest).min() {
        let tokens = attestations(&results);
        return TimeCheck::Verified(TrustedTime { tokens, not_later_than, not_contained_at: None });
    }
    let is_stranger = |error: &&TimeTokenError| matches!(error, TimeTokenError::Path(PathError::UnknownIssuer));
    let faults = || results.iter().filter_map(|result| result.as_ref().err());
    let fault = faults().find(|error| !is_stranger(error));
    fault.map_or(TimeCheck::Untrusted, |error| TimeCheck::Invalid { code: error.code() })
}
