//! AWS: the sandbox's state machine, asked through its client, and what its answers are to the machines.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use identity_center_sandbox::{Caller, Client, HoldId, OrganizationFile, Reply, World};
use team_operator::api::{GroupId, RequestId, Timestamp};
use team_operator::domain::{
    Aged, Fact, Facts, GroupLookup, ListAnswer, Lookup, OperationKind, OperationState, Question,
};
use team_operator::ports::{Class, PortError};

use crate::cluster::utc;

const ORGANIZATION: &str = r#"
region: eu-central-1
managementAccount: {id: "999999999999", name: management}
accounts:
  - {id: "111111111111", name: orders}
organizationalUnits:
  - name: Production
    accounts: [{id: "222222222222", name: payments}]
    organizationalUnits:
      - name: Payments
        accounts: [{id: "333333333333", name: ledger}]
users:
  - {userName: alice}
  - {userName: dave}
  - {userName: bob}
  - {userName: carol}
  - {userName: sam}
  - {userName: sue}
groups:
  - {name: Engineers, members: [alice, dave, bob]}
  - {name: Leads, members: [bob, carol, alice]}
  - {name: Security, members: [sam, sue, bob]}
permissionSets:
  - {name: Admin, sessionDuration: PT1H}
  - {name: Read, sessionDuration: PT4H}
"#;

pub(crate) struct Aws {
    pub(crate) world: World,
    /// How far its clock is ahead of the true time.
    pub(crate) ahead: i64,
    /// Calls held back, and when they go on.
    pub(crate) held: Vec<(HoldId, i64)>,
}

impl Aws {
    pub(crate) fn new() -> Self {
        thread_local! {
            static WORLD: World = OrganizationFile::parse(ORGANIZATION).unwrap().world(utc(0)).unwrap();
        }
        let mut world = WORLD.with(Clone::clone);
        // Pages and rates are a matter of the adapters.
        world.settings.empty_page_every = 0;
        world.settings.throttling = false;
        Self {
            world,
            ahead: 0,
            held: vec![],
        }
    }

    /// A caller whose clock is that many seconds ahead of the true time.
    pub(crate) fn caller(&self, ahead: i64, wrong_instance: bool) -> Caller {
        let mut caller = Caller::of(&self.world);
        caller.ahead = TimeDelta::seconds(ahead);
        if wrong_instance {
            caller.elsewhere()
        } else {
            caller
        }
    }

    /// Lets held calls go on whose time has come; each with the operation that begins so.
    pub(crate) fn release(&mut self, t: i64) -> Vec<(HoldId, Option<String>)> {
        let due = |held: &&(HoldId, i64)| held.1 <= t;
        let due: Vec<HoldId> = self.held.iter().filter(due).map(|(id, _)| *id).collect();
        self.held.retain(|(_, at)| *at > t);
        let mut go_on = |id| match self.world.release(id, utc(t)) {
            Some(Ok(
                Reply::Creation {
                    account_assignment_creation_status: status,
                }
                | Reply::Deletion {
                    account_assignment_deletion_status: status,
                },
            )) => Some(status.request_id),
            _ => None,
        };
        due.into_iter().map(|id| (id, go_on(id))).collect()
    }

    /// What became of a create, whatever scripts say; the world does not notice the question.
    pub(crate) fn has_succeeded(&self, id: &str, t: i64) -> bool {
        let mut world = self.world.clone();
        world.remove_scripts(None);
        let caller = Caller::of(&world);
        let id = RequestId::new(id);
        let state = Client::new(&mut world, &caller, utc(t)).status(OperationKind::Creation, &id);
        matches!(state, Ok(OperationState::Succeeded))
    }

    /// Answers a question into `facts`; how many seconds that took.
    pub(crate) fn answer(
        &mut self,
        caller: &Caller,
        question: &Question,
        t: i64,
        absent_groups: &mut BTreeMap<String, Timestamp>,
        facts: &mut Facts,
    ) -> i64 {
        let mut client = Client::new(&mut self.world, caller, utc(t));
        let at = utc(t) + caller.ahead;
        answer_with(&mut client, question, at, absent_groups, facts);
        i64::try_from(client.took().as_secs()).unwrap()
    }
}

