//! How pages show times, hashes and numbers.

/// A time of the API, `2026-11-22T09:04:11.123+08:00`, as pages show it: `2026-11-22 09:04:11.123`.
#[must_use]
pub fn clock_time(time: &str) -> String {
    time.strip_suffix("+08:00").unwrap_or(time).replacen('T', " ", 1)
}

/// Whether `text` is a time of the API: `2026-11-22T09:04:11.123+08:00`.
fn is_time(text: &str) -> bool {
    const PATTERN: &[u8] = b"0000-00-00T00:00:00.000+08:00";
    let fits = |(byte, wanted): (u8, &u8)| if *wanted == b'0' { byte.is_ascii_digit() } else { byte == *wanted };
    let zone = PATTERN.len().saturating_sub(6);
    text.len() == PATTERN.len() && text.ends_with("+08:00") && text.bytes().zip(PATTERN).take(zone).all(fits)
}

/// A text of the API with its times as people read them.
#[must_use]
pub fn with_clock_times(text: &str) -> String {
    const LENGTH: usize = 29;
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
    while !rest.is_empty() {
        rest = if let Some((time, after)) = rest.split_at_checked(LENGTH).filter(|(start, _)| is_time(start)) {
            shown.push_str(&clock_time(time));
            after
        } else {
            let mut chars = rest.chars();
            shown.extend(chars.next());
            chars.as_str()
        };
    }
    shown
}

/// A hash in groups of eight digits, which a style separates, so that a copied hash has no spaces.
#[must_use]
pub fn groups(hash: &str) -> Vec<&str> {
    let mut rest = hash;
    let mut groups = Vec::new();
    while let Some((group, after)) = rest.split_at_checked(8) {
        groups.push(group);
        rest = after;
    }
    if !rest.is_empty() {
        groups.push(rest);
    }
    groups
}

/// A count with a separator between thousands.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_easily_and_lose_nothing() {
        assert_eq!(clock_time("2026-11-22T09:04:11.123+08:00"), "2026-11-22 09:04:11.123");
        let hash = "0123456789abcdef".repeat(4);
        assert_eq!((groups(&hash).len(), groups(&hash).concat()), (8, hash));
        assert_eq!((groups("abc"), groups("")), (vec!["abc"], vec![]));
        assert_eq!(with_clock_times("已于 2026-11-22T09:04:11.123+08:00 报送"), "已于 2026-11-22 09:04:11.123 报送");
        assert_eq!(with_clock_times("2026-11-22T09:04:11.123Z 案卷"), "2026-11-22T09:04:11.123Z 案卷");
        assert_eq!(groups("千字文天地玄黄宇宙").concat(), "千字文天地玄黄宇宙");
        assert_eq!(
            (count(0), count(999), count(1_000), count(1_234_567)),
            ("0".into(), "999".into(), "1,000".into(), "1,234,567".into())
        );
    }
}
