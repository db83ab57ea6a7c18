# Another instance is configured, and an administrator says that the old one is abandoned: its records are closed, with an alert for each.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
alice requests ReadOnlyAccess in payments for 1h
    09:00:20  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:20  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:20  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:22  aws: alice has ReadOnlyAccess in payments
    09:00:25  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T10:00:25Z
    09:00:25  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T10:00:25Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
dave requests ReadOnlyAccess in payments for 1h
    09:00:30  dave-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for dave is Creating, claimed by dave-1
    09:00:30  aws: create ReadOnlyAccess in payments for dave: accepted
    09:00:32  aws: dave has ReadOnlyAccess in payments
    09:00:35  record: ReadOnlyAccess in payments for dave is Present, claimed by dave-1 until 2026-12-01T10:00:35Z
    09:00:35  dave-1 is Active, AccessGranted: Access is active until 2026-12-01T10:00:35Z. To end it early: kubectl
                team cancel dave-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
the controller starts with another instance
    09:00:40  developers-in-production: Ready is Unknown, LookupFailed: ListPermissionSets for Identity Center:
                ResourceNotFoundException: Instance with ARN arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35-elsewhere
                does not exist. It is tried again.
    09:00:40  production: Ready is Unknown, LookupFailed: ListPermissionSets for Identity Center:
                ResourceNotFoundException: Instance with ARN arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35-elsewhere
                does not exist. It is tried again.
    09:00:40  read-only: Ready is Unknown, LookupFailed: ListPermissionSets for Identity Center:
                ResourceNotFoundException: Instance with ARN arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35-elsewhere
                does not exist. It is tried again.
alice cancels alice-1
    09:00:50  record: ReadOnlyAccess in payments for alice is Deleting
    09:00:50  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:00:52  aws: alice no longer has ReadOnlyAccess in payments
    09:00:57  alice-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed.
advance 2m
    09:01:22  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist. (once more at 09:01:42)
    09:01:50  settings: EndsInTime is False, RevocationOverdue: AWS has not confirmed in time that access is gone: 1 in
                all, the oldest ended at 2026-12-01T09:00:50Z. See kubectl get aa.
    09:01:50  alice-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed. This is
                overdue since 2026-12-01T09:01:50Z; it is tried until AWS confirms it.
    09:01:55  event on alice-1 and the record of ReadOnlyAccess in payments for alice: RevocationOverdue: The access of
                user alice@example.com to ReadOnlyAccess in account 444444444444 ended at 2026-12-01T09:00:50Z, and AWS
                has not confirmed that it is gone.
    09:02:05  journal: RevocationOverdue, ReadOnlyAccess in account 444444444444
    09:02:12  aws: delete ReadOnlyAccess in payments for alice: ResourceNotFoundException: AccountAssignment does not
                exist. (once more at 09:02:42)
the controller starts with another instance for good
    09:03:00  record: ReadOnlyAccess in payments for alice is Absent
    09:03:00  alice-1 is Revoked, EndedByRequester: Ended by the requester. An administrator abandoned the Identity
                Center instance: what is left in it is not removed.
    09:03:00  event on alice-1 and the record of ReadOnlyAccess in payments for alice: RecordAbandoned:
                444444444444-readonlyaccess-2149bdbd5360532576364e2f38aafbbf is given up: its instance
                arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35 was abandoned.
    09:03:01  journal: the whole of alice-1 is kept before it is removed
    09:03:05  settings: EndsInTime is True, Valid: No end of access is overdue.
advance 1m
advance 2h
    09:50:35  event on dave-1: AccessEndsSoon: The access ends at 2026-12-01T10:00:35Z.
    10:00:35  record: ReadOnlyAccess in payments for dave is Deleting
    10:00:35  record: ReadOnlyAccess in payments for dave is Absent
    10:00:35  dave-1 is Ended, EndReached: The end was reached. An administrator abandoned the Identity Center instance:
                what is left in it is not removed.
    10:00:35  event on dave-1 and the record of ReadOnlyAccess in payments for dave: RecordAbandoned:
                444444444444-readonlyaccess-f985b44059c7fbd57b13f5e4e1e860d9 is given up: its instance
                arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35 was abandoned.
    10:00:36  journal: the whole of dave-1 is kept before it is removed
    10:15:20  record: ReadOnlyAccess in payments for alice is removed
    10:15:30  record: ReadOnlyAccess in payments for dave is removed
