//! Writes: completed, checked against the rules of the definition, then against the admission policies, then stored.

use chrono::SecondsFormat;
use serde_json::{Value, json};
use team_operator::ports::Clock as _;

use super::Cluster;
use super::kinds::Kind;
use super::policies::{self, InForce, Question};
use super::refusal::Refusal;
use super::schema;
use super::store::{Place, Stored};
use crate::chronicle::Happened;

/// Who writes, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer<'a> {
    pub(crate) user: &'a str,
    pub(crate) dry_run: bool,
}

impl<'a> Writer<'a> {
    pub(crate) fn named(user: &'a str) -> Self {
        Self { user, dry_run: false }
    }
}

type Written = Result<Stored, Refusal>;

impl Cluster {
    pub(crate) fn create(
        &self,
        writer: Writer<'_>,
        kind: &'static Kind,
        namespace: &str,
        object: &Value,
    ) -> Written {
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let place = Place::new(kind, namespace, &name);
        if self.stored(&place).is_some() {
            return Err(Refusal::already_exists(kind, &name));
        }
        let mut new = object.clone();
        if kind.has_status_subresource() {
            new.as_object_mut().map(|fields| fields.remove("status"));
        }
        new["apiVersion"] = json!(kind.api_version());
        new["kind"] = json!(kind.kind);
        new["metadata"]["creationTimestamp"] = json!(self.timestamp());
        new["metadata"]["generation"] = json!(1);
        new["metadata"]["uid"] = json!(self.store().new_uid());
        if kind.namespaced {
            new["metadata"]["namespace"] = json!(namespace);
        }
        if kind.plural == "namespaces" {
            new["metadata"]["labels"]["kubernetes.io/metadata.name"] = json!(name);
        }
        let new = schema::completed(kind, &new);
        let mistakes = schema::mistakes(kind, &new, None);
        if !mistakes.is_empty() {
            return Err(Refusal::invalid(kind, &name, &mistakes));
        }
        self.admit(writer, "CREATE", kind, "", &place, &new, &Value::Null)?;
        Ok(self.keep(writer, &place, new))
    }

    /// A whole new object in place of the stored one, or a new status; `subresource` says which.
    pub(crate) fn update(
        &self,
        writer: Writer<'_>,
        kind: &'static Kind,
        place: &Place,
        subresource: &str,
        wanted: &Value,
    ) -> Written {
        let old = self
            .stored(place)
            .ok_or_else(|| Refusal::not_found(kind, &place.name))?;
        let (rests_on, is) = (&wanted["metadata"], &old.object["metadata"]);
        let is_another = |field: &str| rests_on[field].is_string() && rests_on[field] != is[field];
        if is_another("uid") || is_another("resourceVersion") {
            return Err(Refusal::conflict(kind, &place.name));
        }
        if subresource == "status" && !kind.has_status_subresource() {
            return Err(Refusal::not_served());
        }
        let mut new = if subresource == "status" {
            let mut new = (*old.object).clone();
            new["status"] = wanted["status"].clone();
            new
        } else {
            let mut new = wanted.clone();
            if kind.has_status_subresource() {
                new["status"] = old.object["status"].clone();
            }
            new
        };
        keep_what_is_the_servers(&mut new, &old.object);
        let mut new = schema::completed(kind, &new);
        if new["status"].is_null() {
            new.as_object_mut().map(|fields| fields.remove("status"));
        }
        if new == *old.object {
            return Ok(old);
        }
        if is_another_text(kind, &new, &old.object) {
            new["metadata"]["generation"] =
                json!(old.object["metadata"]["generation"].as_i64().unwrap_or(0) + 1);
        }
        let mut mistakes = schema::mistakes(kind, &new, Some(&old.object));
        mistakes.extend(late_finalizer(&new, &old.object));
        if !mistakes.is_empty() {
            return Err(Refusal::invalid(kind, &place.name, &mistakes));
        }
        self.admit(writer, "UPDATE", kind, subresource, place, &new, &old.object)?;
        Ok(self.keep(writer, place, new))
    }

