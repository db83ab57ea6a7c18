//! `kubectl team`: what people do with requests, in one command each.
//!
//! `verbs` is the library: functions over a session with a cluster that print nothing. `commands` asks and prints.

mod arguments;
mod commands;
mod failure;
#[cfg(test)]
mod guides;
mod session;
mod table;
mod terminal;
mod text;
mod times;
mod verbs;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use arguments::Arguments;
use failure::Kind;

/// The hidden word under which a script asks for completions.
const COMPLETE: &str = "__complete";

/// Runs the plugin with the words of its command line, of which the first is the program.
pub async fn run(words: Vec<OsString>) -> ExitCode {
    let file = words.first().map(file_name).unwrap_or_default();
    let rest = words.get(1..).unwrap_or_default();
    // kubectl asks a program of this name, which may be a link to this one.
    if file.starts_with("kubectl_complete-") {
        return completed(rest);
    }
    if rest.first().is_some_and(|word| word == COMPLETE) {
        let rest = &rest[1..];
        return completed(rest.strip_prefix(&[OsString::from("--")]).unwrap_or(rest));
    }
    let program = program(&file);
    let command = Arguments::command().bin_name(&program);
    let matches = match command.try_get_matches_from(&words) {
        Ok(matches) => matches,
        Err(error) => {
            // Nobody is left to tell when the stream is closed.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Kind::Usage.code()));
        }
    };
    let result = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => commands::run(arguments, program).await,
        Err(error) => Err(failure::Failure::new(Kind::Usage, error.to_string())),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.kind == Kind::Closed => ExitCode::SUCCESS,
        Err(failure) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "{failure}");
            ExitCode::from(failure.kind.code())
        }
    }
}

fn completed(words: &[OsString]) -> ExitCode {
    use std::io::Write as _;
    let _ = std::io::stdout().write_all(commands::complete_for_kubectl(words).as_bytes());
    ExitCode::SUCCESS
}

/// The name of the file of a program, without its folder and ending.
fn file_name(word: &OsString) -> String {
    let path = std::path::Path::new(word);
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    name.strip_suffix(".exe").unwrap_or(&name).to_owned()
}

/// How people call the program: kubectl runs `kubectl-aws_team` for `kubectl aws-team`.
fn program(file: &str) -> String {
    match file.strip_prefix("kubectl-") {
        Some(name) if !name.is_empty() => format!("kubectl {}", name.replace('_', "-")),
        _ => "kubectl team".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_knows_how_it_was_called() {
        for (word, called) in [
            ("kubectl-team", "kubectl team"),
            ("some/where/kubectl-aws_team", "kubectl aws-team"),
            ("kubectl-team.exe", "kubectl team"),
            ("team", "kubectl team"),
        ] {
            assert_eq!(program(&file_name(&OsString::from(word))), called);
        }
    }
}
