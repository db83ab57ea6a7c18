//! Policies in files, checked before they are applied: the decisions of the controller on an organization that was written down,
//! without a cluster and without AWS.

mod cases;
mod coverage;
mod diff;
mod directory;
mod folder;
mod rights;
mod schema;
mod who;
mod world;

use std::fmt;
use std::path::PathBuf;

use crate::api::Reason;
use crate::domain::policy_status::{Fault, faults_of_approver_policy, faults_of_eligibility_policy};

pub use cases::{Case, cases, run_cases};
pub use coverage::coverage;
pub use diff::diff;
pub use directory::Directory;
pub use folder::{Folder, Placed};
pub use who::who;
pub use world::World;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It may be meant so.
    Warning,
    /// It does not work, or does not say what was meant.
    Error,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it was named.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// What, in the word that the cluster would say too.
    pub reason: Option<Reason>,
    /// What, in a sentence.
    pub sentence: String,
}

impl Finding {
    fn error(place: Place, sentence: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            place,
            reason: None,
            sentence: sentence.into(),
        }
    }

    fn warning(place: Place, sentence: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(place, sentence)
        }
    }

    fn because(self, reason: Reason) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }
}

/// What is wrong with each policy by itself, as its status would say it.
pub fn faults(folder: &Folder, world: &mut World) -> Vec<Finding> {
    let mut findings = vec![];
    for policy in &folder.eligibility {
        let (_, faults) = world
            .look(|world, reader| faults_of_eligibility_policy(&policy.spec, world.environment(), reader));
        findings.extend(faults.iter().map(|fault| told(policy, fault)));
    }
    let all = world.snapshot.approver_policies.all.clone();
    for policy in &folder.approver {
        let Some(fact) = all.iter().find(|fact| fact.name == policy.name) else {
            continue;
        };
        let (_, faults) =
            world.look(|world, reader| faults_of_approver_policy(fact, &all, world.environment(), reader));
        findings.extend(faults.iter().map(|fault| told(policy, fault)));
    }
    findings
}

fn told<S>(policy: &Placed<S>, fault: &Fault) -> Finding {
    let place = if fault.named.is_empty() {
        policy.place()
    } else {
        policy.place_of(&fault.named)
    };
    let sentence = format!("{} {}: {}", policy.kind, policy.name, fault.message);
    Finding::error(place, sentence).because(fault.reason)
}

/// The first names, and how many more there are.
fn some<S: fmt::Display>(names: impl IntoIterator<Item = S>) -> String {
    const SHOWN: usize = 5;
    let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    let first = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
