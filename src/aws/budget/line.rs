//! Who is next: by urgency, then by turns between requesters, then by arrival.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Notify;

use crate::ports::Urgency;

/// Requesters remembered with their last turn; beyond it those who have been overtaken anyway are dropped.
const REQUESTERS_KEPT: usize = 1_000;

/// A waiting line. Pure but for the bells.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiting: Vec<Waiter>,
    next_number: u64,
    turns: HashMap<Urgency, Turns>,
}

#[derive(Debug)]
struct Waiter {
    order: (Urgency, u64, u64), // urgency, turn, number
    bell: Arc<Notify>,
}

/// Fairness within one urgency: everybody's n-th call comes before anybody's n+1st, counted from when they joined.
#[derive(Debug, Default)]
struct Turns {
    current: u64,
    last: HashMap<Arc<str>, u64>,
}

impl Line {
    /// A number that nobody in line has.
    pub(super) fn unused_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Stands in line; the number is for later, the bell is rung when looking again makes sense.
    pub(super) fn join(&mut self, urgency: Urgency, requester: &Arc<str>, bell: Arc<Notify>) -> u64 {
        let number = self.unused_number();
        let turns = self.turns.entry(urgency).or_default();
        let turn = turns
            .last
            .get(requester)
            .map_or(turns.current, |last| turns.current.max(last + 1));
        if turns.last.len() >= REQUESTERS_KEPT {
            let current = turns.current;
            turns.last.retain(|_, last| *last >= current);
        }
        turns.last.insert(requester.clone(), turn);
        let order = (urgency, turn, number);
        let at = self.waiting.partition_point(|waiter| waiter.order < order);
        self.waiting.insert(at, Waiter { order, bell });
        number
    }

    /// Goes away, served or not.
    pub(super) fn leave(&mut self, number: u64) {
        self.waiting.retain(|waiter| waiter.order.2 != number);
    }

    /// Notes that this one is being served, which moves the turns on.
    pub(super) fn serve(&mut self, number: u64) {
        if let Some(waiter) = self.waiting.iter().find(|waiter| waiter.order.2 == number) {
            let (urgency, turn, _) = waiter.order;
            let turns = self.turns.entry(urgency).or_default();
            turns.current = turns.current.max(turn);
        }
        self.leave(number);
    }

    /// The numbers in line, first to last.
    pub(super) fn in_order(&self) -> impl Iterator<Item = u64> {
        self.waiting.iter().map(|waiter| waiter.order.2)
    }

    /// Rings for the first in line. A bell rung before it is waited for is not lost.
    pub(super) fn wake_first(&self) {
        if let Some(first) = self.waiting.first() {
            first.bell.notify_one();
        }
    }

    /// Rings for everybody: who can be served depends on more than the order.
    pub(super) fn wake_all(&self) {
        self.waiting.iter().for_each(|waiter| waiter.bell.notify_one());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(line: &mut Line) -> Vec<u64> {
        let mut served = Vec::new();
        while let Some(number) = { line.in_order().next() } {
            line.serve(number);
            served.push(number);
        }
        served
    }

    #[test]
    fn revocations_come_before_everything_and_upkeep_last() {
        let mut line = Line::default();
        let who: Arc<str> = "alice".into();
        let background = line.join(Urgency::Background, &who, Arc::default());
        let decision = line.join(Urgency::Decision, &who, Arc::default());
        let revocation = line.join(Urgency::Revocation, &who, Arc::default());
        assert_eq!(drain(&mut line), [revocation, decision, background]);
    }

    #[test]
    fn a_requester_with_many_calls_does_not_starve_one_with_few() {
        let mut line = Line::default();
        let (many, few): (Arc<str>, Arc<str>) = ("many".into(), "few".into());
        let many_calls: Vec<u64> = (0..100)
            .map(|_| line.join(Urgency::Decision, &many, Arc::default()))
            .collect();
        let few_calls: Vec<u64> = (0..2)
            .map(|_| line.join(Urgency::Decision, &few, Arc::default()))
            .collect();
        let served = drain(&mut line);
        assert_eq!(
            served[..4],
            [many_calls[0], few_calls[0], many_calls[1], few_calls[1]]
        );
        let late = line.join(Urgency::Decision, &few, Arc::default());
        let later = line.join(Urgency::Decision, &many, Arc::default());
        assert_eq!(
            drain(&mut line),
            [late, later],
            "nobody is punished for what they used before"
        );
    }
}
