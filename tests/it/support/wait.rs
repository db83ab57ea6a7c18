//! Waiting in the cases of `cases!`.

use std::time::{Duration, Instant};

use crate::stage::wait::{BETWEEN_LOOKS, PATIENCE};

/// The patience of whoever says more than that it never came.
pub const TELLING_PATIENCE: Duration = PATIENCE.saturating_sub(Duration::from_secs(5));

/// As [`until`](crate::stage::until), for the cases of `cases!`: their futures are sent between threads, which the compiler cannot prove of
/// one that borrows from an async closure.
pub async fn awaited<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}
