# Case 20: Alice cancels while AWS still works on the create. It is removed when it lands.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
aws needs 2m for each operation
alice requests ReadOnlyAccess in payments for 1h
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:30  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:37  alice-1 is Approved, Granting: AWS is creating the assignment.
alice cancels
    09:00:40  record: ReadOnlyAccess in payments for alice is Deleting
    09:00:40  aws: delete ReadOnlyAccess in payments for alice: ConflictException: Another operation on this assignment
                is in progress. Please try again.
    09:00:47  alice-1 is Revoking, CancelledByRequester: Cancelled by the requester. The access is being removed. The
                last attempt failed: DeleteAccountAssignment for account 444444444444: ConflictException: Another
                operation on this assignment is in progress. Please try again.
advance 10m
    09:01:40  alice-1 is Revoking, CancelledByRequester: Cancelled by the requester. The access is being removed. This
                is overdue since 2026-12-01T09:01:40Z; it is tried until AWS confirms it. The last attempt failed:
                DeleteAccountAssignment for account 444444444444: ConflictException: Another operation on this
                assignment is in progress. Please try again.
    09:02:30  aws: alice has ReadOnlyAccess in payments
    09:02:40  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:02:45  settings: EndsInTime is False, RevocationOverdue: AWS has not confirmed in time that access is gone: 1 in
                all, the oldest ended at 2026-12-01T09:00:40Z. See kubectl get aa.
    09:03:10  aws: delete ReadOnlyAccess in payments for alice: ConflictException: Another operation on this assignment
                is in progress. Please try again.
    09:03:10  event on alice-1 and the record of ReadOnlyAccess in payments for alice: RevocationOverdue: The access of
                user alice@example.com to ReadOnlyAccess in account 444444444444 ended at 2026-12-01T09:00:40Z, and AWS
                has not confirmed that it is gone. The last attempt failed: DeleteAccountAssignment for account
                444444444444: ConflictException: Another operation on this assignment is in progress. Please try again.
    09:03:15  journal: RevocationOverdue, ReadOnlyAccess in account 444444444444
    09:03:15  aws: delete ReadOnlyAccess in payments for alice: ConflictException: Another operation on this assignment
                is in progress. Please try again. (16 times more, the last at 09:04:35)
    09:04:40  aws: alice no longer has ReadOnlyAccess in payments
    09:04:40  aws: delete ReadOnlyAccess in payments for alice: ConflictException: Conflict with a previous successful
                write. Please try again.
    09:04:45  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist.
    09:04:45  record: ReadOnlyAccess in payments for alice is Absent
    09:04:45  alice-1 is Cancelled, CancelledByRequester: Cancelled by the requester.
    09:04:46  journal: the whole of alice-1 is kept before it is removed
    09:04:50  settings: EndsInTime is True, Valid: No end of access is overdue.
