//! Which questions of decisions were left without an answer.

use std::collections::BTreeMap;

use crate::domain::{Fact, Facts};

/// How many answers are unknown, by what was asked.
pub(super) fn unknown(facts: &Facts) -> [(&'static str, usize); 14] {
    let Facts {
        users_by_name,
        users,
        groups,
        memberships,
        members,
        accounts,
        management_account,
        permission_sets_by_name,
        permission_sets,
        provisioned_in,
        instance,
        listing,
        operations,
        creates_in_progress,
    } = facts;
    [
        ("UserByName", among(users_by_name)),
        ("User", among(users)),
        ("Group", among(groups)),
        ("Membership", among(memberships)),
        ("Members", among(members)),
        ("Account", among(accounts)),
        ("ManagementAccount", one(management_account.as_ref())),
        ("PermissionSetByName", among(permission_sets_by_name)),
        ("PermissionSet", among(permission_sets)),
        ("ProvisionedIn", among(provisioned_in)),
        ("Instance", one(instance.as_ref())),
        ("Listing", one(listing.as_ref())),
        ("Operation", among(operations)),
        ("CreatesInProgress", one(creates_in_progress.as_ref())),
    ]
}

fn among<K, T>(answers: &BTreeMap<K, Fact<T>>) -> usize {
    answers.values().map(|answer| one(Some(answer))).sum()
}

fn one<T>(answer: Option<&Fact<T>>) -> usize {
    usize::from(matches!(answer, Some(Fact::Unknown(_))))
}
