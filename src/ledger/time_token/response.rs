//! The response to a request (`TimeStampResp`, RFC 3161 section 2.4.2): a token, or the reason for its absence.

use std::fmt;

use der::Tag;

use super::fields::{DerError, Fields, unsigned};
use super::signed_data::TOKEN_MAX;

/// Maximum length of a response in bytes: a token and the authority's status texts.
pub const RESPONSE_MAX: usize = TOKEN_MAX + 4 * 1024;
/// Maximum number of characters of an authority's own text in a message.
const TEXT_MAX: usize = 300;
/// The bits of `PKIFailureInfo`, their names in the specification, and their meaning.
const FAILURES: [(u32, &str); 8] = [
    (0, "badAlg: the authority does not accept the digest algorithm"),
    (2, "badRequest: the authority does not accept this request"),
    (5, "badDataFormat: the request is malformed"),
    (14, "timeNotAvailable: the authority's clock is not available"),
    (15, "unacceptedPolicy: the authority does not have the policy"),
    (16, "unacceptedExtension: the authority does not support an extension"),
    (17, "addInfoNotAvailable: the authority does not have the additional information"),
    (25, "systemFailure: the authority failed"),
];

/// The `PKIStatus` of a response without a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectedStatus {
    /// The request was rejected.
    Rejection,
    /// The token is not ready yet.
    Waiting,
    /// The authority's certificate is about to be revoked.
    RevocationWarning,
    /// The authority's certificate was revoked.
    RevocationNotification,
    /// A status that is not in the specification.
    Unknown(u64),
}

impl fmt::Display for RejectedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejection => f.write_str("rejection"),
            Self::Waiting => f.write_str("waiting"),
            Self::RevocationWarning => f.write_str("revocationWarning"),
            Self::RevocationNotification => f.write_str("revocationNotification"),
            Self::Unknown(status) => write!(f, "status {status}"),
        }
    }
}

/// Why a response contains no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// More bytes than any response needs.
    #[error("the authority's answer has {size} bytes, more than {RESPONSE_MAX}")]
    TooLarge {
        /// Number of bytes.
        size: usize,
    },
    /// Not a `TimeStampResp`.
    #[error("the authority's answer is not a TimeStampResp: {0}")]
    Malformed(#[from] DerError),
    /// The authority did not issue a token.
    #[error("the authority made no timestamp token: {status}{}", details(.failures, .text))]
    Rejected {
        /// The status.
        status: RejectedStatus,
        /// The failures that it names.
        failures: Vec<String>,
        /// The authority's own text, shortened; may be empty.
        text: String,
    },
    /// The status says that a token was granted, but the response contains none.
    #[error("the authority reports a granted timestamp token, but its response contains none")]
    NoToken,
}

impl ResponseError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "timestamp_response_too_large",
            Self::Malformed(_) => "timestamp_response_malformed",
            Self::Rejected { .. } => "timestamp_rejected",
            Self::NoToken => "timestamp_response_without_token",
        }
    }

    /// The message in Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::TooLarge { .. } => "时间戳机构的应答过大".into(),
            Self::Malformed(_) => "时间戳机构的应答格式有误".into(),
            Self::Rejected { status, failures, text } => {
                format!("时间戳机构未签发时间戳（{status}{}）", details(failures, text))
            }
            Self::NoToken => "时间戳机构称已签发时间戳，但应答中没有令牌".into(),
        }
    }
}

/// The authority's details, each part after a semicolon.
fn details(failures: &[String], text: &str) -> String {
    let texts = failures.iter().map(String::as_str).chain(std::iter::once(text));
    texts.filter(|text| !text.is_empty()).flat_map(|text| ["; ", text]).collect()
}

