//! Being asked to end.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Whether the process was asked to end; cheap to clone, and every clone is the same.
#[derive(Debug, Clone)]
pub struct Shutdown {
    requested: watch::Receiver<bool>,
}

impl Shutdown {
    /// By SIGTERM, as Kubernetes does, or SIGINT, as people do.
    pub fn on_signals() -> io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (request, requested) = watch::channel(false);
        tokio::spawn(async move {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            tracing::info!("{name}: ending");
            request.send_replace(true);
        });
        Ok(Self { requested })
    }

    /// Waits until it was.
    pub async fn requested(&self) {
        // An error: whoever listened to signals is gone, which only happens with the process.
        let _ = self.requested.clone().wait_for(|requested| *requested).await;
    }
}
