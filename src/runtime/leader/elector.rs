//! A candidate for the lease.

use k8s_openapi::api::coordination::v1::Lease;
use tokio::time::{Instant, sleep, sleep_until};

use super::evaluate::{Claim, Record, Role, Sighting, Step, evaluate};
use super::hold::{Leader, Won};
use super::store::{CallError, Store, micro_time};
use super::{LEADER_FACT, LeaseSettings};
use crate::runtime::{Readiness, State};

/// A replica that wants to lead.
pub struct Elector {
    store: Store,
    settings: LeaseSettings,
    readiness: Readiness,
    seen: Option<Sighting>,
    claim: Option<Claim>,
    said: String,
}

/// The result of one attempt.
enum Attempt {
    Won(Box<Won>),
    /// Another replica holds it, at least until then.
    Held(Instant),
    /// Another replica was faster: read again.
    Beaten,
}

impl Elector {
    /// Waits until this replica holds the lease, and logs who holds it meanwhile. Dropping this is safe: a lease that was
    /// just acquired expires.
    ///
    /// A standby is ready: otherwise a rolling update would wait for ever before it stops the old replica.
    pub async fn acquire(client: kube::Client, settings: LeaseSettings, readiness: Readiness) -> Leader {
        let mut elector = Self {
            store: Store::new(client, &settings),
            settings,
            readiness,
            seen: None,
            claim: None,
            said: String::new(),
        };
        loop {
            let again = Instant::now() + elector.settings.pause();
            match elector.attempt().await {
                Ok(Attempt::Won(won)) => return elector.lead(*won),
                Ok(Attempt::Held(until)) => {
                    elector.report_holder();
                    // Reading often notices a release at once; reading at the end notices the expiry at once.
                    sleep_until(again.min(until)).await;
                }
                Ok(Attempt::Beaten) | Err(CallError::Changed) => sleep(elector.settings.pause() / 10).await,
                Err(CallError::Failed(sentence)) => {
                    elector.say(sentence, State::Bad);
                    sleep_until(again).await;
                }
            }
        }
    }

    async fn attempt(&mut self) -> Result<Attempt, CallError> {
        let lease = self.store.read().await?;
        let now = Instant::now();
        let before = self.seen.take();
        self.seen = lease
            .as_ref()
            .map(|lease| Sighting::of(Record::from(lease), before, now));
        if self.seen.as_ref().is_some_and(|seen| seen.since == now) {
            self.settings.metrics.lease_renewed(self.settings.clock.now());
        }
        let role = Role::Candidate(self.claim.as_ref());
        match evaluate(self.seen.as_ref(), role, self.settings.longest_believed(), now) {
            Step::Wait(until) => Ok(Attempt::Held(until)),
            Step::Acquire => {
                let claim = self.new_claim();
                self.claim = Some(claim.clone()); // before the call: its response may be lost
                self.take(lease.as_ref(), claim).await
            }
            // An earlier write whose response was lost has taken effect.
            Step::Renew => match self.claim.clone() {
                Some(claim) => self.take(lease.as_ref(), claim).await,
                None => Ok(Attempt::Beaten),
            },
            Step::Lost(_) => Ok(Attempt::Beaten), // returned to leaders only
        }
    }

    fn new_claim(&self) -> Claim {
        let transitions = self
            .seen
            .as_ref()
            .map_or(0, |seen| seen.record.transitions.saturating_add(1));
        Claim {
            identity: self.settings.identity.clone(),
            acquired: micro_time(self.settings.clock.now()),
            transitions,
        }
    }

    async fn take(&self, over: Option<&Lease>, claim: Claim) -> Result<Attempt, CallError> {
        let (sent, sent_at) = (Instant::now(), self.settings.clock.now());
        match self.store.write(over, &claim, micro_time(sent_at)).await {
            Ok(lease) => Ok(Attempt::Won(Box::new(Won {
                claim,
                lease,
                sent,
                sent_at,
            }))),
            Err(CallError::Changed) => Ok(Attempt::Beaten),
            Err(error) => Err(error),
        }
    }

    fn lead(self, won: Won) -> Leader {
        let Self {
            store,
            settings,
            readiness,
            ..
        } = self;
        tracing::info!(
            identity = settings.identity,
            transitions = won.claim.transitions,
            "acquired the lease"
        );
        settings.metrics.leads(Some(won.claim.transitions));
        settings.metrics.lease_renewed(won.sent_at);
        readiness.ready(LEADER_FACT, format!("this replica, {}, leads", settings.identity));
        Leader::start(store, settings, readiness, won)
    }

    /// A standby is ready also while nobody acts: what it would have to do about that is to take over, and it does.
    fn report_holder(&mut self) {
        let LeaseSettings {
            name,
            namespace,
            duration,
            ..
        } = &self.settings;
        let (holder, silent) = self.seen.as_ref().map_or((String::new(), false), |seen| {
            let holder = seen.record.holder.clone().unwrap_or_default();
            (holder, seen.since.elapsed() > *duration)
        });
        let held = format!("the lease {name} in namespace {namespace} is held by {holder}");
        if silent {
            let sentence = format!(
                "nobody acts: {held}, and was not renewed for more than {} s. This replica takes over at most {} s after the \
                 last renewal",
                duration.as_secs(),
                self.settings.longest_believed().as_secs()
            );
            self.say(sentence, State::Warning);
        } else {
            self.say(format!("standby: {held}"), State::Good);
        }
    }

    /// Shows the sentence in `/readyz`, and logs it when it is new.
    fn say(&mut self, sentence: String, state: State) {
        match state {
            State::Good => self.readiness.ready(LEADER_FACT, &sentence),
            State::Warning => self.readiness.warn(LEADER_FACT, &sentence),
            State::Bad => self.readiness.not_ready(LEADER_FACT, &sentence),
        }
        if self.said != sentence {
            if state == State::Good {
                tracing::info!(status = %sentence, "not the leader");
            } else {
                tracing::warn!(error = %sentence, "no lease; will retry");
            }
            self.said = sentence;
        }
    }
}
