//! What a review answers, whole requests and open questions.

mod bounds;

use super::*;
use crate::api::{AccountId, PermissionSetName};
use crate::domain::fixtures::{
    ACCOUNT, World, account, active, eligibility, group, minute, policy, request, unit,
};
use crate::domain::snapshot::{Guard, PolicyFact, SettingsFact};
use crate::domain::{AccountState, Facts};

const ELSEWHERE: &str = "444455556666";

/// Everything that alice may ask for.
fn open_question() -> EligibilityReviewSpec {
    EligibilityReviewSpec {
        requester: Some("alice".to_owned()),
        account_id: None,
        permission_set: None,
        start_time: None,
        duration: None,
    }
}

/// Whether alice may ask for just this.
fn whole_request(duration: &str) -> EligibilityReviewSpec {
    EligibilityReviewSpec {
        account_id: Some(id(ACCOUNT)),
        permission_set: Some(set("DatabaseAdmin")),
        duration: Some(duration.parse().unwrap()),
        ..open_question()
    }
}

fn id(account: &str) -> AccountId {
    AccountId::parse(account).unwrap()
}

fn set(name: &str) -> PermissionSetName {
    PermissionSetName::parse(name).unwrap()
}

fn numbered(number: usize) -> Account {
    Account {
        id: id(&format!("{number:012}")),
        ..account()
    }
}

fn organization(accounts: impl IntoIterator<Item = Account>) -> OrganizationFacts {
    let accounts = accounts.into_iter();
    OrganizationFacts {
        accounts: accounts.map(|account| (account.id.clone(), account)).collect(),
        units: BTreeMap::new(),
    }
}

fn ask_in(
    mut world: World,
    organization: &OrganizationFacts,
    question: &EligibilityReviewSpec,
) -> EligibilityReviewStatus {
    world.snapshot.facts = Facts::default();
    for _ in 0..20 {
        let answered = answer(question, organization, &world.snapshot, world.now);
        if answered.questions.is_empty() {
            return answered.status;
        }
        for (question, _) in &answered.questions {
            world.answer(question);
        }
    }
    unreachable!("questions without end")
}

fn ask(world: World, question: &EligibilityReviewSpec) -> EligibilityReviewStatus {
    ask_in(world, &organization([account()]), question)
}

fn the_policy(world: &mut World) -> &mut PolicyFact<EligibilityPolicySpec> {
    &mut world.snapshot.eligibility_policies.all[0]
}

fn policies(status: &EligibilityReviewStatus) -> Vec<&str> {
    let entries = status.entries.iter();
    entries.map(|entry| entry.policy.as_str()).collect()
}

#[test]
fn the_dry_run_of_a_request_says_what_the_request_would() {
    let status = ask(request(), &whole_request("2h"));
    assert!(
        status.complete && status.message.as_ref().unwrap().starts_with("Allowed."),
        "{status:?}"
    );
    assert!(status.message.unwrap().contains("bob, carol"));
    assert_eq!(status.reason, Some(Reason::AwaitingApproval));
    assert_eq!(status.entries[0].stages, ["lead"]);
    assert_eq!(status.allowed, Some(true));
    let preview = StagePreview {
        name: "lead".to_owned(),
        approvals_required: 1,
        approvers: vec!["bob".to_owned(), "carol".to_owned()],
    };
    assert_eq!(status.stages, [preview], "the requester is nobody's approver");
    assert!(status.credentials_lifetime.is_some());
    let waived = ask(request().without_approval(), &whole_request("2h"));
    assert_eq!(waived.reason, Some(Reason::ApprovalNotRequired));
    assert_eq!(
        waived.message.as_deref(),
        Some("Allowed. Policy asks for no approval."),
        "nothing is granted by asking"
    );
    assert_eq!((waived.allowed, waived.stages.len()), (Some(true), 0));
    assert!(waived.complete && waived.entries[0].stages.is_empty() && !waived.entries[0].approval_required);
    let by_policy = request().with(|world| the_policy(world).spec.approval_required = false);
    assert!(!ask(by_policy, &whole_request("2h")).entries[0].approval_required);
}

