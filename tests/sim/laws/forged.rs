//! What forged records may not bring about.

use team_operator::api::Claim;
use team_operator::domain::StoredRecord;

use crate::sim::Sim;
use crate::truth::key;

/// What replaces a forged record says what the controller said before, or what live requests prove.
pub(super) fn nothing_believed(sim: &Sim, before: &StoredRecord, after: &StoredRecord) -> Result<(), String> {
    let Some(record) = &after.record else {
        return Ok(());
    };
    if sim.truth.lost.contains(&key(&record.key())) {
        return Ok(());
    }
    let is_live = |uid: &str| {
        sim.cluster
            .objects
            .get(uid)
            .is_some_and(|object| !object.is_finished())
    };
    let known = sim.cluster.last_before(before);
    let past = &sim.cluster.past[&after.name];
    let ever = past[..past.len() - 1].iter().any(|version| version.genuine);
    if known.is_none()
        && !ever
        && !sim.is_proven(&after.name)
        && !record
            .status
            .claims
            .iter()
            .any(|claim| is_live(&claim.request.uid))
    {
        return Err(format!("{} is believed, which somebody made up", after.name));
    }
    for claim in record.status.claims.iter().filter(|claim| claim.ended.is_none()) {
        let uid = &claim.request.uid;
        let known = known.as_ref().and_then(|known| known.claim(uid));
        let later = known.is_some_and(|known| known.is_confirmed() && claim.end() > known.end());
        if later && !is_approved(sim, claim) || known.is_none() && !is_live(uid) {
            return Err(format!(
                "{} has a claim of {} until {}, as somebody forged",
                after.name,
                claim.request.name,
                claim.end()
            ));
        }
    }
    Ok(())
}

/// Between the record's confirmation and the request's, the request proves what was approved, and no end.
fn is_approved(sim: &Sim, claim: &Claim) -> bool {
    let object = sim.cluster.objects.get(&claim.request.uid);
    let window = object.and_then(|object| object.status.window.as_ref());
    let until = window.filter(|window| window.end_time.is_none());
    let until = until.and_then(|window| window.not_after);
    !claim.is_confirmed() && until.is_some_and(|until| claim.end() <= until)
}
