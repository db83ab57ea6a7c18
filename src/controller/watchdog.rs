//! The watchdog looks at every end beside the passes: what is overdue is said loudly although passes hang.
//!
//! It decides nothing and sends nothing. It also counts what the leader's gauges show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use kube::api::DynamicObject;
use serde_json::json;

use super::assignments::machine_of;
use super::context::Context;
use crate::api::{Phase, Timestamp};
use crate::domain::{AssignmentMachine, Lease, Moment, Outlook};
use crate::metrics::{Age, World};

/// How often it looks.
const INTERVAL: Duration = Duration::from_secs(5);

/// How long passes have to tell what is overdue by themselves: they know more of it.
const GRACE: TimeDelta = TimeDelta::seconds(15);

/// Looks at every end, for ever, from when every record and every live request have been seen.
pub async fn watch_ends(context: Arc<Context>) {
    context.record_cache.is_complete().await;
    context.live.are_known().await;
    let mut ended = Ended::default();
    loop {
        look(&context, &mut ended);
        tokio::time::sleep(INTERVAL).await;
    }
}

/// What has ended and is not confirmed, by the names of the records.
#[derive(Debug, Default)]
struct Ended(BTreeMap<String, Late>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Late {
    /// When it ended; for a stop without a time, when that was first seen.
    since: Timestamp,
    /// When this process saw it first.
    seen: TimeDelta,
    audited: bool,
}

impl Ended {
    /// Takes in a look. The end of a stop that has no time of its own would move with each.
    fn note(&mut self, outlooks: &BTreeMap<String, Outlook>, uptime: TimeDelta) {
        self.0
            .retain(|name, _| matches!(outlooks.get(name), Some(Outlook::Ended(_))));
        for (name, outlook) in outlooks {
            if let Outlook::Ended(at) = outlook {
                let late = self.0.entry(name.clone()).or_insert(Late {
                    since: *at,
                    seen: uptime,
                    audited: false,
                });
                late.since = late.since.min(*at);
            }
        }
    }

    /// Those that ended at least so long ago.
    fn overdue(&self, now: Timestamp, after: TimeDelta) -> impl Iterator<Item = (&String, &Late)> {
        self.0
            .iter()
            .filter(move |(_, late)| now.to_utc() - late.since.to_utc() >= after)
    }
}

fn look(context: &Context, ended: &mut Ended) {
    let moment = context.moment();
    if matches!(moment.lease, Lease::HeldByAnother(_)) {
        return; // the other one tells, and this process is about to end
    }
    let machines: BTreeMap<String, AssignmentMachine> = all_names(context)
        .into_iter()
        .map(|name| (name.clone(), machine_of(context, &name)))
        .collect();
    let outlooks = machines
        .iter()
        .map(|(name, machine)| (name.clone(), machine.outlook(&moment)))
        .collect();
    ended.note(&outlooks, moment.uptime);
    // Shown first: a log or an audit log that takes nothing must not hide it.
    show(context, ended, &outlooks, &moment);
    tell(context, ended, &machines, &moment);
}

/// The records that there are, and those that a machine remembers.
fn all_names(context: &Context) -> BTreeSet<String> {
    let remembered = context.machines.names();
    context
        .record_cache
        .names()
        .into_iter()
        .chain(remembered)
        .collect()
}

fn show(context: &Context, ended: &Ended, outlooks: &BTreeMap<String, Outlook>, moment: &Moment) {
    let after = context.config.timings.overdue_after;
    let overdue: Vec<Timestamp> = ended
        .overdue(moment.now, after)
        .map(|(_, late)| late.since)
        .collect();
    let coming = outlooks.values().filter_map(|outlook| match outlook {
        Outlook::Ends(at) => Some(*at),
        Outlook::Nothing | Outlook::Ended(_) => None,
    });
    let unconfirmed = ended.0.values().map(|late| late.since);
    let mut world = World {
        overdue: overdue.len(),
        oldest_overdue: overdue.into_iter().min(),
        next_end: coming.chain(unconfirmed).min(),
        ..World::default()
    };
    for state in context.record_cache.states() {
        *world.assignments.entry(state).or_default() += 1;
    }
    for request in context.live.all() {
        count(&mut world, &request, moment.now);
    }
    context.metrics.queue(&context.queue.depths());
    context.metrics.world(&world);
    context.world.send_replace(Some(world));
}

fn count(world: &mut World, request: &DynamicObject, now: Timestamp) {
    let name = request.data["status"]["phase"].as_str();
    let phase = name.and_then(|name| Phase::ALL.into_iter().find(|phase| phase.as_str() == name));
    *world.requests.entry(phase).or_default() += 1;
    if phase == Some(Phase::Pending) {
        let created = request.metadata.creation_timestamp.as_ref();
        let created = created.map_or(now.unix_seconds(), |created| created.0.as_second());
        let age = Age::of_seconds(now.unix_seconds() - created);
        *world.pending.entry(age).or_default() += 1;
    }
}

fn tell(
    context: &Context,
    ended: &mut Ended,
    machines: &BTreeMap<String, AssignmentMachine>,
    moment: &Moment,
) {
    // Whoever cannot be sure to lead may have been asleep: what it missed, another has seen to.
    if moment.lease != Lease::Held {
        return;
    }
    let after = context.config.timings.overdue_after + GRACE;
    let overdue = ended.overdue(moment.now, after);
    let overdue = overdue.filter(|(_, late)| moment.uptime - late.seen >= GRACE);
    let overdue: Vec<String> = overdue.map(|(name, _)| name.clone()).collect();
    for name in overdue {
        let machine = machines.get(&name);
        let alert = machine.and_then(|machine| machine.overdue_alert(moment));
        let (Some(late), Some(record), Some(alert)) = (
            ended.0.get_mut(&name),
            machine.and_then(AssignmentMachine::record),
            alert,
        ) else {
            continue;
        };
        context.record_alert(&name, &alert);
        if !std::mem::replace(&mut late.audited, true) {
            let about = json!({
                "assignment": { "name": name },
                "userId": record.spec.user_id,
                "accountId": record.spec.account_id,
                "permissionSetArn": record.spec.permission_set_arn,
                "permissionSetName": record.spec.permission_set_name,
                "ended": late.since,
            });
            context.report.note(&alert, &about, moment.now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(second, 0).unwrap().into()
    }

    fn look_at(ended: &mut Ended, outlook: Outlook) {
        ended.note(
            &BTreeMap::from([("record".to_owned(), outlook)]),
            TimeDelta::zero(),
        );
    }

    fn overdue(ended: &Ended, now: i64) -> Vec<Timestamp> {
        let overdue = ended.overdue(at(now), TimeDelta::seconds(60));
        overdue.map(|(_, late)| late.since).collect()
    }

    #[test]
    fn an_end_is_overdue_a_minute_after_it_and_no_longer_once_it_is_confirmed() {
        let mut ended = Ended::default();
        look_at(&mut ended, Outlook::Ends(at(100)));
        assert!(
            overdue(&ended, 500).is_empty(),
            "it has not ended by the latest clock"
        );
        look_at(&mut ended, Outlook::Ended(at(100)));
        assert!(overdue(&ended, 159).is_empty());
        assert_eq!(overdue(&ended, 160), [at(100)]);
        look_at(&mut ended, Outlook::Nothing);
        assert!(overdue(&ended, 500).is_empty());
    }

    #[test]
    fn a_stop_without_a_time_is_as_old_as_its_first_sight() {
        let mut ended = Ended::default();
        for now in 100..200 {
            look_at(&mut ended, Outlook::Ended(at(now)));
        }
        assert_eq!(overdue(&ended, 200), [at(100)]);
    }

    #[test]
    fn live_requests_are_counted_by_phase_and_pending_ones_by_age() {
        let mut world = World::default();
        for (phase, created) in [
            (Some("Pending"), "2026-12-01T09:00:00Z"),
            (Some("Pending"), "2026-12-01T11:59:00Z"),
            (Some("Active"), "2026-12-01T09:00:00Z"),
            (None, "2026-12-01T09:00:00Z"),
        ] {
            let object = json!({
                "metadata": { "name": "fix", "creationTimestamp": created },
                "status": { "phase": phase },
            });
            let now: Timestamp = serde_json::from_value(json!("2026-12-01T12:00:00Z")).unwrap();
            count(&mut world, &serde_json::from_value(object).unwrap(), now);
        }
        let phases = [(None, 1), (Some(Phase::Pending), 2), (Some(Phase::Active), 1)];
        assert_eq!(world.requests, BTreeMap::from(phases));
        assert_eq!(world.pending, BTreeMap::from([(Age::Minutes, 1), (Age::Day, 1)]));
    }
}
