# Case 20: Alice cancels while AWS still works on the create. It is removed when it lands.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
aws needs 2m for each operation
alice requests ReadOnlyAccess in payments for 1h
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  aws: create ReadOnlyAccess in payments for alice: taken on
    09:00:30  alice-1 is Approved, Granting: AWS is creating the assignment.
alice cancels
    09:00:40  alice-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed.
advance 10m
    09:01:40  event on alice-1: RevocationOverdue: The access should have been removed by 2026-12-01T09:01:40Z and AWS
                has not confirmed it.
    09:01:40  alice-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed. It is overdue
                since 2026-12-01T09:01:40Z; it is tried until it succeeds.
    09:02:30  aws: alice has ReadOnlyAccess in payments
    09:02:30  aws: delete ReadOnlyAccess in payments for alice: ConflictException: Conflict with a previous successful
                write. Please try again.
    09:02:30  alice-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed. It is overdue
                since 2026-12-01T09:01:40Z; it is tried until it succeeds. The last attempt: DeleteAccountAssignment for
                account 444444444444: ConflictException: Conflict with a previous successful write. Please try again.
    09:02:40  aws: delete ReadOnlyAccess in payments for alice: taken on
    09:02:40  alice-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed. It is overdue
                since 2026-12-01T09:01:40Z; it is tried until it succeeds.
    09:04:40  aws: alice no longer has ReadOnlyAccess in payments
    09:05:00  alice-1 is Cancelled, EndedByRequester: Ended by the requester. AWS confirmed that the assignment is gone.
