//! Who still knows of an assignment when its record was changed by somebody else, and what is lost.

use identity_center_sandbox::Change;
use team_operator::api::{AssignmentState, Phase};
use team_operator::domain::request::assignment_of;
use team_operator::domain::{Record, RecordSeal, SealCheck, record_name};

use crate::cluster::Object;
use crate::process::Role;
use crate::sim::Sim;
use crate::truth::key;

impl Sim {
    /// Whether a live request with our seal tells that the assignment of this record is ours.
    pub(crate) fn is_proven(&self, name: &str) -> bool {
        let proves = |object: &Object| {
            let assignment = object.status.assignment.as_ref();
            let there = assignment.is_some_and(|assignment| assignment.state != AssignmentState::Absent);
            let holds = matches!(object.status.phase, Some(Phase::Active | Phase::Revoking));
            let about = || assignment_of(&object.status).map(|spec| record_name(&spec));
            object.seal == SealCheck::Valid
                && !object.is_finished()
                && (holds || there)
                && about().as_deref() == Some(name)
        };
        self.cluster.objects.values().any(|object| proves(object))
    }

    /// Whether the process that holds the lease remembers what the record was.
    fn is_remembered(&self, name: &str) -> bool {
        let process = &self.processes[self.cluster.lease.holder];
        let there =
            |record: Option<&Record>| record.is_some_and(|record| record.state() != AssignmentState::Absent);
        let believed = process
            .memory
            .machines
            .get(name)
            .is_some_and(|machine| there(machine.record()));
        let shown = process.memory.records.get(name);
        let valid =
            shown.is_some_and(|stored| stored.seal == RecordSeal::Valid && there(stored.record.as_ref()));
        process.role == Role::Leading && (believed || valid)
    }

    /// Whether the record is being written back: it was made anew, and what it was is put into it next.
    pub(crate) fn is_being_restored(&self, name: &str) -> bool {
        let Some([.., before, now]) = self.cluster.past.get(name).map(Vec::as_slice) else {
            return false;
        };
        now.is_made_anew() && !before.genuine
    }

    /// Whether whoever comes next finds out that the assignment of a record is ours, although the record does not say so.
    pub(crate) fn is_known_without_record(&self, name: &str) -> bool {
        let in_doubt = !self.cluster.is_genuine(name) || self.is_being_restored(name);
        in_doubt && (self.is_remembered(name) || self.is_proven(name) || self.is_being_restored(name))
    }

    /// A process forgets everything: what no request proves is lost, where the record does not tell it.
    pub(crate) fn forgets(&mut self) {
        let names: Vec<String> = self.cluster.past.keys().cloned().collect();
        for name in names {
            if self.is_being_restored(&name) {
                self.loses(&name);
            }
        }
        self.notes_losses();
    }

    /// Somebody changed a record, nobody remembers what it was, and no request proves it: it is lost until nothing of it is
    /// there any more.
    pub(crate) fn notes_losses(&mut self) {
        let tampered: Vec<String> = self.cluster.tampered.iter().cloned().collect();
        for name in tampered {
            if !self.is_remembered(&name) {
                self.loses(&name);
            }
        }
        if !self.truth.lost.is_empty() {
            let truth = &self.truth;
            let left = |about: &crate::truth::Key| {
                truth.tuples.get(about).is_some_and(|tuple| tuple.present) || truth.may_land(about)
            };
            let kept = truth.lost.iter().filter(|about| left(about)).cloned().collect();
            self.truth.lost = kept;
        }
    }

    fn loses(&mut self, name: &str) {
        // An old version that bears our seal is believed by whoever saw no newer one, whatever requests say.
        let stored = self.cluster.records.get(name);
        let played_back = stored.is_some_and(|stored| stored.seal == RecordSeal::Valid);
        if self.is_proven(name) && !played_back {
            return;
        }
        let known = self
            .last_written(name)
            .filter(|record| record.state() != AssignmentState::Absent);
        if let Some(about) = known.map(|record| key(&record.key())) {
            self.truth.lost.insert(about);
        }
    }

    /// What the controller wrote last into a record, but for the first version of one that is made anew.
    fn last_written(&self, name: &str) -> Option<&Record> {
        let past = self.cluster.past.get(name)?.iter().rev();
        let mut written = past.filter(|version| version.genuine && !version.is_made_anew());
        written.find_map(|version| version.record.as_ref()?.record.as_ref())
    }

    /// Administrators read the alert about records that nobody can put right: they take the access away, and delete them.
    pub(crate) fn administrators_help(&mut self) {
        let names: Vec<String> = self.cluster.tampered.iter().cloned().collect();
        for name in names {
            let stored = self.cluster.records.get(&name);
            if let Some(spec) = stored.and_then(|stored| Some(stored.record.as_ref()?.spec.clone())) {
                self.changes_aws(&Change::RemoveAssignment {
                    account: spec.account_id.to_string(),
                    permission_set: spec.permission_set_name.as_str().to_owned(),
                    user: Some(spec.user_name),
                    group: None,
                });
            }
            self.cluster.remove_record(self.t, &name, false);
        }
    }
}
