//! Metrics in which everything has happened that can happen: every series that a process can have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use chrono::DateTime;
use team_operator::api::{
    AccountId, AssignmentState, GroupId, PermissionSetArn, PermissionSetName, Phase, Reason,
};
use team_operator::api::{RequestId, Timestamp, UserId};
use team_operator::domain::{Attribute, Fact, Facts, OperationKind, Urgency};
use team_operator::metrics::{Age, GuardSight, JournalSight, Metrics, ReconcileKind, WatchKind, World};
use team_operator::ports::{Class, Priority};

/// A file of the repository.
pub fn repository_file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A moment that lies behind the present of promtool, whose clock begins at zero.
pub fn moment() -> Timestamp {
    DateTime::from_timestamp(60, 0).unwrap().into()
}

/// A leader to which everything has happened.
pub fn leader() -> Metrics {
    let metrics = Metrics::default();
    metrics.leads(Some(3));
    metrics.lease_renewed(moment().to_utc());
    for operation in operations() {
        metrics.aws_call(operation, None);
        for class in Class::ALL {
            metrics.aws_call(operation, Some(class));
        }
    }
    metrics.aws_attempt();
    metrics.aws_throttled();
    metrics.aws_answered(moment().to_utc());
    for priority in Priority::ALL {
        metrics.budget_waited(priority, Duration::from_millis(20), false);
    }
    for reason in Reason::ALL {
        metrics.transition(*reason);
    }
    for reason in Reason::ALERTS {
        metrics.alert(reason);
    }
    metrics.access_granted(Duration::from_secs(7));
    metrics.access_removed(Duration::from_secs(12));
    metrics.lookups(&nothing_known());
    for kind in ReconcileKind::ALL {
        metrics.reconciled(kind, Duration::from_millis(300));
    }
    metrics.queue(&BTreeMap::from([(Urgency::End, 1), (Urgency::Ordinary, 2)]));
    metrics.guard(GuardSight::Intact, moment());
    metrics.swept(2, moment());
    for kind in WatchKind::ALL {
        metrics.watch_event(kind, moment());
        metrics.watch_error(kind);
    }
    metrics.policies_behind(Duration::ZERO);
    metrics.world(&world());
    metrics.journal(&journal());
    metrics
}

/// What the leader shows, and what the reporter shows besides.
pub fn exposition() -> String {
    let reporter = Metrics::of_the_reporter();
    for result in ["sent", "refused", "tried_again"] {
        reporter.notified(result);
    }
    reporter.notifications_waiting(1);
    let told = reporter.exposition();
    let of_it_alone = told
        .lines()
        .filter(|line| line.contains("_reporter_notifications"));
    let of_leader = leader().exposition();
    let of_leader = of_leader.lines().filter(|line| *line != "# EOF");
    let lines: Vec<&str> = of_leader.chain(of_it_alone).chain(["# EOF\n"]).collect();
    lines.join("\n")
}

fn world() -> World {
    let phases = Phase::ALL.into_iter().map(Some).chain([None]);
    World {
        requests: phases.map(|phase| (phase, 1)).collect(),
        pending: Age::ALL.into_iter().map(|age| (age, 1)).collect(),
        assignments: AssignmentState::ALL.into_iter().map(|state| (state, 1)).collect(),
        overdue: 1,
        oldest_overdue: Some(moment()),
        next_end: Some(moment()),
    }
}

fn journal() -> JournalSight {
    JournalSight {
        is_writable: true,
        waiting_since: Some(moment()),
        recorded: Some(moment()),
        size: Some(7),
        sink_failures: 1,
        head_failures: 1,
        dropped: 1,
    }
}

/// Facts in which every question was asked, and none answered.
fn nothing_known() -> Facts {
    fn unknown<T>() -> Fact<T> {
        Fact::Unknown("AWS did not answer".to_owned())
    }
    let mut facts = Facts::default();
    let (user, group) = (UserId::new("user"), GroupId::new("group"));
    let name = (Attribute::UserName, "alice".to_owned());
    facts.users_by_name.insert(name, unknown());
    facts.users.insert(user.clone(), unknown());
    facts.groups.insert("Leads".to_owned(), unknown());
    facts.memberships.insert((user, group.clone()), unknown());
    facts.members.insert(group, unknown());
    facts.accounts.insert(AccountId::as_given("account"), unknown());
    facts.management_account = Some(unknown());
    let set = PermissionSetName::as_given("Admin");
    facts.permission_sets_by_name.insert(set, unknown());
    facts
        .permission_sets
        .insert(PermissionSetArn::new("arn"), unknown());
    facts.instance = Some(unknown());
    facts.listing = Some(unknown());
    let operation = (OperationKind::Creation, RequestId::new("id"));
    facts.operations.insert(operation, unknown());
    facts.creates_in_progress = Some(unknown());
    facts
}

/// The operations of AWS that the adapters call, as their sources name them.
fn operations() -> BTreeSet<&'static str> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/aws");
    let mut found = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let text = std::fs::read_to_string(path).unwrap();
            let words = text.split('"').skip(1).step_by(2);
            found.extend(words.filter(|word| is_operation(word)).map(ToOwned::to_owned));
        }
    }
    assert!(
        found.len() > 15 && found.contains("CreateAccountAssignment"),
        "{found:?}"
    );
    found.into_iter().map(|operation| &*operation.leak()).collect()
}

fn is_operation(word: &str) -> bool {
    let verbs = ["Create", "Delete", "Describe", "Get", "IsMember", "List"];
    let is_name = word.chars().all(char::is_alphanumeric);
    is_name
        && verbs
            .iter()
            .any(|verb| word.starts_with(verb) && word.len() > verb.len())
}