    /// Deletes an object, or marks it for deletion while it has finalizers.
    pub(crate) fn delete(
        &self,
        writer: Writer<'_>,
        kind: &'static Kind,
        place: &Place,
        preconditions: &Value,
    ) -> Written {
        let old = self
            .stored(place)
            .ok_or_else(|| Refusal::not_found(kind, &place.name))?;
        let metadata = &old.object["metadata"];
        let is_another =
            |field: &str| preconditions[field].is_string() && preconditions[field] != metadata[field];
        if is_another("uid") || is_another("resourceVersion") {
            return Err(Refusal::conflict(kind, &place.name));
        }
        self.admit(writer, "DELETE", kind, "", place, &Value::Null, &old.object)?;
        if metadata["deletionTimestamp"].is_string() {
            return Ok(old);
        }
        let mut marked = (*old.object).clone();
        marked["metadata"]["deletionTimestamp"] = json!(self.timestamp());
        Ok(self.keep(writer, place, marked))
    }

    /// Stores an object as somebody does who edits etcd, or who took the policies off: nothing is asked.
    pub(crate) fn force(&self, place: &Place, object: Value) {
        self.keep(Writer::named("etcd"), place, object);
    }

    /// Makes a new object with this content in the same way.
    pub(crate) fn force_in(&self, kind: &Kind, place: &Place, mut object: Value) {
        object["metadata"] = json!({
            "name": place.name,
            "uid": self.store().new_uid(),
            "creationTimestamp": self.timestamp(),
            "generation": 1,
        });
        object["apiVersion"] = json!(kind.api_version());
        self.force(place, object);
    }

    /// Removes an object in the same way.
    pub(crate) fn force_out(&self, place: &Place) {
        if let Some(stored) = self.stored(place) {
            let mut stripped = (*stored.object).clone();
            stripped["metadata"]["finalizers"] = json!([]);
            stripped["metadata"]["deletionTimestamp"] = json!(self.timestamp());
            self.keep(Writer::named("etcd"), place, stripped);
        }
    }

    /// Stores an object; one that is marked for deletion and has no finalizer is removed instead.
    fn keep(&self, writer: Writer<'_>, place: &Place, object: Value) -> Stored {
        let stored = if writer.dry_run {
            return Stored {
                text: object.to_string().into(),
                object: object.into(),
            };
        } else {
            let mut store = self.store();
            let before = store.get(place).map(|stored| stored.object.clone());
            let (plural, leaves) = (place.plural, leaves(&object));
            let stored = if leaves {
                store.remove(place)
            } else {
                Some(store.put(place, object))
            };
            let stored = stored.expect("what leaves was there");
            self.chronicle.note(Happened::Object {
                plural,
                before,
                after: (!leaves).then(|| stored.object.clone()),
            });
            self.versions.send_replace(store.version());
            stored
        };
        self.remove_empty_namespaces();
        stored
    }

    /// What the namespace controller does in the end.
    fn remove_empty_namespaces(&self) {
        let (namespaces, requests) = (
            Kind::served("", "namespaces").unwrap(),
            Kind::served(team_operator::api::GROUP, "elevationrequests").unwrap(),
        );
        for namespace in self.objects(namespaces) {
            let name = namespace["metadata"]["name"].as_str().unwrap_or_default();
            let inside = |object: &std::sync::Arc<Value>| object["metadata"]["namespace"] == name;
            if namespace["metadata"]["deletionTimestamp"].is_string()
                && !self.objects(requests).iter().any(inside)
            {
                let last = self.store().remove(&Place::new(namespaces, "", name));
                self.chronicle.note(Happened::Object {
                    plural: namespaces.plural,
                    before: last.map(|last| last.object),
                    after: None,
                });
            }
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "they are what the server knows of a call"
    )]
    fn admit(
        &self,
        writer: Writer<'_>,
        operation: &str,
        kind: &Kind,
        subresource: &str,
        place: &Place,
        object: &Value,
        old_object: &Value,
    ) -> Result<(), Refusal> {
        let namespaces = Kind::served("", "namespaces").unwrap();
        let namespace = self.object(namespaces, "", &place.namespace);
        let question = Question {
            operation,
            user: writer.user,
            group: kind.group,
            resource: kind.plural,
            subresource,
            namespace: &place.namespace,
            name: &place.name,
            object,
            old_object,
            namespace_object: namespace.as_deref().unwrap_or(&Value::Null),
            may_revoke: self.may_revoke.contains(writer.user),
        };
        match policies::refusal(&self.in_force(), &question) {
            None => Ok(()),
            Some(denial) => Err(Refusal::forbidden(
                kind,
                &place.name,
                &denial.reason,
                &denial.sentence,
            )),
        }
    }

