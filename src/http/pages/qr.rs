//! A QR code as the path of an SVG picture.

use qrcodegen::{QrCode as Symbol, QrCodeEcc};

/// Light modules around the symbol (ISO/IEC 18004).
const BORDER: i32 = 4;

/// A QR code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrCode {
    /// Modules of a side, with the border.
    pub size: i32,
    /// The dark modules, as an SVG path.
    pub path: String,
}

impl QrCode {
    /// The code of a text; `None` if it is too long for one.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        use std::fmt::Write as _;
        let symbol = Symbol::encode_text(text, QrCodeEcc::Medium).ok()?;
        let mut path = String::new();
        for y in 0..symbol.size() {
            for x in (0..symbol.size()).filter(|x| symbol.get_module(*x, y)) {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{},{}h1v1h-1z", x + BORDER, y + BORDER);
            }
        }
        Some(Self { size: symbol.size() + 2 * BORDER, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_a_square_with_a_border() {
        let code = QrCode::of("otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=a").unwrap();
        assert!((29..60).contains(&code.size), "{}", code.size);
        assert!(code.path.starts_with("M4,4h1v1h-1z"), "the corner of a finder pattern");
        assert_eq!(QrCode::of(&"x".repeat(5_000)), None);
    }
}
