//! The Identity Center sandbox: AWS's APIs in memory, on a local port. No production image contains it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use identity_center_sandbox::{Options, OrganizationFile, RunningSandbox};
use team_operator::runtime::SystemClock;

/// Serves AWS Organizations, IAM Identity Center and its identity store, as awkward as the real ones, from a file.
#[derive(Parser)]
#[command(
    version,
    after_help = "While it runs, GET /sandbox/ lists what can be looked at and changed."
)]
struct Arguments {
    /// Where to listen. Port 0 takes a free one, which is printed.
    #[arg(long, default_value = "127.0.0.1:8181", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// The organization, as YAML; examples/organization.yaml explains the fields.
    #[arg(long, value_name = "FILE")]
    organization: PathBuf,
    /// A directory in which the state survives restarts. Without it every start is the organization file's.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let Arguments {
        listen,
        organization: file,
        data,
    } = arguments;
    let text = std::fs::read_to_string(&file).map_err(|error| {
        format!(
            "{} cannot be read: {error}; examples/organization.yaml is one",
            file.display()
        )
    })?;
    let organization = OrganizationFile::parse(&text)
        .map_err(|error| format!("{} is not usable:\n{error}", file.display()))?;
    let region = organization.region().to_owned();
    if !listen.ip().is_loopback() {
        eprintln!("warning: {listen} can be reached from other machines, and nobody has to sign in here");
    }
    let options = Options {
        listen,
        organization,
        data: data.clone(),
        clock: Arc::new(SystemClock),
    };
    let sandbox = RunningSandbox::start(options)
        .await
        .map_err(|error| error.to_string())?;
    if let Some(data) = data.filter(|_| sandbox.was_kept()) {
        println!(
            "continuing with the state in {}; {} was only checked",
            data.display(),
            file.display()
        );
    }
    println!("listening on {}", sandbox.endpoint());
    println!("to use it:");
    println!(
        "  export AWS_ENDPOINT_URL={} AWS_REGION={region}",
        sandbox.endpoint()
    );
    println!("  export AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox");
    println!("  curl {}/sandbox/", sandbox.endpoint());
    tokio::select! {
        () = sandbox.wait() => Ok(()),
        stopped = tokio::signal::ctrl_c() => stopped.map_err(|error| format!("cannot wait for ctrl-c: {error}")),
    }
}
