# A create waits ten minutes between its intent and its signature: it is not sent. The next one asks everything anew.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
the controller stops before the next create
alice requests ReadOnlyAccess in payments for 1h
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:30  the controller is stopped
advance 10m
the old controller wakes
    09:10:40  aws: create ReadOnlyAccess in payments for alice: accepted
    09:10:40  alice-1 is Approved, Granting: AWS is creating the assignment.
    09:10:42  aws: alice has ReadOnlyAccess in payments
    09:10:45  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T10:10:45Z
    09:10:45  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T10:10:45Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
the controller stops before the next create
dave requests ReadOnlyAccess in payments for 1h
    09:11:00  dave-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:11:00  record: ReadOnlyAccess in payments for dave is Creating, claimed by dave-1
    09:11:00  the controller is stopped
dave cancels
advance 2m
    09:12:30  journal: RevocationOverdue, ReadOnlyAccess in account 444444444444
the old controller wakes
    09:13:20  settings: EndsInTime is False, RevocationOverdue: AWS has not confirmed in time that access is gone: 1 in
                all, the oldest ended at 2026-12-01T09:11:15Z. See kubectl get aa.
    09:13:20  record: ReadOnlyAccess in payments for dave is Absent
    09:13:20  dave-1 is Cancelled, CancelledByRequester: Cancelled by the requester.
    09:13:21  journal: the whole of dave-1 is kept before it is removed
    09:13:25  settings: EndsInTime is True, Valid: No end of access is overdue.
advance 1m
