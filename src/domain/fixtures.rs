//! A small world for tests: people, policies and an AWS with memory and faults, which answers what decisions ask.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta};

use super::facts::*;
use super::window::after;
use super::*;
use crate::api::{
    AccountId, Approval, ApproverPolicySpec, AssignmentState, ElevationRequestSpec, ElevationRequestStatus,
    EligibilityPolicySpec, OrganizationalUnitId, OrganizationalUnitTarget, PermissionSetName, Phase, Reason,
    Requirement, ReviewDecision, Stage, Subject, SubjectKind, TeamSettingsSpec, Timestamp,
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
    /// Operations are carried out and the answers are lost.
    LosesAnswers,
    /// Nothing is answered, lists and lookups neither.
    Down,
}

pub(crate) struct World {
    pub snapshot: Snapshot,
    pub now: Timestamp,
    pub users: BTreeMap<String, User>,
    pub groups: BTreeMap<String, BTreeSet<String>>,
    pub missing_groups: BTreeMap<String, Timestamp>,
    pub account: Option<Account>,
    pub instance_answers: bool,
    pub assigned: bool,
    pub operations: BTreeMap<(OperationKind, RequestId), OperationState>,
    pub aws: Aws,
    pub siblings: Vec<Sibling>,
    pub actions: Vec<Action>,
    pub transitions: Vec<(Option<Phase>, Phase)>,
    pub last: Option<Decision>,
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
        now: minute(0),
        users: ids.into_iter().map(|id| (id.to_owned(), user(id))).collect(),
        groups: groups
            .into_iter()
            .map(|(group, all)| (group.to_owned(), names(all)))
            .collect(),
        missing_groups: BTreeMap::new(),
        account: Some(account()),
        instance_answers: true,
        assigned: false,
        operations: BTreeMap::new(),
        aws: Aws::Works,
        siblings: vec![],
        actions: vec![],
        transitions: vec![],
        last: None,
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
        request: RequestFacts {
            uid: "uid-m".to_owned(),
            namespace: "orders".to_owned(),
            name: "fix".to_owned(),
            generation: 1,
            created_at: minute(0),
            deleted_at: None,
            has_finalizer: false,
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
        eligibility_policies: policies(vec![policy("orders", eligibility("8h"))]),
        approver_policies: Policies {
            known_since: minute(-60),
            all: vec![policy("production", approvers(vec![stage("lead", "Leads", 1)]))],
        },
        facts: Facts::default(),
        guard: Guard::Intact,
        lease: Lease::Held,
        clocks: Clocks::default(),
        open_requests: 0,
        installation: Installation {
            instance_arn: InstanceArn::new("instance"),
            delegated_administrator: false,
        },
        timings: Timings::default(),
    }
}

impl World {
    pub(crate) fn by(mut self, name: &str) -> Self {
        self.snapshot.request.spec.requester = Some(name.to_owned());
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut World)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn settings(&mut self) -> &mut TeamSettingsSpec {
        match &mut self.snapshot.settings {
            SettingsFact::Present(settings) => settings,
            SettingsFact::Missing { .. } => unreachable!("the settings are missing"),
        }
    }

    pub(crate) fn without_approval(mut self) -> Self {
        self.settings().approval_workflow = Requirement::NotRequired;
        self
    }

    /// Nobody decides before the request has been looked at, so it is.
    pub(crate) fn decided_by(mut self, name: &str, decision: ReviewDecision) -> Self {
        self.settle();
        self.snapshot.request.status.approvals.push(Approval {
            approver: name.to_owned(),
            decision,
            comment: None,
        });
        self
    }

    pub(crate) fn approved_by(self, name: &str) -> Self {
        self.decided_by(name, ReviewDecision::Approved)
    }

    pub(crate) fn rejected_by(self, name: &str) -> Self {
        self.decided_by(name, ReviewDecision::Rejected)
    }

    pub(crate) fn revoked_by(self, name: &str) -> Self {
        self.decided_by(name, ReviewDecision::Revoked)
    }

    pub(crate) fn cancelled(mut self) -> Self {
        self.settle();
        self.snapshot.request.spec.cancelled = Some(true);
        self
    }

    pub(crate) fn deleted(mut self) -> Self {
        self.settle();
        self.snapshot.request.deleted_at = Some(self.now);
        self
    }

    pub(crate) fn status(&self) -> &ElevationRequestStatus {
        &self.snapshot.request.status
    }

    pub(crate) fn state(&self) -> AssignmentState {
        let assignment = self.status().assignment.as_ref();
        assignment.map_or(AssignmentState::None, |assignment| assignment.state)
    }

