//! The instance, and the routing of sso-admin's operations.

use chrono::{DateTime, Utc};

use super::faults::Effect;
use super::operation::{Call, Operation};
use super::pages::PAGE;
use super::reply::{EncryptionDetails, InstanceDescription, InstanceMetadata, Outcome, Reply, ServiceError};
use super::settings::EncryptionKey;
use super::world::World;

impl World {
    /// Every sso-admin operation.
    pub(super) fn sso_admin(&mut self, call: &Call, effect: Option<&Effect>, now: DateTime<Utc>) -> Outcome {
        let operation = &call.operation;
        let foreign_region = call.region.as_ref().is_some_and(|region| *region != self.region);
        if let Operation::ListInstances { paging } = operation {
            let here = if foreign_region {
                Vec::new()
            } else {
                vec![self.instance_metadata()]
            };
            let (instances, next_token) = self.page(here, paging, PAGE)?;
            return Ok(Reply::Instances {
                instances,
                next_token,
            });
        }
        let named = instance_of(operation);
        if foreign_region || named.is_some_and(|arn| *arn != self.ids.instance_arn()) {
            let arn = named.map_or("", String::as_str);
            return Err(ServiceError::not_found(&format!("Instance with ARN {arn}")));
        }
        self.key_usable(operation)?;
        match operation {
            Operation::DescribeInstance { .. } => Ok(Reply::Instance(Box::new(self.instance_description()))),
            Operation::ListPermissionSets { .. }
            | Operation::DescribePermissionSet { .. }
            | Operation::ListAccountsForProvisionedPermissionSet { .. }
            | Operation::ListPermissionSetsProvisionedToAccount { .. } => {
                self.permission_sets(operation, now)
            }
            _ => self.assignment_calls(operation, effect, now),
        }
    }

    /// A customer managed key is needed for everything but the description of the instance itself.
    fn key_usable(&self, operation: &Operation) -> Result<(), ServiceError> {
        if matches!(operation, Operation::DescribeInstance { .. }) {
            return Ok(());
        }
        let (code, reason, message) = match self.settings.encryption_key {
            EncryptionKey::AwsOwned | EncryptionKey::CustomerManaged => return Ok(()),
            EncryptionKey::CustomerManagedDenied => (
                "AccessDeniedException",
                "KMS_AccessDeniedException",
                "The caller may not use the customer managed key of the instance.",
            ),
            EncryptionKey::CustomerManagedDisabled => (
                "ValidationException",
                "KMS_DisabledException",
                "The customer managed key of the instance is disabled.",
            ),
        };
        let mut error = ServiceError::new(code, message);
        error.reason = Some(reason.into());
        Err(error)
    }

    fn instance_metadata(&self) -> InstanceMetadata {
        InstanceMetadata {
            instance_arn: self.ids.instance_arn(),
            identity_store_id: self.ids.identity_store_id(),
            identity_store_arn: self.ids.identity_store_arn(),
            owner_account_id: self.ids.management_account.clone(),
            name: "sandbox".into(),
            created_date: seconds(self.began_at),
            status: self.settings.instance_status.clone(),
            primary_region: self
                .settings
                .primary_region
                .clone()
                .unwrap_or_else(|| self.region.clone()),
        }
    }

    fn instance_description(&self) -> InstanceDescription {
        let owned = self.settings.encryption_key == EncryptionKey::AwsOwned;
        let key = format!(
            "arn:{}:kms:{}:{}:key/00000000-0000-4000-a000-000000000000",
            self.ids.partition, self.region, self.ids.management_account
        );
        InstanceDescription {
            metadata: self.instance_metadata(),
            permission_sets_enabled: self.settings.permission_sets_enabled,
            encryption_configuration_details: EncryptionDetails {
                key_type: if owned {
                    "AWS_OWNED_KMS_KEY"
                } else {
                    "CUSTOMER_MANAGED_KEY"
                }
                .into(),
                kms_key_arn: (!owned).then_some(key),
                encryption_status: "ENABLED".into(),
            },
        }
    }
}

/// AWS JSON 1.1 writes moments as seconds since 1970.
pub(super) fn seconds(moment: DateTime<Utc>) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 fit into 52 bits for 140,000 years"
    )]
    let milliseconds = moment.timestamp_millis() as f64;
    milliseconds / 1_000.0
}

fn instance_of(operation: &Operation) -> Option<&String> {
    match operation {
        Operation::DescribeInstance { instance_arn }
        | Operation::ListPermissionSets { instance_arn, .. }
        | Operation::DescribePermissionSet { instance_arn, .. }
        | Operation::ListAccountsForProvisionedPermissionSet { instance_arn, .. }
        | Operation::ListPermissionSetsProvisionedToAccount { instance_arn, .. }
        | Operation::ListAccountAssignments { instance_arn, .. }
        | Operation::DescribeAccountAssignmentCreationStatus { instance_arn, .. }
        | Operation::ListAccountAssignmentCreationStatus { instance_arn, .. }
        | Operation::DescribeAccountAssignmentDeletionStatus { instance_arn, .. } => Some(instance_arn),
        Operation::CreateAccountAssignment(input) | Operation::DeleteAccountAssignment(input) => {
            Some(&input.instance_arn)
        }
        _ => None,
    }
}
