//! The identifiers AWS gives to things, each a type of its own.
//!
//! They are opaque (the account id, which is not, is a checked name of the `api`): their formats differ between partitions, regions and stand-ins (moto's
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
