# Case 24: the controller starts with another Identity Center instance. Nothing is believed gone because that one does not know it.

platform applies without-approval.yaml
    09:00:10  read-only: Ready is True, Valid: Everything that the policy names exists.
alice requests ReadOnlyAccess in payments for 1h
    09:00:20  alice-1 is Approved, ApprovalNotRequired: Policy asks for no approval.
    09:00:20  aws: create ReadOnlyAccess in payments for alice: taken on
    09:00:20  alice-1 is Approved, Granting: AWS is creating the assignment.
    09:00:22  aws: alice has ReadOnlyAccess in payments
    09:00:25  alice-1 is Active, AccessGranted: The access is there. It ends at 2026-12-01T10:00:25Z; to end it early
                set spec.cancelled to true. Sign in at https://example.awsapps.com/start.
the controller starts with another instance
    09:00:30  developers-in-production: Ready is Unknown, LookupFailed: ListPermissionSets for Identity Center:
                ResourceNotFoundException: Instance with ARN arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35-elsewhere
                does not exist. It is tried again.
    09:00:30  production: Ready is Unknown, LookupFailed: ListPermissionSets for Identity Center:
                ResourceNotFoundException: Instance with ARN arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35-elsewhere
                does not exist. It is tried again.
    09:00:30  read-only: Ready is Unknown, LookupFailed: ListPermissionSets for Identity Center:
                ResourceNotFoundException: Instance with ARN arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35-elsewhere
                does not exist. It is tried again.
advance 1h
    09:50:25  event on alice-1: AccessEndsSoon: The access ends at 2026-12-01T10:00:25Z.
    10:00:25  alice-1 is Revoking, EndReached: The end was reached. The access is being removed.
    10:00:25  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. The last attempt: the
                assignment is in the Identity Center instance arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35, and
                arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35-elsewhere is configured: nothing can be done or believed
                about it
advance 1h
    10:01:25  event on alice-1: RevocationOverdue: The access should have been removed by 2026-12-01T10:01:25Z and AWS
                has not confirmed it: the assignment is in the Identity Center instance
                arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35, and
                arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35-elsewhere is configured: nothing can be done or believed
                about it
    10:01:25  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. It is overdue since
                2026-12-01T10:01:25Z; it is tried until it succeeds. The last attempt: the assignment is in the Identity
                Center instance arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35, and
                arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35-elsewhere is configured: nothing can be done or believed
                about it
the controller starts
    11:00:40  developers-in-production: Ready is True, Valid: Everything that the policy names exists.
    11:00:40  production: Ready is True, Valid: Everything that the policy names exists.
    11:00:40  read-only: Ready is True, Valid: Everything that the policy names exists.
    11:00:40  aws: delete ReadOnlyAccess in payments for alice: taken on
    11:00:40  event on alice-1: RevocationOverdue: The access should have been removed by 2026-12-01T10:01:25Z and AWS
                has not confirmed it: the assignment is in the Identity Center instance
                arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35, and
                arn:aws:sso:::instance/ssoins-40b2ca98ab6f1a35-elsewhere is configured: nothing can be done or believed
                about it
    11:00:40  alice-1 is Revoking, EndReached: The end was reached. The access is being removed. It is overdue since
                2026-12-01T10:01:25Z; it is tried until it succeeds.
    11:00:42  aws: alice no longer has ReadOnlyAccess in payments
    11:00:45  alice-1 is Ended, EndReached: The end was reached. AWS confirmed that the assignment is gone.
advance 1m
