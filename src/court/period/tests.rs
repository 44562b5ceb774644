//! Periods by hand, and against a reference that walks the days one by one.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::court::calendar::YearPlan;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// The National Day holidays of 2024 with their make-up days.
fn autumn() -> Calendar {
    let holidays = (0..7).map(|n| day("2024-10-01").plus(n).unwrap()).collect();
    let working_days = vec![day("2024-09-29"), day("2024-10-12")];
    Calendar::new(vec![YearPlan { year: 2024, holidays, working_days }]).unwrap()
}

fn set(start: &str, days: u32) -> PeriodEvent {
    PeriodEvent::Set { basis: Basis::Ordinary, start: day(start), days }
}

fn reset(basis: Basis, start: &str, days: u32) -> PeriodEvent {
    PeriodEvent::Reset { basis, start: day(start), days }
}

fn suspended(on: &str) -> PeriodEvent {
    PeriodEvent::Suspended { on: day(on) }
}

fn resumed(on: &str) -> PeriodEvent {
    PeriodEvent::Resumed { on: day(on) }
}

fn extended_to(last: &str) -> PeriodEvent {
    PeriodEvent::ExtendedTo { last: day(last) }
}

fn exchange(on: &str) -> PeriodEvent {
    PeriodEvent::ExchangeDay { day: day(on) }
}

fn after(events: &[PeriodEvent]) -> EvidencePeriod {
    let mut period = EvidencePeriod::default();
    for event in events {
        period.apply(event).unwrap();
    }
    period
}

/// The deadline in short: `2024-10-08`, `2024-10-08 for 2024-10-01`, `suspended 5`, `not set`.
fn ends(events: &[PeriodEvent]) -> String {
    short(&after(events).state(&autumn()))
}

fn short(deadline: &Deadline) -> String {
    match deadline {
        Deadline::NotSet => "not set".into(),
        Deadline::Suspended { remaining_days } => format!("suspended {remaining_days}"),
        Deadline::Ends { last, moved_from: None, .. } => last.to_string(),
        Deadline::Ends { last, moved_from: Some(from), .. } => format!("{last} for {from}"),
    }
}

/// The code with which `event` is refused after `events`, and proof that nothing changed.
fn refusal(events: &[PeriodEvent], event: PeriodEvent) -> &'static str {
    let mut period = after(events);
    let code = period.apply(&event).unwrap_err().code().as_str();
    assert_eq!(period, after(events));
    code
}

#[test]
fn the_starting_day_does_not_count_and_the_last_day_leaves_holidays() {
    assert_eq!(ends(&[]), "not set");
    assert_eq!(ends(&[set("2024-09-02", 15)]), "2024-09-17");
    assert_eq!(ends(&[set("2024-09-16", 15)]), "2024-10-08 for 2024-10-01");
    assert_eq!(ends(&[set("2024-09-14", 15)]), "2024-09-29", "a Sunday on which people work");
    assert_eq!(ends(&[set("2024-09-06", 15)]), "2024-09-23 for 2024-09-21");
}

#[test]
fn a_period_ends_at_midnight_sharp() {
    let period = after(&[set("2024-09-16", 15)]);
    let Deadline::Ends { at, .. } = period.state(&autumn()) else { panic!("the period ends") };
    assert_eq!(at.beijing(), "2024-10-09 00:00:00.000");
    let before = Timestamp::from_millis(at.as_millis() - 1).unwrap();
    assert!(period.is_late(at, &autumn()) && !period.is_open(at, &autumn()));
    assert!(!period.is_late(before, &autumn()) && period.is_open(before, &autumn()));
    assert!(period.is_open(Timestamp::EPOCH, &autumn()), "an early act is in time");
}

#[test]
fn nothing_is_late_without_a_running_period() {
    let far = Day::LAST.end();
    let unset = EvidencePeriod::default();
    assert!(!unset.is_late(far, &autumn()) && !unset.is_open(far, &autumn()));
    let pending = after(&[set("2024-09-02", 15), suspended("2024-09-10")]);
    assert!(!pending.is_late(far, &autumn()) && pending.is_open(far, &autumn()));
}

