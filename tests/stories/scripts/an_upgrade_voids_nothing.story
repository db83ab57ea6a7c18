# Case 25, an upgrade: while the manifests are of another version nothing is granted and nothing is void.

the guard looks every 1m
    09:00:10  settings: GuardIntact is Unknown, GuardUnproven: the guard has not looked yet. Nothing is granted until it
                can be told.
    09:00:10  settings: GuardIntact is True, Valid: The admission policies are in force, and a forgery was refused.
alice requests DatabaseAdmin in orders for 2h
    09:00:20  alice-1 is Pending, AwaitingApproval: Stage lead has 0/1 approvals; awaited until 2026-12-01T12:00:20Z
                from bob@example.com. They approve by appending to status.approvals (kubectl patch
                --subresource=status).
bob approves
    09:00:30  alice-1: bob's Approved counts
    09:00:30  alice-1 is Pending, AwaitingApproval: Stage security has 0/1 approvals; awaited until 2026-12-01T12:00:20Z
                from carol@example.com, erin@example.com. They approve by appending to status.approvals (kubectl patch
                --subresource=status).
somebody applies the manifests of another version
advance 1m
    09:01:10  settings: GuardIntact is Unknown, GuardUnproven: ValidatingAdmissionPolicy team-operator-decisions is not
                of this version (spec.validations.0.message differs): an upgrade is under way, or put the manifests of
                this version back (kubectl replace). Nothing is granted until it can be told.
erin approves
    09:01:50  alice-1 is Pending, GuardUnproven: ValidatingAdmissionPolicy team-operator-decisions is not of this
                version (spec.validations.0.message differs): an upgrade is under way, or put the manifests of this
                version back (kubectl replace). It is tried again.
advance 5m
somebody applies the manifests of this version
advance 1m
    09:07:10  settings: GuardIntact is False, GuardBroken: The admission policies are in force again; what was written
                before does not count: ValidatingAdmissionPolicy team-operator-decisions was changed 2 times since it
                was last seen intact.
    09:07:10  settings: GuardIntact is True, Valid: The admission policies are in force, and a forgery was refused.
    09:07:10  alice-1: erin's Approved does not count, GuardBroken
    09:07:10  alice-1 is Pending, AwaitingApproval: Stage security has 0/1 approvals; awaited until 2026-12-01T12:00:20Z
                from carol@example.com. They approve by appending to status.approvals (kubectl patch
                --subresource=status).
