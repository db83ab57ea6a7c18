//! Policies and settings as the controller keeps them: with what disappeared a short while ago, because tools delete and
//! create again.

use std::collections::BTreeMap;

use kube::api::DynamicObject;
use kube::runtime::watcher::Event;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api::Timestamp;
use crate::domain::{Policies, PolicyFact};

/// Policies or settings by uid, with their generations.
pub type Generations = BTreeMap<String, i64>;

/// All objects of one kind, by uid.
#[derive(Debug, Clone)]
pub struct PolicyStore<S> {
    by_uid: BTreeMap<String, PolicyFact<S>>,
    /// The generations of those that cannot be read.
    unreadable: BTreeMap<String, i64>,
    listing: Option<Vec<String>>,
    known_since: Option<Timestamp>,
}

impl<S> Default for PolicyStore<S> {
    fn default() -> Self {
        Self {
            by_uid: BTreeMap::new(),
            unreadable: BTreeMap::new(),
            listing: None,
            known_since: None,
        }
    }
}

impl<S: DeserializeOwned + Clone + PartialEq> PolicyStore<S> {
    /// Takes in what the watch says; whether anything changed that a decision could see.
    pub fn take(&mut self, event: Event<DynamicObject>, now: Timestamp) -> bool {
        match event {
            Event::Init => {
                self.listing = Some(vec![]);
                false
            }
            Event::InitApply(object) => {
                if let Some(listed) = self.listing.as_mut() {
                    listed.push(object.metadata.uid.clone().unwrap_or_default());
                }
                self.put(&object)
            }
            Event::InitDone => {
                let listed = self.listing.take().unwrap_or_default();
                self.unreadable.retain(|uid, _| listed.contains(uid));
                let first = self.known_since.is_none();
                self.known_since.get_or_insert(now);
                let mut changed = first;
                for policy in self
                    .by_uid
                    .values_mut()
                    .filter(|policy| !listed.contains(&policy.uid))
                {
                    changed |= policy.gone_since.is_none();
                    policy.gone_since.get_or_insert(now);
                }
                changed
            }
            Event::Apply(object) => self.put(&object),
            Event::Delete(object) => {
                let uid = object.metadata.uid.unwrap_or_default();
                self.unreadable.remove(&uid);
                let gone = self.by_uid.get_mut(&uid);
                gone.is_some_and(|policy| policy.gone_since.replace(now).is_none())
            }
        }
    }

    /// What does not fit our types keeps what was last read of it: it is there, and nobody knows what it says now.
    fn put(&mut self, object: &DynamicObject) -> bool {
        let metadata = &object.metadata;
        let uid = metadata.uid.clone().unwrap_or_default();
        let name = metadata.name.clone().unwrap_or_default();
        let generation = metadata.generation.unwrap_or_default();
        let spec = match &object.data["spec"] {
            Value::Null => json!({}),
            spec => spec.clone(),
        };
        let spec: S = match serde_json::from_value(spec) {
            Ok(spec) => spec,
            Err(error) => {
                tracing::warn!(%name, %error, "a policy or settings cannot be read: what was last read of it holds on");
                self.unreadable.insert(uid, generation);
                return false;
            }
        };
        self.unreadable.remove(&uid);
        let fact = PolicyFact {
            name,
            uid: uid.clone(),
            generation,
            spec,
            gone_since: None,
        };
        let changed = self.by_uid.get(&uid) != Some(&fact);
        self.by_uid.insert(uid, fact);
        changed
    }

    /// Since when every change was seen; `None` before the first complete list.
    pub fn known_since(&self) -> Option<Timestamp> {
        self.known_since
    }

    /// What decisions look at. What has been gone longer than anybody asks is forgotten.
    pub fn facts(&self) -> Policies<S> {
        Policies {
            known_since: self
                .known_since
                .unwrap_or_else(|| Timestamp::from(chrono::DateTime::UNIX_EPOCH)),
            all: self.by_uid.values().cloned().collect(),
        }
    }

    /// Those that exist.
    pub fn existing(&self) -> impl Iterator<Item = &PolicyFact<S>> {
        self.by_uid.values().filter(|policy| policy.gone_since.is_none())
    }

    /// The generations that the watch has shown last of all that exist, readable or not.
    pub fn shown(&self) -> Generations {
        let readable = self
            .existing()
            .map(|policy| (policy.uid.clone(), policy.generation));
        let mut shown: Generations = readable.collect();
        shown.extend(self.unreadable.clone());
        shown
    }

    /// The generation of the policy with this uid, if it exists.
    pub fn generation_of(&self, uid: &str) -> Option<i64> {
        let known = self.by_uid.get(uid).filter(|policy| policy.gone_since.is_none());
        known.map(|policy| policy.generation)
    }

    /// When the newest of those that are gone went.
    pub fn last_gone(&self) -> Option<&PolicyFact<S>> {
        self.by_uid
            .values()
            .filter(|policy| policy.gone_since.is_some())
            .max_by_key(|policy| policy.gone_since)
    }

    /// Forgets what went before that time.
    pub fn forget_gone_before(&mut self, time: Timestamp) {
        self.by_uid
            .retain(|_, policy| policy.gone_since.is_none_or(|since| since >= time));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::TeamSettingsSpec;

    fn at(second: i64) -> Timestamp {
        Timestamp::from(chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(second))
    }

    fn object(uid: &str, generation: i64) -> DynamicObject {
        let object =
            json!({ "metadata": { "name": "default", "uid": uid, "generation": generation }, "spec": {} });
        serde_json::from_value(object).unwrap()
    }

    fn started() -> PolicyStore<TeamSettingsSpec> {
        let mut kept = PolicyStore::default();
        kept.take(Event::Init, at(0));
        kept.take(Event::InitApply(object("a", 1)), at(0));
        assert!(kept.take(Event::InitDone, at(0)));
        kept
    }

    #[test]
    fn what_is_deleted_is_kept_with_the_time() {
        let mut kept = started();
        assert!(kept.take(Event::Delete(object("a", 1)), at(5)));
        assert_eq!((kept.existing().count(), kept.shown().len()), (0, 0));
        assert_eq!(kept.facts().all[0].gone_since, Some(at(5)));
        kept.forget_gone_before(at(6));
        assert!(kept.facts().all.is_empty());
    }

    #[test]
    fn what_a_new_list_lacks_went_while_nobody_looked() {
        let mut kept = started();
        kept.take(Event::Init, at(9));
        assert!(kept.take(Event::InitDone, at(9)));
        assert_eq!(kept.facts().all[0].gone_since, Some(at(9)));
        assert_eq!(kept.known_since(), Some(at(0)));
    }

    #[test]
    fn an_unchanged_policy_is_no_news() {
        let mut kept = started();
        assert!(!kept.take(Event::Apply(object("a", 1)), at(5)));
        assert!(kept.take(Event::Apply(object("a", 2)), at(5)));
    }

    #[test]
    fn what_cannot_be_read_holds_on_as_it_was() {
        let mut kept = started();
        let mut garbage = object("a", 2);
        garbage.data["spec"] = json!({ "maxOpenRequests": "many" });
        assert!(!kept.take(Event::Apply(garbage), at(5)));
        assert_eq!(kept.existing().next().unwrap().generation, 1);
        assert_eq!(kept.shown(), Generations::from([("a".to_owned(), 2)]));
        assert!(kept.take(Event::Apply(object("a", 3)), at(6)));
        assert_eq!(kept.shown(), Generations::from([("a".to_owned(), 3)]));
    }
}
