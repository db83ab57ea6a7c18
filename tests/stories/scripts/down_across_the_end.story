# Case 15: the controller is down when the access should end. It is removed at the restart, and the record tells the true end.

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
the controller crashes
advance 3h
the controller starts
    12:00:40  settings: EndsInTime is False, RevocationOverdue: AWS has not confirmed in time that access is gone: 1 in
                all, the oldest ended at 2026-12-01T10:00:25Z. See kubectl get aa.
    12:00:40  record: ReadOnlyAccess in payments for alice is Deleting
    12:00:40  aws: delete ReadOnlyAccess in payments for alice: accepted
    12:00:40  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. This is overdue since
                2026-12-01T10:01:25Z; it is tried until AWS confirms it.
    12:00:40  event on alice-1 and the record of ReadOnlyAccess in payments for alice: RevocationOverdue: The access of
                user alice@example.com to ReadOnlyAccess in account 444444444444 ended at 2026-12-01T10:00:25Z and is
                removed only now.
    12:00:42  aws: alice no longer has ReadOnlyAccess in payments
    12:00:45  record: ReadOnlyAccess in payments for alice is Absent
    12:00:45  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    12:00:45  record: ReadOnlyAccess in payments for alice is removed
    12:00:46  journal: the whole of alice-1 is kept before it is removed
advance 1m
    12:00:50  settings: EndsInTime is True, Valid: No end of access is overdue.
