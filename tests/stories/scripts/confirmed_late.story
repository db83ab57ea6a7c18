# Case 22: AWS confirms two hours late. The access is not longer for it.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
aws needs 2h for each operation
alice requests ReadOnlyAccess in payments for 3h
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:30  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:37  alice-1 is Approved, Granting: AWS is creating the assignment.
advance 2h
    11:00:30  aws: alice has ReadOnlyAccess in payments
    11:00:39  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1
    11:00:39  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T12:15:30Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
    11:00:39  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T12:15:30Z
aws needs 2s for each operation
advance 2h
    12:05:30  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T12:15:30Z.
    12:15:30  record: ReadOnlyAccess in payments for alice is Deleting
    12:15:30  aws: delete ReadOnlyAccess in payments for alice: accepted
    12:15:32  aws: alice no longer has ReadOnlyAccess in payments
    12:15:35  record: ReadOnlyAccess in payments for alice is Absent
    12:15:35  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    12:15:35  record: ReadOnlyAccess in payments for alice is removed
    12:15:36  journal: the whole of alice-1 is kept before it is removed
