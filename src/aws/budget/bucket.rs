//! A token bucket, and the queue of those who wait for its tokens.

use tokio::time::{Duration, Instant};

use super::fair_queue::FairQueue;

/// Tokens that come back with time.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    filled_at: Instant,
    paused_until: Instant,
}

/// A bucket with the queue of those who want its tokens.
#[derive(Debug)]
pub(super) struct QueuedBucket {
    pub(super) bucket: Bucket,
    pub(super) queue: FairQueue,
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

    /// Takes a token even when none is left; the debt delays the next one.
    pub(super) fn debit(&mut self, now: Instant) {
        self.fill(now);
        self.tokens -= 1.0;
    }

    /// Hands out no token before that moment.
    pub(super) fn pause_until(&mut self, until: Instant) {
        self.paused_until = self.paused_until.max(until);
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.rate).min(self.burst);
        self.filled_at = now;
    }
}

impl QueuedBucket {
    pub(super) fn new(bucket: Bucket) -> Self {
        Self {
            bucket,
            queue: FairQueue::default(),
        }
    }

    /// Serves this number if it is first and a token is available; else returns when to try again, if time alone can
    /// change the answer for them.
    pub(super) fn try_take(&mut self, number: u64, now: Instant) -> Result<(), Option<Instant>> {
        if self.queue.in_order().next() != Some(number) {
            return Err(None);
        }
        self.bucket.take(now).map_err(Some)?;
        self.queue.serve(number);
        Ok(())
    }

    /// Leaves the queue and wakes whoever is first now.
    pub(super) fn leave(&mut self, number: u64) {
        self.queue.leave(number);
        self.queue.wake_first();
    }
}