    /// Decides with every question answered, as the shell does.
    pub(crate) fn decide(&mut self) -> Decision {
        self.snapshot.facts = Facts::default();
        for _ in 0..20 {
            let decision = decide(&self.snapshot, self.now);
            if decision.questions.is_empty() {
                return decision;
            }
            for question in &decision.questions {
                self.answer(question);
            }
        }
        unreachable!("questions without end")
    }

    /// One pass, with everything that it asks for carried out.
    pub(crate) fn pass(&mut self) -> Decision {
        let decision = self.decide();
        if let Some(transition) = &decision.transition {
            self.transitions.push((transition.from, transition.to));
        }
        let approvals = self.status().approvals.clone();
        let status = ElevationRequestStatus {
            approvals,
            ..decision.status.clone()
        };
        self.snapshot.request.status = status;
        self.snapshot.request.seal = SealCheck::Valid;
        if let Some(action) = &decision.action {
            self.actions.push(action.clone());
            self.act(action);
        }
        self.last = Some(decision.clone());
        decision
    }

    /// Passes at this moment, until nothing changes.
    pub(crate) fn settle(&mut self) -> &mut Self {
        for _ in 0..30 {
            let before = (self.status().clone(), self.actions.len());
            self.pass();
            if before == (self.status().clone(), self.actions.len()) {
                return self;
            }
        }
        unreachable!("no end of changes: {:?}", self.status());
    }

    /// Lets time pass, waking whenever a decision asked for it.
    pub(crate) fn until(&mut self, end: Timestamp) -> &mut Self {
        for _ in 0..100_000 {
            self.settle();
            let wake_at = self.last.as_ref().and_then(|decision| decision.wake_at);
            match wake_at.filter(|at| *at < end) {
                Some(at) => self.now = at.max(after(self.now, TimeDelta::seconds(1))),
                None => break,
            }
        }
        self.now = end;
        self.settle()
    }

    #[track_caller]
    pub(crate) fn check(mut self, phase: Phase, reason: Reason) -> Self {
        self.settle();
        let status = self.status();
        assert_eq!(
            (status.phase, status.reason),
            (Some(phase), Some(reason)),
            "{:?}",
            status.message
        );
        self
    }

    fn answer(&mut self, question: &Question) {
        let at = self.now.to_utc();
        fn known<T>(value: T, observed_at: DateTime<chrono::Utc>) -> Fact<T> {
            Fact::Known(Aged { value, observed_at })
        }
        let down = self.aws == Aws::Down;
        macro_rules! fact {
            ($value:expr) => {
                if down {
                    Fact::Unknown("AWS is down".to_owned())
                } else {
                    known($value, at)
                }
            };
        }
        let facts = &mut self.snapshot.facts;
        match question.clone() {
            Question::UserByName(attribute, name) => {
                let found = self.users.values().find(|user| user.user_name == name).cloned();
                let lookup = found.map_or(UserLookup::Absent, UserLookup::Found);
                facts.users_by_name.insert((attribute, name), fact!(lookup));
            }
            Question::User(id) => {
                let found = self.users.values().find(|user| user.id == id).cloned();
                facts
                    .users
                    .insert(id, fact!(found.map_or(Lookup::Absent, Lookup::Found)));
            }
            Question::Group(name) => {
                let lookup = match self.missing_groups.get(&name) {
                    Some(since) => GroupLookup::Absent { since: *since },
                    None if !self.groups.contains_key(&name) => GroupLookup::Absent { since: minute(-60) },
                    None => GroupLookup::Found(Group {
                        id: GroupId::new(name.clone()),
                        name: name.clone(),
                    }),
                };
                facts.groups.insert(name, fact!(lookup));
            }
            Question::Membership(user, group) => {
                let key = self
                    .users
                    .iter()
                    .find(|(_, known)| known.id == user)
                    .map(|(key, _)| key.clone());
                let member = key.is_some_and(|key| self.groups[group.as_str()].contains(&key));
                let membership = if member {
                    Membership::Member
                } else {
                    Membership::NotMember
                };
                facts.memberships.insert((user, group), fact!(membership));
            }
            Question::Members(group) => {
                let people: Vec<Member> = self.groups[group.as_str()]
                    .iter()
                    .filter_map(|key| self.users.get(key))
                    .map(|user| Member {
                        user: Aged {
                            value: user.clone(),
                            observed_at: at,
                        },
                    })
                    .collect();
                let members = if people.is_empty() {
                    Members::Nobody
                } else {
                    Members::People(people)
                };
                facts.members.insert(group, fact!(Lookup::Found(members)));
            }
            Question::Account(id) => {
                let lookup = self.account.clone().map_or(Lookup::Absent, Lookup::Found);
                facts.accounts.insert(id, fact!(lookup));
            }
            Question::ManagementAccount => {
                facts.management_account = Some(fact!(AccountId::parse("999999999999").unwrap()));
            }
            Question::PermissionSetByName(name) => {
                facts
                    .permission_sets_by_name
                    .insert(name, fact!(Lookup::Found(permission_set())));
            }
            Question::PermissionSet(arn) => {
                facts
                    .permission_sets
                    .insert(arn, fact!(Lookup::Found(permission_set())));
            }
            Question::Instance => {
                let lookup = if self.instance_answers {
                    Lookup::Found(())
                } else {
                    Lookup::Absent
                };
                facts.instance = Some(fact!(lookup));
            }
            Question::Listing(..) => {
                let id = self
                    .snapshot
                    .request
                    .status
                    .requester
                    .as_ref()
                    .map(|r| r.user_id.clone());
                let principal = id.map(|id| Principal::User(UserId::new(id)));
                let principals = principal.filter(|_| self.assigned).into_iter().collect();
                let answer = if self.account.is_some() && self.instance_answers {
                    ListAnswer::Listed(Listing { principals })
                } else {
                    ListAnswer::NotFound
                };
                facts.listing = Some(fact!(answer));
            }
            Question::Operation(kind, id) => {
                let state = self.operations.get(&(kind, id.clone())).cloned();
                let state = state.unwrap_or(OperationState::Vanished);
                facts.operations.insert((kind, id), fact!(state));
            }
            Question::Siblings => facts.siblings = Some(known(self.siblings.clone(), at)),
        }
    }

