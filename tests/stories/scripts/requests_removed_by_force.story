# Requests are removed although our finalizer is on them, while the controller runs and while it is down: the access ends all the same.

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
somebody removes alice-1 by force
    09:00:30  alice-1 is removed
    09:00:30  record: ReadOnlyAccess in payments for alice is Deleting
    09:00:30  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:00:32  aws: alice no longer has ReadOnlyAccess in payments
advance 2m
    09:01:25  record: ReadOnlyAccess in payments for alice is Absent
dave requests ReadOnlyAccess in payments for 1h
    09:02:40  dave-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:02:40  record: ReadOnlyAccess in payments for dave is Creating, claimed by dave-1
    09:02:40  aws: create ReadOnlyAccess in payments for dave: accepted
    09:02:42  aws: dave has ReadOnlyAccess in payments
    09:02:45  record: ReadOnlyAccess in payments for dave is Present, claimed by dave-1 until 2026-12-01T10:02:45Z
    09:02:45  dave-1 is Active, AccessGranted: Access is active until 2026-12-01T10:02:45Z. To end it early: kubectl
                team cancel dave-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
the controller crashes
somebody removes dave-1 by force
    09:03:00  dave-1 is removed
the controller starts
    09:03:10  record: ReadOnlyAccess in payments for dave is Deleting
    09:03:10  aws: delete ReadOnlyAccess in payments for dave: accepted
    09:03:12  aws: dave no longer has ReadOnlyAccess in payments
advance 2m
    09:03:45  record: ReadOnlyAccess in payments for dave is Absent