#[test]
fn suspended_days_do_not_count() {
    let first = [set("2024-09-02", 15), suspended("2024-09-10")];
    // 3 to 9 September counted: seven days.
    assert_eq!(ends(&first), "suspended 8");
    assert_eq!(ends(&[&first[..], &[resumed("2024-10-14")]].concat()), "2024-10-22");
    assert_eq!(ends(&[&first[..], &[resumed("2024-09-10")]].concat()), "2024-09-18");
    let extended = PeriodEvent::Extended { days: 3 };
    assert_eq!(ends(&[&first[..], &[extended]].concat()), "suspended 11");
    assert_eq!(ends(&[&first[..], &[extended, resumed("2024-10-14")]].concat()), "2024-10-25");
    let twice = [resumed("2024-09-12"), suspended("2024-09-12"), resumed("2024-09-13")];
    assert_eq!(ends(&[&first[..], &twice].concat()), "2024-09-23 for 2024-09-21");
    // Raised before the period began to run.
    let early = [set("2024-09-02", 15), suspended("2024-08-20")];
    assert_eq!(ends(&early), "suspended 15");
    assert_eq!(ends(&[&early[..], &[resumed("2024-08-25")]].concat()), "2024-09-17");
    assert_eq!(ends(&[&early[..], &[resumed("2024-09-03")]].concat()), "2024-09-18");
}

#[test]
fn an_objection_suspends_until_the_moved_last_day_is_over() {
    let set = set("2024-09-16", 15);
    assert_eq!(ends(&[set, suspended("2024-10-01")]), "suspended 1");
    assert_eq!(ends(&[set, suspended("2024-10-08")]), "suspended 1");
    assert_eq!(ends(&[set, suspended("2024-10-08"), resumed("2024-10-15")]), "2024-10-16");
    assert_eq!(ends(&[set, suspended("2024-10-09")]), "2024-10-08 for 2024-10-01");
    assert_eq!(ends(&[set, suspended("2024-10-09"), resumed("2024-10-15")]), "2024-10-08 for 2024-10-01");
    let extended = PeriodEvent::Extended { days: 15 };
    assert_eq!(ends(&[set, suspended("2024-10-09"), extended, resumed("2024-10-15")]), "2024-10-16");
}

#[test]
fn an_extension_adds_to_the_counted_day() {
    let set = set("2024-09-16", 15);
    assert_eq!(ends(&[set, PeriodEvent::Extended { days: 1 }]), "2024-10-08 for 2024-10-02");
    assert_eq!(ends(&[set, PeriodEvent::Extended { days: 14 }]), "2024-10-15");
    assert_eq!(ends(&[set, extended_to("2024-10-13")]), "2024-10-14 for 2024-10-13");
}

#[test]
fn the_exchange_day_ends_the_period_and_extensions_defer_it() {
    let set = set("2024-09-02", 15);
    assert_eq!(ends(&[set, exchange("2024-09-12")]), "2024-09-12");
    assert_eq!(ends(&[set, exchange("2024-09-25")]), "2024-09-25");
    assert_eq!(ends(&[set, exchange("2024-09-25"), exchange("2024-10-05")]), "2024-10-05");
    assert_eq!(ends(&[set, exchange("2024-09-12"), PeriodEvent::Extended { days: 5 }]), "2024-09-17");
    assert_eq!(ends(&[set, exchange("2024-09-12"), extended_to("2024-10-05")]), "2024-10-08 for 2024-10-05");
    let suspension = [suspended("2024-09-12"), resumed("2024-09-20")];
    assert_eq!(ends(&[&[set, exchange("2024-09-12")], &suspension[..]].concat()), "2024-09-23 for 2024-09-21");
    let late = [suspended("2024-09-13"), resumed("2024-09-20")];
    assert_eq!(ends(&[&[set, exchange("2024-09-12")], &late[..]].concat()), "2024-09-12");
    // A Saturday: no working day afterwards counts.
    let weekend = [set, exchange("2024-09-21"), suspended("2024-09-22")];
    assert_eq!(ends(&weekend), "2024-09-21");
}

#[test]
fn a_reset_forgets_what_was_before() {
    let events = [set("2024-09-02", 15), suspended("2024-09-10"), reset(Basis::Discretion, "2024-11-01", 3)];
    assert_eq!(ends(&events), "2024-11-04");
    assert_eq!(refusal(&events, resumed("2024-11-02")), "period_not_suspended");
    assert_eq!(ends(&[&events[..], &[suspended("2024-09-01")]].concat()), "suspended 3");
}

