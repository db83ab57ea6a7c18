//! The held lease: renewal, certainty, loss and release.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use k8s_openapi::api::coordination::v1::Lease;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::evaluate::{Claim, Record, Role, Sighting, Step, evaluate};
use super::store::{CallError, Store, micro_time};
use super::{LEADER_FACT, LeaseSettings};
use crate::domain;
use crate::ports::Leadership;
use crate::runtime::Readiness;

/// A lease that was just acquired.
pub(super) struct Won {
    pub(super) claim: Claim,
    pub(super) lease: Lease,
    /// When the write that acquired it was sent, by the monotonic clock.
    pub(super) sent: Instant,
    /// The same, by the wall clock.
    pub(super) sent_at: DateTime<Utc>,
}

/// The leadership of this replica. Dropping it stops the renewals, and the lease expires.
pub struct Leader {
    shared: Arc<Shared>,
    wanted: watch::Sender<Wanted>,
    ended: watch::Receiver<Option<End>>,
    renewal_task: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Lead,
    Release,
}

/// How leadership ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Released,
    Lost(String),
}

/// The state shared by the renewal task and the callers.
struct Shared {
    settings: LeaseSettings,
    /// How often the lease had changed hands when this replica took it.
    term: i64,
    state: Mutex<State>,
}

struct State {
    sent: Instant,
    sent_at: DateTime<Utc>,
    /// Why the last renewal failed; absent after a success.
    trouble: Option<String>,
    end: Option<End>,
}

/// The task that renews the lease.
struct Renewal {
    store: Store,
    shared: Arc<Shared>,
    readiness: Readiness,
    claim: Claim,
    /// The last version that was read; absent once it was deleted.
    lease: Option<Lease>,
    /// Set after a failure: the stored version may differ from the known one.
    read_first: bool,
}

/// The result of one renewal.
enum Round {
    Renewed,
    /// The Lease was changed in between, which need not mean a loss.
    Again,
    Trouble(String),
    Lost(String),
}

impl Leader {
    pub(super) fn start(store: Store, settings: LeaseSettings, readiness: Readiness, won: Won) -> Self {
        let Won {
            claim,
            lease,
            sent,
            sent_at,
        } = won;
        let state = State {
            sent,
            sent_at,
            trouble: None,
            end: None,
        };
        let shared = Arc::new(Shared {
            settings,
            term: i64::from(claim.transitions),
            state: Mutex::new(state),
        });
        let (wanted, wants) = watch::channel(Wanted::Lead);
        let (end, ended) = watch::channel(None);
        let renewal = Renewal {
            store,
            shared: Arc::clone(&shared),
            readiness,
            claim,
            lease: Some(lease),
            read_first: false,
        };
        let renewal_task = tokio::spawn(async move {
            let how = renewal.run(wants).await;
            end.send_replace(Some(how));
        });
        Self {
            shared,
            wanted,
            ended,
            renewal_task,
        }
    }

    /// How often the lease had changed hands when this replica took it.
    pub fn term(&self) -> i64 {
        self.shared.term
    }

    /// Waits until another replica holds the lease, and names it. Does not return during an outage of the API server, nor
    /// after a release.
    pub async fn lost(&self) -> String {
        let mut ended = self.ended.clone();
        let end = ended.wait_for(Option::is_some).await.map(|end| end.clone());
        match end {
            Ok(Some(End::Lost(sentence))) => sentence,
            Ok(_) => std::future::pending().await,
            // The task ended without a result, and the renewals with it.
            Err(_) => "the renewal of the lease has ended".to_owned(),
        }
    }

    /// Releases the lease, so that the next replica takes over at once. From the call on this one does not lead any more.
    /// Takes two calls at most; if they fail the lease expires.
    pub async fn release(&self) {
        self.wanted.send_replace(Wanted::Release);
        let mut ended = self.ended.clone();
        let _ = ended.wait_for(Option::is_some).await; // an error: the task has ended, and there is nothing to wait for
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        self.renewal_task.abort();
    }
}

impl Leadership for Leader {
    fn lease(&self) -> domain::Lease {
        if *self.wanted.borrow() == Wanted::Release {
            return domain::Lease::Unsure("the lease was released".to_owned());
        }
        self.shared.lease()
    }
}

