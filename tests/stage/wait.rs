//! Waiting for conditions, never for time.

use std::time::{Duration, Instant};

/// How long a condition may take on a busy machine before the test says that it never came.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// How long to leave the cluster alone between two looks.
pub const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Looks until there is something, and gives it.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Looks until it holds.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    until(what, async || holds().await.then_some(())).await;
}
