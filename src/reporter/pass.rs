//! The loop: plans, stores, calls and stores again, a batch at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use kube::Client;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::channel_status::Health;
use super::destination::Allowed;
use super::http::HttpClient;
use super::medium::{self, Medium, Message};
use super::memory::{Memory, Watched};
use super::people::{DirectorySeen, email_of};
use super::reports::{Reports, store};
use super::secrets::Secrets;
use super::watches;
use crate::api::{NotificationChannel, Reason, RequestReportStatus, Timestamp};
use crate::domain::Lease;
use crate::domain::notification::{
    Answer, Call, ChannelFacts, MOST_CALLS, Pace, Plan, Told, answered, facts_of, message_id, plan,
};
use crate::metrics::Metrics;
use crate::ports::{Clock, Leadership};

/// Between two looks when nothing changes: statuses of channels, and what time alone brings.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long a failed write or read is left alone.
const RETRY: TimeDelta = TimeDelta::seconds(2);
/// The longest that a call to a medium may take, whatever its adapter does.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// Everything the reporter needs.
pub struct ReporterParts {
    /// The client of the API server.
    pub client: Client,
    /// The namespace of its reports and of the Secrets of channels.
    pub namespace: String,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Whether this replica sends.
    pub leadership: Arc<dyn Leadership>,
    /// Destinations that are allowed although they are not public.
    pub allowed: Allowed,
    /// The address of Slack's Web API.
    pub slack_api: String,
    /// The directory, once it is known.
    pub directory: DirectorySeen,
    /// The delays of deliveries.
    pub pace: Pace,
    /// What is measured.
    pub metrics: Metrics,
}

/// The reporter of one process.
pub struct Reporter {
    pub(super) parts: ReporterParts,
    pub(super) memory: Arc<Memory>,
    pub(super) secrets: Secrets,
    pub(super) http: HttpClient,
    pub(super) health: BTreeMap<String, Health>,
    due: BTreeMap<String, Timestamp>,
    pub(super) pending: BTreeMap<String, BTreeMap<String, i32>>,
    _watches: JoinSet<()>,
}

/// A plan that is to be stored, and then carried out.
struct Planned {
    told: Told,
    plan: Plan,
}

impl Reporter {
    /// Begins to watch.
    pub fn new(parts: ReporterParts) -> Self {
        let memory = Arc::new(Memory::default());
        let mut tasks = JoinSet::new();
        for kind in Watched::ALL {
            tasks.spawn(watches::follow(Arc::clone(&memory), kind, parts.client.clone()));
        }
        Self {
            memory,
            secrets: Secrets::new(parts.client.clone(), &parts.namespace),
            http: HttpClient::new(Arc::new(parts.allowed.clone())),
            health: BTreeMap::new(),
            due: BTreeMap::new(),
            pending: BTreeMap::new(),
            parts,
            _watches: tasks,
        }
    }

