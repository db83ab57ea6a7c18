//! A queue that serves by priority, then round-robin among requesters, then by arrival.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Notify;

use crate::ports::Priority;

/// Requesters remembered with their last turn; beyond it those who have been overtaken anyway are dropped.
const REQUESTERS_KEPT: usize = 1_000;

/// The waiting calls in the order in which they are served. Pure, except for the wakers.
#[derive(Debug, Default)]
pub(super) struct FairQueue {
    waiting: Vec<Waiter>,
    next_number: u64,
    turns: HashMap<Priority, Turns>,
}

#[derive(Debug)]
struct Waiter {
    order: (Priority, u64, u64), // priority, turn, number
    waker: Arc<Notify>,
}

/// Fairness within one priority: everybody's n-th call comes before anybody's n+1st, counted from when they joined.
#[derive(Debug, Default)]
struct Turns {
    current: u64,
    last: HashMap<Arc<str>, u64>,
}

impl FairQueue {
    /// A number that no waiting call has.
    pub(super) fn unused_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Enters the queue and returns the number to leave it with. The waker is notified when a retry may succeed.
    pub(super) fn join(&mut self, priority: Priority, on_behalf_of: &Arc<str>, waker: Arc<Notify>) -> u64 {
        let number = self.unused_number();
        let turns = self.turns.entry(priority).or_default();
        let turn = turns
            .last
            .get(on_behalf_of)
            .map_or(turns.current, |last| turns.current.max(last + 1));
        if turns.last.len() >= REQUESTERS_KEPT {
            let current = turns.current;
            turns.last.retain(|_, last| *last >= current);
        }
        turns.last.insert(on_behalf_of.clone(), turn);
        let order = (priority, turn, number);
        let at = self.waiting.partition_point(|waiter| waiter.order < order);
        self.waiting.insert(at, Waiter { order, waker });
        number
    }

    /// Leaves the queue, served or not.
    pub(super) fn leave(&mut self, number: u64) {
        self.waiting.retain(|waiter| waiter.order.2 != number);
    }

    /// Serves this one, which advances the turns.
    pub(super) fn serve(&mut self, number: u64) {
        if let Some(waiter) = self.waiting.iter().find(|waiter| waiter.order.2 == number) {
            let (priority, turn, _) = waiter.order;
            let turns = self.turns.entry(priority).or_default();
            turns.current = turns.current.max(turn);
        }
        self.leave(number);
    }

    /// The waiting numbers, first to last.
    pub(super) fn in_order(&self) -> impl Iterator<Item = u64> {
        self.waiting.iter().map(|waiter| waiter.order.2)
    }

    /// Notifies the first in the queue. A notification that comes before somebody waits for it is not lost.
    pub(super) fn wake_first(&self) {
        if let Some(first) = self.waiting.first() {
            first.waker.notify_one();
        }
    }

    /// Notifies everybody: who can be served depends on more than the order.
    pub(super) fn wake_all(&self) {
        self.waiting.iter().for_each(|waiter| waiter.waker.notify_one());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(queue: &mut FairQueue) -> Vec<u64> {
        let mut served = Vec::new();
        while let Some(number) = { queue.in_order().next() } {
            queue.serve(number);
            served.push(number);
        }
        served
    }

    #[test]
    fn revocations_come_before_everything_and_background_work_last() {
        let mut queue = FairQueue::default();
        let who: Arc<str> = "alice".into();
        let background = queue.join(Priority::Background, &who, Arc::default());
        let decision = queue.join(Priority::Decision, &who, Arc::default());
        let revocation = queue.join(Priority::Revocation, &who, Arc::default());
        assert_eq!(drain(&mut queue), [revocation, decision, background]);
    }

    #[test]
    fn a_requester_with_many_calls_does_not_starve_one_with_few() {
        let mut queue = FairQueue::default();
        let (many, few): (Arc<str>, Arc<str>) = ("many".into(), "few".into());
        let many_calls: Vec<u64> = (0..100)
            .map(|_| queue.join(Priority::Decision, &many, Arc::default()))
            .collect();
        let few_calls: Vec<u64> = (0..2)
            .map(|_| queue.join(Priority::Decision, &few, Arc::default()))
            .collect();
        let served = drain(&mut queue);
        assert_eq!(
            served[..4],
            [many_calls[0], few_calls[0], many_calls[1], few_calls[1]]
        );
        let late = queue.join(Priority::Decision, &few, Arc::default());
        let later = queue.join(Priority::Decision, &many, Arc::default());
        assert_eq!(
            drain(&mut queue),
            [late, later],
            "nobody is punished for what they used before"
        );
    }
}
