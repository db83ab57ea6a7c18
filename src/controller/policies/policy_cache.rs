//! All policies and the settings, as the watches show them.

use std::collections::BTreeMap;

use kube::api::{Api, DynamicObject};
use kube::runtime::watcher::Event;

use super::policy_store::{Generations, PolicyStore};
use crate::api::{
    ALLOW_DELETION, ApproverPolicySpec, EligibilityPolicySpec, OnEligibilityLost, RELEASE_UNRECORDED,
    TeamSettingsSpec, Timestamp,
};
use crate::controller::api_call::resource;
use crate::domain::{PolicySet, SettingsFact};
use crate::metrics::WatchKind;

/// The generations of every kind.
pub type Shown = BTreeMap<PolicyKind, Generations>;

/// A kind that decisions rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyKind {
    /// Who may ask for what.
    EligibilityPolicy,
    /// Who approves what.
    ApproverPolicy,
    /// Cluster-wide settings.
    TeamSettings,
}

impl PolicyKind {
    /// Every kind.
    pub const ALL: [PolicyKind; 3] = [Self::EligibilityPolicy, Self::ApproverPolicy, Self::TeamSettings];

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

impl From<PolicyKind> for WatchKind {
    fn from(kind: PolicyKind) -> Self {
        match kind {
            PolicyKind::EligibilityPolicy => Self::EligibilityPolicy,
            PolicyKind::ApproverPolicy => Self::ApproverPolicy,
            PolicyKind::TeamSettings => Self::TeamSettings,
        }
    }
}

/// Policies and settings.
#[derive(Debug, Default)]
pub struct PolicyCache {
    /// Who may ask for what.
    pub eligibility: PolicyStore<EligibilityPolicySpec>,
    /// Who approves what.
    pub approver: PolicyStore<ApproverPolicySpec>,
    /// The one object named `default`.
    pub settings: PolicyStore<TeamSettingsSpec>,
    /// Whether it allows to delete what the controller needs.
    pub deletion_allowed: bool,
    /// What is remembered of settings from before this process began; `None` until that was read.
    pub remembered: Option<RememberedSettings>,
    /// Why finished requests need not wait for the journal, in the words of whoever annotated the settings.
    release: Option<String>,
}

/// What is remembered of settings that are gone.
#[derive(Debug, Clone, Copy, Default)]
pub struct RememberedSettings {
    /// What they said about access of people who are no longer eligible, as far as anybody noted that.
    pub on_eligibility_lost: Option<OnEligibilityLost>,
}

impl PolicyCache {
    /// What decisions rest on.
    pub fn policy_set(&self) -> PolicySet {
        PolicySet {
            settings: self.settings_fact(),
            deletion_allowed: self.deletion_allowed,
            eligibility: self.eligibility.facts(),
            approver: self.approver.facts(),
        }
    }

    /// The settings as decisions see them.
    pub fn settings_fact(&self) -> SettingsFact {
        if let Some(settings) = self.settings.existing().next() {
            return SettingsFact::Present(settings.spec.clone());
        }
        let gone = self.settings.last_gone();
        let began = || Timestamp::from(chrono::DateTime::UNIX_EPOCH);
        let since = gone
            .and_then(|gone| gone.gone_since)
            .or(self.settings.known_since())
            .unwrap_or_else(began);
        let remembered = self.remembered.and_then(|settings| settings.on_eligibility_lost);
        let on_eligibility_lost = gone.map(|gone| gone.spec.on_eligibility_lost).or(remembered);
        SettingsFact::Missing {
            since,
            on_eligibility_lost,
        }
    }

    /// Takes in what a watch says; whether anything changed that a decision could see.
    pub fn take(&mut self, kind: PolicyKind, event: Event<DynamicObject>, now: Timestamp) -> bool {
        match kind {
            PolicyKind::EligibilityPolicy => self.eligibility.take(event, now),
            PolicyKind::ApproverPolicy => self.approver.take(event, now),
            PolicyKind::TeamSettings => {
                let before = self.deletion_allowed;
                self.deletion_allowed = match &event {
                    Event::Apply(object) | Event::InitApply(object) => allows_deletion(object),
                    Event::Delete(_) => false,
                    Event::Init | Event::InitDone => before,
                };
                let is_released = self.take_release(&event);
                self.settings.take(event, now) || is_released || self.deletion_allowed != before
            }
        }
    }

    /// Why finished requests need not wait for the journal, where an administrator says so.
    pub fn release(&self) -> Option<&str> {
        self.release.as_deref()
    }

    /// Takes in an annotation of the settings; whether it changed.
    fn take_release(&mut self, event: &Event<DynamicObject>) -> bool {
        let release = match event {
            Event::Apply(object) | Event::InitApply(object) => {
                let annotations = object.metadata.annotations.as_ref();
                annotations.and_then(|all| all.get(RELEASE_UNRECORDED).cloned())
            }
            Event::Delete(_) => None,
            Event::Init | Event::InitDone => return false,
        };
        let is_new = self.release != release;
        self.release = release;
        is_new
    }

    /// Forgets what went before that time.
    pub fn forget_gone_before(&mut self, time: Timestamp) {
        self.eligibility.forget_gone_before(time);
        self.approver.forget_gone_before(time);
    }

    /// Whether the watches have shown exactly this.
    pub fn show(&self, found: &Shown) -> bool {
        let is_shown = |(kind, there): (&PolicyKind, &Generations)| self.shown(*kind) == *there;
        found.iter().all(is_shown)
    }

    fn shown(&self, kind: PolicyKind) -> Generations {
        match kind {
            PolicyKind::EligibilityPolicy => self.eligibility.shown(),
            PolicyKind::ApproverPolicy => self.approver.shown(),
            PolicyKind::TeamSettings => self.settings.shown(),
        }
    }

    /// Whether a complete list of every kind was seen: before that nothing is decided.
    pub fn are_known(&self) -> bool {
        let known = [
            self.eligibility.known_since(),
            self.approver.known_since(),
            self.settings.known_since(),
        ];
        known.iter().all(Option::is_some) && self.remembered.is_some()
    }
}

/// Whether these settings allow to delete what the controller needs.
pub fn allows_deletion(settings: &DynamicObject) -> bool {
    let annotations = settings.metadata.annotations.as_ref();
    annotations.is_some_and(|all| all.get(ALLOW_DELETION).is_some_and(|value| value == "true"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_allow_deletion_by_an_annotation_until_it_or_they_are_gone() {
        let settings = |annotations| -> DynamicObject {
            let metadata =
                json!({ "name": "default", "uid": "u", "generation": 1, "annotations": annotations });
            serde_json::from_value(json!({ "metadata": metadata, "spec": {} })).unwrap()
        };
        let now = Timestamp::from(chrono::DateTime::UNIX_EPOCH);
        let mut cache = PolicyCache::default();
        let kind = PolicyKind::TeamSettings;
        let allowed = || settings(json!({ ALLOW_DELETION: "true" }));
        for (event, changes, says) in [
            (Event::Apply(settings(json!({}))), true, false),
            (
                Event::Apply(settings(json!({ ALLOW_DELETION: "false" }))),
                false,
                false,
            ),
            (Event::Apply(allowed()), true, true),
            (Event::Init, false, true),
            (Event::InitApply(allowed()), false, true),
            (Event::Apply(settings(json!({}))), true, false),
            (Event::Apply(allowed()), true, true),
            (Event::Delete(allowed()), true, false),
        ] {
            assert_eq!(cache.take(kind, event, now), changes);
            assert_eq!(cache.policy_set().deletion_allowed, says);
        }
    }
}
