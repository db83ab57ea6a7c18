# A delete without an answer lands eighteen minutes later, on access that was granted anew: it is lost, and nobody is blamed.

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
advance 29m
    09:20:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T09:30:25Z.
aws holds the next delete back
advance 5m
    09:30:25  record: ReadOnlyAccess in payments for alice is Deleting
    09:30:25  aws: delete ReadOnlyAccess in payments for alice: no answer within 30 s
    09:30:32  alice-1 is Revoking, EndReached: The end was reached. The access is being removed.
    09:30:55  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:30:55  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. The last attempt
                failed: DeleteAccountAssignment for account 444444444444: no answer within 30 s
    09:30:57  aws: alice no longer has ReadOnlyAccess in payments
    09:31:00  record: ReadOnlyAccess in payments for alice is Absent
    09:31:00  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    09:31:01  journal: the whole of alice-1 is kept before it is removed
alice requests ReadOnlyAccess in payments for 2h
    09:34:40  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:34:40  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-2
    09:34:40  aws: create ReadOnlyAccess in payments for alice: accepted
    09:34:42  aws: alice has ReadOnlyAccess in payments
    09:34:45  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-2 until 2026-12-01T11:34:45Z
    09:34:45  alice-2 is Active, AccessGranted: Access is active until 2026-12-01T11:34:45Z. To end it early: kubectl
                team cancel alice-2 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
advance 15m
aws lets go
    09:49:52  aws: alice no longer has ReadOnlyAccess in payments
advance 10m
    09:55:49  record: ReadOnlyAccess in payments for alice is Deleting
    09:55:49  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist.
    09:55:49  record: ReadOnlyAccess in payments for alice is Absent
    09:55:49  alice-2 is Revoked, AccessLost: AWS no longer lists the assignment. It is not created again for this
                request; CloudTrail's event DeleteAccountAssignment tells who removed it.
    09:55:49  event on alice-2 and the record of ReadOnlyAccess in payments for alice: AccessLost: AWS no longer lists
                ReadOnlyAccess of user alice@example.com in account 444444444444, although access is active.
    09:55:50  journal: the whole of alice-2 is kept before it is removed
