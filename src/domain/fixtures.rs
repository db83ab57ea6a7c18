//! A small world for tests: people, policies and an AWS with memory and faults, which answers what decisions ask.

mod answers;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta};

use super::facts::*;
use super::*;
use crate::api::{
    AccountAssignmentSpec, AccountId, ApproverPolicySpec, ElevationRequestSpec, ElevationRequestStatus,
    EligibilityPolicySpec, InstanceArn, OrganizationalUnitId, OrganizationalUnitTarget, PermissionSetArn,
    PermissionSetName, Phase, Reason, RequestId, Stage, Subject, SubjectKind, TeamSettingsSpec, Timestamp,
    UserId,
};

pub(crate) const ACCOUNT: &str = "111122223333";

/// The moment at which every request of a test is made: minutes count from it.
pub(crate) fn minute(minutes: i64) -> Timestamp {
    DateTime::from_timestamp(1_800_000_000 + minutes * 60, 0)
        .unwrap()
        .into()
}

pub(crate) fn group(name: &str) -> Subject {
    Subject {
        kind: SubjectKind::Group,
        name: name.to_owned(),
    }
}

pub(crate) fn stage(name: &str, approvers: &str, approvals_required: i32) -> Stage {
    Stage {
        name: name.to_owned(),
        approvers: vec![group(approvers)],
        approvals_required,
    }
}

pub(crate) fn policy<S>(name: &str, spec: S) -> PolicyFact<S> {
    PolicyFact {
        name: name.to_owned(),
        uid: format!("uid-{name}"),
        generation: 1,
        spec,
        gone_since: None,
    }
}

pub(crate) fn eligibility(max_duration: &str) -> EligibilityPolicySpec {
    EligibilityPolicySpec {
        subjects: vec![group("Engineers")],
        accounts: vec![AccountId::parse(ACCOUNT).unwrap()],
        organizational_units: vec![],
        permission_sets: vec![PermissionSetName::parse("DatabaseAdmin").unwrap()],
        max_duration: max_duration.parse().unwrap(),
        approval_required: true,
        ticket_number: None,
    }
}

pub(crate) fn approvers(stages: Vec<Stage>) -> ApproverPolicySpec {
    ApproverPolicySpec {
        accounts: vec![AccountId::parse(ACCOUNT).unwrap()],
        organizational_units: vec![],
        permission_sets: None,
        stages,
        ticket_number: None,
    }
}

pub(crate) fn unit(id: &str, include_nested: bool) -> OrganizationalUnitTarget {
    OrganizationalUnitTarget {
        id: OrganizationalUnitId::parse(id).unwrap(),
        include_nested,
    }
}

/// How AWS behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aws {
    /// Everything succeeds at once.
    Works,
    /// Operations stay in progress.
    Slow,
    /// Operations are accepted and fail.
    Fails,
    /// Operations are refused.
    Refuses,
    /// Operations are refused, because AWS is at work on others in the account.
    Busy,
    /// Creates are not signed.
    Withholds,
    /// Operations are carried out and the answers are lost.
    LosesAnswers,
    /// Nothing is answered, lists and lookups neither.
    Down,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch that a test turns by itself"
)]
pub(crate) struct World {
    /// The request of the test, with everything that a decision about it may look at.
    pub snapshot: Snapshot,
    /// Other requests of the same person for the same access.
    pub others: Vec<RequestFacts>,
    pub now: Timestamp,
    pub lease: Lease,
    /// How far `now` is from what the clock that never steps says.
    pub uptime_offset: TimeDelta,
    pub users: BTreeMap<String, User>,
    pub groups: BTreeMap<String, BTreeSet<String>>,
    pub missing_groups: BTreeMap<String, Timestamp>,
    /// A member of every group of whom AWS tells nothing.
    pub unreadable_member: Option<UserId>,
    /// The accounts in which the permission set is provisioned.
    pub provisioned_in: Vec<AccountId>,
    pub account: Option<Account>,
    pub instance_answers: bool,
    pub assigned: bool,
    pub operations: BTreeMap<(OperationKind, RequestId), OperationState>,
    pub aws: Aws,
    /// Whether the API server takes writes.
    pub writable: bool,
    /// Whether it takes writes of records.
    pub takes_records: bool,
    /// The records, as they are stored.
    pub records: BTreeMap<String, StoredRecord>,
    pub machine: AssignmentMachine,
    /// Every create and delete that was sent to AWS.
    pub calls: Vec<OperationKind>,
    /// How many writes were stored, of requests and of records.
    pub writes: usize,
    pub transitions: Vec<(Option<Phase>, Phase)>,
    pub alerts: Vec<Alert>,
    /// How long both machines rest.
    pub rests: TimeDelta,
    versions: u64,
}

