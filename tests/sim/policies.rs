//! What policy writers write.

use team_operator::api::{
    AccountId, ApproverPolicySpec, EligibilityPolicySpec, HumanDuration, OnEligibilityLost,
    OrganizationalUnitId, OrganizationalUnitTarget, PermissionSetName, Requirement, Stage, Subject,
    SubjectKind, TeamSettingsSpec, Waiver,
};

use crate::cluster::{Policy, Rules};
use crate::plan::{ACCOUNTS, Event, SETS};
use crate::sim::Sim;

impl Sim {
    pub(crate) fn writes_rules(&mut self, event: &Event) {
        let mut rules = (*self.cluster.rules).clone();
        match *event {
            Event::PutEligibility { policy, variant } => {
                let uid = self.cluster.fresh("eligibility");
                put(
                    &mut rules.eligibility,
                    &format!("eligible-{policy}"),
                    uid,
                    self.eligibility(policy, variant),
                );
            }
            Event::DropEligibility { policy } => {
                rules
                    .eligibility
                    .retain(|one| one.name != format!("eligible-{policy}"));
            }
            Event::PutApprovers { policy, variant } => {
                let uid = self.cluster.fresh("approvers");
                put(
                    &mut rules.approvers,
                    &format!("approvers-{policy}"),
                    uid,
                    self.approvers(policy, variant),
                );
            }
            Event::DropApprovers { policy } => {
                rules
                    .approvers
                    .retain(|one| one.name != format!("approvers-{policy}"));
            }
            Event::PutSettings { variant } => rules.settings = Some(self.settings(variant)),
            Event::DropSettings => rules.settings = None,
            _ => unreachable!("{event:?}"),
        }
        self.put_rules(rules);
    }

    fn put_rules(&mut self, rules: Rules) {
        self.truth.rules.push(self.t, rules.clone());
        self.cluster.put_rules(self.t, rules);
    }

    pub(crate) fn first_rules(&mut self) {
        let mut rules = Rules {
            settings: Some(self.settings(0)),
            ..Rules::default()
        };
        for policy in 0..2 {
            let uid = self.cluster.fresh("eligibility");
            put(
                &mut rules.eligibility,
                &format!("eligible-{policy}"),
                uid,
                self.eligibility(policy, 0),
            );
            let uid = self.cluster.fresh("approvers");
            put(
                &mut rules.approvers,
                &format!("approvers-{policy}"),
                uid,
                self.approvers(policy, 0),
            );
        }
        self.put_rules(rules);
    }

    fn unit(&self, path: &str, include_nested: bool) -> OrganizationalUnitTarget {
        let unit = self
            .truth
            .realities
            .now()
            .units
            .iter()
            .find(|unit| unit.path == path);
        let id = OrganizationalUnitId::parse(unit.unwrap().id.clone()).unwrap();
        OrganizationalUnitTarget { id, include_nested }
    }

    fn eligibility(&self, policy: usize, variant: usize) -> EligibilityPolicySpec {
        let account = |index: usize| AccountId::parse(ACCOUNTS[index]).unwrap();
        let sets = |names: &[&str]| {
            names
                .iter()
                .map(|name| PermissionSetName::parse(*name).unwrap())
                .collect()
        };
        let (accounts, units) = match policy {
            0 => (vec![account(0)], vec![self.unit("Root/Production", variant != 1)]),
            1 => (vec![account(0), account(1)], vec![]),
            _ => (vec![], vec![self.unit("Root", true)]),
        };
        EligibilityPolicySpec {
            subjects: match variant {
                2 => vec![subject(SubjectKind::User, "alice")],
                _ => vec![subject(SubjectKind::Group, "Engineers")],
            },
            accounts,
            organizational_units: units,
            permission_sets: if policy == 1 { sets(&["Read"]) } else { sets(&SETS) },
            max_duration: HumanDuration::from_seconds(if variant == 3 { 900 } else { 7200 }).unwrap(),
            approval_required: policy != 1 && variant != 4,
            ticket_number: None,
        }
    }

    fn approvers(&self, policy: usize, variant: usize) -> ApproverPolicySpec {
        let lead = stage("lead", "Leads", if variant == 2 { 2 } else { 1 });
        let security = stage("security", "Security", 1);
        let two = self.setup.stages == 2 || variant == 1;
        let (accounts, units) = match policy {
            0 => (vec![AccountId::parse(ACCOUNTS[0]).unwrap()], vec![]),
            1 => (vec![], vec![self.unit("Root/Production", true)]),
            _ => (vec![], vec![self.unit("Root", true)]),
        };
        ApproverPolicySpec {
            accounts,
            organizational_units: units,
            permission_sets: (variant == 3).then(|| vec![PermissionSetName::parse(SETS[0]).unwrap()]),
            stages: if two { vec![lead, security] } else { vec![lead] },
            ticket_number: None,
        }
    }

    fn settings(&self, variant: usize) -> TeamSettingsSpec {
        let keeps = self.setup.keeps_access != (variant == 1);
        TeamSettingsSpec {
            approval_workflow: if variant == 2 {
                Requirement::NotRequired
            } else {
                Requirement::Required
            },
            max_request_duration: HumanDuration::from_seconds(if variant == 3 { 1800 } else { 7200 })
                .unwrap(),
            request_expiry: HumanDuration::from_seconds(if variant == 4 { 600 } else { 5400 }).unwrap(),
            on_eligibility_lost: if keeps {
                OnEligibilityLost::Keep
            } else {
                OnEligibilityLost::Revoke
            },
            waiver: if self.setup.waives_if_any {
                Waiver::WaiveIfAny
            } else {
                Waiver::Never
            },
            ..TeamSettingsSpec::default()
        }
    }
}

fn subject(kind: SubjectKind, name: &str) -> Subject {
    Subject {
        kind,
        name: name.to_owned(),
    }
}

fn stage(name: &str, group: &str, approvals_required: i32) -> Stage {
    Stage {
        name: name.to_owned(),
        approvers: vec![subject(SubjectKind::Group, group)],
        approvals_required,
    }
}

/// Creates a policy or changes the one of that name.
fn put<S: PartialEq>(policies: &mut Vec<Policy<S>>, name: &str, uid: String, spec: S) {
    match policies.iter_mut().find(|policy| policy.name == name) {
        Some(policy) if policy.spec == spec => {}
        Some(policy) => {
            policy.generation += 1;
            policy.spec = spec;
        }
        None => policies.push(Policy {
            name: name.to_owned(),
            uid,
            generation: 1,
            spec,
        }),
    }
}
