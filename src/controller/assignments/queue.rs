//! Which record's turn it is: one pass at a time for each, at the time that its last pass named or when something woke it.
//! What is more urgent has places of its own and never waits for what is less so. While ends wait for a place that AWS was not
//! told of yet, nothing less urgent begins, but no longer than a few seconds. A pass that waits for AWS to take a create or
//! delete takes no place meanwhile: many ends in one account do not hold up those in others.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::domain::Urgency;

/// How often what waits for a place is looked at for ends that have come meanwhile.
const PROMOTION_INTERVAL: Duration = Duration::from_secs(1);

/// How long what is less urgent is held back by ends that wait for a place.
const HOLD: Duration = Duration::from_secs(10);

/// The queue of passes over records.
pub struct Queue {
    inner: Mutex<Inner>,
    changed: Notify,
    /// How many passes of each urgency run at once.
    width: usize,
}

#[derive(Default)]
struct Inner {
    states: HashMap<String, State>,
    timers: BTreeSet<(Instant, String)>,
    lanes: BTreeMap<Urgency, Lane>,
    promoted: Option<Instant>,
    /// Since when ends wait for a place.
    held_since: Option<Instant>,
}

/// The passes of one urgency.
#[derive(Default)]
struct Lane {
    ready: VecDeque<String>,
    running: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting(Instant),
    Ready(Urgency),
    Running { urgency: Urgency, again: bool },
}

impl Queue {
    /// An empty queue in which so many passes of each urgency run at once.
    pub fn new(width: u16) -> Self {
        Self {
            inner: Mutex::default(),
            changed: Notify::new(),
            width: usize::from(width),
        }
    }

    /// Something changed around this record: its next pass is now, or right after the one that runs.
    pub fn wake(&self, name: &str) {
        self.inner().wake(name, Instant::now());
        self.changed.notify_one();
    }

    /// The record whose pass begins now, if there is one. `urgency` says how urgent the pass is of a record that is due.
    pub fn take(&self, urgency: impl Fn(&str) -> Urgency) -> Option<String> {
        let mut inner = self.inner();
        let now = Instant::now();
        inner.make_ready(now, &urgency);
        inner.take(self.width, now)
    }

    /// A pass is over; `rest` says when the next one is due, if one is.
    pub fn done(&self, name: &str, rest: Option<Duration>) {
        let now = Instant::now();
        self.inner().done(name, rest.map(|rest| now + rest), now);
        self.changed.notify_one();
    }

    /// The pass over this record waits for AWS: its place is free for another one until the returned value is dropped.
    pub fn away(&self, name: &str) -> Away<'_> {
        let urgency = self.inner().leave(name);
        self.changed.notify_one();
        Away { queue: self, urgency }
    }

    /// Whether a pass that takes access away runs, or waits for its turn.
    pub fn has_endings(&self) -> bool {
        let inner = self.inner();
        let mut states = inner.states.values();
        states.any(|state| {
            state
                .urgency()
                .is_some_and(|urgency| urgency != Urgency::Ordinary)
        })
    }

    /// Whether ends wait for a place that AWS was not told of yet, and not for long: what is less urgent waits meanwhile.
    pub fn has_waiting_ends(&self) -> bool {
        let mut inner = self.inner();
        inner.is_held(Instant::now())
    }

    /// Whether access has ended there, and the pass that asks AWS to remove it waits for its turn: there is nothing to do about
    /// its requests before that.
    pub fn awaits_end(&self, name: &str) -> bool {
        self.inner().states.get(name) == Some(&State::Ready(Urgency::End))
    }

    /// How many of each urgency wait for a place.
    pub fn depths(&self) -> BTreeMap<Urgency, usize> {
        let inner = self.inner();
        let lanes = inner.lanes.iter();
        lanes
            .map(|(urgency, lane)| (*urgency, lane.ready.len()))
            .collect()
    }

    /// Waits until there may be something to take.
    pub async fn changed(&self) {
        let next = self.inner().next_look(Instant::now());
        tokio::select! {
            () = self.changed.notified() => {}
            () = until(next) => {}
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A pass that waits for AWS, and takes no place meanwhile.
pub struct Away<'a> {
    queue: &'a Queue,
    urgency: Option<Urgency>,
}

impl Drop for Away<'_> {
    /// It takes a place again at once, also where all are taken by now: what AWS answered is not kept waiting.
    fn drop(&mut self) {
        if let Some(urgency) = self.urgency {
            self.queue.inner().lane(urgency).running += 1;
        }
    }
}