#[test]
fn each_refusal_has_its_code_and_changes_nothing() {
    let first = [set("2024-09-02", 15)];
    let pending = [first[0], suspended("2024-09-10")];
    let again = [pending[0], pending[1], resumed("2024-09-12")];
    assert_eq!(refusal(&[], suspended("2024-09-10")), "period_not_set");
    assert_eq!(refusal(&[], reset(Basis::Agreed, "2024-09-02", 15)), "period_not_set");
    assert_eq!(refusal(&first, first[0]), "period_already_set");
    assert_eq!(refusal(&[], set("2024-09-02", 14)), "period_too_short");
    assert_eq!(refusal(&first, reset(Basis::SmallClaims, "2024-09-02", 16)), "period_too_long");
    assert_eq!(refusal(&first, PeriodEvent::Extended { days: 0 }), "period_too_short");
    assert_eq!(refusal(&first, PeriodEvent::Extended { days: u32::MAX }), "period_too_long");
    assert_eq!(refusal(&pending, suspended("2024-09-11")), "period_suspended");
    assert_eq!(refusal(&pending, extended_to("2024-10-10")), "period_suspended");
    assert_eq!(refusal(&pending, exchange("2024-10-10")), "period_suspended");
    assert_eq!(refusal(&first, resumed("2024-09-11")), "period_not_suspended");
    assert_eq!(refusal(&pending, resumed("2024-09-09")), "period_out_of_order");
    assert_eq!(refusal(&again, suspended("2024-09-11")), "period_out_of_order");
    assert_eq!(refusal(&first, extended_to("2024-09-17")), "period_not_later");
    assert_eq!(refusal(&first, exchange("2024-09-02")), "period_exchange_too_early");
    assert_eq!(refusal(&again, exchange("2024-09-12")), "period_exchange_too_early");
    assert_eq!(refusal(&[], set("9999-12-31", 15)), "period_out_of_range");
    assert_eq!(refusal(&[], set("9999-12-16", 15)), "period_out_of_range");
    assert_eq!(refusal(&pending, resumed("9999-12-31")), "period_out_of_range");
}

#[test]
fn each_event_has_one_word() {
    let events = [
        set("2024-09-02", 15),
        suspended("2024-09-10"),
        resumed("2024-09-10"),
        extended_to("2024-10-10"),
        PeriodEvent::Extended { days: 1 },
        reset(Basis::Agreed, "2024-09-02", 15),
        exchange("2024-09-10"),
    ];
    let words = events.map(|event| event.word());
    assert_eq!(words, ["set", "suspended", "resumed", "extended-to", "extended", "reset", "exchange-day"]);
    let distinct: BTreeSet<_> = words.into();
    assert_eq!(distinct.len(), words.len());
}

/// The reference: it remembers which days were stopped, and finds each answer by walking from the start.
struct Walker<'a> {
    plan: &'a YearPlan,
    start: Day,
    /// How many days count.
    days: u32,
    stopped: BTreeSet<Day>,
    /// The day of an exchange, as the court named it.
    exchange: Option<Day>,
    /// Since when an objection is pending, and whether it came in time.
    pending: Option<(Day, bool)>,
}

impl<'a> Walker<'a> {
    fn new(plan: &'a YearPlan, start: Day, days: u32) -> Self {
        Self { plan, start, days, stopped: BTreeSet::new(), exchange: None, pending: None }
    }

    fn counts(&self, day: Day) -> bool {
        day > self.start && !self.stopped.contains(&day)
    }

    /// The day on which the count is full.
    fn full(&self) -> Day {
        let (mut day, mut count) = (self.start, 0);
        while count < self.days {
            day = day.plus(1).unwrap();
            count += u32::from(self.counts(day));
        }
        day
    }

    fn count_to(&self, last: Day) -> u32 {
        let walk = (1..).map_while(|n| self.start.plus(n)).take_while(|day| *day <= last);
        walk.filter(|day| self.counts(*day)).map(|_| 1).sum()
    }

    fn is_off(&self, day: Day) -> bool {
        // The start of 2024 was a Monday.
        let weekend = Day::new(2024, 1, 1).unwrap().days_until(day) % 7 >= 5;
        self.plan.holidays.contains(&day) || (weekend && !self.plan.working_days.contains(&day))
    }

    fn end(&self) -> Day {
        let mut day = self.exchange.unwrap_or_else(|| self.full());
        while self.exchange.is_none() && self.is_off(day) {
            day = day.plus(1).unwrap();
        }
        day
    }

    fn take(&mut self, event: &PeriodEvent) {
        match *event {
            PeriodEvent::Set { start, days, .. } | PeriodEvent::Reset { start, days, .. } => {
                *self = Self::new(self.plan, start, days);
            }
            PeriodEvent::Suspended { on } => {
                self.pending = Some((on, on <= self.end()));
                // A last day that was moved is not used up while the period runs.
                while on <= self.end() && self.full() < on {
                    self.stopped.insert(self.full());
                }
            }
            PeriodEvent::Resumed { on } => {
                let Some((since, true)) = self.pending.take() else { return };
                let days = (0..).map_while(|n| since.plus(n)).take_while(|day| *day <= on);
                let days: Vec<Day> = days.filter(|day| self.counts(*day)).collect();
                if !days.is_empty() {
                    self.exchange = None;
                }
                self.stopped.extend(days);
            }
            PeriodEvent::Extended { days } => {
                self.days += days;
                self.exchange = None;
            }
            PeriodEvent::ExtendedTo { last } if last > self.full() => {
                self.days = self.count_to(last);
                self.exchange = None;
            }
            PeriodEvent::ExtendedTo { .. } => {}
            PeriodEvent::ExchangeDay { day } => {
                self.days = self.count_to(day);
                self.exchange = Some(day);
            }
        }
    }

