//! What is told of: a request, or the guard.

use crate::api::{
    Condition, ConditionType, ElevationRequestSpec, ElevationRequestStatus, RequestReportSpec, Timestamp,
};

/// An object of which people are told, as far as it could be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its name, namespace and uid.
    pub about: RequestReportSpec,
    /// When it was created.
    pub created: Timestamp,
    /// What it is.
    pub subject: Subject,
}

/// What an object of which people are told is.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A request.
    Request(Box<(ElevationRequestSpec, ElevationRequestStatus)>),
    /// The conditions of the settings.
    Settings(Vec<Condition>),
}

impl Told {
    /// The request's spec and status, where it is one.
    pub fn request(&self) -> Option<(&ElevationRequestSpec, &ElevationRequestStatus)> {
        match &self.subject {
            Subject::Request(request) => Some((&request.0, &request.1)),
            Subject::Settings(_) => None,
        }
    }

    /// The condition about the guard, where this is the settings.
    pub(super) fn guard(&self) -> Option<&Condition> {
        match &self.subject {
            Subject::Settings(conditions) => conditions
                .iter()
                .find(|condition| condition.kind == ConditionType::GuardIntact),
            Subject::Request(_) => None,
        }
    }
}
