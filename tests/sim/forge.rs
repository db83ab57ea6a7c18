//! What somebody writes who has every right in the cluster, the seal's key excepted.

use chrono::TimeDelta;
use team_operator::api::{
    AccountAssignmentSpec, AccountId, AssignmentState, Claim, ClaimEnd, ClaimRequest, Create, CreateOutcome,
    CreateResult, ElevationRequestStatus, HumanDuration, InstanceArn, PermissionSetArn, PermissionSetName,
    Phase, Reason, Timestamp, UserId,
};
use team_operator::domain::{Record, RecordSeal, StoredRecord, record_name};

use crate::cluster::stamp;
use crate::plan::{PEOPLE, RecordForgery, target};
use crate::sim::Sim;

fn later(time: Timestamp) -> Timestamp {
    Timestamp::from(time.to_utc() + TimeDelta::hours(5))
}

/// The status with one field changed.
pub(crate) fn forged_status(
    status: &ElevationRequestStatus,
    number: usize,
    now: Timestamp,
) -> ElevationRequestStatus {
    let mut status = status.clone();
    match number % 11 {
        0 => {
            let next = status.phase.map_or(Phase::FIRST, Phase::next);
            status.phase = next.get(number % next.len().max(1)).copied().or(status.phase);
            status.finished = status.phase.is_some_and(Phase::is_terminal);
        }
        1 => status.sequence = status.sequence.map(|sequence| sequence + 5),
        2 => status.reviewers = vec!["dave".to_owned()],
        3 => {
            if let Some(requester) = &mut status.requester {
                requester.user_id.push('x');
            }
        }
        4 => {
            if let Some(access) = &mut status.access {
                access.duration = HumanDuration::from_seconds(86_400).unwrap();
            }
        }
        5 => {
            if let Some(window) = &mut status.window {
                window.not_after = window.not_after.map(later);
            }
        }
        6 => {
            if let Some(assignment) = &mut status.assignment {
                assignment.state = AssignmentState::Absent;
            }
        }
        7 => {
            if let Some(review) = &mut status.review {
                review
                    .verdicts
                    .iter_mut()
                    .for_each(|verdict| verdict.counted = true);
            }
        }
        8 => status.ending = None,
        9 => drop(status.history.pop()),
        _ => {
            if let Some(window) = &mut status.window {
                window.start_time = Some(now);
            }
        }
    }
    status
}

/// The record with one field changed.
fn forged_record(record: &Record, number: usize, now: Timestamp) -> Option<Record> {
    let mut record = record.clone();
    let status = &mut record.status;
    match number % 16 {
        0 => status.state = AssignmentState::Absent,
        1 => status.state = AssignmentState::Present,
        2 => status.state = AssignmentState::Deleting,
        3 => status.state = AssignmentState::Creating,
        4 => status.sequence += 5,
        5 => status.claims.clear(),
        6 => status.create = None,
        7 => {
            let outcome = Some(CreateOutcome {
                result: CreateResult::Failed,
                time: now,
            });
            status.create = Some(Create {
                sent_time: now,
                outcome,
            });
        }
        8 => status.earlier_creates_until = None,
        9 => status.baseline_time = Some(now),
        10 => status.state_time = later(status.state_time),
        15 => return None,
        number => status
            .claims
            .iter_mut()
            .for_each(|claim| forge_claim(claim, number, now)),
    }
    Some(record)
}

fn forge_claim(claim: &mut Claim, number: usize, now: Timestamp) {
    match number {
        11 => {
            claim.end_time = claim.end_time.map(later);
            claim.not_after = later(claim.not_after);
        }
        12 => claim.admitted_until = later(claim.admitted_until),
        13 => claim.ended = None,
        _ => {
            claim.ended = Some(ClaimEnd {
                time: now,
                reason: Reason::EndReached,
                message: None,
                by: None,
            });
        }
    }
}

