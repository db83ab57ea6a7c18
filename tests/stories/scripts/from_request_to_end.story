# A request in production takes two approvals in their order; the access lasts two hours from the moment AWS confirms it.

alice asks what to request in orders as DatabaseAdmin for 2h
    09:00:10  alice-asks-1: AwaitingApproval: Allowed. Stage lead has 0/1 approvals; awaited until 2026-12-01T12:00:10Z
                from bob@example.com. They approve by appending to status.approvals (kubectl patch
                --subresource=status).
alice requests DatabaseAdmin in orders for 2h because "restore of the orders table"
    09:00:20  alice-1 is Pending, AwaitingApproval: Stage lead has 0/1 approvals; awaited until 2026-12-01T12:00:20Z
                from bob@example.com. They approve by appending to status.approvals (kubectl patch
                --subresource=status).
erin approves
    09:00:30  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: erin@example.com cannot
                approve this request at this point; who can: bob@example.com
bob approves because "agreed in the morning meeting"
    09:00:40  alice-1: Approved by bob counts
    09:00:40  alice-1 is Pending, AwaitingApproval: Stage security has 0/1 approvals; awaited until 2026-12-01T12:00:20Z
                from carol@example.com, erin@example.com. They approve by appending to status.approvals (kubectl patch
                --subresource=status).
alice approves
    09:00:50  refused: ElevationRequest.team-operator.io "alice-1" is invalid: status.approvals: nobody decides on their
                own request: somebody else must; to take it back set spec.cancelled to true
erin approves
    09:01:00  alice-1: Approved by erin counts
    09:01:00  alice-1 is Approved, ApprovalsComplete: Approved by bob@example.com, erin@example.com.
    09:01:00  aws: create DatabaseAdmin in orders for alice: taken on
    09:01:00  alice-1 is Approved, Granting: AWS is creating the assignment.
    09:01:02  aws: alice has DatabaseAdmin in orders
    09:01:05  alice-1 is Active, AccessGranted: The access is there. It ends at 2026-12-01T11:01:05Z; to end it early
                set spec.cancelled to true. Sign in at https://example.awsapps.com/start.
advance 1h50m
    09:10:10  alice-asks-1 is removed
    10:51:05  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T11:01:05Z.
advance 10m
    11:01:05  alice-1 is Revoking, EndReached: The end was reached. The access is being removed.
    11:01:05  aws: delete DatabaseAdmin in orders for alice: taken on
    11:01:07  aws: alice no longer has DatabaseAdmin in orders
advance 10m
    11:01:10  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the assignment is gone.
