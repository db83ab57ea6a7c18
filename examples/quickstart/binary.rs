//! The program `team-operator` itself, built if need be: an example cannot depend on a program of its package.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::SystemTime;

use tokio::process::Command;

use crate::trouble::Trouble;

/// The name of the program.
const PROGRAM: &str = "team-operator";

/// Where cargo puts what it builds, as told by where this program is: `TARGET/PROFILE/examples/quickstart`.
struct Places {
    target: PathBuf,
    profile: PathBuf,
}

/// The program, no older than its sources.
pub async fn team_operator() -> Result<PathBuf, Trouble> {
    let Places { target, profile } = places()?;
    let program = profile.join(PROGRAM);
    if is_current(&program) {
        return Ok(program);
    }
    eprintln!("building {PROGRAM}: it is missing, or older than its sources");
    // Cargo calls the profile `dev` whose folder is `debug`; every other one has the name of its folder.
    let name = match profile.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    // With the example, because cargo would otherwise choose other features for what both use, and build it all again.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build
        .args([
            "build",
            "--quiet",
            "--bin",
            PROGRAM,
            "--example",
            "quickstart",
            "--profile",
            name,
            "--target-dir",
        ])
        .arg(&target)
        .current_dir(repository())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let status = build.status().await;
    let status = status.map_err(Trouble::instead_of("cargo, to build team-operator"))?;
    if status.success() && program.is_file() {
        return Ok(program);
    }
    let expected = format!("cargo build --bin {PROGRAM} makes {}", program.display());
    Err(Trouble::new(expected, format!("cargo ended with {status}")))
}

/// The folder for what is kept of a run that failed.
pub fn kept_folder() -> PathBuf {
    places()
        .map_or_else(|_| std::env::temp_dir(), |places| places.target)
        .join("quickstart")
}

/// The root of the repository, where `examples/` is.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn places() -> Result<Places, Trouble> {
    let expected = "this program where cargo puts examples, in TARGET/PROFILE/examples";
    let me = std::env::current_exe().map_err(Trouble::instead_of(expected))?;
    let profile = me.parent().and_then(Path::parent);
    let target = profile.and_then(Path::parent);
    match (profile, target) {
        (Some(profile), Some(target)) => Ok(Places {
            target: target.to_owned(),
            profile: profile.to_owned(),
        }),
        _ => Err(Trouble::new(expected, me.display())),
    }
}

/// Whether the program is there and none of its sources is newer. Cargo leaves a list of the sources beside it.
fn is_current(program: &Path) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    let sources = std::fs::read_to_string(program.with_extension("d")).ok();
    let (Some(built), Some(sources)) = (changed(program), sources) else {
        return false;
    };
    let is_older = |source: &PathBuf| changed(source).is_some_and(|time: SystemTime| time <= built);
    listed(&sources).iter().all(is_older)
}

/// The files behind the colon of a line such as `program: one\ file.rs another.rs`, where a space within a name has a
/// backslash before it.
fn listed(sources: &str) -> Vec<PathBuf> {
    let Some((_, list)) = sources.split_once(": ") else {
        return Vec::new();
    };
    let words = list.trim().replace("\\ ", "\0");
    words
        .split(' ')
        .map(|word| PathBuf::from(word.replace('\0', " ")))
        .collect()
}
