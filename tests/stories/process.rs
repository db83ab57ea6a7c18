//! Whether a process of the controller runs. It asks before each call to the outside, so that one that is stopped does
//! nothing, and one that is killed never does anything again.

use std::sync::Arc;

use team_operator::domain::Lease;
use team_operator::ports::Leadership;
use tokio::sync::watch;

/// The life of one process.
#[derive(Debug, Clone)]
pub(crate) struct Pulse {
    state: Arc<watch::Sender<State>>,
    leads: Arc<watch::Sender<bool>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Runs,
    Stopped,
    Killed,
}

impl Pulse {
    /// A process that runs and leads.
    pub(crate) fn new() -> Self {
        Self {
            state: Arc::new(watch::Sender::new(State::Runs)),
            leads: Arc::new(watch::Sender::new(true)),
        }
    }

    /// Waits while the process is stopped; for ever when it was killed.
    pub(crate) async fn beats(&self) {
        let mut state = self.state.subscribe();
        if state.wait_for(|state| *state == State::Runs).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Stops it, as SIGSTOP does.
    pub(crate) fn stop(&self) {
        self.state.send_replace(State::Stopped);
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        self.state.send_replace(State::Runs);
    }

    /// Kills it: nothing of it reaches the outside any more.
    pub(crate) fn kill(&self) {
        self.state.send_replace(State::Killed);
    }

    /// Its lease ran out, and another process took it.
    pub(crate) fn lose_the_lead(&self) {
        self.leads.send_replace(false);
    }
}

impl Leadership for Pulse {
    fn lease(&self) -> Lease {
        if *self.leads.borrow() {
            Lease::Held
        } else {
            Lease::Unsure("the lease ran out".to_owned())
        }
    }
}
