//! Everything that one decision about a request may look at.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::assignment::StoredRecord;
use super::fact_reader::Facts;
use super::timings::Timings;
use super::window::after;
use crate::api::{
    ApproverPolicySpec, ClaimRequest, ElevationRequestSpec, ElevationRequestStatus, EligibilityPolicySpec,
    InstanceArn, OnEligibilityLost, TeamSettingsSpec, Timestamp, UserId,
};

/// Everything that one decision may look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The request that it is about.
    pub request: RequestFacts,
    /// Cluster-wide settings.
    pub settings: SettingsFact,
    /// Whether the settings allow to delete what the controller needs: it may be gone soon, so that nothing new is claimed.
    pub deletion_allowed: bool,
    /// Who may ask for what.
    pub eligibility_policies: Policies<EligibilityPolicySpec>,
    /// Who approves what.
    pub approver_policies: Policies<ApproverPolicySpec>,
    /// What AWS and the API server said.
    pub facts: Facts,
    /// Whether the admission policies can be relied on.
    pub guard: Guard,
    /// What the journal has of the request.
    pub journal: JournalFact,
    /// How far other clocks are ahead of ours.
    pub clocks: Clocks,
    /// The requests other than this one that are open (neither finished nor without a phase).
    pub open_requests: OpenRequests,
    /// The record on which the request has a claim, or of the assignment that it is about; `None` when there is none.
    pub record: Option<StoredRecord>,
    /// What was configured.
    pub identity_center: IdentityCenter,
    /// Every delay.
    pub timings: Timings,
}

/// How many requests are open, of whom.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OpenRequests {
    /// By the Identity Center id of the requester: only the decision knows whose a new request is.
    by_user: BTreeMap<String, usize>,
    /// By the Kubernetes user name: a person's surplus is refused before anything is looked up.
    by_name: BTreeMap<String, usize>,
}

impl OpenRequests {
    /// One more, of this Kubernetes user, who is this user of Identity Center.
    pub fn add(&mut self, name: Option<&str>, user: &str) {
        *self.by_user.entry(user.to_owned()).or_default() += 1;
        if let Some(name) = name {
            *self.by_name.entry(name.to_owned()).or_default() += 1;
        }
    }

    /// How many this user of Identity Center has.
    pub fn of_user(&self, user: &UserId) -> usize {
        self.by_user.get(user.as_str()).copied().unwrap_or(0)
    }

    /// How many this Kubernetes user has.
    pub fn of_name(&self, name: &str) -> usize {
        self.by_name.get(name).copied().unwrap_or(0)
    }
}

/// One request, as the API server has it.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestFacts {
    /// Its uid.
    pub uid: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The resourceVersion that was read.
    pub version: String,
    /// The generation of its spec.
    pub generation: i64,
    /// When it was created, by the API server's clock.
    pub created_at: Timestamp,
    /// When its deletion was asked for.
    pub deleted_at: Option<Timestamp>,
    /// Whether our finalizer is on it.
    pub has_finalizer: bool,
    /// What is asked for.
    pub spec: ElevationRequestSpec,
    /// What became of it; empty when nothing was written yet.
    pub status: ElevationRequestStatus,
    /// Whether the status is the one that the controller wrote.
    pub seal: SealCheck,
}

impl RequestFacts {
    /// `namespace/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// These facts, as one believes them who has seen this sequence of the same request. A status with a lower one is of before:
    /// somebody wrote it back, or emptied it. Its seal may fit, and it is believed no more than a forged one.
    #[must_use]
    pub fn after(mut self, seen: Option<i64>) -> Self {
        if self.status.sequence < seen {
            self.seal = SealCheck::Broken;
            // What the controller writes next comes after all that it has seen.
            self.status.sequence = seen;
        }
        self
    }

    /// How a record names the request.
    pub fn claim_request(&self) -> ClaimRequest {
        ClaimRequest {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            uid: self.uid.clone(),
        }
    }
}

/// Whether one resourceVersion came after another: Kubernetes has promised since 1.35 that the versions of one resource can be
/// compared as numbers; etcd's always could.
pub fn is_later_version(one: &str, other: &str) -> bool {
    let number = |version: &str| version.parse::<u64>().unwrap_or(0);
    number(one) > number(other)
}

/// Whether a status is the one that the controller wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealCheck {
    /// It bears no seal: the controller never wrote it.
    Unsealed,
    /// It is what the controller wrote.
    Valid,
    /// It is not.
    Broken,
    /// It cannot be read as a whole, and nothing shows that somebody else wrote what the controller writes.
    Unreadable,
}

/// The one TeamSettings.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingsFact {
    /// It is there.
    Present(TeamSettingsSpec),
    /// It is not.
    Missing {
        /// Since when, as far as this controller saw.
        since: Timestamp,
        /// What it last said about access of people who are no longer eligible.
        on_eligibility_lost: Option<OnEligibilityLost>,
    },
}

/// All policies of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Policies<S> {
    /// Since when the controller has seen every change. A policy that a request names and that is not listed here
    /// went before, and counts as gone since then.
    pub known_since: Timestamp,
    /// Every policy, with those that disappeared less than the grace ago.
    pub all: Vec<PolicyFact<S>>,
}

