//! The objects that the controller needs in a cluster, ready to apply.
//!
//! The sources are YAML files beside this one; they can be applied as they are and name the default installation.
//! An [`Installation`] puts other names in their place, in texts that the API server compiles: that is why names
//! are checked first.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::api;

/// The namespace and the service account that the sources name.
const DEFAULT_NAMESPACE: &str = "team-operator-system";
const DEFAULT_SERVICE_ACCOUNT: &str = "team-operator";

/// The policy whose variable `policyWriters` an installation fills, and where that is.
const POLICY_WRITERS: &str = "team-operator-policy-writers";
const POLICY_WRITERS_LIST: &str = "/spec/variables/0/expression";

/// A policy that names the controller, and where it does.
pub(super) const CONTROLLER_POLICY: &str = "team-operator-assignments";
const CONTROLLER_NAME: &str = "/spec/variables/0/expression";

/// The maximum length of a Kubernetes user name here.
const USER_LENGTH: usize = 256;

const VALIDATING: [&str; 9] = [
    include_str!("policies/requests.yaml"),
    include_str!("policies/limits.yaml"),
    include_str!("policies/decisions.yaml"),
    include_str!("policies/assignments.yaml"),
    include_str!("policies/reviews.yaml"),
    include_str!("policies/identity.yaml"),
    include_str!("policies/installation.yaml"),
    include_str!("policies/definitions.yaml"),
    include_str!("policies/policy-writers.yaml"),
];
const PROTECTING: [&str; 1] = [include_str!("policies/deletions.yaml")];
const MUTATING: [&str; 2] = [
    include_str!("policies/stamping.yaml"),
    include_str!("policies/misdirected.yaml"),
];
const ROLES: [&str; 2] = [
    include_str!("roles/people.yaml"),
    include_str!("roles/controller.yaml"),
];

/// The sources, parsed once. They are part of the program: one that does not parse fails the first test.
#[expect(
    clippy::expect_used,
    reason = "the text is compiled in and a unit test parses it"
)]
static PARSED: LazyLock<[Vec<Value>; 4]> = LazyLock::new(|| {
    let parse = |sources: &[&str]| -> Vec<Value> {
        let documents = sources.iter().map(|s| serde_saphyr::from_multiple::<Value>(s));
        documents
            .flat_map(|d| d.expect("a source of admission is not YAML"))
            .collect()
    };
    [
        parse(&VALIDATING),
        parse(&MUTATING),
        parse(&ROLES),
        parse(&PROTECTING),
    ]
});

/// The names of one installation of the controller in a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    namespace: String,
    service_account: String,
    policy_writers: PolicyWriters,
    stamping: bool,
}

/// Who may write policies and settings.
#[derive(Debug, Clone, PartialEq, Eq)]
enum PolicyWriters {
    /// These users; with none, RBAC alone decides.
    Named(Vec<String>),
    /// Whoever the policy in the cluster names.
    AsInstalled,
}

/// A name that cannot be used in an installation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstallationError {
    /// Not a name that Kubernetes takes.
    #[error("{what} {value:?} is no Kubernetes name: use lower case letters, digits and dashes, at most 63")]
    NotAName {
        /// What the name is for.
        what: &'static str,
        /// What was given.
        value: String,
    },
    /// An entry of `policyWriters` that no user can have.
    #[error("an entry of policyWriters is empty or longer than 256 characters: name Kubernetes users")]
    NotAUser,
}

impl Default for Installation {
    /// Namespace `team-operator-system`, service account `team-operator`, no `policyWriters`, with stamping.
    fn default() -> Self {
        Self {
            namespace: DEFAULT_NAMESPACE.to_owned(),
            service_account: DEFAULT_SERVICE_ACCOUNT.to_owned(),
            policy_writers: PolicyWriters::Named(Vec::new()),
            stamping: true,
        }
    }
}

impl Installation {
    /// An installation in a namespace and under a service account of other names.
    pub fn new(namespace: &str, service_account: &str) -> Result<Self, InstallationError> {
        for (what, value) in [
            ("the namespace", namespace),
            ("the service account", service_account),
        ] {
            checked_label(what, value)?;
        }
        Ok(Self {
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
            ..Self::default()
        })
    }

    /// Lets only these Kubernetes users write policies and settings; with none, RBAC alone decides.
    pub fn with_policy_writers(self, policy_writers: Vec<String>) -> Result<Self, InstallationError> {
        if !policy_writers.iter().all(|user| is_user(user)) {
            return Err(InstallationError::NotAUser);
        }
        Ok(Self {
            policy_writers: PolicyWriters::Named(policy_writers),
            ..self
        })
    }

    /// Leaves it to the policy in the cluster who may write policies: any list of users there is the right one. The controller
    /// needs no option of its own that would have to say the same.
    #[must_use]
    pub fn with_policy_writers_as_installed(self) -> Self {
        Self {
            policy_writers: PolicyWriters::AsInstalled,
            ..self
        }
    }

