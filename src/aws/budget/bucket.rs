//! A token bucket, and the line before it.

use tokio::time::{Duration, Instant};

use super::line::Line;

/// Tokens that come back with time.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    filled_at: Instant,
    paused_until: Instant,
}

/// A bucket with the line of those who want its tokens.
#[derive(Debug)]
pub(super) struct WaitingLine {
    pub(super) bucket: Bucket,
    pub(super) line: Line,
}

impl Bucket {
    /// Full.
    pub(super) fn new(rate: f64, burst: f64, now: Instant) -> Self {
        Self {
            rate,
            burst,
            tokens: burst,
            filled_at: now,
            paused_until: now,
        }
    }

    /// Takes a token, or says when there will be one.
    fn take(&mut self, now: Instant) -> Result<(), Instant> {
        self.fill(now);
        if now < self.paused_until {
            return Err(self.paused_until);
        }
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let missing = (1.0 - self.tokens) / self.rate.max(0.001);
        // A microsecond more: rounding down would wake too early and try again for nothing.
        Err(now + Duration::from_secs_f64(missing) + Duration::from_micros(1))
    }

    /// Takes a token that may not be there yet.
    pub(super) fn debit(&mut self, now: Instant) {
        self.fill(now);
        self.tokens -= 1.0;
    }

    /// Gives nothing before that moment.
    pub(super) fn pause_until(&mut self, until: Instant) {
        self.paused_until = self.paused_until.max(until);
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.rate).min(self.burst);
        self.filled_at = now;
    }
}

impl WaitingLine {
    pub(super) fn new(bucket: Bucket) -> Self {
        Self {
            bucket,
            line: Line::default(),
        }
    }

    /// Serves one in line if it is their turn and there is a token; else says when to look again, if time alone can
    /// change the answer for them.
    pub(super) fn try_take(&mut self, number: u64, now: Instant) -> Result<(), Option<Instant>> {
        if self.line.in_order().next() != Some(number) {
            return Err(None);
        }
        self.bucket.take(now).map_err(Some)?;
        self.line.serve(number);
        Ok(())
    }

    /// Leaves the line; whoever is first now looks.
    pub(super) fn leave(&mut self, number: u64) {
        self.line.leave(number);
        self.line.wake_first();
    }
}
