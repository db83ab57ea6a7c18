//! The driver of both machines: it does what a machine needs, and replies.

use std::time::Duration;

use chrono::TimeDelta;

use super::assignments;
use super::context::Context;
use super::journaled;
use super::lookups::{self, About};
use super::requests::{StoredRequest, Written as RequestWritten, sealed_patch};
use super::sending;
use super::telling::tell;
use crate::api::{AccountId, ClaimRequest, ElevationRequestStatus, Phase};
use crate::domain::{
    AssignmentMachine, Facts, Freshness, Guard, Moment, Need, PolicySet, Proof, Question, RecordWrite, Reply,
    RequestFacts, RequestMachine, SealCheck, Sight, Snapshot, StoredRecord, Urgency, Written,
};
use crate::ports::CallOptions;

/// How many steps a pass may take before it counts as endless: many times more than any has.
const STEPS: usize = 20_000;

/// How often it is looked whether access is to be taken away, while AWS answers something else.
const END_INTERVAL: Duration = Duration::from_secs(1);

/// How long a machine rests that never came to rest.
const ENDLESS_REST: TimeDelta = TimeDelta::seconds(30);

/// A machine of the domain.
pub trait Machine {
    /// The next thing to do.
    fn next(&mut self, reply: Reply, moment: &Moment) -> Need;

    /// On whose behalf it asks, how urgently, and about which account.
    fn about(&self, moment: &Moment) -> About;

    /// Whether access is to be taken away now, as time and the watches tell.
    fn is_to_end(&self, context: &Context) -> bool;

    /// What a decision about a request rests on.
    fn snapshot(&self) -> Option<&Snapshot> {
        None
    }
}

impl Machine for RequestMachine {
    fn next(&mut self, reply: Reply, moment: &Moment) -> Need {
        RequestMachine::next(self, reply, moment)
    }

    fn about(&self, _moment: &Moment) -> About {
        let request = self.request();
        let user = request.status.requester.as_ref();
        let user = user.map(|requester| requester.user_id.as_str());
        let user = user.or(request.spec.requester.as_deref()).unwrap_or_default();
        About {
            options: if request.status.phase == Some(Phase::Revoking) {
                CallOptions::removal(user)
            } else {
                CallOptions::decision(user)
            },
            account: request.spec.account_id.clone(),
        }
    }

    /// Ends are carried out by the assignment's machine.
    fn is_to_end(&self, _context: &Context) -> bool {
        false
    }

    fn snapshot(&self) -> Option<&Snapshot> {
        Some(RequestMachine::snapshot(self))
    }
}

impl Machine for AssignmentMachine {
    fn next(&mut self, reply: Reply, moment: &Moment) -> Need {
        AssignmentMachine::next(self, reply, moment)
    }

    fn about(&self, moment: &Moment) -> About {
        let spec = self.record().map(|record| &record.spec);
        let user = spec.map_or("", |spec| spec.user_id.as_str());
        About {
            options: match self.urgency(moment) {
                Urgency::End => CallOptions::revocation(user),
                Urgency::Removal => CallOptions::removal(user),
                Urgency::Ordinary => CallOptions::decision(user),
            },
            account: spec.map_or(AccountId::as_given("unknown"), |spec| spec.account_id.clone()),
        }
    }

    fn is_to_end(&self, context: &Context) -> bool {
        assignments::shows_an_end(context, self)
    }
}

/// What a pass is about, as it was last seen.
#[derive(Debug, Default)]
pub struct Work {
    /// The name of the record of an assignment machine.
    record: Option<String>,
    /// The request of a request machine, as it was last seen.
    request: Option<StoredRequest>,
    /// The uid of that request, also when it is gone.
    uid: Option<String>,
    /// The version that can be read and not be written: its namespace was finalized by force.
    unwritable: Option<String>,
}

impl Work {
    /// A pass over a request.
    pub fn of_request(request: StoredRequest) -> Self {
        Self {
            uid: Some(request.uid().to_owned()),
            request: Some(request),
            ..Self::default()
        }
    }

    /// A pass over an assignment.
    pub fn of_record(name: &str) -> Self {
        Self {
            record: Some(name.to_owned()),
            ..Self::default()
        }
    }

    /// The request as it is now; nothing when it is gone.
    pub fn into_request(self) -> Option<StoredRequest> {
        self.request
    }
}

