# Case 2: two policies match and one waives approval. With Never approval is asked for all the same, with WaiveIfAny not.

platform applies waiver.yaml
    09:00:10  waiver: Ready is True, Valid: Everything that the policy names exists.
alice requests DatabaseAdmin in payments for 1h
    09:00:20  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:20Z. To approve: kubectl team approve alice-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status). Note: AWS credentials obtained
                during these 1h keep working for up to 2h after they were obtained.
alice cancels
    09:00:30  alice-1 is Cancelled, CancelledByRequester: Cancelled by the requester.
    09:00:30  journal: the whole of alice-1 is kept before it is removed
platform sets waiver of settings to WaiveIfAny
alice requests DatabaseAdmin in payments for 1h
    09:00:50  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:50  record: DatabaseAdmin in payments for alice is Creating, claimed by alice-2
    09:00:50  aws: create DatabaseAdmin in payments for alice: accepted
    09:00:52  aws: alice has DatabaseAdmin in payments
    09:00:55  record: DatabaseAdmin in payments for alice is Present, claimed by alice-2 until 2026-12-01T10:00:55Z
    09:00:55  alice-2 is Active, AccessGranted: Access is active until 2026-12-01T10:00:55Z. To end it early: kubectl
                team cancel alice-2 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
