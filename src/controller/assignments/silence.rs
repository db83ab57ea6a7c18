//! A leader that AWS does not answer makes way for one that it may answer.

use std::time::Duration;

use tokio::time::Instant;

use crate::controller::context::Context;
use crate::ports::TimeSeen;

/// How long AWS may be silent while access is to be taken away.
const LONGEST_SILENCE: Duration = Duration::from_mins(5);

/// How often it is looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(15);

/// Since when AWS has been silent, and since when something has been due meanwhile.
#[derive(Debug)]
struct Silence {
    last: Option<TimeSeen>,
    since: Instant,
    due_since: Option<Instant>,
}

impl Silence {
    fn new(last: Option<TimeSeen>, now: Instant) -> Self {
        Self {
            last,
            since: now,
            due_since: None,
        }
    }

    /// Takes in a look; whether both have lasted too long.
    fn is_too_long(&mut self, last: Option<TimeSeen>, due: bool, now: Instant) -> bool {
        if last != self.last {
            self.last = last;
            self.since = now;
        }
        self.due_since = due.then(|| self.due_since.unwrap_or(now));
        let waited = self.due_since.map(|since| now - since.max(self.since));
        waited.is_some_and(|waited| waited >= LONGEST_SILENCE)
    }
}

/// Ends when AWS has been silent for long while access is to be taken away: another replica may reach it.
pub async fn too_long_silence(context: &Context) {
    let mut silence = Silence::new(context.ports.aws_clock.last_seen(), Instant::now());
    loop {
        tokio::time::sleep(LOOK_INTERVAL).await;
        let due = context.queue.has_endings() || context.machines.any_ending(&context.moment());
        let last = context.ports.aws_clock.last_seen();
        if silence.is_too_long(last, due, Instant::now()) {
            tracing::error!(
                minutes = LONGEST_SILENCE.as_secs() / 60,
                "AWS has not answered while access is to be taken away: the lease is given to a replica that may reach it"
            );
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(second: i64) -> TimeSeen {
        let time = chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(second);
        TimeSeen {
            remote: time,
            local: time,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_silence_while_something_is_due_counts() {
        let start = Instant::now();
        let at = |minutes: u64| start + Duration::from_mins(minutes);
        let mut silence = Silence::new(Some(seen(1)), start);
        assert!(
            !silence.is_too_long(Some(seen(1)), false, at(9)),
            "nothing is due"
        );
        assert!(
            !silence.is_too_long(Some(seen(1)), true, at(10)),
            "it has just become due"
        );
        assert!(!silence.is_too_long(Some(seen(1)), true, at(14)));
        assert!(!silence.is_too_long(Some(seen(2)), true, at(15)), "AWS answered");
        assert!(!silence.is_too_long(Some(seen(2)), true, at(19)));
        assert!(silence.is_too_long(Some(seen(2)), true, at(20)));
    }
}
