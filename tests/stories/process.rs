//! Whether a process of the controller runs, leads, and reaches the API server. It asks before each call to the outside, so
//! that one that is stopped does nothing, and one that is killed never does anything again.

use std::sync::Arc;
use std::time::Duration;

use team_operator::domain::Lease;
use team_operator::ports::Leadership;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::cluster::access::Access;

/// How long a lease counts that cannot be renewed: fifteen seconds from the last renewal, less the margin.
const LEASE: Duration = Duration::from_secs(10);

/// The life of one process.
#[derive(Debug, Clone)]
pub(crate) struct Pulse {
    state: Arc<watch::Sender<State>>,
    lead: Arc<watch::Sender<Lead>>,
    /// Since when this process alone does not reach the API server.
    cut_off: Arc<watch::Sender<Option<Instant>>>,
    access: Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Runs,
    Stopped,
    Killed,
}

/// Who leads, as far as this process can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lead {
    Leads,
    /// Another process took the lease, and this one has not read that yet.
    Lost,
    /// And it has.
    KnowsThatItLost,
}

impl Pulse {
    /// A process that runs and leads.
    pub(crate) fn new(access: Access) -> Self {
        Self {
            state: Arc::new(watch::Sender::new(State::Runs)),
            lead: Arc::new(watch::Sender::new(Lead::Leads)),
            cut_off: Arc::default(),
            access,
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

    /// Whether it could renew its lease now.
    pub(crate) fn could_renew(&self) -> bool {
        *self.state.borrow() == State::Runs && self.trouble_since().is_none()
    }

    /// Its lease ran out, and another process took it.
    pub(crate) fn lose_the_lead(&self) {
        self.lead.send_replace(Lead::Lost);
    }

    /// It reads whose the lease is. Whether it lost it.
    pub(crate) fn read_the_lease(&self) -> bool {
        self.lead.send_if_modified(|lead| {
            let lost = *lead == Lead::Lost;
            if lost {
                *lead = Lead::KnowsThatItLost;
            }
            lost
        })
    }

    /// Whether it, and it alone, reaches the API server from now on.
    pub(crate) fn be_cut_off(&self, cut_off: bool) {
        self.cut_off.send_replace(cut_off.then(Instant::now));
    }

    /// Whether it is cut off from the API server, and every change of that.
    pub(crate) fn cut_off(&self) -> watch::Receiver<Option<Instant>> {
        self.cut_off.subscribe()
    }

    /// Since when it has not been able to renew its lease.
    fn trouble_since(&self) -> Option<Instant> {
        let own = *self.cut_off.borrow();
        own.into_iter().chain(self.access.trouble_since()).min()
    }
}

impl Leadership for Pulse {
    fn lease(&self) -> Lease {
        match *self.lead.borrow() {
            Lead::Leads if self.trouble_since().is_some_and(|since| since.elapsed() >= LEASE) => {
                Lease::Unsure("the lease cannot be renewed".to_owned())
            }
            Lead::Leads => Lease::Held,
            Lead::Lost => Lease::Unsure("the lease ran out".to_owned()),
            Lead::KnowsThatItLost => Lease::HeldByAnother("another controller holds the lease".to_owned()),
        }
    }
}
