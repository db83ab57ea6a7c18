//! The guard's judgment: a pure function of the observation and the last record.

use super::compare::Comparison;
use super::observation::{Found, LiveObject, Observation, Probe};
use super::record::{GuardRecord, ObjectMark};

/// What to do about changed policies. Not `kubectl apply --server-side`, which keeps items that others added to a list,
/// such as a `Warn` beside `Deny` or an exemption.
const REPLACE_ADVICE: &str = "put the manifests of this version back (kubectl replace)";

/// Whether the admission policies can be relied on now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuardState {
    /// They are in force and of this version, and a forgery was refused.
    Intact,
    /// Unknown, or of another version while a forgery is still refused: no grants, new entries stay unjudged, nothing is
    /// void. The text says why.
    Unproven(String),
    /// A forgery passed, or a policy is missing or does not deny. The text says which.
    Broken(String),
}

impl GuardState {
    /// Whether access may be granted.
    pub fn is_intact(&self) -> bool {
        matches!(self, GuardState::Intact)
    }
}

/// Whether the policies were in force all the time since the last record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Continuity {
    /// They were: every object is the recorded one, changed at most once and to this version.
    Unbroken,
    /// They are being changed or cannot be read: decided when they are intact again.
    Open,
    /// They were not, or it cannot be shown: entries that are not yet judged never count, and requests without a seal
    /// are rejected. The text says why.
    Broken(String),
}

/// Whether the policies can be relied on now.
pub fn judge(observation: &Observation) -> GuardState {
    if observation.probe == Probe::Passed {
        return GuardState::Broken(
            "a forged write was not refused: the admission policies are not in force".to_owned(),
        );
    }
    let objects = match &observation.objects {
        Ok(objects) => objects,
        Err(why) => return GuardState::Unproven(format!("the admission policies could not be read: {why}")),
    };
    if let Some(why) = objects.iter().find_map(not_in_force) {
        return GuardState::Broken(why);
    }
    if let Some(why) = objects.iter().find_map(not_ours) {
        return GuardState::Unproven(why);
    }
    match &observation.probe {
        Probe::Inconclusive(why) => GuardState::Unproven(format!("no forgery could be tried: {why}")),
        Probe::Refused | Probe::Passed => GuardState::Intact,
    }
}

fn not_in_force(object: &LiveObject) -> Option<String> {
    let LiveObject {
        kind,
        name,
        enforcing,
        found,
    } = object;
    match found {
        None if *enforcing => Some(format!(
            "{kind} {name} is missing: apply the manifests of this version again"
        )),
        Some(found) if *enforcing && !found.denies => Some(format!(
            "{kind} {name} does not deny: apply the manifests of this version again"
        )),
        _ => None,
    }
}

fn not_ours(object: &LiveObject) -> Option<String> {
    match &object.found {
        Some(Found {
            text: Comparison::Differs(path),
            ..
        }) => Some(format!(
            "{} {} is not of this version ({path} differs): an upgrade is under way, or {REPLACE_ADVICE}",
            object.kind, object.name
        )),
        _ => None,
    }
}

/// Whether the policies were in force since `record` was made; `record` is `None` when there is no authentic one.
///
/// A change is harmless only if it led from our manifest to our manifest in a single generation: a policy that was
/// weakened and restored took two, and an object that was deleted and recreated has another uid.
pub fn continuity(record: Option<&GuardRecord>, observation: &Observation, state: &GuardState) -> Continuity {
    if let GuardState::Broken(why) = state {
        return Continuity::Broken(why.clone());
    }
    let Some(record) = record else {
        return Continuity::Broken(
            "there is no record of an earlier time at which the policies were intact".to_owned(),
        );
    };
    let Ok(objects) = &observation.objects else {
        return Continuity::Open;
    };
    let gap = objects.iter().find_map(|object| {
        let found = object.found.as_ref()?;
        let before = record
            .objects
            .iter()
            .find(|mark| mark.kind == object.kind && mark.name == object.name)?;
        unaccounted_change(before, found)
    });
    match (gap, state) {
        (Some(why), _) => Continuity::Broken(why),
        (None, GuardState::Intact) => Continuity::Unbroken,
        (None, _) => Continuity::Open,
    }
}

