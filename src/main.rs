//! `team-operator`: the controller, the manifests that prepare a cluster for it, uninstallation and the check before it, and the tools for
//! its journal.

use std::process::ExitCode;

use team_operator::runtime::{Arguments, Command, check_uninstall, journal, print_manifests, run, uninstall};

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Arguments::from_command_line().command {
        Command::Run(arguments) => run(*arguments).await.map_err(|error| error.to_string()),
        #[cfg(feature = "report")]
        Command::Report(arguments) => team_operator::runtime::report(*arguments)
            .await
            .map_err(|error| error.to_string()),
        Command::UninstallCheck(arguments) => check_uninstall(&arguments)
            .await
            .map_err(|error| error.to_string()),
        Command::Uninstall(arguments) => uninstall(&arguments).await.map_err(|error| error.to_string()),
        Command::Journal(command) => return journal(&command),
        Command::Manifests(arguments) => print_manifests(&arguments).map_err(|error| error.to_string()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}
