# Case 21: the create's answer is lost, a create takes effect late, and AWS forgets its record. No orphan, no double.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
aws loses the answer of the next create
alice requests ReadOnlyAccess in payments for 30m
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  aws: create ReadOnlyAccess in payments for alice: the connection broke
    09:00:30  alice-1 is Approved, Granting: AWS is creating the assignment. The last attempt failed:
                CreateAccountAssignment for account 444444444444: the connection broke
    09:00:32  aws: alice has ReadOnlyAccess in payments
advance 1m
    09:00:40  aws: create ReadOnlyAccess in payments for alice: taken on
    09:00:40  alice-1 is Approved, Granting: AWS is creating the assignment.
    09:00:45  alice-1 is Active, AccessGranted: The access is there. It ends at 2026-12-01T09:30:45Z; to end it early
                set spec.cancelled to true. Sign in at https://example.awsapps.com/start.
aws holds the next create back
dave requests ReadOnlyAccess in payments for 30m
    09:01:50  dave-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:01:50  aws: create ReadOnlyAccess in payments for dave: no answer within 30 s
    09:01:50  dave-1 is Approved, Granting: AWS is creating the assignment.
advance 1m
    09:02:20  aws: create ReadOnlyAccess in payments for dave: taken on
    09:02:22  aws: dave has ReadOnlyAccess in payments
    09:02:25  dave-1 is Active, AccessGranted: The access is there. It ends at 2026-12-01T09:32:25Z; to end it early set
                spec.cancelled to true. Sign in at https://example.awsapps.com/start.
dave cancels
    09:03:00  dave-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed.
    09:03:00  aws: delete ReadOnlyAccess in payments for dave: taken on
    09:03:02  aws: dave no longer has ReadOnlyAccess in payments
    09:03:05  dave-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed. The last
                attempt: the assignment is gone; a create that AWS never answered may still take effect, so it is looked
                for until 2026-12-01T09:06:50Z
aws lets go
    09:03:12  aws: dave has ReadOnlyAccess in payments
advance 10m
    09:03:35  aws: delete ReadOnlyAccess in payments for dave: taken on
    09:03:35  dave-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed.
    09:03:37  aws: dave no longer has ReadOnlyAccess in payments
    09:03:40  dave-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed. The last
                attempt: the assignment is gone; a create that AWS never answered may still take effect, so it is looked
                for until 2026-12-01T09:06:50Z
    09:04:00  event on dave-1: RevocationOverdue: The access should have been removed by 2026-12-01T09:04:00Z and AWS
                has not confirmed it: the assignment is gone; a create that AWS never answered may still take effect, so
                it is looked for until 2026-12-01T09:06:50Z
    09:04:00  dave-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed. It is overdue
                since 2026-12-01T09:04:00Z; it is tried until it succeeds. The last attempt: the assignment is gone; a
                create that AWS never answered may still take effect, so it is looked for until 2026-12-01T09:06:50Z
    09:06:50  dave-1 is Revoked, EndedByRequester: Ended by the requester. AWS confirmed that the assignment is gone.
aws keeps no record of the next create
bob requests ReadOnlyAccess in ledger for 30m
    09:13:30  bob-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:13:30  aws: create ReadOnlyAccess in ledger for bob: taken on
    09:13:30  bob-1 is Approved, Granting: AWS is creating the assignment.
    09:13:32  aws: bob has ReadOnlyAccess in ledger
advance 1m
    09:13:40  bob-1 is Active, AccessGranted: The access is there. It ends at 2026-12-01T09:43:40Z; to end it early set
                spec.cancelled to true. Sign in at https://example.awsapps.com/start.
the controller crashes after the next create
alice requests ReadOnlyAccess in ledger for 30m
    09:14:50  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:14:50  aws: create ReadOnlyAccess in ledger for alice: taken on
    09:14:50  the controller is killed
    09:14:50  alice-2 is Approved, Granting: AWS is creating the assignment.
    09:14:52  aws: alice has ReadOnlyAccess in ledger
the controller starts
    09:15:00  aws: create ReadOnlyAccess in ledger for alice: taken on
    09:15:05  alice-2 is Active, AccessGranted: The access is there. It ends at 2026-12-01T09:45:05Z; to end it early
                set spec.cancelled to true. Sign in at https://example.awsapps.com/start.
advance 1m
advance 40m
    09:20:45  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T09:30:45Z.
    09:30:45  alice-1 is Revoking, EndReached: The end was reached. The access is being removed.
    09:30:45  aws: delete ReadOnlyAccess in payments for alice: taken on
    09:30:47  aws: alice no longer has ReadOnlyAccess in payments
    09:30:50  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the assignment is gone.
    09:33:40  event on bob-1: AccessEndsSoon: The access ends at 2026-12-01T09:43:40Z.
    09:35:05  event on alice-2: AccessEndsSoon: The access ends at 2026-12-01T09:45:05Z.
    09:43:40  bob-1 is Revoking, EndReached: The end was reached. The access is being removed.
    09:43:40  aws: delete ReadOnlyAccess in ledger for bob: taken on
    09:43:42  aws: bob no longer has ReadOnlyAccess in ledger
    09:43:45  bob-1 is Ended, EndReached: The end was reached. AWS confirmed that the assignment is gone.
    09:45:05  alice-2 is Revoking, EndReached: The end was reached. The access is being removed.
    09:45:05  aws: delete ReadOnlyAccess in ledger for alice: taken on
    09:45:07  aws: alice no longer has ReadOnlyAccess in ledger
    09:45:10  alice-2 is Ended, EndReached: The end was reached. AWS confirmed that the assignment is gone.
