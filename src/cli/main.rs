//! The kubectl plugin: `kubectl team`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    team_operator::cli::run(std::env::args_os().collect()).await
}
