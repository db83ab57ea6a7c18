# A leader is cut off and another takes over. At the end that the old one knows it deletes what the new one has granted anew: access is lost, and nobody is blamed.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
alice requests ReadOnlyAccess in payments for 30m
    09:00:20  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:20  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:20  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:22  aws: alice has ReadOnlyAccess in payments
    09:00:25  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T09:30:25Z
    09:00:25  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T09:30:25Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
the controller is cut off from the API server
another controller takes over
alice requests ReadOnlyAccess in payments for 2h
    09:00:50  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:50  alice-2 is Active, AccessGranted: Access is active until 2026-12-01T11:00:50Z. To end it early: kubectl
                team cancel alice-2 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
    09:00:50  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T09:30:25Z and
                alice-2 until 2026-12-01T11:00:50Z
advance 40m
    09:20:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T09:30:25Z.
    09:30:25  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:30:25  alice-1 is Ended, EndReached: The end was reached. The access was not removed: request
                access-requests/alice-2 keeps the same access until 2026-12-01T11:00:50Z. To remove it, revoke that
                request too.
    09:30:25  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-2 until 2026-12-01T11:00:50Z
    09:30:26  journal: the whole of alice-1 is kept before it is removed
    09:30:27  aws: alice no longer has ReadOnlyAccess in payments
    09:31:55  record: ReadOnlyAccess in payments for alice is Deleting
    09:31:55  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist.
    09:31:55  record: ReadOnlyAccess in payments for alice is Absent
    09:31:55  alice-2 is Revoked, AccessLost: AWS no longer lists the assignment. It is not created again for this
                request; CloudTrail's event DeleteAccountAssignment tells who removed it.
    09:31:55  event on alice-2 and the record of ReadOnlyAccess in payments for alice: AccessLost: AWS no longer lists
                ReadOnlyAccess of user alice@example.com in account 444444444444, although access is active.
    09:31:56  journal: the whole of alice-2 is kept before it is removed
the old controller wakes
advance 5m
