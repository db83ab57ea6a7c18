//! The grammar: a list of patterns, the first that fits a line is meant.
//!
//! `{name}` stands for one word or one text in quotation marks, and `{…}` at the end for clauses, which each verb reads with
//! [`Words::clause`]. The list in `tests/stories/README.md` is compared with this one.

use std::collections::BTreeMap;

use crate::stage::Stage;
use crate::verbs::{amazon, cluster, controller, people, platform, records};

/// What a line does; what it takes in virtual time, if not the usual while.
pub(crate) type Verb = fn(&mut Stage, Words) -> Result<(), String>;

/// What a pattern took out of a line.
#[derive(Debug, Default)]
pub(crate) struct Words {
    named: BTreeMap<String, String>,
    rest: Vec<String>,
}

/// Every pattern.
pub(crate) const PATTERNS: &[(&str, Verb)] = &[
    ("advance {duration}", controller::advance),
    (
        "{who} requests {set} in {account} for {duration} {…}",
        people::requests,
    ),
    ("{who} approves {…}", people::approves),
    ("everybody in {group} approves {…}", people::everybody_approves),
    ("{who} rejects {…}", people::rejects),
    ("{who} revokes {…}", people::revokes),
    ("{who} cancels {…}", people::cancels),
    ("{who} deletes the record of {request}", records::deletes),
    ("{who} deletes {…}", people::deletes),
    ("{who} changes {field} of {request} to {value}", people::changes),
    ("{who} writes {field} of {request} as {value}", people::writes),
    (
        "{who} writes {field} of the record of {request} as {value}",
        records::writes,
    ),
    ("{who} asks what to request {…}", people::asks),
    ("platform sets {field} of {object} to {value}", platform::sets),
    ("platform removes {object}", platform::removes),
    ("platform puts {object} back", platform::puts_back),
    ("platform applies {file}", platform::applies),
    ("{who} joins {group}", platform::joins),
    ("{count} people join {group}", platform::crowd_joins),
    ("{who} leaves {group}", platform::leaves),
    ("{who} is disabled", platform::disabled),
    ("{who} is enabled", platform::enabled),
    ("{who} is renamed to {name}", platform::renamed),
    ("{who} is deleted", platform::deleted),
    ("{who} is created", platform::created),
    ("the group {group} is deleted", platform::group_deleted),
    ("aws throttles {times} times", amazon::throttles),
    ("aws refuses {call} for {duration}", amazon::refuses),
    ("aws denies {call} for {duration}", amazon::denies),
    ("aws fails the next {call} later", amazon::fails_later),
    ("aws takes {duration} for the next {call}", amazon::takes_long),
    ("aws holds the next {call} back", amazon::holds),
    ("aws lets go", amazon::lets_go),
    ("aws loses the next {call}", amazon::loses),
    (
        "aws loses the answer of the next {call}",
        amazon::loses_the_answer,
    ),
    ("aws keeps no record of the next {call}", amazon::keeps_no_record),
    (
        "aws answers the next {call} with an error",
        amazon::answers_with_an_error,
    ),
    ("aws is stuck with the next {call}", amazon::is_stuck),
    ("aws finishes what it is stuck with", amazon::finishes),
    ("aws needs {duration} for each operation", amazon::needs),
    ("the clock of aws is {duration} ahead", amazon::is_ahead),
    ("aws is away", amazon::is_away),
    ("aws does not answer", amazon::does_not_answer),
    ("aws is back", amazon::is_back),
    ("somebody gives {who} {set} in {account}", amazon::gives),
    ("somebody takes {set} in {account} from {who}", amazon::takes),
    ("the controller crashes", controller::crashes),
    (
        "the controller crashes before the next {call}",
        controller::crashes_before,
    ),
    (
        "the controller crashes after the next {call}",
        controller::crashes_after,
    ),
    (
        "the controller stops before the next {call}",
        controller::stops_before,
    ),
    ("the controller starts", controller::starts),
    (
        "the controller starts with another instance",
        controller::starts_elsewhere,
    ),
    (
        "the controller starts with another instance for good",
        controller::abandons,
    ),
    (
        "the controller is cut off from the API server",
        controller::cut_off,
    ),
    ("another controller takes over", controller::takes_over),
    ("the old controller wakes", controller::wakes),
    ("the guard looks every {duration}", controller::guard_looks),
    ("the API server is away", cluster::is_away),
    ("the API server is back", cluster::is_back),
    ("the API server is read-only", cluster::is_read_only),
    ("the API server is writable", cluster::is_writable),
    (
        "the API server holds the next write of a record back",
        cluster::holds,
    ),
    ("the API server lets go", cluster::lets_go),
    (
        "somebody forges {field} of the record of {request} as {value}",
        records::forges,
    ),
    (
        "somebody removes the record of {request} by force",
        records::removed_by_force,
    ),
    (
        "somebody removes {request} by force",
        records::request_removed_by_force,
    ),
    (
        "somebody keeps a copy of the record of {request}",
        records::copied,
    ),
    ("somebody puts the copy back", records::copy_put_back),
    (
        "the watches of policies stand still",
        cluster::watches_stand_still,
    ),
    ("the watches of policies go on", cluster::watches_go_on),
    ("somebody removes the guard", cluster::guard_removed),
    ("somebody puts the guard back", cluster::guard_put_back),
    (
        "platform applies the manifests of the next version",
        cluster::next_version,
    ),
    ("the namespace is deleted", cluster::namespace_deleted),
];

