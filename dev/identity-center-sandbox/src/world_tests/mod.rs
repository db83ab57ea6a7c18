//! What the state machine promises, as sentences.

mod bench;

use std::time::Duration;

use self::bench::{ACCOUNT, Bench, OTHER_ACCOUNT, code};
use super::*;

#[test]
fn a_create_is_in_progress_first_and_listed_once_it_has_succeeded() {
    let mut bench = Bench::new(|_| ());
    let alice = bench.alice();
    let begun = bench.create(&alice).unwrap();
    assert_eq!(begun.status, "IN_PROGRESS");
    assert_eq!(bench.listed(&alice), 0);
    bench.wait(2_000);
    assert_eq!(bench.creation(&begun.request_id).unwrap().status, "SUCCEEDED");
    assert_eq!(bench.listed(&alice), 1);
}

#[test]
fn an_operation_may_need_a_number_of_questions_before_it_finishes() {
    let mut bench = Bench::new(|settings| settings.operation_polls = 2);
    let alice = bench.alice();
    let begun = bench.create(&alice).unwrap();
    bench.wait(10_000);
    let seen: Vec<String> = (0..3)
        .map(|_| bench.creation(&begun.request_id).unwrap().status)
        .collect();
    assert_eq!(seen, ["IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED"]);
}

#[test]
fn creations_and_deletions_have_separate_ids_and_records_that_are_forgotten() {
    let mut bench = Bench::new(|settings| settings.status_lifetime = Duration::from_mins(1));
    let alice = bench.alice();
    let begun = bench.create(&alice).unwrap();
    assert_eq!(
        code(bench.deletion(&begun.request_id)),
        "ResourceNotFoundException"
    );
    bench.wait(61_000);
    assert!(bench.creation(&begun.request_id).is_ok());
    bench.wait(2_000);
    assert_eq!(
        code(bench.creation(&begun.request_id)),
        "ResourceNotFoundException"
    );
    assert_eq!(bench.listed(&alice), 1);
}

#[test]
fn creating_twice_makes_one_and_deleting_nothing_is_answered_in_both_of_the_ways_of_aws() {
    let mut bench = Bench::new(|settings| settings.operation_time = Duration::ZERO);
    let alice = bench.alice();
    for _ in 0..2 {
        assert_eq!(bench.create(&alice).unwrap().status, "SUCCEEDED");
        bench.wait(1_000);
    }
    assert_eq!(bench.listed(&alice), 1);
    assert_eq!(bench.delete(&alice).unwrap().status, "SUCCEEDED");
    bench.wait(1_000);
    assert_eq!(code(bench.delete(&alice)), "ResourceNotFoundException");
    bench.world.settings.delete_missing = DeleteMissing::FailsLater;
    let failed = bench.delete(&alice).unwrap();
    assert!(failed.failure_reason.unwrap().contains("EntitlementItem"));
}

#[test]
fn a_second_operation_conflicts_on_the_tuple_in_the_account_and_shortly_after() {
    let mut bench = Bench::new(|_| ());
    let (alice, bob) = (bench.alice(), bench.tuple("bob@example.com", ACCOUNT));
    bench.create(&alice).unwrap();
    assert_eq!(code(bench.delete(&alice)), "ConflictException");
    assert_eq!(code(bench.create(&bob)), "ConflictException");
    bench.wait(2_500);
    assert_eq!(
        code(bench.delete(&alice)),
        "ConflictException",
        "half a second after the create finished"
    );
    bench.create(&bob).unwrap();
    bench.wait(2_500);
    bench.delete(&alice).unwrap();
}

#[test]
fn a_queue_in_the_account_runs_one_operation_after_the_other() {
    let mut bench = Bench::new(|settings| settings.same_account = SameAccount::Queue);
    let (alice, bob) = (bench.alice(), bench.tuple("bob@example.com", ACCOUNT));
    let (first, second) = (bench.create(&alice).unwrap(), bench.create(&bob).unwrap());
    bench.wait(2_000);
    assert_eq!(bench.creation(&first.request_id).unwrap().status, "SUCCEEDED");
    assert_eq!(bench.creation(&second.request_id).unwrap().status, "IN_PROGRESS");
    bench.wait(2_000);
    assert_eq!(bench.creation(&second.request_id).unwrap().status, "SUCCEEDED");
}

