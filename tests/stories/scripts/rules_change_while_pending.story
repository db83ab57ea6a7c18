# Case 12: settings and policies change while a request waits. It is judged anew, and what is looser waives nothing.

alice requests DatabaseAdmin in orders for 4h
    09:00:10  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:10Z. To approve: kubectl team approve alice-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
bob approves
    09:00:20  alice-1: Approved by bob counts
    09:00:20  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage security (0 of 1) by
                carol@example.com, erin@example.com, until 2026-12-01T12:00:10Z. To approve: kubectl team approve
                alice-1 -n access-requests; without the plugin append to status.approvals (kubectl patch
                --subresource=status).
platform sets approvalWorkflow of settings to NotRequired
platform sets approvalWorkflow of settings to Required
platform applies security-twice.yaml
    09:00:50  alice-1: Approved by bob does not count, NotAnApprover
    09:00:50  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage security (0 of 2) by
                carol@example.com, erin@example.com, until 2026-12-01T12:00:10Z. To approve: kubectl team approve
                alice-1 -n access-requests; without the plugin append to status.approvals (kubectl patch
                --subresource=status).
platform sets maxDuration of developers-in-production to 2h
    09:01:00  alice-1 is Denied, NotEligible: No EligibilityPolicy alone matches you, the account, the permission set
                and the duration. Nearest: developers-in-production: it allows at most 2h, not 4h.
    09:01:00  journal: the whole of alice-1 is kept before it is removed
