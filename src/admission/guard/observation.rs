//! What the guard observed in the cluster, as values.

use super::compare::Comparison;

/// The state of the cluster at one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Every expected object, or why they could not be read.
    pub objects: Result<Vec<LiveObject>, String>,
    /// The result of the forgery.
    pub probe: Probe,
}

/// One expected object as it is in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveObject {
    /// Its kind, such as `ValidatingAdmissionPolicy`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Whether requests or records can be forged without it. The mutating policies are a convenience, not a guarantee.
    pub enforcing: bool,
    /// What the cluster has under this name.
    pub found: Option<Found>,
}

/// What the cluster has under an expected name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The object's uid: another one shows that it was deleted and recreated.
    pub uid: String,
    /// The object's generation: it rises by one with every change of its spec.
    pub generation: i64,
    /// Whether it denies what it does not allow: a binding without `Deny`, or a policy that ignores its own failures,
    /// does not.
    pub denies: bool,
    /// Whether its spec equals that of the manifest.
    pub text: Comparison,
}

/// The result of a forged write, made as a dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// Our policy refused it.
    Refused,
    /// It would have been stored.
    Passed,
    /// The result is unknown; the text says why.
    Inconclusive(String),
}
