//! Who is told what of a channel.

use std::collections::BTreeSet;

use super::channel::ChannelFacts;
use super::told::Told;
use crate::api::{Audience, NotificationEvent, RequestReportStatus};

/// More people than this in a stage are not told one by one.
const MOST_APPROVERS: usize = 20;

/// Who gets what of a channel.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reader {
    /// As whom.
    pub(super) audience: Audience,
    /// The person; none: the channel's readers.
    pub(super) recipient: Option<String>,
}

/// Everybody whom a channel tells of this object.
pub(super) fn readers(
    told: &Told,
    channel: &ChannelFacts,
    destination: &str,
    report: &RequestReportStatus,
) -> BTreeSet<Reader> {
    let mut readers = BTreeSet::new();
    let reader = |audience, recipient: Option<&String>| Reader {
        audience,
        recipient: recipient.cloned(),
    };
    let audience = &channel.spec.audience;
    if audience.contains(&Audience::Channel) {
        readers.insert(reader(Audience::Channel, None));
    }
    let Some((request, status)) = told.request() else {
        return readers;
    };
    let requester = request.requester.as_ref();
    if let Some(requester) = requester.filter(|_| audience.contains(&Audience::Requester)) {
        readers.insert(reader(Audience::Requester, Some(requester)));
    }
    if audience.contains(&Audience::Approvers) {
        let now = status
            .approvers
            .iter()
            .filter(|_| status.approvers.len() <= MOST_APPROVERS);
        let before = report.deliveries.iter().filter(|delivery| {
            let of_channel = delivery.channel == channel.name && delivery.destination == destination;
            of_channel && (delivery.message.is_some() || delivery.sending.is_some())
        });
        let people = now.chain(before.filter_map(|delivery| delivery.recipient.as_ref()));
        for person in people.filter(|person| Some(*person) != requester) {
            readers.insert(reader(Audience::Approvers, Some(person)));
        }
    }
    readers
}

/// Whether such a reader is told of this for itself.
pub(super) fn is_told(told: &Told, reader: &Reader, event: NotificationEvent) -> bool {
    let asks = matches!(
        event,
        NotificationEvent::ApprovalNeeded | NotificationEvent::StageAdvanced | NotificationEvent::Reminder
    );
    match reader.audience {
        Audience::Channel => true,
        Audience::Requester => {
            !asks
                && !matches!(
                    event,
                    NotificationEvent::NobodyCanApprove
                        | NotificationEvent::RevocationOverdue
                        | NotificationEvent::GuardBroken
                )
        }
        Audience::Approvers => {
            let can_decide = || {
                told.request().is_some_and(|(_, status)| {
                    status
                        .approvers
                        .iter()
                        .any(|name| Some(name) == reader.recipient.as_ref())
                })
            };
            asks && can_decide()
        }
    }
}
