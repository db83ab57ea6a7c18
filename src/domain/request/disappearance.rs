//! What live access rests on is gone, and does not count as gone yet.

use super::draft::Draft;
use crate::api::Reason;
use crate::domain::decision::Alert;
use crate::domain::fact_reader::Undecided;

/// Where a policy, the settings or a group is gone that the access rests on, people are told at once: long before that counts.
pub(super) fn tell(draft: &mut Draft<'_>, undecided: &Undecided) {
    let gone = matches!(
        undecided.reason,
        Reason::PolicyDisappeared | Reason::GroupNotFound | Reason::SettingsMissing
    );
    if gone {
        let sentence = format!(
            "{}. Access that is granted rests on it: put it back before then, or let it count.",
            undecided.why
        );
        draft.alerts.push(Alert::new(undecided.reason, sentence));
    }
}
