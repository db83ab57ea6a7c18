//! Laws about who gets what, and on whose word.

use std::collections::BTreeSet;

use team_operator::api::{Claim, Phase, Reason, ReviewDecision, TeamSettingsSpec, Verdict, Waiver};

use team_operator::domain::{Record, RecordSeal};

use super::assignments::recent_claims;
use super::{SKEW, Seen, SentToAws};
use crate::cluster::{Object, Policy, Rules, seconds, stamp};
use crate::sim::Sim;
use crate::truth::{RECENTLY, Reality, RequestTruth, key};

/// A create may go out for so many seconds after its request was stopped: it was read before, and calls take their time.
const STOPPED_WITHIN: i64 = 15;

/// No assignment of ours without approvals counted when judged, by people other than the requester, unless policy waived
/// approval.
pub(super) fn l1(sim: &Sim, seen: &Seen) -> Result<(), String> {
    match seen {
        Seen::Wrote { before, after } => {
            for verdict in new_verdicts(before, after) {
                let truth = &sim.truth.requests[&after.uid];
                is_true(sim, truth, after, verdict).map_err(|why| format!("{verdict:?}: {why}"))?;
            }
            Ok(())
        }
        Seen::Sent(sent) if sent.create => somebody_may(sim, sent),
        Seen::WroteRecord { before, after, .. } => {
            let confirmed = |stored: &Option<std::rc::Rc<team_operator::domain::StoredRecord>>| {
                let record = stored.as_ref().and_then(|stored| stored.record.as_ref());
                let claims = record
                    .map(|record| record.status.claims.clone())
                    .unwrap_or_default();
                let confirmed = claims.into_iter().filter(|claim| claim.start_time.is_some());
                confirmed.map(|claim| claim.request.uid).collect::<BTreeSet<_>>()
            };
            let known = confirmed(before);
            for uid in confirmed(after).difference(&known) {
                enough_votes(sim, uid)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether a create serves a claim whose request has its votes and was not stopped.
fn somebody_may(sim: &Sim, sent: &SentToAws) -> Result<(), String> {
    let mut reasons = vec!["nobody claims it".to_owned()];
    for Claim { request, .. } in recent_claims(sim, &key(&sent.key)) {
        let stopped = sim
            .truth
            .requests
            .get(&request.uid)
            .and_then(|truth| truth.stopped_at);
        if stopped.is_some_and(|at| sim.t - at > STOPPED_WITHIN) {
            reasons.push(format!("{} was stopped", request.name));
            continue;
        }
        match enough_votes(sim, &request.uid) {
            Ok(()) => return Ok(()),
            Err(reason) => reasons.push(format!("{}: {reason}", request.name)),
        }
    }
    Err(reasons.join("; "))
}

fn new_verdicts<'a>(before: &Object, after: &'a Object) -> Vec<&'a Verdict> {
    let known: Vec<&Verdict> = before
        .status
        .review
        .iter()
        .flat_map(|review| &review.verdicts)
        .collect();
    let all = after.status.review.iter().flat_map(|review| &review.verdicts);
    all.filter(|verdict| {
        verdict.counted && verdict.decision == ReviewDecision::Approved && !known.contains(verdict)
    })
    .collect()
}

/// Whether a vote that was counted really counts.
fn is_true(sim: &Sim, truth: &RequestTruth, after: &Object, verdict: &Verdict) -> Result<(), String> {
    let entry = truth
        .entries
        .get(&(verdict.approver.clone(), verdict.decision))
        .ok_or("nobody wrote it")?;
    if entry.forged {
        return Err("it is forged".to_owned());
    }
    let id = verdict.user_id.as_ref().ok_or("it names no person")?;
    if Some(id)
        == after
            .status
            .requester
            .as_ref()
            .map(|requester| &requester.user_id)
    {
        return Err("it is the requester's".to_owned());
    }
    let since = sim.t - RECENTLY;
    let policies = sim
        .truth
        .rules
        .since(i64::MIN)
        .iter()
        .flat_map(|(_, rules)| &rules.approvers);
    let mut named = policies.filter(|policy| {
        Some(&policy.uid) == verdict.policy_uid.as_ref()
            && Some(policy.generation) == verdict.policy_generation
    });
    let policy = named.next().ok_or("there was never such a policy")?;
    let stage = policy
        .spec
        .stages
        .iter()
        .find(|stage| Some(&stage.name) == verdict.stage.as_ref());
    let stage = stage.ok_or("the policy has no such stage")?;
    let mut realities = sim.truth.realities.since(since).iter();
    let belongs = |reality: &Reality| reality.is_enabled(id) && reality.is_among(id, &stage.approvers);
    if realities.any(|(_, reality)| belongs(reality)) {
        Ok(())
    } else {
        Err("the person is no approver".to_owned())
    }
}

fn enough_votes(sim: &Sim, uid: &str) -> Result<(), String> {
    let Some(stored) = sim.cluster.objects.get(uid) else {
        return Ok(());
    };
    let truth = &sim.truth.requests[uid];
    if truth.made_by.is_none() {
        return Err("the request was made in the name of another".to_owned());
    }
    if truth.waived || truth.status_forged {
        return Ok(());
    }
    let review = stored.status.review.as_ref().ok_or("nobody was asked")?;
    let (uid, generation) = (
        review.uid.clone().unwrap_or_default(),
        review.generation.unwrap_or_default(),
    );
    let policies = sim
        .truth
        .rules
        .since(i64::MIN)
        .iter()
        .flat_map(|(_, rules)| &rules.approvers);
    let mut named = policies.filter(|policy| policy.uid == uid && policy.generation == generation);
    let policy = named.next().ok_or("it rests on no policy")?;
    let mut used = BTreeSet::new();
    for stage in &policy.spec.stages {
        let people: BTreeSet<&String> = truth
            .good_votes
            .iter()
            .filter(|(_, of, at, name)| *of == uid && *at == generation && *name == stage.name)
            .map(|(person, ..)| person)
            .filter(|person| !used.contains(*person))
            .collect();
        if people.len() < usize::try_from(stage.approvals_required).unwrap() {
            return Err(format!("stage {} has {} approvals", stage.name, people.len()));
        }
        used.extend(people);
    }
    Ok(())
}

/// The tuple and duration granted are those approved: of the person who asked, the account and permission set asked for,
/// and, by the earliest of the clocks, no longer.
pub(super) fn l14(sim: &Sim, seen: &Seen) -> Result<(), String> {
    match seen {
        Seen::Sent(sent) if sent.create => {
            let claims = recent_claims(sim, &key(&sent.key));
            let mut requests = claims.iter().filter_map(|claim| {
                let object = sim.cluster.objects.get(&claim.request.uid)?;
                Some((object, &sim.truth.requests[&claim.request.uid]))
            });
            let is_asked_for = |object: &Object, reality: &Reality| {
                let mut sets = reality.permission_sets.iter();
                sets.any(|set| {
                    set.arn == sent.key.permission_set_arn.as_str()
                        && set.name == object.spec.permission_set.as_str()
                })
            };
            let history = sim.truth.realities.since(i64::MIN);
            let right = requests.any(|(object, truth)| {
                truth.made_by.as_deref() == Some(sent.key.user_id.as_str())
                    && sent.key.account_id == object.spec.account_id
                    && history.iter().any(|(_, reality)| is_asked_for(object, reality))
            });
            if right {
                return Ok(());
            }
            Err(format!("nobody asked for {:?}", sent.key))
        }
        Seen::WroteRecord {
            earliest: Some(earliest),
            before: Some(before),
            after: Some(after),
            ..
        } if sim.cluster.was_written(before) && before.seal == RecordSeal::Valid => {
            no_longer(*earliest, before.record.as_ref(), after.record.as_ref())
        }
        _ => Ok(()),
    }
}

/// No claim is confirmed for longer than it was approved for.
fn no_longer(earliest: i64, before: Option<&Record>, after: Option<&Record>) -> Result<(), String> {
    let known = |uid: &str| before.and_then(|before| before.claim(uid));
    let claims = after.into_iter().flat_map(|after| &after.status.claims);
    for claim in claims.filter(|claim| claim.is_confirmed()) {
        let new = known(&claim.request.uid).is_some_and(|known| !known.is_confirmed());
        if new && seconds(claim.end()) > earliest + claim.duration.seconds() + SKEW {
            let (name, end) = (&claim.request.name, claim.end());
            return Err(format!(
                "it is {}, and {} of {name} end at {end}",
                stamp(earliest),
                claim.duration
            ));
        }
    }
    Ok(())
}

/// No decision rests on an unknown: who was refused is refused for something that really was so a short while ago, and
/// what is said to be gone really was.
pub(super) fn l16(sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Seen::Wrote { before, after } = seen else {
        return Ok(());
    };
    let (from, to) = (before.status.phase, after.status.phase);
    if from == to || !matches!(to, Some(Phase::Denied | Phase::Revoking)) {
        return Ok(());
    }
    let truth = &sim.truth.requests[&after.uid];
    let realities = sim.truth.realities.since(sim.t - RECENTLY);
    let always = |so: &dyn Fn(&Reality) -> bool| realities.iter().all(|(_, reality)| so(reality));
    let name = after.spec.requester.as_deref().unwrap_or_default();
    let requester = |reality: &Reality| reality.user_named(name).map(|user| user.id.clone());
    let account = |reality: &Reality| {
        let mut accounts = reality.accounts.iter();
        accounts.any(|one| one.id == after.spec.account_id.as_str() && one.state == "ACTIVE")
    };
    let set = |reality: &Reality| {
        let mut sets = reality.permission_sets.iter();
        let arn = after
            .status
            .access
            .as_ref()
            .map(|access| &access.permission_set_arn);
        sets.any(|one| {
            one.name == after.spec.permission_set.as_str() && arn.is_none_or(|arn| *arn == one.arn)
        })
    };
    let baseless = match after.status.reason {
        Some(Reason::RequesterUnknown) => {
            let known = after
                .status
                .requester
                .as_ref()
                .map(|known| known.user_id.clone())
                .or(truth.made_by.clone());
            known.is_some() && always(&|reality| requester(reality) == known)
        }
        Some(Reason::RequesterDisabled) => {
            always(&|reality| requester(reality).is_some_and(|id| reality.is_enabled(&id)))
        }
        Some(Reason::AccountUnknown) => true,
        Some(Reason::AccountNotActive) => always(&account),
        Some(Reason::PermissionSetUnknown) => always(&set),
        Some(Reason::NotEligible) => always_eligible(sim, after),
        _ => false,
    };
    if baseless {
        return Err(format!("{:?} is not so", after.status.reason));
    }
    Ok(())
}

/// Whether one and the same policy let the requester ask all the time recently.
fn always_eligible(sim: &Sim, object: &Object) -> bool {
    let name = object.spec.requester.as_deref().unwrap_or_default();
    let rules = sim.truth.rules.since(sim.t - RECENTLY);
    let realities = sim.truth.realities.since(sim.t - RECENTLY);
    let everywhere = |wanted: &str| {
        rules.iter().all(|(_, rules)| {
            let policy = rules.eligibility.iter().find(|policy| policy.name == wanted);
            policy.is_some_and(|policy| {
                realities
                    .iter()
                    .all(|(_, reality)| lets(policy, reality, id_of(reality, name), object))
            })
        })
    };
    sim.truth
        .rules
        .now()
        .eligibility
        .iter()
        .any(|policy| everywhere(&policy.name))
}

pub(super) fn lets(
    policy: &Policy<team_operator::api::EligibilityPolicySpec>,
    reality: &Reality,
    person: Option<&str>,
    object: &Object,
) -> bool {
    let spec = &policy.spec;
    let Some(user) = person else {
        return false;
    };
    let above = reality.units_above(object.spec.account_id.as_str());
    let under = spec.organizational_units.iter().any(|unit| {
        let place = above.iter().position(|id| *id == unit.id.as_str());
        place.is_some_and(|steps| steps == 0 || unit.include_nested)
    });
    reality.is_among(user, &spec.subjects)
        && (spec.accounts.contains(&object.spec.account_id) || under)
        && spec.permission_sets.contains(&object.spec.permission_set)
        && object.spec.duration <= spec.max_duration
}

fn id_of<'a>(reality: &'a Reality, name: &str) -> Option<&'a str> {
    reality.user_named(name).map(|user| user.id.as_str())
}