#[test]
fn the_sixteenth_outstanding_create_is_throttled() {
    let mut bench = Bench::new(|settings| settings.same_account = SameAccount::Free);
    for number in 0..16 {
        let mut input = bench.alice();
        input.principal_id = format!("somebody-{number}");
        let answer = bench.create(&input);
        assert_eq!(answer.is_ok(), number < 15, "{answer:?}");
    }
}

#[test]
fn twenty_calls_a_second_are_shared_by_all_operations_of_a_service_and_only_by_those() {
    let mut bench = Bench::new(|_| ());
    let alice = bench.alice();
    for _ in 0..20 {
        bench.listed(&alice);
    }
    assert_eq!(code(bench.create(&alice)), "ThrottlingException");
    let store = bench.world.ids.identity_store_id();
    let who = Operation::DescribeUser {
        identity_store_id: store,
        user_id: alice.principal_id.clone(),
    };
    assert!(bench.ask(who).is_ok());
    bench.wait(50);
    assert!(bench.create(&alice).is_ok());
}

#[test]
fn lists_lag_behind_as_far_as_set() {
    let mut bench = Bench::new(|settings| {
        settings.operation_time = Duration::ZERO;
        settings.list_lag = Duration::from_secs(3);
    });
    let alice = bench.alice();
    bench.create(&alice).unwrap();
    assert_eq!((bench.listed(&alice), bench.world.assigned().len()), (0, 3));
    bench.wait(3_000);
    assert_eq!(bench.listed(&alice), 1);
}

#[test]
fn empty_pages_have_a_continuation_and_organizations_gives_twenty_rows_at_most() {
    let mut bench = Bench::new(|settings| settings.empty_page_every = 1);
    for number in 0..30 {
        bench.change(&format!(
            r#"{{"change":"put-account","id":"9000000000{number:02}"}}"#
        ));
    }
    let (mut sizes, mut next_token) = (Vec::new(), None);
    loop {
        match bench
            .ask(Operation::ListAccounts {
                paging: Paging {
                    max_results: Some(100),
                    next_token,
                },
            })
            .unwrap()
        {
            Reply::AccountList {
                accounts,
                next_token: next,
            } => {
                sizes.push(accounts.len());
                next_token = next;
            }
            other => panic!("{other:?}"),
        }
        if next_token.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [0, 20, 17]);
}

#[test]
fn the_next_two_creates_in_this_account_fail_as_scripted_and_the_third_does_not() {
    let mut bench = Bench::new(|settings| {
        settings.operation_time = Duration::ZERO;
        settings.conflict_window = Duration::ZERO;
    });
    bench.script(
        r#"{"on":{"operation":"CreateAccountAssignment","account":"111122223333"},"times":2,
            "effect":{"kind":"fail","reason":"role-quota"}}"#,
    );
    let (alice, elsewhere) = (bench.alice(), bench.tuple("alice@example.com", OTHER_ACCOUNT));
    assert_eq!(bench.create(&elsewhere).unwrap().status, "SUCCEEDED");
    let outcomes: Vec<String> = (0..3).map(|_| bench.create(&alice).unwrap().status).collect();
    assert_eq!(outcomes, ["FAILED", "FAILED", "SUCCEEDED"]);
    assert!(bench.world.scripts().is_empty());
}

#[test]
fn an_answer_lost_after_the_effect_leaves_the_effect_and_one_lost_before_does_not() {
    for applied in [false, true] {
        let mut bench = Bench::new(|settings| settings.operation_time = Duration::ZERO);
        bench.script(&format!(
            r#"{{"times":1,"effect":{{"kind":"lost","applied":{applied}}}}}"#
        ));
        let alice = bench.alice();
        let answer = bench.call(Operation::CreateAccountAssignment(alice.clone()));
        assert_eq!(answer.delivery, Delivery::Lost);
        assert_eq!(bench.listed(&alice), usize::from(applied));
    }
}

