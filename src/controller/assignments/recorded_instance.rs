//! The Identity Center instance that records name, for a start without AWS.

use super::record_client::RecordClient;
use crate::admission::SealKey;
use crate::api::{AssignmentState, InstanceArn};
use crate::controller::api_call::NoAnswer;
use crate::domain::{Record, RecordSeal, StoredRecord};

/// The instance of the newest record with a valid seal whose assignment is, or may be, in AWS; nothing where there is none.
pub async fn recorded_instance(client: kube::Client, key: SealKey) -> Result<Option<InstanceArn>, NoAnswer> {
    Ok(newest(RecordClient::new(client, key).list().await?))
}

fn newest(records: Vec<StoredRecord>) -> Option<InstanceArn> {
    let sealed = records
        .into_iter()
        .filter(|stored| stored.seal != RecordSeal::Broken);
    let there = sealed.filter_map(|stored| stored.record);
    let there = there.filter(|record: &Record| record.state() != AssignmentState::Absent);
    let newest = there.max_by_key(|record| record.status.state_time);
    newest.map(|record| record.spec.instance_arn)
}
