//! The requests behind the claims: which are read, which have stopped, and for which AWS may be asked.

use chrono::TimeDelta;

use super::machine::AssignmentMachine;
use super::memory::SeenRequest;
use super::record::Record;
use crate::api::{AssignmentState, Claim, ClaimEnd, Phase, Reason};
use crate::domain::machine::{Moment, Need, Sight};
use crate::domain::request::stop;
use crate::domain::snapshot::SealCheck;

/// How old a live read of a request may be when a create or a confirmation rests on it.
const LIVE_READ_AGE: TimeDelta = TimeDelta::seconds(5);

impl AssignmentMachine {
    /// Reads the requests of open claims that the watch no longer shows, and, while access may be there, those that were not
    /// read for some minutes: a watch that stands still hides a revocation.
    pub(super) fn read_claimants(&mut self, record: &Record, moment: &Moment) -> Option<Need> {
        if self.unanswered {
            return None;
        }
        let interval = self.config.timings.presence_interval;
        let there = record.state() != AssignmentState::Absent;
        let is_due = |seen: &SeenRequest| match seen.sight {
            Sight::Unknown(_) => true,
            Sight::Gone => false,
            Sight::There(_) => there && seen.read.is_none_or(|read| moment.uptime - read >= interval),
        };
        let mut open = record.status.claims.iter().filter(|claim| claim.ended.is_none());
        let claim = open.find(|claim| self.requests.get(&claim.request.uid).is_none_or(is_due))?;
        Some(Need::ReadRequest(claim.request.clone()))
    }

    /// The record as time and people's stops make it.
    pub(super) fn with_ends(&self, mut record: Record, moment: &Moment) -> Record {
        for claim in &mut record.status.claims {
            if claim.ended.is_none()
                && let Some(end) = self.stop_of(claim, moment)
            {
                claim.ended = Some(end);
            }
        }
        record.expire(moment.now, moment.latest(&self.config.timings));
        record
    }

    /// What ends a claim without a look-up: its request is stopped, over, not sealed, or gone.
    fn stop_of(&self, claim: &Claim, moment: &Moment) -> Option<ClaimEnd> {
        match &self.requests.get(&claim.request.uid)?.sight {
            Sight::There(facts) => stop(facts, moment.now),
            Sight::Gone => Some(ClaimEnd::new(moment.now, Reason::Deleted, "The request is gone.")),
            Sight::Unknown(_) => None,
        }
    }

    /// The claims for which the assignment may be created or confirmed now, their requests read live; or what to do first.
    pub(super) fn grantable(&mut self, record: &Record, moment: &Moment) -> Result<Vec<Claim>, Need> {
        let (now, latest) = (moment.now, moment.latest(&self.config.timings));
        let admitted = |claim: &&Claim| {
            claim.covers(now)
                && claim.covers(latest)
                && latest < claim.admitted_until
                && !claim.is_confirmed()
        };
        let ready: Vec<Claim> = record.status.claims.iter().filter(admitted).cloned().collect();
        if ready.is_empty() {
            return Ok(ready);
        }
        if !moment.clocks_agree(&self.config.timings) || !self.is_configured(record) {
            return Err(self.rest(self.config.timings.lookup_retry));
        }
        let mut grantable = vec![];
        for claim in ready {
            let seen = self.requests.get(&claim.request.uid);
            let read = seen.and_then(|seen| seen.read);
            if read.is_none_or(|read| moment.uptime - read > LIVE_READ_AGE) {
                if self.unanswered {
                    return Err(self.rest(self.config.timings.lookup_retry));
                }
                return Err(Need::ReadRequest(claim.request));
            }
            if let Some(Sight::There(facts)) = seen.map(|seen| &seen.sight)
                && facts.seal == SealCheck::Valid
                && facts.status.phase == Some(Phase::Approved)
            {
                grantable.push(claim);
            }
        }
        Ok(grantable)
    }
}
