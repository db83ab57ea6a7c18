//! The sweep: every assignment of the permission sets in use, compared with the records. It reports and never removes:
//! AWS has no mark that tells whose an assignment is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use crate::api::{AssignmentKey, AssignmentState, PermissionSetName, Reason};
use crate::controller::context::Context;
use crate::domain::{Alert, Lookup, Principal, StoredRecord};
use crate::ports::{AccountId, CallOptions, PermissionSet, PortError};

/// Sweeps at intervals, for ever.
pub async fn sweep(context: Arc<Context>) {
    loop {
        tokio::time::sleep(context.config.delays.sweep_interval).await;
        match once(&context).await {
            Ok(found) => {
                context.metrics.swept(found, context.now());
                tracing::info!(found, "sweep finished: assignments without a record");
            }
            Err(error) => tracing::warn!(error, "the sweep stopped; it is made again at the next interval"),
        }
    }
}

async fn once(context: &Context) -> Result<usize, String> {
    let said = |error: PortError| error.to_string();
    let options = CallOptions::background();
    let sets = &context.ports.permission_sets;
    let mut found = BTreeMap::new();
    for name in sets_in_use(context) {
        let set = sets.by_name(&options, name.as_str()).await.map_err(said)?;
        let Lookup::Found(set) = set.value else { continue };
        let now = options.clone().fresh();
        let accounts = sets.provisioned_in(&now, &set.arn).await.map_err(said)?;
        for account in accounts.value.found().unwrap_or_default() {
            for key in without_record(context, &set, &account).await? {
                found.insert(key, set.name.clone());
            }
        }
    }
    // Read after every list: what a record holds by then was not listed for nobody.
    let records = context.records.list().await.map_err(|error| error.to_string())?;
    for record in records.iter().filter(|record| holds(record)) {
        if let Some(record) = &record.record {
            found.remove(&record.key());
        }
    }
    for (key, set_name) in &found {
        report(context, key, set_name);
    }
    Ok(found.len())
}

/// Those that a policy lets people ask for.
fn sets_in_use(context: &Context) -> BTreeSet<PermissionSetName> {
    let policies = context.policies();
    policies
        .eligibility
        .existing()
        .flat_map(|policy| policy.spec.permission_sets.iter().cloned())
        .collect()
}

/// The assignments of users that AWS lists and that no record holds, as the watch of records shows it.
async fn without_record(
    context: &Context,
    set: &PermissionSet,
    account: &AccountId,
) -> Result<Vec<AssignmentKey>, String> {
    let assignments = &context.ports.assignments;
    let listing = assignments
        .list(&CallOptions::background(), account, &set.arn)
        .await;
    let listing = listing.map_err(|error| error.to_string())?.value;
    let held = context.record_cache.held(holds);
    let users = listing.principals.iter().filter_map(|principal| match principal {
        Principal::User(user) => Some(user.clone()),
        Principal::Group(_) => None,
    });
    let instance = context.config.identity_center.borrow().instance_arn.clone();
    let keys = users.map(|user_id| AssignmentKey {
        instance_arn: instance.clone(),
        user_id,
        account_id: account.clone(),
        permission_set_arn: set.arn.clone(),
    });
    Ok(keys.filter(|key| !held.contains(key)).collect())
}

/// Whether a record has, or may have, its assignment in AWS.
fn holds(record: &StoredRecord) -> bool {
    let record = record.record.as_ref();
    record.is_some_and(|record| record.state() != AssignmentState::Absent)
}

fn report(context: &Context, key: &AssignmentKey, set_name: &str) {
    tracing::warn!(user = %key.user_id, account = %key.account_id, permission_set = set_name, "an assignment without a record");
    let sentence = format!(
        "User {} has {set_name} in account {} without a record.",
        key.user_id, key.account_id
    );
    let about = json!({
        "userId": key.user_id,
        "accountId": key.account_id,
        "permissionSetArn": key.permission_set_arn,
        "permissionSetName": set_name,
    });
    let alert = Alert::new(Reason::UnheldAssignment, sentence);
    context.report.note(&alert, &about, context.now());
}
