//! Each law broken on purpose, from outside the shipped machines: what no law notices is no law.

use std::time::Duration;

use chrono::TimeDelta;
use team_operator::api::{AccountId, AssignmentKey, AssignmentState, Phase, Requirement};
use team_operator::domain::{
    Aged, Clocks, Create, Fact, Facts, FailureKind, Lease, ListAnswer, Listing, Moment, Need, OperationState,
    PolicySet, RecordSeal, SettingsFact, Snapshot, StoredRecord,
};

use crate::plan::ACCOUNTS;
use crate::process::{Pass, Work};
use crate::sim::Sim;

/// What is done wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sabotage {
    GrantsWithoutApproval,
    ReadsFromTheCache,
    LooksAnHourLate,
    SkipsRevoking,
    SendsBeforeStoring,
    IgnoresTheLease,
    TakesUnknownForAbsent,
    TakesWhatIsOpenForFailed,
    RemovesTheFinalizerEarly,
    IgnoresClocks,
    SkipsLists,
    EndsWhileItHolds,
    FindsNoCreates,
    GrantsInAnotherAccount,
    LooksNowhere,
    EndsAnHourEarly,
    NeverDeletes,
    WaitsForItsWrite,
    SleepsForEver,
    SeesNoListing,
    BelievesForgedRecords,
}

impl Sabotage {
    /// Those that are found within the steps of plain `cargo test`.
    pub(crate) const FOUND: [Sabotage; 11] = [
        Sabotage::GrantsWithoutApproval,
        Sabotage::SkipsRevoking,
        Sabotage::SendsBeforeStoring,
        Sabotage::RemovesTheFinalizerEarly,
        Sabotage::IgnoresClocks,
        Sabotage::SkipsLists,
        Sabotage::EndsWhileItHolds,
        Sabotage::LooksNowhere,
        Sabotage::NeverDeletes,
        Sabotage::SleepsForEver,
        Sabotage::SeesNoListing,
    ];

    /// Those that were not found in 40,000 steps: they are sought only where `SIMULATE_STEPS` says how long.
    pub(crate) const SOUGHT: [Sabotage; 10] = [
        Sabotage::ReadsFromTheCache,
        Sabotage::LooksAnHourLate,
        Sabotage::IgnoresTheLease,
        Sabotage::TakesUnknownForAbsent,
        Sabotage::TakesWhatIsOpenForFailed,
        Sabotage::FindsNoCreates,
        Sabotage::GrantsInAnotherAccount,
        Sabotage::EndsAnHourEarly,
        Sabotage::WaitsForItsWrite,
        Sabotage::BelievesForgedRecords,
    ];

    /// The law that it breaks.
    pub(crate) fn breaks(self) -> &'static str {
        match self {
            Sabotage::GrantsWithoutApproval | Sabotage::ReadsFromTheCache => "L1",
            Sabotage::LooksAnHourLate | Sabotage::SleepsForEver => "L2",
            Sabotage::SkipsRevoking => "L3",
            Sabotage::SendsBeforeStoring | Sabotage::IgnoresTheLease => "L4",
            Sabotage::TakesUnknownForAbsent => "L6",
            Sabotage::RemovesTheFinalizerEarly => "L7",
            Sabotage::IgnoresClocks => "L9",
            Sabotage::SkipsLists => "L11",
            Sabotage::EndsWhileItHolds => "L12",
            Sabotage::TakesWhatIsOpenForFailed | Sabotage::FindsNoCreates => "L13",
            Sabotage::GrantsInAnotherAccount => "L14",
            Sabotage::LooksNowhere => "L15",
            Sabotage::EndsAnHourEarly => "L17",
            Sabotage::NeverDeletes | Sabotage::WaitsForItsWrite => "L18",
            Sabotage::SeesNoListing => "L19",
            Sabotage::BelievesForgedRecords => "L21",
        }
    }
}

