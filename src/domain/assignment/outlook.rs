//! When the access of one assignment ends, and whether that is overdue: for whoever looks at it beside its passes.

use super::machine::AssignmentMachine;
use super::memory::Presence;
use super::record::Record;
use crate::api::{AssignmentState, Claim, Reason, Timestamp};
use crate::domain::decision::Alert;
use crate::domain::machine::Moment;

/// When the access of an assignment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// AWS gives nothing for it, as far as is known.
    Nothing,
    /// It ends then, unless something changes.
    Ends(Timestamp),
    /// It ended then, and AWS has not confirmed that it is gone.
    Ended(Timestamp),
}

impl AssignmentMachine {
    /// When the access ends, as time and the watches tell now.
    pub fn outlook(&self, moment: &Moment) -> Outlook {
        let Some(record) = self.record() else {
            return Outlook::Nothing;
        };
        let ended = self.with_ends(record.clone(), moment);
        match ended.state() {
            AssignmentState::Absent => Outlook::Nothing,
            AssignmentState::Deleting if self.tenure.concluded || self.is_listed_gone() => Outlook::Nothing,
            AssignmentState::Deleting => Outlook::Ended(end_of(&ended)),
            AssignmentState::Creating | AssignmentState::Present => {
                let latest = moment.latest(&self.config.timings);
                let claims = ended.status.claims.iter();
                let ends = claims.filter(|claim| claim.covers(latest)).map(Claim::end);
                ends.max().map_or(Outlook::Nothing, Outlook::Ends)
            }
        }
    }

    /// What security is told of access that AWS may still give although it has ended; nothing where there is none, and while the
    /// newest delete is under way.
    pub fn overdue_alert(&self, moment: &Moment) -> Option<Alert> {
        let Outlook::Ended(_) = self.outlook(moment) else {
            return None;
        };
        if self.is_delete_under_way(moment) {
            return None;
        }
        let record = self.with_ends(self.record()?.clone(), moment);
        Some(self.alert_about(&record))
    }

    pub(super) fn alert_about(&self, record: &Record) -> Alert {
        let error = self.error.as_ref().or(record.status.last_error.as_ref());
        let why = error.map(|error| format!(" The last attempt failed: {}", error.message));
        let sentence = format!(
            "The access of user {} to {} in account {} ended at {}, and AWS has not confirmed that it is gone.{}",
            record.spec.user_name,
            record.spec.permission_set_name,
            record.spec.account_id,
            end_of(record),
            why.unwrap_or_default()
        );
        Alert::new(Reason::RevocationOverdue, sentence)
    }

    /// Whether the newest delete has no final word yet, and takes no longer than usual.
    pub(super) fn is_delete_under_way(&self, moment: &Moment) -> bool {
        let answer_time = self.config.timings.answer_time;
        let delete = self.tenure.delete.as_ref();
        delete.is_some_and(|delete| delete.word.is_none() && moment.uptime - delete.sent < answer_time)
    }

    /// Whether a list of AWS lacks the assignment that was asked for after its newest delete was over.
    pub(super) fn is_listed_gone(&self) -> bool {
        let list = self.list.as_ref();
        let list = list.filter(|list| list.presence == Presence::NotListed);
        let settled = self.tenure.delete.as_ref().and_then(|delete| delete.settled);
        list.zip(settled)
            .is_some_and(|(list, settled)| list.tick > settled)
    }
}

/// When the access of a record ended that is being deleted.
pub(super) fn end_of(record: &Record) -> Timestamp {
    record.last_end().unwrap_or(record.status.state_time)
}
