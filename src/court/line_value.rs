//! The canonical spelling of a value on a line of an act.
//!
//! Not here: the lines of an act (`acts`), the document (`document`).

use crate::ledger::block::Height;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::media::MediaType;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::statement::text::ManifestRoot;
use crate::ledger::text::{Fault, Fields, TextError, decimal_value, hex_value};
use crate::ledger::time::Timestamp;

/// A value with exactly one spelling on a line.
pub trait LineValue: Sized {
    /// Description of the spelling, for error messages.
    const EXPECTED: &'static str;

    /// The spelling.
    fn print(&self) -> String;

    /// Parses exactly that spelling; `None` for any other text.
    fn parse(text: &str) -> Option<Self>;

    /// Parses what people type in requests: this spelling, or for a word its label in Chinese or English, or a short form.
    #[must_use]
    fn parse_typed(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    /// Description in Chinese of what [`Self::parse_typed`] accepts, for error messages: for a word, the labels and short forms. `None` if
    /// the value is not typed by people.
    #[must_use]
    fn expected_in_chinese() -> Option<String> {
        None
    }

    /// The commitment, if the value names an annex.
    fn annex(&self) -> Option<Digest> {
        None
    }
}

/// Parses a value, and rejects every spelling but the canonical one.
fn read<T: LineValue>(fields: &Fields<'_>, name: &'static str, text: &str) -> Result<T, TextError> {
    let value = T::parse(text).filter(|value| value.print() == text);
    value.ok_or_else(|| fields.fault(Fault::BadValue { name, expected: T::EXPECTED }))
}

/// The required line `name`.
///
/// # Errors
///
/// [`TextError`].
pub fn required<T: LineValue>(fields: &mut Fields<'_>, name: &'static str) -> Result<T, TextError> {
    let text = fields.required(name)?;
    read(fields, name, text)
}

/// The optional line `name`.
///
/// # Errors
///
/// [`TextError`].
pub fn optional<T: LineValue>(fields: &mut Fields<'_>, name: &'static str) -> Result<Option<T>, TextError> {
    let Some(text) = fields.optional(name) else { return Ok(None) };
    read(fields, name, text).map(Some)
}

/// All consecutive lines `name`, at most `most`.
///
/// # Errors
///
/// [`TextError`].
pub fn repeated<T: LineValue>(fields: &mut Fields<'_>, name: &'static str, most: usize) -> Result<Vec<T>, TextError> {
    let mut values = Vec::new();
    while let Some(value) = optional(fields, name)? {
        if values.len() == most {
            return Err(fields.fault(Fault::TooMany { name, limit: most }));
        }
        values.push(value);
    }
    Ok(values)
}

/// Appends the line `name value`.
pub fn write(text: &mut String, name: &str, value: &impl LineValue) {
    text.push_str(name);
    text.push(' ');
    text.push_str(&value.print());
    text.push('\n');
}

impl LineValue for Digest {
    const EXPECTED: &'static str = "64 lower-case hex digits";

    fn expected_in_chinese() -> Option<String> {
        Some("应为 64 位小写十六进制数".into())
    }

    fn print(&self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        hex_value("digest", text).ok().map(Digest)
    }
}

impl LineValue for u64 {
    const EXPECTED: &'static str = "a decimal below 2^63 without leading zeros";

    fn expected_in_chinese() -> Option<String> {
        Some("应为不带前导零的整数".into())
    }

    fn print(&self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        decimal_value("number", text).ok()
    }
}

impl LineValue for u32 {
    const EXPECTED: &'static str = "a decimal below 2^32 without leading zeros";

    fn expected_in_chinese() -> Option<String> {
        Some("应为不带前导零的整数".into())
    }

    fn print(&self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        <u64 as LineValue>::parse(text)?.try_into().ok()
    }
}

impl LineValue for Height {
    const EXPECTED: &'static str = "a block height";

    fn print(&self) -> String {
        self.0.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        <u64 as LineValue>::parse(text).map(Self)
    }
}

impl LineValue for Timestamp {
    const EXPECTED: &'static str = "a time like 2026-11-22T01:04:11.123Z";

    fn expected_in_chinese() -> Option<String> {
        Some("应为形如 2026-11-22T01:04:11.123Z 的时间".into())
    }

    fn print(&self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl LineValue for DepositNumber {
    const EXPECTED: &'static str = "a deposit number";

    fn expected_in_chinese() -> Option<String> {
        Some("应为存证编号".into())
    }

    fn print(&self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

impl LineValue for Name {
    const EXPECTED: &'static str = "a ledger's origin";

    fn print(&self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl LineValue for MediaType {
    const EXPECTED: &'static str = "a media type like application/pdf";

    fn print(&self) -> String {
        self.as_str().to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl LineValue for VerifierKey {
    const EXPECTED: &'static str = "a verifier key";

    fn expected_in_chinese() -> Option<String> {
        Some("应为公钥（vkey）".into())
    }

    fn print(&self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

/// A digest with its algorithm: `sm3 <64 hex>`.
impl LineValue for (HashAlgorithm, Digest) {
    const EXPECTED: &'static str = "an algorithm and 64 lower-case hex digits";

    fn print(&self) -> String {
        format!("{} {}", self.0, self.1)
    }

    fn parse(text: &str) -> Option<Self> {
        let (algorithm, digest) = text.split_once(' ')?;
        Some((HashAlgorithm::parse(algorithm)?, <Digest as LineValue>::parse(digest)?))
    }
}

/// The root over the lines of a manifest, and how many there are: `<64 hex> 12`.
impl LineValue for ManifestRoot {
    const EXPECTED: &'static str = "64 lower-case hex digits and how many lines";

    fn print(&self) -> String {
        format!("{} {}", self.root, self.count)
    }

    fn parse(text: &str) -> Option<Self> {
        let (root, count) = text.split_once(' ')?;
        let count = <u64 as LineValue>::parse(count).filter(|count| *count > 0)?;
        Some(Self { root: <Digest as LineValue>::parse(root)?, count })
    }
}
