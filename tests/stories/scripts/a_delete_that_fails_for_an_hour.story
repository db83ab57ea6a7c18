# Case 7: AWS refuses the delete for an hour. It is visibly overdue, tried again and again, and gone in the end.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
alice requests ReadOnlyAccess in payments for 1h
    09:00:20  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:20  aws: create ReadOnlyAccess in payments for alice: taken on
    09:00:20  alice-1 is Approved, Granting: AWS is creating the assignment.
    09:00:22  aws: alice has ReadOnlyAccess in payments
    09:00:25  alice-1 is Active, AccessGranted: The access is there. It ends at 2026-12-01T10:00:25Z; to end it early
                set spec.cancelled to true. Sign in at https://example.awsapps.com/start.
aws refuses deletes for 2h
advance 1h
    09:50:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T10:00:25Z.
    10:00:25  alice-1 is Revoking, EndReached: The end was reached. The access is being removed.
    10:00:25  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:00:25  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. The last attempt:
                DeleteAccountAssignment for account 444444444444: InternalServerException: An unexpected internal
                service exception was encountered.
    10:00:35  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
advance 5m
    10:00:55  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:01:25  event on alice-1: RevocationOverdue: The access should have been removed by 2026-12-01T10:01:25Z and AWS
                has not confirmed it: DeleteAccountAssignment for account 444444444444: InternalServerException: An
                unexpected internal service exception was encountered.
    10:01:25  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. It is overdue since
                2026-12-01T10:01:25Z; it is tried until it succeeds. The last attempt: DeleteAccountAssignment for
                account 444444444444: InternalServerException: An unexpected internal service exception was encountered.
    10:01:35  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:02:55  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:05:35  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
advance 1h
    10:10:35  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:15:35  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:20:35  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:25:35  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:30:35  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:35:35  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:40:35  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:45:35  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:50:35  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    10:55:35  aws: delete ReadOnlyAccess in payments for alice: InternalServerException: An unexpected internal service
                exception was encountered.
    11:00:35  aws: delete ReadOnlyAccess in payments for alice: taken on
    11:00:35  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. It is overdue since
                2026-12-01T10:01:25Z; it is tried until it succeeds.
    11:00:37  aws: alice no longer has ReadOnlyAccess in payments
    11:00:40  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the assignment is gone.
