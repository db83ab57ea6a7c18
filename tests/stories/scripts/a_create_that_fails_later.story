# Case 8: AWS takes the create on and gives up on it. The request is never Active before the access is really there.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
aws fails the next create later
alice requests ReadOnlyAccess in payments for 1h
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:30  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:37  alice-1 is Approved, Granting: AWS is creating the assignment.
advance 1m
    09:00:40  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:40  alice-1 is Approved, Granting: AWS is creating the assignment. The last attempt failed: Received a 409
                status error: Cannot exceed quota for RolesPerAccount: 1000.
    09:00:42  aws: alice has ReadOnlyAccess in payments
    09:00:45  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T10:00:45Z
    09:00:45  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T10:00:45Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
aws throttles 3 times
alice requests ReadOnlyAccess in ledger for 1h
    09:01:50  alice-2 is new, LookupFailed: ListPermissionSets for Identity Center: ThrottlingException: Rate exceeded.
                It is tried again.
advance 2m
    09:03:20  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:03:20  record: ReadOnlyAccess in ledger for alice is Creating, claimed by alice-2
    09:03:20  aws: create ReadOnlyAccess in ledger for alice: accepted
    09:03:22  aws: alice has ReadOnlyAccess in ledger
    09:03:25  record: ReadOnlyAccess in ledger for alice is Present, claimed by alice-2 until 2026-12-01T10:03:25Z
    09:03:25  alice-2 is Active, AccessGranted: Access is active until 2026-12-01T10:03:25Z. To end it early: kubectl
                team cancel alice-2 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
