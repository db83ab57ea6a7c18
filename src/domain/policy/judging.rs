//! What people decided, and whether it is enough.

use std::collections::{BTreeMap, BTreeSet};

use super::approvers::directory_name;
use super::eligibility::is_subject;
use crate::api::{
    Approval, ApproverPolicySpec, ElevationRequestStatus, IdentitySettings, Reason, ReviewDecision,
    StageProgress, Verdict,
};
use crate::domain::fact_reader::{FactReader, Freshness, Undecided};
use crate::domain::facts::{Enabled, User, UserLookup};
use crate::domain::snapshot::{Guard, PolicyFact};

/// Evidence that a request was approved. Only this module makes it, from verdicts that are on record; a grant cannot be
/// written down without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    basis: Basis,
}

/// What an approval rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// Policy asked for no approval when the request was made.
    Waived,
    /// These people approved, by their ids in Identity Center.
    People(BTreeSet<String>),
}

impl Approved {
    /// What it rests on.
    pub fn basis(&self) -> &Basis {
        &self.basis
    }

    /// Reads the evidence off a status whose seal was checked; `None` when the record does not bear it out: too few
    /// different people in a stage, one counted twice, or the requester among them. A verdict counts only beside the entry that it
    /// is about: that one the person wrote, in their own name, and not even the controller's identity could have.
    pub(in crate::domain) fn from_record(status: &ElevationRequestStatus) -> Option<Self> {
        let requester = &status.requester.as_ref()?.user_id;
        if !status.eligibility.as_ref()?.approval_required {
            return Some(Self { basis: Basis::Waived });
        }
        let review = status.review.as_ref()?;
        let (mut people, mut entries) = (BTreeSet::new(), BTreeSet::new());
        for stage in &review.stages {
            let mut in_stage = 0;
            let counted = review
                .verdicts
                .iter()
                .filter(|verdict| verdict.counted && verdict.decision == ReviewDecision::Approved);
            let governed = counted.filter(|verdict| {
                verdict.policy_uid == review.uid && verdict.policy_generation == review.generation
            });
            for verdict in governed.filter(|verdict| verdict.stage.as_ref() == Some(&stage.name)) {
                let id = verdict.user_id.as_ref().filter(|id| *id != requester);
                if let Some(id) = id
                    && has_entry(status, verdict)
                    && !people.contains(id)
                    && entries.insert(&verdict.approver)
                {
                    people.insert(id.clone());
                    in_stage += 1;
                }
            }
            if in_stage < stage.approvals_required {
                return None;
            }
        }
        (!review.stages.is_empty()).then_some(Self {
            basis: Basis::People(people),
        })
    }
}

/// Whether the entry is there that a verdict is about.
fn has_entry(status: &ElevationRequestStatus, verdict: &Verdict) -> bool {
    let mut entries = status.approvals.iter();
    entries.any(|entry| entry.approver == verdict.approver && entry.decision == verdict.decision)
}

/// What entries are judged by.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct Judge<'a> {
    /// The governing policy; without one approvals cannot be judged, and rejections can.
    pub policy: Option<&'a PolicyFact<ApproverPolicySpec>>,
    /// How names become people.
    pub identity: &'a IdentitySettings,
    /// The requester's id.
    pub requester: &'a str,
    /// Whether entries can be believed.
    pub guard: &'a Guard,
    /// Whether the deadline has passed: then no approval is judged any more.
    pub too_late: bool,
    /// The facts.
    pub reader: &'a FactReader<'a>,
}

/// What became of all entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) struct Assessment {
    /// A verdict for each entry that could be judged, in the order of the entries.
    pub verdicts: Vec<Verdict>,
    /// How far each stage is.
    pub stages: Vec<StageProgress>,
    /// The stage whose approvals are awaited; `None` when all are satisfied, or nobody governs.
    pub current: Option<usize>,
    /// Who has been counted, by id.
    pub counted: BTreeSet<String>,
    /// Who rejected, by user name.
    pub rejected_by: Option<String>,
    /// Why an entry could not be judged yet.
    pub unjudged: Option<Undecided>,
}