/// Drives a machine until it rests; how long.
pub async fn drive<M: Machine + Send + Sync>(
    context: &Context,
    machine: &mut M,
    work: &mut Work,
) -> TimeDelta {
    let mut reply = Reply::Start;
    let mut has_deleted = false;
    for _ in 0..STEPS {
        let moment = context.moment();
        reply = match machine.next(reply, &moment) {
            Need::Rest(wait) => return wait,
            // Whether the access is gone is looked at when those have been asked for that wait.
            Need::Answer(_) if has_deleted && context.queue.has_waiting_ends() => return TimeDelta::zero(),
            Need::Answer(questions) => {
                let about = machine.about(&moment);
                match answer(context, machine, &about, questions).await {
                    Some(facts) => Reply::Facts(Box::new(facts)),
                    None => return TimeDelta::zero(),
                }
            }
            Need::CheckPolicies => Reply::Policies(policies_of_now(context).await),
            Need::ProveGuard(proof) => Reply::Guard(prove(context, work, proof).await),
            Need::ReadRequest(about) => {
                let sight = read_request(context, work, &about).await;
                Reply::Request(about, sight)
            }
            Need::ReadRecord(name) => Reply::Record(read_record(context, &name).await),
            Need::StoreStatus(status) => {
                let written = store_status(context, work, &status, machine.snapshot()).await;
                Reply::RequestWritten(written)
            }
            Need::StoreFinalizer(present) => {
                Reply::RequestWritten(store_finalizer(context, work, present).await)
            }
            Need::StoreRecord(write) => Reply::RecordWritten(store_record(context, work, &write).await),
            Need::Create(create) => {
                Reply::Sent(sending::justified_create(context, work.record.as_deref(), create).await)
            }
            Need::Delete(key) => {
                has_deleted = true;
                Reply::Sent(sending::told_delete(context, work.record.as_deref(), &key).await)
            }
            Need::Tell(notices) => {
                tell(context, work.record.as_deref(), work.request.as_ref(), notices);
                Reply::Done
            }
        };
    }
    tracing::error!("a pass did not come to rest after {STEPS} steps; it is taken up again");
    ENDLESS_REST
}

/// The answers of AWS; nothing when access is to be taken away meanwhile. What was asked for something else may wait for a
/// minute in our own limiter, and no end waits for that: the next pass asks with the priority of a revocation.
async fn answer<M: Machine + Sync>(
    context: &Context,
    machine: &M,
    about: &About,
    questions: Vec<(Question, Freshness)>,
) -> Option<Facts> {
    let was_to_end = machine.is_to_end(context);
    let mut answers = std::pin::pin!(lookups::answer(context, about, questions));
    loop {
        match tokio::time::timeout(END_INTERVAL, &mut answers).await {
            Ok(facts) => return Some(facts),
            Err(_) if !was_to_end && machine.is_to_end(context) => return None,
            Err(_) => {}
        }
    }
}

/// Policies and settings, when the watches have shown everything that there is.
async fn policies_of_now(context: &Context) -> Option<Box<PolicySet>> {
    match context.staleness.found().await {
        Ok(found) => {
            let policies = context.policies();
            let current = policies.show(&found);
            context.metrics.policies_behind(context.staleness.note(current));
            current.then(|| Box::new(policies.policy_set()))
        }
        Err(error) => {
            tracing::warn!(%error, "whether policies are up to date is not known; it is tried again");
            None
        }
    }
}

async fn prove(context: &Context, work: &Work, proof: Proof) -> Guard {
    match (proof, &work.request) {
        (Proof::None, _) => context.guard.current(),
        (Proof::ThisRequest, Some(request)) => {
            context.guard.prove_on(request.namespace(), request.name()).await
        }
        (Proof::People | Proof::ThisRequest, _) => context.guard.prove().await,
    }
}

async fn read_request(context: &Context, work: &mut Work, about: &ClaimRequest) -> Sight<Box<RequestFacts>> {
    let is_own = work.uid.as_ref() == Some(&about.uid);
    match context.requests.get(&about.namespace, &about.name).await {
        Ok(Some(found)) if found.uid() == about.uid => {
            let version = Some(found.resource_version());
            if is_own && version == work.unwritable.as_deref() {
                return Sight::Unknown("it can be read and not be written".to_owned());
            }
            let facts = context.memory.believed(found.facts(&context.key));
            if is_own {
                context.memory.remember_version(&found);
                work.request = Some(found);
            }
            Sight::There(Box::new(facts))
        }
        Ok(_) => {
            if is_own {
                work.request = None;
            }
            Sight::Gone
        }
        Err(error) => {
            tracing::warn!(%error, "a request could not be read; it is tried again");
            Sight::Unknown(error.to_string())
        }
    }
}

