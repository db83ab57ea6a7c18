//! Checks at the start whether the controller can work in this AWS organization. A finding never stops it.

use aws_sdk_organizations::operation::list_delegated_administrators::ListDelegatedAdministratorsOutput;
use aws_sdk_ssoadmin::operation::describe_instance::DescribeInstanceOutput;
use aws_sdk_ssoadmin::types::{InstanceStatus, KmsKeyStatus, KmsKeyType};
use chrono::TimeDelta;

use super::budget::Family;
use super::call_site::{CallSite, Service};
use super::connect::Aws;
use crate::ports::{AccountId, CallOptions, Class, Effect, Organization, PortError, RemoteClock, TimeSeen};

/// Further apart than this, two clocks stop grants.
const CLOCKS_APART_MAX: TimeDelta = TimeDelta::seconds(30);
/// The service principal under which delegated administrators of Identity Center are registered, in all partitions.
const SERVICE_PRINCIPAL: &str = "sso.amazonaws.com";

/// One result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was checked.
    pub check: Check,
    /// The result.
    pub verdict: Verdict,
    /// For people: what was found, and what to do where that is not good.
    pub sentence: String,
}

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Check {
    /// The instance is ACTIVE.
    InstanceActive,
    /// It has permission sets; an account instance has none.
    PermissionSets,
    /// The configured region is its primary region; assignments work nowhere else.
    PrimaryRegion,
    /// Its encryption key is AWS's, or a customer's that works.
    EncryptionKey,
    /// Organizations can be read.
    Organization,
    /// We are the management account or a delegated administrator.
    Administrator,
    /// AWS's clock and the controller's agree.
    Clocks,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Works, with a limit worth knowing.
    Warning,
    /// Will not work.
    Problem,
    /// AWS gave no answer.
    Unknown,
}

impl Aws {
    /// Runs all checks, with about six calls.
    pub async fn preflight(&self) -> Vec<Finding> {
        let options = CallOptions::background();
        let mut findings = match self.describe_instance(&options).await {
            Ok(instance) => vec![
                instance_active(&instance),
                permission_sets(&instance),
                primary_region(&instance, &self.shared.region),
                encryption_key(&instance),
            ],
            Err(error) => [
                Check::InstanceActive,
                Check::PermissionSets,
                Check::PrimaryRegion,
                Check::EncryptionKey,
            ]
            .map(|check| cannot_tell(check, &error))
            .into(),
        };
        let management = self
            .management_account(&options)
            .await
            .map(|account| account.value);
        findings.push(organization(&management));
        findings.push(self.administrator(&options, management.as_ref().ok()).await);
        findings.push(clocks(self.last_seen()));
        findings
    }

    pub(super) async fn describe_instance(
        &self,
        options: &CallOptions,
    ) -> Result<DescribeInstanceOutput, PortError> {
        let arn = &self.shared.instance_arn;
        let site = CallSite::read(Service::SsoAdmin, "DescribeInstance", format!("instance {arn}"));
        let call = self
            .shared
            .sso
            .describe_instance()
            .instance_arn(arn.as_str())
            .send();
        self.shared
            .caller
            .run(Family::SsoAdmin, options, &site, call)
            .await
    }

    async fn administrator(&self, options: &CallOptions, management: Option<&AccountId>) -> Finding {
        let check = Check::Administrator;
        let ours = match self.our_account(options).await {
            Ok(ours) => ours,
            Err(error) => return cannot_tell(check, &error),
        };
        let owner = management.or_else(|| self.shared.instance.get()?.owner.as_ref());
        if Some(&ours) == owner {
            return finding(
                check,
                Verdict::Good,
                format!(
                    "The controller runs as the management account {ours}. A delegated administrator is safer: it \
                         cannot touch the management account itself."
                ),
            );
        }
        match self.delegated(options).await {
            Err(error) => cannot_tell(check, &error),
            Ok(registered) if registered.contains(&ours) => finding(
                check,
                Verdict::Good,
                format!(
                    "The controller runs as the delegated administrator {ours}. Access to the management account \
                         cannot be granted, nor permission sets that are provisioned in it."
                ),
            ),
            Ok(_) => finding(
                check,
                Verdict::Problem,
                format!(
                    "The controller runs in account {ours}, which is neither the management account nor a \
                         delegated administrator of Identity Center. Register it, or use the credentials of one."
                ),
            ),
        }
    }

    pub(super) async fn our_account(&self, options: &CallOptions) -> Result<AccountId, PortError> {
        let site = CallSite::read(Service::Sts, "GetCallerIdentity", "the controller's credentials");
        let call = self.shared.sts.get_caller_identity().send();
        let answer = self
            .shared
            .caller
            .run(Family::Other, options, &site, call)
            .await?;
        answer
            .account()
            .and_then(|id| AccountId::parse(id).ok())
            .ok_or_else(|| site.incomplete("Account"))
    }

    async fn delegated(&self, options: &CallOptions) -> Result<Vec<AccountId>, PortError> {
        let site = CallSite::read(
            Service::Organizations,
            "ListDelegatedAdministrators",
            SERVICE_PRINCIPAL,
        );
        let mut accounts = Vec::new();
        let list = || {
            self.shared
                .organizations
                .list_delegated_administrators()
                .service_principal(SERVICE_PRINCIPAL)
        };
        let call = |token| list().set_next_token(token).send();
        let take = |page: &ListDelegatedAdministratorsOutput| {
            let ids = page.delegated_administrators().iter().filter_map(|one| one.id());
            accounts.extend(ids.filter_map(|id| AccountId::parse(id).ok()));
            Ok(page.next_token().map(Into::into))
        };
        self.shared
            .caller
            .pages(Family::Other, options, &site, call, take)
            .await?;
        Ok(accounts)
    }
}

