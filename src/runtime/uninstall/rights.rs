//! Who uninstalls, and whether they may do all of it: somebody who may not is told before anything is changed.

use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::api::{Api, PostParams};

use super::UninstallError;
use super::objects::Calls;
use crate::api::GROUP;

/// A right: verb, group, resource, subresource.
type Right = (&'static str, &'static str, &'static str, &'static str);

/// To end all access.
const TO_END_ACCESS: [Right; 8] = [
    ("get", GROUP, "teamsettings", ""),
    ("patch", GROUP, "teamsettings", ""),
    ("list", GROUP, "accountassignments", ""),
    ("list", GROUP, "elevationrequests", ""),
    ("revoke", GROUP, "elevationrequests", ""),
    ("patch", GROUP, "elevationrequests", "status"),
    ("get", "coordination.k8s.io", "leases", ""),
    ("patch", "", "namespaces", ""),
];

/// To remove everything beside that.
const TO_REMOVE: [Right; 9] = [
    ("patch", "apiextensions.k8s.io", "customresourcedefinitions", ""),
    ("delete", "apiextensions.k8s.io", "customresourcedefinitions", ""),
    ("list", "apps", "deployments", ""),
    ("delete", "apps", "deployments", ""),
    (
        "delete",
        "admissionregistration.k8s.io",
        "validatingadmissionpolicies",
        "",
    ),
    (
        "delete",
        "admissionregistration.k8s.io",
        "validatingadmissionpolicybindings",
        "",
    ),
    ("delete", "rbac.authorization.k8s.io", "clusterroles", ""),
    ("delete", "rbac.authorization.k8s.io", "clusterrolebindings", ""),
    ("delete", "", "namespaces", ""),
];

/// Kinds that are asked about in the controller's namespace alone.
const NAMESPACED: [&str; 2] = ["leases", "deployments"];

/// Fails with every right that is missing.
pub(super) async fn check(calls: &Calls, namespace: &str, removes: bool) -> Result<(), UninstallError> {
    let removing = if removes { &TO_REMOVE[..] } else { &[] };
    let mut missing = Vec::new();
    for right in TO_END_ACCESS.iter().chain(removing) {
        if !is_allowed(calls, namespace, *right).await? {
            missing.push(name_of(*right));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(UninstallError::NotAllowed(missing.join(", ")))
}

async fn is_allowed(calls: &Calls, namespace: &str, right: Right) -> Result<bool, UninstallError> {
    let (verb, group, resource, subresource) = right;
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let attributes = ResourceAttributes {
        verb: text(verb),
        group: text(group),
        resource: text(resource),
        subresource: text(subresource),
        namespace: text(namespace).filter(|_| NAMESPACED.contains(&resource)),
        ..ResourceAttributes::default()
    };
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(attributes),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    };
    let reviews: Api<SelfSubjectAccessReview> = Api::all(calls.client.clone());
    let params = PostParams::default();
    let answer = calls
        .answer("say what you may do", reviews.create(&params, &review))
        .await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

fn name_of((verb, group, resource, subresource): Right) -> String {
    let dot = if group.is_empty() { "" } else { "." };
    let slash = if subresource.is_empty() { "" } else { "/" };
    format!("{verb} {resource}{dot}{group}{slash}{subresource}")
}

/// The Kubernetes user name that the API server knows the person by: decisions are recorded under it.
pub(super) async fn who_am_i(calls: &Calls) -> Result<String, UninstallError> {
    let reviews: Api<SelfSubjectReview> = Api::all(calls.client.clone());
    let params = PostParams::default();
    let review = SelfSubjectReview::default();
    let answer = calls
        .answer("say who you are", reviews.create(&params, &review))
        .await?;
    let user = answer.status.and_then(|status| status.user_info);
    Ok(user.and_then(|user| user.username).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_is_named_as_kubectl_names_it() {
        let names = TO_END_ACCESS.map(name_of);
        assert_eq!(names[4], "revoke elevationrequests.team-operator.io");
        assert_eq!(names[5], "patch elevationrequests.team-operator.io/status");
        assert_eq!(names[7], "patch namespaces");
    }
}
