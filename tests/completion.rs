//! The scripts of `kubectl-team completion`, run by the shells that they are for.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::path::Path;
use std::process::{Command, Output};

const PLUGIN: &str = env!("CARGO_BIN_EXE_kubectl-team");

/// What a shell answers to these lines once it has the plugin's script, or None where the machine lacks the shell.
fn answers(shell: &str, lines: &str) -> Option<String> {
    let script = Command::new(PLUGIN).args(["completion", shell]).output().unwrap();
    assert!(script.status.success(), "{script:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("_kubectl-team");
    std::fs::write(&file, script.stdout).unwrap();
    let lines = lines
        .replace("SCRIPT", file.to_str().unwrap())
        .replace("FOLDER", folder.path().to_str().unwrap());
    let plugin = Path::new(PLUGIN).parent().unwrap();
    let path = format!("{}:{}", plugin.display(), std::env::var("PATH").unwrap());
    let run = Command::new(shell)
        .args(["-c", &lines])
        .env("PATH", path)
        .env("HOME", folder.path())
        .output();
    let Ok(Output {
        status,
        stdout,
        stderr,
    }) = run
    else {
        println!("{shell} is not installed: its script is not run");
        return None;
    };
    let said = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{said}{}", String::from_utf8_lossy(&stderr));
    Some(said)
}

#[test]
fn bash_completes_commands_and_flags() {
    let complete = |words: &str, count: usize| {
        let lines = format!(
            "set -e; source SCRIPT; COMP_WORDS=({words}); COMP_CWORD={count}; \
             _kubectl__team kubectl-team \"${{COMP_WORDS[{count}]}}\" x; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        answers("bash", &lines).expect("bash runs this repository's scripts, and is there")
    };
    let commands = complete("kubectl-team appr", 1);
    assert_eq!(commands.trim(), "approve");
    let flags = complete("kubectl-team request --fo", 2);
    assert!(flags.lines().any(|flag| flag == "--for"), "{flags}");
}

#[test]
fn fish_completes_commands_and_flags() {
    let Some(commands) = answers("fish", "source SCRIPT; complete -C 'kubectl-team appr'") else {
        return;
    };
    assert!(commands.starts_with("approve"), "{commands}");
    let flags = answers("fish", "source SCRIPT; complete -C 'kubectl-team request --fo'").unwrap();
    assert!(flags.lines().any(|flag| flag.starts_with("--for\t")), "{flags}");
}

#[test]
fn zsh_loads_the_script_as_the_completion_of_the_plugin() {
    let lines = "fpath=(FOLDER $fpath); autoload -Uz compinit; compinit -u -d FOLDER/dump; print -r -- $_comps[kubectl-team]";
    let Some(function) = answers("zsh", lines) else {
        return;
    };
    assert_eq!(function.trim(), "_kubectl-team");
}
