# AWS answers no list when the access is to end: it is deleted all the same, once more where no answer came, and confirmed when lists come again.

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
dave requests ReadOnlyAccess in ledger for 30m
    09:00:30  dave-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in ledger for dave is Creating, claimed by dave-1
    09:00:30  aws: create ReadOnlyAccess in ledger for dave: accepted
    09:00:32  aws: dave has ReadOnlyAccess in ledger
    09:00:35  record: ReadOnlyAccess in ledger for dave is Present, claimed by dave-1 until 2026-12-01T09:30:35Z
    09:00:35  dave-1 is Active, AccessGranted: Access is active until 2026-12-01T09:30:35Z. To end it early: kubectl
                team cancel dave-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
advance 29m
    09:20:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T09:30:25Z.
    09:20:35  event on dave-1: AccessEndsSoon: The access ends at 2026-12-01T09:30:35Z.
aws refuses lists for 10m
aws loses the answer of the next delete
advance 5m
    09:30:25  record: ReadOnlyAccess in payments for alice is Deleting
    09:30:25  aws: delete ReadOnlyAccess in payments for alice: the connection broke
    09:30:27  aws: alice no longer has ReadOnlyAccess in payments
    09:30:32  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. The last attempt
                failed: DeleteAccountAssignment for account 444444444444: the connection broke
    09:30:35  record: ReadOnlyAccess in ledger for dave is Deleting
    09:30:35  aws: delete ReadOnlyAccess in ledger for dave: accepted
    09:30:37  aws: dave no longer has ReadOnlyAccess in ledger
    09:30:42  dave-1 is Revoking, EndReached: The end was reached. The access is being removed. The last attempt failed:
                ListAccountAssignments for account 555555555555: InternalServerException: An unexpected internal service
                exception was encountered.
    09:30:57  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist. (once more at 09:31:17)
    09:31:25  settings: EndsInTime is False, RevocationOverdue: AWS has not confirmed in time that access is gone: 1 in
                all, the oldest ended at 2026-12-01T09:30:25Z. See kubectl get aa.
    09:31:25  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. This is overdue since
                2026-12-01T09:31:25Z; it is tried until AWS confirms it. The last attempt failed:
                DeleteAccountAssignment for account 444444444444: the connection broke
    09:31:25  event on alice-1 and the record of ReadOnlyAccess in payments for alice: RevocationOverdue: The access of
                user alice@example.com to ReadOnlyAccess in account 444444444444 ended at 2026-12-01T09:30:25Z, and AWS
                has not confirmed that it is gone. The last attempt failed: ListAccountAssignments for account
                444444444444: InternalServerException: An unexpected internal service exception was encountered.
    09:31:35  settings: EndsInTime is False, RevocationOverdue: AWS has not confirmed in time that access is gone: 2 in
                all, the oldest ended at 2026-12-01T09:30:25Z. See kubectl get aa.
    09:31:35  dave-1 is Revoking, EndReached: The end was reached. The access is being removed. This is overdue since
                2026-12-01T09:31:35Z; it is tried until AWS confirms it. The last attempt failed: ListAccountAssignments
                for account 555555555555: InternalServerException: An unexpected internal service exception was
                encountered.
    09:31:35  event on dave-1 and the record of ReadOnlyAccess in ledger for dave: RevocationOverdue: The access of user
                dave@example.com to ReadOnlyAccess in account 555555555555 ended at 2026-12-01T09:30:35Z, and AWS has
                not confirmed that it is gone. The last attempt failed: ListAccountAssignments for account 555555555555:
                InternalServerException: An unexpected internal service exception was encountered.
    09:31:40  journal: RevocationOverdue, ReadOnlyAccess in account 444444444444
    09:31:47  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist.
    09:31:50  journal: RevocationOverdue, ReadOnlyAccess in account 555555555555
    09:32:17  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist. (5 times more, the last at 09:34:47)
advance 10m
    09:35:17  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist.
    09:35:27  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. This is overdue since
                2026-12-01T09:31:25Z; it is tried until AWS confirms it. The last attempt failed: ListAccountAssignments
                for account 444444444444: InternalServerException: An unexpected internal service exception was
                encountered.
    09:35:47  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist. (7 times more, the last at 09:39:17)
    09:39:42  record: ReadOnlyAccess in payments for alice is Absent
    09:39:42  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    09:39:43  journal: the whole of alice-1 is kept before it is removed
    09:39:45  settings: EndsInTime is False, RevocationOverdue: AWS has not confirmed in time that access is gone: 1 in
                all, the oldest ended at 2026-12-01T09:30:35Z. See kubectl get aa.
    09:40:05  record: ReadOnlyAccess in ledger for dave is Absent
    09:40:05  dave-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    09:40:06  journal: the whole of dave-1 is kept before it is removed
    09:40:10  settings: EndsInTime is True, Valid: No end of access is overdue.