#[test]
fn a_refusal_explains_itself() {
    let with_a_high_ceiling =
        request().with(|world| world.settings().max_request_duration = "24h".parse().unwrap());
    let status = ask(with_a_high_ceiling, &whole_request("10h"));
    assert_eq!(status.reason, Some(Reason::NotEligible));
    let message = status.message.unwrap();
    assert!(
        message.starts_with("Not allowed.") && message.contains("at most 8h, not 10h"),
        "{message}"
    );
    assert!(status.complete && status.entries.is_empty());
    assert_eq!((status.allowed, status.stages.len()), (Some(false), 0));
}

#[test]
fn what_cannot_be_decided_yet_is_neither_allowed_nor_complete() {
    let unproven = request().with(|world| world.snapshot.guard = Guard::Unproven("?".to_owned()));
    let status = ask(unproven, &whole_request("2h"));
    assert!(status.message.unwrap().starts_with("Not known yet."));
    assert_eq!((status.complete, status.entries.len()), (false, 1));
    assert_eq!(status.allowed, None);
}

#[test]
fn the_request_in_the_snapshot_is_not_looked_at() {
    for (duration, verdict) in [("2h", "Allowed."), ("9h", "Not allowed.")] {
        let mut fresh = request();
        let mut used = active().deleted();
        used.snapshot.request.seal = SealCheck::Broken;
        fresh.now = minute(300);
        used.now = minute(300);
        let question = whole_request(duration);
        let status = ask(used, &question);
        assert_eq!(status, ask(fresh, &question), "{duration}");
        assert!(status.message.unwrap().starts_with(verdict), "{duration}");
    }
}

#[test]
fn without_settings_nothing_is_answered_yet() {
    let without = || {
        request().with(|world| {
            world.snapshot.settings = SettingsFact::Missing {
                since: minute(0),
                on_eligibility_lost: None,
            };
        })
    };
    let status = ask(without(), &open_question());
    assert_eq!(
        (status.complete, status.reason),
        (false, Some(Reason::SettingsMissing))
    );
    assert!(status.message.unwrap().ends_with(" It is tried again."));
    assert!(!ask(without(), &whole_request("2h")).complete);
}

#[test]
fn nobody_is_told_so() {
    let asks = |name: &str| EligibilityReviewSpec {
        requester: Some(name.to_owned()),
        ..open_question()
    };
    for name in ["nobody", ""] {
        let status = ask(request(), &asks(name));
        assert_eq!(
            (status.complete, status.reason),
            (true, Some(Reason::RequesterUnknown))
        );
        assert!(status.message.unwrap().contains(&format!("{name:?}")));
    }
    let whole = EligibilityReviewSpec {
        requester: Some("nobody".to_owned()),
        ..whole_request("2h")
    };
    assert_eq!(ask(request(), &whole).reason, Some(Reason::RequesterUnknown));
}

#[test]
fn an_open_question_is_answered_by_every_policy_that_names_the_person() {
    let world = request().with(|world| {
        let mut by_name = eligibility("8h");
        by_name.subjects.insert(0, group("Security"));
        let mut of_others = eligibility("8h");
        of_others.subjects = vec![group("Security")];
        let mut gone = policy("gone", eligibility("8h"));
        gone.gone_since = Some(minute(0));
        let all = &mut world.snapshot.eligibility_policies.all;
        all.extend([policy("others", of_others), policy("second", by_name), gone]);
    });
    let status = ask(world, &open_question());
    assert_eq!(policies(&status), ["orders", "second"]);
    assert_eq!(
        (status.complete, status.truncated, status.reason),
        (true, false, Some(Reason::Valid))
    );
    assert_eq!(status.message.as_deref(), Some("2 policies let you ask."));
    let entry = &status.entries[0];
    assert_eq!(entry.accounts[0].ou_path, "Root/Production/Payments");
    assert!(entry.approval_required && entry.stages.is_empty());
    let nothing = request().with(|world| world.snapshot.eligibility_policies.all.clear());
    let status = ask(nothing, &open_question());
    assert_eq!(
        (status.complete, status.reason),
        (true, Some(Reason::NotEligible))
    );
}

