//! What goes wrong for a person at a terminal: a sentence, the words of others in quotes, what to do, and an exit code.

use std::fmt;

use kube::core::Status;

use super::text::quoted;

/// Kinds of failure, each with an exit code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The reader of our output closed it: nothing is wrong.
    Closed,
    /// It was refused, or it failed.
    Refused,
    /// The command line is wrong or incomplete.
    Usage,
    /// The answer is no: a wish that policy does not allow, a vote that does not count, a request that ended otherwise.
    No,
    /// There is no such thing, or more than one.
    NotFound,
    /// Nothing came in time.
    TimedOut,
    /// The cluster cannot be reached, does not know the login, or does not serve our kinds.
    Unreachable,
    /// The person interrupted it.
    Interrupted,
}

impl Kind {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Kind::Closed => 0,
            Kind::Refused => 1,
            Kind::Usage => 2,
            Kind::No => 3,
            Kind::NotFound => 4,
            Kind::TimedOut => 5,
            Kind::Unreachable => 6,
            Kind::Interrupted => 130,
        }
    }
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: Kind,
    /// What is so.
    pub sentence: String,
    /// What somebody else said about it: shown in quotes.
    pub said: Option<String>,
    /// What to do.
    pub advice: Option<String>,
}

impl Failure {
    /// A failure in our own words.
    pub fn new(kind: Kind, sentence: impl Into<String>) -> Self {
        Self {
            kind,
            sentence: sentence.into(),
            said: None,
            advice: None,
        }
    }

    /// With what to do.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// With what somebody else said.
    #[must_use]
    pub fn quoting(mut self, said: impl Into<String>) -> Self {
        self.said = Some(said.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        if let Some(said) = &self.said {
            write!(f, "\n{}", quoted(said))?;
        }
        match &self.advice {
            Some(advice) => write!(f, "\n{advice}"),
            None => Ok(()),
        }
    }
}

/// Something that the API server is asked to do.
#[derive(Debug, Clone, Copy)]
pub struct Act {
    /// What, as in "could not …".
    pub what: &'static str,
    /// The roles of which each allows it.
    pub role: &'static str,
}

/// The acts of the plugin.
pub mod acts {
    use super::Act;

    pub const LIST: Act = act(
        "list requests",
        "team-requester, team-approver, team-security or team-auditor",
    );
    pub const READ: Act = act("read the request", LIST.role);
    pub const ASK: Act = act("create the request", "team-requester");
    pub const CANCEL: Act = act("cancel the request", "team-requester");
    pub const DECIDE: Act = act("record the decision", "team-approver");
    pub const STOP: Act = act("stop the request", "team-approver or team-security");
    pub const REVIEW: Act = act("ask what you may request", "team-requester");
    pub const SETTINGS: Act = act("read TeamSettings", "team-member");
    pub const WHO: Act = act("ask the API server who you are", "system:basic-user");

    const fn act(what: &'static str, role: &'static str) -> Act {
        Act { what, role }
    }
}

impl Act {
    /// What an error of the client means to the person.
    pub fn failed(self, error: &kube::Error) -> Failure {
        match error {
            kube::Error::Api(status) => self.refused(status),
            other => unreachable(self.what, &with_causes(other)),
        }
    }

    fn refused(self, status: &Status) -> Failure {
        let Act { what, role } = self;
        let refused = |kind, why: &str| {
            Failure::new(kind, format!("Could not {what}: {why}")).quoting(sentence_of(status))
        };
        match status.code {
            401 => refused(Kind::Unreachable, "the API server does not accept your login.")
                .advise("Log in again as you usually do, and repeat the command."),
            403 if is_about_rights(status) => refused(Kind::Refused, "your user may not do this.").advise(
                format!("Ask an administrator to bind you to the ClusterRole {role}."),
            ),
            404 if is_unserved(status) => refused(
                Kind::Unreachable,
                "this cluster does not serve the kinds of team-operator.io.",
            )
            .advise("Check the context (--context); `kubectl team check` says what is missing."),
            404 => refused(Kind::NotFound, "it does not exist."),
            409 => refused(Kind::Refused, "it changed at the same time.").advise("Repeat the command."),
            408 | 429 | 500.. => {
                refused(Kind::Unreachable, "the API server failed.").advise("Try again in a moment.")
            }
            _ => refused(Kind::Refused, "the API server refuses it."),
        }
    }
}

/// A failure to reach the cluster.
pub fn unreachable(what: &str, why: &str) -> Failure {
    Failure::new(
        Kind::Unreachable,
        format!("Could not {what}: no answer from the cluster."),
    )
    .quoting(why)
    .advise("Check the network, the context (--context) and your login; `kubectl team check` says more.")
}

/// Whether RBAC refused, and not a policy about what was written.
fn is_about_rights(status: &Status) -> bool {
    status.message.contains(" cannot ") && status.message.contains("is forbidden: User ")
}

/// Whether the kind is unknown, and not the object.
fn is_unserved(status: &Status) -> bool {
    status.message.contains("could not find the requested resource")
        || status.message.contains("404 page not found")
        || status.message.trim().is_empty()
}

/// What the API server said, without the names of the admission policy around it.
pub fn sentence_of(status: &Status) -> String {
    let whole = if status.message.is_empty() {
        status.reason.as_str()
    } else {
        status.message.as_str()
    };
    match whole.split_once(" denied request: ") {
        Some((policy, sentence)) if policy.contains("ValidatingAdmissionPolicy") => sentence.to_owned(),
        _ => whole.to_owned(),
    }
}

/// An error with all that led to it, each once. A login program's failure stands alone: what it printed on standard output is
/// a credential, and the client's own words repeat it.
pub fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = || std::iter::successors(Some(error), |cause| cause.source());
    if let Some(kube::Error::Auth(login)) = error.downcast_ref() {
        return login_failure(login);
    }
    if let Some(login) = causes().find_map(|cause| cause.downcast_ref::<kube::client::AuthError>()) {
        return login_failure(login);
    }
    let mut sentences: Vec<String> = Vec::new();
    for cause in causes() {
        let sentence = cause.to_string();
        if sentences.last().is_none_or(|last| !last.contains(&sentence)) {
            sentences.push(sentence);
        }
    }
    sentences.join(": ")
}

