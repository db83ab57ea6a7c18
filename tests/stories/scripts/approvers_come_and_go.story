# Case 9: Bob leaves the group before his vote is judged: it does not count. Carol joins it after the request was made: hers does.

alice requests DatabaseAdmin in orders for 2h
    09:00:10  alice-1 is Pending, AwaitingApproval: Stage lead has 0/1 approvals; awaited until 2026-12-01T12:00:10Z
                from bob@example.com. They approve by appending to status.approvals (kubectl patch
                --subresource=status).
bob leaves Production-Leads,
bob approves
    09:00:20  alice-1: bob's Approved counts
    09:00:20  alice-1 is Pending, AwaitingApproval: Stage security has 0/1 approvals; awaited until 2026-12-01T12:00:10Z
                from carol@example.com, erin@example.com. They approve by appending to status.approvals (kubectl patch
                --subresource=status).
carol joins Production-Leads
advance 15m
carol approves
    09:15:40  alice-1: carol's Approved counts
    09:15:40  alice-1 is Approved, ApprovalsComplete: Approved by bob@example.com, carol@example.com.
    09:15:40  aws: create DatabaseAdmin in orders for alice: taken on
    09:15:40  alice-1 is Approved, Granting: AWS is creating the assignment.
    09:15:42  aws: alice has DatabaseAdmin in orders
    09:15:45  alice-1 is Active, AccessGranted: The access is there. It ends at 2026-12-01T11:15:45Z; to end it early
                set spec.cancelled to true. Sign in at https://example.awsapps.com/start.