#[test]
fn a_request_held_before_its_effect_takes_effect_when_released() {
    let mut bench = Bench::new(|settings| settings.operation_time = Duration::ZERO);
    bench.script(r#"{"times":1,"effect":{"kind":"hold","applied":false}}"#);
    let alice = bench.alice();
    let held = bench.call(Operation::CreateAccountAssignment(alice.clone()));
    assert_eq!(held.delivery, Delivery::Held(1));
    bench.wait(3_600_000);
    assert_eq!(bench.listed(&alice), 0);
    assert!(bench.world.release(1, bench.now).unwrap().is_ok());
    assert_eq!(bench.listed(&alice), 1);
    assert_eq!(bench.world.release(1, bench.now), None);
}

#[test]
fn refusals_carry_the_reasons_and_delays_of_aws() {
    let mut bench = Bench::new(|_| ());
    let alice = bench.alice();
    bench.script(r#"{"times":1,"effect":{"kind":"refuse","code":"kms-disabled"}}"#);
    let refused = bench.create(&alice).unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.reason.as_deref()),
        ("ValidationException", Some("KMS_DisabledException"))
    );
    bench.script(
        r#"{"times":1,"effect":{"kind":"refuse","code":"ThrottlingException","retryAfterSeconds":7}}"#,
    );
    assert_eq!(bench.create(&alice).unwrap_err().retry_after_seconds, Some(7));
}

#[test]
fn a_delegated_administrator_may_not_touch_the_management_account_nor_sets_provisioned_there() {
    let mut bench = Bench::new(|settings| settings.delegated_administrator = Some("222222222222".into()));
    let management = bench.tuple("alice@example.com", "111111111111");
    assert_eq!(code(bench.create(&management)), "AccessDeniedException");
    bench.change(
        r#"{"change":"put-assignment","account":"111111111111","permissionSet":"DatabaseAdmin",
            "user":"bob@example.com"}"#,
    );
    let alice = bench.alice();
    assert_eq!(code(bench.create(&alice)), "AccessDeniedException");
}

