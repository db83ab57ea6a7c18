# Case 24: the controller starts with another Identity Center instance. Nothing is believed gone because that one does not know it.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
alice requests ReadOnlyAccess in payments for 1h
    09:00:20  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:20  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:20  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:22  aws: alice has ReadOnlyAccess in payments
    09:00:25  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T10:00:25Z
    09:00:25  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T10:00:25Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
the controller starts with another instance
    09:00:30  developers-in-production: Ready is Unknown, LookupFailed: ListPermissionSets for Identity Center:
                ResourceNotFoundException: Instance with ARN arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35-elsewhere
                does not exist. It is tried again.
    09:00:30  production: Ready is Unknown, LookupFailed: ListPermissionSets for Identity Center:
                ResourceNotFoundException: Instance with ARN arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35-elsewhere
                does not exist. It is tried again.
    09:00:30  read-only: Ready is Unknown, LookupFailed: ListPermissionSets for Identity Center:
                ResourceNotFoundException: Instance with ARN arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35-elsewhere
                does not exist. It is tried again.
advance 1h
    09:50:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T10:00:25Z.
    10:00:25  record: ReadOnlyAccess in payments for alice is Deleting
    10:00:25  aws: delete ReadOnlyAccess in payments for alice: accepted
    10:00:27  aws: alice no longer has ReadOnlyAccess in payments
    10:00:32  alice-1 is Revoking, EndReached: The end was reached. The access is being removed.
advance 1h
    10:00:57  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist. (once more at 10:01:17)
    10:01:25  settings: EndsInTime is False, RevocationOverdue: AWS has not confirmed in time that access is gone: 1 in
                all, the oldest ended at 2026-12-01T10:00:25Z. See kubectl get aa.
    10:01:25  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. This is overdue since
                2026-12-01T10:01:25Z; it is tried until AWS confirms it.
    10:01:30  event on alice-1 and the record of ReadOnlyAccess in payments for alice: RevocationOverdue: The access of
                user alice@example.com to ReadOnlyAccess in account 444444444444 ended at 2026-12-01T10:00:25Z, and AWS
                has not confirmed that it is gone.
    10:01:40  journal: RevocationOverdue, ReadOnlyAccess in account 444444444444
    10:01:47  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist. (117 times more, the last at 11:00:17)
the controller starts
    11:00:40  developers-in-production: Ready is True, Valid: Everything that the policy names exists.
    11:00:40  production: Ready is True, Valid: Everything that the policy names exists.
    11:00:40  read-only: Ready is True, Valid: Everything that the policy names exists.
    11:00:40  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist.
    11:00:40  record: ReadOnlyAccess in payments for alice is Absent
    11:00:40  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    11:00:41  record: ReadOnlyAccess in payments for alice is removed
    11:00:41  journal: the whole of alice-1 is kept before it is removed
    11:00:45  settings: EndsInTime is True, Valid: No end of access is overdue.
advance 1m
