//! `team-operator`: the controller, the manifests that prepare a cluster for it, uninstallation and the check before it, the check of
//! policies in files, and the tools for its journal.

use std::process::ExitCode;

use team_operator::runtime::{
    Arguments, Command, check_policies, check_uninstall, journal, print_manifests, run, take_snapshot,
    uninstall,
};

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("the program cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(carry_out());
    // A disk that hangs under the journal does not hold up the end.
    runtime.shutdown_background();
    code
}

async fn carry_out() -> ExitCode {
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