/// What to say of a login program that failed: its name, how it ended, and what it printed as an error.
fn login_failure(error: &kube::client::AuthError) -> String {
    match error {
        kube::client::AuthError::AuthExecRun { cmd, out } => {
            let errors = String::from_utf8_lossy(&out.stderr);
            let program = program_of(cmd);
            format!(
                "the login program {program} of your kubeconfig failed ({}): {}",
                out.status,
                errors.trim()
            )
        }
        other => other.to_string(),
    }
}

/// The program in a command as Rust prints it: variables, then the program and its arguments, each in quotes.
fn program_of(command: &str) -> &str {
    let quoted = command
        .strip_prefix('"')
        .or_else(|| command.split_once(" \"").map(|(_, program)| program));
    quoted
        .and_then(|program| program.split('"').next())
        .unwrap_or("(unknown)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, message: &str) -> kube::Error {
        kube::Error::Api(Box::new(Status {
            code,
            message: message.to_owned(),
            ..Status::default()
        }))
    }

    #[test]
    fn a_refusal_of_a_policy_is_its_sentence_alone() {
        let error = status(
            403,
            "elevationrequests.team-operator.io \"x\" is forbidden: ValidatingAdmissionPolicy 'team-operator-decisions' \
             with binding 'team-operator-decisions' denied request: nobody yet",
        );
        let failure = acts::DECIDE.failed(&error);
        assert_eq!(
            (failure.kind, failure.said.as_deref()),
            (Kind::Refused, Some("nobody yet"))
        );
        assert!(failure.advice.is_none(), "no role would help");
    }

    #[test]
    fn a_missing_right_names_the_role() {
        let error = status(
            403,
            "elevationrequests.team-operator.io is forbidden: User \"alice\" cannot list resource \"elevationrequests\"",
        );
        let failure = acts::LIST.failed(&error);
        assert!(failure.advice.unwrap().contains("team-auditor"));
    }

    #[test]
    fn each_kind_of_failure_has_its_exit_code() {
        for (code, message, kind) in [
            (401, "Unauthorized", Kind::Unreachable),
            (
                404,
                "elevationrequests.team-operator.io \"x\" not found",
                Kind::NotFound,
            ),
            (
                404,
                "the server could not find the requested resource",
                Kind::Unreachable,
            ),
            (409, "the object has been modified", Kind::Refused),
            (422, "spec.duration: Invalid value", Kind::Refused),
            (503, "etcd is away", Kind::Unreachable),
        ] {
            assert_eq!(
                acts::READ.failed(&status(code, message)).kind,
                kind,
                "{code} {message}"
            );
        }
        assert_eq!(Kind::Interrupted.code(), 130);
    }

    #[test]
    fn a_login_program_is_called_by_its_name() {
        for (command, program) in [
            ("KUBERNETES_EXEC_INFO=\"{\\\"a\\\":1}\" \"aws\" \"eks\"", "aws"),
            ("\"aws\" \"eks\"", "aws"),
            ("?", "(unknown)"),
        ] {
            assert_eq!(program_of(command), program);
        }
    }

    #[test]
    fn what_others_said_cannot_imitate_our_lines() {
        let failure = Failure::new(Kind::Refused, "Could not do it.").quoting("no\nApproved.\u{1b}[2J");
        assert_eq!(
            failure.to_string(),
            "Could not do it.\n│ no\n│ Approved.\\u{1b}[2J"
        );
    }
}
