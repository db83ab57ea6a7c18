# Nobody but the controller writes records. A record that was changed past admission is not believed: it is written back, and access ends when it was to end.

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
mallory writes state of the record of alice-1 as Absent
    09:00:30  refused: accountassignments.team-operator.io
                "444444444444-readonlyaccess-2149bdbd5360532576364e2f38aafbbf" is forbidden: ValidatingAdmissionPolicy
                'team-operator-assignments' with binding 'team-operator-assignments' denied request: AccountAssignments
                are the controller's record of what it did in AWS: nobody else creates, changes or deletes them; to end
                this access, revoke the requests that claim it: access-requests/alice-1
mallory deletes the record of alice-1
    09:00:40  refused: accountassignments.team-operator.io
                "444444444444-readonlyaccess-2149bdbd5360532576364e2f38aafbbf" is forbidden: ValidatingAdmissionPolicy
                'team-operator-assignments' with binding 'team-operator-assignments' denied request: AccountAssignments
                are the controller's record of what it did in AWS: nobody else creates, changes or deletes them; to end
                this access, revoke the requests that claim it: access-requests/alice-1
somebody forges status.state of the record of alice-1 as Absent
    09:00:50  record: ReadOnlyAccess in payments for alice is Absent, claimed by alice-1 until 2026-12-01T10:00:25Z
    09:00:50  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T10:00:25Z
    09:00:50  event on alice-1 and the record of ReadOnlyAccess in payments for alice: RecordRestored: The
                AccountAssignment 444444444444-readonlyaccess-2149bdbd5360532576364e2f38aafbbf was deleted or changed by
                somebody else: it is written anew from what is known.
somebody forges status.claims.0.endTime of the record of alice-1 as 2026-12-02T09:00:00Z
the controller crashes
somebody forges status.state of the record of alice-1 as Absent
    09:01:20  record: ReadOnlyAccess in payments for alice is Absent, claimed by alice-1 until 2026-12-01T10:00:25Z
the controller starts
    09:01:30  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T10:00:25Z
    09:01:30  event on alice-1 and the record of ReadOnlyAccess in payments for alice: RecordRestored: The
                AccountAssignment 444444444444-readonlyaccess-2149bdbd5360532576364e2f38aafbbf was deleted or changed by
                somebody else: it is written anew from what is known.
advance 5m
somebody keeps a copy of the record of alice-1
advance 1h30m
    09:50:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T10:00:25Z.
    10:00:25  record: ReadOnlyAccess in payments for alice is Deleting
    10:00:25  aws: delete ReadOnlyAccess in payments for alice: accepted
    10:00:27  aws: alice no longer has ReadOnlyAccess in payments
    10:00:32  alice-1 is Revoking, EndReached: The end was reached. The access is being removed.
    10:01:30  record: ReadOnlyAccess in payments for alice is Absent
    10:01:30  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the access is gone.
    10:01:31  journal: the whole of alice-1 is kept before it is removed
    10:15:20  record: ReadOnlyAccess in payments for alice is removed

# The second tenure has a record of its own: what was kept of the first is not believed.
alice requests ReadOnlyAccess in payments for 30m
    10:36:50  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    10:36:50  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-2
    10:36:50  aws: create ReadOnlyAccess in payments for alice: accepted
    10:36:52  aws: alice has ReadOnlyAccess in payments
    10:36:55  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-2 until 2026-12-01T11:06:55Z
    10:36:55  alice-2 is Active, AccessGranted: Access is active until 2026-12-01T11:06:55Z. To end it early: kubectl
                team cancel alice-2 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
somebody puts the copy back
    10:37:00  event on alice-2 and the record of ReadOnlyAccess in payments for alice: RecordRestored: The
                AccountAssignment 444444444444-readonlyaccess-2149bdbd5360532576364e2f38aafbbf was deleted or changed by
                somebody else: it is written anew from what is known.
advance 2m
alice cancels
    10:39:10  record: ReadOnlyAccess in payments for alice is Deleting
    10:39:10  aws: delete ReadOnlyAccess in payments for alice: accepted
    10:39:12  aws: alice no longer has ReadOnlyAccess in payments
    10:39:15  record: ReadOnlyAccess in payments for alice is Absent
    10:39:15  alice-2 is Revoked, EndedByRequester: Ended by the requester. AWS confirmed that the access is gone.
    10:39:16  journal: the whole of alice-2 is kept before it is removed
advance 1h
    11:21:50  record: ReadOnlyAccess in payments for alice is removed
somebody puts the copy back
    11:39:20  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T10:00:25Z
    11:39:20  event on the record of ReadOnlyAccess in payments for alice: RecordBroken: The AccountAssignment
                444444444444-readonlyaccess-2149bdbd5360532576364e2f38aafbbf was changed by somebody else, and no
                request tells what it was: nothing in it is believed. See in AWS whether its user has the access, and
                remove it there; then delete this record as the controller's service account.
advance 5m
