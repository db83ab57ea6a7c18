//! Percentiles, ratios and aims.

use chrono::TimeDelta;

/// How long each of many things took.
pub struct Figures {
    sorted: Vec<TimeDelta>,
}

impl Figures {
    pub fn of(times: impl IntoIterator<Item = TimeDelta>) -> Self {
        let mut sorted: Vec<TimeDelta> = times.into_iter().collect();
        assert!(!sorted.is_empty(), "nothing was measured");
        sorted.sort();
        Self { sorted }
    }

    /// The smallest time that so many of a hundred do not exceed, in milliseconds.
    pub fn percentile(&self, hundredths: usize) -> f64 {
        let place = (self.sorted.len() * hundredths).div_ceil(100).max(1);
        milliseconds(self.sorted[place - 1])
    }

    /// The longest time.
    pub fn longest(&self) -> TimeDelta {
        self.sorted[self.sorted.len() - 1]
    }

    /// One row of a table.
    pub fn row(&self, name: &str) -> String {
        format!(
            "  {name:<44} p50 {:>8.0} ms   p99 {:>8.0} ms   ({} measured)",
            self.percentile(50),
            self.percentile(99),
            self.sorted.len()
        )
    }

    /// How many times longer than the other the 99th of a hundred takes, and whether that is as good as hoped.
    pub fn ratio_to(&self, name: &str, bare: &Figures, aim: Option<f64>) -> String {
        let ratio = |hundredths| self.percentile(hundredths) / bare.percentile(hundredths);
        let (middle, late) = (ratio(50), ratio(99));
        let verdict = aim.map(|aim| format!("   aim: p99 at most {aim} ×: {}", met(late <= aim)));
        format!(
            "  {name:<44} p50 {middle:>8.2} ×    p99 {late:>8.2} × {}",
            verdict.unwrap_or_default()
        )
    }
}

/// Whether an aim is met, in words.
pub fn met(met: bool) -> &'static str {
    if met { "met" } else { "aim missed" }
}

fn milliseconds(time: TimeDelta) -> f64 {
    time.as_seconds_f64() * 1000.0
}