fn unaccounted_change(before: &ObjectMark, now: &Found) -> Option<String> {
    let ObjectMark {
        kind,
        name,
        uid,
        generation,
    } = before;
    if *uid != now.uid {
        return Some(format!("{kind} {name} was deleted and recreated"));
    }
    let changes = now.generation - generation;
    (!(0..=1).contains(&changes))
        .then(|| format!("{kind} {name} was changed {changes} times since it was last seen intact"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFFERS: fn() -> Comparison = || Comparison::Differs("spec.validations".to_owned());

    fn policy(generation: i64) -> LiveObject {
        LiveObject {
            kind: "ValidatingAdmissionPolicy".to_owned(),
            name: "p".to_owned(),
            enforcing: true,
            found: Some(Found {
                uid: "u".to_owned(),
                generation,
                denies: true,
                text: Comparison::Same,
            }),
        }
    }

    fn with(change: impl FnOnce(&mut LiveObject)) -> Observation {
        let mut object = policy(1);
        change(&mut object);
        Observation {
            objects: Ok(vec![object]),
            probe: Probe::Refused,
        }
    }

    fn found(object: &mut LiveObject) -> &mut Found {
        object.found.as_mut().unwrap()
    }

    fn record() -> GuardRecord {
        GuardRecord::of(&[policy(1)])
    }

    #[track_caller]
    fn check(observation: &Observation, state: &str, continuity_is: &str) {
        let judged = judge(observation);
        let went = continuity(Some(&record()), observation, &judged);
        assert!(format!("{judged:?}").starts_with(state), "{judged:?}");
        assert!(format!("{went:?}").starts_with(continuity_is), "{went:?}");
    }

    #[test]
    fn all_there_ours_and_proven_is_intact() {
        check(&with(|_| ()), "Intact", "Unbroken");
    }

    #[test]
    fn a_forgery_that_passes_breaks_it_whatever_else_is_seen() {
        check(
            &Observation {
                probe: Probe::Passed,
                ..with(|_| ())
            },
            "Broken",
            "Broken",
        );
        let unread = Observation {
            probe: Probe::Passed,
            objects: Err("timeout".to_owned()),
        };
        check(&unread, "Broken", "Broken");
    }

    #[test]
    fn missing_or_not_denying_is_broken() {
        check(&with(|o| o.found = None), "Broken", "Broken");
        check(&with(|o| found(o).denies = false), "Broken", "Broken");
    }

    #[test]
    fn what_cannot_be_seen_is_unproven_and_leaves_the_past_open() {
        check(
            &Observation {
                objects: Err("timeout".to_owned()),
                probe: Probe::Refused,
            },
            "Unproven",
            "Open",
        );
    }

    #[test]
    fn a_probe_that_shows_nothing_is_unproven() {
        let observation = Observation {
            probe: Probe::Inconclusive("timeout".to_owned()),
            ..with(|_| ())
        };
        check(&observation, "Unproven", "Open");
    }

    #[test]
    fn an_upgrade_voids_nothing() {
        let under_way = with(|o| (found(o).generation, found(o).text) = (2, DIFFERS()));
        check(&under_way, "Unproven", "Open");
        check(&with(|o| found(o).generation = 2), "Intact", "Unbroken");
    }

    #[test]
    fn weakened_and_restored_shows_in_hindsight() {
        check(&with(|o| found(o).generation = 3), "Intact", "Broken");
        check(&with(|o| found(o).generation = 0), "Intact", "Broken");
    }

    #[test]
    fn deleted_and_restored_shows_in_hindsight() {
        check(&with(|o| found(o).uid = "another".to_owned()), "Intact", "Broken");
    }

    #[test]
    fn a_gap_shows_while_the_text_still_differs() {
        let observation = with(|o| (found(o).generation, found(o).text) = (3, DIFFERS()));
        check(&observation, "Unproven", "Broken");
    }

    #[test]
    fn without_a_record_the_past_is_not_believed() {
        let observation = with(|_| ());
        let went = continuity(None, &observation, &judge(&observation));
        assert!(matches!(went, Continuity::Broken(_)), "{went:?}");
    }

    #[test]
    fn an_object_that_this_version_adds_is_no_gap() {
        let mut added = policy(1);
        added.name = "new".to_owned();
        let observation = Observation {
            objects: Ok(vec![policy(1), added]),
            probe: Probe::Refused,
        };
        check(&observation, "Intact", "Unbroken");
    }

    #[test]
    fn a_missing_convenience_breaks_nothing() {
        check(
            &with(|o| (o.enforcing, o.found) = (false, None)),
            "Intact",
            "Unbroken",
        );
    }
}
