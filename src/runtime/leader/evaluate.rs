//! What to do about a Lease, as a function of what was seen.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use tokio::time::Instant;

/// What a Lease says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// Who holds it; nobody after a release.
    pub(super) holder: Option<String>,
    /// How long the holder wants to be waited for.
    pub(super) duration: Duration,
    /// When this holder took it, by its own clock.
    pub(super) acquired: Option<MicroTime>,
    /// How often it has changed hands.
    pub(super) transitions: i32,
    /// Changes with every write, whatever clocks do.
    pub(super) version: String,
}

/// A record, and since when it has been like this by our clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sighting {
    pub(super) record: Record,
    /// When it was first seen like this. Later than it was written: that is the safe side.
    pub(super) since: Instant,
}

/// What we wrote, or tried to, when we took the lease. A name alone would not do: a process that was started again, or
/// two that were given the same name, are not each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) identity: String,
    pub(super) acquired: MicroTime,
    pub(super) transitions: i32,
}

/// As what we look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role<'a> {
    /// We want the lease; perhaps an attempt to take it got no answer.
    Candidate(Option<&'a Claim>),
    /// We took it.
    Leader(&'a Claim),
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Take it: nobody has it, or its holder fell silent.
    Acquire,
    /// It is ours: say so again.
    Renew,
    /// Somebody else has it, at least until then.
    Wait(Instant),
    /// It was ours and is not any more; the sentence says whose it is.
    Lost(String),
}

/// What to do about the Lease: `None` when there is none.
pub(super) fn evaluate(seen: Option<&Sighting>, role: Role<'_>, now: Instant) -> Step {
    let Some(Sighting { record, since }) = seen else {
        return Step::Acquire; // deleted under a leader too: whoever makes it first has it
    };
    match role {
        Role::Leader(claim) | Role::Candidate(Some(claim)) if record.is_of(claim) => Step::Renew,
        Role::Leader(claim) => match &record.holder {
            Some(holder) => Step::Lost(format!("{holder} holds the lease")),
            // Emptied by hand, and nobody had it since.
            None if record.transitions == claim.transitions => Step::Renew,
            None => Step::Lost("somebody else has held the lease meanwhile".to_owned()),
        },
        Role::Candidate(_) if record.holder.is_none() => Step::Acquire,
        Role::Candidate(_) => {
            let until = *since + record.duration;
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
    /// What was read now: an older sighting of the same record goes on, so that silence adds up.
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
        let step = evaluate(sighting.as_ref(), role, since + seen_for);
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
            let meanwhile = lost("somebody else has held the lease meanwhile");
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
