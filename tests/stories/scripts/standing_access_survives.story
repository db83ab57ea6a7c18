# Case 6: Bob has the access already. Nothing is created for his request, and nothing is removed at its end.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
somebody gives bob ReadOnlyAccess in payments
    09:00:20  aws: bob has ReadOnlyAccess in payments
bob requests ReadOnlyAccess in payments for 1h
    09:00:30  bob-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:30  record: ReadOnlyAccess in payments for bob is Absent, claimed by bob-1
advance 1h
    09:01:30  bob-1 is Ended, StandingAccess: The requester has this access without the controller: nothing was created,
                and nothing will be removed.
    09:01:30  record: ReadOnlyAccess in payments for bob is Absent
    09:01:30  event on bob-1 and the record of ReadOnlyAccess in payments for bob: StandingAccess: User bob@example.com
                has ReadOnlyAccess in account 444444444444 without the controller: nothing was created.
    09:01:31  journal: the whole of bob-1 is kept before it is removed
advance 5m
