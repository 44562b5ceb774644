//! Parsers of option values.

use std::time::Duration;

use clap::builder::RangedU64ValueParser;

/// A count of at least one.
#[must_use]
pub fn at_least_one() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

/// Units of a size, in bytes.
const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

/// A size in bytes: `1048576`, `500MB`, `10GiB`.
///
/// # Errors
///
/// The expected format.
pub fn byte_size(text: &str) -> Result<u64, String> {
    let unit = UNITS.iter().find_map(|(name, bytes)| {
        let number = text.get(..text.len().checked_sub(name.len())?)?;
        text.get(number.len()..)?.eq_ignore_ascii_case(name).then_some((number.trim_end(), *bytes))
    });
    let (number, bytes) = unit.unwrap_or((text, 1));
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let size = number.parse::<u64>().ok().filter(|_| digits).and_then(|number| number.checked_mul(bytes));
    size.ok_or_else(|| "expected a size such as 500MB or 10GiB | 应为大小，如 500MB 或 10GiB".to_owned())
}

/// A duration of at least a second: `30s`, `10m`, `1h`, `7d`.
///
/// # Errors
///
/// The expected format.
pub fn duration(text: &str) -> Result<Duration, String> {
    let units = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];
    let parsed = units.iter().find_map(|(unit, seconds)| {
        let number = text.strip_suffix(unit).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))?;
        number.parse::<u64>().ok()?.checked_mul(*seconds).filter(|seconds| (1..=315_360_000).contains(seconds))
    });
    let expected = "expected a time such as 30s, 10m, 1h or 7d | 应为时间，如 30s、10m、1h 或 7d";
    parsed.map(Duration::from_secs).ok_or_else(|| expected.to_owned())
}

/// A network: `10.0.0.0/8`, `fd00::/8`, or one address.
///
/// # Errors
///
/// The expected format.
#[cfg(feature = "node")]
pub fn network(text: &str) -> Result<ipnet::IpNet, String> {
    let network = text.parse::<ipnet::IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from));
    let network = network.map(|network| network.trunc());
    network.map_err(|_| "expected a network such as 10.0.0.0/8 | 应为网段，如 10.0.0.0/8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_with_and_without_units() {
        for (text, bytes) in
            [("0", 0), ("1048576", 1 << 20), ("500MB", 500_000_000), ("10GiB", 10 << 30), ("2 tib", 2 << 40), ("7B", 7)]
        {
            assert_eq!(byte_size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "GiB", "-1", "+1", "1.5GiB", "10XB", "99999999TiB", "１GiB", "1e3"] {
            assert!(byte_size(bad).is_err(), "{bad}");
        }
    }
}
