//! Standing for election.

use k8s_openapi::api::coordination::v1::Lease;
use tokio::time::{Instant, sleep, sleep_until};

use super::evaluate::{Claim, Record, Role, Sighting, Step, evaluate};
use super::hold::{Leader, Won};
use super::store::{CallError, Store, micro_time};
use super::{LEADER_FACT, LEASE_NAME, LeaseSettings};
use crate::runtime::Readiness;

/// A replica that wants to lead.
pub struct Elector {
    store: Store,
    settings: LeaseSettings,
    readiness: Readiness,
    seen: Option<Sighting>,
    claim: Option<Claim>,
    said: String,
}

/// What one look ended with.
enum Look {
    Won(Box<Won>),
    /// Somebody else holds it, at least until then.
    Held(Instant),
    /// Somebody else was faster: look again.
    Beaten,
}

impl Elector {
    /// Waits until the lease is ours, and says whom it waits for. Dropping this is safe: a lease that was just won and
    /// not handed out runs out by itself.
    ///
    /// A standby counts as ready: a new replica must be, or a rollout would wait for ever to end the old one.
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
            match elector.look().await {
                Ok(Look::Won(won)) => return elector.lead(*won),
                Ok(Look::Held(until)) => {
                    elector.say_whom_we_wait_for();
                    // Looking often shows a release at once; looking at the end, a silence as soon as it is long enough.
                    sleep_until(again.min(until)).await;
                }
                Ok(Look::Beaten) | Err(CallError::Changed) => sleep(elector.settings.pause() / 10).await,
                Err(CallError::Failed(sentence)) => {
                    elector.say(sentence, false);
                    sleep_until(again).await;
                }
            }
        }
    }

    async fn look(&mut self) -> Result<Look, CallError> {
        let lease = self.store.read().await?;
        let now = Instant::now();
        let before = self.seen.take();
        self.seen = lease
            .as_ref()
            .map(|lease| Sighting::of(Record::from(lease), before, now));
        match evaluate(self.seen.as_ref(), Role::Candidate(self.claim.as_ref()), now) {
            Step::Wait(until) => Ok(Look::Held(until)),
            Step::Acquire => {
                let claim = self.new_claim();
                self.claim = Some(claim.clone()); // before the call: its answer may get lost
                self.take(lease.as_ref(), claim).await
            }
            // An attempt of ours that got no answer was carried out.
            Step::Renew => match self.claim.clone() {
                Some(claim) => self.take(lease.as_ref(), claim).await,
                None => Ok(Look::Beaten),
            },
            Step::Lost(_) => Ok(Look::Beaten), // said to leaders only
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

    async fn take(&self, over: Option<&Lease>, claim: Claim) -> Result<Look, CallError> {
        let (sent, sent_at) = (Instant::now(), self.settings.clock.now());
        match self.store.write(over, &claim, micro_time(sent_at)).await {
            Ok(lease) => Ok(Look::Won(Box::new(Won {
                claim,
                lease,
                sent,
                sent_at,
            }))),
            Err(CallError::Changed) => Ok(Look::Beaten),
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
            "leading"
        );
        readiness.ready(LEADER_FACT, format!("this replica, {}, leads", settings.identity));
        Leader::start(store, settings, readiness, won)
    }

    fn say_whom_we_wait_for(&mut self) {
        let holder = self.seen.as_ref().and_then(|seen| seen.record.holder.clone());
        let sentence = format!(
            "standby: the lease {LEASE_NAME} in namespace {} is held by {}",
            self.settings.namespace,
            holder.unwrap_or_default()
        );
        self.say(sentence, true);
    }

    /// News is logged; `/readyz` always knows.
    fn say(&mut self, sentence: String, good: bool) {
        if good {
            self.readiness.ready(LEADER_FACT, &sentence);
        } else {
            self.readiness.not_ready(LEADER_FACT, &sentence);
        }
        if self.said != sentence {
            if good {
                tracing::info!("{sentence}");
            } else {
                tracing::warn!("{sentence}");
            }
            self.said = sentence;
        }
    }
}
