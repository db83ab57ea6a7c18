# Case 6: Bob has the access already. Nothing is created for his request, and nothing is removed at its end.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
somebody gives bob ReadOnlyAccess in payments
    09:00:20  aws: bob has ReadOnlyAccess in payments
bob requests ReadOnlyAccess in payments for 1h
    09:00:30  bob-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  bob-1 is Active, StandingAccess: The requester has this access without the controller: nothing was
                created, and it stays when this request ends. It ends at 2026-12-01T10:00:30Z; to end it early set
                spec.cancelled to true. Sign in at https://example.awsapps.com/start.
advance 1h
    09:50:30  event on bob-1: AccessEndsSoon: The access ends at 2026-12-01T10:00:30Z.
    10:00:30  bob-1 is Revoking, EndReached: The end was reached. The requester had this access before: it remains.
    10:00:30  bob-1 is Ended, EndReached: The end was reached. The requester had this access before: it remains.
advance 5m
