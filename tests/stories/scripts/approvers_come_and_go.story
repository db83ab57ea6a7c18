# Case 9: Bob leaves the group before his vote is judged: it does not count. Carol joins it after the request was made: hers does.

alice requests DatabaseAdmin in orders for 2h
    09:00:10  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:10Z. To approve: kubectl team approve alice-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
bob leaves Production-Leads
bob approves
    09:00:30  alice-1: Approved by bob does not count, NotAnApprover
    09:00:30  alice-1 is Pending, NoApprovers: ApproverPolicy production asks for 1 more, and 0 different people besides
                the requester could: its groups need more members. It is tried again.
carol joins Production-Leads
advance 15m
    09:01:00  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by carol@example.com,
                until 2026-12-01T12:00:10Z. To approve: kubectl team approve alice-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
carol approves
    09:15:50  alice-1: Approved by carol counts
    09:15:50  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage security (0 of 1) by erin@example.com,
                until 2026-12-01T12:00:10Z. To approve: kubectl team approve alice-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
