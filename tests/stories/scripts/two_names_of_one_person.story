# Case 16: Bob is renamed while his request waits, and has two user names now. Neither approves it, and it does not outlive the old one.

bob requests DatabaseAdmin in orders for 2h
    09:00:10  bob-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by alice@example.com,
                until 2026-12-01T12:00:10Z. To approve: kubectl team approve bob-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
bob approves
    09:00:20  refused: ElevationRequest.team-operator.io "bob-1" is invalid: status.approvals: nobody decides on their
                own request: somebody else must; to take it back set spec.cancelled to true
bob is renamed to robert,
robert approves
    09:00:30  refused: elevationrequests.team-operator.io "bob-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: robert@example.com
                cannot approve this request at this point; who can: alice@example.com
    09:00:30  aws: bob no longer has ReadOnlyAccess in orders
    09:00:30  aws: robert has ReadOnlyAccess in orders
advance 5m
    09:05:10  bob-1 is Denied, RequesterUnknown: Identity Center has nobody, or more than one person, named
                "bob@example.com".
    09:05:10  journal: the whole of bob-1 is kept before it is removed
robert approves
    09:05:40  refused: elevationrequests.team-operator.io "bob-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: this request is Denied:
                there is nothing left to decide
