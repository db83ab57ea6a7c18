//! Lists of AWS: when one is needed, and what it says.

use chrono::TimeDelta;

use super::machine::{Asked, AssignmentMachine};
use super::memory::{List, Presence, Tick, error_of};
use super::record::Record;
use crate::domain::fact_reader::{Facts, Question};
use crate::domain::facts::{Fact, ListAnswer, Lookup};
use crate::domain::machine::{Moment, Need};

impl AssignmentMachine {
    /// A list of AWS that was asked for after a step, is not older than an age, and tells whether the assignment is there; or
    /// what to do to get one.
    pub(super) fn listed_after(
        &mut self,
        record: &Record,
        floor: Tick,
        oldest: Option<TimeDelta>,
        moment: &Moment,
    ) -> Result<List, Need> {
        if !self.is_configured(record) {
            return Err(self.rest(self.config.timings.resync_interval));
        }
        let young = |list: &List| oldest.is_none_or(|oldest| moment.uptime - list.asked <= oldest);
        match self.list.clone() {
            Some(list) if list.tick > floor && young(&list) => match list.presence {
                Presence::Listed | Presence::NotListed => Ok(list),
                Presence::NotFound => Err(self.ask_what_was_not_found(record)),
                Presence::Unknown if list.tick > self.pass => {
                    Err(self.rest(self.config.timings.lookup_retry))
                }
                Presence::Unknown => Err(self.ask_list(record, moment)),
            },
            // One list a pass tells all that there is: the next comes with the next pass.
            Some(list) if list.tick > self.pass && list.tick <= floor && list.asked == moment.uptime => {
                Err(self.rest(self.config.timings.poll_interval))
            }
            _ => Err(self.ask_list(record, moment)),
        }
    }

    pub(super) fn ask_list(&mut self, record: &Record, moment: &Moment) -> Need {
        self.list = Some(List {
            tick: self.tick,
            asked: moment.uptime,
            time: moment.now,
            presence: Presence::Unknown,
        });
        let (account, set) = (
            record.spec.account_id.clone(),
            record.spec.permission_set_arn.clone(),
        );
        self.ask(Asked::List, vec![Question::Listing(account, set)])
    }

    fn ask_what_was_not_found(&mut self, record: &Record) -> Need {
        let questions = vec![
            Question::Instance,
            Question::Account(record.spec.account_id.clone()),
            Question::PermissionSet(record.spec.permission_set_arn.clone()),
        ];
        self.ask(Asked::Container, questions)
    }

    pub(super) fn take_list(&mut self, facts: &Facts, moment: &Moment) {
        let Some(record) = self.record() else { return };
        let user = &record.spec.user_id;
        let presence = match &facts.listing {
            Some(Fact::Known(answer)) => match &answer.value {
                ListAnswer::Listed(listing) if listing.holds_user(user) => Presence::Listed,
                ListAnswer::Listed(_) => Presence::NotListed,
                ListAnswer::NotFound => Presence::NotFound,
            },
            Some(Fact::Unknown(why)) => {
                self.error = Some(error_of("ListAccountAssignments", why, moment.now));
                Presence::Unknown
            }
            None => Presence::Unknown,
        };
        self.note_presence(presence);
    }

    /// A "not found" does not say what was not found. It counts as absence only when the instance answers and the account or
    /// the permission set itself is confirmed to be gone.
    pub(super) fn take_container(&mut self, facts: &Facts) {
        let Some(record) = self.record() else { return };
        let answers = matches!(&facts.instance, Some(Fact::Known(found)) if found.value != Lookup::Absent);
        let account = facts.accounts.get(&record.spec.account_id);
        let no_account = matches!(account, Some(Fact::Known(found)) if found.value == Lookup::Absent);
        let set = facts.permission_sets.get(&record.spec.permission_set_arn);
        let no_set = matches!(set, Some(Fact::Known(found)) if found.value == Lookup::Absent);
        let gone = answers && (no_account || no_set);
        self.note_presence(if gone {
            Presence::NotListed
        } else {
            Presence::Unknown
        });
    }

    fn note_presence(&mut self, presence: Presence) {
        if let Some(list) = self.list.as_mut() {
            list.presence = presence;
        }
    }
}
