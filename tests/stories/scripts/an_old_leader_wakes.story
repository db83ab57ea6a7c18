# Case 26: the leader is stopped right before it sends a create, and another one takes over. When the old one wakes it sends nothing.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
the controller stops before the next create
alice requests ReadOnlyAccess in payments for 30m
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  the controller is stopped
    09:00:30  alice-1 is Approved, Granting: AWS is creating the assignment.
another controller takes over
    09:00:40  aws: create ReadOnlyAccess in payments for alice: taken on
    09:00:42  aws: alice has ReadOnlyAccess in payments
    09:00:45  alice-1 is Active, AccessGranted: The access is there. It ends at 2026-12-01T09:30:45Z; to end it early
                set spec.cancelled to true. Sign in at https://example.awsapps.com/start.
advance 40m
    09:20:45  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T09:30:45Z.
    09:30:45  alice-1 is Revoking, EndReached: The end was reached. The access is being removed.
    09:30:45  aws: delete ReadOnlyAccess in payments for alice: taken on
    09:30:47  aws: alice no longer has ReadOnlyAccess in payments
    09:30:50  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the assignment is gone.
the old controller wakes
advance 10m
