//! What is known around a step when its line is written: facts that are not stored with the request.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::digest;
use crate::api::{Stage, Subject, SubjectKind, Timestamp, UserId, Verdict};
use crate::domain::assignment::StoredRecord;
use crate::domain::fact_reader::Facts;
use crate::domain::facts::{Aged, Fact, GroupLookup, Membership, UserLookup};
use crate::domain::machine::Sent;
use crate::domain::snapshot::{PolicyFact, Snapshot};

/// What is known around a step when its line is written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Around {
    /// SHA-256 of the specs of policies, by uid and generation.
    digests: BTreeMap<(String, i64), String>,
    /// Which generation of the settings is in force.
    pub settings: Option<Value>,
    /// By which subject of a policy each verdict counts.
    matched: Vec<(Verdict, Value)>,
    /// The record that the request claims.
    pub record: Option<Value>,
    /// What AWS was last asked to do with it.
    pub call: Option<Call>,
    /// Somebody else took the step: its facts are those of later.
    pub is_recovered: bool,
}

/// What AWS was asked to do, and what it answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// As AWS names it.
    pub operation: &'static str,
    /// When it was sent.
    pub time: Timestamp,
    /// AWS's id of the request, where it accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What came of it, as far as the answer says.
    pub outcome: &'static str,
    /// AWS's own words, where it did not accept it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Call {
    /// A call with its answer.
    pub fn new(operation: &'static str, time: Timestamp, sent: &Sent) -> Self {
        let (outcome, request_id, message) = match sent {
            Sent::Accepted { id, .. } => ("Accepted", Some(id.as_str().to_owned()), None),
            Sent::NothingThere => ("NothingThere", None, None),
            Sent::NotSent => ("NotSent", None, None),
            Sent::Refused(why) => ("Refused", None, Some(why.clone())),
            Sent::Busy(why) => ("Busy", None, Some(why.clone())),
            Sent::NoAnswer(why) => ("NoAnswer", None, Some(why.clone())),
        };
        Self {
            operation,
            time,
            request_id,
            outcome,
            message,
        }
    }
}

impl Around {
    /// What these policies are.
    pub fn know_policy<S: Serialize>(&mut self, policy: &PolicyFact<S>) {
        let key = (policy.uid.clone(), policy.generation);
        self.digests.insert(key, digest(&json!(policy.spec)));
    }

    /// Which settings are in force.
    pub fn know_settings<S: Serialize>(&mut self, settings: &PolicyFact<S>) {
        self.settings = Some(json!({
            "uid": settings.uid, "generation": settings.generation, "specDigest": digest(&json!(settings.spec)),
        }));
    }

    /// The record that the request claims.
    pub fn know_record(&mut self, stored: &StoredRecord) {
        let Some(record) = &stored.record else { return };
        let status = &record.status;
        self.record = Some(json!({
            "name": stored.name, "uid": stored.uid, "sequence": status.sequence, "state": status.state,
            "stateTime": status.state_time, "baselineTime": status.baseline_time, "create": status.create,
        }));
    }

    /// By which subjects the verdicts of a request count, as the answers of this pass show.
    pub fn know_answers(&mut self, snapshot: &Snapshot, verdicts: &[Verdict]) {
        for verdict in verdicts.iter().filter(|verdict| verdict.counted) {
            let policies = &snapshot.approver_policies.all;
            let policy = policies.iter().find(|policy| {
                verdict.policy_uid.as_ref() == Some(&policy.uid)
                    && verdict.policy_generation == Some(policy.generation)
            });
            let stages = policy
                .map(|policy| policy.spec.stages.as_slice())
                .unwrap_or_default();
            let stage = stages
                .iter()
                .find(|stage| Some(&stage.name) == verdict.stage.as_ref());
            if let Some(matched) = stage.and_then(|stage| matched(stage, verdict, &snapshot.facts)) {
                self.matched.push((verdict.clone(), matched));
            }
        }
    }

    pub(super) fn matched(&self, verdict: &Verdict) -> Option<&Value> {
        let known = self.matched.iter().find(|(of, _)| of == verdict);
        known.map(|(_, matched)| matched)
    }

    pub(super) fn with_digest(&self, mut policy: Value, uid: &str, generation: i64) -> Value {
        if let Some(digest) = self.digests.get(&(uid.to_owned(), generation)) {
            policy["specDigest"] = json!(digest);
        }
        policy
    }
}

/// The subject of a stage that names the person, with the group's id and the time of the answer about it.
fn matched(stage: &Stage, verdict: &Verdict, facts: &Facts) -> Option<Value> {
    let user = UserId::new(verdict.user_id.as_deref()?);
    let of = |subject: &Subject| match subject.kind {
        SubjectKind::User => {
            let mut known = facts.users_by_name.values().filter_map(found);
            let is_person = known.any(|known| is_user(&known.value, &user, &subject.name));
            is_person.then(|| json!({ "subject": subject }))
        }
        SubjectKind::Group => {
            let group = found(facts.groups.get(&subject.name)?)?;
            let GroupLookup::Found(group) = &group.value else {
                return None;
            };
            let answer = found(facts.memberships.get(&(user.clone(), group.id.clone()))?)?;
            let observed = Timestamp::from(answer.observed_at);
            (answer.value == Membership::Member)
                .then(|| json!({ "subject": subject, "groupId": group.id, "membersTime": observed }))
        }
    };
    stage.approvers.iter().find_map(of)
}

fn found<T>(fact: &Fact<T>) -> Option<&Aged<T>> {
    match fact {
        Fact::Known(aged) => Some(aged),
        Fact::Unknown(_) => None,
    }
}

fn is_user(lookup: &UserLookup, id: &UserId, name: &str) -> bool {
    matches!(lookup, UserLookup::Found(user) if user.id == *id && user.user_name == name)
}
