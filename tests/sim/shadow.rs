//! What is asked of the machines beside the run: would time alone have changed the answer earlier than it said, and does a
//! policy about something else change anything?

use chrono::TimeDelta;
use team_operator::api::{
    AccountId, ApproverPolicySpec, AssignmentState, EligibilityPolicySpec, HumanDuration, PermissionSetName,
    Stage, Subject, SubjectKind, Timestamp,
};
use team_operator::domain::{
    Moment, Need, Policies, PolicyFact, Record, RecordWrite, Reply, RequestMachine, Snapshot,
};

use crate::laws::Seen;
use crate::plan::{GROUPS, SETS};
use crate::process::{Pass, Work};
use crate::sim::Sim;

/// An account that nobody ever asks for.
const ANOTHER_ACCOUNT: &str = "444444444444";
/// One pass in so many has a shadow, and one rest in so many is looked into.
const LOOKED_INTO: usize = 4;

/// A pass of the same request, beside policies about another account.
pub(crate) fn shadow(mut snapshot: Snapshot) -> RequestMachine {
    add(&mut snapshot.eligibility_policies, everything_elsewhere());
    add(&mut snapshot.approver_policies, everybody_elsewhere());
    RequestMachine::new(snapshot)
}

fn add<S>(policies: &mut Policies<S>, spec: S) {
    policies.all.push(PolicyFact {
        name: "elsewhere".to_owned(),
        uid: "uid-elsewhere".to_owned(),
        generation: 1,
        spec,
        gone_since: None,
    });
}

fn engineers() -> Vec<Subject> {
    vec![Subject {
        kind: SubjectKind::Group,
        name: GROUPS[0].to_owned(),
    }]
}

fn account() -> AccountId {
    AccountId::parse(ANOTHER_ACCOUNT).unwrap()
}

fn everything_elsewhere() -> EligibilityPolicySpec {
    EligibilityPolicySpec {
        subjects: engineers(),
        accounts: vec![account()],
        organizational_units: vec![],
        permission_sets: SETS
            .iter()
            .map(|set| PermissionSetName::parse(*set).unwrap())
            .collect(),
        max_duration: HumanDuration::from_seconds(86_400).unwrap(),
        approval_required: false,
        ticket_number: None,
    }
}

fn everybody_elsewhere() -> ApproverPolicySpec {
    ApproverPolicySpec {
        accounts: vec![account()],
        organizational_units: vec![],
        permission_sets: None,
        stages: vec![Stage {
            name: "anybody".to_owned(),
            approvers: engineers(),
            approvals_required: 1,
        }],
        ticket_number: None,
    }
}

/// What a machine needs, without the words that it says about it.
fn without_words(need: Need) -> Need {
    match need {
        Need::StoreStatus(mut status) => {
            status.message = None;
            status.history.iter_mut().for_each(|entry| entry.message.clear());
            for condition in &mut status.conditions {
                condition.message.clear();
            }
            if let Some(ending) = &mut status.ending {
                ending.message.clear();
            }
            Need::StoreStatus(status)
        }
        Need::StoreRecord(mut write) => {
            let claims = write
                .record
                .iter_mut()
                .flat_map(|record| &mut record.status.claims);
            for end in claims.filter_map(|claim| claim.ended.as_mut()) {
                end.message = None;
            }
            Need::StoreRecord(write)
        }
        Need::Tell(_) => Need::Tell(vec![]),
        need => need,
    }
}

impl Sim {
    /// Whether this step is one of those that are looked into.
    pub(crate) fn looks_into(&self) -> bool {
        self.steps.is_multiple_of(LOOKED_INTO)
    }

    /// The shadow of a pass hears the same, and has to need the same.
    pub(crate) fn follow_shadow(&mut self, pass: &mut Pass, reply: &Reply, need: &Need, moment: &Moment) {
        let Some(shadow) = &mut pass.shadow else { return };
        let mut reply = reply.clone();
        if let Reply::Policies(Some(policies)) = &mut reply {
            add(&mut policies.eligibility, everything_elsewhere());
            add(&mut policies.approver, everybody_elsewhere());
        }
        let beside = without_words(shadow.next(reply, moment));
        let need = without_words(need.clone());
        if std::mem::discriminant(&beside) != std::mem::discriminant(&need)
            || matches!(need, Need::Answer(_)) && beside != need
        {
            // Whom it asks, to find words for it, may be others.
            pass.shadow = None;
        } else if beside != need {
            let sentence =
                format!("with a policy about another account it is {beside:?} instead of {need:?}");
            self.seen.push(Seen::Differs { sentence });
        }
    }

    /// Whether a write begins to create or to delete.
    fn begins(&self, write: &RecordWrite) -> bool {
        let stored = self.cluster.genuine(&write.name);
        let state = |record: Option<&Record>| record.map_or(AssignmentState::Absent, Record::state);
        let before = state(stored.as_ref().and_then(|stored| stored.record.as_ref()));
        let after = state(write.record.as_ref());
        before != after && matches!(after, AssignmentState::Creating | AssignmentState::Deleting)
    }

    /// A machine that rests is asked what it would do before the rest is over, if nothing but time had changed.
    pub(crate) fn look_into_rest(
        &mut self,
        process: usize,
        (work, pass): (&Work, &Pass),
        wait: TimeDelta,
        moment: &Moment,
    ) {
        let wait = wait.num_seconds();
        if wait < 2 || !self.looks_into() {
            return;
        }
        for part in [0, wait / 2, wait - 1] {
            let part = TimeDelta::seconds(part);
            let later = Moment {
                now: Timestamp::from(moment.now.to_utc() + part),
                uptime: moment.uptime + part,
                ..moment.clone()
            };
            let need = match work {
                Work::Request(_) => pass
                    .request
                    .clone()
                    .map(|mut machine| machine.next(Reply::Done, &later)),
                Work::Record(name) => {
                    let machine = self.processes[process].memory.machines.get(name).cloned();
                    machine.map(|mut machine| machine.next(Reply::Done, &later))
                }
            };
            let Some(need) = need else { return };
            if part.is_zero() && is_deed(&need) {
                let sentence = format!("{work:?} rests {wait} s, and needs {need:?} at once");
                self.seen.push(Seen::DecidesAnew { sentence });
            } else if self.is_due(work, &need) {
                let part = part.num_seconds();
                let sentence = format!("{work:?} rests {wait} s, and needs {need:?} after {part}");
                self.seen.push(Seen::Oversleeps { sentence });
            }
        }
    }

    /// Whether that cannot wait for the next look; what is only shown, written down, or repeated can.
    fn is_due(&self, work: &Work, need: &Need) -> bool {
        match (need, work) {
            (Need::StoreStatus(status), Work::Request(uid)) => {
                let stored = self.cluster.objects.get(uid);
                stored.is_some_and(|stored| stored.status.phase != status.phase)
            }
            (Need::StoreRecord(_), Work::Request(_)) | (Need::StoreFinalizer(_), _) => true,
            (Need::StoreRecord(write), Work::Record(_)) => self.begins(write),
            _ => false,
        }
    }
}

fn is_deed(need: &Need) -> bool {
    matches!(
        need,
        Need::StoreStatus(_)
            | Need::StoreFinalizer(_)
            | Need::StoreRecord(_)
            | Need::Create(_)
            | Need::Delete(_)
    )
}
