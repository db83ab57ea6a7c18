//! Completion, answered from what earlier commands remembered: never from the cluster, and silent when nothing is known.

use std::ffi::OsString;

use clap::{Command, CommandFactory as _};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate, complete};
use serde::{Deserialize, Serialize};

use super::facts::Access;
use crate::api::{EligibilityReviewStatus, Phase};
use crate::cli::arguments::{Arguments, Shell};
use crate::cli::failure::{Failure, Kind};
use crate::cli::session::{Cache, Session};
use crate::cli::terminal::Terminal;
use crate::cli::text::visible;
use crate::cli::verbs::requests::Found;

/// The files of the cache.
const ELIGIBLE: &str = "eligible.json";
const REQUESTS: &str = "requests.json";

/// How many requests are remembered.
const REMEMBERED: usize = 200;

/// kubectl's protocol: no file names, and no space is a matter of the shell.
const NO_FILES: &str = ":4";

/// A word to complete with, and what it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Word {
    word: String,
    is: String,
}

/// What may be asked for.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Eligible {
    accounts: Vec<Word>,
    sets: Vec<Word>,
}

/// Remembers what a person may ask for.
pub fn remember(session: &Session, answer: &EligibilityReviewStatus) {
    let Some(cache) = &session.cache else { return };
    let mut eligible = Eligible::default();
    for entry in &answer.entries {
        for account in &entry.accounts {
            eligible.accounts.push(word(
                &account.name,
                &format!("{} {}", account.id, account.ou_path),
            ));
            eligible.accounts.push(word(account.id.as_str(), &account.name));
        }
        let sets = entry.permission_sets.iter();
        eligible
            .sets
            .extend(sets.map(|set| word(set.as_str(), &format!("up to {}", entry.max_duration))));
    }
    for words in [&mut eligible.accounts, &mut eligible.sets] {
        words.sort_by(|a, b| a.word.cmp(&b.word));
        words.dedup_by(|a, b| a.word == b.word);
    }
    cache.remember(ELIGIBLE, &eligible);
}

/// Remembers requests that were seen.
pub fn remember_requests(session: &Session, requests: &[Found]) {
    let Some(cache) = &session.cache else { return };
    let mut words: Vec<Word> = requests
        .iter()
        .map(|found| {
            let who = found.request.spec.requester.clone().unwrap_or_default();
            let access = Access::of(found);
            let phase = found.phase().map_or("New", Phase::as_str);
            let is = format!(
                "{phase}: {who}, {} in {}",
                access.permission_set,
                access.account_in_full()
            );
            word(found.name(), &is)
        })
        .collect();
    let old: Vec<Word> = cache.recall(REQUESTS).unwrap_or_default();
    let is_new = |old: &Word| !words.iter().any(|word| word.word == old.word);
    let kept: Vec<Word> = old.into_iter().filter(is_new).collect();
    words.extend(kept);
    words.truncate(REMEMBERED);
    cache.remember(REQUESTS, &words);
}

fn word(word: &str, is: &str) -> Word {
    Word {
        word: word.to_owned(),
        is: visible(is),
    }
}

/// Answers kubectl: the words after `team`, the last of which is to be completed.
pub fn complete_for_kubectl(words: &[OsString]) -> String {
    let cache = cache_of(words);
    let mut command = with_values(Arguments::command(), cache.as_ref());
    let mut line: Vec<OsString> = vec!["kubectl-team".into()];
    line.extend(words.iter().cloned());
    if words.is_empty() {
        line.push(OsString::new());
    }
    let last = line.len() - 1;
    let candidates = complete(&mut command, line, last, None).unwrap_or_default();
    let shown = candidates.iter().filter(|candidate| !candidate.is_hide_set());
    let mut text: String = shown
        .map(|candidate| {
            let value = visible(&candidate.get_value().to_string_lossy());
            let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
            let help = help.lines().next().unwrap_or_default().to_owned();
            if help.is_empty() {
                format!("{value}\n")
            } else {
                format!("{value}\t{}\n", visible(&help))
            }
        })
        .collect();
    text.push_str(NO_FILES);
    text.push('\n');
    text
}

