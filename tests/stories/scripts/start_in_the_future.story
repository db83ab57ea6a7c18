# A start in the future is waited for, with everything decided anew when it comes; who was approved is told before.

platform sets maxStartDelay of settings to 720h
alice requests DatabaseAdmin in orders for 2h starting in 12h
    09:00:20  alice-1 is Pending, AwaitingApproval: Stage lead has 0/1 approvals; awaited until 2026-12-01T12:00:20Z
                from bob@example.com. They approve by appending to status.approvals (kubectl patch
                --subresource=status).
bob approves
    09:00:30  alice-1: Approved by bob counts
    09:00:30  alice-1 is Pending, AwaitingApproval: Stage security has 0/1 approvals; awaited until 2026-12-01T12:00:20Z
                from carol@example.com, erin@example.com. They approve by appending to status.approvals (kubectl patch
                --subresource=status).
erin approves
    09:00:40  alice-1: Approved by erin counts
    09:00:40  alice-1 is Approved, ApprovalsComplete: Approved by bob@example.com, erin@example.com.
    09:00:40  alice-1 is Approved, AwaitingStart: Approved; the access starts at 2026-12-01T21:00:20Z.
advance 11h
    15:00:00  audit: UnheldAssignment, ReadOnlyAccess in account 111122223333
advance 1h
    21:00:00  audit: UnheldAssignment, ReadOnlyAccess in account 111122223333
    21:00:20  aws: create DatabaseAdmin in orders for alice: taken on
    21:00:20  alice-1 is Approved, Granting: AWS is creating the assignment.
    21:00:22  aws: alice has DatabaseAdmin in orders
    21:00:25  alice-1 is Active, AccessGranted: The access is there. It ends at 2026-12-01T23:00:25Z; to end it early
                set spec.cancelled to true. Sign in at https://example.awsapps.com/start.
advance 2h5m
    22:50:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T23:00:25Z.
    23:00:25  alice-1 is Revoking, EndReached: The end was reached. The access is being removed.
    23:00:25  aws: delete DatabaseAdmin in orders for alice: taken on
    23:00:27  aws: alice no longer has DatabaseAdmin in orders
    23:00:30  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the assignment is gone.
