//! AWS: the sandbox's state machine, asked directly, and everything that it is asked to change told to the reader.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use identity_center_sandbox::{
    AssignmentInput, Change, HoldId, Operation, OrganizationFile, Process, SameAccount, Script, World,
    WorldPorts,
};
use serde_json::Value;
use team_operator::ports::{Clock as _, PortError};

use crate::chronicle::{Chronicle, Happened};
use crate::clock::AwsDate;
use crate::process::Pulse;

/// AWS, the same for all processes.
#[derive(Debug, Clone)]
pub(crate) struct Aws {
    world: Arc<Mutex<World>>,
    chronicle: Chronicle,
    /// What its answers say of the time.
    pub(crate) date: AwsDate,
    /// What was assigned when it was last looked.
    assigned: Arc<Mutex<BTreeSet<[String; 3]>>>,
    /// What becomes of the process that makes the next call of a kind.
    incidents: Arc<Mutex<Vec<Incident>>>,
}

/// A process is stopped or killed around a call.
#[derive(Debug, Clone)]
pub(crate) struct Incident {
    pub(crate) operation: &'static str,
    pub(crate) after_the_answer: bool,
    pub(crate) kills: bool,
}

/// One process of the controller, as it calls AWS.
struct Told {
    aws: Aws,
    pulse: Pulse,
}

impl Aws {
    /// The organization of the examples.
    pub(crate) fn new(chronicle: &Chronicle) -> Self {
        let organization = include_str!("../../examples/organization.yaml");
        let organization = OrganizationFile::parse(organization).unwrap();
        let mut world = organization.world(chronicle.clock.now()).unwrap();
        // Rates and places are a matter of the adapters, which are not here.
        world.settings.throttling = false;
        world.settings.same_account = SameAccount::Queue;
        let aws = Self {
            world: Arc::new(Mutex::new(world)),
            chronicle: chronicle.clone(),
            date: AwsDate::new(chronicle.clock),
            assigned: Arc::default(),
            incidents: Arc::default(),
        };
        *aws.assigned.lock().unwrap() = aws.assignments();
        aws
    }

