//! Each law broken on purpose, from outside the shipped machines: what no law notices is no law.

use std::time::Duration;

use chrono::TimeDelta;
use team_operator::api::{
    AccountId, AssignmentKey, AssignmentState, EligibilityPolicySpec, Phase, Requirement, Timestamp,
};
use team_operator::domain::{
    Aged, Clocks, Create, Fact, Facts, FailureKind, Freshness, Lease, ListAnswer, Listing, Moment, Need,
    OperationState, Policies, PolicySet, Question, RecordSeal, SettingsFact, Snapshot, StoredRecord,
    UserLookup,
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
    MixesPolicies,
    Oversleeps,
    LooksPeopleUpFirst,
    RestsBeforeItStores,
    TakesUnknownForNobody,
    TellsNothing,
}

impl Sabotage {
    pub(crate) const ALL: [Sabotage; 27] = [
        Sabotage::GrantsWithoutApproval,
        Sabotage::ReadsFromTheCache,
        Sabotage::LooksAnHourLate,
        Sabotage::SleepsForEver,
        Sabotage::SkipsRevoking,
        Sabotage::SendsBeforeStoring,
        Sabotage::IgnoresTheLease,
        Sabotage::RestsBeforeItStores,
        Sabotage::TakesUnknownForAbsent,
        Sabotage::RemovesTheFinalizerEarly,
        Sabotage::MixesPolicies,
        Sabotage::IgnoresClocks,
        Sabotage::Oversleeps,
        Sabotage::SkipsLists,
        Sabotage::EndsWhileItHolds,
        Sabotage::TakesWhatIsOpenForFailed,
        Sabotage::FindsNoCreates,
        Sabotage::GrantsInAnotherAccount,
        Sabotage::LooksNowhere,
        Sabotage::TakesUnknownForNobody,
        Sabotage::EndsAnHourEarly,
        Sabotage::NeverDeletes,
        Sabotage::WaitsForItsWrite,
        Sabotage::SeesNoListing,
        Sabotage::LooksPeopleUpFirst,
        Sabotage::BelievesForgedRecords,
        Sabotage::TellsNothing,
    ];

    /// The seed that showed it last: it is led first, so that plain `cargo test` need not seek.
    pub(crate) fn shown_by(self) -> u64 {
        match self {
            Sabotage::GrantsWithoutApproval
            | Sabotage::SleepsForEver
            | Sabotage::WaitsForItsWrite
            | Sabotage::LooksPeopleUpFirst => 2,
            Sabotage::LooksAnHourLate => 3,
            Sabotage::ReadsFromTheCache | Sabotage::IgnoresTheLease => 4,
            Sabotage::IgnoresClocks | Sabotage::TakesUnknownForNobody => 5,
            Sabotage::FindsNoCreates => 6,
            Sabotage::MixesPolicies | Sabotage::LooksNowhere => 7,
            Sabotage::SkipsLists => 25,
            _ => 1,
        }
    }

    /// The law that it breaks.
    pub(crate) fn breaks(self) -> &'static str {
        match self {
            Sabotage::GrantsWithoutApproval | Sabotage::ReadsFromTheCache => "L1",
            Sabotage::LooksAnHourLate | Sabotage::SleepsForEver => "L2",
            Sabotage::SkipsRevoking => "L3",
            Sabotage::SendsBeforeStoring | Sabotage::IgnoresTheLease => "L4",
            Sabotage::RestsBeforeItStores => "L5",
            Sabotage::TakesUnknownForAbsent => "L6",
            Sabotage::RemovesTheFinalizerEarly => "L7",
            Sabotage::MixesPolicies => "L8",
            Sabotage::IgnoresClocks => "L9",
            Sabotage::Oversleeps => "L10",
            Sabotage::SkipsLists => "L11",
            Sabotage::EndsWhileItHolds => "L12",
            Sabotage::TakesWhatIsOpenForFailed | Sabotage::FindsNoCreates => "L13",
            Sabotage::GrantsInAnotherAccount => "L14",
            Sabotage::LooksNowhere => "L15",
            Sabotage::TakesUnknownForNobody => "L16",
            Sabotage::EndsAnHourEarly => "L17",
            Sabotage::NeverDeletes | Sabotage::WaitsForItsWrite => "L18",
            Sabotage::SeesNoListing => "L19",
            Sabotage::LooksPeopleUpFirst => "L20",
            Sabotage::BelievesForgedRecords => "L21",
            Sabotage::TellsNothing => "L22",
        }
    }
}

