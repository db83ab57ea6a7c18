//! Start-up steps that are retried until they succeed.
//!
//! A reconcile is requeued after a failure. Before the controller runs there is no queue, and exiting would hide the
//! reason behind the restarts of a container.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::sleep;

use super::readiness::{Readiness, State};

/// The first delay; it doubles each time.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// The longest delay, so that a repaired cause is noticed soon.
const LONGEST_DELAY: Duration = Duration::from_mins(1);

/// Retries until `attempt` succeeds. Each failure is logged and shown in `/readyz` under this
/// name, as what it is meanwhile.
pub(super) async fn retry_until_ok<T, E: Display, F: Future<Output = Result<T, E>>>(
    name: &'static str,
    meanwhile: State,
    readiness: &Readiness,
    mut attempt: impl FnMut() -> F,
) -> T {
    let mut delay = FIRST_DELAY;
    loop {
        match attempt().await {
            Ok(value) => return value,
            Err(error) => {
                let sentence = error.to_string();
                tracing::warn!(
                    step = name,
                    error = %sentence,
                    retry_after_seconds = delay.as_secs(),
                    "start-up step failed; will retry"
                );
                match meanwhile {
                    State::Bad => readiness.not_ready(name, sentence),
                    State::Good | State::Warning => readiness.warn(name, sentence),
                }
            }
        }
        sleep(delay).await;
        delay = (delay * 2).min(LONGEST_DELAY);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn delays_grow_up_to_a_minute_and_the_reason_is_shown() {
        let (readiness, start) = (Readiness::default(), Instant::now());
        let mut times = Vec::new();
        let value = retry_until_ok("AWS", State::Bad, &readiness, || {
            times.push(start.elapsed().as_secs());
            std::future::ready(if times.len() < 9 {
                Err(format!("failure {}", times.len()))
            } else {
                Ok(7)
            })
        })
        .await;
        assert_eq!(value, 7);
        assert_eq!(times, [0, 1, 3, 7, 15, 31, 63, 123, 183]);
        assert_eq!(readiness.report(), (false, "[-] AWS: failure 8\n".to_owned()));
    }
}
