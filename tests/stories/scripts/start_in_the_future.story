# A start in the future is waited for, with everything decided anew when it comes; who was approved is told before.

platform sets maxStartDelay of settings to 720h
alice requests DatabaseAdmin in orders for 2h starting in 12h
    09:00:20  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:20Z. To approve: kubectl team approve alice-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
bob approves
    09:00:30  alice-1: Approved by bob counts
    09:00:30  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage security (0 of 1) by
                carol@example.com, erin@example.com, until 2026-12-01T12:00:20Z. To approve: kubectl team approve
                alice-1 -n access-requests; without the plugin append to status.approvals (kubectl patch
                --subresource=status).
erin approves
    09:00:40  alice-1: Approved by erin counts
    09:00:40  alice-1 is Approved, ApprovalsComplete: Approved by bob@example.com, erin@example.com.
    09:00:40  alice-1 is Approved, AwaitingStart: Approved; the access starts at 2026-12-01T21:00:20Z.
advance 11h
    15:00:00  journal: UnheldAssignment, ReadOnlyAccess in account 111122223333
advance 1h
    20:59:20  record: DatabaseAdmin in orders for alice is Absent, claimed by alice-1
    21:00:00  journal: UnheldAssignment, ReadOnlyAccess in account 111122223333
    21:00:20  record: DatabaseAdmin in orders for alice is Creating, claimed by alice-1
    21:00:20  aws: create DatabaseAdmin in orders for alice: accepted
    21:00:22  aws: alice has DatabaseAdmin in orders
    21:00:25  record: DatabaseAdmin in orders for alice is Present, claimed by alice-1 until 2026-12-01T23:00:25Z
    21:00:25  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T23:00:25Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
advance 2h5m
    22:50:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T23:00:25Z.
    23:00:25  record: DatabaseAdmin in orders for alice is Deleting
    23:00:25  aws: delete DatabaseAdmin in orders for alice: accepted
    23:00:27  aws: alice no longer has DatabaseAdmin in orders
    23:00:30  record: DatabaseAdmin in orders for alice is Absent
    23:00:30  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    23:00:31  journal: the whole of alice-1 is kept before it is removed
