# Case 28: Alice leaves, and somebody new gets her user name. The new person gets nothing of what was hers.

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
alice requests ReadOnlyAccess in ledger for 1h starting in 30m
    09:00:30  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  alice-2 is Approved, AwaitingStart: Approved; the access starts at 2026-12-01T09:30:30Z.
alice is deleted
alice is created
alice joins Developers
advance 15m
    09:05:25  record: ReadOnlyAccess in payments for alice is Deleting
    09:05:25  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:05:27  aws: alice no longer has ReadOnlyAccess in payments
    09:05:30  record: ReadOnlyAccess in payments for alice is Absent
    09:05:30  alice-1 is Revoked, EligibilityLost: No longer eligible: alice@example.com was deleted from Identity
                Center. AWS confirmed that the access is gone.
    09:05:31  journal: the whole of alice-1 is kept before it is removed
advance 15m
    09:29:30  alice-2 is Denied, RequesterUnknown: alice@example.com was deleted from Identity Center.
    09:29:30  record: ReadOnlyAccess in ledger for alice is Absent
    09:29:31  journal: the whole of alice-2 is kept before it is removed
