//! Names that AWS gives: compared as a whole, never taken apart.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident, $longest:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(#[schemars(length(max = $longest))] String);

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
    /// The id of an Identity Center user: it never changes and is never used again, unlike the user name.
    UserId, 64
}
opaque_id! {
    /// The id of an Identity Center group.
    GroupId, 64
}
opaque_id! {
    /// The ARN of a permission set.
    PermissionSetArn, 256
}
opaque_id! {
    /// The ARN of an Identity Center instance.
    InstanceArn, 256
}
opaque_id! {
    /// The id of one asynchronous operation on an assignment. Creations and deletions have separate id spaces.
    RequestId, 64
}
