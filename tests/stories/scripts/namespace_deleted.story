# Case 18: the namespace is deleted while there is access. The access goes first, then the request, then the namespace.

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
the namespace is deleted
    09:00:30  record: ReadOnlyAccess in payments for alice is Deleting
    09:00:30  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:00:32  aws: alice no longer has ReadOnlyAccess in payments
    09:00:37  alice-1 is Revoking, Deleted: The request, or its namespace, was deleted at 2026-12-01T09:00:30Z. The
                access is being removed.
advance 1m
    09:01:25  record: ReadOnlyAccess in payments for alice is Absent
    09:01:25  alice-1 is Revoked, Deleted: The request, or its namespace, was deleted at 2026-12-01T09:00:30Z. AWS
                confirmed that the access is gone.
    09:01:26  journal: the whole of alice-1 is kept before it is removed
    09:01:26  alice-1 is removed
    09:01:26  journal: the whole of alice-1 is kept before it is removed
    09:01:26  the namespace is gone
