//! Identifiers in AWS's formats, made from a seed, so that the same organization has the same ids every time.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

/// Makes identifiers and ARNs for one organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identifiers {
    pub(super) seed: u64,
    /// `aws`, `aws-us-gov` or `aws-cn`.
    pub(super) partition: String,
    pub(super) management_account: String,
    /// The id of the root, where the organization file names it.
    #[serde(default)]
    pub(super) root: Option<String>,
}

impl Identifiers {
    /// `ssoins-` and 16 hexadecimal digits, inside an ARN.
    pub(super) fn instance_arn(&self) -> String {
        format!("arn:{}:sso:::instance/{}", self.partition, self.instance_id())
    }

    fn instance_id(&self) -> String {
        format!("ssoins-{}", &self.hexadecimal("instance", "", 0)[..16])
    }

    /// `d-` and 10 hexadecimal digits.
    pub(super) fn identity_store_id(&self) -> String {
        format!("d-{}", &self.hexadecimal("store", "", 0)[..10])
    }

    pub(super) fn identity_store_arn(&self) -> String {
        let store = self.identity_store_id();
        format!(
            "arn:{}:identitystore::{}:identitystore/{store}",
            self.partition, self.management_account
        )
    }

    pub(super) fn permission_set_arn(&self, name: &str, incarnation: u64) -> String {
        let id = &self.hexadecimal("permission-set", name, incarnation)[..16];
        format!(
            "arn:{}:sso:::permissionSet/{}/ps-{id}",
            self.partition,
            self.instance_id()
        )
    }

    /// The 47-character form of user ids: 10 hexadecimal digits of the store, a dash, and a UUID.
    pub(super) fn user_id(&self, name: &str, incarnation: u64) -> String {
        let store = &self.hexadecimal("store", "", 0)[..10];
        format!("{store}-{}", uuid(&self.hexadecimal("user", name, incarnation)))
    }

    pub(super) fn group_id(&self, name: &str, incarnation: u64) -> String {
        let store = &self.hexadecimal("store", "", 0)[..10];
        format!("{store}-{}", uuid(&self.hexadecimal("group", name, incarnation)))
    }

    pub(super) fn membership_id(&self, group: &str, user: &str) -> String {
        let store = &self.hexadecimal("store", "", 0)[..10];
        format!(
            "{store}-{}",
            uuid(&self.hexadecimal("membership", &format!("{group} {user}"), 0))
        )
    }

    /// 36 characters.
    pub(super) fn request_id(&self, kind: &str, number: u64) -> String {
        uuid(&self.hexadecimal("request", kind, number))
    }

    pub(super) fn organization_id(&self) -> String {
        format!("o-{}", &self.hexadecimal("organization", "", 0)[..10])
    }

    pub(super) fn organization_arn(&self) -> String {
        let account = &self.management_account;
        format!(
            "arn:{}:organizations::{account}:organization/{}",
            self.partition,
            self.organization_id()
        )
    }

    pub(super) fn root_id(&self) -> String {
        let made = || format!("r-{}", &self.hexadecimal("root", "", 0)[..4]);
        self.root.clone().unwrap_or_else(made)
    }

    /// `ou-`, the root's four characters, and eight of its own.
    pub(super) fn unit_id(&self, path: &str, incarnation: u64) -> String {
        let root = &self.hexadecimal("root", "", 0)[..4];
        format!("ou-{root}-{}", &self.hexadecimal("unit", path, incarnation)[..8])
    }

    /// The ARN of an account, unit or root; `kind` is `account`, `ou` or `root`.
    pub(super) fn organizations_arn(&self, kind: &str, id: &str) -> String {
        let (account, organization) = (&self.management_account, self.organization_id());
        format!(
            "arn:{}:organizations::{account}:{kind}/{organization}/{id}",
            self.partition
        )
    }

    /// 32 hexadecimal digits that depend on the seed and the arguments only.
    fn hexadecimal(&self, kind: &str, name: &str, incarnation: u64) -> String {
        let mut state = self.seed ^ 0x9e37_79b9_7f4a_7c15;
        for byte in kind
            .bytes()
            .chain([0])
            .chain(name.bytes())
            .chain([0])
            .chain(incarnation.to_be_bytes())
        {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3); // FNV-1a
        }
        let mut text = String::with_capacity(32);
        for _ in 0..2 {
            let _ = write!(text, "{:016x}", mixed(&mut state));
        }
        text
    }
}

/// One step of splitmix64: spreads neighbouring states over all bits.
fn mixed(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut value = *state;
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Formats 32 hexadecimal digits as a version 4 UUID.
fn uuid(digits: &str) -> String {
    format!(
        "{}-{}-4{}-a{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[13..16],
        &digits[17..20],
        &digits[20..32]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifiers(partition: &str) -> Identifiers {
        Identifiers {
            seed: 7,
            partition: partition.into(),
            management_account: "000000000001".into(),
            root: None,
        }
    }

    #[test]
    fn identifiers_have_the_formats_of_aws_in_every_partition() {
        for partition in ["aws", "aws-us-gov", "aws-cn"] {
            let ids = identifiers(partition);
            assert!(
                ids.instance_arn()
                    .starts_with(&format!("arn:{partition}:sso:::instance/ssoins-"))
            );
            let set = ids.permission_set_arn("ReadOnly", 0);
            assert!(set.starts_with(&format!("arn:{partition}:sso:::permissionSet/ssoins-")));
            assert_eq!(set.rsplit('/').next().map(str::len), Some("ps-".len() + 16));
            assert_eq!(ids.user_id("alice", 0).len(), 47);
            assert_eq!(ids.request_id("creation", 1).len(), 36);
            assert_eq!(ids.unit_id("Root/Production", 0).len(), "ou-ab12-12345678".len());
        }
    }

    #[test]
    fn a_recreated_name_gets_another_id_and_the_same_seed_the_same() {
        let ids = identifiers("aws");
        assert_eq!(ids.user_id("alice", 0), identifiers("aws").user_id("alice", 0));
        assert_ne!(ids.user_id("alice", 0), ids.user_id("alice", 1));
        assert_ne!(ids.user_id("alice", 0), ids.user_id("bob", 0));
    }
}