async fn read_record(context: &Context, name: &str) -> Sight<Box<StoredRecord>> {
    let sight = context.records.get(name).await;
    if let Sight::There(record) = &sight {
        context.record_cache.put((**record).clone());
    }
    if let Sight::Unknown(why) = &sight {
        tracing::warn!(
            record = name,
            why,
            "a record could not be read; it is tried again"
        );
    }
    sight
}

async fn store_status(
    context: &Context,
    work: &mut Work,
    status: &ElevationRequestStatus,
    snapshot: Option<&Snapshot>,
) -> Written<Box<RequestFacts>> {
    let Some(request) = &work.request else {
        return Written::Conflict;
    };
    let Some(patch) = sealed_patch(request, status, &context.key) else {
        // What is stored says the same, under a good seal.
        return Written::Stored(Box::new(request.facts(&context.key)));
    };
    let before = request.facts(&context.key);
    let written = context.requests.patch_status(request, patch).await;
    let stored = request_written(context, work, written);
    if let (Written::Stored(after), Some(request)) = (&stored, &work.request) {
        journaled::written(context, request, &before, after, snapshot);
    }
    if let Written::Stored(facts) = &stored
        && facts.seal != SealCheck::Valid
    {
        tracing::error!("the API server stored something else than was written: the seal does not hold");
    }
    stored
}

async fn store_finalizer(context: &Context, work: &mut Work, present: bool) -> Written<Box<RequestFacts>> {
    let Some(request) = &work.request else {
        return Written::Conflict;
    };
    if !present && !journaled::has_whole_request(context, request).await {
        return Written::NoAnswer("the journal does not have the whole request".to_owned());
    }
    let written = context.requests.patch_finalizer(request, present).await;
    request_written(context, work, written)
}

fn request_written(
    context: &Context,
    work: &mut Work,
    written: RequestWritten,
) -> Written<Box<RequestFacts>> {
    match written {
        RequestWritten::Stored(stored) => {
            context.memory.remember_version(&stored);
            let facts = context.memory.believed(stored.facts(&context.key));
            work.request = Some(*stored);
            Written::Stored(Box::new(facts))
        }
        RequestWritten::Outdated => Written::Conflict,
        RequestWritten::Gone => {
            let version = work.request.as_ref().map(StoredRequest::resource_version);
            work.unwritable = version.map(ToOwned::to_owned);
            Written::Conflict
        }
        RequestWritten::Refused(why) => {
            tracing::error!(
                why,
                "the API server refuses what the controller writes to a request"
            );
            Written::Refused(why)
        }
        RequestWritten::NoAnswer(why) => {
            tracing::warn!(why, "a request could not be written; it is tried again");
            Written::NoAnswer(why)
        }
    }
}

/// Whoever else has to look at the record is woken: its machine after a write of a request, and the requests that claim it.
fn note_stored(context: &Context, work: &Work, write: &RecordWrite, stored: Option<&StoredRecord>) {
    if let Some(stored) = stored {
        context.record_cache.put(stored.clone());
        journaled::record_written(context, stored);
        context.wake_claimants(&write.name, work.uid.as_deref());
    } else {
        context.wake_claimants(&write.name, work.uid.as_deref());
        let uid = write.base.as_ref().map(|(uid, _)| uid.as_str());
        journaled::record_removed(context, &write.name, uid.unwrap_or_default());
        context.record_cache.remove(&write.name, uid.unwrap_or_default());
    }
    if work.record.as_ref() != Some(&write.name) {
        context.queue.wake(&write.name);
    }
}

async fn store_record(
    context: &Context,
    work: &Work,
    write: &RecordWrite,
) -> Written<Option<Box<StoredRecord>>> {
    if write.record.is_none() && !journaled::has_last_step(context, &write.name).await {
        return Written::NoAnswer("the journal does not have its last step".to_owned());
    }
    let written = context.records.store(write).await;
    match &written {
        Written::Stored(stored) => note_stored(context, work, write, stored.as_deref()),
        Written::Conflict => {}
        Written::Refused(why) => {
            tracing::error!(record = write.name, why, "the API server refuses a record");
        }
        Written::NoAnswer(why) => {
            tracing::warn!(
                record = write.name,
                why,
                "a record could not be written; it is tried again"
            );
        }
    }
    written
}
