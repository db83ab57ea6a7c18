# What others take away is noticed, shown and not put back.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
alice requests ReadOnlyAccess in payments for 4h
    09:00:20  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:20  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:20  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:22  aws: alice has ReadOnlyAccess in payments
    09:00:25  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T13:00:25Z
    09:00:25  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T13:00:25Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
somebody takes ReadOnlyAccess in payments from alice
    09:00:30  aws: alice no longer has ReadOnlyAccess in payments
advance 20m
    09:06:26  record: ReadOnlyAccess in payments for alice is Deleting
    09:06:26  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist.
    09:06:26  record: ReadOnlyAccess in payments for alice is Absent
    09:06:26  alice-1 is Revoked, AccessLost: AWS no longer lists the assignment. It is not created again for this
                request; CloudTrail's event DeleteAccountAssignment tells who removed it.
    09:06:26  event on alice-1 and the record of ReadOnlyAccess in payments for alice: AccessLost: AWS no longer lists
                ReadOnlyAccess of user alice@example.com in account 444444444444, although access is active.
    09:06:27  journal: the whole of alice-1 is kept before it is removed
