# Case 25, an upgrade: while the manifests are of another version nothing is granted and nothing is void.

the guard looks every 1m
alice requests DatabaseAdmin in orders for 2h
    09:00:20  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:20Z. To approve: kubectl team approve alice-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
bob approves
    09:00:30  alice-1: Approved by bob counts
    09:00:30  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage security (0 of 1) by
                carol@example.com, erin@example.com, until 2026-12-01T12:00:20Z. To approve: kubectl team approve
                alice-1 -n access-requests; without the plugin append to status.approvals (kubectl patch
                --subresource=status).
platform applies the manifests of the next version
advance 1m
    09:01:10  settings: GuardIntact is Unknown, GuardUnproven: ValidatingAdmissionPolicy team-operator-policy-writers is
                not of this version (spec.variables.0.expression differs): an upgrade is under way, or put the manifests
                of this version back (kubectl replace). Nothing is granted until it can be told.
erin approves
    09:01:50  alice-1 is Pending, GuardUnproven: ValidatingAdmissionPolicy team-operator-policy-writers is not of this
                version (spec.variables.0.expression differs): an upgrade is under way, or put the manifests of this
                version back (kubectl replace). It is tried again.
advance 5m
the controller starts
    09:07:00  settings: GuardIntact is Unknown, GuardUnproven: the guard has not looked yet. Nothing is granted until it
                can be told.
    09:07:00  settings: GuardIntact is True, Valid: The admission policies are in force, and a forgery was refused.
    09:07:00  alice-1: Approved by erin counts
    09:07:00  alice-1 is Approved, ApprovalsComplete: Approved by bob@example.com, erin@example.com.
    09:07:00  record: DatabaseAdmin in orders for alice is Creating, claimed by alice-1
    09:07:00  aws: create DatabaseAdmin in orders for alice: accepted
    09:07:02  aws: alice has DatabaseAdmin in orders
    09:07:05  record: DatabaseAdmin in orders for alice is Present, claimed by alice-1 until 2026-12-01T11:07:05Z
    09:07:05  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T11:07:05Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