impl State {
    fn urgency(&self) -> Option<Urgency> {
        match self {
            Self::Waiting(_) => None,
            Self::Ready(urgency) | Self::Running { urgency, .. } => Some(*urgency),
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

impl Inner {
    fn wake(&mut self, name: &str, now: Instant) {
        match self.states.get_mut(name) {
            Some(State::Running { again, .. }) => *again = true,
            Some(State::Ready(_)) => {}
            Some(State::Waiting(_)) | None => self.wait(name, now),
        }
    }

    fn wait(&mut self, name: &str, until: Instant) {
        if let Some(State::Waiting(before)) = self.states.get(name) {
            self.timers.remove(&(*before, name.to_owned()));
        }
        self.timers.insert((until, name.to_owned()));
        self.states.insert(name.to_owned(), State::Waiting(until));
    }

    fn lane(&mut self, urgency: Urgency) -> &mut Lane {
        self.lanes.entry(urgency).or_default()
    }

    fn make_ready(&mut self, now: Instant, urgency: &impl Fn(&str) -> Urgency) {
        while self.timers.first().is_some_and(|(due, _)| *due <= now) {
            let Some((_, name)) = self.timers.pop_first() else {
                break;
            };
            self.ready(name, urgency);
        }
        if self.promoted.is_none_or(|last| now - last >= PROMOTION_INTERVAL) {
            self.promoted = Some(now);
            for name in std::mem::take(&mut self.lane(Urgency::Ordinary).ready) {
                self.ready(name, urgency);
            }
        }
        let ends_wait = !self.lane(Urgency::End).ready.is_empty();
        self.held_since = self.held_since.or(Some(now)).filter(|_| ends_wait);
    }

    fn ready(&mut self, name: String, urgency: &impl Fn(&str) -> Urgency) {
        let urgency = urgency(&name);
        self.states.insert(name.clone(), State::Ready(urgency));
        self.lane(urgency).ready.push_back(name);
    }

    fn take(&mut self, width: usize, now: Instant) -> Option<String> {
        for urgency in [Urgency::End, Urgency::Removal, Urgency::Ordinary] {
            let lane = self.lane(urgency);
            let next = if lane.running < width {
                lane.ready.pop_front()
            } else {
                None
            };
            if let Some(name) = next {
                lane.running += 1;
                let running = State::Running {
                    urgency,
                    again: false,
                };
                self.states.insert(name.clone(), running);
                return Some(name);
            }
            if self.is_held(now) {
                return None;
            }
        }
        None
    }

    /// Whether what is less urgent than ends is held back.
    fn is_held(&mut self, now: Instant) -> bool {
        let ends_wait = !self.lane(Urgency::End).ready.is_empty();
        let held = |since: Instant| ends_wait && now - since < HOLD;
        self.held_since.is_some_and(held)
    }

    fn leave(&mut self, name: &str) -> Option<Urgency> {
        let Some(State::Running { urgency, .. }) = self.states.get(name) else {
            return None;
        };
        let urgency = *urgency;
        let lane = self.lane(urgency);
        lane.running = lane.running.saturating_sub(1);
        Some(urgency)
    }

    fn done(&mut self, name: &str, next: Option<Instant>, now: Instant) {
        let Some(State::Running { urgency, again }) = self.states.remove(name) else {
            return;
        };
        let lane = self.lane(urgency);
        lane.running = lane.running.saturating_sub(1);
        if let Some(next) = if again { Some(now) } else { next } {
            self.wait(name, next);
        }
    }

    fn next_look(&self, now: Instant) -> Option<Instant> {
        let timer = self.timers.first().map(|(due, _)| *due);
        let ordinary = self.lanes.get(&Urgency::Ordinary);
        let waits = ordinary.is_some_and(|lane| !lane.ready.is_empty());
        let promotion = self.promoted.filter(|_| waits);
        let promotion = promotion.map(|last| last + PROMOTION_INTERVAL);
        let held = self
            .held_since
            .map(|since| since + HOLD)
            .filter(|over| *over > now);
        timer.into_iter().chain(promotion).chain(held).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordinary(_: &str) -> Urgency {
        Urgency::Ordinary
    }

    fn by_name(name: &str) -> Urgency {
        match name.split(' ').next() {
            Some("end") => Urgency::End,
            Some("removal") => Urgency::Removal,
            _ => Urgency::Ordinary,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_pass_at_a_time_runs_for_a_record_and_a_wake_meanwhile_is_not_lost() {
        let queue = Queue::new(4);
        queue.wake("one");
        queue.wake("one");
        assert_eq!(queue.take(ordinary).as_deref(), Some("one"));
        queue.wake("one");
        assert_eq!(queue.take(ordinary), None);
        queue.done("one", Some(Duration::from_mins(5)));
        assert_eq!(queue.take(ordinary).as_deref(), Some("one"));
        queue.done("one", None);
        assert_eq!(queue.take(ordinary), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_is_over_at_its_time_or_with_the_next_wake() {
        let queue = Queue::new(4);
        for name in ["one", "two"] {
            queue.wake(name);
            queue.take(ordinary);
            queue.done(name, Some(Duration::from_mins(1)));
        }
        queue.wake("two");
        assert_eq!(queue.take(ordinary).as_deref(), Some("two"));
        assert_eq!(queue.take(ordinary), None);
        let before = Instant::now();
        queue.changed().await; // the notice of the wake
        queue.changed().await;
        assert_eq!(before.elapsed(), Duration::from_mins(1));
        assert_eq!(queue.take(ordinary).as_deref(), Some("one"));
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_waits_for_no_place_that_others_have() {
        let queue = Queue::new(1);
        for name in ["one", "two", "end"] {
            queue.wake(name);
        }
        assert_eq!(queue.take(by_name).as_deref(), Some("end"));
        assert_eq!(queue.take(by_name).as_deref(), Some("one"));
        assert_eq!(queue.take(by_name), None, "the only place is taken");
    }

    #[tokio::test(start_paused = true)]
    async fn while_ends_wait_for_a_place_nothing_else_begins_but_not_for_ever() {
        let queue = Queue::new(1);
        for name in ["end 1", "end 2", "removal", "one"] {
            queue.wake(name);
        }
        assert_eq!(queue.take(by_name).as_deref(), Some("end 1"));
        assert_eq!(queue.take(by_name), None, "the second end waits for its place");
        assert!(queue.awaits_end("end 2") && !queue.awaits_end("end 1") && !queue.awaits_end("removal"));
        let before = Instant::now();
        let mut next = None;
        while next.is_none() {
            queue.changed().await;
            next = queue.take(by_name);
        }
        assert_eq!((next.as_deref(), before.elapsed()), (Some("removal"), HOLD));
        assert_eq!(queue.take(by_name).as_deref(), Some("one"));
        queue.done("end 1", None);
        assert_eq!(queue.take(by_name).as_deref(), Some("end 2"));
        assert!(queue.has_endings());
    }

    #[tokio::test(start_paused = true)]
    async fn a_pass_that_waits_for_aws_takes_no_place() {
        let queue = Queue::new(1);
        for name in ["a", "b", "c"] {
            queue.wake(name);
        }
        assert_eq!(queue.take(|_| Urgency::End).as_deref(), Some("a"));
        assert_eq!(queue.take(|_| Urgency::End), None, "the only place is taken");
        let away = queue.away("a");
        assert_eq!(queue.take(|_| Urgency::End).as_deref(), Some("b"));
        drop(away);
        queue.done("b", None);
        assert_eq!(queue.take(|_| Urgency::End), None, "the first is back");
        queue.done("a", None);
        assert_eq!(queue.take(|_| Urgency::End).as_deref(), Some("c"));
        queue.done("c", None);
        assert!(!queue.has_endings());
    }

    #[tokio::test(start_paused = true)]
    async fn what_begins_to_end_while_it_waits_changes_its_lane() {
        let queue = Queue::new(1);
        for name in ["one", "two"] {
            queue.wake(name);
        }
        assert!(queue.take(ordinary).is_some());
        assert_eq!(queue.take(ordinary), None);
        queue.changed().await;
        queue.changed().await;
        assert!(queue.take(|_| Urgency::End).is_some());
    }
}
