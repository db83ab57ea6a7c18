//! Waiting for what has to happen: never for time, and never for ever.

use std::time::Duration;

use tokio::time::Instant;

use crate::stage::Stage;
use crate::trouble::Trouble;

/// How long anything may take, the duration of the access aside. On an idle machine all takes seconds.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long to leave the servers alone between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// Looks until `look` finds something, and gives it. What it gives otherwise says what is there instead. A controller that
/// has ended is not waited for.
pub async fn until<T>(
    stage: &Stage,
    expected: &str,
    mut look: impl AsyncFnMut() -> Result<T, String>,
) -> Result<T, Trouble> {
    let start = Instant::now();
    loop {
        let found = match look().await {
            Ok(found) => return Ok(found),
            Err(found) => found,
        };
        if let Some(end) = stage.controllers_end() {
            return Err(Trouble::new(expected, format!("{found}\n{end}")));
        }
        if start.elapsed() > PATIENCE {
            let waited = PATIENCE.as_secs();
            return Err(Trouble::new(expected, format!("after {waited} s still: {found}")));
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}