impl Assessment {
    /// Whether every stage is satisfied and nothing is left to judge.
    pub fn is_complete(&self) -> bool {
        !self.stages.is_empty() && self.current.is_none() && self.unjudged.is_none()
    }
}

/// Judges the entries in their order; what was judged by this generation of the policy keeps its verdict.
pub(in crate::domain) fn assess(judge: &Judge<'_>, status: &ElevationRequestStatus) -> Assessment {
    let recorded: BTreeMap<(&str, ReviewDecision), &Verdict> = status
        .review
        .iter()
        .flat_map(|review| &review.verdicts)
        .map(|verdict| ((verdict.approver.as_str(), verdict.decision), verdict))
        .collect();
    let mut assessment = Assessment::empty(judge.policy);
    for entry in &status.approvals {
        let before = recorded.get(&(entry.approver.as_str(), entry.decision)).copied();
        let verdict = match before.filter(|verdict| judge.still_stands(verdict)) {
            Some(verdict) => Ok(Some(verdict.clone())),
            None => judge.verdict(entry, before, &assessment),
        };
        match verdict {
            Ok(Some(verdict)) => assessment.take(verdict),
            Ok(None) => {}
            Err(undecided) => assessment.unjudged = assessment.unjudged.or(Some(undecided)),
        }
    }
    assessment
}

impl Assessment {
    fn empty(policy: Option<&PolicyFact<ApproverPolicySpec>>) -> Self {
        let stages: Vec<StageProgress> = policy
            .iter()
            .flat_map(|policy| &policy.spec.stages)
            .map(|stage| StageProgress {
                name: stage.name.clone(),
                approvals_required: stage.approvals_required,
                approvals_counted: 0,
            })
            .collect();
        Self {
            verdicts: vec![],
            current: (!stages.is_empty()).then_some(0),
            stages,
            counted: BTreeSet::new(),
            rejected_by: None,
            unjudged: None,
        }
    }

    fn take(&mut self, verdict: Verdict) {
        if verdict.counted {
            match verdict.decision {
                ReviewDecision::Rejected => {
                    self.rejected_by.get_or_insert_with(|| verdict.approver.clone());
                }
                ReviewDecision::Approved => self.count(&verdict),
                ReviewDecision::Revoked => {}
            }
        }
        self.verdicts.push(verdict);
    }

    fn count(&mut self, verdict: &Verdict) {
        let stage = self
            .stages
            .iter_mut()
            .find(|stage| Some(&stage.name) == verdict.stage.as_ref());
        if let (Some(stage), Some(id)) = (stage, &verdict.user_id) {
            stage.approvals_counted += 1;
            self.counted.insert(id.clone());
        }
        self.current = self
            .stages
            .iter()
            .position(|stage| stage.approvals_counted < stage.approvals_required);
    }
}

