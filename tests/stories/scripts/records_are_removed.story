# A record is removed by force: it is written back from memory, and after a restart from the requests that prove it.

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
somebody removes the record of alice-1 by force
    09:00:30  record: ReadOnlyAccess in payments for alice is removed
    09:00:30  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T10:00:25Z
    09:00:30  event on the record of ReadOnlyAccess in payments for alice: RecordRestored: The AccountAssignment
                444444444444-readonlyaccess-2149bdbd5360532576364e2f38aafbbf was deleted or changed by somebody else: it
                is written anew from what is known.
the controller crashes
somebody removes the record of alice-1 by force
    09:00:50  record: ReadOnlyAccess in payments for alice is removed
the controller starts
    09:01:00  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T10:00:25Z
    09:01:00  event on the record of ReadOnlyAccess in payments for alice: RecordRestored: The AccountAssignment
                444444444444-readonlyaccess-2149bdbd5360532576364e2f38aafbbf was deleted or changed by somebody else: it
                is written anew from what is known.
advance 1m
advance 1h
    09:50:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T10:00:25Z.
    10:00:25  record: ReadOnlyAccess in payments for alice is Deleting
    10:00:25  aws: delete ReadOnlyAccess in payments for alice: accepted
    10:00:27  aws: alice no longer has ReadOnlyAccess in payments
    10:00:32  alice-1 is Revoking, EndReached: The end was reached. The access is being removed.
    10:01:30  record: ReadOnlyAccess in payments for alice is Absent
    10:01:30  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    10:01:31  journal: the whole of alice-1 is kept before it is removed

# Its request is cancelled before it is written back.
dave requests ReadOnlyAccess in payments for 1h
    10:02:10  dave-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    10:02:10  record: ReadOnlyAccess in payments for dave is Creating, claimed by dave-1
    10:02:10  aws: create ReadOnlyAccess in payments for dave: accepted
    10:02:12  aws: dave has ReadOnlyAccess in payments
    10:02:15  record: ReadOnlyAccess in payments for dave is Present, claimed by dave-1 until 2026-12-01T11:02:15Z
    10:02:15  dave-1 is Active, AccessGranted: Access is active until 2026-12-01T11:02:15Z. To end it early: kubectl
                team cancel dave-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
the controller crashes
somebody removes the record of dave-1 by force
    10:02:30  record: ReadOnlyAccess in payments for dave is removed
dave cancels
the controller starts
    10:02:50  record: ReadOnlyAccess in payments for dave is Present, claimed by dave-1 until 2026-12-01T11:02:15Z
    10:02:50  record: ReadOnlyAccess in payments for dave is Deleting
    10:02:50  aws: delete ReadOnlyAccess in payments for dave: accepted
    10:02:50  event on the record of ReadOnlyAccess in payments for dave: RecordRestored: The AccountAssignment
                444444444444-readonlyaccess-f985b44059c7fbd57b13f5e4e1e860d9 was deleted or changed by somebody else: it
                is written anew from what is known.
    10:02:52  aws: dave no longer has ReadOnlyAccess in payments
    10:02:57  dave-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed. AWS has not
                told the outcome of a create, which may take effect until 2026-12-01T10:22:50Z; it is deleted then.
advance 2m
advance 30m
    10:15:20  record: ReadOnlyAccess in payments for alice is removed
    10:22:50  dave-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed.
    10:23:50  record: ReadOnlyAccess in payments for dave is Absent
    10:23:50  dave-1 is Revoked, EndedByRequester: Ended by the requester. AWS confirmed that the access is gone.
    10:23:51  journal: the whole of dave-1 is kept before it is removed
