//! Tests of deposit numbers: the published vectors, tolerated input, numbers within a text, the canonical form.

use proptest::strategy::Strategy as _;

use super::*;

const GOOD: &str = "20261122-0K7M-X9QT-3D5W-C3";

fn pair(body: &str) -> String {
    String::from_utf8(check_pair(body.as_bytes()).to_vec()).unwrap()
}

#[test]
fn published_vectors_hold() {
    assert_eq!(pair("ISO79"), "3W");
    assert_eq!(pair("202611220K7MX9QT3D5W"), "C3");
    assert_eq!(pair("T202611220K7MX9QT3D5W"), "MP");
    assert_eq!(pair("202411220K7MX9QT3D5W"), "MH");
    assert_eq!(pair("202412057K3M9QXT2D5R"), "LX");
}

#[test]
fn a_characters_value_is_its_place_in_the_alphabet() {
    for c in 0..=u8::MAX {
        let place = ALPHABET.iter().position(|known| *known == c);
        assert_eq!(value_of(c), place.map(|place| place as u64), "{c}");
    }
}

#[test]
fn a_pair_outside_the_alphabet_is_redrawn() {
    // 202412057K3M9QXT2D5R has the pair LX.
    let random = "7K3M9QXT2D5R"
        .bytes()
        .fold(0, |sum, c| sum << 5 | u64::try_from(ALPHABET.iter().position(|a| *a == c).unwrap()).unwrap());
    assert_eq!(DepositNumber::draw(false, 20_241_205, random), None);
    assert_eq!(DepositNumber::parse_exact("20241205-7K3M-9QXT-2D5R-LX"), None);
}

#[test]
fn typing_is_forgiven_and_printed_one_way() {
    for typed in [
        "20261122-0K7M-X9QT-3D5W-C3",
        "202611220k7mx9qt3d5wc3",
        "  2026 1122 0K7M X9QT 3D5W C3\n",
        "２０２６１１２２－ＯＫ７Ｍ－Ｘ９ＱＴ－３Ｄ５Ｗ－Ｃ３",
        "2026ll22—oK7M—X9QT—3D5W—C3",
        "2026I122ー0K7M　X9QT　3D5W　C3",
        "\u{FEFF}\u{200E}20261122-0K7M-\u{202D}X9QT\u{2060}-3D\u{AD}5W-C3\u{202C}\u{2069}",
        "存证编号：20261122-0K7M-X9QT-3D5W-C3。",
        "“20261122-0K7M-X9QT-3D5W-C3”",
        "Deposit number: 20261122-0K7M-X9QT-3D5W-C3.",
        "No 20261122-0K7M-X9QT-3D5W-C3",
        "(`20261122-0K7M-X9QT-3D5W-C3`)",
        "**20261122-0K7M-X9QT-3D5W-C3**",
        "【铁证】您于2026年11月22日的存证已完成，编号２０２６１１２２－０Ｋ７Ｍ－Ｘ９ＱＴ－３Ｄ５Ｗ－Ｃ３，请妥善保管。",
        "20261122-0K7M-X9QT-3D5W-C3（编号：20261122 0K7M X9QT 3D5W C3）",
    ] {
        assert_eq!(DepositNumber::parse(typed).unwrap().to_string(), GOOD, "{typed}");
        assert_eq!(DepositNumber::parse_exact(typed).is_some(), typed == GOOD);
    }
}

