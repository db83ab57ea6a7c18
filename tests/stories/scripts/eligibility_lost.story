# Case 13: Alice loses what made her eligible while she has access. It is taken away, or kept where settings say so; to revoke by hand works both ways.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
alice requests ReadOnlyAccess in payments for 4h
    09:00:20  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:20  aws: create ReadOnlyAccess in payments for alice: taken on
    09:00:20  alice-1 is Approved, Granting: AWS is creating the assignment.
    09:00:22  aws: alice has ReadOnlyAccess in payments
    09:00:25  alice-1 is Active, AccessGranted: The access is there. It ends at 2026-12-01T13:00:25Z; to end it early
                set spec.cancelled to true. Sign in at https://example.awsapps.com/start.
alice leaves Developers
advance 15m
    09:05:25  alice-1 is Revoking, EligibilityLost: No longer eligible: No EligibilityPolicy alone matches you, the
                account, the permission set and the duration. Nearest: read-only: it does not name you or a group you
                are in; developers-in-production: it has the permission sets DatabaseAdmin and it does not name you or a
                group you are in. The access is being removed.
    09:05:25  aws: delete ReadOnlyAccess in payments for alice: taken on
    09:05:27  aws: alice no longer has ReadOnlyAccess in payments
    09:05:30  alice-1 is Revoked, EligibilityLost: No longer eligible: No EligibilityPolicy alone matches you, the
                account, the permission set and the duration. Nearest: read-only: it does not name you or a group you
                are in; developers-in-production: it has the permission sets DatabaseAdmin and it does not name you or a
                group you are in. AWS confirmed that the assignment is gone.
platform sets onEligibilityLost of settings to Keep
dave requests ReadOnlyAccess in payments for 4h
    09:15:50  dave-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:15:50  aws: create ReadOnlyAccess in payments for dave: taken on
    09:15:50  dave-1 is Approved, Granting: AWS is creating the assignment.
    09:15:52  aws: dave has ReadOnlyAccess in payments
    09:15:55  dave-1 is Active, AccessGranted: The access is there. It ends at 2026-12-01T13:15:55Z; to end it early set
                spec.cancelled to true. Sign in at https://example.awsapps.com/start.
dave leaves Developers
advance 15m
erin revokes
    09:31:10  dave-1 is Revoking, RevokedBySecurity: Revoked by erin@example.com: agreed. The access is being removed.
    09:31:10  aws: delete ReadOnlyAccess in payments for dave: taken on
    09:31:12  aws: dave no longer has ReadOnlyAccess in payments
    09:31:15  dave-1 is Revoked, RevokedBySecurity: Revoked by erin@example.com: agreed. AWS confirmed that the
                assignment is gone.
advance 1m
