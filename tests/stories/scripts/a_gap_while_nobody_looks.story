# Case 25, with the controller down: the guard finds the gap in hindsight, and a status forged in it by its seal.

alice requests DatabaseAdmin in orders for 2h
    09:00:10  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:10Z. To approve: kubectl team approve alice-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
dave requests DatabaseAdmin in payments for 2h
    09:00:20  dave-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by alice@example.com,
                bob@example.com, until 2026-12-01T12:00:20Z. To approve: kubectl team approve dave-1 -n access-requests;
                without the plugin append to status.approvals (kubectl patch --subresource=status).
the controller crashes
somebody removes the guard
mallory approves alice-1 in the name of bob
mallory writes message of dave-1 as "Nothing to see here."
    09:01:00  dave-1 is Pending, AwaitingApproval: Nothing to see here.
somebody puts the guard back
the controller starts
    09:01:20  settings: GuardIntact is False, GuardBroken: The admission policies are in force again; what was written
                before does not count: ValidatingAdmissionPolicyBinding team-operator-decisions was deleted and
                recreated.
    09:01:20  settings: GuardIntact is True, Valid: The admission policies are in force, and a forgery was refused.
    09:01:20  alice-1: Approved by bob does not count, GuardBroken
    09:01:20  alice-1 is Pending, NoApprovers: ApproverPolicy production asks for 1 more, and 0 different people besides
                the requester could: its groups need more members. It is tried again.
    09:01:20  dave-1 is Denied, SealBroken: The status was changed by somebody other than the controller. Make a new
                request.
    09:01:20  event on dave-1: SealBroken: access-requests/dave-1 The status was changed by somebody other than the
                controller.
    09:01:21  journal: the whole of dave-1 is kept before it is removed
advance 1m
bob approves alice-1
    09:02:30  refused: ElevationRequest.team-operator.io "alice-1" is invalid: status.approvals[1]: Duplicate value:
                {"approver":"bob@example.com","decision":"Approved"}
carol approves alice-1
    09:02:40  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: carol@example.com
                cannot approve this request at this point; who can: nobody yet