/// What a line means, or what is wrong with it.
pub(crate) fn meaning(line: &str) -> Result<(Verb, Words), String> {
    let words = split(line)?;
    let found = PATTERNS
        .iter()
        .find_map(|(pattern, verb)| Some((*verb, fit(pattern, &words)?)));
    found.ok_or_else(|| {
        let patterns: Vec<&str> = PATTERNS.iter().map(|(pattern, _)| *pattern).collect();
        format!("{line:?} is none of these:\n  {}", patterns.join("\n  "))
    })
}

impl Words {
    /// The word that a pattern names.
    pub(crate) fn get(&self, name: &str) -> &str {
        &self.named[name]
    }

    /// The word behind these ones, which are taken out; `because "…"` for instance.
    pub(crate) fn clause(&mut self, words: &str) -> Option<String> {
        let at = self.find(words)?;
        let end = at + words.split(' ').count();
        (end < self.rest.len()).then(|| {
            let value = self.rest.remove(end);
            self.rest.drain(at..end);
            value
        })
    }

    /// Whether these words are there; they are taken out.
    pub(crate) fn flag(&mut self, words: &str) -> bool {
        let Some(at) = self.find(words) else { return false };
        self.rest.drain(at..at + words.split(' ').count());
        true
    }

    /// The one word that is left, if there is one; it is an error when there are more.
    pub(crate) fn last(self) -> Result<Option<String>, String> {
        match self.rest.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one.clone())),
            more => Err(format!("{:?} means nothing here", more.join(" "))),
        }
    }

    fn find(&self, words: &str) -> Option<usize> {
        let words: Vec<&str> = words.split(' ').collect();
        (0..self.rest.len()).find(|at| {
            self.rest[*at..]
                .iter()
                .zip(&words)
                .filter(|(one, other)| one == *other)
                .count()
                == words.len()
        })
    }
}

fn fit(pattern: &str, words: &[String]) -> Option<Words> {
    let mut found = Words::default();
    let mut left = words.iter();
    for part in pattern.split(' ') {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some("…") => {
                found.rest = left.cloned().collect();
                return Some(found);
            }
            Some(name) => drop(found.named.insert(name.to_owned(), left.next()?.clone())),
            None => drop(left.next().filter(|word| *word == part)?),
        }
    }
    left.next().is_none().then_some(found)
}

/// Words, and texts in quotation marks.
fn split(line: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quoted) = (vec![], String::new(), false);
    for letter in line.chars() {
        match letter {
            '"' if quoted => {
                words.push(std::mem::take(&mut word));
                quoted = false;
            }
            '"' if word.is_empty() => quoted = true,
            ' ' if !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            letter => word.push(letter),
        }
    }
    if quoted {
        return Err(format!("{line:?} has a quotation mark too few"));
    }
    if !word.is_empty() {
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_line_is_answered_with_the_grammar() {
        let error = meaning("bob dances").map(drop).unwrap_err();
        assert!(
            error.starts_with("\"bob dances\" is none of these:\n  advance {duration}\n"),
            "{error}"
        );
    }

    #[test]
    fn clauses_stand_in_any_order() {
        let (_, mut words) =
            meaning("alice requests A in orders for 2h because \"of this\" without a ticket").unwrap();
        assert!(words.flag("without a ticket"));
        assert_eq!(words.clause("because").as_deref(), Some("of this"));
        assert_eq!(words.last(), Ok(None));
    }

    #[test]
    fn the_guide_lists_every_pattern() {
        let guide = include_str!("README.md");
        for (pattern, _) in PATTERNS {
            assert!(
                guide.contains(&format!("`{pattern}`")),
                "tests/stories/README.md does not show {pattern:?}"
            );
        }
    }
}
