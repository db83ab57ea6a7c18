//! `cargo run --example quickstart`: the whole life of a request for access, on this machine alone.
//!
//! It starts a real Kubernetes control plane and a simulated Identity Center, installs team-operator as a cluster
//! administrator would, and runs the controller. Then Alice asks for access, others approve it, and it is given and taken
//! away. What happens is printed as it happens; the program succeeds only if all of it was seen.
//!
//! `story.rs` is what happens, in the order in which it happens; the other files are what that needs.

mod binary;
mod kubectl;
mod playground;
mod request;
mod stage;
mod story;
mod timeline;
mod trouble;
mod waiting;

use std::process::ExitCode;

use clap::Parser;

use crate::stage::Stage;
use crate::timeline::Timeline;
use crate::trouble::Trouble;

/// What a program returns that was ended by Ctrl-C, as shells understand it.
const ENDED_BY_CTRL_C: i32 = 130;

/// Plays the whole life of a request for access, on this machine alone: no AWS account, no cluster, no Docker.
#[derive(Parser)]
#[command(name = "quickstart")]
struct Options {
    /// Leaves everything running afterwards, and says how to play with it. Ctrl-C ends it.
    #[arg(long)]
    keep: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    tokio::select! {
        // First, because who plays with what was left running ends it by Ctrl-C too, and that is no failure.
        biased;
        code = play(&options) => code,
        _ = tokio::signal::ctrl_c() => {
            // What was started belonged to the future that is gone by now, and ended with it; servers that were just
            // starting follow within seconds. A build that is under way would be waited for if this returned.
            eprintln!("\nended by Ctrl-C, and with it everything that was started");
            std::process::exit(ENDED_BY_CTRL_C)
        }
    }
}

async fn play(options: &Options) -> ExitCode {
    let mut timeline = Timeline::new();
    let mut stage = None;
    match whole_life(options, &mut timeline, &mut stage).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!(
                "\nThe quickstart did not come to its end.\n  step:      {}",
                timeline.step()
            );
            eprintln!("{trouble}");
            if let Some(stage) = &stage {
                eprintln!("  logs:      {}", stage.keep_logs());
            }
            ExitCode::FAILURE
        }
    }
}

async fn whole_life(
    options: &Options,
    timeline: &mut Timeline,
    stage: &mut Option<Stage>,
) -> Result<(), Trouble> {
    let stage = stage.insert(story::opens(timeline).await?);
    story::installs(timeline, stage).await?;
    story::starts_the_controller(timeline, stage).await?;
    let name = story::asks(timeline, stage).await?;
    story::approves(timeline, stage, &name).await?;
    story::has_access(timeline, stage, &name).await?;
    story::loses_access(timeline, stage, &name).await?;
    story::looks_back(timeline, stage, &name).await?;
    if options.keep {
        playground::open(timeline, stage)?;
        let ended = tokio::signal::ctrl_c().await;
        return ended.map_err(Trouble::instead_of("Ctrl-C can be waited for"));
    }
    timeline.heading("That was the whole life of a request. To play with all of it yourself:");
    timeline.print("  cargo run --example quickstart -- --keep");
    Ok(())
}
