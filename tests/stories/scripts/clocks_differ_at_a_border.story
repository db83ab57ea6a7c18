# AWS's clock is five seconds ahead where one request ends and the next begins: there is no gap, and no access after the end.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
the clock of aws is 5s ahead
alice requests ReadOnlyAccess in payments for 30m
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:30  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:32  aws: alice has ReadOnlyAccess in payments
    09:00:35  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T09:30:35Z
    09:00:35  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T09:30:35Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
advance 1m
alice requests ReadOnlyAccess in payments for 30m starting at 2026-12-01T09:30:35Z
    09:01:40  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:01:40  alice-2 is Approved, AwaitingStart: Approved; the access starts at 2026-12-01T09:30:35Z.
advance 30m
    09:20:35  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T09:30:35Z.
    09:29:35  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T09:30:35Z and
                alice-2
    09:30:35  alice-1 is Ended, EndReached: The end was reached. The access was not removed: request
                access-requests/alice-2 keeps the same access until 2026-12-01T10:15:35Z at the latest. To remove it,
                revoke that request too.
    09:30:35  alice-2 is Active, AccessGranted: Access is active until 2026-12-01T10:00:35Z. To end it early: kubectl
                team cancel alice-2 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
    09:30:35  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-2 until 2026-12-01T10:00:35Z
    09:30:36  journal: the whole of alice-1 is kept before it is removed
advance 30m
    09:50:35  event on alice-2: AccessEndsSoon: The access ends at 2026-12-01T10:00:35Z.
    10:00:35  record: ReadOnlyAccess in payments for alice is Deleting
    10:00:35  aws: delete ReadOnlyAccess in payments for alice: accepted
    10:00:37  aws: alice no longer has ReadOnlyAccess in payments
    10:00:40  record: ReadOnlyAccess in payments for alice is Absent
    10:00:40  alice-2 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    10:00:41  journal: the whole of alice-2 is kept before it is removed