    /// Whether names that are left out are filled in (needs MutatingAdmissionPolicy, Kubernetes 1.36).
    #[must_use]
    pub fn with_stamping(self, stamping: bool) -> Self {
        Self { stamping, ..self }
    }

    /// The namespace that the controller runs in.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name of the controller's service account.
    pub fn service_account(&self) -> &str {
        &self.service_account
    }

    /// The Kubernetes user name of the controller, by which every policy knows it.
    pub fn controller_user_name(&self) -> String {
        user_name(&self.namespace, &self.service_account)
    }

    /// Everything, in an order in which it can be applied.
    pub fn manifests(&self) -> Vec<Value> {
        let namespace = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": self.namespace },
        });
        let mut all = api::all_crds();
        all.push(namespace);
        all.extend(self.roles());
        all.extend(self.policies());
        all
    }

    /// The admission policies with their bindings: the validating ones, which are the guarantee, the one against deletions by
    /// mistake, and with stamping the mutating ones, which are a convenience.
    pub fn policies(&self) -> Vec<Value> {
        let mut policies = self.validating_policies();
        policies.extend(self.deletion_policies());
        if self.stamping {
            policies.extend(self.mutating_policies());
        }
        policies
    }

    /// The policies and bindings that the guarantee rests on.
    pub fn validating_policies(&self) -> Vec<Value> {
        PARSED[0].iter().map(|source| self.render(source)).collect()
    }

    /// The policy and binding that prevent deletions by mistake of what the controller needs.
    pub fn deletion_policies(&self) -> Vec<Value> {
        PARSED[3].iter().map(|source| self.render(source)).collect()
    }

    /// The policies and bindings that fill in names and catch misdirected decisions.
    pub fn mutating_policies(&self) -> Vec<Value> {
        PARSED[1].iter().map(|source| self.render(source)).collect()
    }

    /// The roles for people, and the controller's service account with its own.
    pub fn roles(&self) -> Vec<Value> {
        PARSED[2].iter().map(|source| self.render(source)).collect()
    }

    fn render(&self, source: &Value) -> Value {
        let mut object = source.clone();
        self.put_names(&mut object);
        if object["kind"] == "ServiceAccount" {
            object["metadata"]["name"] = json!(self.service_account);
        }
        for subject in object
            .get_mut("subjects")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            subject["name"] = json!(self.service_account);
        }
        if object["metadata"]["name"] == POLICY_WRITERS
            && let Some(list) = object.pointer_mut(POLICY_WRITERS_LIST)
        {
            let none = Vec::new();
            let writers = match &self.policy_writers {
                PolicyWriters::Named(writers) => writers,
                PolicyWriters::AsInstalled => &none,
            };
            // A JSON list of strings is a CEL list of the same strings.
            *list = json!(json!(writers).to_string());
        }
        object
    }

    /// The source that an object in the cluster is compared with: `source`, but for the policy writers where the cluster has the
    /// say about them. What is not a literal list of users stays a difference.
    pub(super) fn source_for(&self, source: &Value, live: &Value) -> Value {
        let mut source = source.clone();
        if self.policy_writers == PolicyWriters::AsInstalled
            && source["metadata"]["name"] == POLICY_WRITERS
            && let Some(theirs) = live.pointer(POLICY_WRITERS_LIST).and_then(Value::as_str)
            && serde_json::from_str::<Vec<String>>(theirs)
                .is_ok_and(|users| users.iter().all(|user| is_user(user)))
            && let Some(ours) = source.pointer_mut(POLICY_WRITERS_LIST)
        {
            *ours = json!(theirs);
        }
        source
    }

    /// Replaces the default names in every text of an object: between user names, which contain the namespace, the
    /// namespace.
    fn put_names(&self, node: &mut Value) {
        match node {
            Value::String(text) => {
                let default = user_name(DEFAULT_NAMESPACE, DEFAULT_SERVICE_ACCOUNT);
                let between = text
                    .split(&default)
                    .map(|part| part.replace(DEFAULT_NAMESPACE, &self.namespace));
                *text = between.collect::<Vec<_>>().join(&self.controller_user_name());
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.put_names(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.put_names(field)),
            _ => {}
        }
    }
}

/// The Kubernetes user name by which this policy, [`CONTROLLER_POLICY`], knows the controller; `None` when it names nobody.
pub(super) fn controller_named_by(policy: &Value) -> Option<&str> {
    let expression = policy.pointer(CONTROLLER_NAME)?.as_str()?;
    expression.trim().strip_prefix('\'')?.strip_suffix('\'')
}

fn is_user(name: &str) -> bool {
    (1..=USER_LENGTH).contains(&name.len())
}

fn user_name(namespace: &str, service_account: &str) -> String {
    format!("system:serviceaccount:{namespace}:{service_account}")
}

/// Refuses a name that Kubernetes does not take.
pub(super) fn checked_label(what: &'static str, value: &str) -> Result<(), InstallationError> {
    if is_dns_label(value) {
        return Ok(());
    }
    Err(InstallationError::NotAName {
        what,
        value: value.to_owned(),
    })
}

/// RFC 1123 label, which namespaces are and service accounts should be.
fn is_dns_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests;
