# Case 13: Alice loses what made her eligible while she has access. It is taken away, or kept where settings say so; to revoke by hand works both ways.

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
alice leaves Developers
advance 15m
    09:05:25  record: ReadOnlyAccess in payments for alice is Deleting
    09:05:25  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:05:27  aws: alice no longer has ReadOnlyAccess in payments
    09:05:30  record: ReadOnlyAccess in payments for alice is Absent
    09:05:30  alice-1 is Revoked, EligibilityLost: No longer eligible: No EligibilityPolicy alone matches you, the
                account, the permission set and the duration. Nearest: read-only: it does not name you or a group you
                are in; developers-in-production: it has the permission sets DatabaseAdmin and it does not name you or a
                group you are in. AWS confirmed that the access is gone.
    09:05:31  journal: the whole of alice-1 is kept before it is removed
platform sets onEligibilityLost of settings to Keep
dave requests ReadOnlyAccess in payments for 4h
    09:15:50  dave-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:15:50  record: ReadOnlyAccess in payments for dave is Creating, claimed by dave-1
    09:15:50  aws: create ReadOnlyAccess in payments for dave: accepted
    09:15:52  aws: dave has ReadOnlyAccess in payments
    09:15:55  record: ReadOnlyAccess in payments for dave is Present, claimed by dave-1 until 2026-12-01T13:15:55Z
    09:15:55  dave-1 is Active, AccessGranted: Access is active until 2026-12-01T13:15:55Z. To end it early: kubectl
                team cancel dave-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
dave leaves Developers
advance 15m
    09:20:55  dave-1 is Active, EligibilityLost: Access is active until 2026-12-01T13:15:55Z. The requester is no longer
                eligible, and settings keep access that was granted. To end it: revoke it. No EligibilityPolicy alone
                matches you, the account, the permission set and the duration. Nearest: read-only: it does not name you
                or a group you are in; developers-in-production: it has the permission sets DatabaseAdmin and it does
                not name you or a group you are in.
erin revokes
    09:31:10  record: ReadOnlyAccess in payments for dave is Deleting
    09:31:10  aws: delete ReadOnlyAccess in payments for dave: accepted
    09:31:12  aws: dave no longer has ReadOnlyAccess in payments
    09:31:15  record: ReadOnlyAccess in payments for dave is Absent
    09:31:15  dave-1 is Revoked, RevokedBySecurity: Revoked by erin@example.com. Comment: "agreed". AWS confirmed that
                the access is gone.
    09:31:16  journal: the whole of dave-1 is kept before it is removed
advance 1m
