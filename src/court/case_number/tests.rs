//! Numbers as courts write them, as people type them, and as neither does.

use proptest::prelude::*;

use super::*;

fn code(text: &str) -> &'static str {
    CaseNumber::parse(text).unwrap_err().code()
}

#[test]
fn numbers_of_every_kind_are_read_and_printed() {
    for (text, court, type_code, serial, part) in [
        ("（2024）粤0192民初113号", "粤0192", "民初", 113, None),
        ("（2024）京0491民初1号", "京0491", "民初", 1, None),
        ("（2024）京04民终12号", "京04", "民终", 12, None),
        ("（2023）最高法知民终1号", "最高法知", "民终", 1, None),
        ("（2023）最高法民申1号", "最高法", "民申", 1, None),
        ("（2019）最高法商初1号", "最高法", "商初", 1, None),
        ("（2022）浙民申3001号", "浙", "民申", 3001, None),
        ("（2024）兵0103民特5号", "兵0103", "民特", 5, None),
        ("（2024）新40诉前调999999999号", "新40", "诉前调", 999_999_999, None),
        ("（2024）沪74财保6号", "沪74", "财保", 6, None),
        ("（1949）湘01破7号", "湘01", "破", 7, None),
        ("（2024）粤0105执123号之一", "粤0105", "执", 123, Some(1)),
        ("（2024）粤0105执恢123号之二十一", "粤0105", "执恢", 123, Some(21)),
    ] {
        let number = CaseNumber::parse(text).unwrap();
        assert_eq!(number.to_string(), text);
        assert_eq!(CaseNumber::parse_exact(text).as_ref(), Some(&number));
        let parts = (number.court().as_str(), number.type_code(), number.serial(), number.part());
        assert_eq!(parts, (court, type_code, serial, part));
        assert_eq!(number.year().to_string(), text.chars().skip(1).take(4).collect::<String>());
        assert_eq!(number.case().part(), None);
        assert!(text.starts_with(&number.case().to_string()));
    }
}

#[test]
fn typing_is_forgiven_and_printed_one_way() {
    for typed in [
        "(2024)粤0192民初113号",
        "〔2024〕粤0192民初113号",
        "[2024]粤0192民初113号",
        "［２０２４］粤０１９２民初１１３号",
        "【2024】粤0192民初113号",
        " ( 2024 ) 粤 0192 民初\t000113 号\n",
        "（2024）\u{feff}粤0192　民\u{200b}初113号",
    ] {
        assert_eq!(CaseNumber::parse(typed).unwrap().to_string(), "（2024）粤0192民初113号", "{typed}");
        assert_eq!(CaseNumber::parse_exact(typed), None, "{typed}");
    }
}

#[test]
fn each_wrong_part_has_its_code() {
    for (text, expected) in [
        ("", "case_number_brackets"),
        ("2024粤0192民初113号", "case_number_brackets"),
        ("（2024粤0192民初113号", "case_number_brackets"),
        ("）2024（粤0192民初113号", "case_number_brackets"),
        ("（24）粤0192民初113号", "case_number_year"),
        ("（02024）粤0192民初113号", "case_number_year"),
        ("（+202）粤0192民初113号", "case_number_year"),
        ("（1948）粤0192民初113号", "case_number_year"),
        ("（二〇二四）粤0192民初113号", "case_number_year"),
        ("（2013）民提字第1号", "case_number_old_form"),
        ("（2010）粤高法民初字第12号", "case_number_old_form"),
        ("（2024）", "case_number_court"),
        ("（2024）港0192民初113号", "case_number_court"),
        ("（2024）民初113号", "case_number_court"),
        ("（2024）粤019民初113号", "case_number_court"),
        ("（2024）粤01921民初113号", "case_number_court"),
        ("（2024）最高法01民终1号", "case_number_court"),
        ("（2024）粤0192号", "case_number_type"),
        ("（2024）粤0192AB113号", "case_number_type"),
        ("（2024）粤0192民初民初民初民初民113号", "case_number_type"),
        ("（2024）粤0192民初号", "case_number_serial"),
        ("（2024）粤0192民初", "case_number_serial"),
        ("（2024）粤0192民初A113号", "case_number_serial"),
        ("（2024）粤0192民初第113号", "case_number_serial"),
        ("（2024）粤0192民初0号", "case_number_serial"),
        ("（2024）粤0192民初1000000000号", "case_number_serial"),
        ("（2024）粤0192民初99999999999号", "case_number_serial"),
        ("（2024）粤0192民初113", "case_number_ending"),
        ("（2024）粤0192民初113号号", "case_number_ending"),
        ("（2024）粤0192民初113-1号", "case_number_ending"),
        ("（2024）粤0192民初113号之", "case_number_ending"),
        ("（2024）粤0192民初113号之1", "case_number_ending"),
        ("（2024）粤0192民初113号之一十", "case_number_ending"),
        ("（2024）粤0192民初113号之一百", "case_number_ending"),
    ] {
        assert_eq!(code(text), expected, "{text}");
    }
}