    /// Tells people, for ever.
    pub async fn run(mut self) {
        let mut reports = self.read_reports().await;
        while !self.memory.is_read() {
            self.memory.changed.notified().await;
        }
        tracing::info!("requests, channels and reports are known; people are told");
        let mut cleaned = None;
        loop {
            let now = self.now();
            let channels = self.memory.channels();
            self.test_channels(&channels, now).await;
            self.write_statuses(&channels, &reports, now).await;
            for uid in self.memory.take_dirty() {
                self.due.insert(uid, now);
            }
            // Read after what changed was taken: a channel that changes in between is taken with the next look.
            let channels = self.memory.channels();
            let more = self.batch(&mut reports, &channels).await;
            if cleaned.is_none_or(|time: Timestamp| now.to_utc() - time.to_utc() > TimeDelta::hours(1)) {
                self.remove_old(&mut reports, now).await;
                cleaned = Some(now);
            }
            if !more {
                let _ = timeout(INTERVAL, self.memory.changed.notified()).await;
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.parts.clock.now().into()
    }

    async fn read_reports(&self) -> Reports {
        loop {
            match Reports::read(self.parts.client.clone(), &self.parts.namespace).await {
                Ok(reports) => return reports,
                Err(error) => tracing::warn!(%error, "the reports could not be read; it is tried again"),
            }
            sleep(Duration::from_secs(2)).await;
        }
    }

    /// The channels that count, as plans read them. One whose `since` is not stored yet wants nothing.
    fn facts(
        &self,
        channels: &[NotificationChannel],
        used: &BTreeSet<String>,
        now: Timestamp,
    ) -> Vec<ChannelFacts> {
        let facts = channels.iter().filter_map(|channel| {
            let name = channel.metadata.name.clone()?;
            let status = channel.status.as_ref()?;
            let since = status.since.filter(|_| {
                status.digest.as_deref() == Some(&*crate::domain::notification::digest_of(&channel.spec))
            })?;
            let health = self.health.get(&name);
            let fragile = health.is_some_and(|health| health.failures > 0);
            // One that failed is probed by one message at a time, and Slack takes one a second.
            let one_at_a_time = fragile || channel.spec.slack.is_some();
            let busy = (one_at_a_time && used.contains(&name)).then(|| later(now, TimeDelta::seconds(1)));
            let ready_at = [health.and_then(|health| health.ready_at), busy]
                .into_iter()
                .flatten()
                .max();
            Some(ChannelFacts {
                name,
                spec: channel.spec.clone(),
                since,
                ready_at,
            })
        });
        facts.collect()
    }

    /// One batch; whether there is more to do at once.
    async fn batch(&mut self, reports: &mut Reports, channels: &[NotificationChannel]) -> bool {
        let now = self.now();
        let (planned, more) = self.plan_batch(reports, channels, now);
        if planned.is_empty() {
            return more;
        }
        if self.parts.leadership.lease() != Lease::Held {
            for planned in planned {
                self.due.insert(planned.told.about.uid, later(now, RETRY));
            }
            return false;
        }
        let stored = self.store_plans(reports, planned).await;
        let answers = self.call_all(channels, &stored).await;
        self.store_answers(reports, stored, answers).await;
        more
    }

    fn plan_batch(
        &mut self,
        reports: &Reports,
        channels: &[NotificationChannel],
        now: Timestamp,
    ) -> (Vec<Planned>, bool) {
        let due: Vec<String> = self
            .due
            .iter()
            .filter(|(_, time)| **time <= now)
            .map(|(uid, _)| uid.clone())
            .collect();
        let mut all: Vec<Planned> = vec![];
        let mut used = BTreeSet::new();
        for uid in due {
            let Some(told) = self.memory.told(&uid) else {
                self.due.remove(&uid);
                self.pending.remove(&uid);
                continue;
            };
            let facts = self.facts(channels, &used, now);
            let plan = plan(&told, &facts, &reports.status(&uid), &self.parts.pace, now);
            used.extend(plan.calls.iter().map(|call| call.channel.clone()));
            self.pending.insert(uid.clone(), plan.pending.clone());
            match plan.wake {
                Some(time) => drop(
                    self.due
                        .insert(uid.clone(), time.max(later(now, TimeDelta::seconds(1)))),
                ),
                None => drop(self.due.remove(&uid)),
            }
            if !plan.calls.is_empty() || plan.report != reports.status(&uid) {
                all.push(Planned { told, plan });
            }
        }
        all.sort_by_key(|planned| planned.plan.calls.first().map_or(u8::MAX, Call::urgency));
        let mut calls = 0;
        let mut batch = vec![];
        let mut more = false;
        for planned in all {
            let count = planned.plan.calls.len();
            if batch.len() >= MOST_CALLS || (calls + count > MOST_CALLS && calls > 0) {
                self.due.insert(planned.told.about.uid, now);
                more = true;
                continue;
            }
            calls += count;
            batch.push(planned);
        }
        (batch, more)
    }

    /// Writes down what is about to be sent. What could not be written is not sent.
    async fn store_plans(&mut self, reports: &mut Reports, planned: Vec<Planned>) -> Vec<Planned> {
        let writes = planned.iter().map(|planned| {
            let (client, report) = reports.changed(&planned.told.about, planned.plan.report.clone());
            store(client, report)
        });
        let written = join_all(writes).await;
        let mut stored = vec![];
        for (planned, written) in planned.into_iter().zip(written) {
            let uid = planned.told.about.uid.clone();
            match written {
                Ok(report) => {
                    reports.put(report);
                    stored.push(planned);
                }
                Err(error) => {
                    tracing::warn!(
                        uid,
                        ?error,
                        "a report could not be stored, and nothing is sent; it is tried again"
                    );
                    self.read_again(reports, &uid).await;
                }
            }
        }
        stored
    }

    async fn call_all(&mut self, channels: &[NotificationChannel], stored: &[Planned]) -> Vec<Vec<Answer>> {
        let mut media: BTreeMap<&str, Result<Box<dyn Medium>, Answer>> = BTreeMap::new();
        for call in stored.iter().flat_map(|planned| &planned.plan.calls) {
            if media.contains_key(call.channel.as_str()) {
                continue;
            }
            let channel = channels
                .iter()
                .find(|channel| channel.metadata.name.as_ref() == Some(&call.channel));
            if let Some(channel) = channel {
                let api = &self.parts.slack_api;
                let opened = medium::open(&channel.spec, &self.secrets, &self.http, api).await;
                media.insert(&call.channel, opened);
            }
        }
        let settings = self.memory.settings();
        let now = self.now();
        let send = async |told: &Told, call: &Call| -> Answer {
            let channel = channels
                .iter()
                .find(|channel| channel.metadata.name.as_ref() == Some(&call.channel));
            let link = channel.and_then(|channel| channel.spec.link.as_deref());
            let facts = facts_of(told, &call.happening, call.audience, settings.as_ref(), link, now);
            let id = message_id(
                &told.about.uid,
                &call.happening.key,
                &call.destination,
                call.recipient.as_deref(),
            );
            let email = match &call.recipient {
                Some(person) => match email_of(person, settings.as_ref(), &self.parts.directory).await {
                    Ok(email) => Some(email),
                    Err(answer) => return answer,
                },
                None => None,
            };
            let message = Message {
                call,
                email: email.as_deref(),
                facts: &facts,
                id,
                source: &self.parts.namespace,
                now,
            };
            match media.get(call.channel.as_str()) {
                Some(Ok(medium)) => within(medium.send(&message)).await,
                Some(Err(answer)) => answer.clone(),
                None => unanswered("the channel is gone"),
            }
        };
        let send = &send;
        let calls = stored.iter().map(async |planned| {
            let calls = planned.plan.calls.iter().map(|call| send(&planned.told, call));
            join_all(calls).await
        });
        join_all(calls).await
    }

    /// Writes down what became of it. Where that fails, the same is sent again: at most this batch.
    async fn store_answers(
        &mut self,
        reports: &mut Reports,
        stored: Vec<Planned>,
        answers: Vec<Vec<Answer>>,
    ) {
        let now = self.now();
        let mut writes = vec![];
        for (planned, answers) in stored.iter().zip(&answers) {
            let mut report: RequestReportStatus = planned.plan.report.clone();
            for (call, answer) in planned.plan.calls.iter().zip(answers) {
                report = answered(&report, call, answer, &self.parts.pace, now);
                self.note(call, answer, now);
            }
            if !answers.is_empty() {
                let (client, report) = reports.changed(&planned.told.about, report);
                writes.push((planned.told.about.uid.clone(), store(client, report)));
            }
        }
        let (uids, writes): (Vec<String>, Vec<_>) = writes.into_iter().unzip();
        for (uid, written) in uids.into_iter().zip(join_all(writes).await) {
            match written {
                Ok(report) => {
                    reports.put(report);
                    // Events of one request go out one after another.
                    self.due.insert(uid, now);
                }
                Err(error) => {
                    tracing::warn!(
                        uid,
                        ?error,
                        "what became of messages could not be stored; they may be sent once more"
                    );
                    self.read_again(reports, &uid).await;
                }
            }
        }
    }

    async fn read_again(&mut self, reports: &mut Reports, uid: &str) {
        if let Err(error) = reports.read_again(uid).await {
            tracing::warn!(uid, %error, "a report could not be read; it is tried again");
        }
        let again = later(self.now(), RETRY);
        self.due.insert(uid.to_owned(), again);
    }
}

/// So much later.
pub(super) fn later(time: Timestamp, delta: TimeDelta) -> Timestamp {
    time.checked_add(delta).unwrap_or(time)
}

/// An answer, whatever the adapter does.
pub(super) async fn within(call: impl Future<Output = Answer>) -> Answer {
    timeout(CALL_TIMEOUT, call)
        .await
        .unwrap_or_else(|_| unanswered("no answer in time"))
}

fn unanswered(why: &str) -> Answer {
    Answer::TriedAgain {
        reason: Reason::MediumUnavailable,
        message: why.to_owned(),
        delay: None,
    }
}
