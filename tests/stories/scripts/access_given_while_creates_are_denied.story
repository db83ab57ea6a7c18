# AWS denies every create, and an administrator gives the access meanwhile: it is standing access, and stays.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
aws denies creates for 2h
alice requests ReadOnlyAccess in payments for 1h
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:30  aws: create ReadOnlyAccess in payments for alice: AccessDeniedException: User is not authorized to perform
                this operation.
    09:00:37  alice-1 is Approved, Granting: AWS is creating the assignment.
advance 5m
    09:00:40  aws: create ReadOnlyAccess in payments for alice: AccessDeniedException: User is not authorized to perform
                this operation.
    09:00:40  alice-1 is Approved, Granting: AWS is creating the assignment. The last attempt failed:
                CreateAccountAssignment for account 444444444444: AccessDeniedException: User is not authorized to
                perform this operation.
    09:01:00  aws: create ReadOnlyAccess in payments for alice: AccessDeniedException: User is not authorized to perform
                this operation. (2 times more, the last at 09:03:35)
somebody gives alice ReadOnlyAccess in payments
    09:05:40  aws: alice has ReadOnlyAccess in payments
    09:05:45  record: ReadOnlyAccess in payments for alice is Absent
    09:05:45  alice-1 is Ended, StandingAccess: The requester has this access without the controller: nothing was
                created, and nothing will be removed.
    09:05:45  event on alice-1 and the record of ReadOnlyAccess in payments for alice: StandingAccess: User
                alice@example.com has ReadOnlyAccess in account 444444444444 without the controller: nothing was
                created.
    09:05:46  journal: the whole of alice-1 is kept before it is removed
advance 10m
advance 2h
    10:15:30  record: ReadOnlyAccess in payments for alice is removed
    10:15:30  event on the record of ReadOnlyAccess in payments for alice: UnheldAssignment: User alice@example.com has
                ReadOnlyAccess in account 444444444444, and no request holds it.
