# A list lacks the assignment, and the success of the create is learned after it: the right facts in the wrong order make nothing absent.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
aws is stuck with the next create
alice requests ReadOnlyAccess in payments for 4h
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:30  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:37  alice-1 is Approved, Granting: AWS is creating the assignment.
erin revokes
    09:00:40  record: ReadOnlyAccess in payments for alice is Deleting
    09:00:40  aws: delete ReadOnlyAccess in payments for alice: ConflictException: Another operation on this assignment
                is in progress. Please try again.
    09:00:47  alice-1 is Revoking, RevokedBySecurity: Revoked by erin@example.com. Comment: "agreed". The access is
                being removed. The last attempt failed: DeleteAccountAssignment for account 444444444444:
                ConflictException: Another operation on this assignment is in progress. Please try again.
aws takes 20s for the next list
aws finishes what it is stuck with
    09:01:00  aws: alice has ReadOnlyAccess in payments
advance 2m
    09:01:12  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:01:14  aws: alice no longer has ReadOnlyAccess in payments
    09:01:40  alice-1 is Revoking, RevokedBySecurity: Revoked by erin@example.com. Comment: "agreed". The access is
                being removed. This is overdue since 2026-12-01T09:01:40Z; it is tried until AWS confirms it. The last
                attempt failed: DeleteAccountAssignment for account 444444444444: ConflictException: Another operation
                on this assignment is in progress. Please try again.
    09:02:17  record: ReadOnlyAccess in payments for alice is Absent
    09:02:17  alice-1 is Revoked, RevokedBySecurity: Revoked by erin@example.com. Comment: "agreed".
    09:02:18  journal: the whole of alice-1 is kept before it is removed
