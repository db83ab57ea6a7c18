# What others take away is noticed, shown and not put back.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
alice requests ReadOnlyAccess in payments for 4h
    09:00:20  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:20  aws: create ReadOnlyAccess in payments for alice: taken on
    09:00:20  alice-1 is Approved, Granting: AWS is creating the assignment.
    09:00:22  aws: alice has ReadOnlyAccess in payments
    09:00:25  alice-1 is Active, AccessGranted: The access is there. It ends at 2026-12-01T13:00:25Z; to end it early
                set spec.cancelled to true. Sign in at https://example.awsapps.com/start.
somebody takes ReadOnlyAccess in payments from alice
    09:00:30  aws: alice no longer has ReadOnlyAccess in payments
advance 20m
    09:06:26  alice-1 is Revoking, RemovedExternally: Somebody else removed the assignment; it is not put back. The
                access is being removed.
    09:06:26  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist.
    09:06:26  alice-1 is Revoked, RemovedExternally: Somebody else removed the assignment; it is not put back. AWS
                confirmed that the assignment is gone.
