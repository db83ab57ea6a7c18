//! `team-operator snapshot`: the organization file of `team-operator check`, from the real AWS, read only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::{fs, io};

use serde_json::{Value, json};

use super::arguments::SnapshotArguments;
use super::clock::SystemClock;
use crate::api::{Subject, SubjectKind, TeamSettingsSpec, Timestamp};
use crate::aws::Aws;
use crate::domain::approvers::directory_name;
use crate::metrics::Metrics;
use crate::organization_file::session_duration;
use crate::policy_check::{Folder, Severity, cases};
use crate::ports::{
    Account, AccountId, AccountState, Attribute, CallOptions, Clock, Directory as _, Enabled, Instance as _,
    Lookup, Organization as _, OrganizationTree, OuPath, PermissionSets as _, PortError, User, UserLookup,
};

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A file cannot be read, or says nothing that can be looked up.
    #[error("{0}")]
    Input(String),
    /// AWS does not answer. A file with holes would look like an organization with fewer people.
    #[error("nothing was written: {0}")]
    Aws(#[from] PortError),
    /// It cannot be written as YAML.
    #[error("the snapshot cannot be written as YAML: {0}")]
    Yaml(String),
    /// The file cannot be written.
    #[error("{path} cannot be written: {source}")]
    Output {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The names that are looked up.
#[derive(Debug, Default)]
struct Names {
    users: BTreeSet<(Attribute, String)>,
    groups: BTreeSet<String>,
    sets: BTreeSet<String>,
}

/// What was found, and what does not exist.
#[derive(Debug, Default)]
struct Found {
    users: BTreeMap<String, User>,
    groups: BTreeMap<String, BTreeSet<String>>,
    sets: BTreeMap<String, (String, bool)>,
    absent_users: BTreeSet<String>,
    absent_groups: BTreeSet<String>,
    absent_sets: BTreeSet<String>,
}

/// Reads AWS and writes the file.
pub async fn take_snapshot(arguments: &SnapshotArguments) -> Result<(), SnapshotError> {
    let names = names(arguments)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let observed: Timestamp = clock.now().into();
    let aws = Aws::connect(arguments.aws.settings(&Metrics::default()), clock).await?;
    let options = CallOptions::background().fresh();
    let tree = aws.tree(&options).await?.value;
    let management = aws.management_account(&options).await?.value;
    let delegated = aws.delegated_administrator(&options).await?;
    let found = look_up(&aws, &options, &names, delegated.then_some(&management)).await?;
    let root = tree.units.values().find(|path| path.0.len() == 1);
    let root_id = root.and_then(|path| path.0.first()).map(|step| step.id.clone());
    let mut file = json!({
        "region": aws.region(),
        "instanceArn": aws.arn(),
        "observedTime": observed,
        "partial": true,
        "delegatedAdministrator": delegated,
        "rootId": root_id,
        "managementAccount": tree.accounts.get(&management).map_or_else(
            || json!({ "id": management, "name": "management" }),
            account,
        ),
        "accounts": accounts_in(&tree, 1, None, management.as_str()),
        "organizationalUnits": units_in(&tree, root.unwrap_or(&OuPath::default()), management.as_str()),
    });
    for (name, value) in people(&found) {
        file[name] = value;
    }
    let text = serde_saphyr::to_string(&file).map_err(|error| SnapshotError::Yaml(error.to_string()))?;
    let text =
        format!("# Written by team-operator snapshot. Only whom policies and cases name is in it.\n{text}");
    let (path, written) = if let Some(path) = &arguments.output {
        (path.clone(), fs::write(path, text))
    } else {
        use io::Write as _;
        (
            "standard output".into(),
            io::stdout().lock().write_all(text.as_bytes()),
        )
    };
    written.map_err(|source| SnapshotError::Output { path, source })
}

fn names(arguments: &SnapshotArguments) -> Result<Names, SnapshotError> {
    let unreadable = |path: &std::path::Path, why: &dyn std::fmt::Display| {
        SnapshotError::Input(format!("{} cannot be read: {why}", path.display()))
    };
    let folder =
        Folder::read(&arguments.policies).map_err(|error| unreadable(&arguments.policies, &error))?;
    let broken = folder
        .findings
        .iter()
        .find(|finding| finding.severity == Severity::Error);
    if let Some(finding) = broken {
        return Err(SnapshotError::Input(format!(
            "{}: {}",
            finding.place, finding.sentence
        )));
    }
    let mut names = Names::default();
    for policy in &folder.eligibility {
        names.subjects(&policy.spec.subjects);
        names
            .sets
            .extend(policy.spec.permission_sets.iter().map(ToString::to_string));
    }
    for policy in &folder.approver {
        for stage in &policy.spec.stages {
            names.subjects(&stage.approvers);
        }
        let sets = policy.spec.permission_sets.iter().flatten();
        names.sets.extend(sets.map(ToString::to_string));
    }
    if let Some(file) = &arguments.cases {
        let text = fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
        let settings = folder
            .settings
            .map_or_else(TeamSettingsSpec::default, |placed| placed.spec);
        for case in cases(&text).map_err(|why| unreadable(file, &why))? {
            names.sets.insert(case.permission_set.to_string());
            if let Some((attribute, value)) = directory_name(&case.requester, &settings.identity) {
                names.users.insert((attribute, value.to_owned()));
            }
        }
    }
    Ok(names)
}

impl Names {
    fn subjects(&mut self, subjects: &[Subject]) {
        for subject in subjects {
            let name = subject.name.clone();
            match subject.kind {
                SubjectKind::User => drop(self.users.insert((Attribute::UserName, name))),
                SubjectKind::Group => drop(self.groups.insert(name)),
            }
        }
    }
}

async fn look_up(
    aws: &Aws,
    options: &CallOptions,
    names: &Names,
    management: Option<&AccountId>,
) -> Result<Found, SnapshotError> {
    let mut found = Found::default();
    for (attribute, name) in &names.users {
        let mut answer = aws.user_by_attribute(options, *attribute, name).await?.value;
        if let UserLookup::OtherSpelling { actual } = &answer {
            answer = aws.user_by_attribute(options, *attribute, actual).await?.value;
        }
        match answer {
            UserLookup::Found(user) => drop(found.users.insert(user.user_name.clone(), user)),
            UserLookup::OtherSpelling { .. } | UserLookup::Absent => {
                found.absent_users.insert(name.clone());
            }
        }
    }
    for name in &names.groups {
        let group = aws.group_by_name(options, name).await?.value.found();
        let members = match &group {
            Some(group) => aws.members(options, &group.id).await?.value.found(),
            None => None,
        };
        let Some(members) = members else {
            found.absent_groups.insert(name.clone());
            continue;
        };
        // A file with holes would look like a smaller group.
        if let Some((id, why)) = members.unreadable().next() {
            let sentence = format!("nothing was written: member {id} of group {name} cannot be read: {why}");
            return Err(SnapshotError::Input(sentence));
        }
        let users = members
            .known()
            .cloned()
            .map(|user| (user.user_name.clone(), user));
        let users: BTreeMap<String, User> = users.collect();
        found.groups.insert(name.clone(), users.keys().cloned().collect());
        found.users.extend(users);
    }
    for name in &names.sets {
        let Lookup::Found(set) = aws.by_name(options, name).await?.value else {
            found.absent_sets.insert(name.clone());
            continue;
        };
        let accounts = match management {
            Some(_) => aws.provisioned_in(options, &set.arn).await?.value.found(),
            None => None,
        };
        let accounts = accounts.unwrap_or_default();
        let in_management = accounts.iter().any(|account| Some(account) == management);
        let duration = session_duration(set.session_duration);
        found.sets.insert(name.clone(), (duration, in_management));
    }
    Ok(found)
}

fn people(found: &Found) -> [(&'static str, Value); 4] {
    let users = found.users.values().map(|user| {
        let mut value = json!({ "userName": user.user_name });
        if let Some(email) = &user.email {
            value["email"] = json!(email);
        }
        if user.enabled != Enabled::Yes {
            value["enabled"] = json!(false);
        }
        value
    });
    let groups = found
        .groups
        .iter()
        .map(|(name, members)| json!({ "name": name, "members": members }));
    let sets = found.sets.iter().map(|(name, (duration, in_management))| {
        let mut value = json!({ "name": name, "sessionDuration": duration });
        if *in_management {
            value["provisionedInManagementAccount"] = json!(true);
        }
        value
    });
    [
        ("users", users.collect()),
        ("groups", groups.collect()),
        ("permissionSets", sets.collect()),
        (
            "absent",
            json!({ "users": found.absent_users, "groups": found.absent_groups, "permissionSets": found.absent_sets }),
        ),
    ]
}

fn account(account: &Account) -> Value {
    let mut value = json!({ "id": account.id, "name": account.name });
    let state = match account.state {
        AccountState::Active => return value,
        AccountState::PendingActivation => "PENDING_ACTIVATION",
        // What AWS says in words that are not known here is no account to grant.
        AccountState::Suspended | AccountState::Unrecognized => "SUSPENDED",
        AccountState::PendingClosure => "PENDING_CLOSURE",
        AccountState::Closed => "CLOSED",
    };
    value["state"] = json!(state);
    value
}

/// The accounts directly in a unit, but for the management account, which has a place of its own.
fn accounts_in(tree: &OrganizationTree, depth: usize, unit: Option<&OuPath>, management: &str) -> Vec<Value> {
    let inside = |one: &&Account| {
        one.id.as_str() != management
            && one.path.0.len() == depth
            && unit.is_none_or(|unit| {
                one.path.0.last().map(|step| &step.id) == unit.0.last().map(|step| &step.id)
            })
    };
    tree.accounts.values().filter(inside).map(account).collect()
}

/// The units directly in another, each with what is in it.
fn units_in(tree: &OrganizationTree, above: &OuPath, management: &str) -> Vec<Value> {
    let last = |path: &OuPath| path.0.last().map(|step| step.id.clone());
    let parent = |path: &OuPath| path.0.iter().rev().nth(1).map(|step| step.id.clone());
    let inside = tree
        .units
        .values()
        .filter(|path| path.0.len() == above.0.len() + 1 && parent(path) == last(above));
    inside
        .filter_map(|path| {
            let step = path.0.last()?;
            Some(json!({
                "name": step.name,
                "id": step.id,
                "accounts": accounts_in(tree, path.0.len(), Some(path), management),
                "organizationalUnits": units_in(tree, path, management),
            }))
        })
        .collect()
}
