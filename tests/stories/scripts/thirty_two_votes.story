# Case 27: thirty-two people vote, and a revocation still fits; a thirty-third vote does not.

platform applies many-votes.yaml
    09:00:10  production: Ready is False, GroupNotFound: Identity Center has no group "Crowd".
16 people join Crowd
16 people join Throng
alice requests DatabaseAdmin in orders for 2h starting in 1h
    09:00:40  alice-1 is Pending, AwaitingApproval: Stage first has 0/16 approvals; awaited until 2026-12-01T12:00:40Z
                from crowd-01@example.com, crowd-02@example.com, crowd-03@example.com, crowd-04@example.com,
                crowd-05@example.com and 11 more. They approve by appending to status.approvals (kubectl patch
                --subresource=status).
everybody in Crowd approves
everybody in Throng approves
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-01@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-02@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-03@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-04@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-05@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-06@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-07@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-08@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-09@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-10@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-11@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-12@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-13@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-14@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-15@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:01:00  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-16@example.com
                cannot approve this request at this point; who can: see status.approvers
erin revokes
    09:01:10  refused: elevationrequests.team-operator.io "alice-1" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: this request is
                Pending: to stop it add a Rejected entry
platform applies too-many-votes.yaml
    09:01:20  production: Ready is False, UnreachableQuorum: The stages ask for more different people than their
                approvers have: add people or ask for fewer.
17 people join Throng
alice requests DatabaseAdmin in payments for 2h starting in 1h
    09:01:40  alice-2 is Pending, AwaitingApproval: Stage first has 0/16 approvals; awaited until 2026-12-01T12:01:40Z
                from crowd-01@example.com, crowd-02@example.com, crowd-03@example.com, crowd-04@example.com,
                crowd-05@example.com and 11 more. They approve by appending to status.approvals (kubectl patch
                --subresource=status).
everybody in Crowd approves
everybody in Throng approves
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-01@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-02@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-03@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-04@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-05@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-06@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-07@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-08@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-09@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-10@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-11@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-12@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-13@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-14@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-15@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-16@example.com
                cannot approve this request at this point; who can: see status.approvers
    09:02:00  refused: elevationrequests.team-operator.io "alice-2" is forbidden: ValidatingAdmissionPolicy
                'team-operator-decisions' with binding 'team-operator-decisions' denied request: throng-17@example.com
                cannot approve this request at this point; who can: see status.approvers
carol rejects