/// alice, an engineer, asks for DatabaseAdmin for two hours; bob or carol may approve.
pub(crate) fn request() -> World {
    let ids = ["alice", "bob", "carol", "dave", "sam", "sue"];
    let groups = [
        ("Engineers", vec!["alice", "dave"]),
        ("Leads", vec!["bob", "carol", "alice"]),
        ("Security", vec!["sam", "sue", "bob"]),
    ];
    let names = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect();
    World {
        snapshot: snapshot(),
        others: vec![],
        now: minute(0),
        lease: Lease::Held,
        uptime_offset: TimeDelta::zero(),
        users: ids.into_iter().map(|id| (id.to_owned(), user(id))).collect(),
        groups: groups
            .into_iter()
            .map(|(group, all)| (group.to_owned(), names(all)))
            .collect(),
        missing_groups: BTreeMap::new(),
        unreadable_member: None,
        provisioned_in: vec![],
        account: Some(account()),
        instance_answers: true,
        assigned: false,
        operations: BTreeMap::new(),
        aws: Aws::Works,
        writable: true,
        takes_records: true,
        records: BTreeMap::new(),
        machine: machine(),
        calls: vec![],
        writes: 0,
        transitions: vec![],
        alerts: vec![],
        rests: TimeDelta::zero(),
        versions: 0,
    }
}

/// The assignment machine of a process that has just begun.
pub(crate) fn machine() -> AssignmentMachine {
    let config = AssignmentConfig {
        instance: InstanceArn::new("instance"),
        abandoned: None,
        timings: Timings::default(),
    };
    AssignmentMachine::new(record_name(&assignment()), config)
}

/// The assignment that alice's request is about.
pub(crate) fn assignment() -> AccountAssignmentSpec {
    AccountAssignmentSpec {
        instance_arn: InstanceArn::new("instance"),
        user_id: UserId::new("id-alice"),
        account_id: AccountId::parse(ACCOUNT).unwrap(),
        permission_set_arn: permission_set().arn,
        user_name: "alice".to_owned(),
        account_name: "orders".to_owned(),
        permission_set_name: PermissionSetName::parse("DatabaseAdmin").unwrap(),
    }
}

pub(crate) fn user(name: &str) -> User {
    User {
        id: UserId::new(format!("id-{name}")),
        user_name: name.to_owned(),
        email: None,
        enabled: Enabled::Yes,
    }
}

pub(crate) fn account() -> Account {
    let step = |id: &str, name: &str| OuStep {
        id: OrganizationalUnitId::parse(id).unwrap(),
        name: name.to_owned(),
    };
    Account {
        id: AccountId::parse(ACCOUNT).unwrap(),
        name: "orders".to_owned(),
        state: AccountState::Active,
        path: OuPath(vec![
            step("r-ab12", "Root"),
            step("ou-ab12-prod0001", "Production"),
            step("ou-ab12-pay00001", "Payments"),
        ]),
    }
}

fn snapshot() -> Snapshot {
    let policies = |all| Policies {
        known_since: minute(-60),
        all,
    };
    Snapshot {
        // It has what it is told at once.
        journal: JournalFact {
            recorded: i64::MAX,
            unwritable: None,
            is_released: false,
        },
        request: RequestFacts {
            uid: "uid-m".to_owned(),
            namespace: "orders".to_owned(),
            name: "fix".to_owned(),
            version: "1".to_owned(),
            generation: 1,
            created_at: minute(0),
            deleted_at: None,
            has_finalizer: true,
            spec: ElevationRequestSpec {
                requester: Some("alice".to_owned()),
                account_id: AccountId::parse(ACCOUNT).unwrap(),
                permission_set: PermissionSetName::parse("DatabaseAdmin").unwrap(),
                start_time: None,
                duration: "2h".parse().unwrap(),
                ticket_number: Some("OPS-1".to_owned()),
                justification: Some("restore".to_owned()),
                cancelled: None,
            },
            status: ElevationRequestStatus::default(),
            seal: SealCheck::Unsealed,
        },
        settings: SettingsFact::Present(TeamSettingsSpec::default()),
        deletion_allowed: false,
        eligibility_policies: policies(vec![policy("orders", eligibility("8h"))]),
        approver_policies: Policies {
            known_since: minute(-60),
            all: vec![policy("production", approvers(vec![stage("lead", "Leads", 1)]))],
        },
        facts: Facts::default(),
        guard: Guard::Intact,
        clocks: Clocks::default(),
        open_requests: OpenRequests::default(),
        record: None,
        identity_center: IdentityCenter {
            instance_arn: InstanceArn::new("instance"),
            delegated_administrator: false,
        },
        timings: Timings::default(),
    }
}

pub(crate) fn permission_set() -> PermissionSet {
    PermissionSet {
        arn: PermissionSetArn::new("arn-db"),
        name: "DatabaseAdmin".to_owned(),
        session_duration: Duration::from_hours(1),
    }
}

/// Access that lasts: granted at minute 0, until minute 120.
pub(crate) fn active() -> World {
    request()
        .approved_by("bob")
        .check(Phase::Active, Reason::AccessGranted)
}

/// Approved at minute 0; nothing was claimed yet.
pub(crate) fn approved() -> World {
    let mut world = request().approved_by("bob");
    world.takes_records = false;
    world.request_pass();
    world.takes_records = true;
    assert_eq!(
        (world.status().phase, world.records.len()),
        (Some(Phase::Approved), 0)
    );
    world
}
