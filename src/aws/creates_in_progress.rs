//! Which creates of an assignment AWS lists as in progress, from sso-admin.

use std::collections::BTreeSet;

use aws_sdk_ssoadmin::operation::list_account_assignment_creation_status::ListAccountAssignmentCreationStatusOutput;
use aws_sdk_ssoadmin::types::{
    AccountAssignmentOperationStatus, OperationStatusFilter, PrincipalType, StatusValues,
};

use super::assignments::{described, state};
use super::budget::Family;
use super::call_site::{CallSite, Service};
use super::connect::{Aws, aged};
use crate::ports::{Aged, AssignmentKey, CallOptions, OperationKind, OperationState, PortError, RequestId};

impl Aws {
    /// Lists the creates in progress, and asks about each of them: a row does not say what it is about.
    pub(super) async fn find_creates_in_progress(
        &self,
        options: &CallOptions,
        key: &AssignmentKey,
    ) -> Result<Aged<Vec<RequestId>>, PortError> {
        let resource = format!("the creates of {}", described(key));
        let site = CallSite::read(Service::SsoAdmin, "ListAccountAssignmentCreationStatus", resource);
        self.check_instance(&site, key)?;
        let asked = self.now();
        let mut found = Vec::new();
        for request in self.list_creates_in_progress(options, &site).await? {
            if self.is_in_progress_for(options, &request, key).await? {
                found.push(request);
            }
        }
        Ok(aged(found, asked))
    }

    async fn list_creates_in_progress(
        &self,
        options: &CallOptions,
        site: &CallSite,
    ) -> Result<BTreeSet<RequestId>, PortError> {
        let mut listed = BTreeSet::new(); // pages of a list that changes may overlap
        let in_progress = OperationStatusFilter::builder()
            .status(StatusValues::InProgress)
            .build();
        let list = || self.shared.sso.list_account_assignment_creation_status();
        let call = |token| {
            list()
                .instance_arn(self.shared.instance_arn.as_str())
                .filter(in_progress.clone())
                .set_next_token(token)
                .send()
        };
        let take = |page: &ListAccountAssignmentCreationStatusOutput| {
            for row in page.account_assignments_creation_status() {
                let id = row.request_id().ok_or_else(|| site.incomplete("RequestId"))?;
                listed.insert(RequestId::new(id));
            }
            Ok(page.next_token().map(Into::into))
        };
        let caller = &self.shared.caller;
        caller.pages(Family::SsoAdmin, options, site, call, take).await?;
        Ok(listed)
    }

    /// Not [`Assignments::status`](crate::ports::Assignments::status), which may answer without a call and takes a record
    /// that vanished for an answer.
    async fn is_in_progress_for(
        &self,
        options: &CallOptions,
        request: &RequestId,
        key: &AssignmentKey,
    ) -> Result<bool, PortError> {
        let site = CallSite::read(
            Service::SsoAdmin,
            "DescribeAccountAssignmentCreationStatus",
            format!("operation {request}, which is listed as in progress"),
        );
        let client = &self.shared.sso;
        let call = client
            .describe_account_assignment_creation_status()
            .instance_arn(self.shared.instance_arn.as_str())
            .account_assignment_creation_request_id(request.as_str())
            .send();
        let answer = self
            .shared
            .caller
            .run(Family::SsoAdmin, options, &site, call)
            .await?;
        let status = answer.account_assignment_creation_status();
        let state = state(OperationKind::Creation, &site, status)?;
        let status = status.ok_or_else(|| site.incomplete("status"))?;
        Ok(matches!(state, OperationState::InProgress { .. }) && is_about(&site, status, key)?)
    }
}

/// Whether an operation is about this key. One that does not say what it is about could be, and is an error.
fn is_about(
    site: &CallSite,
    status: &AccountAssignmentOperationStatus,
    key: &AssignmentKey,
) -> Result<bool, PortError> {
    let of_a_user = match status.principal_type() {
        Some(PrincipalType::User) => true,
        Some(PrincipalType::Group) => false,
        _ => return Err(site.incomplete("known PrincipalType")),
    };
    let told = |value: Option<&str>, name, wanted: &str| match value {
        Some(value) => Ok(value == wanted),
        None => Err(site.incomplete(name)),
    };
    let user = told(status.principal_id(), "PrincipalId", key.user_id.as_str())?;
    let account = told(status.target_id(), "TargetId", key.account_id.as_str())?;
    let arn = key.permission_set_arn.as_str();
    let permission_set = told(status.permission_set_arn(), "PermissionSetArn", arn)?;
    Ok(of_a_user && user && account && permission_set)
}