    fn answer(&self) -> String {
        if let Some((since, true)) = self.pending {
            let last = self.full();
            let left = (0..).map_while(|n| since.plus(n)).take_while(|day| *day <= last);
            let left = left.filter(|day| self.counts(*day)).count();
            return format!("suspended {left}");
        }
        match (self.end(), self.exchange.unwrap_or_else(|| self.full())) {
            (end, full) if end == full => end.to_string(),
            (end, full) => format!("{end} for {full}"),
        }
    }
}

fn any_day() -> impl Strategy<Value = Day> {
    (0..120_u32).prop_map(|n| day("2024-08-01").plus(n).unwrap())
}

fn any_event(day: impl Strategy<Value = Day>, days: impl Strategy<Value = u32>) -> impl Strategy<Value = PeriodEvent> {
    let basis = proptest::sample::select(Basis::ALL.to_vec());
    (0..9_u8, basis, day, days).prop_map(|(kind, basis, day, days)| match kind {
        0 => PeriodEvent::Set { basis, start: day, days },
        1 | 2 => PeriodEvent::Suspended { on: day },
        3 | 4 => PeriodEvent::Resumed { on: day },
        5 => PeriodEvent::ExtendedTo { last: day },
        6 => PeriodEvent::Extended { days },
        7 => PeriodEvent::ExchangeDay { day },
        _ => PeriodEvent::Reset { basis, start: day, days },
    })
}

/// Some holidays of up to ten days, and some weekends on which people work.
fn any_plan() -> impl Strategy<Value = YearPlan> {
    let holidays = proptest::collection::vec((any_day(), 1..11_u32), 0..5);
    let working_days = proptest::collection::btree_set(any_day(), 0..20);
    (holidays, working_days).prop_map(|(runs, working)| {
        let run = |(first, length): (Day, u32)| (0..length).map(move |n| first.plus(n).unwrap());
        let holidays: BTreeSet<Day> = runs.into_iter().flat_map(run).filter(|day| !working.contains(day)).collect();
        let working_days = working.into_iter().filter(|day| day.weekday() >= 6).collect();
        YearPlan { year: 2024, holidays: holidays.into_iter().collect(), working_days }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_count_agrees_with_a_walk_through_the_days(
        plan in any_plan(),
        start in any_day(),
        days in 1..40_u32,
        events in proptest::collection::vec(any_event(any_day(), 1..40_u32), 0..30),
    ) {
        let calendar = Calendar::new(vec![plan.clone()]);
        prop_assume!(calendar.is_ok());
        let calendar = calendar.unwrap();
        let mut period = after(&[PeriodEvent::Set { basis: Basis::Agreed, start, days }]);
        let mut walker = Walker::new(&plan, start, days);
        prop_assert_eq!(short(&period.state(&calendar)), walker.answer());
        for event in &events {
            if period.apply(event).is_ok() {
                walker.take(event);
                prop_assert_eq!(short(&period.state(&calendar)), walker.answer(), "{:?}", period.events());
            }
        }
    }

    #[test]
    fn no_events_panic(
        events in proptest::collection::vec(
            any_event(
                prop_oneof![any_day(), (0..=2_932_896_u32).prop_map(|n| Day::FIRST.plus(n).unwrap()), Just(Day::LAST)],
                prop_oneof![0..400_u32, any::<u32>()],
            ),
            0..40,
        ),
        plan in any_plan(),
        millis in 0..=253_402_207_200_000_u64,
    ) {
        let calendar = Calendar::new(vec![plan]).unwrap_or_default();
        let at = Timestamp::from_millis(millis).unwrap();
        let mut period = EvidencePeriod::default();
        for event in &events {
            let before = period.clone();
            if period.apply(event).is_err() {
                prop_assert_eq!(&before, &period);
            }
            prop_assert!(!(period.is_late(at, &calendar) && period.is_open(at, &calendar)));
            match period.state(&calendar) {
                Deadline::Suspended { remaining_days } => prop_assert!(remaining_days >= 1),
                Deadline::Ends { last, at, moved_from } => {
                    prop_assert_eq!(at, last.end());
                    prop_assert!(moved_from.is_none_or(|from| from < last && !calendar.is_day_off(last)));
                }
                Deadline::NotSet => prop_assert!(period.events().is_empty()),
            }
        }
    }
}
