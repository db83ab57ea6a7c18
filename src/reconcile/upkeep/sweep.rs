//! The sweep: every assignment of the permission sets in use, held against the requests. It reports and never removes:
//! AWS has no mark that tells whose an assignment is.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use crate::api::PermissionSetName;
use crate::domain::{Lookup, Principal, Sibling};
use crate::ports::{AccountId, CallOptions, PermissionSet, PortError};
use crate::reconcile::request::Request;
use crate::reconcile::shell::Shell;
use crate::reconcile::watching::rules_are_known;

/// Sweeps at intervals, for ever.
pub async fn sweep(shell: Arc<Shell>) {
    rules_are_known(&shell).await;
    loop {
        tokio::time::sleep(shell.settings.delays.sweep_interval).await;
        match once(&shell).await {
            Ok(found) => tracing::info!(found, "swept: assignments of users that no live request holds"),
            Err(error) => tracing::warn!(error, "the sweep stopped; it is made again at the next interval"),
        }
    }
}

async fn once(shell: &Shell) -> Result<usize, String> {
    let said = |error: PortError| error.to_string();
    let ask = CallOptions::background();
    let mut found = 0;
    for name in sets_in_use(shell) {
        let set = shell
            .outside
            .permission_sets
            .by_name(&ask, name.as_str())
            .await
            .map_err(said)?;
        let Lookup::Found(set) = set.value else { continue };
        let accounts = shell
            .outside
            .permission_sets
            .provisioned_in(&ask, &set.arn)
            .await
            .map_err(said)?;
        for account in accounts.value.found().unwrap_or_default() {
            found += unheld(shell, &set, &account).await?;
        }
    }
    Ok(found)
}

/// Those that a policy lets people ask for.
fn sets_in_use(shell: &Shell) -> BTreeSet<PermissionSetName> {
    let rules = shell.rules();
    rules
        .eligibility
        .existing()
        .flat_map(|policy| policy.spec.permission_sets.iter().cloned())
        .collect()
}

async fn unheld(shell: &Shell, set: &PermissionSet, account: &AccountId) -> Result<usize, String> {
    let listing = shell
        .outside
        .assignments
        .list(&CallOptions::background(), account, &set.arn)
        .await;
    let listing = listing.map_err(|error| error.to_string())?.value;
    // Read after the list: what a request holds by then was not listed for nobody.
    let live = shell
        .requests
        .live(Some(account))
        .await
        .map_err(|error| error.to_string())?;
    let live: Vec<Sibling> = live.iter().map(Request::as_sibling).collect();
    let mut found = 0;
    for principal in &listing.principals {
        let Principal::User(user) = principal else {
            continue;
        };
        let holds = |request: &&Sibling| {
            let about = request.about.as_ref();
            about.is_some_and(|(id, at, arn)| id == user.as_str() && at == account && arn == set.arn.as_str())
                && !request.state().is_settled()
        };
        if live.iter().any(|request| holds(&request)) {
            continue;
        }
        found += 1;
        tracing::warn!(user = user.as_str(), %account, permission_set = set.name, "an assignment that no request holds");
        shell.report.audit(&json!({
            "event": "UnheldAssignment",
            "time": shell.now(),
            "userId": user.as_str(),
            "accountId": account,
            "permissionSetArn": set.arn.as_str(),
            "permissionSetName": set.name,
        }));
    }
    Ok(found)
}
