# Case 21: the create's answer is lost or an error, a create takes effect late, and AWS forgets its record. No orphan, no double.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
aws loses the answer of the next create
alice requests ReadOnlyAccess in payments for 30m
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:30  aws: create ReadOnlyAccess in payments for alice: the connection broke
    09:00:32  aws: alice has ReadOnlyAccess in payments
    09:00:35  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T09:30:35Z
    09:00:35  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T09:30:35Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
advance 1m
aws holds the next create back
dave requests ReadOnlyAccess in payments for 30m
    09:01:50  dave-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:01:50  record: ReadOnlyAccess in payments for dave is Creating, claimed by dave-1
    09:01:50  aws: create ReadOnlyAccess in payments for dave: no answer within 30 s
    09:01:57  dave-1 is Approved, Granting: AWS is creating the assignment.
advance 1m
    09:02:20  aws: create ReadOnlyAccess in payments for dave: accepted
    09:02:20  dave-1 is Approved, Granting: AWS is creating the assignment. The last attempt failed:
                CreateAccountAssignment for account 444444444444: no answer within 30 s
    09:02:22  aws: dave has ReadOnlyAccess in payments
    09:02:25  record: ReadOnlyAccess in payments for dave is Present, claimed by dave-1 until 2026-12-01T09:32:25Z
    09:02:25  dave-1 is Active, AccessGranted: Access is active until 2026-12-01T09:32:25Z. To end it early: kubectl
                team cancel dave-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
dave cancels
    09:03:00  record: ReadOnlyAccess in payments for dave is Deleting
    09:03:00  aws: delete ReadOnlyAccess in payments for dave: accepted
    09:03:02  aws: dave no longer has ReadOnlyAccess in payments
    09:03:07  dave-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed. AWS has not
                told the outcome of a create, which may take effect until 2026-12-01T09:21:50Z; it is deleted then.
aws lets go
    09:03:12  aws: dave has ReadOnlyAccess in payments
advance 10m
    09:03:37  aws: delete ReadOnlyAccess in payments for dave: accepted
    09:03:39  aws: dave no longer has ReadOnlyAccess in payments
aws answers the next create with an error
bob requests ReadOnlyAccess in payments for 30m
    09:13:30  bob-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:13:30  record: ReadOnlyAccess in payments for bob is Creating, claimed by bob-1
    09:13:30  aws: create ReadOnlyAccess in payments for bob: HTTP 503
    09:13:32  aws: bob has ReadOnlyAccess in payments
    09:13:35  record: ReadOnlyAccess in payments for bob is Present, claimed by bob-1 until 2026-12-01T09:43:35Z
    09:13:35  bob-1 is Active, AccessGranted: Access is active until 2026-12-01T09:43:35Z. To end it early: kubectl team
                cancel bob-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
advance 1m
aws keeps no record of the next create
bob requests ReadOnlyAccess in ledger for 30m
    09:14:50  bob-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:14:50  record: ReadOnlyAccess in ledger for bob is Creating, claimed by bob-2
    09:14:50  aws: create ReadOnlyAccess in ledger for bob: accepted
    09:14:52  aws: bob has ReadOnlyAccess in ledger
    09:14:55  record: ReadOnlyAccess in ledger for bob is Present, claimed by bob-2 until 2026-12-01T09:44:55Z
    09:14:55  bob-2 is Active, AccessGranted: Access is active until 2026-12-01T09:44:55Z. To end it early: kubectl team
                cancel bob-2 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
advance 1m
the controller crashes after the next create
alice requests ReadOnlyAccess in ledger for 30m
    09:16:10  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:16:10  record: ReadOnlyAccess in ledger for alice is Creating, claimed by alice-2
    09:16:10  aws: create ReadOnlyAccess in ledger for alice: accepted
    09:16:10  the controller is killed
    09:16:12  aws: alice has ReadOnlyAccess in ledger
the controller starts
    09:16:20  settings: EndsInTime is False, RevocationOverdue: AWS has not confirmed in time that access is gone: 1 in
                all, the oldest ended at 2026-12-01T09:03:00Z. See kubectl get aa.
    09:16:20  record: ReadOnlyAccess in ledger for alice is Present, claimed by alice-2 until 2026-12-01T09:46:20Z
    09:16:20  alice-2 is Active, AccessGranted: Access is active until 2026-12-01T09:46:20Z. To end it early: kubectl
                team cancel alice-2 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
    09:16:20  aws: delete ReadOnlyAccess in payments for dave: ResourceNotFoundException: AccountAssignment does not
                exist.
    09:16:25  settings: EndsInTime is True, Valid: No end of access is overdue.
advance 1m
advance 40m
    09:20:35  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T09:30:35Z.
    09:21:50  dave-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed.
    09:22:50  record: ReadOnlyAccess in payments for dave is Absent
    09:22:50  dave-1 is Revoked, EndedByRequester: Ended by the requester. AWS confirmed that the access is gone.
    09:22:51  journal: the whole of dave-1 is kept before it is removed
    09:30:35  record: ReadOnlyAccess in payments for alice is Deleting
    09:30:35  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:30:37  aws: alice no longer has ReadOnlyAccess in payments
    09:30:42  alice-1 is Revoking, EndReached: The end was reached. The access is being removed.
    09:31:40  record: ReadOnlyAccess in payments for alice is Absent
    09:31:40  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    09:31:41  journal: the whole of alice-1 is kept before it is removed
    09:33:35  event on bob-1: AccessEndsSoon: The access ends at 2026-12-01T09:43:35Z.
    09:34:55  event on bob-2: AccessEndsSoon: The access ends at 2026-12-01T09:44:55Z.
    09:36:20  event on alice-2: AccessEndsSoon: The access ends at 2026-12-01T09:46:20Z.
    09:43:35  record: ReadOnlyAccess in payments for bob is Deleting
    09:43:35  aws: delete ReadOnlyAccess in payments for bob: accepted
    09:43:37  aws: bob no longer has ReadOnlyAccess in payments
    09:43:42  bob-1 is Revoking, EndReached: The end was reached. The access is being removed.
    09:44:40  record: ReadOnlyAccess in payments for bob is Absent
    09:44:40  bob-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    09:44:41  journal: the whole of bob-1 is kept before it is removed
    09:44:55  record: ReadOnlyAccess in ledger for bob is Deleting
    09:44:55  aws: delete ReadOnlyAccess in ledger for bob: accepted
    09:44:57  aws: bob no longer has ReadOnlyAccess in ledger
    09:45:02  bob-2 is Revoking, EndReached: The end was reached. The access is being removed.
    09:45:30  record: ReadOnlyAccess in payments for alice is removed
    09:46:00  record: ReadOnlyAccess in ledger for bob is Absent
    09:46:00  bob-2 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    09:46:01  journal: the whole of bob-2 is kept before it is removed
    09:46:20  record: ReadOnlyAccess in ledger for alice is Deleting
    09:46:20  aws: delete ReadOnlyAccess in ledger for alice: accepted
    09:46:22  aws: alice no longer has ReadOnlyAccess in ledger
    09:46:27  alice-2 is Revoking, EndReached: The end was reached. The access is being removed.
    09:46:50  record: ReadOnlyAccess in payments for dave is removed
    09:47:25  record: ReadOnlyAccess in ledger for alice is Absent
    09:47:25  alice-2 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    09:47:26  journal: the whole of alice-2 is kept before it is removed
