//! Somebody who types commands.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::life::Scene;

/// What a command did.
#[derive(Debug, Clone)]
pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    /// What was printed, where the command did what it was told.
    #[track_caller]
    pub fn ok(&self) -> &str {
        assert_eq!(self.code, 0, "{self:#?}");
        &self.stdout
    }

    /// Everything that a person sees on the screen.
    pub fn screen(&self) -> String {
        format!("{}{}", self.stderr, self.stdout)
    }
}

/// The folder with the plugin, in front of PATH.
fn path() -> OsString {
    let plugin = Path::new(env!("CARGO_BIN_EXE_kubectl-team"));
    let mut folders = vec![plugin.parent().unwrap().to_owned()];
    folders.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    std::env::join_paths(folders).unwrap()
}

/// `kubectl team` as this person, ready to run: in UTC, in the namespace of the scene, without a terminal.
pub fn command(scene: &Scene, who: &str, words: &[&str]) -> Command {
    let mut kubectl = scene.stage.plane.kubectl(&format!("{who}@example.com")).unwrap();
    kubectl
        .arg("team")
        .args(words)
        .env("PATH", path())
        .env("TEAM_NAMESPACE", &scene.namespace)
        .env("TZ", "UTC")
        // All tests of lives share one controller and its budget of AWS calls.
        .env("TEAM_PATIENCE", "2m")
        .env(
            "XDG_CACHE_HOME",
            scene
                .stage
                .plane
                .log_folder()
                .unwrap()
                .join(format!("cache-{who}")),
        )
        .env_remove("NO_COLOR")
        .stdin(Stdio::null());
    kubectl
}

/// Runs `kubectl team` as this person.
pub async fn types(scene: &Scene, who: &str, words: &[&str]) -> Done {
    finished(command(scene, who, words)).await
}

/// Runs a command to its end.
pub async fn finished(mut command: Command) -> Done {
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