/// One policy.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyFact<S> {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// The generation of its spec.
    pub generation: i64,
    /// What it says, or said.
    pub spec: S,
    /// When it disappeared.
    pub gone_since: Option<Timestamp>,
}

impl<S> Policies<S> {
    /// The policies that matter at `now`: those that exist, and those whose disappearance does not count yet. One
    /// that was made again under its name has replaced the one that went.
    pub fn relevant(&self, now: Timestamp, grace: TimeDelta) -> impl Iterator<Item = &PolicyFact<S>> {
        self.all.iter().filter(move |policy| match policy.gone_since {
            None => true,
            Some(since) => {
                let replaced =
                    |other: &PolicyFact<S>| other.gone_since.is_none() && other.name == policy.name;
                now < after(since, grace) && !self.all.iter().any(replaced)
            }
        })
    }

    /// Until when the disappearance of a policy that a request rests on does not count; `None` when it exists, was
    /// replaced, or has been gone long enough.
    pub fn missing_until(
        &self,
        name: &str,
        uid: &str,
        now: Timestamp,
        grace: TimeDelta,
    ) -> Option<Timestamp> {
        let known = |policy: &PolicyFact<S>| policy.uid == uid || policy.name == name;
        if self.all.iter().any(known) {
            return None;
        }
        Some(after(self.known_since, grace)).filter(|until| now < *until)
    }
}

/// Whether the admission policies can be relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// They are in force, proven right before, and were all the time since the request was last decided.
    Intact,
    /// Nobody can tell: no grants, new entries stay unjudged, nothing is void. The text says why.
    Unproven(String),
    /// They are not in force. The text says which.
    Broken(String),
    /// They are in force now and were not at some time since the request was last decided.
    /// The request has to be the one that the API server has, read live: a watch that lags may not show yet what the gap
    /// let in, and what is not there cannot be voided.
    BrokenBefore(String),
}

impl Guard {
    /// Why what people wrote and nobody has judged yet must never count.
    pub fn gap(&self) -> Option<&str> {
        match self {
            Guard::Broken(why) | Guard::BrokenBefore(why) => Some(why),
            Guard::Intact | Guard::Unproven(_) => None,
        }
    }

    /// Why nothing may be granted now.
    pub fn not_in_force(&self) -> Option<&str> {
        match self {
            Guard::Broken(why) | Guard::Unproven(why) => Some(why),
            Guard::Intact | Guard::BrokenBefore(_) => None,
        }
    }
}

/// What the journal has of a request, and whether it can be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JournalFact {
    /// Up to which entry of the history a committed head covers it, as far as this process knows.
    pub recorded: i64,
    /// Why the journal cannot be written, where it cannot: nothing is granted then.
    pub unwritable: Option<String>,
    /// Whether a request is finished without waiting for the journal, because an administrator says so.
    pub is_released: bool,
}

/// Whether this process may start grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// It holds the lease for long enough.
    Held,
    /// It is not sure to. The text says why.
    Unsure(String),
    /// Another process holds it. The text names that.
    HeldByAnother(String),
}

/// How far other clocks are ahead of ours; `None` while they were not seen.
///
/// Taken anew for each decision of a pass, so that a grant rests on what its own questions were answered with. What was
/// heard is kept against a clock that does not step: an offset from before ours was set is wrong by as much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clocks {
    /// The API server's, as its answers say.
    pub api_server_ahead: Option<TimeDelta>,
    /// AWS's, as its answers say.
    pub aws_ahead: Option<TimeDelta>,
}

impl Clocks {
    /// The farthest that two of the three clocks are apart.
    pub fn spread(&self) -> TimeDelta {
        let offsets = [Some(TimeDelta::zero()), self.api_server_ahead, self.aws_ahead];
        let seen = || offsets.iter().flatten().copied();
        let (first, last) = (seen().min(), seen().max());
        last.unwrap_or_default() - first.unwrap_or_default()
    }

    /// What the latest of the three clocks says when ours says `now`. A clock within `tolerance` of ours says the
    /// same as ours, or every end would jitter with the network.
    pub fn latest(&self, now: Timestamp, tolerance: TimeDelta) -> Timestamp {
        let ahead = self.api_server_ahead.max(self.aws_ahead).unwrap_or_default();
        if ahead > tolerance { after(now, ahead) } else { now }
    }

    /// What the earliest of the three clocks says: what takes a while is only over when it is over by every clock.
    pub fn earliest(&self, now: Timestamp, tolerance: TimeDelta) -> Timestamp {
        let seen = [self.api_server_ahead, self.aws_ahead];
        let ahead = seen.into_iter().flatten().min().unwrap_or_default();
        if ahead < -tolerance {
            after(now, ahead)
        } else {
            now
        }
    }
}

/// What was configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityCenter {
    /// The Identity Center instance.
    pub instance_arn: InstanceArn,
    /// Whether we act as a delegated administrator, who cannot assign the management account.
    pub delegated_administrator: bool,
}

#[cfg(test)]
mod tests;
