# Two requests of one person hold the same access, and one is revoked: the access stays with the other, and the message says what to revoke as well.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
alice requests ReadOnlyAccess in payments for 4h
    09:00:20  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:20  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:20  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:22  aws: alice has ReadOnlyAccess in payments
    09:00:25  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T13:00:25Z
    09:00:25  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T13:00:25Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
alice requests ReadOnlyAccess in payments for 2h
    09:00:30  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  alice-2 is Active, AccessGranted: Access is active until 2026-12-01T11:00:30Z. To end it early: kubectl
                team cancel alice-2 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
    09:00:30  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T13:00:25Z and
                alice-2 until 2026-12-01T11:00:30Z
erin revokes alice-1
    09:00:40  alice-1 is Revoked, RevokedBySecurity: Revoked by erin@example.com. Comment: "agreed". The access was not
                removed: request access-requests/alice-2 keeps the same access until 2026-12-01T11:00:30Z. To remove it,
                revoke that request too.
    09:00:40  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-2 until 2026-12-01T11:00:30Z
    09:00:41  journal: the whole of alice-1 is kept before it is removed
advance 1m
erin revokes alice-2
    09:01:50  record: ReadOnlyAccess in payments for alice is Deleting
    09:01:50  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:01:52  aws: alice no longer has ReadOnlyAccess in payments
    09:01:55  record: ReadOnlyAccess in payments for alice is Absent
    09:01:55  alice-2 is Revoked, RevokedBySecurity: Revoked by erin@example.com. Comment: "agreed". AWS confirmed that
                the access is gone.
    09:01:56  journal: the whole of alice-2 is kept before it is removed
advance 2m