/// Whether policy asked for no approval, by one state of the rules and of the directory.
fn waives(rules: &Rules, reality: &Reality, object: &Object) -> bool {
    let name = object.spec.requester.as_deref().unwrap_or_default();
    let Some(settings): Option<&TeamSettingsSpec> = rules.settings.as_ref() else {
        return false;
    };
    if settings.approval_workflow == team_operator::api::Requirement::NotRequired {
        return true;
    }
    let mut matching = rules
        .eligibility
        .iter()
        .filter(|policy| lets(policy, reality, id_of(reality, name), object))
        .peekable();
    let waived = |policy: &Policy<team_operator::api::EligibilityPolicySpec>| !policy.spec.approval_required;
    match settings.waiver {
        _ if matching.peek().is_none() => false,
        Waiver::Never => matching.all(waived),
        Waiver::WaiveIfAny => matching.any(waived),
    }
}

/// Remembers what later checks rest on.
pub(super) fn note(sim: &mut Sim, seen: &Seen) {
    let Seen::Wrote { before, after } = seen else {
        return;
    };
    let votes: Vec<_> = new_verdicts(before, after)
        .into_iter()
        .filter_map(|verdict| {
            Some((
                verdict.user_id.clone()?,
                verdict.policy_uid.clone()?,
                verdict.policy_generation?,
                verdict.stage.clone()?,
            ))
        })
        .collect();
    let since = sim.t - RECENTLY;
    let opened = before.status.phase.is_none() && after.status.phase == Some(Phase::Approved);
    let waived = opened
        && sim.truth.rules.since(since).iter().any(|(_, rules)| {
            sim.truth
                .realities
                .since(since)
                .iter()
                .any(|(_, reality)| waives(rules, reality, after))
        });
    let truth = sim.truth.requests.entry(after.uid.clone()).or_default();
    truth.good_votes.extend(votes);
    truth.waived |= waived;
}
