# Finished requests are kept as long as settings ask for, and removed after their whole text is in the audit log.

platform sets retention of settings to 3h
alice requests DatabaseAdmin in orders for 2h
    09:00:20  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:20Z. To approve: kubectl team approve alice-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
alice cancels
    09:00:30  alice-1 is Cancelled, CancelledByRequester: Cancelled by the requester.
    09:00:30  journal: the whole of alice-1 is kept before it is removed
alice deletes
    09:00:40  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-requests' with binding 'team-operator-requests' denied request: requests are kept as
                evidence and cannot be deleted; TeamSettings spec.retention removes finished ones in time
advance 2h
advance 2h
    13:00:00  journal: the whole of alice-1 is kept before it is removed
    13:00:00  alice-1 is removed
