//! Steps of the start that are tried until they work.
//!
//! Passes are not repeated in loops: a failure is a delay of the next one. Before the first pass there is no next one, and
//! ending the process would hide the reason in the restarts of a container.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::sleep;

use super::readiness::Readiness;

/// The first wait; it doubles each time.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// Whoever repaired the cause does not wait longer than this.
const LONGEST_DELAY: Duration = Duration::from_mins(1);

/// Tries until it works. Each time the reason is logged, and `/readyz` says it under this name.
pub(super) async fn until_it_works<T, E: Display>(
    name: &'static str,
    readiness: &Readiness,
    mut attempt: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let mut delay = FIRST_DELAY;
    loop {
        match attempt().await {
            Ok(value) => return value,
            Err(error) => {
                let sentence = error.to_string();
                tracing::warn!("{name}: {sentence} (trying again in {} s)", delay.as_secs());
                readiness.not_ready(name, sentence);
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
    async fn waits_grow_up_to_a_minute_and_the_reason_is_shown() {
        let (readiness, start) = (Readiness::default(), Instant::now());
        let mut times = Vec::new();
        let value = until_it_works("AWS", &readiness, async || {
            times.push(start.elapsed().as_secs());
            if times.len() < 9 {
                Err(format!("failure {}", times.len()))
            } else {
                Ok(7)
            }
        })
        .await;
        assert_eq!(value, 7);
        assert_eq!(times, [0, 1, 3, 7, 15, 31, 63, 123, 183]);
        assert_eq!(readiness.report(), (false, "[-] AWS: failure 8\n".to_owned()));
    }
}
