//! Laws about the machines themselves: what they rest on, what they ask, and when they wake.

use team_operator::domain::{Question, RecordSeal};

use super::people::lets;
use super::{SKEW, Seen};
use crate::cluster::Object;
use crate::sim::Sim;
use crate::truth::RECENTLY;

/// How long ago policies were compared with what the API server has, when a claim is stored that rests on them, in seconds.
const CHECKED_WITHIN: i64 = 60;

/// Whoever is admitted is eligible by one policy as it stands, and a policy about something else changes nothing: narrowing or
/// deleting policies makes nobody eligible for more or longer.
pub(super) fn l8(sim: &Sim, seen: &Seen) -> Result<(), String> {
    match seen {
        Seen::Differs { sentence } => Err(sentence.clone()),
        Seen::WroteRecord {
            latest: Some(_),
            before,
            after: Some(after),
            ..
        } => {
            let content = before.as_ref().and_then(|stored| stored.record.as_ref());
            let anew = before
                .as_ref()
                .is_some_and(|stored| stored.seal == RecordSeal::OfCreation);
            let restored = anew && content.is_some_and(|record| record.status.claims.is_empty());
            if restored
                || before
                    .as_ref()
                    .is_some_and(|before| !sim.cluster.was_written(before))
            {
                return Ok(());
            }
            let claims = after.record.iter().flat_map(|record| &record.status.claims);
            let known = |uid: &str| content.is_some_and(|record| record.claim(uid).is_some());
            let new = claims.filter(|claim| !known(&claim.request.uid));
            for claim in new.filter(|claim| claim.ended.is_none() && !claim.is_confirmed()) {
                let Some(object) = sim.cluster.objects.get(&claim.request.uid) else {
                    continue;
                };
                if !is_eligible(sim, object) {
                    return Err(format!("{} is admitted, and no policy lets it", object.name));
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether one policy let the requester ask at some time recently.
fn is_eligible(sim: &Sim, object: &Object) -> bool {
    let Some(id) = sim
        .truth
        .requests
        .get(&object.uid)
        .and_then(|truth| truth.made_by.as_deref())
    else {
        // L1 is about those that were made in the name of another.
        return true;
    };
    let since = sim.t - RECENTLY;
    let realities = sim.truth.realities.since(since);
    let mut policies = sim
        .truth
        .rules
        .since(sim.t - CHECKED_WITHIN)
        .iter()
        .flat_map(|(_, rules)| &rules.eligibility);
    policies.any(|policy| {
        realities
            .iter()
            .any(|(_, reality)| lets(policy, reality, Some(id), object))
    })
}

/// Deciding twice on an unchanged world yields no second action.
pub(super) fn l5(_sim: &Sim, seen: &Seen) -> Result<(), String> {
    match seen {
        Seen::DecidesAnew { sentence } => Err(sentence.clone()),
        _ => Ok(()),
    }
}

/// No create while clocks are more than 30 s apart, as the sender heard them.
pub(super) fn l9(_sim: &Sim, seen: &Seen) -> Result<(), String> {
    match seen {
        Seen::Sent(sent) if sent.create && sent.clocks_apart > SKEW => {
            Err(format!("a create while clocks are {} s apart", sent.clocks_apart))
        }
        _ => Ok(()),
    }
}

/// Whenever time alone can change the answer, the decision carries a time to wake.
pub(super) fn l10(_sim: &Sim, seen: &Seen) -> Result<(), String> {
    match seen {
        Seen::Oversleeps { sentence } => Err(sentence.clone()),
        _ => Ok(()),
    }
}

/// An end needs AWS's assignments and the API server: nobody else is asked by the machine that takes access away.
pub(super) fn l20(_sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Seen::AsksAboutRecord { question } = seen else {
        return Ok(());
    };
    match question {
        Question::Listing(..)
        | Question::Operation(..)
        | Question::CreatesInProgress(_)
        | Question::Instance
        | Question::Account(_)
        | Question::PermissionSet(_) => Ok(()),
        Question::UserByName(..)
        | Question::User(_)
        | Question::Group(_)
        | Question::Membership(..)
        | Question::Members(_)
        | Question::ManagementAccount
        | Question::ProvisionedIn(_)
        | Question::PermissionSetByName(_) => Err(format!("the end of access asks {question:?}")),
    }
}
