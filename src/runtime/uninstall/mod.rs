//! Uninstalling: access ends first, and before that nothing is removed.

mod access;
mod left;
mod objects;
mod removal;
mod rights;

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::access::Ending;
use self::objects::{Calls, allow_deletion, forbid_deletion, is_led, says_that_deletion_is_allowed};
use super::arguments::UninstallArguments;
use super::clock::SystemClock;
use super::cluster::{Cluster, ClusterError};
use crate::admission::InstallationError;
use crate::ports::{Clock as _, RemoteClock as _};

pub use left::{UninstallCheckError, check_uninstall};

/// How often is looked at what is awaited.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// How long the controller may take to see that TeamSettings allow deletion: its watch brings that in a moment.
const SEEN_WITHIN: Duration = Duration::from_mins(1);

/// Why team-operator was not uninstalled.
#[derive(Debug, thiserror::Error)]
pub enum UninstallError {
    /// No cluster is configured.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A name of the installation cannot be used.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// Something that has to be known is not.
    #[error("the API server could not {action}: {why}; nothing was removed")]
    Unanswered {
        /// What was asked of it.
        action: String,
        /// What happened.
        why: String,
    },
    /// The person lacks rights, and would get stuck in the middle.
    #[error("you may not {0}; nothing was changed: ask somebody who may, or for these rights")]
    NotAllowed(String),
    /// Nobody would end what is left.
    #[error(
        "{0}, and no controller leads that would end this access; nothing was changed: start the controller \
         (the lease team-operator in its namespace names who leads), and try again"
    )]
    NobodyLeads(String),
    /// The controller grants on.
    #[error(
        "the controller has not said within {} s that it grants nothing any more; nothing was removed: see the condition Ready of \
         TeamSettings default, and try again, or go on as before: team-operator uninstall --abort",
        SEEN_WITHIN.as_secs()
    )]
    NotSeen,
    /// Access is left.
    #[error(
        "{0}; nothing was removed, and nothing is granted meanwhile: try again, or go on as before: team-operator uninstall --abort"
    )]
    InTime(String),
    /// What is left of what was to be removed.
    #[error("{0}; access has ended: try again to remove the rest")]
    NotRemoved(String),
}

/// Ends all access, and lets what the controller needs be removed; removes it too where that is asked for.
pub async fn uninstall(arguments: &UninstallArguments) -> Result<(), UninstallError> {
    let installation = arguments.installation.installation()?;
    let cluster = Cluster::configure(&arguments.cluster(), Arc::new(SystemClock)).await?;
    let calls = Calls::new(cluster.client.clone());
    if arguments.abort {
        forbid_deletion(&calls, &installation).await?;
        say("TeamSettings no longer allow deletion: what is approved is granted again.");
        return Ok(());
    }
    let deadline = Instant::now() + Duration::from_secs(arguments.timeout.seconds().unsigned_abs());
    rights::check(&calls, installation.namespace(), arguments.remove_everything).await?;
    let me = rights::who_am_i(&calls).await?;
    let left = left::of_records(&calls).await?;
    let seen = || cluster.clock.last_seen().map(|seen| seen.remote);
    let server_time = || seen().unwrap_or_else(|| SystemClock.now().to_utc());
    let led = is_led(&calls, &installation, server_time).await?;
    if let (Some(sentence), false) = (left, led) {
        return Err(UninstallError::NobodyLeads(sentence));
    }
    let settings_exist = allow_deletion(&calls, &installation).await?;
    if settings_exist && led {
        wait_until_nothing_is_granted(&calls).await?;
    }
    say("Nothing is granted any more. Access ends now.");
    Ending::new(&calls, me).until_all_is_over(deadline).await?;
    say("All access has ended, and AWS has confirmed each removal.");
    if arguments.remove_everything {
        return removal::remove_everything(&calls, &installation, deadline).await;
    }
    let namespace = installation.namespace();
    say(&format!(
        "What was installed may be removed now, with what installed it:\n\
         \x20 helm uninstall team-operator --namespace {namespace}\n\
         \x20 helm uninstall team-operator-crds --namespace {namespace}\n\
         The kinds with every request, the admission policies and the namespace stay. To remove them too, with all evidence:\n\
         \x20 team-operator uninstall --remove-everything\n\
         To go on as before:\n\
         \x20 team-operator uninstall --abort"
    ));
    Ok(())
}

async fn wait_until_nothing_is_granted(calls: &Calls) -> Result<(), UninstallError> {
    let limit = Instant::now() + SEEN_WITHIN;
    while !says_that_deletion_is_allowed(calls).await? {
        if Instant::now() >= limit {
            return Err(UninstallError::NotSeen);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Ok(())
}

/// A line for the person who waits. Who reads no further does not stop an end of access.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
