# Case 19: Alice is renamed and Dave deleted while they have access. It is removed by their ids.

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
dave requests ReadOnlyAccess in ledger for 1h
    09:00:30  dave-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in ledger for dave is Creating, claimed by dave-1
    09:00:30  aws: create ReadOnlyAccess in ledger for dave: accepted
    09:00:32  aws: dave has ReadOnlyAccess in ledger
    09:00:35  record: ReadOnlyAccess in ledger for dave is Present, claimed by dave-1 until 2026-12-01T10:00:35Z
    09:00:35  dave-1 is Active, AccessGranted: Access is active until 2026-12-01T10:00:35Z. To end it early: kubectl
                team cancel dave-1 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
alice is renamed to alice.smith
    09:00:40  aws: alice no longer has ReadOnlyAccess in payments
    09:00:40  aws: alice.smith has ReadOnlyAccess in payments
dave is deleted
advance 15m
    09:05:25  record: ReadOnlyAccess in payments for alice is Deleting
    09:05:25  aws: delete ReadOnlyAccess in payments for alice.smith: accepted
    09:05:27  aws: alice.smith no longer has ReadOnlyAccess in payments
    09:05:30  record: ReadOnlyAccess in payments for alice is Absent
    09:05:30  alice-1 is Revoked, EligibilityLost: No longer eligible: Identity Center has nobody, or more than one
                person, named "alice@example.com". AWS confirmed that the access is gone.
    09:05:31  journal: the whole of alice-1 is kept before it is removed
    09:05:35  record: ReadOnlyAccess in ledger for dave is Deleting
    09:05:35  aws: delete ReadOnlyAccess in ledger for dave: accepted
    09:05:37  aws: dave no longer has ReadOnlyAccess in ledger
    09:05:40  record: ReadOnlyAccess in ledger for dave is Absent
    09:05:40  dave-1 is Revoked, EligibilityLost: No longer eligible: dave@example.com was deleted from Identity Center.
                AWS confirmed that the access is gone.
    09:05:41  journal: the whole of dave-1 is kept before it is removed
advance 1h
    10:15:20  record: ReadOnlyAccess in payments for alice is removed
    10:15:30  record: ReadOnlyAccess in ledger for dave is removed
