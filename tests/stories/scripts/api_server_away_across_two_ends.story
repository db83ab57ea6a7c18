# Case 5, with the API server away: two requests for the same access end one after the other. The first end removes nothing, the last does.

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
advance 10m
alice requests ReadOnlyAccess in payments for 1h
    09:10:30  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:10:30  alice-2 is Active, AccessGranted: Access is active until 2026-12-01T10:10:30Z. To end it early: kubectl
                team cancel alice-2 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
    09:10:30  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T10:00:25Z and
                alice-2 until 2026-12-01T10:10:30Z
advance 40m
    09:50:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T10:00:25Z.
the API server is away
advance 15m
advance 10m
    10:10:30  aws: delete ReadOnlyAccess in payments for alice: accepted
    10:10:32  aws: alice no longer has ReadOnlyAccess in payments
the API server is back
    10:15:50  settings: GuardIntact is Unknown, GuardUnproven: the admission policies could not be read:
                CustomResourceDefinition accountassignments.team-operator.io: ServiceError: connection refused. Nothing
                is granted until it can be told.
advance 5m
    10:16:05  record: ReadOnlyAccess in payments for alice is Deleting
    10:16:05  record: ReadOnlyAccess in payments for alice is Absent
    10:16:10  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    10:16:10  alice-2 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    10:16:23  journal: the whole of alice-2 is kept before it is removed
    10:16:23  journal: the whole of alice-1 is kept before it is removed
