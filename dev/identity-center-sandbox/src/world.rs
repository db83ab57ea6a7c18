//! The state machine: `(state, call, now) → answer`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::entities::{Account, Assignment, AssignmentOperation, Group, PermissionSet, Standing, Unit, User};
use super::faults::{self, Effect, Script};
use super::identifiers::Identifiers;
use super::limits::Limits;
use super::log::{Log, LogEntry};
use super::operation::{AssignmentInput, Call, Operation, Service};
use super::reply::{Answer, AssignmentRow, Delivery, HoldId, Outcome, Reply, ServiceError};
use super::settings::Settings;

/// An organization with its Identity Center, and everything that is under way in it.
///
/// All state is here and can be saved; nothing happens but through [`World::answer`], [`World::release`] and
/// [`World::change`], each told the time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    /// How awkward it is.
    pub settings: Settings,
    pub(super) ids: Identifiers,
    pub(super) region: String,
    pub(super) began_at: DateTime<Utc>,
    pub(super) users: Vec<User>,
    pub(super) groups: Vec<Group>,
    /// Parents before children; the root is first.
    pub(super) units: Vec<Unit>,
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) permission_sets: Vec<PermissionSet>,
    pub(super) assignments: BTreeMap<String, Assignment>,
    /// In the order in which they were accepted.
    pub(super) operations: Vec<AssignmentOperation>,
    /// How often each name was created, so that a recreated one gets a new id.
    pub(super) incarnations: BTreeMap<String, u64>,
    pub(super) operations_begun: u64,
    pub(super) lists_begun: u64,
    pub(super) scripts: Vec<Script>,
    pub(super) scripts_added: u64,
    limits: Limits,
    log: Log,
    /// Requests held back belong to connections and do not outlive them on disk.
    #[serde(skip)]
    held: BTreeMap<HoldId, Held>,
    holds_begun: HoldId,
}

#[derive(Debug, Clone)]
enum Held {
    /// To be carried out when released.
    Before(Call),
    /// Carried out; the answer waits.
    After(Outcome),
}

impl World {
    /// A world with nothing in it but the root and the management account.
    pub(super) fn empty(ids: Identifiers, region: String, settings: Settings, now: DateTime<Utc>) -> Self {
        let root = Unit {
            id: ids.root_id(),
            name: "Root".into(),
            parent: None,
        };
        Self {
            settings,
            region,
            began_at: now,
            users: Vec::new(),
            groups: Vec::new(),
            accounts: BTreeMap::new(),
            permission_sets: Vec::new(),
            assignments: BTreeMap::new(),
            operations: Vec::new(),
            incarnations: BTreeMap::new(),
            operations_begun: 0,
            lists_begun: 0,
            scripts: Vec::new(),
            scripts_added: 0,
            limits: Limits::default(),
            log: Log::default(),
            held: BTreeMap::new(),
            holds_begun: 0,
            units: vec![root],
            ids,
        }
    }

    /// What is true now has always been: a world that has just been read from a file does not lag.
    pub(super) fn all_from_the_start(&mut self) {
        self.assignments
            .values_mut()
            .for_each(|assignment| assignment.presence.settle());
        let members = self
            .groups
            .iter_mut()
            .flat_map(|group| group.members.values_mut());
        members.for_each(super::presence::Presence::settle);
    }

    /// The instance.
    pub fn instance_arn(&self) -> String {
        self.ids.instance_arn()
    }

    /// The instance's identity store.
    pub fn identity_store_id(&self) -> String {
        self.ids.identity_store_id()
    }

    /// Answers a call at a moment. The same calls at the same moments in the same world have the same answers.
    pub fn answer(&mut self, call: &Call, now: DateTime<Utc>) -> Answer {
        self.settle(now);
        let script = faults::take(&mut self.scripts, call);
        let answer = match script.as_ref().map(|script| &script.effect) {
            None => Answer {
                outcome: self.perform(call, None, now),
                delivery: Delivery::Plain,
            },
            Some(effect) => self.answer_with(effect, call, now),
        };
        self.record(call, &answer, script.map(|script| script.id), now);
        answer
    }

