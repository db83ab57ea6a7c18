# Access is revoked while AWS keeps the create in progress for an hour: once AWS has created it, it is deleted at once.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
aws is stuck with the next create
alice requests ReadOnlyAccess in payments for 4h
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:30  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:37  alice-1 is Approved, Granting: AWS is creating the assignment.
advance 5m
erin revokes
    09:05:40  record: ReadOnlyAccess in payments for alice is Deleting
    09:05:40  aws: delete ReadOnlyAccess in payments for alice: ConflictException: Another operation on this assignment
                is in progress. Please try again.
    09:05:47  alice-1 is Revoking, RevokedBySecurity: Revoked by erin@example.com. Comment: "agreed". The access is
                being removed. The last attempt failed: DeleteAccountAssignment for account 444444444444:
                ConflictException: Another operation on this assignment is in progress. Please try again.
advance 1h
    09:06:40  alice-1 is Revoking, RevokedBySecurity: Revoked by erin@example.com. Comment: "agreed". The access is
                being removed. This is overdue since 2026-12-01T09:06:40Z; it is tried until AWS confirms it. The last
                attempt failed: DeleteAccountAssignment for account 444444444444: ConflictException: Another operation
                on this assignment is in progress. Please try again.
aws finishes what it is stuck with
    10:05:50  aws: alice has ReadOnlyAccess in payments
advance 2m
    10:06:00  aws: delete ReadOnlyAccess in payments for alice: accepted
    10:06:02  aws: alice no longer has ReadOnlyAccess in payments
    10:06:05  settings: EndsInTime is False, RevocationOverdue: AWS has not confirmed in time that access is gone: 1 in
                all, the oldest ended at 2026-12-01T09:05:40Z. See kubectl get aa.
    10:06:10  settings: EndsInTime is True, Valid: No end of access is overdue.
    10:06:50  record: ReadOnlyAccess in payments for alice is Absent
    10:06:50  alice-1 is Revoked, RevokedBySecurity: Revoked by erin@example.com. Comment: "agreed".
    10:06:51  journal: the whole of alice-1 is kept before it is removed

# The same with a process that was killed before it knew of the create, and with deletes that are refused when it comes.
aws is stuck with the next create,
the controller crashes after the next create
dave requests ReadOnlyAccess in ledger for 4h
    10:08:10  dave-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    10:08:10  record: ReadOnlyAccess in ledger for dave is Creating, claimed by dave-1
    10:08:10  aws: create ReadOnlyAccess in ledger for dave: accepted
    10:08:10  the controller is killed
the controller starts
    10:08:20  dave-1 is Approved, Granting: AWS is creating the assignment.
erin revokes
    10:08:30  record: ReadOnlyAccess in ledger for dave is Deleting
    10:08:30  aws: delete ReadOnlyAccess in ledger for dave: ConflictException: Another operation on this assignment is
                in progress. Please try again.
    10:08:37  dave-1 is Revoking, RevokedBySecurity: Revoked by erin@example.com. Comment: "agreed". The access is being
                removed. The last attempt failed: DeleteAccountAssignment for account 555555555555: ConflictException:
                Another operation on this assignment is in progress. Please try again.
advance 1h
    10:09:30  dave-1 is Revoking, RevokedBySecurity: Revoked by erin@example.com. Comment: "agreed". The access is being
                removed. This is overdue since 2026-12-01T10:09:30Z; it is tried until AWS confirms it. The last attempt
                failed: DeleteAccountAssignment for account 555555555555: ConflictException: Another operation on this
                assignment is in progress. Please try again.
aws refuses deletes for 5m
aws finishes what it is stuck with
    11:08:50  aws: dave has ReadOnlyAccess in ledger
advance 10m
    11:09:00  aws: delete ReadOnlyAccess in ledger for dave: InternalServerException: An unexpected internal service
                exception was encountered.
    11:09:00  dave-1 is Revoking, RevokedBySecurity: Revoked by erin@example.com. Comment: "agreed". The access is being
                removed. This is overdue since 2026-12-01T10:09:30Z; it is tried until AWS confirms it. The last attempt
                failed: DeleteAccountAssignment for account 555555555555: InternalServerException: An unexpected
                internal service exception was encountered.
    11:09:05  settings: EndsInTime is False, RevocationOverdue: AWS has not confirmed in time that access is gone: 1 in
                all, the oldest ended at 2026-12-01T10:08:30Z. See kubectl get aa.
    11:09:30  aws: delete ReadOnlyAccess in ledger for dave: InternalServerException: An unexpected internal service
                exception was encountered.
    11:09:30  event on dave-1 and the record of ReadOnlyAccess in ledger for dave: RevocationOverdue: The access of user
                dave@example.com to ReadOnlyAccess in account 555555555555 ended at 2026-12-01T10:08:30Z, and AWS has
                not confirmed that it is gone. The last attempt failed: DeleteAccountAssignment for account
                555555555555: InternalServerException: An unexpected internal service exception was encountered.
    11:10:00  aws: delete ReadOnlyAccess in ledger for dave: InternalServerException: An unexpected internal service
                exception was encountered. (7 times more, the last at 11:13:30)
    11:14:00  aws: delete ReadOnlyAccess in ledger for dave: accepted
    11:14:02  aws: dave no longer has ReadOnlyAccess in ledger
    11:14:05  record: ReadOnlyAccess in ledger for dave is Absent
    11:14:05  dave-1 is Revoked, RevokedBySecurity: Revoked by erin@example.com. Comment: "agreed".
    11:14:06  journal: the whole of dave-1 is kept before it is removed
    11:14:10  settings: EndsInTime is True, Valid: No end of access is overdue.
