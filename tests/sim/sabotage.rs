//! Each law broken on purpose: what no law notices is no law.

use std::time::Duration;

use chrono::TimeDelta;
use team_operator::api::{
    AccountId, AssignmentOrigin, AssignmentState, AssignmentTuple, Phase, Reason, Requirement,
};
use team_operator::domain::{
    Action, Aged, Clocks, Decision, Fact, Facts, FailureKind, ListAnswer, Listing, OperationState,
    SettingsFact, Snapshot,
};

use crate::plan::ACCOUNTS;
use crate::sim::Sim;

/// What is done wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sabotage {
    GrantsWithoutApproval,
    IgnoresTheEnd,
    SkipsRevoking,
    ActsBeforeWriting,
    ForgetsWhatItAsked,
    ForgetsWhatIsInFlight,
    RemovesTheFinalizerEarly,
    RefusesNobodyWherePolicyIsNarrow,
    IgnoresClocks,
    SleepsForEver,
    TakesStandingAccessForItsOwn,
    EndsWhileItHolds,
    TakesWhatIsOpenForFailed,
    GrantsInAnotherAccount,
    GivesUpAfterAFailure,
    TakesUnknownForAbsent,
    IgnoresSiblings,
    LooksOnlyOnce,
}

impl Sabotage {
    pub(crate) const ALL: [Sabotage; 18] = [
        Sabotage::GrantsWithoutApproval,
        Sabotage::IgnoresTheEnd,
        Sabotage::SkipsRevoking,
        Sabotage::ActsBeforeWriting,
        Sabotage::ForgetsWhatItAsked,
        Sabotage::ForgetsWhatIsInFlight,
        Sabotage::RemovesTheFinalizerEarly,
        Sabotage::RefusesNobodyWherePolicyIsNarrow,
        Sabotage::IgnoresClocks,
        Sabotage::SleepsForEver,
        Sabotage::TakesStandingAccessForItsOwn,
        Sabotage::EndsWhileItHolds,
        Sabotage::TakesWhatIsOpenForFailed,
        Sabotage::GrantsInAnotherAccount,
        Sabotage::GivesUpAfterAFailure,
        Sabotage::TakesUnknownForAbsent,
        Sabotage::IgnoresSiblings,
        Sabotage::LooksOnlyOnce,
    ];

    /// The law that it breaks.
    pub(crate) fn breaks(self) -> &'static str {
        match self {
            Sabotage::GrantsWithoutApproval => "L1",
            Sabotage::IgnoresTheEnd => "L2",
            Sabotage::SkipsRevoking => "L3",
            Sabotage::ActsBeforeWriting => "L4",
            Sabotage::ForgetsWhatItAsked => "L5",
            Sabotage::ForgetsWhatIsInFlight => "L6",
            Sabotage::RemovesTheFinalizerEarly => "L7",
            Sabotage::RefusesNobodyWherePolicyIsNarrow => "L8",
            Sabotage::IgnoresClocks => "L9",
            Sabotage::SleepsForEver => "L10",
            Sabotage::TakesStandingAccessForItsOwn => "L11",
            Sabotage::EndsWhileItHolds => "L12",
            Sabotage::TakesWhatIsOpenForFailed | Sabotage::LooksOnlyOnce => "L13",
            Sabotage::GrantsInAnotherAccount => "L14",
            Sabotage::GivesUpAfterAFailure => "L15",
            Sabotage::TakesUnknownForAbsent => "L16",
            Sabotage::IgnoresSiblings => "last holder",
        }
    }
}

impl Sim {
    pub(crate) fn sabotage_snapshot(&self, snapshot: &mut Snapshot) {
        match self.sabotage {
            Some(Sabotage::GrantsWithoutApproval) => {
                if let SettingsFact::Present(settings) = &mut snapshot.settings {
                    settings.approval_workflow = Requirement::NotRequired;
                }
            }
            Some(Sabotage::IgnoresClocks) => snapshot.clocks = Clocks::default(),
            _ => {}
        }
    }

