# Case 7: AWS refuses the delete for an hour. It is visibly overdue, tried again and again, and gone in the end.

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
aws refuses deletes for 2h
advance 1h
    09:50:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T10:00:25Z.
    10:00:25  record: ReadOnlyAccess in payments for alice is Deleting
    10:00:25  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:00:32  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. The last attempt
                failed: DeleteAccountAssignment for account 444444444444: InternalServerException: An unexpected
                internal service exception was encountered.
advance 5m
    10:00:57  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:01:25  settings: EndsInTime is False, RevocationOverdue: AWS has not confirmed in time that access is gone: 1 in
                all, the oldest ended at 2026-12-01T10:00:25Z. See kubectl get aa.
    10:01:25  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. This is overdue since
                2026-12-01T10:01:25Z; it is tried until AWS confirms it. The last attempt failed:
                DeleteAccountAssignment for account 444444444444: InternalServerException: An unexpected internal
                service exception was encountered.
    10:01:30  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:01:30  event on alice-1 and the record of ReadOnlyAccess in payments for alice: RevocationOverdue: The access of
                user alice@example.com to ReadOnlyAccess in account 444444444444 ended at 2026-12-01T10:00:25Z, and AWS
                has not confirmed that it is gone. The last attempt failed: DeleteAccountAssignment for account
                444444444444: InternalServerException: An unexpected internal service exception was encountered.
    10:02:00  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered. (7 times more, the last at 10:05:30)
advance 1h
    10:06:00  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered. (108 times more, the last at 11:00:00)
    11:00:30  aws: delete ReadOnlyAccess in payments for alice: accepted
    11:00:32  aws: alice no longer has ReadOnlyAccess in payments
    11:00:35  record: ReadOnlyAccess in payments for alice is Absent
    11:00:35  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    11:00:35  record: ReadOnlyAccess in payments for alice is removed
    11:00:36  journal: the whole of alice-1 is kept before it is removed
    11:00:40  settings: EndsInTime is True, Valid: No end of access is overdue.
