//! Work that must not depend on the caller's runtime: it may be of one test only, or have a paused clock.

use crate::Error;

/// Runs blocking work on a thread of its own and waits for it without blocking the caller's runtime.
pub(crate) async fn on_own_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("control-plane".to_owned())
        // The caller may have lost interest, which is no reason to fail.
        .spawn(move || sender.send(work()).is_ok())
        .map_err(|error| Error::Thread(error.to_string()))?;
    receiver.await.map_err(|error| Error::Thread(error.to_string()))?
}

/// A small runtime for the time of one operation.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::Thread(error.to_string()))
}