    fn act(&mut self, action: &Action) {
        let kind = match action {
            Action::SetFinalizer => {
                self.snapshot.request.has_finalizer = true;
                return;
            }
            Action::RemoveFinalizer => {
                self.snapshot.request.has_finalizer = false;
                return;
            }
            Action::Grant(_) => OperationKind::Creation,
            Action::Revoke(_) => OperationKind::Deletion,
        };
        let request = RequestId::new(format!("op-{}", self.actions.len()));
        let failed = OperationState::Failed {
            kind: FailureKind::RoleQuota,
            reason: "role quota".to_owned(),
        };
        let slow = OperationState::InProgress {
            ask_again_in: Duration::from_secs(1),
        };
        if matches!(self.aws, Aws::Works | Aws::LosesAnswers) {
            self.assigned = kind == OperationKind::Creation;
        }
        let state = match self.aws {
            Aws::Works | Aws::LosesAnswers => OperationState::Succeeded,
            Aws::Slow => slow,
            Aws::Fails => failed,
            Aws::Refuses | Aws::Down => return self.record(refusal(kind, false)),
        };
        if self.aws == Aws::LosesAnswers {
            return self.record(refusal(kind, true));
        }
        self.operations.insert((kind, request.clone()), state.clone());
        self.record(match kind {
            OperationKind::Creation => Answer::CreateAccepted { request, state },
            OperationKind::Deletion => Answer::DeleteAccepted { request, state },
        });
    }

    fn record(&mut self, answer: Answer) {
        let status = std::mem::take(&mut self.snapshot.request.status);
        self.snapshot.request.status = record_answer(status, answer, self.now);
    }

    pub(crate) fn grants(&self) -> usize {
        self.actions
            .iter()
            .filter(|action| matches!(action, Action::Grant(_)))
            .count()
    }

    pub(crate) fn revocations(&self) -> usize {
        self.actions
            .iter()
            .filter(|action| matches!(action, Action::Revoke(_)))
            .count()
    }
}

fn refusal(kind: OperationKind, uncertain: bool) -> Answer {
    let sentence = "no answer".to_owned();
    match kind {
        OperationKind::Creation => Answer::CreateFailed { sentence, uncertain },
        OperationKind::Deletion => Answer::DeleteFailed { sentence, uncertain },
    }
}

pub(crate) fn permission_set() -> PermissionSet {
    PermissionSet {
        arn: PermissionSetArn::new("arn-db"),
        name: "DatabaseAdmin".to_owned(),
        session_duration: Duration::from_secs(3600),
    }
}

/// Access that lasts: granted at minute 0, until minute 120.
pub(crate) fn active() -> World {
    request()
        .approved_by("bob")
        .check(Phase::Active, Reason::AccessGranted)
}
