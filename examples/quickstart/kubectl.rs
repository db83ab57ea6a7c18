//! kubectl in the hands of one person: of the administrator anywhere, of everybody else where requests live.

use std::process::{Output, Stdio};
use std::time::Duration;

use team_operator_control_plane::ControlPlane;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::binary::repository;
use crate::trouble::Trouble;

/// The namespace of `examples/bindings.yaml`.
pub const NAMESPACE: &str = "access-requests";

/// How long one command may take, on a machine that does much else.
const COMMAND_TAKES_AT_MOST: Duration = Duration::from_mins(1);

/// What a command said.
pub struct Said {
    /// Whether it did what it was told.
    pub done: bool,
    /// What it printed: its result if it was done, and otherwise why not.
    pub text: String,
}

/// Runs kubectl as this person, from the root of the repository.
pub async fn kubectl(
    plane: &ControlPlane,
    person: &str,
    arguments: &[&str],
    input: &[u8],
) -> Result<Said, Trouble> {
    let expected = || format!("kubectl {}", arguments.join(" "));
    let command = plane.kubectl(person).map_err(Trouble::instead_of(expected()))?;
    let mut command = Command::from(command);
    if person != ControlPlane::admin_name() {
        command.args(["--namespace", NAMESPACE]);
    }
    command.args(arguments).current_dir(repository());
    let output = run(command, &expected(), input).await?;
    let printed = if output.status.success() {
        &output.stdout
    } else {
        &output.stderr
    };
    let text = String::from_utf8_lossy(printed).trim().to_owned();
    Ok(Said {
        done: output.status.success(),
        text,
    })
}

/// The same when it has to do what it is told; what it printed.
pub async fn kubectl_does(
    plane: &ControlPlane,
    person: &str,
    arguments: &[&str],
    input: &[u8],
) -> Result<String, Trouble> {
    let said = kubectl(plane, person, arguments, input).await?;
    if said.done {
        return Ok(said.text);
    }
    let expected = format!("kubectl {} succeeds for {person}", arguments.join(" "));
    Err(Trouble::new(expected, said.text))
}

/// Runs a command to its end, with this on its standard input.
pub async fn run(mut command: Command, expected: &str, input: &[u8]) -> Result<Output, Trouble> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(Trouble::instead_of(expected))?;
    let whole = async {
        if let Some(mut pipe) = child.stdin.take() {
            // Who reads no further has ended, and says why itself.
            let _ = pipe.write_all(input).await;
        }
        child
            .wait_with_output()
            .await
            .map_err(Trouble::instead_of(expected))
    };
    let late = |_| {
        let found = format!("no end after {} s", COMMAND_TAKES_AT_MOST.as_secs());
        Trouble::new(expected, found)
    };
    tokio::time::timeout(COMMAND_TAKES_AT_MOST, whole)
        .await
        .map_err(late)?
}
