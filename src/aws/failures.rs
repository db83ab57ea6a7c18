//! What the failure reasons of AWS operations mean. They are not documented; these are reported in the issue trackers
//! of Terraform's and Pulumi's providers and of AWS's own samples.

use crate::ports::{FailureKind, GoneEvidence, OperationKind, OperationState};

/// Turns the `FailureReason` of a FAILED operation into a state.
///
/// "Received a 404 status error" alone is no success: it also begins the sentences about missing users and missing
/// policies. Only a deletion that misses its `EntitlementItem` had nothing to delete.
pub(super) fn failed(kind: OperationKind, reason: &str) -> OperationState {
    if kind == OperationKind::Deletion
        && reason.starts_with("Received a 404")
        && reason.contains("EntitlementItem")
    {
        return OperationState::AlreadyGone(GoneEvidence::EntitlementMissing);
    }
    let kind = failure_kind(reason);
    OperationState::Failed {
        kind,
        reason: format!("AWS says: {reason}. {}", advice(kind)),
    }
}

fn failure_kind(reason: &str) -> FailureKind {
    let lower = reason.to_lowercase();
    let has = |text: &str| lower.contains(text);
    if has("rolesperaccount") || (has("role") && (has("quota") || has("limit"))) {
        FailureKind::RoleQuota
    } else if has("not supported policy") {
        FailureKind::PolicyMissing
    } else if has("was not found in directory") {
        FailureKind::PrincipalNotFound
    } else if has("kms") {
        FailureKind::EncryptionKey
    } else if has("internal service exception") || has("internal error") {
        FailureKind::Internal
    } else {
        FailureKind::Other
    }
}

fn advice(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::RoleQuota => "Remove unused roles in the account or have its IAM role quota raised.",
        FailureKind::PolicyMissing => {
            "Create the customer managed policy that the permission set names in the account, or remove it from the set."
        }
        FailureKind::PrincipalNotFound => {
            "Check that the user still exists in Identity Center and that provisioning from the identity provider has finished."
        }
        FailureKind::EncryptionKey => "Check the key policy and state of the key that encrypts the instance.",
        FailureKind::Internal => "AWS gives no further reason; it is tried again.",
        FailureKind::Other => {
            "This reason is not known to the controller; look it up in the account's CloudTrail events."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_of_asynchronous_failures() {
        let creation = [
            (
                "Received a 409 status error: Cannot exceed quota for RolesPerAccount: 1000.",
                FailureKind::RoleQuota,
            ),
            (
                "Received a 404 status error: Not supported policy Boundary.",
                FailureKind::PolicyMissing,
            ),
            (
                "Received a 404 status error: the USER assignee 1 was not found in directory d-1.",
                FailureKind::PrincipalNotFound,
            ),
            (
                "An unexpected internal service exception was encountered",
                FailureKind::Internal,
            ),
            (
                "Received a 403 status error: KMS key is disabled",
                FailureKind::EncryptionKey,
            ),
            (
                "Received a 404 status error: EntitlementItem doesn't exist",
                FailureKind::Other,
            ),
            ("", FailureKind::Other),
        ];
        for (reason, expected) in creation {
            match failed(OperationKind::Creation, reason) {
                OperationState::Failed { kind, .. } => assert_eq!(kind, expected, "{reason}"),
                other => panic!("{reason}: {other:?}"),
            }
        }
    }

    #[test]
    fn only_a_deletion_that_misses_its_entitlement_is_already_gone() {
        let gone = OperationState::AlreadyGone(GoneEvidence::EntitlementMissing);
        let kind = OperationKind::Deletion;
        assert_eq!(
            failed(kind, "Received a 404 status error: EntitlementItem doesn't exist"),
            gone
        );
        for reason in [
            "Received a 404 status error: Not supported policy Boundary.",
            "Received a 404 status error: the USER assignee 1 was not found in directory d-1.",
            "Received a 500 status error for EntitlementItem",
        ] {
            assert!(
                matches!(failed(kind, reason), OperationState::Failed { .. }),
                "{reason}"
            );
        }
    }
}
