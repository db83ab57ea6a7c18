//! Checked names: strings that the CRD, the organization file and the command line hold to the same rule.
//!
//! On the wire they are plain strings. The CRD carries each rule as a CEL expression with a sentence, because the
//! API server's own message for a `pattern` shows a regular expression to somebody who mistyped an account. For the
//! same reason `max_length` is longer than the longest name: past it rules are not asked.
//! Reading a stored object never fails for a name: what the API server accepted stays readable, so that access
//! can be removed whatever the object says. [`parse`](AccountId::parse) is for input that no CRD has checked.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A name that broke its rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not valid: {rule}")]
pub struct NameError {
    /// What was written.
    pub value: String,
    /// The rule it breaks, as a sentence.
    pub rule: &'static str,
}

macro_rules! checked_name {
    (
        $(#[$doc:meta])*
        $name:ident, max_length: $max:literal, check: $check:expr, cel: $cel:literal, rule: $rule:literal
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes a name that nothing has checked yet, and names the rule it breaks.
            pub fn parse(value: impl Into<String>) -> Result<Self, NameError> {
                let value = value.into();
                let check: fn(&str) -> bool = $check;
                if value.len() <= $max && check(&value) {
                    Ok(Self(value))
                } else {
                    Err(NameError { value, rule: $rule })
                }
            }

            /// Takes a name as AWS or a stored object gives it, unchecked: their words are theirs to check.
            pub fn as_given(value: impl Into<String>) -> Self {
                Self(value.into())
            }

            /// The name as it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "maxLength": $max,
                    "x-kubernetes-validations": [{ "rule": $cel, "message": $rule }],
                })
            }
        }
    };
}

checked_name! {
    /// An AWS account id: twelve digits. Leading zeros count, so in YAML it stands in quotes.
    AccountId,
    max_length: 64,
    check: |v| v.len() == 12 && v.bytes().all(|b| b.is_ascii_digit()),
    cel: "self.matches('^[0-9]{12}$')",
    rule: "an AWS account id is twelve digits, in quotes"
}

checked_name! {
    /// The name of an IAM Identity Center permission set (AWS: `[\w+=,.@-]+`, at most 32 characters).
    PermissionSetName,
    max_length: 128,
    check: |v| (1..=32).contains(&v.len()) && v.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b)),
    cel: "self.matches('^[A-Za-z0-9_+=,.@-]{1,32}$')",
    rule: "a permission set name is 1 to 32 letters, digits or any of _+=,.@-: give the name, not the ARN"
}

checked_name! {
    /// The id of an organizational unit (`ou-…`) or of the organization's root (`r-…`).
    OrganizationalUnitId,
    max_length: 68,
    check: is_organizational_unit_id,
    cel: "self.matches('^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$')",
    rule: "an organizational unit is named by its id, such as ou-ab12-prod0001, or the root by r-ab12"
}

/// AWS Organizations' patterns: root `r-[0-9a-z]{4,32}`, unit `ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}`.
fn is_organizational_unit_id(value: &str) -> bool {
    fn part(text: &str, shortest: usize) -> bool {
        (shortest..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
    }
    if let Some(root) = value.strip_prefix("r-") {
        return part(root, 4);
    }
    value
        .strip_prefix("ou-")
        .and_then(|rest| rest.split_once('-'))
        .is_some_and(|(root, unit)| part(root, 4) && part(unit, 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_is_exactly_twelve_digits() {
        assert_eq!(AccountId::parse("000000000001").unwrap().as_str(), "000000000001");
        for wrong in [
            "",
            "11112222333",
            "1111222233334",
            "11112222333a",
            "１１１１２２２２３３３３",
        ] {
            let error = AccountId::parse(wrong).unwrap_err();
            assert!(error.to_string().contains("twelve digits"), "{error}");
        }
    }

    #[test]
    fn a_permission_set_name_has_the_characters_that_aws_takes() {
        assert!(PermissionSetName::parse("Read_Only+=,.@-9").is_ok());
        for wrong in ["", "Read Only", "Réadonly", &"x".repeat(33)] {
            assert!(PermissionSetName::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn units_and_roots_are_told_from_other_ids() {
        for right in ["r-ab12", "ou-ab12-prod0001"] {
            assert!(OrganizationalUnitId::parse(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "r-abc",
            "ou-ab12",
            "ou-ab12-short",
            "ou-AB12-prod0001",
            "111122223333",
        ] {
            assert!(OrganizationalUnitId::parse(wrong).is_err(), "{wrong}");
        }
    }
}