impl Sim {
    pub(crate) fn sabotage_snapshot(&self, snapshot: &mut Snapshot) {
        match self.sabotage {
            Some(Sabotage::GrantsWithoutApproval) => waive(&mut snapshot.settings),
            Some(Sabotage::MixesPolicies) => mix(&mut snapshot.eligibility_policies),
            Some(Sabotage::BelievesForgedRecords) => {
                if let Some(record) = &mut snapshot.record {
                    self.sabotage_record(record);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn sabotage_policies(&self, policies: &mut PolicySet) {
        match self.sabotage {
            Some(Sabotage::GrantsWithoutApproval) => waive(&mut policies.settings),
            Some(Sabotage::MixesPolicies) => mix(&mut policies.eligibility),
            _ => {}
        }
    }

    pub(crate) fn sabotage_record(&self, record: &mut StoredRecord) {
        if self.sabotage == Some(Sabotage::BelievesForgedRecords) && record.seal == RecordSeal::Broken {
            record.seal = RecordSeal::Valid;
        }
    }

    pub(crate) fn sabotage_moment(&self, moment: &mut Moment, work: &Work) {
        let of_record = matches!(work, Work::Record(_));
        let shifted = |by| Timestamp::from(moment.now.to_utc() + TimeDelta::minutes(by));
        match self.sabotage {
            Some(Sabotage::IgnoresClocks) => moment.clocks = Clocks::default(),
            Some(Sabotage::IgnoresTheLease) => moment.lease = Lease::Held,
            // By a clock from before the claim the access would end at once.
            Some(Sabotage::LooksAnHourLate) => {
                if let Some(since) = self.present_since(work) {
                    moment.now = moment.now.min(shifted(-60).max(since));
                }
            }
            Some(Sabotage::EndsAnHourEarly) if of_record => moment.now = shifted(60),
            _ => {}
        }
    }

    fn present_since(&self, work: &Work) -> Option<Timestamp> {
        let Work::Record(name) = work else { return None };
        let stored = self.cluster.genuine(name)?;
        let record = stored.record.as_ref()?;
        (record.state() == AssignmentState::Present).then_some(record.status.state_time)
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
                        not_after: Timestamp::from(moment.now.to_utc() + TimeDelta::minutes(1)),
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
            (Some(Sabotage::TellsNothing), Need::StoreStatus(status))
                if status.phase == Some(Phase::Active) =>
            {
                status.history.pop();
            }
            (Some(Sabotage::RemovesTheFinalizerEarly), Need::StoreStatus(status))
                if status.phase == Some(Phase::Active) && matches!(work, Work::Request(_)) =>
            {
                return Need::StoreFinalizer(false);
            }
            (Some(Sabotage::RestsBeforeItStores), Need::StoreStatus(_)) => {
                return Need::Rest(TimeDelta::seconds(5));
            }
            (Some(Sabotage::Oversleeps), Need::Rest(wait)) => *wait = *wait * 10,
            (Some(Sabotage::LooksPeopleUpFirst), Need::Delete(key)) if self.steps.is_multiple_of(2) => {
                return Need::Answer(vec![(Question::User(key.user_id.clone()), Freshness::Fresh)]);
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
            Some(Sabotage::TakesUnknownForAbsent) if matches!(facts.listing, Some(Fact::Unknown(_))) => {
                facts.listing = nobody();
            }
            // Nobody holds it, however often one looks; once in a while somebody does, or nothing would be confirmed.
            Some(Sabotage::SkipsLists) if facts.listing.is_some() && !self.steps.is_multiple_of(4) => {
                facts.listing = nobody();
            }
            Some(Sabotage::SeesNoListing) if facts.listing.is_some() && self.t / 400 % 2 == 1 => {
                facts.listing = nobody();
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
            Some(Sabotage::TakesUnknownForNobody) => {
                for fact in facts.users_by_name.values_mut() {
                    if matches!(fact, Fact::Unknown(_)) {
                        *fact = Fact::Known(Aged {
                            value: UserLookup::Absent,
                            observed_at: crate::cluster::utc(self.t),
                        });
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

/// The longest duration of any policy is that of all.
fn mix(policies: &mut Policies<EligibilityPolicySpec>) {
    let longest = policies.all.iter().map(|policy| policy.spec.max_duration).max();
    for policy in &mut policies.all {
        policy.spec.max_duration = longest.unwrap_or(policy.spec.max_duration);
    }
}

fn waive(settings: &mut SettingsFact) {
    if let SettingsFact::Present(settings) = settings {
        settings.approval_workflow = Requirement::NotRequired;
    }
}
