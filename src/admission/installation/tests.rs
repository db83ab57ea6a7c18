//! Names of an installation in the texts of its objects.

use super::*;

fn texts(objects: &[Value]) -> String {
    objects.iter().map(Value::to_string).collect()
}

#[test]
fn the_sources_are_yaml_and_name_the_default_installation() {
    let installation = Installation::default();
    assert_eq!(installation.validating_policies(), PARSED[0]);
    assert_eq!(installation.mutating_policies(), PARSED[1]);
    assert_eq!(installation.roles(), PARSED[2]);
}

/// An expression that yields a line break, or fails, is dropped by the API server, which then shows the rule itself.
#[test]
fn every_message_that_is_an_expression_has_a_sentence_beside_it() {
    let mut seen = 0;
    for policy in Installation::default().validating_policies() {
        for rule in policy["spec"]["validations"].as_array().into_iter().flatten() {
            let sentence = rule["message"].as_str().unwrap_or_default();
            assert!(sentence.len() > 10, "{}", rule["expression"]);
            seen += usize::from(rule["messageExpression"].is_string());
        }
    }
    assert!(seen > 15, "{seen} expressions");
}

#[test]
fn every_validating_policy_refuses_when_it_fails_and_is_bound_to_deny() {
    let all = Installation::default().validating_policies();
    let (policies, bindings): (Vec<&Value>, Vec<&Value>) = all
        .iter()
        .partition(|object| object["kind"] == "ValidatingAdmissionPolicy");
    assert_eq!(policies.len(), VALIDATING.len());
    assert_eq!(bindings.len(), VALIDATING.len());
    for policy in policies {
        let name = &policy["metadata"]["name"];
        assert_eq!(policy["spec"]["failurePolicy"], "Fail", "{name}");
        let is_its = |binding: &&&Value| binding["spec"]["policyName"] == *name;
        let binding = bindings.iter().find(is_its);
        let actions = binding.map(|binding| &binding["spec"]["validationActions"]);
        assert_eq!(actions, Some(&json!(["Deny"])), "{name}");
    }
}

#[test]
fn records_are_written_by_the_controller_of_the_installation_alone() {
    let installation = Installation::new("platform", "elevator").unwrap();
    let policies = installation.validating_policies();
    let is_this = |object: &&Value| object["metadata"]["name"] == "team-operator-assignments";
    let policy = policies.iter().find(is_this).unwrap();
    let rule = &policy["spec"]["matchConstraints"]["resourceRules"][0];
    assert_eq!(rule["resources"], json!(["accountassignments"]));
    assert_eq!(rule["operations"], json!(["CREATE", "UPDATE", "DELETE"]));
    assert_eq!(
        policy["spec"]["variables"][0]["expression"],
        format!("'{}'", installation.controller_user_name())
    );
}

#[test]
fn no_default_name_is_left_in_another_installation() {
    let installation = Installation::new("platform", "elevator").unwrap();
    let text = texts(&installation.manifests());
    assert!(!text.contains(DEFAULT_NAMESPACE));
    assert!(
        !text.contains(":team-operator'"),
        "a policy still knows the default controller"
    );
    assert!(text.contains("system:serviceaccount:platform:elevator"));
}

#[test]
fn a_namespace_that_ends_like_the_default_one_is_not_doubled() {
    let installation = Installation::new("my-team-operator-system", "team-operator").unwrap();
    assert!(!texts(&installation.policies()).contains("my-my-"));
}

#[test]
fn names_that_could_change_an_expression_are_refused() {
    for wrong in ["", "a'b", "UPPER", "-a", "a-", "a:b", &"a".repeat(64)] {
        assert!(Installation::new(wrong, "team-operator").is_err(), "{wrong}");
        assert!(
            Installation::new("team-operator-system", wrong).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn policy_writers_stand_in_the_policy_as_a_list_of_strings() {
    let writers = vec!["flux".to_owned(), "o'neil\"@example.com".to_owned()];
    let installation = Installation::default()
        .with_policy_writers(writers.clone())
        .unwrap();
    let policies = installation.policies();
    let policy = policies
        .iter()
        .find(|p| p["metadata"]["name"] == POLICY_WRITERS)
        .unwrap();
    let expression = policy["spec"]["variables"][0]["expression"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Vec<String>>(expression).unwrap(), writers);
}

#[test]
fn policy_writers_as_installed_are_any_literal_list_of_users() {
    let is_policy = |object: &&Value| object["metadata"]["name"] == POLICY_WRITERS;
    let installation = Installation::default().with_policy_writers_as_installed();
    let policies = installation.policies();
    let source = policies.iter().find(is_policy).unwrap();
    let live = |list: &str| {
        let mut live = source.clone();
        live["spec"]["variables"][0]["expression"] = json!(list);
        live
    };
    for list in ["[]", r#"["flux","o'neil\"@example.com"]"#] {
        assert_eq!(installation.source_for(source, &live(list)), live(list), "{list}");
        assert_eq!(Installation::default().source_for(source, &live(list)), *source);
    }
    let anybody = ["[request.userInfo.username]", "[\"\"]", "['flux']", "", "[1]"];
    for list in anybody {
        assert_eq!(installation.source_for(source, &live(list)), *source, "{list}");
    }
    let mut weakened = live("[]");
    weakened["spec"]["failurePolicy"] = json!("Ignore");
    assert_eq!(installation.source_for(source, &weakened), *source);
}

#[test]
fn a_policy_names_the_controller_of_its_installation() {
    let installation = Installation::new("platform", "elevator").unwrap();
    let policies = installation.policies();
    let is_this = |object: &&Value| object["metadata"]["name"] == CONTROLLER_POLICY;
    let policy = policies.iter().find(is_this).unwrap();
    assert_eq!(
        controller_named_by(policy),
        Some("system:serviceaccount:platform:elevator")
    );
    assert_eq!(controller_named_by(&json!({})), None);
}

#[test]
fn without_stamping_nothing_mutates() {
    let kinds = texts(&Installation::default().with_stamping(false).manifests());
    assert!(!kinds.contains("\"MutatingAdmissionPolicy"));
}
