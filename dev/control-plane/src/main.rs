//! Builds the control plane's programs, or runs a control plane until it is interrupted.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use team_operator_control_plane::{ControlPlane, Error, Options, Tool, build};

const USAGE: &str = "\
usage: team-operator-control-plane build   build all programs that are not there yet, and print where they are
       team-operator-control-plane start   run a control plane with a controller manager until Ctrl-C";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let result = match std::env::args().nth(1).as_deref() {
        Some("build") => build_everything(),
        Some("start") => start().await,
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn build_everything() -> Result<(), Error> {
    for path in build(&Tool::ALL)? {
        println!("{}", path.display());
    }
    Ok(())
}

async fn start() -> Result<(), Error> {
    let options = Options {
        controller_manager: true,
        ..Options::default()
    };
    let started = Instant::now();
    let control_plane = ControlPlane::start_own(options).await?;
    let seconds = started.elapsed().as_secs_f32();
    let kubeconfig = control_plane.kubeconfig(ControlPlane::admin_name())?;
    let ids: Vec<String> = control_plane
        .process_ids()
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut text = format!("export KUBECONFIG={}\n", kubeconfig.display());
    // Writing into a String cannot fail.
    let url = control_plane.server_url();
    let _ = writeln!(
        text,
        "# {url} was ready after {seconds:.1} s; process ids: {}",
        ids.join(" ")
    );
    if let Some(folder) = control_plane.log_folder() {
        let _ = writeln!(text, "# logs are in {} until Ctrl-C ends it", folder.display());
    }
    // Whoever started us may have read enough, which is no reason to end.
    let _ = std::io::stdout().write_all(text.as_bytes());
    tokio::signal::ctrl_c()
        .await
        .map_err(|error| Error::Thread(error.to_string()))
}
