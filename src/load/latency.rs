//! Latency histogram from one microsecond to one minute, with three significant digits.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Largest value, a minute in microseconds; longer times count as this.
const LONGEST_US: u64 = 60_000_000;
const DIGITS: u8 = 3;

/// A latency histogram.
#[derive(Debug, Clone)]
pub struct Latency(Option<Histogram<u64>>);

impl Default for Latency {
    fn default() -> Self {
        // The bounds are valid constants.
        Self(Histogram::new_with_bounds(1, LONGEST_US, DIGITS).ok())
    }
}

impl Latency {
    /// Records one latency.
    pub fn record(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(LONGEST_US);
        if let Some(times) = &mut self.0 {
            times.saturating_record(micros);
        }
    }

    /// Adds another histogram.
    pub fn add(&mut self, other: &Self) {
        if let (Some(times), Some(others)) = (&mut self.0, &other.0) {
            // Both have the same bounds.
            let _ = times.add(others);
        }
    }

    /// The quantile `share` (0 to 1) in milliseconds; 0 if nothing was recorded.
    #[must_use]
    pub fn within_ms(&self, share: f64) -> f64 {
        let micros = self.0.as_ref().map_or(0, |times| times.value_at_quantile(share));
        f64::from(u32::try_from(micros).unwrap_or(u32::MAX)) / 1_000.0
    }

    /// Number of recorded latencies.
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
