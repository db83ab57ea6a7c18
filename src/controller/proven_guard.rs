//! The guard as it was proven last: looks are shared by everybody who asks while one is under way.

use std::sync::{PoisonError, RwLock};
use std::time::Instant;

use tokio::sync::{Mutex, watch};

use crate::admission::{Continuity, Guard, GuardReport, GuardState};
use crate::domain;

/// The guard, and what its last look gave.
pub struct ProvenGuard {
    guard: Guard,
    view: RwLock<domain::Guard>,
    looks: Mutex<Option<Look>>,
    changes: watch::Sender<domain::Guard>,
}

struct Look {
    began: Instant,
    report: GuardReport,
}

impl ProvenGuard {
    /// A guard that has not looked yet.
    pub fn new(guard: Guard) -> Self {
        let unproven = domain::Guard::Unproven("the guard has not looked yet".to_owned());
        Self {
            guard,
            view: RwLock::new(unproven.clone()),
            looks: Mutex::new(None),
            changes: watch::Sender::new(unproven),
        }
    }

    /// What the last look gave.
    pub fn current(&self) -> domain::Guard {
        self.view.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells of every change.
    pub fn changes(&self) -> watch::Receiver<domain::Guard> {
        self.changes.subscribe()
    }

    /// A look that began after this was called. Everybody who asks while one is under way shares the next.
    pub async fn prove(&self) -> domain::Guard {
        self.look(Instant::now()).await;
        self.current()
    }

    /// The same, with a forged decision on this very request, tried meanwhile.
    pub async fn prove_on(&self, namespace: &str, name: &str) -> domain::Guard {
        let forgery = self.guard.forge_on(namespace, name);
        let (look, probe) = tokio::join!(self.look(Instant::now()), forgery);
        let report = look.with(probe);
        let state = read(&report);
        // The forgery on one request is as good a proof of the worse as any.
        if matches!(state, domain::Guard::Broken(_)) {
            self.show(state.clone());
        }
        state
    }

    /// Closes a gap that lies behind us: whoever calls this has seen to it that every live request was decided as of a
    /// guard that was broken before. Says whether it is closed.
    pub async fn close_gap(&self) -> bool {
        let look = self.look(Instant::now()).await;
        if !matches!(read(&look), domain::Guard::BrokenBefore(_)) {
            return false;
        }
        match self.guard.remember(&look).await {
            Ok(()) => {
                self.show(domain::Guard::Intact);
                true
            }
            Err(error) => {
                tracing::warn!(%error, "the guard's record could not be renewed; it is tried again");
                false
            }
        }
    }

    async fn look(&self, asked: Instant) -> GuardReport {
        let mut looks = self.looks.lock().await;
        if let Some(look) = looks.as_ref().filter(|look| look.began >= asked) {
            return look.report.clone();
        }
        let began = Instant::now();
        let report = Box::pin(self.guard.check()).await; // many calls at once, whose futures are large
        self.digest(&report).await;
        *looks = Some(Look {
            began,
            report: report.clone(),
        });
        report
    }

    /// A look without a gap moves the record on: what changed once since may change once more.
    async fn digest(&self, report: &GuardReport) {
        let mut state = read(report);
        if state == domain::Guard::Intact
            && let Err(error) = self.guard.remember(report).await
        {
            state = domain::Guard::Unproven(error.to_string());
        }
        self.show(state);
    }

    fn show(&self, state: domain::Guard) {
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = state.clone();
        self.changes.send_if_modified(|known| {
            let changed = *known != state;
            if changed {
                tracing::info!(guard = ?state, "the guard's view of the admission policies changed");
                *known = state;
            }
            changed
        });
    }
}

/// What a report means for decisions.
fn read(report: &GuardReport) -> domain::Guard {
    match (&report.state, &report.continuity) {
        (GuardState::Broken(why), _) | (GuardState::Unproven(_), Continuity::Broken(why)) => {
            domain::Guard::Broken(why.clone())
        }
        (GuardState::Unproven(why), _) => domain::Guard::Unproven(why.clone()),
        (GuardState::Intact, Continuity::Broken(why)) => domain::Guard::BrokenBefore(why.clone()),
        (GuardState::Intact, Continuity::Unbroken | Continuity::Open) => domain::Guard::Intact,
    }
}
