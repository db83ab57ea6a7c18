//! AWS confirmed the assignment: claims are confirmed, and it is looked at from time to time.

use chrono::TimeDelta;

use super::machine::AssignmentMachine;
use super::memory::{List, Presence};
use super::record::{Record, access_lost};
use crate::api::{Claim, Reason};
use crate::domain::machine::{Moment, Need};

pub(super) fn decide(machine: &mut AssignmentMachine, record: Record, moment: &Moment) -> Need {
    if let Some((tick, since)) = machine.tenure.missing_since {
        return look_again(machine, record, tick, since, moment);
    }
    let grantable = match machine.grantable(&record, moment) {
        Ok(grantable) => grantable,
        Err(need) => return need,
    };
    let floor = machine
        .confirmation_floor(&grantable)
        .max(machine.state_since.saturating_sub(1));
    let oldest = machine.config.timings.presence_interval;
    let list = match machine.listed_after(&record, floor, Some(oldest), moment) {
        Ok(list) => list,
        Err(need) => return need,
    };
    if list.presence == Presence::NotListed {
        machine.tenure.missing_since = Some((list.tick, list.asked));
        return machine.rest(machine.config.timings.loss_confirmation);
    }
    if !grantable.is_empty() && !machine.unanswered {
        let mut confirmed = record.clone();
        machine.confirm_claims(&mut confirmed, &grantable, &list, moment);
        if confirmed != record {
            return machine.store(confirmed, None);
        }
    }
    wait(machine, &list, moment)
}

fn look_again(
    machine: &mut AssignmentMachine,
    mut record: Record,
    tick: u64,
    since: TimeDelta,
    moment: &Moment,
) -> Need {
    let left = machine.config.timings.loss_confirmation - (moment.uptime - since);
    if left > TimeDelta::zero() {
        return machine.rest(left);
    }
    let list = match machine.listed_after(&record, tick, Some(machine.config.timings.poll_interval), moment) {
        Ok(list) => list,
        Err(need) => return need,
    };
    machine.tenure.missing_since = None;
    if list.presence == Presence::Listed {
        return machine.rest(machine.config.timings.poll_interval);
    }
    if machine.unanswered {
        machine.tenure.missing_since = Some((tick, since));
        return machine.rest(machine.config.timings.lookup_retry);
    }
    machine.alert(
        Reason::AccessLost,
        format!(
            "AWS no longer lists {} of user {} in account {}, although access is active.",
            record.spec.permission_set_name, record.spec.user_name, record.spec.account_id
        ),
    );
    record.lose(&access_lost(moment.now), moment.now);
    machine.store(record, None)
}

fn wait(machine: &AssignmentMachine, list: &List, moment: &Moment) -> Need {
    let next_list = machine.config.timings.presence_interval - (moment.uptime - list.asked);
    machine.rest(next_list)
}

impl AssignmentMachine {
    /// The step after which a list tells about all of these claims.
    fn confirmation_floor(&self, claims: &[Claim]) -> u64 {
        let seen = |claim: &Claim| {
            self.claims_seen
                .get(&claim.request.uid)
                .copied()
                .unwrap_or(self.tick)
        };
        claims.iter().map(seen).max().unwrap_or(0)
    }

    /// Confirms the claims about which this list tells: it was asked for after they were stored, and not before they begin.
    pub(super) fn confirm_claims(&self, record: &mut Record, claims: &[Claim], list: &List, moment: &Moment) {
        for claim in claims {
            let seen = self
                .claims_seen
                .get(&claim.request.uid)
                .copied()
                .unwrap_or(self.tick);
            if list.tick > seen && list.time >= claim.from {
                record.confirm(
                    &claim.request.uid,
                    moment.now,
                    moment.earliest(&self.config.timings),
                );
            }
        }
    }
}
