# Another controller takes over while AWS works on a create. It finds the access when it comes, and nothing is created twice.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
aws needs 5m for each operation
alice requests ReadOnlyAccess in payments for 1h
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:30  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:37  alice-1 is Approved, Granting: AWS is creating the assignment.
another controller takes over
advance 6m
    09:01:00  aws: create ReadOnlyAccess in payments for alice: ConflictException: Another operation on this assignment
                is in progress. Please try again. (once more at 09:01:10)
    09:01:10  alice-1 is Approved, Granting: AWS is creating the assignment. The last attempt failed:
                CreateAccountAssignment for account 444444444444: ConflictException: Another operation on this
                assignment is in progress. Please try again.
    09:01:49  aws: create ReadOnlyAccess in payments for alice: ConflictException: Another operation on this assignment
                is in progress. Please try again. (2 times more, the last at 09:03:49)
    09:05:30  aws: alice has ReadOnlyAccess in payments
    09:05:39  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1
    09:05:39  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T10:05:39Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
    09:05:39  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T10:05:39Z
aws needs 2s for each operation
advance 1h
    09:55:39  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T10:05:39Z.
    10:05:39  record: ReadOnlyAccess in payments for alice is Deleting
    10:05:39  aws: delete ReadOnlyAccess in payments for alice: accepted
    10:05:41  aws: alice no longer has ReadOnlyAccess in payments
    10:05:46  alice-1 is Revoking, EndReached: The end was reached. The access is being removed.
    10:06:44  record: ReadOnlyAccess in payments for alice is Absent
    10:06:44  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    10:06:45  journal: the whole of alice-1 is kept before it is removed
advance 5m
