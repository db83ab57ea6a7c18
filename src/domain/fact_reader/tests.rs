//! When a fact is used, and when it is asked for again.

use super::*;
use crate::domain::fixtures::minute;

/// A fact of every age that the table names, by the id of a person.
fn facts(ages: &[i64]) -> Facts {
    let known = |age: &i64| {
        let observed_at = minute(0).to_utc() - TimeDelta::seconds(*age);
        let value = Lookup::Absent;
        let fact = Fact::Known(Aged { value, observed_at });
        (UserId::new(age.to_string()), fact)
    };
    Facts {
        users: ages.iter().map(known).collect(),
        ..Facts::default()
    }
}

fn timings() -> Timings {
    Timings {
        fresh_fact_max_age: TimeDelta::seconds(10),
        recheck_interval: TimeDelta::seconds(100),
        ..Timings::default()
    }
}

#[test]
fn a_fact_is_used_up_to_its_age_and_asked_for_again_beyond_it() {
    let table = [
        (Freshness::Fresh, -5, true),
        (Freshness::Fresh, 0, true),
        (Freshness::Fresh, 10, true),
        (Freshness::Fresh, 11, false),
        (Freshness::Cached, 100, true),
        (Freshness::Cached, 101, false),
    ];
    for (freshness, age, used) in table {
        let (facts, timings) = (facts(&[age]), timings());
        let reader = FactReader::new(&facts, &timings, minute(0));
        let id = UserId::new(age.to_string());
        let answer = reader.user(&id, freshness);
        assert_eq!(answer.is_ok(), used, "{freshness:?}, {age} s");
        let asked = if used {
            vec![]
        } else {
            vec![(Question::User(id), Freshness::Fresh)]
        };
        assert_eq!(reader.questions(), asked, "{freshness:?}, {age} s");
        assert_eq!(reader.timings(), &timings);
    }
}

#[test]
fn a_decision_goes_stale_with_the_oldest_cached_fact_that_it_used() {
    let (facts, timings) = (facts(&[9, 40, 70]), timings());
    let reader = FactReader::new(&facts, &timings, minute(0));
    let look = |age: &str, freshness| assert!(reader.user(&UserId::new(age), freshness).is_ok());
    let in_seconds = |count| Some(after(minute(0), TimeDelta::seconds(count)));
    look("9", Freshness::Fresh);
    assert_eq!(reader.stale_at(), None, "a fresh one is looked up anew anyway");
    look("40", Freshness::Cached);
    assert_eq!(reader.stale_at(), in_seconds(61));
    look("70", Freshness::Cached);
    look("40", Freshness::Cached);
    assert_eq!(reader.stale_at(), in_seconds(31));
}
