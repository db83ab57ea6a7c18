# Case 4: a policy allows 24h, the settings 9h. Twelve are refused before anything is stored, with both numbers.

platform sets maxDuration of developers-in-production to 24h
alice requests DatabaseAdmin in orders for 12h
    09:00:20  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-limits' with binding 'team-operator-needs-teamsettings-default' denied request:
                spec.duration 12h is longer than the 9h that TeamSettings allow
alice requests DatabaseAdmin in orders for 9h
    09:00:30  alice-2 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:30Z. To approve: kubectl team approve alice-2 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