    /// Lets a held request go on; `None` when there is no such one.
    pub fn release(&mut self, hold: HoldId, now: DateTime<Utc>) -> Option<Outcome> {
        self.settle(now);
        match self.held.remove(&hold)? {
            Held::After(outcome) => Some(outcome),
            Held::Before(call) => {
                let answer = Answer {
                    outcome: self.perform(&call, None, now),
                    delivery: Delivery::Plain,
                };
                self.record(&call, &answer, None, now);
                Some(answer.outcome)
            }
        }
    }

    /// The held requests, oldest first.
    pub fn held(&self) -> Vec<HoldId> {
        self.held.keys().copied().collect()
    }

    /// What is so at a moment, whatever lists and records show: who is assigned, and which operations are under way, by
    /// their request ids, each with whether its record can still be read.
    pub fn truth(
        &mut self,
        now: DateTime<Utc>,
    ) -> (Vec<AssignmentRow>, Vec<(String, AssignmentInput, bool)>) {
        self.settle(now);
        let open = self
            .operations
            .iter()
            .filter(|one| one.state == Standing::InProgress);
        let open = open.map(|one| (one.request_id.clone(), one.input.clone(), !one.forgotten));
        (self.assigned(), open.collect())
    }

    /// Adds a script and returns its id. The oldest script that matches a call wins.
    pub fn script(&mut self, mut script: Script) -> u64 {
        self.scripts_added += 1;
        script.id = self.scripts_added;
        self.scripts.push(script);
        self.scripts_added
    }

    /// The scripts that are still waiting for calls.
    pub fn scripts(&self) -> &[Script] {
        &self.scripts
    }

    /// Takes one script back, or all.
    pub fn remove_scripts(&mut self, id: Option<u64>) {
        self.scripts.retain(|script| id.is_some_and(|id| id != script.id));
    }

    /// The calls with a number above `after`, oldest first.
    pub fn log(&self, after: u64) -> Vec<LogEntry> {
        self.log.after(after)
    }

    fn answer_with(&mut self, effect: &Effect, call: &Call, now: DateTime<Utc>) -> Answer {
        let gone = || {
            Err(ServiceError::new(
                "Lost",
                "the sandbox dropped this request before carrying it out",
            ))
        };
        let delivery = match effect {
            Effect::Lost { .. } => Delivery::Lost,
            Effect::Unavailable { .. } => Delivery::Unavailable,
            Effect::Html { .. } => Delivery::Html,
            Effect::Slow { time } => Delivery::Slow(*time),
            _ => Delivery::Plain,
        };
        let outcome = match effect {
            Effect::Refuse { .. } => faults::refusal(effect).map_or_else(gone, Err),
            Effect::Lost { applied } | Effect::Unavailable { applied } | Effect::Html { applied }
                if !applied =>
            {
                gone()
            }
            Effect::Hold { applied } => return self.hold(call, *applied, now),
            Effect::Twice => {
                let _first = self.perform(call, None, now);
                self.perform(call, None, now)
            }
            _ => self.perform(call, Some(effect), now),
        };
        Answer { outcome, delivery }
    }

    fn hold(&mut self, call: &Call, applied: bool, now: DateTime<Utc>) -> Answer {
        self.holds_begun += 1;
        let held = if applied {
            Held::After(self.perform(call, None, now))
        } else {
            Held::Before(call.clone())
        };
        let outcome = match &held {
            Held::After(outcome) => outcome.clone(),
            Held::Before(_) => Err(ServiceError::new("Held", "the sandbox holds this request back")),
        };
        self.held.insert(self.holds_begun, held);
        Answer {
            outcome,
            delivery: Delivery::Held(self.holds_begun),
        }
    }

