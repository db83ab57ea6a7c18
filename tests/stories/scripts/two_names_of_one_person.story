# Case 16: Alice has a second user name after she was renamed. She cannot approve her own request under it.

bob requests DatabaseAdmin in orders for 2h
    09:00:10  bob-1 is Pending, AwaitingApproval: Stage lead has 0/1 approvals; awaited until 2026-12-01T12:00:10Z from
                alice@example.com. They approve by appending to status.approvals (kubectl patch --subresource=status).
bob is renamed to robert
    09:00:20  aws: bob no longer has ReadOnlyAccess in orders
    09:00:20  aws: robert has ReadOnlyAccess in orders
advance 15m
    09:05:10  bob-1 is Denied, RequesterUnknown: Identity Center has nobody, or more than one person, named
                "bob@example.com".
robert approves
    09:15:30  refused: elevationrequests.team-operator.io "bob-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: this request is Denied:
                there is nothing left to decide
