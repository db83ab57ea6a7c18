# Case 10: the approvers' group is deleted, its members are disabled, and one has no address. The request waits and says so.

platform sets identity.attribute of settings to Email
platform sets identity.attribute of settings to UserName
alice requests DatabaseAdmin in orders for 2h
    09:00:30  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:30Z. To approve: kubectl team approve alice-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
bob is disabled
advance 15m
    09:05:30  alice-1 is Pending, NoApprovers: ApproverPolicy production asks for 1 more, and 0 different people besides
                the requester could: its groups need more members. It is tried again.
bob is enabled
dave joins Production-Leads
    09:16:00  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:00:30Z. To approve: kubectl team approve alice-1 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
advance 15m
    09:21:00  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                dave@example.com, until 2026-12-01T12:00:30Z. To approve: kubectl team approve alice-1 -n
                access-requests; without the plugin append to status.approvals (kubectl patch --subresource=status).
the group Production-Leads is deleted
advance 15m
    09:36:00  alice-1 is Pending, GroupNotFound: Group Production-Leads is missing: if it is not back by
                2026-12-01T09:51:00Z, it counts as deleted. It is tried again.
    09:45:20  production: Ready is False, GroupNotFound: Identity Center has no group "Production-Leads".
advance 10m
    09:51:00  alice-1 is Pending, NoApprovers: ApproverPolicy production asks for 1 more, and 0 different people besides
                the requester could: its groups need more members. It is tried again.
