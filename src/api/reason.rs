//! The one list of reasons: conditions, `status.reason`, verdicts, Events, metric labels, audit lines and the
//! command line all say the same word for the same fact.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! reasons {
    ($( $(#[doc = $doc:literal])* $name:ident, )*) => {
        /// Why something is as it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $( $(#[doc = $doc])* $name, )*
            /// A word of another version of the controller.
            Unrecognized,
        }

        impl Reason {
            /// Every reason that this version gives.
            pub const ALL: &'static [Reason] = &[$( Reason::$name, )*];

            /// The word as it is stored and shown: metric labels need it to live as long as the program.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Reason::$name => stringify!($name), )*
                    Reason::Unrecognized => "Unrecognized",
                }
            }

            /// What it means, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $( Reason::$name => concat!($($doc),*).trim(), )*
                    Reason::Unrecognized => "A word of another version of the controller.",
                }
            }

            fn from_word(word: &str) -> Self {
                match word {
                    $( stringify!($name) => Reason::$name, )*
                    _ => Reason::Unrecognized,
                }
            }
        }
    };
}

reasons! {
    // A request that waits.
    /// Approvals are awaited.
    AwaitingApproval,
    /// Approved; the start has not come.
    AwaitingStart,
    /// Nobody can approve: no policy, empty or missing groups, or too few people besides the requester.
    NoApprovers,
    /// The one TeamSettings named `default` is missing.
    SettingsMissing,
    /// TeamSettings allow to delete what the controller needs, so that it can be uninstalled: nothing is granted meanwhile.
    DeletionAllowed,
    /// A fact could not be looked up; it is asked for again.
    LookupFailed,
    /// A policy that the decision rests on disappeared; that counts only after a while, because tools delete and create
    /// again.
    PolicyDisappeared,
    /// The journal cannot be written: nothing is granted that it would not have.
    JournalUnavailable,
    /// This process is not sure to be the one that acts.
    LeaseUnsure,
    /// The clocks of this machine, the API server and AWS are too far apart for grants.
    ClockSkew,
    /// The assignment is still being deleted for an earlier request; it is created again when it is gone.
    AwaitingDeletion,
    /// The admission policies cannot be proven at the moment.
    GuardUnproven,
    /// The admission policies were not in force: what people wrote meanwhile does not count.
    GuardBroken,

    // A request that is not accepted.
    /// No EligibilityPolicy alone matches person, account, permission set and duration.
    NotEligible,
    /// The user name is nobody's in Identity Center, or more than one person's.
    RequesterUnknown,
    /// The person is disabled in Identity Center.
    RequesterDisabled,
    /// The organization has no such account.
    AccountUnknown,
    /// The account is not active in the organization.
    AccountNotActive,
    /// Identity Center has no permission set of this name.
    PermissionSetUnknown,
    /// A delegated administrator cannot assign the management account, nor permission sets that are provisioned in it.
    ManagementAccount,
    /// Longer than a request may be.
    DurationTooLong,
    /// The start lies further ahead than settings allow.
    StartTooFarAhead,
    /// The person has as many open requests as settings allow.
    TooManyOpenRequests,
    /// The assignment has as many claims as a record takes.
    TooManyClaims,
    /// Settings ask for a justification.
    JustificationMissing,
    /// Settings ask for a ticket number, or for another form of it.
    TicketInvalid,
    /// Approval was not needed when the request was made and is needed at its start.
    ApprovalNowRequired,
    /// The status was changed by somebody other than the controller.
    SealBroken,
    /// The request has a field that the controller cannot read.
    Unreadable,

    // A request that is decided.
    /// Every stage has its approvals.
    ApprovalsComplete,
    /// One stage has its approvals.
    StageCompleted,
    /// Policy asks for no approval.
    ApprovalNotRequired,
    /// A reviewer rejected the request.
    RejectedByReviewer,
    /// The requester took the request back.
    CancelledByRequester,
    /// The request was deleted, or its namespace.
    Deleted,
    /// Not approved before the deadline.
    RequestExpired,

    // Access.
    /// The assignment is being created.
    Granting,
    /// AWS confirmed the assignment.
    AccessGranted,
    /// The person has this access without us; nothing was created.
    StandingAccess,
    /// The assignment could not be confirmed before the window closed.
    GrantTimedOut,
    /// The access ends soon.
    AccessEndsSoon,
    /// The end was reached.
    EndReached,
    /// The requester ended the access early.
    EndedByRequester,
    /// A reviewer of the request ended the access early.
    RevokedByReviewer,
    /// Somebody with the verb `revoke` ended the access early.
    RevokedBySecurity,
    /// The person is no longer eligible.
    EligibilityLost,
    /// AWS no longer lists the assignment; who removed it, CloudTrail tells.
    AccessLost,
    /// Access is over and AWS confirmed it.
    AccessRemoved,
    /// Another request of the same person keeps the same access.
    KeptByAnotherRequest,
    /// The end has passed and AWS has not confirmed the removal.
    RevocationOverdue,
    /// The assignment was seen again after it was gone.
    ReappearedAfterRemoval,
    /// A person has an assignment that no request holds.
    UnheldAssignment,
    /// The record of an assignment was lost or forged, and was written anew.
    RecordRestored,
    /// The record of an assignment was changed by somebody other than the controller, and nothing is known to put in its place.
    RecordBroken,
    /// The record is about another Identity Center instance than the configured one.
    AnotherInstance,
    /// The record was given up because an administrator said that its instance is no longer ours.
    RecordAbandoned,

    // One entry of `status.approvals`.
    /// The entry counts.
    Counted,
    /// The person is no approver of the current stage.
    NotAnApprover,
    /// The person has been counted in an earlier stage.
    AlreadyCounted,
    /// The person is the requester, perhaps by another user name.
    IsRequester,
    /// The person is unknown to Identity Center or disabled there.
    ApproverUnknown,
    /// The entry came after the deadline.
    AfterDeadline,
    /// The entry does not fit the phase it was read in.
    NotAwaited,

    // Policies and settings.
    /// Everything that the object names exists.
    Valid,
    /// A group that the object names does not exist.
    GroupNotFound,
    /// A user that the object names does not exist.
    UserNotFound,
    /// An account that the object names is not in the organization.
    AccountNotFound,
    /// An organizational unit that the object names does not exist.
    OrganizationalUnitNotFound,
    /// A permission set that the object names does not exist.
    PermissionSetNotFound,
    /// A stage asks for more people than it has.
    UnreachableQuorum,
    /// More people could approve than a request can list.
    TooManyApprovers,
    /// Another policy has the same target at the same distance.
    PolicyConflict,
    /// The admission policies are in force and were proven.
    GuardIntact,

    // Channels.
    /// A message was delivered.
    Delivered,
    /// Nothing was delivered yet.
    NothingDelivered,
    /// The channel is suspended.
    Suspended,
    /// A Secret, or an entry of it, that the channel names does not exist.
    SecretNotFound,
    /// A Secret that the channel names is not meant for it.
    SecretRefused,
    /// The program was built without the medium.
    MediumMissing,
    /// The destination is not one that messages are sent to.
    DestinationRefused,
    /// The medium does not accept the token or the credentials.
    TokenRefused,
    /// The medium does not know the channel, or it is archived, or the sender is no member.
    ChannelNotFound,
    /// The medium refuses messages of this sender.
    SenderRefused,
    /// The medium does not answer, or fails; it is tried again.
    MediumUnavailable,
    /// The medium asks for fewer messages; it is tried again.
    Throttled,
    /// The medium does not accept this message.
    MessageRefused,
    /// A person has no address, or is not found.
    PersonNotFound,
}

impl Reason {
    /// The reasons of alerts. `docs/runbooks.md` says for each what to do.
    pub const ALERTS: [Reason; 13] = [
        Reason::RevocationOverdue,
        Reason::AccessLost,
        Reason::StandingAccess,
        Reason::UnheldAssignment,
        Reason::ReappearedAfterRemoval,
        Reason::SealBroken,
        Reason::RecordRestored,
        Reason::RecordBroken,
        Reason::RecordAbandoned,
        Reason::LookupFailed,
        Reason::PolicyDisappeared,
        Reason::SettingsMissing,
        Reason::GroupNotFound,
    ];
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Reason {
    /// A word of a newer version reads as [`Reason::Unrecognized`]: a rolled back controller keeps working.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_word(&String::deserialize(deserializer)?))
    }
}

impl JsonSchema for Reason {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Reason".into()
    }

    /// No `enum`: a controller that is one version ahead of its CRDs must be able to say its new words.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": 64, "pattern": "^[A-Z][A-Za-z]*$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_reads_back_and_fits_the_schema() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_word(reason.as_str()), *reason);
            assert!(reason.as_str().len() <= 64, "{reason}");
        }
        assert_eq!(Reason::from_word("FromTheFuture"), Reason::Unrecognized);
    }
}
