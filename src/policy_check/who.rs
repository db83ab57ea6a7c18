//! Who may ask for one permission set in one account, and who approves.

use std::collections::BTreeMap;

use super::cases::{approvers, shown};
use super::rights::rights;
use super::world::World;

/// The answer in lines; an error names what does not exist.
pub fn who(account: &str, set: &str, world: &mut World) -> Result<Vec<String>, String> {
    let Some(account) = world.directory.account(account).cloned() else {
        return Err(format!(
            "The organization file has no account {account:?}, or more than one of that name."
        ));
    };
    let Some(set) = world.directory.permission_set(set) else {
        return Err(format!("The organization file has no permission set {set:?}."));
    };
    let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut approval = false;
    for (target, right) in rights(world) {
        if target.account == account.id && target.set == set {
            approval = approval || right.asks_for_approval();
            people.entry(right.to_string()).or_default().push(target.person);
        }
    }
    let mut lines = vec![format!(
        "{set} in {} ({}), in {}:",
        account.name,
        account.id,
        account.path.names()
    )];
    if people.is_empty() {
        lines.push("  nobody may ask for it".to_owned());
    }
    for (right, people) in people {
        lines.push(format!("  may ask, {right}: {}", people.join(", ")));
    }
    if approval {
        let approvers = approvers(&account, &set, None, world);
        lines.push(format!("  approved by {}", shown(&approvers)));
    }
    Ok(lines)
}
