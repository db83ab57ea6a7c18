# Case 25: the policy that keeps decisions honest is removed and put back. What was written in the gap never counts.

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
somebody removes the guard
mallory approves in the name of erin
    09:00:50  settings: GuardIntact is False, GuardBroken: ValidatingAdmissionPolicyBinding team-operator-decisions is
                missing: apply the manifests of this version again. Nothing is granted; access still ends.
    09:00:50  alice-1: Approved by erin does not count, GuardBroken
    09:00:50  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage security (0 of 1) by
                carol@example.com, until 2026-12-01T12:00:20Z. To approve: kubectl team approve alice-1 -n
                access-requests; without the plugin append to status.approvals (kubectl patch --subresource=status).
advance 1m
somebody puts the guard back
    09:02:00  settings: GuardIntact is False, GuardBroken: The admission policies are in force again; what was written
                before does not count: ValidatingAdmissionPolicyBinding team-operator-decisions was deleted and
                recreated.
    09:02:00  settings: GuardIntact is True, Valid: The admission policies are in force, and a forgery was refused.
advance 1m
carol approves
    09:03:10  alice-1: Approved by carol counts
    09:03:10  alice-1 is Approved, ApprovalsComplete: Approved by bob@example.com, carol@example.com.
    09:03:10  record: DatabaseAdmin in orders for alice is Creating, claimed by alice-1
    09:03:10  aws: create DatabaseAdmin in orders for alice: accepted
    09:03:12  aws: alice has DatabaseAdmin in orders
    09:03:15  record: DatabaseAdmin in orders for alice is Present, claimed by alice-1 until 2026-12-01T11:03:15Z
    09:03:15  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T11:03:15Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
advance 1m