impl Judge<'_> {
    /// Once for each generation of the policy. What was written while nothing protected it never counts; a rejection
    /// or a revocation depends on no policy.
    fn still_stands(&self, verdict: &Verdict) -> bool {
        verdict.reason == Reason::GuardBroken
            || verdict.decision != ReviewDecision::Approved
            || self.policy.is_some_and(|policy| {
                verdict.policy_uid.as_ref() == Some(&policy.uid)
                    && verdict.policy_generation == Some(policy.generation)
            })
    }

    fn verdict(
        &self,
        entry: &Approval,
        before: Option<&Verdict>,
        so_far: &Assessment,
    ) -> Result<Option<Verdict>, Undecided> {
        // A Revoked is honoured whatever else is known; it needs no judge.
        if entry.decision == ReviewDecision::Revoked {
            return Ok(Some(self.write(entry, None, None, Reason::Counted)));
        }
        if before.is_none() {
            if self.guard.gap().is_some() {
                return Ok(Some(self.write(entry, None, None, Reason::GuardBroken)));
            }
            if let Guard::Unproven(why) = self.guard {
                return Err(Undecided {
                    reason: Reason::GuardUnproven,
                    why: why.clone(),
                    until: None,
                });
            }
        }
        match entry.decision {
            ReviewDecision::Approved if self.too_late || self.policy.is_none() => Ok(None),
            // Entries are judged in their order: a later one might count in a stage that an earlier one opens.
            ReviewDecision::Approved if so_far.unjudged.is_some() => Ok(None),
            ReviewDecision::Approved => self.approval(entry, so_far).map(Some),
            ReviewDecision::Rejected | ReviewDecision::Revoked => self.rejection(entry).map(Some),
        }
    }

    fn approval(&self, entry: &Approval, so_far: &Assessment) -> Result<Verdict, Undecided> {
        let user = match self.person(entry)? {
            Some(user) if user.enabled == Enabled::Yes => user,
            Some(user) if user.enabled == Enabled::Unrecognized => {
                return Err(Undecided::lookup(format!(
                    "the directory does not say clearly whether {} is enabled",
                    entry.approver
                )));
            }
            user => return Ok(self.write(entry, user, None, Reason::ApproverUnknown)),
        };
        let refused = if user.id.as_str() == self.requester {
            Some(Reason::IsRequester)
        } else if so_far.counted.contains(user.id.as_str()) {
            Some(Reason::AlreadyCounted)
        } else {
            None
        };
        if let Some(reason) = refused {
            return Ok(self.write(entry, Some(user), None, reason));
        }
        let stages = self.policy.map(|policy| &policy.spec.stages);
        let Some(stage) = so_far.current.and_then(|current| stages?.get(current)) else {
            return Ok(self.write(entry, Some(user), None, Reason::NotAwaited));
        };
        let mut unknown = None;
        for subject in &stage.approvers {
            match is_subject(&user.id, &user.user_name, subject, self.reader, Freshness::Fresh) {
                Ok(true) => return Ok(self.write(entry, Some(user), Some(&stage.name), Reason::Counted)),
                Ok(false) => {}
                Err(undecided) => unknown = unknown.or(Some(undecided)),
            }
        }
        match unknown {
            Some(undecided) => Err(undecided),
            None => Ok(self.write(entry, Some(user), Some(&stage.name), Reason::NotAnApprover)),
        }
    }

    /// Admission lets only reviewers and holders of the verb `revoke` reject, and the latter need not be in the
    /// directory at all: so anybody but the requester by another name counts.
    fn rejection(&self, entry: &Approval) -> Result<Verdict, Undecided> {
        let user = self.person(entry)?;
        let reason = match user {
            Some(user) if user.id.as_str() == self.requester => Reason::IsRequester,
            _ => Reason::Counted,
        };
        Ok(self.write(entry, user, None, reason))
    }

    fn person(&self, entry: &Approval) -> Result<Option<&User>, Undecided> {
        let Some((attribute, value)) = directory_name(&entry.approver, self.identity) else {
            return Ok(None);
        };
        match self.reader.user_by_name(attribute, value, Freshness::Fresh)? {
            UserLookup::Found(user) => Ok(Some(user)),
            UserLookup::OtherSpelling { .. } | UserLookup::Absent => Ok(None),
        }
    }

    fn write(
        &self,
        entry: &Approval,
        user: Option<&User>,
        stage: Option<&String>,
        reason: Reason,
    ) -> Verdict {
        Verdict {
            approver: entry.approver.clone(),
            decision: entry.decision,
            user_id: user.map(|user| user.id.as_str().to_owned()),
            policy_uid: self.policy.map(|policy| policy.uid.clone()),
            policy_generation: self.policy.map(|policy| policy.generation),
            stage: stage.cloned(),
            counted: reason == Reason::Counted,
            reason,
            time: self.reader.now(),
        }
    }
}

#[cfg(test)]
mod tests;
