//! The CEL rules of `ElevationRequest` that do not depend on the caller: they hold even without the admission policies.
//!
//! Three properties of CRD rules decide where each one stands:
//! - a rule that names `oldSelf` is skipped where the old or the new value is missing, so what must not be
//!   *removed* is guarded one level above it;
//! - a rule's cost is estimated from the limits in the schema, so leaf fields are compared on their own and only
//!   presence is compared above them;
//! - rules answer before policies: nothing here is repeated there, or no test could ever see the policy refuse.

use std::fmt::Write as _;

use kube::core::cel::{Reason, Rule};

use super::history::LONGEST_HISTORY;
use super::phase::Phase;

/// What to do when a request turns out to be the wrong one.
pub(super) const MAKE_A_NEW_REQUEST: &str =
    "create a new request instead (kubectl create, with metadata.generateName)";

/// A text of people that others read in terminals, messages and logs: one line, and what is seen is what is there. Letters of
/// every script pass, and joined emoji.
pub(super) fn plain_line(field: &str) -> Rule {
    Rule::new(format!("!self.matches(r'[{MISLEADING}]')"))
        .reason(Reason::FieldValueInvalid)
        .message(
            format!("{field} has a line break, a control character or an invisible one: write one line of plain text")
                .as_str(),
        )
}

/// Characters that end a line, move the cursor, turn the direction of text or show nothing.
const MISLEADING: &str =
    r"\p{Cc}\x{2028}\x{2029}\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}";

/// Events are named after the request, with something behind it, and a name has at most 253 characters.
pub(super) fn the_name_leaves_room() -> Rule {
    Rule::new("self.metadata.name.size() <= 200")
        .reason(Reason::FieldValueInvalid)
        .message("the name of a request has at most 200 characters, so that its Events can be named after it")
}

/// Entries of `status.approvals` stay as they were written, whoever the writer is.
pub(super) fn approvals_are_append_only() -> Rule {
    Rule::new(
        "!has(oldSelf.status) || !has(oldSelf.status.approvals) || oldSelf.status.approvals.size() == 0 || \
         (has(self.status) && has(self.status.approvals) && \
         oldSelf.status.approvals.all(entry, \
         self.status.approvals.indexOf(entry) == oldSelf.status.approvals.indexOf(entry)))",
    )
    .field_path(".status.approvals")
    .reason(Reason::FieldValueForbidden)
    .message(
        "a recorded decision stays as it is, in its place: append yours to status.approvals (kubectl patch \
         --subresource=status --type=json, path /status/approvals/-)",
    )
}

/// No entry bears the requester's name.
pub(super) fn nobody_decides_on_their_own_request() -> Rule {
    Rule::new(
        "!has(self.spec.requester) || !has(self.status) || !has(self.status.approvals) || \
         self.status.approvals.all(entry, entry.approver != self.spec.requester)",
    )
    .field_path(".status.approvals")
    .reason(Reason::FieldValueForbidden)
    .message(
        "nobody decides on their own request: somebody else must; to take it back set spec.cancelled to true",
    )
}

/// Optional fields of `spec` are neither added nor taken away later.
pub(super) fn optional_fields_stay(fields: &[&str]) -> Rule {
    Rule::new(all(fields, |field| {
        format!("has(self.{field}) == has(oldSelf.{field})")
    }))
    .reason(Reason::FieldValueForbidden)
    .message(format!("a request cannot be changed, only cancelled: {MAKE_A_NEW_REQUEST}").as_str())
}

/// `spec.cancelled` goes from unset or false to true, once.
pub(super) fn cancelled_stays_cancelled() -> Rule {
    Rule::new("!(has(oldSelf.cancelled) && oldSelf.cancelled) || (has(self.cancelled) && self.cancelled)")
        .field_path(".cancelled")
        .reason(Reason::FieldValueForbidden)
        .message(
            format!(
                "a cancelled request stays cancelled: leave spec.cancelled as it is, or {MAKE_A_NEW_REQUEST}"
            )
            .as_str(),
        )
}

/// The phase moves only along [`Phase::next`], from one of [`Phase::FIRST`].
pub(super) fn phase_moves_along_its_edges() -> Rule {
    let edges = edges(&Phase::ALL.map(|p| (p.as_str(), words(p.next(), super::phase::Phase::as_str))));
    let first = words(Phase::FIRST, super::phase::Phase::as_str);
    Rule::new(format!(
        "{SEAL_IS_BROKEN} || (has(oldSelf.phase) ? has(self.phase) && (self.phase == oldSelf.phase || self.phase in \
         {edges}[oldSelf.phase]) : !has(self.phase) || self.phase in {first})"
    ))
    .field_path(".phase")
    .reason(Reason::FieldValueForbidden)
    .message("a request does not go from its phase to that one; a finished request stays as it is")
}