fn fact<T>(answer: Result<Aged<T>, PortError>) -> Fact<T> {
    match answer {
        Ok(aged) => Fact::Known(aged),
        Err(error) => Fact::Unknown(error.to_string()),
    }
}

fn answer_with(
    client: &mut Client<'_>,
    question: &Question,
    at: DateTime<Utc>,
    absent_groups: &mut BTreeMap<String, Timestamp>,
    facts: &mut Facts,
) {
    match question.clone() {
        Question::UserByName(attribute, name) => {
            let found = fact(client.user_by_attribute(attribute, &name));
            facts.users_by_name.insert((attribute, name), found);
        }
        Question::User(id) => {
            let found = fact(client.user(&id));
            facts.users.insert(id, found);
        }
        Question::Group(name) => {
            let found = client.group_by_name(&name);
            let found = found.map(|aged| aged.map(|group| known_group(&name, group, at, absent_groups)));
            facts.groups.insert(name, fact(found));
        }
        Question::Membership(user, group) => {
            let groups: [GroupId; 1] = [group.clone()];
            let found = client.memberships(&user, &groups);
            let found = found.map(|aged| aged.map(|answers| answers[0]));
            facts.memberships.insert((user, group), fact(found));
        }
        Question::Members(group) => {
            let found = fact(client.members(&group));
            facts.members.insert(group, found);
        }
        Question::Account(id) => {
            let found = fact(client.account(&id));
            facts.accounts.insert(id, found);
        }
        Question::ManagementAccount => facts.management_account = Some(fact(client.management_account())),
        question @ (Question::PermissionSetByName(_)
        | Question::PermissionSet(_)
        | Question::ProvisionedIn(_)) => answer_about_sets(client, question, facts),
        Question::Instance => facts.instance = Some(fact(client.instance_lookup())),
        Question::Listing(account, set) => {
            let listed = match client.list(&account, &set) {
                Ok(aged) => Ok(aged.map(ListAnswer::Listed)),
                Err(error) if error.class == Class::NotFound => Ok(Aged {
                    value: ListAnswer::NotFound,
                    observed_at: at,
                }),
                Err(error) => Err(error),
            };
            facts.listing = Some(fact(listed));
        }
        Question::Operation(kind, id) => {
            let state = client.status(kind, &id);
            let state = state.map(|value| Aged {
                value,
                observed_at: at,
            });
            facts.operations.insert((kind, id), fact(state));
        }
        Question::CreatesInProgress(key) => {
            facts.creates_in_progress = Some(fact(client.creates_in_progress(&key)));
        }
    }
}

fn answer_about_sets(client: &mut Client<'_>, question: Question, facts: &mut Facts) {
    match question {
        Question::PermissionSetByName(name) => {
            let found = fact(client.permission_set_by_name(name.as_str()));
            facts.permission_sets_by_name.insert(name, found);
        }
        Question::PermissionSet(arn) => {
            let found = fact(client.permission_set(&arn));
            facts.permission_sets.insert(arn, found);
        }
        Question::ProvisionedIn(arn) => {
            let found = fact(client.provisioned_in(&arn));
            facts.provisioned_in.insert(arn, found);
        }
        _ => {}
    }
}

/// A group that is absent has been so since this process first noticed.
fn known_group(
    name: &str,
    found: Lookup<team_operator::domain::Group>,
    at: DateTime<Utc>,
    absent_groups: &mut BTreeMap<String, Timestamp>,
) -> GroupLookup {
    match found {
        Lookup::Found(group) => {
            absent_groups.remove(name);
            GroupLookup::Found(group)
        }
        Lookup::Absent => GroupLookup::Absent {
            since: *absent_groups.entry(name.to_owned()).or_insert(at.into()),
        },
    }
}
