//! How long answers took: a histogram from one microsecond to a minute, three significant digits.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest time told apart, a minute in microseconds; what took longer counts as this.
const LONGEST_US: u64 = 60_000_000;
const DIGITS: u8 = 3;

/// Times of many answers.
#[derive(Debug, Clone)]
pub struct Latency(Option<Histogram<u64>>);

impl Default for Latency {
    fn default() -> Self {
        // The bounds are constants that the histogram takes.
        Self(Histogram::new_with_bounds(1, LONGEST_US, DIGITS).ok())
    }
}

impl Latency {
    /// Takes in one time.
    pub fn record(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(LONGEST_US);
        if let Some(times) = &mut self.0 {
            times.saturating_record(micros);
        }
    }

    /// Takes in all of another's.
    pub fn add(&mut self, other: &Self) {
        if let (Some(times), Some(others)) = (&mut self.0, &other.0) {
            // Both have the same bounds.
            let _ = times.add(others);
        }
    }

    /// The time in milliseconds within which `share` (0 to 1) of the answers came; 0 where there are none.
    #[must_use]
    pub fn within_ms(&self, share: f64) -> f64 {
        let micros = self.0.as_ref().map_or(0, |times| times.value_at_quantile(share));
        f64::from(u32::try_from(micros).unwrap_or(u32::MAX)) / 1_000.0
    }

    /// How many times were taken in.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.as_ref().map_or(0, Histogram::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_what_was_recorded() {
        let (mut odd, mut even) = (Latency::default(), Latency::default());
        for ms in 1..=1_000 {
            let times = if ms % 2 == 1 { &mut odd } else { &mut even };
            times.record(Duration::from_millis(ms));
        }
        odd.add(&even);
        assert_eq!(odd.count(), 1_000);
        for (share, ms) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1_000.0)] {
            assert!((odd.within_ms(share) / ms - 1.0).abs() < 0.002, "{share}: {}", odd.within_ms(share));
        }
        odd.record(Duration::from_hours(1));
        assert!(odd.within_ms(1.0) >= 59_000.0, "longer than the longest counts as the longest");
        assert!(Latency::default().within_ms(0.5).abs() < f64::EPSILON);
    }
}