/// The cache of the context that the words name, or of the current one.
fn cache_of(words: &[OsString]) -> Option<Cache> {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let value = |flag: &str| {
        let joined = format!("{flag}=");
        words
            .iter()
            .enumerate()
            .find_map(|(at, word)| match word.strip_prefix(&joined) {
                Some(value) => Some(value.to_owned()),
                None if word == flag => words.get(at + 1).cloned(),
                None => None,
            })
    };
    let file = match value("--kubeconfig") {
        Some(file) => kube::config::Kubeconfig::read_from(file).ok()?,
        None => kube::config::Kubeconfig::read().ok()?,
    };
    let context = value("--context").or_else(|| file.current_context.clone())?;
    let named = file.contexts.iter().find(|named| named.name == context)?;
    let cluster = &named.context.as_ref()?.cluster;
    let server = file
        .clusters
        .iter()
        .find(|named| named.name == *cluster)?
        .cluster
        .as_ref()?
        .server
        .clone()?;
    // As the client writes it, with a path.
    let server = server.parse::<http::Uri>().map_or(server, |uri| uri.to_string());
    Cache::of(&context, &server)
}

fn with_values(command: Command, cache: Option<&Cache>) -> Command {
    let eligible: Eligible = cache.and_then(|cache| cache.recall(ELIGIBLE)).unwrap_or_default();
    let requests: Vec<Word> = cache.and_then(|cache| cache.recall(REQUESTS)).unwrap_or_default();
    let mut command = command;
    for (name, argument, words) in [
        ("request", "account", &eligible.accounts),
        ("request", "permission_set", &eligible.sets),
        ("request", "again", &requests),
        ("explain", "name_or_account", &eligible.accounts),
        ("explain", "permission_set", &eligible.sets),
        ("eligible", "account", &eligible.accounts),
        ("list", "account", &eligible.accounts),
        ("list", "permission_set", &eligible.sets),
        ("describe", "name", &requests),
        ("approve", "names", &requests),
        ("reject", "names", &requests),
        ("revoke", "names", &requests),
        ("cancel", "names", &requests),
        ("wait", "name", &requests),
    ] {
        let words = words.clone();
        let candidates = move || {
            let candidate =
                |word: &Word| CompletionCandidate::new(&word.word).help(Some(word.is.clone().into()));
            words.iter().map(candidate).collect()
        };
        command = command.mut_subcommand(name, |subcommand| {
            subcommand.mut_arg(argument, |argument| {
                argument.add(ArgValueCandidates::new(candidates))
            })
        });
    }
    command
}

/// Prints a script for a shell.
pub fn script(terminal: &Terminal, shell: Shell, program: &str) -> Result<(), Failure> {
    let generator = match shell {
        Shell::Kubectl => {
            return terminal.print(&format!(
                "#!/bin/sh\n# Put this on PATH as an executable file named kubectl_complete-{}.\nexec kubectl-team __complete -- \"$@\"\n",
                program.strip_prefix("kubectl ").unwrap_or("team").replace('-', "_")
            ));
        }
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(generator, &mut Arguments::command(), "kubectl-team", &mut script);
    let script = String::from_utf8(script)
        .map_err(|error| Failure::new(Kind::Refused, format!("The script cannot be printed: {error}.")))?;
    // clap_complete writes the hyphen of the program's name in two ways, so that bash would complete no flag of a command.
    terminal.print(&script.replace("kubectl__subcmd__team", "kubectl__team"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(words: &[&str]) -> Vec<String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let text = complete_for_kubectl(&words);
        text.lines()
            .map(|line| line.split('\t').next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn commands_and_flags_are_completed_and_files_never() {
        let commands = completed(&["ap"]);
        assert!(commands.contains(&"approve".to_owned()), "{commands:?}");
        assert_eq!(commands.last().unwrap(), NO_FILES);
        let flags = completed(&["request", "--f"]);
        assert!(
            flags.contains(&"--for".to_owned()) && flags.contains(&"--file".to_owned()),
            "{flags:?}"
        );
        assert!(completed(&[""]).contains(&"eligible".to_owned()));
        assert!(completed(&[]).contains(&"eligible".to_owned()));
        assert!(completed(&["wait", "x", "--for", "a"]).contains(&"active".to_owned()));
    }
}
