//! A controller that starts with 500 permission sets, a group of 300 approvers and 20 new requests, at the default budget.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::figures::met;
use crate::population::{organization, rules};
use crate::rig::{Asked, Rig};

const SETS: usize = 500;
const APPROVERS: usize = 300;
const REQUESTS: usize = 20;

/// How long all requests may take to be open.
const AIM: Duration = Duration::from_mins(1);

/// The calls that are counted.
const OPERATIONS: [&str; 4] = [
    "ListPermissionSets",
    "DescribePermissionSet",
    "ListGroupMemberships",
    "DescribeUser",
];

/// What was measured.
pub struct ColdStart {
    open: Duration,
    calls: Vec<(&'static str, usize)>,
}

/// Plays all of it.
pub async fn run() -> ColdStart {
    let mut rig = Rig::open_in(&large_organization(), &rules_for_many_sets()).await;
    // What is asked before the guard has looked for the first time is denied: the controller has run here before.
    rig.start_by_default().await;
    rig.end_controller().await;
    let before = rig.logged();
    let asked = |number: usize| Asked {
        name: format!("cold-{number:02}"),
        user: number,
        account: number,
        permission_set: set_name(number * (SETS / REQUESTS)).leak(),
        duration: "1h".to_owned(),
        start: None,
    };
    rig.ask(&(0..REQUESTS).map(asked).collect::<Vec<_>>()).await;
    println!("{SETS} permission sets, {APPROVERS} approvers, {REQUESTS} requests, and a start…");
    let began = Instant::now();
    rig.begin_by_default().await;
    rig.until("Pending", REQUESTS).await;
    let open = began.elapsed();
    let log = rig.log(before);
    let count = |operation| log.iter().filter(|entry| entry.operation == operation).count();
    let calls = OPERATIONS.map(|operation| (operation, count(operation))).to_vec();
    rig.end_controller().await;
    ColdStart { open, calls }
}

fn set_name(number: usize) -> String {
    format!("Set{number:03}")
}

fn large_organization() -> String {
    let mut organization: Value = serde_json::from_str(&organization(REQUESTS)).unwrap();
    let sets = organization["permissionSets"].as_array_mut().unwrap();
    sets.extend((0..SETS).map(|number| json!({ "name": set_name(number), "sessionDuration": "PT1H" })));
    let leads: Vec<String> = (0..APPROVERS)
        .map(|number| format!("lead-{number:03}@example.com"))
        .collect();
    let users = organization["users"].as_array_mut().unwrap();
    users.extend(
        leads
            .iter()
            .map(|name| json!({ "userName": name, "email": name })),
    );
    for group in organization["groups"].as_array_mut().unwrap() {
        if group["name"] == "Leads" {
            group["members"] = json!(leads);
        }
    }
    organization.to_string()
}

fn rules_for_many_sets() -> Vec<Value> {
    let mut rules = rules();
    let names: Vec<String> = (0..REQUESTS)
        .map(|number| set_name(number * (SETS / REQUESTS)))
        .collect();
    for rule in &mut rules {
        if rule["metadata"]["name"] == "engineers" {
            rule["spec"]["permissionSets"] = json!(names);
        }
    }
    rules
}

impl ColdStart {
    pub fn print(&self) {
        println!("{REQUESTS} requests at a start with {SETS} permission sets and {APPROVERS} approvers");
        println!(
            "  start of the process → all are Pending        {:>8.1} s   aim: at most {} s: {}",
            self.open.as_secs_f64(),
            AIM.as_secs(),
            met(self.open <= AIM)
        );
        for (operation, count) in &self.calls {
            println!("  {operation:<44} {count:>8} calls");
        }
    }
}
