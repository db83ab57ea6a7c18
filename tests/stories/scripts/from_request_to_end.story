# A request in production takes two approvals in their order; the access lasts two hours from the moment AWS confirms it.

alice asks what to request in orders as DatabaseAdmin for 2h
    09:00:10  alice-asks-1: AwaitingApproval: Allowed. Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:10Z.
alice requests DatabaseAdmin in orders for 2h because "restore of the orders table"
    09:00:20  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:20Z. To approve: kubectl team approve alice-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
erin approves
    09:00:30  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: erin@example.com cannot
                approve this request at this point; who can: bob@example.com
bob approves because "agreed in the morning meeting"
    09:00:40  alice-1: Approved by bob counts
    09:00:40  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage security (0 of 1) by
                carol@example.com, erin@example.com, until 2026-12-01T12:00:20Z. To approve: kubectl team approve
                alice-1 -n access-requests; without the plugin append to status.approvals (kubectl patch
                --subresource=status).
alice approves
    09:00:50  refused: ElevationRequest.team-operator.io "alice-1" is invalid: status.approvals: nobody decides on their
                own request: somebody else must; to take it back set spec.cancelled to true
erin approves
    09:01:00  alice-1: Approved by erin counts
    09:01:00  alice-1 is Approved, ApprovalsComplete: Approved by bob@example.com, erin@example.com.
    09:01:00  record: DatabaseAdmin in orders for alice is Creating, claimed by alice-1
    09:01:00  aws: create DatabaseAdmin in orders for alice: accepted
    09:01:02  aws: alice has DatabaseAdmin in orders
    09:01:05  record: DatabaseAdmin in orders for alice is Present, claimed by alice-1 until 2026-12-01T11:01:05Z
    09:01:05  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T11:01:05Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
advance 1h50m
    09:10:10  alice-asks-1 is removed
    10:51:05  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T11:01:05Z.
advance 10m
    11:01:05  record: DatabaseAdmin in orders for alice is Deleting
    11:01:05  aws: delete DatabaseAdmin in orders for alice: accepted
    11:01:07  aws: alice no longer has DatabaseAdmin in orders
advance 10m
    11:01:10  record: DatabaseAdmin in orders for alice is Absent
    11:01:10  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    11:01:11  journal: the whole of alice-1 is kept before it is removed