    fn perform(&mut self, call: &Call, effect: Option<&Effect>, now: DateTime<Utc>) -> Outcome {
        let operation = &call.operation;
        self.admit(operation, now)?;
        match operation.service() {
            Service::SsoAdmin => self.sso_admin(call, effect, now),
            Service::IdentityStore => self.identity_store(call, now),
            Service::Organizations => self.organizations(operation),
            Service::Sts => {
                let account = self.caller_account().to_owned();
                let arn = format!(
                    "arn:{}:sts::{account}:assumed-role/sandbox/caller",
                    self.ids.partition
                );
                Ok(Reply::CallerIdentity {
                    account,
                    arn,
                    user_id: "AROASANDBOX:caller".into(),
                })
            }
        }
    }

    /// What stands before every operation: does this AWS know it, may the caller, is a limit reached.
    fn admit(&mut self, operation: &Operation, now: DateTime<Utc>) -> Result<(), ServiceError> {
        let name = operation.name();
        let service = match operation.service() {
            Service::SsoAdmin => "sso",
            Service::IdentityStore => "identitystore",
            Service::Organizations => "organizations",
            Service::Sts => "sts",
        };
        let listed = |names: &[String]| {
            names
                .iter()
                .any(|entry| entry == name || *entry == format!("{service}:*"))
        };
        if listed(&self.settings.unserved) {
            return Err(ServiceError::new(
                "UnknownOperationException",
                format!("{name} is not known here."),
            ));
        }
        if self.settings.clock_skew_seconds.abs() > 300 {
            let mut error = ServiceError::new("InvalidSignatureException", faults::SIGNATURE_EXPIRED);
            error.status = 403;
            return Err(error);
        }
        if listed(&self.settings.denied) {
            let message = format!("User is not authorized to perform: {service}:{name}");
            return Err(ServiceError::new("AccessDeniedException", message));
        }
        if !self.limits.admit(operation, &self.settings, now) {
            let code = match operation.service() {
                Service::Organizations => "TooManyRequestsException",
                _ => "ThrottlingException",
            };
            let mut error = ServiceError::new(code, faults::RATE_EXCEEDED);
            if operation.service() == Service::IdentityStore {
                error.retry_after_seconds = Some(1);
            }
            return Err(error);
        }
        Ok(())
    }

    /// The account whose credentials the caller has.
    pub(super) fn caller_account(&self) -> &str {
        self.settings
            .delegated_administrator
            .as_deref()
            .unwrap_or(&self.ids.management_account)
    }

    /// Counts the creations of a name; 0 for the first.
    pub(super) fn incarnation(&mut self, kind: &str, name: &str) -> u64 {
        let count = self.incarnations.entry(format!("{kind} {name}")).or_insert(0);
        *count += 1;
        *count - 1
    }

    fn record(&mut self, call: &Call, answer: &Answer, script: Option<u64>, now: DateTime<Utc>) {
        let operation = &call.operation;
        let reply = answer.outcome.as_ref().ok();
        let begun = reply
            .and_then(Reply::operation)
            .map(|status| status.request_id.as_str());
        let delivery = match answer.delivery {
            Delivery::Plain => None,
            Delivery::Slow(_) => Some("slow"),
            Delivery::Lost => Some("lost"),
            Delivery::Unavailable => Some("http-503"),
            Delivery::Html => Some("http-500-html"),
            Delivery::Held(_) => Some("held"),
        };
        self.log.push(LogEntry {
            number: 0,
            at: now,
            operation: operation.name().into(),
            account: operation.account().map(Into::into),
            permission_set: operation.permission_set().map(Into::into),
            principal: operation.principal().map(Into::into),
            outcome: answer
                .outcome
                .as_ref()
                .map_or_else(|error| error.code.clone(), |_| "ok".into()),
            request_id: begun.or(operation.request_id()).map(Into::into),
            script,
            delivery: delivery.map(Into::into),
        });
    }
}
