# A watch that was cut off shows policies of the past: nothing is denied, counted or granted by them until it goes on. What
# ends because somebody wants it to, ends all the same.

the watches of policies stand still
platform applies without-approval.yaml
alice requests ReadOnlyAccess in ledger for 1h
advance 2m
the watches of policies go on
    09:02:40  read-only: Ready is True, Valid: Everything that the policy names exists.
    09:02:40  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:02:40  record: ReadOnlyAccess in ledger for alice is Creating, claimed by alice-1
    09:02:40  aws: create ReadOnlyAccess in ledger for alice: accepted
    09:02:42  aws: alice has ReadOnlyAccess in ledger
    09:02:45  record: ReadOnlyAccess in ledger for alice is Present, claimed by alice-1 until 2026-12-01T10:02:45Z
    09:02:45  alice-1 is Active, AccessGranted: Access is active until 2026-12-01T10:02:45Z. To end it early: kubectl
                team cancel alice-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
bob requests DatabaseAdmin in orders for 4h
    09:02:50  bob-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by alice@example.com,
                until 2026-12-01T12:02:50Z. To approve: kubectl team approve bob-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
the watches of policies stand still
platform sets maxDuration of developers-in-production to 2h
alice approves bob-1
alice cancels alice-1
    09:03:30  record: ReadOnlyAccess in ledger for alice is Deleting
    09:03:30  aws: delete ReadOnlyAccess in ledger for alice: accepted
    09:03:32  aws: alice no longer has ReadOnlyAccess in ledger
    09:03:37  alice-1 is Revoking, EndedByRequester: Ended by the requester. The access is being removed.
advance 2m
    09:03:45  record: ReadOnlyAccess in ledger for alice is Absent
    09:03:45  alice-1 is Revoked, EndedByRequester: Ended by the requester. AWS confirmed that the access is gone.
    09:03:46  journal: the whole of alice-1 is kept before it is removed
the watches of policies go on
    09:05:40  bob-1 is Denied, NotEligible: No EligibilityPolicy alone matches you, the account, the permission set and
                the duration. Nearest: developers-in-production: it allows at most 2h, not 4h; read-only: it does not
                cover account 111122223333 and it has the permission sets ReadOnlyAccess.
    09:05:40  journal: the whole of bob-1 is kept before it is removed