impl fmt::Debug for Leader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lease = self.lease();
        formatter
            .debug_struct("Leader")
            .field("lease", &lease)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn lease(&self) -> domain::Lease {
        let state = self.lock();
        if let Some(end) = &state.end {
            return match end {
                End::Released => domain::Lease::Unsure("the lease was released".to_owned()),
                End::Lost(sentence) => domain::Lease::HeldByAnother(sentence.clone()),
            };
        }
        // A monotonic clock may stop while the machine sleeps, and a wall clock may be set back: the longer time counts.
        let by_wall_clock = (self.settings.clock.now() - state.sent_at)
            .to_std()
            .unwrap_or(Duration::ZERO);
        let age = state.sent.elapsed().max(by_wall_clock);
        if age + self.settings.margin() < self.settings.duration {
            return domain::Lease::Held;
        }
        let (seconds, of) = (age.as_secs(), self.settings.duration.as_secs());
        let trouble = state
            .trouble
            .as_deref()
            .unwrap_or("the last renewal is too long ago");
        domain::Lease::Unsure(format!(
            "the lease of {of} s was renewed {seconds} s ago: {trouble}"
        ))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Renewal {
    async fn run(mut self, mut wants: watch::Receiver<Wanted>) -> End {
        let mut next = self.next_renewal();
        let end = loop {
            tokio::select! {
                () = sleep_until(next) => {}
                () = release_wanted(&mut wants) => break self.release().await,
            }
            next = match self.round().await {
                Round::Renewed => self.next_renewal(),
                Round::Again => Instant::now() + self.shared.settings.pause() / 10,
                Round::Trouble(sentence) => {
                    self.note_trouble(sentence);
                    Instant::now() + self.shared.settings.pause()
                }
                Round::Lost(sentence) => break End::Lost(sentence),
            };
        };
        if let End::Lost(sentence) = &end {
            self.readiness.not_ready(LEADER_FACT, sentence);
        }
        self.shared.settings.metrics.leads(None);
        self.shared.lock().end = Some(end.clone());
        end
    }

    fn next_renewal(&self) -> Instant {
        self.shared.lock().sent + self.shared.settings.renew_interval
    }

    async fn round(&mut self) -> Round {
        if self.read_first {
            match self.read_lease().await {
                Ok(Step::Lost(sentence)) => return Round::Lost(sentence),
                Ok(_) => {}
                Err(CallError::Changed) => return Round::Again,
                Err(CallError::Failed(sentence)) => return Round::Trouble(sentence),
            }
        }
        let (sent, sent_at) = (Instant::now(), self.shared.settings.clock.now());
        let renewed = micro_time(sent_at);
        match self.store.write(self.lease.as_ref(), &self.claim, renewed).await {
            Ok(lease) => {
                self.lease = Some(lease);
                self.note_renewal(sent, sent_at);
                Round::Renewed
            }
            Err(error) => {
                self.read_first = true;
                match error {
                    CallError::Changed => Round::Again,
                    CallError::Failed(sentence) => Round::Trouble(sentence),
                }
            }
        }
    }

    /// Reads the Lease and evaluates it.
    async fn read_lease(&mut self) -> Result<Step, CallError> {
        let lease = self.store.read().await?;
        let now = Instant::now();
        let seen = lease
            .as_ref()
            .map(|lease| Sighting::of(Record::from(lease), None, now));
        let longest = self.shared.settings.longest_believed();
        let step = evaluate(seen.as_ref(), Role::Leader(&self.claim), longest, now);
        if !matches!(step, Step::Lost(_)) {
            self.lease = lease;
            self.read_first = false;
        }
        Ok(step)
    }

    /// Releases the lease if it is still held; tries twice, because a renewal whose response was lost may have changed it.
    async fn release(&mut self) -> End {
        for _ in 0..2 {
            if self.read_first && !matches!(self.read_lease().await, Ok(Step::Renew)) {
                break;
            }
            let Some(lease) = &self.lease else { break };
            match self.store.release(lease).await {
                Ok(_) => {
                    tracing::info!("lease released");
                    return End::Released;
                }
                Err(CallError::Changed) => self.read_first = true,
                Err(CallError::Failed(sentence)) => {
                    tracing::warn!(error = %sentence, "lease release failed; it will expire");
                    return End::Released;
                }
            }
        }
        tracing::info!("lease not released: another replica holds it");
        End::Released
    }

    fn note_renewal(&self, sent: Instant, sent_at: DateTime<Utc>) {
        let mut state = self.shared.lock();
        (state.sent, state.sent_at) = (sent, sent_at);
        self.shared.settings.metrics.lease_renewed(sent_at);
        if state.trouble.take().is_some() {
            tracing::info!("lease renewal recovered");
            self.readiness.ready(
                LEADER_FACT,
                format!("this replica, {}, leads", self.claim.identity),
            );
        }
    }

    fn note_trouble(&self, sentence: String) {
        let mut state = self.shared.lock();
        if state.trouble.as_ref() != Some(&sentence) {
            tracing::warn!(error = %sentence, "lease renewal failed; will retry");
        }
        self.readiness
            .not_ready(LEADER_FACT, format!("leads, and cannot renew: {sentence}"));
        state.trouble = Some(sentence);
    }
}

/// Returns when the lease is to be released, or when the leader was dropped, which also aborts the task.
async fn release_wanted(wants: &mut watch::Receiver<Wanted>) {
    let _ = wants.wait_for(|wanted| *wanted == Wanted::Release).await;
}
