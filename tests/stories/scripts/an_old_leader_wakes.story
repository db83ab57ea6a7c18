# Case 26: the leader is stopped right before it sends a create, and another one takes over. When the old one wakes it sends nothing.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
the controller stops before the next create
alice requests ReadOnlyAccess in payments for 30m
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:30  the controller is stopped
another controller takes over
    09:00:40  alice-1 is Approved, Granting: AWS is creating the assignment.
advance 40m
    09:01:00  aws: create ReadOnlyAccess in payments for alice: accepted
    09:01:02  aws: alice has ReadOnlyAccess in payments
    09:01:05  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T09:31:05Z
    09:01:05  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T09:31:05Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
    09:21:05  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T09:31:05Z.
    09:31:05  record: ReadOnlyAccess in payments for alice is Deleting
    09:31:05  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:31:07  aws: alice no longer has ReadOnlyAccess in payments
    09:31:12  alice-1 is Revoking, EndReached: The end was reached. The access is being removed.
    09:32:10  record: ReadOnlyAccess in payments for alice is Absent
    09:32:10  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    09:32:11  journal: the whole of alice-1 is kept before it is removed
the old controller wakes
    09:40:50  settings: EndsInTime is False, RevocationOverdue: AWS has not confirmed in time that access is gone: 1 in
                all, the oldest ended at 2026-12-01T09:31:05Z. See kubectl get aa.
advance 10m
    09:45:30  record: ReadOnlyAccess in payments for alice is removed
    09:50:40  settings: EndsInTime is True, Valid: No end of access is overdue.
