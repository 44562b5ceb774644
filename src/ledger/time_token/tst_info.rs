//! The content of a token (`TSTInfo`, RFC 3161 section 2.4.2).
//!
//! The time may have any number of decimals. It is stored in whole milliseconds, rounded down; [`TstInfo::latest`] is
//! rounded up, since it is a bound. A time with trailing zeros is not DER, but is accepted, since some authorities
//! write it.

use der::Tag;
use der::asn1::ObjectIdentifier;

use super::algorithm::{AlgorithmError, Identifier, ImprintAlgorithm};
use super::fields::{DerError, Fields, constructed, primitive, unsigned};
use crate::ledger::time::Timestamp;

/// Maximum number of octets of a serial number: 160 bits (RFC 3161 section 2.4.2), and a sign.
const SERIAL_MAX: usize = 21;
/// Maximum number of decimals of a time.
const DECIMALS_MAX: usize = 20;

/// Why a `TSTInfo` is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TstInfoError {
    /// Not a `TSTInfo`.
    #[error("the content of the timestamp token: {0}")]
    Malformed(#[from] DerError),
    /// A version other than 1.
    #[error("the timestamp token has version {0}, and only version 1 is defined")]
    UnknownVersion(u8),
    /// The time cannot be read, or is before 1970 or after 9999.
    #[error("the time in the timestamp token cannot be read: `{0}`")]
    BadTime(String),
    /// A critical extension. This program supports none.
    #[error("the timestamp token has a critical extension ({0}) that this program does not know")]
    CriticalExtension(String),
    /// The imprint has a refused algorithm.
    #[error("the imprint of the timestamp token: {0}")]
    Algorithm(#[from] AlgorithmError),
}

impl TstInfoError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::BadTime(_) => "time_token_malformed",
            Self::UnknownVersion(_) => "time_token_version_unknown",
            Self::CriticalExtension(_) => "time_token_extension_unknown",
            Self::Algorithm(error) => error.code(),
        }
    }
}

/// How far the time in a token may differ from UTC, as the authority states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Accuracy {
    /// In microseconds.
    pub micros: u64,
}

/// The parsed content of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TstInfo {
    /// The policy under which it was made, an object identifier in dotted form.
    pub policy: String,
    /// The digest algorithm of the imprint.
    pub algorithm: ImprintAlgorithm,
    /// The stamped digest.
    pub digest: [u8; 32],
    /// The serial number, in hexadecimal digits.
    pub serial: String,
    /// The time, rounded down to a millisecond.
    pub time: Timestamp,
    /// Whether rounding changed the time.
    pub(super) is_rounded: bool,
    /// The accuracy, if the authority states it.
    pub accuracy: Option<Accuracy>,
    /// The nonce of the request, if it fits in 64 bits.
    pub(super) nonce: Option<Nonce>,
    /// The name of the authority (`tsa`): a `GeneralName`, as encoded.
    pub(super) authority: Option<Vec<u8>>,
}

/// The nonce in a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nonce {
    Number(u64),
    /// Negative, or with more than 64 bits, so not from a request of this program.
    Other,
}

impl TstInfo {
    /// The latest time at which the authority can have created the token, by its own statement.
    #[must_use]
    pub fn latest(&self) -> Timestamp {
        let micros = self.accuracy.map_or(0, |accuracy| accuracy.micros).saturating_add(u64::from(self.is_rounded));
        let millis = self.time.as_millis().saturating_add(micros.div_ceil(1000));
        Timestamp::from_millis(millis).unwrap_or(Timestamp::MAX)
    }

    /// Parses the DER encoding.
    ///
    /// # Errors
    ///
    /// [`TstInfoError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TstInfoError> {
        let mut fields = Fields::of_value(bytes, Tag::Sequence, "TSTInfo")?;
        let version = fields.small_integer()?;
        if version != 1 {
            return Err(TstInfoError::UnknownVersion(version));
        }
        let policy = fields.oid()?.to_string();
        let (algorithm, digest) = imprint(fields.nested(Tag::Sequence, "MessageImprint")?)?;
        let serial = hex::encode(fields.integer(SERIAL_MAX)?);
        let (time, is_rounded) = time(fields.content(Tag::GeneralizedTime)?)?;
        let accuracy = fields.optional(Tag::Sequence)?.map(accuracy).transpose()?;
        // `ordering`: whether tokens of this authority can be ordered by their times. It is not used here.
        fields.optional(Tag::Boolean)?;
        let nonce = if fields.next_is(Tag::Integer) { Some(nonce(fields.integer(usize::MAX)?)) } else { None };
        let authority = fields.optional(constructed(0))?.map(<[u8]>::to_vec);
        if let Some(extensions) = fields.optional(constructed(1))? {
            reject_critical(Fields::new(extensions, "Extensions")?)?;
        }
        fields.finish()?;
        Ok(Self { policy, algorithm, digest, serial, time, is_rounded, accuracy, nonce, authority })
    }
}