    pub(crate) fn sabotage_decision(&self, snapshot: &Snapshot, decision: &mut Decision) {
        let Some(sabotage) = self.sabotage else { return };
        let to = decision.transition.as_ref().map(|transition| transition.to);
        let begins_to_revoke = to == Some(Phase::Revoking);
        let assignment = decision.status.assignment.as_mut();
        match sabotage {
            Sabotage::IgnoresTheEnd
                if begins_to_revoke && decision.status.reason == Some(Reason::EndReached) =>
            {
                decision.status = snapshot.request.status.clone();
                decision.wake_at = decision
                    .wake_at
                    .and_then(|at| at.checked_add(TimeDelta::hours(1)));
            }
            Sabotage::SkipsRevoking if begins_to_revoke => decision.status.phase = Some(Phase::Ended),
            Sabotage::EndsWhileItHolds if begins_to_revoke => {
                decision.status.phase = Some(Phase::Ended);
                decision.status.finished = true;
            }
            Sabotage::RemovesTheFinalizerEarly if begins_to_revoke => {
                decision.action = Some(Action::RemoveFinalizer);
            }
            Sabotage::ForgetsWhatIsInFlight if begins_to_revoke => {
                let was_held = snapshot.request.status.phase == Some(Phase::Active);
                if let Some(assignment) = assignment.filter(|_| !was_held) {
                    assignment.state = AssignmentState::Gone;
                }
            }
            Sabotage::ForgetsWhatItAsked if matches!(decision.action, Some(Action::Grant(_))) => {
                if let Some(assignment) = assignment {
                    assignment.create = None;
                }
            }
            Sabotage::TakesStandingAccessForItsOwn => {
                if let Some(assignment) =
                    assignment.filter(|one| one.origin == Some(AssignmentOrigin::Standing))
                    && assignment.state == AssignmentState::Held
                {
                    assignment.origin = Some(AssignmentOrigin::Inherited);
                }
            }
            Sabotage::RefusesNobodyWherePolicyIsNarrow => {
                let policies = &snapshot.eligibility_policies.all;
                let narrow =
                    policies.len() < 2 || policies.iter().any(|one| one.spec.max_duration.seconds() == 1);
                if narrow && to == Some(Phase::Denied) {
                    decision.status = snapshot.request.status.clone();
                    decision.transition = None;
                }
            }
            Sabotage::SleepsForEver if decision.status.phase == Some(Phase::Approved) => {
                decision.wake_at = None;
            }
            Sabotage::GivesUpAfterAFailure if decision.status.reason == Some(Reason::LookupFailed) => {
                decision.wake_at = None;
            }
            _ => {}
        }
    }

    pub(crate) fn sabotage_facts(&self, facts: &mut Facts) {
        match self.sabotage {
            Some(Sabotage::TakesUnknownForAbsent) => {
                if let Some(Fact::Unknown(_)) = facts.listing {
                    let value = ListAnswer::Listed(Listing::default());
                    let observed_at = crate::cluster::utc(self.t);
                    facts.listing = Some(Fact::Known(Aged { value, observed_at }));
                }
            }
            Some(Sabotage::TakesWhatIsOpenForFailed) => {
                let states = facts.operations.values_mut().filter_map(|fact| match fact {
                    Fact::Known(aged) => Some(&mut aged.value),
                    Fact::Unknown(_) => None,
                });
                for state in states {
                    if *state
                        == (OperationState::InProgress {
                            ask_again_in: Duration::ZERO,
                        })
                    {
                        let reason = "it seems to fail".to_owned();
                        *state = OperationState::Failed {
                            kind: FailureKind::Other,
                            reason,
                        };
                    }
                }
            }
            Some(Sabotage::IgnoresSiblings) => {
                if let Some(Fact::Known(siblings)) = &mut facts.siblings {
                    siblings.value.clear();
                }
            }
            _ => {}
        }
    }

    pub(crate) fn sabotage_tuple(&self, tuple: &mut AssignmentTuple) {
        if self.sabotage == Some(Sabotage::GrantsInAnotherAccount) {
            tuple.account_id = AccountId::parse(ACCOUNTS[2]).unwrap();
        }
    }
}