#[test]
fn what_is_wrong_is_said() {
    let length = |found| Err(NumberError::Length { found, test: false });
    let character = |found, position| Err(NumberError::Character { found, position });
    for (typed, error) in [
        ("", length(0)),
        ("20261122-0K7M-X9QT-3D5W-C", length(21)),
        ("20261122-0K7M-X9QT-3D5W-C。", length(21)),
        ("编号：20261122-0K7M-X9QT-3D5W-C", length(21)),
        ("编号1：20261122-0K7M-X9QT-3D5W-C", character('：', 4)),
        ("20261122-0K7M-X9QT-3D5W-C3X", length(23)),
        ("2026年11月22日", length(8)),
        (&*"9f".repeat(32), length(64)),
        ("20261122-0K7M-X9QT-3D5W-C*", character('*', 26)),
        ("\u{FEFF}20261122-0K7M-X9QT-3D5W.C3", character('.', 24)),
        ("20261122/0K7M/X9QT/3D5W/C3", character('/', 9)),
        ("2026年1122 0K7M X9QT 3D5W C3", character('年', 5)),
        ("20261122-0K7M-X9QT-3D5W-CU", character('U', 26)),
        ("20261122-0K7M-X9QT-3D5W-C3、T20261122-0K7M-X9QT-3D5W-MP", Err(NumberError::Several)),
        ("20261122-0K7M-X9QT-3D5W-C3 T20261122-0K7M-X9QT-3D5W-MP", Err(NumberError::Several)),
        ("20261122-0K7M-X9QT-3D5W-C320261122-0K7M-X9QT-3D5V-C3", Err(NumberError::Several)),
        ("20261122-0K7M-X9QT-3D5W-C3、20261122-0K7M-X9QT-3D5V-C3", Err(NumberError::Several)),
    ] {
        assert_eq!(DepositNumber::parse(typed), error, "{typed}");
    }
    for (typed, found, position, latin) in [
        ("Т20261122-0K7M-X9QT-3D5W-MP", 'Т', 1, 'T'),
        ("20261122-0К7M-X9QT-3D5W-C3", 'К', 11, 'K'),
        ("存证编号：20261122-0K7M-Χ9QT-3D5W-C3", 'Χ', 20, 'X'),
    ] {
        assert_eq!(DepositNumber::parse(typed), Err(NumberError::LookAlike { found, position, latin }), "{typed}");
    }
    assert_eq!(DepositNumber::parse("2026112A-0K7M-X9QT-3D5W-C3"), Err(NumberError::Date));
    assert_eq!(DepositNumber::parse("T20261122-0K7M-X9QT-3D5W-C3"), Err(NumberError::Check));
    // Right check characters on the thirteenth month.
    let body = "202613220K7MX9QT3D5W";
    assert_eq!(DepositNumber::parse(&format!("{body}{}", pair(body))), Err(NumberError::Date));
    assert_eq!(DepositNumber::parse_exact(&format!("20261322-0K7M-X9QT-3D5W-{}", pair(body))), None);
}

#[test]
fn what_is_wrong_is_said_in_both_languages() {
    let said = |typed: &str| {
        let error = DepositNumber::parse(typed).unwrap_err();
        (error.chinese(), error.to_string())
    };
    let (zh, en) = said("T20261122-0K7M-X9QT-3D5W-M");
    assert_eq!(zh, "以 T 开头的编号应为 23 个字符（不计连字符），此处 22 个，少 1 个");
    assert_eq!(en, "a number that begins with T has 23 characters (dashes not counted), this one has 22: 1 too few");
    assert_eq!(said("20261122-0K7M-X9QT-3D5W-C").0, "存证编号应为 22 个字符（不计连字符），此处 21 个，少 1 个");
    let (zh, en) = said("Т20261122-0K7M-X9QT-3D5W-MP");
    assert_eq!(zh, "第 1 个字符“Т”（U+0422）是西里尔字母，不是拉丁字母 T，请重新键入");
    assert_eq!(en, "character 1 is 'Т' of the Cyrillic alphabet (U+0422), not the Latin T: type it again");
    let (zh, en) = said("20261122/0K7M/X9QT/3D5W/C3");
    assert_eq!(zh, "第 9 个字符“/”（U+002F）不会出现在存证编号中");
    assert_eq!(en, "a deposit number does not contain the character '/' (U+002F, character 9)");
}

#[test]
fn every_single_substitution_and_neighbour_swap_is_found() {
    let chars: Vec<u8> = GOOD.bytes().filter(|c| *c != b'-').collect();
    for at in 0..chars.len() {
        for c in ALPHABET {
            let mut typed = chars.clone();
            typed[at] = *c;
            let same = typed == chars;
            assert_eq!(DepositNumber::parse(std::str::from_utf8(&typed).unwrap()).is_ok(), same);
        }
        if at + 1 < chars.len() && chars[at] != chars[at + 1] {
            let mut typed = chars.clone();
            typed.swap(at, at + 1);
            assert!(DepositNumber::parse(std::str::from_utf8(&typed).unwrap()).is_err());
        }
    }
}

