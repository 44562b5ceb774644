//! Reports that programs outside of the platform send: signed, and protected against replay.
//!
//! Signed as webhooks are (Standard Webhooks): `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body` with the
//! sender's secret. `webhook-timestamp` must be within [`TOLERANCE`] of the node's clock.
//!
//! Not here: what is reported, and when the same report is one act (`gateway_reports`, `identity_results`).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use crate::ledger::hash::sha256;
use crate::ledger::time::Timestamp;
use crate::wire::webhook_call::WebhookSecret;

/// How far the time of a report may be from the node's clock; also by how much a gateway's clock may be wrong in the time of a step.
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// Most signatures that are read: a sender whose key is being replaced sends two.
const SIGNATURES_MAX: usize = 8;

/// The signed head of a report.
#[derive(Debug, Clone, Copy)]
pub struct ReportHead<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`, in seconds since 1970.
    pub timestamp: u64,
    /// `webhook-signature`: signatures separated by spaces.
    pub signature: &'a str,
}

/// Whether a report is signed by the secret in `text`, at about `now`.
#[must_use]
pub fn is_genuine(text: Option<&str>, head: &ReportHead<'_>, body: &[u8], now: Timestamp) -> bool {
    let Some(secret) = text.and_then(WebhookSecret::parse) else { return false };
    let is_now = (now.as_millis() / 1000).abs_diff(head.timestamp) <= TOLERANCE.as_secs();
    is_now && is_signed(secret.as_bytes(), head, body)
}

/// Whether one of the first [`SIGNATURES_MAX`] signatures is that of the secret. The body is hashed once, however many there are.
fn is_signed(secret: &[u8], head: &ReportHead<'_>, body: &[u8]) -> bool {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    context.update(format!("{}.{}.", head.id, head.timestamp).as_bytes());
    context.update(body);
    // Hashes are compared: nobody can choose one that agrees in its first bytes, so the time of the comparison tells nothing.
    let expected = sha256(context.sign().as_ref());
    let mut tags = head.signature.split(' ').take(SIGNATURES_MAX).filter_map(|one| one.strip_prefix("v1,"));
    tags.any(|tag| STANDARD.decode(tag).is_ok_and(|tag| sha256(&tag) == expected))
}

/// The time of a step as it is recorded: a gateway whose clock is a little wrong reports a step before its message or after now.
pub(in crate::filing) fn clamp_to_tolerance(at: Timestamp, sent: Timestamp, now: Timestamp) -> Timestamp {
    let tolerance = u64::try_from(TOLERANCE.as_millis()).unwrap_or(u64::MAX);
    if at > now && at.as_millis() <= now.as_millis().saturating_add(tolerance) {
        now
    } else if at < sent && at.as_millis().saturating_add(tolerance) >= sent.as_millis() {
        sent
    } else {
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + millis).unwrap()
    }

    #[test]
    fn a_report_is_signed_over_its_id_its_time_and_every_byte_of_its_body() {
        let (secret, body) = (b"secret".as_slice(), "{}");
        let signed = WebhookSecret::new(secret.to_vec()).sign("r1", 7, body.as_bytes());
        let head = |id, timestamp, signature| ReportHead { id, timestamp, signature };
        assert!(is_signed(secret, &head("r1", 7, &signed), body.as_bytes()));
        let two = format!("v1,AAAA {signed}");
        assert!(is_signed(secret, &head("r1", 7, &two), body.as_bytes()));
        let late = |before: usize| format!("{}{signed}", "v1,AAAA ".repeat(before));
        let (eighth, ninth) = (late(7), late(8));
        assert!(is_signed(secret, &head("r1", 7, &eighth), body.as_bytes()));
        assert!(!is_signed(secret, &head("r1", 7, &ninth), body.as_bytes()), "the ninth is not read");
        for (id, at, signature, body) in
            [("r2", 7, &*signed, "{}"), ("r1", 8, &*signed, "{}"), ("r1", 7, &*signed, "{ }"), ("r1", 7, "v1,", "{}")]
        {
            assert!(!is_signed(secret, &head(id, at, signature), body.as_bytes()), "{id} {at} {body}");
        }
        assert!(!is_signed(b"other", &head("r1", 7, &signed), body.as_bytes()));
    }

    #[test]
    fn a_clock_that_is_a_little_wrong_is_set_right_and_one_that_is_far_off_is_not() {
        let (sent, now) = (time(0), time(3_600_000));
        assert_eq!(clamp_to_tolerance(time(60_000), sent, now), time(60_000));
        assert_eq!(clamp_to_tolerance(time(3_600_001), sent, now), now);
        assert_eq!(clamp_to_tolerance(time(3_900_000), sent, now), now);
        assert_eq!(clamp_to_tolerance(time(3_900_001), sent, now), time(3_900_001));
        let before = Timestamp::from_millis(sent.as_millis() - 1).unwrap();
        assert_eq!(clamp_to_tolerance(before, sent, now), sent);
        let long_before = Timestamp::from_millis(sent.as_millis() - 300_001).unwrap();
        assert_eq!(clamp_to_tolerance(long_before, sent, now), long_before);
    }
}
