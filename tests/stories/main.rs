//! The product told in stories: the real controller on an API server in memory, with AWS's state machine beside it and a clock
//! that jumps. `tests/stories/README.md` has the grammar; the scripts with what is seen at each line are in `scripts/`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![expect(clippy::panic, reason = "a test that cannot go on says so by panicking")]

mod aws;
mod chronicle;
mod clock;
mod cluster;
mod grammar;
mod process;
mod script;
mod stage;
mod stored;
mod tell;
mod verbs;

use self::script::Script;
use self::stage::Stage;
use self::tell::Teller;

macro_rules! stories {
    ($($name:ident,)*) => {
        $(#[test]
        fn $name() {
            play(stringify!($name));
        })*

        #[test]
        fn every_script_is_played() {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories/scripts");
            let played = [$(stringify!($name)),*];
            for entry in std::fs::read_dir(folder).unwrap() {
                let file = entry.unwrap().file_name().into_string().unwrap();
                let name = file.trim_end_matches(".story");
                assert!(played.contains(&name), "list {name} in the stories! of tests/stories/main.rs");
            }
        }
    };
}

stories! {
    from_request_to_end,
    attributes_are_not_mixed,
    policies_disagree_about_approval,
    units_below_units,
    too_long_at_once,
    grants_that_meet,
    standing_access_survives,
    a_delete_that_fails_for_an_hour,
    a_create_that_fails_later,
    approvers_come_and_go,
    nobody_who_could_approve,
    everything_at_once,
    rules_change_while_pending,
    eligibility_lost,
    what_makes_no_sense,
    down_across_the_end,
    two_names_of_one_person,
    rules_behind,
    rules_deleted_in_the_middle,
    rules_deleted_with_keep,
    namespace_deleted,
    people_change_in_the_middle,
    cancelled_in_flight,
    answers_get_lost,
    confirmed_late,
    api_server_away_across_the_end,
    another_instance_configured,
    a_gap_in_the_guard,
    a_gap_while_nobody_looks,
    an_upgrade_voids_nothing,
    an_old_leader_wakes,
    a_recycled_user_name,
    finished_requests_are_removed,
    start_in_the_future,
    removed_by_others,
    thirty_two_votes,
    api_server_away_across_two_ends,
    no_write_holds_up_an_end,
    revoked_during_a_create,
    a_success_learned_after_the_list,
    clocks_differ_at_a_border,
    one_of_two_is_revoked,
    a_forged_request_with_access,
    requests_removed_by_force,
    an_abandoned_instance,
    records_are_forged,
    records_are_removed,
    takeover_in_the_middle_of_a_create,
    an_isolated_leader,
    a_delete_that_lands_late,
    a_hung_admission,
    access_given_while_creates_are_denied,
    a_create_that_waits_too_long,
    lists_fail_across_the_end,
    the_guard_breaks_before_a_confirmation,
    a_leader_without_aws,
}

/// Plays one script from beginning to end, and holds what was seen against what was seen before.
fn play(name: &str) {
    let script = Script::read(name);
    let preface = script.preface.first();
    assert!(
        preface.is_some_and(|first| !first.is_empty()),
        "{}: begin with a sentence that says what it shows",
        script.file()
    );
    if std::env::var_os("LOG").is_some() {
        // What the controller logs, for whoever wonders why a story goes as it does.
        let log = tracing_subscriber::fmt()
            .with_env_filter("team_operator=debug")
            .with_test_writer()
            .without_time();
        drop(log.try_init());
    }
    // kube comes back to a server that was away after a random while: the same one every time.
    fastrand::seed(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let seen = runtime.unwrap().block_on(async {
        let mut stage = Stage::set().await;
        let mut teller = Teller::default();
        // What a cluster looks like when all is well is not told.
        teller.tell(&stage.chronicle.take());
        let mut seen = vec![];
        let mut kept = stored::Kept::default();
        for step in &script.steps {
            for line in &step.lines {
                let done = grammar::meaning(&line.text).and_then(|(verb, words)| verb(&mut stage, words));
                done.unwrap_or_else(|error| panic!("{}:{}: {error}", script.file(), line.number));
            }
            kept.look(name, &stage);
            tokio::time::sleep(stage.takes()).await;
            kept.look(name, &stage);
            seen.push(teller.tell(&stage.chronicle.take()));
        }
        kept.write();
        seen
    });
    script.compare(&seen);
}