/// The token in a response, as encoded. It is not verified.
///
/// # Errors
///
/// [`ResponseError`].
pub fn token_of(response: &[u8]) -> Result<&[u8], ResponseError> {
    if response.len() > RESPONSE_MAX {
        return Err(ResponseError::TooLarge { size: response.len() });
    }
    let mut fields = Fields::of_value(response, Tag::Sequence, "TimeStampResp")?;
    let mut info = fields.nested(Tag::Sequence, "PKIStatusInfo")?;
    let status = unsigned(info.integer(8)?).ok_or(DerError("PKIStatus"))?;
    let text = info.optional(Tag::Sequence)?.map(free_text).transpose()?.unwrap_or_default();
    let failures = info.optional(Tag::BitString)?.map(failures).transpose()?.unwrap_or_default();
    info.finish()?;
    let token = if fields.is_finished() { None } else { Some(fields.encoded()?) };
    fields.finish()?;
    let status = match status {
        0 | 1 => return token.ok_or(ResponseError::NoToken),
        2 => RejectedStatus::Rejection,
        3 => RejectedStatus::Waiting,
        4 => RejectedStatus::RevocationWarning,
        5 => RejectedStatus::RevocationNotification,
        other => RejectedStatus::Unknown(other),
    };
    Err(ResponseError::Rejected { status, failures, text })
}

/// A `PKIFreeText`: texts, joined and shortened.
fn free_text(content: &[u8]) -> Result<String, DerError> {
    let mut fields = Fields::new(content, "PKIFreeText")?;
    let mut texts = Vec::new();
    while !fields.is_finished() {
        texts.push(String::from_utf8_lossy(fields.content(Tag::Utf8String)?));
    }
    Ok(texts.join("; ").chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT_MAX).collect())
}

/// The names of the bits that are set in a `PKIFailureInfo`.
fn failures(content: &[u8]) -> Result<Vec<String>, DerError> {
    let (unused, bits) = content.split_first().ok_or(DerError("PKIFailureInfo"))?;
    if *unused > 7 || bits.len() > 8 || (bits.is_empty() && *unused != 0) {
        return Err(DerError("PKIFailureInfo"));
    }
    let is_set = |bit: &u32| {
        let byte = usize::try_from(bit / 8).ok().and_then(|at| bits.get(at));
        byte.is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0)
    };
    let names = (0..64_u32).filter(is_set).map(|bit| match FAILURES.iter().find(|(known, _)| *known == bit) {
        Some((_, name)) => (*name).to_owned(),
        None => format!("failure {bit}"),
    });
    Ok(names.collect())
}

/// The content types of RFC 3161 section 3.4.
pub mod media_type {
    /// The content type of a request.
    pub const QUERY: &str = "application/timestamp-query";
    /// The content type of a response.
    pub const REPLY: &str = "application/timestamp-reply";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(hex_digits: &str) -> Result<Vec<u8>, ResponseError> {
        token_of(&hex::decode(hex_digits).unwrap()).map(<[u8]>::to_vec)
    }

    #[test]
    fn a_granted_token_is_found() {
        assert_eq!(parsed("300730030201003000").unwrap(), [0x30, 0]);
        // The status `grantedWithMods`.
        assert_eq!(parsed("300730030201013000").unwrap(), [0x30, 0]);
        assert_eq!(parsed("30053003020100").unwrap_err().code(), "timestamp_response_without_token");
    }

    #[test]
    fn a_rejection_says_why() {
        // The response of `openssl ts -reply` to a request with a digest algorithm that it does not accept.
        let refused = parsed(
            "30373035020102302c0c2a4d6573736167652064696765737420616c676f726974686d206973206e6f7420737570706f727465642e\
             03020780",
        );
        let error = refused.unwrap_err();
        assert_eq!(error.code(), "timestamp_rejected");
        assert_eq!(
            error.to_string(),
            "the authority made no timestamp token: rejection; badAlg: the authority does not accept the digest algorithm; \
             Message digest algorithm is not supported."
        );
    }

    #[test]
    fn every_status_without_a_token_is_named() {
        for (status, name) in
            [(2, "rejection"), (3, "waiting"), (4, "revocationWarning"), (5, "revocationNotification"), (9, "status 9")]
        {
            let error = parsed(&format!("300530030201{status:02x}")).unwrap_err();
            assert_eq!(error.to_string(), format!("the authority made no timestamp token: {name}"));
        }
    }

    #[test]
    fn malformed_answers_are_refused() {
        for bad in ["", "3000", "30023000", "300630030201000000", "3005300302010000", "30093007020102030307800100"] {
            assert_eq!(parsed(bad).unwrap_err().code(), "timestamp_response_malformed", "{bad}");
        }
        assert_eq!(token_of(&vec![0; RESPONSE_MAX + 1]).unwrap_err().code(), "timestamp_response_too_large");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = token_of(&bytes);
        }
    }
}
