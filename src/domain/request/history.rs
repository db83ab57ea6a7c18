//! The history of a request: each step is told in the same write that takes it.

use super::draft::Draft;
use crate::api::{
    HistoryEntry, LONGEST_HISTORY, LONGEST_HISTORY_MESSAGE, Phase, Reason, ReviewDecision,
    SEQUENCE_AFTER_FORGERY,
};
use crate::domain::messages;

/// Entries that stages may take: the rest is kept for phases, so that an end always has its place.
const STAGES: usize = LONGEST_HISTORY - 5;

/// Adds what this decision makes happen: stages that are completed for the first time, then another phase.
pub(super) fn tell(draft: &mut Draft<'_>) {
    if draft.is_denied_as_forged {
        // Nothing in a forged history is believed, and nothing of it is kept.
        draft.status.history.clear();
        draft.status.recorded = None;
        return add(draft, SEQUENCE_AFTER_FORGERY, None);
    }
    let before = draft.snapshot.request.status.phase;
    // Later nothing is approved; and what a forged status said of its stages is not told after its denial.
    if matches!(before, None | Some(Phase::Pending)) {
        for stage in newly_completed(draft) {
            let next = next_sequence(draft);
            add(draft, next, Some(stage));
        }
    }
    if draft.status.phase.is_some() && draft.status.phase != before {
        let next = next_sequence(draft);
        add(draft, next, None);
    }
}

fn next_sequence(draft: &Draft<'_>) -> i64 {
    let last = draft.status.history.last();
    last.map_or(1, |entry| entry.sequence.saturating_add(1))
}

/// The stages that are complete and were never told to be.
fn newly_completed(draft: &Draft<'_>) -> Vec<String> {
    let told = |name: &str| {
        let mut entries = draft.status.history.iter();
        entries.any(|entry| entry.stage.as_deref() == Some(name))
    };
    let stages = draft.status.review.iter().flat_map(|review| &review.stages);
    let complete = stages.filter(|stage| stage.approvals_counted >= stage.approvals_required);
    let new = complete.filter(|stage| !told(&stage.name));
    let stages_told = draft.status.history.iter().filter(|entry| entry.stage.is_some());
    let left = STAGES.saturating_sub(stages_told.count());
    new.map(|stage| stage.name.clone()).take(left).collect()
}

fn add(draft: &mut Draft<'_>, sequence: i64, stage: Option<String>) {
    let entry = match stage {
        Some(stage) => {
            let people = counted(draft, Some(&stage));
            HistoryEntry {
                sequence,
                time: draft.now,
                phase: Phase::Pending,
                reason: Reason::StageCompleted,
                message: format!("Stage {stage} was approved by {}.", messages::people(&people)),
                by: people.last().cloned(),
                stage: Some(stage),
            }
        }
        None => HistoryEntry {
            sequence,
            time: draft.now,
            phase: draft.status.phase.unwrap_or(Phase::Denied),
            reason: draft.status.reason.unwrap_or(Reason::LookupFailed),
            message: messages::shortened(
                draft.status.message.as_deref().unwrap_or_default(),
                LONGEST_HISTORY_MESSAGE,
            ),
            by: cause(draft),
            stage: None,
        },
    };
    draft.status.history.push(entry);
}

/// The people whose approvals were counted, of one stage or of all, in the order of their entries.
fn counted(draft: &Draft<'_>, stage: Option<&str>) -> Vec<String> {
    let verdicts = draft.status.review.iter().flat_map(|review| &review.verdicts);
    let counted = verdicts.filter(|verdict| verdict.counted && verdict.decision == ReviewDecision::Approved);
    let of_stage = counted.filter(|verdict| stage.is_none() || verdict.stage.as_deref() == stage);
    of_stage.map(|verdict| verdict.approver.clone()).collect()
}

/// The person whose act brings the request to its phase.
fn cause(draft: &Draft<'_>) -> Option<String> {
    let status = &draft.status;
    match status.phase? {
        Phase::Pending => draft.snapshot.request.spec.requester.clone(),
        Phase::Approved if status.reason == Some(Reason::ApprovalNotRequired) => {
            draft.snapshot.request.spec.requester.clone()
        }
        Phase::Approved => counted(draft, None).pop(),
        Phase::Rejected if status.ending.is_none() => {
            let verdicts = status.review.iter().flat_map(|review| &review.verdicts);
            let mut rejections =
                verdicts.filter(|verdict| verdict.counted && verdict.decision == ReviewDecision::Rejected);
            rejections.next().map(|verdict| verdict.approver.clone())
        }
        _ => status.ending.as_ref().and_then(|ending| ending.by.clone()),
    }
}
