# Case 5: two requests of one person for the same access. The first end removes nothing, and back to back leaves no gap.

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
advance 30m
alice requests ReadOnlyAccess in payments for 1h
    09:30:30  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:30:30  alice-2 is Active, AccessGranted: Access is active until 2026-12-01T10:30:30Z. To end it early: kubectl
                team cancel alice-2 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
    09:30:30  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T10:00:25Z and
                alice-2 until 2026-12-01T10:30:30Z
advance 29m
    09:50:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T10:00:25Z.
advance 5m
    10:00:25  alice-1 is Ended, EndReached: The end was reached. The access was not removed: request
                access-requests/alice-2 keeps the same access until 2026-12-01T10:30:30Z. To remove it, revoke that
                request too.
    10:00:25  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-2 until 2026-12-01T10:30:30Z
    10:00:26  journal: the whole of alice-1 is kept before it is removed
advance 30m
    10:20:30  event on alice-2: AccessEndsSoon: The access ends at 2026-12-01T10:30:30Z.
    10:30:30  record: ReadOnlyAccess in payments for alice is Deleting
    10:30:30  aws: delete ReadOnlyAccess in payments for alice: accepted
    10:30:32  aws: alice no longer has ReadOnlyAccess in payments
    10:30:35  record: ReadOnlyAccess in payments for alice is Absent
    10:30:35  alice-2 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    10:30:36  journal: the whole of alice-2 is kept before it is removed
alice requests ReadOnlyAccess in payments for 30m
    10:34:40  alice-3 is Approved, ApprovalNotRequired: Policy asks for no approval.
    10:34:40  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-3
    10:34:40  aws: create ReadOnlyAccess in payments for alice: accepted
    10:34:42  aws: alice has ReadOnlyAccess in payments
    10:34:45  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-3 until 2026-12-01T11:04:45Z
    10:34:45  alice-3 is Active, AccessGranted: Access is active until 2026-12-01T11:04:45Z. To end it early: kubectl
                team cancel alice-3 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
alice requests ReadOnlyAccess in payments for 30m starting at 2026-12-01T11:04:45Z
    10:34:50  alice-4 is Approved, ApprovalNotRequired: Policy asks for no approval.
    10:34:50  alice-4 is Approved, AwaitingStart: Approved; the access starts at 2026-12-01T11:04:45Z.
advance 29m
    10:54:45  event on alice-3: AccessEndsSoon: The access ends at 2026-12-01T11:04:45Z.
    11:03:45  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-3 until 2026-12-01T11:04:45Z and
                alice-4
advance 2m
    11:04:45  alice-3 is Ended, EndReached: The end was reached. The access was not removed: request
                access-requests/alice-4 keeps the same access until 2026-12-01T11:49:45Z at the latest. To remove it,
                revoke that request too.
    11:04:45  alice-4 is Active, AccessGranted: Access is active until 2026-12-01T11:34:45Z. To end it early: kubectl
                team cancel alice-4 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
    11:04:45  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-4 until 2026-12-01T11:34:45Z
    11:04:46  journal: the whole of alice-3 is kept before it is removed
advance 30m
    11:24:45  event on alice-4: AccessEndsSoon: The access ends at 2026-12-01T11:34:45Z.
    11:34:45  record: ReadOnlyAccess in payments for alice is Deleting
    11:34:45  aws: delete ReadOnlyAccess in payments for alice: accepted
    11:34:47  aws: alice no longer has ReadOnlyAccess in payments
    11:34:50  record: ReadOnlyAccess in payments for alice is Absent
    11:34:50  alice-4 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    11:34:51  journal: the whole of alice-4 is kept before it is removed
alice requests ReadOnlyAccess in payments for 20m
    11:36:00  alice-5 is Approved, ApprovalNotRequired: Policy asks for no approval.
    11:36:00  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-5
    11:36:00  aws: create ReadOnlyAccess in payments for alice: accepted
    11:36:02  aws: alice has ReadOnlyAccess in payments
    11:36:05  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-5 until 2026-12-01T11:56:05Z
    11:36:05  alice-5 is Active, AccessGranted: Access is active until 2026-12-01T11:56:05Z. To end it early: kubectl
                team cancel alice-5 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
advance 10m
    11:46:05  event on alice-5: AccessEndsSoon: The access ends at 2026-12-01T11:56:05Z.
alice requests ReadOnlyAccess in payments for 9m55s
    11:46:10  alice-6 is Approved, ApprovalNotRequired: Policy asks for no approval.
    11:46:10  alice-6 is Active, AccessGranted: Access is active until 2026-12-01T11:56:05Z. To end it early: kubectl
                team cancel alice-6 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
    11:46:10  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-5 until 2026-12-01T11:56:05Z and
                alice-6 until 2026-12-01T11:56:05Z
advance 10m
    11:56:05  record: ReadOnlyAccess in payments for alice is Deleting
    11:56:05  aws: delete ReadOnlyAccess in payments for alice: accepted
    11:56:07  aws: alice no longer has ReadOnlyAccess in payments
    11:56:10  record: ReadOnlyAccess in payments for alice is Absent
    11:56:10  alice-5 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    11:56:10  alice-6 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    11:56:11  journal: the whole of alice-6 is kept before it is removed
    11:56:11  journal: the whole of alice-5 is kept before it is removed
advance 1m