impl Sim {
    pub(crate) fn forges_record(&mut self, number: usize, what: RecordForgery) {
        if let RecordForgery::MakeUp { who, target } = what {
            return self.makes_record_up(who, target);
        }
        let live: Vec<_> = self.cluster.records.values().cloned().collect();
        let Some(stored) = live.get(number % live.len().max(1)) else {
            return;
        };
        let now = stamp(self.t + self.cluster.clock_ahead);
        match what {
            RecordForgery::Field(number) => {
                let Some(record) = &stored.record else { return };
                let forged = StoredRecord {
                    record: forged_record(record, number, now),
                    seal: RecordSeal::Broken,
                    ..(**stored).clone()
                };
                self.cluster.put_record(self.t, forged, false);
            }
            RecordForgery::PlayBack { steps } => self.plays_back(stored, steps),
            RecordForgery::Remove => self.cluster.remove_record(self.t, &stored.name, false),
            RecordForgery::Delete => {
                let absent = stored
                    .record
                    .as_ref()
                    .is_some_and(|record| record.state() == AssignmentState::Absent);
                let genuine = self.cluster.is_genuine(&stored.name) && (stored.has_finalizer || absent);
                let deleted = StoredRecord {
                    deletion_requested: true,
                    ..(**stored).clone()
                };
                self.cluster.put_record(self.t, deleted, genuine);
            }
            RecordForgery::MakeUp { .. } => unreachable!("it is made up above"),
        }
    }

    fn plays_back(&mut self, stored: &StoredRecord, steps: usize) {
        let past = &self.cluster.past[&stored.name];
        let mut versions = past.iter().rev().filter(|version| version.genuine);
        let old = versions.nth(steps).and_then(|version| version.record.clone());
        let Some(old) = old.filter(|old| old.uid == stored.uid) else {
            return;
        };
        self.cluster.put_record(self.t, (*old).clone(), false);
    }

    fn makes_record_up(&mut self, who: usize, number: usize) {
        let reality = self.truth.realities.now();
        let (account, set) = target(number);
        let user = reality.user_named(PEOPLE[who]).map(|user| user.id.clone());
        let arn = reality.permission_sets.iter().find(|one| one.name == set);
        let (Some(user), Some(arn)) = (user, arn.map(|one| one.arn.clone())) else {
            return;
        };
        let spec = AccountAssignmentSpec {
            instance_arn: InstanceArn::new(self.aws.world.instance_arn()),
            user_id: UserId::new(user),
            account_id: AccountId::parse(account).unwrap(),
            permission_set_arn: PermissionSetArn::new(arn),
            user_name: PEOPLE[who].to_owned(),
            account_name: "made up".to_owned(),
            permission_set_name: PermissionSetName::parse(set).unwrap(),
        };
        let name = record_name(&spec);
        if self.cluster.records.contains_key(&name) || self.cluster.past.contains_key(&name) {
            return;
        }
        let now = stamp(self.t);
        let mut record = Record::absent(spec, now);
        record.status.state = [AssignmentState::Present, AssignmentState::Absent][number % 2];
        record.status.claims.push(Claim {
            request: ClaimRequest {
                namespace: "orders".to_owned(),
                name: "nobody".to_owned(),
                uid: "nobody".to_owned(),
            },
            from: now,
            duration: HumanDuration::from_seconds(600).unwrap(),
            not_after: later(now),
            admitted_until: later(now),
            start_time: None,
            end_time: None,
            ended: None,
        });
        let made_up = StoredRecord {
            name,
            uid: self.cluster.fresh("made-up"),
            version: String::new(),
            deletion_requested: false,
            has_finalizer: false,
            seal: RecordSeal::Broken,
            record: Some(record),
        };
        self.cluster.put_record(self.t, made_up, false);
    }

    /// Whether somebody changed the record of a tuple, and the controller has not put it right yet.
    pub(crate) fn is_forged(&self, about: &crate::truth::Key) -> bool {
        self.cluster
            .name_of(about)
            .is_some_and(|(name, _)| !self.cluster.is_genuine(name))
    }
}
