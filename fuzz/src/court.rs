//! Fuzz targets for acts of the filing flow, the values in them, and their replay.

use tiezheng::court::calendar::{Calendar, Day};
use tiezheng::court::case::replay::begin;
use tiezheng::court::case::state::ActPosition;
use tiezheng::court::case_number::{CaseNumber, CourtCode};
use tiezheng::court::document::Document;
use tiezheng::court::ids::CaseId;
use tiezheng::court::personal_numbers::find_personal_numbers;
use tiezheng::court::registry::Registry;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::time::Timestamp;
use tiezheng::wire::chinese;

use super::input::text;

/// The document of one act.
pub fn act(data: &[u8]) -> bool {
    let parsed = Document::parse(data);
    match &parsed {
        Ok(document) => {
            assert_eq!(document.to_text().as_bytes(), data);
            drop(document.act.annexes());
        }
        Err(error) => drop((error.to_string(), chinese::fault(&error.fault))),
    }
    parsed.is_ok()
}

/// Acts with a blank line after each, replayed as a case and as the registry.
pub fn acts(data: &[u8]) -> bool {
    let Some(text) = text(data) else { return false };
    let documents =
        text.split_inclusive("\n\n").map(|one| one.strip_suffix("\n\n").map_or(one.into(), |one| format!("{one}\n")));
    let documents: Vec<_> = documents.filter_map(|one| Document::parse(one.as_bytes()).ok()).take(64).collect();
    let position = |n: usize| ActPosition {
        index: LeafIndex(n as u64),
        sequence: n as u64 + 1,
        at: Timestamp::from_millis(1_795_309_451_000 + n as u64 * 3_600_000).unwrap(),
    };
    let (mut registry, mut file) = (Registry::default(), None);
    for (n, document) in documents.iter().enumerate() {
        registry.replay(document, position(n));
        let calendar = registry.calendar_at(LeafIndex(n as u64));
        match &mut file {
            None => file = begin(CaseId(Digest([1; 32])), document, position(n)).ok(),
            Some(file) => {
                let before = file.clone();
                let refused = file.apply(document, position(n), &calendar);
                assert!(refused.is_ok() || *file == before, "a refused act changes nothing");
                drop(refused.map_err(|error| (error.code(), error.to_string())));
                *file = before;
                file.replay(document, position(n), &calendar);
            }
        }
    }
    file.is_some() || registry.ineffective_acts.len() < documents.len()
}

/// Case numbers, court codes and days as people type them, and the search for personal numbers.
pub fn court_values(data: &[u8]) -> bool {
    let Some(text) = text(data) else { return false };
    let number = CaseNumber::parse(text);
    match &number {
        Ok(number) => {
            let printed = number.to_string();
            assert_eq!(CaseNumber::parse_exact(&printed), Some(number.clone()));
            assert_eq!(number.case().part(), None);
        }
        Err(error) => drop((error.code(), error.to_string())),
    }
    let code = CourtCode::parse(text);
    if let Ok(code) = &code {
        assert_eq!(CourtCode::parse_exact(code.as_str()).as_ref(), Some(code));
    }
    let day = Day::parse(text);
    if let Some(day) = day {
        assert_eq!(day.to_string(), text);
        assert!(day.start() < day.end());
        assert_eq!(Day::of(day.start()), day);
        if let Some(later) = day.plus(60) {
            assert_eq!(day.days_until(later), 60);
            assert!(Calendar::default().first_working_day_from(later) >= later);
        }
    }
    let found = find_personal_numbers(text);
    assert!(found.is_sorted());
    number.is_ok() || code.is_ok() || day.is_some() || !found.is_empty()
}
