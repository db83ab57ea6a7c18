# Case 27: thirty-two people vote, and a revocation still fits; a thirty-third vote does not.

platform applies many-votes.yaml
    09:00:10  production: Ready is False, GroupNotFound: Identity Center has no group "Crowd".
16 people join Crowd
16 people join Throng
alice requests DatabaseAdmin in orders for 2h starting in 1h
    09:00:40  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage first (0 of 16) by
                crowd-01@example.com, crowd-02@example.com, crowd-03@example.com, crowd-04@example.com,
                crowd-05@example.com and 11 more, until 2026-12-01T12:00:40Z. To approve: kubectl team approve alice-1
                -n access-requests; without the plugin append to status.approvals (kubectl patch --subresource=status).
everybody in Crowd approves
    09:00:50  alice-1: Approved by crowd-01, crowd-02, crowd-03, crowd-04, crowd-05, crowd-06, crowd-07, crowd-08,
                crowd-09, crowd-10, crowd-11, crowd-12, crowd-13, crowd-14, crowd-15, crowd-16 counts
    09:00:50  alice-1 is Pending, AwaitingApproval: Waiting for approval of stage second (0 of 16) by
                throng-01@example.com, throng-02@example.com, throng-03@example.com, throng-04@example.com,
                throng-05@example.com and 11 more, until 2026-12-01T12:00:40Z. To approve: kubectl team approve alice-1
                -n access-requests; without the plugin append to status.approvals (kubectl patch --subresource=status).
everybody in Throng approves
    09:01:00  alice-1: Approved by throng-01, throng-02, throng-03, throng-04, throng-05, throng-06, throng-07,
                throng-08, throng-09, throng-10, throng-11, throng-12, throng-13, throng-14, throng-15, throng-16 counts
    09:01:00  alice-1 is Approved, ApprovalsComplete: Approved by crowd-01@example.com, crowd-02@example.com,
                crowd-03@example.com, crowd-04@example.com, crowd-05@example.com and 27 more.
    09:01:00  alice-1 is Approved, AwaitingStart: Approved; the access starts at 2026-12-01T10:00:40Z.
erin revokes
    09:01:10  alice-1 is Revoked, RevokedBySecurity: Revoked by erin@example.com. Comment: "agreed".
    09:01:10  journal: the whole of alice-1 is kept before it is removed
platform applies too-many-votes.yaml
    09:01:20  production: Ready is False, UnreachableQuorum: The stages ask for 33 approvals together, and a request
                takes 32 decisions at most: ask for fewer.
17 people join Throng
alice requests DatabaseAdmin in payments for 2h starting in 1h
    09:01:40  alice-2 is Pending, AwaitingApproval: Waiting for approval of stage first (0 of 16) by
                crowd-01@example.com, crowd-02@example.com, crowd-03@example.com, crowd-04@example.com,
                crowd-05@example.com and 11 more, until 2026-12-01T12:01:40Z. To approve: kubectl team approve alice-2
                -n access-requests; without the plugin append to status.approvals (kubectl patch --subresource=status).
everybody in Crowd approves
    09:01:50  alice-2: Approved by crowd-01, crowd-02, crowd-03, crowd-04, crowd-05, crowd-06, crowd-07, crowd-08,
                crowd-09, crowd-10, crowd-11, crowd-12, crowd-13, crowd-14, crowd-15, crowd-16 counts
    09:01:50  alice-2 is Pending, AwaitingApproval: Waiting for approval of stage second (0 of 17) by
                throng-01@example.com, throng-02@example.com, throng-03@example.com, throng-04@example.com,
                throng-05@example.com and 12 more, until 2026-12-01T12:01:40Z. To approve: kubectl team approve alice-2
                -n access-requests; without the plugin append to status.approvals (kubectl patch --subresource=status).
everybody in Throng approves
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: this request already
                has 32 decisions: only a Revoked entry may follow; make a new request to go on
    09:02:00  alice-2: Approved by throng-01, throng-02, throng-03, throng-04, throng-05, throng-06, throng-07,
                throng-08, throng-09, throng-10, throng-11, throng-12, throng-13, throng-14, throng-15, throng-16 counts
    09:02:00  alice-2 is Pending, AwaitingApproval: Waiting for approval of stage second (16 of 17) by
                throng-17@example.com, until 2026-12-01T12:01:40Z. To approve: kubectl team approve alice-2 -n
                access-requests; without the plugin append to status.approvals (kubectl patch --subresource=status).
carol rejects
    09:02:10  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: this request already
                has 32 decisions: only a Revoked entry may follow; make a new request to go on
