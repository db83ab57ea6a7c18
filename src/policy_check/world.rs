//! Everything that a decision may look at, from files.

use super::directory::Directory;
use super::folder::{Folder, Placed};
use crate::api::{
    AccountId, ElevationRequestSpec, ElevationRequestStatus, EligibilityReviewSpec, EligibilityReviewStatus,
    HumanDuration, InstanceArn, PermissionSetName, Stage, Subject, SubjectKind, TeamSettingsSpec, Timestamp,
};
use crate::domain::approvers::{Person, people_of};
use crate::domain::policy_status::{Environment, OrganizationFacts};
use crate::domain::review::{Limits, answer_within, dry_run};
use crate::domain::{
    Clocks, Decision, FactReader, Facts, Guard, IdentityCenter, JournalFact, OpenRequests, Policies,
    PolicyFact, RequestFacts, SealCheck, SettingsFact, Snapshot, Timings,
};

/// How often facts are asked for: each answer can lead to another question.
const ROUNDS: usize = 12;

/// Everything that a decision may look at.
#[derive(Debug, Clone)]
pub struct World {
    /// What decisions read.
    pub snapshot: Snapshot,
    /// Accounts and units.
    pub organization: OrganizationFacts,
    /// Where facts come from.
    pub directory: Directory,
    /// The settings of the folder, else the defaults.
    pub settings: TeamSettingsSpec,
    now: Timestamp,
}

impl World {
    /// The policies of a folder in an organization.
    pub fn new(folder: &Folder, directory: Directory, now: Timestamp) -> Self {
        let settings = folder.settings.as_ref().map(|placed| placed.spec.clone());
        let settings = settings.unwrap_or_default();
        let timings = Timings::default();
        let snapshot = Snapshot {
            request: nobody(now),
            settings: SettingsFact::Present(settings.clone()),
            deletion_allowed: false,
            eligibility_policies: policies(&folder.eligibility, now),
            approver_policies: policies(&folder.approver, now),
            facts: Facts::default(),
            guard: Guard::Intact,
            journal: JournalFact::default(),
            clocks: Clocks::default(),
            open_requests: OpenRequests::default(),
            record: None,
            identity_center: IdentityCenter {
                instance_arn: InstanceArn::new(directory.instance.clone()),
                delegated_administrator: directory.delegated_administrator,
            },
            timings,
        };
        Self {
            snapshot,
            organization: directory.organization().clone(),
            directory,
            settings,
            now,
        }
    }

    /// What policies are looked at in.
    pub fn environment(&self) -> Environment<'_> {
        Environment {
            organization: &self.organization,
            identity: &self.settings.identity,
            identity_center: &self.snapshot.identity_center,
        }
    }

    /// Looks until every question is answered.
    pub fn look<T>(&mut self, look: impl Fn(&Self, &FactReader<'_>) -> T) -> T {
        let mut round = 0;
        loop {
            let reader = FactReader::new(&self.snapshot.facts, &self.snapshot.timings, self.now);
            let seen = look(self, &reader);
            let questions = reader.questions();
            round += 1;
            if questions.is_empty() || round == ROUNDS {
                return seen;
            }
            self.directory.answer(&questions, &mut self.snapshot.facts);
        }
    }

    /// What would be decided about a request.
    pub fn dry_run(&mut self, question: &EligibilityReviewSpec) -> Option<Decision> {
        let mut round = 0;
        loop {
            let decision = dry_run(question, &self.snapshot, self.now)?;
            round += 1;
            if decision.questions.is_empty() || round == ROUNDS {
                return Some(decision);
            }
            self.directory
                .answer(&decision.questions, &mut self.snapshot.facts);
        }
    }

    /// What a person may ask for, all of it.
    pub fn eligible(&mut self, requester: &str) -> EligibilityReviewStatus {
        let question = EligibilityReviewSpec {
            requester: Some(requester.to_owned()),
            account_id: None,
            permission_set: None,
            start_time: None,
            duration: None,
        };
        let mut round = 0;
        loop {
            let answer = answer_within(
                Limits::NONE,
                &question,
                &self.organization,
                &self.snapshot,
                self.now,
            );
            round += 1;
            if answer.questions.is_empty() || round == ROUNDS {
                return answer.status;
            }
            self.directory.answer(&answer.questions, &mut self.snapshot.facts);
        }
    }

    /// The enabled people whom subjects name.
    pub fn people(&mut self, subjects: &[Subject]) -> Vec<Person> {
        let stage = Stage {
            name: String::new(),
            approvers: subjects.to_vec(),
            approvals_required: 1,
        };
        let identity = self.settings.identity.clone();
        let found = self.look(|_, reader| people_of(&stage, &identity, reader));
        found.people.into_values().collect()
    }

    /// Everybody in the directory who can ask at all.
    pub fn everybody(&mut self) -> Vec<Person> {
        let subjects: Vec<Subject> = self
            .directory
            .people()
            .map(|user| Subject {
                kind: SubjectKind::User,
                name: user.user_name.clone(),
            })
            .collect();
        self.people(&subjects)
    }
}

fn policies<S: Clone>(placed: &[Placed<S>], now: Timestamp) -> Policies<S> {
    Policies {
        known_since: now,
        all: placed
            .iter()
            .map(|one| PolicyFact {
                name: one.name.clone(),
                uid: format!("{} {}", one.kind, one.place()),
                generation: 1,
                spec: one.spec.clone(),
                gone_since: None,
            })
            .collect(),
    }
}

/// A request that nobody made: a dry run puts another in its place.
fn nobody(now: Timestamp) -> RequestFacts {
    RequestFacts {
        uid: String::new(),
        namespace: String::new(),
        name: String::new(),
        version: String::new(),
        generation: 1,
        created_at: now,
        deleted_at: None,
        has_finalizer: true,
        spec: ElevationRequestSpec {
            requester: None,
            account_id: AccountId::as_given("any"),
            permission_set: PermissionSetName::as_given("any"),
            start_time: None,
            duration: HumanDuration::from_hours(1),
            ticket_number: None,
            justification: None,
            cancelled: None,
        },
        status: ElevationRequestStatus::default(),
        seal: SealCheck::Unsealed,
    }
}