#[test]
fn a_key_of_no_number_has_a_text() {
    let text = DepositNumber::text_of_key(&[0xff; 12]);
    assert_eq!((text.as_bytes().len(), text.as_bytes().first()), (27, Some(&b'T')));
}

proptest::proptest! {
    #[test]
    fn print_then_parse_gives_the_same_number(test: bool, days in 0..20_000_i32, random: u64) {
        let date = Date::constant(1990, 1, 1) + jiff::ToSpan::days(i64::from(days));
        let date = u32::try_from(i32::from(date.year()) * 10_000 + i32::from(date.month()) * 100 + i32::from(date.day())).unwrap();
        if let Some(number) = DepositNumber::draw(test, date, random) {
            proptest::prop_assert_eq!(DepositNumber::parse_exact(&number.to_string()), Some(number));
            let spelled = DepositNumber::text_of_key(&number.to_key());
            proptest::prop_assert_eq!(spelled.as_bytes().to_vec(), number.to_string().into_bytes());
        }
    }

    #[test]
    fn numbers_in_records_have_one_form(test: bool, random: u64, at: proptest::sample::Index, byte in b' '..=b'~') {
        let number = (random..).find_map(|random| DepositNumber::draw(test, 20_261_122, random)).unwrap();
        let mut bytes = number.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let text = String::from_utf8(bytes).unwrap();
        let as_typed = DepositNumber::parse(&text).ok().filter(|number| number.to_string() == text);
        proptest::prop_assert_eq!(DepositNumber::parse_exact(&text), as_typed);
    }

    #[test]
    fn one_wrong_character_of_any_kind_is_found(
        test: bool, random: u64, at: proptest::sample::Index,
        other in proptest::prop_oneof![proptest::char::any(), "[-0-9A-Za-z：。“ \u{200B}]".prop_map(|c| c.chars().next().unwrap())],
        before in "[：“（]?", behind in "[。”）]?"
    ) {
        let number = (random..).find_map(|random| DepositNumber::draw(test, 20_261_122, random)).unwrap();
        let mut chars: Vec<char> = number.to_string().chars().collect();
        let at = at.index(chars.len());
        chars[at] = other;
        let typed: String = [before, chars.into_iter().collect(), behind].concat();
        let read = DepositNumber::parse(&typed);
        proptest::prop_assert!(read.is_err() || read == Ok(number), "{} read as {:?}", typed, read);
    }

    #[test]
    fn text_around_a_number_is_ignored(
        test: bool, random: u64, before in "[\u{4E00}-\u{9FA5}：“（【 \u{200E}]{0,9}", behind in "[\u{4E00}-\u{9FA5}。，”）】 \u{2069}]{0,9}"
    ) {
        let number = (random..).find_map(|random| DepositNumber::draw(test, 20_261_122, random)).unwrap();
        proptest::prop_assert_eq!(DepositNumber::parse(&format!("{before}{number}{behind}")), Ok(number));
    }

    #[test]
    fn two_numbers_are_never_read_as_one(a: u64, b: u64, between in "[、，\n；和 ]{0,3}") {
        let number = |random: u64| (random..).find_map(|random| DepositNumber::draw(false, 20_261_122, random)).unwrap();
        let (a, b) = (number(a), number(b));
        let read = DepositNumber::parse(&format!("{a}{between}{b}"));
        proptest::prop_assert!(read.is_err() || a == b, "{:?}", read);
    }

    #[test]
    fn no_text_panics(text: String) {
        let _ = DepositNumber::parse(&text);
        let _ = DepositNumber::parse_exact(&text);
    }

    #[test]
    fn keys_sort_as_numbers_do(a: (bool, u64), b: (bool, u64)) {
        let n = |(test, random): (bool, u64)| DepositNumber { test, date: 20_261_122, random: random >> 4 };
        proptest::prop_assert_eq!(n(a).cmp(&n(b)), n(a).to_key().cmp(&n(b).to_key()));
    }
}
