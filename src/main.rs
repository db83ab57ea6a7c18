//! `team-operator`: the controller, the manifests that prepare a cluster for it, the check before it is uninstalled, the check of
//! policies in files, and the tools for its journal.

use std::process::ExitCode;

use team_operator::runtime::{
    Arguments, Command, check_policies, check_uninstall, journal, print_manifests, run, take_snapshot,
};

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Arguments::from_command_line().command {
        Command::Run(arguments) => run(*arguments).await.map_err(|error| error.to_string()),
        Command::UninstallCheck(arguments) => check_uninstall(&arguments)
            .await
            .map_err(|error| error.to_string()),
        Command::Check(arguments) => return check_policies(&arguments),
        Command::Snapshot(arguments) => take_snapshot(&arguments).await.map_err(|error| error.to_string()),
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
