//! `load --read`: look-ups and receipts, or pages, of existing deposits.

use std::collections::HashSet;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use crate::cli::exit::CliError;
use crate::cli::input;
use crate::cli::load_round::{Echo, LoadConfig, Measurements, RoundResult, figures, rate};
use crate::files::regular;
use crate::ledger::number::DepositNumber;
use crate::load::traffic::{Answer, Call};

/// The kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// A look-up.
    LookUp,
    /// A receipt.
    Receipt,
    /// The page of a record.
    Page,
}

impl Reading {
    /// Look-ups, then receipts; or look-ups, then pages.
    #[must_use]
    pub const fn chosen(pages: bool) -> [Self; 2] {
        [Self::LookUp, if pages { Self::Page } else { Self::Receipt }]
    }

    /// The word in documents.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::LookUp => "look_up",
            Self::Receipt => "receipt",
            Self::Page => "page",
        }
    }

    fn path(self, number: &DepositNumber) -> String {
        match self {
            Self::LookUp => format!("/v1/deposits/{number}"),
            Self::Receipt => format!("/v1/deposits/{number}/receipt"),
            Self::Page => format!("/d/{number}"),
        }
    }
}

/// Reads deposit numbers from a file, one per line.
///
/// # Errors
///
/// [`CliError`]: unreadable, or a line that is not a number.
pub fn numbers(path: &Path) -> Result<Vec<DepositNumber>, CliError> {
    let text = input::text(path, usize::MAX)?;
    let mut numbers = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let number = DepositNumber::parse(line).map_err(|error| {
            let zh = format!("{}：“{line}”不是存证编号", path.display());
            CliError::usage("mistyped_number", zh, format!("{}: `{line}`: {error}", path.display()))
        })?;
        numbers.push(number);
    }
    if numbers.is_empty() {
        let (zh, en) = (format!("{}：没有存证编号", path.display()), format!("{}: no numbers", path.display()));
        return Err(CliError::usage("no_numbers", zh, en));
    }
    Ok(numbers)
}

/// Checks that numbers may be appended to the file: it does not exist, is empty, or begins with a number.
///
/// # Errors
///
/// [`CliError`]: it is something else, or cannot be read.
pub fn may_append(path: &Path) -> Result<(), CliError> {
    let file = match regular::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file.map_err(|error| CliError::io(path, &error))?,
    };
    let mut start = Vec::new();
    file.take(64).read_to_end(&mut start).map_err(|error| CliError::io(path, &error))?;
    let start = String::from_utf8_lossy(&start);
    match start.lines().next() {
        Some(line) if DepositNumber::parse(line).is_err() => {
            let (zh, en) = (
                format!("{}：不是存证编号列表，未写入。请换一个文件名", path.display()),
                format!("{}: not a list of deposit numbers; nothing was written. Choose another name", path.display()),
            );
            Err(CliError::unable("destination_exists", zh, en))
        }
        _ => Ok(()),
    }
}

/// One round of reads in scattered order, after the first `before` deposits of that order, so that no deposit is read twice before all
/// were read; also against the baseline server if `echo`.
///
/// # Errors
///
/// [`CliError`]: a connection that broke.
pub async fn round(
    load: &LoadConfig,
    numbers: &[DepositNumber],
    before: usize,
    reading: Reading,
    echo: bool,
) -> Result<RoundResult, CliError> {
    let asked = scattered(numbers, before, load.deposits);
    let calls = asked.iter().map(|number| Call { path: reading.path(number).into(), body: None });
    let traffic = load.send_to(load.address, &Arc::new(calls.collect())).await?;
    let faults: HashSet<String> = traffic.answers.iter().filter_map(|answer| fault(answer, &asked)).take(10).collect();
    let proven = traffic.answers.iter().filter(|answer| answer.status == 200).count();
    // Rejected requests do not count as served.
    let node = Measurements { per_second: rate(proven, traffic.took), ..figures(&traffic) };
    let mut round = RoundResult { node, echo: None, ratio: None, proven, faults: faults.into_iter().collect() };
    if echo {
        let bytes =
            traffic.answers.iter().map(|answer| answer.body.len()).sum::<usize>() / traffic.answers.len().max(1);
        let bare = Echo::start(bytes)?;
        let calls = asked.iter().map(|_| Call { path: "/".into(), body: None });
        round.set_baseline(figures(&load.send_to(bare.address, &Arc::new(calls.collect())).await?));
    }
    Ok(round)
}

/// `count` elements of a list after the first `before`, in a scattered order that visits all before any twice.
fn scattered<T: Copy>(list: &[T], before: usize, count: usize) -> Vec<T> {
    // A step that shares no factor with the length.
    let step = (list.len() / 2 + 1..=list.len() + 1).find(|step| gcd(*step, list.len()) == 1).unwrap_or(1);
    let place = |n: usize| n.wrapping_mul(step) % list.len();
    (before..before + count).filter_map(|n| list.get(place(n)).copied()).collect()
}

/// The fault of an answer that is not of the requested deposit.
fn fault(answer: &Answer, asked: &[DepositNumber]) -> Option<String> {
    let number = asked.get(answer.call)?.to_string();
    let names = answer.body.windows(number.len()).any(|window| window == number.as_bytes());
    if answer.status == 200 && names { None } else { Some(format!("{number}: HTTP {}", answer.status)) }
}

const fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_deposit_is_a_fault() {
        let number = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
        let answer = |status, text: &str| Answer { call: 0, status, body: text.as_bytes().into() };
        assert_eq!(fault(&answer(200, &format!("…{number}…")), &[number]), None);
        assert!(fault(&answer(200, "…20261122-0K7M-X9QT-3D5W-C4…"), &[number]).is_some());
        assert!(fault(&answer(404, &number.to_string()), &[number]).is_some());
    }

    #[test]
    fn no_deposit_is_asked_for_twice_as_long_as_there_are_others() {
        for length in 1..40 {
            let list: Vec<usize> = (0..length).collect();
            let mut met: Vec<usize> = [(0, length / 2), (length / 2, length - length / 2)]
                .into_iter()
                .flat_map(|(before, count)| scattered(&list, before, count))
                .collect();
            met.sort_unstable();
            assert_eq!(met, list);
        }
    }

    #[test]
    fn a_list_of_numbers_is_read_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers");
        let code = |text: &str| {
            std::fs::write(&path, text).unwrap();
            numbers(&path).map(|numbers| numbers.len()).map_err(|error| error.code.into_owned())
        };
        assert_eq!(code("20261122-0K7M-X9QT-3D5W-C3\n20241122-0K7M-X9QT-3D5W-MH\n"), Ok(2));
        assert_eq!(code("20261122-0K7M-X9QT-3D5W-C4\n"), Err("mistyped_number".into()));
        assert_eq!(code(""), Err("no_numbers".into()));
    }
}
