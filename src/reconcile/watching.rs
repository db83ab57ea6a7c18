//! The watches on policies and settings: every change wakes all requests.

use std::sync::Arc;

use futures::StreamExt as _;
use kube::api::{Api, DynamicObject};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt as _, watcher as watch};

use super::currency::Generations;
use super::requests::resource;
use super::shell::{Rules, Shell};
use crate::api::Timestamp;

/// A kind that decisions rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleKind {
    /// Who may ask for what.
    EligibilityPolicy,
    /// Who approves what.
    ApproverPolicy,
    /// The rules of the house.
    TeamSettings,
}

impl RuleKind {
    /// Every kind.
    pub const ALL: [RuleKind; 3] = [Self::EligibilityPolicy, Self::ApproverPolicy, Self::TeamSettings];

    /// The objects of this kind.
    pub fn objects(self, client: kube::Client) -> Api<DynamicObject> {
        let (kind, plural) = match self {
            Self::EligibilityPolicy => ("EligibilityPolicy", "eligibilitypolicies"),
            Self::ApproverPolicy => ("ApproverPolicy", "approverpolicies"),
            Self::TeamSettings => ("TeamSettings", "teamsettings"),
        };
        Api::all_with(client, &resource(kind, plural))
    }
}

impl Rules {
    fn take(&mut self, kind: RuleKind, event: Event<DynamicObject>, now: Timestamp) -> bool {
        match kind {
            RuleKind::EligibilityPolicy => self.eligibility.take(event, now),
            RuleKind::ApproverPolicy => self.approver.take(event, now),
            RuleKind::TeamSettings => self.settings.take(event, now),
        }
    }

    /// What the watch has shown last of this kind.
    pub fn shown(&self, kind: RuleKind) -> Generations {
        match kind {
            RuleKind::EligibilityPolicy => self.eligibility.shown(),
            RuleKind::ApproverPolicy => self.approver.shown(),
            RuleKind::TeamSettings => self.settings.shown(),
        }
    }

    /// Whether a complete list of every kind was seen: before that nothing is decided.
    pub fn are_known(&self) -> bool {
        let known = [
            self.eligibility.known_since(),
            self.approver.known_since(),
            self.settings.known_since(),
        ];
        known.iter().all(Option::is_some)
    }
}

/// Follows one kind for ever.
pub async fn follow(shell: Arc<Shell>, kind: RuleKind, client: kube::Client) {
    let mut events = watch(kind.objects(client), watcher::Config::default())
        .default_backoff()
        .boxed();
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => {
                let now = shell.now();
                let forget_before = now.checked_add(-shell.settings.timings.disappearance_grace * 4);
                let changed = {
                    let mut rules = shell
                        .rules
                        .write()
                        .unwrap_or_else(std::sync::PoisonError::into_inner);
                    if let Some(time) = forget_before {
                        rules.eligibility.forget_gone_before(time);
                        rules.approver.forget_gone_before(time);
                    }
                    rules.take(kind, event, now)
                };
                if changed {
                    tracing::debug!(?kind, "policies or settings changed");
                    shell.begin_epoch();
                }
            }
            Err(error) => {
                let error = super::with_causes(&error);
                tracing::warn!(?kind, error, "the watch was interrupted; it is taken up again");
            }
        }
    }
}

/// Waits until policies and settings are known.
pub async fn rules_are_known(shell: &Shell) {
    let mut epochs = shell.epoch.subscribe();
    while !shell.rules().are_known() {
        if epochs.changed().await.is_err() {
            return;
        }
    }
}
