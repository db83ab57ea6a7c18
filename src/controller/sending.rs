//! Creates and deletes that are sent to AWS, and what its answers mean.

use std::sync::Arc;

use chrono::TimeDelta;

use super::config::Ports;
use super::context::Context;
use super::journaled;
use crate::api::{AssignmentKey, Timestamp};
use crate::domain::journal::Call;
use crate::domain::{Clocks, Create, Lease, Sent};
use crate::ports::{
    CallOptions, CreateAnswer, DeleteAnswer, Effect, PortError, RemoteClock, SendPermit, TimeSeen,
};

/// Sends a create when the journal has what justifies it.
pub async fn justified_create(context: &Context, record: Option<&str>, create: Create) -> Sent {
    let _away = record.map(|name| context.queue.away(name));
    if let Err(withheld) = journaled::justified(context, record, &create).await {
        return withheld;
    }
    let (began, key) = (context.now(), create.key.clone());
    let sent = self::create(&context.ports, create, context.config.timings.clock_skew).await;
    let call = Call::new(journaled::CREATE, began, &sent);
    journaled::called(context, record, call, &key, &Lease::Held);
    sent
}

/// Sends a delete, and tells the journal of its answer.
pub async fn told_delete(context: &Context, record: Option<&str>, key: &AssignmentKey) -> Sent {
    let _away = record.map(|name| context.queue.away(name));
    let (began, lease) = (context.now(), context.ports.leadership.lease());
    let sent = delete(&context.ports, key).await;
    let call = Call::new(journaled::DELETE, began, &sent);
    journaled::called(context, record, call, key, &lease);
    sent
}

/// Sends a create, unless its time is over when it would be signed.
async fn create(ports: &Ports, create: Create, tolerance: TimeDelta) -> Sent {
    let Create { key, not_after } = create;
    tracing::info!(user = %key.user_id, account = %key.account_id, permission_set = %key.permission_set_arn, %not_after, "creating");
    let options = CallOptions::decision(key.user_id.as_str());
    let permit = Arc::new(CreatePermit {
        ports: ports.clone(),
        not_after,
        tolerance,
    });
    match ports.assignments.create(&options, &key, permit).await {
        Ok(CreateAnswer::Accepted { request, state }) => Sent::Accepted { id: request, state },
        Ok(CreateAnswer::Withheld) => Sent::NotSent,
        Err(error) => failed(&error),
    }
}

/// Sends a delete.
async fn delete(ports: &Ports, key: &AssignmentKey) -> Sent {
    tracing::info!(user = %key.user_id, account = %key.account_id, permission_set = %key.permission_set_arn, "deleting");
    let options = CallOptions::revocation(key.user_id.as_str());
    match ports.assignments.delete(&options, key).await {
        Ok(DeleteAnswer::Accepted { request, state }) => Sent::Accepted { id: request, state },
        Ok(DeleteAnswer::AlreadyGone(_)) => Sent::NothingThere,
        Err(error) => failed(&error),
    }
}

fn failed(error: &PortError) -> Sent {
    let uncertain = error.effect == Effect::Uncertain;
    tracing::warn!(%error, uncertain, "{} failed", error.operation);
    error.into()
}

/// How far the other clocks are ahead of ours.
pub fn clocks(ports: &Ports) -> Clocks {
    let ahead = |clock: &dyn RemoteClock| -> Option<TimeDelta> {
        let TimeSeen { remote, local } = clock.last_seen()?;
        Some(remote - local)
    };
    Clocks {
        api_server_ahead: ahead(&*ports.api_server_clock),
        aws_ahead: ahead(&*ports.aws_clock),
    }
}

/// Asked when a create is about to be signed, after all waiting.
#[derive(Clone)]
struct CreatePermit {
    ports: Ports,
    not_after: Timestamp,
    tolerance: TimeDelta,
}

impl std::fmt::Debug for CreatePermit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CreatePermit(until {})", self.not_after)
    }
}

impl SendPermit for CreatePermit {
    fn still_good(&self) -> bool {
        let held = self.ports.leadership.lease() == Lease::Held;
        let clocks = clocks(&self.ports);
        let latest = clocks.latest(self.ports.clock.now().into(), self.tolerance);
        held && clocks.spread() <= self.tolerance && latest < self.not_after
    }
}