#[test]
fn court_codes_stand_alone_too() {
    for good in ["粤0192", "粤01", "粤", "兵", "兵01", "军", "最高法", "最高法知"] {
        assert_eq!(CourtCode::parse_exact(good).unwrap().to_string(), good);
    }
    assert_eq!(CourtCode::parse(" 粤 ０１９２ ").unwrap().as_str(), "粤0192");
    assert_eq!(CourtCode::parse_exact("粤０１９２"), None);
    let code = |text| CourtCode::parse(text).unwrap_err().code();
    for bad in ["", "0192", "最高", "广", "x粤"] {
        assert_eq!(code(bad), "court_code_head", "{bad}");
    }
    for bad in ["粤1", "粤012", "粤01921", "最高法01", "最高法知1"] {
        assert_eq!(code(bad), "court_code_digits", "{bad}");
    }
    for bad in ["粤0192民初", "最高法民", "粤a"] {
        assert_eq!(code(bad), "court_code_ending", "{bad}");
    }
}

#[test]
fn no_head_hides_a_longer_one() {
    for (i, head) in HEADS.iter().enumerate() {
        let before = &HEADS[..i];
        assert!(!before.iter().any(|earlier| head.starts_with(earlier)), "{head}");
    }
}

/// A canonical number.
fn canonical() -> impl Strategy<Value = String> {
    let court = (proptest::sample::select(HEADS[2..].to_vec()), "([0-9]{2}|[0-9]{4})?");
    let court = court.prop_map(|(head, digits)| format!("{head}{digits}"));
    let court = prop_oneof![8 => court, 1 => Just("最高法".to_owned()), 1 => Just("最高法知".to_owned())];
    let types = ["民初", "民终", "民申", "执", "执恢", "民特", "诉前调", "财保", "破", "知民终", "行赔终"];
    let part = proptest::option::weighted(0.3, 1..=LARGEST_PART);
    (YEARS, court, proptest::sample::select(types.to_vec()), 1..=LARGEST_SERIAL, part).prop_map(
        |(year, court, type_code, serial, part)| {
            let part = part.map_or(String::new(), |part| format!("之{}", numeral(part)));
            format!("（{year}）{court}{type_code}{serial}号{part}")
        },
    )
}

/// The same number as somebody might type it: `choices` picks width, brackets and spaces character by character.
fn typed(number: &str, choices: &[u8]) -> String {
    let mut typed = String::new();
    for (c, choice) in number.chars().zip(choices.iter().cycle()) {
        let at = usize::from(choice % 6);
        typed.push_str(["", "", " ", "　", "\t", "\u{200b}"][usize::from(choice / 6 % 6)]);
        typed.push(match c {
            '（' => ['（', '(', '〔', '[', '［', '【'][at],
            '）' => ['）', ')', '〕', ']', '］', '】'][at],
            '0'..='9' if at % 2 == 1 => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
            _ => c,
        });
    }
    typed
}

proptest! {
    #[test]
    fn what_is_read_is_printed_back(number in canonical()) {
        let parsed = CaseNumber::parse_exact(&number);
        prop_assert_eq!(parsed.map(|parsed| parsed.to_string()), Some(number));
    }

    #[test]
    fn widths_brackets_and_spaces_do_not_matter(
        number in canonical(),
        choices in proptest::collection::vec(any::<u8>(), 1..30),
    ) {
        let typed = typed(&number, &choices);
        prop_assert_eq!(CaseNumber::parse(&typed).map(|parsed| parsed.to_string()), Ok(number), "{}", typed);
    }

    #[test]
    fn no_text_panics(text in "[（）()0-9０-９粤最高法知民初执字第号之一十 A-Z]{0,30}", wild: String) {
        for text in [text, wild] {
            let _ = CourtCode::parse(&text);
            if let Ok(number) = CaseNumber::parse(&text) {
                prop_assert_eq!(CaseNumber::parse_exact(&number.to_string()), Some(number));
            }
        }
    }

    #[test]
    fn no_mistyped_number_panics(number in canonical(), at: prop::sample::Index, with: char) {
        let mut characters: Vec<char> = number.chars().collect();
        let at = at.index(characters.len());
        characters[at] = with;
        let mistyped: String = characters.into_iter().collect();
        if let Ok(number) = CaseNumber::parse(&mistyped) {
            prop_assert_eq!(CaseNumber::parse_exact(&number.to_string()), Some(number));
        }
    }
}
