//! The limits of TeamSettings are enforced when a request is created.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{Ground, allowed, cases, forbidden, invalid, refused, until};

const A_DURATION: &str = "write a duration longer than zero and at most 8000h in whole hours, minutes and seconds, \
                          such as 90m, 2h or 1h30m";
const SAY_WHY: &str = "spec.justification is required: say in a few words why you need this access";

cases! {
    async fn a_longer_duration_than_the_settings_allow_is_refused_with_both_numbers(ground: Ground) {
        let answer = ground.alice().asks(|r| r["spec"]["duration"] = json!("12h")).await;
        invalid(answer, "spec.duration 12h is longer than the 9h that TeamSettings allow");
        allowed(ground.alice().tries(|r| r["spec"]["duration"] = json!("9h")).await);
    }

    async fn what_is_no_duration_is_refused_with_a_sentence(ground: Ground) {
        for wrong in ["0s", "-1h", "1.5h", "8001h", "99999999999999999999h", "two hours", ""] {
            invalid(ground.alice().asks(|r| r["spec"]["duration"] = json!(wrong)).await, A_DURATION);
        }
    }

    async fn a_justification_without_a_word_is_refused(ground: Ground) {
        for blank in [json!(""), json!("   "), Value::Null] {
            invalid(ground.alice().asks(|r| r["spec"]["justification"] = blank).await, SAY_WHY);
        }
    }

    async fn a_justification_of_signs_alone_is_not_called_missing(ground: Ground) {
        for signs in ["🔥🔥", "…", "-.!?"] {
            let answer = ground.alice().asks(|r| r["spec"]["justification"] = json!(signs)).await;
            invalid(answer, "spec.justification has no letter and no digit: say in words why you need this access");
        }
    }

    async fn a_justification_in_any_script_is_accepted(ground: Ground) {
        for words in ["Störung beheben", "障害対応", "устранение сбоя", "إصلاح", "4711"] {
            let request = allowed(ground.alice().tries(|r| r["spec"]["justification"] = json!(words)).await);
            assert_eq!(request["spec"]["justification"], words);
        }
    }

    async fn a_missing_ticket_is_refused_with_the_form_it_must_have(ground: Ground) {
        for missing in [json!(""), Value::Null] {
            let answer = ground.alice().asks(|r| r["spec"]["ticketNumber"] = missing).await;
            invalid(answer, "spec.ticketNumber is required: name the ticket that this work belongs to, in the form ^[A-Z]+-[0-9]+$");
        }
    }

    async fn a_ticket_of_another_form_is_refused_with_the_form_it_must_have(ground: Ground) {
        for wrong in ["ops-123", "OPS-123 ", "123"] {
            let answer = ground.alice().asks(|r| r["spec"]["ticketNumber"] = json!(wrong)).await;
            invalid(answer, &format!("spec.ticketNumber {wrong} is not of the form ^[A-Z]+-[0-9]+$"));
        }
    }

    async fn a_start_in_the_past_is_accepted(ground: Ground) {
        allowed(ground.alice().tries(|r| r["spec"]["startTime"] = json!("2001-01-01T00:00:00Z")).await);
    }

    async fn a_time_that_only_one_of_two_parsers_reads_is_refused_with_a_sentence(ground: Ground) {
        let spec = |start: &str| json!({ "requester": "alice@example.com", "startTime": start });
        for wrong in [
            "2026-12-01T09:00:00,123456789+01:00",
            "2026-12-01t09:00:00z",
            "2026-12-01T09:00:00+25:00",
            "0000-01-01T00:00:00Z",
            "2026-02-29T09:00:00Z",
            "tomorrow",
        ] {
            let answer = ground.alice().asks(|r| r["spec"]["startTime"] = json!(wrong)).await;
            invalid(answer, "write a time such as 2026-12-01T09:00:00Z");
            invalid(ground.alice().reviews(spec(wrong)).await, "write a time such as 2026-12-01T09:00:00Z");
        }
        allowed(ground.alice().reviews(spec("2026-12-01T10:00:00.5+01:00")).await);
    }

    async fn a_start_too_far_ahead_is_refused_and_one_just_inside_accepted(ground: Ground) {
        let last = created(&ground).await + TimeDelta::hours(720);
        let just_inside = starting_at(last);
        allowed(ground.alice().tries(|r| r["spec"]["startTime"] = just_inside).await);
        for late in [last + TimeDelta::minutes(10), last + TimeDelta::days(3650)] {
            let answer = ground.alice().asks(|r| r["spec"]["startTime"] = starting_at(late)).await;
            invalid(answer, "is more than the 720h ahead that TeamSettings allow");
        }
    }

    async fn an_account_is_named_by_twelve_digits(ground: Ground) {
        for wrong in ["", "11112222333", "1111222233334", "11112222333a", "production"] {
            let answer = ground.alice().asks(|r| r["spec"]["accountId"] = json!(wrong)).await;
            invalid(answer, "an AWS account id is twelve digits, in quotes");
        }
    }

    async fn a_permission_set_has_the_characters_that_aws_takes(ground: Ground) {
        for wrong in ["", "Read Only", "Réadonly", "a/b", "arn:aws:sso:::permissionSet/ssoins-7223abcd12345678/ps-0123456789abcdef"] {
            let answer = ground.alice().asks(|r| r["spec"]["permissionSet"] = json!(wrong)).await;
            invalid(answer, "a permission set name is 1 to 32 letters, digits or any of _+=,.@-: give the name, not the ARN");
        }
    }

    async fn a_user_name_without_the_prefix_or_with_nothing_behind_it_is_refused(alone: Alone) {
        let prefix = |value: &'static str| move |s: &mut Value| s["identity"] = json!({ "usernamePrefixes": [value] });
        for wrong in ["oidc:", "alice@example.com"] {
            let expected = format!("alice@example.com does not start with {wrong}, so it is no Identity Center user");
            alone.settings_until(prefix(wrong), &expected).await;
            forbidden(alone.alice().asks(|_| ()).await, &expected);
        }
        alone.settings(prefix("alice@")).await;
        allowed(alone.alice().asks(|_| ()).await);
    }

    async fn what_is_not_required_may_be_left_out(alone: Alone) {
        alone.settings(|s| {
            s["justification"] = json!("NotRequired");
            s["ticketNumber"]["requirement"] = json!("NotRequired");
        }).await;
        allowed(alone.alice().tries(|r| {
            let spec = r["spec"].as_object_mut().unwrap();
            spec.remove("justification");
            spec.remove("ticketNumber");
        }).await);
        // What is given nevertheless has the form it must have.
        let answer = alone.alice().tries(|r| r["spec"]["ticketNumber"] = json!("nonsense")).await;
        invalid(answer, "spec.ticketNumber nonsense is not of the form");
    }

    async fn without_a_form_any_ticket_is_accepted_and_none_refused_in_other_words(alone: Alone) {
        alone.settings(|s| s["ticketNumber"] = json!({ "requirement": "Required" })).await;
        allowed(alone.alice().tries(|r| r["spec"]["ticketNumber"] = json!("whatever")).await);
        let answer = alone.alice().tries(|r| r["spec"]["ticketNumber"] = json!("")).await;
        let kube::Error::Api(status) = answer.unwrap_err() else { panic!("no answer of the API server") };
        assert!(status.message.ends_with("name the ticket that this work belongs to"), "{}", status.message);
    }

    async fn settings_that_allow_more_allow_more(alone: Alone) {
        alone.settings_until(|s| {
            s["maxRequestDuration"] = json!("13h");
            s["maxStartDelay"] = json!("800h");
        }, "longer than the 13h that TeamSettings allow").await;
        allowed(alone.alice().tries(|r| r["spec"]["duration"] = json!("12h")).await);
        let later = starting_at(created(&alone).await + TimeDelta::hours(790));
        allowed(alone.alice().tries(|r| r["spec"]["startTime"] = later).await);
    }

    async fn without_settings_nothing_is_accepted_and_the_refusal_names_them(alone: Alone) {
        alone.without_settings().await;
        refused(alone.alice().asks(|_| ()).await, "team-operator-needs-teamsettings-default");
    }

    async fn without_settings_the_controller_goes_on(alone: Alone) {
        let live = alone.new_request().await;
        let finished = alone.finished_request().await;
        alone.without_settings().await;
        let controller = alone.controller();
        allowed(controller.patches_status(&live, json!({ "phase": "Denied", "finished": true })).await);
        allowed(controller.patches(&live, json!({ "metadata": { "finalizers": ["team-operator.io/assignment"] } })).await);
        allowed(controller.patches(&live, json!({ "metadata": { "finalizers": null } })).await);
        allowed(controller.deletes(&finished).await);
        allowed(alone.alice().patches(&live, json!({ "spec": { "cancelled": true } })).await);
    }

    /// With team-operator-requests only watching, nothing refuses a machine: team-operator-limits has no word in it. So
    /// the refusal that machines get is always the one of team-operator-requests.
    async fn limits_are_no_business_of_machines(alone: Alone) {
        alone.applies(&json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": { "name": "team-operator-requests" },
            "spec": { "policyName": "team-operator-requests", "validationActions": ["Audit"] },
        })).await;
        until("the policy of requests only watches", async || {
            alone.alice().tries(|r| r["spec"]["requester"] = json!("nobody")).await.ok()
        }).await;
        let answer = alone.controller().tries(|r| {
            r["spec"]["duration"] = json!("10h");
            r["spec"]["ticketNumber"] = json!("nonsense");
        }).await;
        allowed(answer);
        let answer = alone.alice().tries(|r| r["spec"]["duration"] = json!("10h")).await;
        invalid(answer, "spec.duration 10h is longer than the 9h");
    }
}

/// The API server's clock, as it dates a request.
async fn created(ground: &Ground) -> DateTime<Utc> {
    let request = allowed(ground.alice().asks(|_| ()).await);
    request["metadata"]["creationTimestamp"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

fn starting_at(time: DateTime<Utc>) -> Value {
    json!(time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}