    /// AWS as one process of the controller reaches it; `elsewhere` is one that is configured with an instance that is not
    /// the one that everything was made in.
    pub(crate) fn ports(&self, pulse: &Pulse, elsewhere: bool) -> WorldPorts {
        let ports = WorldPorts::new(self.world.clone(), Arc::new(self.chronicle.clock));
        let caller = ports.caller().clone();
        let process = Told {
            aws: self.clone(),
            pulse: pulse.clone(),
        };
        ports
            .called_by(if elsewhere { caller.elsewhere() } else { caller })
            .run_by(Arc::new(process))
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Plans trouble for the process that next makes a call.
    pub(crate) fn plan(&self, incident: Incident) {
        self.incidents.lock().unwrap().push(incident);
    }

    /// Scripted trouble; the number takes it back.
    pub(crate) fn script(&self, script: Script) -> u64 {
        self.world().script(script)
    }

    /// A change behind the controller's back.
    pub(crate) fn change(&self, change: &Change) -> Result<(), String> {
        let now = self.chronicle.clock.now();
        let changed = self.world().change(change, now);
        self.look();
        changed.map_err(|error| error.to_string())
    }

    /// Lets everything go on that was held back.
    pub(crate) fn release(&self) {
        let held: Vec<HoldId> = self.world().held();
        for hold in held {
            let now = self.chronicle.clock.now();
            drop(self.world().release(hold, now));
        }
        self.look();
        self.look_again_soon();
    }

    /// The id of an account that people call by its name.
    pub(crate) fn account(&self, name: &str) -> Option<String> {
        let summary = self.world().summary();
        let accounts = summary["accounts"].as_array().unwrap().iter();
        let mut named = accounts.filter(|account| account["name"] == name);
        named
            .next()
            .map(|account| account["id"].as_str().unwrap().to_owned())
    }

    /// The user names of a group, in their order.
    pub(crate) fn members(&self, group: &str) -> Vec<String> {
        let summary = self.world().summary();
        let all = |kind: &str| summary[kind].as_array().cloned().unwrap_or_default();
        let found = all("groups").into_iter().find(|one| one["name"] == group);
        let ids = found
            .map(|group| group["members"].as_array().cloned().unwrap_or_default())
            .unwrap_or_default();
        let users = all("users").into_iter().filter(|user| ids.contains(&user["id"]));
        let mut names: Vec<String> = users
            .filter_map(|user| user["userName"].as_str().map(ToOwned::to_owned))
            .collect();
        names.sort();
        names
    }

    /// Tells what is assigned now and was not before, and the other way round.
    pub(crate) fn look(&self) {
        let now = self.assignments();
        let before = std::mem::replace(&mut *self.assigned.lock().unwrap(), now.clone());
        for [who, set, account] in now.difference(&before) {
            self.tell(who, format!("aws: {who} has {set} in {account}"));
        }
        for [who, set, account] in before.difference(&now) {
            self.tell(who, format!("aws: {who} no longer has {set} in {account}"));
        }
    }

    fn assignments(&self) -> BTreeSet<[String; 3]> {
        let now = self.chronicle.clock.now();
        let assigned = self.world().assigned_by_name(now);
        let text = |value: &Value| value.as_str().unwrap_or("somebody who is gone").to_owned();
        let row = |row: &Value| {
            let account = self.account_name(row["account"].as_str().unwrap_or_default());
            [
                short(&text(&row["principal"])),
                text(&row["permissionSet"]),
                account,
            ]
        };
        assigned.iter().map(row).collect()
    }

    fn tell(&self, person: &str, sentence: String) {
        self.chronicle.note(Happened::Aws {
            person: person.to_owned(),
            sentence,
        });
    }

    /// Operations end when nobody asks, too.
    fn look_again_soon(&self) {
        let (aws, soon) = (self.clone(), self.world().settings.operation_time);
        tokio::spawn(async move {
            tokio::time::sleep(soon).await;
            aws.look();
        });
    }

    fn account_name(&self, id: &str) -> String {
        let summary = self.world().summary();
        let accounts = summary["accounts"].as_array().unwrap().iter();
        let mut found = accounts.filter(|account| account["id"] == id);
        found.next().map_or(id.to_owned(), |account| {
            account["name"].as_str().unwrap_or(id).to_owned()
        })
    }

    /// Who, what and where, in names.
    fn names(&self, input: &AssignmentInput) -> (String, String) {
        let summary = self.world().summary();
        let assigned = self.world().assigned_by_name(self.chronicle.clock.now());
        let listed = |kind: &str| summary[kind].as_array().cloned().unwrap_or_default();
        let name_in = |all: Vec<Value>, key: &str, id: &str, name: &str| {
            let found = all.into_iter().find(|one| one[key] == id);
            found.and_then(|one| one[name].as_str().map(ToOwned::to_owned))
        };
        // Those who were deleted are known by what they have.
        let who = name_in(listed("users"), "id", &input.principal_id, "userName")
            .or_else(|| name_in(assigned, "principalId", &input.principal_id, "principal"));
        let set = name_in(listed("permissionSets"), "arn", &input.permission_set_arn, "name");
        let who = who.map_or("somebody who is gone".to_owned(), |who| short(&who));
        (
            who,
            format!(
                "{} in {}",
                set.unwrap_or_default(),
                self.account_name(&input.target_id)
            ),
        )
    }

    fn incident(&self, operation: &str, after_the_answer: bool) -> Option<Incident> {
        let mut incidents = self.incidents.lock().unwrap();
        let is_this = |incident: &Incident| {
            incident.operation == operation && incident.after_the_answer == after_the_answer
        };
        let place = incidents.iter().position(is_this)?;
        Some(incidents.remove(place))
    }
}

impl Told {
    /// What was planned for the process at this call happens to it.
    async fn suffer(&self, write: Option<&Operation>, after_the_answer: bool) {
        let Some(write) = write else { return };
        let Some(incident) = self.aws.incident(write.name(), after_the_answer) else {
            return;
        };
        let Some((_, input)) = written(write) else { return };
        let (who, _) = self.aws.names(input);
        if incident.kills {
            self.pulse.kill();
            self.aws.tell(&who, "the controller is killed".to_owned());
        } else {
            self.pulse.stop();
            self.aws.tell(&who, "the controller is stopped".to_owned());
        }
        self.pulse.beats().await;
    }
}

#[async_trait]
impl Process for Told {
    async fn before(&self, write: Option<&Operation>) {
        self.suffer(write, false).await;
        self.pulse.beats().await;
    }

    fn answered(&self, write: &Operation, answer: Result<(), &PortError>) {
        let Some((verb, input)) = written(write) else {
            return;
        };
        let (who, what) = self.aws.names(input);
        let became = answer.map_or_else(|error| error.sentence.clone(), |()| "accepted".to_owned());
        self.aws
            .tell(&who, format!("aws: {verb} {what} for {who}: {became}"));
        self.aws.look();
        self.aws.look_again_soon();
    }

    async fn after(&self, write: Option<&Operation>) {
        self.suffer(write, true).await;
    }
}

fn written(operation: &Operation) -> Option<(&'static str, &AssignmentInput)> {
    match operation {
        Operation::CreateAccountAssignment(input) => Some(("create", input)),
        Operation::DeleteAccountAssignment(input) => Some(("delete", input)),
        _ => None,
    }
}

/// `alice` for alice@example.com.
pub(crate) fn short(name: &str) -> String {
    name.trim_end_matches("@example.com").to_owned()
}
