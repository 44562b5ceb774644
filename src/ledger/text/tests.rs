//! Tests of the strict parser: order, bytes and values.

use super::*;

const ORDER: &[&str] = &["a", "b", "c"];

fn read(text: &str) -> Result<(String, Option<String>), TextError> {
    let mut fields = Fields::open(text, "kind v1", ORDER)?;
    let a = fields.required("a")?.to_owned();
    let b = fields.optional("b").map(str::to_owned);
    fields.required("c")?;
    fields.finish()?;
    Ok((a, b))
}

fn code(text: &str) -> (usize, &'static str) {
    let error = read(text).unwrap_err();
    (error.line, error.fault.code().as_str())
}

#[test]
fn each_full_width_form_has_its_ascii_character_and_no_other_character_changes() {
    let ascii: String = ('!'..='~').collect();
    assert_eq!("！＂＃＄％＆＇（）＊＋，－．／".chars().map(half_width).collect::<String>(), ascii[..15]);
    assert_eq!(('！'..='～').map(half_width).collect::<String>(), ascii);
    for c in ['\u{FF00}', '\u{FF5F}', '\u{3000}', 'a', '证', '\u{FFE5}', char::MAX] {
        assert_eq!(half_width(c), c);
    }
}

#[test]
fn each_departure_from_the_order_has_its_own_code() {
    assert_eq!(read("kind v1\na 1\nb 2\nc 3\n").unwrap(), ("1".into(), Some("2".into())));
    assert_eq!(read("kind v1\na 1\nc 3\n").unwrap(), ("1".into(), None));
    assert_eq!(code("kind v1\na 1\nc 3"), (3, "missing_final_newline"));
    assert_eq!(code("kind v2\na 1\nc 3\n"), (1, "unknown_version"));
    assert_eq!(code("kind v1\na 1\na 1\nc 3\n"), (3, "repeated_line"));
    assert_eq!(code("kind v1\na 1\nc 3\nb 2\n"), (4, "misordered_line"));
    assert_eq!(code("kind v1\na 1\nd 4\nc 3\n"), (3, "unknown_line"));
    assert_eq!(code("kind v1\na 1\nmd5 4\nc 3\n"), (3, "weak_digest"));
    assert_eq!(code("kind v1\na 1\nb 2\n"), (4, "missing_line"));
    assert_eq!(code("kind v1\nb 2\nc 3\n"), (2, "missing_line"));
    assert_eq!(code("kind v1\na 1\n\nc 3\n"), (3, "unknown_line"));
    assert_eq!(code("kind v1\na  1\nc 3\n"), (2, "unknown_line"));
    assert_eq!(code("kind v1\na 1 \nc 3\n"), (2, "unknown_line"));
}

#[test]
fn texts_that_people_write_hold_no_control_characters() {
    for bad in
        ["\0", "\u{1}", "\u{7}", "\u{8}", "\r", "\u{1b}", "\u{1f}", "\u{7f}", "\u{80}", "\u{85}", "\u{9b}", "\u{9f}"]
    {
        for lines in [Lines::One, Lines::Several] {
            assert_eq!(forbidden_character(&format!("a{bad}b"), lines), bad.chars().next(), "{bad:?} {lines:?}");
        }
    }
    for of_several in ["\n", "\t", "\u{2028}", "\u{2029}"] {
        assert_eq!(forbidden_character(of_several, Lines::One), of_several.chars().next());
        assert_eq!(forbidden_character(of_several, Lines::Several), None);
    }
    // They are stored unchanged, and escaped for display.
    for good in ["合同 1", "\u{a0}", "\u{ad}", "\u{200b}", "\u{202e}", "\u{2066}", "\u{feff}", "👩‍👩‍👧"] {
        assert_eq!(forbidden_character(good, Lines::One), None, "{good:?}");
    }
}

#[test]
fn control_characters_and_bad_utf_8_are_found_by_line() {
    let fault = |bytes| plain_text(bytes).map(|_| ()).unwrap_err();
    assert_eq!(fault(b"a\nb\xff\n"), TextError { line: 2, fault: Fault::InvalidUtf8 });
    assert_eq!(fault(b"a\r\n"), TextError { line: 1, fault: Fault::ControlCharacter { code_point: 13 } });
    assert_eq!(fault("a\u{85}\n".as_bytes()).fault.code().as_str(), "control_character");
    assert_eq!(plain_text("证\n".as_bytes()).unwrap(), "证\n");
}

#[test]
fn lines_are_cut_at_every_length() {
    for length in 0..40 {
        for other in 0..20 {
            let (line, rest) = ("证".repeat(length % 3) + &"x".repeat(length), "\ny".repeat(other));
            let text = format!("{line}\n{rest}");
            assert_eq!(first_line(&text), (line.as_str(), Some(rest.as_str())));
            assert_eq!(first_line(&line), (line.as_str(), None));
            assert_eq!(first_blank_line(&text), text.find("\n\n").map(|at| at + 1));
            let blank = format!("{text}\n\n{text}\n\n{line}");
            assert_eq!(first_blank_line(&blank), blank.find("\n\n").map(|at| at + 1));
            assert_eq!(last_blank_line(&blank), blank.rfind("\n\n").map(|at| at + 1));
        }
    }
    assert_eq!((first_blank_line("\n"), first_blank_line("a\n"), first_blank_line("")), (None, None, None));
}

#[test]
fn values_have_one_form() {
    assert_eq!(decimal_value("n", "0"), Ok(0));
    assert_eq!(decimal_value("n", "9223372036854775807"), Ok(DECIMAL_MAX));
    for bad in ["", "00", "01", "+1", "-1", "1 ", "9223372036854775808", "18446744073709551616", "0x1", "１"] {
        assert_eq!(decimal_value("n", bad).unwrap_err().code().as_str(), "bad_value", "{bad}");
    }
    assert_eq!(hex_value::<2>("h", "00ff"), Ok([0, 255]));
    assert_eq!(hex_value::<2>("h", "00FF").unwrap_err().code().as_str(), "upper_case_hex");
    assert_eq!(hex_value::<2>("h", "00f").unwrap_err().code().as_str(), "wrong_length");
    assert_eq!(hex_value::<2>("h", "00fg").unwrap_err().code().as_str(), "bad_value");
}

proptest::proptest! {
    #[test]
    fn control_characters_are_those_of_unicode(text in "(\\PC|[\u{0}-\u{100}]){0,40}") {
        let none = !text.chars().any(|c| c.is_control() && c != '\n');
        proptest::prop_assert_eq!(plain_text(text.as_bytes()).is_ok(), none);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
        if let Ok(text) = plain_text(&bytes) {
            let _ = read(text);
        }
    }
}
