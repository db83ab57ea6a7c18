# Case 2: two policies match and one waives approval. With Never approval is asked for all the same, with WaiveIfAny not.

platform applies waiver.yaml
    09:00:10  waiver: Ready is True, Valid: Everything that the policy names exists.
alice requests DatabaseAdmin in payments for 1h
    09:00:20  alice-1 is Pending, AwaitingApproval: Stage lead has 0/1 approvals; awaited until 2026-12-01T12:00:20Z
                from bob@example.com. They approve by appending to status.approvals (kubectl patch
                --subresource=status). Note: AWS credentials obtained during these 1h keep working for up to 2h after
                they were obtained.
alice cancels
    09:00:30  alice-1 is Cancelled, CancelledByRequester: Ended by the requester.
platform sets waiver of settings to WaiveIfAny
alice requests DatabaseAdmin in payments for 1h
    09:00:50  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:50  aws: create DatabaseAdmin in payments for alice: taken on
    09:00:50  alice-2 is Approved, Granting: AWS is creating the assignment.
    09:00:52  aws: alice has DatabaseAdmin in payments
    09:00:55  alice-2 is Active, AccessGranted: The access is there. It ends at 2026-12-01T10:00:55Z; to end it early
                set spec.cancelled to true. Sign in at https://example.awsapps.com/start.
