# The guard is removed and the status of a request with access changed: nothing in it is believed, and the access goes.

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
somebody removes the guard
mallory writes message of alice-1 as "Nothing to see here."
    09:00:40  record: ReadOnlyAccess in payments for alice is Deleting
    09:00:40  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:00:40  alice-1 is Active, AccessGranted: Nothing to see here.
    09:00:40  event on alice-1: SealBroken: access-requests/alice-1 The status was changed by somebody other than the
                controller.
    09:00:42  aws: alice no longer has ReadOnlyAccess in payments
advance 2m
    09:01:25  record: ReadOnlyAccess in payments for alice is Absent
    09:01:25  alice-1 is Denied, SealBroken: The status was changed by somebody other than the controller. Make a new
                request.
    09:01:26  journal: the whole of alice-1 is kept before it is removed
