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
    let advice = match denied_action(reason) {
        Some(action) if kind == FailureKind::NotAuthorized => format!(
            "The role of the controller, or a service control policy of the account, lacks {action}: assignments of the management \
             account need rights of IAM there (docs/aws-permissions.md)."
        ),
        _ => advice(kind).to_owned(),
    };
    let reason = reason.trim_end_matches('.');
    OperationState::Failed {
        kind,
        reason: format!("AWS says: {reason}. {advice}"),
    }
}

/// Before the names that a reason contains: of roles, which contain those of permission sets, and of whatever else people named.
const DENIED: &str = "is not authorized to perform: ";

/// The action that IAM denied, where the reason is that it did.
fn denied_action(reason: &str) -> Option<&str> {
    let (_, after) = reason.split_once(DENIED)?;
    after
        .split([' ', ','])
        .next()
        .map(|action| action.trim_end_matches('.'))
}

/// Decided by what stands at the beginning of a sentence of AWS's, never by a word inside a name.
fn failure_kind(reason: &str) -> FailureKind {
    if denied_action(reason).is_some() {
        return FailureKind::NotAuthorized;
    }
    let lower = reason.to_lowercase();
    let sentence = status_error(&lower);
    let begins = |text: &str| sentence.starts_with(text);
    if begins("cannot exceed quota for rolesperaccount") || begins("cannot exceed quota for roles") {
        FailureKind::RoleQuota
    } else if begins("not supported policy") {
        FailureKind::PolicyMissing
    } else if begins("the user assignee") && sentence.contains("was not found in directory") {
        FailureKind::PrincipalNotFound
    } else if begins("kms ") || begins("the kms ") || begins("access to kms ") {
        FailureKind::EncryptionKey
    } else if begins("an unexpected internal service exception")
        || begins("internal service exception")
        || begins("internal error")
        || sentence.contains("taking longer than usual")
    {
        FailureKind::Internal
    } else {
        FailureKind::Other
    }
}

/// What follows "Received a 4xx status error: ", or all of it.
fn status_error(lower: &str) -> &str {
    let after = lower.strip_prefix("received a ");
    after
        .and_then(|rest| rest.split_once(" status error: "))
        .map_or(lower, |(_, sentence)| sentence)
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
        FailureKind::NotAuthorized => "Check the rights of the controller's role in IAM.",
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
            (
                "Received a 403 status error: User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: \
                 iam:PutRolePolicy on resource: role AWSReservedSSO_KMSAdmin_1 with an explicit deny.",
                FailureKind::NotAuthorized,
            ),
            (
                "Received a 403 status error: the role AWSReservedSSO_LimitedAdmin_1 may not be changed",
                FailureKind::Other,
            ),
            (
                "Received a 404 status error: policy KMS-internal-error does not exist",
                FailureKind::Other,
            ),
            (
                "The request is taking longer than usual. Please try again.",
                FailureKind::Internal,
            ),
        ];
        for (reason, expected) in creation {
            match failed(OperationKind::Creation, reason) {
                OperationState::Failed { kind, .. } => assert_eq!(kind, expected, "{reason}"),
                other => panic!("{reason}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_denial_names_the_action_and_no_sentence_ends_twice() {
        let denied = "User: u is not authorized to perform: iam:PutRolePolicy on resource: role AWSReservedSSO_KMSAdmin_1.";
        for reason in [denied, "It is taking longer than usual."] {
            let OperationState::Failed { reason: told, .. } = failed(OperationKind::Creation, reason) else {
                panic!("{reason}");
            };
            assert!(!told.contains(".."), "{told}");
            assert_eq!(
                told.contains("lacks iam:PutRolePolicy:"),
                reason == denied,
                "{told}"
            );
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
