//! The identifiers AWS gives to things, each a type of its own.
//!
//! All but the account id are opaque: their formats differ between partitions, regions and stand-ins (moto's
//! permission set ARNs are shaped differently from AWS's), and nothing here reads meaning out of them.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the value exactly as AWS gave it.
            pub fn new(value: impl Into<String>) -> Self {
                Self(value.into())
            }

            /// The value exactly as AWS gave it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

opaque_id! {
    /// An Identity Center user; never changes and is never used again, unlike the user name.
    UserId
}
opaque_id! {
    /// An Identity Center group.
    GroupId
}
opaque_id! {
    /// A permission set. Compared as a whole, never taken apart.
    PermissionSetArn
}
opaque_id! {
    /// An Identity Center instance. Compared as a whole, never taken apart.
    InstanceArn
}
opaque_id! {
    /// An organizational unit or the root of the organization.
    OrganizationalUnitId
}
opaque_id! {
    /// One asynchronous operation on an assignment. Creations and deletions have separate id spaces.
    RequestId
}

/// An AWS account: exactly twelve digits, kept as text because leading zeros count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not twelve digits.
    #[error(
        "an AWS account id has exactly 12 digits, and {0:?} has not; quote it in YAML so that zeros in front survive"
    )]
    Account(String),
}

impl AccountId {
    /// Checks the form; whether the account exists is for [`Organization`](super::Organization) to say.
    pub fn parse(value: impl Into<String>) -> Result<Self, IdError> {
        let value = value.into();
        if value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(value))
        } else {
            Err(IdError::Account(value))
        }
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AccountId {
    type Error = IdError;

    fn try_from(value: String) -> Result<Self, IdError> {
        Self::parse(value)
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_is_twelve_digits_and_keeps_its_zeros() {
        assert_eq!(AccountId::parse("000000000012").unwrap().as_str(), "000000000012");
        for wrong in [
            "",
            "12",
            "1111222233334",
            "11112222333a",
            "１１１１２２２２３３３３",
        ] {
            assert!(
                AccountId::parse(wrong).is_err(),
                "{wrong:?} was taken for an account id"
            );
        }
    }
}