#[test]
fn what_changes_between_accepting_and_finishing_decides() {
    let mut bench = Bench::new(|_| ());
    let alice = bench.alice();
    let begun = bench.create(&alice).unwrap();
    bench.change(r#"{"change":"remove-user","userName":"alice@example.com"}"#);
    bench.wait(2_000);
    let failed = bench.creation(&begun.request_id).unwrap();
    assert!(
        failed
            .failure_reason
            .unwrap()
            .contains("was not found in directory")
    );
    bench.change(r#"{"change":"put-account","id":"111122223333","state":"SUSPENDED"}"#);
    let bob = bench.tuple("bob@example.com", ACCOUNT);
    let begun = bench.create(&bob).unwrap();
    bench.wait(2_000);
    assert_eq!(bench.creation(&begun.request_id).unwrap().status, "FAILED");
}

#[test]
fn a_user_name_given_out_again_gets_a_new_id() {
    let mut bench = Bench::new(|_| ());
    let before = bench.alice().principal_id;
    bench.change(r#"{"change":"remove-user","userName":"alice@example.com"}"#);
    bench.change(r#"{"change":"put-user","userName":"alice@example.com"}"#);
    let ids: Vec<&String> = bench
        .world
        .users
        .iter()
        .filter(|user| !user.deleted)
        .map(|user| &user.id)
        .collect();
    assert!(!ids.contains(&&before));
}

#[test]
fn the_same_calls_at_the_same_times_have_the_same_answers() {
    let run = || {
        let mut bench = Bench::new(|settings| settings.empty_page_every = 3);
        let mut answers = Vec::new();
        for round in 0..40 {
            let user = ["alice@example.com", "bob@example.com"][round % 2];
            let input = bench.tuple(user, [ACCOUNT, OTHER_ACCOUNT][round / 2 % 2]);
            answers.push(format!(
                "{:?}",
                bench.call(Operation::CreateAccountAssignment(input.clone()))
            ));
            bench.wait(700);
            answers.push(format!(
                "{:?}",
                bench.call(Operation::DeleteAccountAssignment(input))
            ));
        }
        (answers, serde_json::to_string(&bench.world).unwrap())
    };
    assert_eq!(run(), run());
}

#[test]
fn a_clock_that_steps_back_breaks_nothing() {
    let mut bench = Bench::new(|_| ());
    let alice = bench.alice();
    let begun = bench.create(&alice).unwrap();
    bench.wait(-3_600_000);
    assert_eq!(bench.creation(&begun.request_id).unwrap().status, "IN_PROGRESS");
    bench.wait(3_602_000);
    assert_eq!(bench.creation(&begun.request_id).unwrap().status, "SUCCEEDED");
}

#[test]
fn mistakes_in_the_organization_file_are_reported_with_their_lines() {
    let cases = [
        ("region: eu-central-1\n", "managementAccount"),
        ("region: [\n", "line"),
        ("region: x\nmanagementAccount: {id: \"1\", name: m}\n", "line 2"),
        (
            "region: x\nmanagementAccount: {id: \"111111111111\", name: m}\nwhat: 1\n",
            "line 3",
        ),
        (
            "region: x\nmanagementAccount: {id: \"111111111111\", name: m}\ngroups:\n- {name: A, members: [bob]}\n",
            "line 4: \"bob\" is no user",
        ),
        (
            "region: x\nmanagementAccount: {id: \"111111111111\", name: m}\naccounts:\n- {id: \"111111111111\", name: n}\n",
            "line 4: \"111111111111\" is there twice",
        ),
        (
            "region: x\nmanagementAccount: {id: \"111111111111\", name: m}\npermissionSets:\n- {name: A, sessionDuration: PT20H}\n",
            "line 4: \"PT20H\" is no session duration",
        ),
    ];
    for (text, expected) in cases {
        let error = OrganizationFile::parse(text).unwrap_err().to_string();
        assert!(
            error.contains(expected),
            "{error:?} does not mention {expected:?}"
        );
    }
}

#[test]
fn a_request_delivered_twice_takes_effect_once_and_the_second_answer_arrives() {
    let mut bench = Bench::new(|_| ());
    bench.script(r#"{"times":1,"effect":{"kind":"twice"}}"#);
    let alice = bench.alice();
    assert_eq!(code(bench.create(&alice)), "ConflictException");
    bench.wait(2_000);
    assert_eq!(bench.listed(&alice), 1);
}

#[test]
fn a_stuck_operation_stays_in_progress_until_somebody_finishes_it() {
    let mut bench = Bench::new(|_| ());
    bench.script(r#"{"times":1,"effect":{"kind":"stuck"}}"#);
    let alice = bench.alice();
    let begun = bench.create(&alice).unwrap();
    bench.wait(3_600_000);
    assert_eq!(bench.creation(&begun.request_id).unwrap().status, "IN_PROGRESS");
    bench.change(r#"{"change":"finish-stuck"}"#);
    assert_eq!(bench.creation(&begun.request_id).unwrap().status, "SUCCEEDED");
}

#[test]
fn a_lag_of_one_create_is_on_top_of_the_lag_of_all_lists() {
    let mut bench = Bench::new(|settings| settings.operation_time = Duration::ZERO);
    bench.script(r#"{"times":1,"effect":{"kind":"lag","time":"1m"}}"#);
    let alice = bench.alice();
    assert_eq!(bench.create(&alice).unwrap().status, "SUCCEEDED");
    assert_eq!(bench.listed(&alice), 0);
    bench.wait(60_000);
    assert_eq!(bench.listed(&alice), 1);
}
