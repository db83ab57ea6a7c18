//! The users and groups of the test clusters.

use team_operator_control_plane::Person;

/// How many people can approve at once: the race that is tried.
const APPROVERS_AT_ONCE: usize = 15;

pub fn people() -> Vec<Person> {
    let person = |name: &str, groups: &[&str]| Person {
        name: name.to_owned(),
        groups: groups.iter().map(|g| (*g).to_owned()).collect(),
    };
    let everyday = ["team-requester", "team-approver", "team-member"];
    let mut people = vec![
        person("alice@example.com", &everyday),
        person("bob@example.com", &everyday),
        person("carol@example.com", &everyday),
        person("mallory@example.com", &everyday),
        person("erin@example.com", &["team-security"]),
        person("audrey@example.com", &["team-auditor"]),
        person("paul@example.com", &["team-policy-admin", "team-settings-admin"]),
        person("root@example.com", &["cluster-admins"]),
    ];
    people.extend(approver_names().iter().map(|name| person(name, &everyday)));
    people
}

pub fn approver_names() -> Vec<String> {
    (1..=APPROVERS_AT_ONCE)
        .map(|number| format!("approver-{number:02}@example.com"))
        .collect()
}
