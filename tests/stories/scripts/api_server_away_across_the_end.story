# Case 23: the API server is away when the access should end. It is removed on time, from memory, and recorded later.

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
advance 55m
    09:50:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T10:00:25Z.
the API server is away
advance 10m
    10:00:25  aws: delete ReadOnlyAccess in payments for alice: accepted
    10:00:27  aws: alice no longer has ReadOnlyAccess in payments
the API server is back
    10:05:40  settings: GuardIntact is Unknown, GuardUnproven: the admission policies could not be read:
                CustomResourceDefinition accountassignments.team-operator.io: ServiceError: connection refused. Nothing
                is granted until it can be told.
advance 5m
    10:06:00  record: ReadOnlyAccess in payments for alice is Deleting
    10:06:00  record: ReadOnlyAccess in payments for alice is Absent
    10:06:00  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. This is overdue since
                2026-12-01T10:01:25Z; it is tried until AWS confirms it.
    10:06:00  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    10:06:01  journal: the whole of alice-1 is kept before it is removed
