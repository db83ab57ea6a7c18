//! Two complete requests on an idle cluster: an ordinary one, and one that needs no approval.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::audit::{CONTROLLER, Call};
use crate::population::{APPROVED, APPROVER, WAIVED};
use crate::rig::{Asked, Rig};
use crate::sequence::{Turn, recorded};

/// How long an operation in AWS takes here: the sandbox's default.
const OPERATION_TIME: Duration = Duration::from_secs(2);

/// The calls observed during the two requests.
pub struct Lives {
    /// The controller's writes in a life with an approval, in their order.
    pub ordinary: Vec<Call>,
    /// The same where policy asks for none.
    pub waived: Vec<Call>,
    /// Between the approval and the create.
    pub grant: Vec<Turn>,
    /// Between the end and the delete.
    pub removal: Vec<Turn>,
    /// The record while the access lasted.
    pub present: Value,
}

impl Lives {
    /// Plays them, one after the other, in these two accounts.
    pub async fn play(rig: &Rig, accounts: [usize; 2]) -> Lives {
        rig.operations_take(OPERATION_TIME);
        let waived = asked("waived", accounts[0], WAIVED);
        let began = rig.audit.end();
        rig.ask(std::slice::from_ref(&waived)).await;
        rig.is("waived", "Ended").await;
        rig.record_is_removed(accounts[0]).await;
        let waived = writes(&rig.audit.since(began));
        rig.is_quiet().await;

        let ordinary = asked("ordinary", accounts[1], APPROVED);
        let (began, logged) = (rig.audit.end(), rig.logged());
        rig.ask(std::slice::from_ref(&ordinary)).await;
        rig.is("ordinary", "Pending").await;
        rig.facts_grow_old().await;
        rig.approve("ordinary").await;
        let active = rig.is("ordinary", "Active").await;
        let present = rig.record(accounts[1]).await.unwrap();
        rig.is("ordinary", "Ended").await;
        rig.record_is_removed(accounts[1]).await;
        rig.is_quiet().await;
        rig.operations_take(Duration::ZERO);
        let (calls, log) = (rig.audit.since(began), rig.log(logged));
        let at = |operation: &str| log.iter().find(|entry| entry.operation == operation).unwrap().at;
        let end: DateTime<Utc> = active["status"]["window"]["endTime"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let approved = calls.iter().find(|call| call.user == APPROVER).unwrap();
        Lives {
            ordinary: writes(&calls),
            waived,
            grant: recorded(&calls, &log, approved.began, at("CreateAccountAssignment")),
            removal: recorded(&calls, &log, end, at("DeleteAccountAssignment")),
            present,
        }
    }
}

fn asked(name: &str, account: usize, permission_set: &'static str) -> Asked {
    Asked {
        name: name.to_owned(),
        user: account,
        account,
        permission_set,
        duration: "8s".to_owned(),
        start: None,
    }
}

fn writes(calls: &[Call]) -> Vec<Call> {
    let ours = calls
        .iter()
        .filter(|call| call.user == CONTROLLER && call.kind.writes());
    ours.cloned().collect()
}
