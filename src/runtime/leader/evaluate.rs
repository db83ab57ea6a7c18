//! The next step of leader election, as a pure function of what was read.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use tokio::time::Instant;

/// The content of a Lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// Who holds it; nobody after a release.
    pub(super) holder: Option<String>,
    /// How long it stays valid after a renewal.
    pub(super) duration: Duration,
    /// When this holder acquired it, by its own clock.
    pub(super) acquired: Option<MicroTime>,
    /// How often it has changed hands.
    pub(super) transitions: i32,
    /// Changes with every write, independently of clocks.
    pub(super) version: String,
}

/// A record, and since when it has been unchanged by our monotonic clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sighting {
    pub(super) record: Record,
    /// When it was first read like this: later than it was written, which is the safe side.
    pub(super) since: Instant,
}

/// What this replica wrote, or tried to write, to acquire the lease. The identity alone is not enough: a restarted
/// process, or another one with the same identity, is another holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) identity: String,
    pub(super) acquired: MicroTime,
    pub(super) transitions: i32,
}

/// The role of this replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role<'a> {
    /// It wants the lease; perhaps with an earlier write whose response was lost.
    Candidate(Option<&'a Claim>),
    /// It holds the lease.
    Leader(&'a Claim),
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Acquire it: nobody holds it, or it has expired.
    Acquire,
    /// Renew it: this replica holds it.
    Renew,
    /// Another replica holds it, at least until then.
    Wait(Instant),
    /// Another replica took it over; the sentence names it.
    Lost(String),
}

/// The next step. `seen` is `None` when there is no Lease. A duration is believed up to `longest`: whoever may write the Lease
/// could otherwise stop all replicas for 68 years.
pub(super) fn evaluate(seen: Option<&Sighting>, role: Role<'_>, longest: Duration, now: Instant) -> Step {
    let Some(Sighting { record, since }) = seen else {
        return Step::Acquire; // also when it was deleted under a leader: whoever creates it first holds it
    };
    match role {
        Role::Leader(claim) | Role::Candidate(Some(claim)) if record.is_of(claim) => Step::Renew,
        Role::Leader(claim) => match &record.holder {
            Some(holder) => Step::Lost(format!("{holder} holds the lease")),
            // Cleared by hand, and not acquired by anybody since.
            None if record.transitions == claim.transitions => Step::Renew,
            None => Step::Lost("another replica held the lease in the meantime".to_owned()),
        },
        Role::Candidate(_) if record.holder.is_none() => Step::Acquire,
        Role::Candidate(_) => {
            let until = *since + record.duration.min(longest);
            if now >= until {
                Step::Acquire
            } else {
                Step::Wait(until)
            }
        }
    }
}

impl Record {
    fn is_of(&self, claim: &Claim) -> bool {
        self.holder.as_deref() == Some(&*claim.identity)
            && self.acquired.as_ref() == Some(&claim.acquired)
            && self.transitions == claim.transitions
    }
}

impl Sighting {
    /// The record as read now; an older sighting of the same record keeps its time.
    pub(super) fn of(record: Record, before: Option<Sighting>, now: Instant) -> Self {
        let since = before
            .filter(|sighting| sighting.record == record)
            .map_or(now, |sighting| sighting.since);
        Self { record, since }
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::jiff::Timestamp;

    use super::*;

    const LEASE: Duration = Duration::from_secs(15);

    fn at(second: i64) -> MicroTime {
        MicroTime(Timestamp::from_second(second).unwrap())
    }

    fn record(holder: &str, acquired: i64, transitions: i32) -> Record {
        Record {
            holder: (!holder.is_empty()).then(|| holder.to_owned()),
            duration: LEASE,
            acquired: Some(at(acquired)),
            transitions,
            version: "7".to_owned(),
        }
    }

    fn claim() -> Claim {
        Claim {
            identity: "me".to_owned(),
            acquired: at(100),
            transitions: 3,
        }
    }

    /// What a replica does that has seen this record for as long.
    #[track_caller]
    fn check(seen: Option<Record>, seen_for: Duration, role: Role<'_>, expected: &Step) {
        let since = Instant::now();
        let sighting = seen.map(|record| Sighting { record, since });
        let step = evaluate(sighting.as_ref(), role, LEASE * 4, since + seen_for);
        // A wait ends one lease after the record was first seen, whatever its times say.
        let step = match step {
            Step::Wait(until) => {
                assert_eq!(until, since + LEASE);
                Step::Wait(since)
            }
            other => other,
        };
        let expected = match expected {
            Step::Wait(_) => Step::Wait(since),
            other => other.clone(),
        };
        assert_eq!(step, expected);
    }

    #[test]
    fn a_candidate_takes_what_nobody_holds_and_waits_for_who_does() {
        let (wait, short) = (
            Step::Wait(Instant::now()),
            LEASE.saturating_sub(Duration::from_nanos(1)),
        );
        let candidate = Role::Candidate(None);
        check(None, Duration::ZERO, candidate, &Step::Acquire);
        check(
            Some(record("", 100, 3)),
            Duration::ZERO,
            candidate,
            &Step::Acquire,
        );
        check(Some(record("other", 100, 3)), Duration::ZERO, candidate, &wait);
        check(Some(record("other", 100, 3)), short, candidate, &wait);
        check(Some(record("other", 100, 3)), LEASE, candidate, &Step::Acquire);
        // Times in the far past and future change nothing: only what we saw counts.
        check(Some(record("other", 0, 3)), Duration::ZERO, candidate, &wait);
        check(
            Some(record("other", 99_999_999_999, 3)),
            LEASE,
            candidate,
            &Step::Acquire,
        );
    }

    #[test]
    fn no_record_is_believed_for_ever() {
        let since = Instant::now();
        let record = Record {
            duration: Duration::from_secs(u64::try_from(i32::MAX).unwrap()),
            ..record("nobody", 100, 3)
        };
        let seen = Sighting { record, since };
        let at = |age| evaluate(Some(&seen), Role::Candidate(None), LEASE * 4, since + age);
        assert_eq!(at(LEASE), Step::Wait(since + LEASE * 4));
        assert_eq!(at(LEASE * 4), Step::Acquire);
    }

    #[test]
    fn a_candidate_knows_its_own_attempt_and_not_its_own_name() {
        let (wait, claim) = (Step::Wait(Instant::now()), claim());
        let candidate = Role::Candidate(Some(&claim));
        check(
            Some(record("me", 100, 3)),
            Duration::ZERO,
            candidate,
            &Step::Renew,
        );
        check(Some(record("me", 101, 3)), Duration::ZERO, candidate, &wait);
        check(Some(record("me", 100, 4)), Duration::ZERO, candidate, &wait);
        check(
            Some(record("me", 100, 3)),
            Duration::ZERO,
            Role::Candidate(None),
            &wait,
        );
    }

    #[test]
    fn a_leader_goes_on_until_somebody_else_is_seen() {
        let claim = claim();
        let leader = Role::Leader(&claim);
        let lost = |sentence: &str| Step::Lost(sentence.to_owned());
        for seen_for in [Duration::ZERO, LEASE * 10] {
            check(Some(record("me", 100, 3)), seen_for, leader, &Step::Renew);
            check(Some(record("", 100, 3)), seen_for, leader, &Step::Renew);
            check(None, seen_for, leader, &Step::Acquire);
            check(
                Some(record("other", 100, 4)),
                seen_for,
                leader,
                &lost("other holds the lease"),
            );
            check(
                Some(record("other", 100, 3)),
                seen_for,
                leader,
                &lost("other holds the lease"),
            );
            check(
                Some(record("me", 101, 4)),
                seen_for,
                leader,
                &lost("me holds the lease"),
            );
            let meanwhile = lost("another replica held the lease in the meantime");
            check(Some(record("", 100, 4)), seen_for, leader, &meanwhile);
        }
    }

    #[test]
    fn silence_adds_up_and_every_write_ends_it() {
        let (start, later) = (Instant::now(), Instant::now() + LEASE);
        let first = Sighting::of(record("other", 100, 3), None, start);
        assert_eq!(
            Sighting::of(record("other", 100, 3), Some(first.clone()), later).since,
            start
        );
        let renewed = Record {
            version: "8".to_owned(),
            ..record("other", 100, 3)
        };
        assert_eq!(Sighting::of(renewed, Some(first), later).since, later);
    }
}