    fn in_force(&self) -> InForce {
        let of = |group: &str, plural: &str| self.objects(Kind::served(group, plural).unwrap());
        let policies = of("admissionregistration.k8s.io", "validatingadmissionpolicies").into_iter();
        let named = |policy: std::sync::Arc<Value>| {
            (
                policy["metadata"]["name"].as_str().unwrap_or_default().to_owned(),
                policy,
            )
        };
        let mut bindings = of(
            "admissionregistration.k8s.io",
            "validatingadmissionpolicybindings",
        );
        // What is wrong with the request itself is said before what is wrong with its limits.
        bindings.sort_by_key(|binding| binding["spec"]["policyName"] == "team-operator-limits");
        InForce {
            policies: policies.map(named).collect(),
            bindings,
            settings: of(team_operator::api::GROUP, "teamsettings").into_iter().next(),
        }
    }

    fn timestamp(&self) -> String {
        self.chronicle
            .clock
            .now()
            .to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

fn leaves(object: &Value) -> bool {
    let metadata = &object["metadata"];
    let kept = metadata["finalizers"]
        .as_array()
        .is_some_and(|all| !all.is_empty());
    // The finalizer of a namespace is what is in it.
    metadata["deletionTimestamp"].is_string() && !kept && object["kind"] != "Namespace"
}

fn keep_what_is_the_servers(new: &mut Value, old: &Value) {
    for field in [
        "uid",
        "creationTimestamp",
        "generation",
        "resourceVersion",
        "deletionTimestamp",
        "namespace",
        "name",
    ] {
        match &old["metadata"][field] {
            Value::Null => drop(new["metadata"].as_object_mut().map(|fields| fields.remove(field))),
            value => new["metadata"][field] = value.clone(),
        }
    }
    if new["metadata"]["finalizers"] == json!([]) || new["metadata"]["finalizers"].is_null() {
        new["metadata"]
            .as_object_mut()
            .map(|fields| fields.remove("finalizers"));
    }
}

/// A finalizer that comes when the object is being deleted already.
fn late_finalizer(new: &Value, old: &Value) -> Option<String> {
    let finalizers = |object: &Value| {
        object["metadata"]["finalizers"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    let known = finalizers(old);
    let late = finalizers(new).into_iter().find(|one| !known.contains(one))?;
    old["metadata"]["deletionTimestamp"].is_string().then(|| {
        format!(
            "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers [{late}]"
        )
    })
}

/// Whether anything but metadata differs, and but the status where that is a subresource. Namespaces have a status, too.
fn is_another_text(kind: &Kind, new: &Value, old: &Value) -> bool {
    let is_text = |name: &str| {
        name != "metadata" && (name != "status" || kind.schema().is_some() && !kind.has_status_subresource())
    };
    let text = |object: &Value| {
        let fields = object.as_object().cloned().unwrap_or_default();
        fields
            .into_iter()
            .filter(|(name, _)| is_text(name))
            .collect::<Vec<_>>()
    };
    text(new) != text(old)
}
