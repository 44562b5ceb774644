//! An address for service as it may be shown and recorded: masked, so that the address cannot be read from it.

use crate::court::line_value::LineValue;
use crate::court::service_words::AddressKind;

/// What stands for the hidden part.
const MASK: &str = "****";
/// Most characters of a masked address.
const LENGTH_MAX: usize = 64;
/// Most digits that stay visible: of a mobile number the first three and the last four.
const DIGITS_MAX: usize = 7;

/// A masked address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MaskedAddress(String);

impl MaskedAddress {
    /// Masks an address: `138****5678`, `z****@example.com`, `广东省广州市****`.
    #[must_use]
    pub fn of(kind: AddressKind, address: &str) -> Self {
        let plain: Vec<char> = address.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        let part = |first: usize, last: usize| -> String {
            // At least four characters are hidden.
            if plain.len() < first + last + MASK.len() {
                return MASK.to_owned();
            }
            let head: String = plain.iter().take(first).collect();
            let tail: String = plain.iter().skip(plain.len() - last).collect();
            format!("{head}{MASK}{tail}")
        };
        let masked = match kind {
            AddressKind::Mobile => part(3, 4),
            AddressKind::Fax => part(3, 2),
            AddressKind::Postal => part(6, 0),
            AddressKind::Messenger | AddressKind::Account => part(1, 1),
            AddressKind::Email => match plain.iter().collect::<String>().split_once('@') {
                Some((local, domain)) => {
                    let first: String = local.chars().take(usize::from(local.chars().count() > 1)).collect();
                    format!("{first}{MASK}@{domain}")
                }
                None => MASK.to_owned(),
            },
        };
        // A value that would not be accepted shows nothing at all.
        <Self as LineValue>::parse(&masked).unwrap_or_else(|| Self(MASK.to_owned()))
    }

    /// The masked text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl LineValue for MaskedAddress {
    const EXPECTED: &'static str = "a masked address like 138****5678";

    fn expected_in_chinese() -> Option<String> {
        Some("应为隐去部分内容的地址，形如 138****5678".into())
    }

    fn print(&self) -> String {
        self.0.clone()
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let plain = text.chars().all(|c| !c.is_control() && !c.is_whitespace());
        let fits = text.contains(MASK) && text.chars().count() <= LENGTH_MAX && digits <= DIGITS_MAX && plain;
        fits.then(|| Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_only_its_ends_are_shown() {
        for (kind, address, masked) in [
            (AddressKind::Mobile, "13812345678", "138****5678"),
            (AddressKind::Mobile, " 138 1234 5678 ", "138****5678"),
            (AddressKind::Mobile, "1381234", "****"),
            (AddressKind::Email, "zhangsan@example.com", "z****@example.com"),
            (AddressKind::Email, "z@example.com", "****@example.com"),
            (AddressKind::Email, "13812345678@12345678.cn", "****"),
            (AddressKind::Email, "nobody", "****"),
            (AddressKind::Messenger, "zhangsan", "z****n"),
            (AddressKind::Postal, "广东省广州市海珠区某路 1 号", "广东省广州市****"),
            (AddressKind::Fax, "020-83210000", "020****00"),
        ] {
            assert_eq!(MaskedAddress::of(kind, address).as_str(), masked, "{address}");
        }
    }

    #[test]
    fn a_clear_address_is_not_a_masked_one() {
        for clear in ["13812345678", "zhangsan@example.com", "138123****45678", "138 ****5678", ""] {
            assert_eq!(MaskedAddress::parse(clear), None, "{clear}");
        }
    }
}
