//! How long a watch that was interrupted waits before it is taken up again.

use std::time::Duration;

use backon::ExponentialBuilder;
use kube::runtime::watcher::ExponentialBackoff;

/// The first wait; each failure after it doubles the wait.
const SHORTEST: Duration = Duration::from_millis(500);

/// The longest wait before its random part, which at most doubles it.
const LONGEST: Duration = Duration::from_secs(3);

/// The waits of one watch, which begin anew with whatever it hears.
///
/// kube's own go up to a minute, to be kind to an API server that struggles. Here a revocation that was written meanwhile would wait
/// as long, and there are a handful of watches in the cluster: after an outage they are back within [`LONGEST`] twice.
pub fn watch_backoff() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(SHORTEST)
        .with_max_delay(LONGEST)
        .with_jitter()
        .without_max_times()
        .into()
}

#[cfg(test)]
mod tests {
    use kube::runtime::utils::Backoff as _;

    use super::*;

    #[test]
    fn a_watch_never_gives_up_and_is_back_within_seconds() {
        let mut backoff = watch_backoff();
        let waits: Vec<_> = backoff.by_ref().take(1_000).collect();
        assert_eq!(waits.len(), 1_000);
        assert!(waits[0] < SHORTEST * 2);
        assert!(waits.iter().all(|wait| *wait >= SHORTEST && *wait <= LONGEST * 2));
        backoff.reset();
        assert!(backoff.next().is_some_and(|wait| wait < SHORTEST * 2));
    }
}
