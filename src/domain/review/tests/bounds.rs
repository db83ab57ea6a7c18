//! How much an answer asks and shows, and what it leaves out.

use super::*;

#[test]
fn everything_that_an_answer_needs_is_asked_in_three_rounds_however_many_policies_and_groups_there_are() {
    let mut world = request().with(|world| {
        let groups: Vec<String> = (0..40).map(|number| format!("G{number}")).collect();
        for name in &groups {
            world
                .groups
                .insert(name.clone(), std::iter::once("sam".to_owned()).collect());
        }
        let named = |(number, name): (usize, &String)| {
            let mut spec = eligibility("8h");
            spec.subjects = vec![group(name), group("Security"), group("Engineers")];
            policy(&format!("p{number}"), spec)
        };
        world.snapshot.eligibility_policies.all = groups.iter().enumerate().map(named).collect();
    });
    world.snapshot.facts = Facts::default();
    let mut rounds = 0;
    let status = loop {
        let answered = answer(
            &open_question(),
            &organization([account()]),
            &world.snapshot,
            world.now,
        );
        if answered.questions.is_empty() {
            break answered.status;
        }
        rounds += 1;
        for (question, _) in &answered.questions {
            world.answer(question);
        }
    };
    assert_eq!(status.entries.len(), 40);
    assert_eq!(
        rounds, 3,
        "who it is, which groups there are, and whether the person is in them"
    );
}

#[test]
fn a_policy_that_cannot_be_judged_hides_no_other() {
    let world = request().with(|world| {
        let mut other = eligibility("8h");
        other.subjects = vec![group("Back-soon")];
        world.missing_groups.insert("Back-soon".to_owned(), minute(0));
        world
            .snapshot
            .eligibility_policies
            .all
            .push(policy("other", other));
    });
    let status = ask(world, &open_question());
    assert_eq!(
        (status.complete, status.reason),
        (false, Some(Reason::GroupNotFound))
    );
    assert_eq!(policies(&status), ["orders"]);
}

#[test]
fn an_answer_is_cut_to_what_the_api_server_stores_and_says_so() {
    let world = request().with(|world| {
        let mut everywhere = eligibility("8h");
        everywhere.organizational_units = vec![unit("r-ab12", true)];
        let named = |number| policy(&format!("p{number:02}"), everywhere.clone());
        world.snapshot.eligibility_policies.all = (0..16).map(named).collect();
    });
    let deep = |number| {
        let mut account = numbered(number);
        for step in &mut account.path.0 {
            step.name = "a unit with a name as long as people give".to_owned();
        }
        account
    };
    let accounts = organization((1..600).map(deep).chain([account()]));
    let status = ask_in(world, &accounts, &open_question());
    assert!(status.truncated && status.complete);
    let message = status.message.clone().unwrap();
    assert!(
        message.ends_with("name an account to see what concerns it."),
        "{message}"
    );
    let size = serde_json::to_string(&status).unwrap().len();
    assert!((300_000..800_000).contains(&size), "{size} bytes");
}

#[test]
fn what_a_delegated_administrator_cannot_assign_is_not_offered() {
    let management = "999999999999";
    let world = |provisioned: &[&str]| {
        request().with(|world| {
            world.snapshot.identity_center.delegated_administrator = true;
            world.provisioned_in = provisioned.iter().map(|account| id(account)).collect();
            the_policy(world).spec.accounts.push(id(management));
        })
    };
    let accounts = organization([
        account(),
        Account {
            id: id(management),
            ..account()
        },
    ]);
    let status = ask_in(world(&[]), &accounts, &open_question());
    assert_eq!(status.entries[0].accounts.len(), 1, "not the management account");
    let status = ask_in(world(&[management]), &accounts, &open_question());
    assert_eq!((status.complete, status.entries.len()), (true, 0));
    let status = ask_in(world(&[management]), &accounts, &whole_request("2h"));
    assert_eq!(
        (status.allowed, status.reason),
        (Some(false), Some(Reason::ManagementAccount))
    );
}
