# Case 11: a vote, a rejection and a cancellation in one second, and another time one second before the deadline: one outcome, by rank.

alice requests DatabaseAdmin in orders for 2h
    09:00:10  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:10Z. To approve: kubectl team approve alice-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
bob approves
    09:00:20  alice-1: Approved by bob counts
    09:00:20  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage security (0 of 1) by
                carol@example.com, erin@example.com, until 2026-12-01T12:00:10Z. To approve: kubectl team approve
                alice-1 -n access-requests; without the plugin append to status.approvals (kubectl patch
                --subresource=status).
erin approves,
carol rejects because "not today",
alice cancels
    09:00:30  alice-1 is Cancelled, CancelledByRequester: Cancelled by the requester.
    09:00:30  journal: the whole of alice-1 is kept before it is removed
alice requests DatabaseAdmin in orders for 2h
    09:00:40  alice-2 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:40Z. To approve: kubectl team approve alice-2 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
bob approves
    09:00:50  alice-2: Approved by bob counts
    09:00:50  alice-2 is Pending, AwaitingApproval: Waiting for approval of stage security (0 of 1) by
                carol@example.com, erin@example.com, until 2026-12-01T12:00:40Z. To approve: kubectl team approve
                alice-2 -n access-requests; without the plugin append to status.approvals (kubectl patch
                --subresource=status).
erin approves,
carol rejects because "not today"
    09:01:00  alice-2: Approved by erin counts
    09:01:00  alice-2: Rejected by carol counts
    09:01:00  alice-2 is Rejected, RejectedByReviewer: Rejected by carol@example.com.
    09:01:00  journal: the whole of alice-2 is kept before it is removed
alice requests DatabaseAdmin in orders for 2h
    09:01:10  alice-3 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:01:10Z. To approve: kubectl team approve alice-3 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
bob approves
    09:01:20  alice-3: Approved by bob counts
    09:01:20  alice-3 is Pending, AwaitingApproval: Waiting for approval of stage security (0 of 1) by
                carol@example.com, erin@example.com, until 2026-12-01T12:01:10Z. To approve: kubectl team approve
                alice-3 -n access-requests; without the plugin append to status.approvals (kubectl patch
                --subresource=status).
advance 2h59m40s
erin approves
    12:01:10  alice-3 is Expired, RequestExpired: The request expired: stage security had 0/1 approvals at the deadline.
                Make a new request if the access is still needed.
    12:01:10  journal: the whole of alice-3 is kept before it is removed
