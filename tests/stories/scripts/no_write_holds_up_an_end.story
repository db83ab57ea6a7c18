# The API server is read-only across one end and hangs across another: access is deleted on time, and a write that lands late changes nothing.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
alice requests ReadOnlyAccess in payments for 30m
    09:00:20  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:20  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:20  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:22  aws: alice has ReadOnlyAccess in payments
    09:00:25  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T09:30:25Z
    09:00:25  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T09:30:25Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
advance 20m
    09:20:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T09:30:25Z.
the API server is read-only
advance 12m
    09:30:25  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:30:27  aws: alice no longer has ReadOnlyAccess in payments
the API server is writable
advance 2m
    09:33:00  record: ReadOnlyAccess in payments for alice is Deleting
    09:33:00  record: ReadOnlyAccess in payments for alice is Absent
    09:33:00  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. This is overdue since
                2026-12-01T09:31:25Z; it is tried until AWS confirms it.
    09:33:00  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    09:33:01  journal: the whole of alice-1 is kept before it is removed
dave requests ReadOnlyAccess in payments for 30m
    09:34:50  dave-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:34:50  record: ReadOnlyAccess in payments for dave is Creating, claimed by dave-1
    09:34:50  aws: create ReadOnlyAccess in payments for dave: accepted
    09:34:52  aws: dave has ReadOnlyAccess in payments
    09:34:55  record: ReadOnlyAccess in payments for dave is Present, claimed by dave-1 until 2026-12-01T10:04:55Z
    09:34:55  dave-1 is Active, AccessGranted: Access is active until 2026-12-01T10:04:55Z. To end it early: kubectl
                team cancel dave-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
advance 29m55s
    09:45:20  record: ReadOnlyAccess in payments for alice is removed
    09:54:55  event on dave-1: AccessEndsSoon: The access ends at 2026-12-01T10:04:55Z.
the API server holds the next write of a record back,
the API server holds the next write of a record back
    10:04:55  the API server holds the write of a record back
    10:04:57  aws: delete ReadOnlyAccess in payments for dave: accepted
    10:04:59  aws: dave no longer has ReadOnlyAccess in payments
    10:05:02  the API server holds the write of a record back
the API server lets go
    10:05:05  record: ReadOnlyAccess in payments for dave is Deleting
    10:05:05  record: ReadOnlyAccess in payments for dave is Absent
    10:05:05  dave-1 is Revoking, EndReached: The end was reached. The access is being removed.
    10:05:05  dave-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    10:05:06  journal: the whole of dave-1 is kept before it is removed
advance 2m
