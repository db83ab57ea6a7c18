//! What a request shows of the assignment that it claims.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::phase::AssignmentState;
use super::time::Timestamp;

/// The AccountAssignment that a request claims, restated for those who read the request.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimedAssignment {
    /// The name of the AccountAssignment.
    #[schemars(length(max = 253))]
    pub name: String,
    /// Its state when this status was written.
    pub state: AssignmentState,
    /// From when on there may have been access: the later of the claim's beginning and the last list without the
    /// assignment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub possible_from: Option<Timestamp>,
    /// When AWS confirmed that the assignment is gone, or, where another request keeps it, when the claim ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_time: Option<Timestamp>,
    /// Until when AWS credentials that were issued before the end can still work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_expiry_time: Option<Timestamp>,
    /// The newest error of AWS, as a sentence.
    #[schemars(length(max = 1024))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}