/// `status.finished` is true in terminal phases alone: watches select by it.
pub(super) fn finished_means_terminal() -> Rule {
    Rule::new(format!(
        "!(has(self.finished) && self.finished) || (has(self.phase) && self.phase in {})",
        terminal_phases()
    ))
    .field_path(".finished")
    .message("finished is true only in a terminal phase")
}

/// What is finished stays so; a forged status is decided once more.
pub(super) fn finished_stays() -> Rule {
    Rule::new(format!(
        "{SEAL_IS_BROKEN} || !(has(oldSelf.finished) && oldSelf.finished) || (has(self.finished) && self.finished)"
    ))
    .field_path(".finished")
    .reason(Reason::FieldValueForbidden)
    .message("what is finished stays finished")
}

/// Entries of `status.history` stay as they are and where they are, and more come after them. A forged one is replaced.
pub(super) fn history_only_grows() -> Rule {
    let places: Vec<String> = (0..LONGEST_HISTORY).map(|place| place.to_string()).collect();
    // By place, and not by search: the estimated cost of the rule grows with each comparison of two entries.
    Rule::new(format!(
        "{SEAL_IS_BROKEN} || !has(oldSelf.history) || (has(self.history) && \
         self.history.size() >= oldSelf.history.size() && [{}].all(place, \
         place >= oldSelf.history.size() || self.history[place] == oldSelf.history[place]))",
        places.join(", ")
    ))
    .field_path(".history")
    .reason(Reason::FieldValueForbidden)
    .message(
        "what happened is kept as it was told: entries are added to history, and never changed or removed",
    )
}

/// A request that claimed an assignment is over only when that is gone, or goes on for another request.
pub(super) fn terminal_means_settled() -> Rule {
    Rule::new(format!(
        "{SEAL_IS_BROKEN} || !has(self.phase) || !(self.phase in {}) || !has(self.assignment) || \
         has(self.assignment.goneTime)",
        terminal_phases(),
    ))
    .field_path(".phase")
    .message("a request ends only when its assignment is gone, or goes on for another request")
}

/// The one write that the rules about steps yield to: a status that somebody forged, or that cannot be read, is denied, whatever it
/// claims.
const SEAL_IS_BROKEN: &str = "(has(self.phase) && self.phase == 'Denied' && has(self.reason) && self.reason in ['SealBroken', 'Unreadable'])";

/// The given optional fields are written once: they may appear, and never go or change again. What changes inside
/// them is refused by [`written_once`] on each.
pub(super) fn stay_once_written(fields: &[&str]) -> Rule {
    Rule::new(all(fields, |field| {
        format!("(!has(oldSelf.{field}) || has(self.{field}))")
    }))
    .reason(Reason::FieldValueForbidden)
    .message(format!("what was recorded is kept: {}", fields.join(", ")).as_str())
}

/// A value that is never replaced by another.
pub(super) fn written_once() -> Rule {
    Rule::new("self == oldSelf")
        .reason(Reason::FieldValueForbidden)
        .message("written once: what is approved is what is granted, and what is recorded is kept")
}

fn terminal_phases() -> String {
    let terminal: Vec<_> = Phase::ALL.into_iter().filter(|p| p.is_terminal()).collect();
    words(&terminal, super::phase::Phase::as_str)
}

/// `['a', 'b']`
fn words<T: Copy>(values: &[T], word: impl Fn(T) -> &'static str) -> String {
    let quoted: Vec<_> = values.iter().map(|v| format!("'{}'", word(*v))).collect();
    format!("[{}]", quoted.join(", "))
}

/// `{'a': ['b'], …}`: every word is a key, so that looking one up never fails.
fn edges(rows: &[(&str, String)]) -> String {
    let mut map = String::from("{");
    for (index, (from, to)) in rows.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(map, "{comma}'{from}': {to}");
    }
    map + "}"
}

fn all(fields: &[&str], term: impl Fn(&str) -> String) -> String {
    fields
        .iter()
        .map(|field| term(field))
        .collect::<Vec<_>>()
        .join(" && ")
}
