//! The name of a record: the same assignment is always the same object, and the API server's compare-and-swap its lock.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::api::AccountAssignmentSpec;

/// How many hexadecimal digits of the digest a name bears: 128 bits.
const DIGEST_DIGITS: usize = 32;

/// How many characters of the permission set's name a record's name shows; AWS allows 32.
const SET_SHOWN: usize = 32;

/// `ACCOUNT-SET-DIGEST`: account and set for people, the digest over everything that names the assignment in AWS.
pub fn record_name(spec: &AccountAssignmentSpec) -> String {
    let key = spec.key();
    let parts = [
        key.instance_arn.as_str(),
        key.user_id.as_str(),
        key.account_id.as_str(),
        key.permission_set_arn.as_str(),
    ];
    let mut digest = Sha256::new();
    for part in parts {
        // The length keeps two lists of parts apart that read the same when joined.
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let mut hex = String::new();
    for byte in digest.finalize() {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex.truncate(DIGEST_DIGITS);
    format!(
        "{}-{}-{hex}",
        key.account_id,
        set_for_people(spec.permission_set_name.as_str())
    )
}

/// Lower-case letters and digits, which names of objects may have; hyphens for all others.
fn set_for_people(name: &str) -> String {
    let shown = name.chars().take(SET_SHOWN);
    let plain = |character: char| match character.to_ascii_lowercase() {
        letter if letter.is_ascii_alphanumeric() => letter,
        _ => '-',
    };
    shown.map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{AccountId, InstanceArn, PermissionSetArn, PermissionSetName, UserId};

    fn spec(user: &str, set: &str) -> AccountAssignmentSpec {
        AccountAssignmentSpec {
            instance_arn: InstanceArn::new("instance"),
            user_id: UserId::new(user),
            account_id: AccountId::parse("111122223333").unwrap(),
            permission_set_arn: PermissionSetArn::new(format!("arn-{set}")),
            user_name: "alice".to_owned(),
            account_name: "orders".to_owned(),
            permission_set_name: PermissionSetName::parse(set).unwrap(),
        }
    }

    #[test]
    fn a_name_shows_account_and_set_and_fits_an_object() {
        let name = record_name(&spec("id-alice", "Database_Admin"));
        assert!(name.starts_with("111122223333-database-admin-"), "{name}");
        assert_eq!(name.len(), "111122223333-database-admin-".len() + DIGEST_DIGITS);
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(name.chars().all(allowed), "{name}");
    }

    #[test]
    fn only_what_names_the_assignment_in_aws_makes_another_name() {
        let name = |spec: &AccountAssignmentSpec| record_name(spec);
        let one = spec("id-alice", "Admin");
        let renamed = AccountAssignmentSpec {
            user_name: "Alice".to_owned(),
            account_name: "x".to_owned(),
            ..one.clone()
        };
        assert_eq!(name(&one), name(&renamed));
        assert_ne!(name(&one), name(&spec("id-bob", "Admin")));
        let moved = AccountAssignmentSpec {
            user_id: UserId::new("id-alice1"),
            ..one.clone()
        };
        let border = AccountAssignmentSpec {
            account_id: AccountId::parse("111122223333").unwrap(),
            ..moved
        };
        assert_ne!(name(&one), name(&border));
    }
}
