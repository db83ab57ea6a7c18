# The guard breaks between a claim and its confirmation, which AWS is slow with: the request never holds the access, and its claim ends.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
the guard looks every 1m
alice requests ReadOnlyAccess in payments for 30m
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for alice is Creating, claimed by alice-1
    09:00:30  aws: create ReadOnlyAccess in payments for alice: accepted
    09:00:32  aws: alice has ReadOnlyAccess in payments
    09:00:35  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T09:30:35Z
    09:00:35  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T09:30:35Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
alice requests ReadOnlyAccess in payments for 1h starting at 2026-12-01T09:30:35Z
    09:00:40  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:40  alice-2 is Approved, AwaitingStart: Approved; the access starts at 2026-12-01T09:30:35Z.
advance 29m10s
    09:20:35  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T09:30:35Z.
    09:29:35  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-1 until 2026-12-01T09:30:35Z and
                alice-2
aws refuses lists for 10m
somebody removes the guard
advance 5m
    09:30:20  settings: GuardIntact is False, GuardBroken: ValidatingAdmissionPolicyBinding team-operator-decisions is
                missing: apply the manifests of this version again. Nothing is granted; access still ends.
    09:30:35  alice-1 is Ended, EndReached: The end was reached. The access was not removed: request
                access-requests/alice-2 keeps the same access until 2026-12-01T10:45:35Z at the latest. To remove it,
                revoke that request too.
    09:30:35  record: ReadOnlyAccess in payments for alice is Present, claimed by alice-2
    09:30:36  journal: the whole of alice-1 is kept before it is removed
    09:31:35  alice-2 is Approved, GuardBroken: Nothing is granted: ValidatingAdmissionPolicyBinding
                team-operator-decisions is missing: apply the manifests of this version again. It is tried again.
advance 40m
    09:46:35  record: ReadOnlyAccess in payments for alice is Deleting
    09:46:35  aws: delete ReadOnlyAccess in payments for alice: accepted
    09:46:37  aws: alice no longer has ReadOnlyAccess in payments
    09:46:40  record: ReadOnlyAccess in payments for alice is Absent
    09:46:40  alice-2 is Failed, GrantTimedOut: The window closed before AWS confirmed the access. AWS's last error:
                ListAccountAssignments for account 444444444444: InternalServerException: An unexpected internal service
                exception was encountered.
    09:46:41  journal: the whole of alice-2 is kept before it is removed
