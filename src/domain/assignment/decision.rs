//! What is due first: the order in which a machine looks at what it remembers.

use chrono::TimeDelta;

use super::machine::{Asked, AssignmentMachine};
use super::record::{Record, access_lost};
use super::{absent, creating, deleting, offline, present, recovery};
use crate::api::{AssignmentState, Reason};
use crate::domain::machine::{Moment, Need, Reply};
use crate::domain::snapshot::Lease;

/// How long an end waits for its write.
const END_PATIENCE: TimeDelta = TimeDelta::seconds(2);

impl AssignmentMachine {
    /// The next thing to do.
    pub fn next(&mut self, reply: Reply, moment: &Moment) -> Need {
        self.tick += 1;
        let asked = std::mem::replace(&mut self.asked, Asked::Nothing);
        self.take(asked, reply, moment);
        match self.decide(moment) {
            Need::Rest(wait) => Need::Rest(self.until_a_claim_changes(wait, moment)),
            need => need,
        }
    }

    /// A rest, cut at the next end or beginning of a claim.
    fn until_a_claim_changes(&self, wait: TimeDelta, moment: &Moment) -> TimeDelta {
        let latest = moment.latest(&self.config.timings);
        let claims = self.record().into_iter().flat_map(|record| &record.status.claims);
        let open = claims.filter(|claim| claim.ended.is_none());
        let times = open.flat_map(|claim| {
            let (begin, end) = (
                claim.from.to_utc() - moment.now.to_utc(),
                claim.end().to_utc() - latest.to_utc(),
            );
            [begin, end]
        });
        let next = times.filter(|left| *left > TimeDelta::zero()).min();
        next.map_or(wait, |next| wait.min(next.max(TimeDelta::seconds(1))))
    }

    fn decide(&mut self, moment: &Moment) -> Need {
        if !self.outbox.is_empty() {
            return Need::Tell(std::mem::take(&mut self.outbox));
        }
        if matches!(moment.lease, Lease::HeldByAnother(_)) {
            return self.rest(self.config.timings.resync_interval);
        }
        if self.record().is_none()
            && let Some(need) = recovery::without_memory(self, moment)
        {
            return need;
        }
        let Some(draft) = self.draft() else {
            return self.rest(self.config.timings.resync_interval);
        };
        let ended = self.with_ends(draft.clone(), moment);
        let due = draft.is_there() && !ended.is_there();
        if due && self.tenure.due_since.is_none() {
            self.tenure.due_since = Some(moment.uptime);
            // Whoever cannot be sure to lead may have been asleep: what it missed, another has seen to.
            if moment.lease == Lease::Held && ended.state() == AssignmentState::Deleting {
                self.tell_when_late(&ended, moment);
            }
        }
        if let Lease::Unsure(_) = moment.lease {
            return offline::decide(self, &ended, moment);
        }
        if self.must_read && !due && !self.unanswered {
            return Need::ReadRecord(self.name.clone());
        }
        if due && !self.tenure.went_ahead {
            return self.end(ended, moment);
        }
        if self.tenure.went_ahead && draft.is_there() {
            return self.ahead(draft, moment);
        }
        if let Some(need) = recovery::restore(self, None, moment) {
            return need;
        }
        if draft.status.claims != ended.status.claims && !self.unanswered {
            return self.store(ended, None);
        }
        if let Some(need) = self.read_claimants(&draft, moment) {
            return need;
        }
        match draft.state() {
            AssignmentState::Absent => absent::decide(self, draft, moment),
            AssignmentState::Creating => creating::decide(self, draft, moment),
            AssignmentState::Present => present::decide(self, draft, moment),
            AssignmentState::Deleting => deleting::decide(self, draft, moment),
        }
    }

    /// An end that comes long after its time was missed: nobody was there to see it.
    fn tell_when_late(&mut self, ended: &Record, moment: &Moment) {
        let Some(end) = ended.last_end() else {
            return;
        };
        if moment.now.to_utc() - end.to_utc() >= self.config.timings.overdue_after {
            let spec = &ended.spec;
            let sentence = format!(
                "The access of user {} to {} in account {} ended at {end} and is removed only now.",
                spec.user_name, spec.permission_set_name, spec.account_id
            );
            self.alert(Reason::RevocationOverdue, sentence);
        }
    }

    /// An end is stored first, but waits for its write no longer than a moment. What is remembered is enough to try: the record
    /// is read only when the API server said that it is another by now.
    fn end(&mut self, ended: Record, moment: &Moment) -> Need {
        let since = self.tenure.due_since;
        let waited = since.map_or(TimeDelta::zero(), |since| moment.uptime - since);
        let failed = self.unanswered || self.instead.is_some();
        let is_delete = ended.state() == AssignmentState::Deleting;
        if is_delete && (failed || waited >= END_PATIENCE) {
            self.tenure.went_ahead = true;
            return self.send_delete(&ended, moment);
        }
        if self.unanswered {
            return self.rest(self.config.timings.lookup_retry);
        }
        if self.conflicted {
            return Need::ReadRecord(self.name.clone());
        }
        let patience = Some(END_PATIENCE - waited);
        if let Some(need) = recovery::restore(self, patience, moment) {
            return need;
        }
        self.store(ended, patience)
    }

    /// A delete went ahead of its record: the next write is Deleting, whatever was added meanwhile.
    fn ahead(&mut self, draft: Record, moment: &Moment) -> Need {
        if !self.unanswered {
            if let Some(need) = recovery::restore(self, None, moment) {
                return need;
            }
            if self.must_read {
                return Need::ReadRecord(self.name.clone());
            }
            let mut lost = self.with_ends(draft, moment);
            lost.lose(&access_lost(moment.now), moment.now);
            return self.store(lost, None);
        }
        match deleting::progress(self, &draft, moment) {
            deleting::Progress::Need(need) => need,
            // That nothing is left is stored when something can be stored again.
            deleting::Progress::Gone => self.rest(self.config.timings.lookup_retry),
        }
    }
}
