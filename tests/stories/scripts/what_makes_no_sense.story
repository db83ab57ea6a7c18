# Case 14: durations, starts, reasons and tickets that make no sense are refused with a sentence, before anything is stored.

alice requests DatabaseAdmin in orders for 0s
    09:00:10  refused: ElevationRequest.team-operator.io "alice-1" is invalid: spec.duration: Invalid value: "0s": write
                a duration longer than zero and at most 8000h in whole hours, minutes and seconds, such as 90m, 2h or
                1h30m
alice requests DatabaseAdmin in orders for -2h
    09:00:20  refused: ElevationRequest.team-operator.io "alice-2" is invalid: spec.duration: Invalid value: "-2h":
                write a duration longer than zero and at most 8000h in whole hours, minutes and seconds, such as 90m, 2h
                or 1h30m
alice requests DatabaseAdmin in orders for 1.5h
    09:00:30  refused: ElevationRequest.team-operator.io "alice-3" is invalid: spec.duration: Invalid value: "1.5h":
                write a duration longer than zero and at most 8000h in whole hours, minutes and seconds, such as 90m, 2h
                or 1h30m
alice requests DatabaseAdmin in orders for 8001h
    09:00:40  refused: ElevationRequest.team-operator.io "alice-4" is invalid: spec.duration: Invalid value: "8001h":
                write a duration longer than zero and at most 8000h in whole hours, minutes and seconds, such as 90m, 2h
                or 1h30m
alice requests DatabaseAdmin in orders for 99999999999999999999h
    09:00:50  refused: ElevationRequest.team-operator.io "alice-5" is invalid: spec.duration: Invalid value:
                "99999999999999999999h": write a duration longer than zero and at most 8000h in whole hours, minutes and
                seconds, such as 90m, 2h or 1h30m
alice requests DatabaseAdmin in orders for "two hours"
    09:01:00  refused: ElevationRequest.team-operator.io "alice-6" is invalid: spec.duration: Invalid value: "two
                hours": write a duration longer than zero and at most 8000h in whole hours, minutes and seconds, such as
                90m, 2h or 1h30m
alice requests DatabaseAdmin in orders for 2h starting at 2036-12-01T09:00:00Z
    09:01:10  refused: elevationrequests.team-operator.io "alice-7" is forbidden: ValidatingAdmissionPolicy
                'team-operator-limits' with binding 'team-operator-needs-teamsettings-default' denied request:
                spec.startTime 2036-12-01T09:00:00Z is more than the 720h ahead that TeamSettings allow
alice requests DatabaseAdmin in orders for 2h because "  "
    09:01:20  refused: elevationrequests.team-operator.io "alice-8" is forbidden: ValidatingAdmissionPolicy
                'team-operator-limits' with binding 'team-operator-needs-teamsettings-default' denied request:
                spec.justification is required: say in a few words why you need this access
alice requests DatabaseAdmin in orders for 2h without a ticket
    09:01:30  refused: elevationrequests.team-operator.io "alice-9" is forbidden: ValidatingAdmissionPolicy
                'team-operator-limits' with binding 'team-operator-needs-teamsettings-default' denied request:
                spec.ticketNumber is required: name the ticket that this work belongs to, in the form ^[A-Z]+-[0-9]+$
alice requests DatabaseAdmin in orders for 2h with ticket 123
    09:01:40  refused: elevationrequests.team-operator.io "alice-10" is forbidden: ValidatingAdmissionPolicy
                'team-operator-limits' with binding 'team-operator-needs-teamsettings-default' denied request:
                spec.ticketNumber 123 is not of the form ^[A-Z]+-[0-9]+$
alice requests DatabaseAdmin in 12345 for 2h
    09:01:50  refused: ElevationRequest.team-operator.io "alice-11" is invalid: spec.accountId: Invalid value: "12345":
                an AWS account id is twelve digits, in quotes
alice requests DatabaseAdmin in orders for 2h in the name of bob
    09:02:00  refused: elevationrequests.team-operator.io "alice-12" is forbidden: ValidatingAdmissionPolicy
                'team-operator-requests' with binding 'team-operator-requests' denied request: you may ask only for
                yourself: set spec.requester to alice@example.com
system:serviceaccount:default:robot requests DatabaseAdmin in orders for 2h
    09:02:10  refused: elevationrequests.team-operator.io "system:serviceaccount:default:robot-1" is forbidden:
                ValidatingAdmissionPolicy 'team-operator-requests' with binding 'team-operator-requests' denied request:
                a request is made by a person, and system:serviceaccount:default:robot is a machine: log in as yourself
alice requests DatabaseAdmin in orders for 2h starting at 2020-01-01T00:00:00Z because "Wiederherstellung – 復元"
    09:02:20  alice-13 is Pending, AwaitingApproval: Waiting for approval of stage lead (0 of 1) by bob@example.com,
                until 2026-12-01T12:02:20Z. To approve: kubectl team approve alice-13 -n access-requests; without the
                plugin append to status.approvals (kubectl patch --subresource=status).
alice changes duration of alice-13 to 8h
    09:02:30  refused: ElevationRequest.team-operator.io "alice-13" is invalid: spec.duration: Invalid value: "8h":
                duration cannot be changed: create a new request instead (kubectl create, with metadata.generateName)
alice deletes
    09:02:40  refused: elevationrequests.team-operator.io "alice-13" is forbidden: ValidatingAdmissionPolicy
                'team-operator-requests' with binding 'team-operator-requests' denied request: requests are kept as
                evidence and cannot be deleted; to end this one: kubectl team cancel alice-13 -n access-requests;
                without the plugin: kubectl patch er alice-13 -n access-requests --type=merge -p
                '{"spec":{"cancelled":true}}'; whoever did not make it: kubectl team revoke alice-13 -n access-requests
carol cancels
    09:02:50  refused: elevationrequests.team-operator.io "alice-13" is forbidden: ValidatingAdmissionPolicy
                'team-operator-requests' with binding 'team-operator-requests' denied request: only alice@example.com
                may change this request; to stop it, add a Rejected or Revoked entry to status.approvals: kubectl team
                revoke alice-13 -n access-requests; without the plugin: kubectl patch --subresource=status
