//! What the controller can assign at all: a delegated administrator of Identity Center cannot assign the management account, nor
//! permission sets that are provisioned in it. It is said before anybody approves; AWS says it at the create only.

use crate::api::AccountId;
use crate::domain::fact_reader::{FactReader, Freshness, Undecided};
use crate::domain::facts::{Lookup, PermissionSet};
use crate::domain::snapshot::IdentityCenter;

/// Why an account cannot be assigned, if it cannot.
pub(in crate::domain) fn account_out_of_reach(
    center: &IdentityCenter,
    id: &AccountId,
    reader: &FactReader<'_>,
) -> Result<Option<String>, Undecided> {
    if !center.delegated_administrator || reader.management_account()? != id {
        return Ok(None);
    }
    Ok(Some(format!(
        "{id} is the management account, which a delegated administrator cannot assign."
    )))
}

/// Why a permission set cannot be assigned in any account, if it cannot.
pub(in crate::domain) fn set_out_of_reach(
    center: &IdentityCenter,
    set: &PermissionSet,
    reader: &FactReader<'_>,
    freshness: Freshness,
) -> Result<Option<String>, Undecided> {
    if !center.delegated_administrator {
        return Ok(None);
    }
    // Both are asked for in one round.
    let (management, accounts) = (
        reader.management_account(),
        reader.provisioned_in(&set.arn, freshness),
    );
    let management = management?;
    let is_there = matches!(accounts?, Lookup::Found(accounts) if accounts.contains(management));
    Ok(is_there.then(|| {
        format!(
            "Permission set {} is provisioned in the management account {management}, so a delegated administrator cannot \
             assign it: use another one, or run the controller with credentials of the management account.",
            set.name
        )
    }))
}