impl Sim {
    pub(crate) fn sabotage_snapshot(&self, snapshot: &mut Snapshot) {
        match self.sabotage {
            Some(Sabotage::GrantsWithoutApproval) => waive(&mut snapshot.settings),
            Some(Sabotage::BelievesForgedRecords) => {
                if let Some(record) = &mut snapshot.record {
                    self.sabotage_record(record);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn sabotage_policies(&self, policies: &mut PolicySet) {
        if self.sabotage == Some(Sabotage::GrantsWithoutApproval) {
            waive(&mut policies.settings);
        }
    }

    pub(crate) fn sabotage_record(&self, record: &mut StoredRecord) {
        if self.sabotage == Some(Sabotage::BelievesForgedRecords) && record.seal == RecordSeal::Broken {
            record.seal = RecordSeal::Valid;
        }
    }

    pub(crate) fn sabotage_moment(&self, moment: &mut Moment, work: &Work) {
        let of_record = matches!(work, Work::Record(_));
        let shifted = |by| team_operator::api::Timestamp::from(moment.now.to_utc() + TimeDelta::minutes(by));
        match self.sabotage {
            Some(Sabotage::IgnoresClocks) => moment.clocks = Clocks::default(),
            Some(Sabotage::IgnoresTheLease) => moment.lease = Lease::Held,
            Some(Sabotage::LooksAnHourLate) if of_record => moment.now = shifted(-60),
            Some(Sabotage::EndsAnHourEarly) if of_record => moment.now = shifted(60),
            _ => {}
        }
    }

    pub(crate) fn sabotage_need(
        &mut self,
        process: usize,
        work: &Work,
        mut need: Need,
        moment: &Moment,
    ) -> Need {
        match (self.sabotage, &mut need) {
            (Some(Sabotage::SendsBeforeStoring), Need::StoreRecord(write)) => {
                let record = write.record.as_ref();
                let intent = record.filter(|record| record.state() == AssignmentState::Creating);
                if let Some(record) = intent.filter(|record| record.status.create.is_some()) {
                    let create = Create {
                        key: record.key(),
                        not_after: team_operator::api::Timestamp::from(
                            moment.now.to_utc() + TimeDelta::minutes(1),
                        ),
                    };
                    let mut pass = Pass::new(self.t, self.steps);
                    self.create(process, &mut pass, &create);
                }
            }
            (Some(Sabotage::SkipsRevoking), Need::StoreStatus(status))
                if status.phase == Some(Phase::Active) =>
            {
                status.phase = Some(Phase::Rejected);
            }
            (Some(Sabotage::EndsWhileItHolds), Need::StoreStatus(status))
                if status.phase == Some(Phase::Active) =>
            {
                status.phase = Some(Phase::Ended);
                status.finished = true;
            }
            (Some(Sabotage::RemovesTheFinalizerEarly), Need::StoreStatus(status))
                if status.phase == Some(Phase::Active) && matches!(work, Work::Request(_)) =>
            {
                return Need::StoreFinalizer(false);
            }
            (Some(Sabotage::LooksNowhere), Need::Delete(_)) => {
                return Need::Rest(TimeDelta::minutes(5));
            }
            _ => {}
        }
        need
    }

    pub(crate) fn sabotage_facts(&self, facts: &mut Facts) {
        let nobody = || {
            Some(Fact::Known(Aged {
                value: ListAnswer::Listed(Listing::default()),
                observed_at: crate::cluster::utc(self.t),
            }))
        };
        match self.sabotage {
            Some(Sabotage::TakesUnknownForAbsent) => {
                if let Some(Fact::Unknown(_)) = facts.listing {
                    facts.listing = nobody();
                }
            }
            Some(Sabotage::SkipsLists | Sabotage::SeesNoListing) if facts.listing.is_some() => {
                // Nobody holds it, however often one looks; once in a while somebody does, or nothing would be confirmed.
                if self.sabotage == Some(Sabotage::SkipsLists) && !self.steps.is_multiple_of(4)
                    || self.sabotage == Some(Sabotage::SeesNoListing) && self.t / 400 % 2 == 1
                {
                    facts.listing = nobody();
                }
            }
            Some(Sabotage::TakesWhatIsOpenForFailed) => {
                for fact in facts.operations.values_mut() {
                    let Fact::Known(aged) = fact else { continue };
                    if matches!(aged.value, OperationState::InProgress { .. }) {
                        aged.value = OperationState::Failed {
                            kind: FailureKind::Other,
                            reason: format!("it seems to fail after {:?}", Duration::ZERO),
                        };
                    }
                }
            }
            Some(Sabotage::FindsNoCreates) => {
                if let Some(Fact::Known(found)) = &mut facts.creates_in_progress {
                    found.value.clear();
                }
            }
            _ => {}
        }
    }

    pub(crate) fn sabotage_key(&self, key: &mut AssignmentKey) {
        if self.sabotage == Some(Sabotage::GrantsInAnotherAccount) {
            key.account_id = AccountId::parse(ACCOUNTS[2]).unwrap();
        }
    }
}

fn waive(settings: &mut SettingsFact) {
    if let SettingsFact::Present(settings) = settings {
        settings.approval_workflow = Requirement::NotRequired;
    }
}
