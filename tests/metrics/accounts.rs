//! How many series there are does not depend on how many accounts there are.

use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use identity_center_sandbox::{Options, OrganizationFile, RunningSandbox};
use serde_json::{Value, json};
use team_operator::aws::{Aws, AwsSettings, BudgetSettings};
use team_operator::metrics::Metrics;
use team_operator::ports::{Assignments as _, CallOptions, Organization as _, PermissionSets as _};
use team_operator::runtime::SystemClock;

use super::exposition::series;

fn organization(accounts: usize) -> String {
    let accounts: Vec<Value> = (0..accounts)
        .map(|number| json!({ "id": format!("{:012}", 100_000_000_000 + number), "name": format!("account-{number}") }))
        .collect();
    json!({
        "region": "eu-central-1",
        "managementAccount": { "id": "999999999999", "name": "management" },
        "organizationalUnits": [{ "name": "Test", "id": "ou-ab12-test0001", "accounts": accounts }],
        "permissionSets": [{ "name": "Admin", "sessionDuration": "PT1H" }],
        "settings": { "throttling": false },
    })
    .to_string()
}

/// How many series there are when something was asked about each account of an organization of that size.
async fn series_at(accounts: usize) -> usize {
    let sandbox = RunningSandbox::start(Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        organization: OrganizationFile::parse(&organization(accounts)).unwrap(),
        data: None,
        clock: Arc::new(SystemClock),
    });
    let (sandbox, metrics) = (sandbox.await.unwrap(), Metrics::default());
    let credentials = Credentials::new("sandbox", "sandbox", None, None, "tests");
    let settings = AwsSettings {
        region: Some("eu-central-1".to_owned()),
        endpoint_url: Some(sandbox.endpoint()),
        credentials: Some(SharedCredentialsProvider::new(credentials)),
        budget: BudgetSettings {
            sso_admin_rate: 10_000.0,
            organizations_share: 1_000.0,
            ..BudgetSettings::default()
        },
        metrics: metrics.clone(),
        ..AwsSettings::default()
    };
    let aws = Aws::connect(settings, Arc::new(SystemClock)).await.unwrap();
    let options = CallOptions::background();
    let set = aws
        .by_name(&options, "Admin")
        .await
        .unwrap()
        .value
        .found()
        .unwrap();
    let tree = aws.tree(&options).await.unwrap().value;
    let mut asked = 0;
    for account in tree.accounts.keys() {
        aws.list(&options, account, &set.arn).await.unwrap();
        asked += 1;
    }
    assert!(asked > accounts, "the management account is one more: {asked}");
    series(&metrics.exposition())
}

#[tokio::test]
async fn a_thousand_accounts_have_as_many_series_as_one() {
    let (one, thousand) = (series_at(1).await, series_at(1_000).await);
    println!("{one} series at 1 account, {thousand} at 1,000");
    assert_eq!(one, thousand);
}