#[test]
fn an_entry_shows_the_active_accounts_that_the_policy_covers_and_the_question_means() {
    let accounts = || {
        let mut elsewhere = numbered(1);
        elsewhere.path.0.truncate(1);
        let mut closed = numbered(2);
        closed.state = AccountState::Closed;
        organization([account(), elsewhere, closed, numbered(3)])
    };
    let ids = |world: World, question: &EligibilityReviewSpec| -> Vec<String> {
        let status = ask_in(world, &accounts(), question);
        let shown = status.entries.into_iter().flat_map(|entry| entry.accounts);
        shown.map(|account| account.id.to_string()).collect()
    };
    let third = format!("{:012}", 3);
    assert_eq!(ids(request(), &open_question()), [ACCOUNT]);
    let below = || {
        request().with(|world| {
            let units = &mut the_policy(world).spec.organizational_units;
            units.push(unit("ou-ab12-prod0001", true));
        })
    };
    assert_eq!(
        ids(below(), &open_question()),
        [third.clone(), ACCOUNT.to_owned()]
    );
    let only = |account: &str| EligibilityReviewSpec {
        account_id: Some(id(account)),
        ..open_question()
    };
    assert_eq!(ids(below(), &only(&third)), [third]);
    assert!(ids(request(), &only(ELSEWHERE)).is_empty());
}

#[test]
fn an_entry_is_as_long_as_policy_and_settings_allow_and_for_the_sets_that_are_meant() {
    let world = || {
        request().with(|world| {
            the_policy(world).spec.max_duration = "24h".parse().unwrap();
            the_policy(world).spec.permission_sets.push(set("ReadOnlyAccess"));
        })
    };
    let entries = |question: &EligibilityReviewSpec| ask(world(), question).entries;
    let all = entries(&open_question());
    assert_eq!(all[0].max_duration, "9h".parse().unwrap());
    assert_eq!(all[0].permission_sets.len(), 2);
    let only = |name: &str| EligibilityReviewSpec {
        permission_set: Some(set(name)),
        account_id: Some(id(ACCOUNT)),
        ..open_question()
    };
    let one = entries(&only("ReadOnlyAccess"));
    assert_eq!(one[0].permission_sets, [set("ReadOnlyAccess")]);
    assert_eq!(
        one[0].stages,
        ["lead"],
        "one account and one set: so it is clear who approves"
    );
    assert!(entries(&only("Other")).is_empty());
    let lasting = |duration: &str| EligibilityReviewSpec {
        duration: Some(duration.parse().unwrap()),
        account_id: Some(id(ACCOUNT)),
        ..open_question()
    };
    let nine = entries(&lasting("9h"));
    assert!(nine[0].stages.is_empty(), "two sets may have different approvers");
    assert!(entries(&lasting("9h1s")).is_empty());
}

#[test]
fn what_does_not_fit_into_an_answer_is_cut_and_said_to_be() {
    let with_policies = |count: usize| {
        request().with(|world| {
            let named = |number| policy(&format!("p{number}"), eligibility("8h"));
            world.snapshot.eligibility_policies.all = (0..count).map(named).collect();
        })
    };
    for (count, shown, truncated) in [(200, 200, false), (201, 200, true)] {
        let status = ask(with_policies(count), &open_question());
        assert_eq!((status.entries.len(), status.truncated), (shown, truncated));
    }
    let everywhere = || {
        request().with(|world| {
            let units = &mut the_policy(world).spec.organizational_units;
            units.push(unit("r-ab12", true));
            let second = policy("second", eligibility("8h"));
            world.snapshot.eligibility_policies.all.push(second);
        })
    };
    for (count, shown, truncated) in [(500, 500, false), (501, 500, true)] {
        let accounts = organization((1..count).map(numbered).chain([account()]));
        let status = ask_in(everywhere(), &accounts, &open_question());
        assert_eq!(policies(&status), ["orders", "second"]);
        let accounts = &status.entries[0].accounts;
        assert_eq!((accounts.len(), status.truncated), (shown, truncated));
    }
}
