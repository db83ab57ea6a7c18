# Case 17: every policy and the settings are deleted while there is access. With Keep it ends on time, with Revoke within the grace.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
alice requests ReadOnlyAccess in payments for 1h
    09:00:20  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:20  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:20  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:22  aws: alice has ReadOnlyAccess in payments
    09:00:25  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T10:00:25Z
    09:00:25  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T10:00:25Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
platform removes read-only,
platform removes developers-in-production,
platform removes production,
platform removes settings
    09:00:30  event on alice-1: SettingsMissing: The TeamSettings named default are missing: if they are not back by
                2026-12-01T09:15:30Z, nobody is eligible any more. Access that is granted rests on it: put it back
                before then, or let it count.
dave requests ReadOnlyAccess in payments for 1h
    09:00:40  refused: elevationrequests.team-operator.io "dave-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-limits' with binding 'team-operator-needs-teamsettings-default' denied request: failed to
                configure binding: no params found for policy binding with `Deny` parameterNotFoundAction
advance 4m
advance 12m
    09:15:30  record: ReadOnlyAccess in payments for alice is Deleting
    09:15:30  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:15:32  aws: alice no longer has ReadOnlyAccess in payments
    09:15:35  record: ReadOnlyAccess in payments for alice is Absent
    09:15:35  alice-1 is Revoked, EligibilityLost: No longer eligible: The TeamSettings named default are missing. AWS
                confirmed that the access is gone.
    09:15:36  journal: the whole of alice-1 is kept before it is removed
