# AWS does not answer the leader while access is to end: after five minutes it gives up the lease, for a replica that AWS answers.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
alice requests ReadOnlyAccess in payments for 30m
    09:00:20  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:20  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:20  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:22  aws: alice has ReadOnlyAccess in payments
    09:00:25  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T09:30:25Z
    09:00:25  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T09:30:25Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
advance 29m
    09:20:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T09:30:25Z.
aws does not answer
advance 3m
    09:30:10  developers-in-production: Ready is Unknown, LookupFailed: ListPermissionSets for Identity Center: the
                connection broke. It is tried again.
    09:30:10  production: Ready is Unknown, LookupFailed: ListPermissionSets for Identity Center: the connection broke.
                It is tried again.
    09:30:10  read-only: Ready is Unknown, LookupFailed: ListPermissionSets for Identity Center: the connection broke.
                It is tried again.
    09:30:25  record: ReadOnlyAccess in payments for alice is Deleting
    09:30:25  aws: delete ReadOnlyAccess in payments for alice: the connection broke
    09:30:32  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. The last attempt
                failed: DeleteAccountAssignment for account 444444444444: the connection broke
    09:30:57  aws: delete ReadOnlyAccess in payments for alice: the connection broke
    09:31:25  settings: EndsInTime is False, RevocationOverdue: AWS has not confirmed in time that access is gone: 1 in
                all, the oldest ended at 2026-12-01T09:30:25Z. See kubectl get aa.
    09:31:25  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. This is overdue since
                2026-12-01T09:31:25Z; it is tried until AWS confirms it. The last attempt failed:
                DeleteAccountAssignment for account 444444444444: the connection broke
    09:31:30  aws: delete ReadOnlyAccess in payments for alice: the connection broke
    09:31:30  event on alice-1 and the record of ReadOnlyAccess in payments for alice: RevocationOverdue: The access of
                user alice@example.com to ReadOnlyAccess in account 444444444444 ended at 2026-12-01T09:30:25Z, and AWS
                has not confirmed that it is gone. The last attempt failed: DeleteAccountAssignment for account
                444444444444: the connection broke
    09:32:00  aws: delete ReadOnlyAccess in payments for alice: the connection broke (once more at 09:32:30)
advance 5m
    09:33:00  aws: delete ReadOnlyAccess in payments for alice: the connection broke (4 times more, the last at
                09:35:00)
    09:35:30  the controller gives up the lease: AWS does not answer it
aws is back
another controller takes over
    09:37:50  developers-in-production: Ready is True, Valid: Everything that the policy names exists.
    09:37:50  production: Ready is True, Valid: Everything that the policy names exists.
    09:37:50  read-only: Ready is True, Valid: Everything that the policy names exists.
    09:37:50  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:37:52  aws: alice no longer has ReadOnlyAccess in payments
    09:37:55  record: ReadOnlyAccess in payments for alice is Absent
    09:37:55  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    09:37:56  journal: the whole of alice-1 is kept before it is removed
advance 1m
    09:38:00  settings: EndsInTime is True, Valid: No end of access is overdue.
