//! Assignments, from sso-admin.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_ssoadmin::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_ssoadmin::config::retry::RetryConfig;
use aws_sdk_ssoadmin::config::{self, ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ssoadmin::error::BoxError;
use aws_sdk_ssoadmin::operation::list_account_assignments::ListAccountAssignmentsOutput;
use aws_sdk_ssoadmin::types::{AccountAssignmentOperationStatus, PrincipalType, StatusValues, TargetType};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;

use super::budget::{Family, Poll, Slot};
use super::call_site::{CallSite, Service};
use super::connect::{Aws, aged};
use super::failures;
use crate::ports::{
    AccountId, Aged, AssignmentKey, Assignments, CallOptions, Class, CreateAnswer, DeleteAnswer, Effect,
    GoneEvidence, GroupId, Listing, OperationKind, OperationState, PermissionSetArn, PortError, Principal,
    RequestId, SendPermit, UserId,
};

const SERVICE: Service = Service::SsoAdmin;
const FAMILY: Family = Family::SsoAdmin;

#[async_trait]
impl Assignments for Aws {
    async fn list(
        &self,
        options: &CallOptions,
        account: &AccountId,
        permission_set: &PermissionSetArn,
    ) -> Result<Aged<Listing>, PortError> {
        let resource = format!("account {account} and permission set {permission_set}");
        let site = CallSite::read(SERVICE, "ListAccountAssignments", resource);
        let (asked, mut listing) = (self.now(), Listing::default());
        let list = || {
            let list = self
                .shared
                .sso
                .list_account_assignments()
                .instance_arn(self.shared.instance_arn.as_str());
            list.account_id(account.as_str())
                .permission_set_arn(permission_set.as_str())
        };
        let call = |token| list().set_next_token(token).send();
        let take = |page: &ListAccountAssignmentsOutput| {
            for row in page.account_assignments() {
                let id = row.principal_id().ok_or_else(|| site.incomplete("PrincipalId"))?;
                listing.principals.push(match row.principal_type() {
                    Some(PrincipalType::User) => Principal::User(UserId::new(id)),
                    Some(PrincipalType::Group) => Principal::Group(GroupId::new(id)),
                    _ => return Err(site.incomplete("known PrincipalType")),
                });
            }
            Ok(page.next_token().map(Into::into))
        };
        self.shared
            .caller
            .pages(FAMILY, options, &site, call, take)
            .await?;
        listing.principals.sort();
        listing.principals.dedup(); // pages of a list that changes may overlap
        Ok(aged(listing, asked))
    }

    async fn create(
        &self,
        options: &CallOptions,
        key: &AssignmentKey,
        permit: Arc<dyn SendPermit>,
    ) -> Result<CreateAnswer, PortError> {
        let site = write_site("CreateAccountAssignment", key);
        let kind = OperationKind::Creation;
        self.check_instance(&site, key)?;
        let slot = self.started(options, &site, key, kind).await?;
        let permit_check = PermitCheck {
            permit,
            withheld: Arc::default(),
        };
        let withheld = permit_check.withheld.clone();
        let client = &self.shared.sso;
        let call = client
            .create_account_assignment()
            .instance_arn(key.instance_arn.as_str())
            .target_id(key.account_id.as_str())
            .target_type(TargetType::AwsAccount)
            .permission_set_arn(key.permission_set_arn.as_str())
            .principal_type(PrincipalType::User)
            .principal_id(key.user_id.as_str())
            .customize()
            .config_override(once())
            .interceptor(permit_check)
            .send();
        let answer = match self.shared.caller.run_prepaid(FAMILY, &site, call).await {
            Ok(answer) => answer,
            Err(_) if withheld.load(Ordering::Acquire) => return Ok(CreateAnswer::Withheld),
            Err(error) => return Err(error),
        };
        let (request, state) = accepted(kind, &site, answer.account_assignment_creation_status(), slot)?;
        Ok(CreateAnswer::Accepted { request, state })
    }

    async fn delete(&self, options: &CallOptions, key: &AssignmentKey) -> Result<DeleteAnswer, PortError> {
        let site = write_site("DeleteAccountAssignment", key);
        let kind = OperationKind::Deletion;
        let slot = self.started(options, &site, key, kind).await?;
        let client = &self.shared.sso;
        let call = client
            .delete_account_assignment()
            .instance_arn(key.instance_arn.as_str())
            .target_id(key.account_id.as_str())
            .target_type(TargetType::AwsAccount)
            .permission_set_arn(key.permission_set_arn.as_str())
            .principal_type(PrincipalType::User)
            .principal_id(key.user_id.as_str())
            .customize()
            .config_override(once())
            .send();
        let answer = match self.shared.caller.run_prepaid(FAMILY, &site, call).await {
            Ok(answer) => answer,
            // AWS does not say what is missing. The caller's list, which needs the instance, the account and the set,
            // distinguishes a missing assignment from a missing instance.
            Err(error) if error.class == Class::NotFound => {
                return Ok(DeleteAnswer::AlreadyGone(GoneEvidence::NotFoundAnswer));
            }
            Err(error) => {
                if error.class == Class::Conflict {
                    self.shared.caller.budget.busy(&key.account_id);
                }
                return Err(error);
            }
        };
        let (request, state) = accepted(kind, &site, answer.account_assignment_deletion_status(), slot)?;
        Ok(match state {
            OperationState::AlreadyGone(evidence) => DeleteAnswer::AlreadyGone(evidence),
            state => DeleteAnswer::Accepted { request, state },
        })
    }

    async fn status(
        &self,
        options: &CallOptions,
        kind: OperationKind,
        account: &AccountId,
        request: &RequestId,
    ) -> Result<OperationState, PortError> {
        let budget = &self.shared.caller.budget;
        if let Poll::NotBefore(ask_again_in) = budget.poll(account, kind, request) {
            return Ok(OperationState::InProgress { ask_again_in });
        }
        let state = match self.poll_operation(options, kind, account, request).await {
            Ok(state) => state,
            Err(error) if error.class == Class::NotFound => OperationState::Vanished,
            Err(error) => return Err(error),
        };
        Ok(match state {
            OperationState::InProgress { .. } => OperationState::InProgress {
                ask_again_in: budget.still_open(kind, request),
            },
            over => {
                budget.settled(kind, request);
                over
            }
        })
    }

    async fn creates_in_progress(
        &self,
        options: &CallOptions,
        key: &AssignmentKey,
    ) -> Result<Aged<Vec<RequestId>>, PortError> {
        self.find_creates_in_progress(options, key).await
    }
}

impl Aws {
    /// A slot for an operation in the account and the right to call.
    async fn started(
        &self,
        options: &CallOptions,
        site: &CallSite,
        key: &AssignmentKey,
        kind: OperationKind,
    ) -> Result<Slot, PortError> {
        let caller = &self.shared.caller;
        let slot = caller.budget.start(options, &key.account_id, kind);
        caller.waits(options, site, slot).await
    }

    /// Refuses an assignment of another instance than the configured one.
    pub(super) fn check_instance(&self, site: &CallSite, key: &AssignmentKey) -> Result<(), PortError> {
        let configured = &self.shared.instance_arn;
        if key.instance_arn == *configured {
            return Ok(());
        }
        let sentence = format!(
            "the assignment belongs to instance {}, and {configured} is configured. Configure the one it was made in.",
            key.instance_arn
        );
        Err(site.error(Class::Invalid, Effect::None, sentence))
    }

    async fn poll_operation(
        &self,
        options: &CallOptions,
        kind: OperationKind,
        account: &AccountId,
        request: &RequestId,
    ) -> Result<OperationState, PortError> {
        let instance = self.shared.instance_arn.as_str();
        let resource = format!("operation {request} in account {account}");
        let (client, caller) = (&self.shared.sso, &self.shared.caller);
        match kind {
            OperationKind::Creation => {
                let site = CallSite::read(SERVICE, "DescribeAccountAssignmentCreationStatus", resource);
                let call = client
                    .describe_account_assignment_creation_status()
                    .instance_arn(instance)
                    .account_assignment_creation_request_id(request.as_str())
                    .send();
                let answer = caller.run(FAMILY, options, &site, call).await?;
                state(kind, &site, answer.account_assignment_creation_status())
            }
            OperationKind::Deletion => {
                let site = CallSite::read(SERVICE, "DescribeAccountAssignmentDeletionStatus", resource);
                let call = client
                    .describe_account_assignment_deletion_status()
                    .instance_arn(instance)
                    .account_assignment_deletion_request_id(request.as_str())
                    .send();
                let answer = caller.run(FAMILY, options, &site, call).await?;
                state(kind, &site, answer.account_assignment_deletion_status())
            }
        }
    }
}

fn write_site(operation: &'static str, key: &AssignmentKey) -> CallSite {
    CallSite::write(SERVICE, operation, described(key))
}

/// The assignment, for sentences.
pub(super) fn described(key: &AssignmentKey) -> String {
    let AssignmentKey {
        instance_arn: _,
        user_id,
        account_id,
        permission_set_arn,
    } = key;
    format!("user {user_id} in account {account_id} with permission set {permission_set_arn}")
}

/// A write is sent once: with retries, the response to the second attempt would hide the outcome of the first.
fn once() -> config::Builder {
    config::Builder::new().retry_config(RetryConfig::disabled())
}

/// The operation that AWS accepted. Its slot stays occupied until it finishes.
fn accepted(
    kind: OperationKind,
    site: &CallSite,
    status: Option<&AccountAssignmentOperationStatus>,
    slot: Slot,
) -> Result<(RequestId, OperationState), PortError> {
    let request = status.and_then(AccountAssignmentOperationStatus::request_id);
    let request = RequestId::new(request.ok_or_else(|| site.incomplete("RequestId"))?);
    let state = match state(kind, site, status)? {
        OperationState::InProgress { .. } => OperationState::InProgress {
            ask_again_in: slot.keep(&request),
        },
        over => over,
    };
    Ok((request, state))
}

/// How an operation stands, by AWS's answer about it.
pub(super) fn state(
    kind: OperationKind,
    site: &CallSite,
    status: Option<&AccountAssignmentOperationStatus>,
) -> Result<OperationState, PortError> {
    let status = status.ok_or_else(|| site.incomplete("status"))?;
    match status.status() {
        Some(StatusValues::Succeeded) => Ok(OperationState::Succeeded),
        Some(StatusValues::Failed) => Ok(failures::failed(
            kind,
            status.failure_reason().unwrap_or_default(),
        )),
        Some(StatusValues::InProgress) => Ok(OperationState::InProgress {
            ask_again_in: Duration::ZERO,
        }),
        _ => Err(site.incomplete("known Status")),
    }
}

/// Asks the permit right before a create is signed, and stops it without one.
#[derive(Debug)]
struct PermitCheck {
    permit: Arc<dyn SendPermit>,
    withheld: Arc<AtomicBool>,
}

#[dyn_dispatch_hint]
impl Intercept for PermitCheck {
    fn name(&self) -> &'static str {
        "PermitCheck"
    }

    fn read_before_signing(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.permit.still_good() {
            return Ok(());
        }
        self.withheld.store(true, Ordering::Release);
        Err("the permit to send this request was withdrawn".into())
    }
}
