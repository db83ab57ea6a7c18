# Case 3: the ledger account is two units below the root of Production. A policy reaches it only with includeNested.

platform applies top-units-only.yaml
alice requests DatabaseAdmin in ledger for 1h
    09:00:20  alice-1 is Denied, NotEligible: No EligibilityPolicy alone matches you, the account, the permission set
                and the duration. Nearest: developers-in-production: it does not cover account 555555555555.
    09:00:20  journal: the whole of alice-1 is kept before it is removed
platform applies eligibility-policy.yaml
alice requests DatabaseAdmin in ledger for 1h
    09:00:40  alice-2 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:40Z. To approve: kubectl team approve alice-2 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status). Note: AWS credentials obtained
                during these 1h keep working for up to 2h after they were obtained.
