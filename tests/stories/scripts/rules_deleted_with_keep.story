# Case 17, with Keep: what was granted stays to its end, and not longer.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
platform sets onEligibilityLost of settings to Keep
alice requests ReadOnlyAccess in payments for 1h
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:30  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:32  aws: alice has ReadOnlyAccess in payments
    09:00:35  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T10:00:35Z
    09:00:35  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T10:00:35Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
platform removes read-only,
platform removes developers-in-production,
platform removes production,
platform removes settings
    09:00:40  event on alice-1: SettingsMissing: The TeamSettings named default are missing: if they are not back by
                2026-12-01T09:15:40Z, nobody is eligible any more. Access that is granted rests on it: put it back
                before then, or let it count.
advance 30m
    09:15:40  alice-1 is Active, EligibilityLost: Access is active until 2026-12-01T10:00:35Z. The requester is no
                longer eligible, and settings keep access that was granted. To end it: revoke it. The TeamSettings named
                default are missing.
advance 30m
    09:50:35  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T10:00:35Z.
    10:00:35  record: ReadOnlyAccess in payments for alice is Deleting
    10:00:35  aws: delete ReadOnlyAccess in payments for alice: accepted
    10:00:37  aws: alice no longer has ReadOnlyAccess in payments
    10:00:40  record: ReadOnlyAccess in payments for alice is Absent
    10:00:40  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    10:00:41  journal: the whole of alice-1 is kept before it is removed
advance 1m