fn imprint(mut fields: Fields<'_>) -> Result<(ImprintAlgorithm, [u8; 32]), TstInfoError> {
    let algorithm = ImprintAlgorithm::from_identifier(&Identifier::read(fields.content(Tag::Sequence)?)?)?;
    let digest = fields.content(Tag::OctetString)?;
    fields.finish()?;
    Ok((algorithm, digest.try_into().map_err(|_| DerError("MessageImprint"))?))
}

fn nonce(content: &[u8]) -> Nonce {
    unsigned(content).map_or(Nonce::Other, Nonce::Number)
}

/// `YYYYMMDDhhmmss[.f…]Z`, and whether it has parts of a millisecond.
fn time(content: &[u8]) -> Result<(Timestamp, bool), TstInfoError> {
    let bad = || TstInfoError::BadTime(String::from_utf8_lossy(content).chars().take(40).collect());
    let text = std::str::from_utf8(content).ok().and_then(|text| text.strip_suffix('Z')).ok_or_else(bad)?;
    let (whole, decimals) = text.split_once('.').map_or((text, None), |(whole, decimals)| (whole, Some(decimals)));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !is_number(whole) || decimals.is_some_and(|d| !is_number(d) || d.len() > DECIMALS_MAX) {
        return Err(bad());
    }
    let part = |from: usize, to: usize| whole.get(from..to).unwrap_or_default();
    let padded = format!("{}000", decimals.unwrap_or_default());
    let (millis, rest) = padded.split_at_checked(3).ok_or_else(bad)?;
    let canonical = format!(
        "{}-{}-{}T{}:{}:{}.{millis}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    );
    Ok((Timestamp::parse(&canonical).ok_or_else(bad)?, rest.bytes().any(|byte| byte != b'0')))
}

fn accuracy(content: &[u8]) -> Result<Accuracy, DerError> {
    const WHAT: DerError = DerError("Accuracy");
    let mut fields = Fields::new(content, "Accuracy")?;
    let seconds = if fields.next_is(Tag::Integer) { unsigned(fields.integer(5)?).ok_or(WHAT)? } else { 0 };
    let mut thousandth = |tag: Tag| match fields.optional(tag)?.map(unsigned) {
        None => Ok(0),
        Some(Some(value @ 0..=999)) => Ok(value),
        Some(_) => Err(WHAT),
    };
    let (millis, micros) = (thousandth(primitive(0))?, thousandth(primitive(1))?);
    fields.finish()?;
    Ok(Accuracy { micros: (seconds * 1000 + millis) * 1000 + micros })
}

/// Rejects every extension that is critical.
fn reject_critical(mut extensions: Fields<'_>) -> Result<(), TstInfoError> {
    while !extensions.is_finished() {
        let mut extension = extensions.nested(Tag::Sequence, "Extension")?;
        let oid: ObjectIdentifier = extension.oid()?;
        if extension.optional(Tag::Boolean)?.is_some_and(|critical| critical != [0]) {
            return Err(TstInfoError::CriticalExtension(oid.to_string()));
        }
        extension.content(Tag::OctetString)?;
        extension.finish()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::time_token::fields::{encode, encode_all};

    #[test]
    fn times_are_read_with_any_number_of_decimals() {
        let read = |text: &str| time(text.as_bytes()).map(|(time, rounded)| (time.to_string(), rounded));
        let at = |text: &str, rounded| Ok((text.to_owned(), rounded));
        assert_eq!(read("20261122010411Z"), at("2026-11-22T01:04:11.000Z", false));
        assert_eq!(read("20261122010411.5Z"), at("2026-11-22T01:04:11.500Z", false));
        assert_eq!(read("20261122010411.120Z"), at("2026-11-22T01:04:11.120Z", false));
        assert_eq!(read("20261122010411.1239Z"), at("2026-11-22T01:04:11.123Z", true));
        assert_eq!(read("20261122010411.12300001Z"), at("2026-11-22T01:04:11.123Z", true));
        for bad in [
            "20261122010411",
            "20261122010411.Z",
            "20261122010411,5Z",
            "202611220104Z",
            "20261122010460Z",
            "20261322010411Z",
            "20261122010411+0800",
            "19691231235959Z",
            "20261122010411.123456789012345678901Z",
            "2026112201041１Z",
            "+2261122010411Z",
            "",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    /// A `TSTInfo` with these fields after the time.
    fn statement(rest: &[&[u8]]) -> Vec<u8> {
        let version = encode(Tag::Integer, &[1]).unwrap();
        let policy = hex::decode("06032a0304").unwrap();
        let digest = encode(Tag::OctetString, &[7; 32]).unwrap();
        let imprint = encode_all(Tag::Sequence, &[&ImprintAlgorithm::Sm3.identifier().unwrap(), &digest]).unwrap();
        let serial = encode(Tag::Integer, &[0, 0xff]).unwrap();
        let time = encode(Tag::GeneralizedTime, b"20261122010411.1239Z").unwrap();
        encode_all(Tag::Sequence, &[&version, &policy, &imprint, &serial, &time, &rest.concat()]).unwrap()
    }

    #[test]
    fn every_field_is_read() {
        let accuracy = hex::decode("300a0201018002 01f4 8101 64".replace(' ', "")).unwrap();
        let nonce = encode(Tag::Integer, &[0, 0x80]).unwrap();
        let authority = encode(constructed(0), b"name").unwrap();
        let info = TstInfo::parse(&statement(&[&accuracy, &[1, 1, 0xff], &nonce, &authority])).unwrap();
        assert_eq!(info.policy, "1.2.3.4");
        assert_eq!((info.algorithm, info.digest), (ImprintAlgorithm::Sm3, [7; 32]));
        assert_eq!(info.serial, "00ff");
        assert_eq!(info.accuracy, Some(Accuracy { micros: 1_500_100 }));
        assert_eq!(info.nonce, Some(Nonce::Number(128)));
        assert_eq!(info.authority.as_deref(), Some(&b"name"[..]));
        // 11.1239 s and 1.5001 s are 12.624 s.
        assert_eq!(info.latest().to_string(), "2026-11-22T01:04:12.624Z");
    }

    #[test]
    fn what_is_optional_may_be_absent() {
        let info = TstInfo::parse(&statement(&[])).unwrap();
        assert_eq!((info.accuracy, info.nonce, info.authority.clone()), (None, None, None));
        assert_eq!(info.latest().to_string(), "2026-11-22T01:04:11.124Z");
    }

    #[test]
    fn each_violation_has_its_code() {
        let code = |bytes: &[u8]| TstInfo::parse(bytes).unwrap_err().code();
        let mut version_2 = statement(&[]);
        version_2[4] = 2;
        assert_eq!(code(&version_2), "time_token_version_unknown");
        let extension = |critical: &str| {
            let extension =
                hex::decode(format!("30{}06032a0304{critical}0400", if critical.is_empty() { "07" } else { "0a" }));
            encode(constructed(1), &extension.unwrap()).unwrap()
        };
        assert!(TstInfo::parse(&statement(&[&extension("")])).is_ok());
        assert!(TstInfo::parse(&statement(&[&extension("010100")])).is_ok());
        assert_eq!(code(&statement(&[&extension("0101ff")])), "time_token_extension_unknown");
        for bad in ["020100", "3003020180", "30048002 03e8", "3003800180", "0500"] {
            let field = hex::decode(bad.replace(' ', "")).unwrap();
            let is_nonce = bad == "020100";
            assert_eq!(TstInfo::parse(&statement(&[&field])).is_ok(), is_nonce, "{bad}");
        }
        assert_eq!(code(&statement(&[])[..20]), "time_token_malformed");
        assert_eq!(code(b""), "time_token_malformed");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, at: usize, byte: u8) {
            let _ = TstInfo::parse(&bytes);
            let mut changed = statement(&[&[0x30, 0]]);
            let at = at % changed.len();
            changed[at] = byte;
            let _ = TstInfo::parse(&changed);
        }
    }
}
