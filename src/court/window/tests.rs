//! Windows against a reference that goes day by day and hour by hour, and examples with their articles.

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::*;
use crate::court::calendar::YearPlan;
use crate::ledger::merkle::shape::LeafIndex;

fn act(sequence: u64) -> ActPosition {
    ActPosition { index: LeafIndex(sequence), sequence, at: Timestamp::EPOCH }
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn window(kind: WindowKind, count: u32, unit: Unit, start: Start) -> Window {
    let length = Length { count, unit };
    let mut window = Window::new(kind, None, length, Source::Court(act(1))).unwrap();
    window.begin(act(1), start).unwrap();
    window
}

fn last(window: &Window, calendar: &Calendar) -> String {
    window.end(calendar).unwrap().last.unwrap().to_string()
}

/// National Day of 2024, with its make-up working days.
fn calendar() -> Calendar {
    let days = |texts: &[&str]| texts.iter().map(|text| day(text)).collect();
    let holidays = days(&["2024-10-01", "2024-10-02", "2024-10-03", "2024-10-04", "2024-10-07"]);
    let working_days = days(&["2024-09-29", "2024-10-12"]);
    Calendar::new(vec![YearPlan { year: 2024, holidays, working_days }]).unwrap()
}

#[test]
fn art_85_the_starting_day_does_not_count_and_a_last_day_off_moves() {
    let answer = window(WindowKind::Answer, 15, Unit::Days, Start::Day(day("2024-09-16")));
    assert_eq!(last(&answer, &calendar()), "2024-10-08");
    assert_eq!(answer.end(&calendar()).unwrap().moved_from, Some(day("2024-10-01")));
    // A make-up working day is a working day although it is a Sunday.
    let short = window(WindowKind::AppealRuling, 10, Unit::Days, Start::Day(day("2024-09-19")));
    assert_eq!(last(&short, &calendar()), "2024-09-29");
}

#[test]
fn art_85_months_end_on_the_day_of_the_same_number_or_on_the_last_of_the_month() {
    let plain = Calendar::default();
    for (start, months, expected) in [
        ("2024-01-15", 1, "2024-02-15"),
        ("2024-01-31", 1, "2024-02-29"),
        // 28 February 2026 is a Saturday.
        ("2026-01-31", 1, "2026-03-02"),
        ("2024-05-31", 6, "2024-12-02"),
        ("2024-02-29", 12, "2025-02-28"),
    ] {
        let window = window(WindowKind::Evidence, months, Unit::Months, Start::Day(day(start)));
        assert_eq!(last(&window, &plain), expected, "{start} and {months} months");
    }
}

#[test]
fn art_85_the_starting_hour_does_not_count_and_the_clock_counts_every_millisecond() {
    let at = |text| Timestamp::parse(text).unwrap();
    let begin = Start::Moment(at("2026-11-20T02:20:30.500Z"));
    let hours = window(WindowKind::Replies, 48, Unit::Hours, begin);
    assert_eq!(hours.end(&calendar()).unwrap().at, at("2026-11-22T03:00:00.000Z"));
    let clock = window(WindowKind::DossierAccess, 24, Unit::ClockHours, begin);
    assert_eq!(clock.end(&calendar()).unwrap().at, at("2026-11-21T02:20:30.500Z"));
    assert!(clock.is_open(at("2026-11-21T02:20:30.499Z"), &calendar()));
    assert!(!clock.is_open(at("2026-11-21T02:20:30.500Z"), &calendar()));
    let mut without_time = Window::new(WindowKind::DossierAccess, None, clock.length, Source::Court(act(1))).unwrap();
    assert_eq!(without_time.begin(act(1), Start::Day(day("2026-11-20"))), Err(WindowError::NeedsTime));
}

#[test]
fn art_85_4_the_day_of_posting_decides_and_not_the_entry_by_the_court() {
    let answer = window(WindowKind::Answer, 15, Unit::Days, Start::Day(day("2026-11-23")));
    let end = answer.end(&Calendar::default()).unwrap();
    assert_eq!(end.last, Some(day("2026-12-08")));
    let entered = day("2026-12-11").start();
    assert!(!answer.is_in_time(entered, None, &Calendar::default()));
    assert!(answer.is_in_time(entered, Some(day("2026-12-08")), &Calendar::default()));
    assert!(!answer.is_in_time(entered, Some(day("2026-12-09")), &Calendar::default()));
    // A day after the entry cannot help.
    assert!(answer.is_in_time(day("2026-12-08").start(), Some(day("2027-01-01")), &Calendar::default()));
}

#[test]
fn art_86_a_deferral_moves_the_last_day_and_a_period_of_the_law_is_not_lengthened() {
    let mut appeal = window(WindowKind::AppealJudgment, 15, Unit::Days, Start::Day(day("2026-11-23")));
    for event in [WindowEvent::Extended { days: 5 }, WindowEvent::Suspended { on: day("2026-11-25") }] {
        assert_eq!(appeal.apply(act(2), event), Err(WindowError::NotForKind(WindowKind::AppealJudgment)));
    }
    let earlier = appeal.apply(act(2), WindowEvent::Deferred { last: day("2026-12-08") });
    assert!(matches!(earlier, Err(WindowError::Period(PeriodError::NotLater { .. }))));
    appeal.apply(act(2), WindowEvent::Deferred { last: day("2026-12-12") }).unwrap();
    assert_eq!(last(&appeal, &Calendar::default()), "2026-12-14");
    assert_eq!(appeal.events.len(), 1);
}

#[test]
fn the_states_follow_each_other() {
    let calendar = Calendar::default();
    let length = Length::days(7);
    let source = Source::Court(act(1));
    let mut mediation = Window::new(WindowKind::MediationSummary, None, length, source).unwrap();
    let now = day("2026-11-25").start();
    assert_eq!(mediation.state(now, &calendar), WindowState::NotBegun);
    assert_eq!(mediation.apply(act(2), WindowEvent::Extended { days: 1 }), Err(WindowError::NotBegun));
    assert!(mediation.is_in_time(now, None, &calendar), "what has not begun bars nothing");
    mediation.begin(act(2), Start::Day(day("2026-11-23"))).unwrap();
    assert_eq!(mediation.begin(act(3), Start::Day(day("2026-11-23"))), Err(WindowError::Begun));
    assert!(
        matches!(mediation.state(now, &calendar), WindowState::Running(end) if end.last == Some(day("2026-11-30")))
    );
    mediation.apply(act(3), WindowEvent::Suspended { on: day("2026-11-26") }).unwrap();
    assert_eq!(mediation.state(now, &calendar), WindowState::Suspended { remaining_days: 5 });
    mediation.apply(act(4), WindowEvent::Resumed { on: day("2026-12-03") }).unwrap();
    mediation.apply(act(5), WindowEvent::Extended { days: 2 }).unwrap();
    assert_eq!(last(&mediation, &calendar), "2026-12-10");
    let over = day("2026-12-11").start();
    assert!(matches!(mediation.state(over, &calendar), WindowState::Ended(_)));
    mediation.close(act(6)).unwrap();
    assert_eq!(mediation.state(over, &calendar), WindowState::Closed(act(6)));
    assert_eq!(mediation.close(act(7)), Err(WindowError::Closed));
    assert_eq!(mediation.apply(act(7), WindowEvent::Extended { days: 1 }), Err(WindowError::Closed));
}

#[test]
fn a_length_is_an_hour_to_a_year() {
    let of = |count, unit| Window::new(WindowKind::Replies, None, Length { count, unit }, Source::Court(act(1)));
    for (unit, most) in
        [(Unit::Hours, 8784), (Unit::Days, 366), (Unit::Months, 12), (Unit::WorkingDays, 366), (Unit::ClockHours, 8784)]
    {
        assert!(of(1, unit).is_ok() && of(most, unit).is_ok());
        assert_eq!(of(0, unit), Err(WindowError::Length));
        assert_eq!(of(most + 1, unit), Err(WindowError::Length));
    }
}

/// The last day by going on day by day: nothing of `Window` is used.
fn reference(start: Day, count: u32, unit: Unit, calendar: &Calendar) -> Day {
    let next = |day: Day| day.plus(1).unwrap();
    let mut last = start;
    match unit {
        Unit::Days => (0..count).for_each(|_| last = next(last)),
        Unit::WorkingDays => {
            for _ in 0..count {
                last = next(last);
                while calendar.is_day_off(last) {
                    last = next(last);
                }
            }
        }
        _ => {
            // Go on until the month has changed so often, then to the day of that number or the month's last.
            let parts = |day: Day| {
                let text = day.to_string();
                (text[..7].to_owned(), text[8..].parse::<u32>().unwrap())
            };
            let (wanted, mut changes) = (parts(start).1, 0);
            while changes < count {
                let following = next(last);
                changes += u32::from(parts(following).0 != parts(last).0);
                last = following;
            }
            while parts(last).1 < wanted && parts(next(last)).0 == parts(last).0 {
                last = next(last);
            }
        }
    }
    while calendar.is_day_off(last) {
        last = next(last);
    }
    last
}

fn some_calendar() -> impl Strategy<Value = Calendar> {
    let holidays = btree_set(0..365_u32, 0..12);
    let working = btree_set(0..365_u32, 0..6);
    (holidays, working).prop_map(|(holidays, working)| {
        let first = day("2026-01-01");
        let at = |offset: u32| first.plus(offset).unwrap();
        let holidays: Vec<Day> = holidays.into_iter().map(at).collect();
        let is_make_up = |day: &Day| day.weekday() >= 6 && !holidays.contains(day);
        let working_days: Vec<Day> = working.into_iter().map(at).filter(is_make_up).collect();
        Calendar::new(vec![YearPlan { year: 2026, holidays, working_days }]).unwrap()
    })
}

proptest! {
    #[test]
    fn the_last_day_is_that_of_going_on_day_by_day(
        calendar in some_calendar(),
        offset in 0..500_u32,
        unit in 0..3_usize,
        length in 1..60_u32,
    ) {
        let start = day("2025-11-01").plus(offset).unwrap();
        let unit = [Unit::Days, Unit::Months, Unit::WorkingDays][unit];
        let count = if unit == Unit::Months { 1 + length % 12 } else { length };
        let window = window(WindowKind::Evidence, count, unit, Start::Day(start));
        let expected = reference(start, count, unit, &calendar);
        let end = window.end(&calendar).unwrap();
        prop_assert_eq!(end.last, Some(expected), "{} {:?} from {}", count, unit, start);
        prop_assert_eq!(end.at, expected.end());
        prop_assert!(window.is_in_time(Timestamp::from_millis(end.at.as_millis() - 1).unwrap(), None, &calendar));
        prop_assert!(!window.is_in_time(end.at, None, &calendar));
    }

    #[test]
    fn hours_are_those_of_going_on_minute_by_minute(minutes in 0..200_000_u64, count in 1..100_u32) {
        let begin = 1_795_276_800_000 + minutes * 60_000;
        let start = Start::Moment(Timestamp::from_millis(begin).unwrap());
        // The minute by minute count: an hour counts once it is complete, the hour of the beginning never.
        let (mut at, mut counted) = (begin, 0);
        let hour_of = |at: u64| at / HOUR_MILLIS;
        while counted < count {
            at += 60_000;
            let complete = hour_of(at) != hour_of(at - 60_000);
            counted += u32::from(complete && hour_of(at - 60_000) != hour_of(begin));
        }
        at -= at % HOUR_MILLIS;
        let hours = window(WindowKind::Replies, count, Unit::Hours, start);
        prop_assert_eq!(hours.end(&Calendar::default()).unwrap().at.as_millis(), at);
        let clock = window(WindowKind::DossierAccess, count, Unit::ClockHours, start);
        let clock_end = clock.end(&Calendar::default()).unwrap().at.as_millis();
        prop_assert_eq!(clock_end, begin + u64::from(count) * 60 * 60_000);
        prop_assert!(clock_end <= at);
    }

    #[test]
    fn suspended_days_do_not_count(
        calendar in some_calendar(),
        offset in 0..300_u32,
        length in 1..40_u32,
        pauses in vec((0..6_u32, 0..9_u32), 0..4),
    ) {
        let start = day("2026-01-01").plus(offset).unwrap();
        let mut window = window(WindowKind::Evidence, length, Unit::Days, Start::Day(start));
        // Days that count, one by one; the pauses lie inside of what is left.
        let (mut today, mut left) = (start, length);
        for (run, pause) in pauses {
            if run + 1 >= left {
                break;
            }
            today = today.plus(run).unwrap();
            left -= run;
            let on = today.plus(1).unwrap();
            window.apply(act(2), WindowEvent::Suspended { on }).unwrap();
            prop_assert_eq!(window.state(on.start(), &calendar), WindowState::Suspended { remaining_days: left });
            today = on.plus(pause).unwrap();
            window.apply(act(3), WindowEvent::Resumed { on: today }).unwrap();
        }
        let expected = reference(today, left, Unit::Days, &calendar);
        prop_assert_eq!(window.end(&calendar).unwrap().last, Some(expected));
    }
}
