//! Graceful shutdown.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Whether shutdown was requested; cheap to clone, and all clones share the state.
#[derive(Debug, Clone)]
pub struct Shutdown {
    requested: watch::Receiver<bool>,
}

impl Shutdown {
    /// Requested by SIGTERM (from Kubernetes) or SIGINT (from a terminal).
    pub fn on_signals() -> io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (request, requested) = watch::channel(false);
        tokio::spawn(async move {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            tracing::info!(signal = name, "shutting down");
            request.send_replace(true);
        });
        Ok(Self { requested })
    }

    /// Waits until shutdown is requested.
    pub async fn requested(&self) {
        // An error means that the signal task has ended, which only happens with the process.
        let _ = self.requested.clone().wait_for(|requested| *requested).await;
    }
}
