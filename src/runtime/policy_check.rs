//! `team-operator check`: policies in files, before they are applied.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use serde::de::IgnoredAny;

use super::arguments::{CheckArguments, FindingFormat};
use super::clock::SystemClock;
use crate::api::Timestamp;
use crate::organization_file::OrganizationFile;
use crate::policy_check::{
    Directory, Finding, Folder, Severity, World, cases, coverage, diff, faults, run_cases, who,
};
use crate::ports::Clock as _;

/// What was found does not pass.
const FOUND: u8 = 1;
/// Nothing could be checked.
const UNREADABLE: u8 = 2;

/// Carries the check out; its exit code: 0 nothing is wrong, 1 something is, 2 the files cannot be read.
pub fn check_policies(arguments: &CheckArguments) -> ExitCode {
    match checked(arguments, SystemClock.now().into()) {
        Ok((text, passes)) => {
            // Nobody is left to tell when standard output is closed.
            let _ = io::stdout().lock().write_all(text.as_bytes());
            ExitCode::from(if passes { 0 } else { FOUND })
        }
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::from(UNREADABLE)
        }
    }
}

/// What is printed, and whether it passes.
fn checked(arguments: &CheckArguments, now: Timestamp) -> Result<(String, bool), String> {
    let (directory, mut text, old) = organization(arguments, now)?;
    let folder = read(&arguments.policies)?;
    let mut world = World::new(&folder, directory.clone(), now);
    let mut findings = folder.findings.clone();
    findings.extend(faults(&folder, &mut world));
    findings.extend(coverage(&folder, &mut world));
    let mut count = 0;
    if let Some(file) = &arguments.cases {
        let cases = cases(&contents(file)?).map_err(|why| format!("{}: {why}", file.display()))?;
        count = cases.len();
        findings.extend(run_cases(&cases, file, &mut world));
    }
    findings.sort_by(|a, b| (&a.place, &a.sentence).cmp(&(&b.place, &b.sentence)));
    findings.dedup();
    for finding in &findings {
        let _ = writeln!(text, "{}", line(finding, arguments.format));
    }
    if let [account, set] = arguments.who.as_slice() {
        let _ = writeln!(text, "{}", who(account, set, &mut world)?.join("\n"));
    }
    if let Some(before) = &arguments.diff {
        let before = read(before)?;
        // What cannot be read would look as if it had been taken from people.
        let broken = before
            .findings
            .iter()
            .find(|finding| finding.severity == Severity::Error);
        if let Some(finding) = broken {
            return Err(format!("--diff: {}", line(finding, FindingFormat::Text)));
        }
        let lines = diff(&mut World::new(&before, directory, now), &mut world);
        let changes = if lines.is_empty() {
            "nobody gains or loses anything".to_owned()
        } else {
            lines.join("\n")
        };
        let _ = writeln!(text, "{changes}");
    }
    text.push_str(&summary(&folder, count, &findings));
    let fails = |finding: &Finding| finding.severity == Severity::Error || arguments.strict;
    Ok((text, !old && !findings.iter().any(fails)))
}

/// The organization, what is said of its age, and whether it is too old.
fn organization(arguments: &CheckArguments, now: Timestamp) -> Result<(Directory, String, bool), String> {
    let path = arguments.organization.display();
    let file = OrganizationFile::<IgnoredAny>::parse(&contents(&arguments.organization)?)
        .map_err(|error| format!("{path}: {error}"))?;
    let directory = Directory::of(file, now);
    let most = arguments.max_age;
    let Some(observed) = directory.observed else {
        let text = format!("{path}: written by hand, without a date\n");
        return Ok((directory, text, most.is_some()));
    };
    let seconds = (now.unix_seconds() - observed.unix_seconds()).max(0);
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let mut text = format!(
        "{path}: read at {observed}, {days} days and {hours} hours ago, from {}\n",
        directory.instance
    );
    let old = most.is_some_and(|most| seconds > most.seconds());
    if let Some(most) = most.filter(|_| old) {
        let _ = writeln!(
            text,
            "{path}: older than --max-age {most}: make it anew with team-operator snapshot"
        );
    }
    Ok((directory, text, old))
}

fn read(policies: &Path) -> Result<Folder, String> {
    Folder::read(policies).map_err(|error| format!("{} cannot be read: {error}", policies.display()))
}

fn contents(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))
}

fn line(finding: &Finding, format: FindingFormat) -> String {
    let reason = finding
        .reason
        .map(|reason| format!(" [{reason}]"))
        .unwrap_or_default();
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    match format {
        FindingFormat::Text => format!("{}: {severity}: {}{reason}", finding.place, finding.sentence),
        FindingFormat::Github => format!(
            "::{severity} file={},line={}::{}{reason}",
            property(&finding.place.file.display().to_string()),
            finding.place.line,
            data(&finding.sentence)
        ),
    }
}

/// Text of others in a workflow command: it must not end the command and begin another.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn summary(folder: &Folder, cases: usize, findings: &[Finding]) -> String {
    let of = |severity| {
        findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let mut text = format!(
        "{} files: {} EligibilityPolicies, {} ApproverPolicies, {}; {cases} cases; {} errors, {} warnings\n",
        folder.files,
        folder.eligibility.len(),
        folder.approver.len(),
        match &folder.settings {
            Some(_) => "TeamSettings",
            None => "no TeamSettings, so the defaults",
        },
        of(Severity::Error),
        of(Severity::Warning)
    );
    if !folder.left_out.is_empty() {
        let _ = writeln!(
            text,
            "not checked, of other kinds: {}",
            folder.left_out.join(", ")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_with_words_of_others_stays_one_workflow_command() {
        assert_eq!(data("50% of\n::error::x"), "50%25 of%0A::error::x");
        assert_eq!(property("a,line=1:b"), "a%2Cline=1%3Ab");
    }
}
