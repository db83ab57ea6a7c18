//! The facts of a request, in lines under each other: what is asked is what is confirmed, approved and shown.

use crate::api::{AccountId, EligibilityReviewStatus, HumanDuration, Phase, StageProgress, Timestamp};
use crate::cli::terminal::Terminal;
use crate::cli::text::{broken, first_names, quoted_within, visible};
use crate::cli::times::Times;
use crate::cli::verbs::requests::Found;

/// The width of the names of facts.
const NAMES: usize = 16;

/// The width of a terminal that tells none.
const WIDTH: usize = 100;

/// Lines of facts.
#[derive(Debug)]
pub struct Facts {
    lines: Vec<String>,
    width: usize,
}

impl Facts {
    /// No facts yet, for this terminal.
    pub fn for_terminal(terminal: &Terminal) -> Self {
        Self {
            lines: vec![],
            width: terminal.width.unwrap_or(WIDTH),
        }
    }

    /// A line of its own.
    pub fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// A fact. What others may have written in it is made visible.
    pub fn fact(&mut self, name: &str, value: impl AsRef<str>) {
        let value = visible(value.as_ref());
        let space = self.width.saturating_sub(NAMES + 2).max(10);
        for (place, piece) in broken(&value, space).into_iter().enumerate() {
            let name = if place == 0 { name } else { "" };
            self.lines.push(format!("  {name:<NAMES$}{piece}"));
        }
    }

    /// Somebody's words, under a line that says whose they are.
    pub fn words(&mut self, whose: &str, words: Option<&str>) {
        if let Some(words) = words.filter(|words| !words.is_empty()) {
            self.lines.push(whose.to_owned());
            self.lines.push(quoted_within(words, self.width));
        }
    }

    /// All lines.
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }
}

/// What a wish or a request is about.
pub struct Access<'a> {
    pub account: &'a AccountId,
    pub account_name: Option<&'a str>,
    pub ou_path: Option<&'a str>,
    pub permission_set: &'a str,
    pub start: Option<Timestamp>,
    pub duration: HumanDuration,
    /// Whether its start is still to come.
    pub waits: bool,
}

impl<'a> Access<'a> {
    /// What this request is about.
    pub fn of(found: &'a Found) -> Self {
        let spec = &found.request.spec;
        let access = found
            .request
            .status
            .as_ref()
            .and_then(|status| status.access.as_ref());
        Self {
            account: &spec.account_id,
            account_name: access.map(|access| access.account_name.as_str()),
            ou_path: access.map(|access| access.ou_path.as_str()),
            permission_set: spec.permission_set.as_str(),
            start: spec.start_time,
            duration: spec.duration,
            waits: matches!(found.phase(), None | Some(Phase::Pending)),
        }
    }

    /// The account by name and id, and where it is in the organization.
    pub fn account_in_full(&self) -> String {
        let path = self.ou_path.filter(|path| !path.is_empty());
        let place = path.map(|path| format!(", in {path}")).unwrap_or_default();
        match self.account_name.filter(|name| !name.is_empty()) {
            Some(name) => format!("{name} ({}){place}", self.account),
            None => format!("{} (name unknown){place}", self.account),
        }
    }

    /// The facts.
    pub fn facts(&self, facts: &mut Facts, times: &Times) {
        facts.fact("account", self.account_in_full());
        facts.fact("permission set", self.permission_set);
        let start = match self.start {
            Some(start) if start > times.now => {
                Some(format!("{} ({})", times.full(start), times.away(start)))
            }
            _ => self.waits.then(|| "as soon as it is approved".to_owned()),
        };
        if let Some(start) = start {
            facts.fact("from", start);
        }
        let end = self.start.filter(|start| *start > times.now);
        let end = end.and_then(|start| start.checked_add(self.duration.into()));
        let until = end
            .map(|end| format!(", until {}", times.full(end)))
            .unwrap_or_default();
        facts.fact("for", format!("{}{until}", self.duration));
    }
}

/// Who would approve, as a review tells; `None` where it has not answered.
pub fn approval(facts: &mut Facts, review: Option<&EligibilityReviewStatus>) {
    let Some(review) = review else {
        facts.fact("approval", "unknown: the controller has not answered in time");
        facts.fact("credentials", "unknown");
        return;
    };
    if review.stages.is_empty() {
        let said = if review.allowed == Some(true)
            && review.reason == Some(crate::api::Reason::ApprovalNotRequired)
        {
            "not needed"
        } else {
            "unknown"
        };
        facts.fact("approval", said);
    }
    for stage in &review.stages {
        let people = match stage.approvers.len() {
            0 => "nobody can at the moment".to_owned(),
            _ => first_names(&stage.approvers),
        };
        facts.fact(
            "approval",
            format!("stage {}, {} of: {people}", stage.name, stage.approvals_required),
        );
    }
    let lifetime = review.credentials_lifetime.map_or("unknown".to_owned(), tail);
    facts.fact("credentials", lifetime);
}

/// How long credentials outlive the access.
pub fn tail(lifetime: HumanDuration) -> String {
    format!("those obtained last keep working up to {lifetime} after the access ends")
}

/// One stage and how far it is.
pub fn stage(stage: &StageProgress, current: Option<&str>) -> String {
    let StageProgress {
        name,
        approvals_required,
        approvals_counted,
    } = stage;
    let mark = if current == Some(name) {
        ", awaited now"
    } else {
        ""
    };
    format!("{name}: {approvals_counted} of {approvals_required}{mark}")
}
