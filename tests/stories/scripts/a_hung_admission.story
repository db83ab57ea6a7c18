# The claim of a request hangs, and lands after the request was cancelled: the claim has ended already, and nothing is created.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
the API server holds the next write of a record back
alice requests ReadOnlyAccess in payments for 1h
    09:00:30  the API server holds the write of a record back
    09:00:30  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
alice cancels
    09:00:40  alice-1 is Cancelled, CancelledByRequester: Cancelled by the requester.
    09:00:40  record: ReadOnlyAccess in payments for alice is Absent
    09:00:41  journal: the whole of alice-1 is kept before it is removed
advance 1m
the API server lets go
advance 2m
