//! Whether policies and settings are what the API server has now. A watch that was cut off shows the past, and the past
//! neither grants nor denies.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Instant;

use kube::api::ListParams;
use tokio::sync::Mutex;

use super::requests::{NoAnswer, no_answer, within};
use super::shell::Shell;
use super::watching::RuleKind;
use crate::api::{ElevationRequestStatus, Phase, Reason};
use crate::domain::{Action, Decision};

/// For how many seconds a watch may be behind without anybody being told.
const MOMENT: u64 = 10;

/// Policies and settings by uid, with their generations.
pub type Generations = BTreeMap<String, i64>;

/// Reads policies and settings beside the watches.
pub struct Currency {
    client: kube::Client,
    last: Mutex<Option<Look>>,
    behind_since: std::sync::Mutex<Option<Instant>>,
}

/// What was there, as of a moment.
struct Look {
    began: Instant,
    found: Result<BTreeMap<RuleKind, Generations>, NoAnswer>,
}

impl Currency {
    /// One that has not looked yet.
    pub fn new(client: kube::Client) -> Self {
        Self {
            client,
            last: Mutex::default(),
            behind_since: std::sync::Mutex::default(),
        }
    }

    /// A moment is nothing to speak of; a watch that stays behind keeps every decision waiting.
    fn note(&self, current: bool) {
        let mut since = self.behind_since.lock().unwrap_or_else(PoisonError::into_inner);
        if current {
            *since = None;
            return;
        }
        let seconds = since.get_or_insert_with(Instant::now).elapsed().as_secs();
        if seconds < MOMENT {
            tracing::debug!("policies or settings have changed, and the watch has not shown it yet");
        } else {
            tracing::warn!(
                seconds,
                "the watch of policies and settings stays behind what the API server has: nothing that rests on them is \
                 decided until it has caught up"
            );
        }
    }

    /// What the API server has, in a look that began after this was called. Everybody who asks while one is under way shares
    /// the next.
    async fn found(&self) -> Result<BTreeMap<RuleKind, Generations>, NoAnswer> {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        if let Some(look) = last.as_ref().filter(|look| look.began >= asked) {
            return look.found.clone();
        }
        let began = Instant::now();
        let found = self.look().await;
        *last = Some(Look {
            began,
            found: found.clone(),
        });
        found
    }

    async fn look(&self) -> Result<BTreeMap<RuleKind, Generations>, NoAnswer> {
        let lists = RuleKind::ALL.map(async |kind| Ok((kind, self.list(kind).await?)));
        let lists = futures::future::try_join_all(lists).await?;
        Ok(lists.into_iter().collect())
    }

    async fn list(&self, kind: RuleKind) -> Result<Generations, NoAnswer> {
        let action = "list policies and settings";
        let objects = kind.objects(self.client.clone());
        let all = within(action, objects.list_metadata(&ListParams::default())).await?;
        let all = all.map_err(|error| no_answer(action, &error))?;
        let metadata = all.items.into_iter().map(|object| object.metadata);
        Ok(metadata
            .map(|metadata| {
                (
                    metadata.uid.unwrap_or_default(),
                    metadata.generation.unwrap_or_default(),
                )
            })
            .collect())
    }
}

impl Shell {
    /// Whether the watches have shown everything about policies and settings that there is. It takes a moment until they have
    /// shown the latest change, and longer when they were cut off.
    pub async fn rules_are_current(&self) -> Result<bool, NoAnswer> {
        let found = self.currency.found().await?;
        let current = {
            let rules = self.rules();
            let is_shown = |(kind, there): (&RuleKind, &Generations)| rules.shown(*kind) == *there;
            found.iter().all(is_shown)
        };
        self.currency.note(current);
        Ok(current)
    }
}

/// Whether a decision rests on what policies and settings say, so that older ones must not be taken for it. Ends that were
/// asked for or have come rest on nothing.
pub fn rests_on_rules(before: &ElevationRequestStatus, decision: &Decision) -> bool {
    let after = &decision.status;
    let verdicts =
        |status: &ElevationRequestStatus| status.review.as_ref().map(|review| review.verdicts.len());
    let goes_on = matches!(after.phase, Some(Phase::Pending | Phase::Approved));
    let proceeds = goes_on && (before.phase != after.phase || verdicts(before) != verdicts(after));
    let intends = before.assignment.is_none() && after.assignment.is_some();
    let grants = intends || matches!(decision.action, Some(Action::Grant(_)));
    let changes = before.phase != after.phase;
    let denies = changes && after.phase == Some(Phase::Denied);
    let takes_away = changes && after.phase == Some(Phase::Revoking) && !after.reason.is_some_and(is_an_end);
    proceeds || grants || denies || takes_away
}

/// Whether access ends for a reason that no policy has a say in.
fn is_an_end(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::EndReached
            | Reason::GrantTimedOut
            | Reason::EndedByRequester
            | Reason::CancelledByRequester
            | Reason::RevokedByReviewer
            | Reason::RevokedBySecurity
            | Reason::Deleted
            | Reason::RemovedExternally
            | Reason::SealBroken
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(phase: Option<Phase>, reason: Reason) -> ElevationRequestStatus {
        ElevationRequestStatus {
            phase,
            reason: Some(reason),
            ..ElevationRequestStatus::default()
        }
    }

    #[test]
    fn what_is_opened_granted_denied_or_taken_away_rests_on_the_rules_and_an_end_does_not() {
        use Phase::{Active, Approved, Denied, Pending, Revoking};
        let table = [
            (None, Some(Pending), Reason::AwaitingApproval, true),
            (None, Some(Denied), Reason::NotEligible, true),
            (Some(Pending), Some(Pending), Reason::LookupFailed, false),
            (Some(Pending), Some(Denied), Reason::NotEligible, true),
            (Some(Pending), Some(Approved), Reason::ApprovalsComplete, true),
            (Some(Approved), Some(Revoking), Reason::AccountNotActive, true),
            (Some(Approved), Some(Revoking), Reason::GrantTimedOut, false),
            (Some(Active), Some(Revoking), Reason::EligibilityLost, true),
            (Some(Active), Some(Revoking), Reason::EndReached, false),
            (Some(Active), Some(Revoking), Reason::RevokedBySecurity, false),
            (Some(Revoking), Some(Revoking), Reason::EligibilityLost, false),
        ];
        for (before, after, reason, expected) in table {
            let decision = Decision {
                status: status(after, reason),
                action: None,
                wake_at: None,
                questions: vec![],
                transition: None,
                alerts: vec![],
            };
            let rests = rests_on_rules(&status(before, Reason::Granting), &decision);
            assert_eq!(rests, expected, "{before:?} to {after:?}, {reason:?}");
        }
    }
}