fn finding(check: Check, verdict: Verdict, sentence: impl Into<String>) -> Finding {
    Finding {
        check,
        verdict,
        sentence: sentence.into(),
    }
}

fn cannot_tell(check: Check, error: &PortError) -> Finding {
    let what = match check {
        Check::InstanceActive => "whether the instance is active",
        Check::PermissionSets => "whether the instance has permission sets",
        Check::PrimaryRegion => "whether this is the instance's primary region",
        Check::EncryptionKey => "which key encrypts the instance",
        Check::Organization => "anything about the organization",
        Check::Administrator => "whether the controller is an administrator of Identity Center",
        Check::Clocks => "whether AWS's clock and the controller's agree",
    };
    finding(check, Verdict::Unknown, format!("Unknown {what}: {error}"))
}

fn instance_active(instance: &DescribeInstanceOutput) -> Finding {
    let check = Check::InstanceActive;
    match instance.status() {
        Some(InstanceStatus::Active) => finding(check, Verdict::Good, "The instance is active."),
        other => {
            let status = other.map_or("no status", InstanceStatus::as_str);
            let reason = instance.status_reason().unwrap_or("no reason given");
            let sentence = format!(
                "The instance is not active but {status} ({reason}). Nothing can be granted until it is; look at it in the \
                 Identity Center console."
            );
            finding(check, Verdict::Problem, sentence)
        }
    }
}

fn permission_sets(instance: &DescribeInstanceOutput) -> Finding {
    let check = Check::PermissionSets;
    match instance.permission_sets_enabled() {
        Some(true) => finding(check, Verdict::Good, "The instance has permission sets."),
        Some(false) => finding(
            check,
            Verdict::Problem,
            "The instance has no permission sets: it is an account instance. Use the organization's instance.",
        ),
        None => finding(
            check,
            Verdict::Unknown,
            "AWS does not say whether the instance has permission sets.",
        ),
    }
}

fn primary_region(instance: &DescribeInstanceOutput, ours: &str) -> Finding {
    let check = Check::PrimaryRegion;
    match instance.primary_region() {
        Some(primary) if primary == ours => finding(
            check,
            Verdict::Good,
            format!("{ours} is the instance's primary region."),
        ),
        Some(primary) => finding(
            check,
            Verdict::Problem,
            format!(
                "The instance's primary region is {primary}, and {ours} is configured. Assignments work in the primary \
                     region only: set AWS_REGION={primary}."
            ),
        ),
        None => finding(
            check,
            Verdict::Unknown,
            "AWS does not say which region is the instance's primary one.",
        ),
    }
}

fn encryption_key(instance: &DescribeInstanceOutput) -> Finding {
    let check = Check::EncryptionKey;
    let Some(key) = instance.encryption_configuration_details() else {
        return finding(
            check,
            Verdict::Unknown,
            "AWS does not say which key encrypts the instance.",
        );
    };
    if key.key_type() != Some(&KmsKeyType::CustomerManagedKey) {
        return finding(
            check,
            Verdict::Good,
            "The instance is encrypted with an AWS owned key.",
        );
    }
    let arn = key.kms_key_arn().unwrap_or("not named");
    match key.encryption_status() {
        Some(KmsKeyStatus::Enabled) => finding(
            check,
            Verdict::Warning,
            format!(
                "The instance is encrypted with the customer managed key {arn}: the controller's role needs \
                     kms:Decrypt on it, and whoever disables it stops grants and removals."
            ),
        ),
        other => finding(
            check,
            Verdict::Problem,
            format!(
                "The customer managed key {arn} is not in use but {} ({}). Check its state and policy.",
                other.map_or("in no known state", KmsKeyStatus::as_str),
                key.encryption_status_reason().unwrap_or("no reason given")
            ),
        ),
    }
}

fn organization(management: &Result<AccountId, PortError>) -> Finding {
    match management {
        Ok(account) => finding(
            Check::Organization,
            Verdict::Good,
            format!("The organization can be read; its management account is {account}."),
        ),
        Err(error) => cannot_tell(Check::Organization, error),
    }
}

fn clocks(seen: Option<TimeSeen>) -> Finding {
    let Some(TimeSeen { remote, local }) = seen else {
        let site = CallSite::read(Service::SsoAdmin, "Date", "AWS's clock");
        let error = site.error(
            Class::Unavailable,
            Effect::None,
            "no response of AWS carried a date.",
        );
        return cannot_tell(Check::Clocks, &error);
    };
    let apart = (local - remote).abs();
    if apart <= CLOCKS_APART_MAX {
        return finding(
            Check::Clocks,
            Verdict::Good,
            "AWS's clock and the controller's agree.",
        );
    }
    let sentence = format!(
        "The controller's clock shows {local} and AWS's {remote}, {} s apart. Nothing is granted while they differ by more than {} s: check \
         the time synchronisation of the nodes.",
        apart.num_seconds(),
        CLOCKS_APART_MAX.num_seconds()
    );
    finding(Check::Clocks, Verdict::Problem, sentence)
}
