# Case 1: one policy gives Alice two hours in orders, another eight hours elsewhere. Nobody adds the two up.

platform applies break-glass.yaml
    09:00:10  break-glass-in-orders: Ready is True, Valid: Everything that the policy names exists.
    09:00:10  break-glass-in-playground: Ready is True, Valid: Everything that the policy names exists.
alice requests BreakGlass in orders for 6h
    09:00:20  alice-1 is Denied, NotEligible: No EligibilityPolicy alone matches you, the account, the permission set
                and the duration. Nearest: break-glass-in-orders: it allows at most 2h, not 6h;
                break-glass-in-playground: it does not cover account 111122223333; developers-in-production: it has the
                permission sets DatabaseAdmin, ReadOnlyAccess.
    09:00:20  journal: the whole of alice-1 is kept before it is removed
alice requests BreakGlass in playground for 6h
    09:00:30  alice-2 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: BreakGlass in playground for alice is Creating, claimed by alice-2
    09:00:30  aws: create BreakGlass in playground for alice: accepted
    09:00:32  aws: alice has BreakGlass in playground
    09:00:35  record: BreakGlass in playground for alice is Present, claimed by alice-2 until 2026-12-01T15:00:35Z
    09:00:35  alice-2 is Active, AccessGranted: Access is active until 2026-12-01T15:00:35Z. To end it early: kubectl
                team cancel alice-2 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
alice requests BreakGlass in orders for 2h
    09:00:40  alice-3 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:40  record: BreakGlass in orders for alice is Creating, claimed by alice-3
    09:00:40  aws: create BreakGlass in orders for alice: accepted
    09:00:42  aws: alice has BreakGlass in orders
    09:00:45  record: BreakGlass in orders for alice is Present, claimed by alice-3 until 2026-12-01T11:00:45Z
    09:00:45  alice-3 is Active, AccessGranted: Access is active until 2026-12-01T11:00:45Z. To end it early: kubectl
                team cancel alice-3 -n access-requests; without the plugin set spec.cancelled to true. Sign in at
                https://example.awsapps.com/start.
